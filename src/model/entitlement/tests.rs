//! Who has a role by a post, before and after units changed; what conditions hold back; who enters.

mod told;

use super::*;
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId};
use crate::model::behind::Beside;
use crate::model::client::ClientSettings;
use crate::model::position::PositionKind;
use crate::model::unit::{DatedParent, Span, UnitKind};
use std::collections::BTreeMap;
use time::macros::date;

const EVE: Date = date!(2025 - 06 - 30);
const DAY: Date = date!(2025 - 07 - 01);
const TODAY: Date = date!(2026 - 01 - 05);
const PLAIN: Circumstances = Circumstances { level: 1, office: false };

fn unit_id(name: &str) -> UnitId {
    UnitId(name.to_owned())
}

fn unit(name: &str, span: Span, parent: &str) -> Unit {
    let parents = vec![DatedParent { parent: unit_id(parent), span }];
    Unit { id: unit_id(name), kind: UnitKind::Phuong, span, codes: vec![], names: vec![], parents }
}

/// On one day `left` and `right` went whole into `merged`, `old` alone into `new`, and `divided` into two. All lay in the
/// district `quan`, which ended, and lie in `city` now; `old-name` had become `old` before. `small` went whole into `big`, which
/// had been there.
fn registry() -> Registry {
    let (until, since) = (Span::until(EVE), Span::since(DAY));
    let before = Span { to: Some(date!(2020 - 01 - 31)), ..Span::default() };
    let old = Span { from: Some(date!(2020 - 02 - 01)), to: Some(EVE), ended_by: None };
    let mut units: Vec<Unit> = ["left", "right", "divided"].into_iter().map(|name| unit(name, until, "quan")).collect();
    units.extend([unit("old-name", before, "quan"), unit("old", old, "quan"), unit("quan", until, "city")]);
    units.extend(["merged", "new", "one", "other"].into_iter().map(|name| unit(name, since, "city")));
    units.extend([unit("small", until, "quan"), unit("big", Span::since(date!(2020 - 01 - 01)), "city")]);
    units.push(Unit { parents: vec![], ..unit("city", Span::since(date!(1976 - 07 - 02)), "city") });
    let went = |from: &str, to: &str, relation: Relation| Succession {
        from: unit_id(from),
        to: unit_id(to),
        relation,
        effective: Some(DAY),
        source: "test".to_owned(),
    };
    let successions = vec![
        went("left", "merged", Relation::Whole),
        went("right", "merged", Relation::Whole),
        went("small", "big", Relation::Whole),
        went("old-name", "old", Relation::Whole),
        went("old", "new", Relation::Whole),
        went("divided", "one", Relation::Part),
        went("divided", "other", Relation::Part),
        went("quan", "merged", Relation::Within),
        went("quan", "new", Relation::Within),
    ];
    Registry::new(7, units, successions)
}

fn post(id: &str, place: &str, title: &str, follows: Option<&str>) -> Position {
    let ended = follows.is_none() && ["left", "right", "old", "divided"].contains(&place);
    Position {
        id: PositionId(id.to_owned()),
        unit: unit_id(place),
        department: String::new(),
        title: title.to_owned(),
        kind: PositionKind::CongChuc,
        primary: true,
        decision_no: String::new(),
        delegated_by: None,
        follows: follows.map(|old| PositionId(old.to_owned())),
        valid_from: if ended { date!(2020 - 02 - 01) } else { DAY },
        valid_to: ended.then_some(EVE),
    }
}

fn person(positions: Vec<Position>, roles: Vec<RoleGrant>) -> Person {
    Person {
        id: PersonId("p".to_owned()),
        username: "kim".to_owned(),
        full_name: "Kim".to_owned(),
        date_of_birth: None,
        email: None,
        phone: None,
        employee_code: None,
        claims: BTreeMap::new(),
        disabled_at: None,
        updated_at: Millis(0),
        positions,
        roles,
        has_personal_number: false,
        beside: Beside::default(),
    }
}

fn client(entry: Entry) -> Client {
    let roles = ["clerk", "chair"].map(str::to_owned).to_vec();
    let settings = ClientSettings { roles, entry, ..ClientSettings::default() };
    Client { id: "tthc".to_owned(), name: "TTHC".to_owned(), settings, secrets: vec![], disabled_at: None }
}

