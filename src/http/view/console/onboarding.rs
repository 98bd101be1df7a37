//! Units that begin: how far each has come, and the form that previews a run of the template.

use super::Console;
use super::parts::{Crumb, Pages, Said, SelectOption, number, percent};
use super::unit_codes::mistake;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::row_error::RowError;
use crate::model::unit_template::Post;
use crate::service::onboarding::readiness::Wanted;
use askama::Template;

/// Mistakes that are shown one by one.
const MOST_SHOWN: usize = 100;

/// Somebody who administers a unit.
#[derive(Debug, Clone)]
pub struct ReadyAdministrator {
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// When they last signed in, as shown.
    pub last_at: Option<String>,
}

/// One unit of the list.
#[derive(Debug, Clone)]
pub struct ReadyLine {
    /// Its id.
    pub id: String,
    /// Its name, with its kind.
    pub name: String,
    /// Its code of the statistics office.
    pub code: String,
    /// Who administers it.
    pub administrators: Vec<ReadyAdministrator>,
    /// Its people.
    pub people: i64,
    /// Of those, with a method of their own.
    pub enrolled: i64,
    /// Of those, with a second factor.
    pub strong: i64,
    /// Its agency code.
    pub agency_code: Option<String>,
    /// Nothing is missing.
    pub ready: bool,
}

impl ReadyLine {
    fn is_administered(&self) -> bool {
        self.administrators.iter().any(|administrator| administrator.last_at.is_some())
    }

    fn is_enrolled(&self) -> bool {
        self.people > 0 && self.enrolled == self.people
    }

    fn is_strong(&self) -> bool {
        self.people > 0 && self.strong == self.people
    }

    /// The names of a sheet's columns.
    pub fn header(chrome: &Chrome) -> Vec<String> {
        let t = chrome.t();
        let names = [
            &t.console_units_code,
            &t.console_units_name,
            &t.console_onboarding_administrator,
            &t.console_onboarding_last,
            &t.console_onboarding_people,
            &t.console_onboarding_enrolled,
            &t.console_onboarding_strong,
            &t.console_onboarding_agency_code,
        ];
        names.map(Clone::clone).to_vec()
    }

    /// The line in a sheet.
    pub fn cells(self) -> Vec<String> {
        let of = |tell: fn(&ReadyAdministrator) -> String| self.administrators.iter().map(tell).collect::<Vec<_>>().join("; ");
        let names = of(|administrator| format!("{} ({})", administrator.full_name, administrator.username));
        let last = of(|administrator| administrator.last_at.clone().unwrap_or_default());
        let code = self.agency_code.clone().unwrap_or_default();
        let figures = [self.people, self.enrolled, self.strong].map(|figure| figure.to_string());
        let [people, enrolled, strong] = figures;
        vec![self.code, self.name, names, last, people, enrolled, strong, code]
    }
}

/// How far a run has come, in figures.
#[derive(Debug, Clone)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
    /// When it was previewed, as shown.
    pub at: String,
    /// Units in it.
    pub units: i64,
    /// Units that were given everything.
    pub applied: i64,
    /// Units that were found changed.
    pub changed: i64,
    /// Units of which all was taken back.
    pub undone: i64,
    /// Administrators that it makes.
    pub appoints: i64,
    /// Some of it may still be applied.
    pub open: bool,
}

/// All units in figures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    /// Units.
    pub units: i64,
    /// Units of which nothing is missing.
    pub ready: i64,
    /// Units with an administrator who has signed in.
    pub administered: i64,
    /// Units with an agency code.
    pub coded: i64,
    /// People.
    pub people: i64,
    /// People with a method of their own.
    pub enrolled: i64,
    /// People with a second factor.
    pub strong: i64,
}

/// `GET /admin/onboarding`
#[derive(Debug, Template)]
#[template(path = "pages/console_onboarding.html")]
pub struct ReadinessPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// All of the units within the reader's bounds, in figures.
    pub sums: Sums,
    /// Which are shown.
    pub wanted: Wanted,
    /// What is searched for.
    pub q: String,
    /// How many units that are.
    pub count: usize,
    /// Those of this page.
    pub lines: Vec<ReadyLine>,
    /// Where the reader is among them.
    pub pages: Pages,
    /// The newest runs, for whoever may run the template.
    pub runs: Vec<RunLine>,
    /// The reader may run the template.
    pub may_run: bool,
    /// The reader may change the template.
    pub may_edit: bool,
    /// What was just done.
    pub said: Option<Said>,
}

