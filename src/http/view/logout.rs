//! The page that asks before signing out, when no system vouched for the wish (RP-Initiated Logout 1.0 §2).

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// `GET /oauth2/logout` without a valid hint.
#[derive(Debug, Template)]
#[template(path = "pages/logout.html")]
pub struct ConfirmLogout {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The parameters of the request, sent along by the form.
    pub hidden: Vec<(String, String)>,
    /// Who is signed in; may be empty.
    pub full_name: String,
    /// The systems that will be left together.
    pub systems: Vec<String>,
}

impl ConfirmLogout {
    fn intro(&self) -> String {
        let t = self.chrome.t();
        if self.full_name.is_empty() {
            t.logout_intro_nobody.clone()
        } else {
            fill(&t.logout_intro, &[("name", &self.full_name)])
        }
    }
}
