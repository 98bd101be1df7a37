//! How far a plan is: its stages, how they are prepared, and what was done.

use super::prepared;
use super::tell::{Files, approval, of_stage, stage_of, waits};
use crate::app::cli::Output;
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, shown_moment};
use crate::model::registry::Registry;
use crate::service::reorganization::{Entry, Fell, Part, PeopleSince, Prepared, Run, StageStatus, Status};
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
        "approval_changed": standing.changed.map(Part::word),
        "run": standing.run.as_ref().map(run_document),
    })
}

fn entry_document(entry: &Entry) -> Value {
    json!({ "at": entry.at, "what": entry.what, "stage": entry.stage, "by": entry.by, "detail": entry.detail })
}

/// Approvals that fit no more, for scripts.
pub fn fell_document(fell: &[Fell]) -> Value {
    let one = |fell: &Fell| json!({ "stage": fell.stage, "approved_by": fell.by, "changed": fell.part.word() });
    Value::Array(fell.iter().map(one).collect())
}

/// Says to whoever has just said where people go that approvals fit no more.
pub fn tell_fell(name: &str, fell: &[Fell], out: &mut Output) {
    for one in fell {
        let (of, part) = (of_stage(name, one.stage.as_deref()), one.part.in_english());
        let by = &one.by;
        out.line(&format!("The approval of {of} by {by} counts no more, since {part} changed: it has to be approved anew."));
    }
}

/// How far a plan is; how it is prepared; and of how many people something was told since an approval.
pub fn status(status: &Status, (prepared, since): (&[Prepared], &[PeopleSince]), registry: &Registry, out: &mut Output) {
    let plan = &status.plan;
    let of = |standing: &StageStatus| prepared.iter().find(|one| one.stage == standing.stage);
    let changed = |standing: &StageStatus| since.iter().find(|one| one.stage == standing.stage);
    if out.json {
        let document = |standing: &StageStatus| {
            let mut document = stage_document(standing);
            document["prepared"] = json!(of(standing).map(prepared::document));
            let people = changed(standing).map(|since| json!({ "people": since.people, "all": since.is_all }));
            document["people_since_approval"] = json!(people);
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
        if let Some(since) = changed(standing) {
            let people = if since.is_all { since.people.to_string() } else { format!("at least {}", since.people) };
            out.line(&format!("  changed   {people} of its people since: on its day they go along, by hand it is approved anew"));
        }
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
        if let Some(part) = standing.changed {
            out.line(&format!("  changed   {} since: somebody approves a new preview", part.in_english()));
        }
        if let Some(why) = &approval.waits_why {
            out.line(&format!("  waits     it did not come by itself: {}; somebody approves a new preview", waits(why)));
        }
    }
}
