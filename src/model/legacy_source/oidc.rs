//! Settings of an upstream OpenID provider.
//!
//! The national broker is one of them. What is public of it are some names of
//! claims; its preset says those, and every detail can be laid over.

use crate::base::text::has_control;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The longest text in these settings, and the longest list.
const LONGEST_TEXT: usize = 500;
const LONGEST_LIST: usize = 100;
/// A clock that is off by more is a broken clock.
const MOST_SKEW_SECONDS: i64 = 600;
/// Levels of assurance (NĐ 69/2024).
const LOWEST_LEVEL: i64 = 1;
const HIGHEST_LEVEL: i64 = 4;

/// Settings that a kind of upstream begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The national identity account.
    Vneid,
}

/// How we prove ourselves at the upstream's token endpoint (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamAuth {
    /// The secret in the Authorization header.
    #[default]
    ClientSecretBasic,
    /// The secret in the body.
    ClientSecretPost,
    /// A JWT under the secret.
    ClientSecretJwt,
    /// A JWT under a private key, which is kept as the source's secret.
    PrivateKeyJwt,
    /// Nothing.
    None,
}

/// Which claim tells which fact. An empty name: none does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimMap {
    /// What the upstream calls the account; it never changes there.
    pub subject: String,
    /// What the person types as their name.
    pub username: String,
    /// The full name.
    pub full_name: String,
    /// The date of birth.
    pub date_of_birth: String,
    /// The personal number.
    pub personal_number: String,
    /// An e-mail address.
    pub email: String,
    /// Whether the upstream has seen that the address is theirs.
    pub email_verified: String,
    /// A telephone number.
    pub phone: String,
    /// The code of the unit.
    pub unit_code: String,
    /// The name of the unit.
    pub unit_name: String,
    /// The name of the unit's district.
    pub district_name: String,
    /// The post.
    pub title: String,
}

impl Default for ClaimMap {
    /// The standard claims (OpenID Connect Core §5.1).
    fn default() -> Self {
        Self {
            subject: "sub".to_owned(),
            username: "preferred_username".to_owned(),
            full_name: "name".to_owned(),
            date_of_birth: "birthdate".to_owned(),
            personal_number: String::new(),
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            phone: "phone_number".to_owned(),
            unit_code: String::new(),
            unit_name: String::new(),
            district_name: String::new(),
            title: String::new(),
        }
    }
}

impl ClaimMap {
    /// The names of all claims that tell something.
    pub fn names(&self) -> BTreeSet<&str> {
        let all = [
            &self.subject,
            &self.username,
            &self.full_name,
            &self.date_of_birth,
            &self.personal_number,
            &self.email,
            &self.email_verified,
            &self.phone,
            &self.unit_code,
            &self.unit_name,
            &self.district_name,
            &self.title,
        ];
        all.into_iter().map(String::as_str).filter(|name| !name.is_empty()).collect()
    }
}

/// What is known of an upstream OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcSettings {
    /// What these settings began as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// It stays a way to sign in: its levels count, and enrolment of another way does not retire it. What does not
    /// stay gives level 1, whatever the provider says.
    pub lasting: bool,
    /// Accounts that nobody has brought in yet may come in by signing in there. Otherwise only those whose valid number
    /// the directory or another old system knows already.
    pub newcomers: bool,
    /// Its issuer, as its tokens and its discovery say it.
    pub issuer: String,
    /// Its endpoints are discovered; otherwise they are named here.
    pub discovery: bool,
    /// Where people sign in there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// Where codes are redeemed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// Where more claims are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    /// Where its keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Where people sign out there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,
    /// What we are called there.
    pub client_id: String,
    /// How we prove ourselves there.
    pub client_auth: UpstreamAuth,
    /// Which of our keys signs what we prove ourselves with, as the provider knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Our requests hold a code challenge (RFC 7636).
    pub pkce: bool,
    /// Its answers come as a form that the browser posts (OAuth 2.0 Form Post Response Mode), not in an address.
    pub form_post: bool,
    /// The scopes that we ask for; `openid` is one of them.
    pub scopes: Vec<String>,
    /// The levels that we ask for, in the upstream's words.
    pub acr_values: Vec<String>,
    /// The algorithms under which its ID tokens may come.
    pub algorithms: Vec<String>,
    /// Its clock may be off by so much.
    pub clock_skew_seconds: i64,
    /// Whoever is sent there to prove themselves anew comes back with the moment at which they did (`auth_time`), or not at
    /// all. False only for a provider of which it is known that it asks people again when it is told to (`prompt=login`).
    pub tells_auth_time: bool,
    /// Claims are also asked at the userinfo endpoint.
    pub userinfo: bool,
    /// Which claim tells what. No other claim is kept.
    pub claims: ClaimMap,
    /// Which level each `acr` of the upstream stands for.
    pub levels: BTreeMap<String, i64>,
    /// Which level each `amr` stands for, where its `acr` tells none; the highest counts.
    pub amr_levels: BTreeMap<String, i64>,
    /// The level of any other.
    pub default_level: i64,
    /// Claims that are dropped before anything looks at them, whatever the map says.
    pub drop: Vec<String>,
    /// Whoever signs out here is led there to sign out too.
    pub logout: bool,
    /// A logout token of the upstream ends the sign-ons that came from it.
    pub backchannel_logout: bool,
    /// What stands before `\` or after `@` in the names of its people, beside the source's id.
    pub domains: Vec<String>,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            preset: None,
            lasting: false,
            newcomers: true,
            issuer: String::new(),
            discovery: true,
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            jwks_uri: None,
            end_session_endpoint: None,
            client_id: String::new(),
            client_auth: UpstreamAuth::default(),
            key_id: None,
            pkce: true,
            form_post: false,
            scopes: vec!["openid".to_owned(), "profile".to_owned()],
            acr_values: Vec::new(),
            algorithms: vec!["RS256".to_owned(), "PS256".to_owned(), "ES256".to_owned(), "EdDSA".to_owned()],
            clock_skew_seconds: 60,
            tells_auth_time: true,
            userinfo: true,
            claims: ClaimMap::default(),
            levels: BTreeMap::new(),
            amr_levels: BTreeMap::new(),
            default_level: 1,
            drop: Vec::new(),
            logout: true,
            backchannel_logout: true,
            domains: Vec::new(),
        }
    }
}

