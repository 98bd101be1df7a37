//! Error pages: what happened, what was not harmed, what to do, and a number to read aloud.

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// What happened, in the words of the person at the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorWords {
    /// The system is not registered.
    UnknownClient,
    /// The return address is not a registered one.
    UnregisteredRedirect,
    /// The request is incomplete or wrong.
    BadRequest,
    /// The sign-in was left too long, or was used up.
    Expired,
    /// There is no such page.
    NotFound,
    /// The page does not take this method.
    MethodNotAllowed,
    /// The body is over the limit.
    TooLarge,
    /// Too many requests in a short time.
    TooMany,
    /// The form does not belong to this browser (CSRF).
    Forbidden,
    /// Somebody said that a change of this account was not theirs: nothing changes until an administrator has seen them.
    ChangesLocked,
    /// A part of the service is away for a while.
    Unavailable,
    /// The service failed.
    ServerError,
    /// The sign-out request is not valid.
    LogoutRefused,
    /// The account has no access to the system.
    NoAccess,
}

impl ErrorWords {
    /// All of them, for tests that render every page.
    pub const ALL: [Self; 14] = [
        Self::UnknownClient,
        Self::UnregisteredRedirect,
        Self::BadRequest,
        Self::Expired,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::TooMany,
        Self::Forbidden,
        Self::ChangesLocked,
        Self::Unavailable,
        Self::ServerError,
        Self::LogoutRefused,
        Self::NoAccess,
    ];
}

/// Title, explanation and advice of one kind of error.
struct Told {
    title: &'static str,
    text: &'static str,
    advice: &'static str,
}

/// An error page.
#[derive(Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The stable code of `data-error`.
    pub code: String,
    /// What happened.
    pub what: ErrorWords,
    /// The system concerned, when it is known.
    pub client_name: Option<String>,
    /// A number without 0/O and 1/I, such as `7K4P-92MX-D3`.
    pub reference: String,
    /// When it happened, such as `08:14:37, 22/11/2026`.
    pub at: String,
    /// One technical sentence in English for whom it helps; may be empty.
    pub detail: String,
}

impl ErrorPage {
    fn told(&self) -> Told {
        let t = self.chrome.t();
        match self.what {
            ErrorWords::UnknownClient => Told {
                title: &t.error_unknown_client_title,
                text: &t.error_unknown_client_text,
                advice: &t.error_unknown_client_do,
            },
            ErrorWords::UnregisteredRedirect => Told {
                title: &t.error_unregistered_redirect_title,
                text: &t.error_unregistered_redirect_text,
                advice: &t.error_unregistered_redirect_do,
            },
            ErrorWords::BadRequest => {
                Told { title: &t.error_bad_request_title, text: &t.error_bad_request_text, advice: &t.error_bad_request_do }
            }
            ErrorWords::ChangesLocked => Told {
                title: &t.error_changes_locked_title,
                text: &t.error_changes_locked_text,
                advice: &t.error_changes_locked_do,
            },
            ErrorWords::Expired => {
                Told { title: &t.error_expired_title, text: &t.error_expired_text, advice: &t.error_expired_do }
            }
            ErrorWords::NotFound => {
                Told { title: &t.error_not_found_title, text: &t.error_not_found_text, advice: &t.error_not_found_do }
            }
            ErrorWords::MethodNotAllowed => Told {
                title: &t.error_method_not_allowed_title,
                text: &t.error_method_not_allowed_text,
                advice: &t.error_method_not_allowed_do,
            },
            ErrorWords::TooLarge => {
                Told { title: &t.error_too_large_title, text: &t.error_too_large_text, advice: &t.error_too_large_do }
            }
            ErrorWords::TooMany => {
                Told { title: &t.error_too_many_title, text: &t.error_too_many_text, advice: &t.error_too_many_do }
            }
            ErrorWords::Forbidden => {
                Told { title: &t.error_forbidden_title, text: &t.error_forbidden_text, advice: &t.error_forbidden_do }
            }
            ErrorWords::Unavailable => {
                Told { title: &t.error_unavailable_title, text: &t.error_unavailable_text, advice: &t.error_unavailable_do }
            }
            ErrorWords::ServerError => {
                Told { title: &t.error_server_error_title, text: &t.error_server_error_text, advice: &t.error_server_error_do }
            }
            ErrorWords::LogoutRefused => Told {
                title: &t.error_logout_refused_title,
                text: &t.error_logout_refused_text,
                advice: &t.error_logout_refused_do,
            },
            ErrorWords::NoAccess => {
                Told { title: &t.error_no_access_title, text: &t.error_no_access_text, advice: &t.error_no_access_do }
            }
        }
    }

    fn title(&self) -> &'static str {
        self.told().title
    }

    fn text(&self) -> String {
        let t = self.chrome.t();
        let system = match &self.client_name {
            Some(name) => fill(&t.system_named, &[("client", name)]),
            None => t.system_unnamed.clone(),
        };
        fill(self.told().text, &[("system", &system)])
    }

    /// Where the explanation itself does not speak about what was kept.
    fn says_unharmed(&self) -> bool {
        matches!(
            self.what,
            ErrorWords::UnknownClient | ErrorWords::UnregisteredRedirect | ErrorWords::BadRequest | ErrorWords::ServerError
        )
    }

    fn what_to_do(&self) -> &'static str {
        self.told().advice
    }

    fn whom_to_call(&self) -> String {
        let t = self.chrome.t();
        if self.chrome.help.has_phone() {
            fill(&t.error_call, &[("phone", &self.chrome.help.phone)])
        } else {
            t.error_contact.clone()
        }
    }
}
