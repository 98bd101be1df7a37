//! The last page of the way back: a new password. Only here is the way used up, and the person signed on.

use super::{over, read, request_of, with_request};
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::place;
use crate::http::view::password_rules::{PasswordRules, Tried};
use crate::http::view::recover::RecoverPassword;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use crate::service::recovery::{self, Done, FinishError, New, Ticket};
use crate::service::sign_on::{self, Proof, Started};
use crate::service::{Failure, logout};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const PATH: &str = "/signin/recover/password";

/// Where a ticket leads.
pub(super) fn address(ticket: &str, request: &str) -> String {
    with_request(&format!("{PATH}?ticket={ticket}"), request)
}

/// What a page is shown for.
struct Step {
    /// The ticket as the browser keeps it.
    ticket: String,
    /// The sign-in that waits.
    request: String,
    username: String,
    shared: bool,
}

/// `GET /signin/recover/password`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match step(&visit, &parameters).await {
        Ok((step, _)) => show(&visit, step, None),
        Err(response) => response,
    }
}

/// `POST /signin/recover/password`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    "/signin/recover".clone_into(&mut visit.here);
    let form = match read(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let (step, ticket) = match step(&visit, &form).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    visit.here = address(&step.ticket, &step.request);
    let Some(password) = form.owned("password") else {
        return show(&visit, step, Some(Tried { empty: true, ..Tried::default() }));
    };
    let new = New { password: password.into(), shared: step.shared };
    match recovery::finish(&visit.app.services, &ticket, new, &visit.origin).await {
        Ok(done) => enter(&visit, &step.request, done).await,
        Err(FinishError::Over) => over(&visit, &step.request),
        Err(FinishError::Unfit { complaints, used_before }) => {
            show(&visit, step, Some(Tried { complaints, used_before, ..Tried::default() }))
        }
        Err(FinishError::Busy { seconds }) => show(&visit, step, Some(Tried { busy: Some(seconds), ..Tried::default() })),
        Err(FinishError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// Reads the ticket; whoever has none that counts in this browser sees that it is over.
async fn step(visit: &Visit, parameters: &Parameters) -> Result<(Step, Ticket), Response> {
    let services = &visit.app.services;
    let request = request_of(parameters);
    let text = parameters.owned("ticket").unwrap_or_default();
    let ticket = match Ticket::open(services, visit.browser(), &text) {
        Ok(Some(ticket)) => ticket,
        Ok(None) => return Err(over(visit, &request)),
        Err(failure) => return Err(page::failed(visit, &failure)),
    };
    match recovery::who(services, &ticket).await {
        Ok(Some(username)) => {
            let shared = place::is_shared(parameters);
            Ok((Step { ticket: text, request, username, shared }, ticket))
        }
        Ok(None) => Err(over(visit, &request)),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

/// Signs the person on, and leads them to what waited: new second factors first, where those before are gone.
async fn enter(visit: &Visit, request: &str, done: Done) -> Response {
    let started = match begin(visit, request, done.proof).await {
        Ok(started) => started,
        Err(failure) => return page::failed(visit, &failure),
    };
    let next = match (done.begins_anew, request.is_empty()) {
        (true, _) => with_request("/welcome", request),
        (false, true) => "/".to_owned(),
        (false, false) => with_request("/signin/continue", request),
    };
    let known_by = place::note(visit, &started.sign_on, 0).await;
    let mut response = visit.see_other(&next);
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    place::keep(visit, &mut response, known_by);
    response
}

/// Someone else who was signed on in this browser is signed out everywhere first. The person's own sign-ons ended with
/// the old password.
async fn begin(visit: &Visit, request: &str, proof: Proof) -> Result<Started, Failure> {
    let services = &visit.app.services;
    if let Some(other) = visit.sign_on().await?.filter(|present| present.person != proof.person) {
        logout::end(services, &other, &proof.person.0, &visit.origin).await?;
    }
    let started = sign_on::start(services, proof, None, &visit.origin).await?;
    if let Some(mut pending) = waiting::find(services, request, visit.browser()).await? {
        waiting::signed_in(services, request, &mut pending, started.sign_on.id.clone()).await?;
    }
    Ok(started)
}

fn show(visit: &Visit, step: Step, tried: Option<Tried>) -> Response {
    let wait = tried.as_ref().and_then(|tried| tried.busy);
    let status = match (&tried, wait) {
        (None, _) => StatusCode::OK,
        (Some(_), None) => StatusCode::UNPROCESSABLE_ENTITY,
        (Some(_), Some(_)) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let page = RecoverPassword {
        chrome: visit.chrome(),
        ticket: step.ticket,
        request: step.request,
        username: step.username,
        shared: step.shared,
        rules: PasswordRules { policy: visit.app.services.settings.password_policy, tried },
    };
    page::with_wait(visit.page(status, &page, None), wait.map(i64::from))
}
