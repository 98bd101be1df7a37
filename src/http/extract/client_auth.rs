//! How a client presents itself: by header, by body, or by assertion, and only
//! by one of them (RFC 6749 §2.3).

use crate::model::client::AuthMethod;
use crate::protocol::client_assertion::TYPE;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::parameters::Parameters;
use crate::service::clients::authenticate::Presented;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use secrecy::SecretString;

/// Reads what a client presents.
pub fn read(headers: &HeaderMap, parameters: &Parameters) -> Result<Presented, OAuthError> {
    let invalid = OAuthError::invalid_request;
    let mut presented = headers.get_all(AUTHORIZATION).iter();
    let first = presented.next();
    if presented.next().is_some() {
        return Err(invalid("use one client authentication method"));
    }
    let basic = match first {
        None => None,
        Some(header) => Some(
            read_basic(header.as_bytes())
                .ok_or_else(|| OAuthError::new(ErrorCode::InvalidClient, "the Authorization header cannot be read"))?,
        ),
    };
    let client_id = parameters.owned("client_id");
    let secret = parameters.owned("client_secret");
    let assertion = parameters.owned("client_assertion");
    if usize::from(basic.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(invalid("use one client authentication method"));
    }
    if let Some(assertion) = assertion {
        if parameters.get("client_assertion_type") != Some(TYPE) {
            return Err(invalid("client_assertion_type is not the one of RFC 7523"));
        }
        return Ok(Presented::Assertion { client_id, assertion });
    }
    if let Some((id, secret)) = basic {
        if client_id.is_some_and(|named| named != id) {
            return Err(invalid("client_id is not the one that authenticates"));
        }
        return Ok(Presented::Secret { client_id: id, secret, method: AuthMethod::ClientSecretBasic });
    }
    let Some(client_id) = client_id else {
        return Err(OAuthError::new(ErrorCode::InvalidClient, "client authentication is missing"));
    };
    Ok(match secret {
        Some(secret) => Presented::Secret { client_id, secret: secret.into(), method: AuthMethod::ClientSecretPost },
        None => Presented::Nothing { client_id },
    })
}

/// `Basic`: both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
fn read_basic(header: &[u8]) -> Option<(String, SecretString)> {
    let header = std::str::from_utf8(header).ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let id = form_decode(id)?;
    Some((id, form_decode(secret)?.into()))
}

fn form_decode(text: &str) -> Option<String> {
    let parameters = Parameters::decode(format!("v={}", text.replace('&', "%26")).as_bytes()).checked().ok()?;
    Some(parameters.owned("v").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn basic_parts_are_form_encoded() {
        let encode = |text: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
        let (id, secret) = read_basic(encode("a%3Ab:p%2B+q").as_bytes()).expect("readable");
        assert_eq!((id.as_str(), secret.expose_secret()), ("a:b", "p+ q"));
        for bad in ["Basic", "Basic !", "Bearer x", "Basic YQ=="] {
            assert!(read_basic(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
