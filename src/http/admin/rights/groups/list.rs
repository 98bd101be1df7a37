//! The roles that groups have, of the clients and units that the reader may look at: as of today, or of another day.

use super::{HERE, givers, line, line_on};
use crate::base::date::iso;
use crate::http::admin::day::Day;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, address};
use crate::http::view::console::rights::{GroupsPage, RightDone};
use crate::model::authority::{Extent, GrantInClient, GrantRoles, ReadClients, ReadPeople};
use crate::protocol::parameters::Parameters;
use crate::service::entitlements;
use crate::service::provisioning::group_roles::{self, Giver, Line, Seeing};
use axum::extract::RawQuery;
use axum::response::Response;
use time::Date;

/// Lines of one page.
const LINES: usize = 50;

/// `GET /admin/rights/groups`; `client` narrows it down, `on` is the day (by default today, with what is over or still to come),
/// `page` leads on.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &asked).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, asked: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let reads_people = desk.authority.people::<ReadPeople>().is_some();
    if !reads_people && !desk.authority.reads_clients::<ReadClients>() {
        return Err(absent(visit));
    }
    let today = desk.authority.today();
    let day = Day::asked(asked, today);
    let then = day.other_than(today);
    let all = entitlements::list_clients(&visit.app.services).await.map_err(|failure| page::failed(visit, &failure))?;
    let may_open = |id: &str| reads_people || desk.authority.client::<ReadClients>(id).is_some();
    let clients: Vec<(String, String)> = all.into_iter().filter(|(id, _)| may_open(id)).collect();
    let client = asked.get("client").unwrap_or_default();
    let wanted = |id: &str| client.is_empty() || id == client;
    let ids: Vec<&str> = clients.iter().map(|(id, _)| id.as_str()).filter(|id| wanted(id)).collect();
    let found = if day.is_wrong() { Vec::new() } else { lines(visit, &desk, (client, then), &ids).await? };
    let chrome = visit.chrome();
    let at = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or_default();
    let on = then.map(iso).unwrap_or_default();
    let to = |page: usize| address(HERE, &[("client", client), ("on", &on), ("page", page.to_string().as_str())]);
    let (here, pages) = Pages::of(&chrome, (at, LINES), found.len(), to);
    let shown = found.get(here).unwrap_or_default();
    let names = Names::of(visit, &desk, &givers(shown)).await?;
    let may_end = |line: &Line| Giver::of(&desk.authority, &line.grant.client_id).is_some_and(|giver| giver.may_take_back(line));
    let row = |one: &Line| match then {
        Some(on) => line_on(&desk, &names, one, on),
        None => line(&desk, &names, one, may_end(one)),
    };
    let status = day.status();
    let page = GroupsPage {
        console: desk.console(Section::Rights),
        client: client.to_owned(),
        day: day.on_page(address(HERE, &[("client", client)]), today),
        lines: shown.iter().map(row).collect(),
        clients,
        pages,
        may_give: may_give(&desk),
        done: asked.get("done").and_then(RightDone::from_word),
        chrome,
    };
    Ok(visit.page(status, &page, None))
}

/// Whether somebody may give anything to any group.
pub(super) fn may_give(desk: &Desk) -> bool {
    desk.authority.units::<GrantRoles>().is_some() || desk.authority.reads_clients::<GrantInClient>()
}

/// What reaches the reader's units, and all of the clients that they read beside.
async fn lines(visit: &Visit, desk: &Desk, (client, then): (&str, Option<Date>), ids: &[&str]) -> Result<Vec<Line>, Response> {
    let narrowed = Some(client).filter(|client| !client.is_empty());
    let mut found = Vec::new();
    if let Some(proof) = desk.authority.people::<ReadPeople>() {
        found = seen(visit, &Seeing::People(&proof), narrowed, then).await?;
        if *proof.extent() == Extent::City {
            return Ok(found);
        }
    }
    for &id in ids {
        let Some(proof) = desk.authority.client::<ReadClients>(id) else { continue };
        let of_client = seen(visit, &Seeing::Client(&proof), Some(id), then).await?;
        found.retain(|line| line.grant.client_id != id);
        found.extend(of_client);
    }
    Ok(found)
}

/// What somebody may see: of today what was not taken back, of another day what counted on it.
async fn seen(visit: &Visit, seeing: &Seeing<'_>, client: Option<&str>, then: Option<Date>) -> Result<Vec<Line>, Response> {
    let services = &visit.app.services;
    let found = match then {
        Some(on) => group_roles::list_on(services, seeing, client, on).await,
        None => group_roles::list(services, seeing, client).await,
    };
    found.map_err(|failure| page::failed(visit, &failure))
}
