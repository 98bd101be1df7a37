//! One entry with what holds of it, and the state of the chain at its newest end: for a page, so each look has a bound.
//! The whole is gone through by [`super::verify`].

use super::pages::{self, AT_ONCE};
use super::report::{Finding, Wrong};
use super::rows::{is_in_place, is_ours, of_audit, of_grant};
use super::seal::{self, PublicKey};
use super::search::shown;
use super::walk::{Trust, Walk};
use crate::base::id::{PersonId, is_uuid};
use crate::model::audit_entry::{BEGINNING, Entry, Place, Seal, link, read_digest};
use crate::model::authority::ReadAudit;
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::audit_seals::{self, StoredSeal};
use crate::store::{Conn, StoreError, audit_chain, audit_search, audit_stream};
use serde_json::json;

/// The lease of the job that lines records up, and for how long it takes it (`chain`).
const CHAIN_LEASE: (&str, i64) = ("audit_chain", 50);
/// The newest seals are gone through until so many entries are under them.
const ENOUGH: i64 = 500;
/// No more are gone through for a page.
const MOST: i64 = 5_000;
/// No more seals are looked back.
const MOST_SEALS: usize = 20;

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its number.
    pub seq: i64,
    /// It says what it said when it got its place, and a node of ours gave it that place.
    pub holds: bool,
    /// It hangs on the one before it; none where that one lies in a file.
    pub follows: Option<bool>,
    /// The seal over it: its number, when it was signed, and whether it holds.
    pub sealed: Option<(i64, i64, bool)>,
}

/// An entry, and what holds of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The entry, with masked details.
    pub entry: Entry,
    /// A node of ours wrote it, and nobody changed it since.
    pub is_ours: bool,
    /// Its place, once it has one.
    pub place: Option<Placed>,
}

/// What was found at the newest end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is sealed yet.
    Nothing,
    /// So many entries, the newest, are whole.
    Whole(i64),
    /// The first thing that is not as it was.
    Broken(Finding),
}

/// The state of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The newest seal: its number, and when it was signed.
    pub seal: Option<(i64, i64)>,
    /// What was found.
    pub verdict: Verdict,
    /// When the job ran last.
    pub ran_at: Option<i64>,
    /// The stream to a collector, when there is one: the last number that got there, and how many wait.
    pub stream: Option<(i64, i64)>,
}

/// Reads one entry, once that is on record.
pub async fn read(services: &Services, proof: &City<ReadAudit>, id: &str) -> Result<Option<Seen>, Failure> {
    if !is_uuid(id) {
        return Ok(None);
    }
    let mut conn = services.store.read().await?;
    let found = match audit_search::find_audit(&mut conn, id).await? {
        Some(row) => Some(of_audit(&row)),
        None => audit_search::find_grant(&mut conn, id).await?.as_ref().map(of_grant),
    };
    drop(conn);
    let Some(entry) = found else { return Ok(None) };
    let person = entry.person.clone().map(PersonId);
    let looked = Event::by(&proof.by, "audit.read", person.as_ref(), entry.client.as_deref(), json!({ "entry": entry.id }));
    audit::looked(services, looked).await?;
    let mut conn = services.store.read().await?;
    let stored = audit_search::places_of(&mut conn, entry.kind.as_str(), std::slice::from_ref(&entry.id)).await?;
    let place = match stored.first().and_then(pages::place) {
        Some(place) => Some(placed(&mut conn, services, &entry, &place).await?),
        None => None,
    };
    Ok(Some(Seen { is_ours: is_ours(&services.secrets, &entry), place, entry: shown(entry) }))
}

async fn placed(conn: &mut Conn, services: &Services, entry: &Entry, place: &Place) -> Result<Placed, StoreError> {
    let holds = entry.digest() == place.digest && entry.at == place.at && is_in_place(&services.secrets, place);
    let before = match place.seq {
        1 => Some(BEGINNING),
        seq => audit_chain::find(conn, seq - 1).await?.as_ref().and_then(pages::place).map(|before| before.link),
    };
    let follows = before.map(|before| link(&before, place.seq, &place.digest) == place.link);
    let sealed = match audit_seals::over(conn, place.seq).await? {
        Some(stored) => {
            let keys = seal::trusted(conn, &services.envelope).await?;
            Some((stored.seq, stored.at, seal_holds(conn, &keys, &stored).await?))
        }
        None => None,
    };
    Ok(Placed { seq: place.seq, holds, follows, sealed })
}

/// Whether one of our keys signed it, and the chain ends there as it says.
async fn seal_holds(conn: &mut Conn, keys: &[PublicKey], stored: &StoredSeal) -> Result<bool, StoreError> {
    let Some(seal) = seal::open::<Seal>(keys, &stored.seal).filter(|seal| seal.seq == stored.seq) else { return Ok(false) };
    let end = audit_chain::find(conn, seal.seq).await?.as_ref().and_then(pages::place);
    Ok(end.is_some_and(|end| read_digest(&seal.link) == Some(end.link)))
}

