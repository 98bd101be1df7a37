//! A way to sign in of one's own that is made through the old provider: from then on that provider opens nothing, unless it
//! is one that stays.

use super::{START, claims_of_an, scene, sign_on_of};
use crate::passkeys::authenticator::Device;
use crate::support::flows::visit;
use crate::support::records::{count_of, rows_of};
use crate::support::upstream::Upstream;
use crate::support::{Answer, Browser, TestApp, TestClient};
use motlan::service::Origin;
use motlan::service::provisioning::password;
use motlan::store::legacy_accounts::credentials;
use serde_json::json;

const OPTIONS: &str = "/account/methods/passkeys/options";

/// Sends a form of a page.
async fn send(browser: &mut Browser, page: &Answer, to: &str, fields: &[(&str, &str)]) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let known = [("csrf", csrf.as_str()), ("request", request.as_str())];
    browser.post(to, &[&known[..], fields].concat()).await
}

/// An signs in there and comes back, and says that it is them when they are asked.
async fn come(app: &TestApp, upstream: &Upstream) -> (Browser, Answer) {
    let mut browser = app.browser();
    let mut claims = claims_of_an();
    claims["auth_time"] = json!(app.now_seconds());
    let mut page = upstream.sign_in(app, &mut browser, START, &claims).await;
    if page.page() == Some("confirm") {
        let right = send(&mut browser, &page, "/signin/confirm", &[("act", "right")]).await;
        page = browser.follow(right).await;
    }
    (browser, page)
}

/// Walks to a passkey and makes one.
async fn enrol(browser: &mut Browser) {
    let who = visit(browser, "/welcome").await;
    let right = send(browser, &who, "/welcome", &[("act", "right")]).await;
    let factor = browser.follow(right).await;
    assert_eq!(factor.page(), Some("welcome-factor"), "{}", factor.body);
    let options = browser.post(OPTIONS, &[("csrf", &factor.hidden("csrf"))]).await;
    assert_eq!(options.status, 200, "{}", options.body);
    let credential = Device::new().make(&options.json());
    let made = send(browser, &factor, "/welcome", &[("act", "passkey"), ("credential", &credential)]).await;
    assert_eq!(made.status, 303, "{}", made.body);
    browser.follow(made).await;
}

/// Whether An's old account was retired.
async fn is_retired(app: &TestApp) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    let account = credentials::find(&mut conn, "bd", "bd-1").await.expect("an answer").expect("the account");
    account.retired_at.is_some()
}

#[tokio::test]
async fn what_is_made_through_the_old_provider_ends_what_that_provider_opens() {
    let (app, upstream, an) = scene("").await;
    let van_ban = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let silent = |client: &TestClient| app.authorize_path(client, &[("prompt", "none")]);
    let (mut browser, _) = come(&app, &upstream).await;
    let (mut elsewhere, _) = come(&app, &upstream).await;
    for signed_on in [&mut browser, &mut elsewhere] {
        assert!(signed_on.get(&silent(&van_ban)).await.param("code").is_some(), "its own system is open");
        assert_eq!(signed_on.get(&silent(&tthc)).await.param("code"), None, "and no other");
    }
    // Somebody is on their way meanwhile.
    let mut late = app.browser();
    let sent = upstream.sent(&mut late, START).await;
    let code = upstream.code(&app, &sent, &claims_of_an());
    let before = count_of(&app, "sign_in.succeeded").await;

    enrol(&mut browser).await;

    assert!(is_retired(&app).await);
    let retired = rows_of(&app, "legacy_account.retired").await;
    assert_eq!(retired.len(), 1);
    assert_eq!(retired[0].person_id.as_deref(), Some(an.as_str()));
    let own = sign_on_of(&app, &browser).await.expect("the sign-on goes on");
    assert_eq!((own.legacy.as_deref(), own.level), (None, 2));
    assert!(browser.get(&silent(&tthc)).await.param("code").is_some(), "what is one's own opens everything");
    assert!(sign_on_of(&app, &elsewhere).await.is_none(), "what the old account opened is over");
    assert_eq!(elsewhere.get(&silent(&van_ban)).await.param("error").as_deref(), Some("login_required"));

    let came_late = late.get(&upstream.back(&sent, &[("code", &code)])).await;
    let (again, page) = come(&app, &upstream).await;

    for (browser, page) in [(&late, &came_late), (&again, &page)] {
        assert_eq!((page.status, page.page()), (403, Some("old-account")), "{}", page.body);
        assert!(sign_on_of(&app, browser).await.is_none());
    }
    assert_eq!(count_of(&app, "sign_in.succeeded").await, before);
    assert_eq!(late.get(&silent(&van_ban)).await.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn whoever_has_a_way_of_their_own_gets_no_other_one_through_the_old_provider() {
    let (app, upstream, _) = scene("").await;
    let origin = Origin::command_line();
    let request = password::Request {
        username: "an",
        password: "mật khẩu rất dài 1".into(),
        temporary: false,
        actor: "os:test",
        origin: &origin,
    };
    password::set(app.services(), request).await.expect("a password");
    let (mut thief, _) = come(&app, &upstream).await;
    assert!(sign_on_of(&app, &thief).await.is_some());
    let who = visit(&mut thief, "/welcome").await;

    let options = thief.post(OPTIONS, &[("csrf", &who.hidden("csrf"))]).await;
    let passkey = send(&mut thief, &who, "/welcome", &[("act", "passkey"), ("credential", "{}")]).await;

    for answer in [&options, &passkey] {
        assert_eq!((answer.status, answer.location()), (303, "/signin/own-way"), "{}", answer.body);
    }
    assert_eq!(count_of(&app, "method.added").await, 0);
    assert!(!is_retired(&app).await);
}

#[tokio::test]
async fn a_provider_that_stays_opens_what_it_did() {
    let (app, upstream, an) = scene("lasting = true\n").await;
    let (mut browser, _) = come(&app, &upstream).await;

    enrol(&mut browser).await;

    assert!(!is_retired(&app).await);
    let (again, _) = come(&app, &upstream).await;
    let sign_on = sign_on_of(&app, &again).await.expect("a sign-on");
    assert_eq!((sign_on.person, sign_on.legacy.as_deref()), (an, Some("bd")));
    assert_eq!(count_of(&app, "legacy_account.retired").await, 0);
}
