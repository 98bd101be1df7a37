//! What a post would bring by its title, or by a day on which it is said to begin or to end: the roles of groups that nobody
//! has who merely begins in its unit today.
//!
//! Whoever keeps the people of a unit types titles and days as they are told to them. What others gave to everybody with that
//! title, or to whoever was there on that day, is not theirs to give by typing it.

use super::behind::Beside;
use super::entitlement::GroupGrant;
use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::text::fold;
use std::collections::{BTreeMap, HashMap};
use time::Date;

/// What of a post brings a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its title.
    Title,
    /// A first day in the past.
    FirstDay,
    /// Of a post that is known already: a later last day.
    LastDay,
}

/// A post as somebody types it.
pub struct Typed<'a> {
    post: &'a Position,
    before: Option<&'a Position>,
    /// The other posts of its holder, where it goes on from one of them.
    others: Vec<&'a Position>,
}

impl<'a> Typed<'a> {
    /// A post, what is known of the same one, and the posts of its holder.
    pub fn of(post: &'a Position, before: Option<&'a Position>, held: impl Iterator<Item = &'a Position>) -> Self {
        // One that goes on from nothing stands for itself.
        let others = if post.follows.is_some() { held.filter(|held| held.id != post.id).collect() } else { Vec::new() };
        Self { post, before, others }
    }

    /// True for what brings nobody anything that they do not have: a post that is over, or that lasts no longer than is known.
    fn says_nothing_new(&self, today: Date) -> bool {
        let last = |post: &Position| post.valid_to.unwrap_or(Date::MAX);
        let lasted = |before: &Position| before.was_ever_held() && last(self.post) <= last(before);
        !self.post.was_ever_held() || last(self.post) < today || self.before.is_some_and(lasted)
    }

    /// Its holder as it is typed, of whom nothing else is known.
    fn holder(&self) -> Person {
        let others = self.others.iter().copied();
        somebody(others.chain(std::iter::once(self.post)).cloned().collect())
    }
}

/// Roles of groups that may be brought, by how they are looked for.
#[derive(Debug, Default)]
pub struct Watched {
    /// Those for one title, by how titles are compared.
    titled: HashMap<String, Vec<GroupGrant>>,
    /// Those for any title in all units under one.
    below: Vec<GroupGrant>,
    /// Those for any title in one unit: whoever begins there has them.
    single: Vec<GroupGrant>,
}

impl Watched {
    /// Some roles.
    pub fn of(groups: impl Iterator<Item = GroupGrant>) -> Self {
        let mut watched = Self::default();
        for group in groups {
            match group.title.as_deref() {
                Some(title) => watched.titled.entry(fold(title)).or_default().push(group),
                None if group.below => watched.below.push(group),
                None => watched.single.push(group),
            }
        }
        watched
    }

    /// Those of them that a post brings by what was typed of it, and by what: now or on a day to come.
    pub fn brought(&self, typed: &Typed<'_>, registry: &Registry, today: Date) -> Vec<(&GroupGrant, Cause)> {
        if typed.says_nothing_new(today) {
            return Vec::new();
        }
        let day = today.max(typed.post.valid_from);
        let wanted: Vec<&GroupGrant> = self.perhaps(typed, today).into_iter().filter(|group| !group.is_over_on(day)).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let holder = typed.holder();
        let begins = Position { follows: None, valid_from: day, ..typed.post.clone() };
        let anybody = somebody(vec![Position { title: String::new(), ..begins.clone() }]);
        let begins = somebody(vec![begins]);
        // The post in question is the last one.
        let has = |person: &Person, group: &GroupGrant| {
            person.positions.last().is_some_and(|post| group.is_for(person, post, registry, day))
        };
        let cause = |group: &GroupGrant| match typed.before {
            Some(_) => Cause::LastDay,
            None if has(&begins, group) => Cause::Title,
            None => Cause::FirstDay,
        };
        let extra = wanted.into_iter().filter(|group| has(&holder, group) && !has(&anybody, group));
        extra.map(|group| (group, cause(group))).collect()
    }

    /// Those that come into question: more rather than less.
    fn perhaps(&self, typed: &Typed<'_>, today: Date) -> Vec<&GroupGrant> {
        if typed.post.follows.is_some() {
            return self.titled.values().flatten().chain(&self.below).chain(&self.single).collect();
        }
        let titled = self.titled.get(&fold(&typed.post.title)).into_iter().flatten();
        let below = self.below.iter().filter(|_| typed.post.valid_from < today);
        titled.chain(below).collect()
    }
}

