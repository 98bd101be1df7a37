//! bcrypt in modular crypt format (`$2a$`, `$2b$`, `$2y$`), and Django's
//! `bcrypt$` and `bcrypt_sha256$` in front of it.
//!
//! The three versions differ in mistakes that they mended, not in what they
//! compute. `$2x$` is the mistake itself and is not read. Passwords count up to
//! 72 bytes, as with every maker of such hashes.

use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::base::digest::{hex, sha256};
use crate::crypto::password::HashError;
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "bcrypt";
/// Two to this power is what is computed at most.
const MOST_COST: u32 = 15;
const LEAST_COST: u32 = 4;
const STRONG_COST: u32 = 10;
/// With the zero byte at the end.
const MOST_KEY_BYTES: usize = 72;
/// The digest's last byte was never written.
const DIGEST_BYTES: usize = 23;

/// What the key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Password,
    /// SHA-256 of the password in small hexadecimal digits.
    Sha256Hex,
}

/// bcrypt's cost and salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bcrypt {
    key: Key,
    cost: u32,
    salt: [u8; 16],
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let (key, text) = match text.strip_prefix("bcrypt_sha256$") {
        Some(rest) => (Key::Sha256Hex, rest),
        None => (Key::Password, text.strip_prefix("bcrypt$").unwrap_or(text)),
    };
    let [_, version, cost, rest] = notation::parts(text)?;
    if !text.starts_with('$') || !["2a", "2b", "2y"].contains(&version) {
        return Err(ParseError::Unknown);
    }
    let (salt, digest) = rest.split_at_checked(22).ok_or(ParseError::Unknown)?;
    let digest = Zeroizing::new(notation::bcrypt_base64(digest)?);
    if digest.len() != DIGEST_BYTES {
        return Err(ParseError::Unknown);
    }
    let scheme = Bcrypt::new(key, notation::number(cost)?, notation::bcrypt_base64(salt)?)?;
    Ok(LegacyHash { scheme: Scheme::Bcrypt(scheme), digest })
}

impl Bcrypt {
    fn new(key: Key, cost: u64, salt: Vec<u8>) -> Result<Self, ParseError> {
        let cost = notation::capped("a bcrypt cost", cost, MOST_COST)?;
        let salt = salt.try_into().map_err(|_| ParseError::Unknown)?;
        if cost < LEAST_COST { Err(ParseError::Unknown) } else { Ok(Self { key, cost, salt }) }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let key = match fields.word("key")? {
            "password" => Key::Password,
            "sha256" => Key::Sha256Hex,
            _ => return Err(ParseError::Unknown),
        };
        Self::new(key, fields.number("cost")?, fields.bytes("salt")?)
    }
}

impl Recipe for Bcrypt {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn strength(&self) -> Strength {
        if self.cost >= STRONG_COST { Strength::Strong } else { Strength::Weak }
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let hashed;
        let text = match self.key {
            Key::Password => password,
            Key::Sha256Hex => {
                hashed = Zeroizing::new(hex(&sha256(password.as_bytes())));
                &hashed
            }
        };
        let mut key = Zeroizing::new(Vec::with_capacity(MOST_KEY_BYTES));
        key.extend(text.bytes().chain([0]).take(MOST_KEY_BYTES));
        let computed = Zeroizing::new(bcrypt::bcrypt(self.cost, self.salt, &key));
        Ok(Zeroizing::new(computed[..DIGEST_BYTES].to_vec()))
    }

    fn write(&self, fields: &mut Written) {
        let key = match self.key {
            Key::Password => "password",
            Key::Sha256Hex => "sha256",
        };
        fields.word("key", &key);
        fields.word("cost", &self.cost);
        fields.bytes("salt", &self.salt);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_the_bcrypt_module_of_python_open() {
        for text in [
            "$2b$04$abcdefghijklmnopqrstuuHmIb3TQJKukBKgYYC0aofYWtT2H2REe",
            "$2a$05$abcdefghijklmnopqrstuuhnvayPinIeh/mqkJQpKaeeo9Z0idG3W",
        ] {
            let hash = opens("bcrypt 4.0.1 (Python)", text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), ("bcrypt", Strength::Weak));
        }
        let strong = "$2b$10$abcdefghijklmnopqrstuu8bTOmOGUcgECRXYvr7K6GoMa/VpK2bm";
        assert_eq!(LegacyHash::parse(strong, None).expect("a hash").scheme().strength(), Strength::Strong);
    }

    #[test]
    fn a_vector_of_the_crypt_library_of_linux_opens() {
        let text = "$2y$04$abcdefghijklmnopqrstuuHmIb3TQJKukBKgYYC0aofYWtT2H2REe";
        opens("libxcrypt (crypt of Perl 5.36)", text, None, PASSWORD);
        opens("libxcrypt (crypt of Perl 5.36)", &format!("{{CRYPT}}{text}"), None, PASSWORD);
    }

    #[test]
    fn vectors_of_django_open() {
        for text in [
            "bcrypt$$2b$04$BUIuo6lt2nTQqOYToKUireP3.Krkn9u85pN9GGL9X254YDdQCkHie",
            "bcrypt_sha256$$2b$04$mLq/tQLv.fsUUQi/4SvEEuobzNTwblZ5opwLtiEsfcq3M9Yu4IfVO",
        ] {
            opens("Django 5.2.19", text, None, PASSWORD);
        }
    }

    #[test]
    fn long_passwords_count_as_far_as_they_did() {
        let (long, longer) = ("0123456789".repeat(8), "0123456789".repeat(8) + "x");
        let cut = "$2b$04$abcdefghijklmnopqrstuum2G75IXDN/xsgbNa/hCiPSKyIHQd70S";
        let hash = opens("bcrypt 4.0.1 (Python)", cut, None, &long);
        assert_eq!(hash.verify(&longer), Ok(true));

        let whole = "bcrypt_sha256$$2b$04$QstmlpXUmHeR3Dfl1R/6HeB17IZKQ8iHJPZPMUMDMXLUlheTHrwf.";
        let hash = opens("Django 5.2.19", whole, None, &long);
        assert_eq!(hash.verify(&longer), Ok(false));
    }

    #[test]
    fn a_cost_over_the_cap_is_refused_and_one_that_cannot_be_is_unknown() {
        let with = |cost: &str| {
            let text = format!("$2b${cost}$abcdefghijklmnopqrstuuHmIb3TQJKukBKgYYC0aofYWtT2H2REe");
            LegacyHash::parse(&text, None).map(|_| ())
        };
        assert_eq!(with("15"), Ok(()));
        assert_eq!(with("16"), Err(ParseError::TooCostly { what: "a bcrypt cost", asked: 16, most: 15 }));
        assert_eq!(with("03"), Err(ParseError::Unknown));
        assert_eq!(with("-4"), Err(ParseError::Unknown));
    }
}
