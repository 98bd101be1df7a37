//! What stays of people when an applied plan is taken back.
//!
//! Its sets of changes count no more, so that every post is as it was before. Where somebody changed a post since, a second
//! set, applied at the same moment, tells it as it would be had the plan never been: what was changed of a post that had gone
//! on is told of the one that it came from. A post that somebody gave since in a unit that goes is told of the unit from which
//! its owner came there; where they came from none, there is no unit left to hold it in, and it is told as never held. All of
//! them are listed for whoever takes the plan back. Who told of a post since what leaves it as it was before the plan, or took
//! it back with all that went on from it, has edited nothing: that is told again without asking anybody.

use super::outlook::{BATCH, changed_since};
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::position::Position;
use crate::service::Services;
use crate::store::positions::PositionVersion;
use crate::store::{StoreError, change_sets, positions};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// After so many batches it is said that the work goes on: most of them write nothing.
const TOUCHED: usize = 25;

/// Who was changed since a plan was applied, as of one version of the people.
pub(super) struct Review<'a> {
    pub(super) services: &'a Services,
    /// The sets that are taken back.
    pub(super) own: HashSet<ChangeSetId>,
    /// The units that there are not any more then.
    pub(super) gone: &'a HashSet<UnitId>,
    /// The set that tells what stays.
    pub(super) rest: &'a ChangeSetId,
    /// What stays of those who were edited is told; else it is only found out.
    pub(super) tells: bool,
}

/// All versions of the posts of one person that count, oldest first, and what the rest has staged.
#[derive(Default)]
struct History {
    posts: BTreeMap<PositionId, Vec<PositionVersion>>,
    staged: BTreeMap<PositionId, Position>,
}

/// What is told of one person.
#[derive(Default, PartialEq, Eq, Debug)]
struct Rest {
    posts: BTreeMap<PositionId, Position>,
    edited: bool,
}

/// One post: before the plan, by it, and since.
struct Told<'a> {
    before: Option<&'a Position>,
    own: &'a Position,
    later: Option<&'a Position>,
}

fn told<'a>(versions: &'a [PositionVersion], own: &HashSet<ChangeSetId>) -> Option<Told<'a>> {
    let first = versions.iter().position(|version| own.contains(&version.change_set))?;
    let last = versions.iter().rposition(|version| own.contains(&version.change_set))?;
    let before = first.checked_sub(1).and_then(|place| versions.get(place));
    let later = versions.last().filter(|_| last + 1 < versions.len());
    Some(Told {
        before: before.map(|version| &version.position),
        own: &versions[last].position,
        later: later.map(|version| &version.position),
    })
}

impl Review<'_> {
    /// Looks at people: notes who was changed since, and tells what stays of them.
    pub(super) async fn look_at(&self, people: &[PersonId], edited: &mut BTreeSet<PersonId>) -> Result<(), StoreError> {
        for (number, some) in people.chunks(BATCH).enumerate() {
            if number % TOUCHED == 0 {
                let mut tx = self.services.store.write().await?;
                // A set that was given up is found when it is to be applied.
                change_sets::mark_touched(&mut tx, self.rest, self.services.clock.now()).await?;
                tx.commit().await?;
            }
            self.look_at_some(some, edited).await?;
        }
        Ok(())
    }

    /// The same of everybody who changed since a version.
    pub(super) async fn look_again(&self, version: i64, edited: &mut BTreeSet<PersonId>) -> Result<(), StoreError> {
        let changed = changed_since(self.services, version).await?;
        self.look_at(&changed, edited).await
    }

    async fn look_at_some(&self, people: &[PersonId], edited: &mut BTreeSet<PersonId>) -> Result<(), StoreError> {
        let mut histories: BTreeMap<&PersonId, History> = people.iter().map(|person| (person, History::default())).collect();
        let versions = positions::list_versions(&mut self.services.store.read().await?, self.rest, people).await?;
        for version in versions {
            let Some(of_person) = histories.get_mut(&version.person) else { continue };
            if version.applied_at.is_some() {
                of_person.posts.entry(version.position.id.clone()).or_default().push(version);
            } else {
                of_person.staged.insert(version.position.id.clone(), version.position);
            }
        }
        let (mut stale, mut held) = (Vec::new(), Vec::new());
        for (person, history) in histories {
            let rest = rest_of(&history, &self.own, self.gone);
            if rest.edited {
                edited.insert(person.clone());
            } else {
                edited.remove(person);
            }
            if rest.posts != history.staged && (self.tells || !rest.edited) {
                stale.extend(history.staged.into_keys());
                held.extend(rest.posts.into_values().map(|position| (person.clone(), position)));
            }
        }
        if stale.is_empty() && held.is_empty() {
            return Ok(());
        }
        let mut tx = self.services.store.write().await?;
        // A set that was given up is found when it is to be applied.
        change_sets::mark_touched(&mut tx, self.rest, self.services.clock.now()).await?;
        positions::remove(&mut tx, self.rest, &stale).await?;
        positions::add(&mut tx, self.rest, &held).await?;
        tx.commit().await
    }
}

