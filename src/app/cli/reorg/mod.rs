//! `motlan reorg`: units and people re-organized by a plan. It is looked at, approved by another person, applied on its day, and
//! can be rolled back.

mod args;
mod decisions;
mod lasting;
mod prepared;
mod refused;
mod seats;
mod since;
mod standing;
mod tell;
mod worklist;

pub use args::ReorgCommand;
pub use tell::waits;

use super::{CliError, Output};
use crate::model::plan;
use crate::service::Services;
use crate::service::reorganization::choices::{self, NewRule};
use crate::service::reorganization::{self, By, Readiness, ReorganizationError, StageStatus};
use args::{Acting, ApplyArgs, ApproveArgs, PlanArgs, PreviewArgs, RollbackArgs, RuleArgs};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::fs::File;
use std::io::Read as _;

/// No plan is longer, in bytes: the one of 2025 is a hundredth of it.
const LONGEST_PLAN: u64 = 4 * 1_048_576;

/// Runs the command.
pub async fn run(command: ReorgCommand, services: &Services, out: &mut Output) -> Result<(), CliError> {
    match command {
        ReorgCommand::Preview(args) => preview(&args, services, out).await,
        ReorgCommand::Approve(args) => approve(&args, services, out).await,
        ReorgCommand::Apply(args) => apply(&args, services, out).await,
        ReorgCommand::Rollback(args) => rollback(&args, services, out).await,
        ReorgCommand::Status(args) => status(&args, services, out).await,
        ReorgCommand::Rule(args) => rule(&args, services, out).await,
        ReorgCommand::Seats(args) => seats::run(&args, services, out).await,
        ReorgCommand::Decisions(args) => decisions::run(&args, services, out).await,
        ReorgCommand::Withdraw(args) => withdraw(&args, services, out).await,
    }
}

