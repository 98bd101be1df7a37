//! Staging one batch of rows in a set of changes: one short write.
//!
//! What the rows say is compared with what is applied and with what the set
//! has staged before, so that rows which change nothing leave nothing behind,
//! and rows of one person that contradict each other are found. A file that an
//! administrator brings has bounds: a row outside them is a mistake.

use super::bounds::Bounds;
use super::change_set::ChangeSetError;
use super::person_facts::Facts;
use super::person_row::{PersonRow, PositionTold};
use super::row_told::{RowTold, Rows};
use super::row_wrong::{
    Wrong, another_person, brings, disabled, disagrees, fail, name_taken, number_taken, oneself, outside, told_differently,
    unplaced,
};
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::brought::Typed;
use crate::model::position::Position;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::store::{StoreError, Tx, change_sets, persons, positions};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use time::Date;

/// What a batch came to.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) persons_new: u64,
    pub(super) persons_changed: u64,
    pub(super) positions: u64,
    pub(super) errors: Vec<RowError>,
    /// What each good row does.
    pub(super) told: Vec<RowTold>,
}

/// Where batches go.
pub(super) struct Stage<'a> {
    pub(super) services: &'a Services,
    pub(super) change_set: &'a ChangeSetId,
    /// The columns of the file that tell of the person.
    pub(super) columns: &'a [String],
    /// What the file may touch; everything when it comes from the machine's own keyboard.
    pub(super) bounds: Option<&'a Bounds>,
    /// Its rows follow from what was known when they were read, so nobody else may change their people meanwhile.
    pub(super) decides: bool,
}

/// The rows of one person in this batch.
struct Group {
    new_id: PersonId,
    rows: Vec<PersonRow>,
}

/// What is known of one person: what is applied, and what this set has staged.
#[derive(Default)]
pub(super) struct Known {
    pub(super) applied: Option<Facts>,
    pub(super) staged: Option<Facts>,
    /// Who they were when the set that brought them was taken back, while nothing else is applied.
    pub(super) undone: Option<Facts>,
    pub(super) positions: HashMap<PositionId, Position>,
    pub(super) staged_positions: HashMap<PositionId, Position>,
    /// The last days of the units of these positions, and of those that rows name, where they have one.
    pub(super) last_days: Arc<HashMap<UnitId, Date>>,
}

impl Known {
    /// A position as it is told again of one that is held. Files do not tell of delegations, nor of what a post goes on
    /// from, so they take neither away; and they do not know that its unit ended.
    pub(super) fn told_again(&self, told: Position, held: &Position) -> Position {
        let of_unit = self.last_days.get(&held.unit).copied();
        let valid_to = Position::last_told_again(told.valid_to, held, of_unit);
        Position { valid_to, ..told.told_again(held) }
    }
}

/// What one person's rows come to.
struct Plan {
    person: PersonId,
    lines: Vec<u64>,
    is_new: bool,
    /// The name was free until now, so that it is given back if this fails.
    took_name: bool,
    facts: Option<Facts>,
    number: Option<Vec<u8>>,
    positions: Vec<Position>,
    told: Vec<RowTold>,
}

