//! How far a plan is: its stages, how they are prepared, and what was done.

use super::prepared;
use super::tell::{Files, approval, of_stage, stage_of};
use crate::app::cli::Output;
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, shown_moment};
use crate::model::registry::Registry;
use crate::service::reorganization::{Entry, Prepared, Run, StageStatus, Status};
use serde_json::{Value, json};

/// That a plan is applied, and who still waits for a decision.
pub fn applied_before(name: &str, standing: &StageStatus, files: &Files, out: &mut Output) {
    if out.json {
        let mut document = stage_document(standing);
        document["plan"] = json!(name);
        document["decisions_read"] = json!(files.decided);
        document["worklist_written"] = json!(files.listed);
        out.json(&document);
        return;
    }
    out.line(&format!("{} is applied.", of_stage(name, standing.stage.as_deref())));
    out.line(&format!("  open      {} posts wait for a decision", standing.open));
    files.tell(out);
}

fn run_document(run: &Run) -> Value {
    json!({
        "id": run.id,
        "stage": stage_of(&run.stage),
        "state": run.state.word(),
        "digest": run.digest,
        "people": run.people,
        "posts": run.posts,
        "open": run.open,
        "registry_before": run.registry_before,
        "registry_after": run.registry_after,
        "started_at": run.started_at,
        "started_by": run.started_by,
        "applied_at": run.applied_at,
        "undone_at": run.undone_at,
        "undone_by": run.undone_by,
        "reason": run.reason,
    })
}

fn stage_document(standing: &StageStatus) -> Value {
    json!({
        "stage": standing.stage,
        "readiness": standing.readiness.word(),
        "open": standing.open,
        "approval": standing.approval.as_ref().map(approval),
        "run": standing.run.as_ref().map(run_document),
    })
}

fn entry_document(entry: &Entry) -> Value {
    json!({ "at": entry.at, "what": entry.what, "stage": entry.stage, "by": entry.by, "detail": entry.detail })
}

/// How far a plan is.
pub fn status(status: &Status, prepared: &[Prepared], registry: &Registry, out: &mut Output) {
    let plan = &status.plan;
    let of = |standing: &StageStatus| prepared.iter().find(|one| one.stage == standing.stage);
    if out.json {
        let document = |standing: &StageStatus| {
            let mut document = stage_document(standing);
            document["prepared"] = json!(of(standing).map(prepared::document));
            document
        };
        out.json(&json!({
            "plan": plan.name,
            "title": plan.title,
            "effective": iso(plan.effective),
            "text_digest": plan.text_digest(),
            "author": status.author,
            "registered_at": status.registered_at,
            "withdrawn_at": status.withdrawn_at,
            "stages": status.stages.iter().map(document).collect::<Vec<_>>(),
            "journal": status.journal.iter().map(entry_document).collect::<Vec<_>>(),
        }));
        return;
    }
    out.line(&format!("{}: {}", plan.name, plan.title));
    out.line(&format!("  from      {}", shown(plan.effective)));
    out.line(&format!("  author    {}, since {}", status.author, shown_moment(status.registered_at)));
    for standing in &status.stages {
        tell_stage(standing, out);
        if let Some(known) = of(standing) {
            prepared::tell(known, (registry, plan.day_before()), out);
        }
    }
    for entry in &status.journal {
        let stage = entry.stage.as_ref().map_or_else(String::new, |stage| format!(" (stage {stage})"));
        out.line(&format!("  {}  {} by {}{stage}", shown_moment(entry.at), entry.what, entry.by));
    }
}

fn tell_stage(standing: &StageStatus, out: &mut Output) {
    let name = standing.stage.as_ref().map_or_else(|| "whole     ".to_owned(), |stage| format!("stage     {stage}: "));
    let moment = |at: Option<Millis>| at.map_or_else(String::new, |at| format!(" at {}", shown_moment(at)));
    let run = standing.run.as_ref().map_or_else(String::new, |run| {
        let (state, when) = (run.state.word(), moment(run.undone_at.or(run.applied_at)));
        format!("; {state}{when}, {} people, {} posts", run.people, run.posts)
    });
    let open = if standing.open > 0 { format!("; {} posts wait for a decision", standing.open) } else { String::new() };
    out.line(&format!("  {name}{}{run}{open}", standing.readiness.word()));
    if let Some(approval) = &standing.approval {
        out.line(&format!("  approved  {} by {}", approval.digest, approval.approved_by));
    }
}
