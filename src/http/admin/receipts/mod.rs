//! Receipts of sign-outs, and another try for what was given up.

use super::{enter, enter_fresh, own_form};
use crate::base::date::shown_moment;
use crate::base::id::is_uuid;
use crate::base::words::fill;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, SelectOption};
use crate::http::view::console::receipts::{ReceiptRow, ReceiptsDone, ReceiptsPage};
use crate::http::view::error::ErrorWords;
use crate::model::authority::{AddClients, ReadRuntime};
use crate::model::client::{Client, is_client_id};
use crate::protocol::parameters::Parameters;
use crate::service::clients::console;
use crate::service::logout::receipts::{self, Outcome, Query, Receipt};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use url::form_urlencoded::Serializer;

const HERE: &str = "/admin/receipts";

/// `GET /admin/receipts`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<ReadRuntime>() else { return nobody(&visit) };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let services = &visit.app.services;
    let wanted = Query {
        outcome: parameters.get("outcome").and_then(outcome_of),
        client_id: parameters.owned("client").filter(|id| is_client_id(id)),
        before: parameters.owned("before").filter(|id| is_uuid(id)),
    };
    let found = match receipts::list(services, &proof, &wanted).await {
        Ok(found) => found,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let clients = match console::list(services, &desk.authority).await {
        Ok(clients) => clients,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let done = parameters
        .get("done")
        .and_then(|count| count.parse().ok())
        .map(|count: i64| if count > 0 { ReceiptsDone::Again(count) } else { ReceiptsDone::Nothing });
    let client = wanted.client_id.clone().unwrap_or_default();
    let option = |known: Client| SelectOption { chosen: known.id == client, value: known.id, label: known.name };
    let chrome = visit.chrome();
    let count = found.receipts.len().to_string();
    let page = ReceiptsPage {
        console: desk.console(Section::Receipts),
        pages: Pages {
            shown: fill(&chrome.t().console_receipts_shown, &[("count", &count)]),
            previous: wanted.before.as_ref().map(|_| listed(&wanted, None)),
            next: found.older.as_deref().map(|older| listed(&wanted, Some(older))),
        },
        rows: found.receipts.into_iter().map(row).collect(),
        waiting: found.waiting,
        dead: found.dead,
        outcome: wanted.outcome,
        clients: clients.into_iter().map(option).collect(),
        client,
        may_retry: desk.authority.city::<AddClients>().is_some(),
        done,
        chrome,
    };
    visit.page(StatusCode::OK, &page, None)
}

/// `POST /admin/receipts`: `act` = `again` tries one again, `all` those of one client.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<AddClients>() else { return nobody(&visit) };
    let services = &visit.app.services;
    let retried = match (form.get("act"), form.get("receipt"), form.get("client")) {
        (Some("again"), Some(id), _) if is_uuid(id) => receipts::retry(services, &proof, id).await.map(usize::from),
        (Some("all"), _, Some(client)) if is_client_id(client) => receipts::retry_of_client(services, &proof, client).await,
        _ => return visit.see_other(HERE),
    };
    match retried {
        Ok(count) => visit.see_other(&format!("{HERE}?outcome=waiting&done={count}")),
        Err(failure) => page::failed(&visit, &failure),
    }
}

fn nobody(visit: &Visit) -> Response {
    page::show(visit, ErrorWords::NoAccess, None, "this account does not look after what runs")
}

fn outcome_of(word: &str) -> Option<Outcome> {
    match word {
        "dead" => Some(Outcome::Dead),
        "waiting" => Some(Outcome::Waiting),
        "delivered" => Some(Outcome::Delivered),
        _ => None,
    }
}

/// The address of a part of the list.
fn listed(wanted: &Query, before: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(outcome) = wanted.outcome {
        let word = match outcome {
            Outcome::Dead => "dead",
            Outcome::Waiting => "waiting",
            Outcome::Delivered => "delivered",
        };
        query.append_pair("outcome", word);
    }
    for (name, value) in [("client", wanted.client_id.as_deref()), ("before", before)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("{HERE}?{}", query.finish())
}

fn row(receipt: Receipt) -> ReceiptRow {
    ReceiptRow {
        id: receipt.id,
        client_name: receipt.client_name,
        uri: receipt.uri,
        sign_on: receipt.sign_on,
        created: shown_moment(receipt.created_at),
        outcome: receipt.outcome,
        at: shown_moment(receipt.at),
        attempts: receipt.attempts,
        last_answer: receipt.last_answer,
    }
}
