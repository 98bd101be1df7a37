//! Asking that somebody becomes an administrator. Another administrator lets it happen.

use super::HERE;
use crate::base::date::parse;
use crate::base::text::nfc;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::{AppointPage, AppointProblem, Typed};
use crate::model::admin_scope::AdminRole;
use crate::model::authority::Appoint;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::administrators::appoint::{self, AppointError, LONGEST_REASON, Proposed, Wanted};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use time::Date;

/// `GET /admin/administrators/new`; `username` is filled in already where one comes from a person's page.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    if desk.authority.people::<Appoint>().is_none() {
        return absent(&visit);
    }
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let typed = Typed { username: parameters.owned("username").unwrap_or_default(), ..Typed::default() };
    show(&visit, &desk, typed, None)
}

/// `POST /admin/administrators/new`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/new");
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    if desk.authority.people::<Appoint>().is_none() {
        return absent(&visit);
    }
    let text = |name: &str| form.get(name).map(nfc).unwrap_or_default();
    let typed = Typed {
        username: text("username"),
        role: form.get("role").and_then(AdminRole::from_word),
        unit: text("unit"),
        client: text("client"),
        from: text("from"),
        to: text("to"),
        reason: text("reason"),
    };
    match propose(&visit, &desk, &typed).await {
        Ok(Ok(Proposed::Waits(id))) => visit.see_other(&format!("/admin/approvals/{id}?done=asked")),
        Ok(Ok(Proposed::Given)) => visit.see_other(&format!("{HERE}?done=given")),
        Ok(Err(problem)) => show(&visit, &desk, typed, Some(problem)),
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn propose(visit: &Visit, desk: &Desk, typed: &Typed) -> Result<Result<Proposed, AppointProblem>, Failure> {
    let services = &visit.app.services;
    let Some(role) = typed.role else { return Ok(Err(AppointProblem::NoRole)) };
    let (Ok(valid_from), Ok(valid_to)) = (day(&typed.from), day(&typed.to)) else { return Ok(Err(AppointProblem::Days)) };
    let Some(person) = appoint::who(services, &typed.username).await? else { return Ok(Err(AppointProblem::Person)) };
    let Some(proof) = desk.authority.one::<Appoint>(services, &person).await? else { return Ok(Err(AppointProblem::Person)) };
    let wanted = Wanted { role, unit: &typed.unit, client: &typed.client, valid_from, valid_to, reason: &typed.reason };
    match appoint::propose(services, &proof, &desk.authority, &wanted).await {
        Ok(proposed) => Ok(Ok(proposed)),
        Err(error) => problem(error).map(Err),
    }
}

/// A day as typed; nothing typed is no day.
fn day(text: &str) -> Result<Option<Date>, ()> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some).ok_or(()) }
}

/// What is said about an error; what nobody can mend by typing is a failure.
pub(super) fn problem(error: AppointError) -> Result<AppointProblem, Failure> {
    Ok(match error {
        AppointError::UnknownPerson => AppointProblem::Person,
        AppointError::NeedsUnit => AppointProblem::NeedsUnit,
        AppointError::NeedsClient => AppointProblem::NeedsClient,
        AppointError::NotBound => AppointProblem::NotBound,
        AppointError::UnknownUnit => AppointProblem::UnknownUnit,
        AppointError::UnknownClient => AppointProblem::UnknownClient,
        AppointError::Days => AppointProblem::Days,
        AppointError::Reason => AppointProblem::Reason,
        AppointError::TooMuch => AppointProblem::TooMuch,
        AppointError::Already => AppointProblem::Already,
        AppointError::Last => AppointProblem::Last,
        AppointError::Failure(failure) => return Err(failure),
    })
}

fn show(visit: &Visit, desk: &Desk, typed: Typed, problem: Option<AppointProblem>) -> Response {
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AppointPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Administrators),
        typed,
        longest: LONGEST_REASON,
        problem,
    };
    visit.page(status, &page, None)
}
