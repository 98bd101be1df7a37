//! A re-organization plan: what becomes of units on one day, and what that does.
//!
//! A plan is a file ([`read`]). What it does to the registry ([`effect()`]) and
//! to people ([`people`]) is decided here from what is known, and nothing else:
//! the same plan over the same registry has the same effect, down to the ids of
//! the units that begin. Every change says what was there before, so that
//! it can be taken back. Who may apply a plan, and when, is a capability's.

mod changes;
mod check;
pub mod edit;
mod edited;
pub mod effect;
mod elsewhere;
pub mod file;
mod outcome;
pub mod people;
pub mod rules;
pub mod scopes;
pub mod seats;
mod stages;
pub mod wrong;

#[cfg(test)]
mod tests;

pub use edit::{Edit, Edits, Fact, Pair, PairEdit};
pub use effect::{Fate, UnitEffect, effect};
pub use file::read;
pub use stages::REST;
pub use wrong::{What, Wrong};

use super::position::named_uuid;
use super::registry_digest::line;
use super::unit::UnitKind;
use crate::base::date::iso;
use crate::base::digest::{hex, sha256};
use crate::base::id::UnitId;
use time::Date;

/// A plan that was read: every row by itself makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it is called by: 3 to 64 characters `a-z`, `0-9` and `-`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The first day of what it brings.
    pub effective: Date,
    /// What it is based on.
    pub instrument: Instrument,
    /// Parts that are applied one by one; none when it is applied as one.
    pub stages: Vec<StageHead>,
    /// Its steps, in the file's order, which does not matter.
    pub steps: Vec<Row>,
}

/// The legal instrument behind a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Its number.
    pub number: String,
    /// Its date.
    pub date: Date,
    /// Who issued it; may be empty.
    pub issuer: String,
}

/// A part of a plan that is applied by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageHead {
    /// What it is called by.
    pub name: String,
    /// The units that its steps lead to: keys of new ones, codes of others.
    pub units: Vec<String>,
}

/// A step with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The file's line.
    pub line: u64,
    /// The step.
    pub step: Step,
}

/// What becomes of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A unit begins.
    Create {
        /// Its key within the plan, without the `+`.
        key: String,
        /// Its kind.
        kind: UnitKind,
        /// Its official name.
        name: String,
        /// Its statistics-office code.
        code: String,
        /// The unit above; none for a province.
        parent: Option<Ref>,
    },
    /// It goes on under another name.
    Rename {
        /// Which.
        unit: Ref,
        /// The name.
        name: String,
    },
    /// It goes on under another code.
    Recode {
        /// Which.
        unit: Ref,
        /// The scheme.
        scheme: String,
        /// The code.
        code: String,
    },
    /// It ends and goes whole into another.
    Merge {
        /// Which ends.
        unit: Ref,
        /// Into which.
        into: Ref,
    },
    /// It ends and a part of it goes into another; one step a part.
    Divide {
        /// Which ends.
        unit: Ref,
        /// Into which.
        into: Ref,
    },
    /// It ends; others lie where it was, or none does.
    Dissolve {
        /// Which ends.
        unit: Ref,
        /// Which lies there.
        into: Option<Ref>,
        /// That one lies elsewhere too.
        cross: bool,
    },
    /// It goes on under another parent.
    Move {
        /// Which.
        unit: Ref,
        /// Under which.
        parent: Ref,
    },
    /// It gets an agency code.
    Attach {
        /// Which.
        unit: Ref,
        /// The code, in the scheme `agency`.
        code: String,
    },
}

/// A unit as a plan names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ref {
    /// The one that has this statistics-office code on the day before.
    Known(String),
    /// The one that the plan creates by this key; written with a `+` before it.
    New(String),
}

impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(code) => f.write_str(code),
            Self::New(key) => write!(f, "+{key}"),
        }
    }
}

impl Plan {
    /// The last day of what it ends.
    pub fn day_before(&self) -> Date {
        self.effective.previous_day().unwrap_or(self.effective)
    }

    /// The identity of a unit that it creates: the same whenever it is applied, also after it was taken back.
    pub fn unit_id(&self, key: &str) -> UnitId {
        UnitId(named_uuid(&format!("plan-unit:{}:{key}", self.name)))
    }

    /// SHA-256 over what it says, in hexadecimal. Where a row stands and how cells are written counts for nothing.
    pub fn text_digest(&self) -> String {
        let mut rows: Vec<String> = self.steps.iter().map(|row| row.step.text()).collect();
        rows.sort_unstable();
        let (of, day) = (&self.instrument, iso(self.effective));
        let mut lines =
            vec![line(&["plan", &self.name, &self.title, &day]), line(&["instrument", &of.number, &iso(of.date), &of.issuer])];
        for stage in &self.stages {
            let mut units: Vec<&str> = stage.units.iter().map(String::as_str).collect();
            units.sort_unstable();
            let head = ["stage", stage.name.as_str()];
            lines.push(line(&[&head[..], units.as_slice()].concat()));
        }
        lines.append(&mut rows);
        hex(&sha256(lines.join("\n").as_bytes()))
    }
}

impl Step {
    /// The unit that it is about.
    pub fn unit(&self) -> Ref {
        match self {
            Self::Create { key, .. } => Ref::New(key.clone()),
            Self::Rename { unit, .. }
            | Self::Recode { unit, .. }
            | Self::Merge { unit, .. }
            | Self::Divide { unit, .. }
            | Self::Dissolve { unit, .. }
            | Self::Move { unit, .. }
            | Self::Attach { unit, .. } => unit.clone(),
        }
    }

    /// The unit that it leads to: the one that people and rights come to, or that goes on.
    pub fn target(&self) -> Ref {
        match self {
            Self::Merge { into, .. } | Self::Divide { into, .. } | Self::Dissolve { into: Some(into), .. } => into.clone(),
            _ => self.unit(),
        }
    }

    /// True when the unit that it is about ends.
    pub fn ends(&self) -> bool {
        matches!(self, Self::Merge { .. } | Self::Divide { .. } | Self::Dissolve { .. })
    }

    /// What it says, in one form.
    fn text(&self) -> String {
        let own = self.unit().to_string();
        match self {
            Self::Create { kind, name, code, parent, .. } => {
                let parent = parent.as_ref().map(Ref::to_string).unwrap_or_default();
                line(&["create", &own, kind.as_str(), name, code, &parent])
            }
            Self::Rename { name, .. } => line(&["rename", &own, name]),
            Self::Recode { scheme, code, .. } => line(&["recode", &own, scheme, code]),
            Self::Merge { into, .. } => line(&["merge", &own, &into.to_string()]),
            Self::Divide { into, .. } => line(&["divide", &own, &into.to_string()]),
            Self::Dissolve { into, cross, .. } => {
                let into = into.as_ref().map(Ref::to_string).unwrap_or_default();
                line(&["dissolve", &own, &into, if *cross { "cross" } else { "within" }])
            }
            Self::Move { parent, .. } => line(&["move", &own, &parent.to_string()]),
            Self::Attach { code, .. } => line(&["attach", &own, code]),
        }
    }
}
