//! The portable hashes of PHP applications: `$P$` and, by phpBB, `$H$` over MD5;
//! Drupal 7's `$S$` over SHA-512. A `U` in front is Drupal's mark of a hash that
//! was computed over the MD5 of the password, when it moved from plain MD5.

use super::message_digest::Algorithm;
use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::base::digest::hex;
use crate::crypto::password::HashError;
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "portable";
/// The makers refuse fewer.
const LEAST_LOG2: u32 = 7;
/// A million rounds, about a second; the makers' own settings are from 8 to 15.
const MOST_LOG2: u32 = 20;
const SALT_BYTES: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Md5,
    /// Cut to as many digits as Drupal's column had room for.
    Sha512,
}

impl Variant {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Md5 => Algorithm::Md5,
            Self::Sha512 => Algorithm::Sha512,
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::Md5 => 22,
            Self::Sha512 => 43,
        }
    }
}

/// The variant, how often it is repeated, and the salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portable {
    variant: Variant,
    /// Two to this power.
    log2: u32,
    salt: Vec<u8>,
    over_md5: bool,
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let (text, over_md5) = text.strip_prefix('U').map_or((text, false), |rest| (rest, true));
    let [before, mark, rest] = notation::parts(text)?;
    let variant = match (before, mark) {
        ("", "P" | "H") => Variant::Md5,
        ("", "S") => Variant::Sha512,
        _ => return Err(ParseError::Unknown),
    };
    let (log2, rest) = rest.split_at_checked(1).ok_or(ParseError::Unknown)?;
    let (salt, digest) = rest.split_at_checked(SALT_BYTES).ok_or(ParseError::Unknown)?;
    let log2 = log2.bytes().next().and_then(notation::crypt64_digit).ok_or(ParseError::Unknown)?;
    if !notation::is_crypt64(digest, variant.digits()) {
        return Err(ParseError::Unknown);
    }
    let scheme = Portable::new(variant, u64::from(log2), salt.as_bytes().to_vec(), over_md5)?;
    Ok(LegacyHash { scheme: Scheme::Portable(scheme), digest: Zeroizing::new(digest.as_bytes().to_vec()) })
}

impl Portable {
    fn new(variant: Variant, log2: u64, salt: Vec<u8>, over_md5: bool) -> Result<Self, ParseError> {
        let log2 = notation::capped("a portable hash's cost", log2, MOST_LOG2)?;
        if log2 < LEAST_LOG2 || salt.len() != SALT_BYTES {
            return Err(ParseError::Unknown);
        }
        Ok(Self { variant, log2, salt, over_md5 })
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let variant = match fields.word("variant")? {
            "md5" => Variant::Md5,
            "sha512" => Variant::Sha512,
            _ => return Err(ParseError::Unknown),
        };
        let over_md5 = match fields.word("over")? {
            "password" => false,
            "md5" => true,
            _ => return Err(ParseError::Unknown),
        };
        Self::new(variant, fields.number("log2")?, fields.bytes("salt")?, over_md5)
    }
}

impl Recipe for Portable {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn name(&self) -> &'static str {
        match self.variant {
            Variant::Md5 => "portable",
            Variant::Sha512 => "drupal7",
        }
    }

    fn strength(&self) -> Strength {
        Strength::Weak
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let hashed;
        let password = if self.over_md5 {
            hashed = Zeroizing::new(hex(&Algorithm::Md5.of(&[password.as_bytes()])));
            hashed.as_bytes()
        } else {
            password.as_bytes()
        };
        let algorithm = self.variant.algorithm();
        let mut digest = algorithm.of(&[&self.salt, password]);
        for _ in 0..1_u32 << self.log2 {
            digest = algorithm.of(&[&digest, password]);
        }
        let mut written = notation::crypt64(&digest);
        written.truncate(self.variant.digits());
        Ok(written)
    }

    fn write(&self, fields: &mut Written) {
        let variant = match self.variant {
            Variant::Md5 => "md5",
            Variant::Sha512 => "sha512",
        };
        fields.word("variant", &variant);
        fields.word("over", &if self.over_md5 { "md5" } else { "password" });
        fields.word("log2", &self.log2);
        fields.bytes("salt", &self.salt);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_passlib_open() {
        for text in ["$P$6Bclej6ELgYNkpPRe8Gc.qmpxEmrfI/", "$H$6NkFWMPK7ZLOQd7UAuwINN7sdUhOc0/"] {
            let hash = opens("passlib 1.7.4", text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), ("portable", Strength::Weak));
        }
    }

    #[test]
    fn the_vector_of_drupal_7_that_hashcat_publishes_opens() {
        let text = "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf";
        let hash = opens("hashcat, mode 7900", text, None, "hashcat");
        assert_eq!(hash.scheme().name(), "drupal7");
    }

    #[test]
    fn a_vector_over_the_md5_of_the_password_opens() {
        // passlib hashed the hexadecimal MD5 of the password, as Drupal did when it moved.
        opens("passlib 1.7.4", "U$P$6d.fA.wFlwcej3X8CmkRkoZD2KF9Bl.", None, PASSWORD);
    }

    #[test]
    fn a_cost_over_the_cap_is_refused_and_one_that_cannot_be_is_unknown() {
        let with = |cost: char| LegacyHash::parse(&format!("$P${cost}Bclej6ELgYNkpPRe8Gc.qmpxEmrfI/"), None).map(|_| ());
        assert_eq!(with('I'), Ok(()), "20");
        let refused = |asked| Err(ParseError::TooCostly { what: "a portable hash's cost", asked, most: 20 });
        assert_eq!(with('J'), refused(21));
        assert_eq!(with('z'), refused(63));
        assert_eq!(with('4'), Err(ParseError::Unknown), "6");
        assert_eq!(with('!'), Err(ParseError::Unknown));
        assert_eq!(with('ậ'), Err(ParseError::Unknown));
    }
}
