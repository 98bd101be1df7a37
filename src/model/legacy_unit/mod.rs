//! Which unit of today an account of an old system belongs to.
//!
//! A row says a code, or a name with its district, or both. Either means what
//! it meant on the day as of which its source is read: codes and names were
//! given anew since. What went undivided into one unit maps by itself; what was
//! divided, a district's office, and whatever may mean several units asks a
//! human, with the units that it may be. A code and a name that contradict each
//! other ask too: which of both is wrong is nothing that can be known.
//!
//! An agency goes on where its code goes on, whatever became of its territory.
//!
//! Here belongs what is decided from one row's words and the registry. Reading
//! rows, and writing down what is decided, is a capability's.

mod codes;
mod fate;
mod names;
mod near;
mod resolver;

#[cfg(test)]
mod tests;

pub use resolver::Resolver;

use crate::base::id::UnitId;

/// What a row says of the unit of its account, as it was given; empty where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Told<'a> {
    /// A code: of the statistics office, of an agency in either form, or `scheme:code`.
    pub code: &'a str,
    /// A name, with or without accents and its kind.
    pub name: &'a str,
    /// The name of the district in which it lay.
    pub district: &'a str,
}

/// What is done with the unit of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnitDecision {
    /// It is one unit of today.
    Mapped,
    /// A human says which of its candidates it is.
    Review,
    /// The registry knows nothing of it.
    Unknown,
}

impl UnitDecision {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mapped, Self::Review, Self::Unknown];

    /// The word by which it is stored and sent.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Review => "review",
            Self::Unknown => "unknown",
        }
    }

    /// Reads [`UnitDecision::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }
}

/// Why the unit of an account is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The code is that of a unit of today.
    CurrentCode,
    /// The unit of the code went undivided into one of today.
    WholeSuccession,
    /// The unit of the code went into one of today that has its code, its name and its bounds.
    Unchanged,
    /// The agency of the code is there, or its unit went undivided into one of today.
    AgencyCode,
    /// The same, written in the form of 2016.
    AgencyOldForm,
    /// The name, within its district where it has one, is that of a unit of today, or of one that went undivided into it.
    NameAndDistrict,
    /// The unit was divided.
    Divided,
    /// The unit is a district; its offices were dissolved.
    DistrictOffice,
    /// The code may mean several units, or one of which nobody knows for certain what became of it.
    AmbiguousCode,
    /// The same of the name.
    AmbiguousName,
    /// Nobody has the code.
    UnknownCode,
    /// Nobody has the name.
    UnknownName,
    /// The code means one unit, and the name or the district another.
    CodeAndNameDisagree,
    /// The row says nothing of a unit.
    Missing,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::CurrentCode,
        Self::WholeSuccession,
        Self::Unchanged,
        Self::AgencyCode,
        Self::AgencyOldForm,
        Self::NameAndDistrict,
        Self::Divided,
        Self::DistrictOffice,
        Self::AmbiguousCode,
        Self::AmbiguousName,
        Self::UnknownCode,
        Self::UnknownName,
        Self::CodeAndNameDisagree,
        Self::Missing,
    ];

    /// The word by which it is stored and sent.
    pub fn word(self) -> &'static str {
        match self {
            Self::CurrentCode => "current_code",
            Self::WholeSuccession => "whole_succession",
            Self::Unchanged => "unchanged",
            Self::AgencyCode => "agency_code",
            Self::AgencyOldForm => "agency_old_form",
            Self::NameAndDistrict => "name_and_district",
            Self::Divided => "divided",
            Self::DistrictOffice => "district_office",
            Self::AmbiguousCode => "ambiguous_code",
            Self::AmbiguousName => "ambiguous_name",
            Self::UnknownCode => "unknown_code",
            Self::UnknownName => "unknown_name",
            Self::CodeAndNameDisagree => "code_and_name_disagree",
            Self::Missing => "missing",
        }
    }

    /// Reads [`Reason::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }

    /// What it leads to.
    pub fn decision(self) -> UnitDecision {
        match self {
            Self::CurrentCode
            | Self::WholeSuccession
            | Self::Unchanged
            | Self::AgencyCode
            | Self::AgencyOldForm
            | Self::NameAndDistrict => UnitDecision::Mapped,
            Self::Divided | Self::DistrictOffice | Self::AmbiguousCode | Self::AmbiguousName | Self::CodeAndNameDisagree => {
                UnitDecision::Review
            }
            Self::UnknownCode | Self::UnknownName | Self::Missing => UnitDecision::Unknown,
        }
    }
}

/// What became of the words of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Why.
    pub reason: Reason,
    /// The unit of today, when it is mapped.
    pub unit: Option<UnitId>,
    /// The units of today that it may be, by their codes, when it is not mapped. None is the default.
    pub candidates: Vec<UnitId>,
    /// The unit that was meant, on the day as of which the source is read: where the words leave no doubt of that, whatever
    /// became of it since.
    pub from: Option<UnitId>,
}

impl Resolution {
    /// What is done.
    pub fn decision(&self) -> UnitDecision {
        self.reason.decision()
    }
}
