//! The step of signing in that asks for a code.

use super::chrome::Chrome;
use super::client::ForClient;
use super::wait::Wait;
use crate::base::words::fill;
use askama::Template;

/// Why the code did not count. Wrong, used and expired are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeError {
    /// Nothing was typed.
    Empty,
    /// It does not count.
    Wrong,
    /// Too many tries, or the last one was a moment ago.
    Locked(Wait),
    /// Codes were sent too often.
    ManyMails {
        /// When another may be sent, such as `19:30`.
        until: String,
        /// The same, in seconds from now.
        seconds: i64,
    },
}

/// The way of a code by e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByMail {
    /// The address, as far as it is shown.
    pub to: String,
    /// A code was sent and waits to be typed.
    pub sent: bool,
    /// For how long a code counts.
    pub minutes: i64,
}

impl ByMail {
    /// An address that its owner recognises, and nobody learns.
    pub fn masked(address: &str) -> String {
        let (name, host) = address.rsplit_once('@').unwrap_or((address, ""));
        let first = name.chars().next().map(String::from).unwrap_or_default();
        format!("{first}•••@{host}")
    }
}

/// `GET /signin/second-factor`, and its answer to a code that does not count.
#[derive(Debug, Template)]
#[template(path = "pages/second_factor.html")]
pub struct SecondFactor {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The waiting authorization request.
    pub request: String,
    /// The system that the person is on the way to.
    pub client: ForClient,
    /// Who is signing in.
    pub username: String,
    /// Whether the person may use a passkey instead.
    pub passkey: bool,
    /// The way of a code by e-mail, where there is one.
    pub by_mail: Option<ByMail>,
    /// For how many days this device may stand for the second factor; 0: it may not.
    pub remember_days: i64,
    /// What went wrong.
    pub error: Option<CodeError>,
}

impl SecondFactor {
    fn problem(&self) -> Option<String> {
        let t = self.chrome.t();
        self.error.as_ref().map(|error| match error {
            CodeError::Empty => t.second_factor_empty.clone(),
            CodeError::Wrong => t.second_factor_wrong.clone(),
            CodeError::Locked(wait) => wait.sentence(&self.chrome),
            CodeError::ManyMails { until, .. } => fill(&t.second_factor_mail_many, &[("until", until)]),
        })
    }

    fn hint(&self) -> &'static str {
        let t = self.chrome.t();
        if self.by_mail.is_some() { &t.second_factor_mail_hint } else { &t.second_factor_hint }
    }

    /// A wrong code may be of a phone whose clock is wrong; whether it is, is not said to whoever signs in.
    fn speaks_of_the_clock(&self) -> bool {
        self.error == Some(CodeError::Wrong)
    }

    fn mail_sent(&self, by_mail: &ByMail) -> String {
        let minutes = by_mail.minutes.to_string();
        fill(&self.chrome.t().second_factor_mail_sent, &[("to", &by_mail.to), ("minutes", &minutes)])
    }

    fn mail_label(&self, by_mail: &ByMail) -> String {
        let t = self.chrome.t();
        let words = if by_mail.sent { &t.second_factor_mail_again } else { &t.second_factor_mail };
        fill(words, &[("to", &by_mail.to)])
    }

    fn remember_label(&self) -> String {
        remember_label(&self.chrome, self.remember_days)
    }
}

/// What the box says that lets a device stand for the second factor.
pub(super) fn remember_label(chrome: &Chrome, days: i64) -> String {
    fill(&chrome.t().second_factor_remember, &[("days", &days.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_to_whoever_knows_it() {
        let table = [
            ("kim@vi-du.vn", "k•••@vi-du.vn"),
            ("đào.a@vi-du.vn", "đ•••@vi-du.vn"),
            ("\"a@b\"@vi-du.vn", "\"•••@vi-du.vn"),
            ("", "•••@"),
        ];
        for (address, shown) in table {
            assert_eq!(ByMail::masked(address), shown, "{address}");
        }
    }
}