/// What is to be told of somebody so that their posts are as they would be without the plan.
fn rest_of(history: &History, own: &HashSet<ChangeSetId>, gone: &HashSet<UnitId>) -> Rest {
    let mut rest = Rest::default();
    let mut followers: Vec<(&Position, &Position)> = Vec::new();
    let mut strangers: Vec<&Position> = Vec::new();
    let mut homes: BTreeMap<&UnitId, &UnitId> = BTreeMap::new();
    for (id, versions) in &history.posts {
        let Some(told) = told(versions, own) else {
            let newest = versions.last().map(|version| &version.position);
            strangers.extend(newest.filter(|newest| gone.contains(&newest.unit) && newest.was_ever_held()));
            continue;
        };
        if let Some(origin) = told.own.follows.as_ref().and_then(|id| history.posts.get(id)).and_then(|all| all.last()) {
            homes.insert(&told.own.unit, &origin.position.unit);
        }
        let Some(later) = told.later else { continue };
        // What an earlier undoing told as never held was brought anew by this plan.
        let Some(before) = told.before.filter(|before| before.was_ever_held()) else {
            followers.push((told.own, later));
            continue;
        };
        let left = turned(told.own, before, later);
        rest.edited |= left != *before;
        if left != *later {
            rest.posts.insert(id.clone(), left);
        }
    }
    for (follower, later) in followers {
        carry(history, own, (follower, later), &mut rest);
    }
    for stranger in strangers {
        rest.edited = true;
        let told = homes.get(&stranger.unit).map(|home| Position { unit: (*home).clone(), ..stranger.clone() });
        rest.posts.insert(stranger.id.clone(), told.unwrap_or_else(|| never(stranger)));
    }
    rest
}

/// A post of which somebody told since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// As the plan left it; none of one that somebody gave since in a unit that goes.
    pub(super) was: Option<Position>,
    /// As it is now.
    pub(super) now: Position,
    /// What is told of it, or of the one that it goes on from, once the plan is taken back.
    pub(super) left: Position,
}

/// Of these people those who were changed since, with the posts of which somebody told. Nothing is written.
pub(super) async fn edited(
    services: &Services,
    (own, gone): (&HashSet<ChangeSetId>, &HashSet<UnitId>),
    people: &[PersonId],
) -> Result<Vec<(PersonId, Vec<Edit>)>, StoreError> {
    // No set has this name, so only what is applied is found.
    let nothing = ChangeSetId(String::new());
    let mut all = Vec::new();
    for some in people.chunks(BATCH) {
        let mut histories: BTreeMap<PersonId, History> = BTreeMap::new();
        for version in positions::list_versions(&mut services.store.read().await?, &nothing, some).await? {
            let of_person = histories.entry(version.person.clone()).or_default();
            of_person.posts.entry(version.position.id.clone()).or_default().push(version);
        }
        for (person, history) in histories {
            let rest = rest_of(&history, own, gone);
            if rest.edited {
                all.push((person, edits(&history, (own, gone), &rest)));
            }
        }
    }
    Ok(all)
}

