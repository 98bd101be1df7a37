//! The list of plans, and bringing one in: a file, or one that comes with the program.

use super::{HERE, LINES, address_of, failed, told, writer};
use crate::base::date::shown;
use crate::http::admin::units::upload::{Upload, own_upload};
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, address};
use crate::http::view::console::plans::list::{FileProblem, PlanLine, PlansPage, ShippedLine};
use crate::http::view::console::plans::{Mistake, Told};
use crate::model::authority::{PlacePeople, ReadPlans, WritePlans};
use crate::model::plan::wrong::Wrong;
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::reorganization::looks;
use crate::service::reorganization::{By, Readiness, ReorganizationError, SHIPPED, list, named, register, shipped, status};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::HashSet;
use time::Date;

/// A plan of the whole country would be smaller.
const MOST_BYTES: usize = 4 * 1_024 * 1_024;

/// What was wrong with a file.
#[derive(Default)]
struct Refused {
    problem: Option<FileProblem>,
    mistakes: Vec<Mistake>,
    count: usize,
    status: StatusCode,
}

/// `GET /admin/plans`; with `page` the following ones.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let page = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or_default();
    show(&visit, &desk, page, Refused::default()).await.unwrap_or_else(|response| response)
}

/// `POST /admin/plans`: `file`, or `shipped` with the name of one that comes with the program.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    take(&visit, &headers, body).await.unwrap_or_else(|response| response)
}

async fn take(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = writer(visit, &desk)?;
    let upload = own_upload(visit, headers, body, MOST_BYTES).await?;
    let Some(text) = text_of(&upload) else {
        let problem = Some(FileProblem::None);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return show(visit, &desk, 0, Refused { problem, status, ..Refused::default() }).await;
    };
    match bring(visit, &proof, &text).await {
        Ok(name) => Ok(visit.see_other(&format!("{}?done=registered", address_of(&name)))),
        Err(error @ ReorganizationError::Failure(_)) => Err(failed(visit, &error)),
        Err(error) => show(visit, &desk, 0, refused(&error)).await,
    }
}

async fn bring(visit: &Visit, proof: &City<WritePlans>, text: &str) -> Result<String, ReorganizationError> {
    let by = By { actor: proof.by.person.as_str(), origin: &proof.by.origin, typed_by: None };
    Ok(register(&visit.app.services, text, &by).await?.name)
}

/// The text of what was chosen; none where nothing was, or it is no text.
fn text_of(upload: &Upload) -> Option<String> {
    if let Some(name) = upload.get("shipped") {
        return shipped(name).map(str::to_owned);
    }
    let text = std::str::from_utf8(&upload.file("file")?.bytes).ok()?;
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

fn refused(error: &ReorganizationError) -> Refused {
    match error {
        ReorganizationError::Wrong(wrong) => Refused {
            problem: Some(FileProblem::Mistakes),
            mistakes: mistakes(wrong).into_iter().take(LINES).collect(),
            count: wrong.len(),
            status: StatusCode::UNPROCESSABLE_ENTITY,
        },
        other => Refused {
            problem: Some(FileProblem::Refused(told(looks::Told::of(other)))),
            status: StatusCode::CONFLICT,
            ..Refused::default()
        },
    }
}

/// Mistakes, as they are shown.
pub fn mistakes(wrong: &[Wrong]) -> Vec<Mistake> {
    let told = |wrong: &Wrong| Told { vietnamese: wrong.vietnamese(), english: wrong.english() };
    wrong.iter().map(|wrong| Mistake { line: wrong.line, column: wrong.column.to_owned(), told: told(wrong) }).collect()
}

async fn show(visit: &Visit, desk: &Desk, page: usize, refused: Refused) -> Result<Response, Response> {
    let may_read = desk.authority.city::<ReadPlans>().is_some();
    if !may_read && desk.authority.units::<PlacePeople>().is_none() {
        return Err(absent(visit));
    }
    let mut all = list(&visit.app.services).await.map_err(|error| failed(visit, &error))?;
    all.sort_by(|a, b| (b.2, &a.0).cmp(&(a.2, &b.0)));
    let chrome = visit.chrome();
    let to = |page: usize| address(HERE, &[("page", &page.to_string())]);
    let (here, pages) = Pages::of(&chrome, (page, LINES), all.len(), to);
    let known: HashSet<&str> = all.iter().map(|(name, _, _)| name.as_str()).collect();
    let may_write = desk.authority.city::<WritePlans>().is_some();
    let shipped = if may_write { waiting(visit, &known).await? } else { Vec::new() };
    let mut lines = Vec::new();
    for plan in all.get(here).unwrap_or_default() {
        lines.push(line(visit, plan).await?);
    }
    let page = PlansPage {
        chrome,
        console: desk.console(Section::Plans),
        lines,
        pages,
        shipped,
        may_read,
        may_write,
        mistakes: refused.mistakes,
        mistake_count: refused.count,
        problem: refused.problem,
    };
    Ok(visit.page(refused.status, &page, None))
}

async fn line(visit: &Visit, (name, title, effective): &(String, String, Date)) -> Result<PlanLine, Response> {
    let status = status(&visit.app.services, name).await.map_err(|error| failed(visit, &error))?;
    let stages = status.stages.iter().filter(|stage| stage.stage.is_some());
    let done = stages.clone().filter(|stage| stage.readiness == Readiness::Applied).count();
    Ok(PlanLine {
        name: name.clone(),
        title: title.clone(),
        effective: shown(*effective),
        readiness: status.stages.first().map_or(Readiness::NotApproved, |whole| whole.readiness),
        stages: (done, stages.count()),
    })
}

/// Plans that come with the program, and that nobody has registered.
async fn waiting(visit: &Visit, known: &HashSet<&str>) -> Result<Vec<ShippedLine>, Response> {
    let mut waiting = Vec::new();
    for (name, _) in SHIPPED.iter().filter(|(name, _)| !known.contains(name)) {
        let plan = named(&visit.app.services, name).await.map_err(|error| failed(visit, &error))?;
        let line = |title: String, effective: Date| ShippedLine { name: (*name).to_owned(), title, effective: shown(effective) };
        waiting.extend(plan.map(|plan| line(plan.title, plan.effective)));
    }
    Ok(waiting)
}
