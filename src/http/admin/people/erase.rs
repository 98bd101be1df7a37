//! Removing what is known of a person: a page that says what goes and what stays, and the request to a second person.

use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::PersonId;
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::erase::{ErasePage, EraseProblem};
use crate::model::authority::ErasePeople;
use crate::service::Failure;
use crate::service::authority::One;
use crate::service::lifecycle::erase::{self, Asked, EraseError};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/people/{id}/erase`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    look(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/erase`: asks a second person, with a `reason`; `sure` says that it was meant.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/erase");
    ask(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn look(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let proof = one(visit, &desk, id).await?;
    show(visit, &desk, &proof, (String::new(), None)).await
}

async fn ask(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = one(visit, &desk, id).await?;
    let reason = form.owned("reason").unwrap_or_default();
    if form.get("sure").is_none() {
        return show(visit, &desk, &proof, (reason, Some(EraseProblem::NotSure))).await;
    }
    let problem = match erase::ask(&visit.app.services, &proof, &desk.authority, &reason).await {
        Ok(Asked::Waits(request)) => return Ok(visit.see_other(&format!("/admin/approvals/{request}?done=asked"))),
        Ok(Asked::Done) => return Ok(visit.see_other(&visit.here)),
        Err(EraseError::Reason) => EraseProblem::Reason,
        Err(EraseError::NotDue) => EraseProblem::NotDue,
        Err(EraseError::Failure(failure)) => return Err(page::failed(visit, &failure)),
    };
    show(visit, &desk, &proof, (reason, Some(problem))).await
}

async fn one(visit: &Visit, desk: &Desk, id: &str) -> Result<One<ErasePeople>, Response> {
    let found = desk.authority.one::<ErasePeople>(&visit.app.services, &PersonId(id.to_owned())).await;
    found.map_err(|failure: Failure| page::failed(visit, &failure))?.ok_or_else(|| absent(visit))
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    proof: &One<ErasePeople>,
    (reason, problem): (String, Option<EraseProblem>),
) -> Result<Response, Response> {
    let standing = erase::look(&visit.app.services, proof).await.map_err(|failure| page::failed(visit, &failure))?;
    let person = proof.person();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ErasePage {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        id: person.id.0.clone(),
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        disabled_since: standing.disabled_at.map(|at| shown(vietnam_date(at))),
        from: standing.from.map(shown),
        is_due: standing.is_due,
        erased_at: standing.erased_at.map(shown_moment),
        days: standing.days,
        longest: erase::LONGEST_REASON,
        reason,
        problem,
    };
    Ok(visit.page(status, &page, None))
}
