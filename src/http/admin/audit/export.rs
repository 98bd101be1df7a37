//! What a search finds, as a file: it is written while it is read, so that its size does not matter here.

use super::HERE;
use super::filter::Filter;
use super::list::page;
use crate::base::date::{iso, vietnam_date};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::audit::AuditProblem;
use crate::model::authority::{ExportAudit, ReadAudit};
use crate::protocol::parameters::Parameters;
use crate::service::trail::export::Format;
use crate::service::trail::search::{MOST_DAYS_OF_ALL, Query};
use crate::service::trail::take::{self, Taking};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::RawQuery;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Pieces that wait for a slow reader.
const WAITING: usize = 4;

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
    let name = format!("attachment; filename=\"nhat-ky-{day}.{}\"", format.as_str());
    let mut response = ([(CONTENT_TYPE, kind(format))], Body::new(Written::of(taking))).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn kind(format: Format) -> &'static str {
    match format {
        Format::Jsonl => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Cef => "text/plain; charset=utf-8",
    }
}

/// A body that is written piece by piece. Where it cannot go on it breaks off, so that nobody takes a part for the whole.
struct Written(mpsc::Receiver<io::Result<Bytes>>);

impl Written {
    fn of(taking: Taking) -> Self {
        let (pieces, body) = mpsc::channel(WAITING);
        tokio::spawn(write(taking, pieces));
        Self(body)
    }
}

/// Writes until the end, or until nobody reads any more.
async fn write(mut taking: Taking, pieces: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let piece = match taking.piece().await {
            Ok(Some(piece)) => Ok(Bytes::from(piece)),
            Ok(None) => return,
            Err(failure) => {
                tracing::error!(%failure, "a list of records could not be written to its end");
                Err(io::Error::other("the records cannot be read on from here"))
            }
        };
        let broken = piece.is_err();
        if pieces.send(piece).await.is_err() || broken {
            return;
        }
    }
}

impl HttpBody for Written {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.get_mut().0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
