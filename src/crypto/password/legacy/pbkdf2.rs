//! PBKDF2 (RFC 8018 §5.2) in the notations of Django, passlib, OpenLDAP,
//! 389 Directory Server and Werkzeug. ASP.NET Identity's has a file of its own.
//!
//! - Django: `pbkdf2_sha256$iterations$salt$base64`, the salt as text
//! - passlib: `$pbkdf2-sha256$iterations$salt$digest`, both in adapted base64; `$pbkdf2$` is SHA-1
//! - OpenLDAP: `{PBKDF2-SHA256}iterations$salt$digest`, the same
//! - 389 Directory Server of before: `{PBKDF2_SHA256}` and base64 of four bytes of iterations, 64 of salt, 256 of digest
//! - Werkzeug: `pbkdf2:sha256:iterations$salt$hex`, the salt as text

use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::crypto::password::HashError;
use aws_lc_rs::pbkdf2;
use std::num::NonZeroU32;
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "pbkdf2";
/// Of all blocks together: each block of the digest costs them once more.
const MOST_ITERATIONS: u32 = 5_000_000;
const STRONG_ITERATIONS: u32 = 100_000;
/// A shorter digest is a cut one.
const LEAST_BYTES: usize = 16;
const MOST_BYTES: usize = 256;

/// The pseudorandom function: HMAC with this digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

impl Prf {
    const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn named(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|prf| text.eq_ignore_ascii_case(prf.as_str())).ok_or(ParseError::Unknown)
    }

    fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// PBKDF2's function, iterations, salt and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pbkdf2 {
    prf: Prf,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    length: usize,
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    if let Some(rest) = text.strip_prefix("pbkdf2_") {
        let [prf, iterations, salt, digest] = notation::parts(rest)?;
        let digest = notation::base64(digest)?;
        return whole(Prf::named(prf)?, notation::number(iterations)?, salt.as_bytes().to_vec(), digest);
    }
    if let Some(rest) = text.strip_prefix("pbkdf2:") {
        let [method, salt, digest] = notation::parts(rest)?;
        let (prf, iterations) = method.split_once(':').ok_or(ParseError::Unknown)?;
        let digest = notation::hex(digest)?;
        return whole(Prf::named(prf)?, notation::number(iterations)?, salt.as_bytes().to_vec(), digest);
    }
    if let Some(rest) = text.strip_prefix("$pbkdf2") {
        let (prf, rest) = rest.split_once('$').ok_or(ParseError::Unknown)?;
        return adapted(prf, rest);
    }
    if let Some(rest) = notation::after_tag(text, "PBKDF2_SHA256") {
        return directory_server(&notation::base64(rest)?);
    }
    let (tag, rest) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or(ParseError::Unknown)?;
    match tag.split_at_checked(6) {
        Some((name, prf)) if name.eq_ignore_ascii_case("PBKDF2") => adapted(prf, rest),
        Some(_) | None => Err(ParseError::Unknown),
    }
}

/// passlib's fields, after a name that ends in nothing or in `-sha256`.
fn adapted(prf: &str, rest: &str) -> Result<LegacyHash, ParseError> {
    let prf = if prf.is_empty() { Prf::Sha1 } else { Prf::named(prf.strip_prefix('-').ok_or(ParseError::Unknown)?)? };
    let [iterations, salt, digest] = notation::parts(rest)?;
    whole(prf, notation::number(iterations)?, notation::adapted_base64(salt)?, notation::adapted_base64(digest)?)
}

fn directory_server(bytes: &[u8]) -> Result<LegacyHash, ParseError> {
    let (iterations, rest) = bytes.split_first_chunk::<4>().ok_or(ParseError::Unknown)?;
    let (salt, digest) = rest.split_first_chunk::<64>().ok_or(ParseError::Unknown)?;
    if digest.len() != MOST_BYTES {
        return Err(ParseError::Unknown);
    }
    hash(Prf::Sha256, u64::from(u32::from_be_bytes(*iterations)), salt.to_vec(), digest.to_vec())
}

