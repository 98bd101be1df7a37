//! Ending somebody's access, and giving it back: with a reason, for one person. Many at once are for another room.

use super::told::{Check, Field, Problem, Why};
use crate::model::authority::DisablePeople;
use crate::service::approvals::disabling::{Ending, Hand};
use crate::service::approvals::{self, disabling};
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::sign_on::ending::{By, Reach, end_all};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, admin_roles, persons};
use serde_json::json;

/// Why a status was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The reason is missing or cannot be taken.
    #[error("the reason cannot be taken")]
    Wrong(Problem),
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for StatusError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

fn needed(reason: &str) -> Result<String, StatusError> {
    let mut check = Check::default();
    let reason = check.reason(reason);
    if reason.is_empty() {
        check.wrong(Field::Reason, Why::Missing);
    }
    match check.problems.first() {
        Some(problem) => Err(StatusError::Wrong(*problem)),
        None => Ok(reason),
    }
}

/// Ends a person's access, with everything that they hold. False when that is so already. Whoever has disabled as many
/// as one does alone asks a second person, by the list. The last one who runs the service and the account for the worst day
/// keep theirs.
pub async fn disable(services: &Services, proof: &One<DisablePeople>, reason: &str) -> Result<bool, StatusError> {
    let reason = needed(reason)?;
    let person = &proof.person().id;
    let now = services.clock.now();
    let decides_alone = approvals::decides_alone(services, &proof.by.person).await?;
    let mut tx = services.store.write().await?;
    // Before the roles of whoever presses are held: two who disable each other wait for one another in no circle.
    admin_roles::hold_system_of(&mut tx, person).await?;
    if !decides_alone && !disabling::fits_alone(&mut tx, services, &proof.by, 1).await? {
        return Err(StatusError::Wrong(Problem::new(Field::Reason, Why::NotAlone)));
    }
    match disabling::end(&mut tx, person, now, Hand::Alone(&proof.by)).await? {
        Ending::Done => {}
        Ending::Already => return Ok(false),
        Ending::BreakGlass => return Err(StatusError::Wrong(Problem::new(Field::Reason, Why::BreakGlass))),
        Ending::LastOfSystem => return Err(StatusError::Wrong(Problem::new(Field::Reason, Why::LastOfSystem))),
    }
    let by = By { actor: proof.by.person.as_str(), origin: &proof.by.origin };
    let ended = end_all(&mut tx, services, person, Reach::Everything, by).await?;
    let detail = json!({
        "sign_ons_ended": ended.sign_ons.len(),
        "offline_grants_revoked": ended.grants.len(),
        "reason": reason,
    });
    audit::record(&mut tx, services, Event::by(&proof.by, "person.disabled", Some(person), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    ended.tell(services);
    Ok(true)
}

/// Gives the access back; the person signs in anew. False when they may already. What somebody above ended stays ended.
pub async fn restore(services: &Services, proof: &One<DisablePeople>, reason: &str) -> Result<bool, StatusError> {
    let reason = needed(reason)?;
    let person = &proof.person().id;
    let mut tx = services.store.write().await?;
    if !disabling::may_give_back(&mut tx, services, &proof.by, person).await? {
        return Err(StatusError::Wrong(Problem::new(Field::Reason, Why::EndedAbove)));
    }
    if !persons::enable(&mut tx, person).await? {
        return Ok(false);
    }
    let detail = json!({ "reason": reason });
    audit::record(&mut tx, services, Event::by(&proof.by, "person.enabled", Some(person), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    Ok(true)
}
