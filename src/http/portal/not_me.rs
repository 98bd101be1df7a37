//! "This was not me": where the link of a mail leads, and the portal's own button.
//!
//! Opening the page changes nothing, however often and by whatever it is opened.
//! Its form needs no sign-in: the link is proof enough to stop things.

use super::totp::own_form;
use crate::base::date::shown_moment;
use crate::base::words::words;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::not_me::{Doubted, NotMe, NotMeDone, NotMeGone};
use crate::protocol::parameters::Parameters;
use crate::service::notices::{self, Which};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const PATH: &str = "/not-me";
const DONE: &str = "/not-me?done=1";

/// `GET /not-me` with `token`, the link of a mail; with `notice`, one of one's own; with `done`, after it is done.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    if asked.get("done").is_some() {
        return visit.page(StatusCode::OK, &NotMeDone { chrome: visit.chrome() }, None);
    }
    if let Some(token) = asked.get("token") {
        return ask(&visit, Which::Link(token), Doubted::Link(token.to_owned())).await;
    }
    let Some(id) = asked.get("notice") else { return gone(&visit) };
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let person = &account.sign_on.person;
    ask(&visit, Which::Own { person, id }, Doubted::Own(id.to_owned())).await
}

/// `POST /not-me`: the token of a link, from the page that it leads to.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    PATH.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    match form.get("token") {
        Some(token) => disown(&visit, Which::Link(token)).await,
        None => gone(&visit),
    }
}

/// Does it, and says so.
pub(super) async fn disown(visit: &Visit, which: Which<'_>) -> Response {
    match notices::disown(&visit.app.services, which, &visit.origin).await {
        Ok(true) => visit.see_other(DONE),
        Ok(false) => gone(visit),
        Err(failure) => page::failed(visit, &failure),
    }
}

async fn ask(visit: &Visit, which: Which<'_>, doubted: Doubted) -> Response {
    match notices::look(&visit.app.services, which).await {
        Ok(Some(notice)) => {
            let what = notice.kind.said(words(visit.locale)).to_owned();
            let page = NotMe { chrome: visit.chrome(), doubted, what, when: shown_moment(notice.at) };
            visit.page(StatusCode::OK, &page, None)
        }
        Ok(None) => gone(visit),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn gone(visit: &Visit) -> Response {
    visit.page(StatusCode::NOT_FOUND, &NotMeGone { chrome: visit.chrome() }, None)
}
