//! Recovery codes: a sheet of ten, printed and kept, each good once.
//!
//! A sheet stands in for an app or a passkey, and is made only for somebody who
//! has one: who knows a password alone could else make a sheet in secret, and
//! come in with it after the owner has added a second factor.

use super::record;
use crate::base::clock::Millis;
use crate::base::digest::hmac_sha256;
use crate::base::entropy::Entropy;
use crate::base::id::PersonId;
use crate::model::notice::NoticeKind;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Origin, Services, notices};
use crate::store::changes::Kind;
use crate::store::{StoreError, recovery_codes};
use serde_json::json;

/// Codes of a sheet.
pub const CODES: usize = 10;
/// Letters and digits of a code: 49 bits.
const LENGTH: usize = 10;
/// Written in two groups.
const GROUP: usize = 5;
/// Without 0, 1, I, L and O, which are mistaken for each other.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Random bytes below this fall on every letter equally often.
const FAIR: usize = 256 - 256 % ALPHABET.len();

/// What is known of a sheet: not its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet {
    /// When it was made.
    pub made_at: Millis,
    /// Codes that were not used.
    pub left: i64,
}

/// A sheet that was just made: shown once, and printed nowhere else.
pub struct NewSheet {
    /// When it was made.
    pub made_at: Millis,
    /// The codes as people read them.
    pub codes: Vec<String>,
}

/// Why there is no new sheet.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// There is nothing that the codes could stand in for.
    #[error("the person has no second factor that codes could stand in for")]
    NoSecondFactor,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for SheetError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The sheet of a person.
pub async fn look(services: &Services, person: &PersonId) -> Result<Option<Sheet>, Failure> {
    let stored = recovery_codes::find(&mut services.store.read().await?, person).await?;
    Ok(stored.map(|stored| Sheet { made_at: stored.created_at, left: stored.left }))
}

/// Makes a sheet; the one before is worth nothing from then on.
pub async fn make(services: &Services, known: &KnownPerson, origin: &Origin) -> Result<NewSheet, SheetError> {
    if !known.methods.second_factor() {
        return Err(SheetError::NoSecondFactor);
    }
    let now = services.clock.now();
    let person = &known.person.id;
    let mut codes: Vec<String> = Vec::with_capacity(CODES);
    while codes.len() < CODES {
        let code = random(services.entropy.as_ref());
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let mut digests = Vec::with_capacity(CODES);
    for code in &codes {
        digests.push(digest(services, person, code)?);
    }
    let mut tx = services.store.write().await?;
    recovery_codes::replace(&mut tx, person, &digests, now).await?;
    // After the sheet, whose lock on the person is the stronger: two at once would else wait for each other.
    notices::hold_changeable(&mut tx, person).await?;
    record(&mut tx, services, person, ("recovery_codes.made", json!({ "codes": CODES })), origin).await?;
    notices::tell(&mut tx, services, person, NoticeKind::RecoveryCodesMade, origin).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), now);
    Ok(NewSheet { made_at: now, codes: codes.iter().map(|code| shown(code)).collect() })
}

/// Uses a code; false when it is none of this person's sheet, or was used.
pub(super) async fn take(services: &Services, person: &PersonId, code: &str, origin: &Origin) -> Result<bool, Failure> {
    let now = services.clock.now();
    let digest = digest(services, person, code)?;
    let mut tx = services.store.write().await?;
    if !recovery_codes::mark_used(&mut tx, person, &digest, now).await? {
        return Ok(false);
    }
    let left = recovery_codes::find(&mut tx, person).await?.map_or(0, |sheet| sheet.left);
    record(&mut tx, services, person, ("recovery_code.used", json!({ "left": left })), origin).await?;
    notices::tell(&mut tx, services, person, NoticeKind::RecoveryCodeUsed, origin).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), now);
    Ok(true)
}

/// What is kept of a code: bound to its person, and keyed, since 49 bits can be
/// searched by whoever has a copy of the records and nothing else.
fn digest(services: &Services, person: &PersonId, code: &str) -> Result<[u8; 32], Failure> {
    let key = services.envelope.derive("recovery codes 1")?;
    Ok(hmac_sha256(key.as_ref(), format!("{person}\n{code}").as_bytes()))
}

fn random(entropy: &dyn Entropy) -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        let missing = LENGTH - code.len();
        let fair = entropy.bytes32().into_iter().map(usize::from).filter(|byte| *byte < FAIR);
        code.extend(fair.take(missing).map(|byte| char::from(ALPHABET[byte % ALPHABET.len()])));
    }
    code
}

/// `ABCDE-FGH23`
fn shown(code: &str) -> String {
    let (first, second) = code.split_at(GROUP);
    format!("{first}-{second}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;
    use std::collections::BTreeSet;

    #[test]
    fn no_letter_is_mistaken_for_another() {
        let letters: BTreeSet<u8> = ALPHABET.iter().copied().collect();

        assert_eq!(letters.len(), ALPHABET.len());
        assert!(ALPHABET.iter().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()));
        assert!(!ALPHABET.iter().any(|letter| b"01ILO".contains(letter)));
    }

    #[test]
    fn a_code_cannot_be_guessed() {
        // 31 to the tenth, and 2 to the forty-eighth.
        let codes = (0..LENGTH).fold(1_u64, |codes, _| codes * ALPHABET.len() as u64);
        assert!(codes >= 1 << 48, "{codes}");
        assert_eq!(FAIR % ALPHABET.len(), 0);
    }

    #[test]
    fn every_letter_comes_about_as_often_as_any_other() {
        let entropy = SeededEntropy::new(1);
        let mut counts = [0_u32; 256];
        for _ in 0..3_100 {
            let code = random(&entropy);
            assert_eq!(code.len(), LENGTH);
            for letter in code.bytes() {
                counts[usize::from(letter)] += 1;
            }
        }
        // A thousand each.
        for letter in ALPHABET {
            assert!((850..1_150).contains(&counts[usize::from(*letter)]), "{}", char::from(*letter));
        }
    }

    #[test]
    fn a_code_is_read_in_two_groups() {
        assert_eq!(shown("ABCDEFGH23"), "ABCDE-FGH23");
    }
}
