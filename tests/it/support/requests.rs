//! What clients send to the endpoints, to the letter where it matters, and what every refusal looks like.

use super::{Answer, TestApp, TestClient, form_request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Request};
use motlan::model::client::AuthMethod;
use motlan::protocol::client_assertion::TYPE;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The token endpoint.
pub const TOKEN: &str = "/oauth2/token";
/// The endpoint of pushed requests.
pub const PAR: &str = "/oauth2/par";
/// Userinfo.
pub const USERINFO: &str = "/oauth2/userinfo";
/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A text, as it stands in a form.
pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The header of `client_secret_basic`, from parts that are encoded already.
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A request with some headers and a body, exactly as written.
pub async fn send(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.request(request.body(body.to_owned()).expect("a request")).await
}

/// A form from a client with its own authentication, and headers beside it.
pub fn form(
    app: &TestApp,
    client: &TestClient,
    path: &str,
    fields: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Request<String> {
    let secret = client.secret.clone().unwrap_or_default();
    let assertion = if client.auth == AuthMethod::PrivateKeyJwt { app.assertion(client, |_| {}) } else { String::new() };
    let mut all = fields.to_vec();
    let mut header = None;
    match client.auth {
        AuthMethod::ClientSecretBasic => header = Some(basic(&encoded(&client.id), &secret)),
        AuthMethod::ClientSecretPost => all.push(("client_secret", secret.as_str())),
        AuthMethod::PrivateKeyJwt => all.extend([("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())]),
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth | AuthMethod::None => {}
    }
    let says_who = matches!(client.auth, AuthMethod::ClientSecretBasic | AuthMethod::PrivateKeyJwt);
    if !says_who && fields.iter().all(|(name, _)| *name != "client_id") {
        all.push(("client_id", client.id.as_str()));
    }
    let mut request = form_request(path, &all);
    if let Some(header) = &header {
        append(&mut request, "authorization", header);
    }
    for (name, value) in headers {
        append(&mut request, name, value);
    }
    request
}

fn append(request: &mut Request<String>, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
    request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
}

/// Sends such a form.
pub async fn post(app: &TestApp, client: &TestClient, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
    app.request(form(app, client, path, fields, headers)).await
}

/// A request for userinfo with the token under a scheme, and headers beside it.
pub fn userinfo_request(scheme: &str, token: &str, headers: &[(&str, &str)]) -> Request<String> {
    let mut request = Request::get(USERINFO).body(String::new()).expect("a request");
    append(&mut request, "authorization", &format!("{scheme} {token}"));
    for (name, value) in headers {
        append(&mut request, name, value);
    }
    request
}

/// A text among the members of a document.
#[track_caller]
pub fn text<'v>(document: &'v Value, name: &str) -> &'v str {
    document[name].as_str().unwrap_or_else(|| panic!("no {name}: {document}"))
}

/// The names of a document's members.
#[track_caller]
pub fn names(document: &Value) -> BTreeSet<&str> {
    document.as_object().expect("members").keys().map(String::as_str).collect()
}

/// The scopes of a token response.
#[track_caller]
pub fn scopes(tokens: &Value) -> BTreeSet<&str> {
    text(tokens, "scope").split(' ').collect()
}

/// A refusal of an endpoint that clients call, without anything that was asked for.
#[track_caller]
pub fn refused_with(answer: &Answer, error: &str, case: &str) {
    assert_eq!(answer.status, if error == "invalid_client" { 401 } else { 400 }, "{case}: {}", answer.body);
    assert_eq!(answer.json()["error"], error, "{case}: {}", answer.body);
    for member in ["access_token", "refresh_token", "id_token", "request_uri", "active"] {
        assert!(!answer.body.contains(&format!("{member}\":")), "{case}: {}", answer.body);
    }
}

/// An error that goes back to the client, with its state and without a code or a page.
#[track_caller]
pub fn sent_back_with(answer: &Answer, error: &str, case: &str) {
    assert_eq!(answer.status, 303, "{case}: {}", answer.body);
    assert_eq!(answer.param("error").as_deref(), Some(error), "{case}: {}", answer.location());
    assert_eq!(answer.param("state").as_deref(), Some("st"), "{case}");
    assert_eq!(answer.param("code"), None, "{case}");
    assert_eq!(answer.page(), None, "{case}: no page is shown");
}

/// Not even an error goes to an address that came along and is not the client's.
#[track_caller]
pub fn ends_on_a_page(answer: &Answer, error: &str, case: &str) {
    assert_eq!((answer.status, answer.error_page()), (400, Some(error)), "{case}");
    assert_eq!(answer.header("location"), None, "{case}");
}

/// The attributes of a challenge of this scheme.
#[track_caller]
pub fn challenge(answer: &Answer, scheme: &str) -> BTreeMap<String, String> {
    let mut found = answer.headers.get_all("www-authenticate").iter().filter_map(|header| header.to_str().ok());
    let text =
        found.find_map(|header| header.strip_prefix(scheme)).unwrap_or_else(|| panic!("no {scheme}: {:?}", answer.headers));
    let attributes = text.trim_start().split("\", ").map(|attribute| attribute.trim_end_matches('"'));
    attributes
        .filter_map(|attribute| attribute.split_once("=\""))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// A refusal of userinfo, without a claim.
#[track_caller]
pub fn userinfo_refused(answer: &Answer, scheme: &str, error: &str, case: &str) {
    assert_eq!(answer.status, 401, "{case}: {}", answer.body);
    assert_eq!(challenge(answer, scheme).get("error").map(String::as_str), Some(error), "{case}");
    assert!(!answer.body.contains("sub"), "{case}: {}", answer.body);
}
