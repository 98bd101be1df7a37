//! Lines records up: once a minute, on the node that holds the lease.
//!
//! Rows are written side by side by many nodes, and a row may come into sight
//! after rows that were written later. So a row gets its place only when it has
//! settled, and rows of some minutes before are looked for again each time.
//! A row whose MAC does not hold gets no place: nothing is signed that another
//! hand wrote. Nor does the chain grow on an end that is not as it was signed.

use super::kept::{self, Kept};
use super::rows::{is_in_place, is_ours, of_audit, of_grant, place_mac};
use super::seal::{self, PublicKey};
use super::{TrailError, pages};
use crate::base::clock::Millis;
use crate::model::audit_entry::{BEGINNING, Digest, Entry, Place, Seal, link, read_digest, write_digest};
use crate::service::{Services, leases};
use crate::store::audit_chain;
use crate::store::audit_seals::{self, StoredSeal};
use crate::store::{AsEx, StoreError, job_leases};

/// A row that is younger gets its place later.
pub const SETTLE_SECONDS: i64 = 10;
/// Rows may come into sight so much later than they were written: transactions take half a minute at most, and clocks
/// differ by some seconds.
pub const WINDOW_SECONDS: i64 = 600;

/// Of the node that lines records up.
pub(super) const LEASE: &str = "audit_chain";
/// Less than the beat of the job: whoever runs first in a minute does the work.
const LEASE_SECONDS: i64 = 50;
/// Rounds of one run; what is left waits for the next one.
const ROUNDS: usize = 400;

/// Where the chain ends.
struct Tail {
    seq: i64,
    link: Digest,
    through: Option<i64>,
}

/// Gives places to what has settled, and seals them. Answers how many entries got theirs; none when another node is at it.
pub async fn run(services: &Services, holder: &str) -> Result<u64, TrailError> {
    if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
        return Ok(0);
    }
    let mut tail = tail(services).await?;
    let from = tail.through.map(|through| id_floor(Millis(through).plus_seconds(-WINDOW_SECONDS)));
    let mut after = from.unwrap_or_default();
    let mut done = 0_u64;
    for _ in 0..ROUNDS {
        let settled = services.clock.now().plus_seconds(-SETTLE_SECONDS);
        let round = gather(services, &after, settled).await?;
        if !round.entries.is_empty() {
            tail = lengthen(services, holder, &tail, &round).await?;
            done += round.entries.len() as u64;
        }
        match round.more_after {
            Some(id) => after = id,
            None => break,
        }
    }
    Ok(done)
}

/// What one round found.
struct Round {
    entries: Vec<Entry>,
    /// Everything of before was looked for.
    through: i64,
    /// Where the next round goes on; none when this was the last.
    more_after: Option<String>,
}

/// Rows without a place, in the order of their ids, which is the order of time.
async fn gather(services: &Services, after: &str, settled: Millis) -> Result<Round, StoreError> {
    let mut conn = services.store.read().await?;
    let audits = audit_chain::audit_rows_after(&mut conn, after, pages::AT_ONCE).await?;
    let grants = audit_chain::grant_rows_after(&mut conn, after, pages::AT_ONCE).await?;
    drop(conn);
    let full = |count: usize| i64::try_from(count).unwrap_or(i64::MAX) >= pages::AT_ONCE;
    // Where one kind may go on, the other does not run ahead.
    let ends = [
        audits.last().filter(|_| full(audits.len())).map(|row| row.id.clone()),
        grants.last().filter(|_| full(grants.len())).map(|row| row.id.clone()),
    ];
    let bound = ends.into_iter().flatten().min();
    let before = id_floor(settled);
    let mut entries: Vec<Entry> = audits.iter().map(of_audit).chain(grants.iter().map(of_grant)).collect();
    entries.retain(|entry| entry.id < before && bound.as_ref().is_none_or(|bound| entry.id <= *bound));
    let found = entries.len();
    entries.retain(|entry| is_ours(&services.secrets, entry));
    let foreign = found - entries.len();
    if foreign > 0 {
        metrics::counter!("motlan_audit_foreign_total").increment(foreign as u64);
        tracing::error!(foreign, "records whose MAC does not hold got no place in the audit: run `motlan audit verify`");
    }
    entries.sort_by(|one, other| (&one.id, one.kind).cmp(&(&other.id, other.kind)));
    // Past what has settled there is nothing to go on for.
    let more_after = bound.filter(|bound| *bound < before);
    let newest = entries.iter().map(|entry| entry.at).max();
    let through = if more_after.is_some() { newest.unwrap_or_default().min(settled.0) } else { settled.0 };
    Ok(Round { entries, through, more_after })
}

