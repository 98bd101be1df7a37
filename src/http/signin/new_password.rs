//! The step between a temporary password and anything else: one of one's own.
//!
//! The temporary password was typed for this very request a moment ago, so it
//! is not asked for again; a sign-on that stands open since earlier is not
//! enough, and its person types it once more.

use super::{Waiting, address, go_on, load, read_form, signed_on};
use crate::base::date::vietnam_date;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::new_password::NewPassword;
use crate::http::view::password_rules::{PasswordRules, Tried};
use crate::model::methods::{Duty, Missing};
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::Step;
use crate::service::known::KnownPerson;
use crate::service::notices;
use crate::service::passwords::{ChangeError, Unfit, replace_temporary};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

/// How long the temporary password counts as just typed.
const FRESH_SECONDS: i64 = 600;

/// `GET /signin/new-password`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    let (sign_on, known) = match entitled(&visit, &waiting).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    if known.must_change_password(vietnam_date(visit.app.services.clock.now())) {
        show(&visit, &waiting, &known, None)
    } else {
        go_on(&visit, waiting, Some(sign_on)).await
    }
}

/// `POST /signin/new-password`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, waiting) = match read_form(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    visit.here = address(Step::NewPassword, &waiting.id);
    let (sign_on, known) = match entitled(&visit, &waiting).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(password) = form.owned("password") else {
        return show(&visit, &waiting, &known, Some(Tried { empty: true, ..Tried::default() }));
    };
    let tried = match replace_temporary(&visit.app.services, &sign_on, password.into(), &visit.origin).await {
        Ok(_) => return go_on(&visit, waiting, Some(sign_on)).await,
        Err(ChangeError::Unfit(Unfit { wrong_current: _, complaints, used_before })) => {
            Tried { complaints, used_before, ..Tried::default() }
        }
        Err(ChangeError::Busy { seconds }) => Tried { busy: Some(seconds), ..Tried::default() },
        Err(ChangeError::Overtaken) => return changed_elsewhere(&visit, &waiting, &known),
        Err(ChangeError::NoPassword | ChangeError::Locked { .. }) => {
            return visit.see_other(&address(Step::SignIn, &waiting.id));
        }
        Err(ChangeError::Failure(failure)) => return page::failed(&visit, &failure),
    };
    show(&visit, &waiting, &known, Some(tried))
}

/// Whoever typed their password for this very request a moment ago; others begin again.
async fn entitled(visit: &Visit, waiting: &Waiting) -> Result<(Arc<SignOn>, Arc<KnownPerson>), Response> {
    let sign_on = signed_on(visit, waiting).await?;
    let services = &visit.app.services;
    let known = services.person(&sign_on.person).await.map_err(|error| page::failed(visit, &error.into()))?;
    let for_this = waiting.pending.signed_in.as_ref() == Some(&sign_on.id);
    let fresh = for_this && sign_on.authenticated_within(FRESH_SECONDS, services.clock.now());
    if sign_on.legacy.is_some() {
        // An old system said who they are: the temporary password was not typed.
        return Err(visit.see_other(&address(Step::OwnWay, &waiting.id)));
    }
    match known {
        // A temporary password alone changes nothing where a second factor guards the account.
        Some(known) if known.methods.missing(sign_on.level, Duty::Own) == Some(Missing::SecondFactor) => {
            Err(visit.see_other(&address(Step::SecondFactor, &waiting.id)))
        }
        Some(known) if fresh => match notices::are_locked(services, &sign_on.person).await {
            Ok(false) => Ok((sign_on, known)),
            Ok(true) => Err(page::show(visit, ErrorWords::ChangesLocked, None, "changes of this account are locked")),
            Err(failure) => Err(page::failed(visit, &failure)),
        },
        Some(_) | None => Err(visit.see_other(&address(Step::SignIn, &waiting.id))),
    }
}

fn show(visit: &Visit, waiting: &Waiting, known: &KnownPerson, tried: Option<Tried>) -> Response {
    let wait = tried.as_ref().and_then(|tried| tried.busy);
    let status = match (&tried, wait) {
        (None, _) => StatusCode::OK,
        (Some(_), None) => StatusCode::UNPROCESSABLE_ENTITY,
        (Some(_), Some(_)) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = visit.page(status, &view(visit, waiting, known, tried), waiting.leads_to().as_deref());
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Another window, or an operator, was first: nothing of this one was taken.
fn changed_elsewhere(visit: &Visit, waiting: &Waiting, known: &KnownPerson) -> Response {
    let page = NewPassword { changed_elsewhere: true, ..view(visit, waiting, known, None) };
    visit.page(StatusCode::CONFLICT, &page, waiting.leads_to().as_deref())
}

fn view(visit: &Visit, waiting: &Waiting, known: &KnownPerson, tried: Option<Tried>) -> NewPassword {
    NewPassword {
        chrome: visit.chrome(),
        request: waiting.id.clone(),
        username: known.person.username.clone(),
        rules: PasswordRules { policy: visit.app.services.settings.password_policy, tried },
        expired: !known.methods.must_change_password,
        changed_elsewhere: false,
    }
}
