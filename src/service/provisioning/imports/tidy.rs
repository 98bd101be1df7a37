//! What is kept no longer: files that nobody goes on with, and what is said of the rows of those that cannot be taken
//! back any more. The files themselves stay on the list, as a record.

use super::{UNDO_SECONDS, state};
use crate::model::import::ImportState;
use crate::service::{Failure, Services};
use crate::store::imports;

/// A file that nobody goes on with for so long is given up.
const IDLE_SECONDS: i64 = 7 * 86_400;

/// Gives files up and removes what is over; answers how many files were looked at.
pub async fn tidy(services: &Services) -> Result<u64, Failure> {
    let now = services.clock.now();
    // A day longer than it can be taken back: that may have begun in the last minute.
    let (idle, applied) = (now.plus_seconds(-IDLE_SECONDS), now.plus_seconds(-UNDO_SECONDS - 86_400));
    let over = imports::list_over(&mut services.store.read().await?, idle, applied).await?;
    let mut looked_at = 0;
    for import in over {
        looked_at += 1;
        match import.state {
            ImportState::Uploading | ImportState::Mapping | ImportState::Checked => {
                let mut tx = services.store.write().await?;
                let given_up = imports::mark_discarded(&mut tx, &import.id, now).await?;
                tx.commit().await?;
                if given_up {
                    state::remove_file(services, &import.id).await?;
                    state::remove_rows(services, &import.id).await?;
                }
            }
            ImportState::Failed | ImportState::Discarded => {
                state::remove_file(services, &import.id).await?;
                state::remove_rows(services, &import.id).await?;
            }
            ImportState::Applied | ImportState::Undone => {
                state::remove_file(services, &import.id).await?;
                if import.applied_at.is_some_and(|at| at < applied) {
                    state::remove_rows(services, &import.id).await?;
                }
            }
            ImportState::Checking | ImportState::Applying | ImportState::Undoing => {}
        }
    }
    Ok(looked_at)
}
