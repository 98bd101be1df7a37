//! Rounds in which units say who keeps what they may enter: their quarters, and what is answered.

use super::lifecycle::plus_days;
use time::{Date, Month, Weekday};

/// A round that did not begin on its day begins within so many days after it.
const LATE_DAYS: i64 = 7;
/// Those who have something to answer are written to when the round begins, and after so many days.
pub const LETTER_DAYS: [i64; 3] = [0, 7, 14];
/// Stands for the unit of people who hold no post.
pub const NO_UNIT: &str = "none";

/// What kind of right it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightKind {
    /// A role in a client.
    Role,
    /// A role of an administrator.
    Administrator,
    /// A role in a client, of whoever has a post.
    Group,
}

impl RightKind {
    /// All of them, in the order in which they are written down.
    pub const ALL: [Self; 3] = [Self::Role, Self::Administrator, Self::Group];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Administrator => "admin",
            Self::Group => "group",
        }
    }

    /// The one that is written down after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().skip_while(|kind| *kind != self).nth(1)
    }

    /// Reads [`RightKind::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They still need it.
    Keep,
    /// They do not, and it is being taken back.
    Removing,
    /// It was taken back.
    Removed,
    /// They do not, but it is for somebody above to take back.
    Objected,
}

impl Answer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Keep, Self::Removing, Self::Removed, Self::Objected];

    /// Somebody may still answer otherwise.
    pub fn is_open(self) -> bool {
        match self {
            Self::Removing | Self::Objected => true,
            Self::Keep | Self::Removed => false,
        }
    }

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Removing => "removing",
            Self::Removed => "removed",
            Self::Objected => "objected",
        }
    }

    /// Reads [`Answer::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.word() == word)
    }
}

/// The quarter of a day, such as `2026-Q4`.
pub fn quarter_of(day: Date) -> String {
    format!("{:04}-Q{}", day.year(), (u8::from(day.month()) - 1) / 3 + 1)
}

/// The first day of a day's quarter that is neither a Saturday nor a Sunday.
pub fn first_working_day(day: Date) -> Date {
    let month = match u8::from(day.month()) {
        1..=3 => Month::January,
        4..=6 => Month::April,
        7..=9 => Month::July,
        _ => Month::October,
    };
    let first = Date::from_calendar_date(day.year(), month, 1).unwrap_or(day);
    match first.weekday() {
        Weekday::Saturday => plus_days(first, 2),
        Weekday::Sunday => plus_days(first, 1),
        Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => first,
    }
}

/// Whether a round begins by itself on a day.
pub fn begins_on(day: Date) -> bool {
    let first = first_working_day(day);
    (first..=plus_days(first, LATE_DAYS)).contains(&day)
}

/// The letter that is due so many days after a round began: its place in [`LETTER_DAYS`].
pub fn letter_due(days: i64) -> i64 {
    let passed = LETTER_DAYS.iter().filter(|after| **after <= days).count();
    i64::try_from(passed).unwrap_or(1).max(1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_round_begins_on_the_first_working_day_of_a_quarter() {
        let table = [
            (date!(2026 - 11 - 22), "2026-Q4", date!(2026 - 10 - 01)),
            (date!(2027 - 01 - 31), "2027-Q1", date!(2027 - 01 - 01)),
            (date!(2028 - 02 - 01), "2028-Q1", date!(2028 - 01 - 03)),
            (date!(2028 - 06 - 30), "2028-Q2", date!(2028 - 04 - 03)),
            (date!(2028 - 09 - 01), "2028-Q3", date!(2028 - 07 - 03)),
        ];
        for (day, quarter, first) in table {
            assert_eq!((quarter_of(day).as_str(), first_working_day(day)), (quarter, first), "{day}");
        }
        let days =
            [date!(2027 - 12 - 31), date!(2028 - 01 - 02), date!(2028 - 01 - 03), date!(2028 - 01 - 10), date!(2028 - 01 - 11)];
        assert_eq!(days.map(begins_on), [false, false, true, true, false]);
    }

    #[test]
    fn letters_go_at_the_beginning_and_after_one_and_two_weeks() {
        assert_eq!([0, 6, 7, 13, 14, 90].map(letter_due), [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn rights_are_written_down_kind_by_kind() {
        let kinds: Vec<RightKind> = std::iter::successors(Some(RightKind::Role), |kind| kind.next()).collect();
        assert_eq!(kinds, RightKind::ALL);
    }

    #[test]
    fn words_read_back() {
        for answer in Answer::ALL {
            assert_eq!(Answer::from_word(answer.word()), Some(answer));
        }
        for kind in RightKind::ALL {
            assert_eq!(RightKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!((Answer::from_word("maybe"), RightKind::from_word("")), (None, None));
    }
}
