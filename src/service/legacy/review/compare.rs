//! Two sets of facts side by side, field by field: where they agree, nearly agree and differ.

use crate::model::legacy_account::{Facts, FoldedName, Number, swapped};
use crate::model::same_person::agree;

/// A field that two accounts, or an account and a person, have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// The full name.
    Name,
    /// The date of birth.
    Birth,
    /// The personal number, shown in part.
    Number,
    /// The e-mail address.
    Email,
    /// The telephone number.
    Phone,
    /// The user name.
    Username,
    /// The unit.
    Unit,
    /// The title.
    Title,
}

/// How two fields agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// They are one.
    Same,
    /// They are one but for what clerks mix up: accents, the order of words, day and month; or a part of one is known.
    Near,
    /// They contradict each other.
    Differs,
    /// They cannot be compared, or are not.
    Unknown,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Same, Self::Near, Self::Differs, Self::Unknown];
}

/// A part of a text, perhaps one that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// It differs.
    pub marked: bool,
}

/// A field of a candidate beside that of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which field.
    pub what: What,
    /// What stands there.
    pub pieces: Vec<Piece>,
    /// How it agrees.
    pub mark: Mark,
}

/// A field as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) what: What,
    pub(super) text: String,
}

/// Fields of a candidate beside those of an account.
pub(super) fn beside(account: (&Facts, &[Shown]), other: (&Facts, &[Shown])) -> Vec<Line> {
    let own = |what: What| account.1.iter().find(|shown| shown.what == what).map_or("", |shown| shown.text.as_str());
    let line = |shown: &Shown| {
        let mark = mark(shown.what, account.0, other.0);
        Line { what: shown.what, pieces: pieces(shown.what, mark, own(shown.what), &shown.text), mark }
    };
    other.1.iter().map(line).collect()
}

fn mark(what: What, one: &Facts, other: &Facts) -> Mark {
    match what {
        What::Name => name(&one.name, &other.name),
        What::Birth => birth(one, other),
        What::Number => number(&one.number, &other.number),
        What::Email => of_agreement(agree(one.email.as_ref(), other.email.as_ref())),
        What::Phone => of_agreement(agree(one.phone.as_ref(), other.phone.as_ref())),
        // They tell nothing of who somebody is.
        What::Username | What::Unit | What::Title => Mark::Unknown,
    }
}

fn of_agreement(agree: Option<bool>) -> Mark {
    match agree {
        Some(true) => Mark::Same,
        Some(false) => Mark::Differs,
        None => Mark::Unknown,
    }
}

fn name(one: &FoldedName, other: &FoldedName) -> Mark {
    if one.is_empty() || other.is_empty() {
        Mark::Unknown
    } else if one.sorted() != other.sorted() {
        Mark::Differs
    } else if one.in_order() == other.in_order() && one.marked() == other.marked() {
        Mark::Same
    } else {
        Mark::Near
    }
}

fn birth(one: &Facts, other: &Facts) -> Mark {
    match (one.born, other.born) {
        (Some(born), Some(same)) if born == same => Mark::Same,
        (Some(born), Some(same)) if swapped(born) == Some(same) => Mark::Near,
        (Some(_), Some(_)) => Mark::Differs,
        (Some(_), None) | (None, Some(_) | None) => match agree(one.birth_year().as_ref(), other.birth_year().as_ref()) {
            Some(true) => Mark::Near,
            Some(false) => Mark::Differs,
            None => Mark::Unknown,
        },
    }
}

fn number(one: &Number, other: &Number) -> Mark {
    match agree(one.twelve(), other.twelve()) {
        Some(true) => Mark::Same,
        Some(false) => Mark::Differs,
        None if agree(one.nine(), other.nine()) == Some(true) => Mark::Near,
        None => Mark::Unknown,
    }
}

