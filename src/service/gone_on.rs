//! What became of posts by re-organizations, for whoever takes back what gave them.
//!
//! A plan is nobody's change of a post: it ends the post and lets it go on in another one, whoever said the first. So whoever
//! takes back what gave a post takes back those that go on from it too, as long as nobody else told of one of them since.

use crate::base::id::{ChangeSetId, PositionId};
use crate::model::position::Position;
use crate::store::positions::PositionVersion;
use std::collections::BTreeMap;

/// All versions of somebody's posts that count, oldest first.
pub type Versions = BTreeMap<PositionId, Vec<PositionVersion>>;

/// The posts that go on from one, at once or by others between.
pub fn following<'v>(versions: &'v Versions, first: &PositionId) -> Vec<&'v PositionId> {
    let follows = |all: &[PositionVersion], earlier: &PositionId| {
        all.last().is_some_and(|newest| newest.position.follows.as_ref() == Some(earlier))
    };
    let mut found: Vec<&PositionId> = Vec::new();
    let mut earlier = Some(first);
    let mut looked_at = 0;
    while let Some(from) = earlier {
        let next = versions.iter().filter(|(id, all)| *id != first && !found.contains(id) && follows(all, from));
        let next: Vec<&PositionId> = next.map(|(id, _)| id).collect();
        found.extend(next);
        earlier = found.get(looked_at).copied();
        looked_at += 1;
    }
    found
}

/// The newest versions of the posts that go on from one, of those that are told as held; nothing when somebody else than a
/// plan told of one of them.
pub fn only_moved<'v>(versions: &'v Versions, first: &PositionId) -> Option<Vec<&'v Position>> {
    let all: Vec<&Vec<PositionVersion>> = following(versions, first).into_iter().filter_map(|id| versions.get(id)).collect();
    if !all.iter().all(|versions| is_by_plans(versions)) {
        return None;
    }
    let newest = all.into_iter().filter_map(|versions| versions.last()).map(|version| &version.position);
    Some(newest.filter(|position| position.was_ever_held()).collect())
}

/// Whether plans told all of these.
pub fn is_by_plans(versions: &[PositionVersion]) -> bool {
    versions.iter().all(PositionVersion::is_by_plan)
}

/// What is to be told beside undoing a set, so that a post which it told, and all that goes on from it, are as they were
/// before: nothing where nobody told of it since. `None` where the set does not tell of it, or somebody else than a plan
/// told of one of them since.
pub fn without(versions: &Versions, id: &PositionId, set: &ChangeSetId) -> Option<Vec<Position>> {
    let all = versions.get(id)?;
    let place = all.iter().position(|version| version.change_set == *set)?;
    let (earlier, later) = all.split_at(place + 1);
    let next = only_moved(versions, id).filter(|_| is_by_plans(later))?;
    let Some(newest) = later.last() else { return Some(Vec::new()) };
    let before = earlier.split_last().and_then(|(_, before)| before.last());
    let left = before.map_or_else(|| newest.position.clone().never_held(), |before| before.position.clone());
    Some(std::iter::once(left).chain(next.into_iter().map(|position| position.clone().never_held())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::{PersonId, UnitId};
    use crate::model::position::PositionKind;
    use time::Date;
    use time::macros::date;

    const EVE: Date = date!(2025 - 06 - 30);
    const DAY: Date = date!(2025 - 07 - 01);

    fn post(id: &str, follows: Option<&str>, (from, to): (Date, Option<Date>)) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: UnitId(format!("unit of {id}")),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: follows.map(|old| PositionId(old.to_owned())),
            valid_from: from,
            valid_to: to,
        }
    }

    fn old(last: Option<Date>) -> Position {
        post("old", None, (date!(2020 - 01 - 01), last))
    }

    fn new(last: Option<Date>) -> Position {
        post("new", Some("old"), (DAY, last))
    }

    fn versions(told: &[(&str, &str, Position)]) -> Versions {
        let mut all = Versions::new();
        for (at, (set, origin, position)) in (1..).zip(told) {
            all.entry(position.id.clone()).or_default().push(PositionVersion {
                person: PersonId("p".to_owned()),
                change_set: ChangeSetId((*set).to_owned()),
                origin: (*origin).to_owned(),
                applied_at: Some(Millis(at)),
                position: position.clone(),
            });
        }
        all
    }

    #[test]
    fn a_post_that_is_taken_back_takes_along_what_a_plan_made_of_it_and_nothing_that_somebody_touched() {
        let never = old(None).never_held();
        let newer = post("newer", Some("new"), (DAY, None));
        let moved = [("run", "plan", old(Some(EVE))), ("run", "plan", new(None))];
        let edited = ("b", "edit", new(Some(date!(2026 - 12 - 31))));
        let before = ("a", "file", old(Some(date!(2024 - 12 - 31))));
        let again = [("later", "plan", new(Some(EVE))), ("later", "plan", newer.clone())];
        let own_only = vec![("own", "legacy", old(None))];
        let by_plan = [&own_only[..], &moved].concat();
        let twice = [&by_plan[..], &again[1..]].concat();
        let table = [
            ("nobody told of it since", own_only, Some(vec![])),
            ("a plan did", by_plan.clone(), Some(vec![never.clone(), new(Some(EVE))])),
            ("two plans did", twice, Some(vec![never.clone(), new(Some(EVE)), newer.never_held()])),
            ("it was there before", [&[before.clone()][..], &by_plan[..]].concat(), Some(vec![before.2, new(Some(EVE))])),
            ("what it became was never held", [&by_plan[..], &again[..1]].concat(), Some(vec![never.clone()])),
            ("somebody told of what it became", [&by_plan[..], &[edited][..]].concat(), None),
            ("somebody told of it", [&by_plan[..], &[("b", "edit", old(None))][..]].concat(), None),
            ("the set tells nothing of it", moved.to_vec(), None),
        ];
        for (case, told, expected) in table {
            let all = versions(&told);
            assert_eq!(without(&all, &PositionId("old".to_owned()), &ChangeSetId("own".to_owned())), expected, "{case}");
        }
    }

    #[test]
    fn posts_that_go_on_from_each_other_in_a_circle_are_found_once() {
        let all = versions(&[("run", "plan", post("old", Some("new"), (DAY, None))), ("run", "plan", new(None))]);
        assert_eq!(following(&all, &PositionId("old".to_owned())), [&PositionId("new".to_owned())]);
    }
}
