//! Sending somebody to another provider (OpenID Connect Core §3.1.2.1), with a
//! state, a nonce and a code verifier that belong to their browser.

use super::{FederationError, open_source, redirect_uri, settings_of};
use crate::base::clock::Millis;
use crate::model::legacy_source::LegacySource;
use crate::outbound::upstream_oidc::Asking;
use crate::service::audit::network_of;
use crate::service::{Origin, Services};
use crate::transient::attempts;
use crate::transient::federation_states::{self, Begun, UnderWay};

/// Sign-ins that one network may begin in a minute: thousands of people come from one office address.
const MOST_OF_ONE_NETWORK: i64 = 3_000;
const MINUTE_MS: i64 = 60_000;

/// Who begins, and for what.
pub struct Start<'a> {
    /// The request that waits here.
    pub request: &'a str,
    /// The browser.
    pub browser: &'a str,
    /// What was typed as a name; may be empty.
    pub username: &'a str,
    /// The person has to prove themselves anew.
    pub fresh: bool,
}

/// Where somebody goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The provider's page.
    pub address: String,
    /// What people call the provider.
    pub name: String,
}

/// Begins a sign-in at a source.
pub async fn begin(services: &Services, source: &str, start: Start<'_>, origin: &Origin) -> Result<Leaving, FederationError> {
    let now = services.clock.now();
    let source = open_source(services, source).await?;
    let left = leave(services, &source, start, origin, now).await;
    if let Err(error) = &left {
        tracing::warn!(source = %source.id, request.id = %origin.request_id, %error, "nobody is sent to another provider");
    }
    left
}

async fn leave(
    services: &Services,
    source: &LegacySource,
    start: Start<'_>,
    origin: &Origin,
    now: Millis,
) -> Result<Leaving, FederationError> {
    let settings = settings_of(source)?;
    let network = network_of(&origin.address);
    let (begun, _) = attempts::add(&services.transient, "federation", &network, MINUTE_MS, now).await?;
    if begun > MOST_OF_ONE_NETWORK {
        return Err(FederationError::TooMany);
    }
    let provider = services.outbound.upstream(settings, now).await?;
    let (state, nonce) = (services.entropy.token(), services.entropy.token());
    let verifier = settings.pkce.then(|| services.entropy.token());
    let hint = hint(start.username, source);
    let asking = Asking {
        settings,
        redirect_uri: &redirect_uri(services, &source.id),
        state: &state,
        nonce: &nonce,
        verifier: verifier.as_deref(),
        login_hint: hint,
        fresh: start.fresh,
    };
    let address = provider.authorization_address(&asking)?;
    let begun =
        Begun { source: &source.id, issuer: &settings.issuer, request: start.request, nonce, verifier, fresh: start.fresh };
    let under_way = UnderWay::new(begun, start.browser, now);
    federation_states::put(&services.transient, &state, &under_way, now).await?;
    Ok(Leaving { address, name: source.name.clone() })
}

/// The name as the other system knows it: without what told us which system it is.
fn hint<'a>(username: &'a str, source: &LegacySource) -> Option<&'a str> {
    let name = username.rsplit_once('\\').map_or(username, |(_, name)| name);
    let name = match name.rsplit_once('@') {
        Some((name, domain)) if domain == source.id => name,
        Some(_) | None => name,
    };
    (!name.is_empty()).then_some(name)
}
