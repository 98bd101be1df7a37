//! The reports within the reader's bounds: those that wait, and those that were answered.

use super::HERE;
use crate::base::date::shown_moment;
use crate::http::admin::names::unit_name;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::Pages;
use crate::http::view::console::reports::{QueueLine, QueuePage};
use crate::model::authority::ReadReports;
use crate::protocol::parameters::Parameters;
use crate::service::account::report_queue::{self, Queue, Waiting};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/reports`; with `state=answered`, those that have an answer.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let Some(proof) = desk.authority.people::<ReadReports>() else { return absent(&visit) };
    let answered = parameters.get("state") == Some("answered");
    let after = parameters.get("after");
    let queue = match report_queue::list(&visit.app.services, &proof, answered, after).await {
        Ok(queue) => queue,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let page = QueuePage {
        chrome: visit.chrome(),
        console: desk.console(Section::Reports),
        answered,
        lines: queue.reports.iter().map(|waiting| line(&desk, waiting)).collect(),
        pages: pages(&queue, answered, after),
        done: parameters.get("done") == Some("answered"),
    };
    visit.page(StatusCode::OK, &page, None)
}

fn line(desk: &Desk, waiting: &Waiting) -> QueueLine {
    let (report, person) = (&waiting.report, &waiting.person);
    let units: Vec<String> =
        person.positions_on(desk.authority.today()).into_iter().map(|held| unit_name(desk, &held.unit)).collect();
    QueueLine {
        id: report.id.clone(),
        about: report.about,
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        units: units.join(", "),
        at: shown_moment(report.at),
        answered_at: report.answered_at.map(shown_moment),
        words: report.words.chars().take(200).collect(),
    }
}

fn pages(queue: &Queue, answered: bool, after: Option<&str>) -> Pages {
    let state = if answered { "answered" } else { "open" };
    Pages {
        shown: queue.reports.len().to_string(),
        previous: after.map(|_| format!("{HERE}?state={state}")),
        next: queue.next.as_ref().map(|next| format!("{HERE}?state={state}&after={next}")),
    }
}