impl Preset {
    /// What it says. Of the broker only the names of these claims are public: whether it knows discovery, code challenges
    /// and logout is for whoever connects it to find out.
    pub fn settings(self) -> OidcSettings {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        match self {
            Self::Vneid => OidcSettings {
                preset: Some(self),
                lasting: true,
                // Everybody in the country has such an account.
                newcomers: false,
                scopes: words(&["openid"]),
                claims: ClaimMap {
                    username: String::new(),
                    full_name: "HoVaTen".to_owned(),
                    date_of_birth: "NgayThangNamSinh".to_owned(),
                    personal_number: "SoDinhDanh".to_owned(),
                    email: String::new(),
                    email_verified: String::new(),
                    phone: String::new(),
                    ..ClaimMap::default()
                },
                drop: words(&["DanToc", "TonGiao", "HoVaTenCha", "HoVaTenMe", "HoVaTenVoChong", "HoVaTenChuHo"]),
                logout: false,
                backchannel_logout: false,
                ..OidcSettings::default()
            },
        }
    }
}

impl OidcSettings {
    /// True when we hold something secret of it.
    pub fn needs_secret(&self) -> bool {
        match self.client_auth {
            UpstreamAuth::ClientSecretBasic
            | UpstreamAuth::ClientSecretPost
            | UpstreamAuth::ClientSecretJwt
            | UpstreamAuth::PrivateKeyJwt => true,
            UpstreamAuth::None => false,
        }
    }

    /// The level of somebody who comes from there, by what the provider says of how they signed in.
    pub fn level(&self, acr: Option<&str>, amr: &[&str]) -> i64 {
        if !self.lasting {
            return LOWEST_LEVEL;
        }
        let by_acr = acr.and_then(|acr| self.levels.get(acr));
        let by_amr = || amr.iter().filter_map(|method| self.amr_levels.get(*method)).max();
        let level = by_acr.or_else(by_amr).copied().unwrap_or(self.default_level);
        level.clamp(LOWEST_LEVEL, HIGHEST_LEVEL)
    }

    pub(super) fn refuse(&self) -> Option<String> {
        let issuer = Url::parse(&self.issuer).ok().filter(|url| is_web(url) && url.query().is_none());
        if issuer.is_none() || self.issuer.len() > LONGEST_TEXT {
            return Some("issuer is the address of the provider, such as https://dang-nhap.example.vn".to_owned());
        }
        if self.client_id.is_empty() || is_bad(&self.client_id) {
            return Some(format!("client_id is what we are called there, in 1 to {LONGEST_TEXT} bytes"));
        }
        self.refuse_endpoints().or_else(|| self.refuse_claims()).or_else(|| self.refuse_lists())
    }

