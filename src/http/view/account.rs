//! The methods by which a person signs in, and where they are signed on.

use super::chrome::Chrome;
use super::words::fill;
use crate::model::device::{Device, Kind};
use askama::Template;

/// What was just done on a page that leads back here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A session was ended, or all others were.
    SessionEnded,
    /// Another password.
    Password,
    /// A method was added.
    Added,
    /// A method was removed.
    Removed,
}

impl Done {
    const ALL: [Self; 4] = [Self::SessionEnded, Self::Password, Self::Added, Self::Removed];

    /// The word of the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::SessionEnded => "session",
            Self::Password => "password",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }

    /// Reads [`Done::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// One method.
#[derive(Debug, Clone)]
pub struct MethodRow {
    /// What its owner calls it; empty where there is only one.
    pub name: String,
    /// The day on which it was added.
    pub since: String,
    /// When it was last used.
    pub used: Option<String>,
}

/// All methods.
#[derive(Debug, Clone, Default)]
pub struct Methods {
    /// The day on which the password was set.
    pub password_since: Option<String>,
    /// Passkeys.
    pub passkeys: Vec<MethodRow>,
    /// The authenticator app.
    pub app: Option<MethodRow>,
    /// The day of the sheet of recovery codes, and how many are left.
    pub codes: Option<(String, i64)>,
}

/// One open session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// What it was made with.
    pub device: Device,
    /// The systems that it entered.
    pub systems: Vec<String>,
    /// When it was last used.
    pub used: String,
    /// When it began.
    pub since: String,
    /// It is the one of this browser.
    pub is_this: bool,
}

/// `GET /account/methods`
#[derive(Debug, Template)]
#[template(path = "pages/account.html")]
pub struct AccountPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Who looks.
    pub full_name: String,
    /// How they sign in.
    pub methods: Methods,
    /// Where they are signed on.
    pub sessions: Vec<SessionRow>,
    /// What was just done.
    pub done: Option<Done>,
}

impl AccountPage {
    fn told(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            Done::SessionEnded => t.account_session_ended.as_str(),
            Done::Password => t.account_password_changed.as_str(),
            Done::Added => t.account_method_added.as_str(),
            Done::Removed => t.account_method_removed.as_str(),
        })
    }

    fn password_line(&self) -> Option<String> {
        let t = self.chrome.t();
        self.methods.password_since.as_ref().map(|day| fill(&t.account_password_line, &[("day", day)]))
    }

    fn line(&self, row: &MethodRow) -> String {
        let t = self.chrome.t();
        match &row.used {
            Some(used) => fill(&t.account_added_used, &[("day", &row.since), ("used", used)]),
            None => fill(&t.account_added, &[("day", &row.since)]),
        }
    }

    fn codes_line(&self) -> String {
        let t = self.chrome.t();
        match &self.methods.codes {
            Some((day, left)) => fill(&t.account_codes_left, &[("left", &left.to_string()), ("day", day)]),
            None => t.account_codes_none.clone(),
        }
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }

    fn device(&self, session: &SessionRow) -> String {
        let t = self.chrome.t();
        let kind = match session.device.kind {
            Kind::Other => &t.account_device_other,
            Kind::Computer => &t.account_device_computer,
            Kind::Phone => &t.account_device_phone,
            Kind::Tablet => &t.account_device_tablet,
        };
        let named = if session.device.system.is_empty() { kind.clone() } else { format!("{kind} {}", session.device.system) };
        if session.device.browser.is_empty() { named } else { format!("{named}, {}", session.device.browser) }
    }

    fn icon_of(&self, session: &SessionRow) -> String {
        self.chrome.icon(match session.device.kind {
            Kind::Phone => "device-mobile",
            Kind::Tablet => "device-tablet",
            Kind::Other | Kind::Computer => "device-laptop",
        })
    }
}
