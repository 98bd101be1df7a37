//! Which roles somebody has in a client: their own, and those of whoever has such a post.
//!
//! A role for a unit counts for the posts in it, and for those that go on from one: after a re-organization whoever came from
//! the unit keeps what it gave, and nobody gains by being merged with them. Where a unit was only named or numbered anew, the
//! role counts for everybody in the later one. A role for all units under one counts for the posts that lay there when it was
//! given, or began there since: whoever was in a unit that came under another one keeps what they had and gains nothing of
//! what was given there before. Where it lay is what was told then, also when a plan that is applied later says otherwise of
//! that day. A post that was handed over has the roles of the groups of whoever handed it over, no more and
//! no fewer. A condition asks something of the sign-on in which a role counts.

use super::behind::Held;
use super::client::{Client, Entry};
use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use super::role::RoleGrant;
use super::succession::{Relation, Succession};
use super::unit::{Certainty, Unit};
use crate::base::id::UnitId;
use crate::base::text::fold;
use std::collections::BTreeSet;
use time::Date;

/// Longer chains of units that stand for each other than this are a defect of the data.
const LONGEST_CHAIN: usize = 32;

/// What a role asks of the sign-on in which it counts, beside being granted. `Default`: nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Condition {
    /// The sign-on reached this level at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_level: Option<i64>,
    /// Only from the network of an office.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub office_only: bool,
}

impl Condition {
    /// True when nothing is asked.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// True when whatever meets the other one meets this one.
    pub fn asks_no_more_than(self, other: Self) -> bool {
        let level = |condition: Self| condition.least_level.unwrap_or_default();
        level(self) <= level(other) && (other.office_only || !self.office_only)
    }

    /// True when a sign-on is such as is asked.
    pub fn is_met(self, circumstances: Circumstances) -> bool {
        self.least_level.is_none_or(|least| circumstances.level >= least) && (circumstances.office || !self.office_only)
    }
}

/// How somebody signed in, as far as roles ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The level of the sign-on.
    pub level: i64,
    /// It was asked for from the network of an office.
    pub office: bool,
}

impl Circumstances {
    /// Nothing more can be asked: for the question which roles somebody may come to have.
    pub const BEST: Self = Self { level: i64::MAX, office: true };
}

/// A role for whoever has a post in a unit (or in any unit under it), perhaps with one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupGrant {
    /// Its identity.
    pub id: String,
    /// The client that declares the role.
    pub client_id: String,
    /// The role.
    pub role: String,
    /// The unit.
    pub unit: UnitId,
    /// Also in every unit under it.
    pub below: bool,
    /// Only with this title; absent: with any.
    pub title: Option<String>,
    /// What it asks of the sign-on.
    pub condition: Condition,
    /// The day on which it was given, in Vietnam.
    pub given_on: Date,
    /// First day; none: since it was given.
    pub valid_from: Option<Date>,
    /// Last day, inclusive; open when `None`.
    pub valid_to: Option<Date>,
}

impl GroupGrant {
    /// True while it counts.
    pub fn in_force_on(&self, on: Date) -> bool {
        self.valid_from.is_none_or(|first| first <= on) && !self.is_over_on(on)
    }

    /// True when it never counts again.
    pub fn is_over_on(&self, on: Date) -> bool {
        self.valid_to.is_some_and(|last| last < on)
    }

    /// True when somebody who acts in a post is one of those whom it is for. Its own days are for [`Self::in_force_on`].
    pub fn is_for(&self, person: &Person, acting: &Position, registry: &Registry, today: Date) -> bool {
        self.is_for_posts(&person.behind(acting), registry, today)
    }

