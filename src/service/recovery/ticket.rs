//! What a browser holds between the first proof and the new password.
//!
//! A ticket is a value that we sign, bound to the browser that it was given to
//! and good for some minutes. It uses nothing up and is asked for again with
//! every try of a new password, so that a page may be loaded again, left, or
//! opened in ten tabs.

use super::secret::keyed;
use crate::base::clock::Millis;
use crate::base::digest::{base64url, same};
use crate::service::{Failure, Services};

/// How long a person may think about a new password.
const LIFETIME_SECONDS: i64 = 1_200;
/// No ticket is longer.
const LONGEST: usize = 200;

/// What was proven beside the way back itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// Nothing.
    Nothing,
    /// A code of an app, or of the printed sheet.
    Code,
    /// A passkey.
    Passkey,
}

impl Proven {
    const ALL: [Self; 3] = [Self::Nothing, Self::Code, Self::Passkey];

    fn word(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Code => "otp",
            Self::Passkey => "hwk",
        }
    }

    /// The level that is reached together with the new password, and how (RFC 8176).
    pub(super) fn reaches(self) -> (i64, &'static str) {
        match self {
            Self::Nothing => (1, "pwd"),
            Self::Code => (2, "pwd otp"),
            Self::Passkey => (2, "pwd hwk"),
        }
    }
}

/// A way back that was opened in this browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which one.
    pub(super) id: String,
    /// What was proven with it.
    pub(super) proven: Proven,
}

impl Ticket {
    /// As the browser keeps it.
    pub(super) fn seal(&self, services: &Services, browser: &str) -> Result<String, Failure> {
        let until = services.clock.now().plus_seconds(LIFETIME_SECONDS);
        let said = format!("{}.{}.{}", self.id, self.proven.word(), until.seconds());
        let mac = keyed(services, &format!("ticket\n{said}\n{browser}"))?;
        Ok(format!("{said}.{}", base64url(&mac)))
    }

    /// Reads one that we gave to this browser and that is not over.
    pub fn open(services: &Services, browser: &str, text: &str) -> Result<Option<Self>, Failure> {
        let Some((said, shown)) = text.rsplit_once('.').filter(|_| text.len() <= LONGEST) else { return Ok(None) };
        let mac = keyed(services, &format!("ticket\n{said}\n{browser}"))?;
        if !same(base64url(&mac).as_bytes(), shown.as_bytes()) {
            return Ok(None);
        }
        let parts: Vec<&str> = said.split('.').collect();
        let [id, word, until] = parts.as_slice() else { return Ok(None) };
        let Some(proven) = Proven::ALL.into_iter().find(|proven| proven.word() == *word) else { return Ok(None) };
        let until = until.parse().map(|seconds: i64| Millis(seconds.saturating_mul(1_000))).ok();
        let counts = until.is_some_and(|until| services.clock.now() < until);
        Ok(counts.then(|| Self { id: (*id).to_owned(), proven }))
    }
}
