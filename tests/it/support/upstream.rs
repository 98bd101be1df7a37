//! Another OpenID provider, on loopback: it says what a test wants it to say.

use super::proofs::ProofKey;
use super::{Answer, Browser, TestApp};
use axum::Router;
use axum::body::Bytes;
use axum::response::IntoResponse as _;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use motlan::base::digest::{base64url, sha256};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What we are called there.
pub const CLIENT: &str = "motlan";

/// What it says in, unless a test wants another type.
const JSON: &str = "application/json";

/// A code that was given out, and what it is redeemed for.
#[derive(Clone)]
struct Given {
    challenge: Option<String>,
    claims: Value,
    /// The ID token; without one it is made of the claims, under the key of then.
    token: Option<String>,
}

/// What it says now.
struct Said {
    metadata: Value,
    key: ProofKey,
    shown: Vec<ProofKey>,
    codes: BTreeMap<String, Given>,
    userinfo: Value,
    /// The type and the text that userinfo answers with, whoever asks.
    told: Option<(&'static str, String)>,
    redeemed: Value,
    token_endpoint: Door,
    asked: Vec<(String, String)>,
    keys_asked: usize,
}

/// How an endpoint answers.
#[derive(Clone)]
pub enum Door {
    /// As it should.
    Right,
    /// With this status and body.
    Says(u16, String),
    /// Never.
    Silent,
}

/// The provider; it ends with the test.
pub struct Upstream {
    pub issuer: String,
    said: Arc<Mutex<Said>>,
    task: JoinHandle<()>,
}

/// Somebody who was sent there.
#[derive(Clone, Debug)]
pub struct Sent {
    pub parameters: BTreeMap<String, String>,
}

impl Sent {
    /// One of the parameters.
    pub fn get(&self, name: &str) -> &str {
        self.parameters.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl Upstream {
    /// One that does everything as it should.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let issuer = format!("http://{address}");
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/keys"),
            "end_session_endpoint": format!("{issuer}/logout"),
            "authorization_response_iss_parameter_supported": true,
        });
        let key = ProofKey::es256();
        let said = Arc::new(Mutex::new(Said {
            metadata,
            shown: vec![key.clone()],
            key,
            codes: BTreeMap::new(),
            userinfo: json!({}),
            told: None,
            redeemed: json!(null),
            token_endpoint: Door::Right,
            asked: Vec::new(),
            keys_asked: 0,
        }));
        let shared = said.clone();
        let door = move |uri: Uri, headers: HeaderMap, body: Bytes| answer(shared.clone(), uri, headers, body);
        let router: Router = Router::new().fallback(door);
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the provider runs");
        });
        Self { issuer, said, task }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Said) -> T) -> T {
        change(&mut self.said.lock().expect("what it says"))
    }

    /// The settings of a source that is this provider; lines may be added.
    pub fn settings(&self, more: &str) -> String {
        format!("issuer = \"{}\"\nclient_id = \"{CLIENT}\"\nclient_auth = \"client_secret_post\"\n{more}", self.issuer)
    }

    /// Says something else of itself.
    pub fn says_of_itself(&self, member: &str, value: Value) {
        self.change(|said| said.metadata[member] = value);
    }

    /// What userinfo answers, beside the subject.
    pub fn userinfo(&self, claims: Value) {
        self.change(|said| said.userinfo = claims);
    }

    /// What userinfo answers to everybody, to the letter.
    pub fn userinfo_says(&self, kind: &'static str, told: String) {
        self.change(|said| said.told = Some((kind, told)));
    }

    /// How the token endpoint answers.
    pub fn token_endpoint(&self, door: Door) {
        self.change(|said| said.token_endpoint = door);
    }

    /// Signs with another key from here on, and shows only that one.
    pub fn rotates(&self) {
        self.change(|said| {
            said.key = ProofKey::es256();
            said.shown = vec![said.key.clone()];
        });
    }

    /// What came to the token endpoint so far: the body, and what proved us in the header.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.change(|said| said.asked.clone())
    }

    /// How often its keys were asked for.
    pub fn keys_asked(&self) -> usize {
        self.change(|said| said.keys_asked)
    }

    /// The key of now.
    pub fn key(&self) -> ProofKey {
        self.change(|said| said.key.clone())
    }

    /// A token under the key of now.
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        self.change(|said| {
            let mut whole = json!({ "alg": "ES256", "kid": said.key.jkt() });
            for (name, value) in header.as_object().expect("members") {
                whole[name] = value.clone();
            }
            said.key.sign(&whole, claims)
        })
    }

    /// Sends a browser there for a source; it comes as far as the provider's page.
    pub async fn sent(&self, browser: &mut Browser, path: &str) -> Sent {
        let answer = browser.get(path).await;
        let answer = browser.follow(answer).await;
        let location = answer.location();
        assert!(location.starts_with(&format!("{}/auth?", self.issuer)), "{} {location}", answer.status);
        let (_, query) = location.split_once('?').expect("a query");
        let parameters = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Sent { parameters }
    }

    /// What an ID token for somebody who was sent says; these claims are beside those that belong to the sign-in, over them.
    pub fn claims(&self, app: &TestApp, sent: &Sent, claims: &Value) -> Value {
        let now = app.now_seconds();
        let mut whole = json!({
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": sent.get("nonce"), "sid": "phien-1",
        });
        for (name, value) in claims.as_object().expect("members") {
            whole[name] = value.clone();
        }
        whole
    }

    /// A code for somebody who was sent.
    pub fn code(&self, app: &TestApp, sent: &Sent, claims: &Value) -> String {
        let claims = self.claims(app, sent, claims);
        self.give(app, sent, claims, None)
    }

    /// A code that is redeemed for this ID token, whoever made it.
    pub fn code_for(&self, app: &TestApp, sent: &Sent, token: &str) -> String {
        self.give(app, sent, app.claims(token), Some(token.to_owned()))
    }

    fn give(&self, app: &TestApp, sent: &Sent, claims: Value, token: Option<String>) -> String {
        let code = app.services().entropy.token();
        let challenge = sent.parameters.get("code_challenge").cloned();
        self.change(|said| said.codes.insert(code.clone(), Given { challenge, claims, token }));
        code
    }

    /// The address that leads back with an answer.
    pub fn back(&self, sent: &Sent, answer: &[(&str, &str)]) -> String {
        let redirect = sent.get("redirect_uri");
        let path = &redirect[redirect.find("/signin").expect("our own page")..];
        let mut fields = vec![("state", sent.get("state")), ("iss", self.issuer.as_str())];
        for (name, value) in answer {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        format!("{path}?{}", super::encode(&fields))
    }

    /// Signs somebody in there and comes back; follows what comes after.
    pub async fn sign_in(&self, app: &TestApp, browser: &mut Browser, path: &str, claims: &Value) -> Answer {
        let sent = self.sent(browser, path).await;
        let code = self.code(app, &sent, claims);
        let answer = browser.get(&self.back(&sent, &[("code", &code)])).await;
        browser.follow(answer).await
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(said: Arc<Mutex<Said>>, uri: Uri, headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let door = said.lock().expect("what it says").token_endpoint.clone();
    let is_token = uri.path() == "/token";
    if is_token && matches!(door, Door::Silent) {
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
    let mut said = said.lock().expect("what it says");
    let mut kind = JSON;
    let (status, told) = match (uri.path(), door) {
        ("/.well-known/openid-configuration", _) => (200, said.metadata.to_string()),
        ("/keys", _) => {
            said.keys_asked += 1;
            let keys: Vec<Value> = said.shown.iter().map(ProofKey::registered_jwk).collect();
            (200, json!({ "keys": keys }).to_string())
        }
        ("/token", Door::Says(status, told)) => (status, told),
        ("/token", Door::Right | Door::Silent) => redeem(&mut said, &headers, &body),
        ("/userinfo", _) => (200, userinfo(&said, &mut kind)),
        _ => (404, "{}".to_owned()),
    };
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(CONTENT_TYPE, kind)], told).into_response()
}

fn userinfo(said: &Said, kind: &mut &'static str) -> String {
    if let Some((told_in, told)) = &said.told {
        *kind = *told_in;
        return told.clone();
    }
    let mut told = said.userinfo.clone();
    if told.get("sub").is_none() {
        told["sub"] = said.redeemed.clone();
    }
    told.to_string()
}

fn redeem(said: &mut Said, headers: &HeaderMap, body: &Bytes) -> (u16, String) {
    let text = String::from_utf8_lossy(body).into_owned();
    let proof = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.asked.push((text.clone(), proof.to_owned()));
    let fields: BTreeMap<String, String> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let refused = || (400, json!({ "error": "invalid_grant" }).to_string());
    let Some(given) = fields.get("code").and_then(|code| said.codes.remove(code)) else { return refused() };
    let shown = fields.get("code_verifier").map(|verifier| base64url(&sha256(verifier.as_bytes())));
    if given.challenge != shown {
        return refused();
    }
    said.redeemed = given.claims["sub"].clone();
    let header = json!({ "alg": "ES256", "kid": said.key.jkt(), "typ": "JWT" });
    let token = given.token.unwrap_or_else(|| said.key.sign(&header, &given.claims));
    (200, json!({ "access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": token }).to_string())
}
