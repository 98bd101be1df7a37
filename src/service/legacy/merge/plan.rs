//! What merging two persons would do: all that moves, and all that stays, before anything does.

use super::ground::Ground;
use super::side::{Shown, Side, Sides};
use super::{Hand, MergeError, Pair, today};
use crate::base::digest::{base64url, sha256};
use crate::base::id::PositionId;
use crate::model::admin_scope::AdminRole;
use crate::model::authority::GrantRoles;
use crate::model::client::Client;
use crate::model::entitlement::Condition;
use crate::model::legacy_source::LegacySource;
use crate::model::person_merge::{Becomes, Filled, Refusal, carry, refuse};
use crate::model::position::Position;
use crate::service::old_accounts::is_lasting;
use crate::service::{Failure, Services};
use crate::store::person_merges::{AccountRow, SubjectRow};
use crate::store::role_grants::{GrantedRole, Terms};
use crate::store::{AsEx, clients};
use serde_json::json;
use std::collections::BTreeSet;

/// A position of the merged person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPosition {
    /// As they hold it.
    pub position: Position,
    /// What becomes of it.
    pub becomes: Becomes,
}

/// What becomes of a role of the merged person in a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleFate {
    /// The kept person is given it.
    Given,
    /// The kept person has it already.
    Held,
    /// It stays: whoever merges may not give it.
    NotTheirs,
    /// It stays: the merged person could not use it.
    Idle,
    /// It stays: the client is closed, or declares it no more.
    Undeclared,
}

impl RoleFate {
    fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Held => "held",
            Self::NotTheirs => "not_theirs",
            Self::Idle => "idle",
            Self::Undeclared => "undeclared",
        }
    }
}

/// A role of the merged person in a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRole {
    /// The grant of the merged person.
    pub(super) grant: String,
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// The kept person's position in which it would count.
    pub position: Option<PositionId>,
    /// What it asks of a sign-on.
    pub(super) condition: Condition,
    pub(super) terms: Terms,
    /// What becomes of it.
    pub fate: RoleFate,
}

/// An account of an old system that will lead to the kept person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAccount {
    /// The source.
    pub source: String,
    /// What the source calls it.
    pub legacy_id: String,
    /// Its user name there.
    pub username: String,
    /// It opens nothing from then on: the kept person signs in by a way of their own.
    pub retires: bool,
}

/// What becomes of a subject of the merged person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectFate {
    /// The sector will know the kept person by it.
    Moved,
    /// The sector knows the kept person already: it stays with the merged one and is nobody else's ever.
    Stays,
}

/// What a merge would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who is kept.
    pub kept: Shown,
    /// Who is merged into them.
    pub merged: Shown,
    /// Why it cannot be; everything else then says what would be.
    pub refusal: Option<Refusal>,
    /// Facts that the kept person gets.
    pub filled: Vec<Filled>,
    /// Positions.
    pub positions: Vec<PlannedPosition>,
    /// Roles in clients.
    pub roles: Vec<PlannedRole>,
    /// Accounts of old systems.
    pub accounts: Vec<PlannedAccount>,
    /// What sectors know the merged person as.
    pub subjects: Vec<(String, SubjectFate)>,
    /// By this it is known again: whoever confirms says what they saw.
    pub digest: String,
}

/// Draws it.
pub(super) async fn draw(
    conn: &mut impl AsEx,
    services: &Services,
    pair: &Pair,
    sides: &Sides,
    ground: &Ground,
) -> Result<Plan, MergeError> {
    let Sides { kept, merged } = sides;
    let numbers_differ = kept.number.is_some() && merged.number.is_some() && kept.number != merged.number;
    let positions = positions(kept, merged);
    let roles = roles(conn, services, pair, sides, &positions).await?;
    let refusal = refuse(kept.standing(), merged.standing(), numbers_differ, pair.is_by_system());
    let mut plan = Plan {
        kept: kept.shown(),
        merged: merged.shown(),
        refusal: refusal.or_else(|| ground.bring(kept, &positions).then_some(Refusal::Brings)),
        filled: filled(kept, merged),
        positions,
        roles,
        accounts: accounts(kept, merged, &ground.sources),
        subjects: subjects(kept, merged),
        digest: String::new(),
    };
    plan.digest = digest(&plan);
    Ok(plan)
}

