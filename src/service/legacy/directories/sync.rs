//! The scheduled reading of a directory: by pages (RFC 2696), on one node, and never a word written there.
//!
//! Each page is laid over what is known, and where the next one begins is noted
//! with whom it showed; a reading that was cut off goes on there where the
//! directory lets it, and else begins anew. Only one that came to its end says
//! who is not there any more. When these are too many it stops and asks, and
//! when it showed nobody at all nobody goes: see `valve`.

mod state;
mod write;

pub use state::{Held, Outcome, State, Tally, Told, last};

use super::entry;
use super::servers::{Memory, Way};
use super::valve::{self, Counts, Verdict};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::{base64url, from_base64url};
use crate::base::id::PersonId;
use crate::model::device::Device;
use crate::model::legacy_source::{LdapSettings, LegacySource, Settings};
use crate::outbound::ldap::{Directory, Entry, LdapFault, Wanted};
use crate::service::audit::{self, Event};
use crate::service::legacy::arrivals::Arrival;
use crate::service::legacy::matching::{self, MatchError};
use crate::service::legacy::sources;
use crate::service::sign_on::ending::{By, end_limited};
use crate::service::{Failure, Origin, Services, leases};
use crate::store::ldap_syncs::{self, End, Reading};
use crate::store::{StoreError, legacy_matching, legacy_sources, legacy_verifiers};
use serde_json::json;
use state::Cursor;
use std::collections::{BTreeSet, HashSet};

/// One page, with its writing, takes no longer.
const LEASE_SECONDS: i64 = 600;
/// A reading that was cut off longer ago begins anew.
const GOES_ON_SECONDS: i64 = 6 * 3_600;
/// One that failed is tried again so soon.
const AGAIN_MINUTES: i64 = 5;
/// A directory with more entries is not one of a province.
const MOST_ENTRIES: i64 = 1_000_000;
/// Accounts that go in one short write.
const GONE_BATCH: i64 = 100;
/// As whom the schedule reads.
const SCHEDULE: &str = "system:directory";

/// How to read, and who wants it.
pub struct Request<'a> {
    /// Those whom the last reading held back may go, when they are no more by now.
    pub accept: bool,
    /// Who wants it.
    pub actor: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// What a reading came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The source.
    pub source: String,
    /// What came of it.
    #[serde(flatten)]
    pub told: Told,
    /// Accounts that it saw.
    pub seen: i64,
    /// What waits for somebody's word.
    pub held: Option<Held>,
    /// It went on where one before was cut off.
    pub went_on: bool,
}

/// Why there was no reading.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// There is no such source.
    #[error("there is no source {0}: motlan source list names them")]
    Unknown(String),
    /// It is of another kind.
    #[error("{0} is no directory: only sources of the kind ldap are read")]
    NoDirectory(String),
    /// Nothing is read from it any more.
    #[error("{0} is stopped, or its last day is over: nothing is read from it")]
    Stopped(String),
    /// It is being read already.
    #[error("this directory is being read already; let that end, and try again")]
    Busy,
    /// Others were always first to some accounts.
    #[error("others changed the same accounts again and again; try again when they are done")]
    Overtaken,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<MatchError> for SyncError {
    fn from(error: MatchError) -> Self {
        match error {
            MatchError::UnknownSource(source) => Self::Unknown(source),
            MatchError::Failure(failure) => Self::Failure(failure),
        }
    }
}

/// The sources whose time has come.
pub async fn due(services: &Services) -> Result<Vec<String>, Failure> {
    let now = services.clock.now();
    let mut due = Vec::new();
    for source in sources::list(services).await? {
        let Settings::Ldap(settings) = &source.settings else { continue };
        let Some(minutes) = settings.sync.every_minutes.filter(|_| source.is_open_on(vietnam_date(now))) else { continue };
        let last = ldap_syncs::find(&mut services.store.read().await?, &source.id).await?;
        if last.is_none_or(|last| is_due(&last, minutes, now)) {
            due.push(source.id);
        }
    }
    Ok(due)
}

