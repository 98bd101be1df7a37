//! The portal's home: who is signed in, in which position, the systems to work in, and what the account still lacks.

use super::chrome::Chrome;
use super::notices::NoticeLine;
use super::place::{Place, device_name};
use super::position::{former_line, titled};
use crate::base::words::{Words, fill};
use crate::model::device::Device;
use askama::Template;

/// One position in force.
#[derive(Debug, Clone)]
pub struct PortalPosition {
    /// Its id, sent back by the form.
    pub id: String,
    /// The title, such as `Chuyên viên`.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name today.
    pub unit_name: String,
    /// Its first day, as shown.
    pub since: String,
    /// Its last day, as shown, if it has one.
    pub until: Option<String>,
    /// Whether it is the main one.
    pub primary: bool,
    /// Whether it is the one that the person acts in.
    pub acting: bool,
    /// The units that this one succeeds, by their old names.
    pub former_units: Vec<String>,
    /// The name of whoever handed it over for a time.
    pub delegated_by: Option<String>,
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
    /// What it is found by: its name and line, small and without accents.
    pub found_by: String,
}

/// The sign-in before this one.
#[derive(Debug, Clone)]
pub struct LastSignIn {
    /// When, as shown.
    pub at: String,
    /// What with.
    pub device: Device,
    /// From where.
    pub place: Place,
}

/// What protects the account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Safety {
    /// A passkey can be added here at all.
    pub passkeys_on: bool,
    /// Passkeys of the person.
    pub passkeys: i64,
    /// An authenticator app is in use.
    pub app: bool,
    /// Codes of the printed sheet that were not used.
    pub recovery_codes: i64,
}

/// The unit of somebody who has no post any more, because it ended.
#[derive(Debug, Clone)]
pub struct EndedUnit {
    /// Its name, as it was.
    pub name: String,
    /// Its last day, as shown.
    pub last: String,
}

impl EndedUnit {
    pub(super) fn line(&self, t: &Words) -> String {
        fill(&t.portal_unit_ended, &[("unit", &self.name), ("day", &self.last)])
    }
}

/// What a signed-on person sees.
#[derive(Debug, Clone)]
pub struct PortalPerson {
    /// Who.
    pub full_name: String,
    /// The positions in force, the main one first.
    pub positions: Vec<PortalPosition>,
    /// There are none, because this unit ended.
    pub ended: Option<EndedUnit>,
    /// The sign-in before this one.
    pub last_sign_in: Option<LastSignIn>,
    /// What protects the account.
    pub safety: Safety,
    /// The first steps are not done: `true` when they were begun.
    pub walk: Option<bool>,
}

/// `GET /`
#[derive(Debug, Template)]
#[template(path = "pages/portal.html")]
pub struct Portal {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who is signed in; `None` when nobody is.
    pub person: Option<PortalPerson>,
    /// What the person is told of their account and has said nothing to yet.
    pub notices: Vec<NoticeLine>,
    /// The systems to work in, as far as they were looked for.
    pub systems: Vec<PortalSystem>,
    /// What was looked for; may be empty.
    pub q: String,
    /// Another position was just chosen.
    pub switched: bool,
    /// The form came back without a position.
    pub missing: bool,
    /// The person may help others to sign in again.
    pub helps: bool,
}

impl Portal {
    fn greeting(&self) -> String {
        let t = self.chrome.t();
        match &self.person {
            Some(person) => fill(&t.portal_hello, &[("name", &person.full_name)]),
            None => fill(&t.portal_nobody_title, &[("city", &self.chrome.city)]),
        }
    }

    fn invitation(&self) -> String {
        fill(&self.chrome.t().portal_nobody_text, &[("city", &self.chrome.city)])
    }

    /// What was done: named only while it is so.
    fn told(&self) -> Option<String> {
        let acting = self.person.as_ref()?.positions.iter().find(|position| position.acting)?;
        let name = format!("{} ({})", acting.name(), acting.unit_name);
        self.switched.then(|| fill(&self.chrome.t().portal_switched, &[("position", &name)]))
    }

    fn found(&self) -> String {
        let t = self.chrome.t();
        if self.systems.is_empty() {
            return t.portal_filter_none.clone();
        }
        fill(&t.portal_found, &[("count", &self.systems.len().to_string())])
    }

    fn kind(&self, position: &PortalPosition) -> &'static str {
        let t = self.chrome.t();
        if position.primary { &t.position_primary } else { &t.position_concurrent }
    }

    fn span(&self, position: &PortalPosition) -> String {
        let t = self.chrome.t();
        match &position.until {
            Some(until) => fill(&t.portal_since_until, &[("since", &position.since), ("until", until)]),
            None => fill(&t.portal_since, &[("date", &position.since)]),
        }
    }

    fn former(&self, position: &PortalPosition) -> String {
        let t = self.chrome.t();
        fill(&t.position_former, &[("units", &former_line(&position.former_units, t))])
    }

    fn acts_for(&self, name: &str) -> String {
        fill(&self.chrome.t().position_delegated, &[("name", name)])
    }

    fn ended(&self, unit: &EndedUnit) -> String {
        unit.line(self.chrome.t())
    }

    fn passkeys_line(&self, safety: &Safety) -> String {
        fill(&self.chrome.t().portal_passkeys, &[("count", &safety.passkeys.to_string())])
    }

    fn codes_line(&self, safety: &Safety) -> String {
        fill(&self.chrome.t().portal_codes_left, &[("count", &safety.recovery_codes.to_string())])
    }

    fn last(&self, last: &LastSignIn) -> String {
        format!("{}, {}", device_name(&self.chrome, last.device), last.place.shown(&self.chrome))
    }

    fn walk_act(&self, person: &PortalPerson) -> &'static str {
        let t = self.chrome.t();
        if person.walk == Some(true) { &t.portal_walk_go_on } else { &t.portal_walk_begin }
    }
}

impl PortalPerson {
    fn acting(&self) -> Option<&PortalPosition> {
        self.positions.iter().find(|position| position.acting)
    }

    fn can_switch(&self) -> bool {
        self.positions.len() > 1
    }
}

impl Safety {
    /// Recovery codes stand in for another factor: without one there is nothing to stand in for.
    fn wants_codes(&self) -> bool {
        self.recovery_codes == 0 && (self.app || self.passkeys > 0)
    }
}
