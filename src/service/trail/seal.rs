//! Signatures over the chain: a key pair that signs nothing else, its private
//! half sealed like every other key's.
//!
//! A stored public half is believed only when the private half beside it opens
//! with our key-encryption key and belongs to it: a key that another hand put
//! into the database signs for nobody.
//!
//! Keys follow each other ([`rotate`]). Each says in its JWK, and in what its private half is sealed for, after which
//! entry its turn begins; the turn ends where the next one's begins. A key that is no longer the newest still shows
//! that what it sealed is as it was, and nothing that it signs later counts: whoever came to hold an old key can
//! lengthen no chain with it. What is sealed names its key (`kid`).

use super::TrailError;
use super::chain::LEASE;
use crate::base::clock::Millis;
use crate::crypto::envelope::Envelope;
use crate::crypto::jwt::{thumbprint, verify_with_jwk};
use crate::crypto::keyring::{SigningKey, TokenType, generate};
use crate::model::audit_entry::{Range, Seal, Segment};
use crate::model::signing_key::{Algorithm, Schedule};
use crate::protocol::jws;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::audit_seals::{self, StoredAuditKey};
use crate::store::{AsEx, StoreError, job_leases};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The `typ` of what is signed here.
pub const TYPE: &str = "audit-seal+jwt";

const ALGORITHM: Algorithm = Algorithm::EdDsa;
/// The member of a JWK that says after which entry the key's turn begins; absent: it is the first of all.
const AFTER: &str = "motlan_after";

/// A public key that seals are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The key itself.
    pub jwk: Value,
    /// Its turn begins after the entry of this number.
    pub after: i64,
}

impl PublicKey {
    /// Reads a JWK; its thumbprint is its name, whatever it calls itself.
    pub fn of(jwk: &Value) -> Option<Self> {
        let after = match jwk.get(AFTER) {
            None => 0,
            Some(after) => after.as_i64().filter(|after| *after > 0)?,
        };
        Some(Self { kid: thumbprint(jwk)?, jwk: jwk.clone(), after })
    }

    /// Reads a JWK or a set of them, as an operator keeps it.
    pub fn read_all(text: &str) -> Option<Vec<Self>> {
        let document: Value = serde_json::from_str(text.trim()).ok()?;
        let keys = match document.get("keys").and_then(Value::as_array) {
            Some(keys) => keys.iter().map(Self::of).collect::<Option<Vec<Self>>>()?,
            None => vec![Self::of(&document)?],
        };
        (!keys.is_empty()).then_some(keys)
    }

    /// Whether it may have signed what is over entries up to `last`, beside the other keys.
    fn had_its_turn<T: Signed>(&self, keys: &[Self], last: i64) -> bool {
        let turn = keys.iter().map(|key| key.after).filter(|after| *after < last).max();
        turn.is_some_and(|turn| if T::AT_ONCE { self.after == turn } else { self.after >= turn })
    }
}

/// What is signed here: it is over entries up to one of them.
pub trait Signed: DeserializeOwned {
    /// It is signed as these entries get their places, by the key whose turn it is; otherwise later keys may sign it too.
    const AT_ONCE: bool;

    /// The number of the last one.
    fn last(&self) -> i64;
}

impl Signed for Seal {
    const AT_ONCE: bool = true;

    fn last(&self) -> i64 {
        self.seq
    }
}

impl Signed for Range {
    const AT_ONCE: bool = false;

    fn last(&self) -> i64 {
        self.last
    }
}

impl Signed for Segment {
    const AT_ONCE: bool = false;

    fn last(&self) -> i64 {
        self.last
    }
}

/// What a private half is sealed for. Another word than signing keys have, so that none of those opens here; and the
/// beginning of the key's turn, which nobody moves.
fn associated(kid: &str, after: i64) -> Vec<u8> {
    let name = if after == 0 { format!("audit key 1 {kid}") } else { format!("audit key 1 {kid} after {after}") };
    name.into_bytes()
}

/// The stored keys that are ours, oldest first.
pub async fn trusted(conn: &mut impl AsEx, envelope: &Envelope) -> Result<Vec<PublicKey>, StoreError> {
    Ok(ours(conn, envelope).await?.into_iter().map(|(public, _)| public).collect())
}

