//! Civil dates in Vietnam time, and how people read them.

use super::clock::Millis;
use time::macros::{format_description, offset};
use time::{Date, Month, OffsetDateTime, UtcOffset};

/// Vietnam keeps UTC+7 all year.
pub const VIETNAM: UtcOffset = offset!(+7);

fn vietnam_time(at: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH).to_offset(VIETNAM)
}

/// The date in Vietnam at a moment.
pub fn vietnam_date(at: Millis) -> Date {
    vietnam_time(at).date()
}

/// The moment at which a day begins in Vietnam.
pub fn first_moment(day: Date) -> Millis {
    Millis(day.midnight().assume_offset(VIETNAM).unix_timestamp().saturating_mul(1_000))
}

/// Reads `2025-07-01` or `01/07/2025`; anything else is `None`, also a year with a sign, which could not be read back from [`iso`].
pub fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.contains('+') || text.starts_with('-') || text.contains("/-") {
        return None;
    }
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .or_else(|_| Date::parse(text, format_description!("[day]/[month]/[year]")))
        .ok()
}

/// Reads a day as people and old systems write it: `3/4/1986`, `03-04-1986`, `3.4.1986` and `1986-4-3`. The day stands before
/// the month wherever the year is last, and the year has four digits.
pub fn read_written(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [first, month, last]: [&str; 3] = parts.try_into().ok()?;
    let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
    let number = |text: &str, longest: usize| -> Option<u16> {
        let right = !text.is_empty() && text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| text.parse().ok()).flatten()
    };
    let year = (year.len() == 4).then(|| number(year, 4)).flatten()?;
    let (month, day) = (u8::try_from(number(month, 2)?).ok()?, u8::try_from(number(day, 2)?).ok()?);
    Date::from_calendar_date(i32::from(year), Month::try_from(month).ok()?, day).ok()
}

/// ISO 8601, as stored and as scripts read it.
pub fn iso(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// `01/07/2025`, as people read it.
pub fn shown(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), u8::from(date.month()), date.year())
}

/// `17:03, 22/11/2026` in Vietnam time.
pub fn shown_moment(at: Millis) -> String {
    let local = vietnam_time(at);
    format!("{:02}:{:02}, {}", local.hour(), local.minute(), shown(local.date()))
}

/// `19:30` in Vietnam time.
pub fn shown_time(at: Millis) -> String {
    let local = vietnam_time(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_day_begins_at_midnight_in_vietnam() {
        // 17:00 in UTC.
        let start = 1_751_302_800_000;

        assert_eq!(vietnam_date(Millis(start)), date!(2025 - 07 - 01));
        assert_eq!(vietnam_date(Millis(start - 1)), date!(2025 - 06 - 30));
        assert_eq!(first_moment(date!(2025 - 07 - 01)), Millis(start));
    }

    #[test]
    fn dates_are_read_in_both_forms_and_nothing_else() {
        let table = [
            ("2025-07-01", Some(date!(2025 - 07 - 01))),
            ("01/07/2025", Some(date!(2025 - 07 - 01))),
            (" 2025-07-01 ", Some(date!(2025 - 07 - 01))),
            ("31/02/2025", None),
            ("1/7/2025", None),
            ("2025-7-1", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn days_are_read_as_old_systems_write_them() {
        let expected = Some(date!(1986 - 04 - 03));
        let table = [
            ("3/4/1986", expected),
            ("03-04-1986", expected),
            ("3.4.1986", expected),
            ("1986-04-03", expected),
            ("03/04/86", None),
            ("31/02/1986", None),
            ("03/04/+986", None),
            ("1986-04-03 00:00", None),
            ("3/4", None),
        ];
        for (text, expected) in table {
            assert_eq!(read_written(text), expected, "{text}");
        }
    }
}
