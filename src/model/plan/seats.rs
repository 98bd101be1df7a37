//! Where the departments of a unit that is divided sit: what lies where decides into which of its parts they go.
//!
//! An address is somebody's text. What a rule says of it is looked for word by word, so that a quarter is not taken for
//! another one whose number begins alike; where the words are not found, the rule says nothing.

use crate::base::text::fold;
use std::collections::{HashMap, HashSet};

/// Where a department sits, or a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The department; empty for the unit's own seat, which stands for departments that have none of their own.
    pub department: String,
    /// The address.
    pub address: String,
    /// Who told it.
    pub by: String,
}

/// A place by some words of its address, and which departments of one unit sit there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whether they sit there, by their folded names; the empty name is for all that are not named.
    departments: HashMap<String, bool>,
    /// Who told the seats.
    tellers: HashSet<String>,
}

impl Place {
    /// The place that some words mean, among the seats of one unit.
    pub fn of(words: &str, seats: &[Seat]) -> Self {
        let wanted = words_of(words);
        let sits_there = |seat: &Seat| has_words(&words_of(&seat.address), &wanted);
        Self {
            departments: seats.iter().map(|seat| (fold(&seat.department), sits_there(seat))).collect(),
            tellers: seats.iter().map(|seat| seat.by.clone()).collect(),
        }
    }

    /// True for a department that sits there; one of which no seat is known sits where its unit does.
    pub fn holds(&self, department: &str) -> bool {
        let own = self.departments.get(&fold(department));
        own.or_else(|| self.departments.get("")).is_some_and(|sits_there| *sits_there)
    }

    /// True for whoever told one of the seats that it rests on.
    pub fn is_told_by(&self, actor: &str) -> bool {
        self.tellers.contains(actor)
    }
}

/// True for a text with at least one word to look for.
pub fn has_a_word(text: &str) -> bool {
    !words_of(text).is_empty()
}

/// The words of a text as they are compared. Commas and brackets part words, and what is around a word falls away; what is
/// within it stays, so that `3/2` is no `3`.
fn words_of(text: &str) -> Vec<String> {
    let folded = fold(text);
    let parts = folded.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '(' | ')'));
    let words = parts.map(|part| part.trim_matches(|letter: char| !letter.is_alphanumeric()));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// True when all of the words stand in the address, one after another.
fn has_words(address: &[String], wanted: &[String]) -> bool {
    !wanted.is_empty() && address.windows(wanted.len()).any(|some| some == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(department: &str, address: &str) -> Seat {
        Seat { department: department.to_owned(), address: address.to_owned(), by: format!("who told of {department}") }
    }

    #[test]
    fn words_are_found_whole_and_in_their_order_whatever_their_marks_and_capitals() {
        let table = [
            ("Khu phố 3", "12 đường số 5, Khu phố 3, Phường Ba", true),
            ("khu pho 3", "KHU  PHỐ 3.", true),
            ("Khu phố 3", "số 7 (khu phố 3)", true),
            ("Khu phố 3, Phường Ba", "Khu phố 3 - Phường Ba", true),
            ("Khu phố 3", "Khu phố 30", false),
            ("Khu phố 3", "Khu phố 13", false),
            ("Khu phố 3", "Khu phố 3A", false),
            ("Đường 3", "15 đường 3/2", false),
            ("Khu phố 3", "3 Khu phố", false),
            ("Khu phố 3", "Khu phố mới 3", false),
            ("Khu phố 3", "phố 3", false),
            ("Khu phố 3", "", false),
            (", -", "Khu phố 3", false),
            ("", "Khu phố 3", false),
        ];
        for (words, address, expected) in table {
            let place = Place::of(words, &[seat("", address)]);
            assert_eq!(place.holds("Văn phòng"), expected, "{words} in {address}");
        }
    }

    #[test]
    fn a_department_without_a_seat_of_its_own_sits_where_its_unit_does_or_nowhere() {
        let seats = [seat("Phòng Tư pháp", "Khu phố 3"), seat("", "Khu phố 1"), seat("Đội Trật tự", "Khu phố 1")];
        let table = [
            ("Khu phố 3", "PHONG  TU PHAP", [true, true]),
            ("Khu phố 3", "Phòng Tư pháp 2", [false, false]),
            ("Khu phố 3", "", [false, false]),
            ("Khu phố 1", "Phòng Tư pháp", [false, false]),
            ("Khu phố 1", "Đội trật tự", [true, true]),
            ("Khu phố 1", "Văn phòng", [true, false]),
            ("Khu phố 1", "", [true, false]),
        ];
        let own = [seats[0].clone(), seats[2].clone()];
        for (words, department, [with_the_units, with_own_seats]) in table {
            assert_eq!(Place::of(words, &seats).holds(department), with_the_units, "{words}: {department}");
            assert_eq!(Place::of(words, &own).holds(department), with_own_seats, "{words}: {department}, no seat of the unit");
            assert!(!Place::of(words, &[]).holds(department), "{words}: {department}, no seats");
        }
    }

    #[test]
    fn it_is_known_who_told_the_seats_and_what_has_a_word() {
        let place = Place::of("Khu phố 3", &[seat("a", "Khu phố 3"), seat("b", "Khu phố 4")]);
        let told = ["who told of a", "who told of b", "who told of c"].map(|actor| place.is_told_by(actor));
        assert_eq!(told, [true, true, false]);
        assert_eq!(["Khu phố 3", "3", " .-, ", ""].map(has_a_word), [true, true, false, false]);
    }
}
