//! The privacy notice.

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// One section: its heading and its sentences, one a line.
#[derive(Debug, Clone)]
pub struct Section {
    /// The name that links use.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// What it says.
    pub lines: Vec<String>,
}

/// `GET /privacy`
#[derive(Debug, Template)]
#[template(path = "pages/privacy.html")]
pub struct Privacy {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Somebody is signed on: the pages of their account are named.
    pub signed_on: bool,
}

impl Privacy {
    fn lead(&self) -> String {
        self.filled(&self.chrome.t().privacy_lead)
    }

    fn filled(&self, sentence: &str) -> String {
        fill(sentence, &[("owner", &self.chrome.owner), ("city", &self.chrome.city)])
    }

    fn sections(&self) -> Vec<Section> {
        let t = self.chrome.t();
        let parts = [
            ("who", &t.privacy_who, &t.privacy_who_text),
            ("what", &t.privacy_what, &t.privacy_what_text),
            ("why", &t.privacy_why, &t.privacy_why_text),
            ("shared", &t.privacy_shared, &t.privacy_shared_text),
            ("kept", &t.privacy_kept, &t.privacy_kept_text),
            ("safe", &t.privacy_safe, &t.privacy_safe_text),
            ("cookies", &t.privacy_cookies, &t.privacy_cookies_text),
            ("rights", &t.privacy_rights, &t.privacy_rights_text),
        ];
        parts
            .into_iter()
            .map(|(id, title, text)| Section { id, title, lines: text.lines().map(|line| self.filled(line)).collect() })
            .collect()
    }
}
