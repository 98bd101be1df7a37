//! The rules by their names, and who asks whom.

worded! {
    /// Why an account was decided as it was.
    Rule {
        /// Valid numbers are equal, names agree, dates of birth do not contradict.
        StrongNumberName = "strong_number_name",
        /// Nobody agrees with it.
        NoCounterpart = "no_counterpart",
        /// Its number is held by people who contradict each other.
        NumberShared = "number_shared",
        /// Its number is held by more accounts than anybody has: it is a filler, or a defect of the file.
        NumberTooCommon = "number_too_common",
        /// Somebody with its number has another name.
        NameDiffers = "name_differs",
        /// Somebody with its number and its name has another date of birth.
        BirthContradicts = "birth_contradicts",
        /// Somebody has its old number of nine digits.
        NineDigits = "nine_digits",
        /// Somebody has its name and date of birth, and another valid number: a wrong digit, or another person.
        NumberDiffers = "number_differs",
        /// Somebody has its name and date of birth, and not both have a valid number.
        NoNumberAgreement = "no_number_agreement",
        /// The same, and that somebody already has an account of the same source.
        TwoOfOneSource = "two_of_one_source",
        /// Somebody has its name, and nothing else can be compared.
        NameOnly = "name_only",
        /// More accounts have its name than can be looked at together: a filler, or a defect of the file.
        NameTooCommon = "name_too_common",
        /// It has no name: nobody can be made of it.
        NameMissing = "name_missing",
        /// A human decided.
        ByHand = "by_hand",
    }
}

/// On what somebody stands who agrees with others by less than a number.
///
/// One agreement is one question: whoever stands on less is asked whether
/// they are the other, and the other goes on. Whoever stands alike asks
/// alike, since neither is the surer one; two persons of the directory, and
/// two whose own accounts confirm each other, are not in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// On a name.
    Bare,
    /// On a date of birth, or an old number, beside the name.
    SomeFact,
    /// On a valid number that one account tells, or that is in doubt.
    Number,
    /// On a valid number in which several accounts agree.
    Confirmed,
    /// On being in the directory.
    Known,
}

impl Standing {
    /// Whether whoever stands so asks because of somebody who stands like `other`.
    pub(super) fn asks(self, other: Self) -> bool {
        self < other || (self == other && self <= Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_word(rule.word()), Some(*rule));
        }
        assert_eq!(Rule::from_word("guessed"), None);
    }

    #[test]
    fn whoever_stands_on_less_asks_and_the_unsure_ask_alike() {
        let order = [Standing::Bare, Standing::SomeFact, Standing::Number, Standing::Confirmed, Standing::Known];
        for (place, one) in order.into_iter().enumerate() {
            for (others, other) in order.into_iter().enumerate() {
                let expected = place < others || (place == others && place < 3);
                assert_eq!(one.asks(other), expected, "{one:?} and {other:?}");
            }
        }
    }
}
