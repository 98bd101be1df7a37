//! The ways in which a person can prove who they are, and how far each reaches (NĐ 69/2024).

use crate::base::clock::Millis;

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
    /// When the password was set, if there is one.
    pub password_set_at: Option<Millis>,
}

/// The word of a passkey among the methods of a sign-on (RFC 8176).
pub const PASSKEY: &str = "hwk";
/// The word of a code of an app, or of the printed sheet.
pub const OTP: &str = "otp";
/// The word of a code that came by another channel: by e-mail.
pub const BY_MAIL: &str = "mca";
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
    pub fn missing(&self, level: i64, duty: Duty) -> Option<Missing> {
        let needed = self.needed_level().filter(|_| duty != Duty::Waived);
        if needed.is_some_and(|needed| level < needed) {
            return Some(Missing::SecondFactor);
        }
        if self.must_change_password {
            return Some(Missing::NewPassword);
        }
        (duty == Duty::TwoFactors && !self.second_factor()).then_some(Missing::Enrolment)
    }
}

/// What is asked of a person beyond their own methods.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duty {
    /// Nothing: whoever has a second factor uses it.
    #[default]
    Own,
    /// They are on a device that they trust: it stands for the second factor.
    Waived,
    /// They must have two factors, and always use both.
    TwoFactors,
}

/// What a sign-on lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The other factor.
    SecondFactor,
    /// The same where nothing but a passkey will do.
    Passkey,
    /// A password of the person's own.
    NewPassword,
    /// A second factor, which they do not have yet.
    Enrolment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_second_factor_is_asked_for_it_everywhere() {
        let none = Methods::default();
        let app = Methods { totp: true, ..none };
        let temporary = Methods { must_change_password: true, ..none };
        let table = [
            (none, 1, Duty::Own, None),
            (Methods { recovery_codes: 10, ..none }, 1, Duty::Own, None),
            (app, 1, Duty::Own, Some(Missing::SecondFactor)),
            (app, 2, Duty::Own, None),
            (Methods { passkeys: 1, ..none }, 1, Duty::Own, Some(Missing::SecondFactor)),
            (temporary, 1, Duty::Own, Some(Missing::NewPassword)),
            (Methods { must_change_password: true, ..app }, 1, Duty::Own, Some(Missing::SecondFactor)),
            (Methods { must_change_password: true, ..app }, 2, Duty::Own, Some(Missing::NewPassword)),
            (app, 1, Duty::Waived, None),
            (temporary, 1, Duty::Waived, Some(Missing::NewPassword)),
            (none, 1, Duty::TwoFactors, Some(Missing::Enrolment)),
            (temporary, 1, Duty::TwoFactors, Some(Missing::NewPassword)),
            (app, 1, Duty::TwoFactors, Some(Missing::SecondFactor)),
            (app, 2, Duty::TwoFactors, None),
        ];
        for (methods, level, duty, missing) in table {
            assert_eq!(methods.missing(level, duty), missing, "{methods:?} at {level}, {duty:?}");
            assert_eq!(methods.highest_level() == TWO_FACTORS, methods.second_factor(), "{methods:?}");
        }
    }
}
