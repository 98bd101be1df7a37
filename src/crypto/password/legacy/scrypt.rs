//! scrypt (RFC 7914) in the notations of passlib, Werkzeug and Django.
//!
//! - passlib: `$scrypt$ln=16,r=8,p=1$salt$digest`, both in base64
//! - Werkzeug: `scrypt:N:r:p$salt$hex`, the salt as text
//! - Django: `scrypt$N$salt$r$p$base64`, the salt as text

use super::recipe::{Fields, Recipe, Written};
use super::{LegacyHash, ParseError, Scheme, Strength, notation};
use crate::crypto::password::HashError;
use scrypt::Params;
use zeroize::Zeroizing;

pub(super) const FAMILY: &str = "scrypt";
/// In KiB, of one lane at a time.
const MOST_MEMORY_KIB: u32 = 128 * 1024;
/// What all lanes write, one after the other: about two seconds.
const MOST_WORK_KIB: u32 = 512 * 1024;
const MOST_BLOCK: u32 = 64;
const MOST_LANES: u32 = 16;
/// With less it is a fast hash.
const STRONG_MEMORY_KIB: u32 = 8 * 1024;
const DIGEST_BYTES: [usize; 2] = [32, 64];

/// scrypt's costs, salt and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrypt {
    /// N is two to this power.
    log2: u8,
    block: u32,
    lanes: u32,
    salt: Vec<u8>,
    length: usize,
}

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    if let Some(rest) = text.strip_prefix("$scrypt$") {
        let [costs, salt, digest] = notation::parts(rest)?;
        let mut fields = Fields::new(costs);
        let costs = [fields.number("ln")?, fields.number("r")?, fields.number("p")?];
        fields.end()?;
        return hash(costs, notation::base64(salt)?, notation::base64(digest)?);
    }
    if let Some(rest) = text.strip_prefix("scrypt:") {
        let [costs, salt, digest] = notation::parts(rest)?;
        let costs: Vec<&str> = costs.split(':').collect();
        let [n, block, lanes] = costs[..] else { return Err(ParseError::Unknown) };
        let costs = [log2(n)?, notation::number(block)?, notation::number(lanes)?];
        return hash(costs, salt.as_bytes().to_vec(), notation::hex(digest)?);
    }
    let [n, salt, block, lanes, digest] = notation::parts(text.strip_prefix("scrypt$").ok_or(ParseError::Unknown)?)?;
    let costs = [log2(n)?, notation::number(block)?, notation::number(lanes)?];
    hash(costs, salt.as_bytes().to_vec(), notation::base64(digest)?)
}

/// N is always a power of two.
fn log2(text: &str) -> Result<u64, ParseError> {
    match notation::number(text)? {
        u64::MAX => Ok(64),
        n if n.is_power_of_two() => Ok(u64::from(n.ilog2())),
        _ => Err(ParseError::Unknown),
    }
}

fn hash(costs: [u64; 3], salt: Vec<u8>, digest: Vec<u8>) -> Result<LegacyHash, ParseError> {
    let scheme = Scrypt::new(costs, salt, digest.len())?;
    Ok(LegacyHash { scheme: Scheme::Scrypt(scheme), digest: Zeroizing::new(digest) })
}

impl Scrypt {
    fn new([log2, block, lanes]: [u64; 3], salt: Vec<u8>, length: usize) -> Result<Self, ParseError> {
        if log2 == 0 || block == 0 || lanes == 0 || salt.is_empty() || !DIGEST_BYTES.contains(&length) {
            return Err(ParseError::Unknown);
        }
        let block = notation::capped("a scrypt block size", block, MOST_BLOCK)?;
        let lanes = notation::capped("scrypt lanes", lanes, MOST_LANES)?;
        let n = u32::try_from(log2).ok().and_then(|log2| 1_u64.checked_shl(log2)).unwrap_or(u64::MAX);
        let memory_kib = n.saturating_mul(u64::from(block)).div_ceil(8);
        notation::capped("scrypt memory in KiB", memory_kib, MOST_MEMORY_KIB)?;
        notation::capped("scrypt work in KiB", memory_kib.saturating_mul(u64::from(lanes)), MOST_WORK_KIB)?;
        let log2 = u8::try_from(log2).map_err(|_| ParseError::Unknown)?;
        Ok(Self { log2, block, lanes, salt, length })
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, ParseError> {
        let costs = [fields.number("log2")?, fields.number("block")?, fields.number("lanes")?];
        let length = usize::try_from(fields.number("length")?).map_err(|_| ParseError::Unknown)?;
        Self::new(costs, fields.bytes("salt")?, length)
    }
}

impl Recipe for Scrypt {
    fn family(&self) -> &'static str {
        FAMILY
    }

