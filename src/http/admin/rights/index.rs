//! The question: may this person enter that system, and why?

use super::{HERE, givers_of, group_why, why};
use crate::base::text::nfc;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::rights::{Answered, RightsPage, RightsProblem};
use crate::model::authority::{ReadClients, ReadPeople};
use crate::protocol::parameters::Parameters;
use crate::service::entitlements;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/rights`; with `username` and `client`, the answer.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match show(&visit, &desk, &parameters).await {
        Ok(response) | Err(response) => response,
    }
}

async fn show(visit: &Visit, desk: &Desk, parameters: &Parameters) -> Result<Response, Response> {
    let services = &visit.app.services;
    let reads_people = desk.authority.people::<ReadPeople>().is_some();
    if !reads_people && !desk.authority.reads_clients::<ReadClients>() {
        return Err(absent(visit));
    }
    let all = entitlements::list_clients(services).await.map_err(|failure| page::failed(visit, &failure))?;
    let username = parameters.get("username").map(nfc).unwrap_or_default();
    let client = parameters.get("client").unwrap_or_default();
    let asked = reads_people && parameters.get("username").is_some();
    let answered = if asked && !username.is_empty() { answer(visit, desk, &username, client).await? } else { None };
    let problem = match (asked, &answered) {
        (true, None) if username.is_empty() => Some(RightsProblem::Empty),
        (true, None) => Some(RightsProblem::NotTheirs),
        (true, Some(_)) | (false, _) => None,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let may_open = |id: &str| reads_people || desk.authority.client::<ReadClients>(id).is_some();
    let clients: Vec<(String, String)> = all.into_iter().filter(|(id, _)| may_open(id)).collect();
    let page = RightsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        username,
        client: client.to_owned(),
        clients,
        reads_people,
        answered,
        problem,
    };
    Ok(visit.page(status, &page, None))
}

/// What the person of a user name can enter, or only whether they enter one client; nothing when it is nobody within the
/// reader's bounds.
async fn answer(visit: &Visit, desk: &Desk, username: &str, client: &str) -> Result<Option<Answered>, Response> {
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let Some(id) = entitlements::who(services, username).await.map_err(failed)? else { return Ok(None) };
    let Some(proof) = desk.authority.one::<ReadPeople>(services, &id).await.map_err(failed)? else { return Ok(None) };
    let found = entitlements::of_person(services, &proof).await.map_err(failed)?;
    let names = Names::of(visit, desk, &givers_of(&found)).await?;
    let wanted = |id: &str| client.is_empty() || id == client;
    let rights = found.rights.iter().filter(|right| wanted(&right.granted.grant.client_id));
    let groups = found.groups.iter().filter(|right| wanted(&right.grant.client_id));
    Ok(Some(Answered {
        address: format!("{HERE}/people/{id}"),
        full_name: found.person.full_name.clone(),
        username: found.person.username.clone(),
        disabled: found.person.disabled_at.is_some(),
        rights: rights.map(|right| why(desk, &names, right)).collect(),
        groups: groups.map(|right| group_why(desk, &names, right)).collect(),
        open: found.open.into_iter().filter(|(id, _)| wanted(id)).map(|(_, name)| name).collect(),
    }))
}
