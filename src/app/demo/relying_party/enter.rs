//! Signing in here: the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).

use super::claims::SessionClaims;
use super::pages;
use super::party::Party;
use super::provider::Provider;
use super::provider::SignedIdToken;
use super::provider::Tokens;
use super::provider::UserInfo;
use super::session::Entry;
use super::session::Session;
use super::session::cookie;
use super::session::random_name;
use super::session::set_cookie;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use openidconnect::AccessToken;
use openidconnect::AccessTokenHash;
use openidconnect::AuthenticationFlow;
use openidconnect::AuthorizationCode;
use openidconnect::CsrfToken;
use openidconnect::IdTokenClaims;
use openidconnect::Nonce;
use openidconnect::OAuth2TokenResponse;
use openidconnect::PkceCodeChallenge;
use openidconnect::PkceCodeVerifier;
use openidconnect::Scope;
use openidconnect::SubjectIdentifier;
use openidconnect::TokenResponse;
use openidconnect::core::CoreAuthPrompt;
use openidconnect::core::CoreGenderClaim;
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::core::CoreResponseType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Asked for beside `openid`, which the crate adds itself.
const SCOPES: [&str; 5] = ["profile", "unit", "position", "positions", "roles"];
/// With this behind the address of a sign-in, people choose anew as whom, and in which position, they come.
const CHOOSE: &str = "prompt=select_account";

/// Why nobody could be signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum EnterError {
    #[error("the provider cannot be used: {0}")]
    Provider(String),
    #[error("the answer is malformed")]
    Malformed,
    #[error("the answer belongs to no sign-in that this browser began")]
    UnknownState,
    #[error("the answer comes from another issuer")]
    WrongIssuer,
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("the code could not be exchanged: {0}")]
    Exchange(String),
    #[error("the ID token is not valid: {0}")]
    IdToken(String),
    #[error("userinfo could not be read: {0}")]
    UserInfo(String),
}

/// `GET /login`: off to the provider, with a state, a nonce and a challenge of our own.
pub(super) async fn begin(State(party): State<Arc<Party>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let provider = match party.provider().await {
        Ok(provider) => provider,
        Err(error) => return pages::trouble(&party, &error),
    };
    let name = party.config.kind.entering_cookie();
    let browser = cookie(&headers, name).unwrap_or_else(random_name);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();

    let mut request = provider
        .client
        .authorize_url(AuthenticationFlow::<CoreResponseType>::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge);
    if query.as_deref() == Some(CHOOSE) {
        request = request.add_prompt(CoreAuthPrompt::SelectAccount);
    }
    let (url, state, nonce) = request.url();

    let entry = Entry { browser: browser.clone(), nonce, pkce_verifier: verifier.secret().clone() };
    party.sessions.remember_entry(state.secret(), entry);
    let cookies = [(header::SET_COOKIE, set_cookie(&party.config, name, &browser))];
    (StatusCode::SEE_OTHER, cookies, [(header::LOCATION, url.to_string())]).into_response()
}

/// `GET /callback`: back from the provider.
pub(super) async fn finish(State(party): State<Arc<Party>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let session = match receive(&party, query.as_deref().unwrap_or_default(), &headers).await {
        Ok(session) => session,
        Err(error) => return pages::trouble(&party, &error),
    };
    let name = party.config.kind.session_cookie();
    if let Some(old) = cookie(&headers, name) {
        party.sessions.close(&old);
    }
    let id = party.sessions.open(session);
    // The entering cookie stays: another tab of this browser may be on its way too.
    let cookies = [(header::SET_COOKIE, set_cookie(&party.config, name, &id))];
    (StatusCode::SEE_OTHER, cookies, [(header::LOCATION, "/")]).into_response()
}

