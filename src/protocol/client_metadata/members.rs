//! Members of a document, each read as what it must be.

use crate::base::text::has_control;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::jws::Algorithm;
use serde_json::{Map, Value};

/// A longer text is refused.
const LONGEST: usize = 2_000;
/// A longer list is refused, but for addresses of answers, which have a cap of their own.
pub(super) const MOST: usize = 20;
/// A hundred years in seconds.
const MOST_SECONDS: i64 = 3_153_600_000;

/// A refusal that names its member (RFC 7591 §3.2.2).
pub fn wrong(member: &str, reason: &str) -> OAuthError {
    let code = if member == "redirect_uris" { ErrorCode::InvalidRedirectUri } else { ErrorCode::InvalidClientMetadata };
    OAuthError::new(code, format!("{member}: {reason}"))
}

/// A document's members.
pub(super) struct Members<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Members<'a> {
    /// What a member holds, unless that is nothing.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text; an empty one is absent.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, OAuthError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = plain(name, value)?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// A list of texts; absent is empty.
    pub(super) fn list(&self, name: &str, most: usize) -> Result<Vec<String>, OAuthError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let Value::Array(list) = value else { return Err(wrong(name, "it is an array of strings")) };
        if list.len() > most {
            return Err(wrong(name, &format!("it holds at most {most} entries")));
        }
        let mut out = Vec::with_capacity(list.len());
        for entry in list {
            let text = plain(name, entry)?;
            if text.is_empty() {
                return Err(wrong(name, "an entry is empty"));
            }
            out.push(text.to_owned());
        }
        Ok(out)
    }

    /// True or false; absent is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, OAuthError> {
        match self.value(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| wrong(name, "it is true or false, without quotes")),
        }
    }

    /// A number of seconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, OAuthError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let seconds = value.as_i64().filter(|seconds| (0..=MOST_SECONDS).contains(seconds));
        seconds.map(Some).ok_or_else(|| wrong(name, "it is a whole number of seconds, without quotes"))
    }

    /// One of some words.
    pub(super) fn word(&self, name: &str, words: &[&str]) -> Result<Option<String>, OAuthError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if words.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        Err(wrong(name, &format!("it is one of {}", words.join(", "))))
    }

    /// What is signed with.
    pub(super) fn algorithm(&self, name: &str) -> Result<Option<Algorithm>, OAuthError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let known = Algorithm::parse(&text);
        known.map(Some).ok_or_else(|| wrong(name, &format!("it is one of {}", Algorithm::names().join(", "))))
    }
}

fn plain<'a>(name: &str, value: &'a Value) -> Result<&'a str, OAuthError> {
    let text = value.as_str().ok_or_else(|| wrong(name, "it is text in quotes"))?;
    if text.len() > LONGEST || has_control(text) {
        return Err(wrong(name, "it is at most 2,000 characters, none of them a control character"));
    }
    Ok(text)
}
