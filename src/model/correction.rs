//! Corrections of the past: what is said of days that were over already when somebody said it otherwise.
//!
//! The registry holds what is believed now. A change that says nothing new of any day before its own is no correction: a
//! unit ends, another begins. One that does is kept beside the facts, as what was said before and what from then on, so that
//! what was believed at a moment can still be told ([`Registry::believed`](super::registry::Registry::believed)).
//!
//! A plan that is applied after its day says two things of days that are over. Units that were in force, and that everybody
//! was told so, had ended by then: that corrects what was said. Units that begin with it are told for the first time: that is
//! the plan's own word of its own day, and corrects nothing. It is kept all the same, since nobody knew of them before.

mod believed;

use super::plan::edit::{Edit, Edits, Fact, Pair, PairEdit};
use super::succession::Relation;
use super::unit::Span;
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use std::collections::HashSet;
use time::Date;

/// By which way a correction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Files of units were brought in.
    Import,
    /// A file of codes was applied.
    Codes,
    /// A file of codes was taken back.
    CodesUndone,
    /// A plan was applied after its day.
    Plan,
    /// A plan was taken back after its day.
    PlanUndone,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Import, Self::Codes, Self::CodesUndone, Self::Plan, Self::PlanUndone];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Codes => "codes",
            Self::CodesUndone => "codes_undone",
            Self::Plan => "plan",
            Self::PlanUndone => "plan_undone",
        }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == text)
    }
}

/// When, by whom and by which way something was corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub at: Millis,
    /// A person's id, somebody at the command line, or a job.
    pub by: String,
    /// By which way.
    pub way: Way,
    /// The files, the file of codes or the plan; and why, where somebody said so.
    pub reason: String,
    /// The version of the registry that it was said to.
    pub version_before: i64,
    /// The version that it led to.
    pub version_after: i64,
}

/// What was corrected: each says what was said before, and what from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// When a fact held.
    Fact(Edit),
    /// What became of a unit.
    Pair(PairEdit),
}

impl Change {
    /// What it is about, as text.
    pub fn about(&self) -> &'static str {
        match self {
            Self::Fact(edit) => match edit.fact {
                Fact::Unit { .. } => "unit",
                Fact::Code { .. } => "code",
                Fact::Name { .. } => "name",
                Fact::Parent { .. } => "parent",
            },
            Self::Pair(_) => "succession",
        }
    }

    /// The unit that it is about, and the unit above or the later one.
    pub fn units(&self) -> (&UnitId, Option<&UnitId>) {
        match self {
            Self::Fact(Edit { fact: Fact::Parent { unit, parent }, .. }) => (unit, Some(parent)),
            Self::Fact(edit) => (edit.fact.unit(), None),
            Self::Pair(edit) => (&edit.from, Some(&edit.to)),
        }
    }

    /// True for what is said of units that begin with the same edits.
    fn is_of_new(&self, begun: &HashSet<&UnitId>) -> bool {
        match self {
            Self::Fact(edit) => begun.contains(edit.fact.unit()),
            Self::Pair(edit) => edit.was.is_none() && begun.contains(&edit.to),
        }
    }
}

/// One change, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub change: Change,
    /// Nothing was said of the unit before, so that it corrects nothing; but until then nobody knew it.
    pub is_first: bool,
}

/// One correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// When, by whom and by which way.
    pub made: Made,
    /// What.
    pub change: Change,
}

/// Those of these edits, made on a day, that say something else of a day before it.
pub fn among(edits: &Edits, today: Date) -> Vec<Said> {
    let begins = |edit: &&Edit| edit.was.is_none() && matches!(edit.fact, Fact::Unit { .. });
    let begun: HashSet<&UnitId> = edits.facts.iter().filter(begins).map(|edit| edit.fact.unit()).collect();
    let facts = edits.facts.iter().filter(|edit| of_past(edit.was, today) != of_past(edit.now, today));
    let differs = |edit: &&PairEdit| pair_of_past(edit.was.as_ref(), today) != pair_of_past(edit.now.as_ref(), today);
    let pairs = edits.pairs.iter().filter(differs);
    let changes = facts.cloned().map(Change::Fact).chain(pairs.cloned().map(Change::Pair));
    changes.map(|change| Said { is_first: change.is_of_new(&begun), change }).collect()
}

/// What a time says of the days before a day; nothing when it says that it did not hold on any of them. Two times that agree
/// on all those days come to the same.
fn of_past(span: Option<Span>, today: Date) -> Option<Span> {
    let span = span?;
    let begins_later = span.from.is_some_and(|from| from >= today);
    let never = span.from.zip(span.to).is_some_and(|(from, to)| to < from);
    if begins_later || never {
        return None;
    }
    // A last day of yesterday takes nothing from any day before today.
    let to = span.to.filter(|to| to.next_day().is_some_and(|next| next < today));
    // Beside a last day it says nothing.
    let ended_by = if span.to.is_some() { None } else { span.ended_by.map(|gone| gone.min(today)) };
    Some(Span { from: span.from, to, ended_by })
}

