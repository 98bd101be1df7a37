//! VNI for Windows: a Latin letter, and behind it one sign for quality and tone together.
//!
//! Source: the table of VNI-Windows that VNI Software published with its fonts
//! (`VNI-Times`), as the free converters carry it. Signs of capitals lie 20
//! (hexadecimal) below those of small letters; either is read behind either.
//! Nine letters have a place of their own: ơ ư đ, ỵ, and i with each tone.

use super::NO_LETTER;
use unicode_normalization::char::compose;

/// Combining breve: ă.
const BREVE: char = '\u{306}';
/// Combining circumflex: â ê ô.
const CIRCUMFLEX: char = '\u{302}';
const GRAVE: char = '\u{300}';
const ACUTE: char = '\u{301}';
const TILDE: char = '\u{303}';
const HOOK: char = '\u{309}';
const DOT: char = '\u{323}';

/// The letter that a sign stands for when it stands alone; itself when it is of ASCII.
pub(super) fn alone(letter: char) -> char {
    match letter {
        '\u{f4}' => 'ơ',
        '\u{f6}' => 'ư',
        '\u{f1}' => 'đ',
        '\u{ed}' => 'í',
        '\u{ec}' => 'ì',
        '\u{e6}' => 'ỉ',
        '\u{f3}' => 'ĩ',
        '\u{f2}' => 'ị',
        '\u{ee}' => 'ỵ',
        '\u{d4}' => 'Ơ',
        '\u{d6}' => 'Ư',
        '\u{d1}' => 'Đ',
        '\u{cd}' => 'Í',
        '\u{cc}' => 'Ì',
        '\u{c6}' => 'Ỉ',
        '\u{d3}' => 'Ĩ',
        '\u{d2}' => 'Ị',
        '\u{ce}' => 'Ỵ',
        // The rest of the upper half are signs, which need a letter before them, or nothing at all.
        '\u{80}'..='\u{9f}' | '\u{a1}'..='\u{ff}' => NO_LETTER,
        other => other,
    }
}

/// True when a sign may follow.
pub(super) fn takes_a_sign(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư' | 'A' | 'E' | 'O' | 'U' | 'Y' | 'Ơ' | 'Ư')
}

/// A letter with the sign that follows it; nothing when that is no sign of this letter.
pub(super) fn with_sign(letter: char, sign: char) -> Option<char> {
    let (quality, tone) = sign_of(sign)?;
    let takes_quality = match quality {
        None => true,
        Some(BREVE) => matches!(letter, 'a' | 'A'),
        Some(_) => matches!(letter, 'a' | 'e' | 'o' | 'A' | 'E' | 'O'),
    };
    if !takes_quality {
        return None;
    }
    // Of a quality and a dot below, Unicode composes the dot first.
    let (first, second) = if tone == Some(DOT) { (tone, quality) } else { (quality, tone) };
    let with = |letter: char, mark: Option<char>| mark.map_or(Some(letter), |mark| compose(letter, mark));
    with(with(letter, first)?, second)
}

/// The quality and the tone of a sign.
fn sign_of(sign: char) -> Option<(Option<char>, Option<char>)> {
    // Capitals lie 0x20 below; both halves hold signs, so that nothing else is met.
    let small = match u32::from(sign) {
        code @ 0xc0..=0xdf => char::from_u32(code + 0x20)?,
        _ => sign,
    };
    Some(match small {
        '\u{f9}' => (None, Some(ACUTE)),
        '\u{f8}' => (None, Some(GRAVE)),
        '\u{fb}' => (None, Some(HOOK)),
        '\u{f5}' => (None, Some(TILDE)),
        '\u{ef}' => (None, Some(DOT)),
        '\u{ea}' => (Some(BREVE), None),
        '\u{e9}' => (Some(BREVE), Some(ACUTE)),
        '\u{e8}' => (Some(BREVE), Some(GRAVE)),
        '\u{fa}' => (Some(BREVE), Some(HOOK)),
        '\u{fc}' => (Some(BREVE), Some(TILDE)),
        '\u{eb}' => (Some(BREVE), Some(DOT)),
        '\u{e2}' => (Some(CIRCUMFLEX), None),
        '\u{e1}' => (Some(CIRCUMFLEX), Some(ACUTE)),
        '\u{e0}' => (Some(CIRCUMFLEX), Some(GRAVE)),
        '\u{e5}' => (Some(CIRCUMFLEX), Some(HOOK)),
        '\u{e3}' => (Some(CIRCUMFLEX), Some(TILDE)),
        '\u{e4}' => (Some(CIRCUMFLEX), Some(DOT)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_with_a_sign_is_one_letter() {
        let table = [
            ('a', "ùøûõï", "áàảãạ"),
            ('a', "êéèúüë", "ăắằẳẵặ"),
            ('a', "âáàåãä", "âấầẩẫậ"),
            ('e', "ùøûõï", "éèẻẽẹ"),
            ('e', "âáàåãä", "êếềểễệ"),
            ('o', "ùøûõï", "óòỏõọ"),
            ('o', "âáàåãä", "ôốồổỗộ"),
            ('ơ', "ùøûõï", "ớờởỡợ"),
            ('u', "ùøûõï", "úùủũụ"),
            ('ư', "ùøûõï", "ứừửữự"),
            ('y', "ùøûõ", "ýỳỷỹ"),
            ('A', "ÙØÛÕÏ", "ÁÀẢÃẠ"),
            ('A', "ÊÉÈÚÜË", "ĂẮẰẲẴẶ"),
            ('E', "ÂÁÀÅÃÄ", "ÊẾỀỂỄỆ"),
            ('Ư', "ÙØÛÕÏ", "ỨỪỬỮỰ"),
        ];
        for (letter, signs, expected) in table {
            let read: Option<String> = signs.chars().map(|sign| with_sign(letter, sign)).collect();
            assert_eq!(read.as_deref(), Some(expected));
        }
        for (letter, sign) in [('u', 'ê'), ('e', 'ê'), ('y', 'â'), ('a', 'ñ'), ('b', 'ù')] {
            assert!(!takes_a_sign(letter) || with_sign(letter, sign).is_none(), "{letter}{sign}");
        }
    }

    #[test]
    fn nine_letters_stand_alone_and_signs_do_not() {
        let read = |text: &str| text.chars().map(alone).collect::<String>();
        assert_eq!(read("ôöñíìæóòî"), "ơưđíìỉĩịỵ");
        assert_eq!(read("ÔÖÑÍÌÆÓÒÎ"), "ƠƯĐÍÌỈĨỊỴ");
        assert_eq!(read("ùb\u{a0}"), "\u{fffd}b\u{a0}");
    }
}
