//! What a source says of its bare hexadecimal hashes: the digits alone do not tell.

use super::ParseError;
use super::message_digest::{Algorithm, Encoding, MessageDigest, Order};
use std::fmt;
use std::str::FromStr;

/// The scheme of a source's bare hexadecimal hashes. Salted ones are written `hash:salt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// MD5 of the password.
    Md5,
    /// MD5 of the salt, then the password.
    Md5SaltPassword,
    /// MD5 of the password, then the salt.
    Md5PasswordSalt,
    /// SHA-1 of the password.
    Sha1,
    /// SHA-1 of the salt, then the password.
    Sha1SaltPassword,
    /// SHA-1 of the password, then the salt.
    Sha1PasswordSalt,
    /// MD4 of the password in UTF-16: Windows and Samba.
    Ntlm,
}

impl Declared {
    /// All that can be declared.
    pub const ALL: [Self; 7] = [
        Self::Md5,
        Self::Md5SaltPassword,
        Self::Md5PasswordSalt,
        Self::Sha1,
        Self::Sha1SaltPassword,
        Self::Sha1PasswordSalt,
        Self::Ntlm,
    ];

    /// How it is written in a source's settings, such as `md5(salt+password)`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Md5SaltPassword => "md5(salt+password)",
            Self::Md5PasswordSalt => "md5(password+salt)",
            Self::Sha1 => "sha1",
            Self::Sha1SaltPassword => "sha1(salt+password)",
            Self::Sha1PasswordSalt => "sha1(password+salt)",
            Self::Ntlm => "ntlm",
        }
    }

    /// The scheme, given the salt that stands beside the hash.
    pub(super) fn scheme(self, salt: Option<&str>) -> Result<MessageDigest, ParseError> {
        let (algorithm, encoding, order) = match self {
            Self::Md5 => (Algorithm::Md5, Encoding::Utf8, None),
            Self::Md5SaltPassword => (Algorithm::Md5, Encoding::Utf8, Some(Order::SaltFirst)),
            Self::Md5PasswordSalt => (Algorithm::Md5, Encoding::Utf8, Some(Order::SaltLast)),
            Self::Sha1 => (Algorithm::Sha1, Encoding::Utf8, None),
            Self::Sha1SaltPassword => (Algorithm::Sha1, Encoding::Utf8, Some(Order::SaltFirst)),
            Self::Sha1PasswordSalt => (Algorithm::Sha1, Encoding::Utf8, Some(Order::SaltLast)),
            Self::Ntlm => (Algorithm::Md4, Encoding::Utf16, None),
        };
        match (order, salt.unwrap_or_default()) {
            (None, "") => Ok(MessageDigest::plain(algorithm, encoding)),
            (Some(order), salt) if !salt.is_empty() => Ok(MessageDigest::salted(algorithm, encoding, order, salt.as_bytes())),
            (None | Some(_), _) => Err(ParseError::Unknown),
        }
    }
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Declared {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|declared| declared.as_str() == text).ok_or(ParseError::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written() {
        for declared in Declared::ALL {
            assert_eq!(declared.to_string().parse(), Ok(declared));
        }
        assert_eq!("md5(md5(password))".parse::<Declared>(), Err(ParseError::Unknown));
    }
}
