//! The portal's home: who is signed in, in which positions, and the systems to work in.

use super::chrome::Chrome;
use super::position::titled;
use super::words::fill;
use askama::Template;

/// One position in force.
#[derive(Debug, Clone)]
pub struct PortalPosition {
    /// The title, such as `Chuyên viên`.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name today.
    pub unit_name: String,
    /// Its first day, as shown.
    pub since: Option<String>,
    /// Its last day, as shown, if it has one.
    pub until: Option<String>,
    /// Whether it is the main one.
    pub primary: bool,
    /// The units that this one succeeds, by their old names.
    pub former_units: Vec<String>,
    /// The unit's codes: scheme, and the code with the day from which it counts (a code without a date says too little).
    pub codes: Vec<(String, String)>,
}

impl PortalPosition {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }
}

/// One system that the person may open.
#[derive(Debug, Clone)]
pub struct PortalSystem {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub url: String,
    /// One line about it; may be empty.
    pub description: String,
}

/// `GET /`
#[derive(Debug, Template)]
#[template(path = "pages/portal.html")]
pub struct Portal {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who is signed in; `None` when nobody is.
    pub full_name: Option<String>,
    /// The positions in force, the main one first.
    pub positions: Vec<PortalPosition>,
    /// The systems to work in.
    pub systems: Vec<PortalSystem>,
    /// When the person last signed in, as shown.
    pub last_sign_in: Option<String>,
}

impl Portal {
    fn greeting(&self) -> String {
        let t = self.chrome.t();
        match &self.full_name {
            Some(name) => fill(&t.portal_hello, &[("name", name)]),
            None => t.portal_nobody_title.clone(),
        }
    }

    fn positions_title(&self) -> &'static str {
        let t = self.chrome.t();
        if self.positions.len() == 1 { &t.portal_position } else { &t.portal_positions }
    }

    fn kind(&self, position: &PortalPosition) -> &'static str {
        let t = self.chrome.t();
        if position.primary { &t.position_primary } else { &t.position_concurrent }
    }

    fn span(&self, position: &PortalPosition) -> Option<String> {
        let t = self.chrome.t();
        match (&position.since, &position.until) {
            (Some(since), Some(until)) => Some(fill(&t.portal_since_until, &[("since", since), ("until", until)])),
            (Some(since), None) => Some(fill(&t.portal_since, &[("date", since)])),
            (None, Some(until)) => Some(fill(&t.portal_until, &[("date", until)])),
            (None, None) => None,
        }
    }

    fn former(&self, position: &PortalPosition) -> String {
        fill(&self.chrome.t().position_former, &[("units", &position.former_units.join("; "))])
    }
}
