//! Somebody who is new to the directory, with their first position.
//!
//! User names and personal numbers are taken by the set of changes itself, so that two who add the same person at once
//! end with one person: the second is told. That a personal number is taken tells that somebody has it: each such
//! answer is on record, and an administrator gets [`MOST_REFUSED`] of them an hour.

use super::apply::{ChangeError, Ground, settle};
use super::told::{Check, FactsTold, Field, PositionTold, Problem, Why, facts, position};
use super::{apply, positions};
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId};
use crate::base::text::fold;
use crate::model::authority::AddPeople;
use crate::model::brought::Typed;
use crate::model::person::{Username, UsernameError};
use crate::model::personal_number::PersonalNumber;
use crate::model::position::Position;
use crate::model::same_person::{Alike, agree};
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::withheld::Withheld;
use crate::service::{Failure, Services};
use crate::store::persons::{self, Facts, NewPerson};
use crate::store::{StoreError, Tx, change_sets};
use crate::transient::attempts;
use serde_json::json;
use std::collections::BTreeMap;

/// Times that other sets may be first.
const TURNS: usize = 32;
/// So many personal numbers that are taken one administrator is told of in an hour.
pub const MOST_REFUSED: i64 = 20;
const HOUR_MS: i64 = 3_600_000;
/// Where they are counted.
const BUCKET: &str = "numbers-refused";

/// Somebody new, as typed. The personal number is not printed for debugging.
#[derive(Default)]
pub struct Joiner {
    /// The user name.
    pub username: String,
    /// The personal number; may be empty.
    pub personal_number: String,
    /// The rest of what is known.
    pub facts: FactsTold,
    /// The first position.
    pub position: PositionTold,
    /// Why.
    pub reason: String,
}

/// The same without mistakes.
struct Checked {
    username: Username,
    number: Option<PersonalNumber>,
    facts: Facts,
    position: super::told::Checked,
    reason: String,
}

/// Why somebody was not added.
enum Refused {
    /// This is whose the personal number is.
    Number(PersonId),
    /// Another reason.
    Change(ChangeError),
}

impl From<ChangeError> for Refused {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Change(error.into())
    }
}

/// Adds a person within the units of the proof; answers who they are.
pub async fn add(services: &Services, proof: &Units<AddPeople>, joiner: &Joiner) -> Result<PersonId, ChangeError> {
    let checked = check(services, proof, joiner)?;
    // Whoever they will be: a first post goes on from nothing.
    let first = positions::held(&PersonId(String::new()), checked.position.clone());
    let withheld = Withheld::of(services, &proof.by, proof.extent()).await?;
    positions::brings_nothing(withheld.as_ref(), &Typed::of(&first, None, std::iter::empty()))?;
    if checked.number.is_none() {
        return turns(services, proof, &checked).await.map_err(answer);
    }
    reserve(services, proof).await?;
    let refused = match turns(services, proof, &checked).await {
        Ok(person) => {
            give_back(services, proof).await?;
            return Ok(person);
        }
        Err(refused) => refused,
    };
    if let Refused::Number(owner) = &refused {
        let detail = json!({ "why": "personal_number_taken" });
        audit::looked(services, Event::by(&proof.by, "person.add_refused", Some(owner), None, detail)).await?;
    } else {
        give_back(services, proof).await?;
    }
    Err(answer(refused))
}

fn answer(refused: Refused) -> ChangeError {
    match refused {
        Refused::Number(_) => ChangeError::Wrong(vec![Problem::new(Field::PersonalNumber, Why::NumberTaken)]),
        Refused::Change(error) => error,
    }
}

/// Counts a refusal before the number is looked at, so that a burst counts as one by one would.
async fn reserve(services: &Services, proof: &Units<AddPeople>) -> Result<(), Failure> {
    let now = services.clock.now();
    let (count, _) = attempts::add(&services.transient, BUCKET, proof.by.person.as_str(), HOUR_MS, now).await?;
    if count > MOST_REFUSED {
        // Waiting is not made longer by trying.
        give_back(services, proof).await?;
        return Err(Failure::TooMany);
    }
    Ok(())
}

/// It was none.
async fn give_back(services: &Services, proof: &Units<AddPeople>) -> Result<(), Failure> {
    let now = services.clock.now();
    Ok(attempts::take_back(&services.transient, BUCKET, proof.by.person.as_str(), now).await?)
}

async fn turns(services: &Services, proof: &Units<AddPeople>, checked: &Checked) -> Result<PersonId, Refused> {
    for _ in 0..TURNS {
        if let Some(person) = turn(services, proof, checked).await? {
            return Ok(person);
        }
    }
    Err(StoreError::Stale.into())
}

fn check(services: &Services, proof: &Units<AddPeople>, joiner: &Joiner) -> Result<Checked, ChangeError> {
    let today = vietnam_date(services.clock.now());
    let mut check = Check::default();
    let username = Username::parse(&joiner.username);
    if joiner.username.trim().is_empty() {
        check.wrong(Field::Username, Why::Missing);
    } else if let Err(error) = &username {
        let why = match error {
            UsernameError::Length => Why::NameLength,
            UsernameError::Characters => Why::NameCharacters,
        };
        check.wrong(Field::Username, why);
    }
    let number = PersonalNumber::parse(&joiner.personal_number);
    if number.is_none() && !joiner.personal_number.trim().is_empty() {
        check.wrong(Field::PersonalNumber, Why::NotANumber);
    }
    // A name that was not typed at all is one that is missing.
    let told = FactsTold { full_name: joiner.facts.full_name.clone().or_else(|| Some(String::new())), ..joiner.facts.clone() };
    let found = facts(&told, &nobody(), today).map(|(facts, _)| facts);
    let held = position(&joiner.position, &services.known.registry(), proof.extent());
    let reason = check.reason(&joiner.reason);
    match (username, found, held) {
        (Ok(username), Ok(facts), Ok(position)) => {
            check.done(Checked { username, number, facts, position, reason }).map_err(ChangeError::from)
        }
        (_, facts, held) => {
            check.problems.extend(facts.err().into_iter().flatten());
            check.problems.extend(held.err().into_iter().flatten());
            Err(ChangeError::Wrong(check.problems))
        }
    }
}

