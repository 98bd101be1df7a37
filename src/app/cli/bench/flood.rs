//! A flood of password sign-ins, and what it does to everybody else.
//!
//! Strangers offer password sign-ins at a fixed rate, for names that somebody
//! has and names that nobody has, from many addresses. Beside them officials
//! sign on silently, and one signs in with a password on a device that was used
//! before, after strangers had failed on that very name. When the flood is over,
//! pairs of a known and an unknown name show whether time tells them apart.
//! What must hold is compared with limits; a missed one is a failure.

mod browser;
mod device;
mod load;
mod pairs;

use super::drive::{Caller, Target};
use super::measure::memory_mb;
use super::silent::{Silent, Until, silent};
use crate::app::cli::{CliError, Output};
use clap::Args;
use device::{Device, Official};
use load::{Crowd, Strangers};
use pairs::Pairs;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// From so many pairs on, their figure itself is held against the limit; of fewer, the lower end of its interval.
const ENOUGH_PAIRS: usize = 500;
/// Seconds of silent sign-ons before the flood, to compare with.
const QUIET_SECONDS: u32 = 3;

/// How hard, and what must hold.
#[derive(Debug, Args)]
#[command(next_help_heading = "Flood")]
pub(super) struct FloodArgs {
    /// User names that somebody has, one a line: the first for the pairs, the others for the flood.
    #[arg(long, value_name = "FILE")]
    names_file: Option<PathBuf>,
    /// Password sign-ins that are offered in a second.
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Silent sign-ons that are offered in a second.
    #[arg(long, default_value_t = 50)]
    pub(super) silent_rate: u32,
    /// Pairs of a known and an unknown name.
    #[arg(long, default_value_t = 500)]
    pairs: usize,
    /// The most that the 99th percentile of the silent sign-ons may be.
    #[arg(long, default_value_t = 100.0)]
    pub(super) max_p99_ms: f64,
    /// The most memory that the server may ever have had (with --pid).
    #[arg(long, default_value_t = 300.0)]
    max_memory_mb: f64,
    /// How well known and unknown names may be told apart by time: 0.5 is not at all.
    #[arg(long, default_value_t = 0.55)]
    max_auc: f64,
}

/// What was seen.
#[derive(serde::Serialize)]
struct Report {
    rate: u32,
    silent_rate: u32,
    seconds: u32,
    strangers: Strangers,
    silent_before: Silent,
    silent: Silent,
    device: Device,
    resident_mb: Option<f64>,
    highest_mb: Option<f64>,
    pairs: Option<Pairs>,
    missed: Vec<String>,
}

/// Who is driven, for how long, and where to look for memory.
pub(super) struct Stage {
    pub(super) target: Arc<Target>,
    pub(super) callers: Vec<Caller>,
    pub(super) seconds: u32,
    pub(super) pid: Option<u32>,
}

/// Runs the flood and all beside it; fails when a limit is missed.
pub(super) async fn run(stage: &Stage, args: &FloodArgs, output: &mut Output) -> Result<(), CliError> {
    let names = names(args)?;
    let (for_pairs, for_flood) = names.split_at(args.pairs.min(names.len()));
    if for_pairs.len() < args.pairs || for_flood.is_empty() {
        let wanted = args.pairs + 1;
        return Err(CliError::Refused(format!("--names-file: {} names; at least {wanted} are needed", names.len())));
    }
    let mut report = flood(stage, args, for_flood, output).await.map_err(CliError::Other)?;
    if !for_pairs.is_empty() {
        output.note(&format!("{} pairs of names", for_pairs.len()));
        report.pairs = Some(pairs::run(&stage.target, for_pairs).await.map_err(CliError::Other)?);
    }
    report.resident_mb = stage.pid.and_then(|pid| memory_mb(pid, "VmRSS:"));
    report.highest_mb = stage.pid.and_then(|pid| memory_mb(pid, "VmHWM:"));
    report.missed = missed(&report, args);
    for line in lines(&report) {
        output.line(&line);
    }
    let document = json!(report);
    if report.missed.is_empty() {
        if output.json {
            output.document(&document);
        }
        return Ok(());
    }
    Err(CliError::Document(document, format!("missed: {}", report.missed.join("; "))))
}

