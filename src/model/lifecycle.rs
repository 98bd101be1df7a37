//! How accounts follow posts: who does not begin before a day, who has left, and the settings of all that.
//!
//! Days are days in Vietnam: a post that ends today is held until midnight.

use super::person::Person;
use super::position::Position;
use crate::base::clock::Millis;
use time::{Date, Duration};

/// The Julian day of 1970-01-01.
const EPOCH_DAY: i64 = 2_440_588;
const DAY_MS: i64 = 86_400_000;
/// Vietnam keeps UTC+7 all year.
const VIETNAM_MS: i64 = 7 * 3_600_000;
/// Seconds of a day.
pub const DAY_SECONDS: i64 = 86_400;

/// What becomes of accounts by themselves.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifecycle {
    /// Accounts of people whose last post is over are disabled.
    pub leavers: bool,
    /// So many days after the last day of that post.
    pub grace_days: i64,
    /// Whoever has posts on days to come only signs in from the first of those days on.
    pub joiners_wait: bool,
    /// An account that nobody signed in to for so many days is disabled; 0: never.
    pub idle_days: i64,
    /// Its owner is told after so many of them.
    pub warn_days: i64,
    /// What is known of a person may be removed so many days after their account was disabled.
    pub erase_after_days: i64,
    /// A round of access reviews begins on the first working day of each quarter.
    pub reviews: bool,
    /// A round is answered within so many days.
    pub review_days: i64,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            leavers: true,
            grace_days: 0,
            joiners_wait: true,
            idle_days: 45,
            warn_days: 30,
            erase_after_days: 365,
            reviews: true,
            review_days: 21,
        }
    }
}

impl Lifecycle {
    /// Says in one sentence why these cannot be, or nothing.
    pub fn refuse(&self) -> Option<&'static str> {
        if !(0..=365).contains(&self.grace_days) {
            return Some("lifecycle.grace_days is 0 to 365");
        }
        if self.idle_days != 0 && !(2..=3_650).contains(&self.idle_days) {
            return Some("lifecycle.idle_days is 0 (never), or 2 to 3650");
        }
        if self.idle_days != 0 && !(1..self.idle_days).contains(&self.warn_days) {
            return Some("lifecycle.warn_days is at least 1, and less than lifecycle.idle_days");
        }
        if !(30..=36_500).contains(&self.erase_after_days) {
            return Some("lifecycle.erase_after_days is 30 to 36500");
        }
        if !(1..=80).contains(&self.review_days) {
            return Some("lifecycle.review_days is 1 to 80: the next round begins after a quarter");
        }
        None
    }
}

/// The first moment of a day in Vietnam.
pub fn midnight(day: Date) -> Millis {
    Millis((i64::from(day.to_julian_day()) - EPOCH_DAY) * DAY_MS - VIETNAM_MS)
}

/// A day, so many days later; the same day where the calendar ends.
#[must_use]
pub fn plus_days(day: Date, days: i64) -> Date {
    day.checked_add(Duration::days(days)).unwrap_or(day)
}

/// The posts that count here: what another one handed to somebody neither lets them in earlier nor keeps them longer.
fn own(person: &Person) -> impl Iterator<Item = &Position> {
    person.positions.iter().filter(|held| held.delegated_by.is_none())
}

/// Whether all posts of a person are still to come: they begin later. Whoever has no post at all waits for none.
pub fn waits(person: &Person, today: Date) -> bool {
    own(person).next().is_some() && own(person).all(|held| held.valid_from > today)
}

/// The last day of the last post of whoever has, and will have, no other; nothing for whoever never had one.
pub fn left_on(person: &Person) -> Option<Date> {
    if own(person).any(|held| held.valid_to.is_none()) {
        return None;
    }
    own(person).filter_map(|held| held.valid_to).max()
}

