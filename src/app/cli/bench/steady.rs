//! Silent sign-ons at a fixed rate while something else is done: what an import, or matching, costs whoever works meanwhile.

use super::flood::{FloodArgs, Stage};
use super::measure::memory_mb;
use super::silent::{Silent, Until, silent};
use crate::app::cli::{CliError, Output};
use serde_json::json;

/// Signs on as long as a process runs, or for some seconds; fails when a limit is missed.
pub(super) async fn run(stage: &Stage, args: &FloodArgs, beside: Option<u32>, output: &mut Output) -> Result<(), CliError> {
    let until = beside.map_or(Until::Seconds(stage.seconds), Until::Ended);
    // Whoever starts what they are to be beside waits for this line.
    output.note("signed on");
    let seen = silent(&stage.target, &stage.callers, args.silent_rate, until).await;
    let highest_mb = stage.pid.and_then(|pid| memory_mb(pid, "VmHWM:"));
    let missed = missed(&seen, args.max_p99_ms);
    let Silent { done, failed, p50_ms, p99_ms, slowest_ms, .. } = &seen;
    output.line("| silent sign-ons | failed | p50 ms | p99 ms | slowest ms | server's highest MB |");
    output.line("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let memory = highest_mb.map_or_else(|| "-".to_owned(), |highest| format!("{highest:.1}"));
    output.line(&format!("| {done} | {failed} | {p50_ms:.1} | {p99_ms:.1} | {slowest_ms:.1} | {memory} |"));
    let document = json!({ "rate": args.silent_rate, "silent": seen, "highest_mb": highest_mb, "missed": missed });
    if missed.is_empty() {
        if output.json {
            output.document(&document);
        }
        return Ok(());
    }
    Err(CliError::Document(document, format!("missed: {}", missed.join("; "))))
}

/// The promises that were not kept, each in a sentence.
fn missed(seen: &Silent, max_p99_ms: f64) -> Vec<String> {
    let mut missed = Vec::new();
    if seen.done == 0 {
        missed.push("not one silent sign-on was done".to_owned());
    }
    if seen.failed > 0 {
        let first = seen.first_failure.as_deref().unwrap_or_default();
        missed.push(format!("{} silent sign-ons failed ({first})", seen.failed));
    }
    if seen.p99_ms > max_p99_ms {
        missed.push(format!("the silent sign-ons' p99 was {:.1} ms, above {max_p99_ms:.0}", seen.p99_ms));
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_promise_is_missed_alone() {
        let kept = || Silent { done: 100, p99_ms: 20.0, ..Silent::default() };
        assert_eq!(missed(&kept(), 50.0), Vec::<String>::new());
        let table = [
            ("not one", Silent { done: 0, ..kept() }),
            ("failed (refused)", Silent { failed: 1, first_failure: Some("refused".to_owned()), ..kept() }),
            ("p99", Silent { p99_ms: 50.1, ..kept() }),
        ];
        for (words, seen) in table {
            let missed = missed(&seen, 50.0);
            assert_eq!(missed.len(), 1, "{missed:?}");
            assert!(missed[0].contains(words), "{missed:?}");
        }
    }
}
