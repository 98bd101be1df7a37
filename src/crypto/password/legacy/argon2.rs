//! Argon2 (RFC 9106) of other systems: the PHC string, and Django's `argon2`
//! in front of it. What is hashed here is hashed one floor up.

use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::crypto::password::HashError;
use argon2::{Algorithm, Params, Version};
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "argon2";
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 20;
/// What all passes write, one after the other: about a second.
const MOST_WORK_KIB: u32 = 512 * 1024;
const MOST_LANES: u32 = 16;
/// With less it is a fast hash.
const STRONG_MEMORY_KIB: u32 = 4 * 1024;
/// Shorter ones are refused by the library, or cut.
const LEAST_SALT_BYTES: usize = 8;
const LEAST_DIGEST_BYTES: usize = 16;
const MOST_DIGEST_BYTES: usize = 128;

/// Argon2's variant, costs, salt and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argon2 {
    algorithm: Algorithm,
    version: Version,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
    length: usize,
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let rest = text.strip_prefix("argon2").unwrap_or(text).strip_prefix('$').ok_or(ParseError::Unknown)?;
    let (algorithm, rest) = rest.split_once('$').ok_or(ParseError::Unknown)?;
    let (version, rest) = match rest.strip_prefix("v=") {
        Some(rest) => rest.split_once('$').ok_or(ParseError::Unknown)?,
        // The first version did not say so.
        None => ("16", rest),
    };
    let [costs, salt, digest] = notation::parts(rest)?;
    let mut fields = Fields::new(costs);
    let costs = [fields.number("m")?, fields.number("t")?, fields.number("p")?];
    fields.end()?;
    let digest = Zeroizing::new(notation::base64(digest)?);
    let kind = (self::algorithm(algorithm)?, self::version(notation::number(version)?)?);
    let scheme = Argon2::new(kind, costs, notation::base64(salt)?, digest.len())?;
    Ok(LegacyHash { scheme: Scheme::Argon2(scheme), digest })
}

fn algorithm(text: &str) -> Result<Algorithm, ParseError> {
    Algorithm::try_from(text).map_err(|_| ParseError::Unknown)
}

fn version(number: u64) -> Result<Version, ParseError> {
    u32::try_from(number).ok().and_then(|number| Version::try_from(number).ok()).ok_or(ParseError::Unknown)
}

impl Argon2 {
    fn new(kind: (Algorithm, Version), costs: [u64; 3], salt: Vec<u8>, length: usize) -> Result<Self, ParseError> {
        let (algorithm, version) = kind;
        let memory_kib = notation::capped("Argon2 memory in KiB", costs[0], MOST_MEMORY_KIB)?;
        let passes = notation::capped("Argon2 passes", costs[1], MOST_PASSES)?;
        let lanes = notation::capped("Argon2 lanes", costs[2], MOST_LANES)?;
        notation::capped("Argon2 work in KiB", u64::from(memory_kib) * u64::from(passes), MOST_WORK_KIB)?;
        let possible = Params::new(memory_kib, passes, lanes, Some(length)).is_ok();
        if !possible || salt.len() < LEAST_SALT_BYTES || !(LEAST_DIGEST_BYTES..=MOST_DIGEST_BYTES).contains(&length) {
            return Err(ParseError::Unknown);
        }
        Ok(Self { algorithm, version, memory_kib, passes, lanes, salt, length })
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let kind = (algorithm(fields.word("variant")?)?, version(fields.number("version")?)?);
        let costs = [fields.number("memory")?, fields.number("passes")?, fields.number("lanes")?];
        let length = usize::try_from(fields.number("length")?).map_err(|_| ParseError::Unknown)?;
        Self::new(kind, costs, fields.bytes("salt")?, length)
    }
}

