//! Connecting another system, step by step, and the settings that its developers paste.

use super::Console;
use super::clients::{FormField, Shape, crumbs_to, kind_name, wrong_said};
use super::parts::{Crumb, SelectOption};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::model::client::ClientType;
use crate::protocol::scope;
use crate::service::clients::draft::{Draft, Part, Step};
use crate::service::clients::fields::Wrong;
use crate::service::clients::snippets::{Framework, Misfit};
use askama::Template;

/// A step, as the row of steps shows it.
#[derive(Debug, Clone)]
pub struct StepLine {
    /// Its place.
    pub place: usize,
    /// Its name.
    pub name: &'static str,
    /// It is behind.
    pub past: bool,
    /// It is shown.
    pub now: bool,
}

/// A scope that may be asked for.
#[derive(Debug, Clone)]
pub struct ScopeChoice {
    /// Its name.
    pub name: &'static str,
    /// What it tells.
    pub said: &'static str,
    /// Chosen.
    pub chosen: bool,
}

/// `GET /admin/clients/new`
#[derive(Debug, Template)]
#[template(path = "pages/console_client_new.html")]
pub struct ClientNew {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// The step that is shown.
    pub step: Step,
    /// What was typed so far.
    pub draft: Draft,
    /// What is wrong with it.
    pub wrongs: Vec<(Part, Wrong)>,
    /// Why it was not registered as a whole.
    pub refused: Option<String>,
}

