//! The stored file: sealed pieces, read back as a sheet, and removed.

use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::sheet::Sheet;
use crate::store::{StoreError, import_rows, imports};
use std::io::Cursor;

/// Pieces or rows of one short write.
const AT_ONCE: i64 = 500;
/// Pieces are large: fewer of them.
const PIECES_AT_ONCE: i64 = 16;

/// A file as rows.
pub(super) type OpenSheet = Sheet<Cursor<Vec<u8>>>;

/// A piece opens at its place only.
pub(super) fn associated(id: &str, place: i64) -> Vec<u8> {
    format!("import_chunks {id} {place}").into_bytes()
}

/// The whole file; it is at most 32 MiB.
pub(super) async fn load(services: &Services, id: &str) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let mut conn = services.store.read().await?;
    for place in 0_i64.. {
        let Some(sealed) = imports::find_chunk(&mut conn, id, place).await? else { break };
        let unreadable = |_| StoreError::Corrupt("import_chunks.sealed".to_owned());
        bytes.extend_from_slice(&services.envelope.open(&sealed, &associated(id, place)).map_err(unreadable)?);
    }
    Ok(bytes)
}

/// Opens a sheet beside the threads that answer requests: a workbook unpacks its texts first.
pub(super) async fn open(bytes: Vec<u8>) -> Result<OpenSheet, RowError> {
    let opened = tokio::task::spawn_blocking(move || Sheet::open(Cursor::new(bytes))).await;
    opened.unwrap_or_else(|_| Err(RowError::new(1, "", "không đọc được tệp", "the file cannot be read")))
}

/// Removes the file, in short writes.
pub(super) async fn remove_file(services: &Services, id: &str) -> Result<(), StoreError> {
    loop {
        let mut tx = services.store.write().await?;
        let removed = imports::remove_some_chunks(&mut tx, id, PIECES_AT_ONCE).await?;
        tx.commit().await?;
        if removed == 0 {
            return Ok(());
        }
    }
}

/// Removes what is said of its rows, in short writes.
pub(super) async fn remove_rows(services: &Services, id: &str) -> Result<(), StoreError> {
    loop {
        let mut tx = services.store.write().await?;
        let removed = import_rows::remove_some(&mut tx, id, AT_ONCE).await?;
        tx.commit().await?;
        if removed == 0 {
            return Ok(());
        }
    }
}