fn edits(history: &History, (own, gone): (&HashSet<ChangeSetId>, &HashSet<UnitId>), rest: &Rest) -> Vec<Edit> {
    history.posts.values().filter_map(|versions| edit(history, (own, gone), rest, versions)).collect()
}

fn edit(
    history: &History,
    (own, gone): (&HashSet<ChangeSetId>, &HashSet<UnitId>),
    rest: &Rest,
    versions: &[PositionVersion],
) -> Option<Edit> {
    let left = |now: &Position| rest.posts.get(&now.id).unwrap_or(now).clone();
    let Some(told) = told(versions, own) else {
        let newest = versions.last().map(|version| &version.position);
        let given = newest.filter(|newest| gone.contains(&newest.unit) && newest.was_ever_held())?;
        return Some(Edit { was: None, now: given.clone(), left: left(given) });
    };
    let now = told.later.filter(|later| *later != told.own)?;
    let left = match told.before.filter(|before| before.was_ever_held()) {
        Some(before) if before == now => return None,
        Some(_) => left(now),
        None => {
            let origin = told.own.follows.as_ref().and_then(|id| without(history, rest, own, id));
            origin.unwrap_or_else(|| never(now))
        }
    };
    Some(Edit { was: Some(told.own.clone()), now: now.clone(), left })
}

/// Tells of a post that the plan brought, and of which somebody told since: it was never held, and what was changed of it is
/// told of the one that it came from.
fn carry(history: &History, own: &HashSet<ChangeSetId>, (follower, later): (&Position, &Position), rest: &mut Rest) {
    let origin = follower.follows.as_ref().and_then(|id| without(history, rest, own, id));
    // It was never held, and in the unit that stays known.
    let unit = origin.as_ref().map_or(&later.unit, |origin| &origin.unit).clone();
    rest.posts.insert(later.id.clone(), Position { unit, ..never(later) });
    let Some(origin) = origin else {
        // Whatever gave it was taken back, and it is held nowhere: unless somebody told of it what cannot stay.
        rest.edited |= later.was_ever_held() && later != follower;
        return;
    };
    // It was taken back with the one that it came from, of which it is told what it is.
    if !later.was_ever_held() && ends_otherwise(history, own, &origin.id) {
        return;
    }
    let carried = turned(follower, later, &origin);
    rest.edited |= carried != origin || is_lost(follower, later, &carried);
    if carried != origin {
        rest.posts.insert(carried.id.clone(), carried);
    }
}

/// True when somebody told since of a post that it ends otherwise than the plan said.
fn ends_otherwise(history: &History, own: &HashSet<ChangeSetId>, id: &PositionId) -> bool {
    let known = history.posts.get(id).and_then(|versions| told(versions, own));
    known.is_some_and(|known| known.later.is_some_and(|later| later.valid_to != known.own.valid_to))
}

/// True when something of what was told of one post since is not so of the post that stays.
fn is_lost(own: &Position, later: &Position, left: &Position) -> bool {
    fn lost<T: PartialEq>(own: &T, later: &T, left: &T) -> bool {
        own != later && left != later
    }
    let known_by = lost(&own.unit, &later.unit, &left.unit)
        || lost(&own.follows, &later.follows, &left.follows)
        || lost(&own.valid_from, &later.valid_from, &left.valid_from);
    known_by
        || lost(&own.department, &later.department, &left.department)
        || lost(&own.title, &later.title, &left.title)
        || lost(&own.kind, &later.kind, &left.kind)
        || lost(&own.primary, &later.primary, &left.primary)
        || lost(&own.decision_no, &later.decision_no, &left.decision_no)
        || lost(&own.delegated_by, &later.delegated_by, &left.delegated_by)
        || lost(&own.valid_to, &later.valid_to, &left.valid_to)
}

/// A post that is told as never held.
fn never(position: &Position) -> Position {
    position.clone().never_held()
}

