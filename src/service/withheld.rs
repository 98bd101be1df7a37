//! Roles of groups that somebody may not give, and what a post would bring of them by what they type of it.
//!
//! Whoever looks after some units types titles and days of the posts there. A role that its client does not leave to units, or
//! that was given in a unit beyond theirs, comes to nobody by that: such a post is entered by whoever keeps the whole directory.

use super::Services;
use super::authority::Doer;
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::admin_scope::AdminRole;
use crate::model::authority::Extent;
use crate::model::brought::{Cause, Typed, Watched};
use crate::model::client::Client;
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::registry::Registry;
use crate::store::group_grants::{self, Stored};
use crate::store::{Conn, StoreError, admin_roles, clients};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use time::Date;

/// A role that a post would bring, and that is not for them to give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Brought {
    /// The client's name.
    pub system: String,
    /// The role.
    pub role: String,
    /// What of the post brings it.
    pub by: Cause,
}

impl Brought {
    /// The column of a file that says so, and the field of a form.
    pub fn column(&self) -> &'static str {
        match self.by {
            Cause::Title => "title",
            Cause::FirstDay => "valid_from",
            Cause::LastDay => "valid_to",
        }
    }
}

/// What was given to groups, by whomever.
pub struct Given {
    stored: Vec<Stored>,
    clients: Vec<Client>,
}

impl Given {
    /// Reads it.
    pub async fn read(conn: &mut Conn) -> Result<Self, StoreError> {
        Ok(Self { stored: group_grants::list(conn).await?, clients: clients::list(conn).await? })
    }
}

/// The units that somebody looks after, and whether they give there only what clients leave to units.
pub struct Reach<'a> {
    /// True for a unit of theirs.
    pub holds: &'a dyn Fn(&UnitId) -> bool,
    /// True for whoever is a unit's administrator.
    pub only_left: bool,
}

/// The roles of groups that somebody may not give.
pub struct Withheld {
    groups: Watched,
    /// What clients are called, by id.
    names: HashMap<String, String>,
    registry: Arc<Registry>,
    today: Date,
}

impl Withheld {
    /// From whoever looks after an extent; nothing is from whoever looks after the whole city.
    pub async fn of(services: &Services, by: &Doer, extent: &Extent) -> Result<Option<Self>, StoreError> {
        if *extent == Extent::City {
            return Ok(None);
        }
        let today = vietnam_date(services.clock.now());
        let mut conn = services.store.read().await?;
        let scopes = admin_roles::list(&mut conn, &by.person).await?;
        let only_left = scopes.iter().any(|scope| scope.role == AdminRole::Unit && scope.in_force_on(today));
        let given = Given::read(&mut conn).await?;
        drop(conn);
        let reach = Reach { holds: &|unit| extent.holds(unit), only_left };
        Ok(Some(Self::among(given, &reach, services.known.registry(), today)))
    }

    /// Of all that was given, what is not for whoever reaches so far.
    pub fn among(given: Given, reach: &Reach<'_>, registry: Arc<Registry>, today: Date) -> Self {
        let Given { stored, clients } = given;
        let names = clients.iter().map(|client| (client.id.clone(), client.name.clone())).collect();
        let settings: HashMap<&str, &Client> = clients.iter().map(|client| (client.id.as_str(), client)).collect();
        let withheld = |grant: &GroupGrant| {
            let client = settings.get(grant.client_id.as_str()).filter(|client| client.settings.roles.contains(&grant.role));
            client.is_some_and(|client| {
                let left = client.settings.unit_granted_roles.contains(&grant.role);
                let is_theirs = || standing_for(&registry, &grant.unit, today).into_iter().any(reach.holds);
                (reach.only_left && !left) || !is_theirs()
            })
        };
        let open = stored.into_iter().map(|stored| stored.grant).filter(|grant| !grant.is_over_on(today));
        let groups = Watched::of(open.filter(withheld));
        Self { groups, names, registry, today }
    }

    /// What a post would bring of them, each once.
    pub fn brought(&self, typed: &Typed<'_>) -> Vec<Brought> {
        let found = self.groups.brought(typed, &self.registry, self.today);
        let told = found.into_iter().map(|(grant, by)| Brought {
            system: self.names.get(&grant.client_id).unwrap_or(&grant.client_id).clone(),
            role: grant.role.clone(),
            by,
        });
        told.collect::<BTreeSet<_>>().into_iter().collect()
    }
}
