//! What entries say, laid over what is known of their accounts: the same form and the same digests as files have.
//!
//! An entry whose facts contradict the owner of its account is believed no more than somebody who arrives is: the account
//! waits for a human. Of whom all was removed nothing is written, whatever the directory still says.

use super::{Request, SyncError};
use crate::base::id::PersonId;
use crate::model::legacy_source::LegacySource;
use crate::service::audit::{self, Event};
use crate::service::legacy::arrivals::{self, Arrival};
use crate::service::legacy::import::live::{self, Live};
use crate::service::legacy::matching::by_hand;
use crate::service::legacy::taken_away::{self, TakenAway};
use crate::service::sign_on::ending::By;
use crate::service::{Failure, Services};
use crate::store::audit::AuditRow;
use crate::store::legacy_accounts::{self, Given, Replacing, Reset, Stored};
use crate::store::{StoreError, Tx, legacy_matching, legacy_sources};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Stands where an import would.
const SYNC: &str = "sync";
/// Accounts of one short write.
const BATCH: usize = 250;
/// Times that somebody else may be first.
const TURNS: usize = 4;

/// What some entries did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Written {
    pub(super) added: i64,
    pub(super) changed: i64,
    pub(super) same: i64,
}

/// Writes what is new of some accounts, each of which is told once.
pub(super) async fn write(
    services: &Services,
    source: &LegacySource,
    told: &[Arrival],
    request: &Request<'_>,
) -> Result<Written, SyncError> {
    let mut all = Written::default();
    for batch in told.chunks(BATCH) {
        let written = write_batch(services, source, batch, request).await?;
        all.added += written.added;
        all.changed += written.changed;
        all.same += written.same;
        tokio::task::yield_now().await;
    }
    Ok(all)
}

/// Compares anew as long as somebody else is first.
async fn write_batch(
    services: &Services,
    source: &LegacySource,
    told: &[Arrival],
    request: &Request<'_>,
) -> Result<Written, SyncError> {
    for _ in 0..TURNS {
        match try_to_write(services, source, told, request).await {
            Err(SyncError::Failure(Failure::Store(StoreError::Stale))) => {}
            other => return other,
        }
    }
    Err(SyncError::Overtaken)
}

/// An account of which something else is told.
struct Change<'a> {
    known: &'a Stored,
    live: Live,
    /// What is told is not of whom the account is.
    is_doubted: bool,
}

impl<'a> Change<'a> {
    fn of(source: &LegacySource, known: &'a Stored, live: Live) -> Self {
        Self { known, is_doubted: arrivals::is_to_be_doubted(source, known, &live), live }
    }

    /// What is undone with it. What is doubted stays as it was decided, for whoever looks at it.
    fn reset(&self) -> Reset {
        if self.is_doubted { Reset::default() } else { self.live.reset }
    }

    /// Who loses the account.
    fn taken_from(&self) -> Option<PersonId> {
        let is_taken = self.is_doubted || arrivals::is_taken_by(self.known, &self.live.given, self.reset());
        self.known.person_id.clone().filter(|_| is_taken).map(PersonId)
    }
}

