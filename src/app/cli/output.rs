//! What the command line prints: text for people, one JSON document for
//! scripts, refusals on standard error.

use serde_json::{Value, json};
use std::process::ExitCode;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The input is refused: what, where, and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// Many refusals, each a document, and a sentence over them.
    #[error("{1}")]
    Refusals(Vec<Value>, String),
    /// A refusal with a document of its own.
    #[error("{1}")]
    Document(Value, String),
    /// Something failed.
    #[error("{0}")]
    Other(String),
}

impl From<crate::service::Failure> for CliError {
    fn from(failure: crate::service::Failure) -> Self {
        Self::Other(failure.to_string())
    }
}

impl From<crate::store::StoreError> for CliError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

/// Where a command writes.
#[derive(Debug)]
pub struct Output {
    /// One JSON document instead of text.
    pub json: bool,
}

impl Output {
    /// A line of text; nothing when JSON was asked.
    #[expect(clippy::disallowed_macros, reason = "this is the one place that prints")]
    pub fn line(&mut self, text: &str) {
        if !self.json {
            println!("{text}");
        }
    }

    /// The JSON document.
    #[expect(clippy::disallowed_macros, reason = "this is the one place that prints")]
    pub fn document(&mut self, document: &Value) {
        println!("{document}");
    }

    /// The same, by its other name in commands that answer either way.
    pub fn json(&mut self, document: &Value) {
        self.document(document);
    }

    /// A line beside the result: progress, warnings.
    #[expect(clippy::disallowed_macros, reason = "this is the one place that prints")]
    pub fn note(&mut self, text: &str) {
        eprintln!("{text}");
    }

    /// A refusal or failure; answers the exit code.
    pub fn fail(&mut self, error: &CliError) -> ExitCode {
        match error {
            CliError::Refusals(all, sentence) => {
                if self.json {
                    self.document(&json!({ "error": "refused", "message": sentence, "errors": all }));
                }
                for one in all {
                    self.note(&refusal_line(one));
                }
                self.note(sentence);
            }
            CliError::Document(document, sentence) => {
                if self.json {
                    self.document(document);
                }
                self.note(sentence);
            }
            CliError::Refused(sentence) | CliError::Other(sentence) => {
                if self.json {
                    let kind = if matches!(error, CliError::Refused(_)) { "refused" } else { "failed" };
                    self.document(&json!({ "error": kind, "message": sentence }));
                }
                self.note(&format!("motlan: {sentence}"));
            }
        }
        ExitCode::from(1)
    }
}

/// `line 3, unit_code: Vietnamese / English`.
fn refusal_line(refusal: &Value) -> String {
    let text = |name: &str| refusal.get(name).and_then(Value::as_str).unwrap_or_default();
    let line = refusal.get("line").map(|line| format!("dòng/line {line}, ")).unwrap_or_default();
    let (vi, en) = (text("message_vi"), text("message_en"));
    if en.is_empty() {
        format!("{line}{}: {}", text("column"), text("message"))
    } else {
        format!("{line}{}: {vi} / {en}", text("column"))
    }
}
