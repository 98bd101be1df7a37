//! A relying party: what it is, where it is answered, what it may ask.

use crate::base::clock::Millis;
use crate::base::digest::{same, sha256};
use crate::model::signing_key::Algorithm;
use crate::protocol::redirect_uri::{self, For};
use crate::protocol::response_mode::{ResponseMode, with_query};
use crate::protocol::scope::Scopes;
use serde_json::Value;

/// What kind of application it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientType {
    /// Runs on a server.
    #[default]
    Web,
    /// Installed on a device (RFC 8252).
    Native,
    /// Runs in a browser.
    Spa,
    /// No person behind it.
    Service,
}

/// How it proves itself at the token endpoint (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A secret in the Authorization header.
    #[default]
    ClientSecretBasic,
    /// A secret in the body.
    ClientSecretPost,
    /// A JWT signed with its own key.
    PrivateKeyJwt,
    /// Nothing: a public client.
    None,
}

impl AuthMethod {
    /// The name in client metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    /// True when it proves itself by a secret.
    pub fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// Which units a client is told about beside the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitIdentifier {
    /// The present unit.
    #[default]
    New,
    /// The unit that the person came from.
    Legacy,
    /// The present one and those it succeeds.
    Both,
}

/// A registration's settings.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSettings {
    /// Kind of application.
    pub application_type: ClientType,
    /// Proof at the token endpoint.
    pub auth_method: AuthMethod,
    /// Where answers may go, compared exactly.
    pub redirect_uris: Vec<String>,
    /// Where a signed-out browser may go, compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are delivered.
    pub backchannel_logout_uri: Option<String>,
    /// Origins that may call from a browser.
    pub allowed_origins: Vec<String>,
    /// Grants that it may use.
    pub grant_types: Vec<String>,
    /// Scopes that it may be granted.
    pub scopes: Vec<String>,
    /// Roles that it declares.
    pub roles: Vec<String>,
    /// Its public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// What its ID tokens are signed with.
    pub id_token_alg: Algorithm,
    /// Not the city's own: people are asked for consent.
    pub third_party: bool,
    /// PKCE is demanded (public clients: always).
    pub require_pkce: bool,
    /// Refresh tokens without `offline_access`; they die with the sign-on.
    pub refresh_with_sign_on: bool,
    /// Claims of granted scopes that also go into the ID token.
    pub id_token_claims: Vec<String>,
    /// The scheme of the flat `unit_code`.
    pub unit_code_scheme: String,
    /// Which units it is told about.
    pub unit_identifier: UnitIdentifier,
    /// Its start page, for the portal.
    pub home_uri: Option<String>,
    /// One line for the portal.
    pub description: String,
}

impl Default for ClientSettings {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        Self {
            application_type: ClientType::default(),
            auth_method: AuthMethod::default(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            allowed_origins: Vec::new(),
            grant_types: words(&["authorization_code"]),
            scopes: words(&["openid", "profile", "unit", "position", "positions", "roles"]),
            roles: Vec::new(),
            jwks: None,
            id_token_alg: Algorithm::default(),
            third_party: false,
            require_pkce: true,
            refresh_with_sign_on: false,
            id_token_claims: Vec::new(),
            unit_code_scheme: "gso".to_owned(),
            unit_identifier: UnitIdentifier::default(),
            home_uri: None,
            description: String::new(),
        }
    }
}

/// A secret's digest and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretDigest {
    /// SHA-256 of a high-entropy secret.
    pub digest: Vec<u8>,
    /// Not usable from here on.
    pub expires_at: Option<Millis>,
}

/// A registered client.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// Settings.
    pub settings: ClientSettings,
    /// Secrets that may be valid.
    pub secrets: Vec<SecretDigest>,
    /// Refused from here on.
    pub disabled_at: Option<Millis>,
}

/// A proven address, and how the answer travels there.
///
/// Its fields are private and [`Client::destination`] is the one way to get
/// one, so an answer or an error cannot be sent to an unproven address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Destination {
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
    issuer: String,
}

