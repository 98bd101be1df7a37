//! One account, and everybody who may be its owner beside it: fields with what agrees and what differs, the units that it
//! may belong to, and what was decided before. Personal numbers leave here in part, and that they were looked at is on
//! record before.

use super::bounds::Eyes;
use super::compare::{Line, Shown, What, beside, masked};
use super::{ReviewError, mark_of, name_of};
use crate::base::clock::Millis;
use crate::base::date::{parse, shown, vietnam_date};
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_account::{AccountKey, Facts, Number, NumberToken};
use crate::model::legacy_unit::Resolution;
use crate::model::person::{Person, Username};
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::legacy::matching::{Seen, by_hand};
use crate::service::{Failure, Services};
use crate::store::legacy_accounts::passwords;
use crate::store::legacy_reviews::{self, ReviewRow};
use crate::store::{Conn, legacy_matching, persons};
use serde_json::json;

/// Who a candidate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person of the directory.
    Person(PersonId),
    /// Whoever another account belongs to.
    Account(AccountKey),
}

/// Somebody beside the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Who.
    pub who: Who,
    /// The person that choosing them gives the account to; nobody while another account is itself a question.
    pub person: Option<PersonId>,
    /// Their fields, with how each agrees.
    pub lines: Vec<Line>,
    /// What the rules saw, in their words.
    pub seen: Vec<String>,
    /// What was decided of an account; empty for a person.
    pub decision: String,
    /// Stands for what was read of them: whoever chooses them says it.
    pub mark: String,
    /// The account may be given to them by this reviewer.
    pub may_be_chosen: bool,
}

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its identity.
    pub id: String,
    /// It is about the unit, and not about the owner.
    pub of_unit: bool,
    /// What was done.
    pub act: String,
    /// To whom the account went.
    pub person: Option<PersonId>,
    /// To which unit it went.
    pub unit: Option<UnitId>,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: PersonId,
    /// When.
    pub at: Millis,
    /// When it was taken back.
    pub undone_at: Option<Millis>,
    /// This reviewer can take it back.
    pub may_be_undone: bool,
}

/// One account, for whoever decides about it.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Which one.
    pub key: AccountKey,
    /// What it is called in addresses.
    pub name: String,
    /// Stands for what was read: decisions carry it.
    pub mark: String,
    /// What it says, as it was given. The number is shown in part.
    pub row: ReviewRow,
    /// Its fields.
    pub lines: Vec<Line>,
    /// What the rules saw.
    pub seen: Vec<String>,
    /// Whose it is, when the reviewer may see them.
    pub owner: Option<Side>,
    /// It is somebody's whom the reviewer does not see.
    pub owner_is_hidden: bool,
    /// Since when it opens nothing.
    pub retired_at: Option<Millis>,
    /// There was a password, of which nothing is kept: whoever gets the account cannot come in by it.
    pub is_password_gone: bool,
    /// Whose it may be, the likeliest first.
    pub candidates: Vec<Side>,
    /// Candidates outside of the reviewer's bounds.
    pub hidden: usize,
    /// There were more than the rules kept.
    pub more: bool,
    /// What the rules say of its unit, with the units that it may belong to.
    pub resolution: Option<Resolution>,
    /// Earlier decisions, the newest first.
    pub decisions: Vec<Decided>,
    /// It may be the reviewer's own.
    pub is_own: bool,
    /// The reviewer looks after the whole city.
    pub is_city: bool,
}