fn is_due(last: &Reading, minutes: i64, now: Millis) -> bool {
    let failed = serde_json::from_str::<Told>(&last.outcome).is_ok_and(|told| told.outcome == Outcome::Failed);
    let wait = if failed { minutes.min(AGAIN_MINUTES) } else { minutes };
    // One that never ended was cut off; whether somebody is at it is for the lease to say.
    last.ended_at.is_none_or(|ended| now.since(ended) >= wait * 60_000)
}

/// Reads a source whose time has come; false when another node does.
pub async fn run_scheduled(services: &Services, id: &str, holder: &str) -> Result<bool, SyncError> {
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    match run(services, id, &Request { accept: false, actor: SCHEDULE, origin: &origin }, holder).await {
        Ok(_) => Ok(true),
        Err(SyncError::Busy) => {
            tracing::info!(source = %id, "a directory is not read here: another reading of it goes on");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Reads a directory now, on whichever node holds its lease.
pub async fn run(services: &Services, id: &str, request: &Request<'_>, holder: &str) -> Result<Report, SyncError> {
    let source = legacy_sources::find(&mut services.store.read().await?, id).await?;
    let source = source.ok_or_else(|| SyncError::Unknown(id.to_owned()))?;
    let Settings::Ldap(settings) = &source.settings else { return Err(SyncError::NoDirectory(source.id)) };
    if !source.is_open_on(vietnam_date(services.clock.now())) {
        return Err(SyncError::Stopped(source.id));
    }
    let lease = format!("directory/{}", source.id);
    if !leases::take(services, &lease, LEASE_SECONDS, holder).await? {
        return Err(SyncError::Busy);
    }
    let run = Run { services, source: &source, settings, request, lease: &lease, holder };
    let report = run.read().await;
    // Whoever comes next need not wait until it is over by itself.
    leases::take(services, &lease, 0, holder).await?;
    report
}

/// One reading.
struct Run<'a> {
    services: &'a Services,
    source: &'a LegacySource,
    settings: &'a LdapSettings,
    request: &'a Request<'a>,
    lease: &'a str,
    holder: &'a str,
}

/// Where it stands: as it is stored, and as it is read.
struct Place {
    text: String,
    cursor: Cursor,
    started_at: Millis,
    /// It goes on where another one was cut off, and the directory has not agreed to that yet.
    resumed: bool,
    went_on: bool,
    held: Option<Held>,
    before: Option<Outcome>,
}

impl Run<'_> {
    async fn read(&self) -> Result<Report, SyncError> {
        let mut place = self.place().await?;
        let brought = match Way::new(self.services, self.source, self.settings).await? {
            Ok(way) => self.pages(&way, &mut place).await,
            Err(fault) => Ok(Err(fault)),
        };
        let report = match brought {
            Ok(Ok(())) => self.finish(&place).await?,
            Ok(Err(fault)) => self.fail(&place, fault.to_string()).await?,
            // It is told as what it is, and tried again.
            Err(error @ SyncError::Overtaken) => self.fail(&place, error.to_string()).await?,
            Err(error) => return Err(error),
        };
        let outcome = match report.told.outcome {
            Outcome::Done => "done",
            Outcome::Held => "held",
            Outcome::Empty => "empty",
            Outcome::Failed => "failed",
        };
        metrics::counter!("motlan_directory_syncs_total", "outcome" => outcome).increment(1);
        Ok(report)
    }

    /// Where the last one was cut off, or the beginning.
    async fn place(&self) -> Result<Place, SyncError> {
        let last = ldap_syncs::find(&mut self.services.store.read().await?, &self.source.id).await?;
        let held = last.as_ref().and_then(state::held);
        let before = last.as_ref().and_then(|last| serde_json::from_str::<Told>(&last.outcome).ok()).map(|told| told.outcome);
        if let Some((last, cursor)) = last.and_then(|last| self.goes_on(last)) {
            let mut tx = self.services.store.write().await?;
            ldap_syncs::take_up(&mut tx, &self.source.id, &last.cursor).await?;
            tx.commit().await?;
            let started_at = last.started_at.unwrap_or_else(|| self.services.clock.now());
            return Ok(Place { text: last.cursor, cursor, started_at, resumed: true, went_on: true, held, before });
        }
        let mut place = Place {
            text: String::new(),
            cursor: Cursor::default(),
            started_at: self.services.clock.now(),
            resumed: false,
            went_on: false,
            held,
            before,
        };
        self.begin(&mut place).await?;
        Ok(place)
    }

    /// A cursor that is of these settings and not too old.
    fn goes_on(&self, last: Reading) -> Option<(Reading, Cursor)> {
        let cursor: Cursor = serde_json::from_str(&last.cursor).ok()?;
        let age = self.services.clock.now().since(last.started_at?);
        let fits = cursor.version == self.source.version && !cursor.cookie.is_empty() && age < GOES_ON_SECONDS * 1_000;
        fits.then_some((last, cursor))
    }

    async fn begin(&self, place: &mut Place) -> Result<(), SyncError> {
        place.started_at = self.services.clock.now();
        place.cursor = Cursor { version: self.source.version, turn: self.services.entropy.token(), ..Cursor::default() };
        place.text = written(&place.cursor)?;
        (place.resumed, place.went_on) = (false, false);
        let mut tx = self.services.store.write().await?;
        ldap_syncs::begin(&mut tx, &self.source.id, &place.text, place.started_at).await?;
        Ok(tx.commit().await?)
    }

    /// All pages, from where it stands.
    async fn pages(&self, way: &Way<'_>, place: &mut Place) -> Result<Result<(), LdapFault>, SyncError> {
        loop {
            let mut directory = match way.first(Memory::Ignored, |server| async move { connected(way, &server).await }).await {
                Ok(directory) => directory,
                Err(fault) => return Ok(Err(fault)),
            };
            match self.pages_from(&mut directory, place).await? {
                Ok(()) => {
                    directory.end().await;
                    return Ok(Ok(()));
                }
                // Many servers know the mark of a page on its own connection only.
                Err(fault) if place.resumed && !fault.is_away() => self.begin(place).await?,
                Err(fault) => return Ok(Err(fault)),
            }
        }
    }

    async fn pages_from(&self, directory: &mut Directory, place: &mut Place) -> Result<Result<(), LdapFault>, SyncError> {
        let attributes = entry::attributes(self.settings);
        let filter = self.settings.people_filter();
        let wanted = Wanted { base: &self.settings.base, filter: &filter, attributes: &attributes };
        let size = usize::try_from(self.settings.sync.page_size).unwrap_or(1);
        loop {
            let cookie = from_base64url(&place.cursor.cookie).unwrap_or_default();
            let page = match directory.page(&wanted, size, &cookie).await {
                Ok(page) => page,
                Err(fault) => return Ok(Err(fault)),
            };
            if !page.cookie.is_empty() && page.cookie == cookie {
                return Ok(Err(LdapFault::Garbled("the same page comes again and again")));
            }
            place.resumed = false;
            self.take(place, &page.entries, &page.cookie).await?;
            if page.cookie.is_empty() {
                return Ok(Ok(()));
            }
            if place.cursor.tally.entries > MOST_ENTRIES {
                return Ok(Err(LdapFault::TooMuch));
            }
            if !leases::take(self.services, self.lease, LEASE_SECONDS, self.holder).await? {
                return Err(SyncError::Busy);
            }
        }
    }

    /// Writes what a page says, and notes whom it showed and where the next one begins.
    async fn take(&self, place: &mut Place, entries: &[Entry], cookie: &[u8]) -> Result<(), SyncError> {
        let mut next = place.cursor.clone();
        let told = self.told(entries, &mut next.tally);
        let done = write::write(self.services, self.source, &told, self.request).await?;
        next.tally.added += done.added;
        next.tally.changed += done.changed;
        next.tally.same += done.same;
        next.pages += 1;
        next.cookie = base64url(cookie);
        let text = written(&next)?;
        let ids: Vec<String> = told.into_iter().map(|arrival| arrival.legacy_id).collect();
        let mut tx = self.services.store.write().await?;
        let moved = ldap_syncs::advance(&mut tx, &self.source.id, (&place.text, &text), &ids).await;
        let fresh = moved.map_err(overtaken)?;
        tx.commit().await?;
        let known_before = ids.len().saturating_sub(usize::try_from(fresh).unwrap_or_default());
        next.tally.twice += i64::try_from(known_before).unwrap_or_default();
        (place.text, place.cursor) = (text, next);
        Ok(())
    }

    /// Whom a page tells of, each once. Who is disabled there is told of nobody.
    fn told(&self, entries: &[Entry], tally: &mut Tally) -> Vec<Arrival> {
        let mut seen = HashSet::new();
        let mut told = Vec::with_capacity(entries.len());
        for found in entries {
            tally.entries += 1;
            if entry::is_disabled(found) {
                tally.disabled += 1;
                continue;
            }
            match entry::arrival(self.settings, found).and_then(Arrival::tidied) {
                None => tally.nameless += 1,
                Some(arrival) if seen.insert(arrival.legacy_id.clone()) => told.push(arrival),
                Some(_) => tally.twice += 1,
            }
        }
        told
    }

    /// It was read to its end: who is not there any more goes, or waits for somebody's word.
    async fn finish(&self, place: &Place) -> Result<Report, SyncError> {
        let id = self.source.id.as_str();
        let mut conn = self.services.store.read().await?;
        let seen = ldap_syncs::find(&mut conn, id).await?.map_or(0, |sync| sync.seen);
        let counts = Counts {
            known: ldap_syncs::count_known(&mut conn, id).await?,
            seen,
            missing: ldap_syncs::count_missing(&mut conn, id, place.started_at).await?,
        };
        let is_matched = ldap_syncs::is_matched(&mut conn, id).await?;
        drop(conn);
        let accepted = place.held.filter(|_| self.request.accept).map(|held| held.gone);
        let mut tally = place.cursor.tally;
        let (outcome, held) = match valve::judge(counts, self.settings.sync.most_gone_percent, accepted) {
            Verdict::Nobody => (Outcome::Done, None),
            Verdict::Gone => {
                tally.gone = self.mark_gone(place.started_at).await?;
                (Outcome::Done, None)
            }
            Verdict::Held => {
                let since = place.held.map_or_else(|| self.services.clock.now(), |held| held.since);
                (Outcome::Held, Some(Held { known: counts.known, gone: counts.missing, since }))
            }
            Verdict::Empty => (Outcome::Empty, place.held),
        };
        let told = Told { outcome, why: String::new(), tally };
        let report = Report { source: self.source.id.clone(), told, seen, held, went_on: place.went_on };
        self.end(place, &report, "").await?;
        if is_matched && tally.added + tally.changed > 0 {
            let request = matching::Request { source: Some(id), actor: self.request.actor, origin: self.request.origin };
            matching::run(self.services, &request, |_| {}).await?;
        }
        Ok(report)
    }

    /// It was cut off: the next one goes on there, unless the directory did not let this one do so.
    async fn fail(&self, place: &Place, why: String) -> Result<Report, SyncError> {
        tracing::warn!(source = %self.source.id, %why, "a directory could not be read to its end; it is tried again");
        let told = Told { outcome: Outcome::Failed, why, tally: place.cursor.tally };
        let seen = ldap_syncs::find(&mut self.services.store.read().await?, &self.source.id).await?.map_or(0, |sync| sync.seen);
        let report = Report { source: self.source.id.clone(), told, seen, held: place.held, went_on: place.went_on };
        let cursor = if place.resumed || place.cursor.cookie.is_empty() { String::new() } else { place.text.clone() };
        self.end(place, &report, &cursor).await?;
        Ok(report)
    }

    /// Ends it, with a record where something came of it, or waits now.
    async fn end(&self, place: &Place, report: &Report, cursor: &str) -> Result<(), SyncError> {
        let held_back = report.held.as_ref().map(written).transpose()?.unwrap_or_default();
        let outcome = written(&report.told)?;
        let tally = report.told.tally;
        let event = match report.told.outcome {
            Outcome::Done if tally.added + tally.changed + tally.gone > 0 => Some("legacy.synced"),
            Outcome::Held | Outcome::Empty if place.before != Some(report.told.outcome) => Some("legacy.sync_held"),
            Outcome::Done | Outcome::Held | Outcome::Empty | Outcome::Failed => None,
        };
        let mut tx = self.services.store.write().await?;
        // Only a reading of which all counts says of whoever is known that they are still there.
        let is_done = report.told.outcome == Outcome::Done;
        let end = End { cursor, held_back: &held_back, outcome: &outcome, is_done };
        let ended = ldap_syncs::end(&mut tx, &self.source.id, &place.text, end, self.services.clock.now()).await;
        ended.map_err(overtaken)?;
        if let Some(event) = event {
            let detail = serde_json::to_value(report).map_err(StoreError::from)?;
            audit::record(&mut tx, self.services, self.event(event, None, detail)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Those who were not seen are gone, with what they hold through this source.
    async fn mark_gone(&self, since: Millis) -> Result<i64, SyncError> {
        let mut all = 0;
        let only = [self.source.id.clone()];
        loop {
            let now = self.services.clock.now();
            let mut tx = self.services.store.write().await?;
            let gone = ldap_syncs::mark_gone(&mut tx, &self.source.id, since, GONE_BATCH, now).await?;
            if gone.is_empty() {
                return Ok(all);
            }
            let ids: Vec<&str> = gone.iter().map(|(id, _)| id.as_str()).collect();
            legacy_verifiers::remove(&mut tx, &self.source.id, &ids).await?;
            let people: BTreeSet<&String> = gone.iter().filter_map(|(_, person)| person.as_ref()).collect();
            let mut ended = Vec::with_capacity(people.len());
            for person in people {
                let by = By { actor: self.request.actor, origin: self.request.origin };
                let person = PersonId(person.clone());
                ended.push(end_limited(&mut tx, self.services, &person, (only.as_slice(), None), by).await?);
            }
            let records: Vec<_> = gone
                .iter()
                .map(|(id, person)| {
                    let person = person.clone().map(PersonId);
                    let detail = json!({ "source": self.source.id, "legacy_id": id });
                    audit::row(self.services, self.event("legacy_account.gone", person.as_ref(), detail))
                })
                .collect();
            legacy_matching::add_records(&mut tx, &records).await?;
            tx.commit().await?;
            for ended in ended {
                ended.tell(self.services);
            }
            all += i64::try_from(gone.len()).unwrap_or_default();
        }
    }

    fn event<'e>(&'e self, event: &'static str, person: Option<&'e PersonId>, detail: serde_json::Value) -> Event<'e> {
        let actor = self.request.actor.to_owned();
        Event { event, actor, person, client: None, origin: self.request.origin, detail }
    }
}

/// A connection as the entry that reads.
async fn connected(way: &Way<'_>, server: &str) -> Result<Directory, LdapFault> {
    let mut directory = way.open(server).await?;
    way.as_reader(&mut directory).await?;
    Ok(directory)
}

fn written(what: &impl serde::Serialize) -> Result<String, SyncError> {
    Ok(serde_json::to_string(what).map_err(StoreError::from)?)
}

/// Whoever else went on meanwhile has the lease.
fn overtaken(error: StoreError) -> SyncError {
    match error {
        StoreError::Stale => SyncError::Busy,
        StoreError::Unavailable(_) | StoreError::Corrupt(_) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_comes_when_its_time_has_come_and_sooner_where_it_failed() {
        let at = |minutes: i64| Millis(minutes * 60_000);
        let last = |outcome: Option<Outcome>, ended: Option<i64>| {
            let told = outcome.map(|outcome| Told { outcome, why: String::new(), tally: Tally::default() });
            Reading {
                started_at: Some(at(0)),
                ended_at: ended.map(at),
                cursor: String::new(),
                seen: 0,
                held_back: String::new(),
                outcome: told.map(|told| serde_json::to_string(&told).expect("JSON")).unwrap_or_default(),
            }
        };
        for (outcome, ended, now, expected) in [
            (Some(Outcome::Done), Some(10), 69, false),
            (Some(Outcome::Done), Some(10), 70, true),
            (Some(Outcome::Held), Some(10), 20, false),
            (Some(Outcome::Failed), Some(10), 14, false),
            (Some(Outcome::Failed), Some(10), 15, true),
            (None, None, 1, true),
        ] {
            assert_eq!(is_due(&last(outcome, ended), 60, at(now)), expected, "{outcome:?} {now}");
        }
    }
}
