//! Handing a post over: the post of whoever acts for somebody is told, with what says whether it counts, all or nothing.

use super::wish::{GiveError, Problem, Seen, Wish, look};
use super::{By, ORIGIN, TURNS, forget_here, overtaken, tell_nodes};
use crate::base::clock::Millis;
use crate::base::date::{iso, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId, PositionId, uuid_v7};
use crate::model::notice::NoticeKind;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::known::KnownPerson;
use crate::service::{Services, notices};
use crate::store::delegations::{self, Delegation};
use crate::store::{StoreError, Tx, admin_roles, change_sets, persons, positions};
use serde_json::json;

/// Hands over what a wish tells of; answers the post of whoever acts from now on.
pub async fn give(services: &Services, by: By<'_>, giver: &KnownPerson, wish: &Wish) -> Result<PositionId, GiveError> {
    let seen = look(services, giver, wish).await?;
    for _ in 0..TURNS {
        if let Some(position) = turn(services, by, &seen).await? {
            return Ok(position);
        }
    }
    Err(overtaken().into())
}

/// One try; nothing where another set of changes was first.
async fn turn(services: &Services, by: By<'_>, seen: &Seen) -> Result<Option<PositionId>, GiveError> {
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await?;
    // Whoever was told "this was not me" hands nothing over any more.
    notices::hold_changeable(&mut tx, by.person).await?;
    // The set notes the version that it is based on; whatever is applied after that note is found at the end.
    change_sets::add(&mut tx, &set, ORIGIN, by.person.as_str(), now).await?;
    let giver = hold_parties(&mut tx, by.person, &seen.to.id, now).await?;
    let post = still_held(&giver, seen, now)?;
    if let Some(problem) = stands_in_the_way(&mut tx, &giver, seen).await? {
        return Err(problem.into());
    }
    let told = lent(services, by.person, post, seen, now);
    let delegation = Delegation {
        position: told.id.clone(),
        of_position: post.id.clone(),
        of_person: by.person.clone(),
        to_person: seen.to.id.clone(),
        valid_from: seen.valid_from,
        valid_to: seen.valid_to,
        decision_no: seen.decision_no.clone(),
        created_at: now,
        ended_at: None,
    };
    let position = told.id.clone();
    positions::add(&mut tx, &set, &[(seen.to.id.clone(), told)]).await?;
    delegations::add(&mut tx, &delegation).await?;
    if !change_sets::replace_people_version(&mut tx, &set, now).await? || !change_sets::mark_applied(&mut tx, &set, now).await? {
        return Ok(None);
    }
    record(&mut tx, services, by, (&delegation, &set)).await?;
    tx.commit().await?;
    forget_here(services, [by.person, &seen.to.id], now);
    Ok(Some(position))
}

/// Both as they are now, and nobody ends the access of either before this transaction ends; answers who hands over.
async fn hold_parties(tx: &mut Tx, giver: &PersonId, to: &PersonId, now: Millis) -> Result<Person, GiveError> {
    // In one order, whoever hands over to whom.
    let (first, second) = if giver < to { (giver, to) } else { (to, giver) };
    for person in [first, second] {
        if !persons::hold_enabled(tx, person).await? {
            let problem = if person == giver { Problem::Post } else { Problem::Nobody };
            return Err(problem.into());
        }
    }
    if admin_roles::is_break_glass(tx, to, vietnam_date(now)).await? {
        return Err(Problem::Nobody.into());
    }
    Ok(persons::find(tx, giver).await?.ok_or(Problem::Post)?)
}

/// The post, as its owner holds it now.
fn still_held<'p>(giver: &'p Person, seen: &Seen, now: Millis) -> Result<&'p Position, GiveError> {
    let today = vietnam_date(now);
    let mut held = giver.positions.iter().filter(|held| held.in_force_on(today) && held.delegated_by.is_none());
    let post = held.find(|held| held.id == seen.post.id && held.unit == seen.post.unit).ok_or(Problem::Post)?;
    match post.valid_to.filter(|last| *last < seen.valid_to) {
        Some(last) => Err(Problem::BeyondPost(last).into()),
        None => Ok(post),
    }
}

/// Whether the unit ends before, or somebody else acts in this post on some of these days, also since before it went on from
/// another one.
async fn stands_in_the_way(tx: &mut Tx, giver: &Person, seen: &Seen) -> Result<Option<Problem>, GiveError> {
    let units = std::slice::from_ref(&seen.post.unit);
    let last = positions::list_last_days(tx, units).await?.remove(&seen.post.unit);
    if let Some(last) = last.filter(|last| *last < seen.valid_to) {
        return Ok(Some(Problem::BeyondPost(last)));
    }
    let lineage = giver.lineage(&seen.post.id);
    let meets = |other: &Delegation| {
        lineage.contains(&&other.of_position) && other.valid_from <= seen.valid_to && seen.valid_from <= other.valid_to
    };
    for other in delegations::list_of(tx, &giver.id).await?.iter().filter(|other| meets(other)) {
        if still_told(tx, other, seen).await? {
            return Ok(Some(Problem::Twice));
        }
    }
    Ok(None)
}

/// Whether whoever was given a post has it on one of these days: it may have been ended as any other post.
async fn still_told(tx: &mut Tx, other: &Delegation, seen: &Seen) -> Result<bool, StoreError> {
    let Some(taker) = persons::find(tx, &other.to_person).await? else { return Ok(false) };
    let reaches = |post: &Position| post.was_ever_held() && post.valid_to.is_none_or(|last| seen.valid_from <= last);
    Ok(taker.positions.iter().any(|post| taker.lineage(&post.id).contains(&&other.position) && reaches(post)))
}

/// The post of whoever acts for somebody. It has an identity of its own: told by a file or at the console, a post alike is
/// another one, that they hold themselves.
fn lent(services: &Services, giver: &PersonId, post: &Position, seen: &Seen, now: Millis) -> Position {
    Position {
        id: PositionId(uuid_v7(now, &*services.entropy)),
        primary: false,
        decision_no: seen.decision_no.clone(),
        delegated_by: Some(giver.clone()),
        follows: None,
        valid_from: seen.valid_from,
        valid_to: Some(seen.valid_to),
        ..post.clone()
    }
}

/// The record, the notices to both, and what every node forgets.
async fn record(
    tx: &mut Tx,
    services: &Services,
    by: By<'_>,
    (delegation, set): (&Delegation, &ChangeSetId),
) -> Result<(), GiveError> {
    let to = &delegation.to_person;
    let detail = json!({
        "position": delegation.position,
        "of_position": delegation.of_position,
        "of_person": delegation.of_person,
        "valid_from": iso(delegation.valid_from),
        "valid_to": iso(delegation.valid_to),
        "decision": delegation.decision_no,
        "change_set": set,
    });
    let event = Event {
        event: "delegation.given",
        actor: by.person.0.clone(),
        person: Some(to),
        client: None,
        origin: by.origin,
        detail,
    };
    audit::record(tx, services, event).await?;
    notices::tell(tx, services, by.person, NoticeKind::DelegationGiven, by.origin).await?;
    notices::tell(tx, services, to, NoticeKind::DelegationReceived, by.origin).await?;
    tell_nodes(tx, services, [by.person, to]).await?;
    Ok(())
}
