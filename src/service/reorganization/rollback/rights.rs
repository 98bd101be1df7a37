//! Rights that somebody gave since in units and posts that a plan's undoing takes away: they end with what they were for.
//!
//! Were the plan applied again, the same units and posts would be there again, and with them whatever was given in them,
//! without anybody having said so. Whoever wants it then gives it anew.

use super::Undo;
use crate::base::date::iso;
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::AdminRole;
use crate::model::entitlement::GroupGrant;
use crate::model::registry::Registry;
use crate::service::audit::{self, Event};
use crate::store::admin_roles::Granted;
use crate::store::plan_runs::{Run, RunEffect};
use crate::store::role_grants::GrantedRole;
use crate::store::{AsEx, StoreError, Tx, admin_roles, group_grants, role_grants};
use serde_json::{Value, json};
use std::collections::HashSet;
use time::Date;

/// A right of somebody's that ends, or ended, with the unit or the post that it was given in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightSince {
    /// Whose.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// Which.
    pub right: Right,
}

/// Such a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// They look after a unit.
    Administers {
        /// As what.
        role: AdminRole,
        /// The unit's name.
        unit: String,
    },
    /// A role in a client, bound to a post.
    InClient {
        /// The client.
        client: String,
        /// The role.
        role: String,
    },
}

/// Rights that somebody gave since in what goes: those of people, and those that are nobody's own.
#[derive(PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) scopes: Vec<Granted>,
    pub(super) roles: Vec<GrantedRole>,
    pub(super) groups: Vec<GroupGrant>,
}

impl Rights {
    /// Whose they are.
    pub(super) fn people(&self) -> impl Iterator<Item = &PersonId> {
        self.scopes.iter().map(|granted| &granted.person).chain(self.roles.iter().map(|granted| &granted.person))
    }

    /// How many are somebody's.
    pub(super) fn count(&self) -> usize {
        self.scopes.len() + self.roles.len()
    }

    /// The roles of groups, each with the name that its unit had on a day.
    pub(super) fn named_groups(&self, registry: &Registry, on: Date) -> Vec<(GroupGrant, String)> {
        self.groups.iter().map(|grant| (grant.clone(), name_of(&grant.unit, registry, on))).collect()
    }

    /// Those of people, by user name; units with the names that they had on a day.
    pub(super) fn named(&self, registry: &Registry, on: Date) -> Vec<RightSince> {
        let scopes = self.scopes.iter().map(|granted| {
            let unit = granted.scope.unit.as_ref().map(|unit| name_of(unit, registry, on)).unwrap_or_default();
            let right = Right::Administers { role: granted.scope.role, unit };
            RightSince { person: granted.person.clone(), username: granted.username.clone(), right }
        });
        let roles = self.roles.iter().map(|granted| {
            let right = Right::InClient { client: granted.grant.client_id.clone(), role: granted.grant.role.clone() };
            RightSince { person: granted.person.clone(), username: granted.username.clone(), right }
        });
        let mut all: Vec<RightSince> = scopes.chain(roles).collect();
        all.sort_by(|one, other| one.username.cmp(&other.username));
        all
    }
}

/// The name that a unit had on a day; its id where there is no such unit.
pub(super) fn name_of(unit: &UnitId, registry: &Registry, on: Date) -> String {
    let known = registry.unit(unit).map(|unit| registry.name_on(unit, on).to_owned());
    known.unwrap_or_else(|| unit.0.clone())
}

/// What somebody gave since a run was applied, in units and posts that go with it.
pub(super) async fn since(
    conn: &mut impl AsEx,
    (run, effect): (&Run, &RunEffect),
    gone: &HashSet<UnitId>,
) -> Result<Rights, StoreError> {
    let gone: Vec<UnitId> = gone.iter().cloned().collect();
    let moved = effect.scopes.iter().filter_map(|(_, moved)| moved.begun.as_ref());
    let begun: HashSet<&str> = moved.map(|begun| begun.id.as_str()).collect();
    let mut scopes = admin_roles::list_bound_to(conn, &gone).await?;
    scopes.retain(|granted| !begun.contains(granted.scope.id.as_str()));
    let mut roles = Vec::new();
    for (id, _) in role_grants::list_of_begun(conn, &run.id, &run.change_set).await? {
        roles.extend(role_grants::find(conn, &id).await?);
    }
    // A plan gives no group anything: all of these were given by somebody.
    let groups = group_grants::list_in(conn, &gone).await?.into_iter().map(|stored| stored.grant).collect();
    Ok(Rights { scopes, roles, groups })
}

impl Undo<'_> {
    /// Ends what was given in units and posts that go, each with its record. False when it is not what was found: somebody
    /// was first.
    pub(super) async fn end(&self, tx: &mut Tx, found: &Rights) -> Result<bool, StoreError> {
        let now = self.services.clock.now();
        for grant in &found.groups {
            if !group_grants::mark_revoked(tx, &grant.id, self.by.actor, now).await? {
                return Ok(false);
            }
            let told = ("group_role.revoked", Self::detail_of(grant));
            self.record(tx, told, None, Some(&grant.client_id)).await?;
        }
        for granted in &found.scopes {
            if !admin_roles::mark_revoked(tx, &granted.scope.id, now).await? {
                return Ok(false);
            }
            let detail = json!({ "role": granted.scope.role.word(), "unit": granted.scope.unit });
            self.record(tx, ("admin_role.revoked", detail), Some(&granted.person), None).await?;
        }
        for granted in &found.roles {
            if !role_grants::mark_one_revoked(tx, &granted.id, &granted.person, now).await? {
                return Ok(false);
            }
            let detail = json!({ "grant": granted.id, "role": granted.grant.role, "position": granted.grant.position });
            self.record(tx, ("role.revoked", detail), Some(&granted.person), Some(&granted.grant.client_id)).await?;
        }
        Ok(true)
    }

    /// Records that a right ended, and why.
    async fn record(
        &self,
        tx: &mut Tx,
        (event, mut detail): (&'static str, Value),
        person: Option<&PersonId>,
        client: Option<&str>,
    ) -> Result<(), StoreError> {
        detail["reason"] = json!(self.reason);
        detail["plan"] = json!(self.plan.name);
        detail["run"] = json!(self.run.id);
        if let Some(user) = self.by.typed_by {
            detail["typed_by"] = json!(user);
        }
        let event = Event { event, actor: self.by.actor.to_owned(), person, client, origin: self.by.origin, detail };
        audit::record(tx, self.services, event).await
    }

    fn detail_of(grant: &GroupGrant) -> Value {
        let mut detail = json!({
            "grant": grant.id,
            "role": grant.role,
            "unit": grant.unit,
            "below": grant.below,
            "title": grant.title,
            "valid_from": grant.valid_from.map(iso),
            "valid_to": grant.valid_to.map(iso),
        });
        if !grant.condition.is_none() {
            detail["condition"] = json!(grant.condition);
        }
        detail
    }
}
