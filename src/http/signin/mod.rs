//! Sign-in pages, one step a file: name, password, position, consent.
//!
//! Each step loads the waiting request, does one thing, and hands it back to
//! the authorization capability, which says what comes next.

pub mod choose_source;
pub mod confirm;
pub mod consent;
pub mod federation;
pub mod name;
pub mod new_password;
pub mod old_account;
pub mod own_way;
pub mod passkey;
pub mod passkey_step;
pub mod password;
mod place;
pub mod position;
pub mod recover;
pub mod refused;
pub mod resume;
pub mod second_factor;

use super::extract::body;
use super::extract::visit::Visit;
use super::reject::page;
use super::view::client::{ClientLink, ForClient, LinkAbout};
use super::view::error::ErrorWords;
use super::view::form_post::FormPost;
use crate::model::client::{ClientSettings, Departure};
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::protocol::redirect_uri::{host, origin_or_scheme};
use crate::service::authorization::{Outcome, Pending, Step, resume, waiting};
use crate::service::registration::logo;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// What a step works on.
pub(super) struct Waiting {
    /// The waiting request's id.
    pub id: String,
    /// The waiting request.
    pub pending: Pending,
    /// The name of the system that asks; empty for the portal.
    pub client_name: String,
    /// The address of our own copy of its picture.
    pub client_logo: Option<String>,
    /// It registered itself.
    unchecked: bool,
    /// What the system says about itself.
    client_links: Vec<ClientLink>,
}

impl Waiting {
    /// For `form-action`: where this step's form may end up.
    pub fn leads_to(&self) -> Option<String> {
        self.pending.destination.as_ref().map(crate::model::client::Destination::origin_or_scheme)
    }

    /// The system that asks, as the first pages name it.
    pub fn for_client(&self) -> ForClient {
        let host = self.leads_to().filter(|_| self.unchecked);
        ForClient { name: self.client_name.clone(), logo: self.client_logo.clone(), host, links: self.client_links.clone() }
    }
}

/// Loads the waiting request that the query or form names.
pub(super) async fn load(visit: &mut Visit, parameters: &Parameters) -> Result<Waiting, Response> {
    let services = visit.app.services.clone();
    let id = parameters.owned("request").unwrap_or_default();
    let found = match waiting::find(&services, &id, visit.browser()).await {
        Ok(found) => found,
        Err(failure) => return Err(page::failed(visit, &failure)),
    };
    let Some(pending) = found else {
        return Err(page::show(visit, ErrorWords::Expired, None, "the waiting request is over, or began in another browser"));
    };
    let mut waiting =
        Waiting { id, pending, client_name: String::new(), client_logo: None, unchecked: false, client_links: Vec::new() };
    if let Some(request) = &waiting.pending.request {
        visit.wish_locale(request.ui_locales.as_deref());
        match services.client(&request.client_id).await {
            Ok(Some(client)) => {
                waiting.client_name.clone_from(&client.name);
                waiting.client_logo = client.settings.logo_uri.as_ref().map(|_| logo::path(&client.id));
                waiting.unchecked = client.settings.dynamic;
                waiting.client_links = links(&client.settings);
            }
            Ok(None) => return Err(page::show(visit, ErrorWords::UnknownClient, None, "the client was switched off")),
            Err(error) => return Err(page::failed(visit, &error.into())),
        }
    }
    Ok(waiting)
}

/// The pages that a system says are its own.
fn links(settings: &ClientSettings) -> Vec<ClientLink> {
    let named = [
        (LinkAbout::Site, &settings.client_uri),
        (LinkAbout::Policy, &settings.policy_uri),
        (LinkAbout::Terms, &settings.tos_uri),
    ];
    let link = |(about, url): (LinkAbout, &Option<String>)| {
        let url = url.clone().filter(|url| url.starts_with("https://"))?;
        Some(ClientLink { about, host: host(&url), url })
    };
    named.into_iter().filter_map(link).collect()
}

/// Reads a step's own form: from this browser, from one of our pages. Cancel is handled here, for every step.
pub(super) async fn read_form(visit: &mut Visit, headers: &HeaderMap, body: Body) -> Result<(Parameters, Waiting), Response> {
    let form = match body::page_form(headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return Err(page::show(visit, ErrorWords::BadRequest, None, &fault.to_string())),
        Err(problem) => return Err(page::unread(visit, problem)),
    };
    if !visit.is_own_form(&form) {
        return Err(page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser"));
    }
    let waiting = load(visit, &form).await?;
    if form.get("decision") == Some("deny") {
        return Err(match waiting::cancel(&visit.app.services, &waiting.id, &waiting.pending).await {
            Ok(outcome) => answer(visit, outcome),
            Err(failure) => page::failed(visit, &failure),
        });
    }
    Ok((form, waiting))
}

/// The open sign-on of a step that needs one; without it the first step comes again.
pub(super) async fn signed_on(visit: &Visit, waiting: &Waiting) -> Result<Arc<SignOn>, Response> {
    match visit.sign_on().await {
        Ok(Some(sign_on)) => Ok(sign_on),
        Ok(None) => Err(visit.see_other(&address(Step::SignIn, &waiting.id))),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

/// Hands a request back and answers with what comes next.
pub(super) async fn go_on(visit: &Visit, waiting: Waiting, sign_on: Option<Arc<SignOn>>) -> Response {
    let outcome = resume(&visit.app.services, &waiting.id, waiting.pending, &visit.visitor(sign_on)).await;
    match outcome {
        Ok(outcome) => answer(visit, outcome),
        Err(error) => page::authorization(visit, &error),
    }
}

/// The address of a step.
pub(super) fn address(step: Step, id: &str) -> String {
    let path = match step {
        Step::SignIn => "/signin",
        Step::SecondFactor => "/signin/second-factor",
        Step::Passkey => "/signin/second-factor/passkey",
        Step::NewPassword => "/signin/new-password",
        Step::Enrolment => "/welcome",
        Step::Confirm => "/signin/confirm",
        Step::OwnWay => "/signin/own-way",
        Step::Position => "/signin/position",
        Step::Refused => "/signin/refused",
        Step::Consent => "/signin/consent",
    };
    format!("{path}?request={id}")
}

/// Turns an outcome into an answer.
pub(super) fn answer(visit: &Visit, outcome: Outcome) -> Response {
    match outcome {
        Outcome::Depart(Departure::Redirect(location)) => visit.see_other(&location),
        Outcome::Depart(Departure::FormPost { action, fields }) => {
            let leads_to = origin_or_scheme(&action);
            let page = FormPost { chrome: visit.chrome(), action, fields, client_name: String::new() };
            visit.page(StatusCode::OK, &page, Some(&leads_to))
        }
        Outcome::Show(id, step) => visit.see_other(&address(step, &id)),
        Outcome::Portal(page) => visit.see_other(page.as_deref().unwrap_or("/")),
    }
}
