//! What a provider says of itself leads nobody astray: neither us, who call its endpoints, nor people, who go to its pages.

use super::{START, claims_of_an, scene, sign_on_of};
use crate::federation_attacks::refused;
use serde_json::json;

#[tokio::test]
async fn endpoints_within_the_city_are_called_only_where_settings_let_us() {
    let (app, upstream, _) = scene("").await;
    let endpoints = [("token_endpoint", "token"), ("jwks_uri", "keys"), ("userinfo_endpoint", "userinfo")];
    for (member, path) in endpoints {
        for address in ["http://169.254.169.254/latest/meta-data", "https://10.0.0.1/x", "https://[fd00::1]/x"] {
            upstream.says_of_itself(member, json!(address));
            // What it said before counts no more.
            app.advance_seconds(601);
            let mut browser = app.browser();

            let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

            refused(&app, &browser, &answer, "federation_down").await;
            assert!(!answer.body.contains(address), "nor told on");
        }
        upstream.says_of_itself(member, json!(format!("{}/{path}", upstream.issuer)));
    }
    app.advance_seconds(601);
    let mut browser = app.browser();
    upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
    assert!(sign_on_of(&app, &browser).await.is_some(), "its own are called");
}

#[tokio::test]
async fn people_are_led_to_pages_on_the_web_and_nowhere_else() {
    let (app, upstream, _) = scene("").await;
    for address in ["javascript:alert(1)", "data:text/html,xin", "ftp://ke-gian.example/auth", "//ke-gian.example/auth"] {
        upstream.says_of_itself("authorization_endpoint", json!(address));
        app.advance_seconds(601);
        let mut browser = app.browser();

        let begun = browser.get(START).await;
        let answer = browser.follow(begun).await;

        refused(&app, &browser, &answer, "federation_refused").await;
        assert!(!answer.body.contains(address));
    }

    upstream.says_of_itself("authorization_endpoint", json!(format!("{}/auth", upstream.issuer)));
    upstream.says_of_itself("end_session_endpoint", json!("javascript:alert(1)"));
    app.advance_seconds(601);
    let mut browser = app.browser();
    upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
    assert!(sign_on_of(&app, &browser).await.is_some(), "a page to sign out at is not needed to sign in");
    let asked = browser.get("/oauth2/logout").await;
    let left = browser.post("/oauth2/logout", &[("csrf", &asked.hidden("csrf")), ("decision", "confirm")]).await;

    assert_eq!(left.page(), Some("signed-out"));
    assert!(!left.body.contains("alert(1)") && !left.body.contains("logout-continue"), "{}", left.body);
    assert!(sign_on_of(&app, &browser).await.is_none());
}
