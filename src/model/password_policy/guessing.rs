//! How a password could be guessed: by an estimate (zxcvbn), and by what is left
//! of it without the words that anybody would try first.
//!
//! The estimate knows English words and keyboards. It takes `Matkhau@2025` for
//! three parts that have nothing to do with each other, so a second look takes
//! the known words out and asks whether the rest would do without them.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::{Score, zxcvbn};

/// What the estimate sees: it takes long over long texts, and no longer one is weak.
const SEEN: usize = 100;
/// Shorter words say nothing.
const SHORTEST_WORD: usize = 3;
/// A whole entry of the list with its digits says nothing when it is shorter.
const SHORTEST_ENTRY: usize = 4;
/// Fewer different characters are a pattern, in whatever script.
const FEWEST_DIFFERENT: usize = 5;

/// The two ways to read a sign: as it is, and as the letter that it stands for.
const READINGS: [fn(char) -> char; 2] = [as_it_is, undisguised];

/// The list as words: whole entries, and entries without the digits and signs around them.
static WORST: LazyLock<Vec<String>> = LazyLock::new(|| {
    let lines = include_str!("../../../data/passwords/worst_vi.txt").lines();
    let mut words: Vec<String> = lines.filter(|line| !line.is_empty() && !line.starts_with("# ")).flat_map(forms).collect();
    words.sort_unstable();
    words.dedup();
    words
});

/// How a password could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guessable {
    /// By anybody.
    pub(super) common: bool,
    /// By somebody who knows the person.
    pub(super) about_the_person: bool,
}

/// Looks at a normalised password; `least` is the score that it has to reach.
pub(super) fn guessable(password: &str, around: &[&str], least: usize) -> Guessable {
    let seen: String = password.chars().take(SEEN).collect();
    let bare = without_marks(&seen);
    let letters: Vec<char> = bare.to_lowercase().chars().collect();
    let around = words(around);
    let about: Vec<&str> = around.iter().map(String::as_str).collect();
    let worst: Vec<&str> = WORST.iter().map(String::as_str).collect();
    let both: Vec<&str> = about.iter().chain(&worst).copied().collect();
    // What is left has no capitals and signs any more: one step less is enough.
    let least_left = least.saturating_sub(1).max(1);
    let falls = |known: &[&str]| left_without(&letters, known).is_some_and(|left| score(&left, &[]) < least_left);
    let estimate = |known: &[&str]| score(&seen, known).min(score(&bare, known));

    let common = different(&letters) < FEWEST_DIFFERENT || estimate(&[]) < least || falls(&worst);
    let about_the_person = falls(&about) || (!common && (estimate(&about) < least || falls(&both)));
    Guessable { common, about_the_person }
}

/// The score of a text, 0 to 4; an attacker knows the words too.
fn score(text: &str, known: &[&str]) -> usize {
    let seen: String = text.chars().take(SEEN).collect();
    if seen.is_empty() {
        return 0;
    }
    let reached = zxcvbn(&seen, known).score();
    [Score::One, Score::Two, Score::Three, Score::Four].into_iter().filter(|step| reached >= *step).count()
}

fn different(letters: &[char]) -> usize {
    let mut letters = letters.to_vec();
    letters.sort_unstable();
    letters.dedup();
    letters.len()
}

/// Letters without their accents; case and signs stay.
fn without_marks(text: &str) -> String {
    text.nfkd()
        .filter(|letter| !('\u{0300}'..='\u{036f}').contains(letter))
        .map(|letter| match letter {
            'đ' => 'd',
            'Đ' => 'D',
            other => other,
        })
        .collect()
}

fn as_it_is(letter: char) -> char {
    letter
}

fn undisguised(letter: char) -> char {
    match letter {
        '@' => 'a',
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '$' => 's',
        other => other,
    }
}

/// The letters and digits of a folded text.
fn spelled(text: &str, reading: fn(char) -> char) -> String {
    text.chars().map(reading).filter(|letter| letter.is_alphanumeric()).collect()
}

