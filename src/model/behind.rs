//! What stands behind a post: the posts that it goes on from, since when each of them counts; and for one that was handed
//! over, those of whoever did. And the unit that somebody had who has no post any more.

use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use super::unit::Unit;
use crate::base::id::PositionId;
use std::collections::BTreeMap;
use time::Date;

/// What is known of somebody's posts beside what they say. `Default`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// The day, in Vietnam, on which a re-organization let a post go on from another one: a plan that is applied late says of
    /// posts that they began on its day.
    pub told_on: BTreeMap<PositionId, Date>,
    /// By the id of a post that somebody handed over and that counts: the post of whoever did, and those that it goes on from,
    /// newest first, each with the day since which it counts.
    pub lent: BTreeMap<PositionId, Vec<(Position, Date)>>,
}

/// One of the posts that stand behind the one somebody acts in, or that one itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// The post.
    pub post: &'a Position,
    /// Its first day, or the day on which a re-organization let it go on from another one, when that is later.
    pub since: Date,
}

impl Person {
    /// A post that somebody acts in and those that it goes on from, newest first. Of one that was handed to them, those of
    /// whoever did: it stands for that post. Where nobody asked what it rests on, it stands for itself.
    pub fn behind<'a>(&'a self, acting: &'a Position) -> Vec<Held<'a>> {
        if let Some(lent) = self.beside.lent.get(&acting.id) {
            return lent.iter().map(|(post, since)| Held { post, since: *since }).collect();
        }
        let found = self.lineage(&acting.id).into_iter().filter_map(|id| self.positions.iter().find(|post| post.id == *id));
        found.map(|post| Held { post, since: self.since(post) }).collect()
    }

    fn since(&self, post: &Position) -> Date {
        self.beside.told_on.get(&post.id).map_or(post.valid_from, |told| post.valid_from.max(*told))
    }

    /// The unit that somebody was in last, when they have no post of their own any more, now or to come, because that unit
    /// ended: where they work from now on has not been said.
    pub fn unit_that_ended<'r>(&self, registry: &'r Registry, today: Date) -> Option<&'r Unit> {
        let own = || self.positions.iter().filter(|post| post.delegated_by.is_none() && post.was_ever_held());
        if own().any(|post| post.valid_to.is_none_or(|last| last >= today)) {
            return None;
        }
        let last = own().max_by_key(|post| (post.valid_to, post.primary, &post.id))?;
        registry.unit(&last.unit).filter(|unit| unit.span.to.is_some() && unit.span.to == last.valid_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{PersonId, UnitId};
    use crate::model::made::person;
    use crate::model::position::PositionKind;
    use crate::model::unit::{Span, UnitKind};
    use time::macros::date;

    const EVE: Date = date!(2026 - 12 - 31);
    const DAY: Date = date!(2027 - 01 - 01);
    const TODAY: Date = date!(2027 - 03 - 01);

    fn post(id: &str, place: &str, follows: Option<&str>, (from, to): (Date, Option<Date>)) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: UnitId(place.to_owned()),
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

    fn names<'a>(person: &'a Person, acting: &'a Position) -> Vec<(&'a str, Date)> {
        person.behind(acting).into_iter().map(|held| (held.post.id.as_str(), held.since)).collect()
    }

    #[test]
    fn behind_a_post_stand_those_that_it_goes_on_from_each_since_it_was_told() {
        let first = date!(2020 - 01 - 01);
        let old = post("old", "left", None, (first, Some(EVE)));
        let new = post("new", "merged", Some("old"), (DAY, None));
        let mut kim = person(vec![old.clone(), new.clone()]);
        assert_eq!(names(&kim, &new), [("new", DAY), ("old", first)]);
        assert_eq!(names(&kim, &old), [("old", first)], "what comes after it does not stand behind it");
        kim.beside.told_on.insert(new.id.clone(), TODAY);
        assert_eq!(names(&kim, &new), [("new", TODAY), ("old", first)], "a plan that was applied late");
        kim.beside.told_on.insert(new.id.clone(), EVE);
        assert_eq!(names(&kim, &new), [("new", DAY), ("old", first)], "a plan that was applied ahead");
    }

    #[test]
    fn behind_a_post_that_was_handed_over_stand_the_posts_of_whoever_did() {
        let lent = Position { delegated_by: Some(PersonId("giver".to_owned())), ..post("lent", "merged", None, (DAY, None)) };
        let mut minh = person(vec![post("own", "far", None, (DAY, None)), lent.clone()]);
        assert_eq!(names(&minh, &lent), [("lent", DAY)], "nobody asked what it rests on");
        let givers = post("givers", "merged", Some("before"), (DAY, None));
        minh.beside.lent.insert(lent.id.clone(), vec![(givers, TODAY), (post("before", "left", None, (EVE, Some(EVE))), EVE)]);
        assert_eq!(names(&minh, &lent), [("givers", TODAY), ("before", EVE)]);
        assert_eq!(names(&minh, &minh.positions[0]), [("own", DAY)]);
    }

    #[test]
    fn whoever_has_no_post_any_more_because_the_unit_ended_is_told_that_unit() {
        let unit = |name: &str, span| Unit {
            id: UnitId(name.to_owned()),
            kind: UnitKind::Phuong,
            span,
            codes: vec![],
            names: vec![],
            parents: vec![],
        };
        let spans = [("ended", Span::until(EVE)), ("there", Span::since(date!(2020 - 01 - 01))), ("new", Span::since(DAY))];
        let registry = Registry::new(7, spans.map(|(name, span)| unit(name, span)).to_vec(), vec![]);
        let (from, earlier) = (date!(2020 - 01 - 01), date!(2026 - 06 - 30));
        let of = |place: &str, last| post(place, place, None, (from, last));
        let lent = Position { delegated_by: Some(PersonId("giver".to_owned())), ..post("lent", "there", None, (from, None)) };
        let later = post("later", "new", None, (date!(2027 - 04 - 01), None));
        let table = [
            ("with its unit", vec![of("ended", Some(EVE))], Some("ended")),
            ("and an earlier one elsewhere", vec![of("ended", Some(EVE)), of("there", Some(earlier))], Some("ended")),
            ("and one that was handed over", vec![of("ended", Some(EVE)), lent], Some("ended")),
            ("and another one goes on", vec![of("ended", Some(EVE)), of("there", None)], None),
            ("and another one is to come", vec![of("ended", Some(EVE)), later], None),
            ("and one that was never held", vec![of("ended", Some(EVE)), of("there", None).never_held()], Some("ended")),
            ("before its unit", vec![of("ended", Some(earlier))], None),
            ("in a unit that goes on", vec![of("there", Some(EVE))], None),
            ("in a unit that nobody knows", vec![of("nowhere", Some(EVE))], None),
            ("never any", vec![], None),
        ];
        for (case, positions, expected) in table {
            let found = person(positions).unit_that_ended(&registry, TODAY).map(|unit| unit.id.as_str());
            assert_eq!(found, expected, "{case}");
        }
    }
}
