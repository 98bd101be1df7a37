//! The personal number (số định danh cá nhân): 12 digits, for life, no check digit.
//!
//! It serves to match people and nothing else: never a user name, a `sub`, an
//! address or a log line. Its digits are the place of birth registration, not
//! a unit.

use zeroize::Zeroizing;

/// A personal number; wiped after use and never printed whole.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalNumber(Zeroizing<String>);

impl PersonalNumber {
    /// Reads 12 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let right = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// All twelve digits, for sealing and for the keyed hash.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first three and the last three digits.
    pub fn masked(&self) -> String {
        format!("{}••••••{}", &self.0[..3], &self.0[9..])
    }
}

impl std::fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_and_nothing_else() {
        assert!(PersonalNumber::parse("079186098092").is_some());
        for wrong in ["", "79186098092", "0791860980921", "07918609809a", "０79186098092", "079 186098092"] {
            assert!(PersonalNumber::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn it_is_never_printed_whole() {
        let number = PersonalNumber::parse("079186098092").expect("a number");
        assert_eq!(number.masked(), "079••••••092");
        assert_eq!(format!("{number:?}"), "079••••••092");
    }
}
