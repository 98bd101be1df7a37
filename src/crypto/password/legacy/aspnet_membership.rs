//! ASP.NET membership (`SqlMembershipProvider`, format 1): SHA-1 of the salt and
//! the password in UTF-16.
//!
//! Its table keeps salt and digest in two columns of base64. An export joins
//! them as `aspnet_membership$PasswordSalt$Password`: neither column has a `$`.
//! The form of password crackers, `$episerver$*0*salt*digest`, is read too
//! (with `*1*` it is SHA-256, which some set).

use super::message_digest::{Algorithm, Encoding, MessageDigest, Order};
use super::{LegacyHash, ParseError, notation};

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    if let Some(rest) = text.strip_prefix("aspnet_membership$") {
        let (salt, digest) = rest.split_once('$').ok_or(ParseError::Unknown)?;
        return hash(Algorithm::Sha1, salt, digest);
    }
    let rest = text.strip_prefix("$episerver$*").ok_or(ParseError::Unknown)?;
    let (kind, rest) = rest.split_once('*').ok_or(ParseError::Unknown)?;
    let (salt, digest) = rest.split_once('*').ok_or(ParseError::Unknown)?;
    match kind {
        "0" => hash(Algorithm::Sha1, salt, digest),
        "1" => hash(Algorithm::Sha256, salt, digest),
        _ => Err(ParseError::Unknown),
    }
}

fn hash(algorithm: Algorithm, salt: &str, digest: &str) -> Result<LegacyHash, ParseError> {
    let salt = notation::base64(salt)?;
    if salt.is_empty() {
        return Err(ParseError::Unknown);
    }
    MessageDigest::salted(algorithm, Encoding::Utf16, Order::SaltFirst, &salt).with(notation::base64(digest)?)
}

#[cfg(test)]
mod tests {
    use super::super::Strength;
    use super::super::tests::{PASSWORD, opens};

    #[test]
    fn the_vectors_that_crackers_publish_open() {
        for (maker, text, password) in [
            ("hashcat, mode 141", "$episerver$*0*bEtiVGhPNlZpcUN4a3ExTg==*utkfN0EOgljbv5FoZ6+AcZD5iLk", "hashcat"),
            (
                "hashcat, mode 1441",
                "$episerver$*1*MDEyMzQ1Njc4OWFiY2RlZg==*lRjiU46qHA7S6ZE7RfKUcYhB85ofArj1j7TrCtu3u6Y",
                "hashcat",
            ),
            ("John the Ripper", "$episerver$*0*fGJ2wn/5WlzqQoDeCA2kXA==*UQgnz/vPWap9UeD8Dhaw3h/fgFA=", "testPassword"),
            ("John the Ripper", "aspnet_membership$fGJ2wn/5WlzqQoDeCA2kXA==$UQgnz/vPWap9UeD8Dhaw3h/fgFA=", "testPassword"),
        ] {
            let hash = opens(maker, text, None, password);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), ("aspnet-membership", Strength::Weak));
        }
    }

    #[test]
    fn vietnamese_passwords_count_in_utf_16() {
        let text = "aspnet_membership$AAECAwQFBgcICQoLDA0ODw==$mjb4MSLseKBpvQeOJ8lAja8XmGA=";
        opens("hashlib of Python 3.11, in the documented layout", text, None, PASSWORD);
    }
}
