//! Counting: how many, how fast, at what cost to the server.

use super::drive::{Caller, Operation, Target};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Linux counts CPU time in hundredths of a second for /proc.
const TICKS_PER_SECOND: f64 = 100.0;

/// When a caller stops.
#[derive(Debug, Clone, Copy)]
pub(super) enum Length {
    /// After this time.
    For(Duration),
    /// After so many attempts.
    Times(usize),
}

impl Length {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
    fn is_over(self, begun: Instant, attempts: usize) -> bool {
        match self {
            Self::For(length) => Instant::now() >= begun + length,
            Self::Times(times) => attempts >= times,
        }
    }
}

/// One operation's figures.
#[derive(Debug, serde::Serialize)]
pub(super) struct Line {
    operation: &'static str,
    per_second: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    server_cpu_us: Option<f64>,
    failed: usize,
    resident_mb: Option<f64>,
}

impl Line {
    /// A row of a Markdown table.
    pub(super) fn row(&self) -> String {
        let known = |value: Option<f64>, digits: usize| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"));
        format!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.2} | {} | {} | {} |",
            self.operation,
            self.per_second,
            self.p50_ms,
            self.p95_ms,
            self.p99_ms,
            known(self.server_cpu_us, 0),
            self.failed,
            known(self.resident_mb, 1)
        )
    }
}

/// Drives one operation from every caller: for some time after a short warm-up, or exactly so often.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
pub(super) async fn run(
    target: &Arc<Target>,
    callers: &[Caller],
    operation: Operation,
    length: Length,
    pid: Option<u32>,
) -> Result<Line, String> {
    if matches!(length, Length::For(_)) {
        round(target, callers, operation, Length::For(Duration::from_millis(300))).await;
    }
    let before = pid.and_then(cpu_seconds);
    let started = Instant::now();
    let (mut times, failed) = round(target, callers, operation, length).await;
    let took = started.elapsed().as_secs_f64();
    let after = pid.and_then(cpu_seconds);
    if failed > 0 && matches!(length, Length::Times(_)) {
        return Err(format!("{}: {failed} attempts failed", operation.name()));
    }
    if times.is_empty() {
        return Err(format!("{}: not one attempt succeeded", operation.name()));
    }
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
    let count = times.len() as f64;
    Ok(Line {
        operation: operation.name(),
        per_second: count / took,
        p50_ms: percentile_ms(&times, 0.50),
        p95_ms: percentile_ms(&times, 0.95),
        p99_ms: percentile_ms(&times, 0.99),
        server_cpu_us: before.zip(after).map(|(before, after)| (after - before) * 1_000_000.0 / count),
        failed,
        resident_mb: pid.and_then(|pid| memory_mb(pid, "VmRSS:")),
    })
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
async fn round(target: &Arc<Target>, callers: &[Caller], operation: Operation, length: Length) -> (Vec<Duration>, usize) {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in callers {
        let (target, caller) = (target.clone(), caller.clone());
        tasks.spawn(async move {
            let (mut times, mut failed) = (Vec::new(), 0);
            while !length.is_over(begun, times.len() + failed) {
                let started = Instant::now();
                match target.perform(&caller, operation).await {
                    Ok(()) => times.push(started.elapsed()),
                    Err(_) => failed += 1,
                }
            }
            (times, failed)
        });
    }
    let (mut times, mut failed) = (Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        if let Ok((more, wrong)) = done {
            times.extend(more);
            failed += wrong;
        }
    }
    (times, failed)
}

/// User and system time of a process so far.
fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// Memory of a process: `VmRSS:` is the present one, `VmHWM:` its highest.
pub(super) fn memory_mb(pid: u32, which: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(which))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1_024.0)
}

/// The time that this share of the sorted times does not exceed, in milliseconds; 0 of none.
pub(super) fn percentile_ms(sorted: &[Duration], share: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index within the list"
    )]
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}
