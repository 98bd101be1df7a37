//! The receipts as a file, by the same filter: it is written while it is read, so that its size does not matter here.

use super::{Asked, HERE};
use crate::base::csv;
use crate::base::date::{iso, shown_moment};
use crate::base::words::Words;
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::logout::receipts::{self, Outcome, Query, Receipt, Taking};
use axum::extract::RawQuery;
use axum::response::Response;

/// `GET /admin/receipts/export`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    taken(&visit, &parameters).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, parameters: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let asked = Asked::read(visit, &desk, parameters).await?;
    let query = Query { before: None, ..asked.wanted.clone() };
    let Some(reader) = asked.reader() else { return Err(absent(visit)) };
    let taking = receipts::export(&visit.app.services, reader, &query).await;
    let taking = taking.map_err(|failure| page::failed(visit, &failure))?;
    let lines = Lines { taking, t: visit.chrome().t(), begun: false };
    Ok(attachment(&format!("bien-nhan-{}.csv", iso(desk.authority.today())), "text/csv; charset=utf-8", lines))
}

/// The lines of the file.
struct Lines {
    taking: Taking,
    t: &'static Words,
    begun: bool,
}

impl Pieces for Lines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(csv::BOM);
            text.push_str(&header(self.t));
        }
        for receipt in &self.taking.piece().await?.unwrap_or_default() {
            text.push_str(&line(self.t, receipt));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn header(t: &'static Words) -> String {
    csv::line(&[
        &t.console_receipts_client,
        &t.console_administrators_client_id,
        "URI",
        &t.console_receipts_created,
        "sid",
        &t.console_receipts_outcome,
        &t.console_approvals_at,
        &t.console_receipts_answer,
        "attempts",
    ])
}

fn line(t: &'static Words, receipt: &Receipt) -> String {
    let outcome = match receipt.outcome {
        Outcome::Delivered => &t.console_receipts_delivered,
        Outcome::Waiting => &t.console_receipts_waiting,
        Outcome::Dead => &t.console_receipts_dead,
    };
    csv::line(&[
        &receipt.client_name,
        &receipt.client_id,
        &receipt.uri,
        &shown_moment(receipt.created_at),
        &receipt.sign_on,
        outcome,
        &shown_moment(receipt.at),
        &receipt.last_answer,
        &receipt.attempts.to_string(),
    ])
}
