//! The step that asks in which of several positions a person acts.

use super::chrome::Chrome;
use crate::base::words::{Words, fill};
use askama::Template;

/// How a position is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PositionKindLine {
    /// The person's main position.
    Primary,
    /// Held beside the main one.
    Concurrent {
        /// Its last day, as shown, if it has one.
        until: Option<String>,
    },
}

/// One position that can be chosen.
#[derive(Debug, Clone)]
pub struct PositionChoice {
    /// Its id, sent back by the form.
    pub id: String,
    /// The title, such as `Chuyên viên`.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name today.
    pub unit_name: String,
    /// How it is held.
    pub kind_line: PositionKindLine,
    /// Who handed its powers over, by name.
    pub delegated_by: Option<String>,
    /// The system does not let them in by it, as they signed in.
    pub kept_out: bool,
    /// The units that this one succeeds, by their old names.
    pub former_units: Vec<String>,
    /// Whether it is marked when the page opens.
    pub chosen: bool,
}

impl PositionChoice {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }
}

/// Title and department in one line.
pub(super) fn titled(title: &str, department: &str) -> String {
    if department.is_empty() { title.to_owned() } else { format!("{title}, {department}") }
}

/// More former units than these do not help anybody to know their own.
const MOST_FORMER: usize = 4;

/// Former units as far as they are named, and a word on the others; a single one more is named as well.
pub(super) fn former_named<'u>(units: &'u [String], t: &Words) -> (&'u [String], Option<String>) {
    if units.len() <= MOST_FORMER + 1 {
        return (units, None);
    }
    let (shown, others) = units.split_at(MOST_FORMER);
    (shown, Some(fill(&t.position_former_more, &[("count", &others.len().to_string())])))
}

/// Former units in one line.
pub(super) fn former_line(units: &[String], t: &Words) -> String {
    let (shown, others) = former_named(units, t);
    let line = shown.join("; ");
    match others {
        Some(others) => format!("{line} {others}"),
        None => line,
    }
}

/// `GET /signin/position`, and its answer when none was chosen.
#[derive(Debug, Template)]
#[template(path = "pages/position.html")]
pub struct ChoosePosition {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that will see the position.
    pub client_name: String,
    /// The positions in force, the main one first.
    pub positions: Vec<PositionChoice>,
    /// The system named a position that they do not hold.
    pub is_unheld: bool,
    /// Who is signed on, where they may sign in as somebody else instead.
    pub other: Option<String>,
    /// Whether the form came back without a choice.
    pub error: bool,
}

impl ChoosePosition {
    fn intro(&self) -> String {
        let t = self.chrome.t();
        let client = if self.client_name.is_empty() { &t.product } else { &self.client_name };
        fill(&t.position_intro, &[("client", client)])
    }

    fn kind(&self, position: &PositionChoice) -> String {
        let t = self.chrome.t();
        match &position.kind_line {
            PositionKindLine::Primary => t.position_primary.clone(),
            PositionKindLine::Concurrent { until: Some(until) } => fill(&t.position_concurrent_until, &[("until", until)]),
            PositionKindLine::Concurrent { until: None } => t.position_concurrent.clone(),
        }
    }

    fn delegated(&self, name: &str) -> String {
        fill(&self.chrome.t().position_delegated, &[("name", name)])
    }

    fn signed_on_as(&self, name: &str) -> String {
        fill(&self.chrome.t().position_signed_on_as, &[("name", name)])
    }

    fn former(&self, position: &PositionChoice) -> String {
        let t = self.chrome.t();
        fill(&t.position_former, &[("units", &former_line(&position.former_units, t))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::locale::Locale;
    use crate::base::words::words;

    #[test]
    fn former_units_beyond_a_few_are_counted() {
        let units: Vec<String> = (1..=7).map(|number| format!("Phường {number}, Quận 5")).collect();
        let line = |count: usize| former_line(&units[..count], words(Locale::Vi));

        assert_eq!(line(1), "Phường 1, Quận 5");
        assert!(line(5).ends_with("; Phường 5, Quận 5"), "nobody is told of one other");
        assert!(line(6).ends_with("; Phường 4, Quận 5 và 2 đơn vị khác"), "{}", line(6));
        assert!(line(7).ends_with(" và 3 đơn vị khác"));
    }
}
