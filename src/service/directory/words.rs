//! Words of people as they are posted and as they are typed, and the key by which names sort.

use crate::base::text::{fold, name_key};
use std::collections::BTreeSet;

/// More words than this are not looked for: the first ones have narrowed it down.
pub const MOST_WORDS: usize = 6;
/// A longer word is cut.
const LONGEST_WORD: usize = 64;
/// Signs of one half of a key: 52 to the eleventh fits into 63 bits.
const HALF: usize = 11;
const BASE: i64 = 52;

/// The order of [`name_key`] as two numbers: the first twenty-two signs of it. Names that differ later sort alike.
pub fn sort_key(full_name: &str) -> (i64, i64) {
    let key = name_key(full_name);
    let mut signs = key.chars().map(sign);
    let mut half = || (0..HALF).fold(0, |packed, _| packed * BASE + signs.next().unwrap_or(0));
    let one = half();
    (one, half())
}

/// A sign of a name's key as a number that sorts alike; 0 is the end.
fn sign(letter: char) -> i64 {
    /// The letters that Vietnamese marks, by their steps beyond the plain letter.
    const MARKED: [(i64, i64); 7] = [(0, 1), (0, 2), (3, 2), (4, 1), (14, 1), (14, 2), (20, 2)];
    match letter {
        ' ' => 1,
        '0'..='9' => 2 + i64::from(u32::from(letter) - u32::from('0')),
        _ => {
            // Letters lie three apart from U+0100 on.
            let place = i64::from(u32::from(letter)) - 0x100;
            if !(0..78).contains(&place) {
                return if place < 0 { 12 } else { BASE - 1 };
            }
            let (plain, step) = (place / 3, place % 3);
            let before = MARKED.iter().filter(|(letter, _)| *letter < plain).count();
            let marks = MARKED.iter().filter(|(letter, mark)| *letter == plain && *mark <= step).count();
            13 + plain + i64::try_from(before + marks).unwrap_or_default()
        }
    }
}

/// What parts words: everything but letters and digits.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|sign: char| !sign.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// The folded words of a text, each once; a name such as K'Brêu also by its parts.
pub fn words_of(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let whole = folded.split(' ').map(|word| word.trim_matches(|sign: char| !sign.is_alphanumeric()));
    let words = whole.filter(|word| !word.is_empty()).chain(parts(&folded));
    words.map(cut).collect()
}

/// What somebody typed, word by word: folded, each once, in their order. Signs that no name, user name or number has are
/// left out.
pub fn typed(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut all = Vec::new();
    for word in folded.split(' ') {
        let kept: String = word.chars().filter(|sign| sign.is_alphanumeric() || "._-@'/".contains(*sign)).collect();
        let word = cut(kept.trim_matches(|sign: char| !sign.is_alphanumeric()));
        if !word.is_empty() && !all.contains(&word) {
            all.push(word);
        }
    }
    all.truncate(MOST_WORDS);
    all
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_sort_as_the_key_does() {
        let mut names = vec![
            "Lê Văn Ân",
            "Trần Thị Bé",
            "Nguyễn An",
            "Lý Đạt",
            "Võ Dũng",
            "Bùi Ánh",
            "Hồ Ơn",
            "Hồ Ôn",
            "Hồ Oanh",
            "Phan Ăn",
            "Nguyễn Thị Ưng",
            "Nguyễn Thị Ung",
            "Trần Ê",
            "Trần E",
            "Lê Thị Minh Anh",
            "Lê Thị Minh Ánh",
            "An",
            "",
            "K'Brêu",
            "Tổ 12",
        ];
        let mut by_number = names.clone();
        names.sort_by_key(|name| name_key(name).chars().take(2 * HALF).collect::<String>());
        by_number.sort_by_key(|name| sort_key(name));

        let shown = |names: &[&str]| names.iter().map(|name| name_key(name)).collect::<Vec<_>>();
        assert_eq!(shown(&by_number), shown(&names));
    }

    #[test]
    fn every_sign_of_the_alphabet_has_a_place_of_its_own() {
        let letters = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";
        let places: BTreeSet<(i64, i64)> = letters.chars().map(|letter| sort_key(&letter.to_string())).collect();
        assert_eq!(places.len(), 33);
        assert!(sign(char::from_u32(0x100 + 77).expect("a letter")) < BASE);
    }

    #[test]
    fn words_are_folded_and_parted() {
        let of = |text: &str| words_of(text).into_iter().collect::<Vec<_>>();
        assert_eq!(of("Nguyễn Thị  Minh Anh"), ["anh", "minh", "nguyen", "thi"]);
        assert_eq!(of("Công chức tư pháp - hộ tịch"), ["chuc", "cong", "ho", "phap", "tich", "tu"]);
        assert_eq!(of("K'Brêu"), ["breu", "k", "k'breu"]);
        assert!(of("  ").is_empty());
    }

    #[test]
    fn what_is_typed_is_read_as_words_without_signs_that_mean_something_else() {
        assert_eq!(typed("  NGUYỄN   Minh minh "), ["nguyen", "minh"]);
        assert_eq!(typed("can.bo_01@x"), ["can.bo_01@x"]);
        assert_eq!(typed("#s:disabled %"), ["sdisabled"]);
        assert_eq!(typed("a b c d e f g h").len(), MOST_WORDS);
        assert!(typed(" - ").is_empty());
    }
}
