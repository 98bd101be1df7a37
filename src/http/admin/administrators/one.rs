//! Taking a role of an administrator back: what it is, why, and the button.

use super::HERE;
use super::new::problem;
use crate::http::admin::names::{Names, bound_name, days};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::{AppointProblem, EndPage};
use crate::model::authority::Appoint;
use crate::service::administrators::Granted;
use crate::service::administrators::appoint::{self, LONGEST_REASON};
use crate::service::authority::One;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/administrators/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    match theirs(&visit, &desk, &id).await {
        Ok((granted, _)) => show(&visit, &desk, &granted, String::new(), None).await,
        Err(response) => response,
    }
}

/// `POST /admin/administrators/{id}`: `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/{id}");
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let (granted, proof) = match theirs(&visit, &desk, &id).await {
        Ok(theirs) => theirs,
        Err(response) => return response,
    };
    let reason = form.owned("reason").unwrap_or_default();
    match appoint::dismiss(&visit.app.services, &proof, &id, &reason).await {
        Ok(Some(_)) => visit.see_other(&format!("{HERE}?done=ended")),
        Ok(None) => absent(&visit),
        Err(error) => match problem(error) {
            Ok(problem) => show(&visit, &desk, &granted, reason, Some(problem)).await,
            Err(failure) => page::failed(&visit, &failure),
        },
    }
}

/// A role that this administrator may take back, with the proof that they may.
async fn theirs(visit: &Visit, desk: &Desk, id: &str) -> Result<(Granted, One<Appoint>), Response> {
    let services = &visit.app.services;
    let failed = |failure: &crate::service::Failure| page::failed(visit, failure);
    let granted = appoint::find(services, id).await.map_err(|failure| failed(&failure))?;
    let Some(granted) = granted else { return Err(absent(visit)) };
    let proof = desk.authority.one::<Appoint>(services, &granted.person).await.map_err(|failure| failed(&failure))?;
    proof.map(|proof| (granted, proof)).ok_or_else(|| absent(visit))
}

async fn show(visit: &Visit, desk: &Desk, granted: &Granted, reason: String, problem: Option<AppointProblem>) -> Response {
    let names = match Names::of(visit, desk, std::slice::from_ref(&granted.person)).await {
        Ok(names) => names,
        Err(response) => return response,
    };
    let (first, last) = days(Some(granted.scope.valid_from), granted.scope.valid_to);
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = EndPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Administrators),
        id: granted.scope.id.clone(),
        full_name: names.full(&granted.person),
        username: granted.username.clone(),
        role: granted.scope.role,
        bound: bound_name(desk, &granted.scope),
        first,
        last,
        break_glass: granted.break_glass,
        reason,
        longest: LONGEST_REASON,
        problem,
    };
    visit.page(status, &page, None)
}
