//! The life of a signing key: announced → active → retiring → gone.

use crate::base::clock::Millis;

pub use crate::protocol::jws::Algorithm;

/// A key's moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// In JWKS from here on.
    pub announced_at: Millis,
    /// Signs from here on.
    pub active_at: Millis,
    /// Signs no more from here on.
    pub retiring_at: Option<Millis>,
    /// Out of JWKS from here on.
    pub gone_at: Option<Millis>,
    /// Dropped by hand at this moment.
    pub revoked_at: Option<Millis>,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In JWKS, does not sign yet.
    Announced,
    /// Signs.
    Active,
    /// In JWKS, signs no more.
    Retiring,
    /// Out of JWKS.
    Gone,
    /// Out of JWKS at once, by hand.
    Revoked,
}

impl Schedule {
    /// Where the key is at a moment.
    pub fn state_at(&self, now: Millis) -> State {
        let past = |moment: Option<Millis>| moment.is_some_and(|moment| moment <= now);
        if past(self.revoked_at) {
            State::Revoked
        } else if past(self.gone_at) {
            State::Gone
        } else if past(self.retiring_at) {
            State::Retiring
        } else if self.active_at <= now {
            State::Active
        } else {
            State::Announced
        }
    }

    /// True while the key signs.
    pub fn signs_at(&self, now: Millis) -> bool {
        self.state_at(now) == State::Active
    }

    /// True while the key is in JWKS and verifies.
    pub fn shown_at(&self, now: Millis) -> bool {
        matches!(self.state_at(now), State::Announced | State::Active | State::Retiring)
    }
}

/// How long each state of a key lasts.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rotation {
    /// Days that a key signs.
    pub active_days: i64,
    /// Hours in JWKS before it signs: clients that cache JWKS see it in time.
    pub announce_hours: i64,
    /// Days in JWKS after it signed.
    pub keep_days: i64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { active_days: 90, announce_hours: 24, keep_days: 30 }
    }
}

impl Rotation {
    /// True when the newest key's successor should be announced.
    pub fn is_due(&self, newest: &Schedule, now: Millis) -> bool {
        let ends = newest.active_at.plus_seconds(self.active_days * 86_400);
        now >= ends.plus_seconds(-self.announce_hours * 3_600)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_through_its_states_in_order() {
        let schedule = Schedule {
            announced_at: Millis(0),
            active_at: Millis(10),
            retiring_at: Some(Millis(20)),
            gone_at: Some(Millis(30)),
            revoked_at: None,
        };
        let table = [
            (0, State::Announced, true, false),
            (10, State::Active, true, true),
            (20, State::Retiring, true, false),
            (30, State::Gone, false, false),
        ];
        for (at, state, shown, signs) in table {
            let at = Millis(at);
            assert_eq!((schedule.state_at(at), schedule.shown_at(at), schedule.signs_at(at)), (state, shown, signs));
        }
    }

    #[test]
    fn a_revoked_key_is_out_at_once() {
        let schedule = Schedule {
            announced_at: Millis(0),
            active_at: Millis(0),
            retiring_at: None,
            gone_at: None,
            revoked_at: Some(Millis(5)),
        };
        assert!(schedule.signs_at(Millis(4)));
        assert!(!schedule.shown_at(Millis(5)) && !schedule.signs_at(Millis(5)));
    }

    #[test]
    fn a_successor_is_announced_a_day_before_the_key_stops() {
        let rotation = Rotation::default();
        let newest =
            Schedule { announced_at: Millis(0), active_at: Millis(0), retiring_at: None, gone_at: None, revoked_at: None };
        assert!(!rotation.is_due(&newest, Millis(0).plus_seconds(89 * 86_400 - 1)));
        assert!(rotation.is_due(&newest, Millis(0).plus_seconds(89 * 86_400)));
    }
}
