//! Bringing registry files in: all of them or nothing, and twice is as once.

use super::corrected;
use super::draft::{Additions, Draft};
use super::files::{self, FileError, Kind, Source, Table};
use super::{rows_codes, rows_successions, rows_units};
use crate::base::clock::Millis;
use crate::base::entropy::Entropy;
use crate::model::correction::Way;
use crate::model::plan::edit::Edits;
use crate::model::registry::Registry;
use crate::model::row_error::RowError;
use crate::service::audit::{self, Event};
use crate::service::known;
use crate::service::{Origin, Services, forget};
use crate::store::{AsEx, StoreError, changes, units};
use time::Date;
use time::macros::date;

/// The last day of the legacy units, in Vietnam time.
pub(super) const LAST_LEGACY_DAY: Date = date!(2025 - 06 - 30);
/// The first day of the units that the mapping of 2025 leads to.
pub(super) const FIRST_DAY: Date = date!(2025 - 07 - 01);

/// What to bring in, and who does it.
pub struct Request<'a> {
    /// The files, in any order.
    pub sources: &'a [Source],
    /// Leave out what came on 2025-07-01.
    pub only_legacy: bool,
    /// Who does it.
    pub actor: &'a str,
    /// Where from.
    pub origin: &'a Origin,
}

/// What was brought in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The registry's version afterwards.
    pub version: i64,
    /// New units.
    pub units: usize,
    /// New facts of all kinds; 0 when all was known.
    pub added: usize,
}

/// Why nothing was brought in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The files have mistakes.
    #[error("the files have {} mistakes", .0.len())]
    Refused(Vec<FileError>),
    /// The registry was changed meanwhile: do it again.
    #[error("someone else changed the registry meanwhile; import again")]
    Stale,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the readers of rows work on.
pub(super) struct Work<'a> {
    pub(super) draft: Draft,
    pub(super) only_legacy: bool,
    errors: Vec<FileError>,
    now: Millis,
    entropy: &'a dyn Entropy,
}

impl<'a> Work<'a> {
    /// Begins with what is known.
    pub(super) fn of(registry: &Registry, now: Millis, entropy: &'a dyn Entropy) -> Self {
        Self { draft: Draft::of(registry), only_legacy: false, errors: Vec::new(), now, entropy }
    }

    /// What is new, or the mistakes.
    pub(super) fn finish(self) -> Result<Additions, Vec<FileError>> {
        if self.errors.is_empty() { Ok(self.draft.additions) } else { Err(self.errors) }
    }

    /// A mistake in a row of a file.
    pub(super) fn complain(&mut self, table: &Table, error: RowError) {
        self.errors.push(FileError { file: table.name.clone(), error });
    }

    /// What a new unit's id is made of.
    pub(super) fn new_id(&self) -> (Millis, &'a dyn Entropy) {
        (self.now, self.entropy)
    }
}

/// Brings files in. Everything is checked first; then one write adds what is new.
pub async fn import(services: &Services, request: &Request<'_>) -> Result<Report, ImportError> {
    let now = services.clock.now();
    let before = {
        let mut conn = services.store.read().await?;
        units::load(&mut conn).await?
    };
    let mut errors = Vec::new();
    let mut tables: Vec<Table> = request.sources.iter().filter_map(|source| files::read(source, &mut errors)).collect();
    tables.retain(|table| !(request.only_legacy && table.kind.is_of_the_merger()));
    tables.sort_by_key(|table| table.kind);
    let additions = {
        let mut work = Work { only_legacy: request.only_legacy, errors, ..Work::of(&before, now, &*services.entropy) };
        for table in &tables {
            read_rows(&mut work, table);
        }
        work.finish().map_err(ImportError::Refused)?
    };
    let report = Report { version: before.version(), units: additions.units.len(), added: additions.count() };
    if report.added == 0 {
        return Ok(report);
    }
    let edits = additions.edits(&before);
    write(services, request, &report, (&additions, &edits), now).await?;
    Ok(Report { version: report.version + 1, ..report })
}

fn read_rows(work: &mut Work<'_>, table: &Table) {
    match table.kind {
        Kind::Legacy => rows_units::legacy(work, table),
        Kind::Current => rows_units::current(work, table),
        Kind::Earlier => rows_units::earlier(work, table),
        Kind::Variants => rows_units::variants(work, table),
        Kind::Mapping => rows_successions::mapping(work, table),
        Kind::Dissolution => rows_successions::dissolution(work, table),
        Kind::Codes => rows_codes::codes(work, table),
    }
}

async fn write(
    services: &Services,
    request: &Request<'_>,
    report: &Report,
    (additions, edits): (&Additions, &Edits),
    now: Millis,
) -> Result<(), ImportError> {
    let mut tx = services.store.write().await?;
    // First, so that of two imports at the same time the later one waits here and then sees that it is late.
    if !units::replace_version(&mut tx, report.version, now).await? {
        return Err(ImportError::Stale);
    }
    add_all(&mut tx, additions).await?;
    let files: Vec<&str> = request.sources.iter().map(|source| source.name.as_str()).collect();
    let hand = corrected::Hand { by: request.actor, way: Way::Import, what: &files.join(", "), now };
    corrected::note(&mut tx, &hand, edits, report.version).await?;
    let detail = serde_json::json!({ "version": report.version + 1, "units": report.units, "facts": report.added });
    let event = Event {
        event: "registry.imported",
        actor: request.actor.to_owned(),
        person: None,
        client: None,
        origin: request.origin,
        detail,
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, changes::Kind::Registry, "").await?;
    tx.commit().await?;
    // It is brought in; if this node cannot read it now, it does so with the next changes.
    if let Err(error) = known::reload_registry(services).await {
        tracing::warn!(%error, "the registry was imported and could not be read again yet");
    }
    Ok(())
}

async fn add_all(tx: &mut impl AsEx, additions: &Additions) -> Result<(), ImportError> {
    units::add(tx, &additions.units).await?;
    units::add_codes(tx, &additions.codes).await?;
    for (unit, code) in &additions.ended_codes {
        if !units::mark_code_ended(tx, unit, code).await? {
            return Err(ImportError::Stale);
        }
    }
    units::add_names(tx, &additions.names).await?;
    units::add_parents(tx, &additions.parents).await?;
    units::replace_successions(tx, &additions.successions).await?;
    Ok(())
}
