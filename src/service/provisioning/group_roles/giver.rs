//! Who gives roles to groups, and who sees them.

use super::Line;
use super::holders::Holders;
use crate::base::id::UnitId;
use crate::model::admin_scope::AdminRole;
use crate::model::authority::{Extent, GrantInClient, GrantRoles, ReadClients, ReadPeople};
use crate::service::Origin;
use crate::service::audit::Event;
use crate::service::authority::{Authority, Doer, OneClient, People, Units};
use serde_json::Value;

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
    /// Whoever may read people: those that reach into their units, or are still somebody's there since their own unit went.
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

    /// Whether they may take a role back. One whose unit is gone is taken back by whoever looks after the units in which all of
    /// those work for whom it still counts.
    pub fn may_take_back(&self, line: &Line) -> bool {
        let is_theirs = self.is_of_theirs(line) || self.held(line, Holders::all_in);
        self.enters(&line.grant.client_id) && is_theirs && self.gives(line.left_to_units)
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

    /// Whether a role lies within their bounds, or is somebody's there although its unit is gone.
    pub(super) fn sees(&self, line: &Line) -> bool {
        let is_theirs = self.is_of_theirs(line) || self.held(line, Holders::any_in);
        self.enters(&line.grant.client_id) && is_theirs
    }

    /// Whether it is of a unit of theirs, by whatever name that goes today.
    fn is_of_theirs(&self, line: &Line) -> bool {
        line.standing.iter().any(|unit| self.reaches(unit))
    }

    fn held(&self, line: &Line, lie: impl Fn(&Holders, &Extent) -> bool) -> bool {
        match self {
            Self::Operator { .. } | Self::Client(_) => true,
            Self::Units { proof, .. } => line.holders.as_ref().is_some_and(|holders| lie(holders, proof.extent())),
        }
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

impl<'a> Seeing<'a> {
    /// The bounds within which roles are shown to them; none where units bound nothing.
    pub(super) fn bounds(&self) -> Option<&'a Extent> {
        match self {
            Self::Operator | Self::Client(_) => None,
            Self::People(proof) => Some(proof.extent()),
        }
    }

    /// Whether they are shown the roles of a client at all.
    pub(super) fn enters(&self, client: &str) -> bool {
        match self {
            Self::Operator | Self::People(_) => true,
            Self::Client(proof) => proof.client() == client,
        }
    }
}
