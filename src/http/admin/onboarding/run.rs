//! One run: what it gives, to be applied, discarded or taken back.

use super::{called, named, run_address};
use crate::base::date::shown_moment;
use crate::base::id::{PersonId, UnitId};
use crate::base::text::fold;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::onboarding_runs::{KeptLine, RunDone, RunPage, RunUnitLine};
use crate::model::authority::{OnboardUnits, ReadOnboarding};
use crate::protocol::parameters::Parameters;
use crate::service::authority::Units;
use crate::service::onboarding::apply::{self, Applied, ApplyError};
use crate::service::onboarding::runs::{self, Called, Run, RunUnit};
use crate::service::onboarding::{What, undo};
use crate::service::{Failure, approvals};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::HashMap;

/// `GET /admin/onboarding/runs/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadOnboarding>() else { return absent(&visit) };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let done = parameters.get("done").and_then(RunDone::from_word);
    match show(&visit, &desk, &proof, &id, done).await {
        Ok(response) => response,
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `POST /admin/onboarding/runs/{id}`: `act` = `apply` (with the `digest` that was seen), `undo` or `discard`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = run_address(&id);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<OnboardUnits>() else { return absent(&visit) };
    match act(&visit, &desk, &proof, &id, &form).await {
        Ok(Some(done)) => visit.see_other(&format!("{}?done={}", run_address(&id), done.word())),
        Ok(None) => absent(&visit),
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// Does what the form asks for; nothing where there is no such run.
async fn act(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<OnboardUnits>,
    id: &str,
    form: &Parameters,
) -> Result<Option<RunDone>, Failure> {
    let services = &visit.app.services;
    if runs::find(services, proof, id).await?.is_none() {
        return Ok(None);
    }
    match form.get("act") {
        Some("apply") => {
            let digest = form.get("digest").unwrap_or_default();
            match apply::apply(services, &desk.authority, proof, id, digest).await {
                Ok(applied) => Ok(Some(became(applied))),
                Err(ApplyError::Absent) => Ok(None),
                Err(ApplyError::OtherPreview) => Ok(Some(RunDone::OtherPreview)),
                Err(ApplyError::NeedsAnother) => Ok(Some(RunDone::NeedsAnother)),
                Err(ApplyError::NoSecondPerson) => Ok(Some(RunDone::NoSecondPerson)),
                Err(ApplyError::Decided) => Ok(Some(RunDone::Decided)),
                Err(ApplyError::Failure(failure)) => Err(failure),
            }
        }
        Some("undo") => Ok(Some(match undo::undo(services, &desk.authority, proof, id).await? {
            None => RunDone::Decided,
            Some(undone) if undone.kept > 0 => RunDone::UndoneInPart,
            Some(_) => RunDone::Undone,
        })),
        Some("discard") => {
            let discarded = undo::discard(services, proof, id).await?;
            Ok(Some(if discarded { RunDone::Discarded } else { RunDone::Decided }))
        }
        _ => Ok(Some(RunDone::Decided)),
    }
}

fn became(applied: Applied) -> RunDone {
    match applied {
        Applied { changed: 1.., .. } => RunDone::AppliedInPart,
        Applied { waiting: 1.., units: 1.., .. } => RunDone::More,
        Applied { units: 1.., .. } => RunDone::Applied,
        Applied { .. } => RunDone::Decided,
    }
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<ReadOnboarding>,
    id: &str,
    done: Option<RunDone>,
) -> Result<Response, Failure> {
    let services = &visit.app.services;
    let Some(run) = runs::find(services, proof, id).await? else { return Ok(absent(visit)) };
    let kept = runs::list_kept(services, proof, id).await?;
    let units: Vec<&RunUnit> = run.units.iter().collect();
    let mut more: Vec<PersonId> = kept.iter().map(|gift| PersonId(gift.person_id.clone())).collect();
    more.push(run.made_by.clone());
    let people = runs::called(services, proof, &units, &more).await?;
    let now = services.clock.now();
    let may_act = desk.authority.units::<OnboardUnits>().is_some();
    let own = run.made_by == *desk.authority.person();
    let alone = approvals::decides_alone(services, desk.authority.person()).await?;
    let second = approvals::is_second(services, &run.made_by, desk.authority.person()).await?;
    let chrome = visit.chrome();
    let page = RunPage {
        said: done.map(|done| done.said(&chrome)),
        chrome,
        console: desk.console(Section::Onboarding),
        id: run.id.clone(),
        digest: run.digest.clone(),
        reason: run.reason.clone(),
        made_by: called(&people, &run.made_by),
        made_at: shown_moment(run.made_at),
        units: lines(desk, &run, &people),
        kept: kept
            .iter()
            .map(|gift| KeptLine {
                unit: named(desk, &UnitId(gift.unit_id.clone())).0,
                person: called(&people, &PersonId(gift.person_id.clone())),
                right: gift.client_id.clone().zip(gift.role.clone()),
            })
            .collect(),
        open: may_act && run.is_open(now),
        discarded: run.discarded,
        needs_another: run.appoints() && ((own && !alone) || !second),
        may_undo: may_act && run.units.iter().any(|unit| unit.may_be_undone(now)),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

fn lines(desk: &Desk, run: &Run, people: &HashMap<PersonId, Called>) -> Vec<RunUnitLine> {
    let line = |unit: &RunUnit| {
        let (name, code) = named(desk, &unit.unit);
        let rights = unit.plan.gifts.iter().filter(|gift| matches!(gift.what, What::Role(_))).count();
        RunUnitLine {
            id: unit.unit.0.clone(),
            name,
            code,
            people: unit.plan.people().len(),
            rights,
            administrators: unit.plan.appointed().into_iter().map(|person| called(people, person)).collect(),
            left: unit.plan.left.len(),
            state: unit.state,
        }
    };
    let mut lines: Vec<RunUnitLine> = run.units.iter().map(line).collect();
    lines.sort_by_cached_key(|line| (fold(&line.name), line.id.clone()));
    lines
}
