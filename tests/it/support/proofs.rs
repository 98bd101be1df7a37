//! Proofs of possession, and the stages that they need: keys, certificates by
//! way of a proxy, protected resources, settings, races.

use super::engine::Engine;
use super::{Answer, Browser, CHALLENGE, ISSUER, START, TestApp, TestClient, VERIFIER, form_request};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Request};
use motlan::app::build::{self, Sources};
use motlan::app::config::Config;
use motlan::base::clock::FixedClock;
use motlan::base::digest::{base64url, sha256};
use motlan::base::entropy::SystemEntropy;
use motlan::crypto::keyring::{NewKey, generate};
use motlan::http::server::{self, Limits};
use motlan::http::{App, routes};
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::model::resource::Resource;
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use motlan::service::forget;
use motlan::store::changes::Kind;
use motlan::store::{grants, resources};
use motlan::transient::authorization_codes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, watch};
use tokio::task::JoinHandle;

/// The token endpoint.
pub const TOKEN: &str = "/oauth2/token";
/// The endpoint of pushed requests.
pub const PAR: &str = "/oauth2/par";
/// Userinfo.
pub const USERINFO: &str = "/oauth2/userinfo";
/// How many take part in a race.
pub const RUNNERS: usize = 64;

/// A key that proofs are made with.
#[derive(Clone)]
pub struct ProofKey {
    algorithm: Algorithm,
    key: Arc<NewKey>,
}

impl ProofKey {
    /// A new key on P-256.
    pub fn es256() -> Self {
        Self::of(Algorithm::Es256)
    }

    /// A new key of a kind.
    pub fn of(algorithm: Algorithm) -> Self {
        Self { algorithm, key: Arc::new(generate(algorithm).expect("a key")) }
    }

    /// The same key under another algorithm of its kind.
    pub fn under(&self, algorithm: Algorithm) -> Self {
        Self { algorithm, key: self.key.clone() }
    }

    /// Its RFC 7638 thumbprint.
    pub fn jkt(&self) -> &str {
        &self.key.kid
    }

    /// The public key: the members that make it up, and no others.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.key.public_jwk.clone();
        jwk.as_object_mut().expect("members").retain(|name, _| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
        jwk
    }

    /// The public key as clients register it.
    pub fn registered_jwk(&self) -> Value {
        self.key.public_jwk.clone()
    }

    /// A compact JWS under exactly this header.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = base64url(&self.signature(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        let (random, private) = (SystemRandom::new(), &self.key.private);
        match self.algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let padding: &'static dyn RsaEncoding =
                    if self.algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let pair = RsaKeyPair::from_pkcs8(private).expect("a pair");
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, signed, &mut out).expect("a signature");
                out
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).expect("a pair");
                pair.sign(&random, signed).expect("a signature").as_ref().to_vec()
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(private).expect("a pair").sign(signed).as_ref().to_vec(),
        }
    }

    /// A proof for a request (RFC 9449 §4.2); header and claims may be changed before they are signed.
    pub fn proof(&self, app: &TestApp, method: &str, path: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut header = json!({ "typ": "dpop+jwt", "alg": self.algorithm.as_str(), "jwk": self.jwk() });
        let mut claims = json!({
            "jti": app.services().entropy.token(),
            "htm": method,
            "htu": format!("{ISSUER}{path}"),
            "iat": app.now_seconds(),
        });
        change(&mut header, &mut claims);
        self.sign(&header, &claims)
    }

    /// A proof for the token endpoint.
    pub fn for_token(&self, app: &TestApp) -> String {
        self.proof(app, "POST", TOKEN, |_, _| {})
    }

    /// A proof for reading userinfo with this access token.
    pub fn for_userinfo(&self, app: &TestApp, access_token: &str) -> String {
        self.proof(app, "GET", USERINFO, |_, claims| claims["ath"] = json!(ath(access_token)))
    }

    /// A client assertion (RFC 7523 §3); header and claims may be changed before they are signed.
    pub fn assertion(&self, app: &TestApp, client_id: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let now = app.now_seconds();
        let mut header = json!({ "alg": self.algorithm.as_str(), "kid": self.jkt() });
        let mut claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "jti": app.services().entropy.token(),
            "iat": now,
            "exp": now + 60,
        });
        change(&mut header, &mut claims);
        self.sign(&header, &claims)
    }
}