impl ReadinessPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_onboarding)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn choices(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let option = |wanted: Wanted| SelectOption {
            value: wanted.word().to_owned(),
            label: wanted_name(t, wanted).to_owned(),
            chosen: wanted == self.wanted,
        };
        Wanted::ALL.into_iter().map(option).collect()
    }

    fn of(&self, part: i64, whole: i64) -> String {
        let (part, whole) = (number(&self.chrome, part), number(&self.chrome, whole));
        fill(&self.chrome.t().console_onboarding_of, &[("part", &part), ("whole", &whole)])
    }

    fn percent(&self, part: i64, whole: i64) -> String {
        percent(&self.chrome, part, whole)
    }

    fn shown(&self) -> String {
        let count = number(&self.chrome, i64::try_from(self.count).unwrap_or(i64::MAX));
        fill(&self.chrome.t().console_units_count, &[("count", &count)])
    }

    fn last(&self, administrator: &ReadyAdministrator) -> String {
        let t = self.chrome.t();
        match &administrator.last_at {
            Some(at) => fill(&t.console_units_last_sign_in, &[("at", at)]),
            None => t.console_units_never_signed_in.clone(),
        }
    }

    fn choose(&self, line: &ReadyLine) -> String {
        fill(&self.chrome.t().console_onboarding_choose, &[("unit", &line.name)])
    }

    fn export(&self) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("state", self.wanted.word())
            .append_pair("q", &self.q)
            .finish();
        format!("/admin/onboarding/export?{query}")
    }

    fn run_state(&self, run: &RunLine) -> String {
        let t = self.chrome.t();
        let figures =
            [("applied", run.applied - run.undone), ("changed", run.changed), ("undone", run.undone), ("all", run.units)];
        let figures = figures.map(|(name, figure)| (name, figure.to_string()));
        fill(&t.console_onboarding_run_state, &figures.each_ref().map(|(name, figure)| (*name, figure.as_str())))
    }
}

fn wanted_name(t: &'static Words, wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::All => &t.console_onboarding_want_all,
        Wanted::NotReady => &t.console_onboarding_want_not_ready,
        Wanted::NoAdministrator => &t.console_onboarding_want_no_administrator,
        Wanted::NotEnrolled => &t.console_onboarding_want_not_enrolled,
        Wanted::NotStrong => &t.console_onboarding_want_not_strong,
        Wanted::NoCode => &t.console_onboarding_want_no_code,
        Wanted::Ready => &t.console_onboarding_want_ready,
    }
}

/// Why there is no preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartProblem {
    /// No unit was chosen.
    NoUnit,
    /// Codes that are no unit's.
    UnknownUnits(Vec<String>),
    /// It says not why.
    NoReason,
    /// It says too much.
    LongReason,
    /// The file of names has mistakes.
    Names(Vec<RowError>),
}

/// `GET /admin/onboarding/new`, and its answer when there is no preview.
#[derive(Debug, Template)]
#[template(path = "pages/console_onboarding_new.html")]
pub struct StartPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The codes, as typed.
    pub codes: String,
    /// All units are meant.
    pub all: bool,
    /// How many that are.
    pub count: usize,
    /// The reason, as typed.
    pub reason: String,
    /// Characters at most.
    pub longest: usize,
    /// The posts of the template.
    pub posts: Vec<Post>,
    /// What went wrong.
    pub problem: Option<StartProblem>,
}

impl StartPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_onboarding, "/admin/onboarding"), Crumb::here(&t.console_onboarding_new_title)]
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.as_ref().map(|problem| match problem {
            StartProblem::NoUnit => t.console_onboarding_no_unit.clone(),
            StartProblem::UnknownUnits(codes) => fill(&t.console_onboarding_unknown_units, &[("codes", &codes.join(", "))]),
            StartProblem::NoReason => t.console_onboarding_no_reason.clone(),
            StartProblem::LongReason => fill(&t.console_onboarding_long_reason, &[("most", &self.longest.to_string())]),
            StartProblem::Names(errors) => fill(&t.console_units_codes_mistakes, &[("count", &errors.len().to_string())]),
        })
    }

    /// The field that a problem is about.
    fn target(&self) -> &'static str {
        match &self.problem {
            Some(StartProblem::NoReason | StartProblem::LongReason) => "reason",
            Some(StartProblem::Names(_)) => "names",
            Some(StartProblem::NoUnit | StartProblem::UnknownUnits(_)) | None => "codes",
        }
    }

    /// The sentence above a field that is wrong.
    fn wrong(&self, field: &str) -> Option<String> {
        self.sentence().filter(|_| self.target() == field)
    }

    fn mistakes(&self) -> &[RowError] {
        match &self.problem {
            Some(StartProblem::Names(errors)) => &errors[..errors.len().min(MOST_SHOWN)],
            Some(StartProblem::NoUnit | StartProblem::UnknownUnits(_) | StartProblem::NoReason | StartProblem::LongReason)
            | None => &[],
        }
    }

    fn told(&self, error: &RowError) -> String {
        mistake(self.chrome.locale, error)
    }

    fn all_label(&self) -> String {
        let count = number(&self.chrome, i64::try_from(self.count).unwrap_or(i64::MAX));
        fill(&self.chrome.t().console_onboarding_all, &[("count", &count)])
    }

    fn words(&self, post: &Post) -> String {
        let t = self.chrome.t();
        if post.words.is_empty() { t.console_onboarding_by_name.clone() } else { post.words.join(", ") }
    }

    fn rights(&self, post: &Post) -> String {
        let t = self.chrome.t();
        let given = post.rights.iter().map(|right| format!("{}: {}", right.client, right.role));
        let administers = post.administers.then(|| t.console_onboarding_administers.clone());
        let all: Vec<String> = administers.into_iter().chain(given).collect();
        if all.is_empty() { t.console_onboarding_nothing.clone() } else { all.join("; ") }
    }
}
