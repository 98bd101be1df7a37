//! Strangers who try passwords at a fixed rate, whatever the answers.
//!
//! Nothing waits for an answer before the next is sent, as nobody outside
//! would.

use super::browser::{Answer, Browser};
use crate::app::cli::bench::drive::Target;
use crate::app::cli::bench::measure::percentile_ms;
use crate::base::entropy::{Entropy as _, SystemEntropy};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::interval;

/// Sign-ins under way at a time; more than ever wait at the server.
const BROWSERS: usize = 400;
/// A password that nobody has.
const WRONG: &str = "Sai-Mat-Khau-2025";

/// What became of the strangers.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Strangers {
    pub(super) offered: usize,
    /// No browser was left to offer them: the server let too many wait.
    pub(super) not_offered: usize,
    /// Answers by their status.
    pub(super) answers: BTreeMap<u16, usize>,
    /// Refused without being told when to come back.
    pub(super) without_retry_after: usize,
    pub(super) unanswered: usize,
    pub(super) first_failure: Option<String>,
    /// Of those who were refused.
    pub(super) refused_p50_ms: f64,
    pub(super) refused_p99_ms: f64,
}

/// Strangers with browsers that show the first page.
pub(super) struct Crowd {
    browsers: Vec<Browser>,
    known: Vec<String>,
    sent: usize,
}

/// True of an answer that sends away without looking at the password.
fn is_refusal(answer: &Answer) -> bool {
    matches!(answer.status, 429 | 503)
}

impl Crowd {
    /// Opens the browsers.
    pub(super) async fn gather(target: &Arc<Target>, known: &[String]) -> Result<Self, String> {
        let mut browsers = Vec::with_capacity(BROWSERS);
        for _ in 0..BROWSERS {
            browsers.push(Browser::open(target, &anywhere()).await?);
        }
        Ok(Self { browsers, known: known.to_vec(), sent: 0 })
    }

    /// Whose name is tried next: half of them are somebody's.
    fn next_name(&mut self) -> String {
        self.sent += 1;
        let known = self.known.get(self.sent / 2 % self.known.len().max(1)).filter(|_| self.sent.is_multiple_of(2));
        known.cloned().unwrap_or_else(|| format!("khong.co.{}", SystemEntropy.token()[..12].to_lowercase()))
    }

    /// Where it comes from: mostly anywhere, one in five from one of four addresses.
    fn next_address(&self) -> String {
        if self.sent.is_multiple_of(5) { format!("192.0.2.{}", 1 + self.sent / 5 % 4) } else { anywhere() }
    }

    /// Tries so many a second for so many seconds.
    pub(super) async fn flood(mut self, rate: u32, seconds: u32) -> Strangers {
        let mut seen = Strangers::default();
        let (mut refused, mut tasks) = (Vec::new(), JoinSet::new());
        let mut beat = interval(Duration::from_secs(1) / rate.max(1));
        for _ in 0..u64::from(rate) * u64::from(seconds) {
            beat.tick().await;
            while let Some(done) = tasks.try_join_next() {
                self.take_back(done.ok(), &mut seen, &mut refused);
            }
            let Some(mut browser) = self.browsers.pop() else {
                seen.not_offered += 1;
                continue;
            };
            let (name, from) = (self.next_name(), self.next_address());
            seen.offered += 1;
            tasks.spawn(async move {
                let answer = browser.sign_in(&name, WRONG, &from).await;
                (browser, answer)
            });
        }
        while let Some(done) = tasks.join_next().await {
            self.take_back(done.ok(), &mut seen, &mut refused);
        }
        refused.sort_unstable();
        seen.refused_p50_ms = percentile_ms(&refused, 0.50);
        seen.refused_p99_ms = percentile_ms(&refused, 0.99);
        seen
    }

    fn take_back(&mut self, done: Option<(Browser, Result<Answer, String>)>, seen: &mut Strangers, refused: &mut Vec<Duration>) {
        let Some((browser, answer)) = done else {
            seen.unanswered += 1;
            return;
        };
        self.browsers.push(browser);
        match answer {
            Ok(answer) => {
                *seen.answers.entry(answer.status).or_default() += 1;
                if is_refusal(&answer) {
                    refused.push(answer.took);
                    seen.without_retry_after += usize::from(answer.retry_after.is_none());
                }
            }
            Err(error) => {
                seen.unanswered += 1;
                seen.first_failure.get_or_insert(error);
            }
        }
    }
}

/// An address of a network that nobody else here comes from.
fn anywhere() -> String {
    let random = SystemEntropy.bytes32();
    format!("{}.{}.{}.{}", 20 + random[0] % 70, random[1], random[2], 1 + random[3] % 254)
}
