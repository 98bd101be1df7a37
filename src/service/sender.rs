//! Who sends a request, beyond what it says: a key by a DPoP proof (RFC 9449),
//! a certificate by the TLS connection (RFC 8705).
//!
//! Clients are authenticated and tokens are bound and used with what is shown
//! here, so every capability that issues or accepts tokens asks [`prove`] once.
//! What was shown is not judged here: whether a client must show it, and
//! whether a token is bound to it, is for the capability to say.

use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::digest::base64url;
use crate::crypto::certificate::Certificate;
use crate::crypto::jwt::{thumbprint, verify_with_jwk};
use crate::protocol::dpop::{self, Expected, Fault};
use crate::protocol::jws::{self, Algorithm};
use crate::transient::replay;

/// Seconds that a nonce is handed out; it is accepted for as long again.
const SLOT: i64 = 300;

/// What came beside a request and shows who sends it.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The DPoP proof.
    pub proof: Option<&'a str>,
    /// The request's method.
    pub method: &'a str,
    /// The endpoint's path, such as `/oauth2/token`: with the issuer before it, what the proof's `htu` says.
    pub path: &'a str,
    /// The certificate of the TLS connection.
    pub certificate: Option<PresentedCertificate<'a>>,
}

/// A certificate as it came; its key was proven by whoever ended TLS.
#[derive(Debug, Clone, Copy)]
pub struct PresentedCertificate<'a> {
    /// Its DER form.
    pub der: &'a [u8],
    /// An authority for clients vouches for it.
    pub verified: bool,
}

/// Who sends a request.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The thumbprint of the key whose proof was checked (`jkt`).
    pub key: Option<String>,
    /// What that proof was signed with, for profiles that allow less than we do.
    pub key_algorithm: Option<Algorithm>,
    /// The certificate, which is in time.
    pub certificate: Option<Certificate>,
    /// The proof's own number, until [`settle`] has used it up.
    proof: Option<String>,
}

/// Why what was presented shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The proof is wrong, in one sentence for the client's developer.
    #[error("{0}")]
    InvalidProof(&'static str),
    /// The proof is right but holds no present nonce of ours (RFC 9449 §8).
    #[error("the DPoP proof needs the nonce that comes with this answer")]
    NonceNeeded {
        /// One that will do.
        nonce: String,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Checks what a request presents, but for one thing: whether the proof was
/// used before. That is for [`settle`], once the caller is somebody: strangers
/// must not fill the memory of used proofs. `access_token` is the one that came
/// along, at endpoints that are called with one (RFC 9449 §7).
pub fn prove(services: &Services, presented: &Presented<'_>, access_token: Option<&str>) -> Result<Sender, SenderError> {
    let now = services.clock.now();
    let certificate = presented.certificate.and_then(|certificate| read_certificate(certificate, now));
    let mut sender = Sender { certificate, ..Sender::default() };
    if let Some(proof) = presented.proof {
        let (key, algorithm, jti) = check_proof(services, presented, proof, access_token, now)?;
        sender.key = Some(key);
        sender.key_algorithm = Some(algorithm);
        sender.proof = Some(jti);
    }
    Ok(sender)
}

/// Uses a proof up: a second request with it is refused, on any node. A proof
/// that was refused for anything else may be mended and sent again with its number.
pub async fn settle(services: &Services, sender: &Sender) -> Result<(), SenderError> {
    let (Some(key), Some(jti)) = (&sender.key, &sender.proof) else { return Ok(()) };
    let now = services.clock.now();
    let until = now.plus_seconds(dpop::REMEMBERED);
    if replay::proof(&services.transient, key, jti, until, now).await.map_err(Failure::from)? {
        return Ok(());
    }
    Err(SenderError::InvalidProof("the DPoP proof was used before: make one for each request"))
}

/// A certificate that is in time. One that is not shows nothing: whoever needs it will miss it.
fn read_certificate(presented: PresentedCertificate<'_>, now: Millis) -> Option<Certificate> {
    let mut certificate = Certificate::read(presented.der).ok().filter(|certificate| certificate.is_good_at(now))?;
    certificate.verified = presented.verified;
    Some(certificate)
}

/// The thumbprint of the key that signed the proof, the algorithm, and the proof's number.
fn check_proof(
    services: &Services,
    presented: &Presented<'_>,
    proof: &str,
    access_token: Option<&str>,
    now: Millis,
) -> Result<(String, Algorithm, String), SenderError> {
    let wrong = SenderError::InvalidProof;
    let header = jws::header(proof).map_err(wrong)?;
    let (jwk, algorithm) = dpop::key(&header).map_err(wrong)?;
    let key = thumbprint(jwk).ok_or(wrong("jwk of the DPoP proof cannot be read"))?;
    let verified = verify_with_jwk(jwk, proof, &[algorithm]).map_err(|bad| wrong(bad.0))?;

    let nonces = accepted_nonces(services, now);
    let check = |origin: &str| {
        let address = format!("{origin}{}", presented.path);
        let expected =
            Expected { method: presented.method, address: &address, access_token, nonces: &nonces, now: now.seconds() };
        dpop::check(&verified.claims, &expected)
    };
    // The same endpoint has a second address where certificates are asked for (RFC 8705 §5).
    let checked = check(&services.settings.issuer).or_else(|fault| match (fault, services.settings.certificate_origin()) {
        (Fault::Wrong(_), Some(origin)) => check(&origin),
        (fault, _) => Err(fault),
    });
    let jti = checked.map_err(|fault| match fault {
        Fault::Wrong(sentence) => wrong(sentence),
        Fault::Nonce => SenderError::NonceNeeded { nonce: nonce(services, slot(now)) },
    })?;
    Ok((key, algorithm, jti))
}

/// A nonce for the `DPoP-Nonce` header of an answer; nothing when nonces are not demanded.
pub fn fresh_nonce(services: &Services) -> Option<String> {
    services.settings.dpop_nonces.then(|| nonce(services, slot(services.clock.now())))
}

/// The present nonce and the one before it; none when nonces are not demanded.
fn accepted_nonces(services: &Services, now: Millis) -> Vec<String> {
    if !services.settings.dpop_nonces {
        return Vec::new();
    }
    [slot(now), slot(now) - 1].into_iter().map(|slot| nonce(services, slot)).collect()
}

fn slot(now: Millis) -> i64 {
    now.seconds().div_euclid(SLOT)
}

/// The nonce of a slot of time. Every node makes the same one and none is kept: nobody else can make the next.
fn nonce(services: &Services, slot: i64) -> String {
    written(slot, &services.secrets.dpop_nonce(slot))
}

fn written(slot: i64, mac: &[u8; 32]) -> String {
    let mut bytes = slot.to_be_bytes().to_vec();
    bytes.extend(&mac[..16]);
    base64url(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::hmac_sha256;

    #[test]
    fn a_nonce_is_of_its_slot_and_of_our_key() {
        let make = |secret: &[u8], slot: i64| written(slot, &hmac_sha256(secret, &slot.to_be_bytes()));

        assert_eq!(make(b"ours", 7), make(b"ours", 7));
        assert_eq!(make(b"ours", 7).len(), 32);
        assert_ne!(make(b"ours", 7), make(b"ours", 8));
        assert_ne!(make(b"ours", 7), make(b"theirs", 7));
    }

    #[test]
    fn a_slot_lasts_five_minutes() {
        for (milliseconds, expected) in [(0, 0), (299_999, 0), (300_000, 1), (-1, -1)] {
            assert_eq!(slot(Millis(milliseconds)), expected);
        }
    }
}
