//! What was told about a person to which system.

use super::chrome::Chrome;
use super::scopes::scope_said;
use crate::base::words::fill;
use askama::Template;

/// Why a system may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroundLine {
    /// It is one of the city's own.
    City,
    /// The person agreed.
    Consent {
        /// The day, as shown.
        since: String,
    },
    /// The person agreed once, and no more.
    Withdrawn,
}

/// One system.
#[derive(Debug, Clone)]
pub struct SystemCard {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it was told, as scopes.
    pub scopes: Vec<String>,
    /// Why.
    pub ground: GroundLine,
    /// The first day and the last moment.
    pub told: Option<(String, String)>,
}

impl SystemCard {
    fn may_withdraw(&self) -> bool {
        matches!(self.ground, GroundLine::Consent { .. })
    }

    /// One line a scope.
    fn lines(&self, chrome: &Chrome) -> Vec<String> {
        self.scopes.iter().map(|scope| scope_said(chrome.t(), scope).to_owned()).collect()
    }
}

/// `GET /account/disclosures`
#[derive(Debug, Template)]
#[template(path = "pages/disclosures.html")]
pub struct Disclosures {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What was told last comes first.
    pub systems: Vec<SystemCard>,
    /// An agreement was just taken back.
    pub withdrawn: bool,
}

impl Disclosures {
    fn lines(&self, system: &SystemCard) -> Vec<String> {
        system.lines(&self.chrome)
    }

    fn ground(&self, system: &SystemCard) -> String {
        let t = self.chrome.t();
        match &system.ground {
            GroundLine::City => t.disclosures_by_city.clone(),
            GroundLine::Consent { since } => fill(&t.disclosures_by_consent, &[("day", since)]),
            GroundLine::Withdrawn => t.disclosures_ended.clone(),
        }
    }

    /// The ground as a tag: its tone and its icon.
    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn tone(&self, system: &SystemCard) -> &'static str {
        match &system.ground {
            GroundLine::City => "river",
            GroundLine::Consent { .. } => "ok",
            GroundLine::Withdrawn => "",
        }
    }

    fn icon_of(&self, system: &SystemCard) -> String {
        self.chrome.icon(match &system.ground {
            GroundLine::City => "shield-check",
            GroundLine::Consent { .. } => "check",
            GroundLine::Withdrawn => "clock",
        })
    }

    fn when(&self, system: &SystemCard) -> String {
        let t = self.chrome.t();
        match &system.told {
            Some((first, last)) => fill(&t.disclosures_when, &[("first", first), ("last", last)]),
            None => t.disclosures_never.clone(),
        }
    }
}

/// `GET /account/disclosures?withdraw=`: the question before an agreement is taken back.
#[derive(Debug, Template)]
#[template(path = "pages/disclosure_withdraw.html")]
pub struct Withdraw {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The system.
    pub system: SystemCard,
}

impl Withdraw {
    fn lines(&self) -> Vec<String> {
        self.system.lines(&self.chrome)
    }
}