/// A post as it counts once the plan's own sets do not.
fn without(history: &History, rest: &Rest, own: &HashSet<ChangeSetId>, id: &PositionId) -> Option<Position> {
    if let Some(told) = rest.posts.get(id) {
        return Some(told.clone());
    }
    let versions = history.posts.get(id)?;
    let newest = versions.iter().rfind(|version| !own.contains(&version.change_set));
    newest.map(|version| version.position.clone())
}

/// A post with each fact that it has from one version turned into that of another. Which unit it is in, from when and after
/// which post, is what it is known by.
fn turned(from: &Position, to: &Position, now: &Position) -> Position {
    fn turn<T: Clone + PartialEq>(from: &T, to: &T, now: &mut T) {
        if from != to && *now == *from {
            now.clone_from(to);
        }
    }
    let mut left = now.clone();
    turn(&from.department, &to.department, &mut left.department);
    turn(&from.title, &to.title, &mut left.title);
    turn(&from.kind, &to.kind, &mut left.kind);
    turn(&from.primary, &to.primary, &mut left.primary);
    turn(&from.decision_no, &to.decision_no, &mut left.decision_no);
    turn(&from.delegated_by, &to.delegated_by, &mut left.delegated_by);
    turn(&from.valid_to, &to.valid_to, &mut left.valid_to);
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::model::position::PositionKind;
    use time::Date;
    use time::macros::date;

    const EVE: Date = date!(2025 - 06 - 30);
    const DAY: Date = date!(2025 - 07 - 01);

    fn post(id: &str, unit: &str, (from, to): (Date, Option<Date>)) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: UnitId(unit.to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: "1".to_owned(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    fn version(set: &str, at: i64, position: Position) -> PositionVersion {
        let person = PersonId("p".to_owned());
        let (change_set, origin) = (ChangeSetId(set.to_owned()), "edit".to_owned());
        PositionVersion { person, change_set, origin, applied_at: Some(Millis(at)), position }
    }

    fn old(to: Option<Date>) -> Position {
        post("old", "ward", (date!(2020 - 01 - 01), to))
    }

    fn new(to: Option<Date>) -> Position {
        Position { follows: Some(PositionId("old".to_owned())), ..post("new", "merged", (DAY, to)) }
    }

    fn rest(versions: Vec<PositionVersion>) -> Rest {
        let mut history = History::default();
        for version in versions {
            history.posts.entry(version.position.id.clone()).or_default().push(version);
        }
        let own = HashSet::from([ChangeSetId("run".to_owned()), ChangeSetId("late".to_owned())]);
        rest_of(&history, &own, &HashSet::from([UnitId("merged".to_owned())]))
    }

    /// What is told before anything is decided.
    fn told_of(versions: Vec<PositionVersion>) -> Vec<Edit> {
        let mut history = History::default();
        for version in versions {
            history.posts.entry(version.position.id.clone()).or_default().push(version);
        }
        let own = HashSet::from([ChangeSetId("run".to_owned()), ChangeSetId("late".to_owned())]);
        let gone = HashSet::from([UnitId("merged".to_owned())]);
        let rest = rest_of(&history, &own, &gone);
        edits(&history, (&own, &gone), &rest)
    }

    fn applied() -> Vec<PositionVersion> {
        vec![version("a", 1, old(None)), version("run", 2, old(Some(EVE))), version("run", 2, new(None))]
    }

    #[test]
    fn whoever_nobody_changed_needs_nothing_to_be_told() {
        assert_eq!(rest(applied()), Rest::default());
    }

    #[test]
    fn a_change_of_a_post_that_went_on_is_told_of_the_one_that_it_came_from() {
        let retired = Some(date!(2025 - 09 - 30));
        let mut versions = applied();
        versions.push(version("b", 3, new(retired)));
        let rest = rest(versions);
        assert!(rest.edited);
        let told: Vec<&Position> = rest.posts.values().collect();
        let dead = Position { unit: UnitId("ward".to_owned()), ..new(Some(EVE)) };
        assert_eq!(told, [&dead, &old(retired)]);
    }

    #[test]
    fn a_change_of_the_post_that_ended_stays_without_that_end() {
        let mut versions = applied();
        versions.push(version("b", 3, Position { decision_no: "2".to_owned(), ..old(Some(EVE)) }));
        let rest = rest(versions);
        assert!(rest.edited);
        assert_eq!(rest.posts.into_values().collect::<Vec<_>>(), [Position { decision_no: "2".to_owned(), ..old(None) }]);
    }

    #[test]
    fn what_was_taken_back_whole_since_is_no_edit_and_is_told_in_the_unit_that_stays() {
        let (gone, followed) = (old(None).never_held(), new(None).never_held());
        let mut versions = applied();
        // Whatever told of the post first was taken back: nothing of it counts any more.
        versions.remove(0);
        versions.extend([version("b", 3, gone.clone()), version("b", 3, followed.clone())]);
        let rest = rest(versions);
        assert!(!rest.edited);
        let dead = Position { unit: UnitId("ward".to_owned()), ..followed };
        assert_eq!(rest.posts.into_values().collect::<Vec<_>>(), [dead, gone]);
    }

    #[test]
    fn what_was_told_again_as_it_was_before_or_as_the_plan_left_it_is_no_edit() {
        let table = [
            ("as it was before", vec![old(None), new(None).never_held()], false),
            ("as the plan left it", vec![old(Some(EVE)), new(None)], false),
            ("the one that went on is taken back alone", vec![old(Some(EVE)), new(None).never_held()], true),
            ("and by another decision", vec![old(None), Position { decision_no: "2".to_owned(), ..new(None) }], true),
        ];
        for (case, told, edited) in table {
            let versions = applied().into_iter().chain(told.into_iter().map(|post| version("b", 3, post))).collect();
            let rest = rest(versions);
            assert_eq!(rest.edited, edited, "{case}");
            let dead = rest.posts.get(&PositionId("new".to_owned())).expect("it is told of");
            assert_eq!((dead.unit.as_str(), dead.was_ever_held()), ("ward", false), "{case}");
            let left = rest.posts.get(&PositionId("old".to_owned()));
            assert!(edited || left.is_none_or(|left| *left == old(None)), "{case}: {left:?}");
        }
    }

    #[test]
    fn each_post_of_which_somebody_told_is_listed_as_the_plan_left_it_as_it_is_and_as_it_will_be() {
        assert_eq!(told_of(applied()), [], "nobody told of any");
        let retired = Some(date!(2025 - 09 - 30));
        let (other, home) = (post("other", "merged", (DAY, None)), post("other", "ward", (DAY, None)));
        let since = |told: Vec<Position>| -> Vec<PositionVersion> {
            applied().into_iter().chain(told.into_iter().map(|post| version("b", 3, post))).collect()
        };
        let table = [
            ("it ends", vec![new(retired)], vec![(Some(new(None)), new(retired), old(retired))]),
            ("one is given", vec![other.clone()], vec![(None, other, home)]),
            ("as it was before", vec![old(None), new(None)], vec![]),
        ];
        for (case, told, expected) in table {
            let expected: Vec<Edit> = expected.into_iter().map(|(was, now, left)| Edit { was, now, left }).collect();
            assert_eq!(told_of(since(told)), expected, "{case}");
        }
    }

    #[test]
    fn a_post_that_was_given_since_in_a_unit_that_goes_is_held_where_its_owner_came_from_or_nowhere() {
        let other = |unit: &str, to| post("other", unit, (DAY, to));
        let mut versions = applied();
        versions.push(version("b", 3, other("merged", None)));
        let alone = vec![version("b", 3, other("merged", None))];
        for (versions, expected) in [(versions, other("ward", None)), (alone, other("merged", Some(EVE)))] {
            let rest = rest(versions);
            assert!(rest.edited);
            assert_eq!(rest.posts.into_values().collect::<Vec<_>>(), [expected]);
        }
    }
}
