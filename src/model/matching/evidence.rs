//! What two sets of facts say about whether they are of one person.

use super::names::{self, NameAgreement};
use crate::model::legacy_account::{Facts, Number, swapped};

worded! {
    /// One thing that a decision saw, for whoever looks at it later.
    Evidence {
        /// Both have the same valid number of twelve digits.
        NumberSame = "number_same",
        /// Both have the same old number of nine digits.
        NineDigitsSame = "nine_digits_same",
        /// Both have a valid number, and these differ.
        NumberDiffers = "number_differs",
        /// The numbers cannot be compared: one is missing, malformed or of the other kind.
        NumberUnknown = "number_unknown",
        /// The names are one, accents too.
        NameSame = "name_same",
        /// The names are one, and one of them has lost its accents.
        NamePlain = "name_plain",
        /// The names are one but for accents that both have.
        AccentsDiffer = "accents_differ",
        /// The names differ.
        NameDiffers = "name_differs",
        /// There is no name to compare.
        NameUnknown = "name_unknown",
        /// The words of the names are in another order.
        NameReordered = "name_reordered",
        /// Both were born on the same day.
        BirthSame = "birth_same",
        /// The dates of birth are one with day and month exchanged.
        BirthSwapped = "birth_swapped",
        /// Both were born in one year, as far as is known.
        BirthYearSame = "birth_year_same",
        /// Both were born in other years: by the date of one, and the number of the other.
        BirthYearDiffers = "birth_year_differs",
        /// The dates of birth differ.
        BirthDiffers = "birth_differs",
        /// The dates of birth cannot be compared.
        BirthUnknown = "birth_unknown",
        /// The e-mail address is shared. It proves nothing.
        EmailSame = "email_same",
        /// The telephone number is shared. It proves nothing.
        PhoneSame = "phone_same",
        /// There is an account of the same source.
        SourceSame = "source_same",
        /// The account has no number.
        OwnNumberMissing = "own_number_missing",
        /// What the account has for a number cannot be one.
        OwnNumberMalformed = "own_number_malformed",
        /// The account has an old number of nine digits.
        OwnNumberOfNine = "own_number_of_nine",
        /// The account has no date of birth.
        OwnBirthMissing = "own_birth_missing",
        /// The account's date of birth is not of the year that its number tells.
        OwnNumberAndBirthDiffer = "own_number_and_birth_differ",
    }
}

/// How two numbers agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberAgreement {
    /// Valid, of twelve digits, equal.
    Same,
    /// Of nine digits, equal.
    NineSame,
    /// Both valid and of twelve digits, and not equal.
    Differs,
    /// They cannot be compared. Other numbers of nine digits say nothing: whoever moved got a new one.
    Unknown,
}

/// How two dates of birth agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BirthAgreement {
    /// One day.
    Same,
    /// One day with day and month exchanged.
    Swapped,
    /// One year; not both have a date.
    YearSame,
    /// Other years; not both have a date.
    YearDiffers,
    /// Other days.
    Differs,
    /// Nothing to compare.
    Unknown,
}

/// Two sets of facts side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) number: NumberAgreement,
    pub(super) name: NameAgreement,
    pub(super) birth: BirthAgreement,
    reordered: bool,
    email: bool,
    phone: bool,
}

impl Comparison {
    /// Looks at two sets of facts; which is the first does not count.
    pub(super) fn of(one: &Facts, other: &Facts) -> Self {
        let name = names::compare(&one.name, &other.name);
        Self {
            number: number(&one.number, &other.number),
            name,
            birth: birth(one, other),
            reordered: one.name.sorted() == other.name.sorted() && one.name.in_order() != other.name.in_order(),
            email: one.email.is_some() && one.email == other.email,
            phone: one.phone.is_some() && one.phone == other.phone,
        }
    }

    /// The names are of two people. Accents that both have and that differ are forgiven only where the birthday is one.
    pub(super) fn name_contradicts(self) -> bool {
        match self.name {
            NameAgreement::Same | NameAgreement::Plain | NameAgreement::Unknown => false,
            NameAgreement::AccentsDiffer => !matches!(self.birth, BirthAgreement::Same | BirthAgreement::Swapped),
            NameAgreement::Differs => true,
        }
    }

    /// The names are there, and of one person.
    pub(super) fn name_agrees(self) -> bool {
        self.name != NameAgreement::Unknown && !self.name_contradicts()
    }

    /// The dates of birth are of two people.
    pub(super) fn birth_contradicts(self) -> bool {
        match self.birth {
            BirthAgreement::Same | BirthAgreement::Swapped | BirthAgreement::YearSame | BirthAgreement::Unknown => false,
            BirthAgreement::YearDiffers | BirthAgreement::Differs => true,
        }
    }

