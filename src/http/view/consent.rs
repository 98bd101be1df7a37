//! The step that asks whether information may be shared with a system that is not the city's own.

use super::chrome::Chrome;
use super::client::ClientLink;
use super::scopes::scope_said;
use crate::base::words::fill;
use askama::Template;

/// `GET /signin/consent`
#[derive(Debug, Template)]
#[template(path = "pages/consent.html")]
pub struct Consent {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that asks.
    pub client_name: String,
    /// The host that the answer goes to, so that a borrowed name is noticed.
    pub client_host: String,
    /// Whose account is shared, by name and user name.
    pub username_display: String,
    /// The scopes asked for, by their names on the wire.
    pub scopes: Vec<String>,
    /// What is asked in more words than a scope has (RFC 9396).
    pub details: Vec<ConsentDetail>,
    /// The address of our own copy of its picture.
    pub client_logo: Option<String>,
    /// What it says about itself.
    pub links: Vec<ClientLink>,
    /// It registered itself: its name, picture and links are nobody's word but its own.
    pub unchecked: bool,
}

/// One thing that is asked in more words.
#[derive(Debug, Clone)]
pub struct ConsentDetail {
    /// Its type.
    pub kind: String,
    /// Its other fields, as they are shown.
    pub fields: Vec<(String, String)>,
}

impl Consent {
    fn intro(&self) -> String {
        fill(&self.chrome.t().consent_intro, &[("client", &self.client_name)])
    }

    /// One line a scope.
    fn lines(&self) -> Vec<&str> {
        self.scopes.iter().map(|scope| scope_said(self.chrome.t(), scope)).collect()
    }
}
