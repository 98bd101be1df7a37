//! A protected resource: an API that tokens are for (RFC 8707, RFC 9396 §3).

use crate::model::client::AccessTokenFormat;
use crate::protocol::authorization_details::DetailsType;
use crate::protocol::resource_indicator;
use crate::protocol::scope;
use std::collections::BTreeMap;

/// A registered resource.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The absolute URI that is asked for, and the audience of its tokens.
    pub identifier: String,
    /// The name that people see.
    pub name: String,
    /// Scopes that mean something there.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The client whose roles its tokens tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles_of: Option<String>,
    /// Clients that speak for it: they may introspect its tokens.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Authorization details that it understands, by type.
    #[serde(default)]
    pub details: BTreeMap<String, DetailsType>,
    /// How its tokens look; absent: as the client's settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_format: Option<AccessTokenFormat>,
}

impl Resource {
    /// Says in one sentence why a resource cannot be registered, or nothing.
    pub fn refuse(&self) -> Option<String> {
        if let Err(reason) = resource_indicator::parse([self.identifier.as_str()]) {
            return Some(format!("{}: {reason}", self.identifier));
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 120 || crate::base::text::has_control(&self.name) {
            return Some("a resource has a name of at most 120 characters".to_owned());
        }
        if let Some(own) = self.scopes.iter().find(|scope| scope::ALL.contains(&scope.as_str())) {
            return Some(format!("the scope {own} is the provider's own"));
        }
        if let Some(bad) = self.scopes.iter().find(|scope| !scope::is_word(scope)) {
            return Some(format!("{bad} cannot be a scope: no spaces, quotes or backslashes"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_registered_says_why() {
        type Change = fn(&mut Resource);
        let resource = || Resource {
            identifier: "https://api.example/ho-so".to_owned(),
            name: "Hồ sơ".to_owned(),
            scopes: vec!["ho_so.doc".to_owned()],
            roles_of: None,
            servers: vec![],
            details: BTreeMap::new(),
            token_format: None,
        };
        let table: [(&str, Change); 5] = [
            ("api", |resource| resource.identifier = "api".to_owned()),
            ("#a", |resource| resource.identifier = "https://api.example#a".to_owned()),
            ("name", |resource| resource.name = " ".to_owned()),
            ("provider's own", |resource| resource.scopes = vec!["openid".to_owned()]),
            ("cannot be a scope", |resource| resource.scopes = vec!["a b".to_owned()]),
        ];
        assert_eq!(resource().refuse(), None);
        for (words, change) in table {
            let mut resource = resource();
            change(&mut resource);
            assert!(resource.refuse().is_some_and(|reason| reason.contains(words)), "{words}");
        }
    }
}
