//! Signing keys, parsed once, and the JWKS that announces them (RFC 7517).
//!
//! Signing goes to aws-lc-rs directly: parsing a key costs more than signing
//! with it. When a key signs and when it may verify is decided by
//! `model::signing_key`; here are only the keys.

use crate::base::clock::Millis;
use crate::base::digest::{base64url, sha256};
use crate::model::signing_key::{Algorithm, Schedule};
use crate::protocol::introspection::SIGNED_TYPE;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair,
};
use serde_json::{Value, json};
use std::sync::{Arc, RwLock};
use zeroize::Zeroizing;

/// A key that cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
#[error("a signing key cannot be used: {0}")]
pub struct KeyError(&'static str);

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A new key: the private part to be sealed, and its public JWK.
pub struct NewKey {
    /// Key identifier: the RFC 7638 thumbprint.
    pub kid: String,
    /// PKCS#8.
    pub private: Zeroizing<Vec<u8>>,
    /// Public JWK with `kid`, `use` and `alg`.
    pub public_jwk: Value,
}

/// A key in use.
pub struct SigningKey {
    /// Key identifier.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Its moments.
    pub schedule: Schedule,
    /// Public JWK.
    pub public_jwk: Value,
    /// The same, for verifying.
    pub(super) verifier: jsonwebtoken::DecodingKey,
    pair: Pair,
    header_id: String,
    header_at: String,
    header_logout: String,
    header_introspection: String,
    header_seal: String,
}

/// The `typ` of a token that we sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// `JWT`: an ID token, a signed userinfo or authorization response.
    Id,
    /// `at+jwt` (RFC 9068 §2.1).
    Access,
    /// `logout+jwt` (Back-Channel Logout §2.4).
    Logout,
    /// `token-introspection+jwt` (RFC 9701 §5).
    Introspection,
    /// `audit-seal+jwt`: no token, but what is signed of the records, with a key of their own.
    AuditSeal,
}

/// Makes a new key pair. RSA takes a tenth of a second: call it off the async threads.
pub fn generate(algorithm: Algorithm) -> Result<NewKey, KeyError> {
    let failed = |_| KeyError("the pair could not be made");
    let random = SystemRandom::new();
    let private = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            der.as_ref().to_vec()
        }
        Algorithm::Es256 => {
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(failed)?.as_ref().to_vec()
        }
        Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random).map_err(failed)?.as_ref().to_vec(),
    };
    let private = Zeroizing::new(private);
    let (kid, public_jwk) = describe(&parse(algorithm, &private)?, algorithm)?;
    Ok(NewKey { kid, private, public_jwk })
}

fn parse(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Pair, KeyError> {
    let unread = |_| KeyError("the private part cannot be read");
    Ok(match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(unread)?),
        Algorithm::Es256 => Pair::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(unread)?),
        Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(unread)?),
    })
}

