//! What a merge is decided by beside the two persons. It is read before: nobody waits for a second connection while people
//! are held.

use super::plan::PlannedPosition;
use super::side::Side;
use super::{Becomes, Hand, Pair, today};
use crate::model::authority::{Extent, ReviewLegacy, extent};
use crate::model::brought::Typed;
use crate::model::legacy_source::LegacySource;
use crate::model::position::Position;
use crate::service::Services;
use crate::service::authority::Doer;
use crate::service::withheld::Withheld;
use crate::store::{StoreError, admin_roles};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is read before a merge.
pub(super) struct Ground {
    /// The old systems.
    pub(super) sources: Arc<Vec<LegacySource>>,
    /// Roles of groups that whoever merges may not give; none for whoever looks after the whole city.
    withheld: Option<Withheld>,
}

impl Ground {
    pub(super) async fn read(services: &Services, pair: &Pair) -> Result<Self, StoreError> {
        let sources = services.known.legacy_sources(&services.store, services.clock.now()).await?;
        let withheld = match &pair.hand {
            Hand::Administrator { merged, .. } => withheld_from(services, merged).await?,
            Hand::CommandLine { .. } => None,
        };
        Ok(Self { sources, withheld })
    }

    /// Whether a post of the merged one would bring the kept one what is not for whoever merges to give.
    pub(super) fn bring(&self, kept: &Side, planned: &[PlannedPosition]) -> bool {
        let Some(withheld) = &self.withheld else { return false };
        let mut copies = planned.iter().filter_map(|planned| copied(&planned.becomes));
        copies.any(|copy| {
            // The others that come along are not theirs yet.
            let held = kept.person.positions.iter().chain(behind(copy, planned));
            !withheld.brought(&Typed::of(copy, None, held)).is_empty()
        })
    }
}

/// The posts that come along from which one of them goes on.
fn behind<'p>(copy: &'p Position, planned: &'p [PlannedPosition]) -> Vec<&'p Position> {
    let before = |later: &&'p Position| -> Option<&'p Position> {
        let old = later.follows.as_ref()?;
        planned.iter().filter_map(|planned| copied(&planned.becomes)).find(|copy| copy.id == *old)
    };
    // Nothing goes on from itself, but a defect of the data may say so.
    std::iter::successors(before(&copy), before).take(planned.len()).collect()
}

fn copied(becomes: &Becomes) -> Option<&Position> {
    match becomes {
        Becomes::Copied(position) => Some(position),
        Becomes::Same(_) => None,
    }
}

/// The roles of groups that an administrator may not give by what they review.
async fn withheld_from(services: &Services, by: &Doer) -> Result<Option<Withheld>, StoreError> {
    let scopes = admin_roles::list(&mut services.store.read().await?, &by.person).await?;
    let nowhere = || Extent::Units(BTreeSet::new());
    let reach = extent::<ReviewLegacy>(&scopes, &services.known.registry(), today(services)).unwrap_or_else(nowhere);
    Withheld::of(services, by, &reach).await
}
