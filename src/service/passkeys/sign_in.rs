//! Using a passkey: to sign in without a name and a password, or as the second
//! factor of a sign-on that is open.
//!
//! Every refusal is the same to the caller. A passkey cannot be guessed, so no
//! failure of anybody keeps a right one out, whatever it was with and wherever
//! it came from; but failures are recorded, and one network cannot fill the
//! records with them.

use super::{BeginError, hand_out, on, unreadable};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::crypto::passkey::{Assertion, PasskeyError, Passkeys};
use crate::model::sign_on::{Manner, SignOn};
use crate::service::audit::{self, Event, network_of};
use crate::service::sign_on::{self, Before, Proof, Started};
use crate::service::{Failure, Origin, Services};
use crate::store::StoreError;
use crate::store::passkeys::{self, StoredPasskey};
use crate::store::passwords;
use crate::transient::webauthn_challenges::{self, Purpose};
use crate::transient::{TransientError, attempts};
use serde_json::{Value, json};

/// Possession of a key, and the PIN or biometrics that its device asked for: two different factors (NĐ 69/2024).
pub const LEVEL: i64 = 2;
/// The same in the words of RFC 8176: the key is held by hardware or guarded like it, and the person was verified.
const METHODS: &str = "hwk user";
/// Beside the factor that is there already.
const SECOND_METHOD: &str = "hwk";
/// Failures of one network.
const BUCKET: &str = "passkey-address";

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There are no passkeys here.
    #[error("passkeys are off")]
    Off,
    /// The answer does not hold, came late, was used, is of another browser or ceremony, or of a passkey that is not
    /// known here or not this person's: never said which.
    #[error("the passkey was refused")]
    Refused,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for SignInError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// What came back from a browser.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The device's answer, as JSON.
    pub credential: &'a str,
    /// The browser.
    pub browser: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// The options for signing in with whatever passkey the device knows.
pub async fn begin(services: &Services, browser: &str, origin: &Origin) -> Result<Value, BeginError> {
    let begun = on(services)?.begin_authentication(&[]);
    hand_out(services, begun, Purpose::SignIn, browser, origin).await
}

/// The options for proving oneself once more, with one of one's own passkeys.
pub async fn begin_second(services: &Services, sign_on: &SignOn, browser: &str, origin: &Origin) -> Result<Value, BeginError> {
    let webauthn = on(services)?;
    let own = passkeys::list(&mut services.store.read().await?, &sign_on.person).await?;
    if own.is_empty() {
        return Err(BeginError::NoPasskey);
    }
    let own: Vec<&str> = own.iter().map(|key| key.id.as_str()).collect();
    let begun = webauthn.begin_authentication(&own);
    hand_out(services, begun, Purpose::SecondFactor(sign_on.id.clone()), browser, origin).await
}

/// Whoever the passkey belongs to has proven who they are.
pub async fn sign_in(services: &Services, answer: &Answer<'_>) -> Result<Proof, SignInError> {
    // Before the answer is looked at: whoever comes back by another way meanwhile is not joined by who was there before.
    let password_since = password_since(services, answer).await?;
    let person = proven(services, answer, None).await?;
    let (methods, manner) = (METHODS.to_owned(), Manner::default());
    Ok(Proof { person, level: LEVEL, methods, password_since, proved_at: None, manner, legacy: None })
}

/// Since when the person of a passkey has the password that they have; nothing for an answer of no passkey of ours.
async fn password_since(services: &Services, answer: &Answer<'_>) -> Result<Option<Millis>, SignInError> {
    let Some(assertion) = Assertion::read(answer.credential) else { return Ok(None) };
    let mut conn = services.store.read().await?;
    let Some(passkey) = passkeys::find(&mut conn, &assertion.credential_id()).await? else { return Ok(None) };
    Ok(passwords::find(&mut conn, &passkey.person).await?.map(|password| password.changed_at))
}

/// The person of a sign-on has proven once more who they are: the sign-on is raised.
pub async fn second_factor(services: &Services, before: &Before<'_>, answer: &Answer<'_>) -> Result<Started, SignInError> {
    proven(services, answer, Some(before.sign_on)).await?;
    Ok(sign_on::raise(services, before, SECOND_METHOD, LEVEL, answer.origin).await?)
}

