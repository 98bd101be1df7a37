//! The help pages: all guides, and one of them step by step.

use super::chrome::Chrome;
use super::guides::{self, Audience, Guide, Picture, Section, Shows, Step, Stretch};
use crate::base::words::fill;
use crate::protocol::scope;
use askama::Template;

/// `GET /help`
#[derive(Debug, Template)]
#[template(path = "pages/help.html")]
pub struct Help {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Somebody is signed on: the portal's tabs lead back.
    pub signed_on: bool,
}

impl Help {
    fn audiences(&self) -> &'static [Audience] {
        guides::audiences(self.chrome.locale)
    }
}

/// One scope, as developers read it.
struct ScopeLine {
    name: &'static str,
    words: &'static str,
    claims: String,
}

/// `GET /help/{guide}`
#[derive(Debug, Template)]
#[template(path = "pages/help_guide.html")]
pub struct HelpGuide {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Somebody is signed on: the portal's tabs lead back.
    pub signed_on: bool,
    /// For whom it is.
    pub audience: &'static Audience,
    /// The guide.
    pub guide: &'static Guide,
    /// The address of the service.
    pub issuer: String,
    /// Its addresses, by their names in its metadata.
    pub addresses: Vec<(String, String)>,
}

impl HelpGuide {
    fn filled(&self, text: &str) -> String {
        fill(text, &[("issuer", &self.issuer)])
    }

    fn marked(&self, text: &str) -> Vec<Stretch> {
        guides::marked(&self.filled(text))
    }

    fn picture(&self, step: &Step) -> Option<Picture> {
        guides::picture(self.chrome.locale, step.picture.as_deref()?)
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn shows_addresses(&self, section: &Section) -> bool {
        section.shows == Some(Shows::Addresses)
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn shows_scopes(&self, section: &Section) -> bool {
        section.shows == Some(Shows::Scopes)
    }

    fn scopes(&self) -> Vec<ScopeLine> {
        let locale = self.chrome.locale;
        let line = |name: &'static str| ScopeLine {
            name,
            words: guides::word(locale, &format!("scope_{name}")).unwrap_or_default(),
            claims: scope::claims_of(name).join(", "),
        };
        scope::ALL.into_iter().map(line).collect()
    }

    /// The other guides for the same people.
    fn others(&self) -> Vec<&'static Guide> {
        self.audience.guide.iter().filter(|guide| guide.id != self.guide.id).collect()
    }
}
