//! One pass of a message digest over the password, with a salt before or after
//! it or none: bare hexadecimal as its source declares it, and Django's `md5$`
//! and `sha1$`. LDAP, NTLM and ASP.NET membership write the same in other ways.

use super::recipe::{Fields, Recipe, Written};
use super::{Declared, LegacyHash, ParseError, Scheme, Strength, notation};
use crate::crypto::password::HashError;
use aws_lc_rs::digest;
use md4::Md4;
use md5::Md5;
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "message-digest";

/// The digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md4,
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    pub(super) const ALL: [Self; 6] = [Self::Md4, Self::Md5, Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Md4 => "md4",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(super) fn named(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text).ok_or(ParseError::Unknown)
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Md4 | Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of the pieces, one after the other.
    pub(super) fn of(self, pieces: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        let system = |algorithm| {
            let mut context = digest::Context::new(algorithm);
            for piece in pieces {
                context.update(piece);
            }
            Zeroizing::new(context.finish().as_ref().to_vec())
        };
        match self {
            Self::Md4 => old::<Md4>(pieces),
            Self::Md5 => old::<Md5>(pieces),
            Self::Sha1 => system(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            Self::Sha256 => system(&digest::SHA256),
            Self::Sha384 => system(&digest::SHA384),
            Self::Sha512 => system(&digest::SHA512),
        }
    }
}

/// The digests that the library of everything else does not have.
fn old<D: md5::Digest>(pieces: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut hasher = D::new();
    for piece in pieces {
        hasher.update(piece);
    }
    Zeroizing::new(hasher.finalize().to_vec())
}

/// How the password becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// Little-endian, as Windows has it.
    Utf16,
}

/// Where the salt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    SaltFirst,
    SaltLast,
}

/// A digest's algorithm and salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageDigest {
    algorithm: Algorithm,
    encoding: Encoding,
    order: Order,
    /// Empty when there is none.
    salt: Vec<u8>,
}

/// Django's, and what the source declares of bare digits.
pub(super) fn parse(text: &str, declared: Option<Declared>) -> Result<LegacyHash, ParseError> {
    if let Ok([algorithm @ ("md5" | "sha1"), salt, digest]) = notation::parts(text.trim()) {
        let algorithm = Algorithm::named(algorithm)?;
        let scheme = MessageDigest::salted(algorithm, Encoding::Utf8, Order::SaltFirst, salt.as_bytes());
        return scheme.with(notation::hex(digest)?);
    }
    let text = text.trim_end_matches(['\r', '\n']);
    let (digits, salt) = text.split_once(':').map_or((text, None), |(digits, salt)| (digits, Some(salt)));
    let digest = notation::hex(digits.trim())?;
    match declared {
        Some(declared) => declared.scheme(salt)?.with(digest),
        None if [Algorithm::Md5, Algorithm::Sha1].iter().any(|known| known.bytes() == digest.len()) => {
            Err(ParseError::Undeclared)
        }
        None => Err(ParseError::Unknown),
    }
}

impl MessageDigest {
    pub(super) fn plain(algorithm: Algorithm, encoding: Encoding) -> Self {
        Self::salted(algorithm, encoding, Order::SaltFirst, &[])
    }

    pub(super) fn salted(algorithm: Algorithm, encoding: Encoding, order: Order, salt: &[u8]) -> Self {
        Self { algorithm, encoding, order, salt: salt.to_vec() }
    }

    /// The hash of this scheme with a digest of the right length.
    pub(super) fn with(self, digest: Vec<u8>) -> Result<LegacyHash, ParseError> {
        if digest.len() != self.algorithm.bytes() {
            return Err(ParseError::Unknown);
        }
        Ok(LegacyHash { scheme: Scheme::MessageDigest(self), digest: Zeroizing::new(digest) })
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let algorithm = Algorithm::named(fields.word("digest")?)?;
        let encoding = match fields.word("encoding")? {
            "utf8" => Encoding::Utf8,
            "utf16" => Encoding::Utf16,
            _ => return Err(ParseError::Unknown),
        };
        let order = match fields.word("order")? {
            "salt-first" => Order::SaltFirst,
            "salt-last" => Order::SaltLast,
            _ => return Err(ParseError::Unknown),
        };
        Ok(Self { algorithm, encoding, order, salt: fields.bytes("salt")? })
    }
}

