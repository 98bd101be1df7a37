//! Somebody whom a human makes of accounts, by the same way as matching makes them: the same name, facts, user name and
//! number; and the positions that accounts give once a human has said whose they are, by the same rule too. The human
//! decides of whom the accounts are; nothing is decided here.
//!
//! A position that a decision gives stands in a set of changes of its own: whoever takes the decision back takes back that
//! set, and nothing else.

use super::families::Family;
use super::ground::Ground;
use super::newcomers;
use super::scene::{self, Account};
use super::write::{self, Stop};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::legacy_account::Facts;
use crate::model::position::Position;
use crate::service::gone_on::{self, Versions};
use crate::service::{Failure, Services};
use crate::store::legacy_matching::{self, AccountRow, ORIGIN};
use crate::store::{StoreError, Tx, change_sets, positions};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

// What accounts give no more ends where an arrival is decided, too.
pub(in crate::service::legacy) use super::endings::{Lost, end_in, end_now};

/// Somebody who can be made.
pub struct Draft {
    family: Family,
    units: Vec<UnitId>,
    /// Somebody else has their number in the directory, so it is left out.
    pub number_left_out: bool,
}

impl Draft {
    /// The units in which their accounts give them a position.
    pub fn units(&self) -> &[UnitId] {
        &self.units
    }
}

/// What is compared of an account.
pub fn facts(row: &AccountRow) -> Result<Facts, StoreError> {
    scene::facts_of_account(row)
}

/// Drafts somebody for each group of accounts, the first of which makes them; nobody where no account has a name.
pub async fn draft(services: &Services, groups: Vec<Vec<AccountRow>>) -> Result<Vec<Option<Draft>>, Failure> {
    let emails: Vec<String> = groups.iter().flatten().map(|row| row.email.clone()).collect();
    let ground = Ground::of_few(services, &emails).await?;
    let mut drafts = Vec::with_capacity(groups.len());
    let mut numbers = HashSet::new();
    for rows in groups {
        let mut accounts = Vec::with_capacity(rows.len());
        for row in rows {
            let facts = scene::facts_of_account(&row)?;
            accounts.push(Account { row, facts });
        }
        drafts.push(draft_one(services, &ground, &accounts, &mut numbers).await?);
    }
    Ok(drafts)
}

async fn draft_one(
    services: &Services,
    ground: &Ground,
    accounts: &[Account],
    numbers: &mut HashSet<Vec<u8>>,
) -> Result<Option<Draft>, Failure> {
    let accounts: Vec<&Account> = accounts.iter().collect();
    if accounts.iter().all(|account| account.facts.name.is_empty()) {
        return Ok(None);
    }
    let Some(mut newcomer) = newcomers::of(services, ground, &accounts)? else { return Ok(None) };
    let number = newcomer.number_digest(services);
    let taken = match number {
        Some(digest) => {
            let one = std::slice::from_ref(&digest);
            let holders = legacy_matching::list_number_holders(&mut services.store.read().await?, one).await?;
            // Two who are made together do not get one number either.
            !holders.is_empty() || !numbers.insert(digest)
        }
        None => false,
    };
    if taken {
        newcomer = newcomer.without_number();
    }
    let mut units: Vec<UnitId> = Vec::new();
    for post in accounts.iter().filter_map(|account| ground.places.post(account)) {
        if !units.contains(&post.unit) {
            units.push(post.unit);
        }
    }
    let family = Family { newcomer: Some(newcomer), ..Family::default() };
    Ok(Some(Draft { family, units, number_left_out: taken }))
}

/// Makes everybody of some drafts in a unit of work, without positions; the set of changes, and who they are. `Stale` when
/// somebody was first to a user name, a number or the people: nothing of the unit of work may count then.
pub async fn make(
    tx: &mut Tx,
    services: &Services,
    drafts: &[&Draft],
    actor: &str,
) -> Result<(ChangeSetId, Vec<PersonId>), StoreError> {
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    let people: Vec<Option<PersonId>> = drafts.iter().map(|_| Some(PersonId::new(now, &*services.entropy))).collect();
    let families: Vec<&Family> = drafts.iter().map(|draft| &draft.family).collect();
    change_sets::add(tx, &set, ORIGIN, actor, now).await?;
    match write::stage(tx, services, &set, &families, &people).await {
        Ok(_) => {}
        Err(Stop::Stale) => return Err(StoreError::Stale),
        Err(Stop::Store(error)) => return Err(error),
    }
    apply(tx, &set, now).await?;
    Ok((set, people.into_iter().flatten().collect()))
}

