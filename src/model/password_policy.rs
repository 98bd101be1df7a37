//! What a password must be: long enough, of several kinds of letters, not easily guessed.
//!
//! A new password is judged here, by settings whose defaults follow QCVN
//! 12:2026/BCA and go beyond it in length. Everything that is wrong is told at
//! once, so that a person mends it in one go. Passwords are compared and
//! hashed in one form ([`normalised`]): keyboards write `ậ` in three ways.

mod around;
mod guessing;

#[cfg(test)]
mod tests;

pub use around::words_of;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A longer password, in the form that is hashed, is refused before it is hashed.
pub const MAX_BYTES: usize = 256;
/// A longer text is refused before it is even normalised, which may make it shorter.
const MAX_TYPED_BYTES: usize = 4 * MAX_BYTES;
/// The highest score of the estimate.
const BEST_SCORE: u8 = 4;

/// The rules of new passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordPolicy {
    /// The fewest characters: not bytes, and `ậ` is one.
    pub min_length: usize,
    /// A small letter, of whatever script.
    pub require_lower: bool,
    /// A capital letter.
    pub require_upper: bool,
    /// A digit.
    pub require_digit: bool,
    /// Anything else: a space, a sign, a letter of a script without capitals.
    pub require_other: bool,
    /// The least score of the estimate (zxcvbn, 0 to 4): 3 takes about 10^8 guesses.
    pub min_score: u8,
    /// How many of the passwords before the present one are not taken again.
    pub history: i64,
    /// After so many days an administrator chooses another; 0: never.
    pub administrators_days: i64,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            min_length: 12,
            require_lower: true,
            require_upper: true,
            require_digit: true,
            require_other: true,
            min_score: 3,
            history: 5,
            administrators_days: 180,
        }
    }
}

/// What is wrong with a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// Too few characters.
    TooShort {
        /// The fewest.
        least: usize,
    },
    /// More than [`MAX_BYTES`].
    TooLong,
    /// No small letter.
    NoLower,
    /// No capital letter.
    NoUpper,
    /// No digit.
    NoDigit,
    /// Nothing but letters and digits.
    NoOther,
    /// Among the passwords that are tried first, or made of little more than one of them.
    TooCommon,
    /// Made of little more than what is known of the person: name, birth, unit, city.
    AboutThePerson,
    /// A character that nobody sees, and nobody types again.
    ControlCharacter,
}

/// The one form of a password (NFKC): what looks the same is the same, however
/// it was typed, and full-width letters and digits are plain ones.
pub fn normalised(typed: &str) -> String {
    typed.nfkc().collect()
}

/// False for what cannot be anybody's password: it is not hashed at all.
pub fn fits(typed: &str) -> bool {
    typed.len() <= MAX_BYTES || (typed.len() <= MAX_TYPED_BYTES && normalised(typed).len() <= MAX_BYTES)
}

/// True for characters that are not seen: controls, marks of direction, spaces
/// without width (RFC 8265 §4.2.1 refuses them too). Joiners stay: they are
/// part of emoji and of some scripts.
pub fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// Neither a letter with a case, nor a digit, nor the accent of another character.
fn is_other(letter: char) -> bool {
    !letter.is_lowercase() && !letter.is_uppercase() && !letter.is_numeric() && !is_combining_mark(letter)
}

impl PasswordPolicy {
    /// Says in one sentence why these rules cannot be, or nothing.
    pub fn refuse(&self) -> Option<&'static str> {
        if !(8..=64).contains(&self.min_length) {
            return Some("password_policy.min_length is 8 to 64");
        }
        if self.min_score > BEST_SCORE {
            return Some("password_policy.min_score is 0 to 4");
        }
        if !(0..=24).contains(&self.history) {
            return Some("password_policy.history is 0 to 24");
        }
        if !(0..=3_650).contains(&self.administrators_days) {
            return Some("password_policy.administrators_days is 0 to 3650");
        }
        None
    }

    /// Judges a new password; `around` are words about the person ([`words_of`]).
    ///
    /// This may take a tenth of a second for what is made to be hard to judge:
    /// not for the threads that answer requests.
    pub fn judge(&self, candidate: &str, around: &[&str]) -> Result<(), Vec<Complaint>> {
        if candidate.len() > MAX_TYPED_BYTES {
            return Err(vec![Complaint::TooLong]);
        }
        let password = normalised(candidate);
        let has = |wanted: fn(char) -> bool| password.chars().any(wanted);
        let guessable = guessing::guessable(&password, around, usize::from(self.min_score));
        let rules = [
            (password.chars().count() < self.min_length, Complaint::TooShort { least: self.min_length }),
            (password.len() > MAX_BYTES, Complaint::TooLong),
            (self.require_lower && !has(char::is_lowercase), Complaint::NoLower),
            (self.require_upper && !has(char::is_uppercase), Complaint::NoUpper),
            (self.require_digit && !has(char::is_numeric), Complaint::NoDigit),
            (self.require_other && !has(is_other), Complaint::NoOther),
            (guessable.common, Complaint::TooCommon),
            (guessable.about_the_person, Complaint::AboutThePerson),
            (has(is_invisible), Complaint::ControlCharacter),
        ];
        let complaints: Vec<Complaint> =
            rules.into_iter().filter(|(broken, _)| *broken).map(|(_, complaint)| complaint).collect();
        if complaints.is_empty() { Ok(()) } else { Err(complaints) }
    }
}
