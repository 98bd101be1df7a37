//! What a plan, or a stage of it, does to one person.

use crate::base::id::PersonId;
use crate::model::authority::ReadPeople;
use crate::model::person::{Person, Username};
use crate::model::plan::Plan;
use crate::model::plan::people::By as Cause;
use crate::model::position::Position;
use crate::service::authority::One;
use crate::service::reorganization::ReorganizationError;
use crate::service::reorganization::outlook::{Outlook, nothing};
use crate::service::reorganization::register::registered;
use crate::service::{Failure, Services};
use crate::store::persons;

/// What becomes of one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// The post as it is known now.
    pub old: Position,
    /// The post that goes on from it.
    pub new: Option<Position>,
    /// By what; none when it has gone on already.
    pub by: Option<Cause>,
    /// Roles that are bound to it: client and role.
    pub roles: Vec<(String, String)>,
}

/// The person who has a user name.
pub async fn named(services: &Services, username: &str) -> Result<Option<PersonId>, Failure> {
    let Ok(username) = Username::parse(username) else { return Ok(None) };
    Ok(persons::find_id_by_username(&mut services.store.read().await?, username.folded()).await?)
}

/// What a plan, or a stage of it, would do to somebody.
pub async fn before(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    proof: &One<ReadPeople>,
) -> Result<Vec<Going>, ReorganizationError> {
    let person = proof.person();
    let outlook = Outlook::open(services, registered(services, name).await?, stage).await?;
    let looks = outlook.look(services, &nothing(), std::slice::from_ref(&person.id)).await?;
    let mut all = Vec::new();
    for look in looks {
        for moved in look.moved {
            let old = look.applied.get(&moved.old.id).cloned().unwrap_or(moved.old);
            all.push(Going { roles: roles_of(person, &old), old, new: moved.new, by: Some(moved.by) });
        }
    }
    Ok(all)
}

/// What a plan that counts did to somebody: posts that ended with their units, and those that went on.
pub fn after(plan: &Plan, proof: &One<ReadPeople>) -> Vec<Going> {
    let person = proof.person();
    let next = |old: &Position| {
        let id = Position::following_id(&old.id, plan.effective);
        person.positions.iter().find(|held| held.id == id).cloned()
    };
    let touched = person.positions.iter().filter_map(|old| {
        let new = next(old);
        let is_touched = new.is_some() || old.valid_to == Some(plan.day_before());
        is_touched.then(|| Going { roles: roles_of(person, old), old: old.clone(), new, by: None })
    });
    touched.collect()
}

fn roles_of(person: &Person, post: &Position) -> Vec<(String, String)> {
    let bound = person.roles.iter().filter(|role| role.position.as_ref() == Some(&post.id));
    bound.map(|role| (role.client_id.clone(), role.role.clone())).collect()
}
