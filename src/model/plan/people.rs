//! What becomes of people's posts when units end: a pure function over one person's posts.
//!
//! A post in a unit that goes whole into another one goes on there. Of a divided unit a human says where each post goes,
//! one by one or by a rule, and likewise of a unit after which nothing comes, whose people may go into any unit that is in
//! force; of what nobody has said, the post ends with its unit and nothing begins. A rule says nothing of
//! powers that somebody else handed over: they go on where a human says it of that very post. Roles are bound to posts and
//! are not touched: they count in the post that goes on from theirs, and in no other.

use super::rules::Rule;
use super::{Fate, Plan, UnitEffect};
use crate::base::date::iso;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::registry_digest::line;
use crate::model::unit::{Certainty, Unit};
use std::collections::HashMap;
use time::Date;

/// What it rests on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it does to the units.
    pub effect: &'a UnitEffect,
    /// The rules, in the order in which they count.
    pub rules: &'a [Rule],
    /// What was decided of posts one by one.
    pub decisions: &'a HashMap<PositionId, Decision>,
}

/// Where a human sent one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The unit in which it goes on.
    pub unit: UnitId,
    /// Number of the decision behind it; may be empty.
    pub decision_no: String,
    /// Who said so.
    pub by: String,
}

/// What becomes of one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The post as it is told from now on: it ends with its unit, or before its own first day.
    pub old: Position,
    /// The post that goes on from it.
    pub new: Option<Position>,
    /// By what.
    pub by: By,
}

/// By what a post goes on, or why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Its unit goes whole into another one.
    Succession,
    /// By the rule at this place of the rules.
    Rule(usize),
    /// Somebody decided of this very post.
    Decision,
    /// Nobody has said yet into which of these it goes; of none, it may be any unit that is in force on the plan's day.
    Open(Vec<UnitId>),
    /// It has gone on already, and ends where it was.
    Gone,
}

impl By {
    fn word(&self) -> &'static str {
        match self {
            Self::Succession => "succession",
            Self::Rule(_) => "rule",
            Self::Decision => "decision",
            Self::Open(_) => "open",
            Self::Gone => "gone",
        }
    }
}

impl Moved {
    /// What is to be staged: the versions that say another thing than what is known.
    pub fn told(&self, was: &Position) -> Vec<Position> {
        let old = (self.old != *was).then(|| self.old.clone());
        old.into_iter().chain(self.new.clone()).collect()
    }
}

/// What becomes of one person's posts, in the order of their ids; empty when nothing does. What has gone on already does
/// not go on a second time.
pub fn of_person(ground: &Ground<'_>, positions: &[Position]) -> Vec<Moved> {
    let mut moved: Vec<Moved> = positions.iter().filter_map(|post| of_post(ground, positions, post)).collect();
    moved.sort_by(|a, b| a.old.id.cmp(&b.old.id));
    moved
}

fn of_post(ground: &Ground<'_>, positions: &[Position], post: &Position) -> Option<Moved> {
    let fate = ground.effect.ended.get(&post.unit)?;
    let effective = ground.plan.effective;
    let is_over = post.valid_to.is_some_and(|last| last < effective || last < post.valid_from);
    let next = Position::following_id(&post.id, effective);
    if is_over {
        return None;
    }
    // One that was taken back although somebody had changed it is told as never held, and may begin again.
    if let Some(went_on) = positions.iter().find(|held| held.id == next && held.was_ever_held()) {
        // Where it stands in a unit that ends too it goes on from there: this one only ends.
        let ends_too = ground.effect.ended.contains_key(&went_on.unit);
        let old = Position { valid_to: Some(day_before(post.valid_from.max(effective))), ..post.clone() };
        return ends_too.then_some(Moved { old, new: None, by: By::Gone });
    }
    let (by, to, decision_no) = meant(ground, fate, post);
    // Whoever is given the post anew by a decision holds it by that one; nobody else does by an empty one.
    let decision_no = decision_no.filter(|number| !number.is_empty()).unwrap_or(&ground.plan.instrument.number);
    let from = post.valid_from.max(effective);
    let new = to.map(|unit| Position {
        id: next,
        unit: unit.clone(),
        decision_no: decision_no.clone(),
        follows: Some(post.id.clone()),
        valid_from: from,
        ..post.clone()
    });
    // A post that had not begun never counts where it was to begin.
    let old = Position { valid_to: Some(day_before(from)), ..post.clone() };
    Some(Moved { old, new, by })
}

