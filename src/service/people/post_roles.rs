//! What somebody's posts bring them on a day: the roles of the groups that they are of by each of them, and what another one
//! lends them with a post that was handed over.

use super::who::{Names, Who};
use crate::base::clock::Millis;
use crate::model::client::Client;
use crate::model::entitlement::{Condition, GroupGrant};
use crate::model::position::Position;
use crate::model::role::RoleGrant;
use crate::service::then::Then;
use crate::service::{Failure, Services};
use crate::store::clients;
use crate::store::group_grants::Stored;

/// A post of the day, with what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfPost {
    /// The post.
    pub post: Position,
    /// For whom they act in it, when it was handed to them.
    pub acts_for: Option<Who>,
    /// The roles that count in it, by client; whatever they ask of the sign-on.
    pub roles: Vec<PostRole>,
}

/// A role that somebody has by a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRole {
    /// The client's id.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// What it asks of the sign-on.
    pub condition: Condition,
    /// How it comes to them.
    pub way: Way,
}

/// How a role comes with a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// It is for a group that they are of by it.
    Group(Box<ByGroup>),
    /// Whoever handed the post to them has it there.
    Lent,
}

/// A role of a group, with its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByGroup {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// Why it was given; may be empty.
    pub reason: String,
    /// Who gave it.
    pub by: Who,
    /// When.
    pub granted_at: Millis,
}

/// A person on a day, and the clients.
struct Read<'a> {
    then: &'a Then,
    clients: Vec<Client>,
}

/// What each post of a day brings somebody, beside the roles that were given to them; a post that brings nothing is left out.
/// Whoever may not sign in has nothing by any of them.
pub(super) async fn list(services: &Services, then: &Then, names: &mut Names<'_>) -> Result<Vec<OfPost>, Failure> {
    if then.day.had_come(then.person.disabled_at) {
        return Ok(Vec::new());
    }
    let read = Read { then, clients: clients::list(&mut services.store.read().await?).await? };
    let registry = services.known.registry();
    let is_own = |role: &RoleGrant| then.roles.iter().any(|own| own.grant == *role);
    let mut posts = Vec::new();
    for post in then.posts() {
        let mut roles = Vec::new();
        for group in then.by_groups(post, &registry) {
            roles.extend(by_group(&read, group, names).await?);
        }
        let lent = then.person.roles.iter().filter(|role| role.position.as_ref() == Some(&post.id) && !is_own(role));
        roles.extend(lent.filter(|_| post.delegated_by.is_some()).filter_map(|role| lent_role(&read, role)));
        roles.sort_by(|a, b| (&a.client_name, &a.role, &a.condition).cmp(&(&b.client_name, &b.role, &b.condition)));
        if !roles.is_empty() {
            let acts_for = match &post.delegated_by {
                Some(other) => Some(names.of(Some(other.as_str()), &then.person.id).await?),
                None => None,
            };
            posts.push(OfPost { post: post.clone(), acts_for, roles });
        }
    }
    Ok(posts)
}

/// The name of the client of a role, unless it was switched off; while it declares the role, where the day is not over. What
/// it declared on an earlier day is not known any more.
fn name_of(read: &Read<'_>, id: &str, role: &String) -> Option<String> {
    let day = read.then.day;
    let Some(client) = read.clients.iter().find(|client| client.id == id) else { return day.is_over().then(|| id.to_owned()) };
    let counts = !day.had_come(client.disabled_at) && (day.is_over() || client.settings.roles.contains(role));
    counts.then(|| client.name.clone())
}

async fn by_group(read: &Read<'_>, stored: &Stored, names: &mut Names<'_>) -> Result<Option<PostRole>, Failure> {
    let grant = &stored.grant;
    let Some(client_name) = name_of(read, &grant.client_id, &grant.role) else { return Ok(None) };
    let by = names.of(Some(&stored.granted_by), &read.then.person.id).await?;
    let way = ByGroup { grant: grant.clone(), reason: stored.reason.clone(), by, granted_at: stored.granted_at };
    Ok(Some(PostRole {
        client_id: grant.client_id.clone(),
        client_name,
        role: grant.role.clone(),
        condition: grant.condition,
        way: Way::Group(Box::new(way)),
    }))
}

fn lent_role(read: &Read<'_>, role: &RoleGrant) -> Option<PostRole> {
    Some(PostRole {
        client_id: role.client_id.clone(),
        client_name: name_of(read, &role.client_id, &role.role)?,
        role: role.role.clone(),
        condition: role.condition,
        way: Way::Lent,
    })
}
