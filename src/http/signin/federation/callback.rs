//! The way back from another provider: by an address, or by a form that its page posts (OAuth 2.0 Form Post Response
//! Mode). A form from another site brings no cookies, so it is kept for a moment and answered by a redirect that does.

use super::{fits, trouble};
use crate::http::App;
use crate::http::extract::body::{self, BodyProblem};
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::{Waiting, go_on, load, old_account, place};
use crate::http::view::error::ErrorWords;
use crate::model::legacy_source::LegacySource;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use crate::service::legacy::federation::{self, Answer, Arrived, Came};
use crate::service::old_accounts::{self, Leads};
use crate::service::sign_on::{self, Before, Proof, Started};
use crate::service::{Failure, logout};
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

/// The longest state, code and issuer that anybody needs.
const LONGEST: usize = 4_096;

/// How somebody came.
struct Way<'a> {
    /// The source.
    source: &'a LegacySource,
    /// What is noted with their sign-on.
    came: &'a Came,
    /// They were sent to prove themselves anew.
    anew: bool,
}

/// `GET /signin/federation/{source}/callback`
pub async fn get(mut visit: Visit, Path(source): Path<String>, RawQuery(query): RawQuery) -> Response {
    // Not to be come back to: what it holds is used up.
    visit.here = "/signin".to_owned();
    let parameters = match Parameters::decode(query.unwrap_or_default().as_bytes()).checked() {
        Ok(parameters) => parameters,
        Err(fault) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
    };
    let came = match parameters.owned("answer") {
        Some(handle) => Err(handle),
        None => Ok(read(&parameters)),
    };
    let services = visit.app.services.clone();
    let Arrived { request, source: found, leads, anew, came } =
        match federation::answer(&services, &source, came, visit.browser(), &visit.origin).await {
            Ok(arrived) => arrived,
            Err(error) => return trouble(&visit, &source, error).await,
        };
    let named = Parameters::decode(format!("request={request}").as_bytes());
    let waiting = match load(&mut visit, &named).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    match leads {
        Leads::Person(proof) => {
            let shared = waiting.pending.shared;
            let way = Way { source: &found, came: &came, anew };
            let mut response = match own_one(&visit, &proof, &way).await {
                Ok(Some(own)) => keep(&visit, waiting, own).await,
                Ok(None) => enter(&visit, waiting, proof, &way).await,
                Err(failure) => page::failed(&visit, &failure),
            };
            place::keep_home(&visit, &mut response, &found.id, shared).await;
            response
        }
        other @ (Leads::Undecided | Leads::Nobody) => old_account::answer(&visit, waiting, &found.id, other).await,
    }
}

