//! Posts of which somebody has to say where they go: before a plan is applied those of units that are divided, or after which
//! nothing comes; after it those that it left open.

use super::ahead::comes_by_itself;
use super::errors::ReorganizationError;
use super::lines::count;
use super::onward::Onward;
use super::outlook::{BATCH, Outlook, nothing, registry_now};
use super::register::registered;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::base::text::fold;
use crate::model::plan::people::{By, in_force};
use crate::model::plan::{Plan, file};
use crate::model::registry::Registry;
use crate::model::unit::Unit;
use crate::model::unit_code::GSO;
use crate::service::Services;
use crate::store::plan_open::{self, OpenRow};
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::StoredPlan;
use crate::store::positions_in_units::list_people;
use crate::store::{StoreError, Tx, plans};
use std::collections::HashSet;
use std::sync::Arc;
use time::Date;

/// Rows of one page.
const PAGE: i64 = 500;

/// A plan with what of it is applied, and what is not.
pub(super) struct Scene {
    pub(super) plan: Plan,
    /// The stages that are not applied and fit the units as they are, or the whole plan.
    pub(super) pending: Vec<Outlook>,
    /// The runs that count.
    pub(super) applied: Vec<Run>,
    /// The units as they are now.
    pub(super) registry: Registry,
}

/// One post, and where it may go.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) person: PersonId,
    pub(super) position: PositionId,
    pub(super) from: UnitId,
    pub(super) onward: Onward,
    /// The run that left it open; none before the plan is applied.
    pub(super) run: Option<String>,
}

impl Target {
    fn of_row(row: OpenRow, run: &str, anywhere: &Arc<[UnitId]>) -> Self {
        let onward = Onward::named(&row.candidates, anywhere);
        Self { person: row.person, position: row.position, from: row.from, onward, run: Some(run.to_owned()) }
    }
}

impl Scene {
    /// Looks at all stages of a plan.
    pub(super) async fn open(services: &Services, name: &str) -> Result<Self, ReorganizationError> {
        let stored = registered(services, name).await?;
        let plan = file::read(&stored.text).map_err(ReorganizationError::Wrong)?;
        let runs = plan_runs::list_of(&mut services.store.read().await?, name).await?;
        let applied: Vec<Run> = runs.into_iter().filter(|run| run.state == RunState::Applied).collect();
        let registry = registry_now(services).await?;
        let pending = pending(services, &stored, &plan, &applied).await?;
        Ok(Self { plan, pending, applied, registry })
    }

    /// What a unit that ends is called by: its code and its name on its last day.
    pub(super) fn label_before(&self, id: &UnitId) -> String {
        label(&self.registry, id, self.plan.day_before())
    }

    /// The same of a unit that people go to, from the day of the plan on.
    pub(super) fn label_after(&self, id: &UnitId) -> String {
        label(self.after(id), id, self.plan.effective)
    }

    /// The units that people may go to whom an applied run left open in a unit after which nothing comes: all that were in
    /// force on the day of the plan.
    pub(super) fn anywhere(&self) -> Arc<[UnitId]> {
        Arc::from(in_force(&self.registry, self.plan.effective))
    }

    fn after(&self, id: &UnitId) -> &Registry {
        self.pending.iter().map(|outlook| &outlook.effect.after).find(|after| after.unit(id).is_some()).unwrap_or(&self.registry)
    }

    /// True when a cell of a sheet means a unit that ends: its id, or its code and perhaps words after it.
    pub(super) fn means_before(&self, cell: &str, id: &UnitId) -> bool {
        let code = |unit| code_on(&self.registry, unit, self.plan.day_before());
        let word = first_word(cell);
        word == id.as_str() || self.registry.unit(id).and_then(code) == Some(word)
    }