    fn refuse_endpoints(&self) -> Option<String> {
        let endpoints = [
            ("authorization_endpoint", &self.authorization_endpoint, true),
            ("token_endpoint", &self.token_endpoint, true),
            ("jwks_uri", &self.jwks_uri, true),
            ("userinfo_endpoint", &self.userinfo_endpoint, self.userinfo),
            ("end_session_endpoint", &self.end_session_endpoint, self.logout),
        ];
        for (field, address, is_used) in endpoints {
            match address {
                Some(address) if !Url::parse(address).is_ok_and(|url| is_web(&url)) || address.len() > LONGEST_TEXT => {
                    return Some(format!("{field} is an address such as https://dang-nhap.example.vn/{field}"));
                }
                None if is_used && !self.discovery => {
                    return Some(format!("without discovery {field} is named, or what needs it is switched off"));
                }
                Some(_) | None => {}
            }
        }
        None
    }

    fn refuse_claims(&self) -> Option<String> {
        if self.claims.subject.is_empty() {
            return Some("claims.subject names the claim that tells accounts apart; sub by default".to_owned());
        }
        let names = self.claims.names();
        if names.iter().any(|name| is_bad(name)) {
            return Some(format!("claims: the name of a claim has at most {LONGEST_TEXT} bytes"));
        }
        // A claim that is dropped tells nothing: whoever sets both means one of them.
        let both = self.drop.iter().find(|dropped| names.contains(dropped.as_str()));
        both.map(|claim| format!("drop: {claim} is dropped at the door, and claims counts on it"))
    }

    fn refuse_lists(&self) -> Option<String> {
        let lists =
            [("scopes", &self.scopes), ("acr_values", &self.acr_values), ("algorithms", &self.algorithms), ("drop", &self.drop)];
        for (field, list) in lists {
            if list.len() > LONGEST_LIST || list.iter().any(|word| word.is_empty() || is_bad(word)) {
                return Some(format!("{field} has at most {LONGEST_LIST} words, none of them empty"));
            }
        }
        if self.scopes.iter().chain(&self.acr_values).any(|word| word.contains(char::is_whitespace)) {
            return Some("scopes and acr_values are lists of words, each without spaces".to_owned());
        }
        if !self.scopes.iter().any(|scope| scope == "openid") {
            return Some("scopes: without openid there is no ID token".to_owned());
        }
        let is_signed = |algorithm: &String| algorithm != "none" && !algorithm.starts_with("HS");
        if self.algorithms.is_empty() || !self.algorithms.iter().all(is_signed) {
            return Some("algorithms: ID tokens are signed with a key of the provider, such as RS256".to_owned());
        }
        if !(0..=MOST_SKEW_SECONDS).contains(&self.clock_skew_seconds) {
            return Some(format!("clock_skew_seconds is 0 to {MOST_SKEW_SECONDS}"));
        }
        if self.key_id.as_deref().is_some_and(|id| id.is_empty() || is_bad(id)) {
            return Some(format!("key_id has 1 to {LONGEST_TEXT} bytes"));
        }
        let is_level = |level: &i64| (LOWEST_LEVEL..=HIGHEST_LEVEL).contains(level);
        let maps = [&self.levels, &self.amr_levels];
        let fits = maps.iter().all(|map| map.len() <= LONGEST_LIST && map.values().all(is_level));
        if !is_level(&self.default_level) || !fits {
            return Some("levels, amr_levels and default_level are 1 to 4".to_owned());
        }
        None
    }
}

fn is_bad(text: &str) -> bool {
    text.len() > LONGEST_TEXT || has_control(text)
}

/// An address that can be called. Whether it may be called in clear, or at all, is the way out's to say.
fn is_web(url: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    matches!(url.scheme(), "https" | "http") && url.has_host() && plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lasts_gives_more_than_the_lowest_level() {
        let passing = OidcSettings {
            levels: [("LoA2".to_owned(), 2), ("LoA3".to_owned(), 3)].into(),
            amr_levels: [("hwk".to_owned(), 2), ("face".to_owned(), 3)].into(),
            ..OidcSettings::default()
        };
        let lasting = OidcSettings { lasting: true, ..passing.clone() };
        let table: [(Option<&str>, &[&str], i64); 7] = [
            (Some("LoA3"), &[], 3),
            (Some("LoA2"), &["face"], 2),
            (Some("khac"), &["face", "hwk"], 3),
            (None, &["hwk"], 2),
            (None, &["pwd"], 1),
            (Some("loa3"), &[], 1),
            (None, &[], 1),
        ];
        for (acr, amr, level) in table {
            assert_eq!(lasting.level(acr, amr), level, "{acr:?} {amr:?}");
            assert_eq!(passing.level(acr, amr), 1, "{acr:?} {amr:?}");
        }
        assert!(Preset::Vneid.settings().lasting && !Preset::Vneid.settings().newcomers);
    }
}
