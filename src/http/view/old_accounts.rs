//! The pages of whoever comes by an account of an old system: where the name is from, is this you, and a better way in.

use super::chrome::Chrome;
use super::client::ForClient;
use super::position::{former_line, titled};
use crate::base::words::fill;
use askama::Template;

/// One place that a name may be from.
#[derive(Debug, Clone)]
pub struct PlaceChoice {
    /// The source's id, sent back by the form.
    pub id: String,
    /// Its name.
    pub name: String,
    /// People type their password there, and not here.
    pub there: bool,
    /// Whether it is marked when the page opens.
    pub chosen: bool,
}

/// `GET /signin/place`, and its answer when none was chosen.
#[derive(Debug, Template)]
#[template(path = "pages/choose_place.html")]
pub struct ChoosePlace {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that the person is on the way to.
    pub client: ForClient,
    /// The name given in the first step.
    pub username: String,
    /// Whether the city's own account is marked when the page opens.
    pub city_chosen: bool,
    /// The old systems that are open, by name: all of them, for every name.
    pub places: Vec<PlaceChoice>,
    /// Whether the form came back without a choice.
    pub error: bool,
}

impl ChoosePlace {
    fn city(&self) -> String {
        fill(&self.chrome.t().old_choose_city, &[("city", &self.chrome.city)])
    }
}

/// Why somebody whose password was right, or who was sent here, is not signed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotIn {
    /// A human has to say whose account it is.
    Undecided,
    /// It leads to nobody.
    Nobody,
}

/// Nobody is signed on by this old account, or not yet.
#[derive(Debug, Template)]
#[template(path = "pages/old_account.html")]
pub struct OldAccountPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// Why.
    pub why: NotIn,
}

impl OldAccountPage {
    fn title(&self) -> &'static str {
        match self.why {
            NotIn::Undecided => &self.chrome.t().old_undecided_title,
            NotIn::Nobody => &self.chrome.t().old_nobody_title,
        }
    }

    fn text(&self) -> &'static str {
        match self.why {
            NotIn::Undecided => &self.chrome.t().old_undecided_text,
            NotIn::Nobody => &self.chrome.t().old_nobody_text,
        }
    }

    fn ask(&self) -> String {
        whom(&self.chrome)
    }
}

/// A post of the person, as the directory knows it today.
#[derive(Debug, Clone)]
pub struct ConfirmPost {
    /// The title, such as `Chuyên viên`.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name today.
    pub unit_name: String,
    /// The units that it succeeds, by their old names.
    pub former_units: Vec<String>,
}

impl ConfirmPost {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }
}

/// `GET /signin/confirm`
#[derive(Debug, Template)]
#[template(path = "pages/confirm_old.html")]
pub struct ConfirmOld {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The old system.
    pub source: String,
    /// The user name there.
    pub old_username: String,
    /// The full name there.
    pub old_name: String,
    /// The unit there; may be empty.
    pub old_unit: String,
    /// Who they are here.
    pub full_name: String,
    /// The unit that the account belongs to now, where it is decided.
    pub new_unit: Option<String>,
    /// What they do here.
    pub posts: Vec<ConfirmPost>,
    /// They may choose to sign in while the directory is away.
    pub asks_offline: bool,
}

impl ConfirmOld {
    fn lead(&self) -> String {
        fill(&self.chrome.t().old_confirm_lead, &[("source", &self.source)])
    }

    fn former(&self, post: &ConfirmPost) -> String {
        let t = self.chrome.t();
        fill(&t.position_former, &[("units", &former_line(&post.former_units, t))])
    }
}

/// After somebody said that it is not them.
#[derive(Debug, Template)]
#[template(path = "pages/disputed.html")]
pub struct Disputed {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
}

impl Disputed {
    fn ask(&self) -> String {
        whom(&self.chrome)
    }
}

/// `GET /signin/own-way`
#[derive(Debug, Template)]
#[template(path = "pages/own_way.html")]
pub struct OwnWay {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request; empty for a page of the account.
    pub request: String,
    /// The system that asks for it; empty for a page of the account.
    pub client_name: String,
    /// The old system that the person came through.
    pub source: String,
    /// Nothing more has to be proven.
    pub enough: bool,
    /// A link can be sent to the official mailbox.
    pub mail: bool,
}

impl OwnWay {
    fn lead(&self) -> String {
        let t = self.chrome.t();
        if self.client_name.is_empty() {
            fill(&t.old_own_lead_account, &[("source", &self.source)])
        } else {
            fill(&t.old_own_lead_client, &[("source", &self.source), ("client", &self.client_name)])
        }
    }

    /// An address with the request that waits.
    fn with_request(&self, path: &str) -> String {
        if self.request.is_empty() { path.to_owned() } else { format!("{path}?request={}", self.request) }
    }
}

/// Who helps.
fn whom(chrome: &Chrome) -> String {
    let t = chrome.t();
    if chrome.help.has_phone() { fill(&t.error_call, &[("phone", &chrome.help.phone)]) } else { t.error_contact.clone() }
}
