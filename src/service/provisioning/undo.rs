//! Taking an applied set of changes back: its own effect and nothing else.
//!
//! From one moment on the rows of the set count no more, so that what was told
//! before it counts again. Where later sets told of the same people, their rows
//! hold what the set said too; a second set, applied at the same moment, tells
//! these people as they would be without it. A re-organization is nobody's change:
//! what it made of a post goes with the post. What somebody changed since is
//! listed and stays. A person whom the set brought and who was changed since,
//! has signed in or holds a right, stays whole. A post that would be opened again
//! and would bring somebody what is not for whoever takes the file back to give
//! stays as it is, and is listed too.
//!
//! User names stay with their people for ever. A personal number goes free when
//! nothing that counts has it any more.

use super::bounds::Bounds;
use super::change_set::{self, Applied, ChangeSetError};
use super::person_facts::Facts;
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::brought::Typed;
use crate::model::import::Kept;
use crate::model::position::Position;
use crate::service::Services;
use crate::service::gone_on::{self, Versions};
use crate::store::import_rows::{self, KeptRow};
use crate::store::persons::FactsVersion;
use crate::store::positions::PositionVersion;
use crate::store::{StoreError, Tx, change_sets, person_names, persons, positions};
use std::collections::{HashMap, HashSet};

/// People of one short write.
const BATCH: i64 = 250;

/// What is taken back, and where what stays is kept.
pub(super) struct Undo<'a> {
    pub(super) services: &'a Services,
    /// The file, for the list of what was left alone.
    pub(super) import: &'a str,
    /// The set that is taken back.
    pub(super) set: &'a ChangeSetId,
    /// The set that tells what stays.
    pub(super) rest: &'a ChangeSetId,
    /// Whom it may touch.
    pub(super) bounds: &'a Bounds,
}

/// All that counts of one person, oldest first.
#[derive(Default)]
struct History {
    facts: Vec<FactsVersion>,
    positions: Versions,
}

/// What becomes of one person.
#[derive(Default)]
struct Rest {
    facts: Option<persons::Facts>,
    positions: Vec<Position>,
    kept: Vec<(Kept, String)>,
}

impl Rest {
    /// A position that stays, listed once.
    fn keep(&mut self, position: &Position) {
        let row = (Kept::Position, format!("{} ({})", position.title, position.unit));
        if !self.kept.contains(&row) {
            self.kept.push(row);
        }
    }
}

/// One thing that a set told: before it, by it, and now.
struct Told<'a, T> {
    before: Option<&'a T>,
    own: &'a T,
    /// The newest, when that is another one.
    later: Option<&'a T>,
}

fn told<T>(all: &[T], is_own: impl Fn(&T) -> bool) -> Option<Told<'_, T>> {
    let place = all.iter().position(is_own)?;
    let later = all.last().filter(|_| place + 1 < all.len());
    Some(Told { before: place.checked_sub(1).and_then(|before| all.get(before)), own: &all[place], later })
}

