//! Proofs of possession: keys, and what is done with them.
//!
//! Tests of such proofs need much beside them: it can be named here too.

pub use super::clients::*;
pub use super::door::*;
pub use super::flows::*;
pub use super::races::*;
pub use super::records::*;
pub use super::requests::*;
pub use super::resources::*;
pub use super::stage;

use super::{Answer, Browser, ISSUER, TestApp, TestClient};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use motlan::base::digest::{base64url, sha256};
use motlan::crypto::keyring::{NewKey, generate};
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::sync::Arc;

/// A key that proofs are made with.
#[derive(Clone)]
pub struct ProofKey {
    algorithm: Algorithm,
    key: Arc<NewKey>,
}

impl ProofKey {
    /// A new key on P-256.
    pub fn es256() -> Self {
        Self::of(Algorithm::Es256)
    }

    /// A new key of a kind.
    pub fn of(algorithm: Algorithm) -> Self {
        Self { algorithm, key: Arc::new(generate(algorithm).expect("a key")) }
    }

    /// The same key under another algorithm of its kind.
    pub fn under(&self, algorithm: Algorithm) -> Self {
        Self { algorithm, key: self.key.clone() }
    }

    /// Its RFC 7638 thumbprint.
    pub fn jkt(&self) -> &str {
        &self.key.kid
    }

    /// The public key: the members that make it up, and no others.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.key.public_jwk.clone();
        jwk.as_object_mut().expect("members").retain(|name, _| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
        jwk
    }

    /// The public key as clients register it.
    pub fn registered_jwk(&self) -> Value {
        self.key.public_jwk.clone()
    }

    /// A compact JWS under exactly this header.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = base64url(&self.signature(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        let (random, private) = (SystemRandom::new(), &self.key.private);
        match self.algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let padding: &'static dyn RsaEncoding =
                    if self.algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let pair = RsaKeyPair::from_pkcs8(private).expect("a pair");
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, signed, &mut out).expect("a signature");
                out
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).expect("a pair");
                pair.sign(&random, signed).expect("a signature").as_ref().to_vec()
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(private).expect("a pair").sign(signed).as_ref().to_vec(),
        }
    }

    /// A proof for a request (RFC 9449 §4.2); header and claims may be changed before they are signed.
    pub fn proof(&self, app: &TestApp, method: &str, path: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut header = json!({ "typ": "dpop+jwt", "alg": self.algorithm.as_str(), "jwk": self.jwk() });
        let mut claims = json!({
            "jti": app.services().entropy.token(),
            "htm": method,
            "htu": format!("{ISSUER}{path}"),
            "iat": app.now_seconds(),
        });
        change(&mut header, &mut claims);
        self.sign(&header, &claims)
    }

    /// A proof for the token endpoint.
    pub fn for_token(&self, app: &TestApp) -> String {
        self.proof(app, "POST", TOKEN, |_, _| {})
    }

    /// A proof for reading userinfo with this access token.
    pub fn for_userinfo(&self, app: &TestApp, access_token: &str) -> String {
        self.proof(app, "GET", USERINFO, |_, claims| claims["ath"] = json!(ath(access_token)))
    }

    /// A client assertion (RFC 7523 §3); header and claims may be changed before they are signed.
    pub fn assertion(&self, app: &TestApp, client_id: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let now = app.now_seconds();
        let mut header = json!({ "alg": self.algorithm.as_str(), "kid": self.jkt() });
        let mut claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "jti": app.services().entropy.token(),
            "iat": now,
            "exp": now + 60,
        });
        change(&mut header, &mut claims);
        self.sign(&header, &claims)
    }
}

/// The digest of an access token, as proofs name it.
pub fn ath(access_token: &str) -> String {
    base64url(&sha256(access_token.as_bytes()))
}

/// Userinfo with a token that is bound to a key, as it should be asked for.
pub async fn userinfo_with(app: &TestApp, key: &ProofKey, token: &str) -> Answer {
    let proof = key.for_userinfo(app, token);
    app.request(userinfo_request("DPoP", token, &[("dpop", &proof)])).await
}

/// Tokens that are bound to a key.
pub async fn bound(app: &TestApp, browser: &mut Browser, client: &TestClient, key: &ProofKey) -> Value {
    let code = code_of(app, browser, client, &[("scope", "openid offline_access")]).await;
    let answer = redeem(app, client, &code, Some(&key.for_token(app))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}
