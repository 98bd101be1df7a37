//! A day for which somebody asks how things stood. What was given after it, or taken back by its end, is not of that day; nor,
//! for who asks what was believed at an earlier moment, is what came after that.

use crate::base::clock::Millis;
use crate::base::date::{first_moment, vietnam_date};
use time::Date;

/// A day that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// The day.
    pub on: Date,
    /// The first moment after it, once it is over; none: what stands now counts.
    end: Option<Millis>,
    /// The earlier moment at which it was believed so; none: it is told as it is known now.
    believed_at: Option<Millis>,
}

impl AsOf {
    /// A day, as seen from today.
    pub fn of(on: Date, today: Date) -> Self {
        let next = on.next_day().filter(|_| on < today);
        Self { on, end: next.map(first_moment), believed_at: None }
    }

    /// A day, with what stands now.
    pub fn present(on: Date) -> Self {
        Self { on, end: None, believed_at: None }
    }

    /// A day as it was believed at a moment: what whoever asked for the day then was told.
    pub fn believed(on: Date, moment: Millis) -> Self {
        let end = Self::of(on, vietnam_date(moment)).end.unwrap_or(Millis(moment.0.saturating_add(1)));
        Self { on, end: Some(end), believed_at: Some(moment) }
    }

    /// The earlier moment at which the day was believed to be so, where that is asked for.
    pub fn believed_at(self) -> Option<Millis> {
        self.believed_at
    }

    /// True for a day that is over, and for one that is told as it was believed: what stands now does not count.
    pub fn is_over(self) -> bool {
        self.end.is_some()
    }

    /// What was given before this moment, and not taken back before it, counts on the day.
    pub fn until(self) -> Millis {
        self.end.unwrap_or(Millis(i64::MAX))
    }

    /// True when something happened by the end of the day.
    pub fn had_come(self, at: Option<Millis>) -> bool {
        at.is_some_and(|at| at < self.until())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_day_that_is_over_ends_at_midnight_and_another_one_is_told_as_things_stand() {
        let today = date!(2026 - 11 - 22);
        let midnight = first_moment(today);
        let table = [
            (date!(2026 - 11 - 21), true, Some(Millis(midnight.0 - 1)), true),
            (date!(2026 - 11 - 21), true, Some(midnight), false),
            (date!(2026 - 11 - 21), true, None, false),
            (today, false, Some(midnight), true),
            (today, false, None, false),
            (date!(2027 - 01 - 01), false, Some(midnight), true),
        ];
        for (on, is_over, at, had_come) in table {
            let day = AsOf::of(on, today);
            assert_eq!((day.is_over(), day.had_come(at)), (is_over, had_come), "{on} {at:?}");
        }
        assert_eq!(AsOf::present(today), AsOf::of(today, today));
    }

    #[test]
    fn what_is_believed_of_a_day_is_what_had_come_by_the_moment_and_by_the_end_of_the_day() {
        let (eve, today, next) = (date!(2026 - 11 - 21), date!(2026 - 11 - 22), date!(2026 - 11 - 23));
        let midnight = first_moment(today);
        let noon = Millis(midnight.0 + 12 * 3_600_000);
        let after = Millis(noon.0 + 1);
        let table = [(eve, Millis(midnight.0 - 1), midnight), (today, noon, after), (next, noon, after)];
        for (on, last, first_after) in table {
            let day = AsOf::believed(on, noon);
            assert_eq!((day.had_come(Some(last)), day.had_come(Some(first_after))), (true, false), "{on}");
            assert_eq!((day.believed_at(), day.is_over()), (Some(noon), true), "{on}");
        }
        assert_eq!(AsOf::of(eve, today).believed_at(), None);
    }
}
