//! Approving what a plan would do: somebody else than its author and than whoever said where people go, and exactly the effect
//! that was looked at.

use super::By;
use super::errors::{Part, ReorganizationError};
use super::outlook::Outlook;
use super::register::{note, registered};
use crate::base::id::uuid_v7;
use crate::service::Services;
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::{self, Approval};
use serde_json::json;

/// Approves the effect that has a digest. Everything is looked at again before, so that nobody approves what has changed
/// since.
pub async fn approve(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    digest: &str,
    accept_open: bool,
    by: &By<'_>,
) -> Result<Approval, ReorganizationError> {
    let stored = registered(services, name).await?;
    if stored.author == by.actor {
        return Err(ReorganizationError::Author);
    }
    let live = plan_runs::list_of(&mut services.store.read().await?, name).await?;
    if let Some(run) = live.iter().find(|run| excludes(run, stage)) {
        return Err(in_the_way(run));
    }
    let text_digest = stored.text_digest.clone();
    let outlook = Outlook::open(services, stored, stage).await?;
    // What is said after this changes the digest, and this approval is for nothing then.
    if outlook.is_said_by(by.actor) {
        return Err(ReorganizationError::Said);
    }
    if let Some(what) = outlook.differs(digest) {
        return Err(ReorganizationError::Stale { what });
    }
    let lines = outlook.survey(services).await?;
    if outlook.digest(&lines) != digest {
        return Err(ReorganizationError::Stale { what: Part::People });
    }
    let now = services.clock.now();
    let approval = Approval {
        id: uuid_v7(now, &*services.entropy),
        plan: name.to_owned(),
        stage: stage.unwrap_or_default().to_owned(),
        digest: digest.to_owned(),
        registry_version: outlook.registry.version(),
        people_version: lines.at,
        accept_open,
        approved_by: by.actor.to_owned(),
        approved_at: now,
        used_at: None,
    };
    let mut tx = services.store.write().await?;
    if !plans::add_approval(&mut tx, &approval, &text_digest).await? {
        let live = plan_runs::list_of(&mut tx, name).await?.into_iter().find(|run| excludes(run, stage));
        return Err(live.map_or(ReorganizationError::Stale { what: Part::Plan }, |run| in_the_way(&run)));
    }
    let detail = json!({
        "plan": name,
        "stage": stage,
        "approval": approval.id,
        "digest": digest,
        "registry_version": approval.registry_version,
        "people_version": approval.people_version,
        "accept_open": accept_open,
    });
    note(&mut tx, services, "plan.approved", by, detail).await?;
    tx.commit().await?;
    Ok(approval)
}

/// True when a run leaves no room for another one of a stage, or of the whole plan.
pub(super) fn excludes(run: &Run, stage: Option<&str>) -> bool {
    let is_live = matches!(run.state, RunState::Staging | RunState::Applied | RunState::Undoing);
    is_live && stage.is_none_or(|stage| run.stage.is_empty() || run.stage == stage)
}

/// What to say of such a run.
pub(super) fn in_the_way(run: &Run) -> ReorganizationError {
    if run.state == RunState::Applied { ReorganizationError::Already } else { ReorganizationError::Busy }
}