    /// Enough to join two without asking.
    #[cfg(test)]
    pub(super) fn is_strong(self) -> bool {
        self.number == NumberAgreement::Same && self.name_agrees() && !self.birth_contradicts()
    }

    /// How likely both are one, for putting candidates in order and for nothing else.
    pub(super) fn likeness(self) -> i32 {
        let number = match self.number {
            NumberAgreement::Same => 64,
            NumberAgreement::NineSame => 32,
            NumberAgreement::Unknown => 0,
            NumberAgreement::Differs => -8,
        };
        let name = match self.name {
            NameAgreement::Same => 16,
            NameAgreement::Plain => 12,
            NameAgreement::AccentsDiffer => 6,
            NameAgreement::Unknown => 0,
            NameAgreement::Differs => -16,
        };
        let birth = match self.birth {
            BirthAgreement::Same => 16,
            BirthAgreement::Swapped => 12,
            BirthAgreement::YearSame => 4,
            BirthAgreement::Unknown => 0,
            BirthAgreement::YearDiffers | BirthAgreement::Differs => -16,
        };
        number + name + birth + 2 * i32::from(self.email) + 2 * i32::from(self.phone)
    }

    /// The same in words.
    pub(super) fn evidence(self) -> Vec<Evidence> {
        let number = match self.number {
            NumberAgreement::Same => Evidence::NumberSame,
            NumberAgreement::NineSame => Evidence::NineDigitsSame,
            NumberAgreement::Differs => Evidence::NumberDiffers,
            NumberAgreement::Unknown => Evidence::NumberUnknown,
        };
        let name = match self.name {
            NameAgreement::Same => Evidence::NameSame,
            NameAgreement::Plain => Evidence::NamePlain,
            NameAgreement::AccentsDiffer => Evidence::AccentsDiffer,
            NameAgreement::Differs => Evidence::NameDiffers,
            NameAgreement::Unknown => Evidence::NameUnknown,
        };
        let birth = match self.birth {
            BirthAgreement::Same => Evidence::BirthSame,
            BirthAgreement::Swapped => Evidence::BirthSwapped,
            BirthAgreement::YearSame => Evidence::BirthYearSame,
            BirthAgreement::YearDiffers => Evidence::BirthYearDiffers,
            BirthAgreement::Differs => Evidence::BirthDiffers,
            BirthAgreement::Unknown => Evidence::BirthUnknown,
        };
        let mut found = vec![number, name];
        found.extend(self.reordered.then_some(Evidence::NameReordered));
        found.push(birth);
        found.extend(self.email.then_some(Evidence::EmailSame));
        found.extend(self.phone.then_some(Evidence::PhoneSame));
        found
    }
}

/// What an account lacks, and where it contradicts itself.
pub(super) fn own(facts: &Facts) -> Vec<Evidence> {
    let number = match facts.number {
        Number::Missing => Some(Evidence::OwnNumberMissing),
        Number::Malformed => Some(Evidence::OwnNumberMalformed),
        Number::Nine(_) => Some(Evidence::OwnNumberOfNine),
        Number::Twelve { .. } => None,
    };
    let mut found: Vec<Evidence> = number.into_iter().collect();
    found.extend(facts.born.is_none().then_some(Evidence::OwnBirthMissing));
    found.extend(facts.number_and_birth_differ().then_some(Evidence::OwnNumberAndBirthDiffer));
    found
}

fn number(one: &Number, other: &Number) -> NumberAgreement {
    match (one, other) {
        (Number::Twelve { token: one, .. }, Number::Twelve { token: other, .. }) if one == other => NumberAgreement::Same,
        (Number::Twelve { .. }, Number::Twelve { .. }) => NumberAgreement::Differs,
        (Number::Nine(one), Number::Nine(other)) if one == other => NumberAgreement::NineSame,
        (Number::Missing | Number::Malformed | Number::Nine(_) | Number::Twelve { .. }, _) => NumberAgreement::Unknown,
    }
}

/// Where not both have a date, the year counts that the digits of a number tell.
fn birth(one: &Facts, other: &Facts) -> BirthAgreement {
    if let (Some(born), Some(others)) = (one.born, other.born) {
        return if born == others {
            BirthAgreement::Same
        } else if swapped(born) == Some(others) {
            BirthAgreement::Swapped
        } else {
            BirthAgreement::Differs
        };
    }
    match (one.birth_year(), other.birth_year()) {
        (Some(year), Some(others)) if year == others => BirthAgreement::YearSame,
        (Some(_), Some(_)) => BirthAgreement::YearDiffers,
        (Some(_), None) | (None, Some(_) | None) => BirthAgreement::Unknown,
    }
}