/// The digest of an access token, as proofs name it.
pub fn ath(access_token: &str) -> String {
    base64url(&sha256(access_token.as_bytes()))
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
    let mut basic = None;
    match client.auth {
        // Generated secrets have letters that need no encoding.
        AuthMethod::ClientSecretBasic => basic = Some(format!("Basic {}", STANDARD.encode(format!("{}:{secret}", client.id)))),
        AuthMethod::ClientSecretPost => all.push(("client_secret", secret.as_str())),
        AuthMethod::PrivateKeyJwt => all.extend([("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())]),
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth | AuthMethod::None => {}
    }
    if basic.is_none() && fields.iter().all(|(name, _)| *name != "client_id") {
        all.push(("client_id", client.id.as_str()));
    }
    let mut request = form_request(path, &all);
    if let Some(basic) = &basic {
        append(&mut request, "authorization", basic);
    }
    for (name, value) in headers {
        append(&mut request, name, value);
    }
    request
}

fn append(request: &mut Request<String>, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
    request.headers_mut().append(name, HeaderValue::from_str(value).expect("a value"));
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

/// Userinfo with a token that is bound to a key, as it should be asked for.
pub async fn userinfo_with(app: &TestApp, key: &ProofKey, token: &str) -> Answer {
    let proof = key.for_userinfo(app, token);
    app.request(userinfo_request("DPoP", token, &[("dpop", &proof)])).await
}

/// A provider with other settings.
pub async fn stage(change: impl FnOnce(&mut Config)) -> TestApp {
    let engine = Arc::new(Engine::fresh().await);
    let clock = Arc::new(FixedClock::at(START));
    let mut config = Config::default();
    engine.write_to(&mut config);
    config.server.issuer = ISSUER.to_owned();
    config.outbound.allow_networks = "127.0.0.0/8".to_owned();
    config.password.memory_kib = 8_192;
    config.password.passes = 1;
    change(&mut config);
    let store = build::open_store(&config, true).await.expect("a database");
    let sources = Sources { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
    let services = build::services(&config, store, sources).await.expect("services");
    let site = Arc::new(build::site(&config).expect("a site"));
    let router = routes::public(App { services: services.clone(), site });
    TestApp { services, router, clock, engine }
}

/// Registers a protected resource, as its JSON document says.
pub async fn add_resource(app: &TestApp, document: Value) {
    let resource: Resource = serde_json::from_value(document).expect("a resource");
    assert_eq!(resource.refuse(), None);
    let services = app.services();
    let now = services.clock.now();
    let mut tx = services.store.write().await.expect("a unit of work");
    resources::add(&mut tx, &resource, now).await.expect("added");
    forget(&mut tx, services, Kind::Resources, &resource.identifier).await.expect("told");
    tx.commit().await.expect("committed");
    services.known.forget(Kind::Resources, &resource.identifier, now);
}

/// A real listener on loopback, so that requests come from an address: 127.0.0.1.
pub struct Door {
    address: SocketAddr,
    caller: reqwest::Client,
    serving: JoinHandle<()>,
    _stop: watch::Sender<bool>,
}

impl Door {
    /// Opens one.
    pub async fn of(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(server::serve(listener, app.router.clone(), Limits::default(), stopped));
        let caller = reqwest::Client::builder().no_proxy().build().expect("a caller");
        Self { address, caller, serving, _stop: stop }
    }

    /// Sends a request through it.
    pub async fn send(&self, request: Request<String>) -> Answer {
        let (parts, body) = request.into_parts();
        let url = format!("http://{}{}", self.address, parts.uri);
        let sent = self.caller.request(parts.method, url).headers(parts.headers).body(body).send().await;
        let answer = sent.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.expect("a body") }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Rounds of a race: many when the test command asks for the long proof.
pub fn rounds() -> usize {
    if std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1") { 100 } else { 3 }
}

/// What everybody gets who does the same at the same moment.
pub async fn at_once<F>(act: impl Fn() -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RUNNERS));
    let mut runners = Vec::with_capacity(RUNNERS);
    for _ in 0..RUNNERS {
        let (start, act) = (start.clone(), act());
        runners.push(tokio::spawn(async move {
            start.wait().await;
            act.await
        }));
    }
    let mut answers = Vec::with_capacity(RUNNERS);
    for runner in runners {
        answers.push(runner.await.expect("an answer"));
    }
    answers
}

/// A text among the members of a document.
#[track_caller]
pub fn text<'v>(document: &'v Value, name: &str) -> &'v str {
    document[name].as_str().unwrap_or_else(|| panic!("no {name}: {document}"))
}

/// A refusal of an endpoint that clients call, without anything that was asked for.
#[track_caller]
pub fn refused_with(answer: &Answer, error: &str, case: &str) {
    assert_eq!(answer.status, if error == "invalid_client" { 401 } else { 400 }, "{case}: {}", answer.body);
    assert_eq!(answer.json()["error"], error, "{case}: {}", answer.body);
    for member in ["access_token", "refresh_token", "id_token", "request_uri", "active"] {
        assert!(!answer.body.contains(&format!("\"{member}\":")), "{case}: {}", answer.body);
    }
}

/// A client without a secret.
pub fn public(settings: &mut ClientSettings) {
    settings.application_type = ClientType::Native;
    settings.auth_method = AuthMethod::None;
}

/// What redeems a code, beside the client's authentication.
pub fn code_form<'a>(client: &'a TestClient, code: &'a str) -> Vec<(&'a str, &'a str)> {
    let redirect_uri = client.redirect_uri.as_str();
    vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", VERIFIER)]
}

/// Redeems a code, with a proof when there is one.
pub async fn redeem(app: &TestApp, client: &TestClient, code: &str, proof: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", *proof)).collect();
    post(app, client, TOKEN, &code_form(client, code), &headers).await
}

/// Refreshes, with a proof when there is one.
pub async fn refresh(app: &TestApp, client: &TestClient, token: &str, proof: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", *proof)).collect();
    post(app, client, TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)], &headers).await
}

