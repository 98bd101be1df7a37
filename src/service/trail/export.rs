//! Writes the trail out: as JSON lines, which verify on their own with the
//! key that was kept, or as CSV and CEF for other programs.

use super::formats::{cef_line, csv_head, csv_line};
use super::lines::{EntryLine, Head, SealLine, VERSION};
use super::pages::{self, AT_ONCE};
use super::{TrailError, seal};
use crate::base::clock::Millis;
use crate::crypto::keyring::SigningKey;
use crate::model::audit_entry::{Entry, Place, Range, Seal};
use crate::service::Services;
use crate::store::audit_chain;
use crate::store::audit_seals::{self, StoredSeal};
use serde::Serialize;
use std::io::Write;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON document a line, with seals: this can be verified.
    Jsonl,
    /// For spreadsheets.
    Csv,
    /// For collectors of security events.
    Cef,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jsonl, Self::Csv, Self::Cef];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Cef => "cef",
        }
    }

    /// Reads [`Format::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How.
    pub format: Format,
    /// Entries of this moment and later. JSON lines begin a little before, where the seal before it ends.
    pub from: Option<Millis>,
    /// Entries of before this moment. JSON lines end a little after, where the seal over it ends.
    pub to: Option<Millis>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The number of the first entry.
    pub first: i64,
    /// The number of the last one.
    pub last: i64,
    /// How many.
    pub entries: i64,
}

/// The seals between which entries are written.
pub struct Bounds {
    /// Right before the first; none at the beginning of all.
    pub after: Option<StoredSeal>,
    /// Over the last.
    pub last: StoredSeal,
}

impl Bounds {
    /// The number of the first entry.
    pub fn first(&self) -> i64 {
        self.after.as_ref().map_or(1, |seal| seal.seq.saturating_add(1))
    }
}

/// Writes what is wanted of the database. What lies in files by month is written out already, in the same form.
pub async fn write(services: &Services, wanted: &Wanted, sink: &mut (dyn Write + Send)) -> Result<Written, TrailError> {
    let bounds = bounds(services, wanted).await?;
    match wanted.format {
        Format::Jsonl => write_lines(services, &bounds, sink).await,
        Format::Csv | Format::Cef => write_rows(services, &bounds, wanted, sink).await,
    }
}

async fn bounds(services: &Services, wanted: &Wanted) -> Result<Bounds, TrailError> {
    let mut conn = services.store.read().await?;
    let archived = audit_seals::list_segments(&mut conn).await?.last().map_or(0, |month| month.last_seq);
    let nothing = || TrailError::Refused("there is nothing to write: no sealed entry is of that time".to_owned());
    let newest = audit_seals::newest(&mut conn).await?.ok_or_else(nothing)?;
    if wanted.from.is_none() && wanted.to.is_none() {
        let after = audit_seals::before(&mut conn, archived.saturating_add(1)).await?;
        return Ok(Bounds { after, last: newest });
    }
    let from = wanted.from.map_or(i64::MIN, |from| from.0);
    let to = wanted.to.map_or(i64::MAX, |to| to.0);
    let (first, last) = audit_chain::numbers_between(&mut conn, archived, from, to).await?.ok_or_else(nothing)?;
    let after = audit_seals::before(&mut conn, first).await?;
    let last = audit_seals::over(&mut conn, last).await?.ok_or_else(nothing)?;
    Ok(Bounds { after, last })
}

