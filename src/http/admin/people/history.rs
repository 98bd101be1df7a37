//! What happened to a person's account, from the records.

use super::person::{head, may, one};
use crate::base::date::shown_moment;
use crate::http::admin::enter;
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::parts::Pages;
use crate::http::view::console::person::Tab;
use crate::http::view::console::person_tabs::{HistoryLine, PersonHistory, history_line};
use crate::http::view::place::Place;
use crate::model::authority::{ReadHistory, ReadPeople};
use crate::protocol::parameters::Parameters;
use crate::service::people::history::{self, Entry};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/people/{id}/history`; with `before=` older entries.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    show(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<ReadHistory>(visit, &desk, id).await?;
    let readers = desk.authority.people::<ReadPeople>();
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let before = asked.get("before");
    let found = history::page(&visit.app.services, &proof, readers.as_ref(), before).await;
    let found = found.map_err(|failure| errors::failed(visit, &failure))?;
    let may = may(visit, &desk, &proof.person().id).await?;
    let here = format!("/admin/people/{}/history", proof.person().id);
    let t = visit.chrome().t();
    let shown = if before.is_none() { &t.history_newest } else { &t.history_earlier };
    let view = PersonHistory {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, proof.person(), may, Tab::History, None),
        lines: found.entries.into_iter().map(|entry| line(visit, entry)).collect(),
        pages: Pages {
            shown: shown.clone(),
            previous: before.is_some().then(|| here.clone()),
            next: found.older.map(|place| format!("{here}?before={place}")),
        },
    };
    Ok(visit.page(StatusCode::OK, &view, None))
}

fn line(visit: &Visit, entry: Entry) -> HistoryLine {
    let office = visit.app.services.settings.offices.name_of(&entry.address).map(str::to_owned);
    let place = Place { office, address: entry.address.clone() };
    let when = shown_moment(entry.at);
    history_line(&visit.chrome(), entry, when, &place)
}
