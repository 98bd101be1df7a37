//! One unit of a run: who is given what, by which post, and who is left out.

use super::{called, named};
use crate::base::date::shown_moment;
use crate::base::id::UnitId;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::onboarding_runs::{GiftLine, LeftLine, RunUnitPage};
use crate::model::authority::ReadOnboarding;
use crate::service::Failure;
use crate::service::authority::Units;
use crate::service::onboarding::What;
use crate::service::onboarding::runs;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/onboarding/runs/{id}/{unit}`
pub async fn get(visit: Visit, Path((id, unit)): Path<(String, String)>) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let unit = UnitId(unit);
    let Some(proof) = desk.authority.unit::<ReadOnboarding>(&unit) else { return absent(&visit) };
    match show(&visit, &desk, &proof, &id, &unit).await {
        Ok(Some(page)) => visit.page(StatusCode::OK, &page, None),
        Ok(None) => absent(&visit),
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<ReadOnboarding>,
    id: &str,
    unit: &UnitId,
) -> Result<Option<RunUnitPage>, Failure> {
    let services = &visit.app.services;
    let Some(run) = runs::find(services, proof, id).await? else { return Ok(None) };
    let Some(of_unit) = run.units.iter().find(|one| one.unit == *unit) else { return Ok(None) };
    let people = runs::called(services, proof, &[of_unit], &[]).await?;
    let titles = runs::titles(services, proof, unit).await?;
    let post_name = |key: &str| {
        let post = run.posts.iter().find(|post| post.key == key);
        post.map_or_else(|| key.to_owned(), |post| post.name.clone())
    };
    let gifts = of_unit.plan.gifts.iter().map(|gift| {
        let known = people.get(&gift.person);
        let (title, department) = titles.get(gift.position.as_str()).cloned().unwrap_or_default();
        GiftLine {
            person: gift.person.0.clone(),
            full_name: known.map_or_else(|| gift.person.0.clone(), |known| known.full_name.clone()),
            username: known.map(|known| known.username.clone()).unwrap_or_default(),
            title,
            department,
            post: post_name(&gift.post),
            right: match &gift.what {
                What::Administrator => None,
                What::Role(right) => Some((right.client.clone(), right.role.clone())),
            },
        }
    });
    let left = of_unit.plan.left.iter().map(|left| LeftLine {
        full_name: left.person.as_ref().map(|person| called(&people, person)).unwrap_or_default(),
        post: post_name(&left.post),
        why: left.why,
    });
    Ok(Some(RunUnitPage {
        gifts: gifts.collect(),
        left: left.collect(),
        chrome: visit.chrome(),
        console: desk.console(Section::Onboarding),
        run: run.id.clone(),
        unit: unit.0.clone(),
        name: named(desk, unit).0,
        state: of_unit.state,
        at: of_unit.at.map(shown_moment),
        had: of_unit.plan.had,
    }))
}