/// The thumbprint and the public JWK. Thumbprint members are in lexicographic order (RFC 7638 §3.3).
fn describe(pair: &Pair, algorithm: Algorithm) -> Result<(String, Value), KeyError> {
    let (canonical, mut jwk) = match pair {
        Pair::Rsa(pair) => {
            let e = base64url(pair.public_key().exponent().big_endian_without_leading_zero());
            let n = base64url(pair.public_key().modulus().big_endian_without_leading_zero());
            (format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#), json!({"kty": "RSA", "n": n, "e": e}))
        }
        Pair::P256(pair) => {
            let point = pair.public_key().as_ref();
            let (x, y) = point.get(1..).and_then(|xy| xy.split_at_checked(32)).ok_or(KeyError("the public point is short"))?;
            let (x, y) = (base64url(x), base64url(y));
            (format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#), json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}))
        }
        Pair::Ed25519(pair) => {
            let x = base64url(pair.public_key().as_ref());
            (format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#), json!({"kty": "OKP", "crv": "Ed25519", "x": x}))
        }
    };
    let kid = base64url(&sha256(canonical.as_bytes()));
    jwk["kid"] = json!(kid);
    jwk["use"] = json!("sig");
    jwk["alg"] = json!(algorithm.as_str());
    Ok((kid, jwk))
}

impl SigningKey {
    /// Reads a stored key whose private part has been opened.
    pub fn read(kid: &str, algorithm: Algorithm, private: &[u8], public_jwk: &str, schedule: Schedule) -> Result<Self, KeyError> {
        let pair = parse(algorithm, private)?;
        let public_jwk: Value = serde_json::from_str(public_jwk).map_err(|_| KeyError("the public JWK cannot be read"))?;
        let jwk: jsonwebtoken::jwk::Jwk =
            serde_json::from_value(public_jwk.clone()).map_err(|_| KeyError("the public JWK cannot be read"))?;
        let verifier = jsonwebtoken::DecodingKey::from_jwk(&jwk).map_err(|_| KeyError("the public JWK cannot be used"))?;
        let header = |typ: &str| base64url(json!({"alg": algorithm.as_str(), "typ": typ, "kid": kid}).to_string().as_bytes());
        Ok(Self {
            kid: kid.to_owned(),
            algorithm,
            schedule,
            public_jwk,
            verifier,
            pair,
            header_id: header("JWT"),
            header_at: header("at+jwt"),
            header_logout: header("logout+jwt"),
            header_introspection: header(SIGNED_TYPE),
            header_seal: header("audit-seal+jwt"),
        })
    }

    /// A compact JWS (RFC 7515 §7.1) over JSON claims.
    pub fn sign(&self, token_type: TokenType, claims: &[u8]) -> Result<String, KeyError> {
        let header = match token_type {
            TokenType::Id => &self.header_id,
            TokenType::Access => &self.header_at,
            TokenType::Logout => &self.header_logout,
            TokenType::Introspection => &self.header_introspection,
            TokenType::AuditSeal => &self.header_seal,
        };
        let mut token = format!("{header}.{}", base64url(claims));
        let random = SystemRandom::new();
        let failed = |_| KeyError("signing failed");
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                let padding: &'static dyn RsaEncoding =
                    if self.algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                pair.sign(padding, &random, token.as_bytes(), &mut out).map_err(failed)?;
                base64url(&out)
            }
            Pair::P256(pair) => base64url(pair.sign(&random, token.as_bytes()).map_err(failed)?.as_ref()),
            Pair::Ed25519(pair) => base64url(pair.sign(token.as_bytes()).as_ref()),
        };
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

/// The keys of this installation, as a node holds them.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Arc<RwLock<Arc<Vec<SigningKey>>>>,
}

impl Keyring {
    /// All keys.
    pub fn all(&self) -> Arc<Vec<SigningKey>> {
        self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Replaces all keys by what the store holds now.
    pub fn replace(&self, keys: Vec<SigningKey>) {
        *self.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(keys);
    }

    /// The newest key that signs with an algorithm at a moment, in a guard that keeps it alive.
    pub fn signer(&self, algorithm: Algorithm, now: Millis) -> Result<Signer, KeyError> {
        let keys = self.all();
        let place = keys
            .iter()
            .enumerate()
            .filter(|(_, key)| key.algorithm == algorithm && key.schedule.signs_at(now))
            .max_by_key(|(_, key)| key.schedule.active_at)
            .map(|(place, _)| place)
            .ok_or(KeyError("no key of this algorithm is active"))?;
        Ok(Signer { keys, place })
    }

    /// The JWKS document at a moment: announced, active and retiring keys.
    pub fn jwks(&self, now: Millis) -> Value {
        let keys = self.all();
        let shown: Vec<&Value> = keys.iter().filter(|key| key.schedule.shown_at(now)).map(|key| &key.public_jwk).collect();
        json!({ "keys": shown })
    }
}

/// A key that signs.
pub struct Signer {
    keys: Arc<Vec<SigningKey>>,
    place: usize,
}

impl std::ops::Deref for Signer {
    type Target = SigningKey;

    fn deref(&self) -> &SigningKey {
        &self.keys[self.place]
    }
}
