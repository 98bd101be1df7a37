//! ASP.NET Identity: base64 of a marker byte and what follows from it.
//!
//! Version 2 (`0x00`): 16 bytes of salt and 32 of PBKDF2-HMAC-SHA-1 at 1,000
//! iterations. Version 3 (`0x01`): the function, the iterations and the salt's
//! length as four bytes each, highest first; the salt; the digest.

use super::pbkdf2::{Prf, hash};
use super::{LegacyHash, ParseError, notation};

const V2_ITERATIONS: u64 = 1_000;
const V2_SALT_BYTES: usize = 16;
const V2_DIGEST_BYTES: usize = 32;
/// Shorter salts and digests are none to the makers either.
const V3_LEAST_BYTES: usize = 16;

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let bytes = notation::base64(text)?;
    match bytes.split_first() {
        Some((0, rest)) => v2(rest),
        Some((1, rest)) => v3(rest),
        Some(_) | None => Err(ParseError::Unknown),
    }
}

fn v2(bytes: &[u8]) -> Result<LegacyHash, ParseError> {
    let (salt, digest) = bytes.split_at_checked(V2_SALT_BYTES).ok_or(ParseError::Unknown)?;
    if digest.len() != V2_DIGEST_BYTES {
        return Err(ParseError::Unknown);
    }
    hash(Prf::Sha1, V2_ITERATIONS, salt.to_vec(), digest.to_vec())
}

fn v3(bytes: &[u8]) -> Result<LegacyHash, ParseError> {
    let (prf, rest) = word(bytes)?;
    let (iterations, rest) = word(rest)?;
    let (salt_bytes, rest) = word(rest)?;
    let prf = match prf {
        0 => Prf::Sha1,
        1 => Prf::Sha256,
        2 => Prf::Sha512,
        _ => return Err(ParseError::Unknown),
    };
    let salt_bytes = usize::try_from(salt_bytes).map_err(|_| ParseError::Unknown)?;
    let (salt, digest) = rest.split_at_checked(salt_bytes).ok_or(ParseError::Unknown)?;
    if salt.len() < V3_LEAST_BYTES || digest.len() < V3_LEAST_BYTES {
        return Err(ParseError::Unknown);
    }
    hash(prf, u64::from(iterations), salt.to_vec(), digest.to_vec())
}

fn word(bytes: &[u8]) -> Result<(u32, &[u8]), ParseError> {
    let (word, rest) = bytes.split_first_chunk::<4>().ok_or(ParseError::Unknown)?;
    Ok((u32::from_be_bytes(*word), rest))
}

#[cfg(test)]
mod tests {
    use super::super::Strength;
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn the_vectors_of_the_makers_open() {
        for text in [
            "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==",
            "ANXrDknc7fGPpigibZXXZFMX4aoqz44JveK6jQuwY3eH/UyPhvr5xTPeGYEckLxz9A==",
            "AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==",
            "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw",
            "AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==",
            "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M",
        ] {
            let hash = opens("ASP.NET Core Identity's own tests", text, None, "my password");
            assert_eq!(hash.scheme().strength(), Strength::Weak);
        }
        let strong = "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=";
        let hash = opens("ASP.NET Core Identity's own tests", strong, None, "my password");
        assert_eq!(hash.scheme().strength(), Strength::Strong);
    }

    #[test]
    fn what_the_makers_refuse_opens_to_nothing() {
        for cut_or_longer in [
            "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggE=",
            "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJgAAAAAAAAAAAAA=",
            "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4A=",
        ] {
            assert_eq!(LegacyHash::parse(cut_or_longer, None).err(), Some(ParseError::Unknown), "{cut_or_longer}");
        }
        for of_another in [
            "AAABAgMEBQYHCAkKCwwNDg+uAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAALtH1uJg==",
            "AQAAAAAAAAD6AAAAEAhftMyfTJyAAAAAAAAAAAAAAAAAAAih5WsjXaR3PA9M",
            "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHwAAAAAAAAAAAA",
        ] {
            let hash = LegacyHash::parse(of_another, None).expect("a hash");
            assert_eq!(hash.verify("my password"), Ok(false), "{of_another}");
        }
    }

    #[test]
    fn vietnamese_passwords_count_in_utf_8() {
        for text in [
            "AAABAgMEBQYHCAkKCwwNDg98NqaiLm+wi1rRHMm9cMBpGqoWb3xlsOlY2zi75V8wew==",
            "AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8Bz2RodfZtNOMSQeBDrtPrmddyVm/ckD0dgHIebUlwyQ==",
        ] {
            opens("hashlib of Python 3.11, in the documented layout", text, None, PASSWORD);
        }
    }

    #[test]
    fn iterations_over_the_cap_are_refused() {
        let text = "AQAAAAH/////AAAAEAABAgMEBQYHCAkKCwwNDg8Bz2RodfZtNOMSQeBDrtPrmddyVm/ckD0dgHIebUlwyQ==";
        let refused = ParseError::TooCostly { what: "PBKDF2 iterations", asked: u64::from(u32::MAX), most: 5_000_000 };
        assert_eq!(LegacyHash::parse(text, None).err(), Some(refused));
    }
}
