//! Sign-outs both ways: a logout token of a provider ends the sign-ons that came from it (OpenID Connect Back-Channel
//! Logout 1.0 §2.6), and whoever signs out here is led there (RP-Initiated Logout 1.0 §2).

use super::callback::{associated, names};
use super::{FederationError, open_source, settings_of, verify};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;
use crate::model::legacy_source::OidcSettings;
use crate::outbound::upstream_oidc::UpstreamError;
use crate::protocol::jws::is_typ;
use crate::service::legacy::sources;
use crate::service::sign_on::ending;
use crate::service::{Failure, Origin, Services};
use crate::store::{sign_ons, upstream_sign_ons};
use crate::transient::federation_states::{first_logout_token, forget_logout_token};
use serde_json::{Map, Value};

/// What a logout token says (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// One that does not say when it ends is good for so long.
const FRESH_SECONDS: i64 = 120;
/// And none for longer.
const LONGEST_SECONDS: i64 = 3_600;
/// The longest name of a token, a session or a person.
const LONGEST: usize = 255;

/// Why a logout token ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum LogoutTokenError {
    /// It is none, or none of this provider for us.
    #[error("the logout token is not acceptable: {0}")]
    Refused(&'static str),
    /// It was used before.
    #[error("the logout token was used before")]
    Replayed,
    /// The provider's keys, with which it would be checked, are not to be had; the provider may try again.
    #[error("the logout token could not be checked: {0}")]
    Unchecked(UpstreamError),
    /// Something failed; the provider may try again.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Whom a logout token means.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Meant {
    jti: String,
    sid: Option<String>,
    sub: Option<String>,
    until: Millis,
}

/// Ends what a logout token of a source means; answers how many sign-ons that were.
pub async fn backchannel(services: &Services, source: &str, token: &str, origin: &Origin) -> Result<usize, LogoutTokenError> {
    let ended = end(services, source, token, origin).await;
    let outcome = match &ended {
        Ok(_) => "ok",
        Err(LogoutTokenError::Refused(_)) => "refused",
        Err(LogoutTokenError::Replayed) => "replayed",
        Err(LogoutTokenError::Unchecked(_) | LogoutTokenError::Failure(_)) => "failed",
    };
    metrics::counter!("motlan_upstream_logouts_total", "outcome" => outcome).increment(1);
    if let Err(error) = &ended {
        tracing::warn!(request.id = %origin.request_id, %error, "a logout token of another provider ended nothing");
    }
    ended
}

async fn end(services: &Services, source: &str, token: &str, origin: &Origin) -> Result<usize, LogoutTokenError> {
    let now = services.clock.now();
    // Also of a source that is closed: a sign-out is always welcome.
    let source = sources::find(services, source).await?.ok_or(LogoutTokenError::Refused("there is no such provider"))?;
    let settings = settings_of(&source).ok().filter(|settings| settings.backchannel_logout);
    let settings = settings.ok_or(LogoutTokenError::Refused("there is no such provider"))?;
    let provider = services.outbound.upstream(settings, now).await.map_err(|error| unverified(error.into()))?;
    let verified = verify(services, settings, &provider, token).await.map_err(unverified)?;
    let meant = read(&verified.claims, verified.typ.as_deref(), settings, now).map_err(LogoutTokenError::Refused)?;
    let is_first = first_logout_token(&services.transient, &source.id, &meant.jti, meant.until, now).await;
    if !is_first.map_err(Failure::from)? {
        return Err(LogoutTokenError::Replayed);
    }
    let ended = end_meant(services, &source.id, &meant, origin).await;
    // What it asks for was not done, or not all of it: it counts when it comes again.
    if ended.is_err()
        && let Err(error) = forget_logout_token(&services.transient, &source.id, &meant.jti).await
    {
        tracing::error!(request.id = %origin.request_id, %error, "a logout token that ended nothing stays marked as used");
    }
    ended.map_err(LogoutTokenError::Failure)
}

