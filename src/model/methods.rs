//! The ways in which a person can prove who they are, and how far each reaches (NĐ 69/2024).

/// What a person has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Methods {
    /// The password was set by somebody else: another has to be chosen first.
    pub must_change_password: bool,
    /// An authenticator app that proved itself.
    pub totp: bool,
    /// Passkeys.
    pub passkeys: i64,
    /// Codes of the printed sheet that were not used.
    pub recovery_codes: i64,
}

/// One factor, whichever.
pub const ONE_FACTOR: i64 = 1;
/// Two different factors.
pub const TWO_FACTORS: i64 = 2;

impl Methods {
    /// True when something else than the password can be asked for. The printed
    /// codes only stand in for what was lost: alone they are none.
    pub fn second_factor(&self) -> bool {
        self.totp || self.passkeys > 0
    }

    /// The highest level that this person reaches.
    pub fn highest_level(&self) -> i64 {
        if self.second_factor() { TWO_FACTORS } else { ONE_FACTOR }
    }

    /// The level that is asked of this person everywhere: whoever has a second
    /// factor is protected by it, and a password alone opens nothing.
    pub fn needed_level(&self) -> Option<i64> {
        self.second_factor().then_some(TWO_FACTORS)
    }

    /// What a sign-on of this level still lacks before anything is answered.
    pub fn missing(&self, level: i64) -> Option<Missing> {
        if self.needed_level().is_some_and(|needed| level < needed) {
            return Some(Missing::SecondFactor);
        }
        self.must_change_password.then_some(Missing::NewPassword)
    }
}

/// What a sign-on lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The other factor.
    SecondFactor,
    /// A password of the person's own.
    NewPassword,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_second_factor_is_asked_for_it_everywhere() {
        let none = Methods::default();
        let table = [
            (none, 1, None),
            (Methods { recovery_codes: 10, ..none }, 1, None),
            (Methods { totp: true, ..none }, 1, Some(Missing::SecondFactor)),
            (Methods { totp: true, ..none }, 2, None),
            (Methods { passkeys: 1, ..none }, 1, Some(Missing::SecondFactor)),
            (Methods { must_change_password: true, ..none }, 1, Some(Missing::NewPassword)),
            (Methods { must_change_password: true, totp: true, ..none }, 1, Some(Missing::SecondFactor)),
            (Methods { must_change_password: true, totp: true, ..none }, 2, Some(Missing::NewPassword)),
        ];
        for (methods, level, missing) in table {
            assert_eq!(methods.missing(level), missing, "{methods:?} at {level}");
            assert_eq!(methods.highest_level() == TWO_FACTORS, methods.second_factor(), "{methods:?}");
        }
    }
}
