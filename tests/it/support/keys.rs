//! Clients with keys of any kind: what they sign and what they push. The keys themselves are in [`super::proofs`].

use super::flows::code_form;
use super::proofs::ProofKey;
use super::requests::{PAR, TOKEN, post};
use super::{Answer, Browser, CHALLENGE, TestApp, TestClient, encode, form_request};
use motlan::base::digest::base64url;
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::client::{AuthMethod, ClientSettings};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A client with a key of its own.
#[derive(Clone)]
pub struct Party {
    pub client: TestClient,
    pub key: ProofKey,
    algorithm: Algorithm,
}

impl Party {
    /// A registered client with a key that it has registered.
    pub fn new(client: &TestClient, algorithm: Algorithm, key: &ProofKey) -> Self {
        Self { client: client.clone(), key: key.clone(), algorithm }
    }

    /// A client assertion (RFC 7523 §3); the claims may be changed before they are signed.
    pub fn assertion(&self, app: &TestApp, change: impl FnOnce(&mut Value)) -> String {
        self.key.assertion(app, &self.client.id, |_, claims| change(claims))
    }

    /// A request object (RFC 9101 §4); header and claims may be changed before they are signed.
    pub fn request_object(&self, app: &TestApp, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut header = json!({ "alg": self.algorithm.as_str(), "kid": self.key.jkt(), "typ": "oauth-authz-req+jwt" });
        let mut claims = request_claims(app, &self.client);
        change(&mut header, &mut claims);
        self.key.sign(&header, &claims)
    }

    /// A form from this client, which proves itself by a new assertion.
    pub async fn post(&self, app: &TestApp, path: &str, fields: &[(&str, &str)], proof: Option<&str>) -> Answer {
        let assertion = self.assertion(app, |_| {});
        self.post_with(app, path, fields, &assertion, proof).await
    }

    /// The same with an assertion that was made before.
    pub async fn post_with(
        &self,
        app: &TestApp,
        path: &str,
        fields: &[(&str, &str)],
        assertion: &str,
        proof: Option<&str>,
    ) -> Answer {
        let mut all = fields.to_vec();
        all.extend([("client_assertion_type", TYPE), ("client_assertion", assertion)]);
        let mut request = form_request(path, &all);
        if let Some(proof) = proof {
            request.headers_mut().insert("dpop", proof.parse().expect("a header"));
        }
        app.request(request).await
    }

    /// Pushes a request; see [`TestApp::authorize_path`] for the changes.
    pub async fn push(&self, app: &TestApp, changes: &[(&str, &str)]) -> Answer {
        self.post(app, PAR, &borrowed(&app.asked(&self.client, changes)), None).await
    }

    /// Redeems a code, with a proof of a key when there is one.
    pub async fn redeem(&self, app: &TestApp, code: &str, key: Option<&ProofKey>) -> Answer {
        let proof = key.map(|key| key.for_token(app));
        self.post(app, TOKEN, &code_form(&self.client, code), proof.as_deref()).await
    }
}

impl TestApp {
    /// A client that proves itself with a key of this kind.
    pub async fn party(&self, id: &str, algorithm: Algorithm, change: impl FnOnce(&mut ClientSettings)) -> Party {
        let key = ProofKey::of(algorithm);
        let jwks = json!({ "keys": [key.registered_jwk()] });
        let client = self
            .client(id, |settings| {
                settings.auth_method = AuthMethod::PrivateKeyJwt;
                settings.jwks = Some(jwks);
                change(settings);
            })
            .await;
        Party::new(&client, algorithm, &key)
    }

    /// A form from a client that proves itself otherwise, with a DPoP proof when there is one.
    pub async fn post_as(&self, client: &TestClient, path: &str, fields: &[(&str, &str)], proof: Option<&str>) -> Answer {
        let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", *proof)).collect();
        post(self, client, path, fields, &headers).await
    }

    /// What an authorization request asks, as fields; see [`TestApp::authorize_path`] for the changes.
    pub fn asked(&self, client: &TestClient, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let path = self.authorize_path(client, changes);
        let (_, query) = path.split_once('?').expect("a query");
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Pushes a request of a client with a secret, or of a public one.
    pub async fn push(&self, client: &TestClient, changes: &[(&str, &str)]) -> Answer {
        self.post_as(client, PAR, &borrowed(&self.asked(client, changes)), None).await
    }

    /// The claims of a token of the provider's, verified with the keys that it shows.
    pub async fn verified(&self, token: &str) -> Value {
        let set = self.get("/oauth2/jwks").await.json();
        Value::Object(verify_with_jwks(&set, token, &Algorithm::ALL).expect("a good signature").claims)
    }
}

/// The claims of a request object that nothing stands against.
pub fn request_claims(app: &TestApp, client: &TestClient) -> Value {
    let now = app.now_seconds();
    json!({
        "iss": client.id,
        "aud": app.issuer(),
        "client_id": client.id,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "response_type": "code",
        "redirect_uri": client.redirect_uri,
        "scope": "openid profile",
        "state": "inside",
        "nonce": "nonce inside",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    })
}

/// Gives one of its claims a value.
pub fn with(name: &'static str, value: Value) -> impl Fn(&mut Value, &mut Value) {
    move |_, claims| claims[name] = value.clone()
}

/// The shortest address that carries a request object, and what else stands beside it.
pub fn by_value(client: &TestClient, object: &str, beside: &[(&str, &str)]) -> String {
    let fields = [beside, &[("client_id", client.id.as_str()), ("request", object)]].concat();
    format!("/oauth2/authorize?{}", encode(&fields))
}

/// A JWT that says it is not signed, and is not (RFC 7519 §6).
pub fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

/// Where the browser goes with a request that was pushed.
#[track_caller]
pub fn path_of(client: &TestClient, pushed: &Answer) -> String {
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let answer = pushed.json();
    let reference = answer["request_uri"].as_str().expect("a reference");
    format!("/oauth2/authorize?{}", encode(&[("client_id", &client.id), ("request_uri", reference)]))
}

/// The code that a pushed request leads to, in a browser that is signed on.
pub async fn code_of_pushed(browser: &mut Browser, client: &TestClient, pushed: &Answer) -> String {
    let answer = browser.get(&path_of(client, pushed)).await;
    answer.param("code").unwrap_or_else(|| panic!("{} {:?} {}", answer.status, answer.header("location"), answer.body))
}

/// The parameters in the fragment of where an answer leads.
pub fn fragment(answer: &Answer) -> BTreeMap<String, String> {
    let Some((_, fragment)) = answer.location().split_once('#') else { return BTreeMap::new() };
    url::form_urlencoded::parse(fragment.as_bytes()).into_owned().collect()
}

/// Fields, as functions take them.
pub fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
