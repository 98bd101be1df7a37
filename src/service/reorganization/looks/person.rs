//! What a plan, or a stage of it, does to one person.

use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::authority::ReadPeople;
use crate::model::entitlement::{GroupGrant, Holder};
use crate::model::person::{Person, Username};
use crate::model::plan::Plan;
use crate::model::plan::people::By as Cause;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::reorganization::ReorganizationError;
use crate::service::reorganization::accounts::sets;
use crate::service::reorganization::outlook::{Outlook, nothing};
use crate::service::reorganization::register::registered;
use crate::service::{Failure, Services};
use crate::store::plan_runs::{self, RunState};
use crate::store::{StoreError, group_grants, persons, positions};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};

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
    /// Roles of groups that they have by it and that end with it, while nothing goes on from it: client and role.
    pub ending: Vec<(String, String)>,
}

/// The person who has a user name.
pub async fn named(services: &Services, username: &str) -> Result<Option<PersonId>, Failure> {
    let Ok(username) = Username::parse(username) else { return Ok(None) };
    Ok(persons::find_id_by_username(&mut services.store.read().await?, username.folded()).await?)
}

/// Records that somebody was looked at.
async fn seen(services: &Services, plan: &str, proof: &One<ReadPeople>) -> Result<(), Failure> {
    let detail = json!({ "part": "plan", "plan": plan });
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(&proof.person().id), None, detail)).await
}

/// What a plan, or a stage of it, would do to somebody. That somebody looked is on record, here and in [`after`].
pub async fn before(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    proof: &One<ReadPeople>,
) -> Result<Vec<Going>, ReorganizationError> {
    seen(services, name, proof).await?;
    let person = proof.person();
    let outlook = Outlook::open(services, registered(services, name).await?, stage).await?;
    let looks = outlook.look(services, &nothing(), std::slice::from_ref(&person.id)).await?;
    let groups = group_grants::list(&mut services.store.read().await?).await?;
    let groups: Vec<GroupGrant> = groups.into_iter().map(|stored| stored.grant).collect();
    let mut all = Vec::new();
    for look in looks {
        for moved in look.moved {
            let old = look.applied.get(&moved.old.id).cloned().unwrap_or(moved.old);
            // Whoever goes on has in the next post what their unit gave them.
            let ending = if moved.new.is_none() { groups_by(&outlook, &groups, (person, &old)) } else { Vec::new() };
            all.push(Going { roles: roles_of(person, &old), ending, old, new: moved.new, by: Some(moved.by) });
        }
    }
    Ok(all)
}

/// The roles of groups that somebody has by a post on the last day before a plan, and that would count on its day; each once.
fn groups_by(outlook: &Outlook, groups: &[GroupGrant], (person, post): (&Person, &Position)) -> Vec<(String, String)> {
    let (day, today) = (outlook.plan.effective, outlook.plan.day_before());
    let holder = Holder { person, acting: Some(post), groups, registry: &outlook.registry, today };
    let held = holder.groups().into_iter().filter(|grant| !grant.is_over_on(day));
    let each: BTreeSet<(String, String)> = held.map(|grant| (grant.client_id.clone(), grant.role.clone())).collect();
    each.into_iter().collect()
}

/// What a plan, or a stage of it, that counts did to somebody: posts that it ended, and those that it let go on. What ended or
/// began by another hand is none of that, whatever its day.
pub async fn after(
    services: &Services,
    plan: &Plan,
    stage: Option<&str>,
    proof: &One<ReadPeople>,
) -> Result<Vec<Going>, ReorganizationError> {
    seen(services, &plan.name, proof).await?;
    let person = proof.person();
    let told = told_by(services, (plan, stage), &person.id).await?;
    Ok(gone_on(plan, person, &told))
}

/// The posts of somebody of which the runs of a plan told something, or of a stage of it.
async fn told_by(
    services: &Services,
    (plan, stage): (&Plan, Option<&str>),
    person: &PersonId,
) -> Result<HashSet<PositionId>, StoreError> {
    let runs = plan_runs::list_of(&mut services.store.read().await?, &plan.name).await?;
    let is_meant = |of: &str| of.is_empty() || stage.is_none_or(|stage| stage == of);
    let mut own: HashSet<ChangeSetId> = HashSet::new();
    for run in runs.iter().filter(|run| run.state == RunState::Applied && is_meant(&run.stage)) {
        own.extend(sets(services, run).await?);
    }
    let mut conn = services.store.read().await?;
    let versions = positions::list_versions(&mut conn, &nothing(), std::slice::from_ref(person)).await?;
    Ok(versions.into_iter().filter(|version| own.contains(&version.change_set)).map(|version| version.position.id).collect())
}

/// What became of the posts of somebody of which a plan told something.
fn gone_on(plan: &Plan, person: &Person, told: &HashSet<PositionId>) -> Vec<Going> {
    let next_id = |old: &Position| Position::following_id(&old.id, plan.effective);
    let begun: HashSet<PositionId> = person.positions.iter().map(next_id).filter(|id| told.contains(id)).collect();
    let next = |old: &Position| {
        let id = Some(next_id(old)).filter(|id| begun.contains(id))?;
        person.positions.iter().find(|held| held.id == id && held.was_ever_held()).cloned()
    };
    let touched = person.positions.iter().filter(|old| told.contains(&old.id)).filter_map(|old| {
        let new = next(old);
        // What only began by the plan is told with the post from which it goes on.
        let is_old = new.is_some() || !begun.contains(&old.id);
        is_old.then(|| Going { roles: roles_of(person, old), ending: Vec::new(), old: old.clone(), new, by: None })
    });
    touched.collect()
}

fn roles_of(person: &Person, post: &Position) -> Vec<(String, String)> {
    let bound = person.roles.iter().filter(|role| role.position.as_ref() == Some(&post.id));
    bound.map(|role| (role.client_id.clone(), role.role.clone())).collect()
}
