//! Whoever is told into a unit after a plan has ended it: they go along by the same rules, by small sets of changes that are
//! taken back with the plan.
//!
//! That comes of an import that was staged before the plan and applied after it, of one that is taken back, and of old files.
//! Of every run that counts it is kept up to which version of the people nobody is in a unit that it ended; whoever changed
//! since is looked at, and nobody else.

use super::By;
use super::apply::ORIGIN;
use super::due::{ACTOR, job};
use super::lines::count;
use super::outlook::{BATCH, TURNS, changed_since, nothing, people_version, registry_now};
use super::register::note;
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::plan::effect::UnitEffect;
use crate::model::plan::people::{By as Reason, Decision, Ground, of_person};
use crate::model::plan::rules::Rule;
use crate::model::plan::{Edits, Fate, Plan, file};
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::{Services, forget};
use crate::store::changes::Kind;
use crate::store::plan_choices::RuleRow;
use crate::store::plan_open::{self, OpenRow};
use crate::store::plan_runs::{self, Run};
use crate::store::{StoreError, Tx, change_sets, plan_choices, plan_late, plans, positions};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// Looks at everybody who changed since a run was last swept, of all runs that count, in the order in which they were
/// applied: whoever goes on into a unit that a later one ended goes on from there. True when somebody went along.
pub(super) async fn sweep(services: &Services) -> Result<bool, StoreError> {
    let runs = plan_runs::list_unswept(&mut services.store.read().await?).await?;
    let mut any = false;
    for run in &runs {
        if let Some(sweep) = Sweep::open(services, run).await? {
            any |= sweep.all().await?;
        }
    }
    Ok(any)
}

/// One run, as it would move people now.
struct Sweep<'a> {
    services: &'a Services,
    run: &'a Run,
    plan: Plan,
    effect: UnitEffect,
    rules: Vec<Rule>,
    decisions: HashMap<PositionId, Decision>,
}

/// What is told of some people.
#[derive(Default)]
struct Told {
    posts: Vec<(PersonId, Position)>,
    open: Vec<OpenRow>,
    people: i64,
    moved: i64,
}

impl<'a> Sweep<'a> {
    /// Nothing when the run was taken back meanwhile.
    async fn open(services: &'a Services, run: &'a Run) -> Result<Option<Self>, StoreError> {
        let mut conn = services.store.read().await?;
        let Some(effect) = plan_runs::find_effect(&mut conn, &run.id).await? else { return Ok(None) };
        let Some(stored) = plans::find(&mut conn, &run.plan).await? else { return Ok(None) };
        let plan = file::read(&stored.text).map_err(|_| StoreError::Corrupt("plans.text".to_owned()))?;
        let rules = plan_choices::list_rules(&mut conn, &run.plan).await?;
        let decisions = plan_choices::list_decisions(&mut conn, &run.plan).await?;
        drop(conn);
        // Into any unit in force go those alone whose unit nothing comes after.
        let is_any_gone = effect.ended.values().any(|fate| *fate == Fate::Gone);
        let after = if is_any_gone { registry_now(services).await? } else { Registry::default() };
        Ok(Some(Self {
            services,
            run,
            plan,
            // What becomes of people follows from what ended, and from nothing else.
            effect: UnitEffect { edits: Edits::default(), ended: effect.ended, begun: Vec::new(), after },
            rules: rules.iter().map(RuleRow::rule).collect(),
            decisions: decisions.iter().map(|row| (row.position.clone(), row.decision())).collect(),
        }))
    }

    async fn all(&self) -> Result<bool, StoreError> {
        let services = self.services;
        // Read first: whoever is changed after it is looked at the next time.
        let version = people_version(services).await?;
        let changed = changed_since(services, self.run.swept).await?;
        let mut any = false;
        for some in changed.chunks(BATCH) {
            let Some(told) = self.move_some(some).await? else { return Ok(any) };
            any |= told;
        }
        let mut tx = services.store.write().await?;
        plan_runs::mark_swept(&mut tx, &self.run.id, version).await?;
        tx.commit().await?;
        Ok(any)
    }

