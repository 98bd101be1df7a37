//! What a search finds, as a file: it is written while it is read, so that its size does not matter here.

use super::HERE;
use super::filter::Filter;
use super::list::page;
use crate::base::date::{iso, vietnam_date};
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::audit::AuditProblem;
use crate::model::authority::{ExportAudit, ReadAudit};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::trail::export::Format;
use crate::service::trail::search::{MOST_DAYS_OF_ALL, Query};
use crate::service::trail::take::{self, Taking};
use axum::extract::RawQuery;
use axum::response::Response;

/// `GET /admin/audit/export`: the filter of the list, and `format` = `jsonl`, `csv` or `cef`.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    taken(&visit, &parameters).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, parameters: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let (reads, takes) = (desk.authority.city::<ReadAudit>(), desk.authority.city::<ExportAudit>());
    let (Some(reads), Some(takes)) = (reads, takes) else { return Err(absent(visit)) };
    let Some(format) = parameters.get("format").and_then(Format::parse) else { return Err(absent(visit)) };
    let services = &visit.app.services;
    let failed = |failure| errors::failed(visit, &failure);
    let filter = Filter { before: None, ..Filter::read(parameters, services) };
    let asked: Result<Query, AuditProblem> = filter.query(services, &reads).await.map_err(failed)?;
    let query = match asked {
        Ok(query) if query.fits_in(MOST_DAYS_OF_ALL) => query,
        Ok(_) => return page(visit, &desk, &reads, &filter, Err(AuditProblem::TooLong)).await,
        Err(problem) => return page(visit, &desk, &reads, &filter, Err(problem)).await,
    };
    let taking = take::begin(services, &takes, &query, format).await.map_err(failed)?;
    let day = iso(vietnam_date(services.clock.now()));
    Ok(attachment(&format!("nhat-ky-{day}.{}", format.as_str()), kind(format), taking))
}

fn kind(format: Format) -> &'static str {
    match format {
        Format::Jsonl => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Cef => "text/plain; charset=utf-8",
    }
}

impl Pieces for Taking {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        self.piece().await
    }
}
