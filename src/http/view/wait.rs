//! How long somebody has to wait before the next try, in words.

use super::chrome::Chrome;
use crate::base::clock::Millis;
use crate::base::date::{shown_moment, shown_time};
use crate::base::words::fill;
use crate::service::throttle::{LONGEST_PAUSE_SECONDS, Limit};

/// A time without its date is read as the next one.
const DAY_SECONDS: i64 = 86_400;

/// A wait after failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What was counted.
    pub limit: Limit,
    /// When the next try is looked at, such as `19:30`.
    pub until: String,
    /// The same, in seconds from now.
    pub seconds: i64,
}

impl Wait {
    /// A wait until a moment.
    pub fn new(limit: Limit, until: Millis, seconds: i64) -> Self {
        let until = if seconds < DAY_SECONDS { shown_time(until) } else { shown_moment(until) };
        Self { limit, until, seconds }
    }

    /// What the page says.
    pub(super) fn sentence(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        if self.seconds <= LONGEST_PAUSE_SECONDS {
            return fill(&t.wait_moment, &[("seconds", &self.seconds.to_string())]);
        }
        let words = match self.limit {
            Limit::Name => &t.password_locked,
            Limit::Device => &t.wait_device,
            Limit::Address | Limit::Network => &t.wait_network,
        };
        fill(words, &[("until", &self.until)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_wait_is_told_in_seconds_and_a_long_one_by_its_end() {
        let (chrome, at) = (Chrome::default(), Millis(1_795_309_200_000));
        let table = [
            (Limit::Name, 2, "2"),
            (Limit::Device, 60, "60"),
            (Limit::Name, 61, "08:00"),
            (Limit::Network, 900, "08:00"),
            (Limit::Name, 200_000, "08:00, 22/11/2026"),
        ];
        for (limit, seconds, told) in table {
            let sentence = Wait::new(limit, at, seconds).sentence(&chrome);
            assert!(sentence.contains(told), "{sentence}");
        }
    }
}
