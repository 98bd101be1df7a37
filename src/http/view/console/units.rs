//! The units: a tree as of a day, what a search finds, and one unit through its life.

use super::Console;
use super::parts::{Crumb, number};
use super::unit_corrections::{Corrections, related};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::succession::Relation;
use crate::model::unit::NameUsage;
use crate::model::unit_code::{AGENCY, AGENCY_2016, GSO};
use askama::Template;

/// When something held, as shown; what is absent is not known, or open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Days {
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub to: Option<String>,
    /// Gone before this day, on a day that nobody knows.
    pub gone_by: Option<String>,
}

impl Days {
    /// In words.
    pub fn said(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        match (&self.from, &self.to, &self.gone_by) {
            (Some(from), Some(to), _) => fill(&t.console_units_between, &[("from", from), ("to", to)]),
            (Some(from), None, Some(gone)) => fill(&t.console_units_since_gone, &[("from", from), ("day", gone)]),
            (Some(from), None, None) => fill(&t.console_units_since, &[("from", from)]),
            (None, Some(to), _) => fill(&t.console_units_until, &[("to", to)]),
            (None, None, Some(gone)) => fill(&t.console_units_gone, &[("day", gone)]),
            (None, None, None) => t.console_units_always.clone(),
        }
    }
}

/// A unit in a list, as of a day.
#[derive(Debug, Clone)]
pub struct UnitLine {
    /// Its id.
    pub id: String,
    /// Its name, with its kind.
    pub name: String,
    /// The names of the units above it, the nearest first.
    pub above: String,
    /// When it existed.
    pub days: Days,
    /// The statistics office's code of that day, or the last one.
    pub code: String,
    /// Whether it was still there on that day is not known.
    pub uncertain: bool,
}

impl UnitLine {
    /// Where it is shown.
    pub fn address(&self) -> String {
        format!("/admin/units/{}", self.id)
    }

    /// The names of a sheet's columns.
    pub fn header(chrome: &Chrome) -> Vec<String> {
        let t = chrome.t();
        [&t.console_units_code, &t.console_units_name, &t.console_units_above, &t.console_units_days].map(Clone::clone).to_vec()
    }

    /// The line in a sheet.
    pub fn cells(self, chrome: &Chrome) -> Vec<String> {
        let days = self.days.said(chrome);
        vec![self.code, self.name, self.above, days]
    }
}

/// A unit with what lies under it.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The unit.
    pub line: UnitLine,
    /// Under it.
    pub under: Vec<Branch>,
}

impl Branch {
    fn leaves(&self) -> usize {
        self.under.len()
    }
}

/// `GET /admin/units`
#[derive(Debug, Template)]
#[template(path = "pages/console_units.html")]
pub struct UnitsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The day, as typed.
    pub on: String,
    /// What was typed is no day.
    pub wrong_day: bool,
    /// What is searched for.
    pub q: String,
    /// How many units there are, in words.
    pub count: String,
    /// The tree, where nothing is searched for.
    pub tree: Vec<Branch>,
    /// What was found.
    pub lines: Vec<UnitLine>,
    /// There is more than is shown.
    pub cut_off: bool,
    /// The reader may bring files of codes.
    pub may_edit_codes: bool,
}

impl UnitsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::here(&t.console_units)]
    }

    fn problem(&self) -> Option<&'static str> {
        self.wrong_day.then_some(self.chrome.t().console_units_wrong_day.as_str())
    }

    fn export(&self) -> String {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("on", &self.on).append_pair("q", &self.q).finish();
        format!("/admin/units/export?{query}")
    }

    fn under(&self, branch: &Branch) -> String {
        let count = number(&self.chrome, i64::try_from(branch.leaves()).unwrap_or(i64::MAX));
        fill(&self.chrome.t().console_units_count, &[("count", &count)])
    }
}

/// A name of a unit.
#[derive(Debug, Clone)]
pub struct NameLine {
    /// The name.
    pub name: String,
    /// What it is used for.
    pub usage: NameUsage,
    /// When it held.
    pub days: Days,
}

