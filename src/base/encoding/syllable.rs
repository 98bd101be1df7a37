//! Whether a word can be Vietnamese: a language of syllables that can be listed.
//!
//! A text that was read in the wrong encoding has letters enough, also
//! Vietnamese ones, and hardly a syllable.

use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The five written tones.
const TONES: [char; 5] = ['\u{0300}', '\u{0301}', '\u{0303}', '\u{0309}', '\u{0323}'];
/// What a syllable may begin with, other than a vowel.
const ONSETS: [&str; 28] = [
    "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph", "qu", "q", "r", "s",
    "t", "th", "tr", "v", "x",
];
/// What may follow, tones aside.
const RIMES: &str = "a ac ach ai ak am an ang anh ao ap at au ay ă ăc ăk ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây \
    e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu \
    i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu \
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot \
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt \
    u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut \
    uy uya uych uyên uyêt uym uyn uynh uyp uyt uyu \
    ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu";

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| RIMES.split_whitespace().collect());

/// How much more of a text is Vietnamese than is not. Only what is not ASCII tells: a word of other letters counts for it
/// when it can be a syllable, and against it when it cannot; a sign that stands in no list of people counts against it too.
pub(super) fn score(text: &str) -> i64 {
    if text.is_ascii() {
        return 0;
    }
    let mut score = 0;
    for word in text.split(|letter: char| !letter.is_alphabetic() && !is_combining_mark(letter)) {
        if !word.is_ascii() {
            score += if is_syllable(word) { 1 } else { -1 };
        }
    }
    let strange = text.chars().filter(|letter| is_strange(*letter)).count();
    score - i64::try_from(strange).unwrap_or(i64::MAX)
}

/// No letter, and none of the signs that lists of people have.
fn is_strange(letter: char) -> bool {
    let is_letter = letter.is_ascii() || letter.is_alphabetic() || is_combining_mark(letter);
    !is_letter && !matches!(letter, '\u{a0}' | '\u{feff}' | '‘' | '’' | '“' | '”' | '–' | '—' | '…')
}

/// True for one Vietnamese syllable.
fn is_syllable(word: &str) -> bool {
    let mut tones = 0_usize;
    let mut bare = String::with_capacity(word.len());
    for letter in word.nfd().flat_map(char::to_lowercase) {
        if TONES.contains(&letter) {
            tones += 1;
        } else {
            bare.push(letter);
        }
    }
    let bare: String = bare.nfc().collect();
    tones <= 1
        && (KNOWN.contains(bare.as_str())
            || ONSETS.iter().any(|onset| bare.strip_prefix(onset).is_some_and(|rime| KNOWN.contains(rime))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_known() {
        for word in [
            "Nguyễn",
            "ĐẶNG",
            "Thị",
            "ánh",
            "Huỳnh",
            "Quốc",
            "Giàu",
            "gì",
            "giết",
            "Nghĩa",
            "khuỷu",
            "Ông",
            "ý",
            "quý",
            "Hòa",
            "hoà",
            "Tuyết",
            "phường",
            "Đứ\u{323}c",
        ] {
            assert_eq!(is_syllable(word), word != "Đứ\u{323}c", "{word}");
        }
        for word in ["Nguyeãn", "Vaên", "nguyôn", "Traàn", "NguyÔn", "á»…n", "Müller", "Lê\u{fffd}"] {
            assert!(!is_syllable(word), "{word}");
        }
    }

    #[test]
    fn what_is_ascii_does_not_tell() {
        assert_eq!(score("Cao Minh Anh, 0901234567"), 0);
        assert_eq!(score("Nguyễn Văn An – Hà Nội"), 4);
        assert_eq!(score("Lª V¨n"), -2);
    }
}
