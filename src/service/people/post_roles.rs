//! What somebody's posts bring them today: the roles of the groups that they are of by each of them, and what another one
//! lends them with a post that was handed over.

use super::who::{Names, Who};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::client::Client;
use crate::model::entitlement::{Condition, GroupGrant, Holder};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::role::RoleGrant;
use crate::service::known::Known;
use crate::service::{Failure, Services};
use crate::store::group_grants::{self, Stored};
use crate::store::{Conn, clients};
use time::Date;

/// A post of today, with what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfPost {
    /// The post.
    pub post: Position,
    /// For whom they act in it, when it was handed to them.
    pub acts_for: Option<Who>,
    /// The roles that count in it now, by client; whatever they ask of the sign-on.
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

/// What is read of a person, to say what each post brings.
struct Read {
    person: Person,
    stored: Vec<Stored>,
    clients: Vec<Client>,
}

/// What each post of today brings somebody, beside the roles that were given to them; a post that brings nothing is left out.
/// Whoever may not sign in has nothing by any of them.
pub(super) async fn list(
    services: &Services,
    person: &Person,
    own: &[RoleGrant],
    names: &mut Names<'_>,
) -> Result<Vec<OfPost>, Failure> {
    let today = vietnam_date(services.clock.now());
    let Some(read) = read(&mut services.store.read().await?, person, today).await? else { return Ok(Vec::new()) };
    let registry = services.known.registry();
    let groups: Vec<GroupGrant> = read.stored.iter().map(|stored| stored.grant.clone()).collect();
    let mut posts = Vec::new();
    for post in read.person.positions_on(today) {
        let holder = Holder { person: &read.person, acting: Some(post), groups: &groups, registry: &registry, today };
        let mut roles = Vec::new();
        for group in holder.groups() {
            roles.extend(by_group(&read, group, names).await?);
        }
        let lent = read.person.roles.iter().filter(|role| role.position.as_ref() == Some(&post.id) && !own.contains(role));
        roles.extend(lent.filter(|_| post.delegated_by.is_some()).filter_map(|role| lent_role(&read, role)));
        roles.sort_by(|a, b| (&a.client_name, &a.role, &a.condition).cmp(&(&b.client_name, &b.role, &b.condition)));
        if !roles.is_empty() {
            let acts_for = match &post.delegated_by {
                Some(other) => Some(names.of(Some(other.as_str()), &person.id).await?),
                None => None,
            };
            posts.push(OfPost { post: post.clone(), acts_for, roles });
        }
    }
    Ok(posts)
}

async fn read(conn: &mut Conn, person: &Person, today: Date) -> Result<Option<Read>, Failure> {
    let present = Known::present(conn, &person.id, today).await?.filter(|person| person.disabled_at.is_none());
    let Some(person) = present else { return Ok(None) };
    let (stored, clients) = (group_grants::list(conn).await?, clients::list(conn).await?);
    Ok(Some(Read { person, stored, clients }))
}

/// The client of a role, while it declares the role and is not switched off.
fn client_of<'r>(read: &'r Read, id: &str, role: &String) -> Option<&'r Client> {
    let client = read.clients.iter().find(|client| client.id == id && client.disabled_at.is_none())?;
    client.settings.roles.contains(role).then_some(client)
}

async fn by_group(read: &Read, group: &GroupGrant, names: &mut Names<'_>) -> Result<Option<PostRole>, Failure> {
    let Some(client) = client_of(read, &group.client_id, &group.role) else { return Ok(None) };
    let Some(stored) = read.stored.iter().find(|stored| stored.grant.id == group.id) else { return Ok(None) };
    let by = names.of(Some(&stored.granted_by), &read.person.id).await?;
    let way = ByGroup { grant: group.clone(), reason: stored.reason.clone(), by, granted_at: stored.granted_at };
    Ok(Some(PostRole {
        client_id: client.id.clone(),
        client_name: client.name.clone(),
        role: group.role.clone(),
        condition: group.condition,
        way: Way::Group(Box::new(way)),
    }))
}

fn lent_role(read: &Read, role: &RoleGrant) -> Option<PostRole> {
    let client = client_of(read, &role.client_id, &role.role)?;
    Some(PostRole {
        client_id: client.id.clone(),
        client_name: client.name.clone(),
        role: role.role.clone(),
        condition: role.condition,
        way: Way::Lent,
    })
}
