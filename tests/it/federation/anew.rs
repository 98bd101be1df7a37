//! Whoever has to prove themselves anew (OpenID Connect Core §3.1.2.1) does so at their provider too.

use super::{START, claims_of_an, scene, sign_on_of};
use crate::federation_attacks::refused;
use crate::support::flows::visit;
use crate::support::upstream::{Sent, Upstream};
use crate::support::{Browser, TestApp, TestClient};
use serde_json::{Value, json};

/// A system asks for somebody, and they are sent to the provider for it.
async fn sent(app: &TestApp, upstream: &Upstream, client: &TestClient, asked: &[(&str, &str)]) -> (Browser, Sent) {
    let mut browser = app.browser();
    let page = visit(&mut browser, &app.authorize_path(client, asked)).await;
    let path = format!("{START}?request={}", page.hidden("request"));
    let sent = upstream.sent(&mut browser, &path).await;
    (browser, sent)
}

fn claims(proved_at: &Value) -> Value {
    let mut claims = claims_of_an();
    claims["auth_time"] = proved_at.clone();
    claims
}

#[tokio::test]
async fn a_session_that_was_open_there_proves_nobody_anew_however_its_time_is_written() {
    let (app, upstream, _) = scene("").await;
    let van_ban = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;
    let now = app.now_seconds();
    assert_eq!(now, 1_795_309_200, "01:00 of 22 November 2026");
    let long_ago = [json!(now - 3_600), json!(now - 61), json!(1_795_305_600.5), json!("2026-11-22T00:00:00Z")];
    for asked in [[("prompt", "login")], [("max_age", "300")]] {
        for proved_at in &long_ago {
            let (mut browser, sent) = sent(&app, &upstream, &van_ban, &asked).await;
            assert_eq!((sent.get("prompt"), sent.get("max_age")), ("login", "0"), "the provider is told");
            let code = upstream.code(&app, &sent, &claims(proved_at));

            let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;

            assert_eq!(answer.error_page(), Some("federation_stale"), "{asked:?} {proved_at}");
            refused(&app, &browser, &answer, "federation_stale").await;
        }
    }

    let (mut browser, sent) = sent(&app, &upstream, &van_ban, &[("prompt", "login")]).await;
    let code = upstream.code(&app, &sent, &claims(&json!(now)));
    browser.get(&upstream.back(&sent, &[("code", &code)])).await;

    assert!(sign_on_of(&app, &browser).await.is_some(), "whoever proved themselves is let in");
}

#[tokio::test]
async fn an_answer_that_does_not_say_when_proves_nobody_anew_unless_its_provider_is_known_to_ask() {
    for (more, is_known) in [("", false), ("tells_auth_time = true\n", false), ("tells_auth_time = false\n", true)] {
        let (app, upstream, _) = scene(more).await;
        let van_ban = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;
        let old = claims(&json!(app.now_seconds() - 3_600));
        for (told, fine) in [(old, false), (claims_of_an(), is_known)] {
            let (mut browser, sent) = sent(&app, &upstream, &van_ban, &[("prompt", "login")]).await;
            let code = upstream.code(&app, &sent, &told);

            let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;

            if fine {
                let sign_on = sign_on_of(&app, &browser).await.expect("a sign-on");
                assert_eq!(sign_on.authenticated_at.seconds(), app.now_seconds(), "{more}");
            } else {
                refused(&app, &browser, &answer, "federation_stale").await;
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_the_account_has_people_asked_anew_too() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    let page = visit(&mut browser, "/account/methods").await;
    assert_eq!(page.page(), Some("signin"), "{}", page.body);

    let sent = upstream.sent(&mut browser, &format!("{START}?request={}", page.hidden("request"))).await;
    let code = upstream.code(&app, &sent, &claims(&json!(app.now_seconds() - 3_600)));
    let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;

    assert_eq!((sent.get("prompt"), sent.get("max_age")), ("login", "0"));
    refused(&app, &browser, &answer, "federation_stale").await;
}

#[tokio::test]
async fn nobody_is_asked_again_where_no_system_wants_it() {
    let (app, upstream, _) = scene("").await;
    let van_ban = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;

    let (mut browser, sent) = sent(&app, &upstream, &van_ban, &[]).await;
    let code = upstream.code(&app, &sent, &claims(&json!(app.now_seconds() - 3_600)));
    browser.get(&upstream.back(&sent, &[("code", &code)])).await;

    assert_eq!((sent.get("prompt"), sent.get("max_age")), ("", ""));
    assert!(sign_on_of(&app, &browser).await.is_some());
}
