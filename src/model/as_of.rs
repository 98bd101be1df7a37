//! A day for which somebody asks how things stood. What was given after it, or taken back by its end, is not of that day.

use crate::base::clock::Millis;
use crate::base::date::first_moment;
use time::Date;

/// A day that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// The day.
    pub on: Date,
    /// The first moment after it, once it is over; none: what stands now counts.
    end: Option<Millis>,
}

impl AsOf {
    /// A day, as seen from today.
    pub fn of(on: Date, today: Date) -> Self {
        let next = on.next_day().filter(|_| on < today);
        Self { on, end: next.map(first_moment) }
    }

    /// A day, with what stands now.
    pub fn present(on: Date) -> Self {
        Self { on, end: None }
    }

    /// True for a day that is over.
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
}
