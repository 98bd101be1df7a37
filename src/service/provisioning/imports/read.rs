//! Reading a file row by row: what each row does is staged and kept for whoever looks at it.

use super::leaving::COUNTED;
use super::state::OpenSheet;
use crate::base::id::ChangeSetId;
use crate::model::import::{ImportKind, RowEffect};
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::authority::Doer;
use crate::service::provisioning::bounds::Bounds;
use crate::service::provisioning::change_set::ChangeSetError;
use crate::service::provisioning::grant_stage::{self, GrantRow, Grants};
use crate::service::provisioning::known_row::{self, KnownRow};
use crate::service::provisioning::person_import::{BATCH, is_full};
use crate::service::provisioning::person_row::{self, PersonRow};
use crate::service::provisioning::person_stage::{Stage, Staged};
use crate::service::provisioning::row_told::RowTold;
use crate::service::sheet::Row;
use crate::store::StoreError;
use crate::store::import_rows::{self, ImportRow};
use crate::store::import_work::{self, Far, Held};
use crate::store::imports::Import;
use std::collections::{BTreeMap, HashMap};

/// A file of more rows is split first.
pub(super) const MOST_ROWS: i64 = 250_000;
/// Whoever works on a file says so more often than this.
pub(super) const HELD_SECONDS: i64 = 60;
/// Letters of a cell that are kept of a row with a mistake.
const KEPT: usize = 200;

/// Why the work on a file stops.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file cannot be read, or not to its end.
    File(RowError),
    /// Whoever asked may not do it any more.
    NotAllowed,
    /// Another process has taken it over.
    Lost,
    /// It was given up by mistake, or others were always first: it is begun anew.
    Again,
    /// Others changed these people meanwhile.
    Contradicted(Vec<String>),
    /// So many people would lose their last post by taking it back, and nobody lets them go alone.
    Leaving(usize),
    /// The database.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ChangeSetError> for Stop {
    fn from(error: ChangeSetError) -> Self {
        match error {
            ChangeSetError::GivenUp | ChangeSetError::Overtaken => Self::Again,
            ChangeSetError::NotAllowed => Self::NotAllowed,
            ChangeSetError::Store(error) => Self::Store(error),
        }
    }
}

/// One piece of work.
pub(super) struct Job<'a> {
    pub(super) services: &'a Services,
    pub(super) import: &'a Import,
    pub(super) held: Held<'a>,
    pub(super) doer: &'a Doer,
    pub(super) bounds: &'a Bounds,
}

/// What the rows came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) far: Far,
    pub(super) effects: BTreeMap<RowEffect, i64>,
    /// People and positions that are staged.
    pub(super) staged: u64,
    /// People who lose their last post.
    pub(super) leaving: usize,
}

impl Tally {
    /// Rows by what they do, in JSON, and beside them the people who lose their last post.
    pub(super) fn counts(&self) -> String {
        let mut counts: BTreeMap<&str, i64> = self.effects.iter().map(|(effect, count)| (effect.word(), *count)).collect();
        if self.leaving > 0 {
            counts.insert(COUNTED, i64::try_from(self.leaving).unwrap_or(i64::MAX));
        }
        serde_json::json!(counts).to_string()
    }
}

