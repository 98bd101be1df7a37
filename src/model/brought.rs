//! What a post would bring by its title, or by a day on which it is said to begin or to end: the roles of groups that nobody
//! has who merely begins in its unit today, nor its holder by another post like it. In a unit that is no more nobody begins, so
//! that whatever a post there brings is brought by what was typed.
//!
//! Whoever keeps the people of a unit types titles and days as they are told to them. What others gave to everybody with that
//! title, or to whoever was there on that day, is not theirs to give by typing it.

use super::behind::Beside;
use super::entitlement::GroupGrant;
use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use super::unit::Certainty;
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
    /// A first day in the past, or on which its unit was still there.
    FirstDay,
    /// Of a post that is known already: a later last day.
    LastDay,
}

/// A post as somebody types it.
pub struct Typed<'a> {
    post: &'a Position,
    before: Option<&'a Position>,
    /// The posts of its holder as they are known.
    held: Vec<&'a Position>,
}

impl<'a> Typed<'a> {
    /// A post, what is known of the same one, and the posts of its holder.
    pub fn of(post: &'a Position, before: Option<&'a Position>, held: impl Iterator<Item = &'a Position>) -> Self {
        Self { post, before, held: held.collect() }
    }

    /// True for what brings nobody anything that they do not have: a post that is over, or that lasts no longer than is known.
    fn says_nothing_new(&self, today: Date) -> bool {
        let lasted = |before: &Position| before.was_ever_held() && last(self.post) <= last(before);
        !self.post.was_ever_held() || last(self.post) < today || self.before.is_some_and(lasted)
    }

    /// Its holder as it is typed, of whom nothing else is known.
    fn holder(&self) -> Person {
        // One that goes on from nothing stands for itself.
        let goes_on = self.post.follows.is_some();
        let others = self.held.iter().copied().filter(|held| goes_on && held.id != self.post.id);
        somebody(others.chain(std::iter::once(self.post)).cloned().collect())
    }

    /// Other posts of its holder that are like it on a day and last as long: their own, of the same title in the same unit.
    fn alike(&self, day: Date) -> impl Iterator<Item = &'a Position> {
        let (post, title) = (self.post, fold(&self.post.title));
        let lasts = move |held: &Position| held.in_force_on(day) && last(held) >= last(post);
        let own = move |held: &Position| held.id != post.id && held.delegated_by.is_none();
        let named = move |held: &Position| held.unit == post.unit && fold(&held.title) == title;
        self.held.iter().copied().filter(move |held| lasts(held) && own(held) && named(held))
    }
}

fn last(post: &Position) -> Date {
    post.valid_to.unwrap_or(Date::MAX)
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
        // Nobody begins in a unit on a day on which it is not there: what everybody has who does is no measure then.
        let gone = registry.unit(&typed.post.unit).is_some_and(|unit| unit.span.holds_on(day) == Certainty::No);
        let perhaps = self.perhaps(typed, today, gone).into_iter();
        let wanted: Vec<&GroupGrant> = perhaps.filter(|group| !group.is_over_on(day)).collect();
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
            None if has(&begins, group) && !has(&anybody, group) => Cause::Title,
            None => Cause::FirstDay,
        };
        let extra = wanted.into_iter().filter(|group| has(&holder, group) && (gone || !has(&anybody, group)));
        let extra = without_theirs(extra.collect(), typed, registry, day);
        extra.into_iter().map(|group| (group, cause(group))).collect()
    }

    /// Those that come into question: more rather than less.
    fn perhaps(&self, typed: &Typed<'_>, today: Date, gone: bool) -> Vec<&GroupGrant> {
        if typed.post.follows.is_some() {
            return self.titled.values().flatten().chain(&self.below).chain(&self.single).collect();
        }
        let titled = self.titled.get(&fold(&typed.post.title)).into_iter().flatten();
        let below = self.below.iter().filter(|_| gone || typed.post.valid_from < today);
        let single = self.single.iter().filter(|_| gone);
        titled.chain(below).chain(single).collect()
    }
}

