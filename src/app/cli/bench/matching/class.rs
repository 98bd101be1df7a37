//! What matching has to answer for a row, told from the written rows alone, by rules that are written here once more and
//! know nothing of the product's. The truth serves only to find wrong links.
//!
//! A household tells first; then [`Namesakes`], who know everybody, tell of strangers who are written alike by chance: in
//! a million people there are many.

use super::population::{Birth, Row};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What matching has to answer for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// A valid number that other rows have too, and everything agrees: one person.
    Joined,
    /// A valid number of its own, and nobody like it: a person of its own.
    Alone,
    /// A valid number that rows of people who contradict each other have: a question.
    Disputed,
    /// A valid number of its own, and a row of the same name and birthday under another one: a question.
    Alike,
    /// No valid number, and a row that agrees in the rest: a question.
    Asking,
    /// No valid number, and no row that agrees: a person.
    Unasked,
    /// No valid number, and a stranger's row that agrees as far as anything is written: a person, or a question.
    Crowded,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Joined, Self::Alone, Self::Unasked, Self::Disputed, Self::Alike, Self::Asking, Self::Crowded];

    /// What it is, for a table.
    pub fn told(self) -> &'static str {
        match self {
            Self::Joined => "one valid number, everything agrees",
            Self::Alone => "a valid number of its own",
            Self::Unasked => "no valid number, nobody like it",
            Self::Disputed => "one valid number, people who contradict",
            Self::Alike => "same name and birthday, other numbers",
            Self::Asking => "no valid number, a row of theirs agrees",
            Self::Crowded => "no valid number, a stranger's row agrees",
        }
    }
}

/// Whoever is written under one name, of all the population.
#[derive(Default)]
pub(super) struct Namesakes(HashMap<u64, Vec<Face>>);

/// What is compared of a row beside its name.
#[derive(Clone, Copy)]
struct Face {
    birth: Option<Birth>,
    year: Option<u64>,
    standing: u8,
}

impl Face {
    fn of(row: &Row) -> Self {
        Self { birth: birth(row), year: year(row), standing: standing(row) }
    }

    /// Nothing that is written of both is against it.
    fn agrees(self, other: Self) -> bool {
        match (self.birth, other.birth) {
            (Some(born), Some(others)) => born == others,
            _ => self.year.zip(other.year).is_none_or(|(year, others)| year == others),
        }
    }
}

impl Namesakes {
    /// Takes a row in.
    pub(super) fn add(&mut self, row: &Row) {
        self.0.entry(name_hash(row)).or_default().push(Face::of(row));
    }

    /// The class of a row that is among them, when strangers count too.
    pub(super) fn class(&self, row: &Row) -> Class {
        let own = Face::of(row);
        let faces = self.0.get(&name_hash(row)).map(Vec::as_slice).unwrap_or_default();
        // The row itself is one of them.
        let is_met = |meets: &dyn Fn(&Face) -> bool| faces.iter().filter(|other| meets(other)).nth(1).is_some();
        match row.class {
            Class::Alone if own.birth.is_some() && is_met(&|other| other.standing == NUMBERED && other.birth == own.birth) => {
                Class::Alike
            }
            Class::Unasked if is_met(&|other| own.agrees(*other) && other.standing >= own.standing) => Class::Crowded,
            Class::Joined | Class::Alone | Class::Unasked | Class::Disputed | Class::Alike | Class::Asking | Class::Crowded => {
                row.class
            }
        }
    }
}

fn name_hash(row: &Row) -> u64 {
    let mut hasher = DefaultHasher::new();
    plain(&row.full_name).hash(&mut hasher);
    hasher.finish()
}

/// Stands on a valid number.
const NUMBERED: u8 = 2;