impl Recipe for MessageDigest {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn name(&self) -> &'static str {
        let salted = !self.salt.is_empty();
        match (self.encoding, self.algorithm) {
            (Encoding::Utf16, Algorithm::Md4) => "ntlm",
            (Encoding::Utf16, Algorithm::Md5 | Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Sha384 | Algorithm::Sha512) => {
                "aspnet-membership"
            }
            (Encoding::Utf8, Algorithm::Md5) if salted => "salted-md5",
            (Encoding::Utf8, Algorithm::Sha1) if salted => "salted-sha1",
            (Encoding::Utf8, Algorithm::Sha256) if salted => "salted-sha256",
            (Encoding::Utf8, Algorithm::Sha384) if salted => "salted-sha384",
            (Encoding::Utf8, Algorithm::Sha512) if salted => "salted-sha512",
            (Encoding::Utf8, algorithm) => algorithm.as_str(),
        }
    }

    fn strength(&self) -> Strength {
        Strength::Weak
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let utf16;
        let password = match self.encoding {
            Encoding::Utf8 => password.as_bytes(),
            Encoding::Utf16 => {
                utf16 = utf16_le(password);
                &utf16
            }
        };
        Ok(match self.order {
            Order::SaltFirst => self.algorithm.of(&[&self.salt, password]),
            Order::SaltLast => self.algorithm.of(&[password, &self.salt]),
        })
    }

    fn write(&self, fields: &mut Written) {
        fields.word("digest", &self.algorithm.as_str());
        let encoding = match self.encoding {
            Encoding::Utf8 => "utf8",
            Encoding::Utf16 => "utf16",
        };
        fields.word("encoding", &encoding);
        let order = match self.order {
            Order::SaltFirst => "salt-first",
            Order::SaltLast => "salt-last",
        };
        fields.word("order", &order);
        fields.bytes("salt", &self.salt);
    }
}

fn utf16_le(text: &str) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() * 2));
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn declared_vectors_of_openssl_open() {
        for (text, declared) in [
            ("bc0803530a2f257b8255eb115a702f48", Declared::Md5),
            ("BC0803530A2F257B8255EB115A702F48", Declared::Md5),
            ("39c6d739851dc0a8e27533803b16968d:muối", Declared::Md5SaltPassword),
            ("e0cfd2780f2fcba9b2aab08e62e42336:muối", Declared::Md5PasswordSalt),
            ("7c1c96c1389799e95a5ee50ed9ce5f5bec7c95be", Declared::Sha1),
            ("61307e5d33aa473fce71b4bfd8568f41a3524700:muối", Declared::Sha1SaltPassword),
            ("dbb5f0b13df4dec6e526d3e4d5f9f3d74af6291f:muối", Declared::Sha1PasswordSalt),
        ] {
            let hash = opens("OpenSSL 3.0.19 (openssl dgst)", text, Some(declared), PASSWORD);
            assert_eq!(hash.scheme().strength(), Strength::Weak);
            assert_eq!(LegacyHash::parse(text, None).err(), Some(ParseError::Undeclared));
        }
    }

    #[test]
    fn vectors_of_django_open() {
        opens("Django 5.2.19", "md5$saltQ7$8b6973386f7e8b2983e20b4e94c49905", None, PASSWORD);
        // Django dropped its SHA-1 hasher; the layout is the one that it had.
        opens("hashlib of Python 3.11", "sha1$saltQ7$3a75ce2fee3a6d8e8af97ea9a16710dd13cf3e4f", None, PASSWORD);
        opens("OpenSSL 3.0.19 (openssl dgst)", "md5$$bc0803530a2f257b8255eb115a702f48", None, PASSWORD);
        opens("OpenSSL 3.0.19 (openssl dgst)", "sha1$$7c1c96c1389799e95a5ee50ed9ce5f5bec7c95be", None, PASSWORD);
    }

    #[test]
    fn a_hash_that_names_its_scheme_is_read_as_that_whatever_is_declared() {
        opens("Django 5.2.19", "md5$saltQ7$8b6973386f7e8b2983e20b4e94c49905", Some(Declared::Ntlm), PASSWORD);
    }

    #[test]
    fn a_salt_may_have_colons_and_end_in_a_space() {
        // Made by hashlib of Python 3.11.
        for (text, declared) in [
            ("b85a452b122bc4825317e6d35b45974b:a:b$c \r\n", Declared::Md5PasswordSalt),
            (" 4222b5a99e00f54631f36da0fbafdf3464acfdb7: x", Declared::Sha1SaltPassword),
        ] {
            let hash = LegacyHash::parse(text, Some(declared)).expect("a hash");
            assert_eq!(hash.verify(PASSWORD), Ok(true), "{text:?}");
        }
    }

    #[test]
    fn what_does_not_fit_what_is_declared_is_unknown() {
        for (text, declared) in [
            ("7c1c96c1389799e95a5ee50ed9ce5f5bec7c95be", Declared::Md5),
            ("bc0803530a2f257b8255eb115a702f48", Declared::Sha1),
            ("bc0803530a2f257b8255eb115a702f48:salt", Declared::Md5),
            ("39c6d739851dc0a8e27533803b16968d", Declared::Md5SaltPassword),
            ("39c6d739851dc0a8e27533803b16968d:", Declared::Md5SaltPassword),
            ("not digits at all, but just 32 ch", Declared::Md5),
        ] {
            assert_eq!(LegacyHash::parse(text, Some(declared)).err(), Some(ParseError::Unknown), "{text}");
        }
    }
}
