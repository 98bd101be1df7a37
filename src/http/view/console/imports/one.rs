//! One file: how far it is, what its rows do, and what was just pressed.

use super::words::{column_name, effect_name, kept_name, kept_subject, kind_name, spoken, state_name};
use super::{HERE, KeptLine, RowLine, ShownPost, effect_address};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, Pages, Said, number};
use crate::model::import::{ImportKind, ImportState, RowEffect};
use crate::service::provisioning::imports::Change;
use crate::service::provisioning::imports::look::Leaving;
use askama::Template;

/// What was just pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// The rows are checked next.
    Checking,
    /// It is applied next.
    Applying,
    /// A second person was asked.
    Asked,
    /// It is taken back next.
    Undoing,
    /// It was given up.
    Discarded,
    /// Nothing: somebody else was first, or its time is over.
    NotNow,
}

impl Done {
    const ALL: [Self; 6] = [Self::Checking, Self::Applying, Self::Asked, Self::Undoing, Self::Discarded, Self::NotNow];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Applying => "applying",
            Self::Asked => "asked",
            Self::Undoing => "undoing",
            Self::Discarded => "discarded",
            Self::NotNow => "not-now",
        }
    }

    /// Reads [`Done::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// `GET /admin/imports/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_import.html")]
pub struct ImportPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The file's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is of.
    pub kind: ImportKind,
    /// How far it is.
    pub state: ImportState,
    /// Who sent it.
    pub by: String,
    /// When, as shown.
    pub at: String,
    /// When it was applied, as shown.
    pub applied_at: Option<String>,
    /// When it was taken back, as shown.
    pub undone_at: Option<String>,
    /// Until when it can be taken back, as shown.
    pub undo_until: Option<String>,
    /// Rows that were read so far.
    pub rows_read: i64,
    /// Of those, rows with a mistake.
    pub rows_bad: i64,
    /// All rows, as far as they were counted.
    pub total: i64,
    /// Rows by what they do.
    pub counts: Vec<(RowEffect, i64)>,
    /// The people who lose their last post, and what that takes.
    pub leaving: Leaving,
    /// The rows that are shown: those that do this.
    pub effect: Option<RowEffect>,
    /// Where the reader is among them.
    pub pages: Pages,
    /// Some of them.
    pub rows: Vec<RowLine>,
    /// What was left alone.
    pub kept: Vec<KeptLine>,
    /// How many things that are.
    pub kept_count: i64,
    /// Why it cannot go on, in both languages.
    pub problem: (String, String),
    /// The reader may press something.
    pub may_act: bool,
    /// What was just pressed.
    pub done: Option<Done>,
    /// That in words.
    pub said: Option<Said>,
}

