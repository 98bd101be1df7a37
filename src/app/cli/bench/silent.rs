//! Officials who sign on silently at a fixed rate, whatever the answers.
//!
//! Nothing waits for an answer before the next is sent, as nobody outside would. A sign-on's time runs from the moment that
//! it was due.

use super::drive::{Caller, Operation, Target};
use super::measure::percentile_ms;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::interval;

/// What became of the silent sign-ons.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Silent {
    pub(super) done: usize,
    pub(super) failed: usize,
    pub(super) first_failure: Option<String>,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) slowest_ms: f64,
}

/// When they stop.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    /// After so many seconds.
    Seconds(u32),
    /// When this process has ended.
    Ended(u32),
}

impl Until {
    /// Whether enough was offered, or the process has ended.
    pub(super) fn is_over(self, offered: u64, rate: u32) -> bool {
        match self {
            Self::Seconds(seconds) => offered >= u64::from(rate) * u64::from(seconds),
            Self::Ended(pid) => !is_running(pid),
        }
    }
}

/// Whether a process is at work: one that nobody has asked for its end yet is over all the same.
fn is_running(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The name in parentheses may hold anything; behind it stands the state.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Signs on silently so many times a second.
pub(super) async fn silent(target: &Arc<Target>, callers: &[Caller], rate: u32, until: Until) -> Silent {
    let (mut seen, mut times, mut tasks) = (Silent::default(), Vec::new(), JoinSet::new());
    let mut beat = interval(Duration::from_secs(1) / rate.max(1));
    for (offered, caller) in (0..).zip(callers.iter().cycle()) {
        if until.is_over(offered, rate) {
            break;
        }
        let due = beat.tick().await;
        let (target, caller) = (target.clone(), caller.clone());
        tasks.spawn(async move { target.perform(&caller, Operation::SilentSignOn).await.map(|()| due.elapsed()) });
    }
    while let Some(done) = tasks.join_next().await {
        match done.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(time) => times.push(time),
            Err(error) => {
                seen.failed += 1;
                seen.first_failure.get_or_insert(error);
            }
        }
    }
    times.sort_unstable();
    seen.done = times.len();
    seen.p50_ms = percentile_ms(&times, 0.50);
    seen.p99_ms = percentile_ms(&times, 0.99);
    seen.slowest_ms = percentile_ms(&times, 1.0);
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_stop_after_their_seconds_or_with_the_process() {
        assert!(!Until::Seconds(2).is_over(99, 50));
        assert!(Until::Seconds(2).is_over(100, 50));
        assert!(!Until::Ended(std::process::id()).is_over(0, 50));
        // Higher than any process may be numbered.
        assert!(Until::Ended(u32::MAX).is_over(0, 50));
    }
}