/// Checks everything that came back, in the order in which it can be trusted.
async fn receive(party: &Party, query: &str, headers: &HeaderMap) -> Result<Session, EnterError> {
    let answer = parameters(query)?;
    let state = answer.get("state").ok_or(EnterError::UnknownState)?;
    let browser = cookie(headers, party.config.kind.entering_cookie()).ok_or(EnterError::UnknownState)?;
    let entry = party.sessions.take_entry(state, &browser).ok_or(EnterError::UnknownState)?;
    // RFC 9207 §2.4: errors too carry the issuer.
    if answer.get("iss") != Some(&party.config.issuer) {
        return Err(EnterError::WrongIssuer);
    }
    if let Some(error) = answer.get("error") {
        return Err(EnterError::Refused(error.clone()));
    }
    let code = answer.get("code").ok_or(EnterError::Malformed)?;

    let provider = party.provider().await?;
    let tokens = exchange(party, &provider, code, &entry).await?;
    let known = verify(party, provider.as_ref(), &tokens, &entry.nonce).await?;
    let person = userinfo(party, &provider, tokens.access_token(), &known.subject).await?;
    let name = person.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
    Ok(Session::new(
        known.subject.as_str().to_owned(),
        known.sid,
        name.unwrap_or_else(|| "(không có họ tên)".to_owned()),
        person.additional_claims().clone(),
        known.id_token,
    ))
}

/// The parameters of an answer; a repeated one makes it ambiguous (RFC 6749 §3.1).
fn parameters(query: &str) -> Result<BTreeMap<String, String>, EnterError> {
    let mut found = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if found.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(EnterError::Malformed);
        }
    }
    Ok(found)
}

async fn exchange(party: &Party, provider: &Provider, code: &str, entry: &Entry) -> Result<Tokens, EnterError> {
    provider
        .client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(|error| EnterError::Exchange(error.to_string()))?
        .set_pkce_verifier(PkceCodeVerifier::new(entry.pkce_verifier.clone()))
        .request_async(&party.http)
        .await
        .map_err(|error| EnterError::Exchange(error.to_string()))
}

/// What a verified ID token tells.
struct Known {
    subject: SubjectIdentifier,
    sid: Option<String>,
    id_token: SignedIdToken,
}

/// Verifies the ID token; a key that is not known yet is looked for once.
async fn verify(party: &Party, provider: &Provider, tokens: &Tokens, nonce: &Nonce) -> Result<Known, EnterError> {
    match known_from(provider, tokens, nonce) {
        Ok(known) => Ok(known),
        Err(error) => {
            tracing::debug!(%error, "the ID token does not verify, reading the provider's keys again");
            let fresh = party.fresh_provider().await?;
            known_from(&fresh, tokens, nonce)
        }
    }
}

/// OpenID Connect Core 1.0 §3.1.3.7 and §3.1.3.8: signature, issuer, audience, times, nonce, `at_hash`.
fn known_from(provider: &Provider, tokens: &Tokens, nonce: &Nonce) -> Result<Known, EnterError> {
    let id_token = tokens.id_token().ok_or_else(|| EnterError::IdToken("there is none".to_owned()))?;
    let verifier = provider.client.id_token_verifier().set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256]);
    let claims: &IdTokenClaims<SessionClaims, CoreGenderClaim> =
        id_token.claims(&verifier, nonce).map_err(|error| EnterError::IdToken(error.to_string()))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(|error| EnterError::IdToken(error.to_string()))?;
        let key = id_token.signing_key(&verifier).map_err(|error| EnterError::IdToken(error.to_string()))?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
            .map_err(|error| EnterError::IdToken(error.to_string()))?;
        if actual != *expected {
            return Err(EnterError::IdToken("at_hash belongs to another access token".to_owned()));
        }
    }
    Ok(Known { subject: claims.subject().clone(), sid: claims.additional_claims().sid.clone(), id_token: id_token.clone() })
}

/// Userinfo, which must speak of the same subject (§5.3.2).
async fn userinfo(
    party: &Party,
    provider: &Provider,
    token: &AccessToken,
    subject: &SubjectIdentifier,
) -> Result<UserInfo, EnterError> {
    provider
        .client
        .user_info(token.clone(), Some(subject.clone()))
        .map_err(|error| EnterError::UserInfo(error.to_string()))?
        .request_async(&party.http)
        .await
        .map_err(|error| EnterError::UserInfo(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn a_repeated_parameter_is_refused() {
        assert!(parameters("state=1&code=2&state=1").is_err());
        assert_eq!(parameters("state=1&code=a%20b").expect("parameters")["code"], "a b");
    }
}
