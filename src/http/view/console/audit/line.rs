//! An entry of the records, as lists and its own page show it.

use super::names::event_name;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::number;
use crate::service::trail::told::{Change, Told};

/// So many changes of an entry stand in a list; its own page has them all.
const FEW: usize = 3;
/// A value in a list is cut here.
const SHORT: usize = 60;

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Their name, for those who may know it.
    pub name: Option<String>,
    /// Their id, or whatever the records call them.
    pub id: String,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct EntryLine {
    /// Its id.
    pub id: String,
    /// Its number, once it has one.
    pub seq: Option<i64>,
    /// When, as shown.
    pub when: String,
    /// What.
    pub event: String,
    /// Who did it.
    pub actor: Who,
    /// To whom.
    pub person: Who,
    /// At which client.
    pub client: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request: String,
    /// The rest.
    pub told: Told,
}

impl EntryLine {
    /// What happened, in words, where there are some.
    pub fn name(&self, chrome: &Chrome) -> Option<&'static str> {
        event_name(chrome.t(), &self.event)
    }

    /// They did it to themselves.
    pub(super) fn is_of_oneself(&self) -> bool {
        !self.actor.id.is_empty() && self.actor.id == self.person.id
    }

    pub(super) fn number(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        self.seq.map_or_else(
            || t.console_audit_unnumbered.clone(),
            |seq| fill(&t.console_audit_number, &[("number", &number(chrome, seq))]),
        )
    }

    /// As what, and why, where that is said.
    pub(super) fn acting(&self, chrome: &Chrome) -> Option<String> {
        let role = self.told.acting_as.as_ref()?;
        Some(fill(&chrome.t().console_audit_acting, &[("role", role)]))
    }

    pub(super) fn reason(&self, chrome: &Chrome) -> Option<String> {
        let reason = self.told.reason.as_ref().filter(|reason| !reason.is_empty())?;
        Some(fill(&chrome.t().console_audit_because, &[("reason", reason)]))
    }

    /// The first changes, each in a line.
    pub(super) fn changes(&self, chrome: &Chrome) -> Vec<String> {
        let t = chrome.t();
        let line = |change: &Change| {
            let (before, after) = (short(&change.before), short(&change.after));
            fill(&t.console_audit_changed, &[("name", &change.name), ("before", &before), ("after", &after)])
        };
        let mut lines: Vec<String> = self.told.changes.iter().take(FEW).map(line).collect();
        if let Some(more) = self.told.changes.len().checked_sub(FEW).filter(|more| *more > 0) {
            lines.push(fill(&t.console_audit_more_changes, &[("count", &more.to_string())]));
        }
        lines
    }
}

fn short(text: &str) -> String {
    if text.is_empty() {
        return "\u{2205}".to_owned();
    }
    let mut letters = text.chars();
    let mut start: String = letters.by_ref().take(SHORT).collect();
    if letters.next().is_some() {
        start.push('\u{2026}');
    }
    start
}