impl ImportPage {
    /// The same with what was just pressed in words, as far as that is so still.
    #[must_use]
    pub fn spoken(mut self) -> Self {
        let t = self.chrome.t();
        self.said = self.done.and_then(|done| match done {
            Done::NotNow => Some(Said { kind: "warn", text: t.console_imports_not_now.clone() }),
            Done::Discarded if self.state == ImportState::Discarded => Some(Said::ok(&t.console_imports_done_discarded)),
            Done::Applying if self.state == ImportState::Applied => Some(Said::ok(&t.console_imports_done_applied)),
            Done::Undoing if self.state == ImportState::Undone => Some(Said::ok(&t.console_imports_done_undone)),
            Done::Asked if self.leaving.request.is_some() => Some(Said::ok(&t.console_imports_done_asked)),
            Done::Checking | Done::Applying | Done::Asked | Done::Undoing | Done::Discarded => None,
        });
        self
    }

    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_imports, HERE), Crumb::here(&self.name)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn kind_name(&self) -> &'static str {
        kind_name(&self.chrome, self.kind)
    }

    fn tag(&self) -> (&'static str, &'static str) {
        state_name(&self.chrome, self.state)
    }

    fn lead(&self) -> String {
        fill(&self.chrome.t().console_imports_sent, &[("by", &self.by), ("at", &self.at)])
    }

    /// Why it cannot go on, or why it is to be looked at again.
    fn trouble(&self) -> Option<String> {
        let said = spoken(&self.chrome, (&self.problem.0, &self.problem.1));
        (!said.is_empty()).then_some(said)
    }

    fn is_at_work(&self) -> bool {
        matches!(self.state, ImportState::Checking | ImportState::Applying | ImportState::Undoing | ImportState::Uploading)
    }

    fn is_checked(&self) -> bool {
        self.may_act && self.state == ImportState::Checked
    }

    fn is_undone(&self) -> bool {
        self.state == ImportState::Undone
    }

    /// Whether how much there is to do is known.
    fn has_end(&self) -> bool {
        self.state == ImportState::Applying && self.total > 0
    }

    fn progress(&self) -> String {
        let t = self.chrome.t();
        let (read, all) = (number(&self.chrome, self.rows_read), number(&self.chrome, self.total));
        match self.state {
            ImportState::Applying if self.total > 0 => fill(&t.console_imports_progress_of, &[("read", &read), ("all", &all)]),
            ImportState::Undoing => t.console_imports_progress_undoing.clone(),
            ImportState::Uploading
            | ImportState::Mapping
            | ImportState::Checking
            | ImportState::Checked
            | ImportState::Applying
            | ImportState::Applied
            | ImportState::Undone
            | ImportState::Failed
            | ImportState::Discarded => fill(&t.console_imports_progress, &[("read", &read)]),
        }
    }

    fn applied_line(&self) -> Option<String> {
        self.applied_at.as_ref().map(|at| fill(&self.chrome.t().console_imports_applied_at, &[("at", at)]))
    }

    fn undone_line(&self) -> Option<String> {
        self.undone_at.as_ref().map(|at| fill(&self.chrome.t().console_imports_undone_at, &[("at", at)]))
    }

    fn undo_line(&self, until: &str) -> String {
        fill(&self.chrome.t().console_imports_undo_until, &[("until", until)])
    }

    /// How many lose their last post, where somebody does.
    fn leaving_line(&self) -> Option<String> {
        let count = number(&self.chrome, i64::try_from(self.leaving.people).unwrap_or(i64::MAX));
        (self.leaving.people > 0).then(|| fill(&self.chrome.t().console_imports_leaving, &[("count", &count)]))
    }

    /// Whether anything would count: a file of mistakes only cannot be applied.
    fn has_good(&self) -> bool {
        self.total > self.rows_bad
    }

    fn bad_line(&self) -> Option<String> {
        let count = number(&self.chrome, self.rows_bad);
        (self.rows_bad > 0).then(|| fill(&self.chrome.t().console_imports_bad_rows, &[("count", &count)]))
    }

    /// Links to rows of each effect, with how many there are: address, words, whether these are shown.
    fn filters(&self) -> Vec<(String, String, bool)> {
        let t = self.chrome.t();
        let words =
            |name: &str, count: i64| fill(&t.console_imports_filter, &[("name", name), ("count", &number(&self.chrome, count))]);
        let all = (effect_address(&self.id, None), words(&t.console_imports_all, self.total), self.effect.is_none());
        let of_effect = |(effect, count): &(RowEffect, i64)| {
            let address = effect_address(&self.id, Some(*effect));
            (address, words(effect_name(&self.chrome, *effect).2, *count), self.effect == Some(*effect))
        };
        std::iter::once(all).chain(self.counts.iter().map(of_effect)).collect()
    }

    fn effect_of(&self, row: &RowLine) -> (&'static str, &'static str, &'static str) {
        effect_name(&self.chrome, row.effect)
    }

    fn change_line(&self, change: &Change) -> String {
        let t = self.chrome.t();
        let column = column_name(&self.chrome, &change.column);
        let sentence = match (change.before.is_empty(), change.after.is_empty()) {
            (true, _) => &t.console_imports_change_new,
            (false, true) => &t.console_imports_change_gone,
            (false, false) => &t.console_imports_change,
        };
        fill(sentence, &[("column", &column), ("before", &change.before), ("after", &change.after)])
    }

    fn post_line(&self, post: &ShownPost) -> String {
        let t = self.chrome.t();
        let place = if post.department.is_empty() { post.unit.clone() } else { format!("{}, {}", post.department, post.unit) };
        let mut values = vec![("title", post.title.as_str()), ("place", place.as_str()), ("from", post.from.as_str())];
        match &post.to {
            Some(to) => {
                values.push(("to", to));
                fill(&t.console_imports_post_until, &values)
            }
            None => fill(&t.console_imports_post, &values),
        }
    }

    fn ended_line(&self, post: &ShownPost) -> String {
        let to = post.to.as_deref().unwrap_or_default();
        let values = [("title", post.title.as_str()), ("place", post.unit.as_str()), ("to", to)];
        fill(&self.chrome.t().console_imports_post_ended, &values)
    }

    fn role_line(&self, role: &(String, String)) -> String {
        fill(&self.chrome.t().console_imports_role_line, &[("client", &role.0), ("role", &role.1)])
    }

    fn message(&self, row: &RowLine) -> String {
        spoken(&self.chrome, (&row.message.0, &row.message.1))
    }

    fn kept_line(&self) -> Option<String> {
        let count = number(&self.chrome, self.kept_count);
        self.is_undone().then(|| match self.kept_count {
            0 => self.chrome.t().console_imports_kept_none.clone(),
            _ => fill(&self.chrome.t().console_imports_kept_lead, &[("count", &count)]),
        })
    }

    fn kept_what(&self, kept: &KeptLine) -> &'static str {
        kept_name(&self.chrome, kept.what)
    }

    fn kept_subject(&self, kept: &KeptLine) -> String {
        kept_subject(&self.chrome, kept.what, &kept.subject)
    }
}