/// Adds places behind the tail and a seal over them, all or nothing. The key is made along with the first of them: where
/// a key is, there are seals. Which key signs is read behind the lease, which whoever changes keys waits for.
async fn lengthen(services: &Services, holder: &str, tail: &Tail, round: &Round) -> Result<Tail, TrailError> {
    let places = places(services, tail, &round.entries);
    let Some((seq, last)) = places.last().map(|place| (place.seq, place.link)) else {
        return Err(StoreError::Stale.into());
    };
    let now = services.clock.now();
    let through = tail.through.map_or(round.through, |earlier| earlier.max(round.through));
    let seal = Seal { seq, link: write_digest(&last), count: seq - tail.seq, at: now.0, through };
    let mut tx = services.store.write().await?;
    if !job_leases::take(&mut tx, LEASE, holder, now.plus_seconds(LEASE_SECONDS), now).await? {
        return Err(StoreError::Stale.into());
    }
    let signer = match seal::signer(&mut tx, &services.envelope).await? {
        Some(signer) => signer,
        None => seal::make(&mut tx, services, 0).await?,
    };
    let signed = seal::sign(&signer, &seal)?;
    let stored = StoredSeal { seq, at: now.0, through, kid: signer.kid.clone(), seal: signed.clone() };
    audit_chain::add_all(&mut tx, &places).await?;
    audit_seals::add(&mut tx, &stored).await?;
    tx.commit().await?;
    kept::remember(services, &signed).await;
    metrics::counter!("motlan_audit_chained_total").increment(places.len() as u64);
    // Wherever logs are kept, this shows later how far the chain had come.
    tracing::info!(audit.seq = seq, audit.link = %seal.link, "the audit is sealed up to here");
    Ok(Tail { seq, link: last, through: Some(through) })
}

/// The places of some entries behind the tail.
fn places(services: &Services, tail: &Tail, entries: &[Entry]) -> Vec<Place> {
    let (mut seq, mut before) = (tail.seq, tail.link);
    let mut places = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let digest = entry.digest();
        before = link(&before, seq, &digest);
        let (row_id, at) = (entry.id.clone(), entry.at);
        let mut place = Place { seq, kind: entry.kind, row_id, at, digest, link: before, mac: Vec::new() };
        place.mac = place_mac(&services.secrets, &place);
        places.push(place);
    }
    places
}

/// The end of the chain, which must be what was signed, and no earlier than this node remembers.
async fn tail(services: &Services) -> Result<Tail, TrailError> {
    let mut conn = services.store.read().await?;
    let keys = seal::trusted(&mut conn, &services.envelope).await?;
    let remembered = remembered(services, &keys).await?;
    let ends = audit_chain::ends(&mut conn).await?;
    let Some(sealed) = ends.sealed else {
        if ends.chained.is_some() || !keys.is_empty() || remembered.is_some() {
            return Err(broken("its seals are gone"));
        }
        return Ok(Tail { seq: 0, link: BEGINNING, through: None });
    };
    let newest = audit_seals::newest(&mut conn).await?;
    let seal = newest.and_then(|newest| seal::open::<Seal>(&keys, &newest.seal)).filter(|seal| seal.seq == sealed);
    let Some(seal) = seal else { return Err(broken("its newest seal does not hold")) };
    let last = place_at(&mut conn, sealed).await?.filter(|place| is_in_place(&services.secrets, place));
    let Some(last) = last.filter(|last| ends.chained == Some(last.seq) && read_digest(&seal.link) == Some(last.link)) else {
        return Err(broken("its end is not what its newest seal says"));
    };
    if let Some(kept) = remembered {
        if kept.seal.seq > sealed {
            let path = kept::place(services).map(|path| path.display().to_string()).unwrap_or_default();
            return Err(broken(&format!(
                "it ends before a seal that this node keeps in {path}; move that file away only if an older backup was \
                 restored on purpose"
            )));
        }
        if place_at(&mut conn, kept.seal.seq).await?.is_some_and(|place| place.link != kept.link) {
            return Err(broken("it is not the one that this node sealed"));
        }
    }
    Ok(Tail { seq: sealed, link: last.link, through: Some(seal.through) })
}

async fn place_at(conn: &mut impl AsEx, seq: i64) -> Result<Option<Place>, StoreError> {
    Ok(audit_chain::find(conn, seq).await?.as_ref().and_then(pages::place))
}

/// The seal that this node kept, which must be by one of our keys.
async fn remembered(services: &Services, keys: &[PublicKey]) -> Result<Option<Kept>, TrailError> {
    let Some(path) = kept::place(services) else { return Ok(None) };
    let Some(text) = kept::remembered(&path).await? else { return Ok(None) };
    match Kept::read(keys, &text, &path.display().to_string()) {
        Ok(kept) => Ok(Some(kept)),
        Err(_) => Err(broken(&format!("the seal that this node keeps in {} is by a key that is not there", path.display()))),
    }
}

fn broken(what: &str) -> TrailError {
    TrailError::Refused(format!(
        "the audit chain is not as it was: {what}. Nothing is added to it; `motlan audit verify` names the first broken entry"
    ))
}

/// What every id of this moment or later comes after, and no earlier one (RFC 9562 §5.7).
pub fn id_floor(at: Millis) -> String {
    let digits = format!("{:012x}", u64::try_from(at.0).unwrap_or_default());
    let (high, low) = digits.split_at(8);
    format!("{high}-{low}-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;
    use crate::base::id::uuid_v7;

    #[test]
    fn ids_of_a_moment_lie_between_its_floor_and_the_next_one() {
        let entropy = SeededEntropy::new(1);
        for at in [0, 1, 1_795_309_200_000, (1_i64 << 48) - 2] {
            for _ in 0..20 {
                let id = uuid_v7(Millis(at), &entropy);
                assert!(id_floor(Millis(at)) < id && id < id_floor(Millis(at + 1)), "{at}: {id}");
            }
        }
    }
}
