//! All clients that the reader may see.

use super::{keeper, line};
use crate::base::text::fold;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::clients::ClientsPage;
use crate::http::view::error::ErrorWords;
use crate::model::authority::ReadClients;
use crate::model::client::Client;
use crate::protocol::parameters::Parameters;
use crate::service::clients::console;
use crate::service::{Failure, Services};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// No search is longer.
const LONGEST: usize = 100;

/// `GET /admin/clients`; with `q`, those whose name, id or address holds it.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    if !desk.authority.reads_clients::<ReadClients>() {
        return page::show(&visit, ErrorWords::NoAccess, None, "this account looks after no client");
    }
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let typed = read(&parameters);
    let all = match found(&visit.app.services, &desk, &typed).await {
        Ok(all) => all,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let page = ClientsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Clients),
        typed,
        lines: all.iter().map(line).collect(),
        may_add: keeper(&desk).is_some(),
    };
    visit.page(StatusCode::OK, &page, None)
}

/// What is looked for.
pub(super) fn read(parameters: &Parameters) -> String {
    parameters.get("q").unwrap_or_default().chars().take(LONGEST).collect()
}

/// The clients that the reader may see, of those that hold what was typed.
pub(super) async fn found(services: &Services, desk: &Desk, typed: &str) -> Result<Vec<Client>, Failure> {
    let mut all = console::list(services, &desk.authority).await?;
    let wanted = fold(typed);
    all.retain(|client| holds(client, &wanted));
    Ok(all)
}

fn holds(client: &Client, wanted: &str) -> bool {
    let addresses = client.settings.redirect_uris.iter().map(String::as_str);
    let mut texts = [client.name.as_str(), client.id.as_str()].into_iter().chain(addresses);
    texts.any(|text| fold(text).contains(wanted))
}
