//! The form that previews a run: which units, who fills posts, and why.

use super::run_address;
use crate::http::admin::units::upload::{Upload, own_upload};
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::onboarding::{StartPage, StartProblem};
use crate::model::authority::OnboardUnits;
use crate::service::Failure;
use crate::service::authority::Units;
use crate::service::onboarding::named::MOST_BYTES;
use crate::service::onboarding::preview::{self, Asked, PreviewError, Which};
use crate::service::onboarding::{LONGEST_REASON, begins, template};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Characters of the codes that are kept: more than all units have.
const LONGEST_CODES: usize = 4_000;

/// What was typed.
#[derive(Default)]
struct Typed {
    codes: String,
    all: bool,
    reason: String,
}

/// `GET /admin/onboarding/new`; `codes`, once for each unit, fills the field.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<OnboardUnits>() else { return absent(&visit) };
    let query = query.unwrap_or_default();
    // The list of units sends one value for each that is ticked.
    let codes = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "codes").map(|(_, value)| value);
    let codes = codes.collect::<Vec<_>>().join(" ").chars().take(LONGEST_CODES).collect();
    show(&visit, &desk, &proof, Typed { codes, ..Typed::default() }, None).await
}

/// `POST /admin/onboarding/new`: the preview waits under an id of its own.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = "/admin/onboarding/new".to_owned();
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<OnboardUnits>() else { return absent(&visit) };
    let upload = match own_upload(&visit, &headers, body, MOST_BYTES).await {
        Ok(upload) => upload,
        Err(response) => return response,
    };
    let typed = Typed {
        codes: upload.get("codes").unwrap_or_default().chars().take(LONGEST_CODES).collect(),
        all: upload.get("all").is_some(),
        reason: upload.get("reason").unwrap_or_default().to_owned(),
    };
    match begin(&visit, &desk, &proof, &typed, &upload).await {
        Ok(Ok(id)) => visit.see_other(&run_address(&id)),
        Ok(Err(problem)) => show(&visit, &desk, &proof, typed, Some(problem)).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn begin(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<OnboardUnits>,
    typed: &Typed,
    upload: &Upload,
) -> Result<Result<String, StartProblem>, Failure> {
    let which = if typed.all { Which::All } else { Which::Coded(typed.codes.clone()) };
    let names = upload.file("names").map(|file| file.bytes.as_slice());
    let asked = Asked { which: &which, names, reason: &typed.reason };
    match preview::preview(&visit.app.services, &desk.authority, proof, &asked).await {
        Ok(id) => Ok(Ok(id)),
        Err(PreviewError::NoUnit) => Ok(Err(StartProblem::NoUnit)),
        Err(PreviewError::UnknownUnits(codes)) => Ok(Err(StartProblem::UnknownUnits(codes))),
        Err(PreviewError::NoReason) => Ok(Err(StartProblem::NoReason)),
        Err(PreviewError::LongReason) => Ok(Err(StartProblem::LongReason)),
        Err(PreviewError::Names(errors)) => Ok(Err(StartProblem::Names(errors))),
        Err(PreviewError::Failure(failure)) => Err(failure),
    }
}

async fn show(visit: &Visit, desk: &Desk, proof: &Units<OnboardUnits>, typed: Typed, problem: Option<StartProblem>) -> Response {
    let template = match template::current(&visit.app.services).await {
        Ok(template) => template,
        Err(failure) => return page::failed(visit, &failure),
    };
    let today = desk.authority.today();
    let units = desk.authority.registry().units();
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = StartPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Onboarding),
        codes: typed.codes,
        all: typed.all,
        count: units.filter(|unit| begins(unit, today) && proof.holds(&unit.id)).count(),
        reason: typed.reason,
        longest: LONGEST_REASON,
        posts: template.posts,
        problem,
    };
    visit.page(status, &page, None)
}
