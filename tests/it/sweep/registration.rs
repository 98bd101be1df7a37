//! Client registration and the client configuration endpoint: the token, the address and the body spoilt (RFC 7591 §3
//! and §3.2.2, RFC 7592 §2, RFC 6750 §3.1). The members of the body are in `metadata.rs`.

use super::userinfo::{BARE, FINE, WORTHLESS, headers, request};
use super::{FORM, LONG, TOO_LONG};
use crate::support::proofs::text;
use crate::support::{Answer, TestApp};
use axum::body::{Body, to_bytes};
use http::HeaderValue;
use motlan::http::routes::public;
use motlan::http::{App, Site};
use motlan::service::registration;
use motlan::store::clients;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

pub(super) const REGISTER: &str = "/oauth2/register";
const JSON: &str = "application/json";

pub(super) fn bearer(token: &str) -> Vec<HeaderValue> {
    vec![HeaderValue::from_str(&format!("Bearer {token}")).expect("a value")]
}

/// A token that is good for so many registrations.
pub(super) async fn invitation(app: &TestApp, uses: i64) -> String {
    let token = registration::invite(app.services(), uses, 24, "os:test").await.expect("an invitation");
    token.expose_secret().to_owned()
}

/// A request with a JSON body, or with none.
pub(super) async fn send(app: &TestApp, method: &str, path: &str, tokens: &[HeaderValue], body: &str) -> Answer {
    let request = request(method, path, tokens).header("content-type", JSON);
    app.request(request.body(body.to_owned()).expect("a request")).await
}

pub(super) fn place(information: &Value) -> String {
    format!("{REGISTER}/{}", text(information, "client_id"))
}

/// A client that has registered, as it is told.
pub(super) async fn registered(app: &TestApp) -> Value {
    let answer = send(app, "POST", REGISTER, &bearer(&invitation(app, 1).await), &document(None)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// What is registered, with the identifier where a client has one.
fn document(own: Option<&Value>) -> String {
    let mut document = json!({ "redirect_uris": ["https://so-tay.example/cb"], "client_name": "Sổ tay" });
    if let Some(own) = own {
        document["client_id"] = own["client_id"].clone();
    }
    document.to_string()
}

async fn client_count(app: &TestApp) -> usize {
    clients::list(&mut app.services().store.read().await.expect("a connection")).await.expect("clients").len()
}

#[tokio::test]
async fn a_spoilt_token_registers_reads_changes_and_removes_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app).await;
    let once = invitation(&app, 1).await;
    let own_token = text(&own, "registration_access_token");
    let own_place = place(&own);
    let before = send(&app, "GET", &own_place, &bearer(own_token), "").await.json();
    let (new, change) = (document(None), document(Some(&own)));
    let table = [
        ("POST", REGISTER, once.as_str(), new.as_str(), 201),
        ("GET", own_place.as_str(), own_token, "", 200),
        ("PUT", own_place.as_str(), own_token, change.as_str(), 200),
        ("DELETE", own_place.as_str(), own_token, "", 204),
    ];

    for (method, path, token, body, success) in table {
        for (case, values, held) in headers(token) {
            let answer = send(&app, method, path, &values, body).await;
            held.check(&answer, success, &format!("{method} {case}"));
        }
    }
    assert_eq!(client_count(&app).await, 1);
    assert_eq!(send(&app, "GET", &own_place, &bearer(own_token), "").await.json(), before);

    for (method, path, token, body, success) in table {
        FINE.check(&send(&app, method, path, &bearer(token), body).await, success, method);
    }
}

