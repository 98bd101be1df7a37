//! Scopes (RFC 6749 §3.3, OpenID Connect Core §5.4) and the claims behind them.

use std::collections::BTreeSet;

/// Every scope that a client may be registered with.
pub const ALL: [&str; 11] =
    ["openid", "profile", "email", "phone", "address", "unit", "position", "positions", "roles", "legacy", "offline_access"];

/// True for one scope as it may be written: printable ASCII without space, quote and backslash (RFC 6749 §3.3).
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| matches!(letter, '!' | '#'..='[' | ']'..='~'))
}

/// A set of scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Scopes(BTreeSet<String>);

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        Self(text.split_ascii_whitespace().map(str::to_owned).collect())
    }
}

impl Scopes {
    /// Reads a space-separated list; a word outside `NQCHAR` is an error.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut scopes = BTreeSet::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !is_word(word) {
                return Err("scope holds a character that scopes may not");
            }
            scopes.insert(word.to_owned());
        }
        Ok(Self(scopes))
    }

    /// True when the set holds a scope.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Those that `allowed` holds too.
    #[must_use]
    pub fn within(&self, allowed: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|scope| allowed(scope)).cloned().collect())
    }

    /// True when every scope is in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Without one scope.
    #[must_use]
    pub fn without(&self, scope: &str) -> Self {
        self.within(|other| other != scope)
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
    }
}

/// The claims that a scope asks for at userinfo (OpenID Connect Core §5.4, and the city's own).
pub fn claims_of(scope: &str) -> &'static [&'static str] {
    match scope {
        "profile" => &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
        "email" => &["email", "email_verified"],
        "phone" => &["phone_number", "phone_number_verified"],
        "address" => &["address"],
        "unit" => &["unit", "unit_code", "unit_name", "legacy_unit", "legacy_units"],
        "position" => &["position"],
        "positions" => &["positions"],
        "roles" => &["roles"],
        "legacy" => &["legacy_identities"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_spaces_and_their_order_says_nothing() {
        assert_eq!(Scopes::parse("openid  profile"), Scopes::parse("profile openid"));
        assert!(Scopes::parse("open\"id").is_err());
        assert!(Scopes::parse("mã").is_err());
    }

    #[test]
    fn a_set_of_scopes_is_asked_and_narrowed() {
        let scopes = Scopes::parse("profile openid").expect("scopes");
        assert_eq!(scopes.to_string(), "openid profile");
        assert_eq!(String::from(scopes.clone()), "openid profile");
        assert_eq!(Scopes::from("profile  openid".to_owned()), scopes);
        assert!(scopes.contains("openid") && !scopes.contains("email"));
        assert_eq!(scopes.iter().collect::<Vec<_>>(), ["openid", "profile"]);
        assert_eq!(scopes.within(|scope| scope != "openid").to_string(), "profile");
        assert_eq!(scopes.without("profile").to_string(), "openid");
        assert!(scopes.without("profile").is_within(&scopes) && !scopes.is_within(&scopes.without("profile")));
        assert!(Scopes::default().is_empty() && !scopes.is_empty());
    }

    #[test]
    fn each_scope_has_its_claims() {
        let table = [
            ("profile", "name"),
            ("email", "email_verified"),
            ("phone", "phone_number"),
            ("address", "address"),
            ("unit", "unit_code"),
            ("position", "position"),
            ("positions", "positions"),
            ("roles", "roles"),
            ("legacy", "legacy_identities"),
        ];
        for (scope, claim) in table {
            assert!(claims_of(scope).contains(&claim), "{scope}");
            assert_eq!(ALL.iter().filter(|other| claims_of(other).contains(&claim)).count(), 1, "{claim} is of one scope");
        }
        for none in ["openid", "offline_access", "unknown", ""] {
            assert!(claims_of(none).is_empty(), "{none}");
        }
    }
}
