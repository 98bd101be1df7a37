//! Ending a person's access and giving it back: a page that asks why, and the act.

use super::edit::reason_input;
use super::person::{head, may, one};
use crate::http::admin::{Desk, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::person::Tab;
use crate::http::view::console::person_forms::{PersonStatus, mistakes, place};
use crate::http::view::error::ErrorWords;
use crate::model::authority::DisablePeople;
use crate::service::authority::One;
use crate::service::people::status::{self, StatusError};
use crate::service::people::told::Problem;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/people/{id}/status`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    ask(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/status`: `act` is `disable` or `restore`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/status");
    act(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn ask(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<DisablePeople>(visit, &desk, id).await?;
    let view = view(visit, &desk, &proof, "", &[]).await?;
    Ok(visit.page(StatusCode::OK, &view, None))
}

async fn act(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let proof = one::<DisablePeople>(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let services = &visit.app.services;
    let reason = form.get("reason").unwrap_or_default();
    let (done, word) = match form.get("act") {
        Some("disable") => (status::disable(services, &proof, reason).await, "disabled"),
        Some("restore") => (status::restore(services, &proof, reason).await, "restored"),
        _ => return Err(errors::show(visit, ErrorWords::BadRequest, None, "act is disable or restore")),
    };
    match done {
        // What was so already is told as it is.
        Ok(_) => Ok(visit.see_other(&format!("/admin/people/{id}?done={word}"))),
        Err(StatusError::Wrong(problem)) => {
            let view = view(visit, &desk, &proof, reason, &[problem]).await?;
            Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, &view, None))
        }
        Err(StatusError::Failure(failure)) => Err(errors::failed(visit, &failure)),
    }
}

async fn view(
    visit: &Visit,
    desk: &Desk,
    proof: &One<DisablePeople>,
    reason: &str,
    problems: &[Problem],
) -> Result<PersonStatus, Response> {
    let person = proof.person();
    let may = may(visit, desk, &person.id).await?;
    let mistakes = mistakes(visit.chrome().t(), problems);
    let mut inputs = vec![reason_input(visit, reason)];
    place(&mut inputs, &mistakes);
    Ok(PersonStatus {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, person, may, Tab::Form, None),
        inputs,
        mistakes,
    })
}
