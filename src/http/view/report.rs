//! What a person says is wrong about themselves: the form, and what they said before.

use super::chrome::Chrome;
use crate::base::words::fill;
use crate::model::report::ReportAbout;
use askama::Template;

/// Why a report was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportProblem {
    /// Nothing was said about what it is.
    NoAbout,
    /// It says nothing.
    Empty,
    /// It says too much.
    TooLong,
    /// There were too many within an hour.
    TooMany {
        /// When there is room again, as shown.
        until: String,
    },
}

/// One of a person's own reports.
#[derive(Debug, Clone)]
pub struct ReportLine {
    /// When, as shown.
    pub at: String,
    /// About what.
    pub about: ReportAbout,
    /// As typed.
    pub words: String,
    /// The answer, and when it came; none: it waits.
    pub answer: Option<(String, String)>,
}

/// `GET /account/report`, and its answer when it was not taken in.
#[derive(Debug, Template)]
#[template(path = "pages/report.html")]
pub struct ReportPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What is chosen as its subject.
    pub about: Option<ReportAbout>,
    /// What was typed.
    pub words: String,
    /// Characters at most.
    pub longest: usize,
    /// One was just taken in.
    pub sent: bool,
    /// What went wrong.
    pub problem: Option<ReportProblem>,
    /// Own reports, newest first.
    pub reports: Vec<ReportLine>,
}

impl ReportPage {
    fn choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        ReportAbout::ALL.into_iter().map(|about| (about.word(), self.label(about), self.about == Some(about))).collect()
    }

    fn label(&self, about: ReportAbout) -> &'static str {
        let t = self.chrome.t();
        match about {
            ReportAbout::Identity => &t.report_identity,
            ReportAbout::Contact => &t.report_contact,
            ReportAbout::Position => &t.report_position,
            ReportAbout::Unit => &t.report_unit,
            ReportAbout::Other => &t.report_other,
        }
    }

    fn subject(&self, report: &ReportLine) -> &'static str {
        self.label(report.about)
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            ReportProblem::NoAbout => t.report_no_about.clone(),
            ReportProblem::Empty => t.report_empty.clone(),
            ReportProblem::TooLong => fill(&t.report_too_long, &[("most", &self.longest.to_string())]),
            ReportProblem::TooMany { until } => fill(&t.report_too_many, &[("until", until)]),
        })
    }

    fn is_about_the_choice(&self) -> bool {
        self.problem == Some(ReportProblem::NoAbout)
    }

    /// Where the problem is mended.
    fn target(&self) -> &'static str {
        if self.is_about_the_choice() { "about-1" } else { "words" }
    }

    fn hint(&self) -> String {
        fill(&self.chrome.t().report_words_hint, &[("most", &self.longest.to_string())])
    }

    fn answered(&self, at: &str) -> String {
        fill(&self.chrome.t().report_answered, &[("at", at)])
    }
}