fn group(place: &str) -> GroupGrant {
    GroupGrant {
        id: "g".to_owned(),
        client_id: "tthc".to_owned(),
        role: "clerk".to_owned(),
        unit: unit_id(place),
        below: false,
        title: None,
        condition: Condition::default(),
        given_on: date!(2020 - 01 - 01),
        valid_from: None,
        valid_to: None,
    }
}

fn below(place: &str) -> GroupGrant {
    GroupGrant { below: true, ..group(place) }
}

fn roles_of(groups: &[GroupGrant], person: &Person, acting: &str) -> Vec<String> {
    let registry = registry();
    let acting = person.positions.iter().find(|held| held.id.as_str() == acting);
    let holder = Holder { person, acting, groups, registry: &registry, today: TODAY };
    holder.roles(&client(Entry::Anyone), PLAIN).into_iter().map(str::to_owned).collect()
}

fn has(group: &GroupGrant, positions: Vec<Position>) -> bool {
    let acting = positions.last().map_or(String::new(), |last| last.id.0.clone());
    !roles_of(std::slice::from_ref(group), &person(positions, vec![]), &acting).is_empty()
}

#[test]
fn a_role_of_a_unit_is_for_whoever_has_a_post_there_and_perhaps_a_title() {
    let titled = |title: &str| GroupGrant { title: Some(title.to_owned()), ..below("city") };
    let of = |place: &str, title: &str| vec![post("p", place, title, None)];
    let table = [
        ("in the unit", group("merged"), of("merged", "Chuyên viên"), true),
        ("elsewhere", group("merged"), of("new", "Chuyên viên"), false),
        ("under it, when that is not said", group("city"), of("merged", "Chuyên viên"), false),
        ("under it", below("city"), of("merged", "Chuyên viên"), true),
        ("in it, when under it is said too", below("city"), of("city", "Chuyên viên"), true),
        ("above it", below("merged"), of("city", "Chuyên viên"), false),
        ("with the title, spelled otherwise", titled("CHỦ TỊCH"), of("merged", "Chủ  tịch"), true),
        ("with a longer title", titled("Chủ tịch"), of("merged", "Phó Chủ tịch"), false),
        ("of a unit that nobody knows", group("nowhere"), of("merged", "Chuyên viên"), false),
        ("in a unit that nobody knows", below("city"), of("nowhere", "Chuyên viên"), false),
    ];
    for (case, group, positions, expected) in table {
        assert_eq!(has(&group, positions), expected, "{case}");
    }
}

#[test]
fn it_counts_on_its_days_while_acting_in_such_a_post_and_where_it_is_declared() {
    let posts = [("here", "merged"), ("there", "new")].map(|(id, place)| post(id, place, "Chuyên viên", None));
    let person = person(posts.to_vec(), vec![]);
    let days = |from, to| GroupGrant { valid_from: from, valid_to: to, ..group("merged") };
    let table = [
        ("today", days(Some(TODAY), Some(TODAY)), "here", true),
        ("not yet", days(TODAY.next_day(), None), "here", false),
        ("over", days(None, TODAY.previous_day()), "here", false),
        ("in another post", group("merged"), "there", false),
        ("in no post", group("merged"), "nobody's", false),
        ("not declared", GroupGrant { role: "boss".to_owned(), ..group("merged") }, "here", false),
        ("of another client", GroupGrant { client_id: "van-ban".to_owned(), ..group("merged") }, "here", false),
    ];
    for (case, group, acting, expected) in table {
        assert_eq!(!roles_of(&[group], &person, acting).is_empty(), expected, "{case}");
    }
}

#[test]
fn after_a_merger_whoever_came_from_the_unit_keeps_its_roles_and_nobody_gains_them() {
    let came = |from: &str| vec![post("a", from, "Chuyên viên", None), post("b", "merged", "Chuyên viên", Some("a"))];
    let into_big = || vec![post("a", "small", "Chuyên viên", None), post("b", "big", "Chuyên viên", Some("a"))];
    let table = [
        ("from the unit", group("left"), came("left"), true),
        ("from the other one", group("left"), came("right"), false),
        ("new in the later one", group("left"), vec![post("b", "merged", "Chuyên viên", None)], false),
        ("under what it lay under on its last day", below("quan"), came("left"), true),
        ("new, under what no more is", below("quan"), vec![post("b", "merged", "Chuyên viên", None)], false),
        (
            "another post of whoever came",
            group("left"),
            vec![post("a", "left", "Chuyên viên", None), post("b", "merged", "Chuyên viên", None)],
            false,
        ),
        ("of one that was there, given before", group("big"), into_big(), false),
        ("of one that was there, given since", GroupGrant { given_on: DAY, ..group("big") }, into_big(), true),
        (
            "of one that was there, given before for days since",
            GroupGrant { valid_from: Some(DAY), ..group("big") },
            into_big(),
            true,
        ),
        ("of one that was there, and new in it", group("big"), vec![post("b", "big", "Chuyên viên", None)], true),
    ];
    for (case, group, positions, expected) in table {
        assert_eq!(has(&group, positions), expected, "{case}");
    }
}

