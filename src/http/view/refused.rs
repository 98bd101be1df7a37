//! The page for whoever may not enter a system: why, and whom they can ask.

use super::chrome::Chrome;
use super::position::titled;
use crate::base::words::fill;
use askama::Template;

/// A sign-in can reach no more than two factors here.
const TWO_FACTORS: i64 = 2;

/// What a role asks for that this sign-in lacks.
#[derive(Debug, Clone, Copy)]
pub struct Lack {
    /// The level that is to be reached.
    pub level: Option<i64>,
    /// The network of an office.
    pub office: bool,
}

/// Somebody who can be asked.
#[derive(Debug, Clone)]
pub struct Helper {
    /// Full name.
    pub name: String,
    /// Their address at work.
    pub email: Option<String>,
}

/// `GET /signin/refused`
#[derive(Debug, Template)]
#[template(path = "pages/refused.html")]
pub struct RefusedPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that does not let them in.
    pub client_name: String,
    /// Title and department of the post in which they act.
    pub post: Option<(String, String)>,
    /// Its unit.
    pub unit_name: String,
    /// What roles of theirs ask for; nothing when they have none.
    pub lacks: Vec<Lack>,
    /// A second factor would open it.
    pub by_factor: bool,
    /// Whom the system names.
    pub contacts: Vec<String>,
    /// Administrators of the unit.
    pub helpers: Vec<Helper>,
    /// There is another post to choose.
    pub several: bool,
}

impl RefusedPage {
    fn title(&self) -> String {
        fill(&self.chrome.t().refused_title, &[("client", &self.client_name)])
    }

    /// The post in one line.
    fn post_line(&self) -> Option<String> {
        self.post.as_ref().map(|(title, department)| titled(title, department))
    }

    /// What stands in the way, a sentence each.
    fn reasons(&self) -> Vec<String> {
        let t = self.chrome.t();
        if self.lacks.is_empty() {
            let none = if self.post.is_some() { &t.refused_no_role } else { &t.refused_no_role_person };
            return vec![none.clone()];
        }
        let said = |lack: &Lack| match (lack.level, lack.office) {
            (Some(level), false) if level <= TWO_FACTORS => t.refused_level.clone(),
            (Some(level), true) if level <= TWO_FACTORS => t.refused_level_office.clone(),
            (Some(level), _) => fill(&t.refused_level_high, &[("level", &level.to_string())]),
            (None, _) => t.refused_office.clone(),
        };
        self.lacks.iter().map(said).collect()
    }

    fn knows_somebody(&self) -> bool {
        !self.contacts.is_empty() || !self.helpers.is_empty()
    }

    /// Who helps everybody.
    fn desk(&self) -> String {
        let t = self.chrome.t();
        let phone = &self.chrome.help.phone;
        if self.chrome.help.has_phone() { fill(&t.error_call, &[("phone", phone)]) } else { t.error_contact.clone() }
    }
}
