//! What can be said of a client's settings without signing in.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::authority::ReadClients;
use crate::model::client::{AuthMethod, Client, ClientType, UnitIdentifier};
use crate::model::legacy_source::LegacySource;
use crate::model::registry::Registry;
use crate::model::resource::Resource;
use crate::protocol::redirect_uri::origin_or_scheme;
use crate::service::authority::OneClient;
use crate::service::{Failure, Services};
use crate::store::client_secrets::{self, SecretSpan};
use time::{Date, Duration};
use url::Url;

/// A last day is told of from so many days before it.
const AHEAD_DAYS: i64 = 30;

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

/// What of the time before a client is told through a last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// What old systems called whoever comes for the first time.
    Subjects,
    /// Units that are no more.
    Units,
    /// The accounts of an old system, and who signs in by them; its name.
    Source(String),
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
    /// Something of before is told to it for a few days more, through this one.
    Ending(Before, Date),
    /// This was the last day of something of before.
    Ended(Before, Date),
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
            | Self::NoContacts
            | Self::Ending(..) => Weight::Doubtful,
            Self::Overlap(_) | Self::NoRoles | Self::NoHome | Self::Ended(..) => Weight::Told,
        }
    }
}

/// What a client's settings are looked at beside.
struct Beside<'a> {
    issuer: &'a str,
    registry: &'a Registry,
    resources: &'a [Resource],
    secrets: &'a [SecretSpan],
    sources: &'a [LegacySource],
    today: Date,
}

/// Everything worth saying, what matters most first.
pub async fn of(services: &Services, proof: &OneClient<ReadClients>, client: &Client) -> Result<Vec<Finding>, Failure> {
    let now = services.clock.now();
    let resources = services.known.resources(&services.store, now).await?;
    let secrets = client_secrets::list(&mut services.store.read().await?, proof.client(), now).await?;
    let sources = services.known.legacy_sources(&services.store, now).await?;
    let registry = services.known.registry();
    let beside = Beside {
        issuer: &services.settings.issuer,
        registry: &registry,
        resources: &resources,
        secrets: &secrets,
        sources: &sources,
        today: vietnam_date(now),
    };
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
    found.extend(endings(client, beside));
    found
}

/// Last days that are over, or come soon, of what this client is told of the time before. A day that nothing depends on
/// is none.
fn endings(client: &Client, beside: &Beside<'_>) -> Vec<Finding> {
    let settings = &client.settings;
    let subjects = settings.subject_until.filter(|_| !settings.subject_type.sources().is_empty());
    let units = settings.unit_identifier_until.filter(|_| settings.unit_identifier != UnitIdentifier::New);
    let mut days: Vec<(Before, Date)> = subjects.map(|last| (Before::Subjects, last)).into_iter().collect();
    days.extend(units.map(|last| (Before::Units, last)));
    let own = beside.sources.iter().filter(|source| settings.legacy_sources.contains(&source.id));
    days.extend(own.filter_map(|source| Some((Before::Source(source.name.clone()), source.sunset_on?))));
    let soon = beside.today.saturating_add(Duration::days(AHEAD_DAYS));
    let told = |(before, last): (Before, Date)| {
        if last < beside.today {
            return Some(Finding::Ended(before, last));
        }
        (last <= soon).then_some(Finding::Ending(before, last))
    };
    days.into_iter().filter_map(told).collect()
}

fn is_loopback(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| crate::protocol::redirect_uri::is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::{ClientSettings, SubjectType};
    use crate::model::legacy_source::{HashSettings, Settings, SourceKind};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);
    const COUNTS: [SecretSpan; 1] = [SecretSpan { created_at: Millis(0), expires_at: None }];

    fn look_at(change: impl FnOnce(&mut Client), secrets: &[SecretSpan]) -> Vec<Finding> {
        look_beside(change, secrets, &[])
    }

    fn look_beside(change: impl FnOnce(&mut Client), secrets: &[SecretSpan], sources: &[LegacySource]) -> Vec<Finding> {
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
        let issuer = "https://id.example";
        look(&client, &Beside { issuer, registry: &registry, resources: &[], secrets, sources, today: TODAY })
    }

    fn source(id: &str, sunset_on: Option<Date>) -> LegacySource {
        LegacySource {
            id: id.to_owned(),
            kind: SourceKind::Hashes,
            name: format!("Hệ thống {id}"),
            province: None,
            as_of: date!(2025 - 06 - 30),
            sunset_on,
            settings: Settings::Hashes(HashSettings::default()),
            stopped_at: None,
            closed_at: None,
            version: 1,
        }
    }

    #[test]
    fn each_setting_that_matters_is_named() {
        type Change = fn(&mut Client);
        assert!(look_at(|_| (), &COUNTS).is_empty());
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
            assert_eq!(look_at(change, &COUNTS), [expected]);
        }
        assert_eq!(look_at(|_| (), &[]), [Finding::NoSecret]);
        let refused = look_at(|client| client.settings.scopes.push("x".to_owned()), &COUNTS);
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

    #[test]
    fn a_last_day_is_told_from_thirty_days_before_it_and_after_it() {
        type Told = fn(Before, Date) -> Option<Finding>;
        let table: [(Date, Told); 6] = [
            (date!(2026 - 12 - 23), |_, _| None),
            (date!(2026 - 12 - 22), |before, last| Some(Finding::Ending(before, last))),
            (date!(2026 - 11 - 23), |before, last| Some(Finding::Ending(before, last))),
            (TODAY, |before, last| Some(Finding::Ending(before, last))),
            (date!(2026 - 11 - 21), |before, last| Some(Finding::Ended(before, last))),
            (date!(2020 - 01 - 01), |before, last| Some(Finding::Ended(before, last))),
        ];
        for (last, expected) in table {
            let told = |before: Before| expected(before, last).into_iter().collect::<Vec<_>>();
            let subjects = |client: &mut Client| {
                client.settings.subject_type = SubjectType::Legacy(vec!["bd".to_owned()]);
                client.settings.subject_until = Some(last);
            };
            assert_eq!(look_at(subjects, &COUNTS), told(Before::Subjects), "{last}");
            let units = |client: &mut Client| {
                client.settings.unit_identifier = UnitIdentifier::Both;
                client.settings.unit_identifier_until = Some(last);
            };
            assert_eq!(look_at(units, &COUNTS), told(Before::Units), "{last}");
            let belongs = |client: &mut Client| client.settings.legacy_sources = vec!["bd".to_owned(), "vt".to_owned()];
            let sources = [source("bd", Some(last)), source("vt", None), source("sg", Some(last))];
            let found = look_beside(belongs, &COUNTS, &sources);
            assert_eq!(found, told(Before::Source("Hệ thống bd".to_owned())), "{last}: those that it names");
        }
    }

    #[test]
    fn a_day_that_nothing_depends_on_is_not_told() {
        let idle = |client: &mut Client| {
            client.settings.subject_type = SubjectType::Pairwise;
            client.settings.subject_until = Some(TODAY);
            client.settings.unit_identifier = UnitIdentifier::New;
            client.settings.unit_identifier_until = Some(TODAY);
        };

        assert!(look_at(idle, &COUNTS).is_empty());
    }
}
