//! When an account was last used in its old system, as files write it.
//!
//! Only which of two moments is the later one counts. So a day stands for its first moment in Vietnam, and so does a time
//! behind it that cannot be read.

use crate::base::clock::Millis;
use crate::base::date::{VIETNAM, read_written};
use time::{Time, UtcOffset};

/// The clock of the old system may have been fast by so much; what lies further ahead was never read off a clock.
const AHEAD_SECONDS: i64 = 86_400;

/// The moment that a cell tells: `30/06/2025`, `2025-06-30`, and either with a time behind it, also one of twelve hours
/// (`SA` and `CH`, `AM` and `PM`). Without an offset it is a time in Vietnam. Nothing where no day can be read, and for days
/// that cannot be: old systems write the first day of their calendar for never.
pub fn last_use(text: &str, now: Millis) -> Option<Millis> {
    let words: Vec<&str> = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()).collect();
    let day = words.iter().find_map(|word| read_written(word.split('T').next()?))?;
    let mut behind = words.iter().filter_map(|word| word.rsplit('T').next());
    let clock = behind.find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(':'));
    let half = words.iter().find_map(|word| Half::read(word));
    let (time, own) = clock.and_then(|word| read_clock(word, half)).unwrap_or((Time::MIDNIGHT, None));
    let offset = own.or_else(|| words.iter().find_map(|word| read_offset(word))).unwrap_or(VIETNAM);
    let at = day.with_time(time).assume_offset(offset);
    let at = Millis(i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?);
    (at.0 > 0 && at <= now.plus_seconds(AHEAD_SECONDS)).then_some(at)
}

/// Half of a day of twelve hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

impl Half {
    fn read(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "SA" | "AM" => Some(Self::Morning),
            "CH" | "PM" => Some(Self::Afternoon),
            _ => None,
        }
    }
}

/// A time, and the offset that is written at its end.
fn read_clock(word: &str, half: Option<Half>) -> Option<(Time, Option<UtcOffset>)> {
    let end = word.find(['Z', 'z', '+', '-']).unwrap_or(word.len());
    let (clock, offset) = word.split_at(end);
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("0"));
    if parts.next().is_some() {
        return None;
    }
    let (whole, fraction) = second.split_once('.').unwrap_or((second, ""));
    let milli: String = fraction.chars().chain("000".chars()).take(3).collect();
    let hour: u8 = hour.parse().ok()?;
    let hour = match half {
        Some(Half::Morning) if hour == 12 => 0,
        Some(Half::Afternoon) if hour < 12 => hour + 12,
        Some(Half::Morning | Half::Afternoon) | None => hour,
    };
    let time = Time::from_hms_milli(hour, minute.parse().ok()?, whole.parse().ok()?, milli.parse().ok()?).ok()?;
    Some((time, read_offset(offset)))
}

/// `Z`, `+07:00`, `+0700` or `+07`.
fn read_offset(word: &str) -> Option<UtcOffset> {
    if matches!(word.to_ascii_uppercase().as_str(), "Z" | "UTC" | "GMT") {
        return Some(UtcOffset::UTC);
    }
    let (sign, digits): (i8, &str) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return None,
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    let minutes: i8 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    UtcOffset::from_hms(sign * hours.parse::<i8>().ok()?, sign * minutes, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;
    use time::macros::datetime;

    fn at(moment: OffsetDateTime) -> Millis {
        Millis(moment.unix_timestamp() * 1_000 + i64::from(moment.millisecond()))
    }

    #[test]
    fn days_and_times_are_read_as_old_systems_write_them() {
        let midnight = Some(at(datetime!(2025-06-03 00:00 +7)));
        let morning = Some(at(datetime!(2025-06-03 08:05 +7)));
        let table = [
            ("2025-06-03", midnight),
            ("03/06/2025", midnight),
            ("3/6/2025", midnight),
            ("03-06-2025", midnight),
            ("03/06/2025 lúc nào đó", midnight),
            ("03/06/2025 25:00", midnight),
            ("2025-06-03T08:05:00", morning),
            ("2025-06-03 08:05", morning),
            ("03/06/2025 8:05", morning),
            ("8:05, 3/6/2025", morning),
            ("03/06/2025 8:05:00 SA", morning),
            ("03/06/2025 08:05:00 AM", morning),
            ("2025-06-03T01:05:00Z", morning),
            ("2025-06-03T08:05:00+07:00", morning),
            ("2025-06-03 08:05:00 +0700", morning),
            ("2025-06-02T20:05:00-05:00", morning),
            ("2025-06-03 01:05:00 UTC", morning),
            ("2025-06-03 08:05:00.5", Some(at(datetime!(2025-06-03 08:05:00.5 +7)))),
            ("2025-06-03T01:05:00.1234567Z", Some(at(datetime!(2025-06-03 08:05:00.123 +7)))),
            ("03/06/2025 4:05 CH", Some(at(datetime!(2025-06-03 16:05 +7)))),
            ("03/06/2025 12:05:00 am", Some(at(datetime!(2025-06-03 00:05 +7)))),
            ("03/06/2025 12:05:00 PM", Some(at(datetime!(2025-06-03 12:05 +7)))),
            ("", None),
            ("chưa bao giờ", None),
            ("03/06/25", None),
            ("31/02/2025", None),
            ("0001-01-01T00:00:00", None),
            ("1601-01-01 00:00:00", None),
            ("01/01/1970", None),
            ("03/06/2205", None),
        ];
        let now = at(datetime!(2026-11-22 17:00 +7));
        for (text, expected) in table {
            assert_eq!(last_use(text, now), expected, "{text}");
        }
    }

    #[test]
    fn a_clock_that_was_fast_by_a_little_is_believed() {
        let now = at(datetime!(2025-06-03 08:00 +7));
        assert_eq!(last_use("2025-06-03 08:10:00", now), Some(at(datetime!(2025-06-03 08:10 +7))));
        assert_eq!(last_use("2025-06-05 08:10:00", now), None);
    }
}
