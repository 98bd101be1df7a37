//! The token endpoint: each grant with each of its parameters spoilt (RFC 6749 §3.2, §4.1.3, §4.4.2, §5.2 and §6,
//! RFC 7636 §4.6, RFC 8707 §2.2, RFC 9396 §6).

use super::{
    BY_SECRET, CLIENT, DETAILS, FINE, Fields, REQUEST, Row, SCOPE, TARGET, Told, by_post, cases, exchanged, own, post, spoil,
    whole, with,
};
use crate::support::proofs::{API, TOKEN, add_api, add_resource, code_of, count_of, refresh, signed_on, text};
use crate::support::{TestApp, TestClient, VERIFIER};
use serde_json::json;

/// An API that only another client reaches.
const THEIRS: &str = "https://kho.example/api";
const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access ho_so.doc")];

const GRANT: Told = Told::Refused("invalid_grant");
const UNSUPPORTED: Told = Told::Refused("unsupported_grant_type");

/// What every grant has.
const EVERY_GRANT: &[Row<Told>] = &[
    ("grant_type", REQUEST, REQUEST, REQUEST, UNSUPPORTED, UNSUPPORTED),
    // It may come several times (RFC 8707 §2).
    ("resource", FINE, FINE, REQUEST, TARGET, TARGET),
    ("authorization_details", FINE, REQUEST, REQUEST, DETAILS, DETAILS),
];

const BY_CODE: &[Row<Told>] = &[
    ("code", REQUEST, REQUEST, REQUEST, GRANT, GRANT),
    // Left out, these do not match what the authorization request brought (RFC 6749 §5.2, RFC 7636 §4.6).
    ("redirect_uri", GRANT, REQUEST, REQUEST, GRANT, GRANT),
    ("code_verifier", GRANT, REQUEST, REQUEST, GRANT, GRANT),
    // Parameters of other grants say nothing here.
    ("refresh_token", FINE, REQUEST, REQUEST, FINE, FINE),
    ("scope", FINE, REQUEST, REQUEST, FINE, FINE),
];

const BY_REFRESH: &[Row<Told>] = &[
    ("refresh_token", REQUEST, REQUEST, REQUEST, GRANT, GRANT),
    ("scope", FINE, REQUEST, REQUEST, SCOPE, SCOPE),
    ("code", FINE, REQUEST, REQUEST, FINE, FINE),
    ("redirect_uri", FINE, REQUEST, REQUEST, FINE, FINE),
    ("code_verifier", FINE, REQUEST, REQUEST, FINE, FINE),
];

const BY_ITSELF: &[Row<Told>] = &[
    ("scope", FINE, REQUEST, REQUEST, SCOPE, SCOPE),
    ("code", FINE, REQUEST, REQUEST, FINE, FINE),
    ("refresh_token", FINE, REQUEST, REQUEST, FINE, FINE),
];

fn by_code(client: &TestClient, code: &str) -> Fields {
    let asked = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("code_verifier", VERIFIER),
        ("resource", API),
        ("authorization_details", "[]"),
    ];
    with(own(client), &asked)
}

fn by_refresh(client: &TestClient, token: &str) -> Fields {
    let asked = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("scope", "openid ho_so.doc"),
        ("resource", API),
        ("authorization_details", "[]"),
    ];
    with(own(client), &asked)
}

fn by_itself(client: &TestClient) -> Fields {
    let asked =
        [("grant_type", "client_credentials"), ("scope", "ho_so.doc"), ("resource", API), ("authorization_details", "[]")];
    with(own(client), &asked)
}

#[tokio::test]
async fn a_spoilt_redemption_has_its_own_error_and_the_code_still_counts() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let mut browser = signed_on(&app, &client).await;
    let kept = by_code(&client, &code_of(&app, &mut browser, &client, &[]).await);

    for (name, how, told) in cases(&kept, &[BY_SECRET, EVERY_GRANT, BY_CODE].concat()) {
        let case = format!("{name} {how:?}");
        let form = if told == FINE { by_code(&client, &code_of(&app, &mut browser, &client, &[]).await) } else { kept.clone() };
        told.check(&post(&app, TOKEN, spoil(&form, name, how)).await, 200, &case);
    }

    let honest = post(&app, TOKEN, whole(&kept)).await;
    assert_eq!(honest.status, 200, "no refusal used the code up: {}", honest.body);
    assert_eq!(count_of(&app, "code.reused").await, 0);
}

