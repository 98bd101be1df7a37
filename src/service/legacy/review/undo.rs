//! A decision is taken back by whoever made it: what stood there before stands there again, as long as nobody decided
//! anything else since.
//!
//! With it goes the position that it gave, unless somebody told otherwise of that since, and what stands again gives its
//! own; and an account opens again what it opened, where it was the decision that retired it and nothing since. Ways to sign
//! in that went with an account do not come back.

use super::bounds::Eyes;
use super::decide::check_place;
use super::released::taken_from;
use super::unit::give_place;
use super::write::{Hand, Written, owners};
use super::{ReviewError, TURNS, reason};
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_account::AccountKey;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::legacy::matching::Seen;
use crate::service::legacy::matching::by_hand::{self, Posted, Posting};
use crate::service::sign_on::ending::By;
use crate::service::{Failure, Services, old_accounts};
use crate::store::legacy_reviews::{self, DecisionRow, OwnerSet, ReviewRow, UnitSet};
use crate::store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What stood at the owner of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OwnerBefore {
    decision: String,
    rule: String,
    evidence: String,
    person: Option<String>,
    at: Option<i64>,
    by: Option<String>,
    why: String,
    used: [Option<i64>; 3],
    #[serde(default)]
    beside: Beside,
}

/// What a decision did beside naming an owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beside {
    /// Since when the account opened nothing, before it and after it.
    pub(super) retired: [Option<i64>; 2],
    /// The position that it gave.
    pub(super) posted: Option<Posted>,
    /// Since when whoever had it wanted to sign in while its directory is away.
    #[serde(default)]
    pub(super) offline: Option<i64>,
}

/// What became of a position that a decision had given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Post {
    /// It is taken back: the person never had it.
    TakenBack(UnitId),
    /// Somebody told otherwise of it since: it stays as it is.
    Stayed(UnitId),
}

/// What came of taking a decision back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// What became of the position that it had given; nothing where it gave none.
    pub post: Option<Post>,
    /// The account opens again what it opened before.
    pub opens_again: bool,
}

/// What stood at the unit of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct UnitBefore {
    decision: String,
    unit: Option<String>,
    reason: String,
    by: Option<String>,
    /// The position that the decision gave to whoever has the account.
    #[serde(default)]
    posted: Option<Posted>,
}

/// What stands at the owner of an account now, to be kept.
pub(super) fn owner_before(row: &ReviewRow, beside: Beside) -> Value {
    json!(OwnerBefore {
        decision: row.decision.clone(),
        rule: row.rule.clone(),
        evidence: row.evidence.clone(),
        person: row.person_id.clone(),
        at: row.decided_at,
        by: row.decided_by.clone(),
        why: row.decided_why.clone(),
        used: [row.first_used_at, row.last_used_at, row.confirmed_at],
        beside,
    })
}

/// What stands at the unit of an account now, to be kept, and the position that is given instead.
pub(super) fn unit_before(row: &ReviewRow, posted: Option<Posted>) -> Value {
    json!(UnitBefore {
        decision: row.unit_decision.clone(),
        unit: row.unit_id.clone(),
        reason: row.unit_reason.clone(),
        by: row.unit_decided_by.clone(),
        posted,
    })
}

/// The position that the decision about a unit gave which stands now; nothing where it gave none.
pub(super) fn unit_posted(all: &[DecisionRow]) -> Option<Posted> {
    let before: UnitBefore = serde_json::from_str(&newest_of_unit(all)?.before_it).ok()?;
    before.posted
}

/// The newest decision about a unit that was not taken back; they come the newest first.
fn newest_of_unit(all: &[DecisionRow]) -> Option<&DecisionRow> {
    all.iter().find(|kept| kept.what == "unit" && kept.undone_at.is_none())
}

/// Whether an account is still as a decision left it, and it is known what stood there before: of whoever asked for it
/// nothing is. `all` are the decisions about it: a unit that was chosen again after another one was is not as the first
/// choice left it.
pub(super) fn stands(kept: &DecisionRow, row: &ReviewRow, all: &[DecisionRow]) -> bool {
    if kept.before_it.is_empty() {
        return false;
    }
    if kept.what == "unit" {
        return newest_of_unit(all).is_some_and(|newest| newest.id == kept.id)
            && row.unit_decided_by.as_ref() == Some(&kept.decided_by)
            && row.unit_id == kept.unit_id;
    }
    row.decided_by.as_ref() == Some(&kept.decided_by)
        && row.decided_at == Some(kept.decided_at)
        && row.decision == kept.act
        && row.person_id == kept.person_id
}

