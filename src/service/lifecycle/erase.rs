//! Removing what is known of a person, for good: one asks, another lets it happen, and not before the account has been
//! disabled for long.
//!
//! What stays: the records as they were written, which name people by id; the posts that were held, which are the
//! city's own history; and the user name, folded, so that nobody else ever gets it. What was sealed in the records by a
//! MAC cannot be changed, and needs no change: it holds no name, number or address in whole.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::base::text::{fold, has_control, name_key};
use crate::model::authority::ErasePeople;
use crate::model::lifecycle::DAY_SECONDS;
use crate::service::approvals::{self, Dangerous};
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, One};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::erasures::{self, Blank};
use crate::store::{StoreError, lifecycles};
use serde_json::json;
use time::Date;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;
/// What stands where a name stood.
pub const NAMELESS: &str = "(đã xóa thông tin)";

/// How an account stands before anything of it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Since when it is disabled.
    pub disabled_at: Option<Millis>,
    /// From which day on its data may be removed; none while it is not disabled.
    pub from: Option<Date>,
    /// Whether that day is here.
    pub is_due: bool,
    /// When it was done.
    pub erased_at: Option<Millis>,
    /// How many days it has to be disabled for.
    pub days: i64,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It waits for somebody else, under this id.
    Waits(String),
    /// It happened: the account for the worst day asked.
    Done,
}

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The account has not been disabled for long enough, or its data is gone already.
    #[error("the account has not been disabled for long enough, or its data is gone")]
    NotDue,
    /// There is no reason, or one that cannot be kept.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for EraseError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// What came of letting it happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// It was done.
    Done,
    /// It was decided before, or its time is over, or it is one's own.
    TooLate,
    /// Whoever lets it happen may not do this to this person.
    NotTheirs,
    /// The account was let in again meanwhile, or its data is gone already.
    Changed,
}

/// How the account of a proof stands.
pub async fn look(services: &Services, proof: &One<ErasePeople>) -> Result<Standing, Failure> {
    let person = proof.person();
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(&person.id), None, json!({ "part": "erase" }))).await?;
    standing(services, proof).await
}

async fn standing(services: &Services, proof: &One<ErasePeople>) -> Result<Standing, Failure> {
    let kept = lifecycles::find(&mut services.store.read().await?, &proof.person().id).await?;
    let days = services.settings.lifecycle.erase_after_days;
    let disabled_at = proof.person().disabled_at;
    let from = disabled_at.map(|at| at.plus_seconds(days * DAY_SECONDS));
    let erased_at = kept.and_then(|kept| kept.erased_at);
    Ok(Standing {
        disabled_at,
        from: from.map(vietnam_date),
        is_due: erased_at.is_none() && from.is_some_and(|from| from <= services.clock.now()),
        erased_at,
        days,
    })
}

/// Asks that what is known of the person of a proof is removed.
pub async fn ask(
    services: &Services,
    proof: &One<ErasePeople>,
    authority: &Authority,
    reason: &str,
) -> Result<Asked, EraseError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || has_control(reason) {
        return Err(EraseError::Reason);
    }
    if !standing(services, proof).await?.is_due {
        return Err(EraseError::NotDue);
    }
    let person = &proof.person().id;
    let id = approvals::ask(services, Dangerous::Erase, person.as_str(), &json!({}), reason, &proof.by).await?;
    if approvals::decides_alone(services, &proof.by.person).await? {
        return match erase_approved(services, authority, &id).await? {
            Erased::Done => Ok(Asked::Done),
            Erased::TooLate | Erased::NotTheirs | Erased::Changed => Err(EraseError::NotDue),
        };
    }
    Ok(Asked::Waits(id))
}

/// Lets happen what somebody asked for, and does it, all or nothing.
pub async fn erase_approved(services: &Services, authority: &Authority, id: &str) -> Result<Erased, Failure> {
    let asked = approvals::find(services, id).await?.filter(|asked| asked.act == Dangerous::Erase);
    let Some(asked) = asked else { return Ok(Erased::TooLate) };
    let person = PersonId(asked.subject);
    let Some(proof) = authority.one::<ErasePeople>(services, &person).await? else { return Ok(Erased::NotTheirs) };
    let person = &proof.person().id;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let Some(approved) = approvals::take(&mut tx, services, id, Dangerous::Erase, &proof.by).await? else {
        return Ok(Erased::TooLate);
    };
    // Nobody lets the person in before this ends; whoever did so before is seen.
    lifecycles::hold(&mut tx, person).await?;
    let disabled_before = now.plus_seconds(-services.settings.lifecycle.erase_after_days * DAY_SECONDS);
    if !lifecycles::mark_erased(&mut tx, person, now, disabled_before).await? {
        return Ok(Erased::Changed);
    }
    let (key, folded) = (name_key(NAMELESS), fold(NAMELESS));
    let blank = Blank { name: NAMELESS, key: &key, folded: &folded };
    let wiped = erasures::wipe(&mut tx, person, blank, now).await?;
    let detail = json!({
        "request": id,
        "requested_by": approved.requested_by,
        "reason": approved.reason,
        "rows": wiped,
    });
    audit::record(&mut tx, services, Event::by(&proof.by, "person.erased", Some(person), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, person.as_str(), now);
    Ok(Erased::Done)
}
