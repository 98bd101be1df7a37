//! ID tokens: who signed in, when, how, for whom, signed (OpenID Connect Core §2 and §3.1.3).

use crate::support::flows::id_claims;
use crate::support::{Browser, Official, TestApp, TestClient};
use motlan::base::digest::{base64url, sha256};
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The claims of the ID token that this browser's sign-on gives to a client.
async fn entered(app: &TestApp, browser: &mut Browser, client: &TestClient, person: &Official, extra: &[(&str, &str)]) -> Value {
    let arrived = browser.sign_in(person, &app.authorize_path(client, extra)).await;
    id_claims(app, client, &arrived).await
}

#[tokio::test]
async fn it_carries_the_required_claims_and_lives_briefly() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.id_token_alg = Algorithm::Es256).await;

    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid profile email")]).await;

    let claims = app.claims(tokens["id_token"].as_str().expect("an ID token"));
    let names: BTreeSet<&str> = claims.as_object().expect("claims").keys().map(String::as_str).collect();
    let expected = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"];
    assert_eq!(names, BTreeSet::from(expected), "no azp beside a single audience, and nothing of other scopes");
    assert_eq!(claims["iss"], app.issuer());
    assert_eq!(claims["aud"], "tthc");
    assert_eq!(claims["iat"], json!(app.now_seconds()));
    let lifetime = claims["exp"].as_i64().expect("whole seconds") - claims["iat"].as_i64().expect("whole seconds");
    assert!((1..=300).contains(&lifetime), "{lifetime} s");
    let access_token = tokens["access_token"].as_str().expect("an access token");
    assert_eq!(claims["at_hash"], json!(base64url(&sha256(access_token.as_bytes())[..16])));
    let header = app.header(tokens["id_token"].as_str().expect("an ID token"));
    assert_ne!(header["typ"], app.header(access_token)["typ"], "one kind of token cannot pass for the other");
}

#[tokio::test]
async fn it_is_signed_with_the_clients_algorithm_and_names_its_key() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let set = app.get("/oauth2/jwks").await.json();

    for (id, algorithm) in [("rs", Algorithm::Rs256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)] {
        let client = app.client(id, |settings| settings.id_token_alg = algorithm).await;
        let tokens = app.tokens(&client, &kim, &[]).await;

        let token = tokens["id_token"].as_str().expect("an ID token");
        let header = app.header(token);
        assert_eq!(header["alg"], algorithm.as_str());
        let members: BTreeSet<&str> = header.as_object().expect("a header").keys().map(String::as_str).collect();
        assert_eq!(members, BTreeSet::from(["alg", "typ", "kid"]), "no key and no address of one in the header");
        let keys = set["keys"].as_array().expect("keys");
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the key is in the set");
        assert_eq!(key["alg"], header["alg"]);
        assert_eq!(token.split('.').count(), 3, "the compact form");
        assert!(verify_with_jwks(&set, token, &Algorithm::ALL).is_ok(), "{id}");

        let mut claims = app.claims(token);
        claims["sub"] = json!("somebody-else");
        let parts: Vec<&str> = token.split('.').collect();
        let forged = format!("{}.{}.{}", parts[0], base64url(claims.to_string().as_bytes()), parts[2]);
        assert!(verify_with_jwks(&set, &forged, &Algorithm::ALL).is_err(), "{id}: a changed token does not verify");
    }
}

#[tokio::test]
async fn nonce_comes_back_unchanged() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let long = "N0nce-".repeat(100);

    for nonce in ["n-0S6_WzA2Mj", "CaseCounts", "casecounts", "một lần & + % 100%", long.as_str()] {
        let claims = entered(&app, &mut browser, &tthc, &kim, &[("nonce", nonce)]).await;
        assert_eq!(claims["nonce"], nonce);
    }
    let claims = entered(&app, &mut browser, &tthc, &kim, &[("nonce", "")]).await;

    assert!(claims.get("nonce").is_none(), "none was sent: {claims}");
}

#[tokio::test]
async fn auth_time_is_there_when_max_age_or_the_claims_parameter_asks() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let signed_in_at = app.now_seconds();
    let mut browser = app.browser();
    entered(&app, &mut browser, &tthc, &kim, &[]).await;

    app.advance_seconds(100);
    let essential = r#"{"id_token":{"auth_time":{"essential":true}}}"#;
    for extra in [("max_age", "3600"), ("claims", essential)] {
        let claims = entered(&app, &mut browser, &tthc, &kim, &[extra]).await;
        assert_eq!(claims["auth_time"], json!(signed_in_at), "{extra:?}: a silent sign-on does not make it newer");
        assert_eq!(claims["iat"], json!(signed_in_at + 100), "{extra:?}");
    }
    let again = entered(&app, &mut browser, &tthc, &kim, &[("max_age", "50")]).await;

    assert_eq!(again["auth_time"], json!(signed_in_at + 100), "past max_age the person signed in again");
}

#[tokio::test]
async fn acr_and_amr_tell_how_the_person_signed_in() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let plain = entered(&app, &mut browser, &tthc, &kim, &[]).await;
    let alias = entered(&app, &mut browser, &tthc, &kim, &[("acr_values", "LoA1")]).await;
    let wished = entered(&app, &mut browser, &tthc, &kim, &[("acr_values", "LoA3")]).await;

    assert_eq!(plain["acr"], format!("{}/acr/1", app.issuer()));
    assert_eq!(plain["amr"], json!(["pwd"]));
    assert_eq!(alias["acr"], "LoA1");
    assert_eq!(wished["acr"], "LoA1", "the level that was reached, never the one that was wished");
}

#[tokio::test]
async fn sub_is_stable_never_reassigned_and_short_ascii() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let minh = app.official("minh").await;
    let tthc = app.client("tthc", |_| {}).await;
    let vanban = app.client("vanban", |_| {}).await;

    let first = entered(&app, &mut app.browser(), &tthc, &kim, &[]).await;
    let second = entered(&app, &mut app.browser(), &tthc, &kim, &[]).await;
    let elsewhere = entered(&app, &mut app.browser(), &vanban, &kim, &[]).await;
    let other = entered(&app, &mut app.browser(), &tthc, &minh, &[]).await;

    let sub = first["sub"].as_str().expect("a sub");
    assert_eq!(second["sub"], sub);
    assert_eq!(elsewhere["sub"], sub, "the city's own clients know a person by one name");
    assert_ne!(other["sub"], sub);
    assert!(sub.is_ascii() && (16..=255).contains(&sub.len()), "{sub}");
    for known in [kim.username.as_str(), kim.id.as_str()] {
        assert!(!sub.contains(known), "{sub} gives {known} away");
    }
}
