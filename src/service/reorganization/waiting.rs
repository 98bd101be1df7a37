//! What was due, is approved, and could not be applied by itself: somebody has to look at it again. It is told from what the
//! job has noted of it, and nothing is computed.

use crate::service::Services;
use crate::store::StoreError;
use crate::store::plan_waits::{self, Waiting};

/// More are not told one by one.
const MOST: i64 = 20;

/// What waits for another approval: the first of it, by days.
pub async fn waiting(services: &Services) -> Result<Vec<Waiting>, StoreError> {
    plan_waits::list(&mut services.store.read().await?, MOST).await
}

/// Tells in the metrics how much waits, and answers it.
pub async fn tell_waiting(services: &Services) -> Result<i64, StoreError> {
    let count = plan_waits::count(&mut services.store.read().await?).await?;
    metrics::gauge!("motlan_plans_waiting").set(u32::try_from(count).map_or(f64::from(u32::MAX), f64::from));
    Ok(count)
}
