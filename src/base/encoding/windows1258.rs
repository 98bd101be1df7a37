//! Windows-1258: Latin letters, those of Vietnamese among them, and five tones that stand behind a letter.
//!
//! Source: the WHATWG Encoding Standard, index windows-1258, compared with the
//! codec `cp1258` of Python. The bytes without a meaning are no letters here.

use super::NO_LETTER;

/// The letters of the bytes 80 to FF.
#[rustfmt::skip]
const LETTERS: [char; 128] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', '\u{fffd}', '‹', 'Œ', '\u{fffd}', '\u{fffd}', '\u{fffd}',
    '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', '\u{fffd}', '›', 'œ', '\u{fffd}', '\u{fffd}', 'Ÿ',
    '\u{a0}', '¡', '¢', '£', '¤', '¥', '¦', '§', '¨', '©', 'ª', '«', '¬', '\u{ad}', '®', '¯',
    '°', '±', '²', '³', '´', 'µ', '¶', '·', '¸', '¹', 'º', '»', '¼', '½', '¾', '¿',
    'À', 'Á', 'Â', 'Ă', 'Ä', 'Å', 'Æ', 'Ç', 'È', 'É', 'Ê', 'Ë', '\u{300}', 'Í', 'Î', 'Ï',
    'Đ', 'Ñ', '\u{309}', 'Ó', 'Ô', 'Ơ', 'Ö', '×', 'Ø', 'Ù', 'Ú', 'Û', 'Ü', 'Ư', '\u{303}', 'ß',
    'à', 'á', 'â', 'ă', 'ä', 'å', 'æ', 'ç', 'è', 'é', 'ê', 'ë', '\u{301}', 'í', 'î', 'ï',
    'đ', 'ñ', '\u{323}', 'ó', 'ô', 'ơ', 'ö', '÷', 'ø', 'ù', 'ú', 'û', 'ü', 'ư', '₫', 'ÿ',
];

/// The letter, or the tone of the letter before it, of a byte.
pub(super) fn letter(byte: u8) -> char {
    match byte {
        ..0x80 => char::from(byte),
        0x80.. => LETTERS.get(usize::from(byte - 0x80)).copied().unwrap_or(NO_LETTER),
    }
}

/// Quotation marks and dashes of Windows (80 to 9F), which stand in texts of the old fonts too.
pub(super) fn mark(byte: u8) -> char {
    if (0x80..0xa0).contains(&byte) { letter(byte) } else { NO_LETTER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_normalization::UnicodeNormalization as _;

    #[test]
    fn known_names_are_read_and_compose() {
        let table: [(&[u8], &str); 4] = [
            (b"Nguy\xea\xden Thi\xf2 Ha\xf2nh", "Nguyễn Thị Hạnh"),
            (b"Vi\xea\xf2t Nam", "Việt Nam"),
            (b"\xd0\xe3\xf2ng V\xe3n \xc2n", "Đặng Văn Ân"),
            (b"L\xf4\xec, Ph\xfd\xf5\xccng", "Lố, Phường"),
        ];
        for (bytes, expected) in table {
            let composed: String = bytes.iter().map(|byte| letter(*byte)).nfc().collect();
            assert_eq!(composed, expected);
        }
    }

    #[test]
    fn bytes_without_a_meaning_are_no_letters() {
        for byte in [0x81, 0x8a, 0x8d, 0x8e, 0x8f, 0x90, 0x9a, 0x9d, 0x9e] {
            assert_eq!(letter(byte), NO_LETTER, "{byte:x}");
        }
        assert_eq!((mark(0x93), mark(0xe2)), ('“', NO_LETTER));
    }
}