/// Takes back a decision of the reviewer's own; answers what became of all that it had done.
pub async fn undo(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    key: &AccountKey,
    (id, typed): (&str, &str),
) -> Result<Undone, ReviewError> {
    let why = reason(typed).ok_or(ReviewError::Reason)?;
    for _ in 0..TURNS {
        match turn(services, proof, key, (id, &why)).await {
            // Somebody was first to the people: all of it is looked at anew.
            Err(ReviewError::Failure(Failure::Store(StoreError::Stale))) => {}
            other => return other,
        }
    }
    Err(StoreError::Stale.into())
}

async fn turn(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    key: &AccountKey,
    (id, why): (&str, &str),
) -> Result<Undone, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let posting = Posting::open(services).await?;
    let mut tx = services.store.write().await?;
    let row = eyes.account(&mut tx, key).await?;
    let all = legacy_reviews::list_decisions(&mut tx, key).await?;
    let kept = all.iter().find(|kept| kept.id == id && kept.decided_by == proof.by.person.0);
    let kept = kept.ok_or(ReviewError::NotThere)?;
    if kept.undone_at.is_some() {
        return Err(ReviewError::Nothing);
    }
    if eyes.is_own(&mut tx, &row).await? {
        return Err(ReviewError::Own);
    }
    if !stands(kept, &row, &all) {
        return Err(ReviewError::Changed);
    }
    if !legacy_reviews::mark_undone(&mut tx, &kept.id, &proof.by.person, services.clock.now()).await? {
        return Err(ReviewError::Nothing);
    }
    let mut written = Written::default();
    let hand = Hand { services, eyes: &eyes, posting, why };
    let undone = if kept.what == "unit" {
        put_unit_back(&mut tx, &hand, (kept, &row), &mut written).await?
    } else {
        put_owner_back(&mut tx, &hand, (kept, &row), &mut written).await?
    };
    let mut detail = json!({
        "source": row.source, "legacy_id": row.legacy_id, "decision": kept.id, "what": kept.what, "act": kept.act, "reason": why,
        "opens_again": undone.opens_again,
    });
    match &undone.post {
        Some(Post::TakenBack(unit)) => detail["position_taken_back"] = json!(unit),
        Some(Post::Stayed(unit)) => detail["position_stayed"] = json!(unit),
        None => {}
    }
    let person = row.person_id.clone().map(PersonId);
    written.record(audit::row(services, Event::by(&proof.by, "legacy.decision_undone", person.as_ref(), None, detail)));
    written.finish(&mut tx, services).await?;
    tx.commit().await?;
    written.tell(services);
    Ok(undone)
}

async fn put_unit_back(
    tx: &mut Tx,
    hand: &Hand<'_>,
    (kept, row): (&DecisionRow, &ReviewRow),
    written: &mut Written,
) -> Result<Undone, ReviewError> {
    check_place(hand.eyes, tx, row).await?;
    let before: UnitBefore = serde_json::from_str(&kept.before_it).map_err(StoreError::from)?;
    let set =
        UnitSet { decision: &before.decision, unit: before.unit.as_deref(), reason: &before.reason, by: before.by.as_deref() };
    if !legacy_reviews::set_unit(tx, row, &set).await? {
        return Err(StoreError::Stale.into());
    }
    let mut undone = Undone::default();
    if let (Some(posted), Some(person)) = (&before.posted, row.person_id.clone().map(PersonId)) {
        undone.post = Some(take_post(tx, hand, (posted, &person), written).await?);
    }
    let again = ReviewRow { unit_decision: before.decision, unit_id: before.unit, ..row.clone() };
    give_place(tx, hand, &again, written).await?;
    Ok(undone)
}

