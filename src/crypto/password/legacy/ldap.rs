//! LDAP's `userPassword` (RFC 2307 and what grew from it): a scheme in braces
//! and base64 of the digest, which the salt follows in the salted ones.

use super::message_digest::{Algorithm, Encoding, MessageDigest, Order};
use super::{LegacyHash, ParseError, notation};

/// The tags, what they compute, and whether a salt follows.
const TAGS: [(&str, Algorithm, bool); 10] = [
    ("MD5", Algorithm::Md5, false),
    ("SMD5", Algorithm::Md5, true),
    ("SHA", Algorithm::Sha1, false),
    ("SSHA", Algorithm::Sha1, true),
    ("SHA256", Algorithm::Sha256, false),
    ("SSHA256", Algorithm::Sha256, true),
    ("SHA384", Algorithm::Sha384, false),
    ("SSHA384", Algorithm::Sha384, true),
    ("SHA512", Algorithm::Sha512, false),
    ("SSHA512", Algorithm::Sha512, true),
];

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let found = TAGS.iter().find_map(|(tag, algorithm, salted)| Some((notation::after_tag(text, tag)?, *algorithm, *salted)));
    let (rest, algorithm, salted) = found.ok_or(ParseError::Unknown)?;
    let bytes = notation::base64(rest)?;
    let (digest, salt) = bytes.split_at_checked(algorithm.bytes()).ok_or(ParseError::Unknown)?;
    if salted == salt.is_empty() {
        return Err(ParseError::Unknown);
    }
    MessageDigest::salted(algorithm, Encoding::Utf8, Order::SaltLast, salt).with(digest.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::Strength;
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_passlib_open() {
        for (text, name) in [
            ("{MD5}vAgDUwovJXuCVesRWnAvSA==", "md5"),
            ("{SHA}fByWwTiXmelaXuUO2c5fW+x8lb4=", "sha1"),
            ("{SMD5}f9I8dcvKHkFUwY6dv0NJgYLwXks=", "salted-md5"),
            ("{SSHA}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw", "salted-sha1"),
            ("{ssha}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw", "salted-sha1"),
            ("{SSHA256}sKzxuoG1QBrWWAiqub7f+7i3VtRPRuvGPkXc+o0LHCnpnRMipJTSOg==", "salted-sha256"),
            (
                "{SSHA512}lIz5RJ/9A3YIPOW+q8dXSxQAAWWtzcV0Rja1Ljasm5QED+ccVon83amxkAe1AQGbCFJ/jr8nPTK8zcIAcwtlQE8JQegdo/Q+",
                "salted-sha512",
            ),
        ] {
            let hash = opens("passlib 1.7.4", text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), (name, Strength::Weak));
        }
    }

    #[test]
    fn vectors_of_hashlib_open() {
        for text in [
            "{SHA256}ckdOmY1X88KOLe+NXwfOYNnCLsLSbYTF5nhlRw7xBNo=",
            "{SSHA384}hmGD1pq3u8E3B/iU/u7ujtsV76KEIj1cJHy7E0JkMMnXuyl8jgzLrGtZDqCOplxTAAECAwQFBgcICQoLDA0ODw==",
        ] {
            opens("hashlib of Python 3.11", text, None, PASSWORD);
        }
    }

    #[test]
    fn a_salt_where_none_belongs_and_none_where_one_does_are_unknown() {
        for text in ["{SHA}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw", "{SSHA}fByWwTiXmelaXuUO2c5fW+x8lb4=", "{SSHA1}", "{}", "{SSHA}"] {
            assert_eq!(LegacyHash::parse(text, None).err(), Some(ParseError::Unknown), "{text}");
        }
    }
}