/// A hash whose digest is as long as its function's; a cut one is none.
fn whole(prf: Prf, iterations: u64, salt: Vec<u8>, digest: Vec<u8>) -> Result<LegacyHash, ParseError> {
    if digest.len() == prf.digest_bytes() { hash(prf, iterations, salt, digest) } else { Err(ParseError::Unknown) }
}

pub(super) fn hash(prf: Prf, iterations: u64, salt: Vec<u8>, digest: Vec<u8>) -> Result<LegacyHash, ParseError> {
    let scheme = Pbkdf2::new(prf, iterations, salt, digest.len())?;
    Ok(LegacyHash { scheme: Scheme::Pbkdf2(scheme), digest: Zeroizing::new(digest) })
}

impl Pbkdf2 {
    fn new(prf: Prf, iterations: u64, salt: Vec<u8>, length: usize) -> Result<Self, ParseError> {
        if salt.is_empty() || !(LEAST_BYTES..=MOST_BYTES).contains(&length) {
            return Err(ParseError::Unknown);
        }
        let blocks = u64::try_from(length.div_ceil(prf.digest_bytes())).map_err(|_| ParseError::Unknown)?;
        notation::capped("PBKDF2 iterations", iterations.saturating_mul(blocks), MOST_ITERATIONS)?;
        let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new).ok_or(ParseError::Unknown)?;
        Ok(Self { prf, iterations, salt, length })
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let prf = Prf::named(fields.word("prf")?)?;
        let iterations = fields.number("iterations")?;
        let length = usize::try_from(fields.number("length")?).map_err(|_| ParseError::Unknown)?;
        Self::new(prf, iterations, fields.bytes("salt")?, length)
    }
}

