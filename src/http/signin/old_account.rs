//! The password of an old account, and what follows from whose account it is.

use super::password::{enter, show};
use super::{Waiting, place};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::old_accounts::{NotIn, OldAccountPage};
use crate::http::view::password::PasswordError;
use crate::http::view::wait::Wait;
use crate::service::legacy::home;
use crate::service::legacy::sign_in::{self, SignInError};
use crate::service::old_accounts::Leads;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;

/// A password for an account of an old system, from the second step.
pub(super) async fn post(visit: &Visit, waiting: Waiting, source: &str, password: SecretString) -> Response {
    let services = &visit.app.services;
    let source = match home::place(services, source).await {
        Ok(Some(source)) => source,
        // It was closed meanwhile: the other places are still there.
        Ok(None) => return visit.see_other(&format!("/signin/place?request={}", waiting.id)),
        Err(failure) => return page::failed(visit, &failure),
    };
    let username = &waiting.pending.username;
    let tried = sign_in::password(services, &source, username, password, visit.device_cookie(), &visit.origin).await;
    count(&tried);
    let problem = match tried {
        Ok(leads) => return answer(visit, waiting, &source.id, leads).await,
        Err(SignInError::Wrong) => PasswordError::Wrong,
        Err(SignInError::Locked { limit, until, seconds }) => PasswordError::Locked(Wait::new(limit, until, seconds)),
        Err(SignInError::Busy { seconds }) => PasswordError::Busy { seconds },
        Err(SignInError::Down) => PasswordError::Down,
        Err(SignInError::Failure(failure)) => return page::failed(visit, &failure),
    };
    show(visit, &waiting, Some(problem)).await
}

fn count(tried: &Result<Leads, SignInError>) {
    let outcome = match tried {
        Ok(Leads::Person(_)) => "ok",
        Ok(Leads::Undecided) => "undecided",
        Ok(Leads::Nobody) | Err(SignInError::Wrong) => "wrong",
        Err(SignInError::Locked { .. }) => "throttled",
        Err(SignInError::Busy { .. }) => "busy",
        Err(SignInError::Down | SignInError::Failure(_)) => "failed",
    };
    metrics::counter!("motlan_sign_ins_total", "outcome" => outcome).increment(1);
}

/// Goes on with whoever an account leads to: signed on, or on a page that says why not. An account that was never
/// confirmed is shown to its person before anything else opens; the request itself says so when it goes on.
pub(super) async fn answer(visit: &Visit, waiting: Waiting, source: &str, leads: Leads) -> Response {
    let why = match leads {
        Leads::Person(proof) => {
            let shared = waiting.pending.shared;
            let mut response = enter(visit, waiting, proof).await;
            place::keep_home(visit, &mut response, source, shared).await;
            return response;
        }
        Leads::Undecided => NotIn::Undecided,
        Leads::Nobody => NotIn::Nobody,
    };
    let page = OldAccountPage { chrome: visit.chrome(), request: waiting.id.clone(), why };
    visit.page(StatusCode::FORBIDDEN, &page, None)
}