/// One account within the reviewer's bounds. `beside` is somebody else to be laid beside it, as a reviewer typed them.
pub async fn look(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    key: &AccountKey,
    typed: Option<&PersonId>,
) -> Result<Sheet, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let mut conn = services.store.read().await?;
    let row = eyes.account(&mut conn, key).await?;
    drop(conn);
    let owner = row.person_id.clone().map(PersonId);
    let detail = json!({ "source": row.source, "legacy_id": row.legacy_id, "numbers": "in part" });
    audit::looked(services, Event::by(&proof.by, "legacy.account_looked", owner.as_ref(), None, detail)).await?;
    let mut conn = services.store.read().await?;
    let account = Compared::of_account(services, &row)?;
    let seen = Seen::read(&row.evidence);
    let mut gathering = Gathering { services, eyes: &mut eyes, account: &account, row: &row };
    let mut candidates = Vec::new();
    let mut hidden = 0;
    for candidate in &seen.candidates {
        let side = match (&candidate.person, &candidate.source, &candidate.legacy_id) {
            (Some(person), _, _) => gathering.person(&mut conn, person).await?,
            (None, Some(source), Some(legacy_id)) => {
                let key = AccountKey { source: source.clone(), legacy_id: legacy_id.clone() };
                gathering.other(&mut conn, &key).await?
            }
            (None, Some(_), None) | (None, None, _) => continue,
        };
        match side {
            Some(side) => candidates.push(Side { seen: candidate.seen.clone(), ..side }),
            None => hidden += 1,
        }
    }
    if let Some(typed) = typed.filter(|typed| !candidates.iter().any(|side| side.who == Who::Person((*typed).clone()))) {
        candidates.extend(gathering.person(&mut conn, typed).await?);
    }
    let shown_owner = match &owner {
        Some(owner) => gathering.person(&mut conn, owner).await?,
        None => None,
    };
    let kept = legacy_reviews::list_decisions(&mut conn, key).await?;
    let standing: Vec<bool> = kept.iter().map(|one| super::undo::stands(one, &row, &kept)).collect();
    let owners = legacy_reviews::find_owners(&mut conn, key).await?.unwrap_or_default();
    let password = passwords::find(&mut conn, &key.source, &key.legacy_id).await?;
    let is_own = eyes.is_own(&mut conn, &row).await?;
    let me = eyes.doer().clone();
    let resolution = eyes.resolution(&row.source, &row.told());
    Ok(Sheet {
        key: row.key(),
        name: name_of(&row.key()),
        mark: mark_of(&row),
        lines: beside((&account.facts, account.shown.as_slice()), (&account.facts, account.shown.as_slice())),
        seen: seen.seen,
        owner_is_hidden: owner.is_some() && shown_owner.is_none(),
        owner: shown_owner,
        retired_at: owners.retired_at.map(Millis),
        is_password_gone: password.is_some_and(|kept| kept.sealed.is_none() && kept.wrapped.is_none()),
        candidates,
        hidden,
        more: seen.more,
        resolution,
        decisions: kept.into_iter().zip(standing).map(|(kept, stands)| decided(kept, stands, &me, is_own)).collect(),
        is_own,
        is_city: eyes.is_city(),
        row,
    })
}

/// Who has a user name, as far as a reviewer may give an account to them.
pub async fn person_of_username(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    username: &str,
) -> Result<Option<PersonId>, Failure> {
    let Ok(username) = Username::parse(username) else { return Ok(None) };
    let eyes = Eyes::open(services, proof).await?;
    let mut conn = services.store.read().await?;
    let Some(id) = persons::find_id_by_username(&mut conn, username.folded()).await? else { return Ok(None) };
    Ok(eyes.person(&mut conn, &id).await?.map(|person| person.id))
}

fn decided(kept: legacy_reviews::DecisionRow, stands: bool, me: &PersonId, is_own: bool) -> Decided {
    let may_be_undone = !is_own && kept.undone_at.is_none() && kept.decided_by == me.0 && stands;
    Decided {
        id: kept.id,
        of_unit: kept.what == "unit",
        act: kept.act,
        person: kept.person_id.map(PersonId),
        unit: kept.unit_id.map(UnitId),
        reason: kept.reason,
        by: PersonId(kept.decided_by),
        at: Millis(kept.decided_at),
        undone_at: kept.undone_at.map(Millis),
        may_be_undone,
    }
}

/// Facts with the texts by which they are shown.
struct Compared {
    facts: Facts,
    shown: Vec<Shown>,
}

impl Compared {
    fn new(facts: Facts, fields: [(What, String); 7]) -> Self {
        let shown = fields.into_iter().map(|(what, text)| Shown { what, text }).collect();
        Self { facts, shown }
    }

    fn of_account(services: &Services, row: &ReviewRow) -> Result<Self, Failure> {
        let facts = by_hand::facts(&row.account())?;
        let number = match &row.number_sealed {
            None => String::new(),
            Some(sealed) => {
                let opened = services.envelope.open(sealed, row.key().to_string().as_bytes())?;
                masked(std::str::from_utf8(&opened).unwrap_or_default())
            }
        };
        let born = row.date_of_birth.as_deref().and_then(parse);
        let fields = [
            (What::Name, row.full_name.clone()),
            (What::Birth, born.map_or_else(|| row.born_text.clone(), shown)),
            (What::Number, number),
            (What::Email, row.email.clone()),
            (What::Phone, row.phone.clone()),
            (What::Username, row.username.clone()),
            (What::Title, row.title.clone()),
        ];
        Ok(Self::new(facts, fields))
    }

