//! Approving what a plan would do: somebody else than its author and than whoever said where people go or undid what others had
//! said of it, and exactly the effect that was looked at.
//!
//! An approval is for the units as they were looked at. Of several stages of one plan each leaves the units of the others
//! alone: where nothing but stages of the same plan changed the registry since, what it was before them can be told, and with
//! it whether exactly what was approved is what would be done now. Then the approval goes on counting.

use super::By;
use super::ahead::{is_ahead, set_aside};
use super::errors::{Part, ReorganizationError};
use super::outlook::Outlook;
use super::register::{note, registered};
use crate::base::id::uuid_v7;
use crate::model::plan::UnitEffect;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::store::StoreError;
use crate::store::plan_runs::{self, Run, RunState};
use crate::store::plans::{self, Approval, StoredPlan};
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
    // What is staged ahead of its moment gives way to whoever approves anew.
    if let Some(run) = live.iter().find(|run| excludes(run, stage) && !is_ahead(services, &stored, run)) {
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
        waits_why: None,
    };
    let mut tx = services.store.write().await?;
    set_aside(&mut tx, services, |run| run.plan == name && excludes(run, stage)).await?;
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

/// True when an approval is for the units of an outlook: they are at its version, or they are others by nothing but other
/// stages of its plan, over the units before which the plan comes to the digest that was approved, and to the very changes
/// that it makes now. The outlook is known by the approved part of the digest then.
pub(super) async fn recall(services: &Services, outlook: &mut Outlook, approval: &Approval) -> Result<bool, ReorganizationError> {
    if outlook.registry.version() == approval.registry_version {
        return Ok(true);
    }
    let Some(registry) = before_stages(services, &outlook.registry, approval).await? else { return Ok(false) };
    let stage = Some(approval.stage.as_str()).filter(|stage| !stage.is_empty());
    let earlier = match Outlook::over(services, registry, outlook.stored.clone(), stage).await {
        Ok(earlier) => earlier,
        Err(ReorganizationError::Wrong(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let is_approved = approval.digest.split('-').next() == Some(earlier.fixed[0].as_str());
    let goes_alike = earlier.said_anywhere() == outlook.said_anywhere();
    if !is_approved || !goes_alike || !do_the_same(&earlier.effect, &outlook.effect) {
        return Ok(false);
    }
    outlook.fixed[0].clone_from(&earlier.fixed[0]);
    Ok(true)
}

/// What is not any more as an approval has it, of all but people; `version` is the registry's.
pub(super) async fn fallen(
    services: &Services,
    stored: &StoredPlan,
    approval: &Approval,
    (runs, version): (&[Run], i64),
) -> Result<Option<Part>, ReorganizationError> {
    // Many are told apart by this, without looking at anything.
    if version != approval.registry_version && stages_since(runs, approval, version).is_none() {
        return Ok(Some(Part::Registry));
    }
    let stage = Some(approval.stage.as_str()).filter(|stage| !stage.is_empty());
    let mut outlook = match Outlook::open(services, stored.clone(), stage).await {
        Ok(outlook) => outlook,
        Err(ReorganizationError::Wrong(_)) => return Ok(Some(Part::Registry)),
        Err(error) => return Err(error),
    };
    if !recall(services, &mut outlook, approval).await? {
        return Ok(Some(Part::Registry));
    }
    Ok(outlook.differs(&approval.digest))
}

/// The units as they were before all stages that were applied since an approval; nothing when others changed them too.
async fn before_stages(services: &Services, registry: &Registry, approval: &Approval) -> Result<Option<Registry>, StoreError> {
    let mut conn = services.store.read().await?;
    // Read after the units: each of their versions has its run.
    let runs = plan_runs::list_of(&mut conn, &approval.plan).await?;
    let Some(since) = stages_since(&runs, approval, registry.version()) else { return Ok(None) };
    let mut before: Option<Registry> = None;
    for run in since {
        let Some(effect) = plan_runs::find_effect(&mut conn, &run.id).await? else { return Ok(None) };
        let Some(earlier) = before.as_ref().unwrap_or(registry).with(&effect.edits.inverse()) else { return Ok(None) };
        before = Some(earlier);
    }
    Ok(before)
}

/// The runs of other stages by which the registry came from the version of an approval to another one, the newest first;
/// nothing when one of the versions between is of another hand.
fn stages_since<'r>(runs: &'r [Run], approval: &Approval, version: i64) -> Option<Vec<&'r Run>> {
    let is_other = |run: &Run| !run.stage.is_empty() && !approval.stage.is_empty() && run.stage != approval.stage;
    let counts = |run: &Run| run.state == RunState::Applied && is_other(run);
    // Every change raises the version by one.
    let versions = (approval.registry_version + 1..=version).rev();
    versions.map(|version| runs.iter().find(|run| counts(run) && run.registry_after == Some(version))).collect()
}

/// True when two effects change the same facts of the same units, which end and begin alike.
fn do_the_same(one: &UnitEffect, other: &UnitEffect) -> bool {
    one.edits == other.edits && one.ended == other.ended && one.begun == other.begun
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::{ChangeSetId, PersonId};

    fn run(stage: &str, state: RunState, registry_after: i64) -> Run {
        Run {
            id: format!("{stage}-{registry_after}"),
            plan: "p".to_owned(),
            stage: stage.to_owned(),
            approval: String::new(),
            digest: String::new(),
            change_set: ChangeSetId(String::new()),
            state,
            cursor: PersonId(String::new()),
            started_at: Millis(0),
            started_by: String::new(),
            touched_at: Millis(0),
            holder: String::new(),
            people: 0,
            posts: 0,
            open: 0,
            registry_before: registry_after - 1,
            registry_after: Some(registry_after),
            applied_at: None,
            swept: 0,
            undo_set: None,
            undone_at: None,
            undone_by: None,
            reason: String::new(),
        }
    }

    fn approval(stage: &str, registry_version: i64) -> Approval {
        Approval {
            id: String::new(),
            plan: "p".to_owned(),
            stage: stage.to_owned(),
            digest: String::new(),
            registry_version,
            people_version: 0,
            accept_open: false,
            approved_by: String::new(),
            approved_at: Millis(0),
            used_at: None,
            waits_why: None,
        }
    }

    /// A name, the runs, a stage, the registry's version now, and the versions of the stages between.
    type Case<'a> = (&'a str, Vec<Run>, &'a str, i64, Option<&'a [i64]>);

    #[test]
    fn only_stages_of_the_same_plan_may_lie_between_an_approval_and_now() {
        let of = |stage, version| run(stage, RunState::Applied, version);
        let undone = || run("mot", RunState::Undone, 4);
        let table: [Case<'_>; 9] = [
            ("one", vec![of("mot", 4)], "hai", 4, Some(&[4])),
            ("two, the newest first", vec![of("mot", 4), of("ba", 5)], "hai", 5, Some(&[5, 4])),
            ("an earlier one too", vec![of("ba", 3), of("mot", 4)], "hai", 4, Some(&[4])),
            ("another hand after it", vec![of("mot", 4)], "hai", 5, None),
            ("another hand before it", vec![of("mot", 5)], "hai", 5, None),
            ("taken back", vec![undone()], "hai", 5, None),
            ("the same stage", vec![of("hai", 4)], "hai", 4, None),
            ("the whole plan", vec![of("", 4)], "hai", 4, None),
            ("for the whole plan", vec![of("mot", 4)], "", 4, None),
        ];
        for (case, runs, stage, version, expected) in table {
            let found = stages_since(&runs, &approval(stage, 3), version);
            let versions = found.map(|runs| runs.iter().filter_map(|run| run.registry_after).collect::<Vec<_>>());
            assert_eq!(versions.as_deref(), expected, "{case}");
        }
    }
}
