//! A decision about all accounts of a filter: what it would do, and then exactly that.

use super::failed;
use super::list::Asked;
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{BatchPage, BatchProblem, HERE};
use crate::http::view::console::parts::address;
use crate::model::authority::ReviewLegacy;
use crate::protocol::parameters::Parameters;
use crate::service::authority::Units;
use crate::service::legacy::review::{self, Apply, BatchAct, ReviewError};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `POST /admin/legacy/batch`: `act` and `query`; with `digest` and `reason` it is done, without it is shown.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    press(&visit, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.units::<ReviewLegacy>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let asked = Asked::read(&desk, &Parameters::decode(form.get("query").unwrap_or_default().as_bytes()));
    let act = form.get("act").and_then(BatchAct::from_word);
    let Some(act) = act.filter(|_| !asked.is_empty()) else { return Ok(visit.see_other(HERE)) };
    let reason = form.get("reason").unwrap_or_default();
    let Some(digest) = form.get("digest").filter(|digest| !digest.is_empty()) else {
        return show(visit, (&desk, &proof), (&asked, act), (reason, None)).await;
    };
    let problem = match review::apply(&visit.app.services, &proof, &asked.filter, Apply { act, digest, reason }).await {
        Ok(count) => return Ok(visit.see_other(&address(HERE, &[("done", &count.to_string())]))),
        Err(ReviewError::Failure(failure)) => return Err(failed(visit, &failure)),
        Err(ReviewError::Reason) => BatchProblem::Reason,
        Err(ReviewError::Nothing) => BatchProblem::Nothing,
        Err(
            ReviewError::NotThere
            | ReviewError::Own
            | ReviewError::Changed
            | ReviewError::Person
            | ReviewError::Unit
            | ReviewError::UnitFirst
            | ReviewError::Nameless,
        ) => BatchProblem::Changed,
    };
    show(visit, (&desk, &proof), (&asked, act), (reason, Some(problem))).await
}

async fn show(
    visit: &Visit,
    (desk, proof): (&Desk, &Units<ReviewLegacy>),
    (asked, act): (&Asked, BatchAct),
    (reason, problem): (&str, Option<BatchProblem>),
) -> Result<Response, Response> {
    let preview = review::preview(&visit.app.services, proof, &asked.filter, act).await;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = BatchPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        preview: preview.map_err(|failure| failed(visit, &failure))?,
        query: asked.query(),
        reason: reason.to_owned(),
        problem,
    };
    Ok(visit.page(status, &page, None))
}
