//! What is set for a client: addresses, algorithms, rules.

use super::identifiers::{SubjectType, UnitIdentifier};
use super::kinds::{AccessTokenFormat, AuthMethod, ClientType, Entry, Profile, RequestObjectAlg};
pub use crate::protocol::client_certificate::CertificateSubject;
use crate::protocol::jws::Algorithm;
use serde_json::Value;
use time::Date;

/// Characters of the line that says whom to ask.
pub const LONGEST_ENTRY_CONTACT: usize = 200;

/// A last day, as configuration and records spell it.
mod last_day {
    use crate::base::date::{iso, parse};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use time::Date;

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over so")]
    pub fn serialize<S: Serializer>(day: &Option<Date>, out: S) -> Result<S::Ok, S::Error> {
        day.map(iso).serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let read = |text: String| parse(&text).ok_or_else(|| D::Error::custom("a day is written as 2026-12-31"));
        Option::<String>::deserialize(from)?.map(read).transpose()
    }
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
    /// The last day on which it is told about units that are no more; absent: no end.
    #[serde(skip_serializing_if = "Option::is_none", with = "last_day")]
    pub unit_identifier_until: Option<Date>,
    /// The old systems that it belongs to: who signs in through one of them may enter it, and the scope `legacy` tells
    /// their accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legacy_sources: Vec<String>,
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
    /// The last day on which whoever comes for the first time is called as an old system called them; absent: no end.
    /// Whoever was called so before stays so.
    #[serde(skip_serializing_if = "Option::is_none", with = "last_day")]
    pub subject_until: Option<Date>,
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
    /// Who may enter it at all.
    #[serde(skip_serializing_if = "Entry::is_anyone")]
    pub entry: Entry,
    /// Whom somebody asks who may not enter, in a line that people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_contact: Option<String>,
    /// It is told when somebody no longer holds the position in which they entered it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub told_of_moves: bool,
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
            unit_identifier_until: None,
            legacy_sources: Vec::new(),
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
            subject_until: None,
            sector_identifier_uri: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            minimum_level: None,
            entry: Entry::default(),
            entry_contact: None,
            told_of_moves: false,
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

impl ClientSettings {
    /// Which units it is told about on a day: after the last one of what it was used to, the present one alone.
    pub fn unit_identifier_on(&self, today: Date) -> UnitIdentifier {
        if self.unit_identifier_until.is_some_and(|last| last < today) { UnitIdentifier::New } else { self.unit_identifier }
    }

    /// The old systems as which whoever comes for the first time on a day is called, the first of them before the others.
    pub fn legacy_subjects_on(&self, today: Date) -> &[String] {
        if self.subject_until.is_some_and(|last| last < today) { &[] } else { self.subject_type.sources() }
    }

    /// Every old system that it names.
    pub fn named_sources(&self) -> impl Iterator<Item = &String> {
        self.legacy_sources.iter().chain(self.subject_type.sources())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn legacy(sources: &[&str]) -> SubjectType {
        SubjectType::Legacy(sources.iter().map(|&source| source.to_owned()).collect())
    }

    #[test]
    fn settings_of_before_are_read_and_dates_come_back() {
        let before: ClientSettings = serde_json::from_str(r#"{ "subject_type": "pairwise" }"#).expect("settings");
        assert_eq!((before.subject_until, before.legacy_sources.len()), (None, 0));
        let written = serde_json::to_string(&before).expect("JSON");
        assert!(!written.contains("_until") && !written.contains("legacy_sources"), "{written}");
        assert!(!written.contains("entry") && !written.contains("told_of_moves"), "{written}");

        let dated = ClientSettings {
            subject_type: legacy(&["bd", "vt"]),
            subject_until: Some(date!(2026 - 12 - 31)),
            unit_identifier_until: Some(date!(2027 - 06 - 30)),
            legacy_sources: vec!["bd".to_owned()],
            ..ClientSettings::default()
        };
        let written = serde_json::to_string(&dated).expect("JSON");
        assert!(written.contains(r#""subject_until":"2026-12-31""#), "{written}");
        assert_eq!(serde_json::from_str::<ClientSettings>(&written).expect("read back"), dated);
        assert!(serde_json::from_str::<ClientSettings>(r#"{ "subject_until": "soon" }"#).is_err());
    }

    #[test]
    fn what_was_before_is_told_through_its_last_day() {
        let last = date!(2026 - 12 - 31);
        let settings = ClientSettings {
            unit_identifier: UnitIdentifier::Both,
            unit_identifier_until: Some(last),
            subject_type: legacy(&["bd"]),
            subject_until: Some(last),
            ..ClientSettings::default()
        };
        let next = date!(2027 - 01 - 01);
        assert_eq!(settings.unit_identifier_on(last), UnitIdentifier::Both);
        assert_eq!(settings.unit_identifier_on(next), UnitIdentifier::New);
        assert_eq!((settings.legacy_subjects_on(last).len(), settings.legacy_subjects_on(next).len()), (1, 0));
        let endless = ClientSettings { subject_until: None, unit_identifier_until: None, ..settings };
        assert_eq!((endless.unit_identifier_on(next), endless.legacy_subjects_on(next).len()), (UnitIdentifier::Both, 1));
    }
}
