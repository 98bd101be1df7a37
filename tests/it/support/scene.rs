//! Builders that set the scene: officials, clients, sign-ins.

use super::{Answer, CHALLENGE, TestApp, VERIFIER, data_dir, encode, form_request};
use base64::Engine as _;
use http::Request;
use jsonwebtoken::{EncodingKey, Header};
use motlan::base::date::vietnam_date;
use motlan::base::id::{PersonId, PositionId};
use motlan::crypto::keyring::{NewKey, generate};
use motlan::model::client::{AuthMethod, Client, ClientSettings};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use motlan::protocol::scope;
use motlan::service::clients::register;
use motlan::service::provisioning::{password, person_import};
use motlan::service::registry::files::Source;
use motlan::service::registry::import;
use motlan::service::{Origin, known};
use motlan::store::persons;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::sync::Arc;

const PASSWORD: &str = "mật khẩu rất dài 1";

/// Someone who can sign in.
#[derive(Debug, Clone)]
pub struct Official {
    pub id: PersonId,
    pub username: String,
    pub password: String,
    pub positions: Vec<PositionId>,
}

/// A registered client and what it keeps.
#[derive(Clone)]
pub struct TestClient {
    pub id: String,
    pub secret: Option<String>,
    pub redirect_uri: String,
    pub auth: AuthMethod,
    key: Option<Arc<NewKey>>,
}

impl TestClient {
    /// A client that is registered already, and authenticates with a secret.
    pub fn known(id: &str, secret: &str, redirect_uri: &str, auth: AuthMethod) -> Self {
        Self { id: id.to_owned(), secret: Some(secret.to_owned()), redirect_uri: redirect_uri.to_owned(), auth, key: None }
    }
}

pub(super) async fn bring_registry(app: &TestApp) {
    let read =
        |name: &str| Source { name: name.to_owned(), bytes: std::fs::read(data_dir().join("units").join(name)).expect("a file") };
    let names = [
        "units_legacy.csv",
        "units_2025.csv",
        "mapping_2025.csv",
        "district_dissolution.csv",
        "units_pre2025.csv",
        "name_variants.csv",
    ];
    let sources: Vec<Source> = names.into_iter().map(read).collect();
    let origin = Origin::command_line();
    let request = import::Request { sources: &sources, only_legacy: false, actor: "os:test", origin: &origin };
    import::import(app.services(), &request).await.expect("the registry is brought in");
    known::reload_registry(app.services()).await.expect("the registry is read");
}

impl TestApp {
    /// An official without a position.
    pub async fn official(&self, username: &str) -> Official {
        self.official_in(username, &[]).await
    }

    /// An official with one position for each unit code, the first of them primary.
    pub async fn official_in(&self, username: &str, units: &[&str]) -> Official {
        let header = "username,full_name,date_of_birth,email,phone,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
        let mut text = header.to_owned();
        let person = format!("{username},Nguyễn Văn {username},1980-02-03,{username}@vi-du.vn,0900000000");
        for (place, unit) in units.iter().enumerate() {
            writeln!(text, "{person},{unit},Văn phòng,Chuyên viên,cong_chuc,{},1/QĐ,2025-07-01,", place == 0).expect("text");
        }
        if units.is_empty() {
            writeln!(text, "{person},,,,,,,,").expect("text");
        }
        self.official_of(&text, username).await
    }

    /// One of the people of a file.
    pub async fn official_of(&self, people: &str, username: &str) -> Official {
        let origin = Origin::command_line();
        let request = person_import::Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
        let report = person_import::import(self.services(), people.as_bytes(), &request, |_| {}).await.expect("an import");
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        let request =
            password::Request { username, password: PASSWORD.into(), temporary: false, actor: "os:test", origin: &origin };
        let id = password::set(self.services(), request).await.expect("a password");
        let found = persons::find(&mut self.services().store.read().await.expect("a connection"), &id).await.expect("a person");
        let today = vietnam_date(self.services().clock.now());
        let positions = found.expect("a person").positions_on(today).into_iter().map(|position| position.id.clone()).collect();
        Official { id, username: username.to_owned(), password: PASSWORD.to_owned(), positions }
    }

    /// A client; by default a web application with a secret in the header.
    pub async fn client(&self, id: &str, change: impl FnOnce(&mut ClientSettings)) -> TestClient {
        self.register(id, None, change).await
    }

