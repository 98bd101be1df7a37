//! Who can enter one client, and why; and giving or taking back its roles, for whoever looks after it.

use super::lists::pages;
use super::typed::{Outcome, condition, day, problem, typed, wrong};
use super::{HERE, givers_of_list, held, line};
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::rights::{ClientRightsPage, GiveProblem, GiveTyped, RightDone, RoleCount};
use crate::model::authority::{GrantInClient, ReadClients, ReadPeople};
use crate::protocol::parameters::Parameters;
use crate::service::authority::OneClient;
use crate::service::entitlements::{self, Asked, GroupHeld, Lines, List, RoleHeld};
use crate::service::provisioning::group_roles::{self, Giver, Seeing};
use crate::service::provisioning::roles::given::{self, GiveError, LONGEST_REASON, NewRole, Terms};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::BTreeSet;

/// What the page is asked to show.
#[derive(Default)]
struct Shown {
    role: Option<String>,
    after: Option<String>,
    done: Option<RightDone>,
    typed: GiveTyped,
    problem: Option<GiveProblem>,
}

/// `GET /admin/rights/clients/{id}`; `role` narrows it down.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    open(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

async fn open(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let shown = Shown {
        role: parameters.owned("role").filter(|role| !role.is_empty()),
        after: parameters.owned("after"),
        done: parameters.get("done").and_then(RightDone::from_word),
        ..Shown::default()
    };
    show(visit, &desk, id, shown).await
}

/// `POST /admin/rights/clients/{id}`: `act` = `give` with `username`, `role`, `two_factors`, `office`, `from`, `to`,
/// `reason`; or `end` with `grant` and `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/clients/{id}");
    press(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.client::<GrantInClient>(id) else { return Err(absent(visit)) };
    let typed = typed(&form);
    let outcome = match form.get("act") {
        Some("give") => give(visit, &proof, &typed).await,
        Some("end") => end(visit, &proof, &typed).await,
        _ => return Ok(visit.see_other(&visit.here)),
    };
    let problem = wrong(visit, outcome)?;
    show(visit, &desk, id, Shown { typed, problem: Some(problem), ..Shown::default() }).await
}

async fn give(visit: &Visit, proof: &OneClient<GrantInClient>, typed: &GiveTyped) -> Outcome {
    let (Ok(valid_from), Ok(valid_to)) = (day(&typed.from), day(&typed.to)) else { return Ok(Err(GiveProblem::Days)) };
    let terms = Terms { valid_from, valid_to, reason: typed.reason.clone() };
    let condition = condition(typed.two_factors, typed.office);
    let role = NewRole { client_id: proof.client().to_owned(), role: typed.role.clone(), position: None, condition, terms };
    match given::give_in_client(&visit.app.services, proof, &typed.username, &role).await {
        Ok(Some(_)) => Ok(Ok(RightDone::Given)),
        Ok(None) => Ok(Err(GiveProblem::Already)),
        Err(error) => problem(error).map(Err),
    }
}

async fn end(visit: &Visit, proof: &OneClient<GrantInClient>, typed: &GiveTyped) -> Outcome {
    match given::take_back_in_client(&visit.app.services, proof, &typed.grant, &typed.reason).await {
        Ok(true) => Ok(Ok(RightDone::Ended)),
        Ok(false) => Ok(Err(GiveProblem::Gone)),
        // Where it is typed tells which reason is meant.
        Err(GiveError::Reason) => Ok(Err(GiveProblem::EndReason)),
        Err(error) => problem(error).map(Err),
    }
}

/// The client, and what the reader sees of it: everybody for whoever reads the client, their own people for others.
async fn found(visit: &Visit, desk: &Desk, id: &str, shown: &Shown) -> Result<(Asked, Lines), Response> {
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let (role, after) = (shown.role.as_deref(), shown.after.as_deref());
    let lines = if let Some(proof) = desk.authority.client::<ReadClients>(id) {
        entitlements::of_client(services, &proof, role, after).await
    } else if let Some(proof) = desk.authority.people::<ReadPeople>() {
        entitlements::list(services, &proof, List::Client { id, role }, after).await
    } else {
        return Err(absent(visit));
    };
    let asked = entitlements::client(services, id).await.map_err(failed)?;
    let Some(asked) = asked else { return Err(absent(visit)) };
    Ok((asked, lines.map_err(failed)?))
}

/// Those of the roles of groups on a page that the reader may take back.
async fn ends(visit: &Visit, desk: &Desk, id: &str, shown: &[GroupHeld]) -> Result<BTreeSet<String>, Response> {
    let ids: BTreeSet<String> = shown.iter().map(|one| one.grant.id.clone()).collect();
    let Some(giver) = Giver::of(&desk.authority, id).filter(|_| !ids.is_empty()) else { return Ok(BTreeSet::new()) };
    let services = &visit.app.services;
    let some = if let Some(proof) = desk.authority.client::<ReadClients>(id) {
        group_roles::some(services, &Seeing::Client(&proof), (id, &ids)).await
    } else if let Some(proof) = desk.authority.people::<ReadPeople>() {
        group_roles::some(services, &Seeing::People(&proof), (id, &ids)).await
    } else {
        return Ok(BTreeSet::new());
    };
    let some = some.map_err(|failure| page::failed(visit, &failure))?;
    Ok(some.into_iter().filter(|line| giver.may_take_back(line)).map(|line| line.grant.id).collect())
}

/// The roles that a client declares; how many hold each in other units is not for everybody to know.
fn roles(desk: &Desk, asked: &Asked) -> Vec<RoleCount> {
    let counted = desk.authority.client::<ReadClients>(&asked.id).is_some();
    let count = |held: &RoleHeld| RoleCount { role: held.role.clone(), counts: counted.then_some((held.people, held.groups)) };
    asked.roles.iter().map(count).collect()
}

async fn show(visit: &Visit, desk: &Desk, id: &str, shown: Shown) -> Result<Response, Response> {
    let (asked, found) = found(visit, desk, id, &shown).await?;
    let names = Names::of(visit, desk, &givers_of_list(&found)).await?;
    let ends = ends(visit, desk, id, &found.groups).await?;
    let here = format!("{HERE}/clients/{id}");
    let kept: Vec<(&str, &str)> = shown.role.as_deref().map(|role| ("role", role)).into_iter().collect();
    let page = ClientRightsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        roles: roles(desk, &asked),
        id: asked.id,
        name: asked.name,
        disabled: asked.disabled,
        role: shown.role.clone().unwrap_or_default(),
        groups: found.groups.iter().map(|one| held::line(desk, &names, one, &ends)).collect(),
        lines: found.lines.iter().map(|one| line(desk, &names, one)).collect(),
        pages: pages(&found, &here, shown.after.as_deref(), &kept),
        may_give: desk.authority.client::<GrantInClient>(id).is_some(),
        typed: shown.typed,
        longest: LONGEST_REASON,
        problem: shown.problem,
        done: shown.done,
    };
    let status = if page.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visit.page(status, &page, None))
}
