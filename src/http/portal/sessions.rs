//! Ending one's own sessions, one or all, and forgetting one's own devices.

use super::methods::{place, show};
use crate::base::id::SignOnId;
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::oidc::end_session;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::methods::{Done, EndSessions};
use crate::model::device::Device;
use crate::protocol::parameters::Parameters;
use crate::service::devices;
use crate::service::logout::sessions::{self, SessionError};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const LIST: &str = "/account/methods";

/// `GET /account/sessions`; with `end=all` the question before all of them end.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    if asked.get("end") == Some("all") { ask(&visit, &account).await } else { show(&visit, &account, None).await }
}

async fn ask(visit: &Visit, account: &Account) -> Response {
    let open = match sessions::list_of(&visit.app.services, &account.sign_on.person).await {
        Ok(open) => open,
        Err(failure) => return page::failed(visit, &failure),
    };
    let others = open.into_iter().filter(|session| session.id != account.sign_on.id);
    let others = others.map(|session| (Device::from_words(&session.device), place(visit, &session.address))).collect();
    visit.page(StatusCode::OK, &EndSessions { chrome: visit.chrome(), others }, None)
}

/// `POST /account/sessions`: one `session`, one `device`, or `act=others` and `act=all`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    LIST.clone_into(&mut visit.here);
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let form = match body::page_form(&headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
        Err(problem) => return page::unread(&visit, problem),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    match (form.get("session"), form.get("device"), form.get("act")) {
        (Some(id), ..) => end_one(&visit, &account, id).await,
        (None, Some(id), _) => forget(&visit, &account, id).await,
        (None, None, Some("others")) => end_others(&visit, &account).await,
        (None, None, Some("all")) => end_all(&visit, &account).await,
        (None, None, _) => page::show(&visit, ErrorWords::BadRequest, None, "act is others or all"),
    }
}

async fn end_one(visit: &Visit, account: &Account, id: &str) -> Response {
    let id = SignOnId(id.to_owned());
    match sessions::end_own(&visit.app.services, &account.sign_on.person, &id, &visit.origin).await {
        Ok(_) => see_list(visit, Done::SessionEnded),
        // It was never theirs, or is gone: the list shows what there is.
        Err(SessionError::UnknownSession | SessionError::UnknownPerson) => visit.see_other(LIST),
        Err(SessionError::Failure(failure)) => page::failed(visit, &failure),
    }
}

async fn end_others(visit: &Visit, account: &Account) -> Response {
    match sessions::end_own_others(&visit.app.services, &account.sign_on, &visit.origin).await {
        Ok(_) => see_list(visit, Done::OthersEnded),
        Err(failure) => page::failed(visit, &failure),
    }
}

/// This session too: the page after it tells how each of its systems was left.
async fn end_all(visit: &Visit, account: &Account) -> Response {
    match sessions::end_own_all(&visit.app.services, &account.sign_on.person, &visit.origin).await {
        Ok(_) => end_session::left(visit, &account.sign_on).await,
        Err(failure) => page::failed(visit, &failure),
    }
}

async fn forget(visit: &Visit, account: &Account, id: &str) -> Response {
    match devices::forget(&visit.app.services, &account.sign_on.person, id, &visit.origin).await {
        Ok(true) => see_list(visit, Done::DeviceForgotten),
        Ok(false) => visit.see_other(LIST),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn see_list(visit: &Visit, done: Done) -> Response {
    visit.see_other(&format!("{LIST}?done={}", done.word()))
}
