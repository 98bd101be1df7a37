//! Roles that are somebody's because of a post: of the unit, or of a unit above it, perhaps of one title.

use super::{Facts, Standing, standing};
use crate::base::clock::Millis;
use crate::model::client::Client;
use crate::model::entitlement::GroupGrant;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::store::group_grants::Stored;
use time::Date;

/// A role of a group that somebody is of, with whether it counts.
#[derive(Debug, Clone)]
pub struct GroupRight {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// Why it was given.
    pub reason: String,
    /// Who gave it.
    pub granted_by: String,
    /// When.
    pub granted_at: Millis,
    /// The client's name; its id when there is none any more.
    pub client_name: String,
    /// The post by which it is theirs: one that is held today, or else one to come.
    pub position: Option<Position>,
    /// Whether it counts today, whatever it asks of the sign-on.
    pub standing: Standing,
}

/// Those of the groups that a person is of, or will be.
pub(super) fn of(person: &Person, stored: Vec<Stored>, all: &[Client], (registry, today): (&Registry, Date)) -> Vec<GroupRight> {
    let mut posts = person.positions_on(today);
    posts.extend(person.positions.iter().filter(|post| post.valid_from > today && post.was_ever_held()));
    let of_group = |stored: Stored| {
        let grant = &stored.grant;
        let post = posts.iter().find(|post| grant.is_for(person, post, registry, today.max(post.valid_from)))?;
        Some(right(stored, person, post, all, today))
    };
    stored.into_iter().filter_map(of_group).collect()
}

fn right(stored: Stored, person: &Person, post: &Position, all: &[Client], today: Date) -> GroupRight {
    let client = all.iter().find(|client| client.id == stored.grant.client_id);
    let in_force = stored.grant.in_force_on(today) && post.in_force_on(today);
    let facts = Facts { role: &stored.grant.role, in_force, over: stored.grant.is_over_on(today), held: true };
    GroupRight {
        client_name: client.map_or_else(|| stored.grant.client_id.clone(), |client| client.name.clone()),
        standing: standing(person, client, &facts),
        position: Some(post.clone()),
        grant: stored.grant,
        reason: stored.reason,
        granted_by: stored.granted_by,
        granted_at: stored.granted_at,
    }
}
