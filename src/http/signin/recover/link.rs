//! Where a link leads: on to a new password, for whoever has a second factor after one more proof.
//!
//! A GET leaves the link as it is: programs that check mail follow links too.

use super::{over, read};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::passkey::answer_options;
use crate::http::view::passkey::PasskeyProblem;
use crate::http::view::recover::{ProofProblem, RecoverLink};
use crate::protocol::parameters::Parameters;
use crate::service::passkeys::are_on;
use crate::service::passkeys::sign_in::{self, Answer, SignInError};
use crate::service::recovery::{self, Landing, Proven};
use crate::service::{Failure, second_factor};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Codes beside the links of a person are counted by the day.
const AGAIN_SECONDS: i64 = 86_400;

/// `GET /signin/recover/link`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let token = parameters.owned("token").unwrap_or_default();
    match landing(&visit, &token).await {
        Ok(landing) if landing.needs_proof => show(&visit, &token, &landing, None),
        Ok(landing) => go_on(&visit, &landing, Proven::Nothing),
        Err(response) => response,
    }
}

/// `POST /signin/recover/link`: a code of an app, or of the printed sheet.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, token, landing) = match opened(&mut visit, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    if !landing.needs_proof {
        return go_on(&visit, &landing, Proven::Nothing);
    }
    let Some(code) = form.get("code") else { return show(&visit, &token, &landing, Some(ProofProblem::Empty)) };
    match holds(&visit, &landing, code).await {
        Ok(Some(true)) => go_on(&visit, &landing, Proven::Code),
        Ok(Some(false)) => show(&visit, &token, &landing, Some(ProofProblem::Wrong)),
        Ok(None) => show(&visit, &token, &landing, Some(ProofProblem::TooMany)),
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `POST /signin/recover/link/options`
pub async fn options(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    "/signin/recover".clone_into(&mut visit.here);
    if let Err(response) = read(&visit, &headers, body).await {
        return response;
    }
    let begun = sign_in::begin(&visit.app.services, visit.browser(), &visit.origin).await;
    answer_options(&visit, begun)
}

/// `POST /signin/recover/link/passkey`: a passkey of the very person whose link it is.
pub async fn passkey(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, token, landing) = match opened(&mut visit, &headers, body).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    let credential = form.get("credential").unwrap_or_default();
    let answer = Answer { credential, browser: visit.browser(), origin: &visit.origin };
    let problem = match sign_in::sign_in(services, &answer).await {
        Ok(proof) if proof.person == landing.person => return go_on(&visit, &landing, Proven::Passkey),
        Ok(_) => {
            if let Err(failure) = recovery::refused(services, &landing, &visit.origin).await {
                return page::failed(&visit, &failure);
            }
            PasskeyProblem::Refused
        }
        Err(SignInError::Refused | SignInError::Off) => PasskeyProblem::Refused,
        Err(SignInError::Failure(failure)) => return page::failed(&visit, &failure),
    };
    show(&visit, &token, &landing, Some(ProofProblem::Passkey(problem)))
}

/// Reads a form of this page, and what its link leads to.
async fn opened(visit: &mut Visit, headers: &HeaderMap, body: Body) -> Result<(Parameters, String, Landing), Response> {
    "/signin/recover".clone_into(&mut visit.here);
    let form = read(visit, headers, body).await?;
    let token = form.owned("token").unwrap_or_default();
    let landing = landing(visit, &token).await?;
    visit.here = format!("/signin/recover/link?token={token}");
    Ok((form, token, landing))
}

async fn landing(visit: &Visit, token: &str) -> Result<Landing, Response> {
    match recovery::look(&visit.app.services, token).await {
        Ok(Some(landing)) => Ok(landing),
        Ok(None) => Err(over(visit, "")),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

/// Whether a code counts; nothing when too many were tried, and this one was not looked at.
async fn holds(visit: &Visit, landing: &Landing, code: &str) -> Result<Option<bool>, Failure> {
    let services = &visit.app.services;
    if !recovery::reserve_proof(services, landing).await? {
        return Ok(None);
    }
    let right = second_factor::take_own(services, &landing.person, code, &visit.origin).await?;
    if !right {
        recovery::refused(services, landing, &visit.origin).await?;
    }
    Ok(Some(right))
}

/// On to the new password, in this browser.
fn go_on(visit: &Visit, landing: &Landing, proven: Proven) -> Response {
    match landing.ticket(&visit.app.services, proven, visit.browser()) {
        Ok(ticket) => visit.see_other(&super::password::address(&ticket, "")),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn show(visit: &Visit, token: &str, landing: &Landing, problem: Option<ProofProblem>) -> Response {
    let (status, wait) = match problem {
        None => (StatusCode::OK, None),
        Some(ProofProblem::Empty | ProofProblem::Wrong | ProofProblem::Passkey(_)) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(ProofProblem::TooMany) => (StatusCode::TOO_MANY_REQUESTS, Some(AGAIN_SECONDS)),
    };
    let page = RecoverLink {
        chrome: visit.chrome(),
        token: token.to_owned(),
        username: landing.username.clone(),
        codes: landing.codes,
        passkey: landing.passkey && are_on(&visit.app.services),
        problem,
    };
    page::with_wait(visit.page(status, &page, None), wait)
}