#[test]
fn where_a_unit_was_only_named_anew_its_roles_go_on_for_everybody() {
    let new = || vec![post("b", "new", "Chuyên viên", None)];
    assert!(has(&group("old"), new()));
    assert!(has(&group("old-name"), new()), "twice");
    assert!(!has(&group("divided"), vec![post("b", "one", "Chuyên viên", None)]), "a part of it is not it");
    assert!(!has(&group("small"), vec![post("b", "big", "Chuyên viên", None)]), "it was there before, and is another one");
    assert!(!has(&group("quan"), new()), "what lay in it is not it");
    let registry = registry();
    assert_eq!(standing_for(&registry, &unit_id("old"), EVE), [&unit_id("old")], "while it is there it stands for itself");
}

/// `ward` came from `north` under `south` on one day; `last` came out of `new` with its end, and into it `other` after that.
fn later_registry() -> Registry {
    let registry = registry();
    let others = registry.units().filter(|unit| !["new", "other"].contains(&unit.id.as_str()));
    let mut units: Vec<Unit> = others.cloned().collect();
    let until = |last: Date| Span { to: Some(last), ..Span::since(DAY) };
    let begin = date!(2026 - 01 - 01);
    units.extend([unit("new", until(date!(2025 - 12 - 31)), "city"), unit("other", until(date!(2026 - 01 - 02)), "city")]);
    units.push(unit("last", Span::since(begin), "city"));
    units.extend(["north", "south"].map(|name| unit(name, Span::since(date!(2010 - 01 - 01)), "city")));
    let parents = [("north", Span::until(EVE)), ("south", Span::since(DAY))];
    let parents = parents.map(|(parent, span)| DatedParent { parent: unit_id(parent), span }).to_vec();
    units.push(Unit { parents, ..unit("ward", Span::since(date!(2010 - 01 - 01)), "north") });
    let mut successions = registry.successions().to_vec();
    let went = |from: &str, to: &str, relation: Relation, effective: Date| Succession {
        from: unit_id(from),
        to: unit_id(to),
        relation,
        effective: Some(effective),
        source: "test".to_owned(),
    };
    successions.push(went("new", "one", Relation::Part, date!(2025 - 10 - 01)));
    successions.push(went("new", "last", Relation::Whole, begin));
    successions.push(went("other", "last", Relation::Whole, date!(2026 - 01 - 03)));
    Registry::new(8, units, successions)
}

fn has_later(group: &GroupGrant, person: &Person, acting: &str) -> bool {
    let registry = later_registry();
    let acting = person.positions.iter().find(|held| held.id.as_str() == acting).expect("a post");
    group.is_for(person, acting, &registry, TODAY)
}

#[test]
fn what_came_or_went_beside_does_not_part_a_unit_from_what_it_became() {
    let registry = later_registry();
    let (old, new, last) = (unit_id("old"), unit_id("new"), unit_id("last"));
    assert_eq!(standing_for(&registry, &old, TODAY), [&old, &new, &last]);
    let kim = person(vec![post("p", "last", "Chuyên viên", None)], vec![]);
    assert!(has_later(&group("old"), &kim, "p"), "another unit came into the later one after it had begun");
    assert!(!has_later(&group("other"), &kim, "p"), "which was merged into one that was there");
}