/// The state of the chain.
pub async fn state(services: &Services, _proof: &City<ReadAudit>) -> Result<State, Failure> {
    let mut conn = services.store.read().await?;
    let (lease, seconds) = CHAIN_LEASE;
    let ran_at = audit_search::lease_end(&mut conn, lease).await?.map(|end| end.plus_seconds(-seconds).0);
    let newest = audit_seals::newest(&mut conn).await?;
    let end = newest.as_ref().map_or(0, |seal| seal.seq);
    let stream = if services.syslog.is_on() {
        let sent = audit_stream::cursor(&mut conn).await?;
        Some((sent, end.saturating_sub(sent).max(0)))
    } else {
        None
    };
    let keys = seal::trusted(&mut conn, &services.envelope).await?;
    let verdict = match &newest {
        Some(newest) => judge(&mut conn, services, &keys, newest).await?,
        None => Verdict::Nothing,
    };
    Ok(State { seal: newest.map(|seal| (seal.seq, seal.at)), verdict, ran_at, stream })
}

async fn judge(conn: &mut Conn, services: &Services, keys: &[PublicKey], newest: &StoredSeal) -> Result<Verdict, StoreError> {
    let broken = |wrong, seq, what: &str| Ok(Verdict::Broken(Finding::at(wrong, seq, what)));
    let start = start(conn, newest).await?;
    let mut walk = Walk::new(Trust { keys, secrets: Some(&services.secrets), kept: &[] });
    if let Some(stored) = &start {
        let opened = seal::open::<Seal>(keys, &stored.seal).filter(|seal| seal.seq == stored.seq);
        let Some((seal, end)) = opened.and_then(|seal| read_digest(&seal.link).map(|end| (seal, end))) else {
            return broken(Wrong::Seal, stored.seq, "the signature of the seal over it does not hold");
        };
        walk.begin_after(&seal, end);
    }
    if newest.seq - (walk.next - 1) > MOST || start.as_ref().is_some_and(|start| start.seq == newest.seq) {
        return if seal_holds(conn, keys, newest).await? {
            Ok(Verdict::Whole(0))
        } else {
            broken(Wrong::Seal, newest.seq, "the seal over it does not hold")
        };
    }
    let begun = walk.next;
    while walk.next <= newest.seq {
        let page = match pages::read(conn, walk.next - 1, newest.seq, AT_ONCE).await {
            Ok(page) => page,
            Err(StoreError::Corrupt(_)) => return broken(Wrong::Altered, walk.next, "it cannot be read"),
            Err(error) => return Err(error),
        };
        if page.items.is_empty() {
            return broken(Wrong::Missing, walk.next, "there is nothing behind the one before it");
        }
        for item in &page.items {
            let seal = page.seals.get(&item.place.seq);
            if let Err(finding) = step(services, &mut walk, item, seal) {
                return Ok(Verdict::Broken(finding));
            }
        }
    }
    Ok(Verdict::Whole(walk.next - begun))
}

fn step(services: &Services, walk: &mut Walk<'_>, item: &pages::Item, sealed: Option<&StoredSeal>) -> Result<(), Finding> {
    let seq = item.place.seq;
    if seq != walk.next {
        return Err(Finding::at(Wrong::Missing, walk.next, "another one comes in its place").until(seq.saturating_sub(1)));
    }
    let Some(place) = pages::place(&item.place) else {
        return Err(Finding::at(Wrong::Altered, seq, "its place cannot be read"));
    };
    let Some(entry) = &item.entry else {
        return Err(Finding::at(Wrong::Missing, seq, "its row is gone").of_place(&place));
    };
    walk.entry(entry, &place)?;
    if !is_in_place(&services.secrets, &place) {
        return Err(Finding::at(Wrong::Reordered, seq, "this is not the place that it was given").of_place(&place));
    }
    if let Some(sealed) = sealed {
        walk.seal(&sealed.seal)?;
    }
    Ok(())
}

/// The seal behind which to begin: far enough back. None: the chain begins at its beginning.
async fn start(conn: &mut Conn, newest: &StoredSeal) -> Result<Option<StoredSeal>, StoreError> {
    let mut start = newest.clone();
    for _ in 0..MOST_SEALS {
        if newest.seq - start.seq >= ENOUGH {
            break;
        }
        match audit_seals::before(conn, start.seq).await? {
            Some(before) => start = before,
            // What comes before the oldest seal of the database lies in a file, or nowhere.
            None if audit_seals::list_segments(conn).await?.is_empty() => return Ok(None),
            None => break,
        }
    }
    Ok(Some(start))
}