/// What is said of two units by the days before a day. Who says so is no fact about them.
fn pair_of_past(pair: Option<&Pair>, today: Date) -> Option<(Relation, Option<Date>)> {
    let pair = pair.filter(|pair| pair.effective.is_none_or(|first| first < today))?;
    Some((pair.relation, pair.effective))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::unit::UnitKind;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);
    const YESTERDAY: Date = date!(2026 - 11 - 21);
    const BEFORE: Date = date!(2026 - 11 - 20);
    const FIRST: Date = date!(2020 - 01 - 01);

    fn code(was: Option<Span>, now: Option<Span>) -> Edit {
        let fact = Fact::Code { unit: UnitId("a".into()), scheme: "agency".into(), code: "H29.1".into() };
        Edit { fact, was, now }
    }

    fn pair(was: Option<(Relation, Option<Date>)>, now: Option<(Relation, Option<Date>)>, source: &str) -> PairEdit {
        let said = |(relation, effective)| Pair { relation, effective, source: source.to_owned() };
        let was = was.map(|(relation, effective)| Pair { relation, effective, source: String::new() });
        PairEdit { from: UnitId("a".into()), to: UnitId("b".into()), was, now: now.map(said) }
    }

    fn between(from: Date, to: Date) -> Span {
        Span { from: Some(from), to: Some(to), ended_by: None }
    }

    #[test]
    fn only_what_says_something_else_of_a_day_that_is_over_is_a_correction() {
        let open = Some(Span::since(FIRST));
        let table = [
            ("it ends yesterday", open, Some(between(FIRST, YESTERDAY)), false),
            ("it ends today", open, Some(between(FIRST, TODAY)), false),
            ("it ended before yesterday", open, Some(between(FIRST, BEFORE)), true),
            ("it begins today", None, Some(Span::since(TODAY)), false),
            ("it began yesterday", None, Some(Span::since(YESTERDAY)), true),
            ("it does not begin tomorrow", Some(Span::since(date!(2026 - 11 - 23))), None, false),
            ("it never was", open, None, true),
            ("it begins later", open, Some(Span::since(TODAY)), true),
            ("it began on another day", open, Some(Span::since(BEFORE)), true),
            ("it goes on", Some(between(FIRST, YESTERDAY)), open, false),
            ("it went on", Some(between(FIRST, BEFORE)), open, true),
            ("of unknown beginning, it ends yesterday", Some(Span::default()), Some(Span::until(YESTERDAY)), false),
            ("it was gone by a day", Some(Span::default()), Some(Span::gone_by(BEFORE)), true),
            ("its last day becomes known", Some(Span::gone_by(BEFORE)), Some(Span::until(FIRST)), true),
            ("it was and is held on no day", None, Some(between(YESTERDAY, BEFORE)), false),
        ];
        for (case, was, now, expected) in table {
            let edits = Edits { facts: vec![code(was, now)], pairs: vec![] };
            assert_eq!(among(&edits, TODAY).len(), usize::from(expected), "{case}");
            assert_eq!(among(&edits.inverse(), TODAY).len(), usize::from(expected), "{case}, taken back");
        }
    }

    #[test]
    fn what_became_of_a_unit_is_corrected_when_its_day_is_over_and_not_when_somebody_else_says_the_same() {
        let (whole, part) = (Relation::Whole, Relation::Part);
        let table = [
            ("today", None, Some((whole, Some(TODAY))), false),
            ("yesterday", None, Some((whole, Some(YESTERDAY))), true),
            ("on an unknown day", None, Some((whole, None)), true),
            ("otherwise", Some((part, Some(FIRST))), Some((whole, Some(FIRST))), true),
            ("by another source", Some((part, Some(FIRST))), Some((part, Some(FIRST))), false),
            ("not at all", Some((part, Some(FIRST))), None, true),
        ];
        for (case, was, now, expected) in table {
            let edits = Edits { facts: vec![], pairs: vec![pair(was, now, "paper")] };
            assert_eq!(among(&edits, TODAY).len(), usize::from(expected), "{case}");
        }
    }

    #[test]
    fn what_is_said_of_a_unit_that_begins_is_its_first_and_corrects_nothing() {
        let id = |name: &str| UnitId(name.to_owned());
        let exists = |name: &str| Fact::Unit { id: id(name), kind: UnitKind::Phuong };
        let lies_in = |unit: &str, parent: &str| Fact::Parent { unit: id(unit), parent: id(parent) };
        let since = Some(Span::since(YESTERDAY));
        let (open, ended) = (Some(Span::since(FIRST)), Some(between(FIRST, BEFORE)));
        let goes = |from: &str, to: &str, was: bool| {
            let said = || Pair { relation: Relation::Whole, effective: Some(YESTERDAY), source: "plan".to_owned() };
            let earlier = was.then(|| Pair { relation: Relation::Within, ..said() });
            PairEdit { from: id(from), to: id(to), was: earlier, now: Some(said()) }
        };
        let table = [
            // The fact, what was said, what is said; whether it is the first.
            (exists("new"), None, since, true),
            (lies_in("new", "above"), None, since, true),
            (exists("old"), open, ended, false),
            (lies_in("old", "above"), open, ended, false),
            (lies_in("known", "new"), None, since, false),
        ];
        let facts = table.iter().map(|(fact, was, now, _)| Edit { fact: fact.clone(), was: *was, now: *now }).collect();
        let pairs = vec![goes("old", "new", false), goes("old", "known", false), goes("old", "new", true)];
        let edits = Edits { facts, pairs };

        let found: Vec<bool> = among(&edits, TODAY).iter().map(|said| said.is_first).collect();
        let expected: Vec<bool> = table.iter().map(|(.., first)| *first).chain([true, false, false]).collect();
        assert_eq!(found, expected);
        // Whatever is taken back was said, and believed.
        let back = among(&edits.inverse(), TODAY);
        assert!(back.len() == expected.len() && back.iter().all(|said| !said.is_first));
    }

    #[test]
    fn ways_are_read_as_they_are_written() {
        for way in Way::ALL {
            assert_eq!(Way::parse(way.as_str()), Some(way));
        }
        assert_eq!(Way::parse("dream"), None);
    }
}
