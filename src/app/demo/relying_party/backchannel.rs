//! The provider tells that a sign-on has ended (OpenID Connect Back-Channel Logout 1.0).

use super::enter::EnterError;
use super::party::Party;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::jwk::KeyAlgorithm;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use std::sync::Arc;

/// The member of `events` that makes a token a logout token (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How far the clocks may differ.
const LEEWAY_SECONDS: i64 = 60;
/// A logout token is for now (§4 advises two minutes at most); this bounds how long a `jti` is kept.
const LONGEST_LIFE_SECONDS: i64 = 3_600;

/// Why a logout token is not believed.
#[derive(Debug, thiserror::Error)]
enum LogoutError {
    #[error("the form carries no single logout_token")]
    NoToken,
    #[error("the token is not valid: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("the token is of another type")]
    WrongType,
    #[error("the key is unknown or not for signatures")]
    UnknownKey,
    #[error("the token is not for now")]
    WrongTime,
    #[error("the token is no logout token: {0}")]
    NotALogout(&'static str),
    #[error("the token was used before")]
    Replayed,
    #[error(transparent)]
    Keys(#[from] EnterError),
}

#[derive(Debug, Deserialize)]
struct LogoutClaims {
    iat: i64,
    exp: i64,
    jti: String,
    sub: Option<String>,
    sid: Option<String>,
    #[serde(default)]
    events: Map<String, Value>,
    nonce: Option<Value>,
}

/// `POST /backchannel-logout`, called by the provider and by no browser.
pub(super) async fn post(State(party): State<Arc<Party>>, body: Bytes) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match end_sessions(&party, &body).await {
        Ok(ended) => {
            tracing::debug!(ended, system = party.config.kind.short_name(), "signed out by the provider");
            (StatusCode::OK, no_store).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, system = party.config.kind.short_name(), "a logout token was refused");
            let body = serde_json::json!({ "error": "invalid_request", "error_description": error.to_string() });
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::BAD_REQUEST, no_store, kind, body.to_string()).into_response()
        }
    }
}

async fn end_sessions(party: &Party, body: &[u8]) -> Result<usize, LogoutError> {
    let token = logout_token(body).ok_or(LogoutError::NoToken)?;
    let claims = verify(party, &token).await?;
    validate(&claims, party.now().seconds())?;
    if !party.sessions.first_logout(&claims.jti) {
        return Err(LogoutError::Replayed);
    }
    Ok(party.sessions.close_all(claims.sid.as_deref(), claims.sub.as_deref()))
}

/// The only `logout_token` of a form body.
fn logout_token(body: &[u8]) -> Option<String> {
    let mut tokens = url::form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    let (_, token) = tokens.next()?;
    tokens.next().is_none().then(|| token.into_owned())
}

/// Signature, issuer, audience and end (§2.6, steps 1 to 3).
async fn verify(party: &Party, token: &str) -> Result<LogoutClaims, LogoutError> {
    let header = jsonwebtoken::decode_header(token)?;
    // `typ` keeps an ID token from being taken for a logout token, when the issuer sets it.
    if header.typ.as_deref().is_some_and(|typ| !matches!(typ.to_ascii_lowercase().as_str(), "logout+jwt" | "jwt")) {
        return Err(LogoutError::WrongType);
    }
    let kid = header.kid.as_deref().ok_or(LogoutError::UnknownKey)?;
    let key = party.key(kid).await?.ok_or(LogoutError::UnknownKey)?;
    let mut rules = Validation::new(algorithm_of(&key).ok_or(LogoutError::UnknownKey)?);
    rules.set_issuer(&[&party.config.issuer]);
    rules.set_audience(&[&party.config.client_id]);
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    let key = DecodingKey::from_jwk(&key)?;
    Ok(jsonwebtoken::decode::<LogoutClaims>(token, &key, &rules)?.claims)
}

/// The algorithm comes from the key, never from the token.
fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    match key.common.key_algorithm? {
        KeyAlgorithm::ES256 => Some(Algorithm::ES256),
        KeyAlgorithm::RS256 => Some(Algorithm::RS256),
        KeyAlgorithm::EdDSA => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// The rules of a logout token beyond those of any JWT (§2.6, steps 4 to 7).
fn validate(claims: &LogoutClaims, now: i64) -> Result<(), LogoutError> {
    if claims.iat > now + LEEWAY_SECONDS || claims.exp > now + LONGEST_LIFE_SECONDS {
        return Err(LogoutError::WrongTime);
    }
    if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err(LogoutError::NotALogout("the event is missing"));
    }
    if claims.nonce.is_some() {
        return Err(LogoutError::NotALogout("it has a nonce"));
    }
    if claims.sid.is_none() && claims.sub.is_none() {
        return Err(LogoutError::NotALogout("it names neither a session nor a subject"));
    }
    if claims.jti.is_empty() {
        return Err(LogoutError::NotALogout("it has no jti"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::LogoutClaims;
    use super::logout_token;
    use super::validate;

    const NOW: i64 = 1_782_000_000;

    fn claims(change: &str) -> LogoutClaims {
        let mut all = serde_json::json!({
            "iat": NOW, "exp": NOW + 120, "jti": "j", "sid": "s",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let change: serde_json::Value = serde_json::from_str(change).expect("a change");
        for (name, value) in change.as_object().expect("an object") {
            all[name] = value.clone();
        }
        serde_json::from_value(all).expect("claims")
    }

    #[test]
    fn follows_back_channel_logout_2_6() {
        let table = [
            ("complete", "{}", true),
            ("by subject", r#"{"sid": null, "sub": "p"}"#, true),
            ("neither session nor subject", r#"{"sid": null}"#, false),
            ("with a nonce", r#"{"nonce": "n"}"#, false),
            ("without the event", r#"{"events": {}}"#, false),
            ("an event that is no object", r#"{"events": {"http://schemas.openid.net/event/backchannel-logout": 1}}"#, false),
            ("issued in the future", r#"{"iat": 1782000090}"#, false),
            ("valid for ever", r#"{"exp": 1890000000}"#, false),
            ("without a jti", r#"{"jti": ""}"#, false),
        ];
        for (case, change, accepted) in table {
            assert_eq!(validate(&claims(change), NOW).is_ok(), accepted, "{case}");
        }
    }

    #[test]
    fn the_form_carries_exactly_one_token() {
        assert_eq!(logout_token(b"logout_token=a.b.c&x=1").as_deref(), Some("a.b.c"));
        assert!(logout_token(b"logout_token=a&logout_token=b").is_none());
        assert!(logout_token(b"x=1").is_none());
    }
}
