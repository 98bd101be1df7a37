//! The switch of positions: in which post a person acts from now on, at every system.

use super::home::{self, Asked, SWITCHED};
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::protocol::parameters::Parameters;
use crate::service::account::positions;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;

/// `POST /account/position`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    // Whoever has to sign in first comes back to the page that has the form.
    visit.here = "/".to_owned();
    let form = match body::page_form(&headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
        Err(problem) => return page::unread(&visit, problem),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    let account = match visit.own_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let chosen = form.get("position").unwrap_or_default();
    match positions::switch(&visit.app.services, &account.sign_on, chosen).await {
        Ok(true) => visit.see_other(SWITCHED),
        // None was chosen, or one that is over since the page was opened.
        Ok(false) => home::answer(&visit, Asked { missing: true, ..Asked::default() }).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}
