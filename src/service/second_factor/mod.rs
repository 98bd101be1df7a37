//! The other factor beside a password: an authenticator app, the printed codes
//! that stand in for a phone that is not at hand, and, where a rule allows it,
//! codes by e-mail.
//!
//! Here belongs how they are made, kept and checked. Who is asked for them, and
//! when, is for the authorization capability to say.

pub mod email;
pub mod recovery;
pub mod totp;

use super::audit::{self, Event};
use super::sign_on::{self, Before, Started};
use super::throttle::{self, Guess, Limit, Reached, Reserved};
use super::{Failure, Origin, Services, devices, forget};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::totp::DIGITS;
use crate::model::methods::TWO_FACTORS;
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx};
use serde_json::Value;

/// What tokens call it (RFC 8176): there is no better word for a printed code either.
const METHOD: &str = "otp";
/// No code is longer, however it is typed.
const LONGEST: usize = 64;

/// Why a code did not count.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// Wrong, used, expired, or nothing is there to compare it with: never said which.
    #[error("the code does not count")]
    Wrong,
    /// Too many failures, or the last one was a moment ago.
    #[error("locked")]
    Locked {
        /// What was counted.
        limit: Limit,
        /// When to try again.
        until: Millis,
        /// The same, in seconds from now.
        seconds: i64,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Reached> for SecondFactorError {
    fn from(reached: Reached) -> Self {
        Self::Locked { limit: reached.limit, until: reached.until, seconds: reached.seconds }
    }
}

impl From<StoreError> for SecondFactorError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// What was typed, as the thing that it looks like.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    /// Six digits: from an app, or from a mail.
    App(String),
    /// Anything else: from the printed sheet.
    Sheet(String),
}

impl Typed {
    fn read(text: &str) -> Self {
        let code = plain(text);
        let is_number = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Self::App(code) } else { Self::Sheet(code) }
    }
}

/// A code as it is compared: capital letters and digits, without what people put between them.
fn plain(text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    let between = |letter: &char| letter.is_whitespace() || matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    fold(&text).chars().filter(|letter| !between(letter)).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Checks a code of somebody who is signed on, on a device that the browser says it is, and raises their sign-on. A
/// code counts once: which of many callers it counts for is decided by the records.
pub async fn verify(
    services: &Services,
    before: &Before<'_>,
    code: &str,
    known_by: Option<&str>,
    origin: &Origin,
) -> Result<Started, SecondFactorError> {
    let person = &before.sign_on.person;
    // Whoever was locked meanwhile is signed out.
    let known = services.person(person).await?.ok_or(StoreError::Stale)?;
    let folded = fold(&known.person.username);
    let device = devices::known_as(services, known_by, &folded).await?;
    let guess = Guess { name: &folded, device: device.as_deref() };
    let room = match throttle::reserve(services, guess, origin).await? {
        Reserved::Room(room) => room,
        Reserved::Full(reached) => {
            throttle::tell_reached(services, guess, origin, &reached).await?;
            return Err(reached.into());
        }
    };
    let Some(method) = take(services, before, code, origin).await? else {
        throttle::fail(services, guess, origin, &room, "second_factor.failed").await?;
        return Err(SecondFactorError::Wrong);
    };
    throttle::succeed(services, guess, origin).await?;
    Ok(sign_on::raise(services, before, method, TWO_FACTORS, origin).await?)
}

/// What a code shows, once it is taken; none for a code that does not count.
async fn take(services: &Services, before: &Before<'_>, code: &str, origin: &Origin) -> Result<Option<&'static str>, Failure> {
    let person = &before.sign_on.person;
    if let Typed::App(digits) = Typed::read(code)
        && email::take(services, before.sign_on, &digits).await?
    {
        return Ok(Some(email::METHODS));
    }
    Ok(take_own(services, person, code, origin).await?.then_some(METHOD))
}

/// Takes a code of an app, or of the printed sheet, also of somebody who is not signed on. Whoever asks counts the failures.
pub async fn take_own(services: &Services, person: &PersonId, code: &str, origin: &Origin) -> Result<bool, Failure> {
    match Typed::read(code) {
        Typed::App(digits) => totp::take(services, person, &digits).await,
        Typed::Sheet(code) => recovery::take(services, person, &code, origin).await,
    }
}

/// Records what became of a person's methods, in the transaction of the act,
/// and lets every node forget what it knew of them.
async fn record(
    tx: &mut Tx,
    services: &Services,
    person: &PersonId,
    (event, detail): (&'static str, Value),
    origin: &Origin,
) -> Result<(), StoreError> {
    let event = Event { event, actor: person.0.clone(), person: Some(person), client: None, origin, detail };
    audit::record(tx, services, event).await?;
    forget(tx, services, Kind::Person, person.as_str()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_of_an_app_and_all_else_is_of_the_sheet() {
        let app = |code: &str| Typed::App(code.to_owned());
        let sheet = |code: &str| Typed::Sheet(code.to_owned());
        let table = [
            ("123456", app("123456")),
            (" 123 456 ", app("123456")),
            ("123-456", app("123456")),
            ("１２３４５６", app("123456")),
            ("12345", sheet("12345")),
            ("1234567", sheet("1234567")),
            ("ABCDE-FGH23", sheet("ABCDEFGH23")),
            ("abcde fgh23", sheet("ABCDEFGH23")),
            ("\tabcde\u{2013}FGH23\n", sheet("ABCDEFGH23")),
            ("AbCdEfGh23", sheet("ABCDEFGH23")),
            ("ABCDE.FGH23", sheet("ABCDE.FGH23")),
            ("", sheet("")),
        ];
        for (typed, expected) in table {
            assert_eq!(Typed::read(typed), expected, "{typed}");
        }
        assert_eq!(Typed::read(&"7".repeat(10_000)), sheet(&"7".repeat(LONGEST)));
    }
}
