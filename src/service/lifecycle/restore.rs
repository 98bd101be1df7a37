//! The way back from what the job did: the account can be used again, as long as nobody did anything to it since.
//!
//! What was ended stays ended: the person signs in anew. Roles were never taken, so they count again by themselves.

use crate::base::clock::Millis;
use crate::base::text::has_control;
use crate::model::authority::DisablePeople;
use crate::service::approvals::disabling;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::{Failure, Services, forget};
use crate::store::StoreError;
use crate::store::changes::Kind;
use crate::store::lifecycles;
use serde_json::json;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// What the job did to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    /// When.
    pub at: Millis,
    /// `left` or `idle`.
    pub why: String,
}

/// Why an account was not given back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no reason, or one that cannot be kept.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// What the job did to the account of a proof, while that stands.
pub async fn look(services: &Services, proof: &One<DisablePeople>) -> Result<Option<Shut>, Failure> {
    let kept = lifecycles::find(&mut services.store.read().await?, &proof.person().id).await?;
    let Some(kept) = kept.filter(|kept| kept.erased_at.is_none()) else { return Ok(None) };
    let stands = kept.disabled_at.filter(|at| proof.person().disabled_at == Some(*at));
    Ok(stands.zip(kept.disabled_why).map(|(at, why)| Shut { at, why }))
}

/// Gives back exactly what the job took; false when it took nothing, or somebody did something since.
pub async fn restore(services: &Services, proof: &One<DisablePeople>, reason: &str) -> Result<bool, RestoreError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || has_control(reason) {
        return Err(RestoreError::Reason);
    }
    let id = &proof.person().id;
    let mut tx = services.store.write().await?;
    let may = disabling::may_give_back(&mut tx, services, &proof.by, id).await?;
    if !may || !lifecycles::restore(&mut tx, id).await? {
        return Ok(false);
    }
    let detail = json!({ "reason": reason, "undone": true });
    audit::record(&mut tx, services, Event::by(&proof.by, "person.enabled", Some(id), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, id.as_str(), services.clock.now());
    Ok(true)
}