/// Without those that the holder has on a day by a post of theirs that is alike and lasts as long: nothing comes to them by
/// another department or a first day that is put right.
fn without_theirs<'g>(groups: Vec<&'g GroupGrant>, typed: &Typed<'_>, registry: &Registry, day: Date) -> Vec<&'g GroupGrant> {
    let alike: Vec<&Position> = if groups.is_empty() { Vec::new() } else { typed.alike(day).collect() };
    if alike.is_empty() {
        return groups;
    }
    let known = somebody(typed.held.iter().copied().cloned().collect());
    let is_theirs = |group: &GroupGrant| alike.iter().any(|held| group.is_for(&known, held, registry, day));
    groups.into_iter().filter(|group| !is_theirs(group)).collect()
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

    /// The days of a unit that ended on the day before [`DAY`].
    const ENDED: Span = Span { from: Some(date!(2010 - 01 - 01)), to: Some(date!(2025 - 06 - 30)), ended_by: None };

    /// `ward` came from `north` under `south` on one day; both are under nothing. `gone` ended in `north` the day before.
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
        let ended = |name: &str, parents| Unit { span: ENDED, ..unit(name, parents) };
        let under = |name: &str, span| DatedParent { parent: id(name), span };
        let parents = vec![under("north", Span::until(date!(2025 - 06 - 30))), under("south", Span::since(DAY))];
        let gone = ended("gone", vec![under("north", ENDED)]);
        Registry::new(1, vec![unit("north", vec![]), unit("south", vec![]), unit("ward", parents), gone], vec![])
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
        causes_beside(group, post, before, &[])
    }

    /// Of somebody who holds posts.
    fn causes_beside(group: &GroupGrant, post: &Position, before: Option<&Position>, held: &[Position]) -> Vec<Cause> {
        let typed = Typed::of(post, before, held.iter());
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
    fn a_post_in_a_unit_that_is_no_more_brings_all_that_it_has_there() {
        let single = |title: Option<&str>| GroupGrant { below: false, ..given("gone", title) };
        let there = |title: &str, from: Date, to: Option<Date>| Position { unit: id("gone"), ..post(title, from, to) };
        let (clerk, eve) = ("Chuyên viên", TODAY.previous_day());
        let table = [
            ("of that unit", single(None), there(clerk, EARLY, None), None, vec![Cause::FirstDay]),
            ("of all under another", given("north", None), there(clerk, EARLY, None), None, vec![Cause::FirstDay]),
            ("with a title", single(Some("Chủ tịch")), there("Chủ tịch", EARLY, None), None, vec![Cause::Title]),
            ("without a first day there", single(None), there(clerk, TODAY, None), None, vec![Cause::FirstDay]),
            ("opened again", single(None), there(clerk, EARLY, None), Some(there(clerk, EARLY, eve)), vec![Cause::LastDay]),
            ("the same again", single(None), there(clerk, EARLY, None), Some(there(clerk, EARLY, None)), vec![]),
            ("a post that ended with it", single(None), there(clerk, EARLY, ENDED.to), None, vec![]),
            ("another title", single(Some("Chủ tịch")), there(clerk, EARLY, None), None, vec![]),
            ("elsewhere", given("south", None), there(clerk, EARLY, None), None, vec![]),
        ];
        for (case, group, post, before, expected) in table {
            assert_eq!(causes(&group, &post, before.as_ref()), expected, "{case}");
        }
    }

    #[test]
    fn a_post_brings_nothing_that_its_holder_has_by_another_one_like_it_for_as_long() {
        let chair = || given("south", Some("Chủ tịch"));
        let (soon, late) = (Some(date!(2026 - 02 - 01)), Some(date!(2026 - 08 - 01)));
        let old = |post: Position| Position { id: PositionId("old".to_owned()), department: "Văn phòng".to_owned(), ..post };
        let until = |last: Option<Date>| old(post("Chủ tịch", DAY, last));
        let open = || until(None);
        let new = |from: Date, to: Option<Date>| post("CHỦ  TỊCH", from, to);
        let handed = Position { delegated_by: Some(PersonId("boss".to_owned())), ..open() };
        let elsewhere = Position { unit: id("south"), ..open() };
        let begins_later = old(post("Chủ tịch", date!(2026 - 08 - 01), None));
        let (in_time, early) = (new(TODAY, None), new(EARLY, None));
        let table = [
            ("another department", chair(), in_time.clone(), vec![open()], vec![]),
            ("a first day that is put right", chair(), new(date!(2025 - 09 - 01), None), vec![open()], vec![]),
            ("as long", chair(), new(TODAY, late), vec![until(late)], vec![]),
            ("longer", chair(), new(TODAY, late), vec![until(soon)], vec![Cause::Title]),
            ("one that is over", chair(), in_time.clone(), vec![until(TODAY.previous_day())], vec![Cause::Title]),
            ("one that begins later", chair(), in_time.clone(), vec![begins_later], vec![Cause::Title]),
            ("another title", chair(), in_time.clone(), vec![old(post("Phó Chủ tịch", DAY, None))], vec![Cause::Title]),
            ("another unit", chair(), in_time.clone(), vec![elsewhere], vec![Cause::Title]),
            ("one that was handed over", chair(), in_time, vec![handed], vec![Cause::Title]),
            ("what that one has not", given("north", Some("Chủ tịch")), early, vec![open()], vec![Cause::FirstDay]),
        ];
        for (case, group, post, held, expected) in table {
            assert_eq!(causes_beside(&group, &post, None, &held), expected, "{case}");
        }
        let (before, after) = (post("Chủ tịch", DAY, soon), post("Chủ tịch", DAY, late));
        for (case, held, expected) in [("beside it", vec![open()], vec![]), ("alone", vec![], vec![Cause::LastDay])] {
            assert_eq!(causes_beside(&chair(), &after, Some(&before), &held), expected, "{case}");
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
