//! Somebody as they were on a day, for whoever administers them: the posts of that day, and what was given by its end and not
//! taken back before. Posts and units are as they are known now, also where that was told later; or, for who asks what was
//! believed at an earlier moment, posts, roles and groups as they stood at it.

use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::as_of::AsOf;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::role::RoleGrant;
use crate::service::known::Known;
use crate::service::{Failure, Services};
use crate::store::group_grants::{self, Stored};
use crate::store::role_grants::{self, GrantedRole};
use time::Date;

/// A person as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    /// The day.
    pub day: AsOf,
    /// Who they are. Their roles are those that counted, also those that came with a post which another one handed to them.
    pub person: Person,
    /// The roles that were given to them and counted, with their story.
    pub roles: Vec<GrantedRole>,
    /// All roles of groups that counted, whoever had them.
    pub groups: Vec<Stored>,
}

impl Then {
    /// The posts that they held, the main one first.
    pub fn posts(&self) -> Vec<&Position> {
        self.person.positions_on(self.day.on)
    }

    /// The roles of groups that one of these posts brought them. Whoever might not sign in had nothing by any of them.
    pub fn by_groups(&self, post: &Position, registry: &Registry) -> Vec<&Stored> {
        if self.day.had_come(self.person.disabled_at) {
            return Vec::new();
        }
        let is_theirs = |stored: &&Stored| stored.grant.is_for(&self.person, post, registry, self.day.on);
        self.groups.iter().filter(is_theirs).collect()
    }
}

/// The day that is meant, as seen from today.
pub fn as_of(services: &Services, on: Date) -> AsOf {
    AsOf::of(on, vietnam_date(services.clock.now()))
}

/// A person on a day; none when there is nobody of this identity.
pub async fn person(services: &Services, id: &PersonId, on: Date) -> Result<Option<Then>, Failure> {
    person_as_of(services, id, as_of(services, on)).await
}

/// The same for a day that may be told as it was believed at an earlier moment.
pub async fn person_as_of(services: &Services, id: &PersonId, day: AsOf) -> Result<Option<Then>, Failure> {
    let mut conn = services.store.read().await?;
    let mut roles = role_grants::list_as_of(&mut conn, id, day).await?;
    let mut own: Vec<RoleGrant> = roles.iter().map(|granted| granted.grant.clone()).collect();
    own.sort();
    own.dedup();
    let Some(mut person) = Known::as_of(&mut conn, id, own, day).await? else { return Ok(None) };
    // A role of a post counts while that is held, and none of somebody who may not sign in.
    let is_shut = day.had_come(person.disabled_at);
    let counted: Vec<bool> = person.roles.iter().map(|own| !is_shut && is_held(&person, own, day.on)).collect();
    roles.retain(|granted| !is_shut && is_held(&person, &granted.grant, day.on));
    let mut counted = counted.into_iter();
    person.roles.retain(|_| counted.next().unwrap_or_default());
    let groups = group_grants::list_as_of(&mut conn, day).await?;
    Ok(Some(Then { day, person, roles, groups }))
}

fn is_held(person: &Person, role: &RoleGrant, on: Date) -> bool {
    role.position.as_ref().is_none_or(|post| person.acting_on(post, on).is_some())
}

/// The roles of groups that counted on a day, in all clients or in one.
pub async fn groups(services: &Services, client: Option<&str>, on: Date) -> Result<Vec<Stored>, Failure> {
    let mut all = group_grants::list_as_of(&mut services.store.read().await?, as_of(services, on)).await?;
    all.retain(|stored| client.is_none_or(|client| stored.grant.client_id == client));
    Ok(all)
}
