//! Ways through the pages and the token endpoint that many tests take.

use super::requests::{TOKEN, post, text};
use super::{Answer, Browser, CHALLENGE, Official, TestApp, TestClient, VERIFIER, encode};
use serde_json::Value;

/// What asks for a refresh token.
pub const OFFLINE: [(&str, &str); 1] = [("scope", "openid profile offline_access")];

/// What comes at the end of our own redirects.
pub async fn visit(browser: &mut Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    browser.follow(answer).await
}

/// A browser in which somebody is signed on already.
pub async fn signed_on_as(app: &TestApp, client: &TestClient, official: &Official) -> Browser {
    let mut browser = app.browser();
    let entered = browser.sign_in(official, &app.authorize_path(client, &[])).await;
    assert!(entered.param("code").is_some(), "the first sign-in ends at the client: {}", entered.body);
    browser
}

/// The same by way of a system of the city's own, which asks for no consent.
pub async fn signed_on_elsewhere(app: &TestApp, official: &Official) -> Browser {
    let own = app.client("own", |_| {}).await;
    signed_on_as(app, &own, official).await
}

/// A browser that is signed on, for codes without a page.
pub async fn signed_on(app: &TestApp, client: &TestClient) -> Browser {
    let kim = app.official("kim").await;
    signed_on_as(app, client, &kim).await
}

/// A browser in which somebody is signed on, and what the client got for it.
pub async fn signed_on_with_tokens(app: &TestApp, client: &TestClient, official: &Official) -> (Browser, Value) {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, &app.authorize_path(client, &[])).await;
    let tokens = tokens_of(app, client, &arrived).await;
    (browser, tokens)
}

/// Enters a system in this browser; answers the claims of its ID token, and the token.
pub async fn enter(app: &TestApp, browser: &mut Browser, official: &Official, client: &TestClient) -> (Value, String) {
    let arrived = browser.sign_in(official, &app.authorize_path(client, &[])).await;
    let tokens = tokens_of(app, client, &arrived).await;
    let id_token = text(&tokens, "id_token").to_owned();
    (app.claims(&id_token), id_token)
}

/// The tokens behind an answer with a code.
pub async fn tokens_of(app: &TestApp, client: &TestClient, answer: &Answer) -> Value {
    let code = answer.param("code").unwrap_or_else(|| panic!("no code: {} {:?}", answer.status, answer.header("location")));
    let answer = app.redeem(client, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The claims of the ID token behind an answer with a code.
pub async fn id_claims(app: &TestApp, client: &TestClient, answer: &Answer) -> Value {
    app.claims(text(&tokens_of(app, client, answer).await, "id_token"))
}

/// The claims of the ID token and of userinfo.
pub async fn told(app: &TestApp, client: &TestClient, official: &Official, changes: &[(&str, &str)]) -> (Value, Value) {
    let tokens = app.tokens(client, official, changes).await;
    let userinfo = app.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(userinfo.status, 200);
    (app.claims(text(&tokens, "id_token")), userinfo.json())
}

/// The `sub` by which a client knows a person.
pub async fn sub_of(app: &TestApp, client: &TestClient, official: &Official) -> String {
    let tokens = app.tokens(client, official, &[]).await;
    text(&app.claims(text(&tokens, "id_token")), "sub").to_owned()
}

/// A code without a page, in a browser that is signed on.
pub async fn code_of(app: &TestApp, browser: &mut Browser, client: &TestClient, changes: &[(&str, &str)]) -> String {
    browser.get(&app.authorize_path(client, changes)).await.param("code").expect("a code")
}

/// What redeems a code, beside the client's authentication.
pub fn code_form<'a>(client: &'a TestClient, code: &'a str) -> Vec<(&'a str, &'a str)> {
    let redirect_uri = client.redirect_uri.as_str();
    vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", VERIFIER)]
}

/// Redeems a code, with a proof when there is one.
pub async fn redeem(app: &TestApp, client: &TestClient, code: &str, proof: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", *proof)).collect();
    post(app, client, TOKEN, &code_form(client, code), &headers).await
}

/// Refreshes, with a proof when there is one.
pub async fn refresh(app: &TestApp, client: &TestClient, token: &str, proof: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", *proof)).collect();
    post(app, client, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)], &headers).await
}

/// The successor of a token of a public client.
pub async fn successor(app: &TestApp, client: &TestClient, token: &str) -> String {
    let answer = refresh(app, client, token, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    text(&answer.json(), "refresh_token").to_owned()
}

/// Where a browser signs out.
pub fn logout_path(fields: &[(&str, &str)]) -> String {
    format!("/oauth2/logout?{}", encode(fields))
}

/// What a client pushes.
pub fn pushed_fields(client: &TestClient) -> Vec<(&str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", &client.redirect_uri),
        ("scope", "openid"),
        ("state", "st"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}
