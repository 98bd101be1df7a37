//! Codes by e-mail: the weakest second factor, and only where a rule allows it.
//! Whoever reads the mailbox has it, and people are led to type it elsewhere.
//!
//! A code is of one sign-on, lives for ten minutes, and the newest counts.

use crate::base::clock::Millis;
use crate::base::digest::hmac_sha256;
use crate::base::entropy::Entropy;
use crate::model::sign_in_policy::Demands;
use crate::model::sign_on::SignOn;
use crate::outbound::letters::Letter;
use crate::service::audit::{self, Event};
use crate::service::known::KnownPerson;
use crate::service::mails::{self, Addressee};
use crate::service::{Failure, Origin, Services};
use crate::store::StoreError;
use crate::transient::{TransientError, attempts, email_codes};
use serde_json::json;

/// What tokens call it (RFC 8176): a code, over another channel.
pub(super) const METHODS: &str = "otp mca";
/// A code counts for so long.
pub const LIFETIME_SECONDS: i64 = 600;
/// A person is sent so many in a quarter of an hour, whoever asks.
const MOST: i64 = 3;
const MOST_IN_MS: i64 = 900_000;
const BUCKET: &str = "email-codes";
const CODES: u32 = 1_000_000;
/// Random numbers below this fall on every code equally often.
const FAIR: u32 = u32::MAX - u32::MAX % CODES;

/// Why no code was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No rule allows it, no mail leaves this installation, or the person has no address.
    #[error("codes by e-mail are off")]
    Off,
    /// So many were sent already.
    #[error("too many codes were sent")]
    TooMany {
        /// When another may be sent.
        until: Millis,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for SendError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// Where a code for this person would go; none when it may not.
pub fn address<'a>(services: &Services, known: &'a KnownPerson, demands: &Demands) -> Option<&'a str> {
    let may = demands.email_codes && mails::are_on(services);
    known.person.email.as_deref().filter(|_| may)
}

/// Sends a code for a sign-on; the one before counts no more.
pub async fn send(services: &Services, sign_on: &SignOn, demands: &Demands, origin: &Origin) -> Result<(), SendError> {
    let now = services.clock.now();
    let known = services.person(&sign_on.person).await?.ok_or(StoreError::Stale)?;
    let to = Addressee::of(&known.person).filter(|_| address(services, &known, demands).is_some());
    let Some(to) = to else { return Err(SendError::Off) };
    let (sent, until) = attempts::add(&services.transient, BUCKET, sign_on.person.as_str(), MOST_IN_MS, now).await?;
    if sent > MOST {
        return Err(SendError::TooMany { until });
    }
    let code = random(services.entropy.as_ref());
    let digest = digest(services, sign_on, &code)?;
    email_codes::put(&services.transient, &sign_on.id, &digest, now.plus_seconds(LIFETIME_SECONDS), now).await?;
    let letter = Letter::Code { full_name: &known.person.full_name, code: &code, minutes: LIFETIME_SECONDS / 60 };
    let mut tx = services.store.write().await?;
    mails::enqueue(&mut tx, services, &to, &letter).await?;
    let event = Event {
        event: "email_code.sent",
        actor: sign_on.person.0.clone(),
        person: Some(&sign_on.person),
        client: None,
        origin,
        detail: json!({ "sign_on": sign_on.id }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    services.letters.notify_one();
    Ok(())
}

/// True while a code that was sent for this sign-on waits to be typed.
pub async fn waits(services: &Services, sign_on: &SignOn) -> Result<bool, Failure> {
    Ok(email_codes::waits(&services.transient, &sign_on.id, services.clock.now()).await?)
}

/// Uses a code; false when it is not the newest of this sign-on, or its time is over.
pub(super) async fn take(services: &Services, sign_on: &SignOn, digits: &str) -> Result<bool, Failure> {
    let digest = digest(services, sign_on, digits)?;
    Ok(email_codes::use_up(&services.transient, &sign_on.id, &digest, services.clock.now()).await?)
}

/// What is kept of a code: bound to its sign-on, and keyed, since a million are quickly tried.
fn digest(services: &Services, sign_on: &SignOn, code: &str) -> Result<[u8; 32], Failure> {
    let key = services.envelope.derive("email codes 1")?;
    Ok(hmac_sha256(key.as_ref(), format!("{}\n{}\n{code}", sign_on.person, sign_on.id).as_bytes()))
}

fn random(entropy: &dyn Entropy) -> String {
    loop {
        let bytes = entropy.bytes32();
        let mut numbers = bytes.chunks_exact(4).filter_map(|four| four.try_into().ok()).map(u32::from_be_bytes);
        if let Some(number) = numbers.find(|number| *number < FAIR) {
            return format!("{:06}", number % CODES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_has_six_digits_and_any_of_them() {
        let entropy = SeededEntropy::new(1);
        let codes: BTreeSet<String> = (0..1_000).map(|_| random(&entropy)).collect();

        assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())));
        assert!(codes.len() > 990, "hardly any comes twice");
        assert!(codes.iter().any(|code| code.starts_with('0')), "zeros in front are kept");
        assert_eq!(FAIR % CODES, 0);
    }
}
