//! A backup, looked at without being touched.

use super::{Engine, SQLITE_READERS, Store, StoreError, pool_of_sqlite};
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};

impl Store {
    /// Opens a SQLite file to read only. Nothing is written, not even beside it, unless a journal lies there: then what is
    /// in the journal counts too.
    pub async fn open_backup(path: &Path) -> Result<Self, StoreError> {
        let mut journal = path.as_os_str().to_owned();
        journal.push("-wal");
        let whole = std::fs::metadata(PathBuf::from(journal)).map_or(true, |data| data.len() == 0);
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(whole);
        let write = pool_of_sqlite(1).connect_with(options.clone()).await?;
        let read = pool_of_sqlite(SQLITE_READERS).connect_lazy_with(options);
        Ok(Self { engine: Engine::Sqlite { read, write } })
    }
}
