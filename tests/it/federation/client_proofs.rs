//! How we prove ourselves at another provider (RFC 6749 §2.3.1, RFC 7523 §2.2 and §3, OpenID Connect Core §9): as its source
//! says, and with nothing beside it.

use super::{SECRET, START, an, claims_of_an, sign_on_of, source_of};
use crate::federation_attacks::refused;
use crate::support::TestApp;
use crate::support::upstream::{CLIENT, Upstream};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use motlan::base::digest::{base64url, hmac_sha256};
use motlan::crypto::jwt::verify_with_jwks;
use motlan::crypto::keyring::{NewKey, generate};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Fields = BTreeMap<String, String>;

/// A provider, a stage with it as a source of these settings, and An.
async fn scene(settings: &str, secret: &str) -> (TestApp, Upstream) {
    let (app, upstream) = (TestApp::with_registry().await, Upstream::start().await);
    source_of(&app, &format!("issuer = \"{}\"\n{settings}", upstream.issuer), secret).await;
    an(&app).await;
    (app, upstream)
}

/// The same, where we are called as everywhere.
async fn scene_as(auth: &str, secret: &str, more: &str) -> (TestApp, Upstream) {
    scene(&format!("client_id = \"{CLIENT}\"\nclient_auth = \"{auth}\"\n{more}"), secret).await
}

/// An signs in; what came to the token endpoint for it: the fields of the body, and what proves us in the header.
async fn redeemed(app: &TestApp, upstream: &Upstream, client_id: &str) -> (Fields, String) {
    let mut browser = app.browser();
    let mut claims = claims_of_an();
    claims["aud"] = json!(client_id);
    let answer = upstream.sign_in(app, &mut browser, START, &claims).await;
    assert!(sign_on_of(app, &browser).await.is_some(), "{client_id}: {} {}", answer.status, answer.body);
    let (body, header) = upstream.asked().pop().expect("a code was redeemed");
    (url::form_urlencoded::parse(body.as_bytes()).into_owned().collect(), header)
}

fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).map(String::as_str)
}

/// The assertion among the fields, and its claims: looked at as a provider does, but for the signature.
fn assertion(app: &TestApp, upstream: &Upstream, (fields, header): (Fields, String)) -> (String, Value) {
    assert_eq!(header, "", "nothing else proves us");
    assert_eq!((field(&fields, "client_secret"), field(&fields, "client_assertion_type")), (None, Some(TYPE)));
    let assertion = field(&fields, "client_assertion").expect("an assertion").to_owned();
    let (claims, now) = (app.claims(&assertion), app.now_seconds());
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT), &json!(CLIENT)));
    assert_eq!(claims["aud"], json!(format!("{}/token", upstream.issuer)), "for where it goes, and nobody else");
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 60)), "used at once");
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 22), "{claims}");
    (assertion, claims)
}

/// A private key as operators keep it: PKCS#8 in PEM.
fn pem(key: &NewKey) -> String {
    let text = STANDARD.encode(key.private.as_slice());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

#[tokio::test]
async fn a_name_and_a_secret_in_the_header_are_form_encoded_each() {
    let table = [
        (CLIENT, SECRET, "motlan:bi-mat-cua-hai-ben"),
        ("mot lan:thanh+pho", "a b+c%d:\u{e9}/&=?", "mot+lan%3Athanh%2Bpho:a+b%2Bc%25d%3A%C3%A9%2F%26%3D%3F"),
    ];
    for (client_id, secret, expected) in table {
        let settings = format!("client_id = \"{client_id}\"\nclient_auth = \"client_secret_basic\"\n");
        // Files end with a line's end, which is no part of the secret.
        let (app, upstream) = scene(&settings, &format!("{secret}\n")).await;

        let (fields, header) = redeemed(&app, &upstream, client_id).await;

        let told = STANDARD.decode(header.strip_prefix("Basic ").expect("the scheme")).expect("base64");
        assert_eq!(String::from_utf8(told).expect("text"), expected);
        for name in ["client_secret", "client_assertion"] {
            assert_eq!(field(&fields, name), None, "one proof and no other (RFC 6749 §2.3): {name}");
        }
    }
}

#[tokio::test]
async fn a_secret_in_the_body_stands_there_whole_and_nowhere_else() {
    let secret = "a b+c%d:\u{e9}/&=?";
    let (app, upstream) = scene_as("client_secret_post", &format!("{secret}\n"), "").await;

    let (fields, header) = redeemed(&app, &upstream, CLIENT).await;

    assert_eq!((field(&fields, "client_id"), field(&fields, "client_secret")), (Some(CLIENT), Some(secret)));
    assert_eq!((field(&fields, "client_assertion"), header.as_str()), (None, ""));
}

#[tokio::test]
async fn whoever_has_nothing_to_prove_themselves_with_says_who_they_are() {
    let (app, upstream) = scene_as("none", "", "").await;

    let (fields, header) = redeemed(&app, &upstream, CLIENT).await;

    assert_eq!((field(&fields, "client_id"), header.as_str()), (Some(CLIENT), ""));
    for name in ["client_secret", "client_assertion", "client_assertion_type"] {
        assert_eq!(field(&fields, name), None, "{name}");
    }
    assert!(field(&fields, "code_verifier").is_some(), "a stolen code is nobody's all the same");
}

#[tokio::test]
async fn a_private_key_signs_an_assertion_for_the_token_endpoint_and_each_only_once() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let key = generate(algorithm).expect("a key");
        let (app, upstream) = scene_as("private_key_jwt", &pem(&key), "key_id = \"khoa-1\"\n").await;
        // The provider knows the public half from whoever registered us there: it is published nowhere.
        let mut known = key.public_jwk.clone();
        known["kid"] = json!("khoa-1");
        let known = json!({ "keys": [known] });

        let (signed, first) = assertion(&app, &upstream, redeemed(&app, &upstream, CLIENT).await);
        let (_, second) = assertion(&app, &upstream, redeemed(&app, &upstream, CLIENT).await);

        let name = algorithm.as_str();
        assert_eq!((&app.header(&signed)["alg"], &app.header(&signed)["kid"]), (&json!(name), &json!("khoa-1")));
        verify_with_jwks(&known, &signed, &[algorithm]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let other = json!({ "keys": [generate(algorithm).expect("a key").public_jwk] });
        assert!(verify_with_jwks(&other, &signed, &[algorithm]).is_err(), "{name}");
        assert_ne!(first["jti"], second["jti"], "{name}: a provider takes each once");
    }
}

#[tokio::test]
async fn a_secret_that_both_know_signs_an_assertion_and_stays_here() {
    let secret = "bi-mat-cua-hai-ben-dai-ba-muoi-hai-byte";
    let (app, upstream) = scene_as("client_secret_jwt", secret, "").await;

    let (signed, _) = assertion(&app, &upstream, redeemed(&app, &upstream, CLIENT).await);

    assert_eq!(app.header(&signed)["alg"], json!("HS256"));
    let (text, signature) = signed.rsplit_once('.').expect("a signature");
    assert_eq!(signature, base64url(&hmac_sha256(secret.as_bytes(), text.as_bytes())));
    assert!(upstream.asked().iter().all(|(body, header)| !body.contains(secret) && !header.contains(secret)));
}

#[tokio::test]
async fn a_secret_that_is_no_private_key_goes_nowhere() {
    let (app, upstream) = scene_as("private_key_jwt", SECRET, "").await;
    let mut browser = app.browser();

    let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

    refused(&app, &browser, &answer, "federation_refused").await;
    assert!(!answer.body.contains(SECRET));
    assert!(upstream.asked().is_empty(), "nothing was sent in its place");
}