    fn strength(&self) -> Strength {
        // N blocks of 128 bytes times the block size.
        let memory_kib = (1_u64 << self.log2) * u64::from(self.block) / 8;
        if memory_kib >= u64::from(STRONG_MEMORY_KIB) { Strength::Strong } else { Strength::Weak }
    }

    fn inner(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, HashError> {
        let params = Params::new(self.log2, self.block, self.lanes).map_err(|_| HashError::Unusable)?;
        let mut out = Zeroizing::new(vec![0; self.length]);
        scrypt::scrypt(password.as_bytes(), &self.salt, &params, &mut out).map_err(|_| HashError::Unusable)?;
        Ok(out)
    }

    fn write(&self, fields: &mut Written) {
        fields.word("log2", &self.log2);
        fields.word("block", &self.block);
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
    fn vectors_of_passlib_werkzeug_and_django_open() {
        for (maker, text) in [
            ("passlib 1.7.4", "$scrypt$ln=10,r=8,p=2$Qejd+1/Lube29h7j3Ntb6w$eo/RT3Emr+WDX0WnRMpMNAxYJ7dn0b59ZIK+Of+Ewdc"),
            (
                "Werkzeug 3.1.9",
                "scrypt:1024:8:2$fziUhdCWXQCJnLSc$ce1041959796b591c8a2335f87213f9bd1f722ecbb9f285604e2a7150e3406a6d38992fadde5986c7bac68347817bf4c4d7f351977a354b4b821175b87072e14",
            ),
            (
                "Django 5.2.19",
                "scrypt$1024$saltQ7$8$2$OVJoTKq1GbHbvHmyBBNQN6O/Lp0AfAd26jU3ewD682DLMUcGQWDZMtK/0vGQxVypy0Y+nLFDWznAW9KbhSf4lQ==",
            ),
        ] {
            let hash = opens(maker, text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), ("scrypt", Strength::Weak));
        }
    }

    #[test]
    fn memory_and_lanes_over_the_caps_are_refused() {
        let with = |costs: &str| {
            let text = format!("$scrypt${costs}$Qejd+1/Lube29h7j3Ntb6w$eo/RT3Emr+WDX0WnRMpMNAxYJ7dn0b59ZIK+Of+Ewdc");
            LegacyHash::parse(&text, None).map(|hash| hash.scheme().strength())
        };
        assert_eq!(with("ln=12,r=8,p=1"), Ok(Strength::Weak));
        assert_eq!(with("ln=13,r=8,p=1"), Ok(Strength::Strong));
        assert_eq!(with("ln=17,r=8,p=4"), Ok(Strength::Strong));
        assert_eq!(with("ln=14,r=8,p=16"), Ok(Strength::Strong));
        let memory = |asked| Err(ParseError::TooCostly { what: "scrypt memory in KiB", asked, most: 131_072 });
        assert_eq!(with("ln=18,r=8,p=1"), memory(262_144));
        assert_eq!(with("ln=17,r=9,p=1"), memory(147_456));
        assert!(matches!(with("ln=17,r=8,p=5"), Err(ParseError::TooCostly { asked: 655_360, most: 524_288, .. })));
        assert!(matches!(with("ln=99999999999,r=8,p=1"), Err(ParseError::TooCostly { .. })));
        assert!(matches!(with("ln=10,r=65,p=1"), Err(ParseError::TooCostly { asked: 65, most: 64, .. })));
        assert!(matches!(with("ln=10,r=8,p=17"), Err(ParseError::TooCostly { asked: 17, most: 16, .. })));
        for wrong in ["ln=0,r=8,p=1", "ln=10,r=0,p=1", "ln=10,r=8,p=0", "ln=10,r=8", "r=8,ln=10,p=1", "ln=10,r=8,p=1,x=1"] {
            assert_eq!(with(wrong), Err(ParseError::Unknown), "{wrong}");
        }
        let text = "scrypt:1000:8:1$salt$ce10";
        assert_eq!(LegacyHash::parse(text, None).err(), Some(ParseError::Unknown), "no power of two");
    }
}