/// The same with their private halves, in the order of their turns.
async fn ours(conn: &mut impl AsEx, envelope: &Envelope) -> Result<Vec<(PublicKey, SigningKey)>, StoreError> {
    let stored = audit_seals::list_keys(conn).await?;
    let mut keys: Vec<_> = stored.iter().filter_map(|key| open_key(envelope, key)).collect();
    keys.sort_by_key(|(public, _)| public.after);
    Ok(keys)
}

fn open_key(envelope: &Envelope, stored: &StoredAuditKey) -> Option<(PublicKey, SigningKey)> {
    let public = PublicKey::of(&serde_json::from_str(&stored.public_jwk).ok()?).filter(|key| key.kid == stored.kid)?;
    let private = envelope.open(&stored.private_key, &associated(&public.kid, public.after)).ok()?;
    let always = Schedule { announced_at: Millis(0), active_at: Millis(0), retiring_at: None, gone_at: None, revoked_at: None };
    let signing = SigningKey::read(&stored.kid, ALGORITHM, &private, &stored.public_jwk, always).ok()?;
    Some((public, signing))
}

/// The key that signs: the newest of ours. `None` before the first seal.
pub async fn signer(conn: &mut impl AsEx, envelope: &Envelope) -> Result<Option<SigningKey>, StoreError> {
    Ok(ours(conn, envelope).await?.pop().map(|(_, signing)| signing))
}

/// What an operator keeps: the public half of the key, or a set of all when there was more than one. `None` before the
/// first seal.
pub async fn public_keys(services: &Services) -> Result<Option<Value>, StoreError> {
    let mut keys = trusted(&mut services.store.read().await?, &services.envelope).await?;
    if keys.len() > 1 {
        return Ok(Some(json!({ "keys": keys.into_iter().map(|key| key.jwk).collect::<Vec<_>>() })));
    }
    Ok(keys.pop().map(|key| key.jwk))
}

/// Puts a new key in the place of the one that signs; answers its name. What gets its place from now on is sealed with
/// it. Refused while the key of today has signed nothing: two turns never begin at one entry.
pub async fn rotate(services: &Services, actor: &str) -> Result<String, TrailError> {
    let mut tx = services.store.write().await?;
    // Whoever lines records up holds this row until the seal is in: the turn begins behind it.
    job_leases::hold(&mut tx, LEASE).await?;
    let keys = ours(&mut tx, &services.envelope).await?;
    let newest = audit_seals::newest(&mut tx).await?;
    let (Some((old, _)), Some(newest)) = (keys.last(), newest) else {
        let what = "there is no key yet: it is made with the first seal, some seconds after the first record";
        return Err(TrailError::Refused(what.to_owned()));
    };
    if signed_by(&newest.seal).as_deref() != Some(old.kid.as_str()) {
        let what = "the key of today has signed nothing yet: try again in a minute";
        return Err(TrailError::Refused(what.to_owned()));
    }
    let public: Vec<PublicKey> = keys.iter().map(|(public, _)| public.clone()).collect();
    let Some(seal) = open::<Seal>(&public, &newest.seal).filter(|seal| seal.seq == newest.seq) else {
        let what = "the newest seal does not hold: `motlan audit verify` names the first broken entry";
        return Err(TrailError::Refused(what.to_owned()));
    };
    let made = make(&mut tx, services, seal.seq).await?;
    let origin = Origin::command_line();
    let event = Event {
        event: "audit.key_rotated",
        actor: actor.to_owned(),
        person: None,
        client: None,
        origin: &origin,
        detail: json!({ "kid": made.kid, "before": old.kid, "after_seq": seal.seq }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    tracing::info!(audit.key = %made.kid, audit.seq = seal.seq, "the audit is sealed with a new key from here on");
    Ok(made.kid)
}

/// Makes a key whose turn begins after an entry, in the caller's transaction.
pub async fn make(tx: &mut impl AsEx, services: &Services, after: i64) -> Result<SigningKey, Failure> {
    let mut pair = generate(ALGORITHM)?;
    if after > 0 {
        pair.public_jwk[AFTER] = json!(after);
    }
    let stored = StoredAuditKey {
        private_key: services.envelope.seal(&pair.private, &associated(&pair.kid, after)),
        kid: pair.kid,
        public_jwk: pair.public_jwk.to_string(),
        created_at: services.clock.now().0,
    };
    audit_seals::add_key(tx, &stored).await?;
    let opened = open_key(&services.envelope, &stored).map(|(_, signing)| signing);
    opened.ok_or_else(|| StoreError::Corrupt("audit_keys.private_key".to_owned()).into())
}

/// Signs what a seal, a range or a segment says.
pub fn sign<T: Serialize>(key: &SigningKey, claims: &T) -> Result<String, Failure> {
    let claims = serde_json::to_vec(claims).map_err(StoreError::from)?;
    Ok(key.sign(TokenType::AuditSeal, &claims)?)
}

/// What was signed, when one of these keys signed it as what it is read as, and it was that key's turn.
pub fn open<T: Signed>(keys: &[PublicKey], signed: &str) -> Option<T> {
    read(keys, signed).filter(|(key, read): &(&PublicKey, T)| key.had_its_turn::<T>(keys, read.last())).map(|(_, read)| read)
}

/// The key that signed it when it was not that key's turn.
pub fn signed_out_of_turn<'k, T: Signed>(keys: &'k [PublicKey], signed: &str) -> Option<&'k PublicKey> {
    read(keys, signed).filter(|(key, read): &(&PublicKey, T)| !key.had_its_turn::<T>(keys, read.last())).map(|(key, _)| key)
}

