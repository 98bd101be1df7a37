//! What people say is wrong about themselves, for those who look after them: the queue, and one report.

use super::Console;
use super::parts::{Crumb, Pages, Said};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::report::ReportAbout;
use askama::Template;

/// What a report is about, in words.
pub fn about_name(t: &'static Words, about: ReportAbout) -> &'static str {
    match about {
        ReportAbout::Identity => &t.report_identity,
        ReportAbout::Contact => &t.report_contact,
        ReportAbout::Position => &t.report_position,
        ReportAbout::Unit => &t.report_unit,
        ReportAbout::Other => &t.report_other,
    }
}

/// A report of the queue.
#[derive(Debug, Clone)]
pub struct QueueLine {
    /// Its id.
    pub id: String,
    /// About what.
    pub about: ReportAbout,
    /// Who says so.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The units in which they have a post today.
    pub units: String,
    /// When, as shown.
    pub at: String,
    /// When it was answered, as shown.
    pub answered_at: Option<String>,
    /// How it begins.
    pub words: String,
}

/// `GET /admin/reports`
#[derive(Debug, Template)]
#[template(path = "pages/console_reports.html")]
pub struct QueuePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// Those that have an answer.
    pub answered: bool,
    /// The reports.
    pub lines: Vec<QueueLine>,
    /// Where one is in the list.
    pub pages: Pages,
    /// One was just answered.
    pub done: bool,
}

impl QueuePage {
    fn export(&self) -> &'static str {
        if self.answered { "/admin/reports/export?state=answered" } else { "/admin/reports/export" }
    }

    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb { name: self.chrome.t().console_reports.clone(), address: String::new() }]
    }

    fn said(&self) -> Option<Said> {
        self.done.then(|| Said { kind: "ok", text: self.chrome.t().console_reports_done.clone() })
    }

    fn about(&self, line: &QueueLine) -> &'static str {
        about_name(self.chrome.t(), line.about)
    }

    fn answered_line(&self, at: &str) -> String {
        fill(&self.chrome.t().report_answered, &[("at", at)])
    }
}

/// A post of whoever says so.
#[derive(Debug, Clone)]
pub struct QueuedPost {
    /// The title.
    pub title: String,
    /// The unit's full name today.
    pub unit: String,
    /// Its first day, as shown.
    pub since: String,
}

/// Why a report was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerProblem {
    /// It says nothing.
    Empty,
    /// It says too much.
    TooLong,
    /// It holds characters that cannot be read.
    Unreadable,
    /// Somebody answered before.
    Answered,
}

/// `GET /admin/reports/{id}`, and its answer when nothing was answered.
#[derive(Debug, Template)]
#[template(path = "pages/console_report.html")]
pub struct QueuedPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The report's id.
    pub id: String,
    /// Who says so, by id.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// Their posts of today.
    pub posts: Vec<QueuedPost>,
    /// About what.
    pub about: ReportAbout,
    /// When, as shown.
    pub at: String,
    /// As typed.
    pub words: String,
    /// The answer, and when it came.
    pub answer: Option<(String, String)>,
    /// The reader may answer.
    pub may_answer: bool,
    /// Characters at most.
    pub longest: usize,
    /// The answer as typed.
    pub typed: String,
    /// What went wrong.
    pub problem: Option<AnswerProblem>,
}

impl QueuedPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_reports.clone(), address: "/admin/reports".to_owned() },
            Crumb { name: self.full_name.clone(), address: String::new() },
        ]
    }

    fn about(&self) -> &'static str {
        about_name(self.chrome.t(), self.about)
    }

    fn since(&self, post: &QueuedPost) -> String {
        fill(&self.chrome.t().portal_since, &[("date", &post.since)])
    }

    fn answered_line(&self, at: &str) -> String {
        fill(&self.chrome.t().report_answered, &[("at", at)])
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            AnswerProblem::Empty => t.console_reports_empty.clone(),
            AnswerProblem::TooLong => fill(&t.console_reports_too_long, &[("most", &self.longest.to_string())]),
            AnswerProblem::Unreadable => t.console_reports_unreadable.clone(),
            AnswerProblem::Answered => t.console_reports_answered_before.clone(),
        })
    }

    /// Whether the answer can be mended; an answer that is there stands.
    fn is_about_the_answer(&self) -> bool {
        matches!(self.problem, Some(AnswerProblem::Empty | AnswerProblem::TooLong | AnswerProblem::Unreadable))
    }

    fn target(&self) -> &'static str {
        if self.is_about_the_answer() { "answer" } else { "report" }
    }

    fn hint(&self) -> String {
        fill(&self.chrome.t().console_reports_hint, &[("most", &self.longest.to_string())])
    }
}
