//! What is set for a client: kinds, addresses, algorithms, rules.

pub use crate::protocol::client_certificate::CertificateSubject;
use crate::protocol::jws::Algorithm;
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
    /// A certificate of a known authority (RFC 8705 §2.1).
    TlsClientAuth,
    /// A certificate whose key is among its own (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
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
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// True when it proves itself by a secret.
    pub fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }

    /// True when its keys must be known.
    pub fn uses_keys(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::SelfSignedTlsClientAuth)
    }

    /// True when it shows a certificate while connecting.
    pub fn uses_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
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

/// A set of rules that is switched on as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Profile {
    /// Each rule by its own setting.
    #[default]
    #[serde(rename = "none")]
    None,
    /// FAPI 2.0 Security Profile.
    #[serde(rename = "fapi2")]
    Fapi2,
    /// FAPI 2.0 Message Signing on top of it.
    #[serde(rename = "fapi2-message-signing")]
    Fapi2MessageSigning,
}

impl Profile {
    /// True when FAPI 2.0 holds.
    pub fn is_fapi2(self) -> bool {
        match self {
            Self::None => false,
            Self::Fapi2 | Self::Fapi2MessageSigning => true,
        }
    }
}

/// What a request object may be signed with (`request_object_signing_alg`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum RequestObjectAlg {
    /// Nothing at all.
    None,
    /// This one.
    Signed(Algorithm),
}

impl From<RequestObjectAlg> for String {
    fn from(alg: RequestObjectAlg) -> Self {
        match alg {
            RequestObjectAlg::None => "none".to_owned(),
            RequestObjectAlg::Signed(algorithm) => algorithm.as_str().to_owned(),
        }
    }
}

impl TryFrom<String> for RequestObjectAlg {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::None);
        }
        Algorithm::parse(&text).map(Self::Signed).ok_or_else(|| format!("{text} is no algorithm of ours"))
    }
}

/// How an access token looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenFormat {
    /// A signed JWT that any API can check (RFC 9068).
    #[default]
    Jwt,
    /// Sealed: only introspection tells what it is.
    Opaque,
}

/// What people are called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// The same everywhere.
    #[default]
    Public,
    /// Another in every sector (OpenID Connect Core §8.1).
    Pairwise,
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
    /// Those of them that administrators of units may give to their people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unit_granted_roles: Vec<String>,
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
    /// What its authorization responses may bring.
    pub response_types: Vec<String>,
    /// Rules that are switched on as a whole.
    pub profile: Profile,
    /// Requests are pushed first (RFC 9126 §6).
    pub require_pushed_requests: bool,
    /// Requests are signed (RFC 9101 §10.5).
    pub require_signed_request_object: bool,
    /// What its request objects are signed with; absent: any algorithm of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_alg: Option<RequestObjectAlg>,
    /// Where its request objects may lie, compared without the fragment.
    pub request_uris: Vec<String>,
    /// What its signed responses are signed with (JARM).
    pub authorization_signed_response_alg: Algorithm,
    /// Resources that it may ask tokens for (RFC 8707).
    pub resources: Vec<String>,
    /// Types of authorization details that it may ask (RFC 9396 §10).
    pub authorization_details_types: Vec<String>,
    /// How its access tokens look.
    pub access_token: AccessTokenFormat,
    /// What its access tokens are signed with.
    pub access_token_alg: Algorithm,
    /// Userinfo comes signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_alg: Option<Algorithm>,
    /// Answers of introspection come signed (RFC 9701); absent: when they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_alg: Option<Algorithm>,
    /// Where its public keys lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// What its assertions are signed with; absent: any algorithm of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_alg: Option<Algorithm>,
    /// Whom its certificate names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth: Option<CertificateSubject>,
    /// Its tokens are bound to its certificate (RFC 8705 §3).
    pub certificate_bound_access_tokens: bool,
    /// Its tokens are bound to a key that it holds (RFC 9449 §5.2).
    pub dpop_bound_access_tokens: bool,
    /// What people are called by.
    pub subject_type: SubjectType,
    /// A document that names every address of its sector (OpenID Connect Core §8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// Seconds that may have passed since the sign-in when a request says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// ID tokens tell when the person signed in; ours always do.
    pub require_auth_time: bool,
    /// Levels that are wished for when a request says nothing.
    pub default_acr_values: Vec<String>,
    /// A level that every sign-in for this client must reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_level: Option<i64>,
    /// Where a sign-in can be begun from outside (OpenID Connect Core §4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Loaded in a frame when the person signs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// The frame is told issuer and session.
    pub frontchannel_logout_session_required: bool,
    /// The logout token names the session; ours always do.
    pub backchannel_logout_session_required: bool,
    /// About the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Where its picture was fetched from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// What it does with personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Who answers for it.
    pub contacts: Vec<String>,
    /// Which software it is (RFC 7591 §2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Which version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// It registered itself: always asked about, and never told what is the city's alone.
    pub dynamic: bool,
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
            unit_granted_roles: Vec::new(),
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
            response_types: words(&["code"]),
            profile: Profile::default(),
            require_pushed_requests: false,
            require_signed_request_object: false,
            request_object_alg: None,
            request_uris: Vec::new(),
            authorization_signed_response_alg: Algorithm::default(),
            resources: Vec::new(),
            authorization_details_types: Vec::new(),
            access_token: AccessTokenFormat::default(),
            access_token_alg: Algorithm::default(),
            userinfo_alg: None,
            introspection_alg: None,
            jwks_uri: None,
            token_endpoint_auth_alg: None,
            tls_client_auth: None,
            certificate_bound_access_tokens: false,
            dpop_bound_access_tokens: false,
            subject_type: SubjectType::default(),
            sector_identifier_uri: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            minimum_level: None,
            initiate_login_uri: None,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            backchannel_logout_session_required: false,
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            dynamic: false,
        }
    }
}