impl Undo<'_> {
    /// Looks at everybody of whom the set tells something, from one person on; answers the last one of a batch, or
    /// nothing when all were looked at.
    pub(super) async fn look(&self, after: &PersonId) -> Result<Option<PersonId>, ChangeSetError> {
        let people = {
            let mut conn = self.services.store.read().await?;
            change_sets::list_touched(&mut conn, self.set, after, BATCH).await?
        };
        self.look_at(&people).await?;
        Ok(people.last().cloned())
    }

    /// Looks again at whoever was changed since, and says that the rest is compared with all that is applied now.
    pub(super) async fn look_again(&self) -> Result<(), ChangeSetError> {
        let store = &self.services.store;
        // Read first: whatever is applied after it is found at the next try.
        let version = change_sets::people_version(&mut store.read().await?).await?;
        let mut after = PersonId(String::new());
        loop {
            let sets = (self.set, self.rest);
            let people = change_sets::list_touched_since(&mut store.read().await?, sets, &after, BATCH).await?;
            let Some(last) = people.last() else { break };
            after = last.clone();
            self.look_at(&people).await?;
        }
        let mut tx = store.write().await?;
        if !change_sets::mark_compared(&mut tx, self.rest, version).await? {
            return Err(ChangeSetError::GivenUp);
        }
        Ok(tx.commit().await?)
    }

    /// Makes the set count no more, in the transaction of a larger act.
    pub(super) async fn finish(&self, tx: &mut Tx, applied: Applied<'_>) -> Result<(), ChangeSetError> {
        change_set::apply_in(tx, self.services, self.rest, applied).await?;
        if change_sets::mark_undone(tx, self.set, self.services.clock.now()).await? {
            return Ok(());
        }
        Err(ChangeSetError::GivenUp)
    }

    /// Lets personal numbers go that nothing has any more, in short writes.
    pub(super) async fn release_numbers(services: &Services, set: &ChangeSetId) -> Result<(), StoreError> {
        loop {
            let mut tx = services.store.write().await?;
            let released = change_sets::remove_some_numbers(&mut tx, set).await?;
            tx.commit().await?;
            if released == 0 {
                return Ok(());
            }
        }
    }

    async fn look_at(&self, people: &[PersonId]) -> Result<(), ChangeSetError> {
        if people.is_empty() {
            return Ok(());
        }
        let mut tx = self.services.store.write().await?;
        if !change_sets::mark_touched(&mut tx, self.rest, self.services.clock.now()).await? {
            return Err(ChangeSetError::GivenUp);
        }
        let in_use = person_names::list_in_use(&mut tx, people).await?;
        let names = person_names::names_of(&mut tx, people).await?;
        let histories = self.histories(&mut tx, people).await?;
        let (mut facts, mut held, mut kept, mut stale) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (person, history) in &histories {
            let rest = self.rest_of(person, history, &in_use)?;
            facts.extend(rest.facts.map(|facts| (person.clone(), facts)));
            held.extend(rest.positions.into_iter().map(|position| (person.clone(), position)));
            let full_name = history.facts.last().map(|version| version.facts.full_name.clone()).unwrap_or_default();
            let username = names.get(person).cloned().unwrap_or_default();
            kept.extend(rest.kept.into_iter().map(|(what, subject)| KeptRow {
                person: person.clone(),
                what,
                subject,
                username: username.clone(),
                full_name: full_name.clone(),
            }));
            stale.extend(history.positions.keys().cloned());
        }
        persons::remove_facts(&mut tx, self.rest, people).await?;
        positions::remove(&mut tx, self.rest, &stale).await?;
        import_rows::remove_kept(&mut tx, self.import, people).await?;
        persons::add_facts(&mut tx, self.rest, &facts).await?;
        positions::add(&mut tx, self.rest, &held).await?;
        import_rows::add_kept(&mut tx, self.import, &kept).await?;
        Ok(tx.commit().await?)
    }

    /// All that counts of some people.
    async fn histories(&self, tx: &mut Tx, people: &[PersonId]) -> Result<HashMap<PersonId, History>, StoreError> {
        // Of what is staged only the rest's own rows would be found, and those are told anew.
        let nothing = ChangeSetId(String::new());
        let mut histories: HashMap<PersonId, History> = HashMap::new();
        for version in persons::list_facts(tx, &nothing, people).await? {
            histories.entry(version.person.clone()).or_default().facts.push(version);
        }
        for version in positions::list_versions(tx, &nothing, people).await? {
            let of_person = histories.entry(version.person.clone()).or_default();
            of_person.positions.entry(version.position.id.clone()).or_default().push(version);
        }
        Ok(histories)
    }

    /// What is left of one person when the set counts no more.
    fn rest_of(&self, person: &PersonId, history: &History, in_use: &HashSet<PersonId>) -> Result<Rest, StoreError> {
        let now = history.positions.values().filter_map(|versions| versions.last()).map(|version| &version.position);
        if !self.bounds.reaches(person, now) {
            return Ok(self.all_of(history, Kept::Outside));
        }
        let own = told(&history.facts, |version| version.change_set == *self.set);
        let brought = own.as_ref().is_some_and(|told| told.before.is_none());
        if brought && (in_use.contains(person) || self.is_changed_since(history)) {
            return Ok(self.all_of(history, Kept::Person));
        }
        let mut rest = Rest::default();
        if let Some(Told { before: Some(before), own, later: Some(later) }) = own {
            self.facts_without(person, (&before.facts, &own.facts, &later.facts), &mut rest)?;
        }
        for (id, versions) in &history.positions {
            let Some(told) = told(versions, |version| version.change_set == *self.set) else { continue };
            let before = told.before.map(|before| &before.position);
            let Some(later) = told.later else {
                // What stood before it counts again, unless the rest tells of it.
                rest.positions.extend(before.filter(|before| self.is_beyond(before, history)).cloned());
                continue;
            };
            let (own, later) = (&told.own.position, &later.position);
            let is_own = |version: &PositionVersion| version.change_set == *self.set || version.is_by_plan();
            let is_since = versions.iter().skip_while(|version| version.change_set != *self.set).all(is_own);
            if let Some(next) = gone_on::only_moved(&history.positions, id).filter(|_| is_since) {
                moved_without(before, own, (later, next.as_slice()), &mut rest);
            } else if position_without(before, own, later, &mut rest) {
                keep_following(&history.positions, id, &mut rest);
            }
        }
        self.keep_beyond(history, &mut rest);
        Ok(rest)
    }

    /// Whether a post as it would be told again brings somebody what is not for whoever takes the file back to give.
    fn is_beyond(&self, left: &Position, history: &History) -> bool {
        let newest = || history.positions.values().filter_map(|versions| versions.last()).map(|version| &version.position);
        let now = newest().find(|position| position.id == left.id);
        self.bounds.brought(&Typed::of(left, now, newest())).is_some()
    }

    /// Posts that bring such stay as they are now, and are listed.
    fn keep_beyond(&self, history: &History, rest: &mut Rest) {
        for left in std::mem::take(&mut rest.positions) {
            let newest = history.positions.get(&left.id).and_then(|versions| versions.last());
            let Some(newest) = newest.filter(|_| self.is_beyond(&left, history)) else {
                rest.positions.push(left);
                continue;
            };
            rest.keep(&newest.position);
            // What the set told last counts no more: the rest tells it again.
            if newest.change_set == *self.set {
                rest.positions.push(newest.position.clone());
            }
        }
    }

    /// Whether another set told of the person after this one.
    fn is_changed_since(&self, history: &History) -> bool {
        let by_facts = told(&history.facts, |version| version.change_set == *self.set).is_none_or(|told| told.later.is_some());
        let is_other = |version: &PositionVersion| version.change_set != *self.set && !version.is_by_plan();
        let since = |versions: &Vec<PositionVersion>| versions.iter().any(is_other);
        // What a set brought has no rows before it, so every other row came after.
        by_facts || history.positions.values().any(since)
    }

    /// Everything stays: what the set told last is told again by the rest.
    fn all_of(&self, history: &History, why: Kept) -> Rest {
        let newest = history.facts.last().filter(|version| version.change_set == *self.set);
        let held = history.positions.values().filter_map(|versions| versions.last());
        Rest {
            facts: newest.map(|version| version.facts.clone()),
            positions: held.filter(|version| version.change_set == *self.set).map(|version| version.position.clone()).collect(),
            kept: vec![(why, String::new())],
        }
    }

    /// What later sets hold of what this one said of a person is taken out of it.
    fn facts_without(
        &self,
        person: &PersonId,
        (before, own, later): (&persons::Facts, &persons::Facts, &persons::Facts),
        rest: &mut Rest,
    ) -> Result<(), StoreError> {
        let envelope = &self.services.envelope;
        let open = |facts: &persons::Facts| Facts::opened(facts.clone(), person, envelope);
        let (before, own, later) = (open(before)?, open(own)?, open(later)?);
        let (left, kept) = later.without(&own, &before);
        if left != later {
            rest.facts = Some(left.sealed(person, envelope));
        }
        rest.kept.extend(kept.into_iter().map(|column| (Kept::Fact, column.to_owned())));
        Ok(())
    }
}