impl NameLine {
    fn is_variant(&self) -> bool {
        self.usage == NameUsage::Variant
    }
}

/// A code of a unit.
#[derive(Debug, Clone)]
pub struct CodeLine {
    /// The scheme.
    pub scheme: String,
    /// The code.
    pub code: String,
    /// When it held.
    pub days: Days,
}

/// A unit that another came from, or went into.
#[derive(Debug, Clone)]
pub struct Kin {
    /// The other unit.
    pub line: UnitLine,
    /// How.
    pub relation: Relation,
    /// Since when, as shown.
    pub effective: Option<String>,
}

/// Somebody who administers a unit.
#[derive(Debug, Clone)]
pub struct UnitAdministrator {
    /// Their id.
    pub person: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// They have a second factor.
    pub strong: bool,
    /// When they last signed in, as shown.
    pub last_at: Option<String>,
}

/// The people of a unit.
#[derive(Debug, Clone)]
pub struct Staff {
    /// How many hold a position there.
    pub people: i64,
    /// How many can sign in by a method of their own.
    pub enrolled: i64,
    /// How many have a second factor.
    pub strong: i64,
    /// Who administers the unit.
    pub administrators: Vec<UnitAdministrator>,
}

/// `GET /admin/units/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_unit.html")]
pub struct UnitPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The unit.
    pub line: UnitLine,
    /// The units above it, highest first.
    pub path: Vec<UnitLine>,
    /// Its names.
    pub names: Vec<NameLine>,
    /// Its codes.
    pub codes: Vec<CodeLine>,
    /// What it came from.
    pub came_from: Vec<Kin>,
    /// What it went into.
    pub went_into: Vec<Kin>,
    /// How many units lie right under it.
    pub under: usize,
    /// Its people, for whoever may know.
    pub staff: Option<Staff>,
    /// The reader may see who they are.
    pub may_see_people: bool,
    /// Where those are listed who had a post there on the day; empty for whoever may not find people.
    pub people_on: String,
    /// The reader may run the template for it.
    pub may_onboard: bool,
    /// Where the list is.
    pub list: &'static str,
    /// What was corrected of its past.
    pub corrections: Corrections,
}

impl UnitPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_units, self.list), Crumb::here(&self.line.name)]
    }

    fn scheme<'a>(&self, line: &'a CodeLine) -> &'a str {
        let t = self.chrome.t();
        match line.scheme.as_str() {
            GSO => t.console_units_scheme_gso.as_str(),
            AGENCY => t.console_units_scheme_agency.as_str(),
            AGENCY_2016 => t.console_units_scheme_agency_2016.as_str(),
            other => other,
        }
    }

    fn has_agency_code(&self) -> bool {
        self.codes.iter().any(|code| code.scheme == AGENCY && code.days.to.is_none())
    }

    fn relation(&self, kin: &Kin) -> &'static str {
        related(kin.relation, self.chrome.t())
    }

    fn number(&self, count: i64) -> String {
        number(&self.chrome, count)
    }

    fn under(&self) -> String {
        let count = number(&self.chrome, i64::try_from(self.under).unwrap_or(i64::MAX));
        fill(&self.chrome.t().console_units_count, &[("count", &count)])
    }

    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        let sentence = if self.corrections.is_to_come { &t.console_units_known_to_come } else { &t.console_units_wrong_day };
        self.corrections.wrong.map(|_| sentence.as_str())
    }

    fn people(&self) -> String {
        format!("/admin/people?unit={}", self.line.id)
    }

    fn run(&self) -> String {
        format!("/admin/onboarding/new?codes={}", self.line.code)
    }

    fn last(&self, administrator: &UnitAdministrator) -> String {
        let t = self.chrome.t();
        match &administrator.last_at {
            Some(at) => fill(&t.console_units_last_sign_in, &[("at", at)]),
            None => t.console_units_never_signed_in.clone(),
        }
    }
}
