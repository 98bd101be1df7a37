//! Removing what is known of a person: what goes, what stays, and from which day on.

use super::Console;
use super::parts::Crumb;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use askama::Template;

/// Why nothing was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseProblem {
    /// The box was not ticked.
    NotSure,
    /// A reason is asked for.
    Reason,
    /// The day is not here, or it was done already.
    NotDue,
}

/// `GET /admin/people/{id}/erase`, and its answer when nothing was asked for.
#[derive(Debug, Template)]
#[template(path = "pages/console_erase.html")]
pub struct ErasePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The person's id.
    pub id: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// Since when the account is disabled, as shown.
    pub disabled_since: Option<String>,
    /// From which day on it may be done, as shown.
    pub from: Option<String>,
    /// That day is here.
    pub is_due: bool,
    /// When it was done, as shown.
    pub erased_at: Option<String>,
    /// How many days an account has to be disabled for.
    pub days: i64,
    /// Characters of a reason at most.
    pub longest: usize,
    /// The reason as typed.
    pub reason: String,
    /// What went wrong.
    pub problem: Option<EraseProblem>,
}

impl ErasePage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb::to(&t.console_people, "/admin/people"),
            Crumb::to(&self.full_name, &format!("/admin/people/{}", self.id)),
            Crumb::here(&t.console_erase_title),
        ]
    }

    fn sentence(&self) -> Option<String> {
        self.problem.map(|problem| match problem {
            EraseProblem::NotSure => self.chrome.t().console_erase_not_sure.clone(),
            EraseProblem::Reason => self.hint(),
            EraseProblem::NotDue => self.chrome.t().console_erase_not_due.clone(),
        })
    }

    fn target(&self) -> &'static str {
        match self.problem {
            Some(EraseProblem::NotSure) => "sure",
            Some(EraseProblem::Reason) => "reason",
            Some(EraseProblem::NotDue) | None => "standing",
        }
    }

    fn is_about(&self, field: &str) -> bool {
        self.problem.is_some() && self.target() == field
    }

    fn hint(&self) -> String {
        fill(&self.chrome.t().console_erase_reason_hint, &[("most", &self.longest.to_string())])
    }

    /// How the account stands, in one sentence.
    fn standing(&self) -> String {
        let t = self.chrome.t();
        let days = self.days.to_string();
        match (&self.erased_at, &self.disabled_since, &self.from) {
            (Some(at), _, _) => fill(&t.console_erase_done, &[("at", at)]),
            (None, Some(since), Some(from)) => {
                fill(&t.console_erase_standing, &[("since", since), ("from", from), ("days", &days)])
            }
            (None, _, _) => fill(&t.console_erase_not_disabled, &[("days", &days)]),
        }
    }
}
