//! The fields of forms about a person, and what may be wrong with each.

use crate::model::brought::Cause;

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// User name.
    Username,
    /// Full name.
    FullName,
    /// Date of birth.
    DateOfBirth,
    /// Personal number.
    PersonalNumber,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// Number in the staff list.
    EmployeeCode,
    /// The unit of a position.
    Unit,
    /// The department within the unit.
    Department,
    /// The title.
    Title,
    /// The kind of employment.
    Kind,
    /// The main post, or one beside it.
    Primary,
    /// The decision.
    DecisionNo,
    /// First day.
    ValidFrom,
    /// Last day.
    ValidTo,
    /// Why.
    Reason,
}

impl Field {
    /// The name of the field in forms and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::FullName => "full_name",
            Self::DateOfBirth => "date_of_birth",
            Self::PersonalNumber => "personal_number",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::EmployeeCode => "employee_code",
            Self::Unit => "unit",
            Self::Department => "department",
            Self::Title => "title",
            Self::Kind => "kind",
            Self::Primary => "primary",
            Self::DecisionNo => "decision_no",
            Self::ValidFrom => "valid_from",
            Self::ValidTo => "valid_to",
            Self::Reason => "reason",
        }
    }
}

impl From<Cause> for Field {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Title => Self::Title,
            Cause::FirstDay => Self::ValidFrom,
            Cause::LastDay => Self::ValidTo,
        }
    }
}

/// Why a field cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing was typed.
    Missing,
    /// More characters than these.
    TooLong(usize),
    /// Characters that nobody sees.
    Control,
    /// Not a date.
    NotADate,
    /// A date that cannot be right.
    Impossible,
    /// Not an e-mail address.
    NotAnAddress,
    /// Not a telephone number.
    NotAPhone,
    /// Not a personal number.
    NotANumber,
    /// The personal number of somebody else.
    NumberTaken,
    /// A user name has 2 to 64 characters.
    NameLength,
    /// A user name has letters, digits and four signs.
    NameCharacters,
    /// The user name of somebody else, accents apart.
    NameTaken,
    /// No unit, or several.
    UnknownUnit,
    /// A unit that the administrator does not look after.
    OutsideUnit,
    /// The unit was not there on the first day.
    UnitNotThere,
    /// None of the kinds.
    UnknownKind,
    /// The last day lies before the first.
    Order,
    /// There is another main post at the same time.
    SecondMain,
    /// The person has this position.
    Held,
    /// The administrator has disabled as many as one does alone within a day.
    NotAlone,
    /// Somebody who stands above the administrator ended the person's access.
    EndedAbove,
    /// It is the account for the worst day: nobody at the console changes it.
    BreakGlass,
    /// The person is the last one who runs the service.
    LastOfSystem,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub field: Field,
    /// Why.
    pub why: Why,
}

impl Problem {
    pub(super) fn new(field: Field, why: Why) -> Self {
        Self { field, why }
    }
}