/// JSON lines from one seal to another.
pub async fn write_lines(services: &Services, bounds: &Bounds, sink: &mut (dyn Write + Send)) -> Result<Written, TrailError> {
    let mut conn = services.store.read().await?;
    let keys = seal::trusted(&mut conn, &services.envelope).await?;
    let signer = seal::signer(&mut conn, &services.envelope).await?;
    let sealed = seal::open::<Seal>(&keys, &bounds.last.seal);
    let (Some(signer), Some(sealed)) = (signer, sealed) else {
        return Err(TrailError::Refused(
            "the seal over the last entry does not hold: run `motlan audit verify` on the database".to_owned(),
        ));
    };
    put(sink, &head(services, &signer, bounds, &sealed)?)?;
    let mut entries = 0;
    let mut after = bounds.first() - 1;
    loop {
        let page = pages::read(&mut conn, after, bounds.last.seq, AT_ONCE).await?;
        let Some(last) = page.items.last().map(|item| item.place.seq) else { break };
        for item in &page.items {
            // What is gone or cannot be read leaves a gap, which whoever verifies the file comes upon.
            if let (Some(place), Some(entry)) = (pages::place(&item.place), &item.entry) {
                put(sink, &EntryLine::of(entry, &place))?;
                entries += 1;
            }
            if let Some(seal) = page.seals.get(&item.place.seq) {
                put(sink, &SealLine { seal: seal.seal.clone() })?;
            }
        }
        after = last;
    }
    sink.flush().map_err(trouble)?;
    Ok(Written { first: bounds.first(), last: bounds.last.seq, entries })
}

fn head(services: &Services, signer: &SigningKey, bounds: &Bounds, sealed: &Seal) -> Result<Head, TrailError> {
    let range = Range {
        issuer: services.settings.issuer.clone(),
        first: bounds.first(),
        last: bounds.last.seq,
        link: sealed.link.clone(),
        written_at: services.clock.now().0,
    };
    Ok(Head {
        motlan_audit: VERSION,
        key: signer.public_jwk.clone(),
        after: bounds.after.as_ref().map(|seal| seal.seal.clone()),
        range: seal::sign(signer, &range)?,
    })
}

fn put<T: Serialize>(sink: &mut (dyn Write + Send), line: &T) -> Result<(), TrailError> {
    let text = serde_json::to_string(line).map_err(crate::store::StoreError::from)?;
    put_text(sink, &text)?;
    put_text(sink, "\n")
}

fn put_text(sink: &mut (dyn Write + Send), text: &str) -> Result<(), TrailError> {
    sink.write_all(text.as_bytes()).map_err(trouble)
}

fn trouble(error: std::io::Error) -> TrailError {
    TrailError::File("the export".to_owned(), error)
}

/// Rows for other programs: exactly those of the time that is wanted.
async fn write_rows(
    services: &Services,
    bounds: &Bounds,
    wanted: &Wanted,
    sink: &mut (dyn Write + Send),
) -> Result<Written, TrailError> {
    let mut conn = services.store.read().await?;
    let mut written = Written { first: 0, last: 0, entries: 0 };
    if wanted.format == Format::Csv {
        put_text(sink, &csv_head())?;
    }
    let mut after = bounds.first() - 1;
    loop {
        let page = pages::read(&mut conn, after, bounds.last.seq, AT_ONCE).await?;
        let Some(last) = page.items.last().map(|item| item.place.seq) else { break };
        for item in &page.items {
            let (Some(place), Some(entry)) = (pages::place(&item.place), &item.entry) else { continue };
            if is_wanted(wanted, entry) {
                put_text(sink, &row(wanted.format, &place, entry)?)?;
                written.first = if written.entries == 0 { place.seq } else { written.first };
                written.last = place.seq;
                written.entries += 1;
            }
        }
        after = last;
    }
    sink.flush().map_err(trouble)?;
    Ok(written)
}

fn is_wanted(wanted: &Wanted, entry: &Entry) -> bool {
    wanted.from.is_none_or(|from| entry.at >= from.0) && wanted.to.is_none_or(|to| entry.at < to.0)
}

fn row(format: Format, place: &Place, entry: &Entry) -> Result<String, TrailError> {
    match format {
        Format::Csv => Ok(csv_line(place.seq, entry)),
        Format::Cef => Ok(cef_line(place.seq, entry)),
        Format::Jsonl => {
            let line = serde_json::to_string(&EntryLine::of(entry, place)).map_err(crate::store::StoreError::from)?;
            Ok(format!("{line}\n"))
        }
    }
}
