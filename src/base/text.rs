//! Vietnamese text: composed form, folding for search, and a key to sort names by.

use unicode_normalization::UnicodeNormalization as _;

/// The composed form (NFC), trimmed, with runs of white space as one space.
pub fn nfc(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lower case without accents, for search and for comparing user names.
///
/// `Đ` has no decomposition and is mapped by hand. Folding joins what people
/// may mean; it never decides identity: `Thanh An` and `Thạnh An` fold alike.
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|letter| !('\u{0300}'..='\u{036f}').contains(letter))
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The Vietnamese alphabet's letters in order; a letter's rank sorts it.
const ALPHABET: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";

/// A key that sorts full names as Vietnamese lists do: by given name (the last
/// word), then by the rest, in alphabet order, then by tone.
pub fn name_key(full_name: &str) -> String {
    let name = nfc(full_name).to_lowercase();
    let (rest, given) = name.rsplit_once(' ').unwrap_or(("", &name));
    format!("{} {}", word_key(given), rest.split(' ').map(word_key).collect::<Vec<_>>().join(" "))
}

fn word_key(word: &str) -> String {
    let mut letters = String::new();
    let mut tones = String::new();
    for letter in word.nfd() {
        // ngang, huyền, hỏi, ngã, sắc, nặng: the order of dictionaries.
        match letter {
            '\u{0300}' => tones.push('1'),
            '\u{0309}' => tones.push('2'),
            '\u{0303}' => tones.push('3'),
            '\u{0301}' => tones.push('4'),
            '\u{0323}' => tones.push('5'),
            // Breve, circumflex and horn make a letter of its own: a ă â, o ô ơ.
            '\u{0306}' | '\u{0302}' | '\u{031b}' => {
                if let Some(base) = letters.pop() {
                    let step = match letter {
                        '\u{0302}' if Some(base) != rank('a') => 1,
                        '\u{0306}' => 1,
                        _ => 2,
                    };
                    letters.push(char::from_u32(u32::from(base) + step).unwrap_or(base));
                }
            }
            other => letters.extend(rank(other)),
        }
    }
    format!("{letters}{tones}")
}

/// A letter's place as a printable character, three apart so that marked
/// letters fit between; digits and others keep their own order below.
fn rank(letter: char) -> Option<char> {
    let plain = match letter {
        'đ' => return char::from_u32(0x100 + 3 * 3 + 2),
        other => other,
    };
    match ALPHABET.chars().filter(char::is_ascii).position(|known| known == plain) {
        Some(place) => char::from_u32(0x100 + u32::try_from(place).unwrap_or_default() * 3),
        None => plain.is_alphanumeric().then_some(plain),
    }
}

/// True when a text has a character that no form field should carry.
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_drops_accents_and_the_stroke_of_d() {
        assert_eq!(fold("Đặng Thị  Ánh Tuyết"), "dang thi anh tuyet");
        assert_eq!(fold("Thanh An"), fold("Thạnh An"));
        assert_eq!(fold("ＡＢＣ"), "abc");
    }

    #[test]
    fn names_sort_by_given_name_in_the_alphabet_of_vietnamese() {
        let mut names =
            vec!["Lê Văn Ân", "Trần Thị Bé", "Nguyễn An", "Lý Đạt", "Võ Dũng", "Bùi Ánh", "Hồ Ơn", "Hồ Ôn", "Hồ Oanh", "Phan Ăn"];
        names.sort_by_key(|name| name_key(name));
        assert_eq!(
            names,
            ["Nguyễn An", "Bùi Ánh", "Phan Ăn", "Lê Văn Ân", "Trần Thị Bé", "Võ Dũng", "Lý Đạt", "Hồ Oanh", "Hồ Ôn", "Hồ Ơn"]
        );
    }
}
