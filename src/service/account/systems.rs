//! The systems that a person works in, as their own pages show them.
//!
//! A system that declares roles is there for whoever holds one of them in the position that they act in; one that
//! declares none is there for everybody.

use super::positions;
use crate::base::date::vietnam_date;
use crate::model::client::Client;
use crate::model::entitlement::{Circumstances, Holder};
use crate::model::sign_on::SignOn;
use crate::protocol::response_mode::with_query;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services, old_accounts};
use crate::store::clients;

/// One system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub address: String,
    /// One line about it; may be empty.
    pub description: String,
}

/// The systems with a start page that a person may enter as they act now, by name. Where a system says how a sign-in is
/// begun from outside, it is begun there and comes to the start page (OpenID Connect Core §4).
pub async fn list(services: &Services, known: &KnownPerson, sign_on: &SignOn) -> Result<Vec<System>, Failure> {
    let today = vietnam_date(services.clock.now());
    let holders = match positions::acting(known, sign_on, today) {
        Some(position) => vec![known.holder(Some(&position.id), today)],
        // Nothing was chosen, so each system asks: any of the positions may be the answer.
        None => known.holders(today),
    };
    let all = clients::list(&mut services.store.read().await?).await?;
    let there = all.into_iter().filter(|client| client.disabled_at.is_none());
    let entered: Vec<Client> = there.filter(|client| is_entered(client, &holders)).collect();
    let mut systems = Vec::new();
    for client in entered {
        // Whoever came through an old system sees those of that system.
        if old_accounts::may_enter(services, sign_on, &client).await? {
            systems.extend(system(client, &services.settings.issuer));
        }
    }
    Ok(systems)
}

/// Whether somebody has anything to do in a client while acting in one of these ways. What a role asks of the sign-on is said
/// at the door.
fn is_entered(client: &Client, holders: &[Holder<'_>]) -> bool {
    client.settings.roles.is_empty() || holders.iter().any(|holder| !holder.roles(client, Circumstances::BEST).is_empty())
}

fn system(client: Client, issuer: &str) -> Option<System> {
    let settings = client.settings;
    let home = settings.home_uri?;
    let address = match settings.initiate_login_uri {
        Some(login) => with_query(&login, &[("iss", issuer), ("target_link_uri", &home)]),
        None => home,
    };
    Some(System { name: client.name, address, description: settings.description })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{PositionId, UnitId};
    use crate::model::client::ClientSettings;
    use crate::model::entitlement::{Condition, GroupGrant};
    use crate::model::made;
    use crate::model::person::Person;
    use crate::model::position::{Position, PositionKind};
    use crate::model::registry::Registry;
    use crate::model::role::RoleGrant;
    use time::Date;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 01 - 05);

    fn client(roles: &[&str]) -> Client {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let settings = ClientSettings { roles, ..ClientSettings::default() };
        Client { id: "tthc".to_owned(), name: "TTHC".to_owned(), settings, secrets: Vec::new(), disabled_at: None }
    }

    fn role(client_id: &str, role: &str, position: Option<&str>) -> RoleGrant {
        let position = position.map(|id| PositionId(id.to_owned()));
        let condition = Condition { least_level: Some(2), office_only: true };
        RoleGrant { client_id: client_id.to_owned(), role: role.to_owned(), position, condition }
    }

    fn post(id: &str) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: UnitId(format!("unit of {id}")),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2025 - 07 - 01),
            valid_to: None,
        }
    }

    fn person(roles: Vec<RoleGrant>) -> Person {
        Person { roles, ..made::person(vec![post("here"), post("there")]) }
    }

    /// For whoever works where the post `there` is.
    fn group() -> GroupGrant {
        GroupGrant {
            id: "g".to_owned(),
            client_id: "tthc".to_owned(),
            role: "clerk".to_owned(),
            unit: UnitId("unit of there".to_owned()),
            below: false,
            title: None,
            condition: Condition::default(),
            given_on: date!(2025 - 07 - 01),
            valid_from: None,
            valid_to: None,
        }
    }

    type Case<'a> = (&'a str, &'a [&'a str], Vec<RoleGrant>, &'a [GroupGrant], &'a [&'a str], bool);

    #[test]
    fn a_system_with_roles_is_entered_by_whoever_holds_one_as_they_act() {
        let (here, there, both, nowhere) = (&["here"][..], &["there"][..], &["here", "there"][..], &[][..]);
        let clerk = |position| vec![role("tthc", "clerk", position)];
        let groups = [group()];
        let table: [Case<'_>; 11] = [
            ("no roles at all", &[], vec![], &[], nowhere, true),
            ("a role that nobody gave", &["clerk"], vec![], &[], here, false),
            ("of the person, whatever it asks", &["clerk"], clerk(None), &[], here, true),
            ("of the person, without a position", &["clerk"], clerk(None), &[], nowhere, true),
            ("of the position", &["clerk"], clerk(Some("here")), &[], here, true),
            ("of another position", &["clerk"], clerk(Some("here")), &[], there, false),
            ("of one of those to choose from", &["clerk"], clerk(Some("there")), &[], both, true),
            ("no longer declared", &["manager"], clerk(None), &[], here, false),
            ("elsewhere", &["clerk"], vec![role("van-ban", "clerk", None)], &[], here, false),
            ("of a group", &["clerk"], vec![], &groups, there, true),
            ("of another group", &["clerk"], vec![], &groups, here, false),
        ];
        let registry = Registry::default();
        for (case, declared, roles, groups, acting, expected) in table {
            let person = person(roles);
            let held = person.positions.iter().filter(|post| acting.contains(&post.id.as_str()));
            let mut held: Vec<Option<&Position>> = held.map(Some).collect();
            if held.is_empty() {
                held.push(None);
            }
            let holder = |acting| Holder { person: &person, acting, groups, registry: &registry, today: TODAY };
            let holders: Vec<Holder<'_>> = held.into_iter().map(holder).collect();
            assert_eq!(is_entered(&client(declared), &holders), expected, "{case}");
        }
    }
}
