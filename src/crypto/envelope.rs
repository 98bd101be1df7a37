//! Sealing at rest (AES-256-GCM) and keys derived from the key-encryption key (HKDF, RFC 5869).
//!
//! The sealed form is a version byte, a random 96-bit nonce, the ciphertext and
//! its tag. What a value belongs to goes in as associated data, so that a
//! sealed value moved to another record does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf;
use secrecy::{ExposeSecret as _, SecretBox};
use std::sync::Arc;
use zeroize::Zeroizing;

const VERSION: u8 = 1;

/// A sealed value that does not open: another key, another record, or damage.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open with this key-encryption key")]
pub struct Unopened;

/// Seals and opens with the key-encryption key of this installation.
#[derive(Clone)]
pub struct Envelope {
    root: Arc<SecretBox<[u8; 32]>>,
    key: Arc<RandomizedNonceKey>,
}

impl Envelope {
    /// An envelope of a 256-bit key-encryption key.
    pub fn new(root: &Zeroizing<[u8; 32]>) -> Result<Self, Unopened> {
        let sealing = derive(root, "motlan seal 1").ok_or(Unopened)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, sealing.as_ref()).map_err(|_| Unopened)?;
        Ok(Self { root: Arc::new(SecretBox::new(Box::new(**root))), key: Arc::new(key) })
    }

    /// A key of its own for one purpose.
    pub fn derive(&self, purpose: &str) -> Result<Zeroizing<[u8; 32]>, Unopened> {
        derive(self.root.expose_secret(), purpose).ok_or(Unopened)
    }

    /// Seals `plaintext` for the record that `associated` names.
    pub fn seal(&self, plaintext: &[u8], associated: &[u8]) -> Vec<u8> {
        let mut body = plaintext.to_vec();
        // Sealing fails only on texts of 64 GiB; an empty answer never opens.
        let Ok(nonce) = self.key.seal_in_place_append_tag(Aad::from(associated), &mut body) else {
            return Vec::new();
        };
        let mut out = Vec::with_capacity(1 + NONCE_LEN + body.len());
        out.push(VERSION);
        out.extend_from_slice(nonce.as_ref());
        out.extend_from_slice(&body);
        out
    }

    /// Opens what [`Self::seal`] made for the same record.
    pub fn open(&self, sealed: &[u8], associated: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (version, rest) = sealed.split_first().ok_or(Unopened)?;
        if *version != VERSION || rest.len() < NONCE_LEN {
            return Err(Unopened);
        }
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(associated), &mut body).map_err(|_| Unopened)?.len();
        body.truncate(length);
        Ok(body)
    }
}

fn derive(root: &[u8; 32], purpose: &str) -> Option<Zeroizing<[u8; 32]>> {
    let pseudo_random = hkdf::Salt::new(hkdf::HKDF_SHA256, b"motlan").extract(root);
    let mut out = Zeroizing::new([0_u8; 32]);
    let info = [purpose.as_bytes()];
    pseudo_random.expand(&info, hkdf::HKDF_SHA256).ok()?.fill(out.as_mut()).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(byte: u8) -> Envelope {
        Envelope::new(&Zeroizing::new([byte; 32])).expect("an envelope")
    }

    #[test]
    fn a_sealed_value_opens_only_for_its_record_and_key() {
        let sealed = envelope(1).seal(b"079301000001", b"person 1");

        assert_eq!(envelope(1).open(&sealed, b"person 1").expect("opens").as_slice(), b"079301000001");
        assert!(envelope(1).open(&sealed, b"person 2").is_err());
        assert!(envelope(2).open(&sealed, b"person 1").is_err());
        assert!(envelope(1).open(&sealed[..sealed.len() - 1], b"person 1").is_err());
        assert!(envelope(1).open(b"", b"person 1").is_err());
    }

    #[test]
    fn the_same_value_never_seals_alike() {
        assert_ne!(envelope(1).seal(b"x", b""), envelope(1).seal(b"x", b""));
    }

    #[test]
    fn purposes_have_keys_of_their_own() {
        let one = envelope(1);
        assert_ne!(one.derive("a").expect("a key"), one.derive("b").expect("a key"));
    }
}
