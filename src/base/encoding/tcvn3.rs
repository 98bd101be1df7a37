//! TCVN3 (ABC): the upper half of one code table, as its fonts show it.
//!
//! Source: TCVN 5712:1993, table VN1, whose bytes from A0 on are VN3 (ABC); the
//! capitals with tones that only VN1 has there are read too. It was compared
//! with the table `TCVN5712-1` of GNU libc. The fonts have no capitals with
//! tones: a font whose name ends in H shows small letters as capitals.

use super::NO_LETTER;

/// The letters of the bytes A0 to FF.
#[rustfmt::skip]
const LETTERS: [char; 96] = [
    '\u{a0}', 'Ă', 'Â', 'Ê', 'Ô', 'Ơ', 'Ư', 'Đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', 'Ằ',
    '\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}', 'à', 'ả', 'ã', 'á', 'ạ', 'Ẳ', 'ằ', 'ẳ', 'ẵ', 'ắ', 'Ẵ',
    'Ắ', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ', 'Ề', 'ặ', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ', 'è', 'Ể', 'ẻ', 'ẽ',
    'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì', 'ỉ', 'Ễ', 'Ế', 'Ồ', 'ĩ', 'í', 'ị', 'ò',
    'Ổ', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ', 'ù',
    'Ỗ', 'ủ', 'ũ', 'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ', 'Ố',
];

/// The letter of a byte.
pub(super) fn letter(byte: u8) -> char {
    match byte {
        ..0x80 => char::from(byte),
        0x80..0xa0 => super::windows1258::mark(byte),
        0xa0.. => LETTERS.get(usize::from(byte - 0xa0)).copied().unwrap_or(NO_LETTER),
    }
}

/// Makes capitals of a text that was shown in them: one of its words has two capitals of ASCII and no small letter of it.
pub(super) fn with_capitals(text: String) -> String {
    let shown_large = |word: &str| {
        let (mut large, mut small) = (0, 0);
        for letter in word.bytes() {
            large += usize::from(letter.is_ascii_uppercase());
            small += usize::from(letter.is_ascii_lowercase());
        }
        large >= 2 && small == 0 && !word.is_ascii()
    };
    if text.split_whitespace().any(shown_large) { text.to_uppercase() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| letter(*byte)).collect()
    }

    #[test]
    fn known_sentences_are_read() {
        let table: [(&[u8], &str); 4] = [
            (b"C\xe9ng h\xdfa x\xb7 h\xe9i ch\xf1 ngh\xdca Vi\xd6t Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
            (b"\xa7\xe9c l\xcbp - T\xf9 do - H\xb9nh ph\xf3c", "Độc lập - Tự do - Hạnh phúc"),
            (b"Nguy\xd4n Th\xde H\xadng", "Nguyễn Thị Hưng"),
            (b"Tr\xc7n \xa7\xd8nh Qu\xfd", "Trần Đỉnh Quý"),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(bytes), expected);
        }
    }

    #[test]
    fn capitals_come_back_where_a_font_showed_them() {
        let table = [
            ("NGUYỄN VĂN AN".to_lowercase(), "nguyễn văn an".to_owned()),
            ("NGUYễN VăN AN".to_owned(), "NGUYỄN VĂN AN".to_owned()),
            ("TRầN Mỹ".to_owned(), "TRẦN MỸ".to_owned()),
            ("Lê Mỹ Hà".to_owned(), "Lê Mỹ Hà".to_owned()),
            ("UBND phường 1".to_owned(), "UBND phường 1".to_owned()),
        ];
        for (text, expected) in table {
            assert_eq!(with_capitals(text), expected);
        }
    }
}
