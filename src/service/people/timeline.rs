//! The posts of a person through time, with the re-organizations that came between them; and what was said otherwise of days
//! that were over.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PositionId, UnitId};
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::succession::Relation;
use crate::store::positions::PositionVersion;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use time::Date;

/// When a post is held, seen from a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// It is held.
    Now,
    /// It begins later.
    Later,
    /// It is over.
    Past,
}

/// What became of a unit in which the person had a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reorganized {
    /// The unit.
    pub from: UnitId,
    /// The units after it: the one in which the person goes on, or all of them.
    pub to: Vec<UnitId>,
    /// How the first of those follows.
    pub relation: Relation,
    /// The first day of the new order.
    pub on: Date,
}

/// One thing on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A post.
    Held(Position, Time),
    /// A re-organization.
    Reorganized(Reorganized),
}

impl Item {
    fn place(&self) -> (Reverse<Date>, bool) {
        match self {
            Self::Held(held, _) => (Reverse(held.valid_from), false),
            Self::Reorganized(event) => (Reverse(event.on), true),
        }
    }
}

/// When a post is held, seen from a day.
pub fn time_of(held: &Position, today: Date) -> Time {
    if held.in_force_on(today) {
        Time::Now
    } else if held.valid_from > today {
        Time::Later
    } else {
        Time::Past
    }
}

/// The line, newest first; a re-organization stands below what began with it.
pub fn draw(positions: &[Position], registry: &Registry, today: Date) -> Vec<Item> {
    let mut items: Vec<Item> = positions.iter().map(|held| Item::Held(held.clone(), time_of(held, today))).collect();
    let mut events: Vec<Reorganized> = Vec::new();
    for held in positions {
        for event in events_of(held, positions, registry) {
            if !events.iter().any(|known| known.from == event.from && known.on == event.on) {
                events.push(event);
            }
        }
    }
    items.extend(events.into_iter().map(Item::Reorganized));
    // The main one of two that began together comes first.
    items.sort_by_key(|item| (item.place(), matches!(item, Item::Held(held, _) if !held.primary)));
    items
}

/// A post of which something else was said of days that were over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrected {
    /// When, the last time.
    pub at: Millis,
    /// What was said before.
    pub before: Position,
}

/// The posts that were corrected, from all that was ever told of them and still counts, the oldest first. What is first said
/// of a post corrects nothing.
pub fn corrected(versions: &[PositionVersion]) -> Vec<Corrected> {
    let mut told: BTreeMap<&PositionId, &Position> = BTreeMap::new();
    let mut found: BTreeMap<&PositionId, Corrected> = BTreeMap::new();
    for version in versions {
        let Some(at) = version.applied_at else { continue };
        let day = vietnam_date(at);
        let before = told.insert(&version.position.id, &version.position);
        if let Some(before) = before.filter(|before| of_past(before, day) != of_past(&version.position, day)) {
            found.insert(&version.position.id, Corrected { at, before: before.clone() });
        }
    }
    found.into_values().collect()
}

/// What a post says of the days before a day: where, as what and when; nothing when it was held on none of them. The kind of
/// employment and whether it is the main one change without days of their own.
fn of_past(held: &Position, day: Date) -> Option<(&UnitId, [&str; 2], Date, Option<Date>)> {
    let never = held.valid_to.is_some_and(|last| last < held.valid_from);
    if held.valid_from >= day || never {
        return None;
    }
    // A last day of yesterday takes nothing from any day before this one.
    let valid_to = held.valid_to.filter(|last| last.next_day().is_some_and(|next| next < day));
    Some((&held.unit, [held.department.as_str(), held.title.as_str()], held.valid_from, valid_to))
}

