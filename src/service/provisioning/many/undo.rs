//! Taking an act on many back: only what it did itself, only where nobody did anything since, and only as one who may take
//! back what was done as what they were then.

use super::{Act, Bulk, BulkError, Outcome, State, find};
use crate::base::id::PersonId;
use crate::model::authority::{DisablePeople, GrantRoles};
use crate::service::approvals::disabling;
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, One};
use crate::service::provisioning::roles::given::{self, GiveError};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::people_bulks::{self, Item};
use serde_json::json;

/// An act is taken back within so many days.
pub const UNDO_DAYS: i64 = 30;

/// Takes back what was done, or goes on with it. Only whoever did it does so.
pub async fn undo(services: &Services, authority: &Authority, id: &str) -> Result<(), BulkError> {
    let bulk = find(&mut services.store.read().await?, id).await?;
    let now = services.clock.now();
    let bulk = bulk.filter(|bulk| bulk.act.can_be_undone() && done_by(bulk) == authority.person());
    let bulk = bulk.filter(|bulk| bulk.decided_at.is_some_and(|at| now.since(at) <= UNDO_DAYS * 86_400_000));
    let bulk = bulk.filter(|bulk| matches!(bulk.state, State::Done | State::Undoing)).ok_or(BulkError::Gone)?;
    let mut tx = services.store.write().await?;
    people_bulks::mark_state(&mut tx, id, State::Done.word(), State::Undoing.word()).await?;
    tx.commit().await?;
    let items = people_bulks::list_items(&mut services.store.read().await?, id).await?;
    for item in items.into_iter().filter(|item| item.outcome == Outcome::Done.word()) {
        let person = PersonId(item.person_id.clone());
        match bulk.act {
            Act::Disable => let_in(services, authority.one(services, &person).await?.as_ref(), &bulk, &item).await?,
            Act::Grant => {
                let proof = authority.one(services, &person).await?;
                take_back(services, (authority, proof.as_ref()), &bulk, &item).await?;
            }
            Act::Restore | Act::Remind => return Err(BulkError::Gone),
        }
    }
    let mut tx = services.store.write().await?;
    people_bulks::mark_state(&mut tx, id, State::Undoing.word(), State::Undone.word()).await?;
    tx.commit().await?;
    Ok(())
}

fn done_by(bulk: &Bulk) -> &PersonId {
    bulk.approved_by.as_ref().unwrap_or(&bulk.created_by)
}

async fn mark(services: &Services, bulk: &Bulk, item: &Item, outcome: Outcome) -> Result<(), Failure> {
    let person = PersonId(item.person_id.clone());
    let mut tx = services.store.write().await?;
    people_bulks::mark_item(&mut tx, &bulk.id, &person, (Outcome::Done.word(), outcome.word()), &item.mark).await?;
    Ok(tx.commit().await?)
}

async fn let_in(services: &Services, proof: Option<&One<DisablePeople>>, bulk: &Bulk, item: &Item) -> Result<(), Failure> {
    let (Some(proof), Ok(disabled_at)) = (proof, item.mark.parse::<i64>()) else {
        return mark(services, bulk, item, Outcome::Kept).await;
    };
    let id = &proof.person().id;
    let mut tx = services.store.write().await?;
    let may = disabling::may_give_back(&mut tx, services, &proof.by, id).await?;
    if !may || !people_bulks::restore(&mut tx, id, disabled_at).await? {
        drop(tx);
        return mark(services, bulk, item, Outcome::Kept).await;
    }
    let steps = (Outcome::Done.word(), Outcome::TakenBack.word());
    if !people_bulks::mark_item(&mut tx, &bulk.id, id, steps, &item.mark).await? {
        return Ok(());
    }
    let detail = json!({ "bulk": bulk.id, "undo": true });
    audit::record(&mut tx, services, Event::by(&proof.by, "person.enabled", Some(id), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, id.as_str(), services.clock.now());
    Ok(())
}

async fn take_back(
    services: &Services,
    (authority, proof): (&Authority, Option<&One<GrantRoles>>),
    bulk: &Bulk,
    item: &Item,
) -> Result<(), Failure> {
    let Some(proof) = proof else { return mark(services, bulk, item, Outcome::Kept).await };
    let why = format!("hoàn tác: {}", bulk.reason).chars().take(super::LONGEST_REASON).collect::<String>();
    let outcome = match given::take_back(services, authority, proof, &item.mark, &why).await {
        Ok(true) => Outcome::TakenBack,
        Ok(false)
        | Err(
            GiveError::UnknownClient
            | GiveError::UnknownPerson
            | GiveError::Undeclared
            | GiveError::NotTheirs
            | GiveError::OwnAccount
            | GiveError::UnknownPosition
            | GiveError::Days
            | GiveError::Reason,
        ) => Outcome::Kept,
        Err(GiveError::Failure(failure)) => return Err(failure),
    };
    mark(services, bulk, item, outcome).await
}
