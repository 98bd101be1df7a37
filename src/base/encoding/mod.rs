//! Encodings in which old systems export Vietnamese text, read as UTF-8 while a file is read.
//!
//! Before Unicode there were code pages (Windows-1258) and fonts: TCVN3 (ABC) and
//! VNI put Vietnamese letters where a font of theirs showed them. Text of such a
//! font was often carried into UTF-8 letter by letter, and is as unreadable there.
//!
//! Here belong the tables, a decoder that reads in constant memory ([`Decoder`]),
//! and the guess of a file's encoding ([`Survey`]). What is no letter of an
//! encoding becomes U+FFFD; whoever reads cells refuses those.

mod decoder;
mod survey;
mod syllable;
mod tcvn3;
mod utf16;
mod vni;
mod windows1258;

pub use decoder::Decoder;
pub use survey::{Finding, Survey};

use std::fmt;

/// Stands for what is no letter of an encoding.
pub const NO_LETTER: char = '\u{fffd}';

/// How a file writes its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, the lower byte first.
    Utf16Le,
    /// UTF-16, the higher byte first.
    Utf16Be,
    /// Windows-1258: letters, and tones behind them.
    Windows1258,
    /// TCVN3, which its fonts (`.VnTime`) made known as ABC.
    Tcvn3,
    /// VNI for Windows (`VNI-Times`).
    Vni,
    /// TCVN3 whose bytes were carried into UTF-8 as if they were Latin letters.
    Utf8Tcvn3,
    /// The same of VNI.
    Utf8Vni,
}

impl Encoding {
    /// All of them; where two fit a file alike, the earlier one is meant.
    pub const ALL: [Self; 8] =
        [Self::Utf8, Self::Utf16Le, Self::Utf16Be, Self::Windows1258, Self::Tcvn3, Self::Vni, Self::Utf8Tcvn3, Self::Utf8Vni];

    /// The word by which it is typed, told and stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1258 => "windows-1258",
            Self::Tcvn3 => "tcvn3",
            Self::Vni => "vni",
            Self::Utf8Tcvn3 => "utf-8+tcvn3",
            Self::Utf8Vni => "utf-8+vni",
        }
    }

    /// Reads [`Self::word`] back, in capital letters too, and the other words that people use.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        let known = Self::ALL.into_iter().find(|encoding| encoding.word() == word);
        known.or(match word.as_str() {
            "utf8" => Some(Self::Utf8),
            "utf-16" | "utf16" | "utf16le" => Some(Self::Utf16Le),
            "utf16be" => Some(Self::Utf16Be),
            "cp1258" | "windows1258" => Some(Self::Windows1258),
            "abc" | "tcvn" => Some(Self::Tcvn3),
            "vni-windows" => Some(Self::Vni),
            _ => None,
        })
    }

    /// Text for showing. The fonts of TCVN3 showed capitals by their name alone (`.VnTimeH`), so that a
    /// name in capitals is kept as `NGUYễN`: where a word has two capitals and no small letter of ASCII, capitals were meant.
    pub fn mended(self, text: String) -> String {
        match self {
            Self::Tcvn3 | Self::Utf8Tcvn3 => tcvn3::with_capitals(text),
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be | Self::Windows1258 | Self::Vni | Self::Utf8Vni => text,
        }
    }

    /// A text of one of the fonts that was carried into Unicode letter by letter, such as a cell of a workbook; others as they are.
    pub fn carried_over(self, text: &str) -> String {
        match self {
            Self::Tcvn3 | Self::Utf8Tcvn3 => decoder::carried(Self::Utf8Tcvn3, text),
            Self::Vni | Self::Utf8Vni => decoder::carried(Self::Utf8Vni, text),
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be | Self::Windows1258 => text.to_owned(),
        }
    }

    /// True for the two fonts, which a workbook may hold too.
    pub fn is_font(self) -> bool {
        match self {
            Self::Tcvn3 | Self::Vni | Self::Utf8Tcvn3 | Self::Utf8Vni => true,
            Self::Utf8 | Self::Utf16Le | Self::Utf16Be | Self::Windows1258 => false,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written() {
        for encoding in Encoding::ALL {
            assert_eq!(Encoding::from_word(encoding.word()), Some(encoding));
        }
        assert_eq!(Encoding::from_word(" ABC "), Some(Encoding::Tcvn3));
        assert_eq!(Encoding::from_word("latin1"), None);
    }

    #[test]
    fn cells_of_a_workbook_in_an_old_font_are_read_too() {
        assert_eq!(Encoding::Vni.carried_over("Nguyeãn Vaên An"), "Nguyễn Văn An");
        assert_eq!(Encoding::Tcvn3.carried_over("NguyÔn V¨n An"), "Nguyễn Văn An");
        assert_eq!(Encoding::Utf8.carried_over("Nguyễn Văn An"), "Nguyễn Văn An");
    }
}
