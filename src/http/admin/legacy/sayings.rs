//! What accounts say of their units, where nobody decided: the list, and one saying with all who say so.

use super::{failed, reviewer, told, units};
use crate::http::admin::names::unit_name;
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{Problem, SAYINGS, SayingLine, SayingPage, SayingsListPage};
use crate::http::view::console::parts::address;
use crate::model::authority::{Extent, ReviewLegacy};
use crate::protocol::parameters::Parameters;
use crate::service::authority::Units;
use crate::service::legacy::review;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/legacy/sayings`; with `state=unknown` those that nobody knows.
pub async fn list(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show_list(&visit, &asked).await.unwrap_or_else(|answer| answer)
}

async fn show_list(visit: &Visit, asked: &Parameters) -> Result<Response, Response> {
    let (desk, proof) = reviewer(visit).await?;
    let is_city = *proof.extent() == Extent::City;
    let unknown = is_city && asked.get("state") == Some("unknown");
    let source = asked.get("source").unwrap_or_default();
    let found = review::sayings(&visit.app.services, &proof, (unknown, source), asked.get("after")).await;
    let found = found.map_err(|failure| failed(visit, &failure))?;
    let state = if unknown { "unknown" } else { "" };
    let line = |saying: review::Saying| SayingLine {
        units: saying.candidates.iter().map(|unit| unit_name(&desk, unit)).collect(),
        saying,
    };
    let page = SayingsListPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        unknown,
        is_city,
        lines: found.sayings.into_iter().map(line).collect(),
        next: found.next.map(|next| address(SAYINGS, &[("state", state), ("source", source), ("after", &next)])),
        done: asked.get("done").and_then(|count| count.parse().ok()),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// `GET /admin/legacy/sayings/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let (desk, proof) = match reviewer(&visit).await {
        Ok(reviewer) => reviewer,
        Err(response) => return response,
    };
    show(&visit, (&desk, &proof), &id, ("", "", None)).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/legacy/sayings/{id}`: `unit` or `code`, `reason`, and the `digest` of the accounts that were shown.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    SAYINGS.clone_into(&mut visit.here);
    press(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.units::<ReviewLegacy>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let field = |name: &str| form.get(name).unwrap_or_default();
    let unit = if field("code").trim().is_empty() { field("unit") } else { field("code") };
    let shown = (id, field("digest"));
    match review::choose_for_all(&visit.app.services, &proof, shown, unit, field("reason")).await {
        Ok(count) => Ok(visit.see_other(&address(SAYINGS, &[("done", &count.to_string())]))),
        Err(error) => {
            let problem = told(visit, error)?;
            show(visit, (&desk, &proof), id, (field("code"), field("reason"), Some(problem))).await
        }
    }
}

async fn show(
    visit: &Visit,
    (desk, proof): (&Desk, &Units<ReviewLegacy>),
    id: &str,
    (code, reason, problem): (&str, &str, Option<Problem>),
) -> Result<Response, Response> {
    let sheet = match review::saying(&visit.app.services, proof, id).await {
        Ok(sheet) => sheet,
        Err(error) => {
            told(visit, error)?;
            return Err(absent(visit));
        }
    };
    let mut options = sheet.saying.candidates.clone();
    options.retain(|unit| proof.holds(unit));
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SayingPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        units: units(desk, &options),
        code: code.to_owned(),
        reason: reason.to_owned(),
        problem,
        sheet,
    };
    Ok(visit.page(status, &page, None))
}
