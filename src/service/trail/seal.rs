//! Signatures over the chain: a key pair that signs nothing else, its private
//! half sealed like every other key's.
//!
//! A stored public half is believed only when the private half beside it opens
//! with our key-encryption key and belongs to it: a key that another hand put
//! into the database signs for nobody.

use crate::base::clock::Millis;
use crate::crypto::envelope::Envelope;
use crate::crypto::jwt::{thumbprint, verify_with_jwk};
use crate::crypto::keyring::{SigningKey, TokenType, generate};
use crate::model::signing_key::{Algorithm, Schedule};
use crate::protocol::jws;
use crate::service::{Failure, Services};
use crate::store::audit_seals::{self, StoredAuditKey};
use crate::store::{AsEx, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The `typ` of what is signed here.
pub const TYPE: &str = "audit-seal+jwt";

const ALGORITHM: Algorithm = Algorithm::EdDsa;

/// A public key that seals are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The key itself.
    pub jwk: Value,
}

impl PublicKey {
    /// Reads a JWK; its thumbprint is its name, whatever it calls itself.
    pub fn of(jwk: &Value) -> Option<Self> {
        Some(Self { kid: thumbprint(jwk)?, jwk: jwk.clone() })
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
}

/// What a private half is sealed for. Another word than signing keys have, so that none of those opens here.
fn associated(kid: &str) -> Vec<u8> {
    [b"audit key 1 ", kid.as_bytes()].concat()
}

/// The stored keys that are ours, oldest first.
pub async fn trusted(conn: &mut impl AsEx, envelope: &Envelope) -> Result<Vec<PublicKey>, StoreError> {
    let stored = audit_seals::list_keys(conn).await?;
    Ok(stored.iter().filter_map(|key| open_key(envelope, key).map(|(public, _)| public)).collect())
}

fn open_key(envelope: &Envelope, stored: &StoredAuditKey) -> Option<(PublicKey, SigningKey)> {
    let private = envelope.open(&stored.private_key, &associated(&stored.kid)).ok()?;
    let public = PublicKey::of(&serde_json::from_str(&stored.public_jwk).ok()?).filter(|key| key.kid == stored.kid)?;
    let always = Schedule { announced_at: Millis(0), active_at: Millis(0), retiring_at: None, gone_at: None, revoked_at: None };
    let signing = SigningKey::read(&stored.kid, ALGORITHM, &private, &stored.public_jwk, always).ok()?;
    Some((public, signing))
}

/// The key that signs: the newest of ours. `None` before the first seal.
pub async fn signer(conn: &mut impl AsEx, envelope: &Envelope) -> Result<Option<SigningKey>, StoreError> {
    let stored = audit_seals::list_keys(conn).await?;
    Ok(stored.iter().rev().find_map(|key| open_key(envelope, key).map(|(_, signing)| signing)))
}

/// The public half of the key that signs. `None` before the first seal.
pub async fn public_key(services: &Services) -> Result<Option<PublicKey>, StoreError> {
    Ok(trusted(&mut services.store.read().await?, &services.envelope).await?.pop())
}

/// Makes the key, in the caller's transaction.
pub async fn make(tx: &mut impl AsEx, services: &Services) -> Result<SigningKey, Failure> {
    let pair = generate(ALGORITHM)?;
    let stored = StoredAuditKey {
        private_key: services.envelope.seal(&pair.private, &associated(&pair.kid)),
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

/// What was signed, when one of these keys signed it as what it is read as.
pub fn open<T: DeserializeOwned>(keys: &[PublicKey], signed: &str) -> Option<T> {
    let kid = jws::header(signed).ok()?.kid?;
    let key = keys.iter().find(|key| key.kid == kid)?;
    let verified = verify_with_jwk(&key.jwk, signed, &[ALGORITHM]).ok()?;
    if verified.typ.as_deref() != Some(TYPE) {
        return None;
    }
    serde_json::from_value(Value::Object(verified.claims)).ok()
}

/// Which key a signature says that it is by.
pub fn signed_by(signed: &str) -> Option<String> {
    jws::header(signed).ok()?.kid
}