    /// A client that signs assertions with a key of its own.
    pub async fn client_with_key(&self, id: &str, change: impl FnOnce(&mut ClientSettings)) -> TestClient {
        let key = generate(Algorithm::Es256).expect("a key");
        self.register(id, Some(Arc::new(key)), change).await
    }

    async fn register(&self, id: &str, key: Option<Arc<NewKey>>, change: impl FnOnce(&mut ClientSettings)) -> TestClient {
        let mut settings = ClientSettings {
            redirect_uris: vec![format!("https://{id}.example/callback")],
            post_logout_redirect_uris: vec![format!("https://{id}.example/")],
            scopes: scope::ALL.iter().map(|scope| (*scope).to_owned()).collect(),
            ..ClientSettings::default()
        };
        if let Some(key) = &key {
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": [key.public_jwk] }));
        }
        change(&mut settings);
        let (auth, redirect_uri) = (settings.auth_method, settings.redirect_uris.first().cloned().unwrap_or_default());
        let client =
            Client { id: id.to_owned(), name: format!("Hệ thống {id}"), settings, secrets: Vec::new(), disabled_at: None };
        let secret = register::add(self.services(), &client, "os:test").await.expect("a client");
        TestClient { id: id.to_owned(), secret: secret.map(|secret| secret.expose_secret().to_owned()), redirect_uri, auth, key }
    }

    /// An authorization request; an entry overrides, an empty value removes, others are added.
    pub fn authorize_path(&self, client: &TestClient, changes: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &client.redirect_uri),
            ("scope", "openid profile"),
            ("state", "st"),
            ("nonce", "nn"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        format!("/oauth2/authorize?{}", encode(&fields))
    }

    /// A code that a new browser gets by signing in.
    pub async fn code(&self, client: &TestClient, official: &Official, changes: &[(&str, &str)]) -> String {
        let answer = self.browser().sign_in(official, &self.authorize_path(client, changes)).await;
        let shown = format!("{} {:?} {}", answer.status, answer.header("location"), answer.body);
        answer.param("code").unwrap_or_else(|| panic!("no code came: {shown}"))
    }

    /// Redeems a code as its client does.
    pub async fn redeem(&self, client: &TestClient, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &client.redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.token(client, &fields).await
    }

    /// Asks the token endpoint with the client's own authentication.
    pub async fn token(&self, client: &TestClient, fields: &[(&str, &str)]) -> Answer {
        let secret = client.secret.clone().unwrap_or_default();
        let assertion = if client.auth == AuthMethod::PrivateKeyJwt { self.assertion(client, |_| {}) } else { String::new() };
        let mut all = fields.to_vec();
        let mut header = None;
        match client.auth {
            AuthMethod::ClientSecretBasic => {
                let encoded: String = url::form_urlencoded::byte_serialize(client.id.as_bytes()).collect();
                header = Some(base64::engine::general_purpose::STANDARD.encode(format!("{encoded}:{secret}")));
            }
            AuthMethod::ClientSecretPost => all.extend([("client_id", client.id.as_str()), ("client_secret", secret.as_str())]),
            AuthMethod::PrivateKeyJwt => all.extend([("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())]),
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth | AuthMethod::None => {
                all.push(("client_id", client.id.as_str()));
            }
        }
        let mut request = form_request("/oauth2/token", &all);
        if let Some(basic) = header {
            request.headers_mut().insert("authorization", format!("Basic {basic}").parse().expect("a header"));
        }
        self.request(request).await
    }

    /// A token response for a new sign-in.
    pub async fn tokens(&self, client: &TestClient, official: &Official, changes: &[(&str, &str)]) -> Value {
        let code = self.code(client, official, changes).await;
        let answer = self.redeem(client, &code).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Userinfo with the token in the header.
    pub async fn userinfo(&self, access_token: &str) -> Answer {
        let request = Request::get("/oauth2/userinfo").header("authorization", format!("Bearer {access_token}"));
        self.request(request.body(String::new()).expect("a request")).await
    }

    /// A client assertion; the claims may be changed before they are signed.
    pub fn assertion(&self, client: &TestClient, change: impl FnOnce(&mut Value)) -> String {
        let now = self.now_seconds();
        let jti = self.services().entropy.token();
        let mut claims =
            json!({ "iss": client.id, "sub": client.id, "aud": self.issuer(), "jti": jti, "iat": now, "exp": now + 60 });
        change(&mut claims);
        let key = client.key.as_ref().expect("a client with a key");
        let mut header = Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_der(&key.private)).expect("an assertion")
    }
}
