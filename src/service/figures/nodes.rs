//! The processes that answer: each says every half minute that it is there, which version it is, and what its clock
//! shows beside the database's.

use crate::base::clock::Millis;
use crate::base::id::uuid_v7;
use crate::model::authority::ReadRuntime;
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::nodes::{self, NodeRow};

/// Between two signs of life.
pub const BEAT_SECONDS: u64 = 30;
/// Who was silent for so long is away.
const AWAY_SECONDS: i64 = 90;
/// Who was away for so long is forgotten.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// Clocks that differ by so much are a fault: tokens of one node would be refused by another.
const SKEW_MS: i64 = 2_000;
/// No installation has more.
const MOST: i64 = 200;

/// This process.
#[derive(Debug, Clone)]
pub struct Node {
    id: String,
    name: String,
    address: String,
    started_at: Millis,
}

impl Node {
    /// A process that begins now, on a machine of this name, where it listens.
    pub fn new(services: &Services, name: &str, address: &str) -> Self {
        let now = services.clock.now();
        let id = uuid_v7(now, services.entropy.as_ref());
        Self { id, name: name.to_owned(), address: address.to_owned(), started_at: now }
    }
}

/// A process as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of the machine.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// Of the program.
    pub version: String,
    /// When it began.
    pub started_at: Millis,
    /// When it was seen last.
    pub seen_at: Millis,
    /// How far its clock is ahead of the database's.
    pub skew_ms: i64,
    /// It gave no sign of life for a while.
    pub away: bool,
}

impl Seen {
    /// Its clock is wrong, or the database's is.
    pub fn is_skewed(&self) -> bool {
        self.skew_ms.abs() >= SKEW_MS
    }

    fn of(row: NodeRow, now: Millis) -> Self {
        let seen_at = Millis(row.seen_at);
        Self {
            name: row.name,
            address: row.address,
            version: row.version,
            started_at: Millis(row.started_at),
            seen_at,
            skew_ms: row.skew_ms,
            away: now.since(seen_at) > AWAY_SECONDS * 1_000,
        }
    }
}

/// Says that this process is there.
pub async fn beat(services: &Services, node: &Node) -> Result<(), Failure> {
    let mut conn = services.store.read().await?;
    let before = services.clock.now();
    let there = nodes::clock(&mut conn).await?;
    let now = services.clock.now();
    drop(conn);
    let row = NodeRow {
        id: node.id.clone(),
        name: node.name.clone(),
        address: node.address.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: node.started_at.0,
        seen_at: now.0,
        // The question was answered somewhere between.
        skew_ms: before.0.midpoint(now.0) - there.0,
    };
    let mut tx = services.store.write().await?;
    nodes::put(&mut tx, &row).await?;
    nodes::remove_before(&mut tx, now.plus_seconds(-KEPT_SECONDS)).await?;
    Ok(tx.commit().await?)
}

/// The processes of the last days, by name, those that answer first.
pub async fn list(services: &Services, _reader: &City<ReadRuntime>) -> Result<Vec<Seen>, Failure> {
    let now = services.clock.now();
    let rows = nodes::list(&mut services.store.read().await?, MOST).await?;
    let mut seen: Vec<Seen> = rows.into_iter().map(|row| Seen::of(row, now)).collect();
    seen.sort_by(|one, other| (one.away, &one.name, &one.address).cmp(&(other.away, &other.name, &other.address)));
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_is_away_and_whose_clock_differs_is_told() {
        let row = |seen_at, skew_ms| NodeRow {
            id: "1".to_owned(),
            name: "may-1".to_owned(),
            address: "0.0.0.0:8443".to_owned(),
            version: "1.0.0".to_owned(),
            started_at: 0,
            seen_at,
            skew_ms,
        };
        let now = Millis(1_000_000);
        for (seen_at, skew_ms, away, skewed) in [
            (1_000_000, 0, false, false),
            (910_000, 1_999, false, false),
            (909_999, 2_000, true, true),
            (1_000_000, -2_000, false, true),
        ] {
            let seen = Seen::of(row(seen_at, skew_ms), now);
            assert_eq!((seen.away, seen.is_skewed()), (away, skewed), "{seen_at} {skew_ms}");
        }
    }
}