/// A name for comparing rows: coarser than the product's, and by other means.
pub(super) fn plain(name: &str) -> String {
    let bare = without_accents(name).to_lowercase().replace('y', "i");
    let mut words: Vec<&str> = bare.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

/// Twelve digits that can be a number: a place, a century that has begun, and a year of birth of somebody at work.
pub(super) fn valid(row: &Row) -> Option<String> {
    let digits = row.personal_number.replace(' ', "");
    let right = digits.len() == 12
        && !digits.starts_with("000")
        && digits.as_bytes()[3] < b'4'
        && (1920..=2015).contains(&year_of_number(&digits));
    right.then_some(digits)
}

fn year_of_number(digits: &str) -> u64 {
    let digit = |place: usize| u64::from(digits.as_bytes()[place] - b'0');
    1900 + digit(3) / 2 * 100 + digit(4) * 10 + digit(5)
}

fn year(row: &Row) -> Option<u64> {
    birth(row).map(|(_, _, year)| year).or_else(|| valid(row).map(|digits| year_of_number(&digits)))
}

/// The written day, with the smaller of day and month first where they may have been exchanged.
pub(super) fn birth(row: &Row) -> Option<Birth> {
    let parts: Vec<u64> = row.date_of_birth.split(['-', '/']).filter_map(|part| part.parse().ok()).collect();
    let &[first, middle, last] = parts.as_slice() else { return None };
    let (day, month, year) = if first > 31 { (last, middle, first) } else { (first, middle, last) };
    Some(if day <= 12 { (day.min(month), day.max(month), year) } else { (day, month, year) })
}

/// On what a row stands: on its number, on something beside the name, on the name.
fn standing(row: &Row) -> u8 {
    let something = birth(row).is_some() || row.personal_number.len() == 9;
    if valid(row).is_some() { NUMBERED } else { u8::from(something) }
}

/// Whether two rows under one number may be of one person: names that fold to one, with the same accents where both have
/// any or with the same birthday, and no other birthday.
fn agree(one: &Row, other: &Row) -> bool {
    let births = birth(one).zip(birth(other)).map(|(one, other)| one == other);
    let years = year(one).zip(year(other)).is_none_or(|(one, other)| one == other);
    let accents = |row: &Row| Some(accented(&row.full_name)).filter(|name| *name != plain(&row.full_name));
    let has_other_accents = accents(one).zip(accents(other)).is_some_and(|(one, other)| one != other);
    plain(&one.full_name) == plain(&other.full_name) && births.unwrap_or(years) && (births == Some(true) || !has_other_accents)
}

/// The words of a name, sorted, with their accents in one spelling: the tone behind the word.
fn accented(name: &str) -> String {
    const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
    let spelt = |word: &str| {
        let (tones, letters): (Vec<char>, Vec<char>) = word.to_lowercase().nfd().partition(|letter| TONES.contains(letter));
        letters.into_iter().chain(tones).collect::<String>().replace('y', "i")
    };
    let mut words: Vec<String> = name.split_whitespace().map(spelt).collect();
    words.sort_unstable();
    words.join(" ")
}

/// What the rows of a household say of one of them.
pub(super) fn class(place: usize, rows: &[Row]) -> Class {
    let row = &rows[place];
    let others = || rows.iter().enumerate().filter(move |(other, _)| *other != place).map(|(_, other)| other);
    let same_name = |other: &Row| plain(&other.full_name) == plain(&row.full_name);
    let same_birth = |other: &Row| birth(row).is_some() && birth(other) == birth(row);
    let Some(number) = valid(row) else {
        let agrees = |other: &Row| Face::of(row).agrees(Face::of(other));
        let old = |other: &Row| row.personal_number.len() == 9 && other.personal_number == row.personal_number;
        let asks = |other: &Row| old(other) || (same_name(other) && agrees(other) && standing(other) >= standing(row));
        return if others().any(asks) { Class::Asking } else { Class::Unasked };
    };
    let holders: Vec<&Row> = rows.iter().filter(|other| valid(other).as_ref() == Some(&number)).collect();
    if holders.len() > 1 {
        let is_one = |one: &Row| holders.iter().all(|other| agree(one, other));
        return if holders.iter().copied().all(is_one) { Class::Joined } else { Class::Disputed };
    }
    let alike = |other: &Row| same_name(other) && same_birth(other) && valid(other).is_some();
    if others().any(alike) { Class::Alike } else { Class::Alone }
}

/// A text as an old system keeps it that has no accents.
pub(super) fn without_accents(text: &str) -> String {
    let bare = text.nfd().filter(|letter| !is_combining_mark(*letter));
    bare.map(|letter| match letter {
        'đ' => 'd',
        'Đ' => 'D',
        other => other,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::cli::bench::matching::population::Population;

    fn row(name: &str, date_of_birth: &str, personal_number: &str, class: Class) -> Row {
        Row {
            source: "binh-duong",
            legacy_id: String::new(),
            full_name: name.to_owned(),
            date_of_birth: date_of_birth.to_owned(),
            personal_number: personal_number.to_owned(),
            email: String::new(),
            phone: String::new(),
            truth: 0,
            class,
        }
    }

    #[test]
    fn strangers_who_are_written_alike_count_and_others_do_not() {
        let (one, other) = ("079086001234", "074086005678");
        let table = [
            (
                row("Lê Văn An", "01/02/1986", one, Class::Alone),
                row("Le Van An", "02/01/1986", other, Class::Alone),
                Class::Alike,
            ),
            (
                row("Lê Văn An", "01/02/1986", one, Class::Alone),
                row("Lê Văn An", "03/02/1986", other, Class::Alone),
                Class::Alone,
            ),
            (row("Lê Văn An", "", one, Class::Alone), row("Lê Văn An", "", other, Class::Alone), Class::Alone),
            (row("Lê Văn An", "01/02/1986", one, Class::Alone), row("Lê Văn An", "01/02/1986", "", Class::Asking), Class::Alone),
            (row("Lê Văn An", "", "", Class::Unasked), row("An Lê Văn", "", other, Class::Alone), Class::Crowded),
            (row("Lê Văn An", "1987-02-01", "", Class::Unasked), row("Lê Văn An", "", other, Class::Alone), Class::Unasked),
            (row("Lê Văn An", "1986-02-01", "", Class::Unasked), row("Lê Văn An", "", other, Class::Alone), Class::Crowded),
            (row("Lê Văn An", "1986-02-01", "", Class::Unasked), row("Lê Văn An", "", "", Class::Unasked), Class::Unasked),
            (row("Lê Văn An", "", "", Class::Unasked), row("Lê Văn Anh", "", "", Class::Unasked), Class::Unasked),
        ];
        for (one, other, expected) in table {
            let mut namesakes = Namesakes::default();
            namesakes.add(&one);
            namesakes.add(&other);
            assert_eq!(namesakes.class(&one), expected, "{one:?} beside {other:?}");
        }
    }

    #[test]
    fn every_class_occurs_and_the_same_seed_makes_the_same_rows() {
        let rows: Vec<Row> = Population::new(7, 4_000).flatten().collect();
        let mut namesakes = Namesakes::default();
        for row in &rows {
            namesakes.add(row);
        }
        for wanted in Class::ALL {
            assert!(rows.iter().any(|row| namesakes.class(row) == wanted), "no row is {wanted:?}");
        }
        let again: Vec<Row> = Population::new(7, 4_000).flatten().collect();
        assert_eq!(format!("{rows:?}"), format!("{again:?}"));
    }
}
