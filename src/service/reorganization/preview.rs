//! What a plan would do, for whoever approves it: reads only.

use super::errors::ReorganizationError;
use super::lines::{Lines, Way, count};
use super::outlook::{BATCH, Outlook, nothing};
use super::readiness::{groups_of, loses_code, sources_told};
use super::register::registered;
use super::tallies::people_by_unit;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::client::UnitIdentifier;
use crate::model::plan::effect::Fate;
use crate::model::plan::people::By;
use crate::model::plan::scopes::ScopeMove;
use crate::model::plan::{Fact, Plan};
use crate::model::position::Position;
use crate::model::unit_code::GSO;
use crate::service::Services;
use crate::store::plan_figures::GroupsOf;
use crate::store::{StoreError, clients, legacy_sources, persons, role_grants};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Open posts that are told one by one.
const TOLD: usize = 1_000;
/// Roles of one page.
const ROLES: i64 = 2_000;

/// What a plan, or a stage of it, would do.
#[derive(Debug)]
pub struct Preview {
    /// The plan.
    pub plan: Plan,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// The digest of all this: what is approved.
    pub digest: String,
    /// The registry's version.
    pub registry_version: i64,
    /// The people's version.
    pub people_version: i64,
    /// The registry's digest now.
    pub registry_before: String,
    /// The registry's digest then.
    pub registry_after: String,
    /// Units that end.
    pub units_ended: usize,
    /// Units that begin.
    pub units_begun: usize,
    /// Units that go on under another name, code or parent.
    pub units_changed: usize,
    /// People of whom a post ends or goes on elsewhere.
    pub people: i64,
    /// Their posts.
    pub posts: i64,
    /// Posts of which a rule or a decision says where they go.
    pub decided: i64,
    /// Posts of which nobody has said that: the first thousand.
    pub open: Vec<OpenPost>,
    /// How many there are.
    pub open_count: i64,
    /// How many people have one.
    pub open_people: i64,
    /// The units that end, by their codes.
    pub by_unit: Vec<UnitTally>,
    /// Roles bound to posts that go on: client, role, how many.
    pub roles: Vec<(String, String, i64)>,
    /// Roles of groups of units that end.
    pub groups: Vec<GroupsOf>,
    /// Scopes of administrators: whose, their user name, what becomes of it.
    pub scopes: Vec<(PersonId, String, ScopeMove)>,
    /// Clients that live on codes of before: id, name, and in which way; once for each.
    pub clients: Vec<(String, String, String)>,
}

impl Preview {
    /// Roles of administrators that end, and for which somebody appoints anew: more, or less, comes after their units.
    pub fn scopes_anew(&self) -> usize {
        self.scopes.iter().filter(|(_, _, moved)| moved.anew).count()
    }
}

/// A post of which nobody has said where it goes.
#[derive(Debug, Clone)]
pub struct OpenPost {
    /// Whose.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// The post.
    pub position: Position,
    /// Where it may go.
    pub candidates: Vec<UnitId>,
}

/// What becomes of the people of one unit.
#[derive(Debug, Clone)]
pub struct UnitTally {
    /// The unit.
    pub unit: UnitId,
    /// Its name on its last day.
    pub name: String,
    /// Its code on its last day.
    pub gso: String,
    /// What becomes of it.
    pub fate: Fate,
    /// People with a post in it.
    pub people: i64,
    /// Those of whom nobody has said where they go.
    pub open: i64,
}

/// Looks at what a plan, or a stage of it, would do now.
pub async fn preview(services: &Services, name: &str, stage: Option<&str>) -> Result<Preview, ReorganizationError> {
    let outlook = Outlook::open(services, registered(services, name).await?, stage).await?;
    let lines = outlook.survey(services).await?;
    let open = open_posts(services, &outlook, &lines).await?;
    let roles = roles(services, &lines).await?;
    let groups = groups_of(services, &outlook).await?;
    let clients = clients_of_before(services, &outlook).await?;
    Ok(Preview {
        stage: stage.map(str::to_owned),
        digest: outlook.digest(&lines),
        registry_version: outlook.registry.version(),
        people_version: lines.at,
        registry_before: outlook.registry.digest(),
        registry_after: outlook.effect.after.digest(),
        units_ended: outlook.effect.ended.len(),
        units_begun: outlook.effect.begun.len(),
        units_changed: changed(&outlook),
        people: lines.people(),
        posts: lines.posts(),
        decided: lines.posts_that(Way::Decided),
        open,
        open_count: lines.posts_that(Way::Open),
        open_people: count(lines.open_people().count()),
        by_unit: tallies(&outlook, &lines),
        roles,
        groups,
        scopes: outlook
            .scopes
            .iter()
            .map(|(person, moved)| {
                let username = outlook.usernames.get(person).cloned().unwrap_or_default();
                (person.clone(), username, moved.clone())
            })
            .collect(),
        clients,
        plan: outlook.plan,
    })
}