#[test]
fn whoever_was_in_a_unit_that_came_under_another_one_keeps_what_they_had_and_gains_nothing() {
    let since = |first: Date| person(vec![Position { valid_from: first, ..post("p", "ward", "Chuyên viên", None) }], vec![]);
    let (early, late) = (since(date!(2018 - 03 - 01)), since(date!(2025 - 09 - 01)));
    let given = |place: &str, on: Date| GroupGrant { given_on: on, ..below(place) };
    let (before, after) = (date!(2019 - 01 - 01), date!(2025 - 08 - 01));
    let table = [
        ("there, of what it came under, given before", given("south", before), &early, false),
        ("there, of what it came under, given since", given("south", after), &early, true),
        ("there, of what it came from, given before", given("north", before), &early, true),
        ("there, of what it came from, given since", given("north", after), &early, false),
        ("new, of what it lies under", given("south", before), &late, true),
        ("new, of what it lay under", given("north", before), &late, false),
        (
            "there, of what it came under, given before for days since",
            GroupGrant { valid_from: Some(after), ..given("south", before) },
            &early,
            true,
        ),
        ("there, of what both lie under", given("city", before), &early, true),
        ("new, of what both lie under", given("city", before), &late, true),
    ];
    for (case, group, person, expected) in table {
        assert_eq!(has_later(&group, person, "p"), expected, "{case}");
    }
}

#[test]
fn a_plan_that_is_applied_late_gives_nobody_what_was_given_between_its_day_and_then() {
    let came = |from: &str, into: &str, told: Option<Date>| {
        let mut kim = person(vec![post("a", from, "Chuyên viên", None), post("b", into, "Chuyên viên", Some("a"))], vec![]);
        kim.positions[0].valid_to = Some(EVE);
        kim.positions[0].valid_from = date!(2020 - 02 - 01);
        kim.beside.told_on.extend(told.map(|day| (PositionId("b".to_owned()), day)));
        kim
    };
    let (between, told) = (date!(2025 - 07 - 04), date!(2025 - 07 - 15));
    let given = |place: &str, on: Date| GroupGrant { given_on: on, ..group(place) };
    let under = |group: GroupGrant| GroupGrant { below: true, ..group };
    let table = [
        ("on time", given("big", between), came("small", "big", None), true),
        ("late, given between", given("big", between), came("small", "big", Some(told)), false),
        ("late, given since", given("big", told), came("small", "big", Some(told)), true),
        ("late, given between where they were", given("small", between), came("small", "big", Some(told)), true),
        ("late, given between under one", under(given("quan", between)), came("left", "merged", Some(told)), true),
        ("where they were, given after that", given("ward", date!(2025 - 08 - 01)), came("ward", "one", None), false),
        ("where they were, given before", given("ward", date!(2020 - 01 - 01)), came("ward", "one", None), true),
    ];
    for (case, group, person, expected) in table {
        assert_eq!(has_later(&group, &person, "b"), expected, "{case}");
    }
}

#[test]
fn what_is_given_to_a_unit_that_is_no_more_is_for_whoever_was_there_until_its_end() {
    let left_on = |day: Date| {
        let mut kim = person(vec![post("a", "small", "Chuyên viên", None), post("b", "big", "Chuyên viên", Some("a"))], vec![]);
        kim.positions[0].valid_from = date!(2020 - 02 - 01);
        kim.positions[0].valid_to = day.previous_day();
        kim.positions[1].valid_from = day;
        kim
    };
    let given = |on: Date| GroupGrant { given_on: on, ..group("small") };
    let (early, late, after) = (date!(2025 - 03 - 01), date!(2025 - 07 - 15), date!(2025 - 08 - 01));
    let mut told_late = left_on(DAY);
    told_late.beside.told_on.insert(PositionId("b".to_owned()), late);
    let table = [
        ("until its end", given(after), left_on(DAY), true),
        ("until its end, given the day after that", given(DAY), left_on(DAY), true),
        ("until its end, which was told late", given(after), told_late, true),
        ("left on its last day", given(after), left_on(EVE), false),
        ("left earlier", given(after), left_on(early), false),
        ("left earlier, given while it was still there", given(EVE), left_on(early), false),
        ("left earlier, given before that", given(date!(2025 - 02 - 01)), left_on(early), true),
    ];
    for (case, group, person, expected) in table {
        assert_eq!(has_later(&group, &person, "b"), expected, "{case}");
    }
}