    /// Lets some people go along; false when there is nobody to, and nothing when others were always first or the run counts
    /// no more.
    async fn move_some(&self, people: &[PersonId]) -> Result<Option<bool>, StoreError> {
        let services = self.services;
        for _ in 0..TURNS {
            // Read first: whoever is changed after it is found by the version.
            let version = people_version(services).await?;
            let told = self.told(people).await?;
            if told.posts.is_empty() {
                return Ok(Some(false));
            }
            let mut tx = services.store.write().await?;
            match self.write(&mut tx, version, &told).await {
                Ok(true) => {
                    tx.commit().await?;
                    services.known.forget(Kind::People, "", services.clock.now());
                    return Ok(Some(true));
                }
                // Somebody was first, or two waited for each other.
                Ok(false) | Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn told(&self, people: &[PersonId]) -> Result<Told, StoreError> {
        let versions = positions::list_versions(&mut self.services.store.read().await?, &nothing(), people).await?;
        let mut held: BTreeMap<PersonId, BTreeMap<PositionId, Position>> = BTreeMap::new();
        for version in versions {
            // Oldest first, so that the newest one stays.
            held.entry(version.person).or_default().insert(version.position.id.clone(), version.position);
        }
        let mut told = Told::default();
        for (person, posts) in &held {
            self.tell(person, posts, &mut told);
        }
        Ok(told)
    }

    fn tell(&self, person: &PersonId, posts: &BTreeMap<PositionId, Position>, told: &mut Told) {
        let (plan, effect) = (&self.plan, &self.effect);
        let ground = Ground { plan, effect, rules: &self.rules, decisions: &self.decisions };
        let held: Vec<Position> = posts.values().cloned().collect();
        let moved = of_person(&ground, &held);
        let mut theirs: Vec<Position> = Vec::new();
        for one in &moved {
            let Some(was) = posts.get(&one.old.id) else { continue };
            theirs.extend(one.told(was));
            if let Reason::Open(candidates) = &one.by {
                told.open.push(OpenRow {
                    person: person.clone(),
                    position: was.id.clone(),
                    from: was.unit.clone(),
                    candidates: candidates.clone(),
                });
            }
        }
        // What has gone on already ends once more.
        let again = held.iter().filter(|post| moved.iter().all(|one| one.old.id != post.id));
        let again: Vec<Position> = again.filter_map(|post| self.over(post)).collect();
        told.moved += count(moved.len() + again.len());
        theirs.extend(again);
        told.people += count(usize::from(!theirs.is_empty()));
        told.posts.extend(theirs.into_iter().map(|position| (person.clone(), position)));
    }

    /// A post that is held in a unit after it ended, as it is over.
    fn over(&self, post: &Position) -> Option<Position> {
        let first = post.valid_from.max(self.plan.effective);
        let is_over = post.valid_to.is_some_and(|last| last < first);
        if is_over || !self.effect.ended.contains_key(&post.unit) {
            return None;
        }
        Some(Position { valid_to: first.previous_day(), ..post.clone() })
    }

    /// False when somebody was first to the people, or to the run.
    async fn write(&self, tx: &mut Tx, version: i64, told: &Told) -> Result<bool, StoreError> {
        let (services, run, now) = (self.services, self.run, self.services.clock.now());
        let set = ChangeSetId::new(now, &*services.entropy);
        if !plan_late::add_latecomers(tx, &run.id, &set).await? {
            return Ok(false);
        }
        change_sets::add(tx, &set, ORIGIN, ACTOR, now).await?;
        positions::add(tx, &set, &told.posts).await?;
        if !change_sets::mark_compared(tx, &set, version).await?
            || !change_sets::replace_people_version(tx, &set, now).await?
            || !change_sets::mark_applied(tx, &set, now).await?
        {
            return Ok(false);
        }
        plan_open::add(tx, &run.id, &told.open).await?;
        let detail = json!({
            "plan": run.plan,
            "stage": Some(&run.stage).filter(|stage| !stage.is_empty()),
            "run": run.id,
            "people": told.people,
            "posts": told.moved,
            "open": count(told.open.len()),
        });
        let origin = job();
        note(tx, services, "plan.latecomers", &By { actor: ACTOR, origin: &origin, typed_by: None }, detail).await?;
        forget(tx, services, Kind::People, "").await?;
        Ok(true)
    }
}
