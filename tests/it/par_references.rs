//! Promises about references to pushed requests (RFC 9126): for the browser of the client that pushed, for a minute, once.

use crate::support::flows::{signed_on_as, visit};
use crate::support::keys::path_of;
use crate::support::races::{at_once, rounds};
use crate::support::requests::{PAR, ends_on_a_page};
use crate::support::{Browser, TestApp, encode};
use motlan::model::client::Client;
use motlan::model::signing_key::Algorithm;
use motlan::service::clients::register;

#[tokio::test]
async fn a_reference_is_for_the_client_that_pushed_and_for_nobody_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let other = app.client("van-ban", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let pushed = app.push(&tthc, &[]).await;
    let path = path_of(&tthc, &pushed);
    let theirs = path_of(&other, &pushed);
    let reference = pushed.json()["request_uri"].as_str().expect("a text").to_owned();
    let (changed, _) = reference.split_at(reference.len() - 1);
    let prefix = "urn:ietf:params:oauth:request_uri:";
    let at = |uri: &str| format!("/oauth2/authorize?{}", encode(&[("client_id", "tthc"), ("request_uri", uri)]));
    let own_address = "&state=beside&redirect_uri=https%3A%2F%2Fvan-ban.example%2Fcallback";

    ends_on_a_page(&browser.get(&theirs).await, "bad_request", "another client");
    let with_its_address = browser.get(&format!("{theirs}&redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback")).await;
    ends_on_a_page(&with_its_address, "bad_request", "another client, and the address of the first");
    for (case, uri) in [
        ("a letter less", changed.to_owned()),
        ("a letter more", format!("{reference}a")),
        ("guessed", format!("{prefix}{}", "A".repeat(43))),
        ("empty", prefix.to_owned()),
    ] {
        ends_on_a_page(&browser.get(&at(&uri)).await, "bad_request", case);
    }
    let nameless = browser.get(&format!("/oauth2/authorize?{}", encode(&[("request_uri", &reference)]))).await;
    ends_on_a_page(&nameless, "unknown_client", "no client");
    let told = browser.get(&format!("{theirs}{own_address}")).await;

    assert!(told.location().starts_with("https://van-ban.example/callback?"), "{}", told.location());
    assert_eq!(told.param("error").as_deref(), Some("invalid_request_uri"));
    assert_eq!(told.param("state").as_deref(), Some("beside"));
    assert_eq!(told.param("code"), None);
    assert!(browser.get(&path).await.param("code").is_some(), "none of those tries used it up");
}

#[tokio::test]
async fn a_reference_ends_when_it_was_said_to() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for (seconds, fine) in [(0, true), (59, true), (60, false), (61, false), (600, false)] {
        let pushed = app.push(&tthc, &[]).await;
        assert_eq!(pushed.json()["expires_in"], 60);
        app.advance_seconds(seconds);

        let answer = browser.get(&path_of(&tthc, &pushed)).await;

        assert_eq!(answer.param("code").is_some(), fine, "{seconds}");
        if !fine {
            ends_on_a_page(&answer, "bad_request", &seconds.to_string());
        }
    }
}

#[tokio::test]
async fn a_page_may_be_loaded_again_and_the_answer_comes_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = path_of(&tthc, &app.push(&tthc, &[]).await);
    let mut browser = app.browser();

    for _ in 0..3 {
        assert_eq!(visit(&mut browser, &path).await.page(), Some("signin"), "a look uses nothing up");
    }
    let arrived = browser.sign_in(&kim, &path).await;
    let again = browser.get(&path).await;
    let elsewhere = app.browser().get(&path).await;

    let code = arrived.param("code").expect("a code");
    ends_on_a_page(&again, "bad_request", "the same browser");
    ends_on_a_page(&elsewhere, "bad_request", "another browser");
    assert_eq!(app.redeem(&tthc, &code).await.status, 200, "a second look takes nothing from the first answer");
}

#[tokio::test]
async fn two_pages_of_one_request_give_one_code_however_long_the_second_waits() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let lan = app.official("lan").await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = path_of(&tthc, &app.push(&tthc, &[]).await);
    let mut slow = app.browser();
    let page = visit(&mut slow, &path).await;
    let waiting = format!("/signin?request={}", page.hidden("request"));

    let first = app.browser().sign_in(&kim, &path).await;
    app.advance_seconds(600);
    let second = slow.sign_in(&lan, &waiting).await;

    assert_eq!(page.page(), Some("signin"));
    assert!(first.param("code").is_some());
    assert_eq!(second.param("error").as_deref(), Some("invalid_request_uri"), "{}", second.body);
    assert_eq!(second.param("state").as_deref(), Some("st"));
    assert_eq!(second.param("code"), None);
}

