//! Password hashes that other systems made and exported.
//!
//! [`LegacyHash::parse`] reads an exported text into a [`Scheme`], which is all
//! that is needed to compute, and the digest. Several notations (Django's,
//! passlib's, LDAP's) may lead to one scheme. What a text asks for is capped
//! when it is read, so that a planted hash cannot eat the machine: over the cap
//! there is no scheme, and nothing is ever computed.
//!
//! Here belong one file a scheme or notation, and [`Wrapped`], which keeps a
//! weak hash without keeping it. How passwords are hashed from now on, and who
//! waits for it, is one floor up.

mod argon2;
mod aspnet_identity;
mod aspnet_membership;
mod bcrypt;
mod declared;
mod ldap;
mod md5_crypt;
mod message_digest;
mod notation;
mod nt_hash;
mod pbkdf2;
mod pool;
mod portable;
mod recipe;
mod scrypt;
mod sha_crypt;
mod wrapped;

#[cfg(test)]
mod tests;

pub use argon2::Argon2;
pub use bcrypt::Bcrypt;
pub use declared::Declared;
pub use md5_crypt::Md5Crypt;
pub use message_digest::MessageDigest;
pub use pbkdf2::Pbkdf2;
pub use portable::Portable;
pub use scrypt::Scrypt;
pub use sha_crypt::ShaCrypt;
pub use wrapped::Wrapped;

use super::HashError;
use crate::base::digest::{base64url, from_base64url, same};
use recipe::{Fields, Recipe, Written};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// No notation is longer.
const MAX_BYTES: usize = 2048;
/// What a kept hash begins with.
const MARK: &str = "$legacy$";
/// Reads one notation; what is of another is unknown to it.
type Notation = fn(&str) -> Result<LegacyHash, ParseError>;
/// The notations, in the order in which they are tried. Each has a beginning or a length of its own.
const NOTATIONS: [Notation; 11] = [
    bcrypt::parse,
    pbkdf2::parse,
    scrypt::parse,
    argon2::parse,
    sha_crypt::parse,
    md5_crypt::parse,
    portable::parse,
    ldap::parse,
    nt_hash::parse,
    aspnet_membership::parse,
    aspnet_identity::parse,
];

/// Why a text is not a hash that can be used.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum ParseError {
    /// No known scheme, or one that is damaged.
    #[error("not a password hash of a known scheme")]
    Unknown,
    /// Bare hexadecimal: of several schemes, and the source does not say which.
    #[error("a bare hexadecimal hash may be of several schemes: the source must declare which")]
    Undeclared,
    /// Computing it would take more than a sign-in may.
    #[error("the hash asks for {what} of {asked}, and the most is {most}")]
    TooCostly {
        /// What it asks too much of.
        what: &'static str,
        /// How much it asks.
        asked: u64,
        /// How much is computed at most.
        most: u64,
    },
}

/// How hard a digest is to guess back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Made to be fast: it is never kept as it is (see [`Wrapped`]).
    Weak,
    /// Made to be slow, with a cost that still is.
    Strong,
}

/// How a digest comes from a password: kind, salt and cost, without the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// bcrypt, Django's forms of it too.
    Bcrypt(Bcrypt),
    /// PBKDF2 in every notation, ASP.NET Identity's too.
    Pbkdf2(Pbkdf2),
    /// scrypt.
    Scrypt(Scrypt),
    /// Argon2 of another system.
    Argon2(Argon2),
    /// sha256-crypt and sha512-crypt.
    ShaCrypt(ShaCrypt),
    /// md5-crypt and Apache's variant.
    Md5Crypt(Md5Crypt),
    /// phpBB's and Drupal's portable hashes.
    Portable(Portable),
    /// One pass of a message digest: MD5, SHA-1, SSHA, NTLM, ASP.NET membership.
    MessageDigest(MessageDigest),
}

/// A hash as another system made it.
#[derive(Clone)]
pub struct LegacyHash {
    scheme: Scheme,
    digest: Zeroizing<Vec<u8>>,
}

impl Scheme {
    fn recipe(&self) -> &dyn Recipe {
        match self {
            Self::Bcrypt(scheme) => scheme,
            Self::Pbkdf2(scheme) => scheme,
            Self::Scrypt(scheme) => scheme,
            Self::Argon2(scheme) => scheme,
            Self::ShaCrypt(scheme) => scheme,
            Self::Md5Crypt(scheme) => scheme,
            Self::Portable(scheme) => scheme,
            Self::MessageDigest(scheme) => scheme,
        }
    }

