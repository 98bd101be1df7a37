//! What can be said of a client's settings without signing in.

use crate::base::clock::Millis;
use crate::model::authority::ReadClients;
use crate::model::client::{AuthMethod, Client, ClientType};
use crate::model::registry::Registry;
use crate::model::resource::Resource;
use crate::protocol::redirect_uri::origin_or_scheme;
use crate::service::authority::OneClient;
use crate::service::{Failure, Services};
use crate::store::client_secrets::{self, SecretSpan};
use url::Url;

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Something does not work.
    Wrong,
    /// Somebody should look at it.
    Doubtful,
    /// Worth knowing.
    Told,
}

/// Something about the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It was switched off.
    Disabled,
    /// It could not be registered so today, in one sentence for developers.
    Refused(String),
    /// It proves itself by a secret, and has none that counts.
    NoSecret,
    /// A replaced secret counts until then.
    Overlap(Millis),
    /// The roles that it declares are told to nobody: it may not ask for them.
    RolesUnasked,
    /// It may ask for roles and declares none.
    NoRoles,
    /// No unit has a code of this scheme.
    UnknownScheme(String),
    /// It is not told when a person signs out.
    NoLogout,
    /// A browser that has signed out cannot come back to it.
    NoPostLogout,
    /// It has no start page: the portal does not show it.
    NoHome,
    /// An address on the developer's own machine.
    Loopback(String),
    /// An address of motlan itself.
    OwnAddress(String),
    /// Codes are not bound to who asked for them.
    PkceOff,
    /// Tokens come in addresses.
    Implicit,
    /// Nobody answers for it.
    NoContacts,
}

impl Finding {
    /// How much it matters.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Disabled | Self::Refused(_) | Self::NoSecret | Self::UnknownScheme(_) | Self::OwnAddress(_) => Weight::Wrong,
            Self::RolesUnasked
            | Self::NoLogout
            | Self::NoPostLogout
            | Self::Loopback(_)
            | Self::PkceOff
            | Self::Implicit
            | Self::NoContacts => Weight::Doubtful,
            Self::Overlap(_) | Self::NoRoles | Self::NoHome => Weight::Told,
        }
    }
}

/// What a client's settings are looked at beside.
struct Beside<'a> {
    issuer: &'a str,
    registry: &'a Registry,
    resources: &'a [Resource],
    secrets: &'a [SecretSpan],
}

/// Everything worth saying, what matters most first.
pub async fn of(services: &Services, proof: &OneClient<ReadClients>, client: &Client) -> Result<Vec<Finding>, Failure> {
    let now = services.clock.now();
    let resources = services.known.resources(&services.store, now).await?;
    let secrets = client_secrets::list(&mut services.store.read().await?, proof.client(), now).await?;
    let registry = services.known.registry();
    let beside = Beside { issuer: &services.settings.issuer, registry: &registry, resources: &resources, secrets: &secrets };
    let mut findings = look(client, &beside);
    findings.sort_by_key(|finding| finding.weight() as u8);
    Ok(findings)
}

fn look(client: &Client, beside: &Beside<'_>) -> Vec<Finding> {
    let settings = &client.settings;
    let mut found = Vec::new();
    if client.disabled_at.is_some() {
        found.push(Finding::Disabled);
    }
    found.extend(client.refuse(beside.resources).map(Finding::Refused));
    if settings.auth_method.uses_secret() {
        if beside.secrets.is_empty() {
            found.push(Finding::NoSecret);
        }
        found.extend(beside.secrets.iter().filter_map(|secret| secret.expires_at).max().map(Finding::Overlap));
    }
    if settings.application_type == ClientType::Service {
        found.extend(settings.contacts.is_empty().then_some(Finding::NoContacts));
        return found;
    }
    let asks_roles = client.may_have("roles");
    if !settings.roles.is_empty() && !asks_roles {
        found.push(Finding::RolesUnasked);
    }
    if settings.roles.is_empty() && asks_roles {
        found.push(Finding::NoRoles);
    }
    let scheme = settings.unit_code_scheme.as_str();
    let mut units = beside.registry.units().peekable();
    if client.may_have("unit") && units.peek().is_some() && !units.any(|unit| beside.registry.last_code(unit, scheme).is_some()) {
        found.push(Finding::UnknownScheme(scheme.to_owned()));
    }
    let own = origin_or_scheme(beside.issuer);
    for address in settings.redirect_uris.iter().chain(&settings.post_logout_redirect_uris) {
        if origin_or_scheme(address) == own {
            found.push(Finding::OwnAddress(address.clone()));
        } else if settings.application_type != ClientType::Native && is_loopback(address) {
            found.push(Finding::Loopback(address.clone()));
        }
    }
    let rest = [
        (settings.backchannel_logout_uri.is_none() && settings.frontchannel_logout_uri.is_none(), Finding::NoLogout),
        (settings.post_logout_redirect_uris.is_empty(), Finding::NoPostLogout),
        (settings.home_uri.is_none(), Finding::NoHome),
        (!client.demands_pkce() && settings.auth_method != AuthMethod::None, Finding::PkceOff),
        (settings.response_types.iter().any(|kind| kind != "code"), Finding::Implicit),
        (settings.contacts.is_empty(), Finding::NoContacts),
    ];
    found.extend(rest.into_iter().filter(|(holds, _)| *holds).map(|(_, finding)| finding));
    found
}

