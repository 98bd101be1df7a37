//! What a search finds, to be taken away: as JSON lines, CSV or CEF, newest first, piece by piece.
//!
//! Such a list is for reading on. It holds no signatures: what has to be proven is exported whole ([`super::export`]).

use super::export::Format;
use super::formats::{cef_line, csv_head, csv_line};
use super::lines::{time_of, written_detail};
use super::search::{Line, Query, Words, newest, numbered};
use crate::model::authority::ExportAudit;
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::audit_search::Wanted;
use serde::Serialize;
use serde_json::{Value, json};

/// Entries of one piece.
const PIECE: usize = 500;

/// A list that is being taken away.
pub struct Taking {
    services: Services,
    wanted: Wanted,
    words: Words,
    format: Format,
    begun: bool,
    over: bool,
}

/// A line for programs. `seq` is null as long as the entry waits for its place.
#[derive(Serialize)]
struct Told<'a> {
    seq: Option<i64>,
    time: String,
    event: &'a str,
    actor: Option<&'a str>,
    person: Option<&'a str>,
    client: Option<&'a str>,
    address: Option<&'a str>,
    request_id: Option<&'a str>,
    detail: Value,
    kind: &'a str,
    id: &'a str,
}

/// Begins, once that is on record.
pub async fn begin(services: &Services, proof: &City<ExportAudit>, query: &Query, format: Format) -> Result<Taking, Failure> {
    let mut detail = query.detail();
    if let Some(members) = detail.as_object_mut() {
        members.insert("format".to_owned(), json!(format.as_str()));
    }
    let exported = Event::by(&proof.by, "audit.exported", query.person.as_ref(), query.client.as_deref(), detail);
    audit::looked(services, exported).await?;
    let words = Words::of(&mut services.store.read().await?, query.event.as_ref()).await?;
    let wanted = Query { before: None, ..query.clone() }.wanted();
    Ok(Taking { services: services.clone(), wanted, words, format, begun: false, over: false })
}

impl Taking {
    /// The next piece; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            if self.format == Format::Csv {
                text.push_str(&csv_head());
            }
        }
        if self.over {
            return Ok((!text.is_empty()).then_some(text));
        }
        let mut conn = self.services.store.read().await?;
        let found = newest(&mut conn, &self.wanted, &self.words, PIECE).await?;
        self.over = found.len() < PIECE;
        if let Some(last) = found.last() {
            self.wanted.before = Some((last.at, last.id.clone()));
        }
        let lines = numbered(&mut conn, found).await?;
        drop(conn);
        for line in &lines {
            text.push_str(&written(self.format, line)?);
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn written(format: Format, line: &Line) -> Result<String, StoreError> {
    // Programs that want a number read 0 where there is none yet.
    let seq = line.seq.unwrap_or_default();
    match format {
        Format::Csv => Ok(csv_line(seq, &line.entry)),
        Format::Cef => Ok(cef_line(seq, &line.entry)),
        Format::Jsonl => {
            let entry = &line.entry;
            let told = Told {
                seq: line.seq,
                time: time_of(entry.at),
                event: &entry.event,
                actor: entry.actor.as_deref(),
                person: entry.person.as_deref(),
                client: entry.client.as_deref(),
                address: entry.address.as_deref(),
                request_id: entry.request_id.as_deref(),
                detail: written_detail(&entry.detail),
                kind: entry.kind.as_str(),
                id: &entry.id,
            };
            Ok(format!("{}\n", serde_json::to_string(&told)?))
        }
    }
}