/// Why no key verified a token: whether it is none of the provider's, or nobody could look.
fn unverified(error: FederationError) -> LogoutTokenError {
    match error {
        FederationError::Failure(failure) => LogoutTokenError::Failure(failure),
        FederationError::Upstream(
            away @ (UpstreamError::Unreachable { .. }
            | UpstreamError::Unreadable(_)
            | UpstreamError::Issuer(_)
            | UpstreamError::Settings(_)),
        ) => LogoutTokenError::Unchecked(away),
        FederationError::Upstream(
            UpstreamError::Key | UpstreamError::Token(_) | UpstreamError::Refused(_) | UpstreamError::Clock { .. },
        )
        | FederationError::Closed
        | FederationError::Over
        | FederationError::Cancelled { .. }
        | FederationError::Refused
        | FederationError::Mixed
        | FederationError::Nameless
        | FederationError::Stale
        | FederationError::TooMany => LogoutTokenError::Refused("no key of the provider verifies it"),
    }
}

/// Ends the sign-ons of whom a token means; answers how many those were.
async fn end_meant(services: &Services, source: &str, meant: &Meant, origin: &Origin) -> Result<usize, Failure> {
    let mut conn = services.store.read().await?;
    let ids = match (&meant.sid, &meant.sub) {
        (Some(sid), sub) => upstream_sign_ons::list_of_sid(&mut conn, source, sid, sub.as_deref()).await?,
        (None, Some(sub)) => upstream_sign_ons::list_of_subject(&mut conn, source, sub).await?,
        (None, None) => Vec::new(),
    };
    let mut open = Vec::new();
    for id in &ids {
        open.extend(sign_ons::find(&mut conn, id).await?);
    }
    drop(conn);
    let mut ended = 0;
    for sign_on in &open {
        let actor = format!("source:{source}");
        ended += usize::from(ending::end(services, sign_on, &actor, origin).await?);
    }
    Ok(ended)
}

/// Reads a verified logout token.
fn read(claims: &Map<String, Value>, typ: Option<&str>, settings: &OidcSettings, now: Millis) -> Result<Meant, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && text.len() <= LONGEST);
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (now, skew) = (now.seconds(), settings.clock_skew_seconds);
    if typ.is_some_and(|typ| !is_typ(typ, "logout+jwt") && !is_typ(typ, "JWT")) {
        return Err("it is another kind of token");
    }
    if claims.get("iss").and_then(Value::as_str) != Some(settings.issuer.as_str()) {
        return Err("it is of another issuer");
    }
    if !claims.get("aud").is_some_and(|audience| names(audience, &settings.client_id)) {
        return Err("it is for somebody else");
    }
    let events = claims.get("events").and_then(|events| events.get(EVENT));
    if !events.is_some_and(Value::is_object) {
        return Err("it tells of no logout");
    }
    // So that no ID token passes for one.
    if claims.contains_key("nonce") {
        return Err("it has a nonce");
    }
    let issued = seconds("iat").filter(|issued| *issued <= now + skew).ok_or("it does not say when it was issued")?;
    let ends = match claims.get("exp") {
        None => issued + FRESH_SECONDS,
        Some(_) => seconds("exp").ok_or("its end cannot be read")?,
    };
    let ends = ends.min(issued + LONGEST_SECONDS) + skew;
    if ends <= now {
        return Err("it is too old");
    }
    let jti = text("jti").ok_or("it has no name of its own (jti)")?.to_owned();
    let (sid, sub) = (text("sid").map(str::to_owned), text("sub").map(str::to_owned));
    if sid.is_none() && sub.is_none() {
        return Err("it means nobody");
    }
    Ok(Meant { jti, sid, sub, until: Millis(ends.saturating_mul(1_000)) })
}

