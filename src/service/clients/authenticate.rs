//! Client authentication (RFC 6749 §2.3, OpenID Connect Core §9).

use crate::base::clock::Millis;
use crate::crypto::certificate::Certificate;
use crate::model::client::{AuthMethod, Client, is_client_id};
use crate::protocol::client_assertion::{self, Audience};
use crate::protocol::{jws, request_object};
use crate::service::audit::{self, Event, network_of};
use crate::service::client_keys;
use crate::service::{Failure, Origin, Services};
use crate::store::clients;
use crate::transient::replay;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use std::sync::Arc;

/// Where assertions are sent; each may stand as their audience (RFC 7523 §3, RFC 9126 §2).
const ENDPOINTS: [&str; 4] = ["/oauth2/token", "/oauth2/par", "/oauth2/introspect", "/oauth2/revoke"];

/// What a client presented.
pub enum Presented {
    /// Only its id.
    Nothing {
        /// `client_id`.
        client_id: String,
    },
    /// An id and a secret.
    Secret {
        /// `client_id`.
        client_id: String,
        /// `client_secret`.
        secret: SecretString,
        /// By header or by body.
        method: AuthMethod,
    },
    /// A signed assertion.
    Assertion {
        /// `client_id`, when it came beside the assertion.
        client_id: Option<String>,
        /// The JWT.
        assertion: String,
    },
}

/// Why a client is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// One sentence that gives nothing away about which part was wrong.
    #[error("client authentication failed")]
    Failed,
    /// What is wrong with an assertion, for its developer.
    #[error("{0}")]
    Assertion(&'static str),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Why a client is not believed, for the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// No client of this id may be used.
    UnusableClient,
    /// Not the method that it is registered with.
    WrongMethod,
    WrongSecret,
    /// The connection shows no certificate of the client's.
    WrongCertificate,
    /// The assertion does not say whose it is.
    UnreadableAssertion,
    /// It is signed with no key of the client's.
    WrongSignature,
    /// What it says cannot be accepted.
    WrongAssertion(&'static str),
    /// It came before.
    UsedAssertion,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::UnusableClient => "unusable_client",
            Self::WrongMethod => "wrong_method",
            Self::WrongSecret => "wrong_secret",
            Self::WrongCertificate => "wrong_certificate",
            Self::UnreadableAssertion => "unreadable_assertion",
            Self::WrongSignature => "wrong_signature",
            Self::WrongAssertion(_) => "wrong_assertion",
            Self::UsedAssertion => "used_assertion",
        }
    }
}

impl From<Reason> for ClientAuthError {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::UnusableClient
            | Reason::WrongMethod
            | Reason::WrongSecret
            | Reason::WrongCertificate
            | Reason::UnreadableAssertion
            | Reason::WrongSignature => Self::Failed,
            Reason::WrongAssertion(said) => Self::Assertion(said),
            Reason::UsedAssertion => Self::Assertion("the assertion was used before"),
        }
    }
}

/// Why nothing was proven.
enum Unproven {
    /// The client as it names itself, and what is wrong.
    Refused(Option<String>, Reason),
    Failure(Failure),
}

