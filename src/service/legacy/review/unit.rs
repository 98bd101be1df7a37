//! To which unit of today an account belongs, said by a human: one of those that it may be, or any other by its code.
//!
//! Whoever was made of the account gets their position with the same decision, and loses what an earlier one gave.

use super::bounds::Eyes;
use super::decide::check_place;
use super::undo::{unit_before, unit_posted};
use super::write::{Hand, Written};
use super::{BY_HAND, ReviewError, TURNS, mark_of, reason};
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId, uuid_v7};
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_account::AccountKey;
use crate::model::registry::LookUp;
use crate::model::unit::Certainty;
use crate::model::unit_code::reference;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::legacy::matching::by_hand::{self, Posted, Posting};
use crate::service::sign_on::ending::By;
use crate::service::{Failure, Services};
use crate::store::legacy_reviews::{self, DecisionRow, ReviewRow, UnitSet};
use crate::store::{StoreError, Tx};
use serde_json::json;

/// A unit that is asked for.
#[derive(Debug, Clone)]
pub struct UnitAsked<'a> {
    /// For which account.
    pub key: &'a AccountKey,
    /// The mark of what the reviewer looked at.
    pub mark: &'a str,
    /// The unit's id, or a code of today (`scheme:code`, or that of the statistics office).
    pub unit: &'a str,
    /// Why, as typed.
    pub reason: &'a str,
}

/// Says to which unit an account belongs.
pub async fn choose(services: &Services, proof: &Units<ReviewLegacy>, asked: &UnitAsked<'_>) -> Result<UnitId, ReviewError> {
    let why = reason(asked.reason).ok_or(ReviewError::Reason)?;
    for _ in 0..TURNS {
        match turn(services, proof, asked, &why).await {
            // Somebody was first to the account or to the people: all of it is looked at anew.
            Err(ReviewError::Failure(Failure::Store(StoreError::Stale))) => {}
            other => return other,
        }
    }
    Err(StoreError::Stale.into())
}

async fn turn(services: &Services, proof: &Units<ReviewLegacy>, asked: &UnitAsked<'_>, why: &str) -> Result<UnitId, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let posting = Posting::open(services).await?;
    let mut tx = services.store.write().await?;
    let row = eyes.account(&mut tx, asked.key).await?;
    check_place(&eyes, &mut tx, &row).await?;
    if mark_of(&row) != asked.mark {
        return Err(ReviewError::Changed);
    }
    let unit = unit_of(services, proof, asked.unit).ok_or(ReviewError::Unit)?;
    if row.unit_decided_by.is_some() && row.unit_id.as_deref() == Some(unit.as_str()) {
        return Err(ReviewError::Nothing);
    }
    let hand = Hand { services, eyes: &eyes, posting, why };
    let mut written = Written::default();
    write(&mut tx, &hand, (std::slice::from_ref(&row), &unit), &mut written).await?;
    written.finish(&mut tx, services).await?;
    tx.commit().await?;
    written.tell(services);
    Ok(unit)
}

/// A unit of today within the reviewer's bounds, by its id or by a code.
pub(super) fn unit_of(services: &Services, proof: &Units<ReviewLegacy>, typed: &str) -> Option<UnitId> {
    let (registry, today) = (services.known.registry(), vietnam_date(services.clock.now()));
    let typed = typed.trim();
    let found = if let Some(unit) = registry.unit(&UnitId(typed.to_owned())) {
        unit.id.clone()
    } else {
        let (scheme, code) = reference(typed);
        match registry.look_up(scheme, code, today) {
            LookUp::One(unit) => unit.id.clone(),
            // What may be several units is none.
            LookUp::Candidates(_) | LookUp::None => return None,
        }
    };
    let is_there = registry.unit(&found).is_some_and(|unit| unit.span.holds_on(today) != Certainty::No);
    (is_there && proof.holds(&found)).then_some(found)
}

