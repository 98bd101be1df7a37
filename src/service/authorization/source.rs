//! Where the parameters of a request are: in the open, pushed ahead (RFC 9126),
//! or inside a request object, by value or by reference (RFC 9101).

use crate::base::clock::Millis;
use crate::crypto::jwt::Verified;
use crate::model::client::{Client, RequestObjectAlg};
use crate::outbound::fetch::FetchError;
use crate::outbound::request_objects::without_fragment;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::jws::{self, Algorithm};
use crate::protocol::parameters::Parameters;
use crate::protocol::request_object::{self, Expect};
use crate::service::{Failure, Services, client_keys};
use crate::transient::pushed_requests::{self, is_pushed};

/// What a client asks, wherever it stood.
pub struct Sourced {
    /// The parameters that count.
    pub parameters: Parameters,
    /// The pushed request that they come from; it is used up when it is answered.
    pub pushed: Option<String>,
    /// The key that the client proved while pushing (RFC 9449 §10.1).
    pub key: Option<String>,
}

/// Finds the parameters of a request that a browser brought.
pub async fn find(
    services: &Services,
    client: &Client,
    outside: &Parameters,
    now: Millis,
) -> Result<Result<Sourced, OAuthError>, Failure> {
    let Some(request_uri) = outside.get("request_uri").filter(|uri| is_pushed(uri)) else {
        // Before anything is fetched on a stranger's word.
        if client.demands_pushed_requests() || services.settings.require_pushed_requests {
            return Ok(Err(OAuthError::invalid_request("requests are pushed first (RFC 9126)")));
        }
        return Ok(unfold(services, client, outside, false, now).await);
    };
    if outside.get("request").is_some() {
        return Ok(Err(both()));
    }
    let found = pushed_requests::find(&services.transient, request_uri, &client.id, now).await?;
    Ok(found
        .map(|pushed| Sourced {
            // What stands beside it does not count, but it must be readable, and nothing comes twice (RFC 6749 §3.1).
            parameters: pushed.asked().with_fault(outside.fault().cloned()),
            pushed: Some(request_uri.to_owned()),
            key: pushed.key,
        })
        .ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequestUri, "the pushed request is over, used, or another client's")))
}

fn both() -> OAuthError {
    OAuthError::invalid_request("request and request_uri exclude each other")
}

/// Reads a request object, if there is one. `only_inside`: nothing beside it counts.
pub async fn unfold(
    services: &Services,
    client: &Client,
    outside: &Parameters,
    only_inside: bool,
    now: Millis,
) -> Result<Sourced, OAuthError> {
    let plain = || Sourced { parameters: outside.clone(), pushed: None, key: None };
    let token = match (outside.get("request"), outside.get("request_uri")) {
        (None, None) => return if client.demands_signed_requests() { Err(unsigned()) } else { Ok(plain()) },
        (Some(_), Some(_)) => return Err(both()),
        (Some(token), None) => token.to_owned(),
        (None, Some(address)) => fetched(services, client, address, now).await?,
    };
    let wrong = |reason: &str| OAuthError::new(ErrorCode::InvalidRequestObject, reason);
    let (verified, signed) = opened(services, client, &token).await?;
    if client.demands_signed_requests() && !signed {
        return Err(unsigned());
    }
    let expect = Expect {
        client_id: &client.id,
        issuer: &services.settings.issuer,
        now_seconds: now.seconds(),
        strict: client.signs_messages(),
    };
    request_object::check(&verified.claims, verified.typ.as_deref(), &expect).map_err(wrong)?;
    let inside = request_object::parameters(&verified.claims).map_err(wrong)?;
    // An object that says what it is follows RFC 9101 §6.3; others may be completed (Core §6.1).
    let typed = verified.typ.as_deref().is_some_and(|typ| jws::is_typ(typ, request_object::TYPE));
    let alone = only_inside || typed || client.demands_signed_requests();
    let parameters = request_object::merged(outside, &inside, alone).map_err(OAuthError::invalid_request)?;
    Ok(Sourced { parameters, pushed: None, key: None })
}

fn unsigned() -> OAuthError {
    OAuthError::invalid_request("requests of this client are signed (RFC 9101)")
}

/// The address must be registered; what it says after `#` names a version and is no checksum here.
///
/// Failures are kept for a while and a call under way is shared, an object is
/// never kept (see [`crate::outbound::request_objects`]). What comes back is
/// only text: it is verified for each request anew.
async fn fetched(services: &Services, client: &Client, address: &str, now: Millis) -> Result<String, OAuthError> {
    let wrong = |reason: &str| OAuthError::new(ErrorCode::InvalidRequestUri, reason);
    let called = without_fragment(address);
    if !client.settings.request_uris.iter().any(|registered| without_fragment(registered) == called) {
        return Err(wrong("request_uri is not registered for this client"));
    }
    let object = services.outbound.fetch_request_object(address, now).await.map_err(|reason| match reason {
        FetchError::Busy => OAuthError::new(ErrorCode::TemporarilyUnavailable, "too many request objects are being fetched"),
        // One sentence for every reason: the reasons would tell which inner addresses exist.
        FetchError::Unreadable
        | FetchError::NotHttps
        | FetchError::Forbidden
        | FetchError::NoAnswer(_)
        | FetchError::Status(_)
        | FetchError::Type
        | FetchError::TooLarge => wrong("the request object could not be fetched"),
    })?;
    let text = std::str::from_utf8(&object.bytes).map_err(|_| wrong("the request object is not text"))?;
    Ok(text.trim().to_owned())
}

/// Verifies a request object with the client's keys; true when it is signed at all.
async fn opened(services: &Services, client: &Client, token: &str) -> Result<(Verified, bool), OAuthError> {
    let wrong = |reason: &str| OAuthError::new(ErrorCode::InvalidRequestObject, reason);
    let header = jws::header(token).map_err(wrong)?;
    let algorithms: Vec<Algorithm> = match client.settings.request_object_alg {
        Some(RequestObjectAlg::None) if header.alg == "none" && token.ends_with('.') => {
            let claims = jws::unverified_claims(token).ok_or_else(|| wrong("the request object cannot be read"))?;
            return Ok((Verified { claims, typ: header.typ }, false));
        }
        Some(RequestObjectAlg::None) => return Err(wrong("request objects of this client are unsigned")),
        Some(RequestObjectAlg::Signed(algorithm)) => vec![algorithm],
        None => client.algorithms().to_vec(),
    };
    let verified = client_keys::verify(services, client, token, &algorithms).await;
    verified.map(|verified| (verified, true)).map_err(|bad| wrong(bad.0))
}
