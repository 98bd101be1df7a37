//! The roles of a person in each client, with the reason for each, and what each of their posts brings them beside: as they
//! are, or as they were on a day.

use super::post_roles::{self, OfPost};
use super::who::{Known, Names, Who};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PositionId;
use crate::model::authority::{ReadHistory, ReadPeople};
use crate::service::audit::{self, Event};
use crate::service::authority::{One, People};
use crate::service::then::{self, Then};
use crate::service::{Failure, Services};
use crate::store::role_grants::GrantedRole;
use crate::store::{clients, role_grants};
use serde_json::json;
use time::Date;

/// One role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The role.
    pub role: String,
    /// Only while acting in this position.
    pub position: Option<PositionId>,
    /// Why; may be empty.
    pub reason: String,
    /// Who gave it.
    pub by: Who,
    /// When.
    pub granted_at: Millis,
    /// First day.
    pub valid_from: Option<Date>,
    /// Last day, inclusive.
    pub valid_to: Option<Date>,
    /// When it last let its owner in, as far as it was noted and the reader may know.
    pub used_at: Option<Millis>,
}

/// The roles in one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InClient {
    /// The client's id.
    pub client_id: String,
    /// Its name; the id when nobody knows it any more.
    pub name: String,
    /// The roles.
    pub roles: Vec<Role>,
}

/// All roles of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Those that were given to them, by client; as of another day than today, those that counted then.
    pub clients: Vec<InClient>,
    /// Those that they have by a post of the day.
    pub posts: Vec<OfPost>,
    /// The person on the day.
    pub then: Then,
}

/// The roles of a person, as of today or of another day; nothing where there is nobody any more. That somebody looked is
/// recorded first; `readers` bounds the names that are told.
pub async fn list(
    services: &Services,
    proof: &One<ReadPeople>,
    readers: &People<ReadPeople>,
    other_day: Option<Date>,
) -> Result<Option<Held>, Failure> {
    let person = &proof.person().id;
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(person), None, json!({ "part": "roles" }))).await?;
    let today = vietnam_date(services.clock.now());
    let Some(then) = then::person(services, person, other_day.unwrap_or(today)).await? else { return Ok(None) };
    let held = match other_day {
        Some(_) => then.roles.clone(),
        None => role_grants::list_of_person(&mut services.store.read().await?, person).await?,
    };
    let mut names = Names::new(services, Known::Within(readers.extent()));
    let posts = post_roles::list(services, &then, &mut names).await?;
    let used = |at: Option<Millis>| at.filter(|at| then.day.had_come(Some(*at)) && proof.by.holds::<ReadHistory>());
    let mut by_client: Vec<InClient> = Vec::new();
    for held in held {
        let by = names.of(Some(&held.granted_by), person).await?;
        let role = Role { used_at: used(held.used_at), ..told(&held, by) };
        let client_id = held.grant.client_id;
        if let Some(last) = by_client.last_mut().filter(|last| last.client_id == client_id) {
            last.roles.push(role);
            continue;
        }
        let found = clients::find(&mut services.store.read().await?, &client_id).await?;
        let name = found.map_or_else(|| client_id.clone(), |client| client.name);
        by_client.push(InClient { client_id, name, roles: vec![role] });
    }
    Ok(Some(Held { clients: by_client, posts, then }))
}

fn told(held: &GrantedRole, by: Who) -> Role {
    Role {
        role: held.grant.role.clone(),
        position: held.grant.position.clone(),
        reason: held.terms.reason.clone(),
        by,
        granted_at: held.granted_at,
        valid_from: held.terms.valid_from,
        valid_to: held.terms.valid_to,
        used_at: held.used_at,
    }
}
