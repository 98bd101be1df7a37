//! What the rules about sign-ins ask, of whom and where.
//!
//! A part of the corridor: signing in, authorization and the pages of the
//! account ask here. The rules themselves are laid down by [`apply`], a whole
//! file at a time.

use super::audit::{self, Event};
use super::known::KnownPerson;
use super::{Failure, Origin, Services, forget};
use crate::base::date::vietnam_date;
use crate::model::methods::{Duty, Missing, ONE_FACTOR, PASSKEY, TWO_FACTORS};
use crate::model::sign_in_policy::{self, Demands, SignInPolicy, Situation};
use crate::model::sign_on::SignOn;
use crate::store::changes::Kind;
use crate::store::{StoreError, policies};
use serde_json::json;
use std::collections::BTreeSet;
use time::Date;

/// Who is asked.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The person, when it is known who they are.
    pub person: Option<&'a KnownPerson>,
    /// The system that they enter; none: their own pages.
    pub client: Option<&'a str>,
    /// From where.
    pub address: &'a str,
}

/// What is asked of them. Nobody's second factor is weakened by a rule who must have two.
pub async fn demands(services: &Services, asked: &Asked<'_>) -> Result<Demands, StoreError> {
    let now = services.clock.now();
    let policies = services.known.policies(&services.store, now).await?;
    let today = vietnam_date(now);
    let administrator = asked.person.is_some_and(|person| person.is_administrator(today));
    let mut demands = Demands::default();
    if !policies.is_empty() {
        let roles = asked.person.map(|person| person.role_words(today)).unwrap_or_default();
        let situation = Situation { client: asked.client, roles: &roles, address: asked.address.parse().ok(), today };
        demands = sign_in_policy::demands(&policies, demands, &situation);
    }
    if administrator {
        demands.email_codes = false;
        demands.remember_days = 0;
    }
    Ok(demands)
}

/// What a sign-on lacks before its person's own pages open.
pub async fn missing(
    services: &Services,
    known: &KnownPerson,
    sign_on: &SignOn,
    address: &str,
) -> Result<Option<Missing>, StoreError> {
    let today = vietnam_date(services.clock.now());
    let demands = demands(services, &Asked { person: Some(known), client: None, address }).await?;
    let duty = if demands.level >= TWO_FACTORS { Duty::TwoFactors } else { duty(known, sign_on, &demands, today) };
    let missing = known.missing(reached(sign_on, &demands), duty, today);
    Ok(match missing {
        // Whoever came through an old system did not type that password, and may not replace it.
        Some(Missing::NewPassword) if sign_on.legacy.is_some() => {
            (duty == Duty::TwoFactors && !known.methods.second_factor()).then_some(Missing::Enrolment)
        }
        Some(Missing::SecondFactor) if demands.passkey && known.methods.passkeys > 0 => Some(Missing::Passkey),
        // The other factor was given, and is none that counts here.
        Some(Missing::SecondFactor) if demands.passkey && sign_on.level >= TWO_FACTORS => Some(Missing::Enrolment),
        other => other,
    })
}

/// What is asked of a person beyond their own methods: a device stands for the second factor only while a rule lets it.
pub fn duty(known: &KnownPerson, sign_on: &SignOn, demands: &Demands, today: Date) -> Duty {
    match known.duty(sign_on, today) {
        Duty::Waived if demands.remember_days == 0 => Duty::Own,
        duty => duty,
    }
}

/// The level of a sign-on as far as the rules count what it rests on.
pub fn reached(sign_on: &SignOn, demands: &Demands) -> i64 {
    let without_passkey = demands.passkey && !sign_on.has_method(PASSKEY);
    let counts_not = without_passkey || (sign_on.is_by_mail() && !demands.email_codes);
    if counts_not { sign_on.level.min(ONE_FACTOR) } else { sign_on.level }
}

/// What becomes of one rule when a file is laid over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It is new.
    Added,
    /// It says something else now.
    Changed,
    /// It stays as it is.
    Unchanged,
    /// The file does not name it: it goes.
    Removed,
}

/// Why a file is not laid over the rules.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// What is wrong and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for PolicyError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// All rules, by name.
pub async fn list(services: &Services) -> Result<Vec<SignInPolicy>, Failure> {
    Ok(policies::list(&mut services.store.read().await?).await?)
}

/// Lays a whole set of rules over those that are there, and tells what becomes of each; with `dry_run` only tells.
pub async fn apply(
    services: &Services,
    wanted: &[SignInPolicy],
    dry_run: bool,
    actor: &str,
) -> Result<Vec<(String, Effect)>, PolicyError> {
    if let Some(reason) = wanted.iter().find_map(SignInPolicy::refuse) {
        return Err(PolicyError::Refused(reason));
    }
    let names: BTreeSet<&str> = wanted.iter().map(|policy| policy.name.as_str()).collect();
    if names.len() < wanted.len() {
        return Err(PolicyError::Refused("two policies have one name".to_owned()));
    }
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    policies::hold(&mut tx).await?;
    let present = policies::list(&mut tx).await?;
    let mut effects = Vec::new();
    for policy in wanted {
        let before = present.iter().find(|before| before.name == policy.name);
        let effect = match before {
            None => Effect::Added,
            Some(before) if before == policy => Effect::Unchanged,
            Some(_) => Effect::Changed,
        };
        if effect != Effect::Unchanged {
            policies::put(&mut tx, policy, actor, now).await?;
        }
        effects.push((policy.name.clone(), effect));
    }
    for gone in present.iter().filter(|before| !names.contains(before.name.as_str())) {
        policies::remove(&mut tx, &gone.name).await?;
        effects.push((gone.name.clone(), Effect::Removed));
    }
    effects.sort();
    if dry_run || effects.iter().all(|(_, effect)| *effect == Effect::Unchanged) {
        return Ok(effects);
    }
    let detail = json!({ "effects": effects, "before": present, "after": wanted });
    let origin = Origin::command_line();
    let event = Event { event: "policies.applied", actor: actor.to_owned(), person: None, client: None, origin: &origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Policies, "").await?;
    tx.commit().await?;
    services.known.forget(Kind::Policies, "", now);
    Ok(effects)
}
