//! The pages of the account's authenticator app: to be added, in use, to be removed.

use super::chrome::Chrome;
use super::qr::Drawing;
use crate::base::words::fill;
use askama::Template;

/// Why an app was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpError {
    /// Nothing was typed.
    Empty,
    /// Not a code of this secret.
    Wrong,
    /// A code of this secret, but of another time.
    Astray,
}

/// `GET /account/methods/totp` without an app, and its answer to a wrong code.
/// It holds the secret, and is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/totp.html")]
pub struct AddTotp {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whose account it is.
    pub username: String,
    /// The address as a QR code.
    pub drawing: Option<Drawing>,
    /// The secret in base32.
    pub secret: String,
    /// The address that an app on this very device opens.
    pub uri: String,
    /// What went wrong.
    pub error: Option<TotpError>,
}

impl AddTotp {
    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.error.map(|error| match error {
            TotpError::Empty => t.second_factor_empty.as_str(),
            TotpError::Wrong => t.second_factor_wrong.as_str(),
            TotpError::Astray => t.totp_astray.as_str(),
        })
    }

    /// Groups of four are read and typed with fewer slips.
    fn groups(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

/// `GET /account/methods/totp` when an app is in use.
#[derive(Debug, Template)]
#[template(path = "pages/totp_in_use.html")]
pub struct TotpInUse {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Since when, as shown.
    pub since: String,
    /// When a code of it last counted, as shown.
    pub used_at: Option<String>,
    /// Whether there is something to come in with when the phone is lost.
    pub has_recovery_codes: bool,
}

impl TotpInUse {
    fn since_line(&self) -> String {
        fill(&self.chrome.t().totp_since, &[("at", &self.since)])
    }

    fn used_line(&self) -> Option<String> {
        self.used_at.as_ref().map(|at| fill(&self.chrome.t().totp_used, &[("at", at)]))
    }
}

/// The page that asks before an app is removed.
#[derive(Debug, Template)]
#[template(path = "pages/totp_remove.html")]
pub struct RemoveTotp {
    /// What surrounds the page.
    pub chrome: Chrome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups_of_four() {
        let page = AddTotp {
            chrome: Chrome::default(),
            username: String::new(),
            drawing: None,
            secret: "GEZDGNBVGY".to_owned(),
            uri: String::new(),
            error: None,
        };

        assert_eq!(page.groups(), "GEZD GNBV GY");
    }
}