/// By what a post goes on, where, and by which decision.
fn meant<'a>(ground: &Ground<'a>, fate: &'a Fate, post: &Position) -> (By, Option<&'a UnitId>, Option<&'a String>) {
    let candidates: &[UnitId] = match fate {
        Fate::Whole(unit) => return (By::Succession, Some(unit), None),
        Fate::Gone => &[],
        Fate::Choice(candidates) => candidates,
    };
    let may_go = |unit: &UnitId| may_go_to(ground.plan, ground.effect, fate, unit);
    let decided = ground.decisions.get(&post.id).filter(|decision| may_go(&decision.unit));
    if let Some(decision) = decided {
        return (By::Decision, Some(&decision.unit), Some(&decision.decision_no));
    }
    // Else a rule could part them from whoever handed them over.
    let is_own = post.delegated_by.is_none();
    let mut rules = ground.rules.iter().enumerate();
    match rules.find(|(_, rule)| is_own && rule.matches(post) && may_go(&rule.to)) {
        Some((place, rule)) => (By::Rule(place), Some(&rule.to), Some(&rule.decision_no)),
        None => (By::Open(candidates.to_vec()), None, None),
    }
}

/// True when people of a unit with this fate may go on in another one: where nothing comes after it, in any that is in force
/// on the plan's day.
fn may_go_to(plan: &Plan, effect: &UnitEffect, fate: &Fate, unit: &UnitId) -> bool {
    match fate {
        Fate::Whole(into) => into == unit,
        Fate::Choice(candidates) => candidates.contains(unit),
        Fate::Gone => effect.after.unit(unit).is_some_and(|unit| is_in_force(unit, plan.effective)),
    }
}

/// The units that are in force on a day.
pub fn in_force(registry: &Registry, day: Date) -> Vec<UnitId> {
    registry.units().filter(|unit| is_in_force(unit, day)).map(|unit| unit.id.clone()).collect()
}

fn is_in_force(unit: &Unit, day: Date) -> bool {
    unit.span.holds_on(day) == Certainty::Yes
}

fn day_before(day: Date) -> Date {
    day.previous_day().unwrap_or(day)
}

/// A line of a plan's digest: all that becomes of one person's posts. The place of a rule among the others is not told, so
/// that a rule which tells of nobody changes nothing.
pub fn digest_line(person: &PersonId, moved: &[Moved]) -> String {
    let mut fields: Vec<String> = vec![person.0.clone()];
    for one in moved {
        fields.push(one.by.word().to_owned());
        if let By::Open(candidates) = &one.by {
            fields.push(candidates.iter().map(UnitId::as_str).collect::<Vec<_>>().join(" "));
        }
        fields.push(text(&one.old));
        fields.push(one.new.as_ref().map(text).unwrap_or_default());
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    line(&fields)
}

fn text(post: &Position) -> String {
    line(&[
        post.id.as_str(),
        post.unit.as_str(),
        &post.department,
        &post.title,
        post.kind.as_str(),
        if post.primary { "primary" } else { "beside" },
        &post.decision_no,
        post.delegated_by.as_ref().map_or("", PersonId::as_str),
        post.follows.as_ref().map_or("", PositionId::as_str),
        &iso(post.valid_from),
        &post.valid_to.map(iso).unwrap_or_default(),
    ])
}

/// A small plan and small posts for tests.
#[cfg(test)]
pub(super) mod stage {
    use super::{Fate, Plan, UnitEffect};
    use crate::base::id::{PositionId, UnitId};
    use crate::model::plan::{Edits, Instrument};
    use crate::model::position::{Position, PositionKind};
    use crate::model::registry::Registry;
    use std::collections::BTreeMap;
    use time::Date;
    use time::macros::date;

    /// The day of the plan.
    pub const DAY: Date = date!(2025 - 07 - 01);
    /// The day before it.
    pub const EVE: Date = date!(2025 - 06 - 30);

    /// A unit.
    pub fn unit(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    /// A plan without steps: what it does is told beside it.
    pub fn plan(name: &str) -> Plan {
        let instrument = Instrument { number: "1685/NQ".to_owned(), date: date!(2025 - 06 - 16), issuer: "UBTVQH".to_owned() };
        Plan {
            name: name.to_owned(),
            title: "Sắp xếp".to_owned(),
            effective: DAY,
            instrument,
            stages: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// `whole` goes into `new`, `divided` into `a` or `b`, and nothing comes after `gone`.
    pub fn effect() -> UnitEffect {
        let ended = BTreeMap::from([
            (unit("whole"), Fate::Whole(unit("new"))),
            (unit("divided"), Fate::Choice(vec![unit("a"), unit("b")])),
            (unit("gone"), Fate::Gone),
        ]);
        let begun = vec![unit("new"), unit("a"), unit("b")];
        UnitEffect { edits: Edits::default(), ended, begun, after: Registry::default() }
    }

    /// A post of long ago in a unit, with its last day.
    pub fn post(id: &str, place: &str, last: Option<Date>) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: unit(place),
            department: "Văn phòng".to_owned(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: "1/QĐ".to_owned(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2020 - 01 - 01),
            valid_to: last,
        }
    }
}

#[cfg(test)]
mod tests;