impl ClientNew {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, None, &self.chrome.t().console_clients_new)
    }

    fn steps(&self) -> Vec<StepLine> {
        let t = self.chrome.t();
        let name = |step: Step| -> &'static str {
            match step {
                Step::Kind => &t.console_clients_step_kind,
                Step::Addresses => &t.console_clients_step_addresses,
                Step::Rights => &t.console_clients_step_rights,
                Step::Summary => &t.console_clients_step_summary,
            }
        };
        let line = |(place, step): (usize, Step)| StepLine {
            place: place + 1,
            name: name(step),
            past: step < self.step,
            now: step == self.step,
        };
        Step::ALL.into_iter().enumerate().map(line).collect()
    }

    fn title(&self) -> &'static str {
        self.steps().into_iter().find(|line| line.now).map_or("", |line| line.name)
    }

    fn is_kind(&self) -> bool {
        self.step == Step::Kind
    }

    fn is_addresses(&self) -> bool {
        self.step == Step::Addresses
    }

    fn is_rights(&self) -> bool {
        self.step == Step::Rights
    }

    fn is_summary(&self) -> bool {
        self.step == Step::Summary
    }

    /// The step before this one.
    fn back(&self) -> Option<&'static str> {
        Step::ALL.into_iter().rfind(|step| *step < self.step).map(Step::word)
    }

    /// Problems of this step, with the field that each is in.
    fn problems(&self) -> Vec<(&'static str, String)> {
        let t = self.chrome.t();
        let here = self.wrongs.iter().filter(|(part, _)| part.step() == self.step);
        let whole = self.refused.as_ref().map(|reason| fill(&t.console_clients_wrong_refused, &[("reason", reason)]));
        let fields = here.map(|(part, wrong)| (part.word(), wrong_said(t, wrong)));
        whole.map(|said| ("client-form", said)).into_iter().chain(fields).collect()
    }

    fn kinds(&self) -> Vec<SelectOption> {
        let all = [
            ("web", ClientType::Web),
            ("spa", ClientType::Spa),
            ("native", ClientType::Native),
            ("service", ClientType::Service),
        ];
        let option = |(value, kind): (&str, ClientType)| SelectOption {
            value: value.to_owned(),
            label: kind_name(self.chrome.t(), kind).to_owned(),
            chosen: self.draft.kind == kind,
        };
        all.into_iter().map(option).collect()
    }

    fn frameworks(&self) -> Vec<SelectOption> {
        let other = &self.chrome.t().console_clients_framework_other;
        let option = |framework: Framework| SelectOption {
            value: framework.word().to_owned(),
            label: framework.name().map_or_else(|| other.clone(), str::to_owned),
            chosen: self.draft.framework == framework,
        };
        Framework::ALL.into_iter().map(option).collect()
    }

    /// The fields of this step.
    fn fields(&self) -> Vec<FormField> {
        let t = self.chrome.t();
        let draft = &self.draft;
        let path = fill(&t.console_clients_framework_callback, &[("path", draft.framework.callback_path())]);
        let backchannel = match draft.framework.backchannel_path() {
            Some(path) => fill(&t.console_clients_framework_backchannel, &[("path", path)]),
            None => t.console_clients_backchannel_hint.clone(),
        };
        let redirects = format!("{} {path}", t.console_clients_redirect_uris_hint);
        let signed_out = match draft.framework.signed_out_path() {
            Some(path) => {
                let path = fill(&t.console_clients_framework_callback, &[("path", path)]);
                format!("{} {path}", t.console_clients_post_logout_hint)
            }
            None => t.console_clients_post_logout_hint.clone(),
        };
        let hint = |sentence: &String| sentence.clone();
        let all = [
            (Part::Id, &t.console_clients_id, hint(&t.console_clients_id_hint), &draft.id, Shape::Line),
            (Part::Name, &t.console_clients_name, hint(&t.console_clients_name_hint), &draft.name, Shape::Line),
            (
                Part::Description,
                &t.console_clients_description,
                hint(&t.console_clients_description_hint),
                &draft.description,
                Shape::Line,
            ),
            (Part::Contacts, &t.console_clients_contacts, hint(&t.console_clients_contacts_hint), &draft.contacts, Shape::Lines),
            (Part::RedirectUris, &t.console_clients_redirect_uris, redirects, &draft.redirect_uris, Shape::Lines),
            (Part::PostLogout, &t.console_clients_post_logout, signed_out, &draft.post_logout, Shape::Lines),
            (Part::Home, &t.console_clients_home, hint(&t.console_clients_home_hint), &draft.home, Shape::Line),
            (Part::Backchannel, &t.console_clients_backchannel, backchannel, &draft.backchannel, Shape::Line),
            (Part::Roles, &t.console_clients_roles, hint(&t.console_clients_roles_hint), &draft.roles, Shape::Lines),
        ];
        let shown = all.into_iter().filter(|(part, ..)| part.step() == self.step);
        let field = |(part, label, hint, value, shape): (Part, &'static String, String, &String, Shape)| FormField {
            name: part.word(),
            label,
            hint,
            value: value.clone(),
            shape,
            problem: self.wrongs.iter().find(|(wrong, _)| *wrong == part).map(|(_, wrong)| wrong_said(t, wrong)),
        };
        shown.map(field).collect()
    }

    fn scopes(&self) -> Vec<ScopeChoice> {
        let chosen = |name: &str| self.draft.scopes.iter().any(|scope| scope == name);
        let offered = scope::ALL.into_iter().filter(|name| *name != "openid");
        offered.map(|name| ScopeChoice { name, said: self.scope_said(name), chosen: chosen(name) }).collect()
    }

    fn scope_said(&self, name: &str) -> &'static str {
        let t = self.chrome.t();
        match name {
            "profile" => &t.console_clients_scope_profile,
            "email" => &t.console_clients_scope_email,
            "phone" => &t.console_clients_scope_phone,
            "address" => &t.console_clients_scope_address,
            "unit" => &t.console_clients_scope_unit,
            "position" => &t.console_clients_scope_position,
            "positions" => &t.console_clients_scope_positions,
            "roles" => &t.console_clients_scope_roles,
            "legacy" => &t.console_clients_scope_legacy,
            _ => &t.console_clients_scope_offline,
        }
    }

    fn kind(&self) -> &'static str {
        kind_name(self.chrome.t(), self.draft.kind)
    }

    fn framework(&self) -> String {
        self.draft.framework.name().map_or_else(|| self.chrome.t().console_clients_framework_other.clone(), str::to_owned)
    }

    /// All of it, as it would be registered.
    fn summary(&self) -> Vec<(&'static str, String)> {
        let t = self.chrome.t();
        let client = self.draft.client();
        let settings = &client.settings;
        let all = [
            (&t.console_clients_id, client.id.clone()),
            (&t.console_clients_name, client.name.clone()),
            (&t.console_clients_kind, self.kind().to_owned()),
            (&t.console_clients_framework, self.framework()),
            (&t.console_clients_redirect_uris, settings.redirect_uris.join(" ")),
            (&t.console_clients_post_logout, settings.post_logout_redirect_uris.join(" ")),
            (&t.console_clients_home, settings.home_uri.clone().unwrap_or_default()),
            (&t.console_clients_backchannel, settings.backchannel_logout_uri.clone().unwrap_or_default()),
            (&t.console_clients_scopes, settings.scopes.join(" ")),
            (&t.console_clients_roles, settings.roles.join(", ")),
            (&t.console_clients_auth, settings.auth_method.as_str().to_owned()),
            (&t.console_clients_id_token_alg, settings.id_token_alg.as_str().to_owned()),
            (&t.console_clients_contacts, settings.contacts.join(", ")),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value)).collect()
    }

    /// What was typed in other steps goes along unseen.
    fn carried(&self) -> Vec<(String, String)> {
        self.typed().into_iter().filter(|(step, ..)| *step != self.step).map(|(_, name, value)| (name, value)).collect()
    }

    /// The same with what was typed in this one, for the way back.
    fn all(&self) -> Vec<(String, String)> {
        self.typed().into_iter().map(|(_, name, value)| (name, value)).collect()
    }

    fn typed(&self) -> Vec<(Step, String, String)> {
        let draft = &self.draft;
        let flag = |on: bool| if on { "1".to_owned() } else { String::new() };
        let kind = match draft.kind {
            ClientType::Web => "web",
            ClientType::Spa => "spa",
            ClientType::Native => "native",
            ClientType::Service => "service",
        };
        let mut all: Vec<(Step, String, String)> = [
            (Part::Id, &draft.id),
            (Part::Name, &draft.name),
            (Part::Description, &draft.description),
            (Part::Contacts, &draft.contacts),
            (Part::RedirectUris, &draft.redirect_uris),
            (Part::PostLogout, &draft.post_logout),
            (Part::Home, &draft.home),
            (Part::Backchannel, &draft.backchannel),
            (Part::Roles, &draft.roles),
        ]
        .map(|(part, value)| (part.step(), part.word().to_owned(), value.clone()))
        .into();
        all.push((Step::Kind, "kind".to_owned(), kind.to_owned()));
        all.push((Step::Kind, "framework".to_owned(), draft.framework.word().to_owned()));
        all.push((Step::Rights, "third_party".to_owned(), flag(draft.third_party)));
        all.push((Step::Rights, "two_factors".to_owned(), flag(draft.two_factors)));
        all.push((Step::Rights, "rights".to_owned(), "1".to_owned()));
        all.extend(draft.scopes.iter().map(|scope| (Step::Rights, format!("scope_{scope}"), "1".to_owned())));
        all.retain(|(_, _, value)| !value.is_empty());
        all
    }
}