/// The same, once it is over by so many days.
pub fn gone_since(person: &Person, today: Date, grace_days: i64) -> Option<Date> {
    left_on(person).filter(|last| last.checked_add(Duration::days(grace_days)).is_some_and(|last| last < today))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::vietnam_date;
    use crate::base::id::{PersonId, PositionId, UnitId};
    use crate::model::position::PositionKind;
    use std::collections::BTreeMap;
    use time::macros::date;

    /// First and last day.
    type Post = (Date, Option<Date>);

    const TODAY: Date = date!(2026 - 11 - 22);

    fn person(posts: &[(Date, Option<Date>)]) -> Person {
        let position = |place: usize, from: Date, to: Option<Date>| Position {
            id: PositionId(place.to_string()),
            unit: UnitId("u".to_owned()),
            department: String::new(),
            title: String::new(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        };
        Person {
            id: PersonId("p".to_owned()),
            username: "p".to_owned(),
            full_name: "P".to_owned(),
            date_of_birth: None,
            email: None,
            phone: None,
            employee_code: None,
            claims: BTreeMap::new(),
            disabled_at: None,
            updated_at: Millis(0),
            positions: posts.iter().enumerate().map(|(place, (from, to))| position(place, *from, *to)).collect(),
            roles: Vec::new(),
            has_personal_number: false,
            beside: crate::model::behind::Beside::default(),
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_vietnam() {
        assert_eq!(midnight(date!(1970 - 01 - 01)), Millis(-VIETNAM_MS));
        for day in [date!(2025 - 07 - 01), date!(2028 - 02 - 29), TODAY] {
            let first = midnight(day);
            assert_eq!(vietnam_date(first), day);
            assert_eq!(vietnam_date(Millis(first.0 - 1)), plus_days(day, -1));
        }
    }

    #[test]
    fn whoever_begins_later_waits_and_whoever_has_no_post_does_not() {
        let (before, after) = (date!(2026 - 01 - 01), date!(2026 - 11 - 23));
        let table: [(&str, &[Post], bool); 5] = [
            ("no post", &[], false),
            ("one that begins tomorrow", &[(after, None)], true),
            ("one that begins today", &[(TODAY, None)], false),
            ("one beside it", &[(after, None), (before, None)], false),
            ("between two posts", &[(before, Some(before)), (after, None)], false),
        ];
        for (case, posts, expected) in table {
            assert_eq!(waits(&person(posts), TODAY), expected, "{case}");
        }
        assert!(!waits(&person(&[(after, None)]), after));
    }

    #[test]
    fn whoever_has_no_post_now_or_later_has_left_after_the_grace() {
        let (first, last, later) = (date!(2026 - 01 - 01), date!(2026 - 11 - 21), date!(2027 - 01 - 01));
        let table: [(&str, &[Post], i64, Option<Date>); 8] = [
            ("no post", &[], 0, None),
            ("over yesterday", &[(first, Some(last))], 0, Some(last)),
            ("over today", &[(first, Some(TODAY))], 0, None),
            ("open", &[(first, None)], 0, None),
            ("another one is open", &[(first, Some(last)), (first, None)], 0, None),
            ("another one to come", &[(first, Some(last)), (later, Some(later))], 0, None),
            ("the last one counts", &[(first, Some(first)), (first, Some(last))], 0, Some(last)),
            ("within the grace", &[(first, Some(last))], 1, None),
        ];
        for (case, posts, grace, expected) in table {
            assert_eq!(gone_since(&person(posts), TODAY, grace), expected, "{case}");
        }
        assert_eq!(gone_since(&person(&[(first, Some(last))]), date!(2026 - 11 - 23), 1), Some(last));
        assert_eq!(gone_since(&person(&[(first, Some(Date::MAX))]), TODAY, 30), None, "where the calendar ends");
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        assert_eq!(Lifecycle::default().refuse(), None);
        let table = [
            Lifecycle { grace_days: -1, ..Lifecycle::default() },
            Lifecycle { idle_days: 1, ..Lifecycle::default() },
            Lifecycle { warn_days: 45, ..Lifecycle::default() },
            Lifecycle { warn_days: 0, ..Lifecycle::default() },
            Lifecycle { erase_after_days: 0, ..Lifecycle::default() },
            Lifecycle { review_days: 0, ..Lifecycle::default() },
        ];
        for settings in table {
            assert!(settings.refuse().is_some(), "{settings:?}");
        }
        assert_eq!(Lifecycle { idle_days: 0, warn_days: 0, ..Lifecycle::default() }.refuse(), None);
    }
}