/// Facts that the kept one lacks. Addresses are not among them: a way back into the account is sent there.
fn filled(kept: &Side, merged: &Side) -> Vec<Filled> {
    let (ours, theirs) = (&kept.facts.facts, &merged.facts.facts);
    let lacks = [
        (Filled::Number, kept.number.is_none() && merged.number.is_some()),
        (Filled::BirthDate, ours.date_of_birth.is_none() && theirs.date_of_birth.is_some()),
        (Filled::EmployeeCode, ours.employee_code.is_none() && theirs.employee_code.is_some()),
    ];
    lacks.into_iter().filter(|(_, lacks)| *lacks).map(|(fact, _)| fact).collect()
}

/// What others handed to one of them was handed to that one alone: it is neither carried over nor stands for a post that is.
fn positions(kept: &Side, merged: &Side) -> Vec<PlannedPosition> {
    let own = |side: &Side| -> Vec<Position> {
        side.person.positions.iter().filter(|held| held.delegated_by.is_none()).cloned().collect()
    };
    let mut theirs = own(merged);
    // The main one first, so that it is the main one where there is none.
    theirs.sort_by(|a, b| (!a.primary, a.valid_from, &a.id).cmp(&(!b.primary, b.valid_from, &b.id)));
    let becomes = carry(&kept.person.id, &own(kept), &theirs);
    theirs.into_iter().zip(becomes).map(|(position, becomes)| PlannedPosition { position, becomes }).collect()
}

async fn roles(
    conn: &mut impl AsEx,
    services: &Services,
    pair: &Pair,
    sides: &Sides,
    positions: &[PlannedPosition],
) -> Result<Vec<PlannedRole>, Failure> {
    let today = today(services);
    let mut planned = Vec::new();
    for held in sides.merged.roles.iter().filter(|held| !held.is_over_on(today)) {
        let client = clients::find(conn, &held.grant.client_id).await?;
        let client_name = client.as_ref().map_or_else(|| held.grant.client_id.clone(), |client| client.name.clone());
        let open = client.filter(|client| client.disabled_at.is_none() && client.settings.roles.contains(&held.grant.role));
        let carried = held.grant.position.as_ref().map(|id| positions.iter().find(|planned| planned.position.id == *id));
        let position = carried.flatten().map(|planned| counts_in(planned, positions).clone());
        // A role in a position that is not there counts for nothing.
        let is_idle = sides.merged.standing.disabled_at.is_some() || matches!(carried, Some(None));
        let is_held = || sides.kept.roles.iter().any(|own| holds(own, held, position.as_ref()));
        let fate = match open {
            None => RoleFate::Undeclared,
            Some(_) if is_idle => RoleFate::Idle,
            Some(_) if is_held() => RoleFate::Held,
            Some(client) if may_give(pair, &client, &held.grant.role) => RoleFate::Given,
            Some(_) => RoleFate::NotTheirs,
        };
        planned.push(PlannedRole {
            grant: held.id.clone(),
            client_id: held.grant.client_id.clone(),
            client_name,
            role: held.grant.role.clone(),
            position,
            condition: held.grant.condition,
            terms: held.terms.clone(),
            fate,
        });
    }
    Ok(planned)
}

/// The kept person's position in which a role counts that is bound to one of the merged person's. Where that one is the kept
/// person's already and went on for the merged one alone, it counts where it went on, and what is bound to the kept
/// person's does not.
fn counts_in<'p>(planned: &'p PlannedPosition, positions: &'p [PlannedPosition]) -> &'p PositionId {
    let mut at = planned;
    // Nothing goes on from itself, but a defect of the data may say so.
    for _ in positions {
        let next = positions.iter().find(|next| next.position.follows.as_ref() == Some(&at.position.id));
        match next.map(|next| (next, &next.becomes)) {
            Some((_, Becomes::Copied(copy))) if copy.follows.is_none() => return &copy.id,
            Some((next, Becomes::Same(_))) => at = next,
            Some((_, Becomes::Copied(_))) | None => break,
        }
    }
    planned.becomes.id()
}

