//! One unit through its life: names, codes and what it came from, each with its days; who administers it; and what was
//! corrected of its past, so that it can be seen as it was known on an earlier day.

use super::corrections::{self, Asked};
use super::{HERE, days, line, people};
use crate::base::date::{iso, shown, shown_moment};
use crate::base::id::UnitId;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::address;
use crate::http::view::console::unit_corrections::Corrections;
use crate::http::view::console::units::{CodeLine, Days, Kin, NameLine, Staff, UnitAdministrator, UnitLine, UnitPage};
use crate::model::authority::{OnboardUnits, ReadPeople, ReadReadiness};
use crate::model::registry::Registry;
use crate::model::succession::Succession;
use crate::model::unit::Unit;
use crate::service::Failure;
use crate::service::onboarding::{begins, readiness};
use crate::service::registry::believed;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use time::Date;

/// `GET /admin/units/{id}`; `on` is the day (by default today, or its last one), `known` the day at whose end it is shown as
/// it was known, without later corrections.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Asked::of(query, desk.authority.today());
    look(&visit, &desk, &UnitId(id), asked).await.unwrap_or_else(|answer| answer)
}

async fn look(visit: &Visit, desk: &Desk, id: &UnitId, asked: Asked) -> Result<Response, Response> {
    let failed = |failure: Failure| page::failed(visit, &failure);
    let earlier = match asked.moment() {
        Some(moment) => Some(believed::at(&visit.app.services, moment).await.map_err(|error| failed(error.into()))?),
        None => None,
    };
    let present = desk.authority.registry();
    // What nobody knew then is named as it is now; what was taken back since is known only then.
    let known = earlier.as_ref().and_then(|registry| registry.unit(id).map(|unit| (registry, unit)));
    let hidden = earlier.is_some() && known.is_none();
    let found = known.or_else(|| present.unit(id).map(|unit| (present, unit)));
    let Some((registry, unit)) = found else { return Err(absent(visit)) };
    let on = asked.on;
    let corrections = corrections::of(visit, desk, id, asked, hidden).await?;
    show(visit, desk, &Seen { registry, unit, on, hidden }, corrections).await.map_err(failed)
}

/// A unit, as it is or was known.
struct Seen<'a> {
    registry: &'a Registry,
    unit: &'a Unit,
    /// The day that is asked for.
    on: Option<Date>,
    /// Nobody knew it then: nothing but its name is shown.
    hidden: bool,
}

async fn show(visit: &Visit, desk: &Desk, seen: &Seen<'_>, corrections: Corrections) -> Result<Response, Failure> {
    let (registry, unit, today) = (seen.registry, seen.unit, desk.authority.today());
    // A unit of the past is shown as it was on its last day.
    let on = seen.on.unwrap_or_else(|| people::usual(unit, today));
    let bare = Unit { codes: vec![], names: vec![], parents: vec![], ..unit.clone() };
    let is_now = corrections.as_known_on.is_none();
    let told = if seen.hidden { &bare } else { unit };
    let beside = registry.units().filter(|other| other.id != unit.id && !seen.hidden);
    let under = beside.filter(|other| registry.parent_on(other, on).is_some_and(|above| above.id == unit.id)).count();
    let page = UnitPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Units),
        line: if seen.hidden { named(line(registry, unit, on)) } else { line(registry, unit, on) },
        path: registry.path_on(told, on).into_iter().map(|above| line(registry, above, on)).collect(),
        names: names(told),
        codes: codes(told),
        came_from: if seen.hidden { Vec::new() } else { kin(registry, registry.predecessors(&unit.id)) },
        went_into: if seen.hidden { Vec::new() } else { kin(registry, registry.successors(&unit.id)) },
        under,
        staff: staff(visit, desk, unit).await?,
        may_see_people: desk.authority.people::<ReadPeople>().is_some_and(|proof| proof.extent().holds(&unit.id)),
        people_on: people_on(desk, seen),
        may_onboard: is_now && begins(unit, today) && desk.authority.unit::<OnboardUnits>(&unit.id).is_some(),
        list: HERE,
        corrections,
    };
    let status = if page.corrections.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visit.page(status, &page, None))
}

/// Where the people of the unit are listed as of the day, for whoever may find people; not of a unit that was taken back.
fn people_on(desk: &Desk, seen: &Seen<'_>) -> String {
    let (id, day) = (&seen.unit.id, seen.on.map(iso).unwrap_or_default());
    let is_known = desk.authority.registry().unit(id).is_some();
    let may_find = desk.authority.people::<ReadPeople>().is_some();
    if is_known && may_find { address(&people::address_of(id), &[("on", &day)]) } else { String::new() }
}

/// Nothing but what a unit is called.
fn named(line: UnitLine) -> UnitLine {
    UnitLine { above: String::new(), days: Days::default(), code: String::new(), uncertain: false, ..line }
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
