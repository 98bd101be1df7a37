//! What a plan does to one person, who is looked for by their name or user name, as on the list of people.

use super::kin::{Kin, Place};
use super::{counts, failed, reader, stage_of, standing, told};
use crate::base::date::shown;
use crate::base::id::UnitId;
use crate::base::words::fill;
use crate::http::admin::names::unit_name;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::parts::address;
use crate::http::view::console::plans::person::{Cause, Match, PlanPersonPage, PostLine, Sought};
use crate::http::view::console::plans::{Told, plan_address};
use crate::model::authority::ReadPeople;
use crate::model::plan::people::By;
use crate::protocol::parameters::Parameters;
use crate::service::authority::One;
use crate::service::directory::{self, Listed, Query};
use crate::service::reorganization::looks::person::{Going, after, before, named};
use crate::service::reorganization::{ReorganizationError, StageStatus, Status, looks};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

/// Letters of a name that are read.
const LONGEST: usize = 100;
/// People of one name that are told.
const MOST: i64 = 20;

/// `GET /admin/plans/{name}/person`: `stage`, and `username`, which may be words of a name too.
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, &name, &asked).await.unwrap_or_else(|response| response)
}

async fn show(visit: &Visit, desk: &Desk, name: &str, asked: &Parameters) -> Result<Response, Response> {
    reader(visit, desk)?;
    let status = standing(visit, name).await?;
    let stage = stage_of(visit, &status, asked)?;
    let username: String = asked.get("username").unwrap_or_default().trim().chars().take(LONGEST).collect();
    let of_stage = stage.stage.as_deref();
    let (proof, sought) = match by_username(visit, desk, &username).await? {
        Some(proof) => found(proof),
        None => by_words(visit, desk, (name, of_stage), &username).await?,
    };
    let (posts, trouble) = match &proof {
        Some(proof) => posts(visit, desk, (&status, stage), proof).await?,
        None => (Vec::new(), None),
    };
    let page = PlanPersonPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Plans),
        name: status.plan.name.clone(),
        title: status.plan.title.clone(),
        stage: stage.stage.clone(),
        username,
        sought,
        posts,
        trouble,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

fn found(proof: One<ReadPeople>) -> (Option<One<ReadPeople>>, Sought) {
    let person = proof.person();
    let (id, full_name, username) = (person.id.0.clone(), person.full_name.clone(), person.username.clone());
    (Some(proof), Sought::Found { id, full_name, username })
}

/// The person of a user name, whom the reader may see.
async fn by_username(visit: &Visit, desk: &Desk, username: &str) -> Result<Option<One<ReadPeople>>, Response> {
    let services = &visit.app.services;
    let found = named(services, username).await.map_err(|failure| page::failed(visit, &failure))?;
    let Some(id) = found else { return Ok(None) };
    desk.authority.one::<ReadPeople>(services, &id).await.map_err(|failure| page::failed(visit, &failure))
}

/// Whom the reader may see of those whom the words mean: the only one of them, or some to choose from.
async fn by_words(
    visit: &Visit,
    desk: &Desk,
    (name, stage): (&str, Option<&str>),
    text: &str,
) -> Result<(Option<One<ReadPeople>>, Sought), Response> {
    let words = directory::typed(text);
    if words.is_empty() {
        let sought = if text.is_empty() { Sought::Nobody } else { Sought::Unknown };
        return Ok((None, sought));
    }
    let services = &visit.app.services;
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Ok((None, Sought::Unknown)) };
    let query = Query { words, ..Query::default() };
    let all = directory::find(services, &proof, &query, MOST).await.map_err(|failure| page::failed(visit, &failure))?;
    match all.people.as_slice() {
        [] => Ok((None, Sought::Unknown)),
        [one] if all.next.is_none() => {
            let one = desk.authority.one::<ReadPeople>(services, &one.person).await;
            let one = one.map_err(|failure| page::failed(visit, &failure))?;
            Ok(one.map_or((None, Sought::Unknown), found))
        }
        people => {
            let is_more = all.next.is_some();
            let people = people.iter().map(|listed| matched(desk, (name, stage), listed)).collect();
            Ok((None, Sought::Several { people, is_more }))
        }
    }
}

fn matched(desk: &Desk, (name, stage): (&str, Option<&str>), listed: &Listed) -> Match {
    Match {
        address: address(
            &plan_address(name, "/person", None),
            &[("stage", stage.unwrap_or_default()), ("username", &listed.username)],
        ),
        full_name: listed.full_name.clone(),
        username: listed.username.clone(),
        title: listed.title.clone(),
        unit: listed.unit.as_ref().map(|unit| unit_name(desk, unit)).unwrap_or_default(),
    }
}

async fn posts(
    visit: &Visit,
    desk: &Desk,
    (status, stage): (&Status, &StageStatus),
    proof: &One<ReadPeople>,
) -> Result<(Vec<PostLine>, Option<Told>), Response> {
    let (services, plan, of_stage) = (&visit.app.services, &status.plan, stage.stage.as_deref());
    let going = if counts(status, stage) {
        after(services, plan, of_stage, proof).await
    } else {
        before(services, &plan.name, of_stage, proof).await
    };
    match going {
        Ok(going) => {
            let (chrome, kin) = (visit.chrome(), Kin::of(plan, desk.authority.registry()));
            Ok((going.iter().map(|going| line(&chrome, &kin, going)).collect(), None))
        }
        Err(error @ ReorganizationError::Failure(_)) => Err(failed(visit, &error)),
        Err(error) => Ok((Vec::new(), Some(told(looks::Told::of(&error))))),
    }
}

fn line(chrome: &Chrome, kin: &Kin<'_>, going: &Going) -> PostLine {
    let name = |unit: &UnitId| kin.by_id(unit).map_or_else(|| unit.0.clone(), |place: Place| place.name);
    let candidates = match &going.by {
        Some(By::Open(units)) if units.is_empty() => vec![chrome.t().plan_worklist_anywhere.clone()],
        Some(By::Open(units)) => units.iter().map(name).collect(),
        _ => Vec::new(),
    };
    let named_role = |(client, role): &(String, String)| format!("{client}: {role}");
    let ending = |role: &(String, String)| fill(&chrome.t().console_plans_group_role_ends, &[("role", &named_role(role))]);
    PostLine {
        title: going.old.title.clone(),
        department: going.old.department.clone(),
        from: name(&going.old.unit),
        to: going.new.as_ref().map(|new| (name(&new.unit), shown(new.valid_from))),
        candidates,
        cause: cause(going),
        decision_no: going.new.as_ref().map(|new| new.decision_no.clone()).unwrap_or_default(),
        roles: going.roles.iter().map(named_role).chain(going.ending.iter().map(ending)).collect(),
    }
}

fn cause(going: &Going) -> Cause {
    match &going.by {
        Some(By::Succession) => Cause::Succession,
        Some(By::Rule(_)) => Cause::Rule,
        Some(By::Decision) => Cause::Decision,
        Some(By::Open(_)) => Cause::Open,
        Some(By::Gone) => Cause::Gone,
        None if going.new.is_some() => Cause::WentOn,
        None => Cause::Ended,
    }
}