fn is_loopback(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| crate::protocol::redirect_uri::is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::ClientSettings;

    fn look_at(change: impl FnOnce(&mut Client), secrets: &[SecretSpan]) -> Vec<Finding> {
        let text = |text: &str| text.to_owned();
        let settings = ClientSettings {
            redirect_uris: vec![text("https://a.example/cb")],
            post_logout_redirect_uris: vec![text("https://a.example/")],
            backchannel_logout_uri: Some(text("https://a.example/out")),
            home_uri: Some(text("https://a.example/")),
            contacts: vec![text("a@a.example")],
            roles: vec![text("xu_ly")],
            ..ClientSettings::default()
        };
        let mut client = Client { id: text("a"), name: text("A"), settings, secrets: vec![], disabled_at: None };
        change(&mut client);
        let registry = Registry::new(1, Vec::new(), Vec::new());
        look(&client, &Beside { issuer: "https://id.example", registry: &registry, resources: &[], secrets })
    }

    #[test]
    fn each_setting_that_matters_is_named() {
        type Change = fn(&mut Client);
        let counts = [SecretSpan { created_at: Millis(0), expires_at: None }];
        assert!(look_at(|_| (), &counts).is_empty());
        let table: [(Change, Finding); 11] = [
            (|client| client.disabled_at = Some(Millis(1)), Finding::Disabled),
            (|client| client.settings.roles.clear(), Finding::NoRoles),
            (|client| client.settings.scopes.retain(|scope| scope != "roles"), Finding::RolesUnasked),
            (|client| client.settings.backchannel_logout_uri = None, Finding::NoLogout),
            (|client| client.settings.post_logout_redirect_uris.clear(), Finding::NoPostLogout),
            (|client| client.settings.home_uri = None, Finding::NoHome),
            (|client| client.settings.contacts.clear(), Finding::NoContacts),
            (|client| client.settings.require_pkce = false, Finding::PkceOff),
            (
                |client| client.settings.redirect_uris.push("http://localhost:3000/cb".to_owned()),
                Finding::Loopback("http://localhost:3000/cb".to_owned()),
            ),
            (
                |client| client.settings.redirect_uris.push("https://id.example/x".to_owned()),
                Finding::OwnAddress("https://id.example/x".to_owned()),
            ),
            (
                |client| {
                    client.settings.grant_types.push("implicit".to_owned());
                    client.settings.response_types.push("id_token".to_owned());
                },
                Finding::Implicit,
            ),
        ];
        for (change, expected) in table {
            assert_eq!(look_at(change, &counts), [expected]);
        }
        assert_eq!(look_at(|_| (), &[]), [Finding::NoSecret]);
        let refused = look_at(|client| client.settings.scopes.push("x".to_owned()), &counts);
        assert!(matches!(refused.as_slice(), [Finding::Refused(_)]), "{refused:?}");
    }

    #[test]
    fn a_secret_that_was_replaced_is_told_with_its_end() {
        let both = [
            SecretSpan { created_at: Millis(5), expires_at: None },
            SecretSpan { created_at: Millis(0), expires_at: Some(Millis(9)) },
        ];
        assert_eq!(look_at(|_| (), &both), [Finding::Overlap(Millis(9))]);
    }
}
