//! The page that carries an authorization answer to a system by form (OAuth 2.0 Form Post Response Mode 1.0).

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// A form that an external script sends, with a button beside it for browsers without scripts.
#[derive(Debug, Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPost {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The proven redirect URI.
    pub action: String,
    /// The parameters of the answer.
    pub fields: Vec<(String, String)>,
    /// The system that the answer goes to.
    pub client_name: String,
}

impl FormPost {
    fn text(&self) -> String {
        fill(&self.chrome.t().form_post_text, &[("client", &self.client_name)])
    }
}
