//! The registry as it was believed at an earlier moment: what is known now, without the corrections of the past that came
//! after it. What a unit's first import says counts as always known.

use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::model::correction::Correction;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::store::{StoreError, registry_corrections, units};

/// So often the registry may change while it is read.
const TURNS: usize = 8;
/// Corrections of one unit that are told.
pub const MOST: i64 = 50;

/// The registry as it was believed at a moment.
pub async fn at(services: &Services, moment: Millis) -> Result<Registry, StoreError> {
    for _ in 0..TURNS {
        let mut conn = services.store.read().await?;
        let before = units::version(&mut conn).await?;
        let loaded = units::load(&mut conn).await;
        let later = registry_corrections::list_after(&mut conn, moment).await?;
        // Facts of one version and corrections of another do not fit together.
        if units::version(&mut conn).await? == before {
            return Ok(loaded?.believed(&later));
        }
    }
    Err(StoreError::Stale)
}

/// The newest corrections of what is said of a unit; one more than are told, where there are more.
pub async fn of_unit(services: &Services, unit: &UnitId) -> Result<Vec<Correction>, StoreError> {
    registry_corrections::list_of_unit(&mut services.store.read().await?, unit, MOST + 1).await
}
