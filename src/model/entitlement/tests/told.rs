//! Who has a role of all under a unit, where a plan that was applied late says otherwise of the day on which it was given.

use super::*;
use crate::base::date::first_moment;
use crate::model::correction::{Change, Correction, Made, Way};
use crate::model::plan::edit::{Edit, Fact};
use time::macros::date;

const BEFORE: Date = date!(2025 - 06 - 01);
const BETWEEN: Date = date!(2025 - 07 - 04);
const TOLD: Date = date!(2025 - 07 - 15);

/// A unit, one above it, when it was said to lie there, and when it is said to from then on.
type Word<'a> = (&'a str, &'a str, Option<Span>, Option<Span>);

/// The later registry, of which a plan said this late.
fn knowing(words: &[Word<'_>]) -> Registry {
    let made = Made {
        at: first_moment(TOLD),
        by: "os:test".to_owned(),
        way: Way::Plan,
        reason: "chuyen".to_owned(),
        version_before: 7,
        version_after: 8,
    };
    let said = words.iter().map(|(unit, parent, was, now)| {
        let fact = Fact::Parent { unit: unit_id(unit), parent: unit_id(parent) };
        Correction { made: made.clone(), change: Change::Fact(Edit { fact, was: *was, now: *now }) }
    });
    later_registry().knowing(said.collect())
}

fn given(place: &str, on: Date) -> GroupGrant {
    GroupGrant { given_on: on, ..below(place) }
}

fn is_for(group: &GroupGrant, person: &Person, registry: &Registry) -> bool {
    group.is_for(person, person.positions.last().expect("a post"), registry, TODAY)
}

#[test]
fn of_what_was_given_before_a_late_plan_moved_a_unit_those_in_it_have_what_they_had() {
    let registry = knowing(&[
        ("ward", "north", Some(Span::default()), Some(Span::until(EVE))),
        ("ward", "south", None, Some(Span::since(DAY))),
    ]);
    let since = |first: Date| person(vec![Position { valid_from: first, ..post("p", "ward", "Chuyên viên", None) }], vec![]);
    let (early, between, late) = (since(date!(2018 - 03 - 01)), since(date!(2025 - 07 - 07)), since(date!(2025 - 09 - 01)));
    let table = [
        ("there, of what it came under, given between", given("south", BETWEEN), &early, false),
        ("there, of what it came under, given when that was said", given("south", TOLD), &early, true),
        ("there, of what it came from, given between", given("north", BETWEEN), &early, true),
        ("there, of what it came from, given when that was said", given("north", TOLD), &early, false),
        ("there, of what both lie under", given("city", BETWEEN), &early, true),
        ("who began between, of what it came under", given("south", BEFORE), &between, false),
        ("who began between, of what it came from", given("north", BEFORE), &between, true),
        ("new, of what it lies under", given("south", BETWEEN), &late, true),
        ("new, of what it lay under", given("north", BETWEEN), &late, false),
    ];
    for (case, group, person, expected) in table {
        assert_eq!(is_for(&group, person, &registry), expected, "{case}");
    }
}

#[test]
fn what_was_given_between_two_stages_of_a_plan_goes_on_for_those_whom_the_first_brought_there() {
    // The first stage came on its day, and `quan` lay under `south` until the second took that back.
    let in_stages = knowing(&[
        ("left", "quan", Some(Span::default()), Some(Span::until(EVE))),
        ("quan", "south", Some(Span::since(DAY)), None),
    ]);
    let at_once = knowing(&[
        ("left", "quan", Some(Span::default()), Some(Span::until(EVE))),
        ("quan", "city", Some(Span::default()), Some(Span::until(EVE))),
    ]);
    let mut kim = person(vec![post("a", "left", "Chuyên viên", None), post("b", "merged", "Chuyên viên", Some("a"))], vec![]);
    kim.beside.told_on.insert(PositionId("b".to_owned()), TOLD);
    let moi = person(vec![post("b", "merged", "Chuyên viên", None)], vec![]);
    let table = [
        ("given between", given("south", BETWEEN), &in_stages, &kim, true),
        ("given before both", given("south", BEFORE), &in_stages, &kim, false),
        ("given before both, where they were", given("city", BEFORE), &in_stages, &kim, true),
        ("given after both", given("south", TOLD), &in_stages, &kim, false),
        ("given between, and new in the later unit", given("south", BETWEEN), &in_stages, &moi, false),
        ("given between its day and the one moment of a plan", given("south", BETWEEN), &at_once, &kim, false),
    ];
    for (case, group, registry, person, expected) in table {
        assert_eq!(is_for(&group, person, registry), expected, "{case}");
    }
}