/// Whether a role that somebody has is the same as another one, on all of its days.
fn holds(own: &GrantedRole, theirs: &GrantedRole, position: Option<&PositionId>) -> bool {
    let same = own.grant.client_id == theirs.grant.client_id
        && own.grant.role == theirs.grant.role
        && own.grant.position.as_ref() == position
        && own.grant.condition.asks_no_more_than(theirs.grant.condition);
    let begins = own.terms.valid_from.is_none_or(|own| theirs.terms.valid_from.is_some_and(|first| own <= first));
    let ends = own.terms.valid_to.is_none_or(|own| theirs.terms.valid_to.is_some_and(|last| own >= last));
    same && begins && ends
}

/// Nobody gives more than they may give otherwise: for a unit, what a client leaves to units.
fn may_give(pair: &Pair, client: &Client, role: &str) -> bool {
    match &pair.hand {
        Hand::CommandLine { .. } => true,
        Hand::Administrator { kept, .. } => {
            let for_a_unit = kept.acting_as.split(' ').next() == Some(AdminRole::Unit.word());
            kept.holds::<GrantRoles>() && (!for_a_unit || client.settings.unit_granted_roles.iter().any(|left| left == role))
        }
    }
}

fn accounts(kept: &Side, merged: &Side, sources: &[LegacySource]) -> Vec<PlannedAccount> {
    let lasting: BTreeSet<&str> = sources.iter().filter(|source| is_lasting(source)).map(|source| source.id.as_str()).collect();
    let account = |row: &AccountRow| PlannedAccount {
        source: row.source.clone(),
        legacy_id: row.legacy_id.clone(),
        username: row.username.clone(),
        retires: kept.is_enrolled() && row.retired_at.is_none() && !lasting.contains(row.source.as_str()),
    };
    merged.accounts.iter().map(account).collect()
}

fn subjects(kept: &Side, merged: &Side) -> Vec<(String, SubjectFate)> {
    let known: BTreeSet<&str> = kept.subjects.iter().map(|row| row.sector.as_str()).collect();
    let fate = |sector: &str| if known.contains(sector) { SubjectFate::Stays } else { SubjectFate::Moved };
    merged.subjects.iter().map(|row| (row.sector.clone(), fate(&row.sector))).collect()
}

/// What the plan is known by: everything that moves, and to whom.
fn digest(plan: &Plan) -> String {
    let positions: Vec<_> = plan
        .positions
        .iter()
        .map(|planned| {
            let copied = match &planned.becomes {
                Becomes::Copied(position) => Some(position.primary),
                Becomes::Same(_) => None,
            };
            json!([planned.position.id, planned.position.valid_to.map(|last| last.to_string()), planned.becomes.id(), copied])
        })
        .collect();
    let roles: Vec<_> = plan.roles.iter().map(|role| json!([role.grant, role.fate.word()])).collect();
    let accounts: Vec<_> =
        plan.accounts.iter().map(|account| json!([account.source, account.legacy_id, account.retires])).collect();
    let subjects: Vec<_> = plan.subjects.iter().map(|(sector, fate)| json!([sector, *fate == SubjectFate::Moved])).collect();
    let told = json!({
        "kept": plan.kept.person.id,
        "merged": plan.merged.person.id,
        "filled": plan.filled,
        "positions": positions,
        "roles": roles,
        "accounts": accounts,
        "subjects": subjects,
    });
    base64url(&sha256(told.to_string().as_bytes()))
}

impl Plan {
    /// The plan, unless it cannot be.
    pub(super) fn allowed(self) -> Result<Self, MergeError> {
        match self.refusal {
            Some(refusal) => Err(refusal.into()),
            None => Ok(self),
        }
    }
}

/// The subjects that move.
pub(super) fn moving<'a>(plan: &'a Plan, merged: &'a Side) -> impl Iterator<Item = &'a SubjectRow> {
    let moves = |sector: &str| plan.subjects.iter().any(|(name, fate)| name == sector && *fate == SubjectFate::Moved);
    merged.subjects.iter().filter(move |row| moves(&row.sector))
}
