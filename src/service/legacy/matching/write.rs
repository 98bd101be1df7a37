//! Some families in one short write: who is new, positions, decisions and their records; all of it or nothing.
//!
//! An account that comes to somebody who can come in by a way of their own is retired in the same write. And where it is
//! decided while its owner stands at the door, what their accounts give no more ends in it too: nothing waits for a run.

use super::Request;
use super::endings::{self, Lost};
use super::families::{Change, Family, Owner};
use super::newcomers::Newcomer;
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::legacy_account::AccountKey;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::legacy::taken_away::{self, TakenAway};
use crate::service::sign_on::ending::By;
use crate::service::{Failure, Services, forget, old_accounts};
use crate::store::audit::AuditRow;
use crate::store::changes::Kind;
use crate::store::legacy_matching::{self, Decided, ORIGIN};
use crate::store::persons::{self, NewPerson};
use crate::store::{StoreError, Tx, change_sets, positions};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// On record as who decides of whoever stands at the door: what they wait for is written at once.
pub(super) const AT_THE_DOOR: &str = "system:arrival";
/// After so many user names that are taken, something else is wrong: from the third on each account has its own.
const TURNS: usize = 8;

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) changed: u64,
    pub(super) persons_new: u64,
    pub(super) positions_new: u64,
}

/// Why nothing was written.
pub(super) enum Stop {
    /// Somebody was first: what was read is to be read again.
    Stale,
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            StoreError::Unavailable(_) | StoreError::Corrupt(_) => Self::Store(error),
        }
    }
}

/// Leaves the positions that are to be made: those in units in which their people hold and held none.
pub(super) async fn trim_posts(services: &Services, families: &mut [Family]) -> Result<(), Failure> {
    let placed = families.iter().filter(|family| !family.posts.is_empty());
    let people: Vec<PersonId> = placed.filter_map(|family| family.person.clone()).collect();
    let mut held: HashMap<PersonId, HashSet<String>> = HashMap::new();
    for chunk in people.chunks(500) {
        for (person, unit) in legacy_matching::list_units_of(&mut services.store.read().await?, chunk).await? {
            held.entry(person).or_default().insert(unit);
        }
    }
    for family in families {
        let Some(person) = &family.person else { continue };
        let units = held.entry(person.clone()).or_default();
        family.posts.retain_mut(|post| {
            post.primary = units.is_empty();
            units.insert(post.unit.0.clone())
        });
    }
    Ok(())
}

/// Writes families; nothing when somebody was first, and all of them are to be looked at again.
pub(super) async fn write(services: &Services, request: &Request<'_>, families: &[&Family]) -> Result<Option<Written>, Failure> {
    match try_to_write(services, request, families).await {
        Ok(written) => Ok(Some(written)),
        Err(Stop::Stale) => Ok(None),
        Err(Stop::Store(error)) => Err(error.into()),
    }
}

