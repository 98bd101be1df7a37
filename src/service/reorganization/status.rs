//! How a plan stands: its stages, what stands in the way of each, and what was done with it.

use super::approve::excludes;
use super::errors::ReorganizationError;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::plan::{Plan, file};
use crate::service::Services;
use crate::store::plan_runs::{Run, RunState};
use crate::store::plans::{self, Approval, StoredPlan};
use crate::store::{StoreError, plan_open, plan_runs, units};
use serde_json::{Value, json};
use time::Date;

/// How a plan stands.
#[derive(Debug, Clone)]
pub struct Status {
    /// The plan.
    pub plan: Plan,
    /// Who registered it.
    pub author: String,
    /// When.
    pub registered_at: Millis,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Millis>,
    /// The whole plan, and then its stages.
    pub stages: Vec<StageStatus>,
    /// What was done, oldest first.
    pub journal: Vec<Entry>,
}

/// How one stage stands.
#[derive(Debug, Clone)]
pub struct StageStatus {
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// The approval that waits.
    pub approval: Option<Approval>,
    /// The newest run.
    pub run: Option<Run>,
    /// Posts that an applied run left open, and of which nobody has decided since.
    pub open: i64,
    /// Whether it may be applied now.
    pub readiness: Readiness,
}

/// Whether something may be applied now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// It was withdrawn.
    Withdrawn,
    /// Nobody has approved it.
    NotApproved,
    /// Its day has not come.
    NotYet,
    /// The units changed since it was approved.
    RegistryChanged,
    /// Another plan, or another stage, is being applied, or stands in its way.
    Busy,
    /// It is being applied.
    Staging,
    /// It counts.
    Applied,
    /// It may be applied.
    Ready,
}

impl Readiness {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::NotApproved => "not_approved",
            Self::NotYet => "not_yet",
            Self::RegistryChanged => "registry_changed",
            Self::Busy => "busy",
            Self::Staging => "staging",
            Self::Applied => "applied",
            Self::Ready => "ready",
        }
    }
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// What: `registered`, `withdrawn`, `approved`, `staging`, `abandoned`, `applied` or `undone`.
    pub what: &'static str,
    /// Of which stage.
    pub stage: Option<String>,
    /// By whom.
    pub by: String,
    /// More about it.
    pub detail: Value,
}

/// Registered plans: name, title, day.
pub async fn list(services: &Services) -> Result<Vec<(String, String, Date)>, ReorganizationError> {
    let all = plans::list(&mut services.store.read().await?).await?;
    Ok(all.into_iter().map(|plan| (plan.name, plan.title, plan.effective)).collect())
}

/// How a registered plan stands, withdrawn or not.
pub async fn status(services: &Services, name: &str) -> Result<Status, ReorganizationError> {
    let mut conn = services.store.read().await?;
    let stored = plans::find(&mut conn, name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    let plan = file::read(&stored.text).map_err(ReorganizationError::Wrong)?;
    let approvals = plans::list_approvals(&mut conn, name).await?;
    let runs = plan_runs::list_of(&mut conn, name).await?;
    let busy = plan_runs::find_busy(&mut conn).await?;
    let version = units::version(&mut conn).await?;
    drop(conn);
    let today = vietnam_date(services.clock.now());
    let mut stages = Vec::new();
    let names = [None].into_iter().chain(plan.stage_names().into_iter().map(Some));
    for stage in names {
        let own = stage.unwrap_or_default();
        let approval = approvals.iter().find(|approval| approval.stage == own && approval.used_at.is_none());
        let run = runs.iter().find(|run| run.stage == own);
        let about = About { stored: &stored, approval, run, runs: &runs, is_busy: busy.is_some(), version, today };
        stages.push(StageStatus {
            stage: stage.map(str::to_owned),
            approval: approval.cloned(),
            run: run.cloned(),
            open: open(services, run).await?,
            readiness: about.readiness(stage),
        });
    }
    Ok(Status {
        author: stored.author.clone(),
        registered_at: stored.registered_at,
        withdrawn_at: stored.withdrawn_at,
        stages,
        journal: journal(&stored, &approvals, &runs),
        plan,
    })
}

async fn open(services: &Services, run: Option<&Run>) -> Result<i64, StoreError> {
    match run.filter(|run| run.state == RunState::Applied) {
        Some(run) => plan_open::count(&mut services.store.read().await?, &run.id).await,
        None => Ok(0),
    }
}

/// What a stage's readiness follows from.
struct About<'a> {
    stored: &'a StoredPlan,
    approval: Option<&'a Approval>,
    run: Option<&'a Run>,
    runs: &'a [Run],
    is_busy: bool,
    version: i64,
    today: Date,
}

impl About<'_> {
    fn readiness(&self, stage: Option<&str>) -> Readiness {
        match self.run.map(|run| run.state) {
            Some(RunState::Applied) => return Readiness::Applied,
            Some(RunState::Staging) => return Readiness::Staging,
            Some(RunState::Undoing | RunState::Undone | RunState::Abandoned) | None => {}
        }
        if self.stored.withdrawn_at.is_some() {
            return Readiness::Withdrawn;
        }
        if self.is_busy || self.runs.iter().any(|run| excludes(run, stage)) {
            return Readiness::Busy;
        }
        match self.approval {
            None => Readiness::NotApproved,
            Some(approval) if approval.registry_version != self.version => Readiness::RegistryChanged,
            Some(_) if self.today < self.stored.effective => Readiness::NotYet,
            Some(_) => Readiness::Ready,
        }
    }
}

fn journal(stored: &StoredPlan, approvals: &[Approval], runs: &[Run]) -> Vec<Entry> {
    let mut journal = vec![Entry {
        at: stored.registered_at,
        what: "registered",
        stage: None,
        by: stored.author.clone(),
        detail: json!({ "text_digest": stored.text_digest }),
    }];
    if let Some(at) = stored.withdrawn_at {
        let by = stored.withdrawn_by.clone().unwrap_or_default();
        journal.push(Entry { at, what: "withdrawn", stage: None, by, detail: Value::Null });
    }
    journal.extend(approvals.iter().map(|approval| Entry {
        at: approval.approved_at,
        what: "approved",
        stage: named(&approval.stage),
        by: approval.approved_by.clone(),
        detail: json!({ "digest": approval.digest, "accept_open": approval.accept_open, "used": approval.used_at.is_some() }),
    }));
    journal.extend(runs.iter().flat_map(entries));
    journal.sort_by_key(|entry| entry.at);
    journal
}

/// What was done in one run.
fn entries(run: &Run) -> Vec<Entry> {
    let entry = |at: Millis, what: &'static str, by: &str, detail: Value| Entry {
        at,
        what,
        stage: named(&run.stage),
        by: by.to_owned(),
        detail,
    };
    let figures = json!({ "run": run.id, "people": run.people, "posts": run.posts, "open": run.open });
    let mut entries = vec![entry(run.started_at, "staging", &run.started_by, json!({ "run": run.id }))];
    if run.state == RunState::Abandoned {
        let detail = json!({ "run": run.id, "why": run.reason });
        entries.push(entry(run.touched_at, "abandoned", &run.started_by, detail));
    }
    if let Some(at) = run.applied_at {
        entries.push(entry(at, "applied", &run.started_by, figures));
    }
    if let Some(at) = run.undone_at {
        let by = run.undone_by.as_deref().unwrap_or_default();
        entries.push(entry(at, "undone", by, json!({ "run": run.id, "reason": run.reason })));
    }
    entries
}

fn named(stage: &str) -> Option<String> {
    Some(stage).filter(|stage| !stage.is_empty()).map(str::to_owned)
}
