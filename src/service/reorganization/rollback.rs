//! Taking an applied plan back: one short write of the inverse, after which everything is as it was.
//!
//! Units are as they were because every edit says what was there before it; posts, because the sets of the plan count no
//! more; scopes of administrators, because each move says what was before. What somebody changed since stands in the way
//! until whoever takes the plan back accepts that it stays.

use super::By;
use super::apply::ORIGIN;
use super::errors::ReorganizationError;
use super::flip::forget_all;
use super::lines::count;
use super::outlook::{BATCH, TURNS, people_version, registry_now};
use super::register::note;
use super::rest::Review;
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use crate::base::text::has_control;
use crate::model::plan::{Edits, Fact};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::plan_runs::{self, Run, RunEffect, RunState};
use crate::store::plans::{self, StoredPlan};
use crate::store::positions_in_units::list_people;
use crate::store::{StoreError, Tx, admin_roles, change_sets, person_names, plan_late, registry_edits, units};
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
    /// People of whom something stays that was changed since, with their user names.
    pub kept: Vec<(PersonId, String)>,
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
    is_last(services, &run, &effect).await?;
    let rest = ChangeSetId::new(began, &*services.entropy);
    let mut tx = services.store.write().await?;
    change_sets::add(&mut tx, &rest, ORIGIN, by.actor, began).await?;
    tx.commit().await?;
    let inverse = effect.edits.inverse();
    let gone = removed(&inverse);
    let (plan, run, effect) = (&plan, &run, &effect);
    let undo = Undo { services, plan, run, effect, inverse: &inverse, gone: &gone, rest: &rest, by, reason };
    match undo.carry_out(accept_edits).await {
        Ok(done) => Ok(RolledBack { took_ms: services.clock.now().since(began), ..done }),
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
    let own = touched(&effect.edits);
    let mut conn = services.store.read().await?;
    let version = run.registry_after.unwrap_or(run.registry_before);
    let all = plan_runs::list_applied_after(&mut conn, version).await?;
    for later in all {
        let Some(theirs) = plan_runs::find_effect(&mut conn, &later.id).await? else { continue };
        if !own.is_disjoint(&touched(&theirs.edits)) {
            return Err(ReorganizationError::LaterPlan { name: later.plan });
        }
    }
    Ok(())
}

/// The units of which something changes.
fn touched(edits: &Edits) -> HashSet<&UnitId> {
    let facts = edits.facts.iter().flat_map(|edit| {
        let above = match &edit.fact {
            Fact::Parent { parent, .. } => Some(parent),
            Fact::Unit { .. } | Fact::Code { .. } | Fact::Name { .. } => None,
        };
        [Some(edit.fact.unit()), above].into_iter().flatten()
    });
    facts.chain(edits.pairs.iter().flat_map(|pair| [&pair.from, &pair.to])).collect()
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
            let own = self.own().await?;
            let review = Review { services, own, gone: self.gone, rest: self.rest, tells: accept_edits };
            match at {
                None => review.look_at(&self.everybody(&review.own).await?, &mut edited).await?,
                Some(at) => review.look_again(at, &mut edited).await?,
            }
            at = Some(version);
            if !edited.is_empty() && !accept_edits {
                return Err(ReorganizationError::EditsSince { people: count(edited.len()) });
            }
            let registry = registry_now(services).await?;
            if registry.with(self.inverse).is_none() {
                return Err(ReorganizationError::RegistrySince);
            }
            let versions = (version, registry.version());
            if let Some(scopes_left) = self.write(versions, &review.own, edited.len()).await? {
                forget_all(services).await;
                let kept = names(services, &edited).await?;
                let registry_version = registry.version() + 1;
                return Ok(RolledBack { run: self.run.id.clone(), kept, scopes_left, registry_version, took_ms: 0 });
            }
        }
        Err(ReorganizationError::Overtaken)
    }

    /// The sets that tell what the plan did: its own, and those of decisions that came after it was applied.
    async fn own(&self) -> Result<HashSet<ChangeSetId>, StoreError> {
        let late = plan_late::list(&mut self.services.store.read().await?, &self.run.id).await?;
        let late = late.into_iter().map(|late| late.change_set);
        Ok(late.chain([self.run.change_set.clone()]).collect())
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
    async fn write(
        &self,
        versions: (i64, i64),
        own: &HashSet<ChangeSetId>,
        kept: usize,
    ) -> Result<Option<usize>, ReorganizationError> {
        let mut tx = self.services.store.write().await?;
        match self.write_in(&mut tx, versions, own, kept).await {
            Ok(Some(left)) => {
                tx.commit().await?;
                Ok(Some(left))
            }
            // Two waited for each other: whoever begins anew comes through.
            Ok(None) | Err(ReorganizationError::Failure(Failure::Store(StoreError::Stale))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn write_in(
        &self,
        tx: &mut Tx,
        (people, registry): (i64, i64),
        own: &HashSet<ChangeSetId>,
        kept: usize,
    ) -> Result<Option<usize>, ReorganizationError> {
        let (services, now) = (self.services, self.services.clock.now());
        if !plan_runs::mark_undoing(tx, &self.run.id, self.rest, now).await? {
            let still = plan_runs::find(tx, &self.run.id).await?.is_some_and(|run| run.state == RunState::Applied);
            return Err(if still { ReorganizationError::Busy } else { ReorganizationError::NotApplied });
        }
        if !change_sets::mark_compared(tx, self.rest, people).await? {
            return Err(ReorganizationError::Overtaken);
        }
        if !change_sets::replace_people_version(tx, self.rest, now).await?
            || !change_sets::mark_applied(tx, self.rest, now).await?
            || !units::replace_version(tx, registry, now).await?
        {
            return Ok(None);
        }
        for set in own {
            if !change_sets::mark_undone(tx, set, now).await? {
                return Err(ReorganizationError::NotApplied);
            }
        }
        match registry_edits::write(tx, self.inverse).await {
            Ok(()) => {}
            Err(StoreError::Stale) => return Err(ReorganizationError::RegistrySince),
            Err(error) => return Err(error.into()),
        }
        let mut left = 0;
        for (person, moved) in self.effect.scopes.iter().rev() {
            left += usize::from(!admin_roles::take_move_back(tx, person, moved).await?);
        }
        if !plan_runs::mark_undone(tx, &self.run.id, (self.by.actor, self.reason), now).await? {
            return Err(ReorganizationError::NotApplied);
        }
        let detail = json!({
            "plan": self.plan.name,
            "stage": Some(&self.run.stage).filter(|stage| !stage.is_empty()),
            "run": self.run.id,
            "reason": self.reason,
            "people_kept": count(kept),
            "scopes_left": count(left),
            "registry_version": registry + 1,
        });
        note(tx, services, "plan.rolled_back", self.by, detail).await?;
        forget(tx, services, Kind::Registry, "").await?;
        forget(tx, services, Kind::People, "").await?;
        Ok(Some(left))
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
