//! Taking an applied plan back: one short write of the inverse, after which everything is as it was.
//!
//! Units are as they were because every edit says what was there before it; posts, because the sets of the plan count no
//! more; scopes of administrators, because each move says what was before. What somebody changed since stands in the way
//! until whoever takes the plan back accepts that it stays; a right that was given since in a unit or a post that goes ends
//! with it. Accounts that were shut because the plan ended somebody's last post are open again.

use super::By;
use super::accounts::{give_back, sets};
use super::apply::ORIGIN;
use super::errors::ReorganizationError;
use super::flip::forget_all;
use super::lines::count;
use super::outlook::{BATCH, TURNS, people_version, registry_now};
use super::register::note;
use super::rest::Review;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use crate::base::text::has_control;
use crate::model::correction::{Made, Way, among};
use crate::model::plan::{Edits, Fact, Fate};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::plan_runs::{self, Run, RunEffect, RunState};
use crate::store::plans::{self, StoredPlan};
use crate::store::positions_in_units::list_people;
use crate::store::{
    StoreError, Tx, admin_roles, change_sets, person_names, registry_corrections, registry_edits, role_grants, units,
};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
/// People of one page.
const PAGE: i64 = 500;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The run that was taken back.
    pub run: String,
    /// People of whom something was changed since, with their user names: of their posts it stays, and a right in what goes
    /// ended.
    pub kept: Vec<(PersonId, String)>,
    /// Rights that were given since in a unit or a post that goes: they ended.
    pub rights_ended: usize,
    /// Accounts that were shut because of the plan, and are open again.
    pub accounts: i64,
    /// Scopes of administrators that somebody changed since: they stay so.
    pub scopes_left: usize,
    /// The registry's version now.
    pub registry_version: i64,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// Takes back what was applied of a plan, or of a stage of it.
pub async fn rollback(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    accept_edits: bool,
    reason: &str,
    by: &By<'_>,
) -> Result<RolledBack, ReorganizationError> {
    let began = services.clock.now();
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || has_control(reason) {
        return Err(ReorganizationError::Reason);
    }
    let (plan, run, effect) = find(services, name, stage).await?;
    let rest = ChangeSetId::new(began, &*services.entropy);
    let mut tx = services.store.write().await?;
    change_sets::add(&mut tx, &rest, ORIGIN, by.actor, began).await?;
    tx.commit().await?;
    let inverse = effect.edits.inverse();
    let gone = removed(&inverse);
    let (plan, run, effect) = (&plan, &run, &effect);
    let undo = Undo { services, plan, run, effect, inverse: &inverse, gone: &gone, rest: &rest, by, reason };
    match undo.carry_out(accept_edits).await {
        Ok(done) => {
            // Whom this does not reach, the job does.
            let accounts = give_back(services, run, by).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "not all accounts that a plan had shut could be given back yet");
                0
            });
            Ok(RolledBack { accounts, took_ms: services.clock.now().since(began), ..done })
        }
        Err(error) => {
            // The first failure is what matters; a set that is left counts for nothing and is cleaned by the job.
            if let Err(second) = give_up(services, &rest).await {
                tracing::warn!(error = %second, "what a plan's undoing had staged could not be cleaned up now");
            }
            Err(error)
        }
    }
}

async fn find(services: &Services, name: &str, stage: Option<&str>) -> Result<(StoredPlan, Run, RunEffect), ReorganizationError> {
    let mut conn = services.store.read().await?;
    let plan = plans::find(&mut conn, name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    let live = plan_runs::find_live(&mut conn, name, stage.unwrap_or_default()).await?;
    let run = match live {
        Some(run) if run.state == RunState::Applied => run,
        Some(_) => return Err(ReorganizationError::Busy),
        None => return Err(ReorganizationError::NotApplied),
    };
    let effect = plan_runs::find_effect(&mut conn, &run.id).await?;
    let effect = effect.ok_or_else(|| StoreError::Corrupt("plan_runs.edits".to_owned()))?;
    Ok((plan, run, effect))
}

/// No plan that was applied later touches the same units.
async fn is_last(services: &Services, run: &Run, effect: &RunEffect) -> Result<(), ReorganizationError> {
    let own = touched(effect);
    let mut conn = services.store.read().await?;
    let version = run.registry_after.unwrap_or(run.registry_before);
    let all = plan_runs::list_applied_after(&mut conn, version).await?;
    for later in all {
        let Some(theirs) = plan_runs::find_effect(&mut conn, &later.id).await? else { continue };
        if !own.is_disjoint(&touched(&theirs)) {
            return Err(ReorganizationError::LaterPlan { name: later.plan });
        }
    }
    Ok(())
}

/// The units of which something changes, those that end, and those that they leave their people to.
fn touched(effect: &RunEffect) -> HashSet<&UnitId> {
    let edits = &effect.edits;
    let facts = edits.facts.iter().flat_map(|edit| {
        let above = match &edit.fact {
            Fact::Parent { parent, .. } => Some(parent),
            Fact::Unit { .. } | Fact::Code { .. } | Fact::Name { .. } => None,
        };
        [Some(edit.fact.unit()), above].into_iter().flatten()
    });
    let left = effect.ended.iter().flat_map(|(unit, fate)| {
        let targets: &[UnitId] = match fate {
            Fate::Whole(target) => std::slice::from_ref(target),
            Fate::Choice(candidates) => candidates,
            Fate::Gone => &[],
        };
        targets.iter().chain([unit])
    });
    facts.chain(edits.pairs.iter().flat_map(|pair| [&pair.from, &pair.to])).chain(left).collect()
}

/// The units that there are not any more after these edits.
fn removed(edits: &Edits) -> HashSet<UnitId> {
    let gone = edits.facts.iter().filter(|edit| edit.now.is_none() && matches!(edit.fact, Fact::Unit { .. }));
    gone.map(|edit| edit.fact.unit().clone()).collect()
}

async fn give_up(services: &Services, rest: &ChangeSetId) -> Result<(), StoreError> {
    let mut tx = services.store.write().await?;
    change_sets::mark_abandoned(&mut tx, rest, services.clock.now()).await?;
    tx.commit().await
}

/// Rights that somebody gave since in what goes: with the ids of the rows, whose they are.
struct Rights {
    scopes: Vec<(String, PersonId)>,
    roles: Vec<(String, PersonId)>,
}

/// What one write rests on.
struct Found<'a> {
    people_version: i64,
    registry_version: i64,
    /// The sets that tell what the plan did.
    own: &'a HashSet<ChangeSetId>,
    rights: &'a Rights,
    /// People of whom something was changed since.
    kept: usize,
}

