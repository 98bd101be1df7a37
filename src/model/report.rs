//! A report: what a person says is wrong about themselves, for those who keep the directory.

use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportAbout {
    /// Name, date of birth, personal number.
    Identity,
    /// E-mail address, telephone.
    Contact,
    /// A post: its title, department, dates, decision.
    Position,
    /// The unit, or where it stands after a re-organization.
    Unit,
    /// Something else.
    Other,
}

impl ReportAbout {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Identity, Self::Contact, Self::Position, Self::Unit, Self::Other];

    /// The word of forms and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Contact => "contact",
            Self::Position => "position",
            Self::Unit => "unit",
            Self::Other => "other",
        }
    }

    /// Reads [`ReportAbout::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.word() == word)
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// Who says so, of themselves.
    pub person: PersonId,
    /// When.
    pub at: Millis,
    /// About what.
    pub about: ReportAbout,
    /// Their words, as typed.
    pub words: String,
    /// When it was answered.
    pub answered_at: Option<Millis>,
    /// The answer.
    pub answer: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for about in ReportAbout::ALL {
            assert_eq!(ReportAbout::from_word(about.word()), Some(about));
        }
        assert_eq!(ReportAbout::from_word("weather"), None);
    }
}