async fn try_to_write(
    services: &Services,
    source: &LegacySource,
    told: &[Arrival],
    request: &Request<'_>,
) -> Result<Written, SyncError> {
    let ids: Vec<&str> = told.iter().map(|arrival| arrival.legacy_id.as_str()).collect();
    let mut conn = services.store.read().await?;
    let stored = legacy_accounts::list(&mut conn, &source.id, &ids).await?;
    let marks = legacy_accounts::list_marks(&mut conn, &source.id, &ids).await?;
    drop(conn);
    let stored: HashMap<String, Stored> = stored.into_iter().map(|stored| (stored.given.legacy_id.clone(), stored)).collect();
    let erased: HashSet<String> = marks.into_iter().filter(|mark| mark.erased != 0).map(|mark| mark.legacy_id).collect();
    let (mut added, mut changed, mut same): (Vec<Given>, Vec<Change<'_>>, i64) = (Vec::new(), Vec::new(), 0);
    for arrival in told {
        if erased.contains(&arrival.legacy_id) {
            same += 1;
            continue;
        }
        let known = stored.get(&arrival.legacy_id);
        let live = live::lay(services, &source.id, arrival, known).map_err(Failure::from)?;
        match known {
            None => added.push(live.given),
            Some(known) if known.gone_at.is_none() && known.given.row_digest == live.given.row_digest => same += 1,
            Some(known) => changed.push(Change::of(source, known, live)),
        }
    }
    let written = Written { added: count(added.len()), changed: count(changed.len()), same };
    if added.is_empty() && changed.is_empty() {
        return Ok(written);
    }
    // In the order of ids: whoever else writes some of them waits, and is waited for, in turn.
    added.sort_by(|one, other| one.legacy_id.cmp(&other.legacy_id));
    changed.sort_by(|one, other| one.live.given.legacy_id.cmp(&other.live.given.legacy_id));
    let now = services.clock.now();
    let by = By { actor: request.actor, origin: request.origin };
    let mut tx = services.store.write().await?;
    hold_source(&mut tx, source).await?;
    legacy_accounts::add(&mut tx, &source.id, SYNC, now, &added).await?;
    let (mut records, mut taken, mut doubted) = (Vec::new(), TakenAway::default(), Vec::new());
    for change in &changed {
        let (known, given) = (change.known, &change.live.given);
        let before = &known.given.row_digest;
        let replacing = Replacing { source: &source.id, given, before, import: SYNC, reset: change.reset() };
        legacy_accounts::replace(&mut tx, &replacing, now).await?;
        if change.is_doubted {
            arrivals::doubt(&mut tx, services, &source.id, given).await?;
            doubted.extend(known.person_id.clone().map(PersonId));
        }
        if let Some(was) = change.taken_from() {
            taken.add((&source.id, &given.legacy_id), &was);
        }
        records.extend(records_of(services, source, change, request));
    }
    legacy_matching::add_records(&mut tx, &records).await?;
    let ended = taken.end(&mut tx, services, by).await?;
    let lost = if doubted.is_empty() { None } else { Some(by_hand::end_in(&mut tx, services, &doubted, by).await?) };
    tx.commit().await?;
    taken_away::tell(services, &ended);
    if let Some(lost) = lost {
        lost.tell(services);
    }
    Ok(written)
}

/// Whoever removes a source stops it first: nothing comes in any more.
async fn hold_source(tx: &mut Tx, source: &LegacySource) -> Result<(), SyncError> {
    if !legacy_sources::hold(tx, &source.id).await? {
        return Err(SyncError::Stopped(source.id.clone()));
    }
    let set = legacy_sources::find(tx, &source.id).await?;
    if set.is_none_or(|set| set.stopped_at.is_some()) { Err(SyncError::Stopped(source.id.clone())) } else { Ok(()) }
}

/// On record is which columns changed, and never what stood in them; and from whom an account is taken.
fn records_of(services: &Services, source: &LegacySource, change: &Change<'_>, request: &Request<'_>) -> Vec<AuditRow> {
    let (known, reset) = (change.known, change.reset());
    let person = known.person_id.clone().map(PersonId);
    let record = |event: &'static str, detail: serde_json::Value| {
        let actor = request.actor.to_owned();
        audit::row(services, Event { event, actor, person: person.as_ref(), client: None, origin: request.origin, detail })
    };
    let detail = json!({
        "source": source.id,
        "legacy_id": known.given.legacy_id,
        "import": SYNC,
        "columns": change.live.columns,
        "came_back": known.gone_at.is_some(),
        "decided_anew": reset.another || (reset.decision && known.decided_by.is_none()),
        "unit_decided_anew": reset.another || (reset.unit && known.unit_decided_by.is_none()),
        "another_person": reset.another,
    });
    let event = if change.is_doubted { "legacy_account.doubted" } else { "legacy_account.changed" };
    let mut rows = vec![record(event, detail)];
    if person.is_some() && reset.another {
        let detail = json!({ "source": source.id, "legacy_id": known.given.legacy_id, "import": SYNC });
        rows.push(record("legacy.account_released", detail));
    }
    rows
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}
