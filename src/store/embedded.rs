//! The embedded database among several processes: its one writer, and the journal that all of them write into.

use super::ACQUIRE_SECONDS;
use sqlx::{Sqlite, SqlitePool, Transaction};
use std::time::Duration;
use tokio::time::Instant;

/// Begins to write. Whoever waits for another process asks for the writer every few milliseconds: left to itself the engine
/// sleeps longer and longer between two looks, and whoever writes much in short pieces is always there before it. Inside the
/// unit of work it waits as long as everywhere.
const BEGIN: &str = "PRAGMA busy_timeout = 4; BEGIN IMMEDIATE; PRAGMA busy_timeout = 5000";
/// Pages of the journal from which on whoever commits brings them home, as long as nobody did beside.
pub(super) const JOURNAL_PAGES: &str = "5000";
/// What the writer keeps in memory, in KiB below zero: with less, one batch of people is written out and read in again before it
/// is complete.
pub(super) const WRITER_CACHE: &str = "-8000";
/// What was written while the journal was brought home is brought home too; then the journal begins anew.
const ROUNDS: usize = 2;

/// A unit of work, once no other process writes.
pub(super) async fn begin(write: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    let asked = Instant::now();
    loop {
        match write.begin_with(BEGIN).await {
            Err(error) if is_busy(&error) && asked.elapsed() < Duration::from_secs(ACQUIRE_SECONDS) => {}
            begun => return begun,
        }
    }
}

/// Another process writes (5), or is just taking the journal over (261).
fn is_busy(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(inner) => inner.code().is_some_and(|code| matches!(code.as_ref(), "5" | "261")),
        _ => false,
    }
}

/// Brings the journal home beside everybody who reads and writes: nobody waits for it. Where somebody else is at it, in this
/// process or another one, that one does it.
pub(super) async fn checkpoint(upkeep: &SqlitePool) -> Result<(), sqlx::Error> {
    for _ in 0..ROUNDS {
        match sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(upkeep).await {
            Ok(_) => {}
            Err(sqlx::Error::PoolTimedOut) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::store::{Store, sql};
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn whoever_waits_for_the_writer_of_another_process_has_it_once_that_one_is_done() {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("motlan.db").display());
        let (one, other) = (Store::open(&url).await.expect("it opens"), Store::open(&url).await.expect("it opens"));

        let held = one.write().await.expect("nobody writes");
        assert!(timeout(Duration::from_millis(60), other.write()).await.is_err(), "the first one writes");
        held.commit().await.expect("it is durable");
        drop(other.write().await.expect("nobody writes any more"));
    }

    #[tokio::test]
    async fn what_was_written_comes_home_from_the_journal_beside_whoever_writes() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("motlan.db");
        let store = Store::open(&format!("sqlite://{}", file.display())).await.expect("it opens");
        let home = || std::fs::metadata(&file).expect("it is there").len();

        let before = home();
        let mut written = store.write().await.expect("nobody writes");
        sql!(&mut written, |c| sqlx::query("CREATE TABLE told (word TEXT)").execute(c).await.map(|_| ())).expect("it is written");
        written.commit().await.expect("it is durable");
        assert_eq!(home(), before, "it is in the journal");

        let beside = store.write().await.expect("nobody writes");
        store.checkpoint().await.expect("nobody waits");
        assert!(home() > before);
        drop(beside);
    }
}
