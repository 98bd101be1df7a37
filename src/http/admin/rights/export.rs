//! The lists to take away, as CSV: each is written while it is read.

use super::{HERE, absent, line};
use crate::base::csv;
use crate::base::words::Words;
use crate::http::admin::names::Names;
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::rights::RightLine;
use crate::model::authority::{ExportPeople, Extent, ReadClients};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::Doer;
use crate::service::entitlements::{self, List, Taking};
use axum::extract::RawQuery;
use axum::response::Response;

/// `GET /admin/rights/export.csv`: `list` = `expiring`, `unused` or `client` with `id`.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match taken(&visit, desk, &parameters).await {
        Ok(response) | Err(response) => response,
    }
}

async fn taken(visit: &Visit, desk: Desk, parameters: &Parameters) -> Result<Response, Response> {
    let id = parameters.get("id").unwrap_or_default();
    let list = match parameters.get("list") {
        Some("expiring") => List::Expiring,
        Some("unused") => List::Unused,
        Some("client") => List::Client { id, role: None },
        _ => return Err(absent(visit)),
    };
    let Some((by, extent)) = allowed(&desk, list) else { return Err(absent(visit)) };
    let taking = entitlements::take_away(&visit.app.services, &by, list, extent).await;
    let taking = taking.map_err(|failure| page::failed(visit, &failure))?;
    let lines = Lines { taking, desk, t: visit.chrome().t(), begun: false };
    Ok(attachment("quyen.csv", "text/csv; charset=utf-8", lines))
}

/// The lines of the file.
struct Lines {
    taking: Taking,
    desk: Desk,
    t: &'static Words,
    begun: bool,
}

impl Pieces for Lines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(csv::BOM);
            text.push_str(&csv::line(&head(self.t)));
        }
        for one in &self.taking.piece().await?.unwrap_or_default() {
            text.push_str(&row(self.t, &line(&self.desk, &Names::default(), one)));
        }
        Ok((!text.is_empty()).then_some(text))
    }
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
