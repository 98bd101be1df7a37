//! One account of an old system, in the form in which it is compared.
//!
//! What a file says is kept elsewhere as it was given, for showing. Here are
//! its normalised facts: two spellings of one fact are equal, and nothing is
//! guessed. Units, titles and passwords are left out: they do not tell who
//! somebody is.

mod last_use;
mod name;
mod number;

pub use last_use::last_use;
pub use name::FoldedName;
pub use number::{Number, NumberToken};

use crate::base::id::PersonId;
use crate::base::text::{fold, nfc};
use time::{Date, Month};

/// Shorter telephone numbers are extensions, which every office has.
const MIN_PHONE_DIGITS: usize = 8;

/// Which account of which source; accounts are sorted by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey {
    /// The legacy source.
    pub source: String,
    /// What the source calls the account.
    pub legacy_id: String,
}

impl std::fmt::Display for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.source, self.legacy_id)
    }
}

/// What is known of somebody, as it is compared: of a legacy account, and of a person of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The full name.
    pub name: FoldedName,
    /// Date of birth. Day and month may have been exchanged: see [`swapped`].
    pub born: Option<Date>,
    /// The personal number.
    pub number: Number,
    /// E-mail address. Offices share them, so it says nothing of who somebody is.
    pub email: Option<String>,
    /// Telephone number, which offices share as well.
    pub phone: Option<String>,
}

impl Facts {
    /// Facts without ways to reach somebody.
    pub fn new(full_name: &str, born: Option<Date>, number: Number) -> Self {
        Self { name: FoldedName::read(full_name), born, number, email: None, phone: None }
    }

    /// The same, with an e-mail address and a telephone number as they were given.
    #[must_use]
    pub fn with_contacts(mut self, email: &str, phone: &str) -> Self {
        self.email = email_key(email);
        self.phone = phone_key(phone);
        self
    }

    /// The year of birth: that of the date, or else that of the personal number.
    pub fn birth_year(&self) -> Option<i32> {
        self.born.map(Date::year).or(self.number.birth_year())
    }

    /// True when the date of birth is not of the year that the own number tells.
    pub fn number_and_birth_differ(&self) -> bool {
        self.born.zip(self.number.birth_year()).is_some_and(|(born, year)| born.year() != year)
    }
}

/// Whether the account could be used in the old system. It says nothing of who its owner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// It could.
    Active,
    /// It was closed or locked.
    Disabled,
    /// The source does not tell, or by a word that is not known.
    Unknown,
}

impl AccountStatus {
    /// Reads the words that old systems use.
    pub fn read(text: &str) -> Self {
        match fold(text).as_str() {
            "active" | "enabled" | "1" | "true" | "hoat dong" | "dang hoat dong" => Self::Active,
            "disabled" | "inactive" | "locked" | "closed" | "0" | "false" | "khoa" | "da khoa" => Self::Disabled,
            _ => Self::Unknown,
        }
    }

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Unknown => "unknown",
        }
    }
}

/// What a human decided about an account; matching takes it as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It is an account of this person.
    Linked(PersonId),
    /// It is nobody's.
    Rejected,
}

/// One account, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyAccount {
    /// Which one.
    pub key: AccountKey,
    /// What it says of its owner.
    pub facts: Facts,
    /// Whether it could be used.
    pub status: AccountStatus,
    /// What a human decided about it.
    pub settled: Option<Settled>,
}

/// The date with day and month exchanged, where that is another date: clerks and sheets mix them up.
pub fn swapped(born: Date) -> Option<Date> {
    let month = Month::try_from(born.day()).ok()?;
    let other = Date::from_calendar_date(born.year(), month, u8::from(born.month())).ok()?;
    (other != born).then_some(other)
}

/// An e-mail address for comparing; nothing when it is none.
fn email_key(text: &str) -> Option<String> {
    let email = nfc(text).to_lowercase();
    email.contains('@').then_some(email)
}

/// The digits of a telephone number, `+84` as `0`; nothing when there are too few.
fn phone_key(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let phone = match digits.strip_prefix("84") {
        Some(rest) if rest.len() >= MIN_PHONE_DIGITS => format!("0{rest}"),
        Some(_) | None => digits,
    };
    (phone.len() >= MIN_PHONE_DIGITS).then_some(phone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn day_and_month_change_places_where_that_is_a_date() {
        let table = [
            (date!(1986 - 03 - 04), Some(date!(1986 - 04 - 03))),
            (date!(1986 - 04 - 03), Some(date!(1986 - 03 - 04))),
            (date!(1986 - 04 - 13), None),
            (date!(1986 - 04 - 04), None),
        ];
        for (born, expected) in table {
            assert_eq!(swapped(born), expected, "{born}");
        }
    }

    #[test]
    fn contacts_are_compared_in_one_form() {
        assert_eq!(email_key(" An.NV@Vi-Du.VN "), Some("an.nv@vi-du.vn".to_owned()));
        assert_eq!(email_key("không có"), None);
        for same in ["0901 234 567", "+84 901.234.567", "84901234567"] {
            assert_eq!(phone_key(same), Some("0901234567".to_owned()), "{same}");
        }
        assert_eq!(phone_key("máy lẻ 123"), None);
    }

    #[test]
    fn states_are_read_in_both_languages() {
        let table = [
            ("Active", AccountStatus::Active),
            ("Hoạt động", AccountStatus::Active),
            ("KHÓA", AccountStatus::Disabled),
            ("0", AccountStatus::Disabled),
            ("", AccountStatus::Unknown),
            ("tạm", AccountStatus::Unknown),
        ];
        for (text, expected) in table {
            assert_eq!(AccountStatus::read(text), expected, "{text}");
        }
    }
}
