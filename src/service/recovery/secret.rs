//! The secrets of ways back: how they are made, read, and kept.

use crate::base::digest::hmac_sha256;
use crate::base::entropy::Entropy;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::service::{Failure, Services};

/// How long a code counts.
pub const CODE_HOURS: i64 = 24;
/// How long an invitation counts.
pub const INVITATION_HOURS: i64 = 72;

/// Letters of a link's token: 256 bits in base64url.
const TOKEN_LENGTH: usize = 43;
/// Letters and digits of a code: 49 bits.
const LENGTH: usize = 10;
/// Written in two groups.
const GROUP: usize = 5;
/// No code is longer, however it is typed.
const LONGEST: usize = 64;
/// Without 0, 1, I, L and O, which are mistaken for each other.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Random bytes below this fall on every letter equally often.
const FAIR: usize = 256 - 256 % ALPHABET.len();

/// A keyed hash for one use: a copy of the records alone lets nobody search for codes.
pub(super) fn keyed(services: &Services, text: &str) -> Result<[u8; 32], Failure> {
    let key = services.envelope.derive("ways back 1")?;
    Ok(hmac_sha256(key.as_ref(), text.as_bytes()))
}

/// What is kept of a link's token.
pub(super) fn token_digest(services: &Services, token: &str) -> Result<[u8; 32], Failure> {
    keyed(services, &format!("link\n{token}"))
}

/// What is kept of a code: bound to its person.
pub(super) fn code_digest(services: &Services, person: &PersonId, code: &str) -> Result<[u8; 32], Failure> {
    keyed(services, &format!("code\n{person}\n{code}"))
}

/// Whether a text can be a link's token at all.
pub(super) fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// A new code.
pub(super) fn new_code(entropy: &dyn Entropy) -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        let missing = LENGTH - code.len();
        let fair = entropy.bytes32().into_iter().map(usize::from).filter(|byte| *byte < FAIR);
        code.extend(fair.take(missing).map(|byte| char::from(ALPHABET[byte % ALPHABET.len()])));
    }
    code
}

/// `ABCDE-FGH23`
pub(super) fn shown(code: &str) -> String {
    let (first, second) = code.split_at(GROUP.min(code.len()));
    format!("{first}-{second}")
}

/// A code as it is compared: capital letters and digits, without what people put between them.
pub(super) fn read(typed: &str) -> String {
    let typed: String = typed.chars().take(LONGEST).collect();
    let between = |letter: &char| letter.is_whitespace() || matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    fold(&typed).chars().filter(|letter| !between(letter)).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_code(&SeededEntropy::new(7));
        let told = shown(&code);

        assert_eq!((code.len(), told.len()), (LENGTH, LENGTH + 1));
        for typed in [told.clone(), told.to_lowercase(), told.replace('-', " "), told.replace('-', "\u{2013}"), code.clone()] {
            assert_eq!(read(&typed), code, "{typed}");
        }
        assert_ne!(read(&told[1..]), code);
        assert_eq!(read(&"7".repeat(10_000)).len(), LONGEST);
    }

    #[test]
    fn no_letter_of_a_code_is_mistaken_for_another() {
        assert_eq!(FAIR % ALPHABET.len(), 0);
        assert!(!ALPHABET.iter().any(|letter| b"01ILO".contains(letter)));
    }

    #[test]
    fn a_token_has_one_form() {
        let token = SeededEntropy::new(1).token();
        assert!(is_token(&token));
        for other in ["", "a", &token[1..], &format!("{token}a"), &token.replace(&token[..1], " ")] {
            assert!(!is_token(other), "{other}");
        }
    }
}