/// What differs is marked: of a name the words, of anything else all of it.
fn pieces(what: What, mark: Mark, own: &str, text: &str) -> Vec<Piece> {
    let differs = match mark {
        Mark::Differs | Mark::Near => true,
        Mark::Same | Mark::Unknown => false,
    };
    if what != What::Name || !differs {
        return vec![Piece { text: text.to_owned(), marked: differs && !text.is_empty() }];
    }
    let known: Vec<String> = own.split_whitespace().map(str::to_lowercase).collect();
    let is_new = |word: &str| !known.contains(&word.to_lowercase());
    let words: Vec<Piece> = text.split_whitespace().map(|word| Piece { text: word.to_owned(), marked: is_new(word) }).collect();
    // The same words in another order: then it is the order that differs.
    if words.iter().any(|word| word.marked) { words } else { vec![Piece { text: text.to_owned(), marked: true }] }
}

/// Twelve digits as everywhere; of anything else that was written for a number, no more than its ends.
pub(super) fn masked(number: &str) -> String {
    if let Some(number) = crate::model::personal_number::PersonalNumber::parse(number) {
        return number.masked();
    }
    let letters: Vec<char> = number.chars().collect();
    let ends = if letters.len() >= 9 { 2 } else { 0 };
    let hidden = letters.len().saturating_sub(2 * ends);
    let first = letters.iter().take(ends);
    let last = letters.iter().skip(letters.len() - ends);
    first.copied().chain(std::iter::repeat_n('•', hidden.min(12))).chain(last.copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::legacy_account::NumberToken;
    use time::Date;
    use time::macros::date;

    fn facts(name: &str, born: Option<Date>, number: Option<u8>) -> Facts {
        let number = number.map_or(Number::Missing, |byte| Number::Twelve { token: NumberToken([byte; 32]), born: 1986 });
        Facts::new(name, born, number)
    }

    #[test]
    fn each_field_agrees_nearly_agrees_or_differs() {
        let one = facts("Nguyễn Văn An", Some(date!(1986 - 03 - 04)), Some(1));
        let table = [
            (facts("Nguyễn Văn An", Some(date!(1986 - 03 - 04)), Some(1)), [Mark::Same, Mark::Same, Mark::Same]),
            (facts("NGUYEN VAN AN", Some(date!(1986 - 04 - 03)), None), [Mark::Near, Mark::Near, Mark::Unknown]),
            (facts("An Nguyễn Văn", None, Some(2)), [Mark::Near, Mark::Near, Mark::Differs]),
            (facts("Nguyễn Văn Anh", Some(date!(1987 - 03 - 04)), None), [Mark::Differs, Mark::Differs, Mark::Unknown]),
            (facts("", None, None), [Mark::Unknown, Mark::Unknown, Mark::Unknown]),
        ];
        for (other, expected) in table {
            let found = [What::Name, What::Birth, What::Number].map(|what| mark(what, &one, &other));
            assert_eq!(found, expected, "{other:?}");
        }
    }

    #[test]
    fn of_a_name_the_words_that_differ_are_marked() {
        let marked = |own: &str, text: &str, mark: Mark| {
            let pieces = pieces(What::Name, mark, own, text);
            pieces.into_iter().filter(|piece| piece.marked).map(|piece| piece.text).collect::<Vec<_>>()
        };
        assert_eq!(marked("Nguyễn Văn An", "Nguyễn Văn Anh", Mark::Differs), ["Anh"]);
        assert_eq!(marked("Nguyễn Văn An", "An Nguyễn Văn", Mark::Near), ["An Nguyễn Văn"]);
        assert!(marked("Nguyễn Văn An", "Nguyễn Văn An", Mark::Same).is_empty());
    }

    #[test]
    fn no_number_is_shown_whole() {
        let table = [
            ("079186098092", "079••••••092"),
            ("280123456", "28•••••56"),
            ("79186098092", "79•••••••92"),
            ("12345", "•••••"),
            ("", ""),
        ];
        for (number, expected) in table {
            assert_eq!(masked(number), expected, "{number}");
        }
    }
}