/// Takes back the position that a decision gave.
async fn take_post(
    tx: &mut Tx,
    hand: &Hand<'_>,
    (posted, person): (&Posted, &PersonId),
    written: &mut Written,
) -> Result<Post, StoreError> {
    written.touch(person);
    let is_gone = by_hand::take_back(tx, hand.services, (posted, person), hand.eyes.doer().as_str()).await?;
    let unit = posted.unit.clone();
    Ok(if is_gone { Post::TakenBack(unit) } else { Post::Stayed(unit) })
}

async fn put_owner_back(
    tx: &mut Tx,
    hand: &Hand<'_>,
    (kept, row): (&DecisionRow, &ReviewRow),
    written: &mut Written,
) -> Result<Undone, ReviewError> {
    let Hand { services, eyes, why, .. } = *hand;
    let mut before: OwnerBefore = serde_json::from_str(&kept.before_it).map_err(StoreError::from)?;
    let (now, then) = (row.person_id.clone().map(PersonId), before.person.clone().map(PersonId));
    check_both(tx, eyes, [now.as_ref(), then.as_ref()]).await?;
    if kept.act == "created" && then.is_none() {
        // Whoever was made stays there without an account; the next decision to make somebody leads to them again.
        let seen = Seen { before: now.clone(), ..Seen::read(&before.evidence) };
        before.evidence = seen.text().map_err(StoreError::from)?;
    }
    let people: Vec<&PersonId> = then.iter().chain(&now).collect();
    old_accounts::hold(tx, &people).await?;
    let is_retired = owners(tx, row).await?.retired_at;
    let [was_retired, left] = before.beside.retired;
    // What retired it since stays.
    let retired = if is_retired == left { was_retired } else { is_retired };
    let set = OwnerSet {
        decision: &before.decision,
        rule: &before.rule,
        evidence: &before.evidence,
        person: before.person.as_deref(),
        at: before.at,
        by: before.by.as_deref(),
        why: &before.why,
        used: before.used,
        retired: [is_retired, retired],
        offline: before.beside.offline.filter(|_| retired.is_none()),
    };
    if !legacy_reviews::set_owner(tx, row, &set).await? {
        // Somebody came with it since it was read: it is looked at anew.
        return Err(StoreError::Stale.into());
    }
    let by = &eyes.proof.by;
    let mut undone = Undone { post: None, opens_again: is_retired.is_some() && retired.is_none() };
    if let Some(person) = &then {
        // They may have come to a way of their own meanwhile.
        let by_hand = By { actor: by.person.as_str(), origin: &by.origin };
        let linked = old_accounts::retire_linked(tx, services, &[(&row.key(), person)], by_hand).await?;
        undone.opens_again &= linked.accounts.is_empty();
        written.retire(linked);
    }
    if let (Some(posted), Some(person)) = (&before.beside.posted, &now) {
        undone.post = Some(take_post(tx, hand, (posted, person), written).await?);
    }
    let detail = json!({ "source": row.source, "legacy_id": row.legacy_id, "decision": kept.id, "reason": why });
    if let Some(was) = now.as_ref().filter(|was| Some(*was) != then.as_ref()) {
        taken_from(tx, services, by, (was, row), detail.clone(), written).await?;
    }
    if let Some(person) = then.as_ref().filter(|person| Some(*person) != now.as_ref()) {
        let again = ReviewRow { decision: before.decision.clone(), person_id: before.person.clone(), ..row.clone() };
        give_place(tx, hand, &again, written).await?;
        written.touch(person);
        written.record(audit::row(services, Event::by(by, "legacy.account_linked", Some(person), None, detail)));
    }
    Ok(undone)
}

/// Whose the account is, and whose it was, are this reviewer's to decide about. Whoever is no more, or somebody else since
/// a merge, gets nothing back.
async fn check_both(tx: &mut Tx, eyes: &Eyes<'_>, [now, then]: [Option<&PersonId>; 2]) -> Result<(), ReviewError> {
    if let Some(now) = now.filter(|_| !eyes.is_city())
        && eyes.person(tx, now).await?.is_none()
    {
        return Err(ReviewError::Person);
    }
    let Some(then) = then else { return Ok(()) };
    let is_theirs = eyes.person(tx, then).await?.is_some() || eyes.is_unplaced(tx, then).await?;
    if is_theirs { Ok(()) } else { Err(ReviewError::Person) }
}
