//! md5-crypt of old Unix systems (`$1$`) and Apache's variant of it (`$apr1$`):
//! a thousand rounds of MD5, fixed.

use super::message_digest::Algorithm;
use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::crypto::password::HashError;
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "md5-crypt";
const ROUNDS: u32 = 1_000;
const MOST_SALT_BYTES: usize = 8;
const DIGEST_DIGITS: usize = 22;
/// The order in which the digest's bytes are written.
const ORDER: [usize; 16] = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Unix,
    Apache,
}

impl Variant {
    /// What the hash begins with; it is computed over, too.
    fn mark(self) -> &'static str {
        match self {
            Self::Unix => "$1$",
            Self::Apache => "$apr1$",
        }
    }
}

/// The crypt function's variant and salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Md5Crypt {
    variant: Variant,
    salt: Vec<u8>,
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let known = |variant: Variant| text.strip_prefix(variant.mark()).map(|rest| (variant, rest));
    let (variant, rest) = known(Variant::Unix).or_else(|| known(Variant::Apache)).ok_or(ParseError::Unknown)?;
    let [salt, digest] = notation::parts(rest)?;
    if !notation::is_crypt64(digest, DIGEST_DIGITS) {
        return Err(ParseError::Unknown);
    }
    let scheme = Md5Crypt::new(variant, salt.as_bytes().to_vec())?;
    Ok(LegacyHash { scheme: Scheme::Md5Crypt(scheme), digest: Zeroizing::new(digest.as_bytes().to_vec()) })
}

impl Md5Crypt {
    fn new(variant: Variant, salt: Vec<u8>) -> Result<Self, ParseError> {
        if salt.len() > MOST_SALT_BYTES { Err(ParseError::Unknown) } else { Ok(Self { variant, salt }) }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let variant = match fields.word("variant")? {
            "unix" => Variant::Unix,
            "apache" => Variant::Apache,
            _ => return Err(ParseError::Unknown),
        };
        Self::new(variant, fields.bytes("salt")?)
    }

    fn digest(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        let (md5, salt) = (Algorithm::Md5, self.salt.as_slice());
        let between = md5.of(&[password, salt, password]);
        let mut pieces = vec![password, self.variant.mark().as_bytes(), salt];
        // As many bytes of it as the password has.
        let (whole, rest) = (password.len() / between.len(), password.len() % between.len());
        pieces.extend(std::iter::repeat_n(between.as_slice(), whole));
        pieces.push(&between[..rest]);
        // For each bit of the length a zero or the password's first byte: the oddity is the scheme's.
        let mut bits = password.len();
        while bits != 0 {
            pieces.push(if bits & 1 == 1 { &[0] } else { &password[..1] });
            bits >>= 1;
        }
        let mut digest = md5.of(&pieces);
        for round in 0..ROUNDS {
            let odd = round & 1 == 1;
            let (first, last) = if odd { (password, digest.as_slice()) } else { (digest.as_slice(), password) };
            let salt = if round % 3 == 0 { &[] } else { salt };
            let again = if round % 7 == 0 { &[] } else { password };
            digest = md5.of(&[first, salt, again, last]);
        }
        digest
    }
}

impl Recipe for Md5Crypt {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn name(&self) -> &'static str {
        match self.variant {
            Variant::Unix => "md5-crypt",
            Variant::Apache => "apr1-md5-crypt",
        }
    }

    fn strength(&self) -> Strength {
        Strength::Weak
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let digest = self.digest(password.as_bytes());
        let mixed: Zeroizing<Vec<u8>> = Zeroizing::new(ORDER.iter().map(|place| digest[*place]).collect());
        Ok(notation::crypt64(&mixed))
    }

    fn write(&self, fields: &mut Written) {
        let variant = match self.variant {
            Variant::Unix => "unix",
            Variant::Apache => "apache",
        };
        fields.word("variant", &variant);
        fields.bytes("salt", &self.salt);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_passlib_open() {
        for (text, name) in
            [("$1$DugKbN0N$mASyuyI1nWggaz2g96p1Y0", "md5-crypt"), ("$apr1$L1Nf/QZo$AYD/EuSu7Mt7Mwt5LInX0/", "apr1-md5-crypt")]
        {
            let hash = opens("passlib 1.7.4", text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), (name, Strength::Weak));
        }
    }

    #[test]
    fn vectors_of_openssl_and_of_linux_open() {
        for text in ["$1$muoi1234$90p3/OLe2u/RofvCoqL1n/", "$apr1$muoi1234$w6LSp0pggFCk8Ka4HVPg0/"] {
            opens("OpenSSL 3.0.19 (openssl passwd)", text, None, PASSWORD);
        }
        opens("libxcrypt (crypt of Perl 5.36)", "{CRYPT}$1$muoi1234$90p3/OLe2u/RofvCoqL1n/", None, PASSWORD);
    }
}