/// Where whoever signed out here goes on to sign out of the system that their sign-on came from, and what people call it.
pub async fn leads_to(services: &Services, sign_on: &SignOnId) -> Result<Option<(String, String)>, FederationError> {
    let Some(upstream) = upstream_sign_ons::find(&mut services.store.read().await?, sign_on).await? else { return Ok(None) };
    let source = match open_source(services, &upstream.source).await {
        Ok(source) => source,
        Err(FederationError::Closed) => return Ok(None),
        Err(error) => return Err(error),
    };
    let settings = settings_of(&source)?;
    if !settings.logout {
        return Ok(None);
    }
    let provider = services.outbound.upstream(settings, services.clock.now()).await?;
    let opened = match &upstream.id_token {
        Some(sealed) => {
            let associated = associated(sign_on);
            Some(services.envelope.open(sealed, associated.as_bytes()).map_err(Failure::from)?)
        }
        None => None,
    };
    let hint = opened.as_ref().and_then(|opened| std::str::from_utf8(opened).ok());
    let back = format!("{}/", services.settings.issuer.trim_end_matches('/'));
    Ok(provider.logout_address(settings, hint, &back).map(|address| (address, source.name.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Millis = Millis(1_795_309_200_000);

    fn token(change: impl FnOnce(&mut Value)) -> Result<Meant, &'static str> {
        let now = NOW.seconds();
        let mut claims = json!({
            "iss": "https://cu.example", "aud": "motlan", "iat": now, "exp": now + 120, "jti": "j1", "sid": "s1",
            "events": { (EVENT): {} },
        });
        change(&mut claims);
        let settings =
            OidcSettings { issuer: "https://cu.example".to_owned(), client_id: "motlan".to_owned(), ..OidcSettings::default() };
        let Value::Object(members) = claims else { return Err("no object") };
        read(&members, Some("logout+jwt"), &settings, NOW)
    }

    #[test]
    fn a_logout_token_is_read_as_section_2_6_asks() {
        type Spoil = fn(&mut Value);
        assert_eq!(token(|_| {}).map(|meant| (meant.sid, meant.sub)), Ok((Some("s1".to_owned()), None)));
        assert!(token(|claims| claims["aud"] = json!(["motlan", "khac"])).is_ok());
        assert!(token(|claims| claims["exp"] = json!(NOW.seconds() - 30)).is_ok(), "within what clocks may be off");
        let table: [(&str, Spoil); 13] = [
            ("another issuer", |claims| claims["iss"] = json!("https://cu.example/")),
            ("another audience", |claims| claims["aud"] = json!("khac")),
            ("no audience", |claims| claims["aud"] = json!(null)),
            ("no event", |claims| claims["events"] = json!({})),
            ("an event that is no object", |claims| claims["events"] = json!({ (EVENT): true })),
            ("a nonce", |claims| claims["nonce"] = json!("n")),
            ("no moment", |claims| claims["iat"] = json!("gio")),
            ("of the future", |claims| claims["iat"] = json!(NOW.seconds() + 61)),
            ("over", |claims| claims["exp"] = json!(NOW.seconds() - 60)),
            ("an end that is no number", |claims| claims["exp"] = json!("mai")),
            ("no name", |claims| claims["jti"] = json!("")),
            ("nobody", |claims| claims["sid"] = json!(null)),
            ("old, though it says that it lives", |claims| {
                claims["iat"] = json!(NOW.seconds() - 7_200);
                claims["exp"] = json!(NOW.seconds() + 7_200);
            }),
        ];
        for (case, spoil) in table {
            assert!(token(spoil).is_err(), "{case}");
        }
    }

    #[test]
    fn another_kind_of_token_is_no_logout_token() {
        let settings = OidcSettings::default();
        for typ in ["at+jwt", "dpop+jwt", ""] {
            assert_eq!(read(&Map::new(), Some(typ), &settings, NOW), Err("it is another kind of token"));
        }
    }
}