    /// Of some units that people may go to, the one that a cell means.
    pub(super) fn chosen<'u>(&self, cell: &str, candidates: &'u [UnitId]) -> Option<&'u UnitId> {
        let word = first_word(cell);
        candidates.iter().find(|id| {
            let after = self.after(id);
            let code = after.unit(id).and_then(|unit| code_on(after, unit, self.plan.effective));
            word == id.as_str() || (code == Some(word) && !word.is_empty())
        })
    }

    /// Of some units that people may go to, the one that somebody typed: as in a sheet, or by a part of its name that no other
    /// one of them has; its whole name comes before that.
    pub(super) fn typed<'u>(&self, text: &str, candidates: &'u [UnitId]) -> Option<&'u UnitId> {
        if let Some(unit) = self.chosen(text, candidates) {
            return Some(unit);
        }
        let wanted = fold(text);
        if wanted.is_empty() {
            return None;
        }
        let name = |id: &UnitId| {
            let after = self.after(id);
            after.unit(id).map(|unit| fold(after.name_on(unit, self.plan.effective))).unwrap_or_default()
        };
        let named: Vec<(&UnitId, String)> = candidates.iter().map(|id| (id, name(id))).collect();
        let only = |is_it: &dyn Fn(&str) -> bool| {
            let mut found = named.iter().filter(|(_, name)| is_it(name)).map(|(id, _)| *id);
            found.next().filter(|_| found.next().is_none())
        };
        only(&|name| name == wanted).or_else(|| only(&|name| name.contains(&wanted)))
    }

    /// All posts of some people of which somebody has to say where they go, or has.
    pub(super) async fn targets_of(&self, services: &Services, people: &[PersonId]) -> Result<Vec<Target>, StoreError> {
        let mut targets = Vec::new();
        for outlook in &self.pending {
            for some in people.chunks(BATCH) {
                targets.extend(pending_targets(services, outlook, some).await?);
            }
        }
        let wanted: HashSet<&PersonId> = people.iter().collect();
        let anywhere = self.anywhere();
        for run in &self.applied {
            let mut after = String::new();
            loop {
                let page = plan_open::list(&mut services.store.read().await?, &run.id, None, &after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.position.0);
                let theirs = page.into_iter().filter(|row| wanted.contains(&row.person));
                targets.extend(theirs.map(|row| Target::of_row(row, &run.id, &anywhere)));
            }
        }
        Ok(targets)
    }

    /// One post of which somebody has to say where it goes, or has.
    pub(super) async fn target(&self, services: &Services, position: &PositionId) -> Result<Option<Target>, StoreError> {
        for run in &self.applied {
            let row = plan_open::find(&mut services.store.read().await?, &run.id, position).await?;
            if let Some(row) = row {
                return Ok(Some(Target::of_row(row, &run.id, &self.anywhere())));
            }
        }
        for outlook in &self.pending {
            let divided = outlook.divided();
            let mut after = PersonId(String::new());
            loop {
                let mut conn = services.store.read().await?;
                let people = list_people(&mut conn, &divided, self.plan.effective, &after, count(BATCH)).await?;
                drop(conn);
                let Some(last) = people.last() else { break };
                after = last.clone();
                let found = pending_targets(services, outlook, &people).await?;
                if let Some(target) = found.into_iter().find(|target| target.position == *position) {
                    return Ok(Some(target));
                }
            }
        }
        Ok(None)
    }
}

async fn pending(
    services: &Services,
    stored: &StoredPlan,
    plan: &Plan,
    applied: &[Run],
) -> Result<Vec<Outlook>, ReorganizationError> {
    if applied.is_empty() {
        return Ok(vec![Outlook::open(services, stored.clone(), None).await?]);
    }
    let mut pending = Vec::new();
    for stage in plan.stage_names() {
        if !applied.iter().any(|run| run.stage.is_empty() || run.stage == stage) {
            match Outlook::open(services, stored.clone(), Some(stage)).await {
                Ok(outlook) => pending.push(outlook),
                // It does not fit the units yet; what is applied can be worked on all the same.
                Err(ReorganizationError::Wrong(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(pending)
}

async fn pending_targets(services: &Services, outlook: &Outlook, people: &[PersonId]) -> Result<Vec<Target>, StoreError> {
    let mut targets = Vec::new();
    let anywhere = outlook.anywhere();
    for look in outlook.look(services, &nothing(), people).await? {
        for moved in &look.moved {
            if matches!(moved.by, By::Succession | By::Gone) {
                continue;
            }
            let Some(was) = look.applied.get(&moved.old.id) else { continue };
            let Some(candidates) = outlook.candidates(&was.unit) else { continue };
            targets.push(Target {
                person: look.person.clone(),
                position: was.id.clone(),
                from: was.unit.clone(),
                onward: Onward::named(candidates, &anywhere),
                run: None,
            });
        }
    }
    Ok(targets)
}

/// Lets nobody begin, or end, a run of a plan before this unit of work ends; refused while one is being carried out, or when
/// another one counts than was known.
pub(super) async fn hold(tx: &mut Tx, plan: &str, applied: &[Run]) -> Result<(), ReorganizationError> {
    plans::hold(tx, plan).await?;
    let runs = plan_runs::list_of(tx, plan).await?;
    let counts = |run: &Run| applied.iter().any(|known| known.id == run.id);
    let is_other = |run: &Run| match run.state {
        RunState::Staging | RunState::Undoing => true,
        RunState::Applied => !counts(run),
        RunState::Undone | RunState::Abandoned => counts(run),
    };
    match runs.iter().find(|run| is_other(run)) {
        Some(run) if comes_by_itself(run) => Err(ReorganizationError::Coming),
        Some(_) => Err(ReorganizationError::Busy),
        None => Ok(()),
    }
}

fn first_word(cell: &str) -> &str {
    cell.split_whitespace().next().unwrap_or_default()
}

fn code_on<'r>(registry: &'r Registry, unit: &'r Unit, day: Date) -> Option<&'r str> {
    registry.code_on(unit, GSO, day).or_else(|| registry.last_code(unit, GSO))
}

fn label(registry: &Registry, id: &UnitId, day: Date) -> String {
    let Some(unit) = registry.unit(id) else { return id.0.clone() };
    let code = code_on(registry, unit, day).unwrap_or(id.as_str());
    format!("{code} {}", registry.name_on(unit, day))
}