/// An authorization response on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// 303 to this address.
    Redirect(String),
    /// A page whose form posts these fields.
    FormPost {
        /// Where to.
        action: String,
        /// What.
        fields: Vec<(String, String)>,
    },
}

impl Destination {
    /// The address, as the client must repeat it at the token endpoint.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// For `form-action`.
    pub fn origin_or_scheme(&self) -> String {
        redirect_uri::origin_or_scheme(&self.redirect_uri)
    }

    /// Sends a response: its parameters, `state`, and `iss` (RFC 9207 §2).
    pub fn depart(&self, fields: &[(&str, &str)]) -> Departure {
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        if let Some(state) = &self.state {
            all.push(("state", state));
        }
        all.push(("iss", &self.issuer));
        match self.mode {
            ResponseMode::Query => Departure::Redirect(with_query(&self.redirect_uri, &all)),
            ResponseMode::FormPost => Departure::FormPost {
                action: self.redirect_uri.clone(),
                fields: all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            },
        }
    }
}

/// True for what a client id may be; nothing else is ever looked up.
pub fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

impl Client {
    /// True for a client that cannot keep a secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.settings.auth_method == AuthMethod::None
    }

    /// Public clients always, others unless it was switched off.
    pub fn demands_pkce(&self) -> bool {
        self.is_public() || self.settings.require_pkce
    }

    /// True when a scope may be granted.
    pub fn may_have(&self, scope: &str) -> bool {
        scope == "openid" || self.settings.scopes.iter().any(|allowed| allowed == scope)
    }

    /// True when a grant type may be used.
    pub fn may_use(&self, grant_type: &str) -> bool {
        self.settings.grant_types.iter().any(|allowed| allowed == grant_type)
            || (grant_type == "refresh_token" && (self.settings.refresh_with_sign_on || self.may_have("offline_access")))
    }

    /// Those of the asked scopes that may be granted.
    pub fn grantable(&self, asked: &Scopes) -> Scopes {
        asked.within(|scope| self.may_have(scope))
    }

    /// Proves an asked address: the whole string must be a registered one.
    pub fn destination(&self, asked: &str, mode: ResponseMode, state: Option<String>, issuer: &str) -> Option<Destination> {
        let native = self.settings.application_type == ClientType::Native;
        self.settings
            .redirect_uris
            .iter()
            .any(|registered| redirect_uri::matches(registered, asked, native))
            .then(|| Destination { redirect_uri: asked.to_owned(), mode, state, issuer: issuer.to_owned() })
    }

    /// True when the secret is one that is valid now.
    pub fn knows_secret(&self, secret: &str, now: Millis) -> bool {
        let digest = sha256(secret.as_bytes());
        let mut known = false;
        for stored in self.secrets.iter().filter(|stored| stored.expires_at.is_none_or(|end| end > now)) {
            known |= same(&stored.digest, &digest);
        }
        known
    }

    /// True when a browser of this origin may read our answers.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.settings.allowed_origins.iter().any(|allowed| allowed == origin)
            || (self.settings.application_type == ClientType::Spa
                && self.settings.redirect_uris.iter().any(|uri| redirect_uri::origin_or_scheme(uri) == origin))
    }

    /// Says in one sentence why a registration cannot be, or nothing.
    pub fn refuse(&self) -> Option<String> {
        if !is_client_id(&self.id) {
            return Some("a client id is 1 to 64 letters, digits and -._~".to_owned());
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 120 || crate::base::text::has_control(&self.name) {
            return Some("a client has a name of at most 120 characters".to_owned());
        }
        self.refuse_addresses().or_else(|| self.refuse_settings())
    }

    fn refuse_addresses(&self) -> Option<String> {
        let settings = &self.settings;
        let kind = if settings.application_type == ClientType::Native { For::Native } else { For::Web };
        for uri in settings.redirect_uris.iter().chain(&settings.post_logout_redirect_uris) {
            if let Some(reason) = redirect_uri::refuse(uri, kind) {
                return Some(format!("{uri}: {reason}"));
            }
        }
        for uri in settings.backchannel_logout_uri.iter().chain(&settings.home_uri) {
            if let Some(reason) = redirect_uri::refuse(uri, For::Web) {
                return Some(format!("{uri}: {reason}"));
            }
        }
        let interactive = settings.grant_types.iter().any(|grant| grant == "authorization_code");
        (interactive && settings.redirect_uris.is_empty()).then(|| "the code flow needs at least one --redirect-uri".to_owned())
    }

    fn refuse_settings(&self) -> Option<String> {
        let settings = &self.settings;
        if let Some(other) =
            settings.grant_types.iter().find(|grant| !["authorization_code", "refresh_token"].contains(&grant.as_str()))
        {
            return Some(format!("the grant type {other} is not offered: use authorization_code or refresh_token"));
        }
        if let Some(other) = settings.scopes.iter().find(|scope| !crate::protocol::scope::ALL.contains(&scope.as_str())) {
            return Some(format!("the scope {other} is unknown"));
        }
        let spa = matches!(settings.application_type, ClientType::Spa | ClientType::Native);
        if spa && settings.auth_method.uses_secret() {
            return Some("an application on a device or in a browser keeps no secret: use --auth none".to_owned());
        }
        if settings.application_type == ClientType::Service {
            return Some("clients without a person (service) are not offered yet".to_owned());
        }
        match (&settings.jwks, settings.auth_method) {
            (None, AuthMethod::PrivateKeyJwt) => Some("private_key_jwt needs --jwks FILE".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        let settings = ClientSettings { redirect_uris: vec!["https://a.example/cb".to_owned()], ..ClientSettings::default() };
        Client { id: "a".to_owned(), name: "A".to_owned(), settings, secrets: vec![], disabled_at: None }
    }

    #[test]
    fn a_destination_exists_only_for_a_registered_address() {
        let client = client();
        assert!(client.destination("https://a.example/cb", ResponseMode::Query, None, "https://id").is_some());
        assert!(client.destination("https://a.example/cb2", ResponseMode::Query, None, "https://id").is_none());
        assert!(client.destination("", ResponseMode::Query, None, "https://id").is_none());
    }

    #[test]
    fn an_answer_carries_state_and_issuer() {
        let destination = client()
            .destination("https://a.example/cb", ResponseMode::Query, Some("s".to_owned()), "https://id")
            .expect("proven");
        assert_eq!(
            destination.depart(&[("code", "x")]),
            Departure::Redirect("https://a.example/cb?code=x&state=s&iss=https%3A%2F%2Fid".to_owned())
        );
    }

    #[test]
    fn a_secret_is_known_until_it_ends() {
        let mut client = client();
        client.secrets = vec![
            SecretDigest { digest: sha256(b"old").to_vec(), expires_at: Some(Millis(10)) },
            SecretDigest { digest: sha256(b"new").to_vec(), expires_at: None },
        ];
        assert!(client.knows_secret("old", Millis(9)) && client.knows_secret("new", Millis(9)));
        assert!(!client.knows_secret("old", Millis(10)) && client.knows_secret("new", Millis(10)));
        assert!(!client.knows_secret("", Millis(9)));
    }

    #[test]
    fn what_cannot_be_registered_says_why() {
        type Change = fn(&mut Client);
        let table: [(&str, Change); 6] = [
            ("client id", |client| client.id = "a b".to_owned()),
            ("name", |client| client.name = " ".to_owned()),
            ("https", |client| client.settings.redirect_uris = vec!["http://a.example/cb".to_owned()]),
            ("--redirect-uri", |client| client.settings.redirect_uris.clear()),
            ("not offered", |client| client.settings.grant_types = vec!["password".to_owned()]),
            ("keeps no secret", |client| client.settings.application_type = ClientType::Spa),
        ];
        assert_eq!(client().refuse(), None);
        for (words, change) in table {
            let mut client = client();
            change(&mut client);
            assert!(client.refuse().is_some_and(|reason| reason.contains(words)), "{words}");
        }
    }
}
