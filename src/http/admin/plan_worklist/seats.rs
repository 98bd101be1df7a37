//! The seats of departments of units that a plan divides, as a file: all of it counts, or nothing does.

use super::refused;
use super::rules::{Shown, here, show};
use crate::http::admin::units::upload::own_upload;
use crate::http::admin::{absent, enter_fresh};
use crate::http::extract::visit::Visit;
use crate::http::view::console::parts::address;
use crate::http::view::console::plan_worklist::{RulesDone, RulesProblem};
use crate::model::authority::WritePlans;
use crate::service::reorganization::desk::{self, MOST_BYTES};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `POST /admin/plans/{name}/rules/seats`: `file`.
pub async fn post(mut visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = here(&name);
    take(&visit, &name, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn take(visit: &Visit, name: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    // Rules that go by seats move many people: a sign-in of the last minutes is asked for, as for the rules themselves.
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.city::<WritePlans>() else { return Err(absent(visit)) };
    let upload = own_upload(visit, headers, body, MOST_BYTES).await?;
    let Some(file) = upload.file("file") else {
        let nothing = Shown::of_file(RulesProblem::NoFile, Vec::new(), StatusCode::UNPROCESSABLE_ENTITY);
        return show(visit, &desk, name, nothing).await;
    };
    match desk::read_seats(&visit.app.services, &proof, name, file.bytes.clone()).await {
        Ok(_) => Ok(visit.see_other(&address(&here(name), &[("done", RulesDone::SeatsRead.word())]))),
        Err(error) => {
            let refused = refused(visit, error)?;
            let problem = RulesProblem::Seats(refused.sentence);
            show(visit, &desk, name, Shown::of_file(problem, refused.rows, refused.status)).await
        }
    }
}