/// Somebody with these posts and nothing else.
fn somebody(positions: Vec<Position>) -> Person {
    Person {
        id: PersonId(String::new()),
        username: String::new(),
        full_name: String::new(),
        date_of_birth: None,
        email: None,
        phone: None,
        employee_code: None,
        claims: BTreeMap::new(),
        disabled_at: None,
        updated_at: Millis(0),
        positions,
        roles: Vec::new(),
        has_personal_number: false,
        beside: Beside::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{PositionId, UnitId};
    use crate::model::entitlement::Condition;
    use crate::model::position::PositionKind;
    use crate::model::unit::{DatedParent, Span, Unit, UnitKind};
    use time::macros::date;

    const DAY: Date = date!(2025 - 07 - 01);
    const TODAY: Date = date!(2026 - 01 - 05);
    const EARLY: Date = date!(2018 - 03 - 01);

    fn id(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    /// `ward` came from `north` under `south` on one day; both are under nothing.
    fn registry() -> Registry {
        let since = Span::since(date!(2010 - 01 - 01));
        let unit = |name: &str, parents| Unit {
            id: id(name),
            kind: UnitKind::Phuong,
            span: since,
            codes: vec![],
            names: vec![],
            parents,
        };
        let under = |name: &str, span| DatedParent { parent: id(name), span };
        let parents = vec![under("north", Span::until(date!(2025 - 06 - 30))), under("south", Span::since(DAY))];
        Registry::new(1, vec![unit("north", vec![]), unit("south", vec![]), unit("ward", parents)], vec![])
    }

    fn given(place: &str, title: Option<&str>) -> GroupGrant {
        GroupGrant {
            id: "g".to_owned(),
            client_id: "tthc".to_owned(),
            role: "lanh-dao".to_owned(),
            unit: id(place),
            below: true,
            title: title.map(str::to_owned),
            condition: Condition::default(),
            given_on: date!(2019 - 01 - 01),
            valid_from: None,
            valid_to: None,
        }
    }

    fn post(title: &str, from: Date, to: Option<Date>) -> Position {
        Position {
            id: PositionId("p".to_owned()),
            unit: id("ward"),
            department: String::new(),
            title: title.to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    fn causes(group: &GroupGrant, post: &Position, before: Option<&Position>) -> Vec<Cause> {
        let typed = Typed::of(post, before, std::iter::empty());
        let watched = Watched::of(std::iter::once(group.clone()));
        let registry = registry();
        watched.brought(&typed, &registry, TODAY).into_iter().map(|(_, cause)| cause).collect()
    }

    #[test]
    fn a_title_or_a_first_day_in_the_past_brings_what_nobody_has_who_begins_there_today() {
        let chair = || given("south", Some("Chủ tịch"));
        let later = date!(2026 - 03 - 01);
        let table = [
            ("a title", chair(), post("CHỦ  TỊCH", TODAY, None), vec![Cause::Title]),
            ("a title, on a day to come", chair(), post("Chủ tịch", later, None), vec![Cause::Title]),
            ("another title", chair(), post("Phó Chủ tịch", TODAY, None), vec![]),
            ("any title", given("south", None), post("Chuyên viên", TODAY, None), vec![]),
            ("any title, for long", given("south", None), post("Chuyên viên", DAY, None), vec![]),
            ("a day before it came elsewhere", given("north", None), post("Chuyên viên", EARLY, None), vec![Cause::FirstDay]),
            ("a day after it", given("north", None), post("Chuyên viên", DAY, None), vec![]),
            ("a title and such a day", given("north", Some("Chủ tịch")), post("Chủ tịch", EARLY, None), vec![Cause::FirstDay]),
            ("a post that is over", chair(), post("Chủ tịch", EARLY, TODAY.previous_day()), vec![]),
            ("a post that was never held", chair(), post("Chủ tịch", TODAY, TODAY.previous_day()), vec![]),
            ("of that unit alone", GroupGrant { below: false, ..given("ward", None) }, post("Chuyên viên", EARLY, None), vec![]),
            (
                "with a title, of that unit alone",
                GroupGrant { below: false, ..given("ward", Some("Chủ tịch")) },
                post("Chủ tịch", TODAY, None),
                vec![Cause::Title],
            ),
            ("elsewhere", given("nowhere", Some("Chủ tịch")), post("Chủ tịch", TODAY, None), vec![]),
            (
                "that is over before the post begins",
                GroupGrant { valid_to: Some(TODAY), ..chair() },
                post("Chủ tịch", later, None),
                vec![],
            ),
            (
                "that begins after the post does",
                GroupGrant { valid_from: Some(later), ..chair() },
                post("Chủ tịch", TODAY, None),
                vec![Cause::Title],
            ),
        ];
        for (case, group, post, expected) in table {
            assert_eq!(causes(&group, &post, None), expected, "{case}");
        }
    }

    #[test]
    fn a_post_that_is_known_brings_something_only_when_it_lasts_longer() {
        let chair = given("south", Some("Chủ tịch"));
        let until = |last: Option<Date>| post("Chủ tịch", DAY, last);
        let (soon, late) = (Some(date!(2026 - 02 - 01)), Some(date!(2026 - 08 - 01)));
        let table = [
            ("the same", until(soon), until(soon), vec![]),
            ("the same, open", until(None), until(None), vec![]),
            ("shorter", until(late), until(soon), vec![]),
            ("longer", until(soon), until(late), vec![Cause::LastDay]),
            ("open", until(soon), until(None), vec![Cause::LastDay]),
            ("opened again", until(TODAY.previous_day()), until(None), vec![Cause::LastDay]),
            ("never held, and held now", until(DAY.previous_day()), until(soon), vec![Cause::LastDay]),
        ];
        for (case, before, after, expected) in table {
            assert_eq!(causes(&chair, &after, Some(&before)), expected, "{case}");
        }
    }

    #[test]
    fn a_post_that_goes_on_from_another_one_brings_what_that_one_had_when_it_is_opened_again() {
        let group = GroupGrant { below: false, ..given("north", None) };
        let old = Position {
            id: PositionId("old".to_owned()),
            unit: id("north"),
            valid_to: Some(date!(2025 - 06 - 30)),
            ..post("Chuyên viên", EARLY, None)
        };
        let before = Position { follows: Some(old.id.clone()), ..post("Chuyên viên", DAY, TODAY.previous_day()) };
        let after = Position { valid_to: None, ..before.clone() };
        let watched = Watched::of(std::iter::once(group));
        let registry = registry();
        for (case, held, expected) in [("with it", vec![&old, &before], 1), ("without it", vec![&before], 0)] {
            let typed = Typed::of(&after, Some(&before), held.into_iter());
            assert_eq!(watched.brought(&typed, &registry, TODAY).len(), expected, "{case}");
        }
    }
}
