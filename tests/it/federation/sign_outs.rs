//! A sign-out at the provider is not lost: what could not be checked, or not be done, counts when it comes again.

use super::{START, claims_of_an, scene, sign_on_of};
use crate::support::records::count_of;
use crate::support::trail::Hand;
use crate::support::upstream::{CLIENT, Upstream};
use crate::support::{Answer, TestApp};
use serde_json::json;

/// A logout token for An's session there.
fn token(app: &TestApp, upstream: &Upstream, jti: &str) -> String {
    let now = app.now_seconds();
    let claims = json!({
        "iss": upstream.issuer, "aud": CLIENT, "iat": now, "exp": now + 3_600, "jti": jti, "sid": "phien-1",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    upstream.signed(&json!({ "typ": "logout+jwt" }), &claims)
}

async fn bring(app: &TestApp, token: &str) -> Answer {
    app.post("/federation/bd/backchannel-logout", &[("logout_token", token)]).await
}

#[tokio::test]
async fn a_sign_out_that_records_could_not_take_counts_when_it_comes_again_and_once() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
    let token = token(&app, &upstream, "j1");
    let hand = Hand::of(&app);

    hand.execute("ALTER TABLE upstream_sign_ons RENAME TO kept_elsewhere").await;
    let failed = bring(&app, &token).await;
    hand.execute("ALTER TABLE kept_elsewhere RENAME TO upstream_sign_ons").await;

    assert_eq!(failed.status, 503, "{}", failed.body);
    assert!(sign_on_of(&app, &browser).await.is_some());
    assert_eq!(count_of(&app, "sign_out").await, 0);
    assert_eq!(bring(&app, &token).await.status, 200);
    assert!(sign_on_of(&app, &browser).await.is_none());
    assert_eq!(bring(&app, &token).await.status, 400, "it was used");
    assert_eq!(count_of(&app, "sign_out").await, 1);
}

#[tokio::test]
async fn a_sign_out_that_could_not_be_checked_is_brought_again() {
    let (app, upstream, _) = scene("").await;
    let (nowhere, keys) = (format!("{}/nowhere", upstream.issuer), format!("{}/keys", upstream.issuer));
    let own = upstream.issuer.clone();
    let table = [("jwks_uri", nowhere, keys), ("issuer", "https://ke-gian.example".to_owned(), own)];
    for (member, wrong, right) in table {
        let mut browser = app.browser();
        upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
        let token = token(&app, &upstream, member);

        upstream.says_of_itself(member, json!(wrong));
        // What it said before counts no more.
        app.advance_seconds(601);
        let away = bring(&app, &token).await;

        assert_eq!(away.status, 503, "{member}: {}", away.body);
        assert!(sign_on_of(&app, &browser).await.is_some(), "{member}");
        upstream.says_of_itself(member, json!(right));
        app.advance_seconds(601);
        assert_eq!(bring(&app, &token).await.status, 200, "{member}");
        assert!(sign_on_of(&app, &browser).await.is_none(), "{member}");
    }
    assert_eq!(count_of(&app, "sign_out").await, 2);
}
