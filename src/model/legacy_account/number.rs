//! The personal number of a legacy account: what kind of number was written, and a token to compare it by.
//!
//! The token is a keyed digest that is made on a floor above, so that whole
//! populations are compared without their numbers. What the digits tell (the
//! year of birth) is read before they are gone.

use crate::model::personal_number::PersonalNumber;
use zeroize::Zeroizing;

/// The highest digit of century and sex: 2 and 3 are the years from 2000 to 2099; later ones are typing errors.
const LAST_CENTURY_DIGIT: i32 = 3;
/// Years in which somebody was born who has an account at work. What tells another is a filler (`001001001001` would
/// be of 1901, `012345678912` of 2045) or a typing error.
const BIRTH_YEARS: std::ops::RangeInclusive<i32> = 1920..=2015;

/// Stands for a number: equal tokens, equal numbers. It is never printed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NumberToken(pub [u8; 32]);

impl std::fmt::Debug for NumberToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NumberToken")
    }
}

/// What a row has for a personal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// Nothing.
    Missing,
    /// Something that is no number of a person: too long or too short, other characters, one digit all along.
    Malformed,
    /// An old number of nine digits (CMND). It may have been given out twice, and is no longer valid.
    Nine(NumberToken),
    /// A number of twelve digits that can be one.
    Twelve {
        /// To compare it by.
        token: NumberToken,
        /// The year of birth that its digits tell.
        born: i32,
    },
}

impl Number {
    /// Reads what was written; signs that sheets put between and before digits do not count. `token` is asked for
    /// numbers of nine and of twelve digits only. A leading zero that a sheet has cut off is not put back: that would be a guess.
    pub fn read(text: &str, token: impl FnOnce(&str) -> NumberToken) -> Self {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|letter| !letter.is_whitespace() && !matches!(*letter, '.' | '-' | '\'' | '’')));
        if digits.is_empty() {
            return Self::Missing;
        }
        if let Some(number) = PersonalNumber::parse(&digits) {
            return match birth_year(&number) {
                Some(born) => Self::Twelve { token: token(number.expose()), born },
                None => Self::Malformed,
            };
        }
        let nine = digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !is_filler(&digits);
        if nine { Self::Nine(token(digits.as_str())) } else { Self::Malformed }
    }

    /// The token of a valid number of twelve digits: the only one that can prove anything.
    pub fn twelve(&self) -> Option<&NumberToken> {
        match self {
            Self::Twelve { token, .. } => Some(token),
            Self::Nine(_) | Self::Malformed | Self::Missing => None,
        }
    }

    /// The token of an old number of nine digits.
    pub fn nine(&self) -> Option<&NumberToken> {
        match self {
            Self::Nine(token) => Some(token),
            Self::Twelve { .. } | Self::Malformed | Self::Missing => None,
        }
    }

    /// The token of either.
    pub fn token(&self) -> Option<&NumberToken> {
        self.twelve().or(self.nine())
    }

    /// The year of birth that a number of twelve digits tells.
    pub fn birth_year(&self) -> Option<i32> {
        match self {
            Self::Twelve { born, .. } => Some(*born),
            Self::Nine(_) | Self::Malformed | Self::Missing => None,
        }
    }
}

/// The year of birth, where the digits can be those of a number: a place of registration, a century that has begun, and a
/// year in which somebody can have been born.
fn birth_year(number: &PersonalNumber) -> Option<i32> {
    let digits = number.expose();
    let digit = |place: usize| i32::from(digits.as_bytes()[place] - b'0');
    let right = !digits.starts_with("000") && !is_filler(digits) && digit(3) <= LAST_CENTURY_DIGIT;
    let year = 1900 + digit(3) / 2 * 100 + digit(4) * 10 + digit(5);
    (right && BIRTH_YEARS.contains(&year)).then_some(year)
}

/// One digit all along is what is typed where a form asks for a number.
fn is_filler(digits: &str) -> bool {
    digits.bytes().all(|byte| Some(&byte) == digits.as_bytes().first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(digits: &str) -> NumberToken {
        let mut bytes = [0; 32];
        bytes[..digits.len()].copy_from_slice(digits.as_bytes());
        NumberToken(bytes)
    }

    #[test]
    fn twelve_digits_tell_the_year_of_birth() {
        let table = [
            ("079086001234", 1986),
            ("079186001234", 1986),
            ("074201001234", 2001),
            ("077305001234", 2005),
            ("079020001234", 1920),
            ("079215001234", 2015),
            ("079.186.001.234", 1986),
            ("'079 186 001 234", 1986),
        ];
        for (text, born) in table {
            assert_eq!(Number::read(text, token).birth_year(), Some(born), "{text}");
        }
        assert_eq!(Number::read("079 186 001 234", token).twelve(), Some(&token("079186001234")));
    }

    #[test]
    fn other_numbers_prove_nothing() {
        let table = [
            ("", Number::Missing),
            (" - ", Number::Missing),
            ("280123456", Number::Nine(token("280123456"))),
            ("79186001234", Number::Malformed),
            ("28012345", Number::Malformed),
            ("111111111", Number::Malformed),
            ("111111111111", Number::Malformed),
            ("000186001234", Number::Malformed),
            ("079486001234", Number::Malformed),
            ("001001001001", Number::Malformed),
            ("012345678912", Number::Malformed),
            ("079019001234", Number::Malformed),
            ("079216001234", Number::Malformed),
            ("079399001234", Number::Malformed),
            ("07918600123x", Number::Malformed),
            ("7.9186E+10", Number::Malformed),
            ("không có", Number::Malformed),
        ];
        for (text, expected) in table {
            let number = Number::read(text, token);
            assert_eq!(number, expected, "{text}");
            assert_eq!(number.twelve(), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        assert!(!format!("{:?}", Number::read("079186001234", token)).contains("55"));
    }
}
