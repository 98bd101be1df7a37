//! Promises about client assertions, the method `private_key_jwt` (RFC 7523 §3, OpenID Connect Core §9).

use crate::support::records::was_redeemed;
use crate::support::requests::refused_with;
use crate::support::{Answer, TestApp, VERIFIER};
use motlan::base::digest::{base64url, from_base64url, hmac_sha256};
use motlan::store::clients;
use serde_json::{Value, json};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Redeems a code with an assertion.
async fn redeem_by(app: &TestApp, code: &str, assertion_type: &str, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "https://khoa.example/callback"),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", assertion_type),
        ("client_assertion", assertion),
    ];
    app.post("/oauth2/token", &form).await
}

/// The three parts of an assertion.
fn parts(assertion: &str) -> [&str; 3] {
    let parts: Vec<&str> = assertion.split('.').collect();
    parts.try_into().expect("three parts")
}

/// An assertion under another header, with a signature made by hand.
fn under_header(assertion: &str, header: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), parts(assertion)[1]);
    let signature = base64url(&sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[tokio::test]
async fn an_assertion_needs_its_claims_and_a_registered_key() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.client_with_key("khoa", |_| {}).await;
    app.client("tthc", |_| {}).await;
    let now = app.services().clock.now().seconds();
    let code = app.code(&khoa, &kim, &[]).await;
    let table = [
        ("iss", Value::Null),
        ("iss", json!("tthc")),
        ("iss", json!(app.issuer())),
        ("sub", Value::Null),
        ("sub", json!("tthc")),
        ("sub", json!("nobody")),
        ("aud", Value::Null),
        ("aud", json!([])),
        ("aud", json!("https://elsewhere.example")),
        ("aud", json!(format!("{}/", app.issuer()))),
        ("aud", json!(format!("{}/oauth2/authorize", app.issuer()))),
        ("exp", Value::Null),
        ("exp", json!("soon")),
        ("exp", json!(now)),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 86_400)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!("j".repeat(257))),
        ("iat", json!(now + 3_600)),
        ("nbf", json!(now + 3_600)),
    ];

    for (name, value) in table {
        let assertion = app.assertion(&khoa, |claims| claims[name] = value.clone());
        let answer = redeem_by(&app, &code, ASSERTION_TYPE, &assertion).await;

        refused_with(&answer, "invalid_client", &format!("{name} {value}"));
    }
    assert!(!was_redeemed(&app, &khoa, &code).await);
}

#[tokio::test]
async fn an_assertion_signed_otherwise_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.client_with_key("khoa", |_| {}).await;
    let other = app.client_with_key("khoa-khac", |_| {}).await;
    let code = app.code(&khoa, &kim, &[]).await;
    let good = app.assertion(&khoa, |_| {});
    let header: Value = serde_json::from_slice(&from_base64url(parts(&good)[0]).expect("base64url")).expect("JSON");
    let mut conn = app.services().store.read().await.expect("a connection");
    let stored = clients::find(&mut conn, "khoa").await.expect("an answer").expect("a client");
    drop(conn);
    let public_keys = stored.settings.jwks.expect("keys").to_string();
    let mut hmac = header.clone();
    hmac["alg"] = json!("HS256");
    let mut none = header.clone();
    none["alg"] = json!("none");
    let foreign = app.assertion(&other, |claims| {
        claims["iss"] = json!("khoa");
        claims["sub"] = json!("khoa");
    });
    let mut unknown_key = header.clone();
    unknown_key["kid"] = json!("another");
    let signature = from_base64url(parts(&good)[2]).expect("base64url");
    let refused = [
        ("keyed with the public key", under_header(&good, &hmac, |signed| hmac_sha256(public_keys.as_bytes(), signed).to_vec())),
        ("not signed", under_header(&good, &none, |_| Vec::new())),
        ("signed by another client", foreign),
        ("an unknown key", under_header(&good, &unknown_key, |_| signature.clone())),
        ("another signature", under_header(&good, &header, |_| vec![7; signature.len()])),
        ("no signature", format!("{}.{}", parts(&good)[0], parts(&good)[1])),
        ("no JWT", "x".to_owned()),
    ];

    for (case, assertion) in &refused {
        let answer = redeem_by(&app, &code, ASSERTION_TYPE, assertion).await;

        refused_with(&answer, "invalid_client", case);
    }
    for assertion_type in ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"] {
        let answer = redeem_by(&app, &code, assertion_type, &good).await;

        refused_with(&answer, "invalid_request", assertion_type);
    }
    assert!(!was_redeemed(&app, &khoa, &code).await);
    let control = redeem_by(&app, &code, ASSERTION_TYPE, &good).await;
    assert_eq!(control.status, 200, "none of those tries spent it: {}", control.body);
}

#[tokio::test]
async fn an_assertion_is_for_the_issuer_or_the_token_endpoint() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.client_with_key("khoa", |_| {}).await;
    let endpoint = format!("{}/oauth2/token", app.issuer());

    for audience in [json!(endpoint), json!(app.issuer()), json!([endpoint]), json!([app.issuer()])] {
        let code = app.code(&khoa, &kim, &[]).await;
        let assertion = app.assertion(&khoa, |claims| claims["aud"] = audience.clone());

        let answer = redeem_by(&app, &code, ASSERTION_TYPE, &assertion).await;

        assert_eq!(answer.status, 200, "{audience}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_assertion_is_accepted_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.client_with_key("khoa", |_| {}).await;
    let code = app.code(&khoa, &kim, &[]).await;
    let (first, second) = (app.assertion(&khoa, |_| {}), app.assertion(&khoa, |_| {}));

    let used = redeem_by(&app, "no-such-code", ASSERTION_TYPE, &first).await;
    let replayed = redeem_by(&app, &code, ASSERTION_TYPE, &first).await;
    let spent = was_redeemed(&app, &khoa, &code).await;
    let another = redeem_by(&app, &code, ASSERTION_TYPE, &second).await;

    refused_with(&used, "invalid_grant", "the client is believed, and its code is unknown");
    refused_with(&replayed, "invalid_client", "a second time");
    assert!(!spent);
    assert_eq!(another.status, 200, "{}", another.body);
}
