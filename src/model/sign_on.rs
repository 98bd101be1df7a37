//! A single sign-on session of one browser.

use crate::base::clock::Millis;
use crate::base::id::{PersonId, SignOnId};
use crate::model::device::Device;
use crate::model::methods::{BY_MAIL, PASSKEY};

/// A sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOn {
    /// Identifier; clients see it as `sid`.
    pub id: SignOnId,
    /// Whose.
    pub person: PersonId,
    /// Begun.
    pub started_at: Millis,
    /// When the person last proved who they are (`auth_time`).
    pub authenticated_at: Millis,
    /// Last used.
    pub last_seen_at: Millis,
    /// Ends at the latest.
    pub ends_at: Millis,
    /// Level of assurance reached (1-4).
    pub level: i64,
    /// How (RFC 8176), space-separated.
    pub methods: String,
    /// What it was made with.
    pub device: Device,
    /// How it was begun.
    pub manner: Manner,
    /// The old system through which it was made; nothing when its person proved themselves here.
    pub legacy: Option<String>,
    /// What that system calls the account that was used; nothing too where the sign-on is from before this was kept.
    pub legacy_id: Option<String>,
    /// Ended by hand.
    pub ended_at: Option<Millis>,
}

/// What the place where a sign-on was begun allows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// It ends when it was not used for so long, where that is shorter than the setting.
    pub idle_seconds: Option<i64>,
    /// On a computer that others use too: nothing is remembered there.
    pub shared: bool,
    /// On a device that stands for the second factor, as its owner wished.
    pub waived: bool,
}

impl SignOn {
    /// True while the sign-on counts: not ended, not too old, not idle for too long.
    pub fn is_open(&self, idle_seconds: i64, now: Millis) -> bool {
        let idle_seconds = self.manner.idle_seconds.map_or(idle_seconds, |own| own.min(idle_seconds));
        self.ended_at.is_none() && now < self.ends_at && now < self.last_seen_at.plus_seconds(idle_seconds)
    }

    /// True when this method (RFC 8176) is among those that were used.
    pub fn has_method(&self, method: &str) -> bool {
        self.methods.split(' ').any(|known| known == method)
    }

    /// True when the second factor was a code that came by e-mail, and nothing better.
    pub fn is_by_mail(&self) -> bool {
        self.has_method(BY_MAIL) && !self.has_method(PASSKEY)
    }

    /// True when the person proved who they are within so many seconds.
    pub fn authenticated_within(&self, seconds: i64, now: Millis) -> bool {
        now.since(self.authenticated_at) <= seconds.saturating_mul(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_on_ends_by_hand_by_age_and_by_idleness() {
        let sign_on = SignOn {
            id: SignOnId("s".to_owned()),
            person: PersonId("p".to_owned()),
            started_at: Millis(0),
            authenticated_at: Millis(0),
            last_seen_at: Millis(5_000),
            ends_at: Millis(100_000),
            level: 1,
            methods: "pwd".to_owned(),
            device: Device::default(),
            manner: Manner::default(),
            legacy: None,
            legacy_id: None,
            ended_at: None,
        };
        assert!(sign_on.is_open(10, Millis(14_999)));
        assert!(!sign_on.is_open(10, Millis(15_000)));
        assert!(!sign_on.is_open(1_000, Millis(100_000)));
        let hasty = Manner { idle_seconds: Some(2), ..Manner::default() };
        assert!(!SignOn { manner: hasty, ..sign_on.clone() }.is_open(1_000, Millis(7_000)));
        assert!(!SignOn { ended_at: Some(Millis(1)), ..sign_on.clone() }.is_open(10, Millis(6_000)));
        assert!(sign_on.authenticated_within(10, Millis(10_000)) && !sign_on.authenticated_within(10, Millis(10_001)));
    }
}
