//! The roles that groups have, of the clients and units that the reader may look at.

use super::{HERE, givers, line};
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
use axum::http::StatusCode;
use axum::response::Response;

/// Lines of one page.
const LINES: usize = 50;

/// `GET /admin/rights/groups`; `client` narrows it down, `page` leads on.
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
    let all = entitlements::list_clients(&visit.app.services).await.map_err(|failure| page::failed(visit, &failure))?;
    let may_open = |id: &str| reads_people || desk.authority.client::<ReadClients>(id).is_some();
    let clients: Vec<(String, String)> = all.into_iter().filter(|(id, _)| may_open(id)).collect();
    let client = asked.get("client").unwrap_or_default();
    let wanted = |id: &str| client.is_empty() || id == client;
    let ids: Vec<&str> = clients.iter().map(|(id, _)| id.as_str()).filter(|id| wanted(id)).collect();
    let found = lines(visit, &desk, client, &ids).await?;
    let chrome = visit.chrome();
    let at = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or_default();
    let to = |page: usize| address(HERE, &[("client", client), ("page", page.to_string().as_str())]);
    let (here, pages) = Pages::of(&chrome, (at, LINES), found.len(), to);
    let shown = found.get(here).unwrap_or_default();
    let names = Names::of(visit, &desk, &givers(shown)).await?;
    let may_end = |line: &Line| Giver::of(&desk.authority, &line.grant.client_id).is_some_and(|giver| giver.may_take_back(line));
    let page = GroupsPage {
        console: desk.console(Section::Rights),
        client: client.to_owned(),
        lines: shown.iter().map(|one| line(&desk, &names, one, may_end(one))).collect(),
        clients,
        pages,
        may_give: may_give(&desk),
        done: asked.get("done").and_then(RightDone::from_word),
        chrome,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// Whether somebody may give anything to any group.
pub(super) fn may_give(desk: &Desk) -> bool {
    desk.authority.units::<GrantRoles>().is_some() || desk.authority.reads_clients::<GrantInClient>()
}

/// What reaches the reader's units, and all of the clients that they read beside.
async fn lines(visit: &Visit, desk: &Desk, client: &str, ids: &[&str]) -> Result<Vec<Line>, Response> {
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let narrowed = Some(client).filter(|client| !client.is_empty());
    let mut found = Vec::new();
    if let Some(proof) = desk.authority.people::<ReadPeople>() {
        found = group_roles::list(services, &Seeing::People(&proof), narrowed).await.map_err(failed)?;
        if *proof.extent() == Extent::City {
            return Ok(found);
        }
    }
    for &id in ids {
        let Some(proof) = desk.authority.client::<ReadClients>(id) else { continue };
        let of_client = group_roles::list(services, &Seeing::Client(&proof), Some(id)).await.map_err(failed)?;
        found.retain(|line| line.grant.client_id != id);
        found.extend(of_client);
    }
    Ok(found)
}