    /// `sealed` is the person's number.
    fn of_person(services: &Services, person: &Person, sealed: Option<&[u8]>) -> Result<Self, Failure> {
        let (mut number, mut text) = (Number::Missing, String::new());
        if let Some(sealed) = sealed {
            let associated = format!("person_facts.personal_number {}", person.id);
            let opened = services.envelope.open(sealed, associated.as_bytes())?;
            let digits = std::str::from_utf8(&opened).unwrap_or_default();
            number = Number::read(digits, |digits| NumberToken(services.secrets.personal_number_digest(digits)));
            text = masked(digits);
        }
        let (email, phone) = (person.email.clone().unwrap_or_default(), person.phone.clone().unwrap_or_default());
        let facts = Facts::new(&person.full_name, person.date_of_birth, number).with_contacts(&email, &phone);
        let today = vietnam_date(services.clock.now());
        let titles: Vec<&str> = person.positions_on(today).into_iter().map(|held| held.title.as_str()).collect();
        let fields = [
            (What::Name, person.full_name.clone()),
            (What::Birth, person.date_of_birth.map(shown).unwrap_or_default()),
            (What::Number, text),
            (What::Email, email),
            (What::Phone, phone),
            (What::Username, person.username.clone()),
            (What::Title, titles.join(", ")),
        ];
        Ok(Self::new(facts, fields))
    }
}

/// Lays others beside an account.
struct Gathering<'a, 'e> {
    services: &'a Services,
    eyes: &'a mut Eyes<'e>,
    account: &'a Compared,
    row: &'a ReviewRow,
}

impl Gathering<'_, '_> {
    /// A person; nothing for whom the reviewer does not see.
    async fn person(&self, conn: &mut Conn, id: &PersonId) -> Result<Option<Side>, Failure> {
        let Some(person) = self.eyes.person(conn, id).await? else { return Ok(None) };
        let told = legacy_matching::list_persons(conn, std::slice::from_ref(id)).await?;
        let sealed = told.last().and_then(|told| told.personal_number.as_deref());
        let other = Compared::of_person(self.services, &person, sealed)?;
        let is_theirs = self.row.person_id.as_deref() == Some(id.as_str());
        Ok(Some(Side {
            who: Who::Person(id.clone()),
            person: Some(id.clone()),
            lines: self.beside(&other),
            seen: Vec::new(),
            decision: String::new(),
            mark: self.eyes.person_mark(conn, &person).await?,
            may_be_chosen: !is_theirs && id != self.eyes.doer(),
        }))
    }

    /// Another account; nothing for one that the reviewer does not see.
    async fn other(&mut self, conn: &mut Conn, key: &AccountKey) -> Result<Option<Side>, Failure> {
        let row = match self.eyes.account(conn, key).await {
            Ok(row) => row,
            Err(ReviewError::Failure(failure)) => return Err(failure),
            Err(
                ReviewError::NotThere
                | ReviewError::Reason
                | ReviewError::Own
                | ReviewError::Changed
                | ReviewError::Person
                | ReviewError::Unit
                | ReviewError::UnitFirst
                | ReviewError::Nameless
                | ReviewError::Nothing,
            ) => return Ok(None),
        };
        let other = Compared::of_account(self.services, &row)?;
        let owner = row.person_id.clone().filter(|_| matches!(row.decision.as_str(), "linked" | "created")).map(PersonId);
        let person = match &owner {
            Some(owner) => self.eyes.person(conn, owner).await?.map(|person| person.id),
            None => None,
        };
        // Of one that is a question itself somebody may be made together with this one.
        let is_open = owner.is_none() && row.decided_by.is_none() && row.decision != "rejected";
        let may_be_chosen = (person.is_some() || is_open) && person.as_ref() != Some(self.eyes.doer());
        Ok(Some(Side {
            who: Who::Account(key.clone()),
            person,
            lines: self.beside(&other),
            seen: Vec::new(),
            decision: row.decision.clone(),
            mark: mark_of(&row),
            may_be_chosen,
        }))
    }

    fn beside(&self, other: &Compared) -> Vec<Line> {
        beside((&self.account.facts, self.account.shown.as_slice()), (&other.facts, other.shown.as_slice()))
    }
}
