//! The walk that first-timers are taken on: which step stands next.
//!
//! Hardly anything of it is kept: a method that is there counts as done,
//! wherever it was added. A password of one's own is no step that waits here:
//! signing in itself asks for it, before any page of the account opens.

use super::methods::Methods;

/// A step that may stand next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Who you are: right, or to be mended.
    Who,
    /// A passkey, or an authenticator app.
    Factor,
    /// The printed sheet of recovery codes.
    Codes,
    /// Nothing is left.
    Done,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Who, Self::Factor, Self::Codes, Self::Done];

    /// The word of addresses and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Factor => "factor",
            Self::Codes => "codes",
            Self::Done => "done",
        }
    }

    /// Reads [`Step::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }
}

/// How far a person said they have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// They have seen who they are here.
    Seen,
    /// They want no more of it.
    Enough,
}

/// What a person must have before the walk lets them past its second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: a second factor is an offer.
    Nothing,
    /// A second factor of whatever kind.
    SecondFactor,
    /// A passkey.
    Passkey,
}

impl Need {
    /// True while it is not there.
    pub fn is_lacking(self, methods: &Methods) -> bool {
        match self {
            Self::Nothing => false,
            Self::SecondFactor => !methods.second_factor(),
            Self::Passkey => methods.passkeys == 0,
        }
    }
}

/// The step that stands next.
pub fn next(said: Said, methods: &Methods, need: Need) -> Step {
    if said == Said::Nothing {
        return Step::Who;
    }
    let goes_on = said == Said::Seen;
    if need.is_lacking(methods) || (goes_on && !methods.second_factor()) {
        return Step::Factor;
    }
    if goes_on && methods.recovery_codes == 0 { Step::Codes } else { Step::Done }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for step in Step::ALL {
            assert_eq!(Step::from_word(step.word()), Some(step));
        }
        assert_eq!(Step::from_word("password"), None);
    }

    #[test]
    fn what_is_there_already_is_not_asked_for() {
        let none = Methods::default();
        let app = Methods { totp: true, ..none };
        let passkey = Methods { passkeys: 1, ..none };
        let printed = Methods { recovery_codes: 10, ..app };
        let table = [
            ("a newcomer", Said::Nothing, none, Need::Nothing, Step::Who),
            ("a newcomer who has all", Said::Nothing, printed, Need::Nothing, Step::Who),
            ("seen", Said::Seen, none, Need::Nothing, Step::Factor),
            ("seen, with an app", Said::Seen, app, Need::Nothing, Step::Codes),
            ("seen, with a passkey", Said::Seen, passkey, Need::Nothing, Step::Codes),
            ("seen, with all", Said::Seen, printed, Need::Nothing, Step::Done),
            ("seen, a sheet without a factor", Said::Seen, Methods { recovery_codes: 3, ..none }, Need::Nothing, Step::Factor),
            ("enough", Said::Enough, none, Need::Nothing, Step::Done),
            ("enough, with an app", Said::Enough, app, Need::Nothing, Step::Done),
            ("a newcomer who must", Said::Nothing, none, Need::SecondFactor, Step::Who),
            ("seen, who must", Said::Seen, none, Need::SecondFactor, Step::Factor),
            ("enough, who must since", Said::Enough, none, Need::SecondFactor, Step::Factor),
            ("enough, who must and has", Said::Enough, passkey, Need::SecondFactor, Step::Done),
            ("an app where a passkey is demanded", Said::Enough, printed, Need::Passkey, Step::Factor),
            ("a passkey where it is demanded", Said::Seen, passkey, Need::Passkey, Step::Codes),
        ];
        for (case, said, methods, need, expected) in table {
            assert_eq!(next(said, &methods, need), expected, "{case}");
        }
    }
}
