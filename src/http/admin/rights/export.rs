//! The lists to take away, as CSV.

use super::{HERE, absent, line};
use crate::base::csv;
use crate::base::words::Words;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::rights::RightLine;
use crate::model::authority::{ExportPeople, Extent, ReadClients};
use crate::protocol::parameters::Parameters;
use crate::service::authority::Doer;
use crate::service::entitlements::{self, List};
use axum::extract::RawQuery;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// `GET /admin/rights/export.csv`: `list` = `expiring`, `unused` or `client` with `id`.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match taken(&visit, &desk, &parameters).await {
        Ok(response) | Err(response) => response,
    }
}

async fn taken(visit: &Visit, desk: &Desk, parameters: &Parameters) -> Result<Response, Response> {
    let id = parameters.get("id").unwrap_or_default();
    let list = match parameters.get("list") {
        Some("expiring") => List::Expiring,
        Some("unused") => List::Unused,
        Some("client") => List::Client { id, role: None },
        _ => return Err(absent(visit)),
    };
    let Some((by, extent)) = allowed(desk, list) else { return Err(absent(visit)) };
    let found = entitlements::take_away(&visit.app.services, &by, list, extent.as_ref()).await;
    let found = found.map_err(|failure| page::failed(visit, &failure))?;
    let t = visit.chrome().t();
    let mut text = String::from(csv::BOM);
    text.push_str(&csv::line(&head(t)));
    for one in &found {
        text.push_str(&row(t, &line(desk, &Names::default(), one)));
    }
    let name = "attachment; filename=\"quyen.csv\"";
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, name)], text).into_response())
}

/// Who takes it, and of whom: people within their bounds; of a client, everybody for whoever reads that client.
fn allowed(desk: &Desk, list: List<'_>) -> Option<(Doer, Option<Extent>)> {
    if let List::Client { id, .. } = list
        && let Some(proof) = desk.authority.client::<ReadClients>(id)
    {
        return Some((proof.by, None));
    }
    let proof = desk.authority.people::<ExportPeople>()?;
    let extent = proof.extent().clone();
    Some((proof.by, Some(extent)))
}

fn head(t: &'static Words) -> [&'static str; 9] {
    [
        &t.admin_recovery_username,
        &t.admin_recovery_name,
        &t.console_rights_unit,
        &t.console_rights_client,
        &t.console_rights_role,
        &t.console_rights_from,
        &t.console_rights_to,
        &t.console_rights_reason,
        &t.console_rights_used,
    ]
}

fn row(t: &'static Words, line: &RightLine) -> String {
    let why = &line.why;
    let used = why.used.as_deref().unwrap_or(&t.console_rights_never);
    csv::line(&[
        &line.username,
        &line.full_name,
        &line.units,
        &why.client_name,
        &why.role,
        &why.first,
        &why.last,
        &why.reason,
        used,
    ])
}
