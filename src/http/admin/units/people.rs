//! Who had a post in a unit on a day, of the people within the reader's bounds.

use super::{HERE, line};
use crate::base::date::{iso, shown};
use crate::base::id::UnitId;
use crate::http::admin::day::Day;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, address};
use crate::http::view::console::unit_people::{UnitPeoplePage, WorkedLine};
use crate::http::view::console::units::Days;
use crate::model::authority::ReadPeople;
use crate::model::position::Position;
use crate::model::unit::{Certainty, Unit};
use crate::protocol::parameters::Parameters;
use crate::service::authority::People;
use crate::service::directory::{self, OfUnit, UnitDay, Worked};
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use time::Date;

/// Where the people of a unit are listed.
pub(super) fn address_of(unit: &UnitId) -> String {
    format!("{HERE}/{unit}/people")
}

/// The day of which a unit is told when none is asked for: today, or its last one.
pub(super) fn usual(unit: &Unit, today: Date) -> Date {
    unit.span.to.filter(|last| *last < today).unwrap_or(today)
}

/// `GET /admin/units/{id}/people`; `on` is the day (by default today, or the unit's last one), `after` leads on.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &UnitId(id), &asked).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &UnitId, asked: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let Some(unit) = desk.authority.registry().unit(id) else { return Err(absent(visit)) };
    let day = Day::asked(asked, usual(unit, desk.authority.today()));
    let found = if day.is_wrong() { OfUnit::default() } else { found(visit, &proof, (id, day.on()), asked.get("after")).await? };
    let status = day.status();
    Ok(visit.page(status, &of(visit, &desk, unit, (day, found, asked.get("after"))), None))
}

async fn found(
    visit: &Visit,
    proof: &People<ReadPeople>,
    (unit, on): (&UnitId, Date),
    after: Option<&str>,
) -> Result<OfUnit, Response> {
    let found = directory::of_unit(&visit.app.services, proof, UnitDay { unit, on }, after).await;
    found.map_err(|failure| page::failed(visit, &failure))
}

fn of(visit: &Visit, desk: &Desk, unit: &Unit, (day, found, after): (Day, OfUnit, Option<&str>)) -> UnitPeoplePage {
    let (registry, today, on) = (desk.authority.registry(), desk.authority.today(), day.on());
    let then = day.other_than(today).map(iso).unwrap_or_default();
    let told = line(registry, unit, on);
    let here = address_of(&unit.id);
    UnitPeoplePage {
        chrome: visit.chrome(),
        console: desk.console(Section::Units),
        unit_address: address(&told.address(), &[("on", &then)]),
        unit: told.name,
        above: told.above,
        is_there_today: unit.span.holds_on(today) != Certainty::No,
        pages: Pages {
            shown: found.people.len().to_string(),
            // Such lists are not counted: onward, and back to the beginning.
            previous: after.map(|_| address(&here, &[("on", &iso(on))])),
            next: found.next.map(|last| address(&here, &[("on", &iso(on)), ("after", last.as_str())])),
        },
        lines: found.people.iter().flat_map(|one| lines(one, &then)).collect(),
        day: day.on_page(here, today),
        list: HERE,
    }
}

/// The posts of somebody there, each with the way to the person as of that day.
fn lines(one: &Worked, then: &str) -> Vec<WorkedLine> {
    let line = |held: &Position| WorkedLine {
        address: address(&format!("/admin/people/{}", one.person), &[("on", then)]),
        full_name: one.full_name.clone(),
        username: one.username.clone(),
        title: held.title.clone(),
        department: held.department.clone(),
        primary: held.primary,
        days: Days { from: Some(shown(held.valid_from)), to: held.valid_to.map(shown), gone_by: None },
    };
    one.posts.iter().map(line).collect()
}