impl Stage<'_> {
    /// Stages a batch.
    pub(super) async fn stage(&self, rows: Vec<PersonRow>) -> Result<Staged, ChangeSetError> {
        let mut staged = Staged::default();
        let groups = self.grouped(rows, &mut staged.errors);
        if groups.is_empty() {
            return Ok(staged);
        }
        let now = self.services.clock.now();
        let mut tx = self.services.store.write().await?;
        if !change_sets::mark_touched(&mut tx, self.change_set, now).await? {
            return Err(ChangeSetError::GivenUp);
        }
        let people: Vec<persons::NewPerson> = groups
            .iter()
            .map(|(folded, group)| persons::NewPerson {
                id: group.new_id.clone(),
                username: group.rows[0].username.shown().to_owned(),
                folded: folded.clone(),
            })
            .collect();
        let owners = persons::add(&mut tx, self.change_set, now, &people).await?;
        let ids: Vec<PersonId> = owners.values().map(|owner| PersonId(owner.id.clone())).collect();
        let mut known = self.known(&mut tx, &ids, &[]).await?;
        let earlier: Vec<PersonId> = {
            let new: HashSet<&PersonId> = groups.values().map(|group| &group.new_id).collect();
            ids.iter().filter(|id| !new.contains(id)).cloned().collect()
        };
        self.remember_undone(&mut tx, &earlier, &mut known).await?;
        let mut plans = Vec::with_capacity(groups.len());
        let mut unused = Vec::new();
        for (folded, group) in groups {
            // A name that was given back between the two statements is told as taken.
            let Some(owner) = owners.get(&folded) else {
                fail(&lines_of(&group.rows), &name_taken(), &mut staged.errors);
                continue;
            };
            let nothing = Known::default();
            let of_person = known.get(&PersonId(owner.id.clone())).unwrap_or(&nothing);
            let lines = lines_of(&group.rows);
            let took_name = owner.id == group.new_id.0;
            match self.plan(owner, group, of_person, &mut staged.errors) {
                Ok(plan) => plans.push(plan),
                Err(wrong) => {
                    fail(&lines, &wrong, &mut staged.errors);
                    if took_name {
                        unused.push(PersonId(owner.id.clone()));
                    }
                }
            }
        }
        let plans = self.take_numbers(&mut tx, plans, &mut unused, &mut staged.errors).await?;
        persons::remove(&mut tx, self.change_set, &unused).await?;
        self.add(&mut tx, plans, &mut staged).await?;
        tx.commit().await?;
        Ok(staged)
    }

    /// The rows by folded user name, sorted; rows that contradict the first of
    /// their person are told and dropped.
    fn grouped(&self, rows: Vec<PersonRow>, errors: &mut Vec<RowError>) -> BTreeMap<String, Group> {
        let now = self.services.clock.now();
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for row in rows {
            let unit = row.position.as_ref().map(|told| &told.unit);
            if unit.is_some_and(|unit| self.bounds.is_some_and(|bounds| !bounds.holds(unit))) {
                fail(&[row.line], &outside(), errors);
                continue;
            }
            let Some(group) = groups.get_mut(row.username.folded()) else {
                let new_id = PersonId::new(now, &*self.services.entropy);
                groups.insert(row.username.folded().to_owned(), Group { new_id, rows: vec![row] });
                continue;
            };
            let first = &group.rows[0];
            if !first.username.is_spelled_like(row.username.shown()) {
                fail(&[row.line], &name_taken(), errors);
            } else if let Some(column) = first.facts.difference(&row.facts, self.columns) {
                fail(&[row.line], &disagrees(column), errors);
            } else {
                group.rows.push(row);
            }
        }
        groups
    }

    /// What is known of people, beside the last days of their units and of these.
    pub(super) async fn known(
        &self,
        tx: &mut Tx,
        ids: &[PersonId],
        told: &[UnitId],
    ) -> Result<HashMap<PersonId, Known>, StoreError> {
        let mut known: HashMap<PersonId, Known> = HashMap::new();
        // Oldest first, so that the newest applied one stays.
        for version in persons::list_facts(tx, self.change_set, ids).await? {
            let facts = Facts::opened(version.facts, &version.person, &self.services.envelope)?;
            let of_person = known.entry(version.person).or_default();
            if version.applied_at.is_some() {
                of_person.applied = Some(facts);
            } else {
                of_person.staged = Some(facts);
            }
        }
        for version in positions::list_versions(tx, self.change_set, ids).await? {
            let of_person = known.entry(version.person).or_default();
            let place = if version.applied_at.is_some() { &mut of_person.positions } else { &mut of_person.staged_positions };
            place.insert(version.position.id.clone(), version.position);
        }
        let held = known.values().flat_map(|of_person| of_person.positions.values().chain(of_person.staged_positions.values()));
        let units: BTreeSet<&UnitId> = held.map(|position| &position.unit).chain(told).collect();
        let units: Vec<UnitId> = units.into_iter().cloned().collect();
        let last_days = Arc::new(positions::list_last_days(tx, &units).await?);
        for of_person in known.values_mut() {
            of_person.last_days = Arc::clone(&last_days);
        }
        Ok(known)
    }

    /// Finds who had these names before the sets that brought them were taken back.
    async fn remember_undone(
        &self,
        tx: &mut Tx,
        ids: &[PersonId],
        known: &mut HashMap<PersonId, Known>,
    ) -> Result<(), StoreError> {
        let is_gone = |id: &&PersonId| known.get(*id).is_none_or(|of_person| of_person.applied.is_none());
        let gone: Vec<PersonId> = ids.iter().filter(is_gone).cloned().collect();
        for version in persons::list_undone_facts(tx, &gone).await? {
            let facts = Facts::opened(version.facts, &version.person, &self.services.envelope)?;
            known.entry(version.person).or_default().undone = Some(facts);
        }
        Ok(())
    }

    /// Whether the rows of one person stay within the bounds of the file.
    fn admit(&self, person: &PersonId, rows: &[PersonRow], known: &Known) -> Result<(), Wrong> {
        let Some(bounds) = self.bounds else { return Ok(()) };
        if known.applied.is_some() {
            let within = bounds.is_own(person) || bounds.reaches(person, known.positions.values());
            // Whoever sees everybody may find that a row changes nothing; what changes something is looked at again.
            return if within || bounds.is_everywhere() { Ok(()) } else { Err(outside()) };
        }
        let placed = rows.iter().any(|row| row.position.is_some()) || !known.staged_positions.is_empty();
        if placed || bounds.is_everywhere() { Ok(()) } else { Err(unplaced()) }
    }

    /// What the rows of one person come to.
    fn plan(&self, owner: &persons::Owner, group: Group, known: &Known, errors: &mut Vec<RowError>) -> Result<Plan, Wrong> {
        let first = &group.rows[0];
        self.admit(&PersonId(owner.id.clone()), &group.rows, known)?;
        if !first.username.is_spelled_like(&owner.username) {
            return Err(name_taken());
        }
        let nobody = Facts::default();
        let applied = known.applied.as_ref();
        let told = first.facts.clone().completed_by(applied.unwrap_or(&nobody), self.columns);
        if let Some(column) = known.staged.as_ref().and_then(|staged| staged.difference(&told, self.columns)) {
            return Err(disagrees(column));
        }
        let known_number = applied.and_then(|facts| facts.personal_number.as_ref());
        if known_number.is_some_and(|number| told.personal_number.as_ref() != Some(number)) {
            return Err(another_person());
        }
        if known.undone.as_ref().is_some_and(|earlier| !told.may_be_same(earlier)) {
            return Err(another_person());
        }
        let person = PersonId(owner.id.clone());
        let lines = lines_of(&group.rows);
        let username = first.username.shown().to_owned();
        let mut rows = Rows::of(&lines, &username, &told.full_name);
        let changed = known.staged.is_none() && applied != Some(&told);
        if changed {
            rows.person(applied, &told);
        }
        let positions = self.new_positions(&person, group.rows, known, (&mut rows, errors))?;
        let changes = changed || !positions.is_empty();
        if owner.disabled_at.is_some() && changes {
            return Err(disabled());
        }
        if applied.is_some() && changes && self.bounds.is_some_and(|bounds| !bounds.reaches(&person, known.positions.values())) {
            let own = self.bounds.is_some_and(|bounds| bounds.is_own(&person));
            return Err(if own { oneself() } else { outside() });
        }
        let digest = |number: &str| self.services.secrets.personal_number_digest(number).to_vec();
        let number = told.personal_number.as_ref().filter(|_| changed && known_number.is_none());
        Ok(Plan {
            took_name: owner.id == group.new_id.0,
            person,
            is_new: applied.is_none(),
            number: number.map(|number| digest(number.expose())),
            facts: changed.then_some(told),
            positions,
            told: rows.told(&lines, errors),
            lines,
        })
    }

    /// Takes the personal numbers; people whose number is another's fail.
    async fn take_numbers(
        &self,
        tx: &mut Tx,
        plans: Vec<Plan>,
        unused: &mut Vec<PersonId>,
        errors: &mut Vec<RowError>,
    ) -> Result<Vec<Plan>, StoreError> {
        let mut wanted: BTreeMap<Vec<u8>, PersonId> = BTreeMap::new();
        for plan in &plans {
            if let Some(digest) = &plan.number {
                wanted.entry(digest.clone()).or_insert_with(|| plan.person.clone());
            }
        }
        let owners = persons::add_numbers(tx, self.change_set, &wanted).await?;
        let mut good = Vec::with_capacity(plans.len());
        for plan in plans {
            let own = plan.number.as_ref().is_none_or(|digest| owners.get(digest) == Some(&plan.person));
            if own {
                good.push(plan);
                continue;
            }
            let everywhere = self.bounds.is_none_or(Bounds::is_everywhere);
            let wrong = if everywhere { number_taken() } else { outside() };
            fail(&plan.lines, &wrong, errors);
            if plan.took_name {
                unused.push(plan.person);
            }
        }
        Ok(good)
    }

    async fn add(&self, tx: &mut Tx, plans: Vec<Plan>, staged: &mut Staged) -> Result<(), StoreError> {
        let (mut facts, mut held) = (Vec::new(), Vec::new());
        for plan in plans {
            if let Some(told) = plan.facts {
                let count = if plan.is_new { &mut staged.persons_new } else { &mut staged.persons_changed };
                *count += 1;
                facts.push((plan.person.clone(), told.sealed(&plan.person, &self.services.envelope)));
            }
            held.extend(plan.positions.into_iter().map(|position| (plan.person.clone(), position)));
            staged.told.extend(plan.told);
        }
        staged.positions += u64::try_from(held.len()).unwrap_or_default();
        persons::add_facts(tx, self.change_set, &facts).await?;
        positions::add(tx, self.change_set, &held).await
    }

    /// The positions that are new or say something new. The same post told twice alike is told once; told twice differently is
    /// a mistake of the later row. One that brings what is not theirs to give is a mistake of its row, and of all rows of
    /// somebody new, who would have no post without it.
    fn new_positions(
        &self,
        person: &PersonId,
        rows: Vec<PersonRow>,
        known: &Known,
        (seen, errors): (&mut Rows, &mut Vec<RowError>),
    ) -> Result<Vec<Position>, Wrong> {
        let mut told_here: HashMap<PositionId, Position> = HashMap::new();
        let mut new = Vec::new();
        for row in rows {
            let Some(told) = row.position else { continue };
            let mut position = position_of(person, told);
            if let Some(applied) = Position::told_before(&position, known.positions.values()) {
                position = known.told_again(position, applied);
            }
            let earlier = told_here.get(&position.id).or_else(|| known.staged_positions.get(&position.id));
            match earlier {
                Some(earlier) if *earlier == position => continue,
                Some(_) => {
                    fail(&[row.line], &told_differently(), errors);
                    continue;
                }
                None => {}
            }
            let before = known.positions.get(&position.id);
            if before != Some(&position) {
                match self.beyond(&position, before, known) {
                    Some(wrong) if known.applied.is_none() => return Err(wrong),
                    Some(wrong) => {
                        fail(&[row.line], &wrong, errors);
                        continue;
                    }
                    None => {}
                }
                seen.position(row.line, before, &position);
                new.push(position.clone());
            }
            told_here.insert(position.id.clone(), position);
        }
        Ok(new)
    }

    /// What is wrong with a post that would bring somebody what is not for whoever brings the file to give.
    pub(super) fn beyond(&self, position: &Position, before: Option<&Position>, known: &Known) -> Option<Wrong> {
        let typed = Typed::of(position, before, known.positions.values());
        self.bounds?.brought(&typed).map(|brought| brings(&brought))
    }
}

pub(super) fn position_of(person: &PersonId, told: PositionTold) -> Position {
    Position {
        id: Position::id_of(person, &told.unit, &told.department, &told.title, told.valid_from),
        unit: told.unit,
        department: told.department,
        title: told.title,
        kind: told.kind,
        primary: told.primary,
        decision_no: told.decision_no,
        delegated_by: None,
        follows: None,
        valid_from: told.valid_from,
        valid_to: told.valid_to,
    }
}

fn lines_of(rows: &[PersonRow]) -> Vec<u64> {
    rows.iter().map(|row| row.line).collect()
}