#[tokio::test]
async fn a_token_or_an_address_of_another_client_is_refused_and_still_counts_for_its_owner() {
    let app = TestApp::start().await;
    let (own, other) = (registered(&app).await, registered(&app).await);
    let once = invitation(&app, 1).await;
    let (own_token, their_token) = (text(&own, "registration_access_token"), text(&other, "registration_access_token"));
    let (own_place, their_place) = (place(&own), place(&other));
    let (new, change) = (document(None), document(Some(&own)));
    let at = |part: &str| format!("{REGISTER}/{part}");
    let addresses =
        [their_place.clone(), at("nobody"), at("%F0%9F%A6%86"), at("%00"), at(&"a".repeat(LONG)), at(&"a".repeat(TOO_LONG))];

    for token in [own_token, their_token] {
        WORTHLESS.check(&send(&app, "POST", REGISTER, &bearer(token), &new).await, 201, "a token of one client");
    }
    for method in ["GET", "PUT", "DELETE"] {
        for token in [their_token, once.as_str()] {
            let answer = send(&app, method, &own_place, &bearer(token), &change).await;
            WORTHLESS.check(&answer, 200, &format!("{method} with another token"));
        }
        for address in &addresses {
            let answer = send(&app, method, address, &bearer(own_token), &change).await;
            WORTHLESS.check(&answer, 200, &format!("{method} {}", &address[..address.len().min(40)]));
            BARE.check(&send(&app, method, address, &[], &change).await, 200, method);
        }
        // What is no text names nobody, and is not even an address.
        let unread = send(&app, method, &at("%ff"), &bearer(own_token), &change).await;
        assert_eq!(unread.status, 400, "{method}");
    }

    assert_eq!(client_count(&app).await, 2);
    for (place, token) in [(&own_place, own_token), (&their_place, their_token)] {
        FINE.check(&send(&app, "GET", place, &bearer(token), "").await, 200, place);
    }
    FINE.check(&send(&app, "POST", REGISTER, &bearer(&once), &new).await, 201, "the invitation");
}

/// Sends bytes as they are.
async fn send_bytes(app: &TestApp, method: &str, path: &str, token: &str, kind: Option<&str>, body: &[u8]) -> Answer {
    let request = request(method, path, &bearer(token));
    let request = kind.into_iter().fold(request, |request, kind| request.header("content-type", kind));
    let router = public(App { services: app.services().clone(), site: Arc::new(Site::default()), looks: Arc::default() });
    let response = router.oneshot(request.body(Body::from(body.to_vec())).expect("a request")).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
}

#[tokio::test]
async fn a_spoilt_document_registers_and_changes_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app).await;
    let once = invitation(&app, 1).await;
    let own_token = text(&own, "registration_access_token");
    let own_place = place(&own);
    let before = send(&app, "GET", &own_place, &bearer(own_token), "").await.json();
    let (new, change) = (document(None), document(Some(&own)));

    for (method, path, token, fine, success) in
        [("POST", REGISTER, once.as_str(), &new, 201), ("PUT", own_place.as_str(), own_token, &change, 200)]
    {
        let fine = fine.as_bytes();
        let clients_before = client_count(&app).await;
        let within = |bytes: &[u8]| [br#"{"client_name":""#.as_slice(), bytes, b"\",", &fine[1..]].concat();
        let table = [
            ("missing", Some(JSON), Vec::new(), 400),
            ("of no kind", None, fine.to_vec(), 400),
            ("of another kind", Some(FORM), fine.to_vec(), 400),
            ("a form", Some(FORM), b"redirect_uris=https%3A%2F%2Fso-tay.example%2Fcb".to_vec(), 400),
            ("empty", Some(JSON), b" ".to_vec(), 400),
            ("null", Some(JSON), b"null".to_vec(), 400),
            ("text", Some(JSON), b"\"x\"".to_vec(), 400),
            ("a number", Some(JSON), b"7".to_vec(), 400),
            ("a list", Some(JSON), [b"[", fine, b"]"].concat(), 400),
            ("twice", Some(JSON), [fine, fine].concat(), 400),
            ("cut short", Some(JSON), fine[..fine.len() - 1].to_vec(), 400),
            ("an emoji", Some(JSON), "\u{1f986}".as_bytes().to_vec(), 400),
            ("with a NUL", Some(JSON), within(b"x\0"), 400),
            ("not UTF-8", Some(JSON), within(b"x\xff"), 400),
            ("too long", Some(JSON), [fine, vec![b' '; 64 * 1024].as_slice()].concat(), 413),
        ];
        for (case, kind, body, status) in &table {
            let answer = send_bytes(&app, method, path, token, *kind, body).await;
            let told = answer.json();
            let expected = (*status, Some("invalid_client_metadata"));
            assert_eq!((answer.status, told["error"].as_str()), expected, "{method} {case}: {}", answer.body);
            assert_eq!(told.as_object().map(serde_json::Map::len), Some(2), "{method} {case}: {}", answer.body);
        }
        assert_eq!(client_count(&app).await, clients_before, "{method}");
        assert_eq!(send(&app, "GET", &own_place, &bearer(own_token), "").await.json(), before, "{method}");
        let honest = send_bytes(&app, method, path, token, Some(JSON), fine).await;
        assert_eq!(honest.status, success, "{method}: {}", honest.body);
    }
}
