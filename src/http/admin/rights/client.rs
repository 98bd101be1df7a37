//! Who can enter one client, and why, as of today or of another day; and giving or taking back its roles, for whoever looks
//! after it.

use super::lists::pages;
use super::typed::{Outcome, condition, day, problem, typed, wrong};
use super::{HERE, givers_of_list, held, line_on};
use crate::base::date::iso;
use crate::http::admin::day::Day;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::address;
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
    /// The day; none: today.
    day: Option<Day>,
    after: Option<String>,
    done: Option<RightDone>,
    typed: GiveTyped,
    problem: Option<GiveProblem>,
}

/// `GET /admin/rights/clients/{id}`; `role` narrows it down, `on` is the day (by default today, with what is over or still to
/// come).
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    open(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

async fn open(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let shown = Shown {
        role: parameters.owned("role").filter(|role| !role.is_empty()),
        day: Some(Day::asked(&parameters, desk.authority.today())),
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
async fn found(visit: &Visit, desk: &Desk, id: &str, (shown, day): (&Shown, &Day)) -> Result<(Asked, Lines), Response> {
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let (role, after) = (shown.role.as_deref(), shown.after.as_deref());
    let on = day.other_than(desk.authority.today());
    let lines = match (desk.authority.client::<ReadClients>(id), desk.authority.people::<ReadPeople>()) {
        (None, None) => return Err(absent(visit)),
        _ if day.is_wrong() => Ok(Lines::default()),
        (Some(proof), _) => entitlements::of_client(services, &proof, role, on, after).await,
        (None, Some(proof)) => entitlements::list(services, &proof, List::Client { id, role, on }, after).await,
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

/// The roles that a client declares; how many hold each in other units is not for everybody to know, and is told of today.
fn roles(desk: &Desk, asked: &Asked, is_today: bool) -> Vec<RoleCount> {
    let counted = is_today && desk.authority.client::<ReadClients>(&asked.id).is_some();
    let count = |held: &RoleHeld| RoleCount { role: held.role.clone(), counts: counted.then_some((held.people, held.groups)) };
    asked.roles.iter().map(count).collect()
}

async fn show(visit: &Visit, desk: &Desk, id: &str, mut shown: Shown) -> Result<Response, Response> {
    let today = desk.authority.today();
    let day = shown.day.take().unwrap_or_else(|| Day::asked(&Parameters::decode(b""), today));
    let then = day.other_than(today);
    let (asked, found) = found(visit, desk, id, (&shown, &day)).await?;
    let names = Names::of(visit, desk, &givers_of_list(&found)).await?;
    // Giving and taking back are of now.
    let ends = if then.is_some() { BTreeSet::new() } else { ends(visit, desk, id, &found.groups).await? };
    let of_group = |one: &GroupHeld| match then {
        Some(on) => held::line_on(desk, &names, one, on),
        None => held::line(desk, &names, one, &ends),
    };
    let here = format!("{HERE}/clients/{id}");
    let (role, on) = (shown.role.clone().unwrap_or_default(), then.map(iso).unwrap_or_default());
    let kept = [("role", role.as_str()), ("on", on.as_str())].into_iter().filter(|(_, value)| !value.is_empty());
    let kept: Vec<(&str, &str)> = kept.collect();
    let status = if shown.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { day.status() };
    let page = ClientRightsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        roles: roles(desk, &asked, then.is_none()),
        id: asked.id,
        name: asked.name,
        disabled: asked.disabled,
        day: day.on_page(address(&here, &[("role", &role)]), today),
        groups: found.groups.iter().map(of_group).collect(),
        lines: found.lines.iter().map(|one| line_on(desk, &names, one, then.unwrap_or(today))).collect(),
        pages: pages(&found, &here, shown.after.as_deref(), &kept),
        may_give: then.is_none() && desk.authority.client::<GrantInClient>(id).is_some(),
        typed: shown.typed,
        longest: LONGEST_REASON,
        problem: shown.problem,
        done: shown.done,
        role,
    };
    Ok(visit.page(status, &page, None))
}
