//! The account's authenticator app: added by a code, removed behind a page that asks.

use crate::base::date::shown_moment;
use crate::base::words::words;
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::qr::Drawing;
use crate::http::view::totp::{AddTotp, RemoveTotp, TotpError, TotpInUse};
use crate::protocol::parameters::Parameters;
use crate::service::second_factor::totp::{self, App, EnrolError, Label, Offer};
use crate::service::sign_on::Started;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const PATH: &str = "/account/methods/totp";
/// The list of methods, which tells that one was removed.
const REMOVED: &str = "/account/methods?done=removed";

/// `GET /account/methods/totp`; with `remove` the page that asks before removing.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let remove = Parameters::decode(query.unwrap_or_default().as_bytes()).get("remove").is_some();
    match visit.fresh_account().await {
        Ok(account) => show(&visit, &account, remove, None).await,
        Err(response) => response,
    }
}

/// `POST /account/methods/totp`: the first code of an app, or `decision=remove`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    PATH.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let account = match visit.fresh_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    if form.get("decision") == Some("remove") {
        return match totp::remove(services, &account.sign_on.person, &visit.origin).await {
            Ok(_) => visit.see_other(REMOVED),
            Err(failure) => page::failed(&visit, &failure),
        };
    }
    let Some(code) = form.get("code") else { return show(&visit, &account, false, Some(TotpError::Empty)).await };
    match totp::confirm(services, &account.before(), code, &visit.origin).await {
        Ok(started) => added(&visit, &started),
        // Whatever there is now is shown.
        Err(EnrolError::NotOffered) => visit.see_other(PATH),
        Err(EnrolError::Wrong) => show(&visit, &account, false, Some(TotpError::Wrong)).await,
        Err(EnrolError::Astray) => show(&visit, &account, false, Some(TotpError::Astray)).await,
        Err(EnrolError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// Reads a form of the account's pages: from this browser, from one of our pages.
pub(super) async fn own_form(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Parameters, Response> {
    let form = match body::page_form(headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return Err(page::show(visit, ErrorWords::BadRequest, None, &fault.to_string())),
        Err(problem) => return Err(page::unread(visit, problem)),
    };
    if visit.is_own_form(&form) {
        Ok(form)
    } else {
        Err(page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser"))
    }
}

/// The sign-on has another cookie since it has another factor.
fn added(visit: &Visit, started: &Started) -> Response {
    let mut response = visit.see_other(PATH);
    visit.set_cookie(&mut response, Cookie::SignOn, &started.cookie, None);
    response
}

async fn show(visit: &Visit, account: &Account, remove: bool, error: Option<TotpError>) -> Response {
    let person = &account.person.person;
    let label = Label { issuer: &words(visit.locale).product, account: &person.username };
    match totp::look(&visit.app.services, &account.before(), label).await {
        Ok(App::Enrolled { .. }) if remove => visit.page(StatusCode::OK, &RemoveTotp { chrome: visit.chrome() }, None),
        Ok(App::Enrolled { since, used_at }) => {
            let page = TotpInUse {
                chrome: visit.chrome(),
                since: shown_moment(since),
                used_at: used_at.map(shown_moment),
                has_recovery_codes: account.person.methods.recovery_codes > 0,
            };
            visit.page(StatusCode::OK, &page, None)
        }
        Ok(App::Offered(offer)) => add(visit, &person.username, offer, error),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn add(visit: &Visit, username: &str, offer: Offer, error: Option<TotpError>) -> Response {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AddTotp {
        chrome: visit.chrome(),
        username: username.to_owned(),
        drawing: Drawing::of(&offer.uri),
        secret: offer.secret,
        uri: offer.uri,
        error,
    };
    visit.page(status, &page, None)
}
