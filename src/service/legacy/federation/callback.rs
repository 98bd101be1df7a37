//! What comes back from another provider (OpenID Connect Core §3.1.2.5 and §3.1.3, RFC 9207).

use super::claims::{self, Told};
use super::{Answer, FederationError, open_source, proofs, redirect_uri, settings_of, verify};
use crate::base::clock::Millis;
use crate::base::id::SignOnId;
use crate::model::legacy_source::{LegacySource, OidcSettings};
use crate::outbound::upstream_oidc::{Provider, Redeemed, Redeeming, UpstreamError, UserInfo};
use crate::service::audit::{self, Event, network_of};
use crate::service::legacy::arrivals;
use crate::service::old_accounts::{Leads, Said, lead};
use crate::service::{Failure, Origin, Services};
use crate::store::upstream_sign_ons::{self, UpstreamSignOn};
use crate::transient::attempts;
use crate::transient::federation_states::{self, UnderWay};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

/// The longest name of a session that is kept.
const LONGEST_SID: usize = 255;
/// Answers that are kept for one sign-in in a minute: a browser posts one, and perhaps once more.
const MOST_POSTED: i64 = 3;
const MINUTE_MS: i64 = 60_000;
/// Whoever was not asked anew, and of whom nobody tells when they proved themselves, did so longer ago than anything here
/// takes for just now.
const UNTOLD_SECONDS: i64 = 601;

/// Somebody who came.
pub struct Arrived {
    /// The request that waits for them.
    pub request: String,
    /// The source.
    pub source: LegacySource,
    /// To whom their account leads.
    pub leads: Leads,
    /// They were sent to prove themselves anew, and did.
    pub anew: bool,
    /// What is noted with their sign-on.
    pub came: Came,
}

/// What a sign-on has of where it came from.
#[derive(Clone)]
pub struct Came {
    source: String,
    subject: String,
    sid: String,
    id_token: String,
}

