//! Signing in at another OpenID provider, whose accounts are accounts of an old system (or of one that stays).
//!
//! [`begin`] sends somebody there, [`answer`] takes what comes back, and [`logout`] carries sign-outs both ways.
//! Nothing that a provider says makes anybody anyone: it leads to an account, and the account to whom matching or a
//! human decided. What it says is never logged.

mod begin;
mod callback;
mod claims;
pub mod logout;

pub use crate::transient::federation_states::Answer;
pub use begin::{Leaving, Start, begin};
pub use callback::{Arrived, Came, answer, hold, note};

use super::sources;
use crate::base::date::vietnam_date;
use crate::crypto::jwt::{Verified, thumbprint, verify_with_jwks};
use crate::crypto::own_assertion;
use crate::model::legacy_source::{LegacySource, OidcSettings, Settings, UpstreamAuth};
use crate::outbound::upstream_oidc::{Provider, UpstreamError};
use crate::protocol::jws::Algorithm;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::transient::TransientError;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// An assertion is used at once.
const ASSERTION_SECONDS: i64 = 60;

/// Why nobody comes from another provider.
#[derive(Debug, thiserror::Error)]
pub enum FederationError {
    /// There is no such way to sign in, or not any more.
    #[error("there is no such way to sign in")]
    Closed,
    /// Nobody waits for this answer: it came late, twice, or to another browser.
    #[error("the answer is late, came twice, or came to another browser")]
    Over,
    /// The person went back.
    #[error("the person cancelled there")]
    Cancelled {
        /// The request that waits.
        request: String,
    },
    /// The provider refuses.
    #[error("the provider answered with an error")]
    Refused,
    /// Somebody else answers in the provider's place (RFC 9207 §2.4).
    #[error("the answer is of another issuer")]
    Mixed,
    /// What came back names no account.
    #[error("what the provider says names no account")]
    Nameless,
    /// The person was to prove themselves anew, and the provider did not ask them.
    #[error("the provider did not ask the person again")]
    Stale,
    /// Too many come from one network.
    #[error("too many sign-ins come from there")]
    TooMany,
    /// The provider does not do as it should.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for FederationError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for FederationError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

impl FederationError {
    /// One word for counts and records.
    fn word(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Over => "over",
            Self::Cancelled { .. } => "cancelled",
            Self::Refused => "refused",
            Self::Mixed => "mixed",
            Self::Nameless => "nameless",
            Self::Stale => "stale",
            Self::TooMany => "too_many",
            Self::Upstream(UpstreamError::Clock { .. }) => "clock",
            Self::Upstream(UpstreamError::Unreachable { .. }) => "unreachable",
            Self::Upstream(UpstreamError::Issuer(_)) => "issuer",
            Self::Upstream(UpstreamError::Refused(_)) => "code",
            Self::Upstream(
                UpstreamError::Settings(_) | UpstreamError::Unreadable(_) | UpstreamError::Token(_) | UpstreamError::Key,
            ) => "token",
            Self::Failure(_) => "failed",
        }
    }
}

/// Where answers of a source come to.
fn redirect_uri(services: &Services, source: &str) -> String {
    format!("{}/signin/federation/{source}/callback", services.settings.issuer.trim_end_matches('/'))
}

/// A source through which somebody may sign in today.
async fn open_source(services: &Services, id: &str) -> Result<LegacySource, FederationError> {
    let today = vietnam_date(services.clock.now());
    let found = sources::find(services, id).await?.filter(|source| source.is_open_on(today));
    found.ok_or(FederationError::Closed)
}

/// What is set of a source that is another provider.
fn settings_of(source: &LegacySource) -> Result<&OidcSettings, FederationError> {
    match &source.settings {
        Settings::Oidc(settings) => Ok(settings),
        Settings::Ldap(_) | Settings::Hashes(_) => Err(FederationError::Closed),
    }
}

/// What proves us to a provider: a secret, or a signed assertion.
struct Proofs {
    secret: Option<SecretString>,
    assertion: Option<String>,
}

async fn proofs(services: &Services, source: &LegacySource, provider: &Provider) -> Result<Proofs, FederationError> {
    let settings = settings_of(source)?;
    if !settings.needs_secret() {
        return Ok(Proofs { secret: None, assertion: None });
    }
    let missing = UpstreamError::Settings("its secret is missing");
    let secret = sources::secret(services, &source.id).await?.ok_or(missing)?;
    let text = std::str::from_utf8(&secret).map_err(|_| UpstreamError::Settings("its secret is no text"))?;
    let text = SecretString::from(text.trim_end().to_owned());
    let now = services.clock.now();
    // The endpoint is the audience that every provider knows (OpenID Connect Core §9).
    let claims = json!({
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": provider.token_endpoint,
        "jti": services.entropy.token(),
        "iat": now.seconds(),
        "exp": now.seconds() + ASSERTION_SECONDS,
    });
    let unusable = |_| UpstreamError::Settings("its secret is no private key");
    Ok(match settings.client_auth {
        UpstreamAuth::PrivateKeyJwt => {
            let signed = own_assertion::sign_with_pem(text.expose_secret().as_bytes(), settings.key_id.as_deref(), &claims);
            Proofs { secret: None, assertion: Some(signed.map_err(unusable)?) }
        }
        UpstreamAuth::ClientSecretJwt => {
            let signed = own_assertion::sign_with_secret(text.expose_secret().as_bytes(), &claims);
            Proofs { secret: None, assertion: Some(signed.map_err(unusable)?) }
        }
        UpstreamAuth::ClientSecretBasic | UpstreamAuth::ClientSecretPost | UpstreamAuth::None => {
            Proofs { secret: Some(text), assertion: None }
        }
    })
}

/// Verifies a JWT of a provider that is no ID token, with the keys that are known, and once more with fresh ones.
async fn verify(
    services: &Services,
    settings: &OidcSettings,
    provider: &Provider,
    token: &str,
) -> Result<Verified, FederationError> {
    let now = services.clock.now();
    let allowed: Vec<Algorithm> = settings.algorithms.iter().filter_map(|name| Algorithm::parse(name)).collect();
    for anew in [false, true] {
        let keys = services.outbound.upstream_keys(provider, anew, now).await?;
        if let Ok(verified) = verify_with_jwks(&usable(&keys), token, &allowed) {
            return Ok(verified);
        }
    }
    Err(UpstreamError::Key.into())
}

/// The keys of a provider that are of a kind that is known here: others do not spoil the set.
fn usable(keys: &Value) -> Value {
    let all = keys.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fine: Vec<&Value> = all.iter().filter(|key| thumbprint(key).is_some()).collect();
    json!({ "keys": fine })
}