impl From<Failure> for Unproven {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Proves a client by the one method that it is registered with. A failure is
/// on record before it is answered.
pub async fn authenticate(
    services: &Services,
    presented: Presented,
    certificate: Option<&Certificate>,
    origin: &Origin,
) -> Result<Arc<Client>, ClientAuthError> {
    let proven = match presented {
        Presented::Nothing { client_id } => by_name(services, client_id, certificate).await,
        Presented::Secret { client_id, secret, method } => by_secret(services, client_id, &secret, method).await,
        Presented::Assertion { client_id, assertion } => by_assertion(services, client_id, &assertion).await,
    };
    match proven {
        Ok(client) => Ok(client),
        Err(Unproven::Refused(client_id, reason)) => {
            tell(services, client_id, reason, origin).await?;
            Err(reason.into())
        }
        Err(Unproven::Failure(failure)) => Err(failure.into()),
    }
}

/// Records a failure: a row a minute for each client, network and reason. What
/// names no client is not repeated; people paste secrets into the wrong field.
async fn tell(services: &Services, client_id: Option<String>, reason: Reason, origin: &Origin) -> Result<(), Failure> {
    let mut registered = client_id.filter(|id| is_client_id(id));
    if reason == Reason::UnusableClient
        && let Some(id) = &registered
        && clients::find(&mut services.store.read().await?, id).await?.is_none()
    {
        registered = None;
    }
    let client = registered.as_deref();
    let name = format!("{}\n{}\n{}", client.unwrap_or_default(), network_of(&origin.address), reason.as_str());
    let event = Event {
        event: "client_authentication.failed",
        actor: String::new(),
        person: None,
        client,
        origin,
        detail: json!({ "reason": reason.as_str() }),
    };
    audit::record_once_a_minute(services, &name, event).await
}

async fn find(services: &Services, id: &str) -> Result<Arc<Client>, Unproven> {
    let found = services.known.client(&services.store, id, services.clock.now()).await.map_err(Failure::from)?;
    found.ok_or_else(|| Unproven::Refused(Some(id.to_owned()), Reason::UnusableClient))
}

/// By its name alone, or by the certificate that its connection shows (RFC 8705 §2).
async fn by_name(services: &Services, client_id: String, certificate: Option<&Certificate>) -> Result<Arc<Client>, Unproven> {
    let client = find(services, &client_id).await?;
    let refused = |reason| Err(Unproven::Refused(Some(client_id.clone()), reason));
    let shown = match client.settings.auth_method {
        AuthMethod::None => true,
        AuthMethod::TlsClientAuth => {
            let subject = client.settings.tls_client_auth.as_ref();
            certificate
                .zip(subject)
                .is_some_and(|(certificate, subject)| certificate.verified && subject.is_named_by(&certificate.names))
        }
        AuthMethod::SelfSignedTlsClientAuth => match certificate {
            Some(certificate) => client_keys::holds(services, &client, certificate).await,
            None => false,
        },
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::PrivateKeyJwt => {
            return refused(Reason::WrongMethod);
        }
    };
    if shown { Ok(client) } else { refused(Reason::WrongCertificate) }
}

async fn by_secret(
    services: &Services,
    client_id: String,
    secret: &SecretString,
    method: AuthMethod,
) -> Result<Arc<Client>, Unproven> {
    let client = find(services, &client_id).await?;
    if client.settings.auth_method != method {
        return Err(Unproven::Refused(Some(client_id), Reason::WrongMethod));
    }
    if client.knows_secret(secret.expose_secret(), services.clock.now()) {
        Ok(client)
    } else {
        Err(Unproven::Refused(Some(client_id), Reason::WrongSecret))
    }
}

/// Whom an unverified token names as its subject: only to know whose keys to try.
fn claimed_subject(token: &str) -> Option<String> {
    jws::unverified_claims(token)?.get("sub")?.as_str().map(str::to_owned)
}

async fn by_assertion(services: &Services, client_id: Option<String>, assertion: &str) -> Result<Arc<Client>, Unproven> {
    let now = services.clock.now();
    let claimed = claimed_subject(assertion).ok_or(Unproven::Refused(None, Reason::UnreadableAssertion))?;
    let client = find(services, &claimed).await?;
    let refused = |reason: Reason| Unproven::Refused(Some(client.id.clone()), reason);
    if client_id.is_some_and(|id| id != claimed) {
        return Err(refused(Reason::WrongAssertion("client_id is not the subject of the assertion")));
    }
    if client.settings.auth_method != AuthMethod::PrivateKeyJwt {
        return Err(refused(Reason::WrongMethod));
    }
    let named = client.settings.token_endpoint_auth_alg;
    let algorithms = named.as_ref().map_or(client.algorithms(), std::slice::from_ref);
    let verified = client_keys::verify(services, &client, assertion, algorithms).await;
    let verified = verified.map_err(|_| refused(Reason::WrongSignature))?;
    if verified.typ.as_deref().is_some_and(|typ| jws::is_typ(typ, request_object::TYPE)) {
        return Err(refused(Reason::WrongAssertion("a request object is no client assertion")));
    }
    let issuer = services.settings.issuer.as_str();
    let endpoints = ENDPOINTS.map(|path| format!("{issuer}{path}"));
    let known: Vec<&str> = std::iter::once(issuer).chain(endpoints.iter().map(String::as_str)).collect();
    let audience = if client.settings.profile.is_fapi2() { Audience::Issuer(issuer) } else { Audience::Any(&known) };
    let checked = client_assertion::check(&verified.claims, &client.id, &audience, now.seconds())
        .map_err(|said| refused(Reason::WrongAssertion(said)))?;
    // Longer than it lives: another node's clock may be behind.
    let until = Millis(checked.exp.saturating_add(60).saturating_mul(1_000));
    if !replay::assertion(&services.transient, &client.id, &checked.jti, until, now).await.map_err(Failure::from)? {
        return Err(refused(Reason::UsedAssertion));
    }
    Ok(client)
}
