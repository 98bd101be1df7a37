//! Goes through the trail and names the first entry that is not as it was: in
//! an export, in a backup, or in the database of this installation.

use super::chain::{WINDOW_SECONDS, id_floor};
use super::kept::{self, Kept};
use super::lines::time_of;
use super::pages::{self, AT_ONCE, Item, Page};
use super::report::{Finding, Report, Wrong};
use super::rows::{is_in_place, is_ours, of_audit, of_grant};
use super::seal::{self, PublicKey};
use super::walk::{Trust, Walk};
use super::{TrailError, files, segments};
use crate::base::clock::Millis;
use crate::base::digest::hex;
use crate::crypto::envelope::Envelope;
use crate::crypto::install_provider;
use crate::model::audit_entry::{Entry, Segment, read_digest};
use crate::service::{Secrets, Services};
use crate::store::audit_chain;
use crate::store::audit_seals::{self, StoredSegment};
use crate::store::{Conn, Store, StoreError};
use std::path::{Path, PathBuf};

/// What a file is checked with.
#[derive(Default)]
pub struct Means {
    /// Keys that were kept; a backup brings its own when the key-encryption key opens them.
    pub keys: Vec<PublicKey>,
    /// The key-encryption key, when it is at hand.
    pub envelope: Option<Envelope>,
    /// Where the months of a backup lie.
    pub segments: Option<PathBuf>,
    /// A seal that was kept.
    pub since: Option<String>,
}

/// Goes through the database of this installation, and through the months that lie in files beside it.
pub async fn own(services: &Services, since: Option<&str>) -> Result<Report, TrailError> {
    let keys = seal::trusted(&mut services.store.read().await?, &services.envelope).await?;
    let mut kept = read_since(&keys, since)?;
    if let Some(path) = kept::place(services)
        && let Some(text) = kept::remembered(&path).await?
    {
        match Kept::read(&keys, &text, &path.display().to_string()) {
            Ok(remembered) => kept.push(remembered),
            Err(error) => return Ok(only(&format!("{error}: the key, or the whole chain, was made anew"))),
        }
    }
    let trust = Trust { keys: &keys, secrets: Some(&services.secrets), kept: &kept };
    database(&services.store, trust, services.settings.audit_dir.as_deref()).await
}

/// Goes through a file: a backup (SQLite) or an export (JSON lines).
pub async fn file(path: &Path, means: &Means) -> Result<Report, TrailError> {
    install_provider();
    let secrets = means.envelope.as_ref().map(Secrets::derive).transpose().map_err(|error| refused(&error))?;
    if is_database(path)? {
        return backup(path, means, secrets.as_ref()).await;
    }
    if means.keys.is_empty() {
        return Err(TrailError::Refused(
            "an export is checked with the key of its installation: hand in the one that you kept with --key FILE \
             (`motlan audit verify --print-key` prints it)"
                .to_owned(),
        ));
    }
    let kept = read_since(&means.keys, means.since.as_deref())?;
    let trust = Trust { keys: &means.keys, secrets: secrets.as_ref(), kept: &kept };
    let mut walk = Walk::new(trust);
    let outcome = files::walk_file(path, &mut walk, true)?;
    let outcome = outcome.map(|range| walk.note_written(time_of(range.written_at)));
    let outcome = outcome.and_then(|()| walk.reaches_kept());
    Ok(walk.finish(outcome))
}

/// True for a copy of a SQLite database: such a one brings its keys with it.
pub fn is_database(path: &Path) -> Result<bool, TrailError> {
    files::is_database(path)
}

async fn backup(path: &Path, means: &Means, secrets: Option<&Secrets>) -> Result<Report, TrailError> {
    let store = Store::open_backup(path).await?;
    let mut keys = means.keys.clone();
    if let Some(envelope) = means.envelope.as_ref().filter(|_| keys.is_empty()) {
        keys = seal::trusted(&mut store.read().await?, envelope).await?;
    }
    let done = if keys.is_empty() {
        Err(TrailError::Refused(
            "no key of this backup is known: hand in the one that you kept with --key FILE, or the key-encryption key".to_owned(),
        ))
    } else {
        let kept = read_since(&keys, means.since.as_deref())?;
        database(&store, Trust { keys: &keys, secrets, kept: &kept }, means.segments.as_deref()).await
    };
    store.close().await;
    done
}

fn refused(error: &dyn std::error::Error) -> TrailError {
    TrailError::Refused(error.to_string())
}

fn read_since(keys: &[PublicKey], since: Option<&str>) -> Result<Vec<Kept>, TrailError> {
    since.map(|text| Kept::read(keys, text, "the seal that was handed in")).into_iter().collect()
}

fn only(what: &str) -> Report {
    let finding = Finding { seq: None, ..Finding::at(Wrong::Seal, 0, what) };
    Report { finding: Some(finding), ..Report::default() }
}