#[test]
fn whoever_acts_for_another_has_the_groups_of_that_one_and_nothing_of_their_own() {
    let giver = PersonId("giver".to_owned());
    let lent = Position { delegated_by: Some(giver), ..post("lent", "big", "Chủ tịch", None) };
    let own = |role: &str, post: Option<&str>| RoleGrant {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        position: post.map(|post| PositionId(post.to_owned())),
        condition: Condition::default(),
    };
    let mut minh = person(vec![post("own", "new", "Chuyên viên", None), lent], vec![own("chair", None)]);
    let came = vec![
        (post("givers", "big", "Chủ tịch", Some("before")), DAY),
        (Position { valid_to: Some(EVE), ..post("before", "small", "Chủ tịch", None) }, date!(2020 - 02 - 01)),
    ];
    minh.beside.lent.insert(PositionId("lent".to_owned()), came);
    let table = [
        ("where the giver came, given before", group("big"), "lent", false),
        ("where the giver came, given since", GroupGrant { given_on: DAY, ..group("big") }, "lent", true),
        ("where the giver was", group("small"), "lent", true),
        ("where the giver was, in their own post", group("small"), "own", false),
        ("where they are, acting for the giver", group("new"), "lent", false),
    ];
    for (case, group, acting, expected) in table {
        let told: &[&str] = if expected { &["clerk"] } else { &[] };
        let roles = roles_of(std::slice::from_ref(&group), &minh, acting);
        let roles: Vec<&str> = roles.iter().map(String::as_str).filter(|role| *role != "chair").collect();
        assert_eq!(roles, told, "{case}");
    }
    assert_eq!(roles_of(&[], &minh, "own"), ["chair"], "what is theirs as a person");
    assert_eq!(roles_of(&[], &minh, "lent"), [] as [&str; 0], "does not come along");
    minh.roles.push(own("clerk", Some("lent")));
    assert_eq!((roles_of(&[], &minh, "lent"), roles_of(&[], &minh, "own")), (vec!["clerk".to_owned()], vec!["chair".to_owned()]));
}

#[test]
fn a_condition_holds_a_role_back_until_the_sign_on_is_such_as_it_asks() {
    let asks = |least_level, office_only| Condition { least_level, office_only };
    let at = |level, office| Circumstances { level, office };
    let table = [
        (asks(None, false), at(1, false), true),
        (asks(Some(2), false), at(1, true), false),
        (asks(Some(2), false), at(2, false), true),
        (asks(Some(2), false), at(3, false), true),
        (asks(None, true), at(3, false), false),
        (asks(None, true), at(1, true), true),
        (asks(Some(2), true), at(2, false), false),
        (asks(Some(2), true), Circumstances::BEST, true),
    ];
    for (condition, circumstances, expected) in table {
        assert_eq!(condition.is_met(circumstances), expected, "{condition:?} {circumstances:?}");
    }
    assert!(Condition::default().is_none() && !asks(None, true).is_none());
    let (nothing, strong, here, both) = (asks(None, false), asks(Some(2), false), asks(None, true), asks(Some(2), true));
    assert!(nothing.asks_no_more_than(strong) && strong.asks_no_more_than(both) && both.asks_no_more_than(both));
    assert!(!strong.asks_no_more_than(here) && !here.asks_no_more_than(strong) && !both.asks_no_more_than(here));
}

#[test]
fn who_enters_and_what_stands_in_the_way_is_told_by_the_roles_that_count() {
    let strong = Condition { least_level: Some(2), office_only: false };
    let own = |role: &str, condition| RoleGrant {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        position: Some(PositionId("p".to_owned())),
        condition,
    };
    let registry = registry();
    let enters = |groups: &[GroupGrant], roles: Vec<RoleGrant>, level: i64| {
        let person = person(vec![post("p", "merged", "Chuyên viên", None)], roles);
        let holder = Holder { person: &person, acting: person.positions.first(), groups, registry: &registry, today: TODAY };
        let circumstances = Circumstances { level, office: false };
        assert!(holder.enters(&client(Entry::Anyone), circumstances));
        let client = client(Entry::WithRole);
        let roles = holder.roles(&client, circumstances).join(" ");
        (roles, holder.missing(&client, circumstances), holder.enters(&client, circumstances))
    };
    let guarded = GroupGrant { condition: strong, ..group("merged") };

    assert_eq!(enters(&[], vec![], 2), (String::new(), vec![], false));
    assert_eq!(enters(&[], vec![own("clerk", strong)], 1), (String::new(), vec![strong], false));
    assert_eq!(enters(&[], vec![own("clerk", strong)], 2), ("clerk".to_owned(), vec![], true));
    assert_eq!(enters(std::slice::from_ref(&guarded), vec![], 1), (String::new(), vec![strong], false));
    let both = enters(&[guarded], vec![own("clerk", Condition::default()), own("chair", strong)], 1);
    assert_eq!(both, ("clerk".to_owned(), vec![strong], true), "held in two ways it is missing in none");
}
