//! The step that asks in which of several positions a person acts.

use super::chrome::Chrome;
use crate::base::words::fill;
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

    fn former(&self, position: &PositionChoice) -> String {
        fill(&self.chrome.t().position_former, &[("units", &position.former_units.join("; "))])
    }
}
