//! Leaving to the letter: hints of other sign-ons and other issuers, no confirmation, and how systems are told
//! (RP-Initiated Logout §2, Back-Channel Logout §2).

use crate::support::TestApp;
use crate::support::flows::{logout_path, signed_on_with_tokens};
use crate::support::records::{has_ended, sign_on_of};
use crate::support::requests::{sent_back_with, text};
use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use motlan::crypto::keyring::TokenType;
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const HOME: &str = "https://tthc.example/";

/// True while the sign-on behind some tokens lasts.
async fn is_open(app: &TestApp, tokens: &Value) -> bool {
    !has_ended(app, &sign_on_of(app, tokens)).await
}

/// An ID token over any claims, signed with a key of this provider.
fn signed_here(app: &TestApp, claims: &Value) -> String {
    let services = app.services();
    let signer = services.keyring.signer(Algorithm::Es256, services.clock.now()).expect("a key");
    signer.sign(TokenType::Id, claims.to_string().as_bytes()).expect("signed")
}

#[tokio::test]
async fn a_hint_of_another_issuer_is_not_believed_though_our_key_signed_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, tokens) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let mut claims = app.claims(text(&tokens, "id_token"));
    let own = signed_here(&app, &claims);
    claims["iss"] = json!("https://before.example");
    let foreign = signed_here(&app, &claims);

    let control = browser.get(&app.authorize_path(&tthc, &[("id_token_hint", &own), ("prompt", "none")])).await;
    let silent = browser.get(&app.authorize_path(&tthc, &[("id_token_hint", &foreign), ("prompt", "none")])).await;
    let leaving = browser.get(&logout_path(&[("id_token_hint", &foreign), ("post_logout_redirect_uri", HOME)])).await;

    assert!(control.param("code").is_some(), "{}", control.location());
    sent_back_with(&silent, "login_required", "silent");
    assert_eq!((leaving.status, leaving.page()), (200, Some("logout")), "the person is asked");
    assert!(is_open(&app, &tokens).await, "nobody is signed out unasked");
}

#[tokio::test]
async fn a_hint_of_the_same_persons_other_sign_on_asks_first() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, of_before) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let (_, elsewhere) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let leave = |tokens: &Value| logout_path(&[("id_token_hint", text(tokens, "id_token")), ("post_logout_redirect_uri", HOME)]);

    let by_another = browser.get(&leave(&elsewhere)).await;
    assert_eq!(by_another.page(), Some("logout"), "another browser's hint");
    assert!(is_open(&app, &of_before).await && is_open(&app, &elsewhere).await);
    let by_its_own = browser.get(&leave(&of_before)).await;
    assert_eq!((by_its_own.status, by_its_own.location()), (303, HOME));

    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let now = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let stale = browser.get(&leave(&of_before)).await;

    assert_eq!(stale.page(), Some("logout"), "a hint of a sign-on that is over");
    assert!(is_open(&app, &now).await && is_open(&app, &elsewhere).await);
}

#[tokio::test]
async fn who_does_not_confirm_stays_signed_on() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, tokens) = signed_on_with_tokens(&app, &tthc, &kim).await;

    for decision in ["deny", "no", "Confirm"] {
        let page = browser.get(&logout_path(&[("client_id", "tthc"), ("post_logout_redirect_uri", HOME)])).await;
        assert_eq!(page.page(), Some("logout"));
        let csrf = page.hidden("csrf");
        let form = [("csrf", csrf.as_str()), ("client_id", "tthc"), ("post_logout_redirect_uri", HOME), ("decision", decision)];
        let answer = browser.post("/oauth2/logout", &form).await;

        assert_eq!(answer.header("location"), None, "{decision}");
        assert!(is_open(&app, &tokens).await, "{decision}");
    }
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert!(silent.param("code").is_some(), "{}", silent.location());
}

#[tokio::test]
async fn the_system_that_asks_is_told_as_well_by_a_posted_form_to_its_whole_address() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    // Method, address, media type and body of what came.
    let kept: Arc<Mutex<Vec<[String; 4]>>> = Arc::default();
    let witness = kept.clone();
    let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: String| {
        let media_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        witness.lock().expect("the list").push([method.to_string(), uri.to_string(), media_type, body]);
        std::future::ready(StatusCode::OK)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/out?tenant=1&b=c%20d", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let tthc = app.client("tthc", |settings| settings.backchannel_logout_uri = Some(address)).await;
    let (mut browser, tokens) = signed_on_with_tokens(&app, &tthc, &kim).await;

    let hint = text(&tokens, "id_token");
    let left = browser.get(&logout_path(&[("id_token_hint", hint), ("post_logout_redirect_uri", HOME)])).await;
    app.deliver_logouts().await;

    assert_eq!(left.location(), HOME);
    let received = kept.lock().expect("the list").clone();
    let [[method, uri, media_type, body]] = received.as_slice() else { panic!("told once: {received:?}") };
    assert_eq!((method.as_str(), uri.as_str()), ("POST", "/out?tenant=1&b=c%20d"));
    assert_eq!(media_type, "application/x-www-form-urlencoded");
    let token = body.strip_prefix("logout_token=").expect("the one field");
    let sid = app.claims(token)["sid"].clone();
    assert_eq!(sid, app.claims(hint)["sid"]);
    assert!(sid.as_str().is_some_and(|sid| sid.bytes().all(|byte| (0x20..=0x7e).contains(&byte))), "{sid}");
    serving.abort();
}