/// The re-organizations of a post's unit that the post lived to see.
fn events_of(held: &Position, positions: &[Position], registry: &Registry) -> Vec<Reorganized> {
    let mut events: Vec<Reorganized> = Vec::new();
    for (unit, succession) in registry.successors(&held.unit) {
        let Some(on) = succession.effective else { continue };
        let lived_to_see = held.valid_to.zip(on.previous_day()).is_none_or(|(last, eve)| last >= eve);
        if held.valid_from >= on || !lived_to_see {
            continue;
        }
        if let Some(event) = events.iter_mut().find(|event| event.on == on) {
            event.to.push(unit.id.clone());
        } else {
            events.push(Reorganized { from: held.unit.clone(), to: vec![unit.id.clone()], relation: succession.relation, on });
        }
    }
    for event in &mut events {
        let goes_on = |unit: &UnitId| positions.iter().any(|later| later.unit == *unit && later.valid_from >= event.on);
        let own: Vec<UnitId> = event.to.iter().filter(|unit| goes_on(unit)).cloned().collect();
        let Some(first) = own.first() else { continue };
        let relation = registry.successors(&event.from).into_iter().find(|(unit, _)| unit.id == *first);
        event.relation = relation.map_or(event.relation, |(_, succession)| succession.relation);
        event.to = own;
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{ChangeSetId, PersonId};
    use crate::model::position::PositionKind;
    use crate::model::succession::Succession;
    use crate::model::unit::{Span, Unit, UnitKind};
    use time::macros::date;

    const LAST: Date = date!(2025 - 06 - 30);
    const FIRST: Date = date!(2025 - 07 - 01);

    fn id(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    fn registry() -> Registry {
        let unit = |name: &str, span| Unit {
            id: id(name),
            kind: UnitKind::Phuong,
            span,
            codes: Vec::new(),
            names: Vec::new(),
            parents: Vec::new(),
        };
        let to = |from: &str, to: &str, relation| Succession {
            from: id(from),
            to: id(to),
            relation,
            effective: Some(FIRST),
            source: String::new(),
        };
        let units = vec![
            unit("whole", Span::until(LAST)),
            unit("divided", Span::until(LAST)),
            unit("a", Span::since(FIRST)),
            unit("b", Span::since(FIRST)),
        ];
        let successions =
            vec![to("whole", "a", Relation::Whole), to("divided", "a", Relation::Part), to("divided", "b", Relation::Part)];
        Registry::new(1, units, successions)
    }

    fn held(unit: &str, from: Date, to: Option<Date>) -> Position {
        Position {
            id: PositionId(format!("{unit} {from}")),
            unit: id(unit),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    fn line(positions: &[Position]) -> Vec<String> {
        let today = date!(2026 - 11 - 22);
        let word = |item: &Item| match item {
            Item::Held(held, time) => format!("{} {time:?}", held.unit),
            Item::Reorganized(event) => {
                let to: Vec<&str> = event.to.iter().map(UnitId::as_str).collect();
                format!("{} {:?} {}", event.from, event.relation, to.join("+"))
            }
        };
        draw(positions, &registry(), today).iter().map(word).collect()
    }

    #[test]
    fn a_post_is_corrected_by_what_says_something_else_of_days_that_were_over() {
        let began = date!(2021 - 04 - 01);
        let open = held("whole", began, None);
        let until = |last| Position { valid_to: Some(last), ..open.clone() };
        // Noon of 2 July 2025 in Vietnam.
        let at = Millis(1_751_432_400_000);
        let version = |position: &Position, applied_at| PositionVersion {
            person: PersonId("p".to_owned()),
            change_set: ChangeSetId("s".to_owned()),
            origin: "file".to_owned(),
            applied_at,
            position: position.clone(),
        };
        let table = [
            ("it ends yesterday", until(FIRST), false),
            ("it ended before", until(LAST), true),
            ("it has another title", Position { title: "Kế toán".to_owned(), ..open.clone() }, true),
            ("it never was", until(date!(2021 - 03 - 31)), true),
            ("it is the same", open.clone(), false),
            ("it is the main one no more", Position { primary: false, ..open.clone() }, false),
        ];
        for (case, later, expected) in table {
            let found = corrected(&[version(&open, Some(Millis(0))), version(&later, Some(at))]);
            let expected: Vec<Corrected> = expected.then(|| Corrected { at, before: open.clone() }).into_iter().collect();
            assert_eq!(found, expected, "{case}");
        }
        assert!(corrected(&[version(&open, Some(at))]).is_empty(), "what is first said");
        assert!(corrected(&[version(&open, Some(Millis(0))), version(&until(LAST), None)]).is_empty(), "what is staged");
    }

    #[test]
    fn a_merger_stands_between_the_posts_before_and_after_it() {
        let old = held("whole", date!(2021 - 04 - 01), Some(LAST));
        let new = held("a", FIRST, None);
        assert_eq!(line(&[old.clone(), new]), ["a Now", "whole Whole a", "whole Past"]);
        assert_eq!(line(std::slice::from_ref(&old)), ["whole Whole a", "whole Past"], "nothing was decided yet");
    }

    #[test]
    fn of_a_divided_unit_the_part_counts_in_which_the_person_goes_on() {
        let old = held("divided", date!(2021 - 04 - 01), None);
        assert_eq!(line(std::slice::from_ref(&old)), ["divided Part a+b", "divided Now"]);
        assert_eq!(line(&[old, held("b", date!(2025 - 09 - 01), None)]), ["b Now", "divided Part b", "divided Now"]);
    }

    #[test]
    fn whoever_had_left_before_did_not_see_it() {
        let left = held("whole", date!(2016 - 01 - 01), Some(date!(2025 - 06 - 29)));
        assert_eq!(line(&[left]), ["whole Past"]);
        assert_eq!(line(&[held("a", date!(2027 - 01 - 01), None)]), ["a Later"]);
    }
}