/// Where rows go.
pub(super) enum Target<'a> {
    /// Into a set of changes.
    Set(Stage<'a>),
    /// To be granted, or only looked at.
    Grants(Box<Grants<'a>>),
}

/// A row without mistakes of its own.
enum Next {
    Person(Box<PersonRow>),
    Known(Box<KnownRow>),
    Grant(Box<GrantRow>),
}

/// Rows that wait to be staged.
#[derive(Default)]
struct Pending {
    people: Vec<PersonRow>,
    known: Vec<KnownRow>,
    grants: Vec<GrantRow>,
    bad: Vec<RowError>,
    /// User name and name of each row, as the file has them: what is shown where a row has a mistake.
    names: HashMap<u64, (String, String)>,
}

impl Pending {
    /// Whether a row has to wait for the next short write. Rows of one person that follow each other stay together.
    fn is_full(&self, next: &Next) -> bool {
        match next {
            Next::Person(row) => is_full(&self.people, row),
            Next::Known(_) => self.known.len() >= BATCH,
            Next::Grant(_) => self.grants.len() >= BATCH,
        }
    }

    fn push(&mut self, next: Next) {
        match next {
            Next::Person(row) => self.people.push(*row),
            Next::Known(row) => self.known.push(*row),
            Next::Grant(row) => self.grants.push(*row),
        }
    }

    fn name(&mut self, row: &Row) {
        let kept = |column: &str| row.get(column).chars().take(KEPT).collect::<String>();
        self.names.insert(row.line, (kept("username"), kept("full_name")));
    }
}

/// Checks the header of a file whose columns have our names; answers those that tell of people.
pub(super) fn check_header(kind: ImportKind, sheet: &OpenSheet) -> Result<Vec<String>, RowError> {
    match kind {
        ImportKind::People => person_row::personal_columns(sheet),
        ImportKind::Positions => known_row::check_positions(sheet).map(|()| Vec::new()),
        ImportKind::Decisions => known_row::check_decisions(sheet).map(|()| Vec::new()),
        ImportKind::Grants => grant_stage::check_header(sheet).map(|()| Vec::new()),
    }
}

impl Job<'_> {
    /// Where the rows of this file are staged.
    pub(super) fn stage<'s>(&'s self, set: &'s ChangeSetId, columns: &'s [String]) -> Stage<'s> {
        Stage {
            services: self.services,
            change_set: set,
            columns,
            bounds: Some(self.bounds),
            decides: self.import.kind == ImportKind::Decisions,
        }
    }

    /// Reads all rows, stages them and keeps what each does.
    pub(super) async fn read(&self, sheet: &mut OpenSheet, target: &mut Target<'_>) -> Result<Tally, Stop> {
        let mut tally = Tally::default();
        let mut pending = Pending::default();
        while let Some(row) = sheet.next_row().map_err(Stop::File)? {
            tally.far.rows_read += 1;
            if tally.far.rows_read > MOST_ROWS {
                return Err(Stop::File(too_many_rows(row.map_or_else(|error| error.line, |row| row.line))));
            }
            let parsed = match row {
                Ok(row) => {
                    let next = self.parsed(&row);
                    if next.as_ref().is_ok_and(|next| pending.is_full(next)) {
                        self.flush(&mut pending, target, &mut tally).await?;
                    }
                    pending.name(&row);
                    next
                }
                Err(error) => Err(error),
            };
            match parsed {
                Ok(next) => pending.push(next),
                Err(error) => pending.bad.push(error),
            }
            if pending.bad.len() >= BATCH {
                self.flush(&mut pending, target, &mut tally).await?;
            }
        }
        self.flush(&mut pending, target, &mut tally).await?;
        Ok(tally)
    }

    fn parsed(&self, row: &Row) -> Result<Next, RowError> {
        let (registry, today) = (self.bounds.registry(), self.bounds.today());
        match self.import.kind {
            ImportKind::People => person_row::read(row, registry, today).map(|row| Next::Person(Box::new(row))),
            ImportKind::Positions => known_row::read_position(row, registry).map(|row| Next::Known(Box::new(row))),
            ImportKind::Decisions => known_row::read_decision(row, registry).map(|row| Next::Known(Box::new(row))),
            ImportKind::Grants => grant_stage::read(row, registry, today).map(|row| Next::Grant(Box::new(row))),
        }
    }

    /// Stages what waits, keeps what it does, and says how far the work is.
    async fn flush(&self, pending: &mut Pending, target: &mut Target<'_>, tally: &mut Tally) -> Result<(), Stop> {
        let Pending { people, known, grants, bad, names } = std::mem::take(pending);
        let staged = match target {
            Target::Set(stage) if self.import.kind == ImportKind::People => stage.stage(people).await?,
            Target::Set(stage) => stage.stage_known(known).await?,
            Target::Grants(target) => target.stage(grants).await?,
        };
        let Staged { persons_new, persons_changed, positions, errors, told } = staged;
        tally.staged += persons_new + persons_changed + positions;
        let mut rows: BTreeMap<u64, ImportRow> = BTreeMap::new();
        for told in told {
            rows.insert(told.line, good(told)?);
        }
        for error in bad.into_iter().chain(errors) {
            let names = names.get(&error.line).cloned().unwrap_or_default();
            rows.insert(error.line, wrong(error, names));
        }
        let rows: Vec<ImportRow> = rows.into_values().collect();
        for row in &rows {
            *tally.effects.entry(row.effect).or_default() += 1;
        }
        tally.far.rows_bad = tally.effects.get(&RowEffect::Bad).copied().unwrap_or_default();
        let mut tx = self.services.store.write().await?;
        import_rows::add(&mut tx, self.import.id.as_str(), &rows).await?;
        let until = self.services.clock.now().plus_seconds(HELD_SECONDS);
        if !import_work::mark_far(&mut tx, self.held, tally.far, until).await? {
            return Err(Stop::Lost);
        }
        Ok(tx.commit().await?)
    }
}

fn number(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

fn good(told: RowTold) -> Result<ImportRow, StoreError> {
    Ok(ImportRow {
        line: number(told.line),
        effect: told.effect,
        username: told.username,
        full_name: told.full_name,
        detail: serde_json::to_string(&told.detail)?,
        cell: String::new(),
        message_vi: String::new(),
        message_en: String::new(),
    })
}

fn wrong(error: RowError, (username, full_name): (String, String)) -> ImportRow {
    ImportRow {
        line: number(error.line),
        effect: RowEffect::Bad,
        username,
        full_name,
        detail: "{}".to_owned(),
        cell: error.column,
        message_vi: error.message_vi,
        message_en: error.message_en,
    }
}

fn too_many_rows(line: u64) -> RowError {
    RowError::new(
        line,
        "",
        format!("tệp có hơn {MOST_ROWS} dòng; hãy chia nhỏ tệp"),
        format!("the file has more than {MOST_ROWS} rows; split it"),
    )
}
