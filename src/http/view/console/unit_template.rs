//! The template by which units begin: its posts as a form.

use super::Console;
use super::parts::{Crumb, Said};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::unit_template::{LONGEST, MOST_LINES, MOST_POSTS, TemplateFault};
use crate::service::onboarding::template::Declaring;
use askama::Template;

/// A post as typed.
#[derive(Debug, Clone, Default)]
pub struct PostFields {
    /// Its place, from 1 on.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// Its words, one a line.
    pub words: String,
    /// Its rights, one a line, `client:role`.
    pub rights: String,
    /// Whoever fills it administers the unit.
    pub administers: bool,
}

/// Why a template was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateProblem {
    /// It keeps not to its rules.
    Fault(TemplateFault),
    /// Somebody else changed it since it was shown.
    Stale,
}

/// `GET /admin/onboarding/template`, and its answer when it was not changed.
#[derive(Debug, Template)]
#[template(path = "pages/console_onboarding_template.html")]
pub struct TemplatePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The version that was seen.
    pub version: i64,
    /// The posts, and some empty ones.
    pub posts: Vec<PostFields>,
    /// The clients that declare roles.
    pub clients: Vec<Declaring>,
    /// The reader may change it.
    pub may_edit: bool,
    /// What went wrong.
    pub problem: Option<TemplateProblem>,
    /// What was just done.
    pub said: Option<Said>,
}

impl TemplatePage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_onboarding, "/admin/onboarding"), Crumb::here(&t.console_onboarding_template_title)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        let post = |number: &usize| number.to_string();
        self.problem.as_ref().map(|problem| match problem {
            TemplateProblem::Stale => t.console_onboarding_template_stale.clone(),
            TemplateProblem::Fault(TemplateFault::Count) => {
                fill(&t.console_onboarding_template_count, &[("most", &MOST_POSTS.to_string())])
            }
            TemplateProblem::Fault(TemplateFault::Name(number)) => {
                fill(&t.console_onboarding_template_name, &[("post", &post(number)), ("most", &LONGEST.to_string())])
            }
            TemplateProblem::Fault(TemplateFault::Words(number)) => {
                fill(&t.console_onboarding_template_words, &[("post", &post(number)), ("most", &MOST_LINES.to_string())])
            }
            TemplateProblem::Fault(TemplateFault::Rights(number)) => {
                fill(&t.console_onboarding_template_rights, &[("post", &post(number)), ("most", &MOST_LINES.to_string())])
            }
            TemplateProblem::Fault(TemplateFault::Undeclared(number, right)) => {
                fill(&t.console_onboarding_template_undeclared, &[("post", &post(number)), ("right", right)])
            }
        })
    }

    /// The field that a problem is about.
    fn target(&self) -> String {
        match &self.problem {
            Some(TemplateProblem::Fault(TemplateFault::Name(number))) => format!("name_{number}"),
            Some(TemplateProblem::Fault(TemplateFault::Words(number))) => format!("words_{number}"),
            Some(TemplateProblem::Fault(TemplateFault::Rights(number) | TemplateFault::Undeclared(number, _))) => {
                format!("rights_{number}")
            }
            Some(TemplateProblem::Fault(TemplateFault::Count) | TemplateProblem::Stale) | None => "name_1".to_owned(),
        }
    }

    /// The sentence above a field that is wrong.
    fn wrong(&self, field: &str, post: &PostFields) -> Option<String> {
        self.sentence().filter(|_| self.target() == format!("{field}_{}", post.number))
    }

    fn legend(&self, post: &PostFields) -> String {
        fill(&self.chrome.t().console_onboarding_template_post, &[("number", &post.number.to_string())])
    }
}