/// Units of which something changes although they neither end nor begin.
pub(super) fn changed(outlook: &Outlook) -> usize {
    let begun: HashSet<&UnitId> = outlook.effect.begun.iter().collect();
    let touched: BTreeSet<&UnitId> = outlook.effect.edits.facts.iter().map(|edit| edit.fact.unit()).collect();
    let exist: HashSet<&UnitId> = {
        let ended = outlook.effect.edits.facts.iter().filter(|edit| matches!(edit.fact, Fact::Unit { .. }));
        ended.map(|edit| edit.fact.unit()).chain(outlook.effect.ended.keys()).collect()
    };
    touched.into_iter().filter(|unit| !begun.contains(unit) && !exist.contains(unit)).count()
}

fn tallies(outlook: &Outlook, lines: &Lines) -> Vec<UnitTally> {
    let known = people_by_unit(lines);
    let last_day = outlook.plan.day_before();
    let mut told: Vec<UnitTally> = Vec::with_capacity(outlook.effect.ended.len());
    for (id, fate) in &outlook.effect.ended {
        let Some(unit) = outlook.registry.unit(id) else { continue };
        let registry = &outlook.registry;
        let gso = registry.code_on(unit, GSO, last_day).or_else(|| registry.last_code(unit, GSO));
        let (people, open) = known.get(id).copied().unwrap_or_default();
        told.push(UnitTally {
            unit: id.clone(),
            name: registry.name_on(unit, last_day).to_owned(),
            gso: gso.unwrap_or_default().to_owned(),
            fate: fate.clone(),
            people,
            open,
        });
    }
    told.sort_by(|a, b| (&a.gso, &a.unit).cmp(&(&b.gso, &b.unit)));
    told
}

async fn open_posts(services: &Services, outlook: &Outlook, lines: &Lines) -> Result<Vec<OpenPost>, StoreError> {
    let people: Vec<PersonId> = lines.open_people().take(TOLD).cloned().collect();
    let mut open = Vec::new();
    for some in people.chunks(BATCH) {
        open.extend(open_posts_of(services, outlook, some).await?);
    }
    open.truncate(TOLD);
    Ok(open)
}

/// The open posts of some people, by their ids.
pub(super) async fn open_posts_of(
    services: &Services,
    outlook: &Outlook,
    people: &[PersonId],
) -> Result<Vec<OpenPost>, StoreError> {
    let looks = outlook.look(services, &nothing(), people).await?;
    let known = persons::list_with_positions(&mut services.store.read().await?, people).await?;
    let mut open = Vec::new();
    for look in looks {
        let (username, full_name) =
            known.get(&look.person).map_or_else(Default::default, |person| (person.username.clone(), person.full_name.clone()));
        for moved in &look.moved {
            let By::Open(candidates) = &moved.by else { continue };
            open.push(OpenPost {
                person: look.person.clone(),
                username: username.clone(),
                full_name: full_name.clone(),
                position: look.applied.get(&moved.old.id).unwrap_or(&moved.old).clone(),
                candidates: candidates.clone(),
            });
        }
    }
    Ok(open)
}

/// How many roles are bound to posts that go on, or may: by client and role.
async fn roles(services: &Services, lines: &Lines) -> Result<Vec<(String, String, i64)>, StoreError> {
    let moved: HashSet<&PositionId> = lines.all().map(|(_, post)| &post.id).collect();
    let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = role_grants::list_bound(&mut services.store.read().await?, &after, ROLES).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for bound in page.into_iter().filter(|bound| moved.contains(&bound.position)) {
            *counts.entry((bound.client_id, bound.role)).or_default() += 1;
        }
    }
    Ok(counts.into_iter().map(|((client, role), number)| (client, role, number)).collect())
}

/// Clients that live on codes of before: they are told which units somebody came from (`legacy`, `both`), or their accounts of
/// old systems (`identities`), or codes of a scheme of which units that follow have none (`codes`).
pub(super) async fn clients_of_before(
    services: &Services,
    outlook: &Outlook,
) -> Result<Vec<(String, String, String)>, StoreError> {
    let today = vietnam_date(services.clock.now());
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let sources = legacy_sources::list(&mut conn).await?;
    drop(conn);
    let mut told = Vec::new();
    for client in all.iter().filter(|client| client.disabled_at.is_none()) {
        let units = match client.settings.unit_identifier_on(today) {
            UnitIdentifier::New => None,
            UnitIdentifier::Legacy => Some("legacy"),
            UnitIdentifier::Both => Some("both"),
        };
        let accounts = (!sources_told(client, &sources, today).is_empty()).then_some("identities");
        let codes = loses_code(client, outlook).then_some("codes");
        let words = [units, accounts, codes].into_iter().flatten();
        told.extend(words.map(|word| (client.id.clone(), client.name.clone(), word.to_owned())));
    }
    Ok(told)
}
