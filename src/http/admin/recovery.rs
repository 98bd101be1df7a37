//! Helping somebody who stands at the desk: who they are, a code to come back with, an end to a lock.

use super::{Desk, enter_fresh};
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::text::nfc;
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::admin_recovery::{AdminCode, AdminRecovery, AtTheDesk, DeskPosition, DeskProblem};
use crate::http::view::error::ErrorWords;
use crate::model::authority::HelpPeople;
use crate::protocol::parameters::Parameters;
use crate::service::administrators::help::{self, Helped};
use crate::service::authority::One;
use crate::service::recovery::{self, Issue, IssueError};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/admin/recovery";
/// No user name is longer.
const LONGEST: usize = 64;
/// Codes of an administrator are counted by the hour.
const AGAIN_SECONDS: i64 = 3_600;

/// `GET /admin/recovery`; with `username`, whoever has that name and may be helped.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match helper(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let Some(username) = parameters.get("username").map(typed) else {
        let problem = parameters.get("look").is_some().then_some(DeskProblem::Empty);
        return answer(&visit, &view(&visit, String::new(), None, problem));
    };
    let unlocked = parameters.get("done") == Some("unlocked");
    show(&visit, &desk, username, unlocked, None).await
}

/// `POST /admin/recovery`: `act` = `issue` answers with the code itself, since no other page ever shows it; answers are
/// not stored by default. `unlock` forgets what strangers failed at.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match body::page_form(&headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
        Err(problem) => return page::unread(&visit, problem),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    let username = form.get("username").map(typed).unwrap_or_default();
    visit.here = address(&username);
    let desk = match helper(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    match form.get("act") {
        Some("unlock") => unlock(&visit, &desk, username).await,
        Some("issue") if form.get("seen").is_some() => issue(&visit, &desk, username, form.get("anew").is_some()).await,
        Some("issue") => show(&visit, &desk, username, false, Some(DeskProblem::NotSeen)).await,
        _ => visit.see_other(&visit.here),
    }
}

/// Whoever may help anybody.
async fn helper(visit: &Visit) -> Result<Desk, Response> {
    let desk = enter_fresh(visit).await?;
    if desk.authority.people::<HelpPeople>().is_none() {
        return Err(page::show(visit, ErrorWords::NoAccess, None, "this account helps nobody back in"));
    }
    Ok(desk)
}

/// A name as it is looked for; what cannot be one is found nowhere.
fn typed(text: &str) -> String {
    nfc(text).chars().take(LONGEST + 1).collect()
}

fn address(username: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("username", username).finish();
    format!("{HERE}?{query}")
}

/// The right to help whoever has a name; nothing for whom this administrator may not.
async fn who(visit: &Visit, desk: &Desk, username: &str) -> Result<Option<One<HelpPeople>>, Response> {
    let found = help::who(&visit.app.services, &desk.authority, username).await;
    found.map_err(|failure| page::failed(visit, &failure))
}

async fn issue(visit: &Visit, desk: &Desk, username: String, anew: bool) -> Response {
    let services = &visit.app.services;
    let proof = match who(visit, desk, &username).await {
        Ok(Some(proof)) => proof,
        Ok(None) => return show(visit, desk, username, false, Some(DeskProblem::NotTheirs)).await,
        Err(response) => return response,
    };
    match recovery::issue(services, &Issue { proof: &proof, anew }).await {
        Ok(issued) => {
            let page = AdminCode {
                chrome: visit.chrome(),
                full_name: issued.person.full_name,
                username: issued.person.username,
                code: issued.code,
                until: shown_moment(issued.expires_at),
                address: format!("{}/signin/recover/code", services.settings.issuer.trim_end_matches('/')),
                anew: issued.anew,
            };
            visit.page(StatusCode::OK, &page, None)
        }
        Err(IssueError::NotTheirs) => show(visit, desk, username, false, Some(DeskProblem::NotTheirs)).await,
        Err(IssueError::TooMany) => show(visit, desk, username, false, Some(DeskProblem::TooMany)).await,
        Err(IssueError::Failure(failure)) => page::failed(visit, &failure),
    }
}

async fn unlock(visit: &Visit, desk: &Desk, username: String) -> Response {
    let proof = match who(visit, desk, &username).await {
        Ok(Some(proof)) => proof,
        Ok(None) => return show(visit, desk, username, false, Some(DeskProblem::NotTheirs)).await,
        Err(response) => return response,
    };
    match help::unlock(&visit.app.services, &proof).await {
        Ok(()) => visit.see_other(&format!("{}&done=unlocked", address(&username))),
        Err(failure) => page::failed(visit, &failure),
    }
}

async fn show(visit: &Visit, desk: &Desk, username: String, unlocked: bool, problem: Option<DeskProblem>) -> Response {
    let found = match who(visit, desk, &username).await {
        Ok(Some(proof)) => help::find(&visit.app.services, &proof).await,
        Ok(None) => Ok(None),
        Err(response) => return response,
    };
    let found = match found {
        Ok(found) => found,
        Err(failure) => return page::failed(visit, &failure),
    };
    let problem = problem.or_else(|| found.is_none().then_some(DeskProblem::NotTheirs));
    let found = found.map(|found| at_the_desk(visit, &found));
    let page = AdminRecovery { unlocked: unlocked && found.is_some(), ..view(visit, username, found, problem) };
    answer(visit, &page)
}

fn answer(visit: &Visit, desk: &AdminRecovery) -> Response {
    let (status, wait) = match desk.problem {
        None => (StatusCode::OK, None),
        Some(DeskProblem::Empty | DeskProblem::NotTheirs | DeskProblem::NotSeen) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(DeskProblem::TooMany) => (StatusCode::TOO_MANY_REQUESTS, Some(AGAIN_SECONDS)),
    };
    page::with_wait(visit.page(status, desk, None), wait)
}

fn view(visit: &Visit, username: String, found: Option<AtTheDesk>, problem: Option<DeskProblem>) -> AdminRecovery {
    AdminRecovery { chrome: visit.chrome(), username, found, unlocked: false, problem }
}

/// What an administrator compares with the person before them.
fn at_the_desk(visit: &Visit, helped: &Helped) -> AtTheDesk {
    let services = &visit.app.services;
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    let person = &helped.known.person;
    let positions = person.positions_on(today).into_iter().map(|position| DeskPosition {
        title: position.title.clone(),
        department: position.department.clone(),
        unit_name: registry.unit(&position.unit).map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
        since: shown(position.valid_from),
    });
    AtTheDesk {
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        born: person.date_of_birth.map(shown),
        employee_code: person.employee_code.clone(),
        positions: positions.collect(),
        has_second: helped.known.methods.second_factor(),
        changes_locked: helped.changes_locked,
        code_until: helped.code_until.map(shown_moment),
    }
}
