//! sha256-crypt (`$5$`) and sha512-crypt (`$6$`) of Unix systems.

use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::crypto::password::HashError;
use sha_crypt::{Params, sha256_crypt, sha512_crypt};
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "sha-crypt";
const MOST_ROUNDS: u32 = 1_000_000;
const LEAST_ROUNDS: u32 = 1_000;
/// When the hash names none.
const USUAL_ROUNDS: u64 = 5_000;
const MOST_SALT_BYTES: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Sha256,
    Sha512,
}

/// The crypt function's variant, rounds and salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShaCrypt {
    variant: Variant,
    rounds: u32,
    salt: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let (variant, digits, rest) = match (text.strip_prefix("$5$"), text.strip_prefix("$6$")) {
        (Some(rest), _) => (Variant::Sha256, 43, rest),
        (None, Some(rest)) => (Variant::Sha512, 86, rest),
        (None, None) => return Err(ParseError::Unknown),
    };
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        Some(rest) => rest.split_once('$').ok_or(ParseError::Unknown)?,
        None => ("", rest),
    };
    let rounds = if rounds.is_empty() { USUAL_ROUNDS } else { notation::number(rounds)? };
    let [salt, digest] = notation::parts(rest)?;
    if !notation::is_crypt64(digest, digits) {
        return Err(ParseError::Unknown);
    }
    let scheme = ShaCrypt::new(variant, rounds, salt.as_bytes().to_vec())?;
    Ok(LegacyHash { scheme: Scheme::ShaCrypt(scheme), digest: Zeroizing::new(digest.as_bytes().to_vec()) })
}

impl ShaCrypt {
    fn new(variant: Variant, rounds: u64, salt: Vec<u8>) -> Result<Self, ParseError> {
        let rounds = notation::capped("sha-crypt rounds", rounds, MOST_ROUNDS)?;
        if rounds < LEAST_ROUNDS || salt.len() > MOST_SALT_BYTES {
            return Err(ParseError::Unknown);
        }
        Ok(Self { variant, rounds, salt })
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let variant = match fields.word("variant")? {
            "sha256" => Variant::Sha256,
            "sha512" => Variant::Sha512,
            _ => return Err(ParseError::Unknown),
        };
        Self::new(variant, fields.number("rounds")?, fields.bytes("salt")?)
    }
}

impl Recipe for ShaCrypt {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn name(&self) -> &'static str {
        match self.variant {
            Variant::Sha256 => "sha256-crypt",
            Variant::Sha512 => "sha512-crypt",
        }
    }

    fn strength(&self) -> Strength {
        Strength::Strong
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let params = Params::new(self.rounds).map_err(|_| HashError::Unusable)?;
        Ok(match self.variant {
            Variant::Sha256 => {
                let digest = Zeroizing::new(sha256_crypt(password.as_bytes(), &self.salt, params));
                written(digest.as_slice(), |first| [0, 2, 1][first % 3])
            }
            Variant::Sha512 => {
                let digest = Zeroizing::new(sha512_crypt(password.as_bytes(), &self.salt, params));
                written(digest.as_slice(), |first| first % 3)
            }
        })
    }

    fn write(&self, fields: &mut Written) {
        let variant = match self.variant {
            Variant::Sha256 => "sha256",
            Variant::Sha512 => "sha512",
        };
        fields.word("variant", &variant);
        fields.word("rounds", &self.rounds);
        fields.bytes("salt", &self.salt);
    }
}

/// The digest as it is written. Each group takes its three bytes a third of the
/// digest apart and begins with another of them than the group before; within
/// a group the last one comes first.
fn written(digest: &[u8], begins_with: fn(usize) -> usize) -> Zeroizing<Vec<u8>> {
    let third = digest.len() / 3;
    let mut mixed = Zeroizing::new(Vec::with_capacity(digest.len()));
    for first in 0..third {
        mixed.extend((0..3).rev().map(|place| digest[first + third * ((begins_with(first) + place) % 3)]));
    }
    mixed.extend_from_slice(&digest[third * 3..]);
    notation::crypt64(&mixed)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_passlib_open() {
        for text in [
            "$5$rounds=1000$DaRr2YULzJD38qD2$kS3iU8HZ4DDGgv0ZJQUBgmu3qqkAo72fHmBr46eQoG8",
            "$6$rounds=1000$6MZLEWXYmPnqI/s9$E7o5fLNGfAgl2QpGHZFI057PrLnG6gimcBuOVaySHZe3lvxEQgJJLewmLdyKdLvU3vAs2nPLGHuaiE.TVPr6G/",
            "{CRYPT}$6$rounds=1000$4astn0swkkdMT6xz$ghq7Nvzz0afdqs.qCLBK5s8uAo19qXGfG1SUEwDC6HhZ68T7o268lVxaPmqzegDijNbfYBK88pIljdYUFx3bx.",
        ] {
            let hash = opens("passlib 1.7.4", text, None, PASSWORD);
            assert_eq!(hash.scheme().strength(), Strength::Strong);
        }
    }

    #[test]
    fn vectors_of_openssl_and_of_linux_open() {
        for text in [
            "$5$muoi1234$6Q6Rhvgyq8OTVaofvulnQMkiwEEv5lcJrQO7mx617JA",
            "$6$muoi1234$ZXucApnqLdmJzUJfh9pRtFIH1KSHDuwqxVszZq2R4Rcc/aXUIL4r2SnmS/UeovzeV.5ad7ePu/zvNiFqdB8NC1",
        ] {
            opens("OpenSSL 3.0.19 (openssl passwd)", text, None, PASSWORD);
        }
        let text =
            "$6$rounds=1000$muoi1234$gew1drV2VIwaKzK7YEIvwgYG0vuwixR5NwLYTfC32u6Q6OqUyQDClAaWmRjlsfO/4bwVN2MJVna9Ax28AK9Dt/";
        opens("libxcrypt (crypt of Perl 5.36)", text, None, PASSWORD);
    }

    #[test]
    fn rounds_over_the_cap_are_refused_and_ones_that_cannot_be_are_unknown() {
        let with = |rounds: &str| {
            let text = format!("$5$rounds={rounds}$DaRr2YULzJD38qD2$kS3iU8HZ4DDGgv0ZJQUBgmu3qqkAo72fHmBr46eQoG8");
            LegacyHash::parse(&text, None).map(|_| ())
        };
        assert_eq!(with("1000000"), Ok(()));
        let refused = |asked| Err(ParseError::TooCostly { what: "sha-crypt rounds", asked, most: 1_000_000 });
        assert_eq!(with("1000001"), refused(1_000_001));
        assert_eq!(with("999999999"), refused(999_999_999));
        assert_eq!(with("999"), Err(ParseError::Unknown));
        assert_eq!(with("many"), Err(ParseError::Unknown));
    }
}