/// A position that plans alone told of since, and those that go on from it, are as they would be without what the set told.
fn moved_without(before: Option<&Position>, own: &Position, (later, next): (&Position, &[&Position]), rest: &mut Rest) {
    let Some(before) = before else {
        let all = std::iter::once(later).chain(next.iter().copied());
        rest.positions.extend(all.map(|position| position.clone().never_held()));
        return;
    };
    // That it ended, and by which decision it went on, is the plan's.
    let last = [before.valid_to, later.valid_to].into_iter().flatten().min();
    let ended = Position { valid_to: last, ..before.clone() };
    position_without(Some(&ended), &Position { valid_to: later.valid_to, ..own.clone() }, later, rest);
    let went_on = Position { decision_no: own.decision_no.clone(), ..before.clone() };
    for position in next {
        position_without(Some(&went_on), own, position, rest);
    }
}

/// What goes on from a position that stays is listed with it.
fn keep_following(versions: &Versions, id: &PositionId, rest: &mut Rest) {
    let newest = gone_on::following(versions, id).into_iter().filter_map(|id| versions.get(id)).filter_map(|all| all.last());
    for version in newest.filter(|version| version.position.was_ever_held()) {
        rest.keep(&version.position);
    }
}

/// The same of a position that a later set told again; true when something of it stays. One that the set brought stays as it
/// was changed.
fn position_without(before: Option<&Position>, own: &Position, later: &Position, rest: &mut Rest) -> bool {
    let Some(before) = before else {
        rest.keep(later);
        return true;
    };
    let mut left = later.clone();
    let kept = [
        take_out(&own.department, &before.department, &mut left.department),
        take_out(&own.title, &before.title, &mut left.title),
        take_out(&own.kind, &before.kind, &mut left.kind),
        take_out(&own.primary, &before.primary, &mut left.primary),
        take_out(&own.decision_no, &before.decision_no, &mut left.decision_no),
        take_out(&own.delegated_by, &before.delegated_by, &mut left.delegated_by),
        take_out(&own.follows, &before.follows, &mut left.follows),
        take_out(&own.valid_from, &before.valid_from, &mut left.valid_from),
        take_out(&own.valid_to, &before.valid_to, &mut left.valid_to),
    ];
    if left != *later {
        rest.positions.push(left);
    }
    let stays = kept.contains(&true);
    if stays {
        rest.keep(later);
    }
    stays
}

