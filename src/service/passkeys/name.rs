//! What a person calls a passkey: the device, usually.

use crate::base::text::nfc;

/// The most characters of a name.
pub const LONGEST: usize = 60;

/// Why a name is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing that could be seen.
    #[error("the name is empty")]
    Empty,
    /// More than [`LONGEST`] characters.
    #[error("the name has more than {LONGEST} characters")]
    TooLong,
}

/// Reads a name. What steers the direction or the order of the text around it
/// is left out: a name must not rearrange the page that shows it.
pub(super) fn read(text: &str) -> Result<String, NameError> {
    let name = nfc(&text.chars().filter(|letter| !steers(*letter)).collect::<String>());
    match name.chars().count() {
        0 => Err(NameError::Empty),
        1..=LONGEST => Ok(name),
        _ => Err(NameError::TooLong),
    }
}

/// Characters that cannot be seen, without those that join an emoji.
fn steers(letter: char) -> bool {
    let directs = matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(letter, '\u{00ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}');
    directs || hides || (letter.is_control() && !letter.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_can_be_seen_of_it() {
        let family = "👩\u{200d}👧 Máy nhà";
        let table = [
            ("  Điện   thoại \n mới ", Ok("Điện thoại mới")),
            (family, Ok(family)),
            ("tin\u{202e}yám", Ok("tinyám")),
            ("\u{200f}\u{2067}a\u{2069}", Ok("a")),
            ("a\u{7}b", Ok("ab")),
            ("\u{200b}\u{feff} ", Err(NameError::Empty)),
            ("", Err(NameError::Empty)),
        ];
        for (typed, expected) in table {
            assert_eq!(read(typed), expected.map(str::to_owned), "{typed:?}");
        }
    }

    #[test]
    fn a_name_has_an_end() {
        let (most, more) = ("ệ".repeat(LONGEST), "ệ".repeat(LONGEST + 1));

        assert_eq!(read(&most), Ok(most.clone()));
        assert_eq!(read(&more), Err(NameError::TooLong));
        assert_eq!(read(&"a".repeat(10_000)), Err(NameError::TooLong));
    }
}