    /// A word for reports and counters, such as `bcrypt` or `ntlm`.
    pub fn name(&self) -> &'static str {
        self.recipe().name()
    }

    /// Whether such a hash may be kept as it is.
    pub fn strength(&self) -> Strength {
        self.recipe().strength()
    }

    /// The old hash value of a password, in the bytes that a [`Wrapped`] one is
    /// computed over: the raw digest, or for the crypt family and the portable
    /// hashes its last field as it is written. The password is taken as it is.
    pub fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        self.recipe().inner(password)
    }

    /// `family$key=value,…`
    fn write(&self) -> String {
        let recipe = self.recipe();
        let mut fields = Written::default();
        recipe.write(&mut fields);
        format!("{}${}", recipe.family(), fields.into_text())
    }

    fn read(family: &str, text: &str) -> Result<Self, ParseError> {
        let mut fields = Fields::new(text);
        let scheme = match family {
            bcrypt::FAMILY => Self::Bcrypt(Bcrypt::read(&mut fields)?),
            pbkdf2::FAMILY => Self::Pbkdf2(Pbkdf2::read(&mut fields)?),
            scrypt::FAMILY => Self::Scrypt(Scrypt::read(&mut fields)?),
            argon2::FAMILY => Self::Argon2(Argon2::read(&mut fields)?),
            sha_crypt::FAMILY => Self::ShaCrypt(ShaCrypt::read(&mut fields)?),
            md5_crypt::FAMILY => Self::Md5Crypt(Md5Crypt::read(&mut fields)?),
            portable::FAMILY => Self::Portable(Portable::read(&mut fields)?),
            message_digest::FAMILY => Self::MessageDigest(MessageDigest::read(&mut fields)?),
            _ => return Err(ParseError::Unknown),
        };
        fields.end()?;
        Ok(scheme)
    }
}

impl LegacyHash {
    /// Reads an exported text. White space around it is the export's, not the
    /// hash's; only a salt after a colon may end in a space of its own.
    ///
    /// Only bare hexadecimal, alone or as `hash:salt`, needs to be declared; a
    /// text that names its own scheme is read as that, whatever is declared.
    ///
    /// ```
    /// use motlan::crypto::password::legacy::{Declared, LegacyHash, ParseError};
    ///
    /// let hash = LegacyHash::parse("{SSHA}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw", None).unwrap();
    /// assert_eq!(hash.scheme().name(), "salted-sha1");
    ///
    /// let bare = "5f4dcc3b5aa765d61d8327deb882cf99";
    /// assert_eq!(LegacyHash::parse(bare, None).unwrap_err(), ParseError::Undeclared);
    /// assert!(LegacyHash::parse(bare, Some(Declared::Md5)).unwrap().verify("password").unwrap());
    /// ```
    pub fn parse(text: &str, declared: Option<Declared>) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            return Err(ParseError::Unknown);
        }
        let named = text.trim();
        let named = notation::after_tag(named, "CRYPT").unwrap_or(named);
        for notation in NOTATIONS {
            match notation(named) {
                Err(ParseError::Unknown) => {}
                known @ (Ok(_) | Err(ParseError::Undeclared | ParseError::TooCostly { .. })) => return known,
            }
        }
        message_digest::parse(text, declared)
    }

    /// How the digest comes from the password.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// True when the password, as typed or composed (NFC), is the one that was
    /// hashed. An empty one never is, whatever the old system allowed.
    ///
    /// This takes as long as the old scheme does: call it where passwords are hashed.
    pub fn verify(&self, typed: &str) -> Result<bool, HashError> {
        any_form(typed, |password| Ok(same(&self.scheme.inner(password)?, &self.digest)))
    }

    /// One text that says all, for a column that is sealed: what the source
    /// declared may change, and this does not.
    pub fn encode(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{MARK}{}${}", self.scheme.write(), base64url(&self.digest)))
    }

    /// Reads what [`encode`](Self::encode) wrote. The caps hold here too.
    pub fn decode(text: &str) -> Result<Self, ParseError> {
        let rest = text.strip_prefix(MARK).ok_or(ParseError::Unknown)?;
        let [family, fields, digest] = notation::parts(rest)?;
        let digest = from_base64url(digest).filter(|digest| !digest.is_empty()).ok_or(ParseError::Unknown)?;
        Ok(Self { scheme: Scheme::read(family, fields)?, digest: Zeroizing::new(digest) })
    }
}

/// The scheme alone: a digest is for no log.
impl std::fmt::Debug for LegacyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyHash").field("scheme", &self.scheme.name()).finish_non_exhaustive()
    }
}

/// Tries a password as it was typed and, when that is another, composed (NFC).
fn any_form(typed: &str, mut is_right: impl FnMut(&str) -> Result<bool, HashError>) -> Result<bool, HashError> {
    if typed.is_empty() {
        return Ok(false);
    }
    if is_right(typed)? {
        return Ok(true);
    }
    let composed = Zeroizing::new(typed.nfc().collect::<String>());
    if *composed == typed { Ok(false) } else { is_right(&composed) }
}