    /// Of a post and those behind it, newest first.
    fn is_for_posts(&self, behind: &[Held<'_>], registry: &Registry, today: Date) -> bool {
        let standing = standing_for(registry, &self.unit, today);
        // Comparing titles is dearer than comparing units.
        behind.iter().enumerate().any(|(place, held)| {
            let left = place.checked_sub(1).and_then(|later| behind.get(later)).map(|later| later.since);
            let lay_below = || self.below && self.lay_below((held, left), &standing, registry, today);
            let there = standing.contains(&&held.post.unit) || lay_below();
            let is_meant = there && self.was_meant_for(held) && self.was_given_before(left, registry);
            is_meant && self.title.as_ref().is_none_or(|title| fold(title) == fold(&held.post.title))
        })
    }

    /// The day from which it is for whoever is there.
    fn first_day(&self) -> Date {
        self.valid_from.map_or(self.given_on, |first| first.max(self.given_on))
    }

    /// Whom a re-organization brought into a unit has nothing of what was given there before: nobody gains by being merged
    /// with others. What is given from the day on which that is known is for all of them.
    fn was_meant_for(&self, held: &Held<'_>) -> bool {
        held.post.follows.is_none() || held.since <= self.first_day()
    }

    /// Whoever has left a post on a day has by it what was given before, and nothing that is given there since. In a unit that
    /// is no more nothing is given, whatever the day says on which it ended: that is for whoever was there until its end, and
    /// not for whoever had left it earlier.
    fn was_given_before(&self, left: Option<Date>, registry: &Registry) -> bool {
        let last = || registry.unit(&self.unit).and_then(|unit| unit.span.to).filter(|last| *last < self.given_on);
        left.is_none_or(|left| self.given_on < left || last().is_some_and(|last| last < left))
    }

    /// Whether the unit of a post lay under one of these when both were there for the first time, the role and the post, as that
    /// was told then. Where it came under another one since, nobody who was in it gains by that or loses; whoever begins there
    /// afterwards has what is given in the units above it then.
    fn lay_below(&self, (held, left): (&Held<'_>, Option<Date>), units: &[&UnitId], registry: &Registry, today: Date) -> bool {
        let Some(unit) = registry.unit(&held.post.unit) else { return false };
        let both = unit.span.from.into_iter().fold(self.first_day().max(held.since), Date::max).min(today);
        // A plan that is applied late, or in stages, says that a post was over before anybody knew.
        let known = left.and_then(Date::previous_day).map(|last| last.min(both));
        let known = known.filter(|day| registry.was_told_there(unit, *day));
        let day = known.unwrap_or_else(|| [held.post.valid_to, unit.span.to].into_iter().flatten().fold(both, Date::min));
        registry.path_told_on(unit, day).into_iter().any(|above| units.contains(&&above.id))
    }
}

/// A unit, and those that stand for it after it ended: each the only one after the one before, which went whole into it. It
/// began then, and nothing else went into it.
pub fn standing_for<'a>(registry: &'a Registry, unit: &'a UnitId, today: Date) -> Vec<&'a UnitId> {
    std::iter::successors(Some(unit), |unit| the_same_anew(registry, unit, today)).take(LONGEST_CHAIN).collect()
}

fn the_same_anew<'a>(registry: &'a Registry, unit: &UnitId, today: Date) -> Option<&'a UnitId> {
    let unit = registry.unit(unit).filter(|unit| has_ended(unit, today))?;
    let last = unit.span.to.or_else(|| unit.span.ended_by.and_then(Date::previous_day))?;
    let after = registry.successors(&unit.id);
    // What a part of it became while it was there says nothing of what it became itself.
    let with_its_end = |succession: &Succession| succession.effective.is_none_or(|effective| last < effective);
    let mut after = after.iter().filter(|(_, one)| one.relation.is_of_territory() && with_its_end(one));
    let (later, succession) = after.next()?;
    let before = registry.predecessors(&later.id);
    // What came into the later one after it had begun says nothing of what it was then.
    let at_its_beginning =
        |one: &Succession| later.span.from.is_none_or(|first| one.effective.is_none_or(|effective| effective <= first));
    let mut others = before.iter().filter(|(other, _)| other.id != unit.id);
    let is_alone = !others.any(|(_, one)| one.relation.is_of_territory() && at_its_beginning(one));
    // Into one that was there already it was merged: whoever works there has nothing to do with it.
    let is_new = later.span.holds_on(last) == Certainty::No;
    let is_whole = succession.relation == Relation::Whole && after.next().is_none();
    (is_whole && is_new && is_alone).then_some(&later.id)
}

fn has_ended(unit: &Unit, today: Date) -> bool {
    let begins_later = unit.span.from.is_some_and(|from| today < from);
    !begins_later && unit.span.holds_on(today) == Certainty::No
}

/// Somebody in a post, for the question which roles they have.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// Who, with their own roles that count today.
    pub person: &'a Person,
    /// The post that they act in.
    pub acting: Option<&'a Position>,
    /// All roles of groups.
    pub groups: &'a [GroupGrant],
    /// The units.
    pub registry: &'a Registry,
    /// Today in Vietnam.
    pub today: Date,
}

impl<'a> Holder<'a> {
    /// The roles of groups that are theirs as they act, in every client and whatever is asked of the sign-on.
    pub fn groups(&self) -> Vec<&'a GroupGrant> {
        self.groups_among(|_| true)
    }

    fn groups_among(&self, wanted: impl Fn(&GroupGrant) -> bool) -> Vec<&'a GroupGrant> {
        let Some(acting) = self.acting else { return Vec::new() };
        let mut wanted = self.groups.iter().filter(|group| wanted(group) && group.in_force_on(self.today)).peekable();
        if wanted.peek().is_none() {
            return Vec::new();
        }
        let behind = self.person.behind(acting);
        wanted.filter(|group| group.is_for_posts(&behind, self.registry, self.today)).collect()
    }

    /// Every role in a client that is theirs, once for each way in which it is, and what that way asks. Whoever acts for
    /// somebody else has there what comes with that post, and nothing that was given to them as a person.
    fn held(&self, client: &Client) -> Vec<(&'a str, Condition)> {
        let declared = |role: &String| client.settings.roles.contains(role);
        let lineage = self.acting.map(|acting| self.person.lineage(&acting.id)).unwrap_or_default();
        let acts_for_another = self.acting.is_some_and(|acting| acting.delegated_by.is_some());
        let comes_along = |own: &RoleGrant| own.position.is_some() || !acts_for_another;
        let own = self.person.roles.iter().filter(|own| own.counts_for(&client.id, &lineage) && comes_along(own));
        let own = own.filter(|own| declared(&own.role));
        let groups = self.groups_among(|group| group.client_id == client.id && declared(&group.role)).into_iter();
        own.map(|own| (own.role.as_str(), own.condition))
            .chain(groups.map(|group| (group.role.as_str(), group.condition)))
            .collect()
    }

    /// The declared roles that count in a client, in the order of the alphabet and each once.
    pub fn roles(&self, client: &Client, circumstances: Circumstances) -> Vec<&'a str> {
        let held = self.held(client).into_iter().filter(|(_, condition)| condition.is_met(circumstances));
        held.map(|(role, _)| role).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What is asked by roles that are theirs and do not count as they signed in.
    pub fn missing(&self, client: &Client, circumstances: Circumstances) -> Vec<Condition> {
        let counting = self.roles(client, circumstances);
        let idle = self.held(client).into_iter().filter(|(role, _)| !counting.contains(role));
        idle.map(|(_, condition)| condition).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// True for whoever may enter a client.
    pub fn enters(&self, client: &Client, circumstances: Circumstances) -> bool {
        match client.settings.entry {
            Entry::Anyone => true,
            Entry::WithRole => !self.roles(client, circumstances).is_empty(),
        }
    }
}

#[cfg(test)]
mod tests;
