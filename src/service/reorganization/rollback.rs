//! Taking an applied plan back: one short write of the inverse, after which everything is as it was.
//!
//! Units are as they were because every edit says what was there before it; posts, because the sets of the plan count no
//! more; scopes of administrators, because each move says what was before. What somebody changed since stands in the way
//! until whoever takes the plan back accepts that it stays; a right that was given since in a unit or a post that goes ends
//! with it. Accounts that were shut because the plan ended somebody's last post are open again.

mod ground;
mod listed;
mod rights;
mod since;

use super::By;
use super::accounts::{give_back, sets};
use super::ahead::set_aside;
use super::apply::ORIGIN;
use super::errors::ReorganizationError;
use super::flip::forget_all;
use super::lines::count;
use super::outlook::{BATCH, TURNS, people_version, registry_now};
use super::register::note;
use super::rest::{Review, edited};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use crate::base::text::has_control;
use crate::model::correction::{Made, Way, among};
use crate::model::entitlement::GroupGrant;
use crate::model::plan::Edits;
use crate::model::registry::Registry;
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::plan_runs::{self, Run, RunEffect, RunState};
use crate::store::plans::StoredPlan;
use crate::store::positions_in_units::list_people;
use crate::store::{StoreError, Tx, admin_roles, change_sets, person_names, registry_corrections, registry_edits, units};
use ground::{find, is_last, removed};
use rights::Rights;
use serde_json::json;
use std::collections::{BTreeSet, HashSet};

pub use listed::SINCE_COLUMNS;
pub use rights::{Right, RightSince};
pub use since::{PersonSince, PostFact, PostSince, PostValue, Since, look_since, since};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
/// People of one page.
const PAGE: i64 = 500;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// The run that was taken back.
    pub run: String,
    /// People of whose posts something was changed since and stays, with their user names.
    pub kept: Vec<(PersonId, String)>,
    /// People with a post in a unit that is gone, who came there from none: it ended, and counts as never held.
    pub ended: Vec<(PersonId, String)>,
    /// How many rights were given to people since in a unit or a post that goes: they ended.
    pub rights_ended: usize,
    /// These rights, by user name.
    pub rights: Vec<RightSince>,
    /// Roles of groups that were given since in a unit that goes, with its name: they ended, and do not come back by
    /// themselves when the plan is applied again.
    pub group_roles_ended: Vec<(GroupGrant, String)>,
    /// Accounts that were shut because of the plan, and are open again.
    pub accounts: i64,
    /// Scopes of administrators that somebody changed since: they stay so.
    pub scopes_left: usize,
    /// Whose they are, with their user names.
    pub scopes_of: Vec<(PersonId, String)>,
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

async fn give_up(services: &Services, rest: &ChangeSetId) -> Result<(), StoreError> {
    let mut tx = services.store.write().await?;
    change_sets::mark_abandoned(&mut tx, rest, services.clock.now()).await?;
    tx.commit().await
}