#[tokio::test]
async fn a_spoilt_refresh_has_its_own_error_and_the_token_still_counts() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let mut browser = signed_on(&app, &client).await;
    let code = code_of(&app, &mut browser, &client, &OFFLINE).await;
    let tokens = app.redeem(&client, &code).await.json();
    let form = by_refresh(&client, text(&tokens, "refresh_token"));

    for (name, how, told) in cases(&form, &[BY_SECRET, EVERY_GRANT, BY_REFRESH].concat()) {
        let answer = post(&app, TOKEN, spoil(&form, name, how)).await;
        told.check(&answer, 200, &format!("{name} {how:?}"));
    }

    let honest = post(&app, TOKEN, whole(&form)).await;
    assert_eq!(honest.status, 200, "{}", honest.body);
    assert_eq!(honest.json()["scope"], "ho_so.doc", "for the API that was named");
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
}

#[tokio::test]
async fn a_spoilt_request_of_a_client_for_itself_has_its_own_error() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let form = by_itself(&client);
    let mut issued = 0;

    for (name, how, told) in cases(&form, &[BY_SECRET, EVERY_GRANT, BY_ITSELF].concat()) {
        let answer = post(&app, TOKEN, spoil(&form, name, how)).await;
        told.check(&answer, 200, &format!("{name} {how:?}"));
        issued += usize::from(told == FINE);
    }

    assert_eq!(post(&app, TOKEN, whole(&form)).await.status, 200);
    assert_eq!(count_of(&app, "token.issued").await, issued + 1, "nothing else was issued");
}

#[tokio::test]
async fn what_is_another_clients_is_refused_and_still_counts_for_its_owner() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let details = json!({ "kho": { "required": [], "optional": [] } });
    let document = json!({ "identifier": THEIRS, "name": "Kho", "scopes": ["kho.doc"], "details": details });
    add_resource(&app, document).await;
    let client = app.client("tthc", by_post).await;
    let other = app
        .client("van-ban", |settings| {
            by_post(settings);
            settings.resources.push(THEIRS.to_owned());
            settings.scopes.push("kho.doc".to_owned());
            settings.authorization_details_types.push("kho".to_owned());
        })
        .await;
    let mut browser = signed_on(&app, &client).await;
    let mine = code_of(&app, &mut browser, &client, &OFFLINE).await;
    let theirs = code_of(&app, &mut browser, &other, &OFFLINE).await;
    let tokens = app.redeem(&client, &mine).await.json();
    let their_tokens = app.redeem(&other, &theirs).await.json();
    let mine = code_of(&app, &mut browser, &client, &[]).await;
    let theirs = code_of(&app, &mut browser, &other, &[]).await;
    let their_refresh_token = text(&their_tokens, "refresh_token");
    let their_secret = other.secret.clone().expect("a secret");
    let their_details = r#"[{"type":"kho"}]"#;
    let forms = [by_code(&client, &mine), by_refresh(&client, text(&tokens, "refresh_token")), by_itself(&client)];
    let of_every_grant = [
        ("client_id", "van-ban", CLIENT),
        ("client_secret", their_secret.as_str(), CLIENT),
        ("resource", THEIRS, TARGET),
        ("authorization_details", their_details, DETAILS),
    ];
    let of_one: [&[(&'static str, &str, Told)]; 3] = [
        &[
            ("code", theirs.as_str(), GRANT),
            ("redirect_uri", other.redirect_uri.as_str(), GRANT),
            ("code_verifier", "the-verifier-of-another-request-of-another-client", GRANT),
        ],
        &[("refresh_token", their_refresh_token, GRANT), ("scope", "openid kho.doc", SCOPE)],
        &[("scope", "kho.doc", SCOPE)],
    ];

    for (form, own_ones) in forms.iter().zip(of_one) {
        for &(name, value, told) in of_every_grant.iter().chain(own_ones) {
            told.check(&post(&app, TOKEN, exchanged(form, name, value)).await, 200, &format!("{name} {value}"));
        }
        assert_eq!(post(&app, TOKEN, whole(form)).await.status, 200, "{:?}", form[2]);
    }

    assert_eq!(app.redeem(&other, &theirs).await.status, 200);
    assert_eq!(refresh(&app, &other, their_refresh_token, None).await.status, 200);
    assert_eq!((count_of(&app, "code.reused").await, count_of(&app, "refresh_token.reused").await), (0, 0));
}