/// True for what may be the name of a plan; a file of such a name is written `./NAME`.
fn is_name(text: &str) -> bool {
    (3..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn read_file(path: &str) -> Result<String, CliError> {
    let wrong = |what: &str| {
        CliError::Refused(format!("{path}: {what}; name a plan such as merger-2025, or the path of a file that holds one"))
    };
    let file = File::open(path).map_err(|error| wrong(&error.to_string()))?;
    let mut text = String::new();
    let read = file.take(LONGEST_PLAN + 1).read_to_string(&mut text);
    let is_longer = u64::try_from(text.len()).is_ok_and(|length| length > LONGEST_PLAN);
    match read {
        Ok(_) if is_longer => Err(wrong("more than 4 MiB, which no plan has")),
        Ok(_) => Ok(text),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

fn read_plan(text: &str) -> Result<plan::Plan, CliError> {
    plan::read(text).map_err(|wrongs| ReorganizationError::Wrong(wrongs).into())
}

/// The name of the plan that somebody looks at: a file, or one that ships, is registered by that.
async fn registered(services: &Services, named: &str, by: &By<'_>) -> Result<String, CliError> {
    if !is_name(named) {
        return Ok(reorganization::register(services, &read_file(named)?, by).await?.name);
    }
    if let Some(text) = reorganization::shipped(named) {
        // Somebody may have registered a plan of their own under this name; that one is meant then.
        let known = reorganization::named(services, named).await?;
        let ours = read_plan(text)?.text_digest();
        if known.is_none_or(|known| known.text_digest() == ours) {
            match reorganization::register(services, text, by).await {
                // Withdrawn by its author, which the preview says better.
                Ok(_) | Err(ReorganizationError::NameTaken) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(named.to_owned())
}

/// The name of the plan that somebody acts on. A file has to be what was looked at.
async fn meant(services: &Services, named: &str) -> Result<String, CliError> {
    if is_name(named) {
        return Ok(named.to_owned());
    }
    let read = read_plan(&read_file(named)?)?;
    let known = reorganization::named(services, &read.name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    if known.text_digest() != read.text_digest() {
        let sentence = format!("{named} is not the plan {} that was previewed: preview this file first", read.name);
        return Err(CliError::Refused(sentence));
    }
    Ok(read.name)
}

/// How a plan, or a stage of it, stands.
async fn standing(services: &Services, name: &str, stage: Option<&str>) -> Result<Option<StageStatus>, CliError> {
    let status = reorganization::status(services, name).await?;
    Ok(status.stages.into_iter().find(|standing| standing.stage.as_deref() == stage))
}

/// The same when it is applied already.
async fn applied(services: &Services, name: &str, stage: Option<&str>) -> Result<Option<StageStatus>, CliError> {
    let standing = standing(services, name, stage).await?;
    Ok(standing.filter(|standing| standing.readiness == Readiness::Applied))
}

async fn preview(args: &PreviewArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let by = acting.by();
    let rows = args.decisions.as_deref().map(worklist::read).transpose()?;
    let name = registered(services, &args.named.plan, &by).await?;
    let stage = args.stage.as_deref();
    let mut files = tell::Files::default();
    if let Some(rows) = rows {
        files.decided = Some(choices::read_sheet(services, &name, &rows, &by).await?);
    }
    let standing = standing(services, &name, stage).await?;
    let applied = standing.as_ref().filter(|standing| standing.readiness == Readiness::Applied);
    let preview = match applied {
        Some(_) => None,
        None => Some(reorganization::preview(services, &name, stage).await?),
    };
    if let (Some(standing), Some(preview)) = (&standing, &preview) {
        files.changed = standing.differs_from(&preview.digest);
    }
    if let Some(path) = &args.worklist {
        files.listed = Some(worklist::write(services, &name, stage, path).await?);
    }
    match (preview, applied) {
        (Some(preview), _) => tell::preview(&preview, &services.known.registry(), &files, out),
        // What is applied is not looked at again; who still waits for a decision is decided all the same.
        (None, Some(standing)) => standing::applied_before(&name, standing, &files, out),
        (None, None) => {}
    }
    Ok(())
}

async fn approve(args: &ApproveArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let by = acting.by();
    let name = meant(services, &args.named.plan).await?;
    let stage = args.stage.as_deref();
    if applied(services, &name, stage).await?.is_some() {
        return Err(ReorganizationError::Already.into());
    }
    // Without a digest nobody has seen what this is about.
    let (digest, unseen) = if let Some(digest) = &args.digest {
        (digest.trim().to_owned(), None)
    } else {
        let preview = reorganization::preview(services, &name, stage).await?;
        (preview.digest.clone(), Some(preview))
    };
    // Said before it is done: of several plans that are approved for one day, one alone is applied without another approval.
    let beside = reorganization::same_day(services, &name).await?;
    prepared::tell_beside(&beside, out);
    let approval = reorganization::approve(services, &name, stage, &digest, args.accept_open, &by).await?;
    if out.json {
        let mut document = tell::approval(&approval);
        document["approved_beside"] = prepared::beside_document(&beside);
        if let Some(preview) = &unseen {
            document["counts"] = tell::figures(preview);
        }
        out.json(&document);
        return Ok(());
    }
    out.line(&format!("{} is approved by {}: {}", tell::of_stage(&name, stage), approval.approved_by, approval.digest));
    if let Some(preview) = &unseen {
        tell::counts(preview, out);
    }
    out.line(&format!("Apply it on its day with: motlan reorg apply {}; or leave it to the server.", tell::words(&name, stage)));
    Ok(())
}

async fn apply(args: &ApplyArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let by = acting.by();
    let name = meant(services, &args.named.plan).await?;
    let stage = args.stage.as_deref();
    // It draws on standard error, and nothing when that is not a terminal.
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {pos} of {len} people") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let progress = move |done: i64, of: i64| {
        shown.set_length(u64::try_from(of).unwrap_or_default());
        shown.set_position(u64::try_from(done).unwrap_or_default());
    };
    let done = reorganization::apply(services, &name, stage, args.accept_open, &by, &progress).await;
    bar.finish_and_clear();
    let done = done?;
    if out.json {
        out.json(&json!(done));
        return Ok(());
    }
    out.line(&format!(
        "{} is applied: {} people, {} posts; the registry is at version {}.",
        tell::of_stage(&name, stage),
        done.people,
        done.posts,
        done.registry_version
    ));
    if done.open > 0 {
        let words = tell::words(&name, stage);
        out.line(&format!("{} posts ended and wait for a decision: motlan reorg preview {words} --worklist FILE.csv", done.open));
    }
    Ok(())
}

async fn rollback(args: &RollbackArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let by = acting.by();
    let name = meant(services, &args.named.plan).await?;
    let stage = args.stage.as_deref();
    if args.dry_run {
        return since::run(services, (&name, stage), args.report.as_deref(), out).await;
    }
    match reorganization::rollback(services, &name, stage, args.accept_edits, &args.reason, &by).await {
        Ok(back) => since::rolled_back(&back, &tell::of_stage(&name, stage), out),
        Err(refused @ (ReorganizationError::EditsSince { .. } | ReorganizationError::GroupRolesSince { .. })) => {
            return Err(since::refused(services, (&name, stage), refused).await);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn status(args: &PlanArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let name = meant(services, &args.plan).await?;
    let status = reorganization::status(services, &name).await?;
    let prepared = reorganization::prepared(services, &status).await?;
    let since = reorganization::people_since(services, &status).await?;
    standing::status(&status, (&prepared, &since), &services.known.registry(), out);
    Ok(())
}

async fn rule(args: &RuleArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let by = acting.by();
    let name = meant(services, &args.named.plan).await?;
    if let Some(id) = &args.remove {
        let removed = choices::remove_rule(services, &name, id, &by).await?;
        let fell = reorganization::fell(services, &name).await.unwrap_or_default();
        if out.json {
            out.json(&json!({ "id": id, "removed": removed, "approvals_changed": standing::fell_document(&fell) }));
        } else {
            out.line(if removed { "The rule is removed." } else { "The plan has no such rule." });
            standing::tell_fell(&name, &fell, out);
        }
        return Ok(());
    }
    let (Some(from), Some(to), Some(decision_no)) = (&args.from, &args.to, &args.decision_no) else {
        let plan = reorganization::named(services, &name).await?.ok_or(ReorganizationError::UnknownPlan)?;
        tell::rules(&choices::rules(services, &name).await?, &plan, &services.known.registry(), out);
        return Ok(());
    };
    let (department, title, seat) = (args.department.as_deref(), args.title.as_deref(), args.seat.as_deref());
    let id = choices::add_rule(services, &name, &NewRule { from, department, title, seat, to, decision_no }, &by).await?;
    let fell = reorganization::fell(services, &name).await.unwrap_or_default();
    if out.json {
        out.json(&json!({ "id": id, "approvals_changed": standing::fell_document(&fell) }));
    } else {
        out.line(&format!("The rule counts from now on. Preview the plan again: its digest is another. Id: {id}"));
        standing::tell_fell(&name, &fell, out);
    }
    Ok(())
}

async fn withdraw(args: &PlanArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(args);
    let name = meant(services, &args.plan).await?;
    reorganization::withdraw(services, &name, &acting.by()).await?;
    if out.json {
        out.json(&json!({ "plan": name, "withdrawn": true }));
    } else {
        out.line(&format!("{name} is withdrawn. Its author brings it back by previewing it again."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_a_plan_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("next.plan");
        let longest = usize::try_from(LONGEST_PLAN).expect("a number");
        for (length, fine) in [(0, true), (longest, true), (longest + 1, false)] {
            std::fs::write(&path, vec![b'a'; length]).expect("a file");
            let read = read_file(path.to_str().expect("a path"));
            assert_eq!(read.is_ok_and(|text| text.len() == length), fine, "{length}");
        }
        assert!(read_file("/nowhere/next.plan").is_err());
    }

    #[test]
    fn a_name_is_no_path_and_a_path_no_name() {
        for name in ["merger-2025", "abc"] {
            assert!(is_name(name), "{name}");
        }
        for path in ["./merger-2025", "next.plan", "plans/next", "Merger-2025", "ab", ""] {
            assert!(!is_name(path), "{path}");
        }
    }
}