/// Takes out of what is known now what a set changed; true when somebody has changed it since, and it stays.
fn take_out<T: Clone + PartialEq>(own: &T, before: &T, now: &mut T) -> bool {
    if own == before {
        return false;
    }
    if *now == *own {
        now.clone_from(before);
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::UnitId;
    use crate::model::position::PositionKind;
    use time::Date;
    use time::macros::date;

    fn post(to: Option<Date>, decision_no: &str) -> Position {
        Position {
            id: PositionId("p".to_owned()),
            unit: UnitId("u".to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: decision_no.to_owned(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2025 - 07 - 01),
            valid_to: to,
        }
    }

    #[test]
    fn what_came_before_by_and_after_a_set_is_told_apart() {
        let is_own = |number: &i32| *number == 2;
        let found = |all: &[i32]| told(all, is_own).map(|told| (told.before.copied(), *told.own, told.later.copied()));
        assert_eq!(found(&[1, 2, 3, 4]), Some((Some(1), 2, Some(4))));
        assert_eq!(found(&[2]), Some((None, 2, None)));
        assert_eq!(found(&[1, 3]), None);
    }

    #[test]
    fn a_position_that_was_changed_since_keeps_that_change_only() {
        let ended = Some(date!(2026 - 12 - 31));
        let moved = Some(date!(2027 - 01 - 31));
        let table = [
            // The set ended it, and somebody corrected its number since: the end goes, the number stays.
            (Some(post(None, "1")), post(ended, "1"), post(ended, "2"), vec![post(None, "2")], 0),
            // Somebody moved the end since: that stays.
            (Some(post(None, "1")), post(ended, "1"), post(moved, "1"), vec![], 1),
            // The set brought it, and somebody ended it since.
            (None, post(None, "1"), post(ended, "1"), vec![], 1),
        ];
        for (before, own, later, positions, kept) in table {
            let mut rest = Rest::default();
            position_without(before.as_ref(), &own, &later, &mut rest);
            assert_eq!((rest.positions, rest.kept.len()), (positions, kept), "{later:?}");
        }
    }

    #[test]
    fn what_a_plan_made_of_a_position_goes_with_what_the_set_told() {
        let (eve, retired) = (Some(date!(2026 - 12 - 31)), Some(date!(2026 - 03 - 31)));
        let next = |last| Position {
            id: PositionId("next".to_owned()),
            unit: UnitId("v".to_owned()),
            follows: Some(PositionId("p".to_owned())),
            valid_from: date!(2027 - 01 - 01),
            ..post(last, "plan")
        };
        let titled = |title: &str, post: Position| Position { title: title.to_owned(), ..post };
        let table = [
            ("brought", None, post(None, "1"), vec![post(None, "1").never_held(), next(None).never_held()]),
            ("opened", Some(post(retired, "1")), post(None, "2"), vec![post(retired, "1"), next(retired)]),
            (
                "named",
                Some(titled("Phó phòng", post(None, "1"))),
                post(None, "1"),
                vec![titled("Phó phòng", post(eve, "1")), titled("Phó phòng", next(None))],
            ),
        ];
        for (case, before, own, expected) in table {
            let (later, went_on) = (Position { valid_to: eve, ..own.clone() }, next(None));
            let mut rest = Rest::default();
            moved_without(before.as_ref(), &own, (&later, &[&went_on][..]), &mut rest);
            assert_eq!((rest.positions, rest.kept.len()), (expected, 0), "{case}");
        }
    }
}
