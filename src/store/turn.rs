//! Whose turn it is to write to an embedded database.
//!
//! SQLite has one writer at a time, over all processes. Its own waiting sleeps
//! ever longer and meets a busy neighbour again and again: beside a command
//! that writes without pause a server waited a fifth of a second at times.
//! Here whoever came first looks every other millisecond, so it waits for one
//! short write of somebody else and no longer.

use super::{ACQUIRE_SECONDS, StoreError, pool_of_sqlite};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often a writer looks whether another process has ended its write.
const LOOK: Duration = Duration::from_millis(2);
/// How long a writer waits in all before it is told that the store is busy.
const WAIT: Duration = Duration::from_secs(ACQUIRE_SECONDS);

/// The one writer of this process, and the queue for it.
#[derive(Clone)]
pub(super) struct Turn {
    pool: SqlitePool,
    queue: Arc<Mutex<()>>,
}

impl Turn {
    /// Opens the connection, which makes the file and its journal where there are none.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        // What opening writes waits for others; afterwards the waiting is done here.
        let pool = pool_of_sqlite(1).after_connect(|conn, _| Box::pin(set_patience(conn, Duration::ZERO)));
        Ok(Self { pool: pool.connect_with(options).await?, queue: Arc::default() })
    }

    /// Brings the schema to this version. Each of its steps waits for other processes by itself.
    pub(super) async fn migrate(&self, migrator: &Migrator) -> Result<(), MigrateError> {
        let mut conn = self.pool.acquire().await?;
        set_patience(&mut conn, WAIT).await?;
        let done = migrator.run(&mut *conn).await;
        set_patience(&mut conn, Duration::ZERO).await?;
        done
    }

    /// Begins to write when nobody else does, in the order in which it was asked for.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let begun = tokio::time::timeout(WAIT, async {
            let _turn = self.queue.lock().await;
            loop {
                match self.pool.begin_with("BEGIN IMMEDIATE").await {
                    Err(error) if is_busy(&error) => tokio::time::sleep(LOOK).await,
                    begun => return begun,
                }
            }
        });
        Ok(begun.await.map_err(|_| StoreError::Unavailable("others have been writing for too long".to_owned()))??)
    }

    /// Closes the connection after its work.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// How long a statement waits for other processes.
async fn set_patience(conn: &mut SqliteConnection, patience: Duration) -> Result<(), sqlx::Error> {
    let pragma = format!("PRAGMA busy_timeout = {}", patience.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(pragma)).execute(conn).await.map(drop)
}

/// Another process writes (SQLITE_BUSY), or mends the journal of one that was ended (SQLITE_BUSY_RECOVERY).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(code.as_ref(), "5" | "261"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Tx};
    use std::sync::mpsc;
    use tempfile::TempDir;

    /// Two processes on one file.
    async fn two() -> (TempDir, Store, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite://{}", directory.path().join("motlan.db").display());
        let (one, other) = (Store::open(&url).await.expect("opened"), Store::open_for_command(&url).await.expect("opened"));
        (directory, one, other)
    }

    async fn begun(store: &Store) -> Tx {
        store.write().await.expect("a unit of work")
    }

    #[tokio::test]
    async fn writers_wait_for_another_process_and_go_on_in_the_order_in_which_they_came() {
        let (_directory, one, other) = two().await;
        let held = begun(&other).await;
        let (say, said) = mpsc::channel();
        let mut waiting = Vec::new();
        for number in 0..4 {
            let (store, say) = (one.clone(), say.clone());
            waiting.push(tokio::spawn(async move {
                let tx = begun(&store).await;
                say.send(number).expect("somebody listens");
                tx.commit().await.expect("committed");
            }));
            tokio::time::sleep(LOOK).await;
        }
        tokio::time::sleep(LOOK * 20).await;
        assert_eq!(said.try_recv().ok(), None, "nobody writes beside another");

        held.commit().await.expect("committed");
        for task in waiting {
            task.await.expect("ended");
        }
        assert_eq!(said.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        begun(&other).await.commit().await.expect("the other has its turn again");
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told_and_the_next_one_comes_through() {
        let (_directory, one, other) = two().await;
        let held = begun(&other).await;
        let told = one.write().await.err();
        assert!(matches!(told, Some(StoreError::Unavailable(_))), "{told:?}");
        held.commit().await.expect("committed");
        begun(&one).await.commit().await.expect("committed");
    }
}