/// What one write rests on.
struct Found<'a> {
    people_version: i64,
    registry_version: i64,
    /// The sets that tell what the plan did.
    own: &'a HashSet<ChangeSetId>,
    rights: &'a Rights,
    /// People of whose posts something was changed since, and stays.
    kept: usize,
    /// People of whom a post ends with its unit.
    ended: usize,
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
            let rights = rights::since(&mut services.store.read().await?, (self.run, self.effect), self.gone).await?;
            if !accept_edits {
                let concerned: BTreeSet<&PersonId> = edited.iter().chain(rights.people()).collect();
                nothing_since(count(concerned.len()), count(rights.groups.len()))?;
            }
            if registry.with(self.inverse).is_none() {
                return Err(ReorganizationError::RegistrySince);
            }
            let (kept, ended) = self.parted(&review.own, &edited).await?;
            let found = Found {
                people_version: version,
                registry_version: registry.version(),
                own: &review.own,
                rights: &rights,
                kept: kept.len(),
                ended: ended.len(),
            };
            if let Some(left) = self.write(&found).await? {
                services.known.forget(Kind::GroupGrants, "", services.clock.now());
                forget_all(services).await;
                return self.done(&registry, (&kept, &ended, &left), &rights).await;
            }
        }
        Err(ReorganizationError::Overtaken)
    }

    /// Of people who were changed since: of whom something stays, and of whom a post ends with its unit.
    async fn parted(
        &self,
        own: &HashSet<ChangeSetId>,
        people: &BTreeSet<PersonId>,
    ) -> Result<(BTreeSet<PersonId>, BTreeSet<PersonId>), StoreError> {
        let people: Vec<PersonId> = people.iter().cloned().collect();
        let (mut kept, mut ended) = (BTreeSet::new(), BTreeSet::new());
        for (person, edits) in edited(self.services, (own, self.gone), &people).await? {
            let ending = edits.iter().filter(|edit| since::ends(edit, self.gone)).count();
            if ending > 0 {
                ended.insert(person.clone());
            }
            if ending == 0 || ending < edits.len() {
                kept.insert(person);
            }
        }
        Ok((kept, ended))
    }

    /// What was done, by the units as they were.
    async fn done(
        &self,
        registry: &Registry,
        (kept, ended, left): (&BTreeSet<PersonId>, &BTreeSet<PersonId>, &[PersonId]),
        rights: &Rights,
    ) -> Result<RolledBack, ReorganizationError> {
        let day = self.plan.effective;
        let of_scopes: BTreeSet<PersonId> = left.iter().cloned().collect();
        Ok(RolledBack {
            run: self.run.id.clone(),
            kept: names(self.services, kept).await?,
            ended: names(self.services, ended).await?,
            rights_ended: rights.count(),
            rights: rights.named(registry, day),
            group_roles_ended: rights.named_groups(registry, day),
            accounts: 0,
            scopes_left: left.len(),
            scopes_of: names(self.services, &of_scopes).await?,
            registry_version: registry.version() + 1,
            took_ms: 0,
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

    /// The one write; nothing when somebody was first to the people or the units. Else whose scopes stay as they are.
    async fn write(&self, found: &Found<'_>) -> Result<Option<Vec<PersonId>>, ReorganizationError> {
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

    async fn write_in(&self, tx: &mut Tx, found: &Found<'_>) -> Result<Option<Vec<PersonId>>, ReorganizationError> {
        let now = self.services.clock.now();
        // What is staged ahead of its moment counts for nothing yet.
        set_aside(tx, self.services, |_| true).await?;
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
        // The units are gone in this write, so nobody gives anything in them now; whoever was first is told of as all else was.
        if rights::since(tx, (self.run, self.effect), self.gone).await? != *found.rights {
            return Ok(None);
        }
        if !self.end(tx, found.rights).await? {
            return Ok(None);
        }
        let mut left = Vec::new();
        for (person, moved) in self.effect.scopes.iter().rev() {
            if !admin_roles::take_move_back(tx, person, moved).await? {
                left.push(person.clone());
            }
        }
        if !plan_runs::mark_undone(tx, &self.run.id, (self.by.actor, self.reason), now).await? {
            return Err(ReorganizationError::NotApplied);
        }
        self.tell(tx, found, left.len()).await?;
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
            "people_with_posts_ended": count(found.ended),
            "rights_ended": count(found.rights.count()),
            "group_roles_ended": count(found.rights.groups.len()),
            "scopes_left": count(left),
            "registry_version": found.registry_version + 1,
        });
        note(tx, self.services, "plan.rolled_back", self.by, detail).await?;
        if !found.rights.groups.is_empty() {
            forget(tx, self.services, Kind::GroupGrants, "").await?;
        }
        forget(tx, self.services, Kind::Registry, "").await?;
        forget(tx, self.services, Kind::People, "").await
    }
}

/// Nothing was changed or given since that would have to be accepted.
fn nothing_since(people: i64, roles: i64) -> Result<(), ReorganizationError> {
    match (people, roles) {
        (0, 0) => Ok(()),
        (people, 0) => Err(ReorganizationError::EditsSince { people }),
        (people, roles) => Err(ReorganizationError::GroupRolesSince { roles, people }),
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
