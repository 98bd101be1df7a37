//! Acts on many people at once: chosen, looked at, begun, and done one after another.
//!
//! A choice is kept as it was made, so that what happens is what was looked at. Each person is a short write of their
//! own, with a proof that is asked for anew: whoever is out of reach by then is left alone, and an act that was stopped
//! in the middle goes on where it was. Whoever disables more than [`ALONE`] people within a day, in one act or in many,
//! does so only when a second person lets it happen.

mod begin;
mod run;
mod undo;

pub use crate::service::approvals::disabling::ALONE;
pub use begin::{Begun, begin};
pub use run::{Run, disable_approved, run};
pub use undo::{UNDO_DAYS, undo};

use crate::base::clock::Millis;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::admin_scope::AdminRole;
use crate::model::authority::{DisablePeople, Extent, GrantRoles, HelpPeople, ReadBulks, ReadPeople};
use crate::service::approvals::{self, disabling};
use crate::service::audit::{self, Event};
use crate::service::authority::{City, Doer, People};
use crate::service::{Failure, Services};
use crate::store::people_bulks::{self, Item, StoredBulk};
use crate::store::people_index::{self, Entry};
use crate::store::{AsEx, StoreError, clients};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The most people of one act.
pub const MOST: usize = 500;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// What is done to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// They sign in no more, and all that they hold ends.
    Disable,
    /// They may sign in again.
    Restore,
    /// Whoever has no passkey is reminded by mail.
    Remind,
    /// They get a role in a client.
    Grant,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Remind, Self::Grant, Self::Disable, Self::Restore];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Restore => "restore",
            Self::Remind => "remind",
            Self::Grant => "grant",
        }
    }

    /// Reads [`Act::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }

    /// Whether somebody has to say why.
    pub fn wants_reason(self) -> bool {
        match self {
            Self::Disable | Self::Grant => true,
            Self::Restore | Self::Remind => false,
        }
    }

    /// Whether it can be taken back as a whole.
    pub fn can_be_undone(self) -> bool {
        match self {
            Self::Disable | Self::Grant => true,
            Self::Restore | Self::Remind => false,
        }
    }
}

/// How far an act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Chosen, and nothing done.
    Chosen,
    /// A second person has to let it happen.
    Waiting,
    /// It is being done.
    Running,
    /// Everybody had their turn.
    Done,
    /// It is being taken back.
    Undoing,
    /// It was taken back, as far as nobody did anything since.
    Undone,
}

impl State {
    const ALL: [Self; 6] = [Self::Chosen, Self::Waiting, Self::Running, Self::Done, Self::Undoing, Self::Undone];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What became of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It is not their turn yet.
    Waiting,
    /// It was done.
    Done,
    /// It was so before.
    Already,
    /// They lie out of reach, or are not there.
    OutOfReach,
    /// There is no address to write to.
    NoAddress,
    /// The role cannot be given to them.
    Refused,
    /// It was taken back.
    TakenBack,
    /// It was left as it is, since somebody did something meanwhile.
    Kept,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Waiting, Self::Done, Self::Already, Self::OutOfReach, Self::NoAddress, Self::Refused, Self::TakenBack, Self::Kept];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "",
            Self::Done => "done",
            Self::Already => "already",
            Self::OutOfReach => "out_of_reach",
            Self::NoAddress => "no_address",
            Self::Refused => "refused",
            Self::TakenBack => "taken_back",
            Self::Kept => "kept",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// Who may do what to many: the proof says which act it is.
