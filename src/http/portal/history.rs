//! The history of one's own sign-ins: a page at a time, or all as a file.

use super::methods::place;
use crate::base::csv;
use crate::base::date::{iso, shown_moment, vietnam_date};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::history::{History, Line};
use crate::protocol::parameters::Parameters;
use crate::service::account::history::{self, Entry};
use axum::extract::RawQuery;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// `GET /account/history`; with `before=` older entries.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let before = asked.get("before");
    match history::page(&visit.app.services, &account.sign_on.person, before).await {
        Ok(found) => {
            let page = History {
                chrome: visit.chrome(),
                lines: found.entries.into_iter().map(|entry| line(&visit, entry)).collect(),
                older: found.older,
                is_first: before.is_none(),
            };
            visit.page(StatusCode::OK, &page, None)
        }
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `GET /account/history.csv`: all of it.
pub async fn csv(visit: Visit) -> Response {
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    let entries = match history::all(services, &account.sign_on.person).await {
        Ok(entries) => entries,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let chrome = visit.chrome();
    let mut rows = vec![Line::header(&chrome)];
    rows.extend(entries.into_iter().map(|entry| line(&visit, entry).cells(&chrome)));
    let name = format!("attachment; filename=\"lich-su-dang-nhap-{}.csv\"", iso(vietnam_date(services.clock.now())));
    let mut response = ([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv::table(&rows)).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}

fn line(visit: &Visit, entry: Entry) -> Line {
    Line {
        when: shown_moment(entry.at),
        act: entry.act,
        by: entry.by,
        methods: entry.methods,
        system: entry.system,
        place: place(visit, &entry.address),
    }
}
