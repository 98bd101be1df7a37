//! The first page of the way back: a link by e-mail, or on to the code of an administrator.

use super::{LONGEST_NAME, read, request_of, with_request};
use crate::base::text::{has_control, nfc};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::recover::{NameProblem, RecoverSent, RecoverStart};
use crate::protocol::parameters::Parameters;
use crate::service::{mails, recovery};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const PATH: &str = "/signin/recover";
/// Links of a network are counted by the hour.
const AGAIN_SECONDS: i64 = 3_600;

/// `GET /signin/recover`; with `sent`, the answer to every name.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let request = request_of(&parameters);
    if parameters.get("sent").is_some() {
        let page = RecoverSent { chrome: visit.chrome(), request, minutes: recovery::LINK_MINUTES };
        return visit.page(StatusCode::OK, &page, None);
    }
    show(&visit, request, String::new(), None)
}

/// `POST /signin/recover`: the same answer, as soon, for every name. The link is made beside it.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let form = match read(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let request = request_of(&form);
    visit.here = with_request(PATH, &request);
    let username = nfc(form.get("username").unwrap_or_default());
    if username.is_empty() {
        return show(&visit, request, username, Some(NameProblem::Empty));
    }
    if username.chars().count() > LONGEST_NAME || has_control(&username) {
        return show(&visit, request, String::new(), Some(NameProblem::TooLong));
    }
    if !mails::are_on(&visit.app.services) {
        return visit.see_other(&visit.here);
    }
    match recovery::admit(&visit.app.services, &visit.origin).await {
        Ok(true) => {}
        Ok(false) => {
            let response = page::show(&visit, ErrorWords::TooMany, None, "too many links are asked for from this network");
            return page::with_wait(response, Some(AGAIN_SECONDS));
        }
        Err(failure) => return page::failed(&visit, &failure),
    }
    send(&visit, username);
    visit.see_other(&with_request(&format!("{PATH}?sent=1"), &request))
}

/// Nobody waits for the link: how long it takes would tell whether somebody has the name.
fn send(visit: &Visit, username: String) {
    let (services, origin) = (visit.app.services.clone(), visit.origin.clone());
    tokio::spawn(async move {
        if let Err(error) = recovery::send(&services, &username, &origin).await {
            tracing::error!(request.id = %origin.request_id, %error, "a link back was not sent");
        }
    });
}

fn show(visit: &Visit, request: String, username: String, problem: Option<NameProblem>) -> Response {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let by_mail = mails::are_on(&visit.app.services);
    let page = RecoverStart { chrome: visit.chrome(), request, by_mail, username, problem };
    visit.page(status, &page, None)
}