async fn try_to_write(services: &Services, request: &Request<'_>, families: &[&Family]) -> Result<Written, Stop> {
    let now = services.clock.now();
    let by = By { actor: request.actor, origin: request.origin };
    let mut tx = services.store.write().await?;
    let owners: BTreeSet<&PersonId> = families.iter().flat_map(|family| family.changes.iter().filter_map(known_owner)).collect();
    let owners: Vec<&PersonId> = owners.into_iter().collect();
    old_accounts::hold(&mut tx, &owners).await?;
    let with_people = families.iter().any(|family| family.newcomer.is_some() || !family.posts.is_empty());
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut written = Written::default();
    let newcomers: Vec<Option<PersonId>> =
        families.iter().map(|family| family.newcomer.as_ref().map(|_| PersonId::new(now, &*services.entropy))).collect();
    if with_people {
        change_sets::add(&mut tx, &set, ORIGIN, request.actor, now).await?;
        written = stage(&mut tx, services, &set, families, &newcomers).await?;
    }
    let mut all: Vec<Decided> = families
        .iter()
        .zip(&newcomers)
        .flat_map(|(family, newcomer)| family.changes.iter().map(move |change| decided(change, newcomer.as_ref())))
        .collect();
    // In the order of keys: two runs at once wait for each other and do not deadlock.
    all.sort_by(|one, other| one.key.cmp(&other.key));
    written.changed = legacy_matching::decide(&mut tx, &all, now).await?;
    if usize::try_from(written.changed) != Ok(all.len()) {
        return Err(Stop::Stale);
    }
    let records = records(services, request, families, (&set, newcomers.as_slice()));
    legacy_matching::add_records(&mut tx, &records).await?;
    let changes = families.iter().flat_map(|family| &family.changes);
    let linked: Vec<(&AccountKey, &PersonId)> = changes.filter_map(|change| Some((&change.key, known_owner(change)?))).collect();
    let retired = old_accounts::retire_linked(&mut tx, services, &linked, by).await?;
    let ended = taken(families, &newcomers).end(&mut tx, services, by).await?;
    if with_people {
        let applies = change_sets::replace_people_version(&mut tx, &set, now).await?
            && change_sets::mark_applied(&mut tx, &set, now).await?;
        if !applies {
            return Err(Stop::Stale);
        }
    }
    // Nobody keeps in memory who was not there.
    let moved: BTreeSet<&PersonId> =
        families.iter().filter(|family| !family.posts.is_empty()).filter_map(|family| family.person.as_ref()).collect();
    for person in &moved {
        forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    }
    let is_awaited = request.actor == AT_THE_DOOR;
    let lost = if is_awaited { end_old(&mut tx, services, families, by).await? } else { Lost::default() };
    tx.commit().await?;
    for person in moved {
        services.known.forget(Kind::Person, person.as_str(), now);
    }
    retired.tell(services);
    taken_away::tell(services, &ended);
    lost.tell(services);
    Ok(written)
}

/// The accounts that are taken from somebody: what they entered through them ends.
fn taken(families: &[&Family], newcomers: &[Option<PersonId>]) -> TakenAway {
    let mut taken = TakenAway::default();
    for (family, newcomer) in families.iter().zip(newcomers) {
        for change in &family.changes {
            let person = person_of(&change.owner, newcomer.as_ref());
            if let Some(was) = change.was.as_ref().filter(|was| Some(*was) != person) {
                taken.add((&change.key.source, &change.key.legacy_id), was);
            }
        }
    }
    taken
}

/// Whose an account becomes who was there before.
fn known_owner(change: &Change) -> Option<&PersonId> {
    match &change.owner {
        Owner::Person(person) => Some(person),
        Owner::Nobody | Owner::Newcomer => None,
    }
}

/// Ends what these accounts gave and give no more, to whoever has them and to whoever had them.
async fn end_old(tx: &mut Tx, services: &Services, families: &[&Family], by: By<'_>) -> Result<Lost, StoreError> {
    let mut people: BTreeSet<PersonId> = families.iter().filter_map(|family| family.person.clone()).collect();
    for change in families.iter().flat_map(|family| &family.changes) {
        people.extend(change.was.clone());
        people.extend(known_owner(change).cloned());
    }
    let people: Vec<PersonId> = people.into_iter().collect();
    endings::end_in(tx, services, &people, by).await
}

/// Stages newcomers and positions in a set of changes.
pub(super) async fn stage(
    tx: &mut Tx,
    services: &Services,
    set: &ChangeSetId,
    families: &[&Family],
    newcomers: &[Option<PersonId>],
) -> Result<Written, Stop> {
    let mut new: Vec<(&PersonId, &Newcomer)> = Vec::new();
    let mut held: Vec<(PersonId, Position)> = Vec::new();
    for (family, newcomer) in families.iter().zip(newcomers) {
        new.extend(newcomer.as_ref().zip(family.newcomer.as_ref()));
        if let Some(person) = newcomer.as_ref().or(family.person.as_ref()) {
            held.extend(family.posts.iter().map(|post| (person.clone(), post.held_by(person))));
        }
    }
    take_names(tx, services, set, &new).await?;
    take_numbers(tx, services, set, &new).await?;
    let facts: Vec<(PersonId, persons::Facts)> =
        new.iter().map(|(person, newcomer)| ((*person).clone(), newcomer.facts(services, person))).collect();
    persons::add_facts(tx, set, &facts).await?;
    positions::add(tx, set, &held).await?;
    let count = |len: usize| u64::try_from(len).unwrap_or_default();
    Ok(Written { persons_new: count(new.len()), positions_new: count(held.len()), changed: 0 })
}

