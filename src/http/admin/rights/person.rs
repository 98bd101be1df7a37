//! What one person can enter, and why; and giving or taking back a role, for whoever looks after them.

use super::typed::{Outcome, condition, day, problem, typed, wrong};
use super::{HERE, givers_of, group_why, why};
use crate::base::id::{PersonId, PositionId};
use crate::http::admin::names::{Names, unit_name};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::SelectOption;
use crate::http::view::console::rights::{GiveProblem, GiveTyped, PersonRightsPage, RightDone};
use crate::model::authority::{GrantRoles, ReadPeople};
use crate::model::person::Person;
use crate::protocol::parameters::Parameters;
use crate::service::authority::One;
use crate::service::entitlements;
use crate::service::provisioning::roles::given::{self, GiveError, LONGEST_REASON, NewRole, Offered, Terms};
use crate::service::provisioning::roles::within::Within;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What the page is asked to show.
#[derive(Default)]
struct Shown {
    done: Option<RightDone>,
    typed: GiveTyped,
    problem: Option<GiveProblem>,
}

/// `GET /admin/rights/people/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    open(&visit, id, query).await.unwrap_or_else(|answer| answer)
}

async fn open(visit: &Visit, id: String, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let done = parameters.get("done").and_then(RightDone::from_word);
    show(visit, &desk, PersonId(id), Shown { done, ..Shown::default() }).await
}

/// `POST /admin/rights/people/{id}`: `act` = `give` with `right` (a client and a role, with a space between), `position`,
/// `two_factors`, `office`, `from`, `to` and `reason`; or `end` with `grant` and `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/people/{id}");
    press(&visit, id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, id: String, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let id = PersonId(id);
    let found = desk.authority.one::<GrantRoles>(&visit.app.services, &id).await;
    let Some(proof) = found.map_err(|failure| page::failed(visit, &failure))? else { return Err(absent(visit)) };
    let typed = typed(&form);
    let outcome = match form.get("act") {
        Some("give") => give(visit, &desk, &proof, &typed).await,
        Some("end") => end(visit, &desk, &proof, &typed).await,
        _ => return Ok(visit.see_other(&visit.here)),
    };
    let problem = wrong(visit, outcome)?;
    show(visit, &desk, id, Shown { done: None, typed, problem: Some(problem) }).await
}

async fn give(visit: &Visit, desk: &Desk, proof: &One<GrantRoles>, typed: &GiveTyped) -> Outcome {
    let (Ok(valid_from), Ok(valid_to)) = (day(&typed.from), day(&typed.to)) else { return Ok(Err(GiveProblem::Days)) };
    let Some((client_id, role)) = typed.role.split_once(' ') else { return Ok(Err(GiveProblem::Role)) };
    let role = NewRole {
        client_id: client_id.to_owned(),
        role: role.to_owned(),
        position: Some(typed.position.clone()).filter(|position| !position.is_empty()).map(PositionId),
        condition: condition(typed.two_factors, typed.office),
        terms: Terms { valid_from, valid_to, reason: typed.reason.clone() },
    };
    match given::give(&visit.app.services, &desk.authority, proof, &role).await {
        Ok(Some(_)) => Ok(Ok(RightDone::Given)),
        Ok(None) => Ok(Err(GiveProblem::Already)),
        Err(error) => problem(error).map(Err),
    }
}

async fn end(visit: &Visit, desk: &Desk, proof: &One<GrantRoles>, typed: &GiveTyped) -> Outcome {
    match given::take_back(&visit.app.services, &desk.authority, proof, &typed.grant, &typed.reason).await {
        Ok(true) => Ok(Ok(RightDone::Ended)),
        Ok(false) => Ok(Err(GiveProblem::Gone)),
        // Where it is typed tells which reason is meant.
        Err(GiveError::Reason) => Ok(Err(GiveProblem::EndReason)),
        Err(GiveError::NotTheirs) => Ok(Err(GiveProblem::EndNotTheirs)),
        Err(error) => problem(error).map(Err),
    }
}

async fn show(visit: &Visit, desk: &Desk, id: PersonId, shown: Shown) -> Result<Response, Response> {
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let proof = desk.authority.one::<ReadPeople>(services, &id).await.map_err(failed)?;
    let Some(proof) = proof else { return Err(absent(visit)) };
    let giver = desk.authority.one::<GrantRoles>(services, &id).await.map_err(failed)?;
    let offered = match &giver {
        Some(giver) => given::offered(services, giver).await.map_err(failed)?,
        None => Vec::new(),
    };
    let found = entitlements::of_person(services, &proof).await.map_err(failed)?;
    let within = Within::of(&desk.authority);
    let names = Names::of(visit, desk, &givers_of(&found)).await?;
    let status = if shown.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = PersonRightsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        person: id.0,
        full_name: found.person.full_name.clone(),
        username: found.person.username.clone(),
        disabled: found.person.disabled_at.is_some(),
        rights: found.rights.iter().map(|right| why(desk, &names, right)).collect(),
        groups: found.groups.iter().map(|right| group_why(desk, &names, right)).collect(),
        open: found.open.into_iter().map(|(_, name)| name).collect(),
        may_give: giver.is_some(),
        offered: options(&offered, &shown.typed.role),
        positions: posts(desk, within.as_ref(), &found.person, &shown.typed.position),
        any_post: within.is_some_and(|within| within.allows(&found.person, None, true)),
        typed: shown.typed,
        longest: LONGEST_REASON,
        problem: shown.problem,
        done: shown.done,
    };
    Ok(visit.page(status, &page, None))
}

/// What may be given, to choose from: a client and a role, with a space between.
pub(super) fn options(offered: &[Offered], chosen: &str) -> Vec<SelectOption> {
    let of = |offered: &Offered| {
        let option = |role: &String| {
            let value = format!("{} {role}", offered.client_id);
            SelectOption { chosen: value == chosen, label: format!("{}: {role}", offered.client_name), value }
        };
        offered.roles.iter().map(option).collect::<Vec<_>>()
    };
    offered.iter().flat_map(of).collect()
}

/// The posts of today for which the reader gives roles.
fn posts(desk: &Desk, within: Option<&Within>, person: &Person, chosen: &str) -> Vec<SelectOption> {
    let theirs = |id: &PositionId| within.is_some_and(|within| within.allows(person, Some(id), true));
    let held = person.positions_on(desk.authority.today()).into_iter().filter(|post| theirs(&post.id));
    let option = held.map(|post| SelectOption {
        value: post.id.0.clone(),
        label: format!("{}, {}", post.title, unit_name(desk, &post.unit)),
        chosen: post.id.0 == chosen,
    });
    option.collect()
}
