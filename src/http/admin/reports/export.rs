//! The reports as a file, those that wait or those that were answered: it is written while it is read.

use super::HERE;
use crate::base::csv;
use crate::base::date::{iso, shown_moment};
use crate::base::words::Words;
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::reports::about_name;
use crate::model::authority::ReadReports;
use crate::model::registry::Registry;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::account::report_queue::{self, Taking, Waiting};
use axum::extract::RawQuery;
use axum::response::Response;
use std::sync::Arc;
use time::Date;

/// `GET /admin/reports/export`; with `state=answered`, those that have an answer.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    taken(&visit, parameters.get("state") == Some("answered")).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, answered: bool) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.people::<ReadReports>() else { return Err(absent(visit)) };
    let services = &visit.app.services;
    let taking = report_queue::export(services, proof, answered).await.map_err(|failure| page::failed(visit, &failure))?;
    let today = desk.authority.today();
    let lines = Lines { taking, t: visit.chrome().t(), registry: services.known.registry(), today, begun: false };
    Ok(attachment(&format!("phan-anh-{}.csv", iso(today)), "text/csv; charset=utf-8", lines))
}

/// The lines of the file.
struct Lines {
    taking: Taking,
    t: &'static Words,
    registry: Arc<Registry>,
    today: Date,
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
        for waiting in &self.taking.piece().await?.unwrap_or_default() {
            text.push_str(&self.line(waiting));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn header(t: &'static Words) -> String {
    csv::line(&[
        &t.admin_recovery_name,
        &t.admin_recovery_username,
        &t.console_rights_unit,
        &t.console_approvals_subject,
        &t.console_reports_at,
        &t.console_reports_words,
        &t.report_done,
        &t.console_reports_answer,
    ])
}

impl Lines {
    fn line(&self, waiting: &Waiting) -> String {
        let (report, person) = (&waiting.report, &waiting.person);
        let held = person.positions_on(self.today);
        let units = held.iter().filter_map(|held| self.registry.unit(&held.unit));
        let units: Vec<&str> = units.map(|unit| self.registry.name_on(unit, self.today)).collect();
        csv::line(&[
            &person.full_name,
            &person.username,
            &units.join(", "),
            about_name(self.t, report.about),
            &shown_moment(report.at),
            &report.words,
            &report.answered_at.map(shown_moment).unwrap_or_default(),
            report.answer.as_deref().unwrap_or_default(),
        ])
    }
}