pub enum May<'a> {
    /// Disable them.
    Disable(&'a People<DisablePeople>),
    /// Let them in again.
    Restore(&'a People<DisablePeople>),
    /// Remind them.
    Remind(&'a People<HelpPeople>),
    /// Give them a role.
    Grant {
        /// The proof.
        proof: &'a People<GrantRoles>,
        /// In this client.
        client: &'a str,
        /// This role.
        role: &'a str,
    },
}

impl May<'_> {
    fn act(&self) -> Act {
        match self {
            Self::Disable(_) => Act::Disable,
            Self::Restore(_) => Act::Restore,
            Self::Remind(_) => Act::Remind,
            Self::Grant { .. } => Act::Grant,
        }
    }

    fn by(&self) -> &Doer {
        match self {
            Self::Disable(proof) | Self::Restore(proof) => &proof.by,
            Self::Remind(proof) => &proof.by,
            Self::Grant { proof, .. } => &proof.by,
        }
    }

    fn extent(&self) -> &Extent {
        match self {
            Self::Disable(proof) | Self::Restore(proof) => proof.extent(),
            Self::Remind(proof) => proof.extent(),
            Self::Grant { proof, .. } => proof.extent(),
        }
    }

    fn detail(&self) -> Value {
        match self {
            Self::Disable(_) | Self::Restore(_) | Self::Remind(_) => json!({}),
            Self::Grant { client, role, .. } => json!({ "client": client, "role": role }),
        }
    }
}

/// An act on many.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// Its identity.
    pub id: String,
    /// What is done.
    pub act: Act,
    /// The client and the role that are given.
    pub role: Option<(String, String)>,
    /// Who chose.
    pub created_by: PersonId,
    /// When.
    pub created_at: Millis,
    /// How far it is.
    pub state: State,
    /// Why.
    pub reason: String,
    /// The request to a second person.
    pub approval: Option<String>,
    /// The second person.
    pub approved_by: Option<PersonId>,
    /// When it was begun, asked for or let happen.
    pub decided_at: Option<Millis>,
    /// As things stand, whoever chose needs a second person.
    pub second: bool,
}

impl Bulk {
    fn read(stored: StoredBulk) -> Result<Self, StoreError> {
        let unreadable = |column: &str| StoreError::Corrupt(format!("people_bulks.{column}"));
        let detail: Value = serde_json::from_str(&stored.detail)?;
        let text = |name: &str| detail[name].as_str().map(str::to_owned);
        Ok(Self {
            act: Act::from_word(&stored.act).ok_or_else(|| unreadable("act"))?,
            role: text("client").zip(text("role")),
            state: State::from_word(&stored.state).ok_or_else(|| unreadable("state"))?,
            id: stored.id,
            created_by: PersonId(stored.created_by),
            created_at: Millis(stored.created_at),
            reason: stored.reason,
            approval: stored.approval_id,
            approved_by: stored.approved_by.map(PersonId),
            decided_at: stored.decided_at.map(Millis),
            second: false,
        })
    }
}

/// Somebody who was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Who.
    pub person: PersonId,
    /// Full name; empty for whoever is not there any more.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// What became of them.
    pub outcome: Outcome,
}

/// An act with everybody who was chosen for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The act.
    pub bulk: Bulk,
    /// The people, in their order.
    pub people: Vec<Chosen>,
}

/// Why an act was not begun.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// Nobody was chosen, or nobody within the bounds.
    #[error("nobody was chosen")]
    Nobody,
    /// Too many were.
    #[error("at most {MOST} people at a time")]
    TooMany,
    /// A reason is asked for.
    #[error("a reason is asked for: one line of at most {LONGEST_REASON} characters")]
    Reason,
    /// It is not there, not theirs, or was begun before.
    #[error("it is not there, or was begun before")]
    Gone,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for BulkError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Keeps a choice; nothing is done yet. Whoever lies outside the bounds was never chosen.
pub async fn choose(services: &Services, may: &May<'_>, people: &[PersonId]) -> Result<String, BulkError> {
    if people.len() > MOST {
        return Err(BulkError::TooMany);
    }
    let entries = people_index::list_entries(&mut services.store.read().await?, people).await?;
    let within = |person: &&PersonId| entries.get(person.as_str()).is_some_and(|entry| holds(may.extent(), entry));
    let people: Vec<PersonId> = people.iter().filter(within).cloned().collect();
    if people.is_empty() {
        return Err(BulkError::Nobody);
    }
    let now = services.clock.now();
    let bulk = StoredBulk {
        id: uuid_v7(now, services.entropy.as_ref()),
        act: may.act().word().to_owned(),
        detail: may.detail().to_string(),
        created_by: may.by().person.0.clone(),
        created_at: now.0,
        state: State::Chosen.word().to_owned(),
        reason: String::new(),
        approval_id: None,
        approved_by: None,
        decided_at: None,
    };
    let mut tx = services.store.write().await?;
    people_bulks::add(&mut tx, &bulk).await?;
    people_bulks::add_items(&mut tx, &bulk.id, &people).await?;
    tx.commit().await?;
    Ok(bulk.id)
}

