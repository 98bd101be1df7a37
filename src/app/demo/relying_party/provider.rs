//! The provider as this relying party sees it: discovery, endpoints, keys, HTTP.

use super::RelyingParty;
use super::claims::OfficialClaims;
use super::claims::SessionClaims;
use super::enter::EnterError;
use crate::base::clock::Millis;
use jsonwebtoken::jwk::JwkSet;
use openidconnect::AsyncHttpClient;
use openidconnect::ClientId;
use openidconnect::ClientSecret;
use openidconnect::EmptyExtraTokenFields;
use openidconnect::EndSessionUrl;
use openidconnect::EndpointMaybeSet;
use openidconnect::EndpointNotSet;
use openidconnect::EndpointSet;
use openidconnect::HttpClientError;
use openidconnect::HttpRequest;
use openidconnect::HttpResponse;
use openidconnect::IdToken;
use openidconnect::IdTokenFields;
use openidconnect::IssuerUrl;
use openidconnect::ProviderMetadataWithLogout;
use openidconnect::RedirectUrl;
use openidconnect::StandardErrorResponse;
use openidconnect::StandardTokenResponse;
use openidconnect::UserInfoClaims;
use openidconnect::core::CoreAuthDisplay;
use openidconnect::core::CoreAuthPrompt;
use openidconnect::core::CoreErrorResponseType;
use openidconnect::core::CoreGenderClaim;
use openidconnect::core::CoreJsonWebKey;
use openidconnect::core::CoreJweContentEncryptionAlgorithm;
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::core::CoreRevocableToken;
use openidconnect::core::CoreRevocationErrorResponse;
use openidconnect::core::CoreTokenIntrospectionResponse;
use openidconnect::core::CoreTokenType;
use secrecy::ExposeSecret;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// An ID token that also carries the session's id.
pub(super) type SignedIdToken =
    IdToken<SessionClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What the token endpoint answers.
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        SessionClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// What userinfo answers.
pub(super) type UserInfo = UserInfoClaims<OfficialClaims, CoreGenderClaim>;

/// The client: the core types, with [`SessionClaims`] in its ID tokens.
pub(super) type Client = openidconnect::Client<
    SessionClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What discovery told.
pub(super) struct Provider {
    pub(super) client: Client,
    pub(super) end_session: Option<EndSessionUrl>,
    pub(super) jwks_uri: String,
    pub(super) seen_at: Millis,
}

impl Provider {
    /// Reads the discovery document and the key set (OpenID Connect Discovery 1.0 §4).
    pub(super) async fn discover(config: &RelyingParty, http: &Http, now: Millis) -> Result<Self, EnterError> {
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|error| EnterError::Provider(error.to_string()))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, http)
            .await
            .map_err(|error| EnterError::Provider(error.to_string()))?;
        let redirect = RedirectUrl::new(config.redirect_uri()).map_err(|error| EnterError::Provider(error.to_string()))?;
        let secret = config.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let end_session = metadata.additional_metadata().end_session_endpoint.clone();
        let jwks_uri = metadata.jwks_uri().url().to_string();

        let client =
            Client::from_provider_metadata(metadata, ClientId::new(config.client_id.clone()), secret).set_redirect_uri(redirect);
        Ok(Self { client, end_session, jwks_uri, seen_at: now })
    }
}

/// Our own HTTP client, in the form that `openidconnect` asks for.
///
/// It follows no redirects: a provider that redirects a token request is not the one we know.
pub(super) struct Http(reqwest::Client);

impl Http {
    #[expect(clippy::disallowed_methods, reason = "a relying party is a system of its own, outside the provider's rooms")]
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()
            .map(Self)
    }

    /// The provider's keys, for tokens that are no ID tokens.
    pub(super) async fn keys(&self, uri: &str) -> Result<JwkSet, EnterError> {
        let answer = self.0.get(uri).send().await.and_then(reqwest::Response::error_for_status);
        match answer {
            Ok(answer) => answer.json().await.map_err(|error| EnterError::Provider(error.to_string())),
            Err(error) => Err(EnterError::Provider(error.to_string())),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpClientError<reqwest::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpClientError<reqwest::Error>>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(Box::new)?;
            let answer = self.0.execute(request).await.map_err(Box::new)?;
            let mut response = http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            let body = answer.bytes().await.map_err(Box::new)?.to_vec();
            response.body(body).map_err(HttpClientError::Http)
        })
    }
}
