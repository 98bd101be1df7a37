//! The whole personal number: for a reason, after a sign-in of the last minutes, and never without a record.

use super::edit::reason_input;
use super::person::{head, may, one};
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::person::Tab;
use crate::http::view::console::person_forms::{PersonNumber, mistakes, place};
use crate::model::authority::ReadPersonalNumber;
use crate::service::authority::One;
use crate::service::people::number::{self, NumberError};
use crate::service::people::told::Problem;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/people/{id}/number`: why?
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    ask(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/number` answers with the number itself, since no other page ever shows it; answers are not
/// stored by default.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/number");
    show(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn ask(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let proof = one::<ReadPersonalNumber>(visit, &desk, id).await?;
    if !proof.person().has_personal_number {
        return Err(absent(visit));
    }
    let view = view(visit, &desk, &proof, "", &[]).await?;
    Ok(visit.page(StatusCode::OK, &view, None))
}

async fn show(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let proof = one::<ReadPersonalNumber>(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let reason = form.get("reason").unwrap_or_default();
    match number::show(&visit.app.services, &proof, reason).await {
        Ok(number) => {
            let mut view = view(visit, &desk, &proof, "", &[]).await?;
            view.number = Some(number.expose().to_owned());
            Ok(visit.page(StatusCode::OK, &view, None))
        }
        Err(NumberError::Wrong(problem)) => {
            let view = view(visit, &desk, &proof, reason, &[problem]).await?;
            Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, &view, None))
        }
        Err(NumberError::Absent) => Err(absent(visit)),
        Err(NumberError::Failure(failure)) => Err(errors::failed(visit, &failure)),
    }
}

async fn view(
    visit: &Visit,
    desk: &Desk,
    proof: &One<ReadPersonalNumber>,
    reason: &str,
    problems: &[Problem],
) -> Result<PersonNumber, Response> {
    let person = proof.person();
    let may = may(visit, desk, &person.id).await?;
    let mistakes = mistakes(visit.chrome().t(), problems);
    let mut inputs = vec![reason_input(visit, reason)];
    place(&mut inputs, &mistakes);
    Ok(PersonNumber {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, person, may, Tab::Form, None),
        number: None,
        inputs,
        mistakes,
    })
}