/// A browser that is signed on, for codes without a page.
pub async fn signed_on(app: &TestApp, client: &TestClient) -> Browser {
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    let entered = browser.sign_in(&kim, &app.authorize_path(client, &[])).await;
    assert!(entered.param("code").is_some(), "{}", entered.body);
    browser
}

/// A code without a page, in a browser that is signed on.
pub async fn code_of(app: &TestApp, browser: &mut Browser, client: &TestClient, changes: &[(&str, &str)]) -> String {
    browser.get(&app.authorize_path(client, changes)).await.param("code").expect("a code")
}

/// True when a grant was recorded for a code.
pub async fn was_redeemed(app: &TestApp, client: &TestClient, code: &str) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    grants::was_redeemed(&mut conn, &authorization_codes::digest(code), &client.id).await.expect("an answer")
}

/// How often an event was recorded.
pub async fn count_of(app: &TestApp, event: &str) -> usize {
    app.audit_events().await.iter().filter(|found| *found == event).count()
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

/// Tokens that are bound to a key.
pub async fn bound(app: &TestApp, browser: &mut Browser, client: &TestClient, key: &ProofKey) -> Value {
    let code = code_of(app, browser, client, &[("scope", "openid offline_access")]).await;
    let answer = redeem(app, client, &code, Some(&key.for_token(app))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// What a client pushes.
pub fn pushed_fields(client: &TestClient) -> Vec<(&str, &str)> {
    vec![
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", &client.redirect_uri),
        ("scope", "openid"),
        ("state", "st"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The resource that most tests ask for.
pub const API: &str = "https://api.example/ho-so";

/// Registers it: two scopes, and a client `kho` that speaks for it.
pub async fn add_api(app: &TestApp) {
    let scopes = ["ho_so.doc", "ho_so.ghi"];
    add_resource(app, json!({"identifier": API, "name": "Hồ sơ", "scopes": scopes, "servers": ["kho"]})).await;
}

/// A client that may ask for it.
pub fn reaching(settings: &mut ClientSettings) {
    settings.resources.push(API.to_owned());
    settings.scopes.extend(["ho_so.doc", "ho_so.ghi"].map(str::to_owned));
}

/// A client without a person, that may ask for it.
pub fn machine(settings: &mut ClientSettings) {
    settings.application_type = ClientType::Service;
    settings.grant_types = vec!["client_credentials".to_owned()];
    settings.scopes.clear();
    reaching(settings);
}
