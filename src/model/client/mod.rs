//! A relying party: what it is, where it is answered, what it may ask.

mod destination;
mod identifiers;
mod kinds;
mod registration;
mod settings;

pub use destination::{Departure, Destination};
pub use identifiers::{SubjectType, UnitIdentifier};
pub use kinds::{AccessTokenFormat, AuthMethod, ClientType, Entry, Profile, RequestObjectAlg};
pub use settings::{CertificateSubject, ClientSettings, LONGEST_ENTRY_CONTACT};

use crate::base::clock::Millis;
use crate::base::digest::{same, sha256};
use crate::protocol::jws::Algorithm;
use crate::protocol::redirect_uri;
use crate::protocol::response_type::ResponseType;
use crate::protocol::scope::Scopes;

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

/// True for what a client id may be; nothing else is ever looked up.
pub fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

impl Client {
    /// True for a client that cannot keep a secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.settings.auth_method == AuthMethod::None
    }

    /// Public clients and FAPI 2.0 always, others unless it was switched off.
    pub fn demands_pkce(&self) -> bool {
        self.is_public() || self.settings.require_pkce || self.settings.profile.is_fapi2()
    }

    /// Requests come through the pushed request endpoint only (RFC 9126 §6, FAPI 2.0 §5.3.2.2).
    pub fn demands_pushed_requests(&self) -> bool {
        self.settings.require_pushed_requests || self.settings.profile.is_fapi2()
    }

    /// Requests are signed (RFC 9101 §10.5, FAPI 2.0 Message Signing §5.3).
    pub fn demands_signed_requests(&self) -> bool {
        self.settings.require_signed_request_object || self.signs_messages()
    }

    /// FAPI 2.0 Message Signing holds: requests, responses and introspection are signed.
    pub fn signs_messages(&self) -> bool {
        self.settings.profile == Profile::Fapi2MessageSigning
    }

    /// Tokens are worth something only in the hands of their sender.
    pub fn demands_bound_tokens(&self) -> bool {
        self.settings.dpop_bound_access_tokens
            || self.settings.certificate_bound_access_tokens
            || self.settings.profile.is_fapi2()
    }

    /// What this client may sign with.
    pub fn algorithms(&self) -> &'static [Algorithm] {
        if self.settings.profile.is_fapi2() { &Algorithm::FAPI2 } else { &Algorithm::ALL }
    }

    /// True when an authorization response may bring this.
    pub fn may_receive(&self, response_type: ResponseType) -> bool {
        self.settings.response_types.iter().any(|allowed| ResponseType::parse(allowed) == Some(response_type))
    }

    /// True for a resource that it may ask tokens for.
    pub fn may_reach(&self, resource: &str) -> bool {
        self.settings.resources.iter().any(|allowed| allowed == resource)
    }

    /// Where people have the same subject (OpenID Connect Core §8.1): everywhere, or in one sector.
    pub fn sector(&self) -> String {
        match &self.settings.subject_type {
            SubjectType::Public => "public".to_owned(),
            // What old systems called people means something to this client alone.
            SubjectType::Legacy(_) => format!("client:{}", self.id),
            SubjectType::Pairwise => {
                let named = self.settings.sector_identifier_uri.as_deref().map(redirect_uri::host);
                // Only https proves a host: anybody may claim a private scheme or a loopback address.
                let secure = |address: &&String| redirect_uri::origin_or_scheme(address).starts_with("https://");
                let answered = self.settings.redirect_uris.first().filter(secure).map(|address| redirect_uri::host(address));
                let sector = named.or(answered);
                sector.map_or_else(|| format!("client:{}", self.id), |host| format!("pairwise:{host}"))
            }
        }
    }

    /// People are asked before it is told anything about them.
    pub fn asks_consent(&self) -> bool {
        self.settings.third_party || self.settings.dynamic
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
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn client() -> Client {
        let settings = ClientSettings { redirect_uris: vec!["https://a.example/cb".to_owned()], ..ClientSettings::default() };
        Client { id: "a".to_owned(), name: "A".to_owned(), settings, secrets: vec![], disabled_at: None }
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
    fn a_sector_is_named_by_what_nobody_else_can_claim() {
        let table: [(&[&str], Option<&str>, &str); 6] = [
            (&["https://a.example/cb"], None, "pairwise:a.example"),
            (&["https://b.example/cb"], Some("https://a.example/sector.json"), "pairwise:a.example"),
            (&["vn.evil.app://victim.example/cb"], None, "client:a"),
            (&["vn.gov.app:/cb"], None, "client:a"),
            (&["http://127.0.0.1/cb"], None, "client:a"),
            (&[], None, "client:a"),
        ];
        for (addresses, document, expected) in table {
            let mut client = client();
            assert_eq!(client.sector(), "public");
            client.settings.subject_type = SubjectType::Pairwise;
            client.settings.redirect_uris = addresses.iter().map(|&address| address.to_owned()).collect();
            client.settings.sector_identifier_uri = document.map(str::to_owned);
            assert_eq!(client.sector(), expected, "{addresses:?}");
            client.settings.subject_type = SubjectType::Legacy(vec!["bd".to_owned()]);
            assert_eq!(client.sector(), "client:a", "its own, whatever its addresses");
        }
    }
}
