//! What a decision rests on: who is signed on, what they hold, what they agreed to.

use super::decide::{Known, OldAccount, Wanted};
use super::posts::choose;
use super::{Pending, Visitor, entry};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::crypto::jwt::verify_own;
use crate::model::client::Client;
use crate::model::methods::{Duty, ONE_FACTOR, TWO_FACTORS};
use crate::model::sign_on::SignOn;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::scope::Scopes;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services, old_accounts, old_subjects, policies};
use crate::store::consents;

/// Everything that the decision needs to know.
#[expect(clippy::too_many_arguments, reason = "everything that a decision rests on, gathered in one place")]
pub(super) async fn gather(
    services: &Services,
    client: &Client,
    pending: &Pending,
    request: &AuthorizationRequest,
    visitor: &Visitor<'_>,
    person: Option<&KnownPerson>,
    now: Millis,
) -> Result<Known, Failure> {
    let asked = policies::Asked { person, client: Some(&client.id), address: &visitor.origin.address };
    let demands = policies::demands(services, &asked).await?;
    let today = vietnam_date(now);
    let signed_on = visitor.sign_on.as_deref().zip(person);
    let duty = signed_on.map(|(sign_on, known)| policies::duty(known, sign_on, &demands, today)).unwrap_or_default();
    let own = match duty {
        Duty::Waived => None,
        Duty::Own => person.and_then(|known| known.methods.needed_level()),
        Duty::TwoFactors => Some(TWO_FACTORS),
    };
    let asked = Some(demands.level).filter(|level| *level > ONE_FACTOR);
    let least = client.settings.minimum_level.max(own).max(asked).max(pending.least_level);
    let wanted = Wanted::of(request, least, &services.settings.issuer);
    let (Some(sign_on), Some(person)) = (&visitor.sign_on, person) else {
        let hint = request.id_token_hint.as_deref();
        let hint_usable = hint.is_none_or(|hint| hinted_subject(services, client, hint, now).is_some());
        return Ok(Known { hint_usable, level: wanted.against(None, TWO_FACTORS), ..Known::nobody() });
    };
    let position = choose(client, pending, request, sign_on, person, now);
    let granted = client.grantable(&request.scopes);
    // The city's own clients, and what they may be registered with, are the
    // city's decision: also offline access (Core §11 leaves that open).
    let agreed = pending.consented.as_ref() == Some(&sign_on.id);
    // An address that anybody may claim proves nothing (RFC 8252 §8.6).
    let proven = !client.is_public()
        || pending.destination.as_ref().is_some_and(|destination| destination.origin_or_scheme().starts_with("https://"));
    // Only scopes are remembered: what is asked in more words is read each time (RFC 9396 §4).
    let may_count = proven && request.details.is_empty();
    let consented =
        agreed || !client.asks_consent() || (may_count && has_agreed(services, client, &person.person.id, &granted).await?);
    let reached = policies::reached(sign_on, &demands);
    // Whoever lacks what is demanded, and could get it, is led to it.
    let has_second_factor = if demands.passkey { person.methods.passkeys > 0 } else { person.methods.second_factor() };
    let must_enrol = !has_second_factor && reached < TWO_FACTORS && wanted.demanded == Some(TWO_FACTORS);
    let highest = if must_enrol { TWO_FACTORS } else { person.methods.highest_level() };
    let enters = match &position {
        Some(_) if client.settings.entry.is_anyone() => true,
        Some(acting) => {
            let circumstances = entry::circumstances(services, reached, &visitor.origin.address);
            person.holder(acting.0.as_ref(), today).enters(client, circumstances)
        }
        // They choose first.
        None => true,
    };
    let expected = expected_subject(services, client, request, &person.person.id, now).await?;
    Ok(Known {
        signed_on: true,
        authenticated_for_this: pending.signed_in.as_ref() == Some(&sign_on.id),
        // Zero is the same as `prompt=login` (Core §3.1.2.1).
        fresh_enough: shorter(request.max_age, demands.max_age_seconds)
            .is_none_or(|seconds| seconds > 0 && sign_on.authenticated_within(seconds, now)),
        old_account: old_account(services, client, sign_on).await?,
        expected_person: expected != Expected::Another,
        hint_usable: expected != Expected::Unreadable,
        level: wanted.against(Some(reached), highest),
        reached,
        has_second_factor,
        wants_passkey: demands.passkey,
        must_enrol,
        // Nobody typed that password, so nobody may replace it.
        must_change_password: sign_on.legacy.is_none() && person.must_change_password(today),
        position,
        posts: person.person.positions_on(today).len(),
        chosen_for_this: pending.position.as_ref().is_some_and(|chosen| person.person.acting_on(chosen, today).is_some()),
        enters,
        scopes_granted: consented,
        consented_to_this: agreed,
    })
}

/// How a sign-on through an old system stands to a client. Nothing is read for any other.
async fn old_account(services: &Services, client: &Client, sign_on: &SignOn) -> Result<OldAccount, Failure> {
    if sign_on.legacy.is_none() {
        return Ok(OldAccount::Fine);
    }
    if old_accounts::unconfirmed(services, sign_on).await?.is_some() {
        return Ok(OldAccount::Unconfirmed);
    }
    let enters = old_accounts::may_enter(services, sign_on, client).await?;
    Ok(if enters { OldAccount::Fine } else { OldAccount::Elsewhere })
}

/// The level that a request, or the client by its registration, demands of a sign-in.
pub fn demanded_level(services: &Services, client: &Client, request: &AuthorizationRequest) -> Option<i64> {
    Wanted::of(request, client.settings.minimum_level, &services.settings.issuer).demanded
}

fn shorter(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

async fn has_agreed(services: &Services, client: &Client, person: &PersonId, granted: &Scopes) -> Result<bool, Failure> {
    let agreed = consents::find(&mut services.store.read().await?, person, &client.id).await?;
    Ok(agreed.is_some_and(|agreed| granted.is_within(&Scopes::from(agreed))))
}

/// Whether the signed-on person is who the client expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Nobody was named, or this very person.
    Fine,
    /// Somebody else was named.
    Another,
    /// The hint is not an ID token of ours for this client.
    Unreadable,
}

/// Whom the client named, by `id_token_hint` or by the claim `sub` (Core §3.1.2.2, §5.5.1).
async fn expected_subject(
    services: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    person: &PersonId,
    now: Millis,
) -> Result<Expected, Failure> {
    let hinted = request.id_token_hint.as_deref().and_then(|hint| hinted_subject(services, client, hint, now));
    if request.id_token_hint.is_some() && hinted.is_none() {
        return Ok(Expected::Unreadable);
    }
    if hinted.is_none() && !request.claims.names_sub() {
        return Ok(Expected::Fine);
    }
    let called = old_subjects::of(services, client, person).await?;
    let fine = hinted.is_none_or(|hinted| hinted == called.sub) && request.claims.fits_sub(&called.sub);
    Ok(if fine { Expected::Fine } else { Expected::Another })
}

/// The subject of an ID token of ours for this client. It may have expired: it is a hint.
pub fn hinted_subject(services: &Services, client: &Client, hint: &str, now: Millis) -> Option<String> {
    let token = verify_own(&services.keyring, hint, now).ok().filter(|token| token.is_id_token_of(&services.settings.issuer))?;
    let claims = token.claims;
    let for_client = claims.get("aud").and_then(serde_json::Value::as_str) == Some(&client.id);
    for_client.then(|| claims.get("sub").and_then(serde_json::Value::as_str).map(str::to_owned))?
}
