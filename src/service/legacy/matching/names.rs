//! Names of people in the form in which they are found: their words, folded and sorted.
//!
//! Whoever tells of people has it written beside the name. What was told before there was a place for it, and what is left
//! of somebody of whom all was removed, is read here, some at a time.

use super::TURNS;
use crate::model::legacy_account::FoldedName;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::legacy_matching::{self, UnreadName};

/// Names that are read together.
const SOME: i64 = 500;
/// So often while somebody waits.
const WHILE_WAITING: usize = 20;

/// Reads all that is left.
pub(super) async fn read_all(services: &Services) -> Result<(), Failure> {
    let mut idle = 0;
    while idle < TURNS {
        match read_some(services).await? {
            None => return Ok(()),
            Some(0) => idle += 1,
            Some(_) => idle = 0,
        }
    }
    tracing::warn!(turns = TURNS, "others were always first to the names of some people");
    Ok(())
}

/// Reads what is left while somebody waits; false when that is too much, and more is left.
pub(super) async fn read_few(services: &Services) -> Result<bool, Failure> {
    for _ in 0..WHILE_WAITING {
        if read_some(services).await?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads some; answers how many of these were still as they were read, and nothing when none was left.
async fn read_some(services: &Services) -> Result<Option<u64>, Failure> {
    let left = legacy_matching::list_unread_names(&mut services.store.read().await?, SOME).await?;
    if left.is_empty() {
        return Ok(None);
    }
    let sorted = |name: UnreadName| {
        let sorted = FoldedName::read(&name.full_name).sorted().to_owned();
        (name, sorted)
    };
    let read: Vec<(UnreadName, String)> = left.into_iter().map(sorted).collect();
    let mut tx = services.store.write().await?;
    let marked = match legacy_matching::mark_names_read(&mut tx, &read).await {
        Ok(marked) => marked,
        // Somebody else reads them in this very moment.
        Err(StoreError::Stale) => return Ok(Some(0)),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Corrupt(_))) => return Err(error.into()),
    };
    tx.commit().await?;
    Ok(Some(marked))
}