fn names(args: &FloodArgs) -> Result<Vec<String>, CliError> {
    let path = args.names_file.as_ref().ok_or_else(|| CliError::Refused("flood needs --names-file".to_owned()))?;
    let text = std::fs::read_to_string(path).map_err(|error| CliError::Refused(format!("{}: {error}", path.display())))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

async fn flood(stage: &Stage, args: &FloodArgs, names: &[String], output: &mut Output) -> Result<Report, String> {
    let Stage { target, callers, seconds, pid: _ } = stage;
    let before = Until::Seconds(QUIET_SECONDS.min(*seconds));
    let silent_before = silent(target, callers, args.silent_rate, before).await;
    let mut official = Official::meet(target).await?;
    official.suffer_strangers().await?;
    let crowd = Crowd::gather(target, names).await?;
    output.note(&format!("{} password sign-ins a second for {seconds} s", args.rate));
    let (strangers, silent, device) = tokio::join!(
        crowd.flood(args.rate, *seconds),
        silent(target, callers, args.silent_rate, Until::Seconds(*seconds)),
        official.come_back(*seconds),
    );
    Ok(Report {
        rate: args.rate,
        silent_rate: args.silent_rate,
        seconds: *seconds,
        strangers,
        silent_before,
        silent,
        device,
        resident_mb: None,
        highest_mb: None,
        pairs: None,
        missed: Vec::new(),
    })
}

/// The promises that were not kept, each in a sentence.
fn missed(report: &Report, args: &FloodArgs) -> Vec<String> {
    let Report { strangers, silent, device, .. } = report;
    let first = |failure: &Option<String>| failure.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let others: usize = strangers.answers.iter().filter(|(status, _)| !matches!(status, 422 | 429 | 503)).map(|(_, n)| n).sum();
    let mut missed = Vec::new();
    let mut must = |holds: bool, sentence: String| {
        if !holds {
            missed.push(sentence);
        }
    };
    must(strangers.not_offered * 20 <= strangers.offered, format!("{} sign-ins could not be offered", strangers.not_offered));
    must(others == 0, format!("{others} sign-ins were answered with neither 422, 429 nor 503"));
    must(strangers.unanswered == 0, format!("{} had no answer{}", strangers.unanswered, first(&strangers.first_failure)));
    must(strangers.without_retry_after == 0, format!("{} were refused without Retry-After", strangers.without_retry_after));
    must(silent.failed == 0, format!("{} silent sign-ons failed{}", silent.failed, first(&silent.first_failure)));
    must(
        silent.p99_ms <= args.max_p99_ms,
        format!("the silent sign-ons' p99 was {:.1} ms, above {:.0}", silent.p99_ms, args.max_p99_ms),
    );
    must(device.strangers_failed > 0, "no stranger's failure on the official's name was counted".to_owned());
    must(device.locked_out == 0, format!("a known device was locked out {} times", device.locked_out));
    must(device.failed == 0, format!("{} sign-ins on a known device failed{}", device.failed, first(&device.first_failure)));
    must(device.entered > device.told_busy, "a known device was told to come back more often than it was let in".to_owned());
    if let Some(highest) = report.highest_mb {
        must(highest <= args.max_memory_mb, format!("the server had {highest:.1} MB, above {:.0}", args.max_memory_mb));
    }
    if let Some(pairs) = &report.pairs {
        let figure = if pairs.count >= ENOUGH_PAIRS { pairs.auc } else { pairs.low };
        must(figure <= args.max_auc, format!("names are told apart by time: {:.3}, above {}", pairs.auc, args.max_auc));
    }
    missed
}

/// The same for people, as rows of a Markdown table.
fn lines(report: &Report) -> Vec<String> {
    let Report { strangers, silent_before, silent, device, .. } = report;
    let mut lines = vec!["| what | seen |".to_owned(), "| --- | --- |".to_owned()];
    let mut row = |what: &str, seen: String| lines.push(format!("| {what} | {seen} |"));
    row("password sign-ins offered", format!("{} in {} s ({}/s)", strangers.offered, report.seconds, report.rate));
    for (status, count) in &strangers.answers {
        row(&format!("answered {status}"), count.to_string());
    }
    row("no answer; refused without Retry-After", format!("{}; {}", strangers.unanswered, strangers.without_retry_after));
    row("refusals, p50 and p99", format!("{:.1} and {:.1} ms", strangers.refused_p50_ms, strangers.refused_p99_ms));
    for (when, silent) in [("before", silent_before), ("in the flood", silent)] {
        let figures = format!("{:.1}, {:.1} and {:.1} ms of {}", silent.p50_ms, silent.p99_ms, silent.slowest_ms, silent.done);
        row(&format!("silent sign-ons {when}: p50, p99, slowest"), figures);
    }
    row("silent sign-ons that failed", silent.failed.to_string());
    let locked = if device.strangers_locked_out { ", then locked out" } else { "" };
    row("strangers on the official's name", format!("{} failures{locked}", device.strangers_failed));
    row(
        "the official on a known device: in, told busy, locked out",
        format!("{}, {}, {}; slowest {:.0} ms", device.entered, device.told_busy, device.locked_out, device.slowest_ms),
    );
    if let Some((highest, resident)) = report.highest_mb.zip(report.resident_mb) {
        row("the server's memory: highest, now", format!("{highest:.1}, {resident:.1} MB"));
    }
    if let Some(pairs) = &report.pairs {
        let interval = format!("{:.3} to {:.3}", pairs.low, pairs.high);
        row(&format!("{} pairs of names: AUC, 95 %", pairs.count), format!("{:.3}, {interval}", pairs.auc));
        row("wrong password, median: known, unknown", format!("{:.2}, {:.2} ms", pairs.known_p50_ms, pairs.unknown_p50_ms));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> FloodArgs {
        FloodArgs {
            names_file: None,
            rate: 500,
            silent_rate: 50,
            pairs: 500,
            max_p99_ms: 100.0,
            max_memory_mb: 300.0,
            max_auc: 0.55,
        }
    }

    fn kept() -> Report {
        Report {
            rate: 500,
            silent_rate: 50,
            seconds: 30,
            strangers: Strangers {
                offered: 15_000,
                answers: [(422, 1_500), (429, 1_000), (503, 12_500)].into(),
                ..Strangers::default()
            },
            silent_before: Silent::default(),
            silent: Silent { done: 1_500, p99_ms: 40.0, ..Silent::default() },
            device: Device { strangers_failed: 5, strangers_locked_out: true, entered: 20, ..Device::default() },
            resident_mb: Some(120.0),
            highest_mb: Some(180.0),
            pairs: Some(Pairs { count: 500, auc: 0.51, low: 0.47, high: 0.55, ..Pairs::default() }),
            missed: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_missed_when_every_promise_is_kept() {
        assert_eq!(missed(&kept(), &args()), Vec::<String>::new());
        assert!(lines(&kept()).iter().all(|line| line.starts_with('|')));
    }

    #[test]
    fn every_promise_is_missed_alone() {
        type Spoil = fn(&mut Report);
        let table: [(&str, Spoil); 12] = [
            ("could not be offered", |report| report.strangers.not_offered = 1_000),
            ("neither 422, 429 nor 503", |report| *report.strangers.answers.entry(500).or_default() += 1),
            ("had no answer", |report| report.strangers.unanswered = 1),
            ("without Retry-After", |report| report.strangers.without_retry_after = 1),
            ("silent sign-ons failed", |report| report.silent.failed = 1),
            ("p99", |report| report.silent.p99_ms = 100.1),
            ("no stranger's failure", |report| report.device.strangers_failed = 0),
            ("locked out", |report| report.device.locked_out = 1),
            ("on a known device failed", |report| report.device.failed = 1),
            ("told to come back", |report| report.device.told_busy = 20),
            ("MB", |report| report.highest_mb = Some(300.1)),
            ("told apart", |report| report.pairs = Some(Pairs { count: 500, auc: 0.551, low: 0.51, ..Pairs::default() })),
        ];
        for (words, spoil) in table {
            let mut report = kept();
            spoil(&mut report);
            let missed = missed(&report, &args());
            assert_eq!(missed.len(), 1, "{missed:?}");
            assert!(missed[0].contains(words), "{missed:?}");
        }
    }

    #[test]
    fn few_pairs_are_judged_by_the_lower_end_of_their_interval() {
        for (low, fine) in [(0.54, true), (0.56, false)] {
            let pairs = Pairs { count: 20, auc: 0.7, low, high: 0.9, ..Pairs::default() };
            let report = Report { pairs: Some(pairs), ..kept() };
            assert_eq!(missed(&report, &args()).is_empty(), fine, "{low}");
        }
    }
}
