//! The list as a file, by the same search. No secret and no key is in it.

use super::line;
use super::list::{found, read};
use crate::base::date::iso;
use crate::base::words::Words;
use crate::http::admin::units::attachment;
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::clients::{ClientLine, kind_name};
use crate::model::authority::ReadClients;
use crate::protocol::parameters::Parameters;
use crate::service::audit::{self, Event};
use axum::extract::RawQuery;
use axum::response::Response;
use serde_json::json;

/// `GET /admin/clients/export`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    "/admin/clients".clone_into(&mut visit.here);
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    taken(&visit, &parameters).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, parameters: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    if !desk.authority.reads_clients::<ReadClients>() {
        return Err(absent(visit));
    }
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let typed = read(parameters);
    let all = found(services, &desk, &typed).await.map_err(failed)?;
    // As what the reader sees the first is as what they see them all; of none nothing is told.
    let proof = all.first().and_then(|client| desk.authority.client::<ReadClients>(&client.id));
    if let Some(proof) = proof {
        let detail = json!({ "words": !typed.is_empty(), "clients": all.len() });
        audit::looked(services, Event::by(&proof.by, "clients.exported", None, None, detail)).await.map_err(failed)?;
    }
    let t = visit.chrome().t();
    let mut rows = vec![header(t)];
    rows.extend(all.iter().map(|client| cells(t, line(client))));
    Ok(attachment(&format!("he-thong-{}.csv", iso(desk.authority.today())), &rows))
}

fn header(t: &'static Words) -> Vec<String> {
    let names = [
        &t.console_clients_name,
        &t.console_administrators_client_id,
        &t.console_clients_kind,
        &t.console_clients_host,
        &t.console_clients_trust,
        &t.console_clients_logout,
        &t.console_clients_state,
    ];
    names.map(Clone::clone).to_vec()
}

fn cells(t: &'static Words, line: ClientLine) -> Vec<String> {
    let kind = kind_name(t, line.kind).to_owned();
    let trust = if line.third_party { &t.console_clients_outside } else { &t.console_clients_own };
    let told = if line.told { &t.console_clients_told } else { &t.console_clients_untold };
    let state = if line.disabled { &t.console_clients_off } else { &t.console_clients_on };
    vec![line.name, line.id, kind, line.host, trust.clone(), told.clone(), state.clone()]
}
