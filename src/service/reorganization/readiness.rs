//! How far a plan, or a stage of it, is prepared: the people whom it moves, their accounts of old systems, what is undecided,
//! which systems still live on what was before, and what ends with the units.
//!
//! It is advice. What may be approved and applied is for whoever does that; here is only what they would rather know before.

use super::counts::{counted, fresh, known};
use super::errors::ReorganizationError;
use super::lines::count;
use super::outlook::{Outlook, people_version};
use super::register::registered;
use super::status::{Readiness, StageStatus, Status};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::client::{Client, ClientType, UnitIdentifier};
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::legacy_source::LegacySource;
use crate::model::plan::effect::Fate;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::store::plan_counts::Counted;
use crate::store::plan_figures::GroupsOf;
use crate::store::plan_readiness::{Accounts, People};
use crate::store::{StoreError, clients, group_grants, legacy_sources, plans};
use std::collections::BTreeMap;
use time::Date;

/// How far a plan, or a stage of it, is prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// People who may sign in and have a post that ends or goes on elsewhere.
    pub people: People,
    /// Accounts of old systems in the units that end.
    pub accounts: Accounts,
    /// Posts of which nobody has said where they go.
    pub undecided: i64,
    /// When these were counted.
    pub counted_at: Millis,
    /// Systems that live on what was before, and of which nobody has said until when, or not long enough.
    pub clients: Vec<Leaning>,
    /// Roles of groups that end with their units: none of those that follow stands for the unit alone.
    pub groups: Vec<GroupGrant>,
    /// Roles of administrators that end, and for which somebody appoints anew.
    pub scopes: i64,
    /// What other plans are approved for the same day or an earlier one.
    pub beside: Vec<Beside>,
}

/// A system that lives on what was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaning {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is told.
    pub what: Former,
    /// The last day on which it is told so; none: nobody has said.
    pub until: Option<Date>,
}

/// What of before a system is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former {
    /// The units that people came from.
    Units,
    /// What old systems called people.
    Subjects,
    /// Their accounts in old systems, with the codes of units there.
    Identities,
    /// Codes of a scheme of which units that follow have none.
    Codes,
}

impl Former {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Subjects => "subjects",
            Self::Identities => "identities",
            Self::Codes => "codes",
        }
    }
}

/// A plan, or a stage of one, that is approved and waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The plan.
    pub plan: String,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
}

/// Something that is not as it had better be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// So many posts of which nobody has said where they go.
    Undecided(i64),
    /// So many accounts of old systems of which nobody knows whose they are.
    Waiting(i64),
    /// So many people with such an account who have not signed in since it is theirs.
    Away(i64),
    /// So many systems that live on what was before.
    Clients(i64),
    /// So many roles of groups that end.
    Groups(i64),
    /// So many administrators to appoint anew.
    Scopes(i64),
    /// So much else is approved for the day: whichever is applied later needs another approval.
    Beside(i64),
}

impl Concern {
    /// A word for it, and how many.
    pub fn counted(self) -> (&'static str, i64) {
        match self {
            Self::Undecided(count) => ("undecided", count),
            Self::Waiting(count) => ("accounts_waiting", count),
            Self::Away(count) => ("not_signed_in", count),
            Self::Clients(count) => ("clients", count),
            Self::Groups(count) => ("group_roles", count),
            Self::Scopes(count) => ("administrators", count),
            Self::Beside(count) => ("same_day", count),
        }
    }
}

impl Prepared {
    /// What had better be done before; nothing where all is prepared.
    pub fn concerns(&self) -> Vec<Concern> {
        let all = [
            Concern::Undecided(self.undecided),
            Concern::Waiting(self.accounts.waiting),
            Concern::Away(self.people.owners - self.people.arrived),
            Concern::Clients(count(self.clients.len())),
            Concern::Groups(count(self.groups.len())),
            Concern::Scopes(self.scopes),
            Concern::Beside(count(self.beside.len())),
        ];
        all.into_iter().filter(|concern| concern.counted().1 > 0).collect()
    }
}