/// What became of an answer.
enum Verdict {
    /// It holds, and this is who gave it.
    Holds(PersonId),
    /// It does not; whose passkey it was, when that is known.
    Refused(Option<PersonId>),
}

async fn proven(services: &Services, answer: &Answer<'_>, sign_on: Option<&SignOn>) -> Result<PersonId, SignInError> {
    let webauthn = services.passkeys.as_ref().ok_or(SignInError::Off)?;
    match verify(services, webauthn, answer, sign_on).await? {
        Verdict::Holds(person) => Ok(person),
        Verdict::Refused(person) => {
            let (event, person) = match sign_on {
                None => ("sign_in.failed", person),
                Some(sign_on) => ("second_factor.failed", Some(sign_on.person.clone())),
            };
            fail(services, event, person.as_ref(), answer.origin).await?;
            Err(SignInError::Refused)
        }
    }
}

/// Whether an answer holds, was asked for, and comes from whom it may come.
async fn verify(
    services: &Services,
    webauthn: &Passkeys,
    answer: &Answer<'_>,
    sign_on: Option<&SignOn>,
) -> Result<Verdict, Failure> {
    let now = services.clock.now();
    let Some(assertion) = Assertion::read(answer.credential) else { return Ok(Verdict::Refused(None)) };
    let purpose = sign_on.map_or(Purpose::SignIn, |sign_on| Purpose::SecondFactor(sign_on.id.clone()));
    let state = webauthn_challenges::take(&services.transient, assertion.challenge(), &purpose, answer.browser, now).await?;
    let Some(state) = state else { return Ok(Verdict::Refused(None)) };
    let stored = passkeys::find(&mut services.store.read().await?, &assertion.credential_id()).await?;
    let Some(stored) = stored else { return Ok(Verdict::Refused(None)) };
    let refused = || Ok(Verdict::Refused(Some(stored.person.clone())));
    if !is_of(&assertion, &stored, sign_on) || services.person(&stored.person).await?.is_none() {
        return refused();
    }
    let changed = match webauthn.finish_authentication(&assertion, &state, &stored.credential) {
        Ok(changed) => changed,
        Err(PasskeyError::Refused | PasskeyError::Settings) => return refused(),
        Err(PasskeyError::Unreadable) => return Err(unreadable()),
    };
    let mut tx = services.store.write().await?;
    if !passkeys::mark_used(&mut tx, &stored, changed.as_deref(), now).await? {
        return refused();
    }
    tx.commit().await?;
    Ok(Verdict::Holds(stored.person))
}

/// The passkey is of the person who is signed on; and the device names the owner as we do. Without a sign-on it must
/// name one (§7.2 step 6).
fn is_of(assertion: &Assertion, stored: &StoredPasskey, sign_on: Option<&SignOn>) -> bool {
    let named = assertion.handle().is_some_and(|handle| handle == stored.person.0);
    match sign_on {
        None => named,
        Some(sign_on) => stored.person == sign_on.person && (named || !assertion.has_handle()),
    }
}

/// Records a failure, and with it that the limit of a network was reached; beyond that, nothing.
async fn fail(services: &Services, event: &'static str, person: Option<&PersonId>, origin: &Origin) -> Result<(), Failure> {
    let limits = services.settings.throttle;
    let network = network_of(&origin.address);
    let window = limits.window_seconds * 1_000;
    let (failures, until) = attempts::add(&services.transient, BUCKET, &network, window, services.clock.now()).await?;
    if failures > limits.failures_per_address {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    let detail = json!({ "method": "passkey" });
    let event = Event { event, actor: String::new(), person, client: None, origin, detail };
    audit::record(&mut tx, services, event).await?;
    if failures == limits.failures_per_address {
        let detail = json!({ "limit": BUCKET, "until": until });
        let event = Event { event: "sign_in.throttled", actor: String::new(), person: None, client: None, origin, detail };
        audit::record(&mut tx, services, event).await?;
    }
    tx.commit().await?;
    Ok(())
}
