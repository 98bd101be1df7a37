//! The endpoints where a client shows a token: introspection (RFC 7662 §2.1 and §2.3), revocation (RFC 7009 §2.1 and §2.2).

use super::{BY_SECRET, CLIENT, FINE, Fields, REQUEST, Row, Told, by_post, cases, exchanged, own, post, spoil, whole, with};
use crate::support::proofs::{TOKEN, add_api, count_of, text};
use crate::support::{TestApp, TestClient};

const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";

const SHOWN: &[Row<Told>] = &[
    // What is no token of ours is no error (RFC 7662 §2.2, RFC 7009 §2.2).
    ("token", REQUEST, REQUEST, REQUEST, Told::Nothing, Told::Nothing),
    // A hint that says nothing keeps no token from being found.
    ("token_type_hint", FINE, REQUEST, REQUEST, FINE, FINE),
];

fn shown(client: &TestClient, token: &str) -> Fields {
    with(own(client), &[("token", token), ("token_type_hint", "access_token")])
}

/// A new token of a client for itself.
async fn token_of(app: &TestApp, client: &TestClient) -> String {
    let answer = post(app, TOKEN, whole(&with(own(client), &[("grant_type", "client_credentials")]))).await;
    text(&answer.json(), "access_token").to_owned()
}

async fn is_active(app: &TestApp, client: &TestClient, token: &str) -> bool {
    post(app, INTROSPECT, whole(&shown(client, token))).await.json()["active"] == true
}

#[tokio::test]
async fn a_spoilt_introspection_tells_nothing() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let form = shown(&client, &token_of(&app, &client).await);

    for (name, how, told) in cases(&form, &[BY_SECRET, SHOWN].concat()) {
        let case = format!("{name} {how:?}");
        let answer = post(&app, INTROSPECT, spoil(&form, name, how)).await;
        told.check(&answer, 200, &case);
        assert_eq!(answer.body.contains("\"active\":true"), told == FINE, "{case}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_spoilt_revocation_revokes_nothing() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let kept = token_of(&app, &client).await;
    let mut revoked = 0;

    for (name, how, told) in cases(&shown(&client, &kept), &[BY_SECRET, SHOWN].concat()) {
        let case = format!("{name} {how:?}");
        let token = if told == FINE { token_of(&app, &client).await } else { kept.clone() };
        let answer = post(&app, REVOKE, spoil(&shown(&client, &token), name, how)).await;
        told.check(&answer, 200, &case);
        assert_eq!(is_active(&app, &client, &token).await, told != FINE, "{case}");
        revoked += usize::from(told == FINE);
    }

    assert_eq!(count_of(&app, "token.revoked").await, revoked);
    assert_eq!(post(&app, REVOKE, whole(&shown(&client, &kept))).await.status, 200);
    assert!(!is_active(&app, &client, &kept).await);
}

#[tokio::test]
async fn a_token_of_another_client_is_not_told_and_not_revoked() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let other = app.client("van-ban", by_post).await;
    let (mine, theirs) = (token_of(&app, &client).await, token_of(&app, &other).await);
    let their_secret = other.secret.clone().expect("a secret");
    let form = shown(&client, &mine);

    for path in [INTROSPECT, REVOKE] {
        for (name, value) in [("client_id", "van-ban"), ("client_secret", their_secret.as_str())] {
            let answer = post(&app, path, exchanged(&form, name, value)).await;
            CLIENT.check(&answer, 200, &format!("{path} {name}"));
        }
    }
    Told::Nothing.check(&post(&app, INTROSPECT, exchanged(&form, "token", &theirs)).await, 200, "told");
    let refused = Told::Refused("unauthorized_client");
    refused.check(&post(&app, REVOKE, exchanged(&form, "token", &theirs)).await, 200, "revoked");

    assert!(is_active(&app, &client, &mine).await && is_active(&app, &other, &theirs).await);
    assert_eq!(count_of(&app, "token.revoked").await, 0);
}
