//! The pages on which an administrator helps somebody who stands at the desk.

use super::chrome::Chrome;
use super::position::titled;
use crate::base::words::fill;
use askama::Template;

/// Why an administrator was not helped to help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskProblem {
    /// No name was typed.
    Empty,
    /// Nobody has the name, or it is nobody whom this administrator may help.
    NotTheirs,
    /// They did not say that they have seen the person.
    NotSeen,
    /// Too many codes in an hour.
    TooMany,
}

/// One position of whoever is helped.
#[derive(Debug, Clone)]
pub struct DeskPosition {
    /// The title.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name today.
    pub unit_name: String,
    /// Its first day, as shown.
    pub since: String,
}

impl DeskPosition {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }
}

/// Whoever is helped, as far as an administrator needs to compare.
#[derive(Debug, Clone)]
pub struct AtTheDesk {
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// Date of birth, as shown.
    pub born: Option<String>,
    /// Number in the staff list.
    pub employee_code: Option<String>,
    /// The positions in force, the main one first.
    pub positions: Vec<DeskPosition>,
    /// They have a second factor.
    pub has_second: bool,
    /// They said that something was not them.
    pub changes_locked: bool,
    /// A code that they were told counts until then, as shown.
    pub code_until: Option<String>,
}

/// `GET /admin/recovery`
#[derive(Debug, Template)]
#[template(path = "pages/admin_recovery.html")]
pub struct AdminRecovery {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What was typed.
    pub username: String,
    /// Who was found.
    pub found: Option<AtTheDesk>,
    /// The lock was just taken away.
    pub unlocked: bool,
    /// What went wrong.
    pub problem: Option<DeskProblem>,
}

impl AdminRecovery {
    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            DeskProblem::Empty => t.signin_empty.as_str(),
            DeskProblem::NotTheirs => t.admin_recovery_not_theirs.as_str(),
            DeskProblem::NotSeen => t.admin_recovery_not_seen.as_str(),
            DeskProblem::TooMany => t.admin_recovery_too_many.as_str(),
        })
    }

    /// The field that a problem is about.
    fn target(&self) -> &'static str {
        match self.problem {
            Some(DeskProblem::NotSeen) => "seen",
            Some(DeskProblem::TooMany) => "admin-recovery-issue",
            Some(DeskProblem::Empty | DeskProblem::NotTheirs) | None => "username",
        }
    }

    fn is_about_the_name(&self) -> bool {
        matches!(self.problem, Some(DeskProblem::Empty | DeskProblem::NotTheirs))
    }

    fn is_about_having_seen(&self) -> bool {
        self.problem == Some(DeskProblem::NotSeen)
    }

    fn since(&self, position: &DeskPosition) -> String {
        fill(&self.chrome.t().portal_since, &[("date", &position.since)])
    }

    fn code_line(&self, until: &str) -> String {
        fill(&self.chrome.t().admin_recovery_code_until, &[("until", until)])
    }
}

/// The answer that shows a code, once. It is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/admin_recovery_code.html")]
pub struct AdminCode {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whose it is.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The code.
    pub code: String,
    /// How long it counts, as shown.
    pub until: String,
    /// Where it is typed.
    pub address: String,
    /// The second factors go with it.
    pub anew: bool,
}
