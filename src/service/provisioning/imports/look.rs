//! Looking at files: the list of them, one with its rows, and what taking it back left alone.

use super::{Import, UNDO_SECONDS, is_theirs, leaving, visible};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::authority::{DisablePeople, Extent, ReadImports, Sees};
use crate::model::import::{ImportState, RowEffect};
use crate::service::approvals::{self, Approval, disabling};
use crate::service::audit::{self, Event};
use crate::service::authority::{People, Units};
use crate::service::{Failure, Services};
use crate::store::import_rows::{self, ImportRow, KeptRow};
use crate::store::imports;
use serde_json::json;
use std::collections::BTreeMap;

/// Files of one page.
const FILES: i64 = 25;
/// Things that were left alone and are listed on the page; all of them are in the list to take away.
const KEPT: i64 = 200;
/// Rows of each effect that a second person is shown.
const ENDING: i64 = 500;
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
pub async fn files(services: &Services, proof: &Units<impl Sees<ReadImports>>, before: Option<&str>) -> Result<Files, Failure> {
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
pub async fn file(services: &Services, proof: &Units<impl Sees<ReadImports>>, id: &str) -> Result<Option<Import>, Failure> {
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

/// What stands before people who lose their last post by a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaving {
    /// How many they are.
    pub people: usize,
    /// As things stand, whoever looks needs a second person.
    pub second: bool,
    /// The request to a second person that waits.
    pub request: Option<String>,
}

/// How many lose their last post by a file, and what that takes of whoever looks.
pub async fn leaving_of(services: &Services, import: &Import, reader: &PersonId) -> Result<Leaving, Failure> {
    let people = leaving::counted(import);
    if people == 0 || import.state != ImportState::Checked {
        return Ok(Leaving { people, ..Leaving::default() });
    }
    let fits = disabling::would_fit_alone(&mut services.store.read().await?, services, reader, people).await?;
    let second = !fits && !approvals::decides_alone(services, reader).await?;
    Ok(Leaving { people, second, request: leaving::waiting(services, import).await? })
}

/// The rows that end posts or change them, of a file that waits for a second person: for whoever may decide on that.
pub async fn ending(services: &Services, proof: &People<DisablePeople>, approval: &Approval) -> Result<Vec<ImportRow>, Failure> {
    if !leaving::is_of_file(approval) || !leaving::is_covered(services, proof.extent(), approval).await? {
        return Ok(Vec::new());
    }
    let detail = json!({ "import": approval.subject, "request": approval.id });
    audit::looked(services, Event::by(&proof.by, "import.viewed", None, None, detail)).await?;
    let mut all = Vec::new();
    let mut conn = services.store.read().await?;
    for effect in [RowEffect::EndedPosition, RowEffect::ChangedPosition] {
        all.extend(import_rows::list(&mut conn, &approval.subject, Some(effect), (0, ENDING)).await?);
    }
    Ok(all)
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

/// How many rows a list to take away has, before it is: of one effect or of all.
pub fn count_of(import: &Import, effect: Option<RowEffect>) -> i64 {
    let counts = counts(import);
    effect.map_or_else(|| counts.values().sum(), |effect| counts.get(&effect).copied().unwrap_or_default())
}

/// How many things were left alone.
pub async fn count_kept(services: &Services, import: &Import) -> Result<i64, Failure> {
    Ok(import_rows::count_kept(&mut services.store.read().await?, &import.id).await?)
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

/// Rows of a file that are being taken away.
pub struct Taking {
    services: Services,
    import: String,
    effect: Option<RowEffect>,
    line: i64,
}

impl Taking {
    /// Some more of them; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<ImportRow>>, Failure> {
        let mut conn = self.services.store.read().await?;
        let rows = import_rows::list_after(&mut conn, &self.import, self.effect, (self.line, PIECE)).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.line = last.line;
        Ok(Some(rows))
    }
}

/// What taking a file back left alone, being taken away.
pub struct TakingKept {
    services: Services,
    import: String,
    last: Option<KeptRow>,
}

impl TakingKept {
    /// Some more of it; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<KeptRow>>, Failure> {
        let mut conn = self.services.store.read().await?;
        let rows = import_rows::list_kept_after(&mut conn, &self.import, self.last.as_ref(), PIECE).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.last = Some(last.clone());
        Ok(Some(rows))
    }
}

/// All rows of one effect, or of all: a list to take away; none of a file that is not theirs. Recorded before it is given.
pub async fn taken(
    services: &Services,
    proof: &Units<impl Sees<ReadImports>>,
    import: &Import,
    effect: Option<RowEffect>,
) -> Result<Option<Taking>, Failure> {
    if !is_theirs(proof, import) {
        return Ok(None);
    }
    record(services, proof, import, effect.map_or("all", RowEffect::word)).await?;
    Ok(Some(Taking { services: services.clone(), import: import.id.clone(), effect, line: i64::MIN }))
}

/// The same of what was left alone.
pub async fn taken_kept(
    services: &Services,
    proof: &Units<impl Sees<ReadImports>>,
    import: &Import,
) -> Result<Option<TakingKept>, Failure> {
    if !is_theirs(proof, import) {
        return Ok(None);
    }
    record(services, proof, import, "kept").await?;
    Ok(Some(TakingKept { services: services.clone(), import: import.id.clone(), last: None }))
}

async fn record(services: &Services, proof: &Units<impl Sees<ReadImports>>, import: &Import, what: &str) -> Result<(), Failure> {
    let detail = json!({ "import": import.id, "kind": import.kind.word(), "rows": what });
    audit::looked(services, Event::by(&proof.by, "import.taken_away", None, None, detail)).await
}