/// A month may be moved into a file meanwhile: then it is all gone through again.
async fn database(store: &Store, trust: Trust<'_>, dir: Option<&Path>) -> Result<Report, TrailError> {
    loop {
        let before = audit_seals::list_segments(&mut store.read().await?).await?;
        let mut walk = Walk::new(trust);
        let outcome = go_through(store, &mut walk, &before, dir).await?;
        let moved = outcome.is_err() && audit_seals::list_segments(&mut store.read().await?).await? != before;
        if !moved {
            return Ok(walk.finish(outcome));
        }
    }
}

async fn go_through(
    store: &Store,
    walk: &mut Walk<'_>,
    months: &[StoredSegment],
    dir: Option<&Path>,
) -> Result<Result<(), Finding>, TrailError> {
    let mut conn = store.read().await?;
    let archived = months.last().map_or(0, |month| month.last_seq);
    if let Err(finding) = leftovers(&mut conn, walk, archived).await? {
        return Ok(Err(finding));
    }
    for month in months {
        if let Err(finding) = segment(walk, month, dir)? {
            return Ok(Err(finding.found_in(&format!("month {}", month.month))));
        }
    }
    if let Err(finding) = entries(&mut conn, walk).await? {
        return Ok(Err(finding));
    }
    if let Err(finding) = unplaced(&mut conn, walk).await? {
        return Ok(Err(finding));
    }
    Ok(walk.reaches_kept())
}

/// What the database still holds of months that lie in files: grants that tokens live on. It is compared with the files
/// when the walk comes to it.
async fn leftovers(conn: &mut Conn, walk: &mut Walk<'_>, archived: i64) -> Result<Result<(), Finding>, TrailError> {
    let mut after = i64::MIN;
    loop {
        let page = match page_after(conn, after, archived).await? {
            Ok(page) => page,
            Err(finding) => return Ok(Err(finding)),
        };
        let Some(last) = page.items.last().map(|item| item.place.seq) else { return Ok(Ok(())) };
        for item in page.items {
            let seq = item.place.seq;
            let Some(place) = pages::place(&item.place) else {
                return Ok(Err(Finding::at(Wrong::Altered, seq, "its place cannot be read")));
            };
            if seq < 1 {
                let what = "numbers begin with 1: its place was made by another hand";
                return Ok(Err(Finding::at(Wrong::Added, seq, what).of_place(&place)));
            }
            let Some(entry) = item.entry else {
                return Ok(Err(Finding::at(Wrong::Missing, seq, "its row is gone").of_place(&place)));
            };
            walk.leftovers.insert(seq, (place, entry));
        }
        after = last;
    }
}

/// A month in its file.
fn segment(walk: &mut Walk<'_>, month: &StoredSegment, dir: Option<&Path>) -> Result<Result<(), Finding>, TrailError> {
    let wrong = |wrong, what: String| Ok(Err(Finding::at(wrong, month.first_seq, what).until(month.last_seq)));
    let Some(signed) = seal::open::<Segment>(walk.trust().keys, &month.seal) else {
        return wrong(Wrong::Seal, "what says that they lie in a file is not signed".to_owned());
    };
    if (signed.month.as_str(), signed.first, signed.last) != (month.month.as_str(), month.first_seq, month.last_seq) {
        return wrong(Wrong::Altered, "what says that they lie in a file is not what was signed".to_owned());
    }
    if signed.first != walk.next {
        let what = "what says in which file they lie is gone".to_owned();
        return Ok(Err(Finding::at(Wrong::Missing, walk.next, what).until(signed.first.saturating_sub(1))));
    }
    let Some(path) = dir.map(|dir| segments::path_of(dir, &signed.month)).filter(|path| path.is_file()) else {
        let place = dir.map_or_else(|| "any folder that was named".to_owned(), |dir| dir.display().to_string());
        return wrong(Wrong::Missing, format!("the file {} is not in {place}", segments::file_name(&signed.month)));
    };
    if let Err(finding) = files::walk_file(&path, walk, false)? {
        return Ok(Err(finding));
    }
    if walk.next - 1 != signed.last || read_digest(&signed.link) != Some(walk.link) {
        return wrong(Wrong::Altered, "the file is another one than was signed".to_owned());
    }
    if hex(&files::digest_of(&path)?) != signed.sha256 {
        return wrong(Wrong::Altered, "the file's digest is not the one that was signed".to_owned());
    }
    walk.note_segment();
    Ok(Ok(()))
}

