//! What stays of people when an applied plan is taken back.
//!
//! Its sets of changes count no more, so that every post is as it was before. Where somebody changed a post since, a second
//! set, applied at the same moment, tells it as it would be had the plan never been: what was changed of a post that had gone
//! on is told of the one that it came from. A post that somebody gave since in a unit that goes is told of the unit from which
//! its owner came there; where they came from none, there is no unit left to hold it in, and it is told as never held. All of
//! them are listed for whoever takes the plan back.

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
    /// What stays is told; else it is only found out.
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
            if rest.posts != history.staged {
                stale.extend(history.staged.into_keys());
                held.extend(rest.posts.into_values().map(|position| (person.clone(), position)));
            }
        }
        if !self.tells || (stale.is_empty() && held.is_empty()) {
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
        rest.edited = true;
        // What an earlier undoing told as never held was brought anew by this plan.
        let Some(before) = told.before.filter(|before| before.was_ever_held()) else {
            followers.push((told.own, later));
            continue;
        };
        let left = turned(told.own, before, later);
        if left != *later {
            rest.posts.insert(id.clone(), left);
        }
    }
    for (follower, later) in followers {
        let origin = follower.follows.as_ref().and_then(|id| without(history, &rest, own, id));
        // It was never held, and in the unit that stays known.
        let unit = origin.as_ref().map_or(&later.unit, |origin| &origin.unit).clone();
        rest.posts.insert(later.id.clone(), Position { unit, ..never(later) });
        let Some(origin) = origin else { continue };
        let carried = turned(follower, later, &origin);
        if carried != origin {
            rest.posts.insert(carried.id.clone(), carried);
        }
    }
    for stranger in strangers {
        rest.edited = true;
        let told = homes.get(&stranger.unit).map(|home| Position { unit: (*home).clone(), ..stranger.clone() });
        rest.posts.insert(stranger.id.clone(), told.unwrap_or_else(|| never(stranger)));
    }
    rest
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