/// What is taken back.
struct Undo<'a> {
    services: &'a Services,
    plan: &'a StoredPlan,
    run: &'a Run,
    effect: &'a RunEffect,
    inverse: &'a Edits,
    /// The units that there are not any more then.
    gone: &'a HashSet<UnitId>,
    /// The set that tells what stays.
    rest: &'a ChangeSetId,
    by: &'a By<'a>,
    reason: &'a str,
}

impl Undo<'_> {
    async fn carry_out(&self, accept_edits: bool) -> Result<RolledBack, ReorganizationError> {
        let services = self.services;
        let mut edited: BTreeSet<PersonId> = BTreeSet::new();
        let mut at: Option<i64> = None;
        for _ in 0..TURNS {
            // Read first: whatever is applied after it is found at the next turn.
            let version = people_version(services).await?;
            let registry = registry_now(services).await?;
            // A plan that is applied after this raises the registry's version.
            is_last(services, self.run, self.effect).await?;
            let own = sets(services, self.run).await?.into_iter().collect();
            let review = Review { services, own, gone: self.gone, rest: self.rest, tells: accept_edits };
            match at {
                None => review.look_at(&self.everybody(&review.own).await?, &mut edited).await?,
                Some(at) => review.look_again(at, &mut edited).await?,
            }
            at = Some(version);
            let rights = self.rights().await?;
            let given = rights.scopes.iter().chain(&rights.roles).map(|(_, person)| person);
            let concerned: BTreeSet<PersonId> = edited.iter().chain(given).cloned().collect();
            if !concerned.is_empty() && !accept_edits {
                return Err(ReorganizationError::EditsSince { people: count(concerned.len()) });
            }
            if registry.with(self.inverse).is_none() {
                return Err(ReorganizationError::RegistrySince);
            }
            let found = Found {
                people_version: version,
                registry_version: registry.version(),
                own: &review.own,
                rights: &rights,
                kept: concerned.len(),
            };
            if let Some(scopes_left) = self.write(&found).await? {
                forget_all(services).await;
                return Ok(RolledBack {
                    run: self.run.id.clone(),
                    kept: names(services, &concerned).await?,
                    rights_ended: rights.scopes.len() + rights.roles.len(),
                    accounts: 0,
                    scopes_left,
                    registry_version: registry.version() + 1,
                    took_ms: 0,
                });
            }
        }
        Err(ReorganizationError::Overtaken)
    }

    /// What somebody gave since in units and posts that there are not any more then: were the plan applied again, it would
    /// count again without anybody having said so.
    async fn rights(&self) -> Result<Rights, StoreError> {
        let gone: Vec<UnitId> = self.gone.iter().cloned().collect();
        let moved = self.effect.scopes.iter().filter_map(|(_, moved)| moved.begun.as_ref());
        let begun: HashSet<&str> = moved.map(|begun| begun.id.as_str()).collect();
        let mut conn = self.services.store.read().await?;
        let scopes = admin_roles::list_bound_to(&mut conn, &gone).await?;
        let given = scopes.into_iter().filter(|granted| !begun.contains(granted.scope.id.as_str()));
        Ok(Rights {
            scopes: given.map(|granted| (granted.scope.id, granted.person)).collect(),
            roles: role_grants::list_of_begun(&mut conn, &self.run.id, &self.run.change_set).await?,
        })
    }

    /// Everybody of whom the plan told something, or with a post in a unit that it brought.
    async fn everybody(&self, own: &HashSet<ChangeSetId>) -> Result<Vec<PersonId>, StoreError> {
        let mut all: BTreeSet<PersonId> = BTreeSet::new();
        for set in own {
            let mut after = PersonId(String::new());
            loop {
                let page = change_sets::list_touched(&mut self.services.store.read().await?, set, &after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.clone();
                all.extend(page);
            }
        }
        let gone: Vec<UnitId> = self.gone.iter().cloned().collect();
        let mut after = PersonId(String::new());
        loop {
            let mut conn = self.services.store.read().await?;
            let page = list_people(&mut conn, &gone, self.plan.effective, &after, PAGE).await?;
            let is_last = count(page.len()) < PAGE;
            if let Some(last) = page.last() {
                after = last.clone();
            }
            all.extend(page);
            if is_last {
                return Ok(all.into_iter().collect());
            }
        }
    }

    /// The one write; nothing when somebody was first to the people or the units. Else how many scopes stay as they are.
    async fn write(&self, found: &Found<'_>) -> Result<Option<usize>, ReorganizationError> {
        let mut tx = self.services.store.write().await?;
        match self.write_in(&mut tx, found).await {
            Ok(Some(left)) => {
                tx.commit().await?;
                Ok(Some(left))
            }
            // Two waited for each other: whoever begins anew comes through.
            Ok(None) | Err(ReorganizationError::Failure(Failure::Store(StoreError::Stale))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn write_in(&self, tx: &mut Tx, found: &Found<'_>) -> Result<Option<usize>, ReorganizationError> {
        let now = self.services.clock.now();
        if !plan_runs::mark_undoing(tx, &self.run.id, self.rest, now).await? {
            let still = plan_runs::find(tx, &self.run.id).await?.is_some_and(|run| run.state == RunState::Applied);
            return Err(if still { ReorganizationError::Busy } else { ReorganizationError::NotApplied });
        }
        if !change_sets::mark_compared(tx, self.rest, found.people_version).await? {
            return Err(ReorganizationError::Overtaken);
        }
        if !change_sets::replace_people_version(tx, self.rest, now).await?
            || !change_sets::mark_applied(tx, self.rest, now).await?
            || !units::replace_version(tx, found.registry_version, now).await?
        {
            return Ok(None);
        }
        for set in found.own {
            if !change_sets::mark_undone(tx, set, now).await? {
                return Err(ReorganizationError::NotApplied);
            }
        }
        self.take_units_back(tx, found.registry_version, now).await?;
        for (id, _) in &found.rights.scopes {
            admin_roles::mark_revoked(tx, id, now).await?;
        }
        for (id, person) in &found.rights.roles {
            role_grants::mark_one_revoked(tx, id, person, now).await?;
        }
        let mut left = 0;
        for (person, moved) in self.effect.scopes.iter().rev() {
            left += usize::from(!admin_roles::take_move_back(tx, person, moved).await?);
        }
        if !plan_runs::mark_undone(tx, &self.run.id, (self.by.actor, self.reason), now).await? {
            return Err(ReorganizationError::NotApplied);
        }
        self.tell(tx, found, left).await?;
        Ok(Some(left))
    }

    /// Writes the inverse, and what of it is said of days that are over.
    async fn take_units_back(&self, tx: &mut Tx, version: i64, now: Millis) -> Result<(), ReorganizationError> {
        match registry_edits::write(tx, self.inverse).await {
            Ok(()) => {}
            Err(StoreError::Stale) => return Err(ReorganizationError::RegistrySince),
            Err(error) => return Err(error.into()),
        }
        let made = Made {
            at: now,
            by: self.by.actor.to_owned(),
            way: Way::PlanUndone,
            reason: format!("{}: {}", self.plan.name, self.reason),
            version_before: version,
            version_after: version + 1,
        };
        registry_corrections::add(tx, &made, &among(self.inverse, vietnam_date(now))).await?;
        Ok(())
    }

    /// Records it, and lets everybody forget what was.
    async fn tell(&self, tx: &mut Tx, found: &Found<'_>, left: usize) -> Result<(), StoreError> {
        let detail = json!({
            "plan": self.plan.name,
            "stage": Some(&self.run.stage).filter(|stage| !stage.is_empty()),
            "run": self.run.id,
            "reason": self.reason,
            "people_kept": count(found.kept),
            "rights_ended": count(found.rights.scopes.len() + found.rights.roles.len()),
            "scopes_left": count(left),
            "registry_version": found.registry_version + 1,
        });
        note(tx, self.services, "plan.rolled_back", self.by, detail).await?;
        forget(tx, self.services, Kind::Registry, "").await?;
        forget(tx, self.services, Kind::People, "").await
    }
}

async fn names(services: &Services, people: &BTreeSet<PersonId>) -> Result<Vec<(PersonId, String)>, StoreError> {
    let people: Vec<PersonId> = people.iter().cloned().collect();
    let mut all = Vec::with_capacity(people.len());
    for some in people.chunks(BATCH) {
        let mut names = person_names::names_of(&mut services.store.read().await?, some).await?;
        all.extend(some.iter().map(|person| (person.clone(), names.remove(person).unwrap_or_default())));
    }
    Ok(all)
}
