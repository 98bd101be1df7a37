//! An official on a device that they used before, while strangers fail on their name.

use super::browser::Browser;
use crate::app::cli::bench::drive::Target;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// The office that the official comes from.
const OFFICE: &str = "203.0.113.25";
/// More failures than any name is allowed.
const FAILURES: usize = 12;
/// A wait that is longer than this is a lock.
const LOCK_SECONDS: u64 = 30;

/// What became of the official.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Device {
    /// Strangers' failures on the name before the flood.
    pub(super) strangers_failed: usize,
    /// The name was locked for strangers.
    pub(super) strangers_locked_out: bool,
    pub(super) entered: usize,
    /// Told that the service is busy, and came back when told to.
    pub(super) told_busy: usize,
    /// Told to wait for failures that were not their own.
    pub(super) locked_out: usize,
    pub(super) failed: usize,
    pub(super) first_failure: Option<String>,
    /// From the first try to the end of the last, waits between them included.
    pub(super) slowest_ms: f64,
}

/// The official, signed in once before.
pub(super) struct Official {
    target: Arc<Target>,
    browser: Browser,
    seen: Device,
}

impl Official {
    /// Signs in, so that the device is known from now on.
    pub(super) async fn meet(target: &Arc<Target>) -> Result<Self, String> {
        let mut browser = Browser::open(target, OFFICE).await?;
        let settings = &target.settings;
        let answer = browser.sign_in(&settings.username, &settings.password, OFFICE).await?;
        if !answer.entered() {
            return Err(format!("{} could not sign in before the flood: {}", settings.username, answer.status));
        }
        browser.go_on(OFFICE).await?;
        if !browser.is_marked() {
            return Err("the device got no mark: it would not be known again".to_owned());
        }
        Ok(Self { target: target.clone(), browser, seen: Device::default() })
    }

    /// Strangers try the official's name, each from an address of their own, until they are locked out.
    pub(super) async fn suffer_strangers(&mut self) -> Result<(), String> {
        for place in 0..FAILURES {
            let from = format!("198.51.{place}.9");
            let mut stranger = Browser::open(&self.target, &from).await?;
            let answer = stranger.sign_in(&self.target.settings.username, "Khong-Phai-Toi-2025", &from).await?;
            match (answer.status, answer.retry_after) {
                (422, _) => self.seen.strangers_failed += 1,
                (429, Some(seconds)) if seconds <= LOCK_SECONDS => sleep(Duration::from_secs(seconds)).await,
                (429, _) => {
                    self.seen.strangers_locked_out = true;
                    return Ok(());
                }
                (status, _) => return Err(format!("a stranger's wrong password was answered with {status}")),
            }
        }
        Ok(())
    }

    /// Signs in again and again for so many seconds, with a moment in between.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
    pub(super) async fn come_back(mut self, seconds: u32) -> Device {
        let end = Instant::now() + Duration::from_secs(seconds.into());
        while Instant::now() < end {
            if let Err(error) = self.sign_in(end).await {
                self.seen.failed += 1;
                self.seen.first_failure.get_or_insert(error);
            }
            sleep(Duration::from_millis(700)).await;
        }
        self.seen
    }

    /// One sign-in; whoever is told that the service is busy comes back when told to.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
    async fn sign_in(&mut self, end: Instant) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            self.browser.open_again(OFFICE).await?;
            let settings = &self.target.settings;
            let answer = self.browser.sign_in(&settings.username, &settings.password, OFFICE).await?;
            if answer.entered() {
                self.seen.entered += 1;
                self.seen.slowest_ms = self.seen.slowest_ms.max(begun.elapsed().as_secs_f64() * 1_000.0);
                return Ok(());
            }
            match answer.status {
                429 => {
                    self.seen.locked_out += 1;
                    return Ok(());
                }
                503 => self.seen.told_busy += 1,
                status => return Err(format!("the right password was answered with {status}")),
            }
            let wait = Duration::from_secs(answer.retry_after.unwrap_or(1));
            if Instant::now() + wait >= end {
                return Ok(());
            }
            sleep(wait).await;
        }
    }
}
