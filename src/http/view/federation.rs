//! The pages around a sign-in at another provider: the way there, and why it did not come to anything.

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// Leads on to the provider by itself.
#[derive(Debug, Template)]
#[template(path = "pages/federation_leaving.html")]
pub struct Leaving {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What people call the provider.
    pub name: String,
    /// Its page.
    pub address: String,
}

impl Leaving {
    fn title(&self) -> String {
        fill(&self.chrome.t().federation_leaving_title, &[("name", &self.name)])
    }

    fn refresh(&self) -> String {
        format!("0; url={}", self.address)
    }
}

/// Why nobody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// The answer is late, came twice, or came to another browser.
    Over,
    /// The person went back.
    Cancelled,
    /// The provider was to ask the person again, and did not.
    Stale,
    /// The provider's clock is wrong, or ours.
    Clock,
    /// The provider does not answer.
    Down,
    /// What came back is not accepted.
    Refused,
}

impl TroubleKind {
    /// All of them, for tests that render every page.
    pub const ALL: [Self; 6] = [Self::Over, Self::Cancelled, Self::Stale, Self::Clock, Self::Down, Self::Refused];

    /// The stable code of `data-error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Over => "federation_over",
            Self::Cancelled => "federation_cancelled",
            Self::Stale => "federation_stale",
            Self::Clock => "federation_clock",
            Self::Down => "federation_down",
            Self::Refused => "federation_refused",
        }
    }
}

/// Nobody came from the provider.
#[derive(Debug, Template)]
#[template(path = "pages/federation_trouble.html")]
pub struct Trouble {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Why.
    pub kind: TroubleKind,
    /// What people call the provider; empty where that is not known.
    pub name: String,
    /// The request that still waits.
    pub request: Option<String>,
    /// A number without 0/O and 1/I.
    pub reference: String,
}

impl Trouble {
    fn title(&self) -> String {
        let t = self.chrome.t();
        if self.name.is_empty() {
            return t.federation_trouble_plain.clone();
        }
        fill(&t.federation_trouble, &[("name", &self.name)])
    }

    fn text(&self) -> &'static str {
        let t = self.chrome.t();
        match self.kind {
            TroubleKind::Over => &t.federation_over,
            TroubleKind::Cancelled => &t.federation_cancelled,
            TroubleKind::Stale => &t.federation_stale,
            TroubleKind::Clock => &t.federation_clock,
            TroubleKind::Down => &t.federation_down,
            TroubleKind::Refused => &t.federation_refused,
        }
    }

    /// Where to begin again.
    fn again(&self) -> String {
        self.request.as_ref().map_or_else(|| "/signin".to_owned(), |request| format!("/signin?request={request}"))
    }
}
