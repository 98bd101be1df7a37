//! What every scheme can do, and the notation in which its parameters are kept.

use super::{ParseError, Strength, notation};
use crate::base::digest::{base64url, from_base64url};
use crate::crypto::password::HashError;
use zeroize::Zeroizing;

/// A scheme with its parameters and salt.
pub(super) trait Recipe {
    /// The word that its parameters are kept under. It is stored: it does not change.
    fn family(&self) -> &'static str;

    /// The word for reports.
    fn name(&self) -> &'static str {
        self.family()
    }

    fn strength(&self) -> Strength;

    /// The digest of a password, in the bytes that are compared.
    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError>;

    /// Writes the parameters in the order in which they are read.
    fn write(&self, fields: &mut Written);
}

/// `key=value,key=value`; bytes in base64url, so that no value has a comma or a `$`.
#[derive(Default)]
pub(super) struct Written(String);

impl Written {
    /// One of our own words or a number.
    pub(super) fn word(&mut self, key: &str, value: &dyn std::fmt::Display) {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0 = format!("{}{comma}{key}={value}", self.0);
    }

    pub(super) fn bytes(&mut self, key: &str, value: &[u8]) {
        self.word(key, &base64url(value));
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// The same, read from left to right.
pub(super) struct Fields<'a>(std::str::Split<'a, char>);

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.split(','))
    }

    pub(super) fn word(&mut self, key: &str) -> Result<&'a str, ParseError> {
        let field = self.0.next().ok_or(ParseError::Unknown)?;
        field.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')).ok_or(ParseError::Unknown)
    }

    pub(super) fn number(&mut self, key: &str) -> Result<u64, ParseError> {
        notation::number(self.word(key)?)
    }

    pub(super) fn bytes(&mut self, key: &str) -> Result<Vec<u8>, ParseError> {
        from_base64url(self.word(key)?).ok_or(ParseError::Unknown)
    }

    /// Refuses whatever is left over.
    pub(super) fn end(mut self) -> Result<(), ParseError> {
        if self.0.next().is_none() { Ok(()) } else { Err(ParseError::Unknown) }
    }
}