/// What is known of whoever is not known. No name that is typed reads like this one, so every name is checked.
fn nobody() -> Facts {
    Facts {
        full_name: " ".to_owned(),
        date_of_birth: None,
        personal_number: None,
        email: None,
        phone: None,
        employee_code: None,
        claims: BTreeMap::new(),
    }
}

/// One try; nothing when a set of other people was applied in between.
async fn turn(services: &Services, proof: &Units<AddPeople>, checked: &Checked) -> Result<Option<PersonId>, Refused> {
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await?;
    change_sets::add(&mut tx, &set, apply::ORIGIN, proof.by.person.as_str(), now).await?;
    let person = take_name(&mut tx, services, &set, checked).await?;
    take_number(&mut tx, services, &set, &person, checked.number.as_ref()).await?;
    let mut facts = checked.facts.clone();
    let seal = |number: &PersonalNumber| {
        services.envelope.seal(number.expose().as_bytes(), format!("person_facts.personal_number {person}").as_bytes())
    };
    facts.personal_number = checked.number.as_ref().map(seal);
    let position: Position = positions::held(&person, checked.position.clone());
    let detail = json!({
        "personal_number": checked.number.is_some(),
        "after": positions::shown(&position),
        "reason": checked.reason,
    });
    persons::add_facts(&mut tx, &set, &[(person.clone(), facts)]).await?;
    crate::store::positions::add(&mut tx, &set, &[(person.clone(), position)]).await?;
    let ground = Ground { by: &proof.by, person: &person, seen: 0 };
    if !settle(&mut tx, services, &set, &ground, ("person.added", detail)).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(person))
}

/// Takes the user name. One that a set brought which does not count yet goes to whoever counts first.
async fn take_name(tx: &mut Tx, services: &Services, set: &ChangeSetId, checked: &Checked) -> Result<PersonId, ChangeError> {
    let (now, username) = (services.clock.now(), &checked.username);
    let new = NewPerson {
        id: PersonId::new(now, &*services.entropy),
        username: username.shown().to_owned(),
        folded: username.folded().to_owned(),
    };
    let owners = persons::add(tx, set, now, std::slice::from_ref(&new)).await?;
    let taken = || ChangeError::Wrong(vec![Problem::new(Field::Username, Why::NameTaken)]);
    let owner = owners.get(username.folded()).ok_or_else(taken)?;
    let person = PersonId(owner.id.clone());
    let is_ours = person == new.id;
    if is_ours {
        return Ok(person);
    }
    let is_somebody = !username.is_spelled_like(&owner.username) || persons::find(tx, &person).await?.is_some();
    if is_somebody || !may_be_same(tx, services, &person, checked).await? {
        return Err(taken());
    }
    Ok(person)
}

/// Whether whoever had a name before what told of them was taken back may be this person: a name is one person's for ever.
async fn may_be_same(tx: &mut Tx, services: &Services, owner: &PersonId, checked: &Checked) -> Result<bool, StoreError> {
    let undone = persons::list_undone_facts(tx, std::slice::from_ref(owner)).await?;
    let Some(earlier) = undone.into_iter().next_back().map(|version| version.facts) else { return Ok(true) };
    let number = match &earlier.personal_number {
        None => None,
        Some(sealed) => {
            let unreadable = |_| StoreError::Corrupt("person_facts.personal_number".to_owned());
            let associated = format!("person_facts.personal_number {owner}");
            let opened = services.envelope.open(sealed, associated.as_bytes()).map_err(unreadable)?;
            std::str::from_utf8(&opened).ok().and_then(PersonalNumber::parse)
        }
    };
    let alike = Alike {
        number: agree(checked.number.as_ref(), number.as_ref()),
        birth: agree(checked.facts.date_of_birth.as_ref(), earlier.date_of_birth.as_ref()),
        name: fold(&checked.facts.full_name) == fold(&earlier.full_name),
    };
    Ok(alike.may_be_same())
}

/// Takes the personal number: one account for one person.
async fn take_number(
    tx: &mut Tx,
    services: &Services,
    set: &ChangeSetId,
    person: &PersonId,
    number: Option<&PersonalNumber>,
) -> Result<(), Refused> {
    let Some(number) = number else { return Ok(()) };
    let digest = services.secrets.personal_number_digest(number.expose()).to_vec();
    let mut owners = persons::add_numbers(tx, set, &BTreeMap::from([(digest.clone(), person.clone())])).await?;
    match owners.remove(&digest) {
        Some(owner) if owner == *person => Ok(()),
        Some(owner) => Err(Refused::Number(owner)),
        // It went free in this very moment: whoever tries again is heard.
        None => Err(StoreError::Stale.into()),
    }
}
