//! Rows are compared with what is known, and what is new of them is written in short transactions.

use super::file::Opened;
use super::row::{Columns, Reader, Told};
use super::{BATCH, ImportError, Progress, Request, Stage, Tally, account};
use crate::base::id::{PersonId, uuid_v7};
use crate::crypto::password::legacy::Declared;
use crate::model::legacy_source::LegacySource;
use crate::service::audit::{self, Event};
use crate::service::legacy::arrivals;
use crate::service::legacy::taken_away::{self, TakenAway};
use crate::service::sign_on::ending::{By, Ended};
use crate::service::{Failure, Services};
use crate::store::audit::AuditRow;
use crate::store::legacy_accounts::passwords::{self, Kept, Password};
use crate::store::legacy_accounts::{self, Given, Mark, Replacing, Reset, Stored};
use crate::store::legacy_imports::{self, Done, Import};
use crate::store::{AsEx, StoreError, Tx, legacy_matching, legacy_sources};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Read, Seek};

/// Times that somebody else may be first before an import gives up.
const TURNS: usize = 4;

/// One reading of a file.
pub(super) struct Run<'a> {
    pub(super) services: &'a Services,
    pub(super) source: &'a LegacySource,
    pub(super) declared: Option<Declared>,
    pub(super) opened: &'a Opened,
    pub(super) request: &'a Request<'a>,
    /// The last file of the source that was read to its end was this one, and said the same of its hashes.
    pub(super) is_repeated: bool,
}

/// What rows did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Written {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) same: u64,
    pub(super) resumed_after_line: Option<u64>,
}

impl Written {
    pub(super) fn add(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.same += other.same;
    }
}

/// Rows by what they do.
struct Sorted {
    added: Vec<Told>,
    changed: Vec<Told>,
    same: u64,
}

/// Where the file stands: on record, and beyond that as far as nothing had to be written.
struct Place {
    id: Option<String>,
    saved: Done,
    done: Done,
}

