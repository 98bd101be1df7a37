//! Filters that an administrator keeps under a name of their own.

use crate::base::id::uuid_v7;
use crate::base::text::{has_control, nfc};
use crate::model::authority::ReadPeople;
use crate::service::audit::{self, Event};
use crate::service::authority::People;
use crate::service::{Failure, Services};
use crate::store::people_views;
use serde_json::json;

pub use crate::store::people_views::View;

/// So many one administrator keeps.
const MOST: i64 = 20;
/// The longest name.
pub const LONGEST_NAME: usize = 60;
/// The longest filter, as addresses carry it.
const LONGEST_QUERY: usize = 1_000;

/// Why a filter is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// It has no name, or one that is too long.
    #[error("a name of at most {LONGEST_NAME} characters is asked for")]
    Name,
    /// There are as many as one keeps, or the filter is too long.
    #[error("no more filters are kept, or this one is too long")]
    Full,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for ViewError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Those of whoever asks.
pub async fn list(services: &Services, proof: &People<ReadPeople>) -> Result<Vec<View>, Failure> {
    Ok(people_views::list(&mut services.store.read().await?, &proof.by.person).await?)
}

/// Keeps one.
pub async fn save(services: &Services, proof: &People<ReadPeople>, name: &str, query: &str) -> Result<(), ViewError> {
    let name = nfc(name);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || has_control(&name) {
        return Err(ViewError::Name);
    }
    if query.len() > LONGEST_QUERY {
        return Err(ViewError::Full);
    }
    let now = services.clock.now();
    let view = View { id: uuid_v7(now, services.entropy.as_ref()), name, query: query.to_owned() };
    let mut tx = services.store.write().await?;
    if !people_views::add(&mut tx, &proof.by.person, &view, MOST, now).await? {
        return Err(ViewError::Full);
    }
    let detail = json!({ "view": view.id });
    audit::record(&mut tx, services, Event::by(&proof.by, "people_view.kept", None, None, detail)).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes one; false when it is not theirs, or was removed before.
pub async fn remove(services: &Services, proof: &People<ReadPeople>, id: &str) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    if !people_views::remove(&mut tx, &proof.by.person, id).await? {
        return Ok(false);
    }
    let detail = json!({ "view": id });
    audit::record(&mut tx, services, Event::by(&proof.by, "people_view.removed", None, None, detail)).await?;
    tx.commit().await?;
    Ok(true)
}
