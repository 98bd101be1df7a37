//! Handing a post over for a time, and taking it back: for whom one acts, and who acts for one.
//!
//! Looking asks for a sign-on; the form, the look before it and the end ask for a sign-in of the last minutes by every factor
//! that the person has, and never for one through an account of an old system.

use super::totp::own_form;
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, shown_time, vietnam_date};
use crate::base::id::PositionId;
use crate::http::extract::account::Account;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::delegations::{
    ConfirmDelegation, DelegationDone, DelegationLine, Delegations, EndDelegation, FormProblem, NewDelegation, PostNamed, Typed,
};
use crate::http::view::error::ErrorWords;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::protocol::parameters::Parameters;
use crate::service::delegation::{self, By, GiveError, Line, Problem, Seen, Wish};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use time::Date;

const HERE: &str = "/account/delegations";
const FORM: &str = "/account/delegations?give=1";

/// `GET /account/delegations`; with `give` the form, with `end=` the question before one is ended.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    if asked.get("give").is_some() {
        return match changing(&visit).await {
            Ok(account) => form(&visit, &account, fresh(&visit), None),
            Err(response) => response,
        };
    }
    if let Some(id) = asked.get("end") {
        return match changing(&visit).await {
            Ok(account) => ask_end(&visit, &account, id).await,
            Err(response) => response,
        };
    }
    match visit.account().await {
        Ok(account) => list(&visit, &account, asked.get("done")).await,
        Err(response) => response,
    }
}

/// `POST /account/delegations`: what a wish means, handing over, or the end of one.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    // Whoever has to sign in first comes back to the form.
    FORM.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let act = form.get("act").unwrap_or_default();
    if act == "end" {
        HERE.clone_into(&mut visit.here);
    }
    let account = match changing(&visit).await {
        Ok(account) => account,
        Err(response) => return response,
    };
    match act {
        "look" => look(&visit, &account, typed(&form)).await,
        "give" => give(&visit, &account, typed(&form)).await,
        "mend" => self::form(&visit, &account, typed(&form), None),
        "end" => end(&visit, &account, form.get("delegation").unwrap_or_default()).await,
        _ => page::show(&visit, ErrorWords::BadRequest, None, "act is look, give, mend or end"),
    }
}

/// Whoever may change something here: signed in a moment ago, and not through an account of an old system.
async fn changing(visit: &Visit) -> Result<Account, Response> {
    let account = visit.fresh_account().await?;
    if account.sign_on.legacy.is_some() {
        return Err(page::show(visit, ErrorWords::Forbidden, None, "an account of an old system hands nothing over"));
    }
    Ok(account)
}

/// The days that a form begins with: from today on.
fn fresh(visit: &Visit) -> Typed {
    Typed { valid_from: iso(today(visit)), ..Typed::default() }
}

fn today(visit: &Visit) -> Date {
    vietnam_date(visit.app.services.clock.now())
}

fn typed(form: &Parameters) -> Typed {
    let field = |name: &str| form.owned(name).unwrap_or_default();
    Typed {
        position: field("position"),
        to: field("to"),
        valid_from: field("valid_from"),
        valid_to: field("valid_to"),
        decision_no: field("decision_no"),
    }
}

fn wish(typed: &Typed) -> Wish {
    Wish {
        position: typed.position.clone(),
        to: typed.to.clone(),
        valid_from: typed.valid_from.clone(),
        valid_to: typed.valid_to.clone(),
        decision_no: typed.decision_no.clone(),
    }
}

fn named(registry: &Registry, post: &Position, today: Date) -> PostNamed {
    let unit = registry.unit(&post.unit);
    PostNamed {
        id: post.id.0.clone(),
        title: post.title.clone(),
        department: post.department.clone(),
        unit_name: unit.map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
    }
}

async fn list(visit: &Visit, account: &Account, done: Option<&str>) -> Response {
    let today = today(visit);
    let is_old = account.sign_on.legacy.is_some();
    let found = match delegation::list(&visit.app.services, &account.sign_on.person).await {
        Ok(found) => found,
        Err(failure) => return page::failed(visit, &failure),
    };
    let page = Delegations {
        chrome: visit.chrome(),
        lines: found.into_iter().map(|one| line(account, one, today)).collect(),
        may_give: !is_old && !delegation::own_posts(&account.person, today).is_empty(),
        is_old,
        done: match done {
            Some("given") => Some(DelegationDone::Given),
            Some("ended") => Some(DelegationDone::Ended),
            _ => None,
        },
    };
    visit.page(StatusCode::OK, &page, None)
}

