//! A session that was left open at the provider proves nobody anew: whoever comes through it proved themselves when it was
//! begun, is told of to systems like that, and adds no way to sign in.

use super::{START, claims_of_an, scene, sign_on_of};
use crate::support::flows::{id_claims, visit};
use crate::support::records::count_of;
use crate::support::{Answer, Browser, TestApp, TestClient};
use motlan::model::sign_in_policy::SignInPolicy;
use motlan::service::provisioning::roles;
use motlan::service::{Origin, policies};
use serde_json::{Value, json};

const OPTIONS: &str = "/account/methods/passkeys/options";

/// What the provider says of An, who proved themselves there so many seconds ago, or at a moment that it does not tell.
fn claims(app: &TestApp, ago: Option<i64>) -> Value {
    let mut claims = claims_of_an();
    if let Some(ago) = ago {
        claims["auth_time"] = json!(app.now_seconds() - ago);
    }
    claims
}

/// An says that it is them.
async fn confirm(browser: &mut Browser, page: &Answer) -> Answer {
    assert_eq!(page.page(), Some("confirm"), "{}", page.body);
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let right = browser.post("/signin/confirm", &[("csrf", &csrf), ("request", &request), ("act", "right")]).await;
    browser.follow(right).await
}

/// A system of the old province, and what waits for it in a browser that nobody is signed on in.
async fn waiting(app: &TestApp) -> (TestClient, Browser, String) {
    let van_ban = app
        .client("van-ban", |settings| {
            settings.legacy_sources = vec!["bd".to_owned()];
            settings.roles = vec!["ky-so".to_owned()];
        })
        .await;
    let mut browser = app.browser();
    let page = visit(&mut browser, &app.authorize_path(&van_ban, &[])).await;
    let path = format!("{START}?request={}", page.hidden("request"));
    (van_ban, browser, path)
}

/// Lays down that the system wants a sign-in of the last five minutes, of everybody or of whoever has some role.
async fn wants_a_sign_in_of_late(app: &TestApp, roles: &[&str]) {
    let rule = SignInPolicy {
        name: "moi-day".to_owned(),
        citation: "NĐ 85/2016/NĐ-CP".to_owned(),
        clients: vec!["van-ban".to_owned()],
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        max_age_seconds: Some(300),
        ..SignInPolicy::default()
    };
    policies::apply(app.services(), &[rule], false, "os:root").await.expect("a rule that can be");
}

#[tokio::test]
async fn a_session_that_was_left_open_there_adds_no_way_to_sign_in() {
    for ago in [Some(3_600), Some(601), None] {
        let (app, upstream, _) = scene("").await;
        let mut browser = app.browser();
        let page = upstream.sign_in(&app, &mut browser, START, &claims(&app, ago)).await;
        confirm(&mut browser, &page).await;
        assert!(sign_on_of(&app, &browser).await.is_some(), "{ago:?}");
        let who = visit(&mut browser, "/welcome?step=who").await;
        let csrf = who.hidden("csrf");

        let options = browser.post(OPTIONS, &[("csrf", &csrf)]).await;
        let added = browser.post("/welcome", &[("csrf", &csrf), ("act", "passkey"), ("credential", "{}")]).await;

        for answer in [&options, &added] {
            assert_eq!(answer.status, 303, "{ago:?}: {}", answer.body);
            assert!(answer.location().starts_with("/signin?request="), "{ago:?}: {}", answer.location());
        }
        for event in ["method.added", "legacy_account.retired"] {
            assert_eq!(count_of(&app, event).await, 0, "{ago:?}: {event}");
        }

        // Whoever really is there proves it, and goes on.
        let path = format!("{START}?request={}", options.param("request").expect("what waits"));
        let sent = upstream.sent(&mut browser, &path).await;
        assert_eq!((sent.get("prompt"), sent.get("max_age")), ("login", "0"), "the provider is told");
        let code = upstream.code(&app, &sent, &claims(&app, Some(0)));
        browser.get(&upstream.back(&sent, &[("code", &code)])).await;
        let options = browser.post(OPTIONS, &[("csrf", &csrf)]).await;
        assert_eq!(options.status, 200, "{ago:?}: {}", options.body);
    }
}

#[tokio::test]
async fn systems_are_told_when_somebody_proved_themselves_there() {
    let (app, upstream, _) = scene("").await;
    let (van_ban, ..) = waiting(&app).await;
    let now = app.now_seconds();
    // A clock that is ahead proves nothing of tomorrow; what is not told was not just now.
    let table = [(Some(0), now), (Some(3_600), now - 3_600), (Some(-30), now), (None, now - 601), (Some(200_000), now - 200_000)];
    for (ago, proved_at) in table {
        let mut browser = app.browser();
        // The second time goes on with what the first one began.
        for time in ["first", "second"] {
            let page = upstream.sign_in(&app, &mut browser, START, &claims(&app, ago)).await;
            if page.page() == Some("confirm") {
                confirm(&mut browser, &page).await;
            }

            let entered = browser.get(&app.authorize_path(&van_ban, &[("prompt", "none")])).await;

            let told = id_claims(&app, &van_ban, &entered).await;
            assert_eq!(told["auth_time"], json!(proved_at), "{ago:?}, the {time} time");
        }
    }
}

#[tokio::test]
async fn a_rule_that_wants_a_sign_in_of_late_has_people_asked_anew_there() {
    let (app, upstream, _) = scene("").await;
    let (_, mut browser, path) = waiting(&app).await;
    wants_a_sign_in_of_late(&app, &[]).await;

    let sent = upstream.sent(&mut browser, &path).await;
    let code = upstream.code(&app, &sent, &claims(&app, Some(3_600)));
    let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;

    assert_eq!((sent.get("prompt"), sent.get("max_age")), ("login", "0"));
    assert_eq!(answer.error_page(), Some("federation_stale"), "{}", answer.body);
    assert!(sign_on_of(&app, &browser).await.is_none());
}

#[tokio::test]
async fn a_rule_for_some_people_has_them_asked_anew_once_it_is_known_who_they_are() {
    let (app, upstream, an) = scene("").await;
    let (_, mut browser, path) = waiting(&app).await;
    let origin = Origin::command_line();
    let role =
        roles::Request { username: "an", client_id: "van-ban", role: "ky-so", position: None, actor: "os:test", origin: &origin };
    assert!(roles::grant(app.services(), &role).await.expect("granted"));
    app.sync().await;
    wants_a_sign_in_of_late(&app, &["van-ban:ky-so"]).await;

    let sent = upstream.sent(&mut browser, &path).await;
    let code = upstream.code(&app, &sent, &claims(&app, Some(3_600)));
    let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;
    let page = browser.follow(answer).await;

    assert_eq!(sent.get("prompt"), "", "nobody knows yet who comes");
    assert_eq!(page.page(), Some("signin"), "{}", page.body);
    assert_eq!(sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person), Some(an));
    let again = upstream.sent(&mut browser, &path).await;
    assert_eq!((again.get("prompt"), again.get("max_age")), ("login", "0"));
    let code = upstream.code(&app, &again, &claims(&app, Some(0)));
    let answer = browser.get(&upstream.back(&again, &[("code", &code)])).await;
    let page = browser.follow(answer).await;
    let entered = confirm(&mut browser, &page).await;
    assert!(entered.param("code").is_some(), "{} {}", entered.status, entered.body);
}
