//! Changes of the registry as values: each says what was there and what is there then, so that it can be taken back.
//!
//! They are kept in the database as JSON while a plan is applied and after it: dates are ISO text there.

use crate::base::date::{iso, parse};
use crate::base::id::UnitId;
use crate::model::succession::Relation;
use crate::model::unit::{NameUsage, Span, UnitKind};
use serde::{Deserialize, Serialize};
use time::Date;

/// A fact that holds for a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "FactText", into = "FactText")]
pub enum Fact {
    /// A unit exists.
    Unit {
        /// Which.
        id: UnitId,
        /// What it is.
        kind: UnitKind,
    },
    /// It has a code.
    Code {
        /// Whose.
        unit: UnitId,
        /// The scheme.
        scheme: String,
        /// The code.
        code: String,
    },
    /// It has a name.
    Name {
        /// Whose.
        unit: UnitId,
        /// The name.
        name: String,
        /// On papers, or elsewhere.
        usage: NameUsage,
    },
    /// It lies in another.
    Parent {
        /// Which lies.
        unit: UnitId,
        /// In which.
        parent: UnitId,
    },
}

impl Fact {
    /// The unit that it is about.
    pub fn unit(&self) -> &UnitId {
        match self {
            Self::Unit { id, .. } => id,
            Self::Code { unit, .. } | Self::Name { unit, .. } | Self::Parent { unit, .. } => unit,
        }
    }
}

/// One change of a fact: from nothing it begins to be known, to nothing it was never so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "EditText", into = "EditText")]
pub struct Edit {
    /// The fact.
    pub fact: Fact,
    /// When it held, as was known.
    pub was: Option<Span>,
    /// When it holds, as is known then.
    pub now: Option<Span>,
}

/// What is said of an earlier and a later unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "PairText", into = "PairText")]
pub struct Pair {
    /// How the later follows from the earlier.
    pub relation: Relation,
    /// First day of the later unit.
    pub effective: Option<Date>,
    /// Who states it.
    pub source: String,
}

/// One change of what is said of two units.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PairEdit {
    /// The earlier unit.
    pub from: UnitId,
    /// The later unit.
    pub to: UnitId,
    /// What was said.
    pub was: Option<Pair>,
    /// What is said then.
    pub now: Option<Pair>,
}

/// Changes in the order in which they are made. Whoever writes them writes facts that come before pairs that come,
/// and pairs that go before facts that go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edits {
    /// Of facts: units first, then what is known of them.
    pub facts: Vec<Edit>,
    /// Of pairs.
    pub pairs: Vec<PairEdit>,
}

impl Edits {
    /// What takes these changes back, the last one first.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let back = |edit: &Edit| Edit { fact: edit.fact.clone(), was: edit.now, now: edit.was };
        let pair_back = |edit: &PairEdit| PairEdit {
            from: edit.from.clone(),
            to: edit.to.clone(),
            was: edit.now.clone(),
            now: edit.was.clone(),
        };
        Self { facts: self.facts.iter().rev().map(back).collect(), pairs: self.pairs.iter().rev().map(pair_back).collect() }
    }

    /// True when nothing changes.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many changes there are.
    pub fn count(&self) -> usize {
        self.facts.len() + self.pairs.len()
    }
}

/// A fact as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
enum FactText {
    Unit { unit: UnitId, kind: UnitKind },
    Code { unit: UnitId, scheme: String, code: String },
    Name { unit: UnitId, name: String, usage: String },
    Parent { unit: UnitId, parent: UnitId },
}

impl From<Fact> for FactText {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Unit { id, kind } => Self::Unit { unit: id, kind },
            Fact::Code { unit, scheme, code } => Self::Code { unit, scheme, code },
            Fact::Name { unit, name, usage } => Self::Name { unit, name, usage: usage.as_str().to_owned() },
            Fact::Parent { unit, parent } => Self::Parent { unit, parent },
        }
    }
}

impl TryFrom<FactText> for Fact {
    type Error = &'static str;

    fn try_from(text: FactText) -> Result<Self, Self::Error> {
        Ok(match text {
            FactText::Unit { unit, kind } => Self::Unit { id: unit, kind },
            FactText::Code { unit, scheme, code } => Self::Code { unit, scheme, code },
            FactText::Name { unit, name, usage } => {
                Self::Name { unit, name, usage: NameUsage::parse(&usage).ok_or("no such usage of a name")? }
            }
            FactText::Parent { unit, parent } => Self::Parent { unit, parent },
        })
    }
}

/// A time as it is kept.
#[derive(Serialize, Deserialize)]
struct SpanText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
}

impl From<Span> for SpanText {
    fn from(span: Span) -> Self {
        Self { from: span.from.map(iso), to: span.to.map(iso), ended_by: span.ended_by.map(iso) }
    }
}

impl TryFrom<SpanText> for Span {
    type Error = &'static str;

    fn try_from(text: SpanText) -> Result<Self, Self::Error> {
        Ok(Self { from: day(text.from)?, to: day(text.to)?, ended_by: day(text.ended_by)? })
    }
}

fn day(text: Option<String>) -> Result<Option<Date>, &'static str> {
    text.map(|text| parse(&text).ok_or("not a date")).transpose()
}

/// A change as it is kept.
#[derive(Serialize, Deserialize)]
struct EditText {
    fact: Fact,
    was: Option<SpanText>,
    now: Option<SpanText>,
}

impl From<Edit> for EditText {
    fn from(edit: Edit) -> Self {
        Self { fact: edit.fact, was: edit.was.map(SpanText::from), now: edit.now.map(SpanText::from) }
    }
}

impl TryFrom<EditText> for Edit {
    type Error = &'static str;

    fn try_from(text: EditText) -> Result<Self, Self::Error> {
        let span = |text: Option<SpanText>| text.map(Span::try_from).transpose();
        Ok(Self { fact: text.fact, was: span(text.was)?, now: span(text.now)? })
    }
}

/// What is said of two units, as it is kept.
#[derive(Serialize, Deserialize)]
struct PairText {
    relation: Relation,
    effective: Option<String>,
    source: String,
}

impl From<Pair> for PairText {
    fn from(pair: Pair) -> Self {
        Self { relation: pair.relation, effective: pair.effective.map(iso), source: pair.source }
    }
}

impl TryFrom<PairText> for Pair {
    type Error = &'static str;

    fn try_from(text: PairText) -> Result<Self, Self::Error> {
        Ok(Self { relation: text.relation, effective: day(text.effective)?, source: text.source })
    }
}
