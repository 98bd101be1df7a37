//! Codes become tokens (OpenID Connect Core §3.1.3), and tokens claims (§5.3).

use super::provider::Provider;
use super::{UpstreamError, id_token, issuer, redirect};
use crate::base::clock::Millis;
use crate::model::legacy_source::{OidcSettings, UpstreamAuth};
use crate::outbound::fetch::{FetchError, no_answer};
use crate::outbound::http::HttpClient;
use openidconnect::core::{CoreClient, CoreIdToken, CoreJsonWebKeySet};
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, HttpRequest, HttpResponse,
    OAuth2TokenResponse as _, PkceCodeVerifier, RequestTokenError, TokenResponse as _, TokenUrl,
};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value};
use std::pin::Pin;

/// More of an answer to a code or to a question is refused.
const MOST_BYTES: usize = 256 * 1024;
/// No more of a word that another system says is told on.
const LONGEST_WORD: usize = 40;
/// A client assertion (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A code that is redeemed.
pub struct Redeeming<'a> {
    /// What is set of the provider.
    pub settings: &'a OidcSettings,
    /// Where the answer came to.
    pub redirect_uri: &'a str,
    /// The code.
    pub code: &'a str,
    /// What it is redeemed with.
    pub verifier: Option<&'a str>,
    /// What its ID token has to repeat.
    pub nonce: &'a str,
    /// When the person left: no token is older.
    pub begun_at: Millis,
    /// The secret that both sides know.
    pub secret: Option<&'a str>,
    /// What proves us, where that is a signed assertion.
    pub assertion: Option<&'a str>,
    /// Now.
    pub now: Millis,
}

/// What a code brought: verified, and not looked at.
pub struct Redeemed {
    /// The ID token, as it came.
    pub id_token: String,
    /// Its claims.
    pub claims: Map<String, Value>,
    /// With which more claims are asked for.
    pub access_token: String,
}

/// Told, but never printed.
impl std::fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redeemed")
    }
}

/// What the userinfo endpoint answers (OpenID Connect Core §5.3.2).
pub enum UserInfo {
    /// Claims.
    Plain(Map<String, Value>),
    /// A JWT that nobody has verified.
    Signed(String),
}

/// Our HTTP client in the form in which the library asks for one.
struct Way(HttpClient);

impl<'c> AsyncHttpClient<'c> for Way {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.exchange(request))
    }
}

impl HttpClient {
    /// Redeems a code; answers what the ID token says, once all of it is verified (OpenID Connect Core §3.1.3).
    pub async fn redeem_upstream(&self, provider: &Provider, redeeming: &Redeeming<'_>) -> Result<Redeemed, UpstreamError> {
        let settings = redeeming.settings;
        let token_endpoint = TokenUrl::new(provider.token_endpoint.clone())
            .map_err(|_| UpstreamError::Settings("token_endpoint is no address"))?;
        let auth_type = match settings.client_auth {
            UpstreamAuth::ClientSecretBasic => AuthType::BasicAuth,
            UpstreamAuth::ClientSecretPost | UpstreamAuth::ClientSecretJwt | UpstreamAuth::PrivateKeyJwt | UpstreamAuth::None => {
                AuthType::RequestBody
            }
        };
        let mut client =
            CoreClient::new(ClientId::new(settings.client_id.clone()), issuer(settings)?, CoreJsonWebKeySet::default())
                .set_token_uri(token_endpoint)
                .set_redirect_uri(redirect(redeeming.redirect_uri)?)
                .set_auth_type(auth_type);
        if let Some(secret) = redeeming.secret {
            client = client.set_client_secret(ClientSecret::new(secret.to_owned()));
        }
        let mut request = client.exchange_code(AuthorizationCode::new(redeeming.code.to_owned()));
        if let Some(verifier) = redeeming.verifier {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        }
        if let Some(assertion) = redeeming.assertion {
            request = request
                .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                .add_extra_param("client_assertion", assertion.to_owned());
        }
        let answer = request.request_async(&Way(self.clone())).await.map_err(|error| match error {
            RequestTokenError::Request(reason) => UpstreamError::Unreachable { what: "its token endpoint", reason },
            RequestTokenError::ServerResponse(refusal) => UpstreamError::Refused(word(refusal.error().as_ref())),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                UpstreamError::Unreadable("the answer of its token endpoint")
            }
        })?;
        let token = answer.id_token().ok_or(UpstreamError::Token("there is no ID token"))?;
        let claims = self.verified(provider, redeeming, token, answer.access_token()).await?;
        Ok(Redeemed { id_token: token.to_string(), claims, access_token: answer.access_token().secret().clone() })
    }

    /// Verifies an ID token with the keys that are known, and once more with fresh ones.
    async fn verified(
        &self,
        provider: &Provider,
        redeeming: &Redeeming<'_>,
        token: &CoreIdToken,
        access_token: &AccessToken,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let keys = self.upstream_keys(provider, false, redeeming.now).await?;
        match id_token::verify(redeeming, &keys, token, access_token) {
            Err(UpstreamError::Key) => {
                let keys = self.upstream_keys(provider, true, redeeming.now).await?;
                id_token::verify(redeeming, &keys, token, access_token)
            }
            other => other,
        }
    }

    /// Asks for more claims.
    pub async fn upstream_userinfo(&self, address: &str, access_token: &str) -> Result<UserInfo, UpstreamError> {
        const WHAT: &str = "its userinfo endpoint";
        let failed = |reason| UpstreamError::Unreachable { what: WHAT, reason };
        let request = http::Request::get(address)
            .header(ACCEPT, "application/json, application/jwt")
            .header(AUTHORIZATION, format!("Bearer {access_token}"))
            .body(Vec::new())
            .map_err(|_| failed(FetchError::Unreadable))?;
        let answer = self.exchange(request).await.map_err(failed)?;
        if answer.status() != http::StatusCode::OK {
            return Err(failed(FetchError::Status(answer.status().as_u16())));
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let unread = || UpstreamError::Unreadable("the answer of its userinfo endpoint");
        match kind.as_str() {
            "application/json" => serde_json::from_slice(answer.body()).map(UserInfo::Plain).map_err(|_| unread()),
            "application/jwt" => String::from_utf8(answer.into_body()).map(UserInfo::Signed).map_err(|_| unread()),
            _ => Err(failed(FetchError::Type)),
        }
    }

    /// One question and its answer, under the rules for small documents.
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let done = tokio::time::timeout(self.document_timeout, self.exchanged(request)).await;
        done.unwrap_or(Err(FetchError::NoAnswer("time-out")))
    }

    async fn exchanged(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        self.callable(&request.uri().to_string()).await?;
        let request = reqwest::Request::try_from(request).map_err(|_| FetchError::Unreadable)?;
        let mut answer = self.client.execute(request).await.map_err(|error| no_answer(&error))?;
        if answer.content_length().is_some_and(|length| length > MOST_BYTES as u64) {
            return Err(FetchError::TooLarge);
        }
        let mut response = http::Response::builder().status(answer.status());
        if let Some(kind) = answer.headers().get(CONTENT_TYPE) {
            response = response.header(CONTENT_TYPE, kind);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        response.body(bytes).map_err(|_| FetchError::Unreadable)
    }
}

/// A word of another system, as far as it is one.
fn word(said: &str) -> String {
    said.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(LONGEST_WORD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_told_on_as_words() {
        assert_eq!(word("invalid_grant"), "invalid_grant");
        assert_eq!(word("<b>xin\nchào"), "bxincho");
        assert_eq!(word(&"a".repeat(90)).len(), LONGEST_WORD);
    }
}