/// How far a plan that is not withdrawn, and each of its stages, are prepared; what counts already, or does not fit the units
/// as they are, is left out. Figures for which everybody is gone through are kept for a while.
pub async fn prepared(services: &Services, status: &Status) -> Result<Vec<Prepared>, ReorganizationError> {
    let mut all = Vec::new();
    for stage in status.stages.iter().filter(|stage| is_to_come(status, stage)) {
        let stage = stage.stage.as_deref();
        let Some(outlook) = fitting(services, &status.plan.name, stage).await? else { continue };
        let figures = known(services, &outlook, stage).await?;
        all.push(of(services, (&outlook, stage), &figures).await?);
    }
    Ok(all)
}

/// A stage is to come unless it counts, or the whole plan does; the whole plan, unless some of it does.
fn is_to_come(status: &Status, stage: &StageStatus) -> bool {
    let concerns = |other: &&StageStatus| other.stage.is_none() || stage.stage.is_none() || other.stage == stage.stage;
    let is_applied = status.stages.iter().filter(concerns).any(|other| other.readiness == Readiness::Applied);
    status.withdrawn_at.is_none() && !is_applied
}

/// A plan, or a stage of it, over the units as they are; nothing where it does not fit them.
async fn fitting(services: &Services, name: &str, stage: Option<&str>) -> Result<Option<Outlook>, ReorganizationError> {
    match Outlook::open(services, registered(services, name).await?, stage).await {
        Ok(outlook) => Ok(Some(outlook)),
        Err(ReorganizationError::Wrong(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same for whoever has looked at it: of the whole plan its stages come after it.
pub(super) async fn beside_look(
    services: &Services,
    (name, stage): (&str, Option<&str>),
    undecided: i64,
) -> Result<Vec<Prepared>, ReorganizationError> {
    let outlook = Outlook::open(services, registered(services, name).await?, stage).await?;
    let version = people_version(services).await?;
    let figures = counted(services, &outlook, (version, undecided)).await?;
    let mut all = vec![of(services, (&outlook, stage), &figures).await?];
    let stages = if stage.is_none() { outlook.plan.stage_names() } else { Vec::new() };
    for stage in stages.into_iter().map(Some) {
        let Some(outlook) = fitting(services, name, stage).await? else { continue };
        let figures = fresh(services, &outlook).await?;
        all.push(of(services, (&outlook, stage), &figures).await?);
    }
    Ok(all)
}

async fn of(
    services: &Services,
    (outlook, stage): (&Outlook, Option<&str>),
    figures: &Counted,
) -> Result<Prepared, ReorganizationError> {
    let (now, day) = (services.clock.now(), outlook.plan.effective);
    let mut conn = services.store.read().await?;
    let all = clients::list(&mut conn).await?;
    let groups = group_grants::list(&mut conn).await?;
    let sources = legacy_sources::list(&mut conn).await?;
    drop(conn);
    Ok(Prepared {
        stage: stage.map(str::to_owned),
        people: figures.people,
        accounts: figures.accounts,
        undecided: figures.undecided,
        counted_at: figures.at,
        clients: all.iter().flat_map(|client| leaning(client, outlook, &sources, vietnam_date(now))).collect(),
        groups: groups.into_iter().map(|stored| stored.grant).filter(|grant| goes_on(outlook, grant) == Some(false)).collect(),
        scopes: count(outlook.scopes.iter().filter(|(_, moved)| moved.anew).count()),
        beside: beside(services, &outlook.plan.name, day).await?,
    })
}

/// In which ways a client is told what was before, without a last day or with one that comes before the plan's day; or that
/// it is told codes which there are none of afterwards.
fn leaning(client: &Client, outlook: &Outlook, sources: &[LegacySource], today: Date) -> Vec<Leaning> {
    let (settings, day) = (&client.settings, outlook.plan.effective);
    let is_short = |until: Option<Date>| until.is_none_or(|until| until < day);
    let line = |what: Former, until: Option<Date>| Leaning { id: client.id.clone(), name: client.name.clone(), what, until };
    let units = settings.unit_identifier_on(today) != UnitIdentifier::New && is_short(settings.unit_identifier_until);
    let subjects = !settings.legacy_subjects_on(today).is_empty() && is_short(settings.subject_until);
    let accounts = sources_told(client, sources, today);
    // Where one of them has no last day there is none.
    let days: Option<Vec<Date>> = accounts.iter().map(|source| source.sunset_on).collect();
    let last = days.and_then(|days| days.into_iter().max());
    let ways = [
        (units, Former::Units, settings.unit_identifier_until),
        (subjects, Former::Subjects, settings.subject_until),
        (!accounts.is_empty() && is_short(last), Former::Identities, last),
        (loses_code(client, outlook), Former::Codes, None),
    ];
    let told = ways.into_iter().filter(|(is_told, ..)| *is_told && client.disabled_at.is_none());
    told.map(|(_, what, until)| line(what, until)).collect()
}

/// The old systems of which a client is told the accounts on a day, and with them the codes of units as they were there.
pub(super) fn sources_told<'s>(client: &Client, sources: &'s [LegacySource], today: Date) -> Vec<&'s LegacySource> {
    let belongs = |source: &LegacySource| client.settings.legacy_sources.contains(&source.id);
    let lasts = |source: &LegacySource| source.sunset_on.is_none_or(|last| today <= last);
    let told = sources.iter().filter(|source| belongs(source) && lasts(source));
    if client.may_have("legacy") { told.collect() } else { Vec::new() }
}

/// True for a client that is told codes of a scheme where people go on from a unit that has one to a unit that has none.
pub(super) fn loses_code(client: &Client, outlook: &Outlook) -> bool {
    let (scheme, effect) = (client.settings.unit_code_scheme.as_str(), &outlook.effect);
    let (day, eve) = (outlook.plan.effective, outlook.plan.day_before());
    let has = |registry: &Registry, unit: &UnitId, on: Date| {
        registry.unit(unit).is_some_and(|unit| registry.code_on(unit, scheme, on).is_some())
    };
    let is_told = client.may_have("unit") && client.settings.application_type != ClientType::Service;
    let had_one = effect.ended.iter().filter(|(unit, _)| has(&outlook.registry, unit, eve));
    is_told && had_one.flat_map(|(_, fate)| onward(fate)).any(|unit| !has(&effect.after, unit, day))
}

/// The units in which whoever works in a unit with this fate may go on.
fn onward(fate: &Fate) -> &[UnitId] {
    match fate {
        Fate::Whole(unit) => std::slice::from_ref(unit),
        Fate::Choice(units) => units,
        Fate::Gone => &[],
    }
}

/// What becomes of a role of a group that counts on the plan's day, of a unit that ends: true where another unit stands for
/// that one afterwards, false where none does; nothing of any other role.
fn goes_on(outlook: &Outlook, grant: &GroupGrant) -> Option<bool> {
    let day = outlook.plan.effective;
    // After an earlier plan another unit may stand already for the one of which it was given.
    let before = standing_for(&outlook.registry, &grant.unit, outlook.plan.day_before());
    let ends = before.last().is_some_and(|unit| outlook.effect.ended.contains_key(*unit));
    let is_meant = ends && !grant.is_over_on(day);
    is_meant.then(|| standing_for(&outlook.effect.after, &grant.unit, day).len() > before.len())
}

/// Roles of groups of units that end: by client and role, how many go on with their units, and how many do not.
pub(super) async fn groups_of(services: &Services, outlook: &Outlook) -> Result<Vec<GroupsOf>, StoreError> {
    let all = group_grants::list(&mut services.store.read().await?).await?;
    let mut counts: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
    for grant in all.into_iter().map(|stored| stored.grant) {
        let Some(is_on) = goes_on(outlook, &grant) else { continue };
        let (go_on, end) = counts.entry((grant.client_id, grant.role)).or_default();
        *(if is_on { go_on } else { end }) += 1;
    }
    Ok(counts.into_iter().map(|((client, role), (go_on, end))| GroupsOf { client, role, go_on, end }).collect())
}

/// What other plans are approved for the day of a plan or an earlier one.
pub async fn same_day(services: &Services, name: &str) -> Result<Vec<Beside>, ReorganizationError> {
    let day = registered(services, name).await?.effective;
    Ok(beside(services, name, day).await?)
}

async fn beside(services: &Services, name: &str, day: Date) -> Result<Vec<Beside>, StoreError> {
    let mut conn = services.store.read().await?;
    let waiting = plans::list_due(&mut conn, day).await?;
    // Of a plan and its own stages only one can be applied at all; and stages leave the units of each other alone.
    let others = waiting.into_iter().filter(|(_, approval)| approval.plan != name);
    let line = |stage: String| Some(stage).filter(|stage| !stage.is_empty());
    Ok(others.map(|(_, approval)| Beside { plan: approval.plan, stage: line(approval.stage) }).collect())
}
