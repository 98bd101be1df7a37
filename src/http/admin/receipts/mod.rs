//! Receipts of sign-outs, and another try for what was given up: of all systems, or of those that somebody owns.

pub mod export;

use super::{Desk, absent, enter, enter_fresh, own_form};
use crate::base::date::shown_moment;
use crate::base::id::is_uuid;
use crate::base::words::fill;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, SelectOption};
use crate::http::view::console::receipts::{ReceiptRow, ReceiptsDone, ReceiptsPage};
use crate::http::view::error::ErrorWords;
use crate::model::authority::{ReadRuntime, RetryDeliveries};
use crate::model::client::{Client, is_client_id};
use crate::protocol::parameters::Parameters;
use crate::service::authority::{City, OneClient};
use crate::service::clients::console;
use crate::service::logout::receipts::{self, Outcome, Query, Reader, Receipt};
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
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, &parameters).await.unwrap_or_else(|answer| answer)
}

/// Which receipts somebody looks for, and as what they may.
struct Asked {
    clients: Vec<Client>,
    wanted: Query,
    all: Option<City<ReadRuntime>>,
    own: Option<OneClient<RetryDeliveries>>,
}

impl Asked {
    async fn read(visit: &Visit, desk: &Desk, parameters: &Parameters) -> Result<Self, Response> {
        let all = desk.authority.city::<ReadRuntime>();
        if all.is_none() && !desk.authority.reads_clients::<RetryDeliveries>() {
            return Err(nobody(visit));
        }
        let clients = console::list(&visit.app.services, &desk.authority).await;
        let mut clients = clients.map_err(|failure| page::failed(visit, &failure))?;
        let mut wanted = Query {
            outcome: parameters.get("outcome").and_then(outcome_of),
            client_id: parameters.owned("client").filter(|id| is_client_id(id)),
            before: parameters.owned("before").filter(|id| is_uuid(id)),
        };
        if all.is_none() {
            // Whoever owns systems sees one of them at a time.
            clients.retain(|client| desk.authority.client::<RetryDeliveries>(&client.id).is_some());
            wanted.client_id = wanted.client_id.or_else(|| clients.first().map(|client| client.id.clone()));
        }
        let own = wanted.client_id.as_deref().and_then(|client| desk.authority.client::<RetryDeliveries>(client));
        Ok(Self { clients, wanted, all, own })
    }

    fn reader(&self) -> Option<Reader<'_>> {
        match (&self.all, &self.own) {
            (Some(all), _) => Some(Reader::City(all)),
            (None, Some(own)) => Some(Reader::Owner(own)),
            (None, None) => None,
        }
    }
}

async fn show(visit: &Visit, desk: &Desk, parameters: &Parameters) -> Result<Response, Response> {
    let asked = Asked::read(visit, desk, parameters).await?;
    let Some(reader) = asked.reader() else { return Err(absent(visit)) };
    let found = receipts::list(&visit.app.services, reader, &asked.wanted).await;
    let found = found.map_err(|failure| page::failed(visit, &failure))?;
    let Asked { clients, wanted, own, .. } = asked;
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
        rows: found.receipts.into_iter().map(|receipt| row(desk, receipt)).collect(),
        waiting: found.waiting,
        dead: found.dead,
        outcome: wanted.outcome,
        clients: clients.into_iter().map(option).collect(),
        client,
        may_retry: own.is_some(),
        done,
        chrome,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
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
    let authority = &desk.authority;
    if !authority.reads_clients::<RetryDeliveries>() {
        return nobody(&visit);
    }
    let services = &visit.app.services;
    let receipt = form.get("receipt").filter(|id| form.get("act") == Some("again") && is_uuid(id));
    let client = match (receipt, form.get("act"), form.get("client")) {
        (Some(id), _, _) => match receipts::client_of(services, id).await {
            Ok(Some(client)) => client,
            Ok(None) => return absent(&visit),
            Err(failure) => return page::failed(&visit, &failure),
        },
        (None, Some("all"), Some(client)) if is_client_id(client) => client.to_owned(),
        (None, _, _) => return visit.see_other(HERE),
    };
    let Some(proof) = authority.client::<RetryDeliveries>(&client) else { return absent(&visit) };
    let retried = match receipt {
        Some(id) => receipts::retry(services, &proof, id).await.map(usize::from),
        None => receipts::retry_of_client(services, &proof).await,
    };
    // Who sees one system at a time is led back to that one.
    let back = if authority.city::<ReadRuntime>().is_some() { String::new() } else { format!("&client={client}") };
    match retried {
        Ok(count) => visit.see_other(&format!("{HERE}?outcome=waiting&done={count}{back}")),
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

fn row(desk: &Desk, receipt: Receipt) -> ReceiptRow {
    ReceiptRow {
        may_retry: receipt.outcome == Outcome::Dead && desk.authority.client::<RetryDeliveries>(&receipt.client_id).is_some(),
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
