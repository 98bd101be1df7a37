//! One change of a unit's code by a file, as it is written down while the file waits; and the same as an edit of the registry.

use crate::base::date::{iso, parse};
use crate::base::id::UnitId;
use crate::model::plan::edit::{Edit, Edits, Fact};
use crate::model::unit::{DatedCode, Span};

/// One code that a file brings, or ends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CodeChange {
    /// Of which unit.
    pub unit: UnitId,
    /// The scheme.
    pub scheme: String,
    /// The code.
    pub code: String,
    /// First day, ISO 8601.
    pub from: Option<String>,
    /// Last day, ISO 8601.
    pub to: Option<String>,
    /// It was there, open, and ends now; else it is new.
    pub ends: bool,
}

impl CodeChange {
    pub(super) fn of(unit: &UnitId, code: &DatedCode, ends: bool) -> Self {
        Self {
            unit: unit.clone(),
            scheme: code.scheme.clone(),
            code: code.code.clone(),
            from: code.span.from.map(iso),
            to: code.span.to.map(iso),
            ends,
        }
    }

    pub(super) fn dated(&self) -> DatedCode {
        let day = |text: &Option<String>| text.as_deref().and_then(parse);
        let span = Span { from: day(&self.from), to: day(&self.to), ended_by: None };
        DatedCode { scheme: self.scheme.clone(), code: self.code.clone(), span }
    }
}

/// What a file of codes does, as edits.
pub(super) fn edits<'a>(changes: impl IntoIterator<Item = &'a CodeChange>) -> Edits {
    let facts = changes.into_iter().map(|change| {
        let dated = change.dated();
        let open = Span { to: None, ..dated.span };
        let fact = Fact::Code { unit: change.unit.clone(), scheme: dated.scheme, code: dated.code };
        Edit { fact, was: change.ends.then_some(open), now: Some(dated.span) }
    });
    Edits { facts: facts.collect(), pairs: Vec::new() }
}
