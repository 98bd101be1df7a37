//! Clients that register themselves: what they send, what they are told, and how they use it afterwards.

use super::requests::{send, text};
use super::{Answer, TestApp, TestClient};
use motlan::model::client::AuthMethod;
use motlan::service::registration;
use motlan::store::clients;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// The endpoint.
pub const PATH: &str = "/oauth2/register";
/// A picture.
pub const GIF: &[u8] = b"GIF89a\x10\0\x20\0\0\0\0";

/// A request with a token, and a body that says it is JSON when there is one.
pub async fn call(app: &TestApp, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    send(app, method, path, &headers, body).await
}

/// An initial access token.
pub async fn invitation(app: &TestApp, uses: i64) -> String {
    let token = registration::invite(app.services(), uses, 24, "os:test").await.expect("an invitation");
    token.expose_secret().to_owned()
}

/// A document; members are added or replaced.
pub fn document(changes: &Value) -> Value {
    let mut document = json!({ "redirect_uris": ["https://so-tay.example/cb"], "client_name": "Sổ tay" });
    for (member, value) in changes.as_object().expect("members") {
        document[member] = value.clone();
    }
    document
}

/// Registers with an invitation.
pub async fn join(app: &TestApp, token: &str, changes: &Value) -> Answer {
    call(app, "POST", PATH, Some(token), &document(changes).to_string()).await
}

/// What a client is told when it has registered.
pub async fn registered(app: &TestApp, changes: &Value) -> Value {
    let answer = join(app, &invitation(app, 1).await, changes).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// Where a client looks after its registration.
pub fn place(information: &Value) -> String {
    format!("{PATH}/{}", text(information, "client_id"))
}

/// What a client asks there.
pub async fn manage(app: &TestApp, method: &str, information: &Value, body: &str) -> Answer {
    call(app, method, &place(information), Some(text(information, "registration_access_token")), body).await
}

/// What a client sends back to change itself: what only the server says is left out.
pub fn to_put(information: &Value, changes: &Value) -> Value {
    let mut document = information.clone();
    let members = document.as_object_mut().expect("members");
    for member in ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"] {
        members.remove(member);
    }
    for (member, value) in changes.as_object().expect("members") {
        members.insert(member.clone(), value.clone());
    }
    document
}

/// How many clients there are.
pub async fn client_count(app: &TestApp) -> usize {
    clients::list(&mut app.services().store.read().await.expect("a connection")).await.expect("clients").len()
}

/// What was audited, but for the provider's own keys, by name: the clock stands still, so rows have no order of their own.
pub async fn events(app: &TestApp) -> Vec<String> {
    let mut all: Vec<String> = app.audit_events().await.into_iter().filter(|event| !event.starts_with("key.")).collect();
    all.sort();
    all
}

/// A registration is refused because of one member, which is named.
#[track_caller]
pub fn refused(answer: &Answer, member: &str) {
    let error = if member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
    assert_eq!(answer.status, 400, "{member}: {}", answer.body);
    assert_eq!(answer.json()["error"], error, "{member}: {}", answer.body);
    assert!(text(&answer.json(), "error_description").starts_with(&format!("{member}: ")), "{member}: {}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// A caller is not believed; the challenge says so, and why when there was a token.
#[track_caller]
pub fn unauthorized(answer: &Answer, error: Option<&str>) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer realm=\"motlan\""), "{challenge}");
    assert_eq!(challenge.contains("error="), error.is_some(), "{challenge}");
    if let Some(error) = error {
        assert_eq!(answer.json()["error"], error);
    }
    assert!(!answer.body.contains("client_id"), "{}", answer.body);
}

/// The client as it uses what it was given.
fn as_client(information: &Value, secret: &str) -> TestClient {
    let id = text(information, "client_id");
    TestClient::known(id, secret, "https://so-tay.example/cb", AuthMethod::ClientSecretBasic)
}

/// What it asks for in a browser.
pub fn asked(app: &TestApp, information: &Value, scope: &str) -> String {
    app.authorize_path(&as_client(information, ""), &[("scope", scope), ("nonce", "")])
}

/// A code, by way of every page.
pub async fn code_answer(app: &TestApp, information: &Value, username: &str, scope: &str) -> Answer {
    let official = app.official(username).await;
    app.browser().sign_in(&official, &asked(app, information, scope)).await
}

/// Redeems one with a secret.
pub async fn redeem_as(app: &TestApp, information: &Value, secret: &str, code: &str) -> Answer {
    app.redeem(&as_client(information, secret), code).await
}