/// What one of these keys signed, and which one.
fn read<'k, T: Signed>(keys: &'k [PublicKey], signed: &str) -> Option<(&'k PublicKey, T)> {
    let kid = jws::header(signed).ok()?.kid?;
    let key = keys.iter().find(|key| key.kid == kid)?;
    let verified = verify_with_jwk(&key.jwk, signed, &[ALGORITHM]).ok()?;
    if verified.typ.as_deref() != Some(TYPE) {
        return None;
    }
    serde_json::from_value(Value::Object(verified.claims)).ok().map(|read| (key, read))
}

/// Which key a signature says that it is by.
pub fn signed_by(signed: &str) -> Option<String> {
    jws::header(signed).ok()?.kid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, after: i64) -> PublicKey {
        PublicKey { kid: kid.to_owned(), jwk: Value::Null, after }
    }

    #[test]
    fn each_key_has_its_turn_and_no_other() {
        let keys = [key("one", 0), key("two", 10), key("three", 25)];
        for (last, of_seal, of_others) in [
            (1, [true, false, false], [true, true, true]),
            (10, [true, false, false], [true, true, true]),
            (11, [false, true, false], [false, true, true]),
            (25, [false, true, false], [false, true, true]),
            (26, [false, false, true], [false, false, true]),
            (0, [false, false, false], [false, false, false]),
        ] {
            let seals = keys.each_ref().map(|key| key.had_its_turn::<Seal>(&keys, last));
            let ranges = keys.each_ref().map(|key| key.had_its_turn::<Range>(&keys, last));
            let segments = keys.each_ref().map(|key| key.had_its_turn::<Segment>(&keys, last));
            assert_eq!((seals, ranges, segments), (of_seal, of_others, of_others), "{last}");
        }
        // Whoever kept the newest key alone believes it of what came in its turn.
        assert!(keys[2].had_its_turn::<Seal>(&keys[2..], 26) && !keys[2].had_its_turn::<Seal>(&keys[2..], 25));
    }

    #[test]
    fn the_beginning_of_a_turn_is_read_with_its_key_and_sealed_in() {
        let jwk = |after: Value| {
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
            let mut jwk = json!({ "alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "use": "sig", "x": x });
            if !after.is_null() {
                jwk[AFTER] = after;
            }
            PublicKey::of(&jwk).map(|key| key.after)
        };
        for (after, expected) in
            [(Value::Null, Some(0)), (json!(7), Some(7)), (json!(0), None), (json!(-1), None), (json!("7"), None)]
        {
            assert_eq!(jwk(after.clone()), expected, "{after}");
        }
        assert_ne!(associated("a", 0), associated("a", 7));
        assert_ne!(associated("a", 70), associated("a", 7));
    }
}
