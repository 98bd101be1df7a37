//! Ending a delegation: by whoever gave it, by whoever was given it, or by whoever looks after the account of the giver.

use super::{By, ORIGIN, TURNS, forget_here, overtaken, tell_nodes};
use crate::base::date::{iso, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::authority::EditPeople;
use crate::model::notice::NoticeKind;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::{Failure, Services, notices};
use crate::store::delegations::{self, Delegation};
use crate::store::{StoreError, Tx, change_sets, persons, positions};
use serde_json::json;
use time::Date;

/// What came of one try.
enum Turn {
    Done(bool),
    Again,
}

/// Who ends one.
#[derive(Clone, Copy)]
enum Ender<'a> {
    /// One of the two.
    Party(By<'a>),
    /// Whoever looks after the account of the giver.
    Administrator(&'a One<EditPeople>),
}

impl Ender<'_> {
    fn person(&self) -> &PersonId {
        match self {
            Self::Party(by) => by.person,
            Self::Administrator(proof) => &proof.by.person,
        }
    }

    /// Whether it is theirs to end.
    fn may_end(&self, one: &Delegation) -> bool {
        match self {
            Self::Party(by) => one.of_person == *by.person || one.to_person == *by.person,
            Self::Administrator(proof) => one.of_person == proof.person().id,
        }
    }
}

/// Ends a delegation by which somebody acts for this person, or this person for somebody; false when there is none such, or
/// it was ended before. From then on nothing is answered to it, and its post has a last day.
pub async fn end(services: &Services, by: By<'_>, position: &PositionId) -> Result<bool, Failure> {
    end_as(services, Ender::Party(by), position).await
}

/// The same for an administrator, of a delegation by which somebody acts for the person of a proof.
pub async fn end_given(services: &Services, proof: &One<EditPeople>, position: &PositionId) -> Result<bool, Failure> {
    end_as(services, Ender::Administrator(proof), position).await
}

async fn end_as(services: &Services, by: Ender<'_>, position: &PositionId) -> Result<bool, Failure> {
    for _ in 0..TURNS {
        match turn(services, by, position).await? {
            Turn::Done(done) => return Ok(done),
            // A set of other people was applied in between: everything is looked at anew.
            Turn::Again => {}
        }
    }
    Err(overtaken())
}

async fn turn(services: &Services, by: Ender<'_>, position: &PositionId) -> Result<Turn, Failure> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await?;
    // The set notes the version that it is based on; whatever is applied after that note is found at the end.
    change_sets::add(&mut tx, &set, ORIGIN, by.person().as_str(), now).await?;
    let found = delegations::find(&mut tx, position).await?.filter(|one| by.may_end(one));
    let Some(one) = found else { return Ok(Turn::Done(false)) };
    if !delegations::mark_ended(&mut tx, position, now).await? {
        return Ok(Turn::Done(false));
    }
    let told: Vec<(PersonId, Position)> =
        ended(&mut tx, &one, today).await?.into_iter().map(|post| (one.to_person.clone(), post)).collect();
    positions::add(&mut tx, &set, &told).await?;
    // Where its post is over already nothing is told of it: the set is one that nobody applies.
    let settled = if told.is_empty() {
        change_sets::mark_abandoned(&mut tx, &set, now).await?
    } else {
        change_sets::replace_people_version(&mut tx, &set, now).await? && change_sets::mark_applied(&mut tx, &set, now).await?
    };
    if !settled {
        return Ok(Turn::Again);
    }
    record(&mut tx, services, by, &one).await?;
    tx.commit().await?;
    forget_here(services, [&one.of_person, &one.to_person], now);
    Ok(Turn::Done(true))
}

/// The posts by which somebody acts for another, and which are not over, as they are told from now on: with a last day of
/// yesterday, or as never held. What a re-organization made of the post ends with it.
async fn ended(tx: &mut Tx, one: &Delegation, today: Date) -> Result<Vec<Position>, StoreError> {
    let Some(person) = persons::find(tx, &one.to_person).await? else { return Ok(Vec::new()) };
    let is_of_it = |post: &&Position| {
        let is_open = post.was_ever_held() && post.valid_to.is_none_or(|last| last >= today);
        is_open && post.delegated_by.is_some() && person.lineage(&post.id).contains(&&one.position)
    };
    Ok(person.positions.iter().filter(is_of_it).map(|post| over(post, today)).collect())
}

fn over(post: &Position, today: Date) -> Position {
    if post.valid_from < today { Position { valid_to: today.previous_day(), ..post.clone() } } else { post.clone().never_held() }
}

/// The record, the notices to both, and what every node forgets.
async fn record(tx: &mut Tx, services: &Services, by: Ender<'_>, one: &Delegation) -> Result<(), Failure> {
    let detail = json!({
        "position": one.position,
        "of_position": one.of_position,
        "of_person": one.of_person,
        "valid_to": iso(one.valid_to),
    });
    let (event, person) = ("delegation.ended", Some(&one.to_person));
    let (event, origin) = match by {
        Ender::Party(By { person: actor, origin }) => {
            (Event { event, actor: actor.0.clone(), person, client: None, origin, detail }, origin)
        }
        Ender::Administrator(proof) => (Event::by(&proof.by, event, person, None, detail), &proof.by.origin),
    };
    audit::record(tx, services, event).await?;
    for party in [&one.of_person, &one.to_person] {
        let kind = if party == by.person() { NoticeKind::DelegationEnded } else { NoticeKind::DelegationTakenBack };
        notices::tell(tx, services, party, kind, origin).await?;
    }
    Ok(tell_nodes(tx, services, [&one.of_person, &one.to_person]).await?)
}
