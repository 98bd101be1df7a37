//! A full name for comparing: what clerks and old encodings do to a name does not make it another one.
//!
//! Equal are: composed and decomposed letters, `hoà` and `hòa` (where the tone
//! is written), `Lý` and `Lí`, capital and small letters, and the words in
//! another order. A name that lost all its accents may be any that folds to
//! it. An abbreviation is another name: `Ng. V. An` may be many.

use crate::base::text::{fold, nfc};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The five written tones: grave, acute, tilde, hook above, dot below.
const TONES: [char; 5] = ['\u{0300}', '\u{0301}', '\u{0303}', '\u{0309}', '\u{0323}'];
/// Written or left out in names such as `H'Bia`.
const APOSTROPHES: [char; 4] = ['\'', '’', '`', 'ʼ'];

/// A name as given, and in the forms by which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedName {
    shown: String,
    in_order: String,
    sorted: String,
    marked: Option<String>,
}

impl FoldedName {
    /// Reads a name.
    pub fn read(full_name: &str) -> Self {
        let shown = nfc(full_name);
        let mut words: Vec<(String, String)> = shown
            .replace(APOSTROPHES, "")
            .split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter))
            .map(|word| (one_i(&fold(word)), tone_last(word)))
            .filter(|(plain, _)| !plain.is_empty())
            .collect();
        let in_order = joined(words.iter().map(|(plain, _)| plain.as_str()));
        words.sort();
        let sorted = joined(words.iter().map(|(plain, _)| plain.as_str()));
        let accented = words.iter().any(|(plain, marked)| plain != marked);
        let marked = accented.then(|| joined(words.iter().map(|(_, marked)| marked.as_str())));
        Self { shown, in_order, sorted, marked }
    }

    /// As given, in NFC.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Small words without accents, in their order.
    pub fn in_order(&self) -> &str {
        &self.in_order
    }

    /// Small words without accents, sorted: what two spellings of one name have in common.
    pub fn sorted(&self) -> &str {
        &self.sorted
    }

    /// The sorted words with their accents; nothing when the name has no accent at all, and may have lost them.
    pub fn marked(&self) -> Option<&str> {
        self.marked.as_deref()
    }

    /// True when there is no name.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

/// A small word with its tone behind it, since `hoà` and `hòa` are one word.
fn tone_last(word: &str) -> String {
    let mut letters = String::new();
    let mut tone = None;
    for letter in word.nfkd().flat_map(char::to_lowercase) {
        if TONES.contains(&letter) {
            tone = Some(letter);
        } else {
            letters.push(letter);
        }
    }
    let composed: String = letters.nfc().collect();
    let mut whole = one_i(&composed);
    whole.extend(tone);
    whole
}

/// A small word without tones, with `i` where both `i` and `y` are written for one sound: after a consonant at the end
/// (`Lý`, `Lí`), after `qu` (`Quý`, `Quí`), and alone. `Thúy` and `Thúi`, `Hay` and `Hai` stay two.
fn one_i(word: &str) -> String {
    if word.starts_with("qu") {
        return word.replace('y', "i");
    }
    let Some(before) = word.strip_suffix('y') else { return word.to_owned() };
    match before.chars().last() {
        Some(letter) if "aăâeêioôơuưy".contains(letter) => word.to_owned(),
        Some(_) | None => format!("{before}i"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        let table = [
            ("Nguyễn Thị Hoà", "Nguyễn Thị Hòa"),
            ("Lê Thuý", "lê  THÚY"),
            ("Lý Mỹ Quý", "Lí Mĩ Quí"),
            ("Trần Như Ý", "Trần Như Í"),
            ("Đặng Văn An", "Đa\u{0323}\u{0306}ng Va\u{0306}n An"),
            ("H'Bia Niê", "HBia Niê"),
            ("Nguyễn-Văn-An", "Nguyễn Văn An"),
            ("Ｎguyễn Văn An", "Nguyễn Văn An"),
        ];
        for (one, other) in table {
            let (one, other) = (FoldedName::read(one), FoldedName::read(other));
            assert_eq!(one.sorted(), other.sorted());
            assert_eq!(one.in_order(), other.in_order());
            assert_eq!(one.marked(), other.marked());
        }
    }

    #[test]
    fn words_in_another_order_are_sorted_to_one() {
        let (one, other) = (FoldedName::read("Nguyễn Văn An"), FoldedName::read("An Nguyễn Văn"));

        assert_eq!(one.sorted(), other.sorted());
        assert_eq!(one.marked(), other.marked());
        assert_ne!(one.in_order(), other.in_order());
        assert_eq!(other.shown(), "An Nguyễn Văn");
    }

    #[test]
    fn a_name_without_any_accent_says_so() {
        assert_eq!(FoldedName::read("Dang Thi Thuy").marked(), None);
        assert_eq!(FoldedName::read("Cao Minh Anh").marked(), None);
        assert!(FoldedName::read("Đặng Thi Thuy").marked().is_some());
        assert_ne!(FoldedName::read("Lê Thúy").marked(), FoldedName::read("Lê Thủy").marked());
    }

    #[test]
    fn other_names_stay_others() {
        let table = [
            ("Nguyễn Văn An", "Ng. Văn An"),
            ("Nguyễn Văn An", "Nguyễn V. An"),
            ("Nguyễn Văn An", "Nguyễn An"),
            ("Lê Thị Thúy", "Lê Thị Thúi"),
            ("Lê Hay", "Lê Hai"),
        ];
        for (one, other) in table {
            assert_ne!(FoldedName::read(one).sorted(), FoldedName::read(other).sorted(), "{one}, {other}");
        }
        for nothing in ["", " \u{a0} ", ".-", "\u{0301}"] {
            assert!(FoldedName::read(nothing).is_empty(), "{nothing:?}");
        }
    }
}
