//! Removing an old system: what goes, what stays, and the request to a second person.

use super::{address, reason, seen};
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::sources::{RemovalProblem, SourceRemoval};
use crate::model::authority::RemoveSource;
use crate::model::legacy_source::is_source_id;
use crate::service::authority::City;
use crate::service::legacy::retirement;
use crate::service::legacy::sources::SourceError;
use crate::service::legacy::sources::console;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/sources/{id}/removal`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    look(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/sources/{id}/removal`: asks a second person, with a `reason`; nothing is removed here.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_source_id(&id) {
        return absent(&visit);
    }
    visit.here = format!("{}/removal", address(&id));
    ask(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn remover(visit: &Visit, desk: &Desk) -> Result<City<RemoveSource>, Response> {
    desk.authority.city::<RemoveSource>().ok_or_else(|| absent(visit))
}

async fn look(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    remover(visit, &desk)?;
    show(visit, &desk, id, (String::new(), None)).await
}

async fn ask(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = remover(visit, &desk)?;
    let Some(reason) = reason(form.get("reason")) else {
        return show(visit, &desk, id, (String::new(), Some(RemovalProblem::NoReason))).await;
    };
    match console::ask_removal(&visit.app.services, &proof, id, &reason).await {
        Ok(request) => Ok(visit.see_other(&format!("/admin/approvals/{request}?done=asked"))),
        Err(SourceError::Refused(said)) => show(visit, &desk, id, (reason, Some(RemovalProblem::Refused(said)))).await,
        Err(SourceError::Failure(failure)) => Err(page::failed(visit, &failure)),
        Err(SourceError::Unknown | SourceError::Taken) => Err(absent(visit)),
    }
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    id: &str,
    (reason, problem): (String, Option<RemovalProblem>),
) -> Result<Response, Response> {
    let (proof, found) = seen(visit, desk, id).await?;
    let standing = retirement::of(&visit.app.services, &proof, &found.source).await;
    let standing = standing.map_err(|failure| page::failed(visit, &failure))?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SourceRemoval {
        chrome: visit.chrome(),
        console: desk.console(Section::Sources),
        accounts: found.accounts.iter().map(|(_, count)| count).sum(),
        people: standing.progress.linked,
        safe: standing.is_safe(),
        id: found.source.id,
        name: found.source.name,
        reason,
        problem,
    };
    Ok(visit.page(status, &page, None))
}