impl Run<'_> {
    /// What some rows would do.
    pub(super) async fn compare(&self, columns: Columns, rows: Vec<Told>) -> Result<Written, ImportError> {
        let mut conn = self.services.store.read().await?;
        let sorted = self.sorted(&mut conn, columns, rows).await?;
        let (added, changed) = (count(sorted.added.len()), count(sorted.changed.len()));
        Ok(Written { added, changed, same: sorted.same, resumed_after_line: None })
    }

    /// Writes what the file says, from where it was stopped before.
    pub(super) async fn write<R: Read + Seek + Send>(
        &self,
        input: &mut R,
        checked: &Tally,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Written, ImportError> {
        let mut place = self.place(checked).await?;
        let begins_after = u64::try_from(place.done.lines).unwrap_or_default();
        let mut sheet = self.opened.sheet(input)?;
        let mut reader = Reader::new(&sheet, self.opened).map_err(ImportError::File)?;
        let columns = reader.columns();
        let mut at = Progress { stage: Stage::Writing, rows: 0, rows_bad: 0 };
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = sheet.next_row().map_err(ImportError::File)? {
            at.rows += 1;
            match row.and_then(|row| reader.read(&row)) {
                Ok(told) if told.line > begins_after => batch.push(told),
                Ok(_) => {}
                // It was good when the file was checked: the file is another by now.
                Err(error) if !self.request.accept_good => return Err(ImportError::File(error)),
                Err(_) => at.rows_bad += 1,
            }
            if batch.len() >= BATCH {
                self.write_some(&mut place, columns, std::mem::take(&mut batch)).await?;
                progress(at);
            }
        }
        self.write_some(&mut place, columns, batch).await?;
        progress(at);
        self.finish(&place, checked).await?;
        let told = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Written {
            added: told(place.done.added),
            changed: told(place.done.changed),
            same: told(place.done.same),
            resumed_after_line: (begins_after > 0).then_some(begins_after),
        })
    }

    /// Where the same file was stopped, or its beginning.
    async fn place(&self, checked: &Tally) -> Result<Place, ImportError> {
        let mut conn = self.services.store.read().await?;
        let (digest, encoding) = (self.opened.digest.as_slice(), self.opened.word());
        let open = legacy_imports::find_open(&mut conn, &self.source.id, digest, &encoding).await?;
        let (id, saved) = open.map_or((None, Done::default()), |(id, done)| (Some(id), done));
        let bad = i64::try_from(checked.rows_bad).unwrap_or(i64::MAX);
        Ok(Place { id, saved, done: Done { bad, ..saved } })
    }

    /// Writes some rows; compares them anew as long as somebody else is first.
    async fn write_some(&self, place: &mut Place, columns: Columns, rows: Vec<Told>) -> Result<(), ImportError> {
        for _ in 0..TURNS {
            match self.try_to_write(place, columns, rows.clone()).await {
                Err(ImportError::Failure(Failure::Store(StoreError::Stale))) => {}
                other => return other,
            }
        }
        Err(ImportError::Overtaken)
    }

    async fn try_to_write(&self, place: &mut Place, columns: Columns, rows: Vec<Told>) -> Result<(), ImportError> {
        let Some(last) = rows.last().map(|told| told.line) else { return Ok(()) };
        let mut conn = self.services.store.read().await?;
        let mut sorted = self.sorted(&mut conn, columns, rows).await?;
        drop(conn);
        let mut done = place.done;
        done.lines = i64::try_from(last).unwrap_or(i64::MAX);
        done.added += signed(sorted.added.len());
        done.changed += signed(sorted.changed.len());
        done.same += i64::try_from(sorted.same).unwrap_or_default();
        if sorted.added.is_empty() && sorted.changed.is_empty() {
            place.done = done;
            return Ok(());
        }
        // In the order of ids: two imports at once wait for each other and do not deadlock.
        sorted.added.sort_by(|one, other| one.legacy_id.cmp(&other.legacy_id));
        sorted.changed.sort_by(|one, other| one.legacy_id.cmp(&other.legacy_id));
        // What takes a while is done before the one writer is held.
        let (accounts, kept) = self.fresh(columns, &sorted.added);
        let now = self.services.clock.now();
        let mut tx = self.services.store.write().await?;
        self.hold_source(&mut tx).await?;
        let id = self.mark(&mut tx, place, &done).await?;
        legacy_accounts::add(&mut tx, &self.source.id, &id, now, &accounts).await?;
        passwords::set(&mut tx, &self.source.id, &kept, now).await?;
        let ended = self.change(&mut tx, &id, columns, &mut sorted.changed).await?;
        tx.commit().await?;
        taken_away::tell(self.services, &ended);
        *place = Place { id: Some(id), saved: done, done };
        Ok(())
    }

    /// Whoever removes a source stops it first: nothing comes in any more. It is held before anything is written, so that
    /// nobody stops it before what is written counts.
    async fn hold_source(&self, tx: &mut Tx) -> Result<(), ImportError> {
        let stopped = || ImportError::Stopped(self.source.id.clone());
        if !legacy_sources::hold(tx, &self.source.id).await? {
            return Err(stopped());
        }
        let source = legacy_sources::find(tx, &self.source.id).await?;
        if source.is_none_or(|source| source.stopped_at.is_some()) { Err(stopped()) } else { Ok(()) }
    }

    /// Which rows are new, which say something else, and how many say what is known. Columns that the file has not are
    /// filled in.
    async fn sorted(&self, conn: &mut impl AsEx, columns: Columns, rows: Vec<Told>) -> Result<Sorted, ImportError> {
        let source = self.source.id.as_str();
        let ids: Vec<&str> = rows.iter().map(|told| told.legacy_id.as_str()).collect();
        let marks = legacy_accounts::list_marks(conn, source, &ids).await?;
        let stored = if columns.tell_all_facts() { Vec::new() } else { legacy_accounts::list(conn, source, &ids).await? };
        let marks: HashMap<String, Mark> = marks.into_iter().map(|mark| (mark.legacy_id.clone(), mark)).collect();
        let stored = by_id(stored);
        let mut sorted = Sorted { added: Vec::new(), changed: Vec::new(), same: 0 };
        let mut unsure = Vec::new();
        for mut told in rows {
            let Some(mark) = marks.get(&told.legacy_id) else {
                sorted.added.push(told);
                continue;
            };
            if mark.erased != 0 {
                // Whoever asked for it is not known again by the next file.
                sorted.same += 1;
                continue;
            }
            if let Some(stored) = stored.get(&told.legacy_id) {
                self.fill(&mut told, stored, columns)?;
            }
            if mark.gone_at.is_some() || mark.row_digest != self.digest(&told, columns, Some(&mark.row_digest)) {
                sorted.changed.push(told);
            } else if columns.has("password_hash") && !account::is_told_by_digest(&told, self.declared) {
                unsure.push(told);
            } else {
                sorted.same += 1;
            }
        }
        let kept = self.kept(conn, &unsure).await?;
        for told in unsure {
            if self.is_kept(&told, &kept) {
                sorted.same += 1;
            } else {
                sorted.changed.push(told);
            }
        }
        Ok(sorted)
    }

    /// What is kept of the passwords of some accounts.
    async fn kept(&self, conn: &mut impl AsEx, rows: &[Told]) -> Result<HashMap<String, Kept>, StoreError> {
        let ids: Vec<&str> = rows.iter().map(|told| told.legacy_id.as_str()).collect();
        Ok(passwords::list(conn, &self.source.id, &ids).await?.into_iter().collect())
    }

    /// Whether a row has the password that is kept. Where nobody can tell, the file that was read last says nothing new.
    fn is_kept(&self, told: &Told, kept: &HashMap<String, Kept>) -> bool {
        let kept = kept.get(&told.legacy_id);
        account::is_kept(self.services, &self.source.id, (told, self.declared), kept).unwrap_or(self.is_repeated)
    }

    fn fill(&self, told: &mut Told, stored: &Stored, columns: Columns) -> Result<(), ImportError> {
        Ok(account::fill(self.services, &self.source.id, told, stored, columns).map_err(Failure::from)?)
    }

    fn digest(&self, told: &Told, columns: Columns, known: Option<&[u8]>) -> Vec<u8> {
        account::digest(self.services, (self.source.id.as_str(), self.declared), told, columns, known)
    }

    /// Notes how far the file is with these rows; begins it when they are its first ones.
    async fn mark(&self, tx: &mut Tx, place: &Place, done: &Done) -> Result<String, ImportError> {
        let now = self.services.clock.now();
        if let Some(id) = &place.id {
            legacy_imports::mark_done(tx, id, (&place.saved, done), false, now).await?;
            return Ok(id.clone());
        }
        let id = uuid_v7(now, self.services.entropy.as_ref());
        let import = Import {
            id: id.clone(),
            source: self.source.id.clone(),
            file_digest: self.opened.digest.to_vec(),
            encoding: self.opened.word(),
            actor: self.request.actor.to_owned(),
            done: *done,
        };
        legacy_imports::add(tx, &import, now).await?;
        Ok(id)
    }

    /// Accounts that are new, and their passwords.
    fn fresh(&self, columns: Columns, rows: &[Told]) -> (Vec<Given>, Vec<Password>) {
        let source = self.source.id.as_str();
        let given = |told: &Told| account::given(self.services, source, told, self.digest(told, columns, None));
        let kept = |told: &Told| account::password(self.services, source, told, self.declared);
        (rows.iter().map(given).collect(), rows.iter().filter_map(kept).collect())
    }

    /// Lays what rows say over what is known, and ends what accounts opened that are somebody else's by now, or locked. What
    /// it is compared with is read in the same transaction.
    async fn change(&self, tx: &mut Tx, import: &str, columns: Columns, rows: &mut [Told]) -> Result<Vec<Ended>, ImportError> {
        let (source, now) = (self.source.id.as_str(), self.services.clock.now());
        let ids: Vec<&str> = rows.iter().map(|told| told.legacy_id.as_str()).collect();
        let known = by_id(legacy_accounts::list(tx, source, &ids).await?);
        let passwords_before = self.kept(tx, rows).await?;
        let (mut kept, mut removed, mut records) = (Vec::new(), Vec::new(), Vec::new());
        let mut taken = TakenAway::default();
        for told in rows {
            let stored = known.get(&told.legacy_id).ok_or(StoreError::Stale)?;
            self.fill(told, stored, columns)?;
            let before = &stored.given;
            let digest = self.digest(told, columns, Some(&before.row_digest));
            let is_unsure = columns.has("password_hash") && !account::is_told_by_digest(told, self.declared);
            let is_password_new =
                !account::same_password(&before.row_digest, &digest) || (is_unsure && !self.is_kept(told, &passwords_before));
            if stored.gone_at.is_none() && digest == before.row_digest && !is_password_new {
                // Somebody else has just said the same: it is counted anew.
                return Err(StoreError::Stale.into());
            }
            let mut given = account::given(self.services, source, told, digest);
            let mut changes = account::changes(before, &given);
            if is_password_new && !changes.contains(&"password_hash") {
                changes.push("password_hash");
            }
            let reset = Reset { another: account::is_another(before, &given), ..account::reset(&changes) };
            if reset.another {
                // Where the file says no passwords, that of the former owner is gone all the same.
                given.row_digest = self.digest(told, columns, None);
            }
            let replacing = Replacing { source, given: &given, before: &before.row_digest, import, reset };
            legacy_accounts::replace(tx, &replacing, now).await?;
            let is_taken = arrivals::is_taken_by(stored, &given, reset);
            if let Some(was) = stored.person_id.clone().filter(|_| is_taken) {
                taken.add((source, &given.legacy_id), &PersonId(was));
            }
            if is_password_new || reset.another {
                match account::password(self.services, source, told, self.declared) {
                    Some(password) => kept.push(password),
                    None => removed.push(given.legacy_id.clone()),
                }
            }
            records.extend(self.records_of(import, stored, (changes.as_slice(), reset)));
        }
        passwords::set(tx, source, &kept, now).await?;
        let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
        passwords::remove(tx, source, &removed).await?;
        legacy_matching::add_records(tx, &records).await?;
        Ok(taken.end(tx, self.services, By { actor: self.request.actor, origin: self.request.origin }).await?)
    }

    /// On record is which columns changed, and never what stood in them; and from whom an account is taken that is
    /// another person's by now.
    fn records_of(&self, import: &str, stored: &Stored, (changes, reset): (&[&str], Reset)) -> Vec<AuditRow> {
        let person = stored.person_id.clone().map(PersonId);
        let detail = json!({
            "source": self.source.id,
            "legacy_id": stored.given.legacy_id,
            "import": import,
            "columns": changes,
            "came_back": stored.gone_at.is_some(),
            "decided_anew": reset.another || (reset.decision && stored.decided_by.is_none()),
            "unit_decided_anew": reset.another || reset.unit,
            "another_person": reset.another,
        });
        let row = |event: &'static str, person: Option<&PersonId>, detail: Value| {
            let (actor, origin) = (self.request.actor.to_owned(), self.request.origin);
            audit::row(self.services, Event { event, actor, person, client: None, origin, detail })
        };
        let mut rows = vec![row("legacy_account.changed", person.as_ref(), detail)];
        if let Some(was) = person.as_ref().filter(|_| reset.another) {
            let detail = json!({ "source": self.source.id, "legacy_id": stored.given.legacy_id, "import": import });
            rows.push(row("legacy.account_released", Some(was), detail));
        }
        rows
    }

    /// Ends the file, when anything was written of it.
    async fn finish(&self, place: &Place, checked: &Tally) -> Result<(), ImportError> {
        let Some(id) = &place.id else { return Ok(()) };
        let mut tx = self.services.store.write().await?;
        let ended = legacy_imports::mark_done(&mut tx, id, (&place.saved, &place.done), true, self.services.clock.now()).await;
        ended.map_err(|error| match error {
            StoreError::Stale => ImportError::Overtaken,
            StoreError::Unavailable(_) | StoreError::Corrupt(_) => error.into(),
        })?;
        let event = Event {
            event: "legacy.imported",
            actor: self.request.actor.to_owned(),
            person: None,
            client: None,
            origin: self.request.origin,
            detail: json!({
                "source": self.source.id,
                "import": id,
                "encoding": self.opened.word(),
                "rows": checked.rows,
                "rows_bad": checked.rows_bad,
                "added": place.done.added,
                "changed": place.done.changed,
                "same": place.done.same,
            }),
        };
        audit::record(&mut tx, self.services, event).await?;
        Ok(tx.commit().await?)
    }
}

fn by_id(stored: Vec<Stored>) -> HashMap<String, Stored> {
    stored.into_iter().map(|stored| (stored.given.legacy_id.clone(), stored)).collect()
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn signed(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
