//! One unit through its life: names, codes and what it came from, each with its days; and who administers it.

use super::{HERE, days, line};
use crate::base::date::{shown, shown_moment};
use crate::base::id::UnitId;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::units::{CodeLine, Kin, NameLine, Staff, UnitAdministrator, UnitPage};
use crate::model::authority::{OnboardUnits, ReadPeople, ReadReadiness};
use crate::model::registry::Registry;
use crate::model::succession::Succession;
use crate::model::unit::Unit;
use crate::service::Failure;
use crate::service::onboarding::{begins, readiness};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use time::Date;

/// `GET /admin/units/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let registry = desk.authority.registry();
    let Some(unit) = registry.unit(&UnitId(id)) else { return absent(&visit) };
    match show(&visit, &desk, unit).await {
        Ok(response) => response,
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn show(visit: &Visit, desk: &Desk, unit: &Unit) -> Result<Response, Failure> {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    // A unit of the past is shown as it was on its last day.
    let on = unit.span.to.filter(|last| *last < today).unwrap_or(today);
    let beside = registry.units().filter(|other| other.id != unit.id);
    let under = beside.filter(|other| registry.parent_on(other, on).is_some_and(|above| above.id == unit.id)).count();
    let page = UnitPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Units),
        line: line(registry, unit, on),
        path: registry.path_on(unit, on).into_iter().map(|above| line(registry, above, on)).collect(),
        names: names(unit),
        codes: codes(unit),
        came_from: kin(registry, registry.predecessors(&unit.id)),
        went_into: kin(registry, registry.successors(&unit.id)),
        under,
        staff: staff(visit, desk, unit).await?,
        may_see_people: desk.authority.people::<ReadPeople>().is_some_and(|proof| proof.extent().holds(&unit.id)),
        may_onboard: begins(unit, today) && desk.authority.unit::<OnboardUnits>(&unit.id).is_some(),
        list: HERE,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// The people of the unit in figures, for whoever may read how far it has come.
async fn staff(visit: &Visit, desk: &Desk, unit: &Unit) -> Result<Option<Staff>, Failure> {
    let Some(proof) = desk.authority.unit::<ReadReadiness>(&unit.id) else { return Ok(None) };
    let Some(ready) = readiness::of(&visit.app.services, &proof, &unit.id).await? else { return Ok(None) };
    let administrators = ready.administrators.iter().map(|administrator| UnitAdministrator {
        person: administrator.person.0.clone(),
        full_name: administrator.full_name.clone(),
        username: administrator.username.clone(),
        strong: administrator.strong,
        last_at: administrator.last_at.map(shown_moment),
    });
    Ok(Some(Staff {
        people: ready.count.people,
        enrolled: ready.count.enrolled,
        strong: ready.count.strong,
        administrators: administrators.collect(),
    }))
}

fn names(unit: &Unit) -> Vec<NameLine> {
    let mut names: Vec<_> = unit.names.iter().collect();
    names.sort_by_key(|name| (name.usage, std::cmp::Reverse(name.span.from)));
    names.into_iter().map(|name| NameLine { name: name.name.clone(), usage: name.usage, days: days(&name.span) }).collect()
}

fn codes(unit: &Unit) -> Vec<CodeLine> {
    let mut codes: Vec<_> = unit.codes.iter().collect();
    codes.sort_by_key(|code| (code.scheme.clone(), std::cmp::Reverse(code.span.from)));
    let line = |scheme: &str, code: &str, days| CodeLine { scheme: scheme.to_owned(), code: code.to_owned(), days };
    codes.into_iter().map(|code| line(&code.scheme, &code.code, days(&code.span))).collect()
}

fn kin(registry: &Registry, pairs: Vec<(&Unit, &Succession)>) -> Vec<Kin> {
    let kin = |(unit, pair): (&Unit, &Succession)| {
        // Named as it was on the day of the change: the earlier unit before it, the later one on it.
        let effective = pair.effective.unwrap_or(Date::MAX);
        let on = if pair.from == unit.id { unit.span.to.unwrap_or(effective) } else { effective };
        Kin { line: line(registry, unit, on), relation: pair.relation, effective: pair.effective.map(shown) }
    };
    pairs.into_iter().map(kin).collect()
}
