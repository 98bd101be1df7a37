//! What the portal tells of one's own account, and what one says to it: "it was me", or "it was not me".

use super::methods::place;
use super::not_me;
use super::totp::own_form;
use crate::base::date::shown_moment;
use crate::base::id::PersonId;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::notices::NoticeLine;
use crate::service::Failure;
use crate::service::notices::{self, Which};
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;

const HOME: &str = "/";

/// What a person has said nothing to yet, for `parts/notices.html`.
pub async fn lines(visit: &Visit, person: &PersonId) -> Result<Vec<NoticeLine>, Failure> {
    let chrome = visit.chrome();
    let open = notices::list(&visit.app.services, person).await?;
    let line = |notice: notices::Notice| {
        let from = place(visit, &notice.address);
        NoticeLine::new(&chrome, notice.id, notice.kind, shown_moment(notice.at), (notice.device, &from))
    };
    Ok(open.into_iter().map(line).collect())
}

/// `POST /account/notices`: `act=mine` for all up to a notice, `act=not-mine` for one.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HOME.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let person = &account.sign_on.person;
    let (Some(id), Some(act)) = (form.get("notice"), form.get("act")) else {
        return page::show(&visit, ErrorWords::BadRequest, None, "notice and act are missing");
    };
    let services = &visit.app.services;
    match act {
        "mine" => match notices::mark_seen(services, person, id).await {
            Ok(_) => visit.see_other(HOME),
            Err(failure) => page::failed(&visit, &failure),
        },
        "not-mine" => not_me::disown(&visit, Which::Own { person, id }).await,
        _ => page::show(&visit, ErrorWords::BadRequest, None, "act is mine or not-mine"),
    }
}
