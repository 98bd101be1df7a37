//! The methods by which a person signs in, how strong they are, where the person is signed on, and on which devices.

use super::chrome::Chrome;
use super::place::{Place, device_icon, device_name};
use crate::base::words::fill;
use crate::model::device::Device;
use crate::service::account::methods::{NextStep, Strength};
use askama::Template;

/// What was just done on a page that leads back here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A session was ended.
    SessionEnded,
    /// All other sessions were.
    OthersEnded,
    /// A device was forgotten.
    DeviceForgotten,
    /// Another password.
    Password,
    /// A method was added.
    Added,
    /// A method was removed.
    Removed,
    /// An old account opens something while its directory is away.
    OfflineOn,
    /// It does not any more.
    OfflineOff,
}

impl Done {
    /// All of them, for tests that render every page.
    pub const ALL: [Self; 8] = [
        Self::SessionEnded,
        Self::OthersEnded,
        Self::DeviceForgotten,
        Self::Password,
        Self::Added,
        Self::Removed,
        Self::OfflineOn,
        Self::OfflineOff,
    ];

    /// The word of the address.
    pub fn word(self) -> &'static str {
        match self {
            Self::SessionEnded => "session",
            Self::OthersEnded => "others",
            Self::DeviceForgotten => "device",
            Self::Password => "password",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::OfflineOn => "offline-on",
            Self::OfflineOff => "offline-off",
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
#[derive(Debug, Clone)]
pub struct Methods {
    /// The day on which the password was set.
    pub password_since: Option<String>,
    /// Passkeys.
    pub passkeys: Vec<MethodRow>,
    /// The authenticator app.
    pub app: Option<MethodRow>,
    /// The day of the sheet of recovery codes, and how many are left.
    pub codes: Option<(String, i64)>,
    /// How strong they are together.
    pub strength: Strength,
    /// What makes them stronger.
    pub next: Option<NextStep>,
    /// Nothing changes until an administrator has seen the person.
    pub locked: bool,
}

/// An account of an old directory, with what its owner chose about days on which that is away.
#[derive(Debug, Clone)]
pub struct AwayRow {
    /// What the form sends for it.
    pub account: String,
    /// The name of the directory.
    pub source: String,
    /// The user name there.
    pub username: String,
    /// So many days the password of the last sign-in counts.
    pub days: i64,
    /// They allow it.
    pub allowed: bool,
}

/// One open session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// What it was made with.
    pub device: Device,
    /// From where.
    pub place: Place,
    /// The systems that it entered.
    pub systems: Vec<String>,
    /// When it was last used.
    pub used: String,
    /// When it began.
    pub since: String,
    /// It is on a computer that others use too.
    pub shared: bool,
    /// It is the one of this browser.
    pub is_this: bool,
}

/// One device on which the person has signed in.
#[derive(Debug, Clone)]
pub struct DeviceRow {
    /// Its id.
    pub id: String,
    /// What it is.
    pub device: Device,
    /// When the person last signed in there.
    pub used: String,
    /// The last day on which it stands for the second factor.
    pub remembered_until: Option<String>,
}

/// `GET /account/methods`, `GET /account/sessions`
#[derive(Debug, Template)]
#[template(path = "pages/methods.html")]
pub struct MethodsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// How the person signs in.
    pub methods: Methods,
    /// Old accounts that may open something while their directory is away.
    pub away: Vec<AwayRow>,
    /// Where they are signed on.
    pub sessions: Vec<SessionRow>,
    /// Where they signed in before.
    pub devices: Vec<DeviceRow>,
    /// What was just done.
    pub done: Option<Done>,
}

impl MethodsPage {
    fn told(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            Done::SessionEnded => t.account_session_ended.as_str(),
            Done::OthersEnded => t.sessions_others_ended.as_str(),
            Done::DeviceForgotten => t.devices_forgotten.as_str(),
            Done::Password => t.account_password_changed.as_str(),
            Done::Added => t.account_method_added.as_str(),
            Done::Removed => t.account_method_removed.as_str(),
            Done::OfflineOn => t.methods_away_was_on.as_str(),
            Done::OfflineOff => t.methods_away_was_off.as_str(),
        })
    }

    /// The strength in a word.
    fn strength(&self) -> &'static str {
        let t = self.chrome.t();
        match self.methods.strength {
            Strength::Weak => &t.methods_strength_weak,
            Strength::Fair => &t.methods_strength_fair,
            Strength::Good => &t.methods_strength_good,
            Strength::Best => &t.methods_strength_best,
        }
    }

    /// The step that it is, of four.
    fn step(&self) -> String {
        fill(&self.chrome.t().methods_strength_step, &[("step", &self.methods.strength.step().to_string())])
    }

    /// The four bars, each filled or not.
    fn bars(&self) -> [bool; 4] {
        let step = self.methods.strength.step();
        [1, 2, 3, 4].map(|bar| bar <= step)
    }

    fn advice(&self) -> &'static str {
        let t = self.chrome.t();
        match self.methods.next {
            Some(NextStep::Passkey) => &t.methods_next_passkey,
            Some(NextStep::RecoveryCodes) => &t.methods_next_codes,
            None => &t.methods_next_none,
        }
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

    fn away_line(&self, row: &AwayRow) -> String {
        let days = row.days.to_string();
        fill(&self.chrome.t().methods_away_line, &[("username", &row.username), ("days", &days)])
    }

    fn device(&self, device: &Device) -> String {
        device_name(&self.chrome, *device)
    }

    fn icon_of(&self, device: &Device) -> String {
        device_icon(&self.chrome, *device)
    }

    fn place(&self, session: &SessionRow) -> String {
        session.place.shown(&self.chrome)
    }

    fn remembered(&self, until: &str) -> String {
        fill(&self.chrome.t().devices_remembered, &[("day", until)])
    }

    fn device_line(&self, row: &DeviceRow) -> String {
        fill(&self.chrome.t().devices_used, &[("when", &row.used)])
    }

    fn strange(&self) -> String {
        let t = self.chrome.t();
        if self.chrome.help.has_phone() {
            fill(&t.methods_strange_call, &[("phone", &self.chrome.help.phone)])
        } else {
            t.account_strange.clone()
        }
    }
}

/// `GET /account/sessions?end=all`: the question before all sessions end.
#[derive(Debug, Template)]
#[template(path = "pages/sessions_end.html")]
pub struct EndSessions {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The other devices, each with its place.
    pub others: Vec<(Device, Place)>,
}

impl EndSessions {
    fn line(&self, (device, place): &(Device, Place)) -> String {
        format!("{}, {}", device_name(&self.chrome, *device), place.shown(&self.chrome))
    }
}
