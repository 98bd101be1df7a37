//! Builders that set the scene: officials, clients, sign-ins.

use super::flows::code_form;
use super::proofs::ProofKey;
use super::registry::{all_files, bring};
use super::requests::{TOKEN, post, userinfo_request};
use super::{Answer, CHALLENGE, TestApp, encode};
use motlan::base::date::vietnam_date;
use motlan::base::id::{PersonId, PositionId};
use motlan::model::client::{AuthMethod, Client, ClientSettings};
use motlan::protocol::scope;
use motlan::service::clients::register;
use motlan::service::provisioning::{password, person_import};
use motlan::service::{Origin, known};
use motlan::store::persons;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::fmt::Write as _;

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
    key: Option<ProofKey>,
}

impl TestClient {
    /// A client that is registered already, and authenticates with a secret.
    pub fn known(id: &str, secret: &str, redirect_uri: &str, auth: AuthMethod) -> Self {
        Self { id: id.to_owned(), secret: Some(secret.to_owned()), redirect_uri: redirect_uri.to_owned(), auth, key: None }
    }
}

pub(super) async fn bring_registry(app: &TestApp) {
    bring(app.services(), &all_files(), false).await.expect("the registry is brought in");
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
        self.register(id, Some(ProofKey::es256()), change).await
    }

    async fn register(&self, id: &str, key: Option<ProofKey>, change: impl FnOnce(&mut ClientSettings)) -> TestClient {
        let mut settings = ClientSettings {
            redirect_uris: vec![format!("https://{id}.example/callback")],
            post_logout_redirect_uris: vec![format!("https://{id}.example/")],
            scopes: scope::ALL.iter().map(|scope| (*scope).to_owned()).collect(),
            ..ClientSettings::default()
        };
        if let Some(key) = &key {
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": [key.registered_jwk()] }));
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
        self.token(client, &code_form(client, code)).await
    }

    /// Refreshes as the client does.
    pub async fn refresh(&self, client: &TestClient, token: &str) -> Answer {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Asks the token endpoint with the client's own authentication.
    pub async fn token(&self, client: &TestClient, fields: &[(&str, &str)]) -> Answer {
        post(self, client, TOKEN, fields, &[]).await
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
        self.request(userinfo_request("Bearer", access_token, &[])).await
    }

    /// A client assertion; the claims may be changed before they are signed.
    pub fn assertion(&self, client: &TestClient, change: impl FnOnce(&mut Value)) -> String {
        let key = client.key.as_ref().expect("a client with a key");
        key.assertion(self, &client.id, |header, claims| {
            header["typ"] = json!("JWT");
            change(claims);
        })
    }
}
