//! Units that may have been meant by a code or a name that nobody has: a help to who looks, and no evidence.

use super::Told;
use super::codes::{self, AgencyCode, Code};
use super::names::Names;
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, Unit};
use crate::model::unit_code::GSO;
use std::cmp::Reverse;
use time::Date;

/// More candidates than this help nobody to choose.
pub(super) const MOST: usize = 10;
/// A longer text is no name.
const LONGEST: usize = 80;
/// Letters among which another one may be wrong.
const LETTERS_FOR_A_SLIP: usize = 6;

/// The units of a day that are like what was written, the likeliest first.
pub(super) fn units<'a>(registry: &'a Registry, names: &Names<'a>, told: &Told<'_>, as_of: Date) -> Vec<&'a Unit> {
    let mut found = match codes::read(told.code) {
        Code::Territory { scheme, code } if scheme == GSO => by_slip(registry, &code, as_of),
        Code::Agency(code) => above(registry, &code),
        Code::Territory { .. } | Code::Foreign | Code::Nothing => Vec::new(),
    };
    found.extend(by_name(registry, names, told, as_of));
    found.truncate(MOST);
    found
}

fn there(registry: &Registry, as_of: Date) -> impl Iterator<Item = &Unit> {
    registry.units().filter(move |unit| unit.span.holds_on(as_of) != Certainty::No)
}

fn by_slip<'a>(registry: &'a Registry, code: &str, as_of: Date) -> Vec<&'a Unit> {
    let mut found: Vec<(usize, &'a Unit)> = Vec::new();
    for unit in there(registry, as_of) {
        let of_scheme = unit.codes.iter().filter(|known| known.scheme == GSO);
        found.extend(of_scheme.filter_map(|known| slip(&known.code, code)).map(|at| (at, unit)));
    }
    // The last digits tell neighbours apart.
    found.sort_by_key(|(at, _)| Reverse(*at));
    found.into_iter().map(|(_, unit)| unit).collect()
}

/// The agencies that are above an unknown one, the nearest first.
fn above<'a>(registry: &'a Registry, code: &AgencyCode) -> Vec<&'a Unit> {
    let mut found: Vec<(usize, &'a Unit)> = Vec::new();
    for (scheme, lower) in code.written.iter().chain(&code.turned) {
        for unit in registry.units() {
            let of_scheme = unit.codes.iter().filter(|known| known.scheme == *scheme);
            let longest = of_scheme.filter(|known| is_above(&known.code, lower)).map(|known| known.code.len()).max();
            found.extend(longest.map(|length| (length, unit)));
        }
    }
    found.sort_by_key(|(length, _)| Reverse(*length));
    found.into_iter().map(|(_, unit)| unit).collect()
}

/// The units of the district, or of all, whose names are a few letters away or stand within what was written.
fn by_name<'a>(registry: &'a Registry, names: &Names<'a>, told: &Told<'_>, as_of: Date) -> Vec<&'a Unit> {
    let heard = names.hear(told);
    let Some(name) = heard.name.as_ref().filter(|name| name.plain.chars().count() <= LONGEST) else { return Vec::new() };
    let most = 1 + name.plain.chars().count() / LETTERS_FOR_A_SLIP;
    let in_district = |unit: &&'a Unit| {
        let Some(district) = &heard.district else { return true };
        registry.path_on(unit, as_of).into_iter().any(|above| district.is(above))
    };
    let mut found: Vec<(usize, &'a Unit)> = Vec::new();
    for unit in there(registry, as_of).filter(in_district) {
        let distances = unit.names.iter().filter_map(|known| {
            let own = names.plain(&known.name, name.has_kind())?;
            let far = distance(&own, &name.plain);
            if far <= most { Some(far) } else { name.plain.contains(own.as_str()).then_some(most) }
        });
        found.extend(distances.min().map(|far| (far, unit)));
    }
    found.sort_by_key(|(far, _)| *far);
    found.into_iter().map(|(_, unit)| unit).collect()
}

/// Where codes of one length differ, when it is in one digit or in two neighbours that changed places.
fn slip(one: &str, other: &str) -> Option<usize> {
    if one.len() != other.len() {
        return None;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let differ: Vec<usize> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    match *differ.as_slice() {
        [at] => Some(at),
        [at, next] if next == at + 1 && one[at] == other[next] && one[next] == other[at] => Some(at),
        _ => None,
    }
}

/// True for an agency code of which another is a lower level.
fn is_above(code: &str, lower: &str) -> bool {
    lower.strip_prefix(code).is_some_and(|rest| rest.starts_with('.'))
}

/// How many letters have to be put in, left out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (at, same) in other.iter().enumerate() {
            let changed = corner + usize::from(letter != *same);
            corner = row[at + 1];
            row[at + 1] = changed.min(corner + 1).min(row[at] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_digit_or_two_that_changed_places() {
        let table = [
            ("26740", "26740", None),
            ("26740", "26741", Some(4)),
            ("26740", "27640", Some(1)),
            ("26740", "26704", Some(3)),
            ("26740", "20746", None),
            ("26740", "2674", None),
        ];
        for (one, other, expected) in table {
            assert_eq!(slip(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn distances_count_letters() {
        let table = [("ben nghe", "ben nge", 1), ("ben nghe", "ben nghe", 0), ("", "abc", 3), ("tan dinh", "tan binh", 1)];
        for (one, other, far) in table {
            assert_eq!(distance(one, other), far, "{one} {other}");
        }
        assert!(is_above("H29.38", "H29.38.1") && !is_above("H29.3", "H29.38"));
    }
}