/// Writes the unit of some accounts, with what stood there before and the records: of all of them, or of none. Who has
/// them is looked at where it is written.
pub(super) async fn write(
    tx: &mut Tx,
    hand: &Hand<'_>,
    (rows, unit): (&[ReviewRow], &UnitId),
    written: &mut Written,
) -> Result<(), ReviewError> {
    let Hand { services, eyes, why, .. } = *hand;
    let (by, now) = (&eyes.proof.by, services.clock.now());
    let set = UnitSet { decision: "mapped", unit: Some(unit.as_str()), reason: BY_HAND, by: Some(by.person.as_str()) };
    for row in rows {
        if !eyes.is_city() {
            check_place(eyes, tx, row).await?;
        }
        if !legacy_reviews::set_unit(tx, row, &set).await? {
            // Somebody decided since it was read: it is looked at anew.
            return Err(StoreError::Stale.into());
        }
        let posted = move_place(tx, hand, (row, unit), written).await?;
        let id = uuid_v7(now, services.entropy.as_ref());
        let mut detail = json!({
            "source": row.source, "legacy_id": row.legacy_id, "decision": id, "unit": unit, "was": row.unit_id,
            "was_by": row.unit_reason, "reason": why,
        });
        if let Some(posted) = &posted {
            detail["change_set"] = json!(posted.set);
        }
        let person = row.person_id.clone().map(PersonId);
        written.record(audit::row(services, Event::by(by, "legacy.unit_decided", person.as_ref(), None, detail)));
        written.keep(DecisionRow {
            id,
            source: row.source.clone(),
            legacy_id: row.legacy_id.clone(),
            what: "unit".to_owned(),
            act: "mapped".to_owned(),
            before_it: unit_before(row, posted).to_string(),
            person_id: None,
            unit_id: Some(unit.0.clone()),
            reason: why.to_owned(),
            decided_by: by.person.0.clone(),
            decided_at: now.0,
            undone_by: None,
            undone_at: None,
        });
    }
    Ok(())
}

/// Ends the position that an account gave to whoever has it, and gives them that of another unit.
async fn move_place(
    tx: &mut Tx,
    hand: &Hand<'_>,
    (row, unit): (&ReviewRow, &UnitId),
    written: &mut Written,
) -> Result<Option<Posted>, StoreError> {
    let (services, by) = (hand.services, &hand.eyes.proof.by);
    let Some(person) = owner(row) else { return Ok(None) };
    let who = By { actor: by.person.as_str(), origin: &by.origin };
    let lost = by_hand::end_in(tx, services, std::slice::from_ref(&person), who).await?;
    written.lose(lost);
    // What stands is of no decision before it.
    let kept = legacy_reviews::list_decisions(tx, &row.key()).await?;
    if let Some(posted) = unit_posted(&kept).filter(|_| row.unit_decided_by.is_some()) {
        by_hand::take_back(tx, services, (&posted, &person), by.person.as_str()).await?;
        written.touch(&person);
    }
    let placed = ReviewRow { unit_decision: "mapped".to_owned(), unit_id: Some(unit.0.clone()), ..row.clone() };
    give_place(tx, hand, &placed, written).await
}

/// Gives whoever has an account the position that it gives, as it stands now.
pub(super) async fn give_place(
    tx: &mut Tx,
    hand: &Hand<'_>,
    row: &ReviewRow,
    written: &mut Written,
) -> Result<Option<Posted>, StoreError> {
    let Some(person) = owner(row) else { return Ok(None) };
    let actor = hand.eyes.doer().as_str();
    let posted = hand.posting.give(tx, hand.services, (row.account(), &person), actor).await?;
    if posted.is_some() {
        written.touch(&person);
    }
    Ok(posted)
}

/// Whose an account is, where that is decided.
fn owner(row: &ReviewRow) -> Option<PersonId> {
    row.person_id.clone().filter(|_| matches!(row.decision.as_str(), "linked" | "created")).map(PersonId)
}