/// The chain as far as it is sealed.
async fn entries(conn: &mut Conn, walk: &mut Walk<'_>) -> Result<Result<(), Finding>, TrailError> {
    let ends = audit_chain::ends(conn).await?;
    let sealed = ends.sealed.unwrap_or_default();
    if sealed == 0 && walk.next == 1 && ends.chained.is_none() && !walk.trust().keys.is_empty() {
        // The key is made along with the first seal.
        return Ok(Err(Finding::at(Wrong::Missing, 1, "there is a key, and nothing that was sealed with it")));
    }
    while walk.next <= sealed {
        let page = match page_after(conn, walk.next - 1, sealed).await? {
            Ok(page) => page,
            Err(finding) => return Ok(Err(finding)),
        };
        if page.items.is_empty() {
            let what = "there is nothing behind the one before it, and a seal that goes further";
            return Ok(Err(Finding::at(Wrong::Missing, walk.next, what).until(sealed)));
        }
        for item in &page.items {
            if let Err(finding) = step(walk, item, &page) {
                return Ok(Err(finding));
            }
        }
    }
    if ends.chained.is_some_and(|chained| chained > sealed.max(walk.next - 1)) {
        let first = pages::read(conn, sealed, i64::MAX, 1).await?.items.into_iter().next();
        let what = "it was put behind the newest seal, or that seal was taken away";
        let finding = Finding::at(Wrong::Added, first.as_ref().map_or(sealed + 1, |item| item.place.seq), what);
        return Ok(Err(match first.as_ref().and_then(|item| pages::place(&item.place)) {
            Some(place) => finding.of_place(&place),
            None => finding,
        }));
    }
    Ok(Ok(()))
}

fn step(walk: &mut Walk<'_>, item: &Item, page: &Page) -> Result<(), Finding> {
    let seq = item.place.seq;
    if seq != walk.next {
        let what = format!("seq {seq} comes in its place");
        return Err(Finding::at(Wrong::Missing, walk.next, what).until(seq.saturating_sub(1)));
    }
    let Some(place) = pages::place(&item.place) else {
        return Err(Finding::at(Wrong::Altered, seq, "its place cannot be read"));
    };
    let Some(entry) = &item.entry else {
        return Err(Finding::at(Wrong::Missing, seq, "its row is gone").of_place(&place));
    };
    walk.entry(entry, &place)?;
    if walk.trust().secrets.is_some_and(|secrets| !is_in_place(secrets, &place)) {
        let what = "this is not the place that it was given: one before it was removed, added or moved";
        return Err(Finding::at(Wrong::Reordered, seq, what).of_place(&place));
    }
    let Some(stored) = page.seals.get(&seq) else { return Ok(()) };
    let seal = walk.seal(&stored.seal)?;
    if (seal.at, seal.through) != (stored.at, stored.through) {
        return Err(Finding::at(Wrong::Seal, seq, "what is kept beside the seal is not what it says"));
    }
    Ok(())
}

/// Some entries; those that cannot even be read are found one by one.
async fn page_after(conn: &mut Conn, after: i64, until: i64) -> Result<Result<Page, Finding>, TrailError> {
    match pages::read(conn, after, until, AT_ONCE).await {
        Ok(page) => return Ok(Ok(page)),
        Err(StoreError::Corrupt(_)) => {}
        Err(error) => return Err(error.into()),
    }
    match pages::read(conn, after, until, 1).await {
        Ok(page) => Ok(Ok(page)),
        Err(StoreError::Corrupt(what)) => {
            let seq = after.saturating_add(1);
            Ok(Err(Finding::at(Wrong::Altered, seq, format!("it cannot be read ({what})"))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Rows without a place: those that may wait for one must be ours, and nothing older may be without.
async fn unplaced(conn: &mut Conn, walk: &mut Walk<'_>) -> Result<Result<(), Finding>, TrailError> {
    let floor = walk.through.map(|through| id_floor(Millis(through).plus_seconds(-WINDOW_SECONDS))).unwrap_or_default();
    let audits = audit_chain::audit_rows_until(conn, &floor, 1).await?;
    let grants = audit_chain::grant_rows_until(conn, &floor, 1).await?;
    let oldest = audits.iter().map(of_audit).chain(grants.iter().map(of_grant)).min_by(|one, other| one.id.cmp(&other.id));
    if let Some(entry) = oldest {
        let what = "it has no place in the chain, and is too old to wait for one";
        return Ok(Err(Finding::without_number(Wrong::Added, &entry, what)));
    }
    let mut waiting = 0_i64;
    for of_grants in [false, true] {
        let mut after = floor.clone();
        loop {
            let some: Vec<Entry> = if of_grants {
                audit_chain::grant_rows_after(conn, &after, AT_ONCE).await?.iter().map(of_grant).collect()
            } else {
                audit_chain::audit_rows_after(conn, &after, AT_ONCE).await?.iter().map(of_audit).collect()
            };
            let foreign = some.iter().find(|entry| walk.trust().secrets.is_some_and(|secrets| !is_ours(secrets, entry)));
            if let Some(entry) = foreign {
                let what = "it has no place in the chain, and its MAC does not hold: another hand wrote or altered it";
                return Ok(Err(Finding::without_number(Wrong::Added, entry, what)));
            }
            let Some(last) = some.last() else { break };
            waiting += i64::try_from(some.len()).unwrap_or_default();
            after = last.id.clone();
        }
    }
    walk.note_waiting(waiting);
    Ok(Ok(()))
}