/// One round of the race: a signed-on browser follows the same reference 64 times at the same moment.
async fn race_for_an_answer(browser: &Browser, path: &str) -> String {
    let answers = at_once(|| {
        let (mut browser, path) = (browser.clone(), path.to_owned());
        async move { browser.get(&path).await }
    })
    .await;
    let mut codes = Vec::new();
    for answer in answers {
        match answer.param("code") {
            Some(code) => codes.push(code),
            None => assert_eq!(answer.param("error").as_deref(), Some("invalid_request_uri"), "{}", answer.body),
        }
    }
    assert_eq!(codes.len(), 1, "{} codes for one pushed request", codes.len());
    codes.swap_remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_uses_of_one_pushed_request_give_one_code() {
    let rounds = rounds();
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let browser = signed_on_as(&app, &tthc, &kim).await;

    for _ in 0..rounds {
        // The address beside it, so that each refusal is told by its name.
        let path = path_of(&tthc, &app.push(&tthc, &[]).await);
        let path = format!("{path}&redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback");
        let code = race_for_an_answer(&browser, &path).await;

        assert_eq!(app.redeem(&tthc, &code).await.status, 200, "the one code is good");
    }
}

#[tokio::test]
async fn a_client_that_must_push_is_answered_only_then() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.require_pushed_requests = true).await;
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.require_pushed_requests = true).await;
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &path_of(&tthc, &app.push(&tthc, &[]).await)).await;
    let object = khoa.request_object(&app, |_, _| {});
    let signed = app.authorize_path(&khoa.client, &[("request", &object)]);

    for path in [app.authorize_path(&tthc, &[]), app.authorize_path(&tthc, &[("request_uri", "https://a.example/r")]), signed] {
        let answer = browser.get(&path).await;

        let error = answer.param("error").expect("an error");
        assert!(["invalid_request", "invalid_request_uri"].contains(&error.as_str()), "{error}");
        assert_eq!(answer.param("code"), None, "{path}");
    }
    assert_eq!(browser.get(&app.authorize_path(&tthc, &[])).await.param("error").as_deref(), Some("invalid_request"));
    assert!(arrived.param("code").is_some());
    assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{}{PAR}", app.issuer()));
    assert_eq!(metadata["require_pushed_authorization_requests"], false, "others need not");
}

#[tokio::test]
async fn a_reference_may_come_by_post() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let reference = app.push(&tthc, &[]).await.json()["request_uri"].as_str().expect("a text").to_owned();
    let fields = [("client_id", "tthc"), ("request_uri", reference.as_str())];

    let held = browser.post("/oauth2/authorize", &fields).await;
    let arrived = browser.follow(held).await;
    let again = browser.post("/oauth2/authorize", &fields).await;

    let code = arrived.param("code").expect("a code");
    ends_on_a_page(&again, "bad_request", "a second time");
    assert_eq!(app.redeem(&tthc, &code).await.status, 200);
}

/// Gives a client another address.
fn move_to(address: &'static str) -> impl FnMut(&mut Client) -> Result<(), String> {
    move |client| {
        client.settings.redirect_uris = vec![address.to_owned()];
        Ok(())
    }
}

#[tokio::test]
async fn the_registration_counts_when_the_browser_comes() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let path = path_of(&tthc, &app.push(&tthc, &[("scope", "openid email")]).await);

    register::change(app.services(), "tthc", "os:test", move_to("https://moved.example/callback")).await.expect("changed");
    ends_on_a_page(&browser.get(&path).await, "unregistered_redirect_uri", "the address was taken away");
    register::change(app.services(), "tthc", "os:test", move_to("https://tthc.example/callback")).await.expect("changed");
    let arrived = browser.get(&path).await;
    let later = path_of(&tthc, &app.push(&tthc, &[]).await);
    register::disable(app.services(), "tthc", "os:test").await.expect("switched off");

    assert!(arrived.param("code").is_some(), "the refusal used nothing up");
    ends_on_a_page(&browser.get(&later).await, "unknown_client", "the client was switched off");
}

#[tokio::test]
async fn a_request_pushed_on_one_node_is_used_once_on_any() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };
    let kim = first.official("kim").await;
    let tthc = first.client("tthc", |_| {}).await;
    let mut here = signed_on_as(&first, &tthc, &kim).await;
    let mut there = second.browser();
    there.cookies.clone_from(&here.cookies);
    let path = path_of(&tthc, &first.push(&tthc, &[]).await);

    let arrived = there.get(&path).await;
    let again = here.get(&path).await;

    assert!(arrived.param("code").is_some(), "{}", arrived.body);
    ends_on_a_page(&again, "bad_request", "used on the other node");
}