/// A library, as the row of tabs shows it.
#[derive(Debug, Clone)]
pub struct FrameworkTab {
    /// Its word.
    pub word: &'static str,
    /// Its name.
    pub name: String,
    /// It is shown.
    pub now: bool,
}

/// `GET /admin/clients/{id}/settings`
#[derive(Debug, Template)]
#[template(path = "pages/console_client_settings.html")]
pub struct ClientSnippets {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The library that is shown.
    pub framework: Framework,
    /// The text.
    pub text: String,
    /// What does not fit.
    pub misfits: Vec<Misfit>,
}

impl ClientSnippets {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, Some((self.id.as_str(), self.name.as_str())), &self.chrome.t().console_clients_settings)
    }

    fn tabs(&self) -> Vec<FrameworkTab> {
        let other = &self.chrome.t().console_clients_framework_other;
        let tab = |framework: Framework| FrameworkTab {
            word: framework.word(),
            name: framework.name().map_or_else(|| other.clone(), str::to_owned),
            now: framework == self.framework,
        };
        Framework::ALL.into_iter().map(tab).collect()
    }

    /// What does not fit, in sentences.
    fn unfit(&self) -> Vec<&'static str> {
        let t = self.chrome.t();
        let said = |misfit: &Misfit| match misfit {
            Misfit::NoSecret => t.console_clients_misfit_keys.as_str(),
            Misfit::SecretInHeader => t.console_clients_misfit_header.as_str(),
            Misfit::Algorithm => t.console_clients_misfit_algorithm.as_str(),
            Misfit::SignedOut => t.console_clients_misfit_signed_out.as_str(),
        };
        self.misfits.iter().map(said).collect()
    }
}