fn holds(extent: &Extent, entry: &Entry) -> bool {
    match extent {
        Extent::City => true,
        Extent::Units(units) => entry.units.iter().any(|(unit, known)| known.belongs && units.contains(unit)),
    }
}

/// An act with its people: for whoever chose them, and for whoever could let it happen since all of them lie within their
/// bounds. Others are told that there is none.
pub async fn look(services: &Services, proof: &People<ReadPeople>, id: &str) -> Result<Option<Overview>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(mut bulk) = find(&mut conn, id).await? else { return Ok(None) };
    let items = people_bulks::list_items(&mut conn, id).await?;
    let people: Vec<PersonId> = items.iter().map(|item| PersonId(item.person_id.clone())).collect();
    let entries = people_index::list_entries(&mut conn, &people).await?;
    let own = bulk.created_by == proof.by.person;
    let asked = bulk.approval.is_some() && people.iter().all(|person| within(proof.extent(), &entries, person));
    if !own && !asked {
        return Ok(None);
    }
    if own && bulk.state == State::Chosen && bulk.act == Act::Disable {
        let fits = disabling::would_fit_alone(&mut conn, services, &bulk.created_by, items.len()).await?;
        drop(conn);
        bulk.second = !fits && !approvals::decides_alone(services, &bulk.created_by).await?;
    }
    let people = items.into_iter().map(|item| chosen(item, &entries)).collect::<Result<_, StoreError>>()?;
    Ok(Some(Overview { bulk, people }))
}

/// An act with its people, whoever chose them. That it was looked at is recorded first.
pub async fn look_at_any(services: &Services, proof: &City<ReadBulks>, id: &str) -> Result<Option<Overview>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(bulk) = find(&mut conn, id).await? else { return Ok(None) };
    let items = people_bulks::list_items(&mut conn, id).await?;
    let people: Vec<PersonId> = items.iter().map(|item| PersonId(item.person_id.clone())).collect();
    let entries = people_index::list_entries(&mut conn, &people).await?;
    drop(conn);
    let detail = json!({ "bulk": id, "act": bulk.act.word(), "by": bulk.created_by });
    audit::looked(services, Event::by(&proof.by, "people.bulk_viewed", None, None, detail)).await?;
    let people = items.into_iter().map(|item| chosen(item, &entries)).collect::<Result<_, StoreError>>()?;
    Ok(Some(Overview { bulk, people }))
}

fn within(extent: &Extent, entries: &BTreeMap<String, Entry>, person: &PersonId) -> bool {
    *extent == Extent::City || entries.get(person.as_str()).is_some_and(|entry| holds(extent, entry))
}

fn chosen(item: Item, entries: &BTreeMap<String, Entry>) -> Result<Chosen, StoreError> {
    let row = entries.get(&item.person_id).map(|entry| &entry.row);
    let unreadable = || StoreError::Corrupt("people_bulk_items.outcome".to_owned());
    Ok(Chosen {
        full_name: row.map(|row| row.full_name.clone()).unwrap_or_default(),
        username: row.map(|row| row.username.clone()).unwrap_or_default(),
        outcome: Outcome::from_word(&item.outcome).ok_or_else(unreadable)?,
        person: PersonId(item.person_id),
    })
}

async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Bulk>, StoreError> {
    people_bulks::find(conn, id).await?.map(Bulk::read).transpose()
}

/// A role that may be given to many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedRole {
    /// The client.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The role.
    pub role: String,
}

/// The roles that this administrator may give: whoever acts for a unit gives what clients leave to units.
pub async fn roles_offered(services: &Services, proof: &People<GrantRoles>) -> Result<Vec<OfferedRole>, Failure> {
    let for_a_unit = proof.by.acting_as.split(' ').next() == Some(AdminRole::Unit.word());
    let mut offered = Vec::new();
    for client in clients::list(&mut services.store.read().await?).await? {
        if client.disabled_at.is_some() {
            continue;
        }
        let settings = &client.settings;
        let left = |role: &&String| !for_a_unit || settings.unit_granted_roles.contains(role);
        offered.extend(settings.roles.iter().filter(left).map(|role| OfferedRole {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            role: role.clone(),
        }));
    }
    Ok(offered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for act in Act::ALL {
            assert_eq!(Act::from_word(act.word()), Some(act));
        }
        for state in State::ALL {
            assert_eq!(State::from_word(state.word()), Some(state));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.word()), Some(outcome));
        }
    }
}
