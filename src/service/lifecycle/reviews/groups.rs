//! Roles of groups among the rights to answer for: whom they are for, how many have them, and who is of them.

use super::report::Line;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::access_review::{Answer, RightKind};
use crate::model::authority::Extent;
use crate::model::entitlement::GroupGrant;
use crate::model::group_reach::is_of;
use crate::service::Services;
use crate::service::group_reach::{Reach, Seeker};
use crate::service::known::Known;
use crate::store::access_reviews::Item;
use crate::store::group_holders::{self, Given};
use crate::store::{Conn, StoreError};
use std::collections::HashMap;

/// Everybody: a role is of the group of the unit that answers, and how many have it is theirs to know.
static CITY: Extent = Extent::City;

/// A role of a group, as it is answered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfGroup {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// How many have it now; nothing where that was not counted.
    pub reach: Option<Reach>,
}

async fn known(conn: &mut Conn, items: impl Iterator<Item = &Item>) -> Result<HashMap<String, Given>, StoreError> {
    let of_groups = items.filter(|item| item.kind == RightKind::Group).map(|item| item.grant.clone());
    let ids: Vec<String> = of_groups.collect();
    group_holders::list_by_id(conn, &ids).await
}

/// Says of those that are of groups whom they are for.
pub(super) async fn name(conn: &mut Conn, lines: &mut [Line]) -> Result<(), StoreError> {
    let known = known(conn, lines.iter().map(|line| &line.item)).await?;
    for line in lines {
        let given = known.get(&line.item.grant).filter(|_| line.item.kind == RightKind::Group);
        line.group = given.map(|given| OfGroup {
            grant: given.grant.clone(),
            // What was taken back, here or elsewhere, nobody has.
            reach: given.is_taken_back.then_some(Reach::NOBODY),
        });
    }
    Ok(())
}

/// Says how many have each of them, and which of all these rights are the reader's own.
pub(super) async fn look(conn: &mut Conn, services: &Services, reader: &PersonId, lines: &mut [Line]) -> Result<(), StoreError> {
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    let oneself = Known::present(conn, reader, today).await?;
    let mut seeker = Seeker::new(services, &CITY);
    for line in lines {
        line.own = line.item.person.as_ref() == Some(reader);
        let Some(of_group) = &mut line.group else { continue };
        line.own = oneself.as_ref().is_some_and(|oneself| is_of(&of_group.grant, oneself, &registry, today));
        let is_asked = line.item.answer.is_none_or(Answer::is_open) && of_group.grant.in_force_on(today);
        if is_asked && of_group.reach.is_none() {
            of_group.reach = seeker.reach(conn, &of_group.grant).await?;
        }
    }
    Ok(())
}

/// Which of these rights are of groups that somebody is of themselves: others answer for them.
pub(super) async fn own(services: &Services, person: &PersonId, items: &[Item]) -> Result<Vec<String>, StoreError> {
    if items.iter().all(|item| item.kind != RightKind::Group) {
        return Ok(Vec::new());
    }
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    let mut conn = services.store.read().await?;
    let known = known(&mut conn, items.iter()).await?;
    let Some(oneself) = Known::present(&mut conn, person, today).await? else { return Ok(Vec::new()) };
    let is_own = |item: &&Item| {
        let of_group = known.get(&item.grant).filter(|_| item.kind == RightKind::Group);
        of_group.is_some_and(|known| is_of(&known.grant, &oneself, &registry, today))
    };
    Ok(items.iter().filter(is_own).map(|item| item.id.clone()).collect())
}
