//! The pushed request endpoint (RFC 9126 §2.1 and §2.3): what is wrong is told to the client, which is there.

use super::{
    BY_SECRET, CLIENT, DETAILS, FINE, Fields, REQUEST, Row, SCOPE, TARGET, Told, by_post, cases, exchanged, own, post, spoil,
    whole, with,
};
use crate::support::keys::path_of;
use crate::support::proofs::{API, PAR, add_api, add_resource, code_of, signed_on, text};
use crate::support::{CHALLENGE, TestApp, TestClient};
use motlan::model::signing_key::Algorithm;
use serde_json::json;

const RESPONSE_TYPE: Told = Told::Refused("unsupported_response_type");
const OBJECT: Told = Told::Refused("invalid_request_object");
const REGISTRATION: Told = Told::Refused("registration_not_supported");

const PUSHED: &[Row<Told>] = &[
    ("response_type", REQUEST, REQUEST, REQUEST, RESPONSE_TYPE, RESPONSE_TYPE),
    // Nobody can be led there (RFC 9126 §2.3).
    ("redirect_uri", REQUEST, REQUEST, REQUEST, REQUEST, REQUEST),
    // There is no default (RFC 6749 §3.3).
    ("scope", SCOPE, REQUEST, REQUEST, SCOPE, SCOPE),
    ("state", FINE, REQUEST, REQUEST, FINE, FINE),
    ("nonce", FINE, REQUEST, REQUEST, FINE, REQUEST),
    // Demanded, and only with S256 (RFC 7636 §4.4.1).
    ("code_challenge", REQUEST, REQUEST, REQUEST, REQUEST, REQUEST),
    ("code_challenge_method", REQUEST, REQUEST, REQUEST, REQUEST, REQUEST),
    ("prompt", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    ("max_age", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    // Whom it names is asked when the person is there: nothing about people is refused here (RFC 9126 §2.3).
    ("id_token_hint", FINE, REQUEST, REQUEST, FINE, FINE),
    ("login_hint", FINE, REQUEST, REQUEST, FINE, FINE),
    ("ui_locales", FINE, REQUEST, REQUEST, FINE, FINE),
    ("claims_locales", FINE, REQUEST, REQUEST, FINE, FINE),
    ("display", FINE, REQUEST, REQUEST, FINE, FINE),
    ("acr_values", FINE, REQUEST, REQUEST, FINE, FINE),
    ("claims", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    ("response_mode", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    // It may come several times (RFC 8707 §2).
    ("resource", FINE, FINE, REQUEST, TARGET, TARGET),
    ("authorization_details", FINE, REQUEST, REQUEST, DETAILS, DETAILS),
    ("dpop_jkt", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    ("position", FINE, REQUEST, REQUEST, FINE, FINE),
    ("request", FINE, REQUEST, REQUEST, OBJECT, OBJECT),
    // A reference is not pushed (RFC 9126 §2.1).
    ("request_uri", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    ("registration", FINE, REQUEST, REQUEST, REGISTRATION, REGISTRATION),
];

fn pushed(client: &TestClient, id_token: &str) -> Fields {
    let asked = [
        ("response_type", "code"),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("scope", "openid"),
        ("state", "st"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("prompt", "none"),
        ("max_age", "60"),
        ("id_token_hint", id_token),
        ("login_hint", "kim"),
        ("ui_locales", "vi"),
        ("claims_locales", "vi"),
        ("display", "page"),
        ("acr_values", "LoA1"),
        ("claims", "{}"),
        ("response_mode", "query"),
        ("resource", API),
        ("authorization_details", "[]"),
        ("dpop_jkt", "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"),
        ("position", "p"),
    ];
    with(own(client), &asked)
}

#[tokio::test]
async fn a_spoilt_pushed_request_has_its_own_error_and_no_reference() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let mut browser = signed_on(&app, &client).await;
    let code = code_of(&app, &mut browser, &client, &[]).await;
    let tokens = app.redeem(&client, &code).await.json();
    let form = pushed(&client, text(&tokens, "id_token"));

    for (name, how, told) in cases(&form, &[BY_SECRET, PUSHED].concat()) {
        let answer = post(&app, PAR, spoil(&form, name, how)).await;
        told.check(&answer, 201, &format!("{name} {how:?}"));
    }

    let honest = post(&app, PAR, whole(&form)).await;
    let arrived = browser.get(&path_of(&client, &honest)).await;
    assert!(arrived.param("code").is_some(), "{}", arrived.location());
}

#[tokio::test]
async fn what_is_another_clients_is_not_pushed() {
    const THEIRS: &str = "https://kho.example/api";
    let app = TestApp::start().await;
    add_api(&app).await;
    add_resource(&app, json!({ "identifier": THEIRS, "name": "Kho", "scopes": ["kho.doc"] })).await;
    let client = app.client("tthc", by_post).await;
    let other = app
        .client("van-ban", |settings| {
            by_post(settings);
            settings.resources.push(THEIRS.to_owned());
            settings.scopes.push("kho.doc".to_owned());
        })
        .await;
    let signing = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let mut browser = signed_on(&app, &client).await;
    let their_push = app.push(&other, &[]).await;
    let reference = text(&their_push.json(), "request_uri").to_owned();
    let their_secret = other.secret.clone().expect("a secret");
    let form = pushed(&client, "x");
    let object = signing.request_object(&app, |_, claims| claims["iss"] = json!("tthc"));

    for (name, value, told) in [
        ("client_id", "van-ban", CLIENT),
        ("client_secret", their_secret.as_str(), CLIENT),
        ("redirect_uri", other.redirect_uri.as_str(), REQUEST),
        ("scope", "kho.doc", SCOPE),
        ("resource", THEIRS, TARGET),
        ("request", object.as_str(), OBJECT),
        ("request_uri", reference.as_str(), REQUEST),
    ] {
        told.check(&post(&app, PAR, exchanged(&form, name, value)).await, 201, &format!("{name} {value}"));
    }

    assert!(browser.get(&path_of(&other, &their_push)).await.param("code").is_some(), "their own reference still counts");
}
