//! The history of one's own sign-ins.

use super::chrome::Chrome;
use super::place::Place;
use crate::base::words::fill;
use crate::service::account::history::{Act, By, MOST};
use askama::Template;

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// When, as shown.
    pub when: String,
    /// What.
    pub act: Act,
    /// By whom.
    pub by: By,
    /// How the person proved who they are (RFC 8176), space-separated.
    pub methods: String,
    /// The system that it is about.
    pub system: Option<String>,
    /// From where.
    pub place: Place,
}

impl Line {
    /// The names of a sheet's columns.
    pub fn header(chrome: &Chrome) -> Vec<String> {
        let t = chrome.t();
        [&t.history_when, &t.history_what, &t.history_how, &t.history_system, &t.history_office, &t.history_address]
            .map(Clone::clone)
            .to_vec()
    }

    /// The line in a sheet.
    pub fn cells(self, chrome: &Chrome) -> Vec<String> {
        let (what, how) = (self.what(chrome).to_owned(), self.how(chrome));
        let Place { office, address } = self.place;
        vec![self.when, what, how, self.system.unwrap_or_default(), office.unwrap_or_default(), address]
    }

    fn what(&self, chrome: &Chrome) -> &'static str {
        let t = chrome.t();
        match self.act {
            Act::SignedIn => &t.history_signed_in,
            Act::SignedInAgain => &t.history_signed_in_again,
            Act::Raised => &t.history_raised,
            Act::SignedOut => match self.by {
                By::Administrator => &t.history_signed_out_by,
                By::Oneself | By::Unknown => &t.history_signed_out,
            },
            Act::Failed => &t.history_failed,
            Act::CodeFailed => &t.history_code_failed,
            Act::PasswordRefused => &t.history_password_refused,
            Act::Throttled => &t.history_throttled,
            Act::PasswordChanged => &t.history_password_changed,
            Act::PasswordSet => &t.history_password_set,
            Act::PasskeyAdded => &t.history_passkey_added,
            Act::PasskeyRemoved => &t.history_passkey_removed,
            Act::AppAdded => &t.history_app_added,
            Act::AppRemoved => &t.history_app_removed,
            Act::CodesMade => &t.history_codes_made,
            Act::CodeUsed => &t.history_code_used,
            Act::LinkSent => &t.history_link_sent,
            Act::Invited => &t.history_invited,
            Act::RecoveryFailed => &t.history_recovery_failed,
            Act::RecoveryIssued => &t.history_recovery_issued,
            Act::HelpGiven => &t.history_help_given,
            Act::HelpUsed => &t.history_help_used,
            Act::Recovered => &t.history_recovered,
            Act::Disowned => &t.history_disowned,
            Act::DeviceRemembered => &t.history_device_remembered,
            Act::DeviceForgotten => &t.history_device_forgotten,
            Act::ConsentGiven => &t.history_consent_given,
            Act::ConsentWithdrawn => &t.history_consent_withdrawn,
            Act::Disabled => &t.history_disabled,
            Act::Enabled => &t.history_enabled,
        }
    }

    /// By what the person proved themselves; empty where that says nothing.
    fn how(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        let by_mail = self.methods.split(' ').any(|method| method == "mca");
        let words = self.methods.split(' ').filter_map(|method| match method {
            "pwd" => Some(t.history_by_password.as_str()),
            "hwk" | "swk" => Some(t.history_by_passkey.as_str()),
            "otp" if by_mail => Some(t.history_by_mail.as_str()),
            "otp" => Some(t.history_by_code.as_str()),
            _ => None,
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// Something that its person should look at twice.
    fn is_grave(&self) -> bool {
        match self.act {
            Act::Failed
            | Act::CodeFailed
            | Act::PasswordRefused
            | Act::Throttled
            | Act::Disowned
            | Act::LinkSent
            | Act::Invited
            | Act::RecoveryFailed
            | Act::RecoveryIssued
            | Act::Recovered
            | Act::Disabled => true,
            Act::SignedIn
            | Act::SignedInAgain
            | Act::Raised
            | Act::SignedOut
            | Act::PasswordChanged
            | Act::PasswordSet
            | Act::PasskeyAdded
            | Act::PasskeyRemoved
            | Act::AppAdded
            | Act::AppRemoved
            | Act::CodesMade
            | Act::CodeUsed
            | Act::HelpGiven
            | Act::HelpUsed
            | Act::DeviceRemembered
            | Act::DeviceForgotten
            | Act::ConsentGiven
            | Act::ConsentWithdrawn
            | Act::Enabled => false,
        }
    }
}

/// `GET /account/history`
#[derive(Debug, Template)]
#[template(path = "pages/history.html")]
pub struct History {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Newest first.
    pub lines: Vec<Line>,
    /// Where older ones begin.
    pub older: Option<String>,
    /// Whether these are the newest.
    pub is_first: bool,
}

impl History {
    fn what(&self, line: &Line) -> &'static str {
        line.what(&self.chrome)
    }

    fn how(&self, line: &Line) -> Option<String> {
        let how = line.how(&self.chrome);
        (!how.is_empty()).then(|| fill(&self.chrome.t().history_by, &[("methods", &how)]))
    }

    fn icon_of(&self, line: &Line) -> String {
        self.chrome.icon(if line.is_grave() { "alert-triangle" } else { "check" })
    }

    fn place(&self, line: &Line) -> String {
        match line.by {
            By::Administrator => self.chrome.t().history_by_administrator.clone(),
            By::Oneself | By::Unknown => line.place.shown(&self.chrome),
        }
    }

    fn export(&self) -> String {
        let t = self.chrome.t();
        let (thousands, units) = ((MOST / 1_000).to_string(), format!("{:03}", MOST % 1_000));
        let most = fill(&t.number_thousands, &[("thousands", &thousands), ("units", &units)]);
        fill(&t.history_export_text, &[("most", &most)])
    }

    fn strange(&self) -> String {
        let t = self.chrome.t();
        if self.chrome.help.has_phone() {
            fill(&t.history_strange_call, &[("phone", &self.chrome.help.phone)])
        } else {
            t.history_strange.clone()
        }
    }
}
