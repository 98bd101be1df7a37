//! What a token is bound to: a key or a certificate that its sender has shown
//! (RFC 9449 §5, RFC 8705 §3, FAPI 2.0 §5.3.2.1).

use crate::model::client::Client;
use crate::model::confirmation::Confirmation;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::service::sender::Sender;

/// What the tokens of this request are bound to.
pub fn confirmation(client: &Client, sender: &Sender) -> Result<Option<Confirmation>, OAuthError> {
    if let (Some(key), Some(algorithm)) = (&sender.key, sender.key_algorithm) {
        if !client.algorithms().contains(&algorithm) {
            return Err(OAuthError::new(ErrorCode::InvalidDpopProof, "FAPI 2.0 allows PS256, ES256 and EdDSA only"));
        }
        return Ok(Some(Confirmation::Key(key.clone())));
    }
    let settings = &client.settings;
    if settings.dpop_bound_access_tokens {
        return Err(OAuthError::new(ErrorCode::InvalidDpopProof, "this client's tokens are bound to a key: send a DPoP proof"));
    }
    let by_certificate = settings.certificate_bound_access_tokens || settings.profile.is_fapi2();
    match &sender.certificate {
        Some(certificate) if by_certificate => Ok(Some(Confirmation::Certificate(certificate.thumbprint.clone()))),
        _ if client.demands_bound_tokens() => {
            Err(OAuthError::invalid_request("this client's tokens are bound to their sender: send a DPoP proof or a certificate"))
        }
        _ => Ok(None),
    }
}

/// True when a sender shows what something is bound to; what is bound to nothing is anybody's.
pub fn shows(sender: &Sender, bound_to: Option<&Confirmation>) -> bool {
    match bound_to {
        None => true,
        Some(Confirmation::Key(key)) => sender.key.as_ref() == Some(key),
        Some(Confirmation::Certificate(digest)) => {
            sender.certificate.as_ref().is_some_and(|certificate| certificate.thumbprint == *digest)
        }
    }
}
