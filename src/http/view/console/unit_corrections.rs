//! What was corrected of a unit's past, and the question how the unit was known on an earlier day.

use super::units::Days;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::correction::Way;
use crate::model::succession::Relation;

/// What a correction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// When the unit existed.
    Unit,
    /// A code.
    Code,
    /// A name.
    Name,
    /// The unit above.
    Parent,
    /// What became of the unit, or what it came from.
    Succession,
}

/// What was said, before or from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nothing.
    Nothing,
    /// When it held.
    Days(Days),
    /// How the later unit follows, and since when.
    Kin(Relation, Option<String>),
}

/// One correction.
#[derive(Debug, Clone)]
pub struct CorrectionLine {
    /// When, as shown.
    pub at: String,
    /// By which way.
    pub way: Way,
    /// The files or the plan, and why.
    pub reason: String,
    /// By whom, as shown.
    pub by: String,
    /// What it is about.
    pub about: About,
    /// Which code, name or units; empty for the unit itself.
    pub what: String,
    /// What was said before.
    pub before: Told,
    /// What was said from then on.
    pub after: Told,
}

impl CorrectionLine {
    /// What it is about, in words.
    pub fn about(&self, chrome: &Chrome) -> &'static str {
        let t: &'static Words = chrome.t();
        match self.about {
            About::Unit => &t.console_units_days,
            About::Code => &t.console_units_code,
            About::Name => &t.console_units_names,
            About::Parent => &t.console_units_above,
            About::Succession => &t.console_units_how,
        }
    }

    /// By which way, in words.
    pub fn way(&self, chrome: &Chrome) -> &'static str {
        let t: &'static Words = chrome.t();
        match self.way {
            Way::Import => &t.console_units_corrected_import,
            Way::Codes => &t.console_units_corrected_codes,
            Way::CodesUndone => &t.console_units_corrected_codes_undone,
            Way::Plan => &t.console_units_corrected_plan,
            Way::PlanUndone => &t.console_units_corrected_plan_undone,
        }
    }

    /// What was said before, in words.
    pub fn before(&self, chrome: &Chrome) -> String {
        said(&self.before, chrome, &chrome.t().console_units_corrections_unknown)
    }

    /// What was said from then on, in words.
    pub fn after(&self, chrome: &Chrome) -> String {
        said(&self.after, chrome, &chrome.t().console_units_corrections_withdrawn)
    }
}

fn said(told: &Told, chrome: &Chrome, nothing: &str) -> String {
    match told {
        Told::Nothing => nothing.to_owned(),
        Told::Days(days) => days.said(chrome),
        Told::Kin(relation, since) => {
            let how = related(*relation, chrome.t());
            since.as_ref().map_or_else(|| how.to_owned(), |since| format!("{how}, {since}"))
        }
    }
}

/// How a later unit follows from an earlier one, in words.
pub fn related(relation: Relation, t: &'static Words) -> &'static str {
    match relation {
        Relation::Whole => &t.console_units_whole,
        Relation::Part => &t.console_units_part,
        Relation::Within => &t.console_units_within,
        Relation::Cross => &t.console_units_cross,
        Relation::Earlier => &t.console_units_earlier,
    }
}

/// The corrections of a unit, and the days that the page was asked for.
#[derive(Debug, Clone, Default)]
pub struct Corrections {
    /// The newest first.
    pub lines: Vec<CorrectionLine>,
    /// There are more.
    pub cut_off: bool,
    /// The day that it is shown as of, as typed; may be empty.
    pub on: String,
    /// The day at whose end it is shown as known, as typed; may be empty.
    pub known: String,
    /// The field in which no day was typed.
    pub wrong: Option<&'static str>,
    /// What is wrong is that the day is still to come.
    pub is_to_come: bool,
    /// The day at whose end it is shown as known, as shown.
    pub as_known_on: Option<String>,
    /// Nobody knew the unit then.
    pub absent: bool,
}

impl Corrections {
    /// What the page says above everything when it is asked for an earlier state of knowledge.
    pub fn note(&self, chrome: &Chrome) -> Option<String> {
        let t = chrome.t();
        let sentence = if self.absent { &t.console_units_known_absent } else { &t.console_units_known_note };
        self.as_known_on.as_ref().map(|day| fill(sentence, &[("day", day)]))
    }

    /// True when no day was typed in this field.
    pub fn is_wrong(&self, field: &str) -> bool {
        self.wrong == Some(field)
    }
}
