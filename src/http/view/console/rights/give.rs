//! A role given or taken back: what was typed, what was done, and why nothing was.

use crate::base::words::{Words, fill};
use crate::http::view::console::parts::Said;

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightDone {
    /// A role was given.
    Given,
    /// A role was taken back.
    Ended,
}

impl RightDone {
    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Ended => "ended",
        }
    }

    /// Reads [`RightDone::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Given, Self::Ended].into_iter().find(|done| done.word() == word)
    }

    pub(super) fn said(self, t: &'static Words) -> Said {
        Said::ok(match self {
            Self::Given => &t.console_rights_given,
            Self::Ended => &t.console_rights_ended,
        })
    }
}

/// Why a role was not given, or not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveProblem {
    /// Nobody has the name, or they may not sign in.
    Person,
    /// Nobody gives anything to themselves.
    Own,
    /// The client declares no such role, or it is not theirs to give.
    Role,
    /// They have no such post within the bounds of whoever gives it.
    Post,
    /// The days cannot be.
    Days,
    /// A reason is missing, or too long.
    Reason,
    /// They have it already.
    Already,
    /// It was taken back before.
    Gone,
    /// A reason for taking back is missing, or too long.
    EndReason,
    /// Somebody above gave it, and takes it back.
    EndNotTheirs,
}

impl GiveProblem {
    pub(super) fn said(self, t: &'static Words) -> &'static str {
        match self {
            Self::Person => &t.console_rights_no_person,
            Self::Own => &t.console_rights_own,
            Self::Role => &t.console_rights_no_role,
            Self::Post => &t.console_rights_no_position,
            Self::Days => &t.console_administrators_days_wrong,
            Self::Reason | Self::EndReason => &t.console_administrators_no_reason,
            Self::Already => &t.console_rights_already,
            Self::Gone => &t.console_rights_gone,
            Self::EndNotTheirs => &t.console_rights_end_not_theirs,
        }
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct GiveTyped {
    /// The user name.
    pub username: String,
    /// The role; on a person's page a client and a role, with a space between.
    pub role: String,
    /// Only while acting in this position; may be empty.
    pub position: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Only when signed in with two factors.
    pub two_factors: bool,
    /// Only from an office network.
    pub office: bool,
    /// Which grant is to be taken back.
    pub grant: String,
    /// Why.
    pub reason: String,
}

/// How long a reason may be.
pub(super) fn reason_hint(t: &'static Words, longest: usize) -> String {
    fill(&t.console_administrators_reason_hint, &[("most", &longest.to_string())])
}