/// Takes a free user name for each.
async fn take_names(tx: &mut Tx, services: &Services, set: &ChangeSetId, new: &[(&PersonId, &Newcomer)]) -> Result<(), Stop> {
    let mut names: BTreeMap<String, &PersonId> = BTreeMap::new();
    let mut waiting: Vec<(&PersonId, &Newcomer)> = new.to_vec();
    for turn in 0..TURNS {
        if waiting.is_empty() {
            break;
        }
        let tried: Vec<String> = waiting.iter().map(|(_, newcomer)| newcomer.wanted.at(turn)).collect();
        let taken = legacy_matching::list_taken(tx, &tried).await?;
        let mut left = Vec::new();
        for ((person, newcomer), name) in waiting.into_iter().zip(tried) {
            if taken.contains(&name) || names.contains_key(&name) {
                left.push((person, newcomer));
            } else {
                names.insert(name, person);
            }
        }
        waiting = left;
    }
    let people: Vec<NewPerson> = names
        .iter()
        .map(|(name, person)| NewPerson { id: (*person).clone(), username: name.clone(), folded: name.clone() })
        .collect();
    let owners = persons::add(tx, set, services.clock.now(), &people).await?;
    // A name that another set has taken in this very moment.
    let all_ours = names.iter().all(|(name, person)| owners.get(name).is_some_and(|owner| owner.id == person.0));
    if all_ours && waiting.is_empty() { Ok(()) } else { Err(Stop::Stale) }
}

/// Takes the personal numbers. Whoever else has one of them by now is found when all is looked at again.
async fn take_numbers(tx: &mut Tx, services: &Services, set: &ChangeSetId, new: &[(&PersonId, &Newcomer)]) -> Result<(), Stop> {
    let numbered = new.iter().filter_map(|(person, newcomer)| Some((newcomer.number_digest(services)?, (*person).clone())));
    let wanted: BTreeMap<Vec<u8>, PersonId> = numbered.collect();
    let owners = persons::add_numbers(tx, set, &wanted).await?;
    let all_ours = wanted.iter().all(|(digest, person)| owners.get(digest) == Some(person));
    if all_ours { Ok(()) } else { Err(Stop::Stale) }
}

/// Whose an account becomes.
fn person_of<'a>(owner: &'a Owner, newcomer: Option<&'a PersonId>) -> Option<&'a PersonId> {
    match owner {
        Owner::Nobody => None,
        Owner::Person(person) => Some(person),
        Owner::Newcomer => newcomer,
    }
}

fn decided(change: &Change, newcomer: Option<&PersonId>) -> Decided {
    Decided {
        key: change.key.clone(),
        row_digest: change.row_digest.clone(),
        before: change.before.clone(),
        was: change.was.as_ref().map(|was| was.0.clone()),
        decision: change.decision,
        rule: change.rule,
        evidence: change.evidence.clone(),
        person: person_of(&change.owner, newcomer).cloned(),
    }
}

/// A record for everybody who is made, and for every account that comes to somebody or is taken from them.
fn records(
    services: &Services,
    request: &Request<'_>,
    families: &[&Family],
    (set, newcomers): (&ChangeSetId, &[Option<PersonId>]),
) -> Vec<AuditRow> {
    let mut rows = Vec::new();
    let mut add = |event: &'static str, person: &PersonId, detail: serde_json::Value| {
        let actor = request.actor.to_owned();
        let event = Event { event, actor, person: Some(person), client: None, origin: request.origin, detail };
        rows.push(audit::row(services, event));
    };
    for (family, newcomer) in families.iter().zip(newcomers) {
        if let (Some(person), Some(told)) = (newcomer, &family.newcomer) {
            let units: Vec<&str> = family.posts.iter().map(|post| post.unit.as_str()).collect();
            add("legacy.person_created", person, json!({ "account": told.maker, "units": units, "change_set": set }));
        }
        for change in &family.changes {
            let person = person_of(&change.owner, newcomer.as_ref());
            let detail = json!({ "source": change.key.source, "legacy_id": change.key.legacy_id, "rule": change.rule });
            if let Some(was) = change.was.as_ref().filter(|was| Some(*was) != person) {
                add("legacy.account_released", was, detail.clone());
            }
            if let Some(person) = person.filter(|person| change.was.as_ref() != Some(*person)) {
                add("legacy.account_linked", person, detail);
            }
        }
    }
    rows
}
