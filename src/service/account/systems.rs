//! The systems that a person works in, as their own pages show them.
//!
//! A system that declares roles is there for whoever holds one of them in the position that they act in; one that
//! declares none is there for everybody.

use super::positions;
use crate::base::date::vietnam_date;
use crate::base::id::PositionId;
use crate::model::client::Client;
use crate::model::role::RoleGrant;
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
    let acting: Vec<&PositionId> = match positions::acting(known, sign_on, today) {
        Some(position) => known.person.lineage(&position.id),
        // Nothing was chosen, so each system asks: any of the positions may be the answer.
        None => known.person.positions_on(today).into_iter().flat_map(|held| known.person.lineage(&held.id)).collect(),
    };
    let all = clients::list(&mut services.store.read().await?).await?;
    let there = all.into_iter().filter(|client| client.disabled_at.is_none());
    let entered: Vec<Client> = there.filter(|client| is_entered(client, &known.person.roles, &acting)).collect();
    let mut systems = Vec::new();
    for client in entered {
        // Whoever came through an old system sees those of that system.
        if old_accounts::may_enter(services, sign_on, &client).await? {
            systems.extend(system(client, &services.settings.issuer));
        }
    }
    Ok(systems)
}

/// Whether somebody with these roles has anything to do in a client while acting in one of these positions, or in one that
/// goes on from them.
fn is_entered(client: &Client, roles: &[RoleGrant], acting: &[&PositionId]) -> bool {
    let declared = &client.settings.roles;
    declared.is_empty() || roles.iter().any(|role| declared.contains(&role.role) && role.counts_for(&client.id, acting))
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
    use crate::model::client::ClientSettings;

    fn client(roles: &[&str]) -> Client {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let settings = ClientSettings { roles, ..ClientSettings::default() };
        Client { id: "tthc".to_owned(), name: "TTHC".to_owned(), settings, secrets: Vec::new(), disabled_at: None }
    }

    fn role(client_id: &str, role: &str, position: Option<&str>) -> RoleGrant {
        let position = position.map(|id| PositionId(id.to_owned()));
        RoleGrant { client_id: client_id.to_owned(), role: role.to_owned(), position }
    }

    type Case<'a> = (&'a str, &'a [&'a str], Vec<RoleGrant>, Vec<&'a PositionId>, bool);

    #[test]
    fn a_system_with_roles_is_entered_by_whoever_holds_one_as_they_act() {
        let (here, there) = (PositionId("here".to_owned()), PositionId("there".to_owned()));
        let clerk = |position| vec![role("tthc", "clerk", position)];
        let table: [Case<'_>; 9] = [
            ("no roles at all", &[], vec![], vec![], true),
            ("a role that nobody gave", &["clerk"], vec![], vec![&here], false),
            ("of the person", &["clerk"], clerk(None), vec![&here], true),
            ("of the person, without a position", &["clerk"], clerk(None), vec![], true),
            ("of the position", &["clerk"], clerk(Some("here")), vec![&here], true),
            ("of another position", &["clerk"], clerk(Some("here")), vec![&there], false),
            ("of one of those to choose from", &["clerk"], clerk(Some("there")), vec![&here, &there], true),
            ("no longer declared", &["manager"], clerk(None), vec![&here], false),
            ("elsewhere", &["clerk"], vec![role("van-ban", "clerk", None)], vec![&here], false),
        ];
        for (case, declared, roles, acting, expected) in table {
            assert_eq!(is_entered(&client(declared), &roles, &acting), expected, "{case}");
        }
    }
}
