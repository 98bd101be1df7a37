//! Cryptography: what is signed, verified, sealed and hashed.
//!
//! The only room that names jsonwebtoken, argon2 and (beside the digests and
//! randomness of `base`) aws-lc-rs. It knows keys and bytes, not people.

pub mod certificate;
pub mod envelope;
pub mod jwt;
pub mod keyring;
pub mod own_assertion;
pub mod passkey;
pub mod password;
pub mod totp;

/// Makes aws-lc-rs the one provider for tokens and for TLS. Doing it again changes nothing.
pub fn install_provider() {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
