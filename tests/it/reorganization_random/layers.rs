//! Plans that are applied, each with how it was before it; applying a stage, and taking a plan back.

use super::rights::Rights;
use crate::support::TestApp;
use crate::support::plans::{APPROVER, Digests, by, digests};
use motlan::service::reorganization::{self, ReorganizationError, RolledBack};
use time::Date;

/// A plan that is applied, and how it was before it.
pub(super) struct Layer {
    pub(super) plan: String,
    /// What was applied, one after another: its stages, or all of it.
    pub(super) stages: Vec<Option<String>>,
    pub(super) effective: Date,
    /// Unknown once an earlier plan was taken back from under it, unless that was the one right before it, or somebody was
    /// given something since.
    pub(super) before: Option<Digests>,
    /// Unknown once somebody was given something since.
    pub(super) rights: Option<Rights>,
}

impl Layer {
    /// All is as it was before this plan.
    pub(super) async fn is_as_before(&self, app: &TestApp) {
        if let Some(before) = &self.before {
            assert_eq!(digests(app).await, *before, "{} is taken back", self.plan);
        }
    }

    /// An earlier plan is gone: who had lost a role by it has it again. How it was before that one is how it would have been
    /// before this one, where nothing lay between them.
    pub(super) fn comes_before(&mut self, gone: &Self, is_next: bool) {
        self.before = if is_next { gone.before.clone() } else { None };
        match (&mut self.rights, &gone.rights) {
            (Some(rights), Some(earlier)) => rights.extend(earlier),
            (rights, _) => *rights = None,
        }
    }

    /// Somebody was given something that no plan gives.
    pub(super) fn forget(&mut self) {
        self.before = None;
        self.rights = None;
    }
}

/// Takes back all of what was applied of a plan, the last of it first. What was given to groups in units that go ends with
/// them: that is accepted where nothing else is to be.
pub(super) async fn take_back(app: &TestApp, layer: &Layer) -> Result<(), ReorganizationError> {
    for stage in layer.stages.iter().rev() {
        let mut done = roll_back(app, &layer.plan, stage.as_deref(), false).await;
        if matches!(done, Err(ReorganizationError::GroupRolesSince { people: 0, .. })) {
            done = roll_back(app, &layer.plan, stage.as_deref(), true).await;
        }
        done?;
    }
    Ok(())
}

async fn roll_back(
    app: &TestApp,
    plan: &str,
    stage: Option<&str>,
    accept_edits: bool,
) -> Result<RolledBack, ReorganizationError> {
    let done = reorganization::rollback(app.services(), plan, stage, accept_edits, "Nghị quyết bị bãi bỏ", &by(APPROVER)).await;
    app.sync().await;
    done
}

/// Approves a stage as it is now, and applies it.
pub(super) async fn apply_stage(app: &TestApp, plan: &str, stage: &str) {
    let services = app.services();
    let shown = reorganization::preview(services, plan, Some(stage)).await.expect("a preview");
    reorganization::approve(services, plan, Some(stage), &shown.digest, true, &by(APPROVER)).await.expect("an approval");
    let done = reorganization::apply(services, plan, Some(stage), false, &by(APPROVER), &|_, _| {}).await;
    done.unwrap_or_else(|error| panic!("{plan}, {stage}: {error}"));
    app.sync().await;
}