/// `POST /signin/federation/{source}/callback`
///
/// No cookie came along, and none is set: a new one would take from the browser what it waits with. Whatever is wrong is
/// said by the page that it is led to.
pub async fn post(State(app): State<App>, Path(source): Path<String>, request: Request) -> Response {
    // It stands in the address of the answer as it was decoded: no other address is made of it.
    if !fits(&source) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (parts, body) = request.into_parts();
    let answer = match body::page_form(&parts.headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => read(&form),
        Ok(Err(_)) | Err(BodyProblem::WrongType | BodyProblem::TooLarge) => Answer::default(),
        Err(problem @ (BodyProblem::TooSlow | BodyProblem::Broken)) => return problem.status().into_response(),
    };
    let handle = match federation::hold(&app.services, &source, &answer).await {
        Ok(handle) => handle.unwrap_or_default(),
        Err(failure) => {
            tracing::error!(error = %failure, "a posted answer could not be kept");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    match HeaderValue::from_str(&format!("/signin/federation/{source}/callback?answer={handle}")) {
        Ok(location) => (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What came back. What is longer than anything that anybody sends is as if absent.
fn read(parameters: &Parameters) -> Answer {
    let one = |name: &str| parameters.owned(name).filter(|value| value.len() <= LONGEST);
    Answer { state: one("state").unwrap_or_default(), code: one("code"), iss: one("iss"), error: one("error") }
}

/// The sign-on of the same person that stays: any page may lead here, and one's own does not give way to a limited one
/// unasked. Whoever was sent to prove themselves anew did that by hand.
async fn own_one(visit: &Visit, proof: &Proof, way: &Way<'_>) -> Result<Option<Arc<SignOn>>, Failure> {
    if way.anew || sign_on::is_lasting(way.source) {
        return Ok(None);
    }
    let present = visit.sign_on().await?;
    let present = present.filter(|present| present.person == proof.person && !sign_on::continues(present, proof));
    let Some(own) = present else { return Ok(None) };
    let is_limited = old_accounts::is_limited(&visit.app.services, &own).await?;
    Ok(Some(own).filter(|_| !is_limited))
}

/// Goes on with the sign-on that stays. What waits was not signed in for by it, but for the portal, which takes any.
async fn keep(visit: &Visit, mut waiting: Waiting, own: Arc<SignOn>) -> Response {
    let services = &visit.app.services;
    if waiting.pending.request.is_none()
        && let Err(failure) = waiting::signed_in(services, &waiting.id, &mut waiting.pending, own.id.clone()).await
    {
        return page::failed(visit, &failure);
    }
    go_on(visit, waiting, Some(own)).await
}

/// Begins the sign-on as its place allows, notes where it came from, and goes on with what waited.
async fn enter(visit: &Visit, mut waiting: Waiting, mut proof: Proof, way: &Way<'_>) -> Response {
    proof.manner = match place::manner(visit, &waiting, &proof).await {
        Ok(manner) => manner,
        Err(failure) => return page::failed(visit, &failure),
    };
    let started = match begin(visit, proof, way).await {
        Ok(started) => started,
        Err(failure) => return page::failed(visit, &failure),
    };
    if let Err(failure) = sign_in_for(visit, &mut waiting, &started.sign_on, way.anew).await {
        return page::failed(visit, &failure);
    }
    let device = place::note(visit, &started.sign_on, 0).await;
    let mut response = go_on(visit, waiting, Some(Arc::new(started.sign_on))).await;
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    place::keep(visit, &mut response, device);
    response
}

/// What waits was signed in for, unless rules want a sign-in of late for it, and a session that was open elsewhere is none:
/// then the first page comes again, and who is there is known by now.
async fn sign_in_for(visit: &Visit, waiting: &mut Waiting, sign_on: &SignOn, anew: bool) -> Result<(), Failure> {
    let services = &visit.app.services;
    if !anew && waiting.pending.request.is_some() {
        let known = services.person(&sign_on.person).await?;
        let longest = place::demands(visit, waiting, known.as_deref()).await?.max_age_seconds;
        if longest.is_some_and(|seconds| !sign_on.authenticated_within(seconds, services.clock.now())) {
            return Ok(());
        }
    }
    waiting::signed_in(services, &waiting.id, &mut waiting.pending, sign_on.id.clone()).await
}

/// Someone else who was signed on in this browser is signed out everywhere first, and so is the same person who comes
/// through an old system after better proof: what came never joins theirs.
async fn begin(visit: &Visit, proof: Proof, way: &Way<'_>) -> Result<Started, Failure> {
    let services = &visit.app.services;
    let present = visit.sign_on().await?;
    let passing = !sign_on::is_lasting(way.source);
    let gives_way = |present: &SignOn| present.person != proof.person || (passing && !sign_on::continues(present, &proof));
    if let Some(other) = present.as_deref().filter(|present| gives_way(present)) {
        logout::end(services, other, &proof.person.0, &visit.origin).await?;
    }
    let before = match (&present, visit.sign_on_cookie()) {
        (Some(sign_on), Some(cookie)) => Some(Before { sign_on, cookie }),
        _ => None,
    };
    let started = sign_on::start(services, proof, before.as_ref(), &visit.origin).await?;
    // Its cookie has not left yet: a sign-on that a sign-out elsewhere could not find is used by nobody.
    federation::note(services, &started.sign_on.id, way.came).await?;
    Ok(started)
}
