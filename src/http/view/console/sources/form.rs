//! The form of a source: a new one, and one that is changed.

use super::{crumbs_to, kind_name};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::clients::FormField;
use crate::http::view::console::parts::{Crumb, SelectOption};
use crate::model::legacy_source::SourceKind;
use askama::Template;

/// Why a form was not taken as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceProblem {
    /// It cannot be so, in one sentence.
    Refused(String),
    /// There is a source of this id already.
    Taken,
    /// Somebody else changed it meanwhile.
    Stale,
}

/// `GET /admin/sources/new` and `GET /admin/sources/{id}/edit`
#[derive(Debug, Template)]
#[template(path = "pages/console_source_form.html")]
pub struct SourceForm {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// The id and the name of the source that is changed; nothing for a new one.
    pub changed: Option<(String, String)>,
    /// The version that is changed.
    pub version: i64,
    /// What kind of system it is.
    pub kind: SourceKind,
    /// Its fields.
    pub fields: Vec<FormField>,
    /// What its kind needs, as TOML.
    pub settings: String,
    /// Why these settings cannot be read, in the words of whoever read them.
    pub unread: Option<String>,
    /// A secret is kept already.
    pub has_secret: bool,
    /// What went wrong with the whole.
    pub problem: Option<SourceProblem>,
}

impl SourceForm {
    fn title(&self) -> &'static str {
        let t = self.chrome.t();
        if self.changed.is_some() { &t.console_sources_edit } else { &t.console_sources_new }
    }

    fn crumbs(&self) -> Vec<Crumb> {
        let source = self.changed.as_ref().map(|(id, name)| (id.as_str(), name.as_str()));
        crumbs_to(&self.chrome, source, self.title())
    }

    fn address(&self) -> String {
        match &self.changed {
            Some((id, _)) => format!("/admin/sources/{id}/edit"),
            None => "/admin/sources/new".to_owned(),
        }
    }

    fn back(&self) -> String {
        match &self.changed {
            Some((id, _)) => format!("/admin/sources/{id}"),
            None => "/admin/sources".to_owned(),
        }
    }

    fn kind_name(&self) -> &'static str {
        kind_name(self.chrome.t(), self.kind)
    }

    fn kinds(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let option = |kind: SourceKind| SelectOption {
            value: kind.word().to_owned(),
            label: kind_name(t, kind).to_owned(),
            chosen: kind == self.kind,
        };
        SourceKind::ALL.map(option).to_vec()
    }

    /// A source of this kind may have a secret.
    fn takes_secret(&self) -> bool {
        match self.kind {
            SourceKind::Oidc | SourceKind::Ldap => true,
            // The kind of a new one is still to be chosen.
            SourceKind::Hashes => self.changed.is_none(),
        }
    }

    fn secret_hint(&self) -> &'static str {
        let t = self.chrome.t();
        if self.has_secret { &t.console_sources_secret_kept } else { &t.console_sources_secret_hint }
    }

    /// Each problem with the field that it is in.
    fn problems(&self) -> Vec<(&'static str, String)> {
        let t = self.chrome.t();
        let whole = self.problem.as_ref().map(|problem| match problem {
            SourceProblem::Refused(reason) => ("source-form", fill(&t.console_sources_wrong, &[("reason", reason)])),
            SourceProblem::Taken => ("id", t.console_sources_taken.clone()),
            SourceProblem::Stale => ("source-form", t.console_clients_wrong_stale.clone()),
        });
        let fields = self.fields.iter().filter_map(|field| Some((field.name, field.problem.clone()?)));
        let unread = self.unread.as_ref().map(|_| ("settings", t.console_sources_unread.clone()));
        whole.into_iter().chain(fields).chain(unread).collect()
    }
}