fn line(account: &Account, one: Line, today: Date) -> DelegationLine {
    DelegationLine {
        id: one.id.0,
        is_given: one.is_given,
        other: one.other.unwrap_or_default(),
        post: one.post.as_ref().map(|post| named(&account.person.units, post, today)).unwrap_or_default(),
        days: (shown(one.valid_from), shown(one.valid_to)),
        decision_no: one.decision_no,
        standing: one.standing,
    }
}

fn form(visit: &Visit, account: &Account, typed: Typed, problem: Option<(FormProblem, String)>) -> Response {
    let today = today(visit);
    let posts: Vec<PostNamed> =
        delegation::own_posts(&account.person, today).into_iter().map(|post| named(&account.person.units, post, today)).collect();
    // There is nothing to hand over.
    if posts.is_empty() {
        return visit.see_other(HERE);
    }
    let status = match &problem {
        None => StatusCode::OK,
        Some((FormProblem::TooMany, _)) => StatusCode::TOO_MANY_REQUESTS,
        Some((FormProblem::Wrong(_), _)) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    visit.page(status, &NewDelegation { chrome: visit.chrome(), posts, typed, problem }, None)
}

async fn look(visit: &Visit, account: &Account, typed: Typed) -> Response {
    match delegation::look(&visit.app.services, &account.person, &wish(&typed)).await {
        Ok(seen) => confirm(visit, account, seen, typed),
        Err(error) => refused(visit, account, typed, error),
    }
}

fn confirm(visit: &Visit, account: &Account, seen: Seen, typed: Typed) -> Response {
    let today = today(visit);
    let registry = &account.person.units;
    let page = ConfirmDelegation {
        chrome: visit.chrome(),
        post: named(registry, &seen.post, today),
        own: named(registry, &seen.to.post, today),
        full_name: seen.to.full_name,
        days: (shown(seen.valid_from), shown(seen.valid_to)),
        // As it was read, so that what is confirmed is what was shown.
        typed: Typed { to: seen.to.username, decision_no: seen.decision_no, ..typed },
    };
    visit.page(StatusCode::OK, &page, None)
}

async fn give(visit: &Visit, account: &Account, typed: Typed) -> Response {
    let by = By { person: &account.sign_on.person, origin: &visit.origin };
    match delegation::give(&visit.app.services, by, &account.person, &wish(&typed)).await {
        Ok(_) => visit.see_other("/account/delegations?done=given"),
        Err(error) => refused(visit, account, typed, error),
    }
}

/// The form again, with what is wrong.
fn refused(visit: &Visit, account: &Account, typed: Typed, error: GiveError) -> Response {
    match error {
        GiveError::Refused(problem) => {
            let more = if let Problem::BeyondPost(last) = problem { shown(last) } else { String::new() };
            form(visit, account, typed, Some((FormProblem::Wrong(problem), more)))
        }
        GiveError::TooMany { until } => too_many(visit, account, typed, until),
        GiveError::Failure(failure) => page::failed(visit, &failure),
    }
}

fn too_many(visit: &Visit, account: &Account, typed: Typed, until: Millis) -> Response {
    let response = form(visit, account, typed, Some((FormProblem::TooMany, shown_time(until))));
    page::with_wait(response, Some(page::seconds_until(until, visit.app.services.clock.now())))
}

async fn ask_end(visit: &Visit, account: &Account, id: &str) -> Response {
    let found = match delegation::list(&visit.app.services, &account.sign_on.person).await {
        Ok(found) => found,
        Err(failure) => return page::failed(visit, &failure),
    };
    match found.into_iter().find(|one| one.id.0 == id && one.is_open()) {
        Some(one) => {
            let page = EndDelegation { chrome: visit.chrome(), line: line(account, one, today(visit)) };
            visit.page(StatusCode::OK, &page, None)
        }
        // It was ended meanwhile, or is somebody else's.
        None => visit.see_other(HERE),
    }
}

async fn end(visit: &Visit, account: &Account, id: &str) -> Response {
    let by = By { person: &account.sign_on.person, origin: &visit.origin };
    match delegation::end(&visit.app.services, by, &PositionId(id.to_owned())).await {
        Ok(true) => visit.see_other("/account/delegations?done=ended"),
        Ok(false) => visit.see_other(HERE),
        Err(failure) => page::failed(visit, &failure),
    }
}
