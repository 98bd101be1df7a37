//! A weak hash that is kept without being kept: Argon2id over the old digest.
//!
//! The old scheme's parameters and salt stay, its digest does not. From the
//! password the old digest is computed again and hashed; whoever finds the
//! text has to guess against Argon2id, as with any other password here.
//!
//! `$wrapped$family$key=value,…$argon2id$v=19$m=…,t=…,p=…$salt$hash`

use super::{LegacyHash, ParseError, Scheme, any_form, notation};
use crate::crypto::password::hands::Memory;
use crate::crypto::password::{Cost, HashError, hash_now, verify_now};
use ::argon2::password_hash::phc::PasswordHash;

const MARK: &str = "$wrapped$";
const OUTER: &str = "argon2id";

/// The old scheme, and Argon2id over its digest.
#[derive(Clone)]
pub struct Wrapped {
    scheme: Scheme,
    /// A PHC string.
    outer: String,
}

impl Wrapped {
    /// True for a text that [`decode`](Self::decode) is for.
    pub fn is_one(text: &str) -> bool {
        text.starts_with(MARK)
    }

    /// How the inner digest comes from the password.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// One text for one column.
    pub fn encode(&self) -> String {
        format!("{MARK}{}{}", self.scheme.write(), self.outer)
    }

    /// Reads what [`encode`](Self::encode) wrote. The caps of the old scheme hold here too.
    pub fn decode(text: &str) -> Result<Self, ParseError> {
        let rest = text.strip_prefix(MARK).ok_or(ParseError::Unknown)?;
        let [family, fields, algorithm, version, costs, salt, hash] = notation::parts(rest)?;
        let outer = format!("${algorithm}${version}${costs}${salt}${hash}");
        let known = PasswordHash::new(&outer).is_ok_and(|outer| outer.salt.is_some() && outer.hash.is_some());
        if algorithm != OUTER || !known {
            return Err(ParseError::Unknown);
        }
        Ok(Self { scheme: Scheme::read(family, fields)?, outer })
    }

    pub(super) fn make(hash: &LegacyHash, cost: Cost, memory: &mut Memory) -> Result<Self, HashError> {
        Ok(Self { scheme: hash.scheme.clone(), outer: hash_now(cost, &hash.digest, memory)? })
    }

    /// True when the password, as typed or composed (NFC), is the one that was hashed.
    pub(super) fn verify(&self, typed: &str, memory: &mut Memory) -> Result<bool, HashError> {
        any_form(typed, |password| verify_now(&self.outer, &self.scheme.inner(password)?, memory))
    }
}

/// The scheme alone: a hash is for no log.
impl std::fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wrapped").field("scheme", &self.scheme.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, every_scheme};
    use super::*;
    use crate::base::digest::{base64url, hex};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    const COST: Cost = Cost { memory_kib: 64, passes: 1, at_once: 1, waiting: 0 };

    fn wrapped(hash: &LegacyHash) -> Wrapped {
        Wrapped::make(hash, COST, &mut Memory::default()).expect("wrapped")
    }

    #[test]
    fn every_scheme_opens_wrapped_and_nothing_of_its_digest_is_left() {
        for hash in every_scheme() {
            let text = wrapped(&hash).encode();
            for digest in [
                base64url(&hash.digest),
                STANDARD_NO_PAD.encode(&*hash.digest),
                hex(&hash.digest),
                String::from_utf8_lossy(&hash.digest).into_owned(),
            ] {
                assert!(!text.contains(&digest), "{text}");
            }

            let kept = Wrapped::decode(&text).expect("decoded");
            assert_eq!((kept.scheme(), kept.encode()), (hash.scheme(), text.clone()));
            let mut memory = Memory::default();
            assert_eq!(kept.verify(PASSWORD, &mut memory), Ok(true), "{text}");
            for wrong in ["Mật khẩu số 2", ""] {
                assert_eq!(kept.verify(wrong, &mut memory), Ok(false), "{text}");
            }
        }
    }

    #[test]
    fn the_old_digest_itself_opens_nothing() {
        let hash = LegacyHash::parse("{SHA}fByWwTiXmelaXuUO2c5fW+x8lb4=", None).expect("a hash");
        let kept = wrapped(&hash);
        for stolen in ["7c1c96c1389799e95a5ee50ed9ce5f5bec7c95be", "fByWwTiXmelaXuUO2c5fW+x8lb4="] {
            assert_eq!(kept.verify(stolen, &mut Memory::default()), Ok(false));
        }
    }

    #[test]
    fn one_salt_does_not_make_two_hashes_alike() {
        let hash = LegacyHash::parse("{SHA}fByWwTiXmelaXuUO2c5fW+x8lb4=", None).expect("a hash");
        assert_ne!(wrapped(&hash).encode(), wrapped(&hash).encode());
    }

    #[test]
    fn a_planted_text_is_refused_before_it_costs_anything() {
        let hash = LegacyHash::parse("$5$muoi1234$6Q6Rhvgyq8OTVaofvulnQMkiwEEv5lcJrQO7mx617JA", None).expect("a hash");
        let text = wrapped(&hash).encode();
        let decode = |text: &str| Wrapped::decode(text).err();
        assert_eq!(decode(&text), None);
        assert!(matches!(decode(&text.replace("rounds=5000", "rounds=9000000")), Some(ParseError::TooCostly { .. })));
        for planted in [
            text.replace("argon2id", "argon2d"),
            text.replace("sha-crypt", "plain"),
            text.replace("variant=sha256,", ""),
            text.replace("rounds", "Rounds"),
            text[..text.len() / 2].to_owned(),
            hash.encode().to_string(),
            String::new(),
        ] {
            assert_eq!(decode(&planted), Some(ParseError::Unknown), "{planted}");
        }
        let huge = Wrapped::decode(&text.replace("m=64", "m=4000000000")).expect("decoded");
        assert_eq!(huge.verify(PASSWORD, &mut Memory::default()), Err(HashError::Unusable));
    }
}
