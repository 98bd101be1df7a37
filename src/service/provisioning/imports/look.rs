//! Looking at files: the list of them, one with its rows, and what taking it back left alone.

use super::{Import, UNDO_SECONDS, is_theirs, visible};
use crate::base::clock::Millis;
use crate::model::authority::{AddPeople, Extent};
use crate::model::import::{ImportState, RowEffect};
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::{Failure, Services};
use crate::store::import_rows::{self, ImportRow, KeptRow};
use crate::store::imports;
use serde_json::json;
use std::collections::BTreeMap;

/// Files of one page.
const FILES: i64 = 25;
/// Things that were left alone and are listed on the page; all of them are in the list to take away.
const KEPT: i64 = 200;
/// Rows of one piece of a list to take away.
const PIECE: i64 = 2_000;

/// A page of files.
#[derive(Debug)]
pub struct Files {
    /// The files, newest first.
    pub files: Vec<Import>,
    /// Where the next page begins.
    pub older: Option<String>,
}

/// The files within somebody's bounds, newest first, from before one on.
pub async fn files(services: &Services, proof: &Units<AddPeople>, before: Option<&str>) -> Result<Files, Failure> {
    let own = (*proof.extent() != Extent::City).then_some(&proof.by.person);
    let mut files = imports::list(&mut services.store.read().await?, own, before, FILES + 1).await?;
    let is_more = i64::try_from(files.len()).is_ok_and(|count| count > FILES);
    if is_more {
        files.pop();
    }
    let older = files.last().filter(|_| is_more).map(|last| last.id.clone());
    Ok(Files { files, older })
}

/// One file. Looking at another administrator's is recorded: its rows tell of people.
pub async fn file(services: &Services, proof: &Units<AddPeople>, id: &str) -> Result<Option<Import>, Failure> {
    let Some(import) = visible(services, proof, id).await? else { return Ok(None) };
    if import.created_by != proof.by.person {
        let detail = json!({ "import": id, "kind": import.kind.word(), "by": import.created_by });
        audit::looked(services, Event::by(&proof.by, "import.viewed", None, None, detail)).await?;
    }
    Ok(Some(import))
}

/// Rows by what they do.
pub fn counts(import: &Import) -> BTreeMap<RowEffect, i64> {
    let counts: BTreeMap<String, i64> = serde_json::from_str(&import.counts).unwrap_or_default();
    let known = counts.into_iter().filter_map(|(word, count)| Some((RowEffect::from_word(&word)?, count)));
    known.collect()
}

/// The columns of a file.
pub fn header(import: &Import) -> Vec<String> {
    serde_json::from_str(&import.header).unwrap_or_default()
}

/// Which column of a file says which of ours.
pub fn mapping(import: &Import) -> super::mapping::Mapping {
    serde_json::from_str(&import.mapping).unwrap_or_default()
}

/// Until when a file can be taken back.
pub fn undo_until(import: &Import, now: Millis) -> Option<Millis> {
    let until = import.applied_at.filter(|_| import.state == ImportState::Applied)?.plus_seconds(UNDO_SECONDS);
    (until > now).then_some(until)
}

/// Rows of a file that was found before: of one effect or of all, by line.
pub async fn rows(
    services: &Services,
    import: &Import,
    effect: Option<RowEffect>,
    place: (i64, i64),
) -> Result<Vec<ImportRow>, Failure> {
    Ok(import_rows::list(&mut services.store.read().await?, &import.id, effect, place).await?)
}

/// What taking a file back left alone, and how many things that are.
pub async fn kept(services: &Services, import: &Import) -> Result<(Vec<KeptRow>, i64), Failure> {
    let mut conn = services.store.read().await?;
    let rows = import_rows::list_kept(&mut conn, &import.id, KEPT).await?;
    Ok((rows, import_rows::count_kept(&mut conn, &import.id).await?))
}

/// All rows of one effect, or all that was left alone: lists to take away. Recorded before they are given.
pub async fn taken(
    services: &Services,
    proof: &Units<AddPeople>,
    import: &Import,
    effect: Option<RowEffect>,
) -> Result<Vec<ImportRow>, Failure> {
    if !is_theirs(proof, import) {
        return Ok(Vec::new());
    }
    record(services, proof, import, effect.map_or("all", RowEffect::word)).await?;
    let mut all = Vec::new();
    loop {
        let skipped = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let some = rows(services, import, effect, (skipped, PIECE)).await?;
        if some.is_empty() {
            return Ok(all);
        }
        all.extend(some);
    }
}

/// The same of what was left alone.
pub async fn taken_kept(services: &Services, proof: &Units<AddPeople>, import: &Import) -> Result<Vec<KeptRow>, Failure> {
    if !is_theirs(proof, import) {
        return Ok(Vec::new());
    }
    record(services, proof, import, "kept").await?;
    Ok(import_rows::list_kept(&mut services.store.read().await?, &import.id, i64::MAX).await?)
}

async fn record(services: &Services, proof: &Units<AddPeople>, import: &Import, what: &str) -> Result<(), Failure> {
    let detail = json!({ "import": import.id, "kind": import.kind.word(), "rows": what });
    audit::looked(services, Event::by(&proof.by, "import.taken_away", None, None, detail)).await
}