impl Recipe for Pbkdf2 {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn name(&self) -> &'static str {
        match self.prf {
            Prf::Sha1 => "pbkdf2-sha1",
            Prf::Sha256 => "pbkdf2-sha256",
            Prf::Sha512 => "pbkdf2-sha512",
        }
    }

    fn strength(&self) -> Strength {
        if self.iterations.get() >= STRONG_ITERATIONS { Strength::Strong } else { Strength::Weak }
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let mut out = Zeroizing::new(vec![0; self.length]);
        pbkdf2::derive(self.prf.algorithm(), self.iterations, &self.salt, password.as_bytes(), &mut out);
        Ok(out)
    }

    fn write(&self, fields: &mut Written) {
        fields.word("prf", &self.prf.as_str());
        fields.word("iterations", &self.iterations);
        fields.word("length", &self.length);
        fields.bytes("salt", &self.salt);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_django_open() {
        for (text, name) in [
            ("pbkdf2_sha256$1000$muốiQ7$iwiV1tdt6AzQ8foytmQu2+xQqNWfYmmKjPYCEFuhzXg=", "pbkdf2-sha256"),
            ("pbkdf2_sha1$1000$saltQ7$Z//SO3LYiQQt7nN8/BF+n3DsPhU=", "pbkdf2-sha1"),
        ] {
            let hash = opens("Django 5.2.19", text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), (name, Strength::Weak));
        }
    }

    #[test]
    fn vectors_of_passlib_open() {
        for text in [
            "$pbkdf2-sha256$1000$//79//79//79//79//79$JMwSqfiUkfFv9hdbNWUJRoZXBHpeqBAyhJiRWBGxGbU",
            "$pbkdf2$1000$AAECAwQFBgcICQoLDA0ODw$fDamoi5vsIta0RzJvXDAaRqqFm8",
            "$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$h5.zpxDiB5eqxrCzP8JLJVy5of3KSgCi1oweCV7CbrtLa0VAM0l1FcyubEVlTX8ux.0h64FQueDSV5LhFhLnUw",
            "{PBKDF2-SHA256}1000$AAECAwQFBgcICQoLDA0ODw$Ac9kaHX2bTTjEkHgQ67T65nXclZv3JA9HYByHm1JcMk",
            "{PBKDF2}1000$AAECAwQFBgcICQoLDA0ODw$fDamoi5vsIta0RzJvXDAaRqqFm8",
            "{PBKDF2-SHA512}1000$AAECAwQFBgcICQoLDA0ODw$h5.zpxDiB5eqxrCzP8JLJVy5of3KSgCi1oweCV7CbrtLa0VAM0l1FcyubEVlTX8ux.0h64FQueDSV5LhFhLnUw",
        ] {
            opens("passlib 1.7.4", text, None, PASSWORD);
        }
    }

    #[test]
    fn the_vector_of_389_directory_server_that_hashcat_publishes_opens() {
        let text = "{PBKDF2_SHA256}AAAgADkxMjM2NTIzMzgzMjQ3MjI4MDAwNTk5OTAyOTk4NDI2MjkyMzAzNjg0NjQwOTMxNjI3OTMzNjg0MDI0OTY5NTe5ULagRTYpLaUoeqJMg8x9W/DXu+9VTFaVhaYvebYrY+sOqn1ZMRnws22C1uAkiE2tFM8qN+xw5xe7OmCPZ203NuruK4oB33QlsKIEz4ppm0TR94JB9PJx7lIQwFHD3FUNUNryj4jk6UYyJ4+V1Z9Ug/Iy/ylQBJgfs5ihzgxHYZrfp1wUCXFzlZG9mxmziPm8VFnAhaX4+FBAZvLAx33jpbKOwEg7TmwP2VJ8BNFLQRqwYdlqIjQlAhncXH+dqIF9VdM4MonAA0hx76bMvFTP7LF5VO1IqVmcuYz7YG9v4KKRjnvoUUqOj6okUBQTay3EzsdFVnUW1FemYOccJd5q";
        opens("hashcat, mode 10901", text, None, "hashcat");
    }

    #[test]
    fn vectors_of_werkzeug_open() {
        for text in [
            "pbkdf2:sha256:1000$vy0bSC3dm7qRAjiY$9282a93d058cdcc64f05c92912c646660e7c1e1f18c441d392f27764bc86c1a0",
            "pbkdf2:sha1:1000$BvTjgvJzgE2qhkmT$a0594261a7498e453da82b1e55bd7e83a07eabc8",
            "pbkdf2:sha512:1000$OShkfEHTvTDNom7o$eb2fbf34db35254dd54492745bb970773b7df0febd112ef6e95254997927be36b46ed69280842203a842bbfd811c39bd53fd86f9c5a2a237be326123b62abb0a",
        ] {
            opens("Werkzeug 3.1.9", text, None, PASSWORD);
        }
    }

    #[test]
    fn iterations_over_the_cap_are_refused() {
        let with = |iterations: &str| {
            let text = format!("pbkdf2_sha1${iterations}$saltQ7$Z//SO3LYiQQt7nN8/BF+n3DsPhU=");
            LegacyHash::parse(&text, None).map(|hash| hash.scheme().strength())
        };
        assert_eq!(with("99999"), Ok(Strength::Weak));
        assert_eq!(with("5000000"), Ok(Strength::Strong));
        let refused = |asked| Err(ParseError::TooCostly { what: "PBKDF2 iterations", asked, most: 5_000_000 });
        assert_eq!(with("5000001"), refused(5_000_001));
        assert_eq!(with("99999999999999999999"), refused(u64::MAX));
        assert_eq!(with("0"), Err(ParseError::Unknown));
        assert_eq!(with("-1"), Err(ParseError::Unknown));
    }

    #[test]
    fn each_block_of_a_long_digest_counts() {
        let with = |iterations: u64, length: usize| hash(Prf::Sha256, iterations, vec![1; 64], vec![2; length]).map(|_| ());
        assert_eq!(with(625_000, 256), Ok(()));
        let refused = Err(ParseError::TooCostly { what: "PBKDF2 iterations", asked: 5_000_008, most: 5_000_000 });
        assert_eq!(with(625_001, 256), refused);
        assert_eq!(with(5_000_000, 32), Ok(()));
        assert!(matches!(with(2_500_001, 33), Err(ParseError::TooCostly { .. })));
    }
}