/// Makes a set count; `Stale` when people were changed since it was begun.
async fn apply(tx: &mut Tx, set: &ChangeSetId, now: Millis) -> Result<(), StoreError> {
    let applies = change_sets::replace_people_version(tx, set, now).await? && change_sets::mark_applied(tx, set, now).await?;
    if applies { Ok(()) } else { Err(StoreError::Stale) }
}

/// Leaves nothing of a set that tells nothing.
async fn give_up(tx: &mut Tx, set: &ChangeSetId, now: Millis) -> Result<(), StoreError> {
    change_sets::mark_abandoned(tx, set, now).await?;
    change_sets::remove(tx, set).await
}

/// By what positions are made of accounts that a human gives to somebody.
pub struct Posting {
    ground: Ground,
}

/// The position that a decision gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The set of changes that tells of it, and of nothing else.
    pub set: ChangeSetId,
    /// Which one.
    pub position: PositionId,
    /// In which unit.
    pub unit: UnitId,
}

impl Posting {
    /// Reads it, before a unit of work is begun.
    pub async fn open(services: &Services) -> Result<Self, Failure> {
        Ok(Self { ground: Ground::of_few(services, &[]).await? })
    }

    /// Gives a person the position that an account gives, now that it is theirs; nothing where matching gives none: to
    /// whom it did not make, while the unit is in question, or where they hold one already or somebody ended it. `Stale`
    /// when others were first to the people: nothing of the unit of work may count then.
    pub async fn give(
        &self,
        tx: &mut Tx,
        services: &Services,
        (row, person): (AccountRow, &PersonId),
        actor: &str,
    ) -> Result<Option<Posted>, StoreError> {
        let facts = scene::facts_of_account(&row)?;
        let Some(mut post) = self.ground.places.post(&Account { row, facts }) else { return Ok(None) };
        let (one, now) = (std::slice::from_ref(person), services.clock.now());
        let told = legacy_matching::list_persons(tx, one).await?;
        if told.last().is_none_or(|told| told.made == 0 || told.stands_for != person.0) {
            return Ok(None);
        }
        // Begun before it is compared with: whoever changes the person meanwhile is found out.
        let set = ChangeSetId::new(now, &*services.entropy);
        change_sets::add(tx, &set, ORIGIN, actor, now).await?;
        let held = legacy_matching::list_units_of(tx, one).await?;
        if held.iter().any(|(_, unit)| *unit == post.unit.0) {
            give_up(tx, &set, now).await?;
            return Ok(None);
        }
        post.primary = held.is_empty();
        let position = post.held_by(person);
        positions::add(tx, &set, &[(person.clone(), position.clone())]).await?;
        apply(tx, &set, now).await?;
        Ok(Some(Posted { set, position: position.id, unit: position.unit }))
    }
}

/// What is told where the position that a decision gave is taken back; `None` when somebody told otherwise of it since.
fn told_without(versions: &Versions, posted: &Posted) -> Option<Vec<Position>> {
    let mut told = gone_on::without(versions, &posted.position, &posted.set)?;
    let mut taken = gone_on::following(versions, &posted.position);
    taken.push(&posted.position);
    // The newest comes last.
    let newest = versions.values().filter_map(|all| all.last()).map(|version| &version.position);
    let (own, others): (Vec<&Position>, Vec<&Position>) = newest.partition(|position| taken.contains(&&position.id));
    let open: Vec<&Position> = others.into_iter().filter(|position| position.valid_to.is_none()).collect();
    let is_headless = own.iter().any(|position| position.primary) && open.iter().all(|position| !position.primary);
    let next = open.first().filter(|_| is_headless);
    told.extend(next.map(|next| Position { primary: true, ..(*next).clone() }));
    Some(told)
}

/// Takes back the position that a decision gave, with those in which it went on by re-organizations; false when somebody told
/// otherwise of one of them since: then they stay as they are. Where it was the primary one, the next one becomes that.
pub async fn take_back(
    tx: &mut Tx,
    services: &Services,
    (posted, person): (&Posted, &PersonId),
    actor: &str,
) -> Result<bool, StoreError> {
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    change_sets::add(tx, &set, ORIGIN, actor, now).await?;
    let mut versions = Versions::new();
    for version in positions::list_versions(tx, &set, std::slice::from_ref(person)).await? {
        versions.entry(version.position.id.clone()).or_default().push(version);
    }
    let Some(told) = told_without(&versions, posted) else {
        give_up(tx, &set, now).await?;
        return Ok(false);
    };
    let told: Vec<(PersonId, Position)> = told.into_iter().map(|position| (person.clone(), position)).collect();
    positions::add(tx, &set, &told).await?;
    apply(tx, &set, now).await?;
    if change_sets::mark_undone(tx, &posted.set, now).await? { Ok(true) } else { Err(StoreError::Stale) }
}
