//! What somebody holds because another one handed it to them, as it counts on a day.
//!
//! The post of whoever acts for somebody is told as every post is, and lasts no longer than what it stands for: it is looked
//! at anew each time that the person is read, so that nothing has to be undone where the other one leaves, moves on or loses
//! a role. Lent are the roles of the post, never those of the person: those that are bound to it, and those of the groups
//! that the other one is of by it and by the posts that it goes on from. Nobody lends what was lent to them, and to whoever
//! has no post of their own in force nothing is lent.

use crate::base::id::{PersonId, PositionId};
use crate::model::as_of::AsOf;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::role::RoleGrant;
use crate::store::delegations::{self, Delegation};
use crate::store::{Conn, StoreError, persons, positions, role_grants};
use std::collections::BTreeSet;
use time::Date;

/// What a post lends on a day.
struct Lent {
    /// The roles that are bound to it.
    roles: Vec<RoleGrant>,
    /// It, and those that it goes on from, with the day since which each counts.
    behind: Vec<(Position, Date)>,
}

/// A person with their posts as they are known now, or as they were known at the moment of which a day is told.
pub(super) async fn find(conn: &mut Conn, id: &PersonId, day: AsOf) -> Result<Option<Person>, StoreError> {
    let Some(mut person) = persons::find(conn, id).await? else { return Ok(None) };
    if let Some(moment) = day.believed_at() {
        let known = positions::find_known_at(conn, id, moment).await?;
        person.positions = known.positions;
        person.beside.told_on = known.told_on;
    }
    Ok(Some(person))
}

/// Takes out of a person's posts those that were handed to them and do not count on a day, and adds what the others lend: their
/// roles, and what their posts rest on. Of a day that is over, what stood at its end.
pub(super) async fn borrow(conn: &mut Conn, person: &mut Person, day: AsOf) -> Result<(), StoreError> {
    if person.positions.iter().all(|post| post.delegated_by.is_none()) {
        return Ok(());
    }
    let open = stood(conn, person, day).await?;
    let has_own = person.positions.iter().any(|post| post.delegated_by.is_none() && post.in_force_on(day.on));
    let mut gone: BTreeSet<PositionId> = BTreeSet::new();
    let mut all = Vec::new();
    for post in person.positions.iter().filter(|post| post.delegated_by.is_some()) {
        let Some(given) = given(person, post, &open) else {
            gone.insert(post.id.clone());
            continue;
        };
        // What is over, or has not begun, lends nothing.
        if !post.in_force_on(day.on) {
            continue;
        }
        match lent_by(conn, given, post, day).await?.filter(|_| has_own) {
            Some(lent) => all.push((post.id.clone(), lent)),
            None => {
                gone.insert(post.id.clone());
            }
        }
    }
    person.positions.retain(|post| !gone.contains(&post.id));
    for (post, lent) in all {
        person.roles.extend(lent.roles);
        person.beside.lent.insert(post, lent.behind);
    }
    Ok(())
}

/// The delegations by which a person acts for others, as far as nobody had ended them.
async fn stood(conn: &mut Conn, person: &Person, day: AsOf) -> Result<Vec<Delegation>, StoreError> {
    if !day.is_over() {
        return delegations::list_to(conn, &person.id).await;
    }
    let mut all = delegations::list_about(conn, &person.id, day.on, i64::MAX).await?;
    let had_begun = |one: &Delegation| one.to_person == person.id && day.had_come(Some(one.created_at));
    all.retain(|one| had_begun(one) && !day.had_come(one.ended_at));
    Ok(all)
}

/// The roles that counted for somebody on a day.
async fn roles(conn: &mut Conn, person: &Person, day: AsOf) -> Result<Vec<RoleGrant>, StoreError> {
    if !day.is_over() {
        return role_grants::list_on(conn, &person.id, day.on).await;
    }
    let told = role_grants::list_as_of(conn, &person.id, day).await?;
    Ok(told.into_iter().map(|granted| granted.grant).collect())
}

/// The delegation by which a post is held; none where nobody knows of one, or it was ended.
fn given<'d>(person: &Person, post: &Position, open: &'d [Delegation]) -> Option<&'d Delegation> {
    let lineage = person.lineage(&post.id);
    let given = open.iter().find(|given| lineage.contains(&&given.position))?;
    (post.was_ever_held() && post.delegated_by.as_ref() == Some(&given.of_person)).then_some(given)
}

/// What a post lends on a day; nothing where whoever handed it over may not sign in, or holds it no more in that unit.
async fn lent_by(conn: &mut Conn, given: &Delegation, post: &Position, day: AsOf) -> Result<Option<Lent>, StoreError> {
    let on = day.on;
    if on < given.valid_from || on > given.valid_to {
        return Ok(None);
    }
    let lender = find(conn, &given.of_person, day).await?.filter(|lender| !day.had_come(lender.disabled_at));
    let Some(lender) = lender else { return Ok(None) };
    let own = lender.acting_on(&given.of_position, on).filter(|own| own.delegated_by.is_none() && own.unit == post.unit);
    let Some(own) = own else { return Ok(None) };
    let lineage = lender.lineage(&own.id);
    let roles = roles(conn, &lender, day).await?;
    let of_post = roles.into_iter().filter(|role| role.position.as_ref().is_some_and(|bound| lineage.contains(&bound)));
    Ok(Some(Lent {
        roles: of_post.map(|role| RoleGrant { position: Some(post.id.clone()), ..role }).collect(),
        behind: lender.behind(own).into_iter().map(|held| (held.post.clone(), held.since)).collect(),
    }))
}
