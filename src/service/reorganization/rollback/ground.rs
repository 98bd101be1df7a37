//! What is to be taken back, and whether something else stands on it.

use crate::base::id::UnitId;
use crate::model::plan::{Edits, Fact, Fate};
use crate::service::Services;
use crate::service::reorganization::ReorganizationError;
use crate::service::reorganization::accounts::sets;
use crate::store::plan_runs::{self, Run, RunEffect, RunState};
use crate::store::plans::{self, StoredPlan};
use crate::store::{StoreError, positions};
use std::collections::HashSet;

/// The plan, or a stage of it, that counts, and what it did.
pub(super) async fn find(
    services: &Services,
    name: &str,
    stage: Option<&str>,
) -> Result<(StoredPlan, Run, RunEffect), ReorganizationError> {
    let mut conn = services.store.read().await?;
    let plan = plans::find(&mut conn, name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    let live = plan_runs::find_live(&mut conn, name, stage.unwrap_or_default()).await?;
    let run = match live {
        Some(run) if run.state == RunState::Applied => run,
        Some(_) => return Err(ReorganizationError::Busy),
        None => return Err(ReorganizationError::NotApplied),
    };
    let effect = plan_runs::find_effect(&mut conn, &run.id).await?;
    let effect = effect.ok_or_else(|| StoreError::Corrupt("plan_runs.edits".to_owned()))?;
    Ok((plan, run, effect))
}

/// No plan that was applied later touches the same units.
pub(super) async fn is_last(services: &Services, run: &Run, effect: &RunEffect) -> Result<(), ReorganizationError> {
    let own = reached(services, run, effect).await?;
    let version = run.registry_after.unwrap_or(run.registry_before);
    let all = plan_runs::list_applied_after(&mut services.store.read().await?, version).await?;
    for later in all {
        let theirs = plan_runs::find_effect(&mut services.store.read().await?, &later.id).await?;
        let Some(theirs) = theirs else { continue };
        if !own.is_disjoint(&reached(services, &later, &theirs).await?) {
            return Err(ReorganizationError::LaterPlan { name: later.plan });
        }
    }
    Ok(())
}

/// The units that a run touches, with those that somebody sent its people to where a plan named none.
async fn reached(services: &Services, run: &Run, effect: &RunEffect) -> Result<HashSet<UnitId>, StoreError> {
    let mut all: HashSet<UnitId> = touched(effect).into_iter().cloned().collect();
    if effect.ended.values().any(|fate| *fate == Fate::Gone) {
        for set in sets(services, run).await? {
            all.extend(positions::list_units(&mut services.store.read().await?, &set).await?);
        }
    }
    Ok(all)
}

/// The units of which something changes, those that end, and those that they leave their people to.
fn touched(effect: &RunEffect) -> HashSet<&UnitId> {
    let edits = &effect.edits;
    let facts = edits.facts.iter().flat_map(|edit| {
        let above = match &edit.fact {
            Fact::Parent { parent, .. } => Some(parent),
            Fact::Unit { .. } | Fact::Code { .. } | Fact::Name { .. } => None,
        };
        [Some(edit.fact.unit()), above].into_iter().flatten()
    });
    let left = effect.ended.iter().flat_map(|(unit, fate)| {
        let targets: &[UnitId] = match fate {
            Fate::Whole(target) => std::slice::from_ref(target),
            Fate::Choice(candidates) => candidates,
            Fate::Gone => &[],
        };
        targets.iter().chain([unit])
    });
    facts.chain(edits.pairs.iter().flat_map(|pair| [&pair.from, &pair.to])).chain(left).collect()
}

/// The units that there are not any more after these edits.
pub(super) fn removed(edits: &Edits) -> HashSet<UnitId> {
    let gone = edits.facts.iter().filter(|edit| edit.now.is_none() && matches!(edit.fact, Fact::Unit { .. }));
    gone.map(|edit| edit.fact.unit().clone()).collect()
}
