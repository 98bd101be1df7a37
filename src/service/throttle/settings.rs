//! How many failures are too many, and how long whoever comes then has to wait.

use super::LONGEST_PAUSE_SECONDS;

/// Throttling of failed sign-ins. Successes never count.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// Failures of one name before it is locked for devices that its person never used; on each device that they have
    /// used, failures before that one must wait.
    pub failures: i64,
    /// How long a name stays locked there, and how long its failures count.
    pub lock_seconds: i64,
    /// The wait after the second failure in a row; it doubles with each further one. 0: none.
    pub delay_seconds: i64,
    /// Failures from one address for any name: an office behind one address is many people.
    pub failures_per_address: i64,
    /// Failures from one network (/24, or /48 of IPv6) for any name.
    pub failures_per_network: i64,
    /// How long failures of an address, of a network and on a known device count, and how long the wait is.
    pub window_seconds: i64,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            failures: 5,
            lock_seconds: 12 * 3_600,
            delay_seconds: 1,
            failures_per_address: 100,
            failures_per_network: 1_000,
            window_seconds: 900,
        }
    }
}

impl Throttle {
    /// How long the next try waits after so many failures: nothing after the first, then 1, 2, 4 s …
    pub(super) fn delay_seconds_after(&self, failures: i64) -> i64 {
        let doublings = u32::try_from(failures - 2).map(|doublings| doublings.min(30));
        doublings.map_or(0, |doublings| self.delay_seconds.saturating_mul(1_i64 << doublings).min(LONGEST_PAUSE_SECONDS))
    }

    /// Says in one sentence why these cannot be, or nothing.
    pub fn refuse(&self) -> Option<&'static str> {
        if self.failures < 1 || self.failures_per_address < 1 || self.failures_per_network < 1 {
            return Some("throttle.failures, failures_per_address and failures_per_network are at least 1");
        }
        if self.lock_seconds < 1 || self.window_seconds < 1 {
            return Some("throttle.lock_seconds and window_seconds are at least 1");
        }
        if !(0..=LONGEST_PAUSE_SECONDS).contains(&self.delay_seconds) {
            return Some("throttle.delay_seconds is 0 to 60");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_each_failure_and_never_beyond_a_minute() {
        let limits = Throttle::default();
        for (failures, seconds) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (8, 60), (1_000, 60)] {
            assert_eq!(limits.delay_seconds_after(failures), seconds, "{failures}");
        }
        let none = Throttle { delay_seconds: 0, ..limits };
        assert_eq!(none.delay_seconds_after(4), 0);
    }

    #[test]
    fn settings_that_lock_everyone_out_are_refused() {
        assert_eq!(Throttle::default().refuse(), None);
        for wrong in [
            Throttle { failures: 0, ..Throttle::default() },
            Throttle { window_seconds: 0, ..Throttle::default() },
            Throttle { delay_seconds: 61, ..Throttle::default() },
        ] {
            assert!(wrong.refuse().is_some(), "{wrong:?}");
        }
    }
}
