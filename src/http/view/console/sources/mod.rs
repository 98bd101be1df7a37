//! Old systems: the list, one of them with what stands in the way of switching it off, and the forms about it.

mod form;
mod one;
mod removal;
mod standing;

pub use form::{SourceForm, SourceProblem};
pub use one::{Came, Reading, SourceDone, SourcePage};
pub use removal::{RemovalProblem, SourceRemoval};
pub use standing::{Named, NamingLine, Standing, UseLine};

use super::Console;
use super::parts::Crumb;
use crate::base::words::Words;
use crate::http::view::chrome::Chrome;
use crate::model::legacy_source::SourceKind;
use askama::Template;

/// What a kind of source is called.
pub fn kind_name(t: &'static Words, kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Oidc => &t.console_sources_oidc,
        SourceKind::Ldap => &t.console_sources_ldap,
        SourceKind::Hashes => &t.console_sources_hashes,
    }
}

/// Whether accounts of a source open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They do.
    Open,
    /// It was stopped.
    Stopped,
    /// Its last day is over.
    Over,
}

/// One source.
#[derive(Debug, Clone)]
pub struct SourceLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What kind of system it is.
    pub kind: SourceKind,
    /// The code of its former province; may be empty.
    pub province: String,
    /// The day as of which its units are read, as shown.
    pub as_of: String,
    /// Its last day, as shown; may be empty.
    pub sunset: String,
    /// Whether its accounts open anything.
    pub state: State,
}

impl SourceLine {
    /// Class, symbol and word of its state.
    fn tag(&self, t: &'static Words) -> (&'static str, &'static str, &'static str) {
        match self.state {
            State::Open => ("ok", "check", &t.console_sources_open),
            State::Stopped => ("warn", "lock", &t.console_sources_stopped),
            State::Over => ("info", "clock", &t.console_sources_over),
        }
    }
}

/// The way to a page about a source.
fn crumbs_to(chrome: &Chrome, source: Option<(&str, &str)>, page: &str) -> Vec<Crumb> {
    let mut crumbs = vec![Crumb::to(&chrome.t().console_sources, "/admin/sources")];
    crumbs.extend(source.map(|(id, name)| Crumb::to(name, &format!("/admin/sources/{id}"))));
    crumbs.push(Crumb::here(page));
    crumbs
}

/// `GET /admin/sources`
#[derive(Debug, Template)]
#[template(path = "pages/console_sources.html")]
pub struct SourcesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// All sources.
    pub lines: Vec<SourceLine>,
    /// The reader may set another one up.
    pub may_add: bool,
}

impl SourcesPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_sources)]
    }

    fn kind(&self, line: &SourceLine) -> &'static str {
        kind_name(self.chrome.t(), line.kind)
    }

    fn tag(&self, line: &SourceLine) -> (&'static str, &'static str, &'static str) {
        line.tag(self.chrome.t())
    }
}
