//! How a plan stands: its stages, what stands in the way of each, and what was done with it.

use super::approve::{excludes, fallen};
use super::errors::{Part, ReorganizationError};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::plan::{Plan, file};
use crate::service::Services;
use crate::store::plan_runs::{Run, RunState};
use crate::store::plans::{self, Approval, StoredPlan};
use crate::store::{Conn, StoreError, plan_open, plan_runs, units};
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
    /// What is not any more as that has it; of people only whoever looks at all of them can tell.
    pub changed: Option<Part>,
    /// The newest run.
    pub run: Option<Run>,
    /// Posts that an applied run left open, and of which nobody has decided since.
    pub open: i64,
    /// Whether it may be applied now.
    pub readiness: Readiness,
}

impl StageStatus {
    /// What is not any more as it was approved, for whoever looked at everybody and came to a digest.
    pub fn differs_from(&self, digest: &str) -> Option<Part> {
        let approval = self.approval.as_ref()?;
        let people = |digest: &str| digest.rsplit('-').next().map(str::to_owned);
        self.changed.or_else(|| (people(&approval.digest) != people(digest)).then_some(Part::People))
    }
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
    /// The units changed since it was approved, by more than other stages of its plan.
    RegistryChanged,
    /// What was decided, or what administrators look after, changed since it was approved.
    Outdated,
    /// Another plan, or another stage, is being applied, or stands in its way.
    Busy,
    /// It is staged ahead of its moment, and comes by itself then.
    Staged,
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
            Self::Outdated => "outdated",
            Self::Busy => "busy",
            Self::Staged => "staged",
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
    let today = vietnam_date(services.clock.now());
    let is_busy = is_busy(&mut conn, today).await?;
    let version = units::version(&mut conn).await?;
    drop(conn);
    let mut stages = Vec::new();
    let names = [None].into_iter().chain(plan.stage_names().into_iter().map(Some));
    for stage in names {
        let own = stage.unwrap_or_default();
        let approval = approvals.iter().find(|approval| approval.stage == own && approval.used_at.is_none());
        let run = runs.iter().find(|run| run.stage == own);
        let changed = match approval {
            Some(approval) => fallen(services, &stored, approval, (runs.as_slice(), version)).await?,
            None => None,
        };
        let about = About { stored: &stored, approval, run, runs: &runs, is_busy, changed, today };
        stages.push(StageStatus {
            stage: stage.map(str::to_owned),
            approval: approval.cloned(),
            changed,
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

/// True when the city applies or takes back something just now; what is staged ahead of its moment stands in nobody's way.
async fn is_busy(conn: &mut Conn, today: Date) -> Result<bool, StoreError> {
    let Some(run) = plan_runs::find_busy(conn).await? else { return Ok(false) };
    let is_to_come = plans::find(conn, &run.plan).await?.is_some_and(|plan| plan.effective > today);
    Ok(run.state != RunState::Staging || !is_to_come)
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
    /// What is not any more as it was approved.
    changed: Option<Part>,
    today: Date,
}

impl About<'_> {
    fn readiness(&self, stage: Option<&str>) -> Readiness {
        match self.run.map(|run| run.state) {
            Some(RunState::Applied) => return Readiness::Applied,
            Some(RunState::Staging) if self.is_early() => return Readiness::Staged,
            Some(RunState::Staging) => return Readiness::Staging,
            Some(RunState::Undoing | RunState::Undone | RunState::Abandoned) | None => {}
        }
        if self.stored.withdrawn_at.is_some() {
            return Readiness::Withdrawn;
        }
        let is_in_the_way = |run: &Run| excludes(run, stage) && !(run.state == RunState::Staging && self.is_early());
        if self.is_busy || self.runs.iter().any(is_in_the_way) {
            return Readiness::Busy;
        }
        match (self.approval, self.changed) {
            (None, _) => Readiness::NotApproved,
            (Some(_), Some(Part::Registry)) => Readiness::RegistryChanged,
            (Some(_), Some(_)) => Readiness::Outdated,
            (Some(_), None) if self.is_early() => Readiness::NotYet,
            (Some(_), None) => Readiness::Ready,
        }
    }

    fn is_early(&self) -> bool {
        self.today < self.stored.effective
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
        detail: json!({
            "digest": approval.digest,
            "accept_open": approval.accept_open,
            "used": approval.used_at.is_some(),
            "waits_why": approval.waits_why,
        }),
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