/// From where, and nothing of whom.
impl std::fmt::Debug for Came {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Came").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Keeps an answer that another site posted until its browser comes for it; nothing where nobody waits for it, or where it
/// came too often.
pub async fn hold(services: &Services, source: &str, answer: &Answer) -> Result<Option<String>, Failure> {
    let now = services.clock.now();
    if !federation_states::waits(&services.transient, &answer.state, source, now).await? {
        return Ok(None);
    }
    // Whoever knows a state may post as often as they like: what is kept of it stays small.
    let (posted, _) = attempts::add(&services.transient, "federation-answer", &answer.state, MINUTE_MS, now).await?;
    if posted > MOST_POSTED {
        return Ok(None);
    }
    let handle = services.entropy.token();
    federation_states::put_answer(&services.transient, &handle, answer, now).await?;
    Ok(Some(handle))
}

/// The answer that was kept under a handle.
async fn held(services: &Services, handle: &str) -> Result<Answer, FederationError> {
    let answer = federation_states::take_answer(&services.transient, handle, services.clock.now()).await?;
    answer.ok_or(FederationError::Over)
}

/// Takes an answer, or the one that is kept under a handle.
pub async fn answer(
    services: &Services,
    source: &str,
    answer: Result<Answer, String>,
    browser: &str,
    origin: &Origin,
) -> Result<Arrived, FederationError> {
    let answer = match answer {
        Ok(answer) => Ok(answer),
        Err(handle) => held(services, &handle).await,
    };
    let arrived = match answer {
        Ok(answer) => arrive(services, source, &answer, browser, origin).await,
        Err(error) => Err(error),
    };
    let outcome = match &arrived {
        Ok(Arrived { leads: Leads::Person(_), .. }) => "ok",
        Ok(Arrived { leads: Leads::Undecided, .. }) => "undecided",
        Ok(Arrived { leads: Leads::Nobody, .. }) => "nobody",
        Err(error) => error.word(),
    };
    metrics::counter!("motlan_federated_sign_ins_total", "outcome" => outcome).increment(1);
    if let Err(error) = &arrived {
        tracing::warn!(request.id = %origin.request_id, %error, "nobody came from another provider");
        record_refused(services, source, error.word(), origin).await;
    }
    arrived
}

/// What was refused is on record, once a minute for a network.
async fn record_refused(services: &Services, source: &str, reason: &'static str, origin: &Origin) {
    // Only sources that are there: a stranger's words are not put on record.
    let Ok(Some(source)) = super::sources::find(services, source).await else { return };
    let name = format!("{}/{}/{reason}", source.id, network_of(&origin.address));
    let detail = json!({ "source": source.id, "reason": reason });
    let event = Event { event: "federation.refused", actor: String::new(), person: None, client: None, origin, detail };
    if let Err(error) = audit::record_once_a_minute(services, &name, event).await {
        tracing::warn!(request.id = %origin.request_id, %error, "a refused answer was not put on record");
    }
}

async fn arrive(
    services: &Services,
    source: &str,
    answer: &Answer,
    browser: &str,
    origin: &Origin,
) -> Result<Arrived, FederationError> {
    let now = services.clock.now();
    let under_way = federation_states::take(&services.transient, &answer.state, source, browser, now).await?;
    let under_way = under_way.ok_or(FederationError::Over)?;
    let source = open_source(services, &under_way.source).await?;
    let settings = settings_of(&source)?;
    // What was set while the person was away is another provider.
    if settings.issuer != under_way.issuer {
        return Err(FederationError::Over);
    }
    let provider = services.outbound.upstream(settings, now).await?;
    check_issuer(answer.iss.as_deref(), &provider)?;
    let code = match (answer.error.as_deref(), answer.code.as_deref()) {
        (Some("access_denied"), _) => return Err(FederationError::Cancelled { request: under_way.request }),
        (Some(_), _) | (None, None) => return Err(FederationError::Refused),
        (None, Some(code)) => code,
    };
    let redeemed = redeem(services, &source, &provider, &under_way, code).await?;
    let told_at = told_at(&redeemed.claims);
    check_fresh(told_at, &under_way, settings)?;
    // Where they were asked anew and the provider need not say when, it was just now.
    let proved_at = told_at.or_else(|| (!under_way.fresh).then(|| now.plus_seconds(-UNTOLD_SECONDS)));
    let userinfo = ask_more(services, settings, &provider, &redeemed).await?;
    let told = claims::read(settings, &redeemed.claims, userinfo).ok_or(FederationError::Nameless)?;
    let Told { arrival, level, methods } = told;
    let legacy_id = arrival.legacy_id.clone();
    arrivals::arrive(services, &source, arrival, origin).await?;
    let said = Said { level, methods, lasting: settings.lasting, proved_at };
    let leads = lead(services, &source, &legacy_id, said, origin).await?;
    let claim = |name: &str| redeemed.claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let came = Came {
        source: source.id.clone(),
        subject: claim("sub"),
        sid: Some(claim("sid")).filter(|sid| sid.len() <= LONGEST_SID).unwrap_or_default(),
        id_token: redeemed.id_token,
    };
    Ok(Arrived { request: under_way.request, source, leads, anew: under_way.fresh, came })
}

/// Who answers must be whom the person was sent to (RFC 9207 §2.4).
fn check_issuer(named: Option<&str>, provider: &Provider) -> Result<(), FederationError> {
    match named {
        Some(named) if named == provider.issuer => Ok(()),
        None if !provider.names_itself => Ok(()),
        Some(_) | None => Err(FederationError::Mixed),
    }
}

/// When the person proved themselves there, as far as the provider tells (OpenID Connect Core §2).
fn told_at(claims: &Map<String, Value>) -> Option<Millis> {
    claims.get("auth_time").and_then(Value::as_i64).map(|seconds| Millis(seconds.max(0).saturating_mul(1_000)))
}

/// Whoever was to prove themselves anew did so after they left. A provider that does not tell when has to be one of which it
/// is known that it asks.
fn check_fresh(told_at: Option<Millis>, under_way: &UnderWay, settings: &OidcSettings) -> Result<(), FederationError> {
    let earliest = under_way.begun_at.plus_seconds(-settings.clock_skew_seconds).seconds();
    let is_fresh = told_at.map_or(!settings.tells_auth_time, |told_at| told_at.seconds() >= earliest);
    if is_fresh || !under_way.fresh { Ok(()) } else { Err(FederationError::Stale) }
}

async fn redeem(
    services: &Services,
    source: &LegacySource,
    provider: &Provider,
    under_way: &UnderWay,
    code: &str,
) -> Result<Redeemed, FederationError> {
    let proofs = proofs(services, source, provider).await?;
    let redeeming = Redeeming {
        settings: settings_of(source)?,
        redirect_uri: &redirect_uri(services, &source.id),
        code,
        verifier: under_way.verifier.as_deref(),
        nonce: &under_way.nonce,
        begun_at: under_way.begun_at,
        secret: proofs.secret.as_ref().map(ExposeSecret::expose_secret),
        assertion: proofs.assertion.as_deref(),
        now: services.clock.now(),
    };
    let redeemed = services.outbound.redeem_upstream(provider, &redeeming).await;
    if let Err(UpstreamError::Clock { seconds }) = &redeemed {
        tracing::error!(
            source = %source.id,
            clock_off_seconds = seconds,
            "the clock of another provider, or ours, is wrong: nobody can sign in there until both are set right"
        );
    }
    Ok(redeemed?)
}

/// Asks the userinfo endpoint, where it is to be asked. What it says is of the same person (OpenID Connect Core §5.3.2).
async fn ask_more(
    services: &Services,
    settings: &OidcSettings,
    provider: &Provider,
    redeemed: &Redeemed,
) -> Result<Map<String, Value>, FederationError> {
    let Some(address) = provider.userinfo_endpoint.as_deref().filter(|_| settings.userinfo) else { return Ok(Map::new()) };
    let claims = match services.outbound.upstream_userinfo(address, &redeemed.access_token).await? {
        UserInfo::Plain(claims) => claims,
        UserInfo::Signed(token) => {
            let claims = verify(services, settings, provider, &token).await?.claims;
            let is_of = claims.get("iss").is_none_or(|iss| iss.as_str() == Some(settings.issuer.as_str()));
            let is_ours = claims.get("aud").is_none_or(|aud| names(aud, &settings.client_id));
            if !is_of || !is_ours {
                return Err(UpstreamError::Token("what userinfo says is for somebody else").into());
            }
            let earliest = services.clock.now().plus_seconds(-settings.clock_skew_seconds).seconds();
            if claims.get("exp").is_some_and(|exp| exp.as_i64().is_none_or(|exp| exp <= earliest)) {
                return Err(UpstreamError::Token("what userinfo says is over (exp)").into());
            }
            claims
        }
    };
    let sub = redeemed.claims.get("sub");
    if sub.is_none() || claims.get("sub") != sub {
        return Err(UpstreamError::Token("what userinfo says is of somebody else (sub)").into());
    }
    Ok(claims)
}

/// True when an audience names us.
pub(super) fn names(audience: &Value, client_id: &str) -> bool {
    match audience {
        Value::String(one) => one == client_id,
        Value::Array(several) => several.iter().any(|one| one.as_str() == Some(client_id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// What an ID token that is kept belongs to.
pub(super) fn associated(sign_on: &SignOnId) -> String {
    format!("upstream_sign_on/{}", sign_on.as_str())
}

/// Notes with a sign-on where it came from, so that a sign-out there or here finds the other.
pub async fn note(services: &Services, sign_on: &SignOnId, came: &Came) -> Result<(), Failure> {
    let sealed = services.envelope.seal(came.id_token.as_bytes(), associated(sign_on).as_bytes());
    let upstream = UpstreamSignOn {
        sign_on: sign_on.clone(),
        source: came.source.clone(),
        subject: came.subject.clone(),
        sid: came.sid.clone(),
        id_token: Some(sealed),
        begun_at: services.clock.now(),
    };
    let mut tx = services.store.write().await?;
    upstream_sign_ons::set(&mut tx, &upstream).await?;
    Ok(tx.commit().await?)
}
