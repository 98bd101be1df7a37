//! How bytes and numbers are written in exported hashes.

use super::ParseError;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const PADDED_OR_NOT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDED_OR_NOT);
/// Old makers left the last bits of a salt as they came.
const BCRYPT: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, PADDED_OR_NOT.with_decode_allow_trailing_bits(true));
/// The digits of the crypt family, lowest first.
const CRYPT_DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Base64 (RFC 4648 §4), padded or not.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, ParseError> {
    STANDARD.decode(text).map_err(|_| ParseError::Unknown)
}

/// Base64 with a dot for the plus, as passlib writes it; the plus is read too.
pub(super) fn adapted_base64(text: &str) -> Result<Vec<u8>, ParseError> {
    base64(&text.replace('.', "+"))
}

/// bcrypt's own base64.
pub(super) fn bcrypt_base64(text: &str) -> Result<Vec<u8>, ParseError> {
    BCRYPT.decode(text).map_err(|_| ParseError::Unknown)
}

/// Hexadecimal in either case.
pub(super) fn hex(text: &str) -> Result<Vec<u8>, ParseError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ParseError::Unknown);
    }
    pairs.iter().map(|&[high, low]| Ok(digit(high)? << 4 | digit(low)?)).collect()
}

fn digit(byte: u8) -> Result<u8, ParseError> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(ParseError::Unknown),
    }
}

/// A decimal number without a sign.
pub(super) fn number(text: &str) -> Result<u64, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseError::Unknown);
    }
    // More digits than fit are a number all the same: one over every cap.
    Ok(text.parse().unwrap_or(u64::MAX))
}

/// A cost, or the refusal of it.
pub(super) fn capped(what: &'static str, asked: u64, most: u32) -> Result<u32, ParseError> {
    let refused = ParseError::TooCostly { what, asked, most: u64::from(most) };
    u32::try_from(asked).ok().filter(|asked| *asked <= most).ok_or(refused)
}

/// The fields between `$`, just so many.
pub(super) fn parts<const N: usize>(text: &str) -> Result<[&str; N], ParseError> {
    text.split('$').collect::<Vec<_>>().try_into().map_err(|_| ParseError::Unknown)
}

/// What follows `{TAG}`, in either case.
pub(super) fn after_tag<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (found, rest) = text.strip_prefix('{')?.split_once('}')?;
    found.eq_ignore_ascii_case(tag).then_some(rest)
}

/// The crypt family's base 64: three bytes as four digits, lowest first.
pub(super) fn crypt64(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len().div_ceil(3) * 4));
    for group in bytes.chunks(3) {
        let value = group.iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        out.extend((0..=group.len()).map(|place| CRYPT_DIGITS[value >> (6 * place) & 63]));
    }
    out
}

/// The value of one of the crypt family's digits.
pub(super) fn crypt64_digit(byte: u8) -> Option<u32> {
    CRYPT_DIGITS.iter().position(|digit| *digit == byte).and_then(|place| u32::try_from(place).ok())
}

/// True for so many of the crypt family's digits.
pub(super) fn is_crypt64(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| CRYPT_DIGITS.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_sign_and_no_end() {
        assert_eq!(number("0012"), Ok(12));
        assert_eq!(number("99999999999999999999999999"), Ok(u64::MAX));
        for wrong in ["", "+1", "-1", "1e3", "１"] {
            assert_eq!(number(wrong), Err(ParseError::Unknown), "{wrong:?}");
        }
    }

    #[test]
    fn hexadecimal_is_read_in_either_case_and_only_in_pairs() {
        assert_eq!(hex("00fFa0"), Ok(vec![0, 255, 160]));
        for wrong in ["0", "0g", "é"] {
            assert_eq!(hex(wrong), Err(ParseError::Unknown), "{wrong:?}");
        }
    }

    #[test]
    fn digits_of_crypt_come_lowest_first() {
        assert_eq!(crypt64(&[1, 0, 0]).as_slice(), b"/...");
        assert_eq!(crypt64(&[255]).as_slice(), b"z1");
        assert_eq!(crypt64(&[0, 16]).as_slice(), b"../");
    }
}
