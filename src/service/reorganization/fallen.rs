//! What happened since an approval: whether it still fits, and of whom of its people somebody told something.

use super::approve::fallen;
use super::errors::{Part, ReorganizationError};
use super::lines::{Look, count};
use super::outlook::{BATCH, Outlook, changed_since, nothing};
use super::register::registered;
use super::status::{StageStatus, Status};
use crate::service::Services;
use crate::store::plans::{self, Approval};
use crate::store::{plan_runs, units};

/// So many looks are taken at people who changed; more are not worth the time of whoever asks.
const LOOKS: usize = 25;

/// An approval that waits and fits no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fell {
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// Whose it is.
    pub by: String,
    /// What is not as it was approved.
    pub part: Part,
}

/// People of whom something was told since an approval that fits otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleSince {
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// How many of them have, or had, a post in a unit that ends.
    pub people: i64,
    /// All who changed were looked at; else there may be more.
    pub is_all: bool,
}

/// The approvals of a plan that wait and fit no more, whatever became of people: for whoever has just said where they go.
pub async fn fell(services: &Services, name: &str) -> Result<Vec<Fell>, ReorganizationError> {
    let mut conn = services.store.read().await?;
    let stored = plans::find(&mut conn, name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    let approvals = plans::list_approvals(&mut conn, name).await?;
    let runs = plan_runs::list_of(&mut conn, name).await?;
    let version = units::version(&mut conn).await?;
    drop(conn);
    let mut all = Vec::new();
    for approval in approvals.iter().filter(|approval| approval.used_at.is_none()) {
        if let Some(part) = fallen(services, &stored, approval, (&runs, version)).await? {
            let stage = Some(approval.stage.clone()).filter(|stage| !stage.is_empty());
            all.push(Fell { stage, by: approval.approved_by.clone(), part });
        }
    }
    Ok(all)
}

/// Of each stage that is approved and fits otherwise, of how many of its people something was told since.
pub async fn people_since(services: &Services, status: &Status) -> Result<Vec<PeopleSince>, ReorganizationError> {
    let mut all = Vec::new();
    for stage in &status.stages {
        let Some(approval) = stage.approval.as_ref().filter(|_| stage.changed.is_none()) else { continue };
        all.extend(of_stage(services, (&status.plan.name, stage), approval).await?);
    }
    Ok(all)
}

async fn of_stage(
    services: &Services,
    (name, stage): (&str, &StageStatus),
    approval: &Approval,
) -> Result<Option<PeopleSince>, ReorganizationError> {
    let changed = changed_since(services, approval.people_version).await?;
    if changed.is_empty() {
        return Ok(None);
    }
    let outlook = match Outlook::open(services, registered(services, name).await?, stage.stage.as_deref()).await {
        Ok(outlook) => outlook,
        // It fitted a moment ago.
        Err(ReorganizationError::Wrong(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut people = 0;
    for some in changed.chunks(BATCH).take(LOOKS) {
        let looks = outlook.look(services, &nothing(), some).await?;
        let ends = |look: &Look| look.applied.values().any(|post| outlook.effect.ended.contains_key(&post.unit));
        people += count(looks.iter().filter(|look| ends(look)).count());
    }
    let is_all = changed.len() <= LOOKS * BATCH;
    Ok((people > 0 || !is_all).then(|| PeopleSince { stage: stage.stage.clone(), people, is_all }))
}
