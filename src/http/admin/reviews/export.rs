//! A round to take away, as CSV: every right with what was answered, by whom, and why. It is written while it is read.

use super::{HERE, named};
use crate::base::csv;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::PersonId;
use crate::base::words::Words;
use crate::http::admin::names::{Names, unit_name};
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::rights::groups::whom;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::reviews::answer_name;
use crate::model::access_review::RightKind;
use crate::model::authority::ReadReviews;
use crate::service::lifecycle::reviews::{self, Line, Taking};
use crate::service::{Failure, Services};
use axum::extract::Path;
use axum::response::Response;

/// `GET /admin/reviews/{round}/export.csv`
pub async fn get(mut visit: Visit, Path(id): Path<String>) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    visit.here = format!("{HERE}/{id}");
    taken(&visit, &id).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<ReadReviews>() else { return Err(absent(visit)) };
    let found = reviews::take_away(&visit.app.services, &proof, id).await.map_err(|failure| page::failed(visit, &failure))?;
    let Some((review, taking)) = found else { return Err(absent(visit)) };
    let lines = Lines { services: visit.app.services.clone(), taking, desk, t: visit.chrome().t(), begun: false };
    Ok(attachment(&format!("ra-soat-{}.csv", review.quarter), "text/csv; charset=utf-8", lines))
}

/// The lines of the file.
struct Lines {
    services: Services,
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
        let lines = self.taking.piece().await?.unwrap_or_default();
        let by: Vec<PersonId> = lines.iter().filter_map(|line| line.item.answered_by.clone().map(PersonId)).collect();
        let names = Names::read(&self.services, &self.desk, &by).await?;
        for line in &lines {
            text.push_str(&row(self.t, &self.desk, &names, line));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn head(t: &'static Words) -> [&'static str; 12] {
    [
        &t.console_reviews_unit,
        &t.admin_recovery_username,
        &t.admin_recovery_name,
        &t.console_reviews_system,
        &t.console_reviews_role,
        &t.console_reviews_bound,
        &t.console_reviews_since,
        &t.console_reviews_used,
        &t.console_reviews_answer,
        &t.console_reviews_by,
        &t.console_reviews_at,
        &t.console_reviews_reason,
    ]
}

fn row(t: &'static Words, desk: &Desk, names: &Names, line: &Line) -> String {
    let item = &line.item;
    let group = line.group.as_ref().map(|of_group| whom(desk, &of_group.grant).in_words(t));
    let bound = item.bound_unit.as_ref().map(|unit| unit_name(desk, unit)).unwrap_or_default();
    let used = match item.kind {
        RightKind::Group => t.console_reviews_unsaid_use.clone(),
        RightKind::Role | RightKind::Administrator => item.used_at.map(|at| shown(vietnam_date(at))).unwrap_or_default(),
    };
    let by = item.answered_by.as_deref().map(|by| names.shown(by)).unwrap_or_default();
    let at = item.answered_at.map(shown_moment).unwrap_or_default();
    csv::line(&[
        &named(desk, t, &item.unit),
        &line.username,
        group.as_deref().unwrap_or(&line.full_name),
        &line.client_name,
        &item.role,
        &bound,
        &shown(vietnam_date(item.granted_at)),
        &used,
        answer_name(t, item.answer),
        &by,
        &at,
        &item.reason,
    ])
}
