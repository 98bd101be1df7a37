//! What a plan does to one person, who is looked for by their user name.

use super::kin::{Kin, Place};
use super::{counts, failed, reader, stage_of, standing, told};
use crate::base::date::shown;
use crate::base::id::UnitId;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::plans::Told;
use crate::http::view::console::plans::person::{Cause, PlanPersonPage, PostLine, Sought};
use crate::model::authority::ReadPeople;
use crate::model::plan::people::By;
use crate::protocol::parameters::Parameters;
use crate::service::authority::One;
use crate::service::reorganization::looks::person::{Going, after, before, named};
use crate::service::reorganization::{ReorganizationError, StageStatus, Status, looks};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

/// Letters of a user name that are read.
const LONGEST: usize = 100;

/// `GET /admin/plans/{name}/person`: `stage` and `username`.
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
    let proof = sought(visit, desk, &username).await?;
    let (posts, trouble) = match &proof {
        Some(proof) => posts(visit, desk, (&status, stage), proof).await?,
        None => (Vec::new(), None),
    };
    let sought = match &proof {
        Some(proof) => Sought::Found {
            id: proof.person().id.0.clone(),
            full_name: proof.person().full_name.clone(),
            username: proof.person().username.clone(),
        },
        None if username.is_empty() => Sought::Nobody,
        None => Sought::Unknown,
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

/// The person of a user name, whom the reader may see.
async fn sought(visit: &Visit, desk: &Desk, username: &str) -> Result<Option<One<ReadPeople>>, Response> {
    let services = &visit.app.services;
    let found = named(services, username).await.map_err(|failure| page::failed(visit, &failure))?;
    let Some(id) = found else { return Ok(None) };
    desk.authority.one::<ReadPeople>(services, &id).await.map_err(|failure| page::failed(visit, &failure))
}

async fn posts(
    visit: &Visit,
    desk: &Desk,
    (status, stage): (&Status, &StageStatus),
    proof: &One<ReadPeople>,
) -> Result<(Vec<PostLine>, Option<Told>), Response> {
    let plan = &status.plan;
    let going = if counts(status, stage) {
        Ok(after(plan, proof))
    } else {
        before(&visit.app.services, &plan.name, stage.stage.as_deref(), proof).await
    };
    match going {
        Ok(going) => {
            let kin = Kin::of(plan, desk.authority.registry());
            Ok((going.iter().map(|going| line(&kin, going)).collect(), None))
        }
        Err(error @ ReorganizationError::Failure(_)) => Err(failed(visit, &error)),
        Err(error) => Ok((Vec::new(), Some(told(looks::Told::of(&error))))),
    }
}

fn line(kin: &Kin<'_>, going: &Going) -> PostLine {
    let name = |unit: &UnitId| kin.by_id(unit).map_or_else(|| unit.0.clone(), |place: Place| place.name);
    let candidates = match &going.by {
        Some(By::Open(units)) => units.iter().map(name).collect(),
        _ => Vec::new(),
    };
    PostLine {
        title: going.old.title.clone(),
        department: going.old.department.clone(),
        from: name(&going.old.unit),
        to: going.new.as_ref().map(|new| (name(&new.unit), shown(new.valid_from))),
        candidates,
        cause: cause(going),
        decision_no: going.new.as_ref().map(|new| new.decision_no.clone()).unwrap_or_default(),
        roles: going.roles.iter().map(|(client, role)| format!("{client}: {role}")).collect(),
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
