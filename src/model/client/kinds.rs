//! Words that settings of a client choose from: what it is, how it proves itself, which rules hold.

use crate::protocol::jws::Algorithm;

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

/// Who may enter a client at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Everybody who can sign in.
    #[default]
    Anyone,
    /// Whoever has one of its roles in the position in which they enter.
    WithRole,
}

impl Entry {
    /// Its word in settings and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::WithRole => "with_role",
        }
    }

    /// True when nobody is kept out.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over so")]
    pub fn is_anyone(&self) -> bool {
        *self == Self::Anyone
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
