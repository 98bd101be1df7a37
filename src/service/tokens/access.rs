//! Access tokens that come back: JWTs that anybody can check (RFC 9068 §4), and
//! opaque ones that only we can open.
//!
//! An opaque token is its claims, sealed: nothing is stored for it, and every
//! node opens it.

use crate::base::clock::Millis;
use crate::base::digest::{base64url, from_base64url};
use crate::crypto::jwt::verify_own;
use crate::protocol::access_token::AccessTokenClaims;
use crate::service::Services;
use serde_json::Value;

/// What an opaque token begins with, so that scanners for leaked secrets know it.
const OPAQUE: &str = "mlat_";
/// What it is sealed for.
const SEALED_FOR: &[u8] = b"access token 1";

/// Seals claims into an opaque token.
pub fn seal(services: &Services, claims: &[u8]) -> String {
    format!("{OPAQUE}{}", base64url(&services.envelope.seal(claims, SEALED_FOR)))
}

/// The claims of a token that is ours, has not expired and was not revoked by itself.
/// Whether its grant, person and client still count is asked by the caller.
pub fn read(services: &Services, token: &str, now: Millis) -> Option<AccessTokenClaims> {
    let claims: AccessTokenClaims = if let Some(sealed) = token.strip_prefix(OPAQUE) {
        let opened = services.envelope.open(&from_base64url(sealed)?, SEALED_FOR).ok()?;
        serde_json::from_slice(&opened).ok()?
    } else {
        // An ID token or a logout token is not an access token (RFC 9068 §4).
        let verified = verify_own(&services.keyring, token, now).ok().filter(|token| token.typ.as_deref() == Some("at+jwt"))?;
        serde_json::from_value(Value::Object(verified.claims)).ok()?
    };
    let good = claims.exp > now.seconds() && claims.iss == services.settings.issuer;
    (good && !services.known.is_dead(&claims.jti)).then_some(claims)
}