impl Recipe for Argon2 {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn name(&self) -> &'static str {
        self.algorithm.as_str()
    }

    fn strength(&self) -> Strength {
        if self.memory_kib >= STRONG_MEMORY_KIB { Strength::Strong } else { Strength::Weak }
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(self.length));
        let hasher = argon2::Argon2::new(self.algorithm, self.version, params.map_err(|_| HashError::Unusable)?);
        let mut out = Zeroizing::new(vec![0; self.length]);
        hasher.hash_password_into(password.as_bytes(), &self.salt, &mut out).map_err(|_| HashError::Unusable)?;
        Ok(out)
    }

    fn write(&self, fields: &mut Written) {
        fields.word("variant", &self.algorithm.as_str());
        fields.word("version", &u32::from(self.version));
        fields.word("memory", &self.memory_kib);
        fields.word("passes", &self.passes);
        fields.word("lanes", &self.lanes);
        fields.word("length", &self.length);
        fields.bytes("salt", &self.salt);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::*;

    #[test]
    fn vectors_of_argon2_cffi_and_of_django_open() {
        for (text, name) in [
            ("$argon2id$v=19$m=64,t=2,p=2$ciXc0AxctvbJGNvK64g5+A$UDARN+WaupIMl4taAckZgc32SRaFCXJX", "argon2id"),
            ("$argon2i$v=19$m=64,t=2,p=2$zJ8665DwpSiyeiMHJXyFOg$6JgJWIGFXvGPZjg10OQPCrNEPYi/IfXv", "argon2i"),
            ("$argon2d$v=19$m=64,t=2,p=2$pluYclkCBmNbvpzSugaeeQ$0nF7Uecag6TTq/DmCjH2chsCgFAogh/Y", "argon2d"),
        ] {
            let hash = opens("argon2-cffi 25.1.0", text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), (name, Strength::Weak));
        }
        let text = "argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdFE3c2FsdFE3$pui/mT7s4acjVdbvxjxW7L2H/bXWuqscmQK5oAaUTow";
        opens("Django 5.2.19", text, None, PASSWORD);
    }

    #[test]
    fn a_hash_of_the_first_version_did_not_name_it() {
        for version in ["", "v=16$"] {
            let text = format!("$argon2i${version}m=64,t=1,p=1$c2FsdFE3c2FsdFE3$GnkLfkHt3mPqSfntNV+sOD4fvBR9Gois");
            opens("argon2-cffi 25.1.0", &text, None, PASSWORD);
        }
    }

    #[test]
    fn costs_over_the_caps_are_refused() {
        let with = |costs: &str| {
            let text = format!("$argon2id$v=19${costs}$ciXc0AxctvbJGNvK64g5+A$UDARN+WaupIMl4taAckZgc32SRaFCXJX");
            LegacyHash::parse(&text, None).map(|hash| hash.scheme().strength())
        };
        assert_eq!(with("m=4096,t=3,p=1"), Ok(Strength::Strong));
        assert_eq!(with("m=262144,t=2,p=16"), Ok(Strength::Strong));
        assert_eq!(with("m=26214,t=20,p=16"), Ok(Strength::Strong));
        for (costs, what, asked, most) in [
            ("m=262145,t=3,p=4", "Argon2 memory in KiB", 262_145, 262_144),
            ("m=65536,t=21,p=4", "Argon2 passes", 21, 20),
            ("m=65536,t=3,p=17", "Argon2 lanes", 17, 16),
            ("m=262144,t=3,p=4", "Argon2 work in KiB", 786_432, 524_288),
            ("m=65536,t=9,p=4", "Argon2 work in KiB", 589_824, 524_288),
        ] {
            assert_eq!(with(costs), Err(ParseError::TooCostly { what, asked, most }));
        }
        for wrong in ["m=1,t=1,p=1", "m=64,t=0,p=1", "m=64,t=1", "m=64,t=1,p=1,keyid=AAAA", "t=1,m=64,p=1"] {
            assert_eq!(with(wrong), Err(ParseError::Unknown), "{wrong}");
        }
    }
}
