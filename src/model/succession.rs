//! What became of a unit: which units came after it, whole or in part.

use crate::base::id::UnitId;
use time::Date;

/// How the later unit follows from the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The earlier unit went undivided into this one.
    Whole,
    /// The earlier unit was divided, and a part of it went into this one.
    /// There is no official main part: a person decides where an account goes.
    Part,
    /// All of the later unit lies in this dissolved district.
    Within,
    /// The later unit also lies in another dissolved district.
    Cross,
    /// A unit of before the registry begins, known by weaker evidence.
    Earlier,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Whole, Self::Part, Self::Within, Self::Cross, Self::Earlier];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Part => "part",
            Self::Within => "within",
            Self::Cross => "cross",
            Self::Earlier => "earlier",
        }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.as_str() == text)
    }

    /// True when the earlier commune's own territory went into the later unit.
    pub fn is_of_territory(self) -> bool {
        matches!(self, Self::Whole | Self::Part)
    }

    /// True when this says more about a pair of units than `other` does. A
    /// district without communes went whole into its successor; that it also
    /// covers it says nothing more.
    pub fn outranks(self, other: Self) -> bool {
        matches!(self, Self::Whole | Self::Part) && matches!(other, Self::Within | Self::Cross)
    }
}

/// One pair of an earlier and a later unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The earlier unit.
    pub from: UnitId,
    /// The later unit.
    pub to: UnitId,
    /// How.
    pub relation: Relation,
    /// First day of the later unit; `None` when unknown.
    pub effective: Option<Date>,
    /// Who states this pair.
    pub source: String,
}
