//! Who gives roles to groups, and who sees them.

use super::Line;
use crate::base::id::UnitId;
use crate::model::admin_scope::{AdminRole, lies_in};
use crate::model::authority::{Extent, GrantInClient, GrantRoles, ReadClients, ReadPeople};
use crate::model::entitlement::GroupGrant;
use crate::model::registry::Registry;
use crate::service::Origin;
use crate::service::audit::Event;
use crate::service::authority::{Authority, Doer, OneClient, People, Units};
use serde_json::Value;
use time::Date;

/// Who gives such roles and takes them back.
pub enum Giver {
    /// Somebody at the command line.
    Operator {
        /// Who.
        actor: String,
        /// From where.
        origin: Origin,
    },
    /// Whoever may give the roles of one client.
    Client(OneClient<GrantInClient>),
    /// Whoever may give roles in some units.
    Units {
        /// In which.
        proof: Units<GrantRoles>,
        /// Only what the client leaves to units.
        only_left: bool,
    },
}

/// Who looks at such roles.
pub enum Seeing<'a> {
    /// Somebody at the command line: all of them.
    Operator,
    /// Whoever may read one client: those of that client.
    Client(&'a OneClient<ReadClients>),
    /// Whoever may read people: those that reach into their units.
    People(&'a People<ReadPeople>),
}

impl Giver {
    /// As what somebody gives roles of a client to groups, where they may at all: anywhere if they may, or else in their units.
    pub fn of(authority: &Authority, client: &str) -> Option<Self> {
        if let Some(proof) = authority.client::<GrantInClient>(client) {
            return Some(Self::Client(proof));
        }
        let proof = authority.units::<GrantRoles>()?;
        Some(Self::Units { proof, only_left: looks_after_a_unit(authority) })
    }

    /// Whether they may take a role back.
    pub fn may_take_back(&self, line: &Line) -> bool {
        self.sees(&line.grant) && self.gives(line.left_to_units)
    }

    /// Who it is, at the console.
    pub(super) fn doer(&self) -> Option<&Doer> {
        match self {
            Self::Operator { .. } => None,
            Self::Client(proof) => Some(&proof.by),
            Self::Units { proof, .. } => Some(&proof.by),
        }
    }

    /// Who it is, for records.
    pub(super) fn actor(&self) -> &str {
        match self {
            Self::Operator { actor, .. } => actor,
            Self::Client(proof) => proof.by.person.as_str(),
            Self::Units { proof, .. } => proof.by.person.as_str(),
        }
    }

    /// Whether a role lies within their bounds.
    pub(super) fn sees(&self, grant: &GroupGrant) -> bool {
        self.enters(&grant.client_id) && self.reaches(&grant.unit)
    }

    /// Whether they give roles of a client at all.
    pub(super) fn enters(&self, client: &str) -> bool {
        match self {
            Self::Operator { .. } | Self::Units { .. } => true,
            Self::Client(proof) => proof.client() == client,
        }
    }

    /// Whether they give roles in a unit.
    pub(super) fn reaches(&self, unit: &UnitId) -> bool {
        match self {
            Self::Operator { .. } | Self::Client(_) => true,
            Self::Units { proof, .. } => proof.holds(unit),
        }
    }

    /// Whether they give and take back a role that its client leaves to units, or does not.
    pub(super) fn gives(&self, left_to_units: bool) -> bool {
        left_to_units || !matches!(self, Self::Units { only_left: true, .. })
    }

    /// What they did, for the records.
    pub(super) fn event<'a>(&'a self, event: &'static str, client: &'a str, detail: Value) -> Event<'a> {
        match self {
            Self::Operator { actor, origin } => {
                Event { event, actor: actor.clone(), person: None, client: Some(client), origin, detail }
            }
            Self::Client(proof) => Event::by(&proof.by, event, None, Some(client), detail),
            Self::Units { proof, .. } => Event::by(&proof.by, event, None, Some(client), detail),
        }
    }
}

/// Whoever is a unit's administrator gives what is left to units, also where they look after more as somebody else.
pub(super) fn looks_after_a_unit(authority: &Authority) -> bool {
    authority.scopes().iter().any(|scope| scope.role == AdminRole::Unit)
}

impl Seeing<'_> {
    /// Whether a role is shown to them.
    pub(super) fn sees(&self, grant: &GroupGrant, registry: &Registry, today: Date) -> bool {
        match self {
            Self::Operator => true,
            Self::Client(proof) => proof.client() == grant.client_id,
            Self::People(proof) => match proof.extent() {
                Extent::City => true,
                Extent::Units(units) => {
                    let under = |unit: &UnitId| grant.below && lies_in(unit, &grant.unit, registry, today);
                    units.contains(&grant.unit) || units.iter().any(under)
                }
            },
        }
    }
}
