//! "This was not me": the page that asks before it is so, and what follows.

use super::chrome::Chrome;
use crate::base::words::fill;
use crate::model::notice::LINK_DAYS;
use askama::Template;

/// How the form names what is doubted. A token opens something: this is not printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Doubted {
    /// By the token of the mail's link.
    Link(String),
    /// By the notice's id, from its own person.
    Own(String),
}

/// `GET /not-me` with a link or a notice that there is.
#[derive(Template)]
#[template(path = "pages/not_me.html")]
pub struct NotMe {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What is doubted.
    pub doubted: Doubted,
    /// What happened, in words.
    pub what: String,
    /// When, as shown.
    pub when: String,
}

impl NotMe {
    fn action(&self) -> &'static str {
        match self.doubted {
            Doubted::Link(_) => "/not-me",
            Doubted::Own(_) => "/account/notices",
        }
    }

    /// The fields of the form beside the browser's token.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        match &self.doubted {
            Doubted::Link(token) => vec![("token", token.as_str())],
            Doubted::Own(id) => vec![("notice", id.as_str()), ("act", "not-mine")],
        }
    }
}

/// It is done.
#[derive(Debug, Template)]
#[template(path = "pages/not_me_done.html")]
pub struct NotMeDone {
    /// What surrounds the page.
    pub chrome: Chrome,
}

impl NotMeDone {
    fn call(&self) -> Option<String> {
        let help = &self.chrome.help;
        help.has_phone().then(|| fill(&self.chrome.t().not_me_call, &[("phone", &help.phone)]))
    }
}

/// There is no such link or notice, or it is too old.
#[derive(Debug, Template)]
#[template(path = "pages/not_me_gone.html")]
pub struct NotMeGone {
    /// What surrounds the page.
    pub chrome: Chrome,
}

impl NotMeGone {
    fn text(&self) -> String {
        fill(&self.chrome.t().not_me_gone_text, &[("days", &LINK_DAYS.to_string())])
    }

    fn call(&self) -> Option<String> {
        let help = &self.chrome.help;
        help.has_phone().then(|| fill(&self.chrome.t().not_me_call, &[("phone", &help.phone)]))
    }
}