/// Words about a person, folded; those that say something, each once.
fn words(around: &[&str]) -> Vec<String> {
    let folded = around.iter().map(|word| spelled(&without_marks(word).to_lowercase(), as_it_is));
    let mut words: Vec<String> = folded.filter(|word| word.chars().count() >= SHORTEST_WORD).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The words of one entry of the list.
fn forms(entry: &str) -> Vec<String> {
    let whole = without_marks(entry).to_lowercase();
    let core = whole.trim_matches(|letter: char| !letter.is_alphabetic());
    let read = |reading: fn(char) -> char| [(spelled(&whole, reading), SHORTEST_ENTRY), (spelled(core, reading), SHORTEST_WORD)];
    let words = READINGS.into_iter().flat_map(read);
    words.filter(|(word, least)| word.chars().count() >= *least).map(|(word, _)| word).collect()
}

/// The letters and digits that belong to no known word; `None` when there is no such word in the text.
fn left_without(letters: &[char], known: &[&str]) -> Option<String> {
    let mut covered = vec![false; letters.len()];
    for reading in READINGS {
        cover(letters, known, reading, &mut covered);
    }
    let left = letters.iter().zip(&covered).filter(|(letter, covered)| !**covered && letter.is_alphanumeric());
    covered.contains(&true).then(|| left.map(|(letter, _)| *letter).collect())
}

/// Marks the places of known words, whatever signs stand between their letters.
fn cover(letters: &[char], known: &[&str], reading: fn(char) -> char, covered: &mut [bool]) {
    let (places, read): (Vec<usize>, Vec<char>) =
        letters.iter().copied().map(reading).enumerate().filter(|(_, letter)| letter.is_alphanumeric()).unzip();
    for word in known {
        let word: Vec<char> = word.chars().collect();
        let found = read.windows(word.len().max(1)).enumerate().filter(|(_, part)| *part == word.as_slice());
        for place in found.flat_map(|(start, _)| places.iter().skip(start).take(word.len())) {
            covered[*place] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str, known: &[&str]) -> Option<String> {
        let letters: Vec<char> = without_marks(text).to_lowercase().chars().collect();
        left_without(&letters, known)
    }

    #[test]
    fn the_list_is_read_and_each_of_its_lines_is_wholly_known() {
        let worst: Vec<&str> = WORST.iter().map(String::as_str).collect();
        let lines = include_str!("../../../data/passwords/worst_vi.txt").lines();
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with("# ")).collect();
        assert!(lines.len() > 300, "{}", lines.len());
        assert!(worst.iter().all(|word| word.chars().count() >= SHORTEST_WORD));
        for line in lines {
            let left = left(line, &worst).unwrap_or_else(|| panic!("{line} is not known"));
            assert!(!left.chars().any(char::is_alphabetic), "{line} leaves {left}");
        }
    }

    #[test]
    fn known_words_are_taken_out_whatever_stands_between_their_letters() {
        let table: [(&str, &[&str], Option<&str>); 10] = [
            ("Matkhau@2025", &["matkhau"], Some("2025")),
            ("M.a.t-K.h.a.u 7", &["matkhau"], Some("7")),
            ("Mật Khẩu!", &["matkhau"], Some("")),
            ("M@tkh@u1", &["matkhau"], Some("1")),
            ("Th0ng1975", &["thong"], Some("1975")),
            ("KimNgan và 3 con mèo", &["kim", "ngan", "kimngan"], Some("va3conmeo")),
            ("tân tân tân", &["tantan"], Some("")),
            ("con mèo", &["matkhau"], None),
            ("", &["matkhau"], None),
            ("我的猫 Aa1", &["aa1"], Some("我的猫")),
        ];
        for (text, known, expected) in table {
            assert_eq!(left(text, known).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_empty_text_has_no_strength_and_a_long_one_is_not_read_to_its_end() {
        assert_eq!(score("", &[]), 0);
        assert_eq!(score(&"Con mèo trèo cây cau 7 lần. ".repeat(400), &[]), 4);
    }
}
