//! One decision about many accounts that wait: what it would do is shown first, account by account, and what is then done
//! is exactly that. A set that is another by then is refused whole.

use super::bounds::Eyes;
use super::decide::{check, may_create, target};
use super::worklist::{Filter, some};
use super::write::{Hand, Move, Written, made, write};
use super::{ReviewError, TURNS, name_of, reason};
use crate::base::digest::{base64url, sha256};
use crate::base::id::PersonId;
use crate::model::audit_entry::Columns;
use crate::model::authority::ReviewLegacy;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::legacy::matching::Seen;
use crate::service::legacy::matching::by_hand::{self, Draft, Posting};
use crate::service::{Failure, Services, old_accounts};
use crate::store::legacy_reviews::ReviewRow;
use crate::store::{Conn, StoreError};
use serde_json::json;

/// Accounts that are decided about at once.
pub const MOST: usize = 200;

/// What is done with each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchAct {
    /// It is given to the only person whom it may be of.
    Link,
    /// Somebody is made of each.
    Create,
    /// It is nobody's.
    Reject,
}

impl BatchAct {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Link, Self::Create, Self::Reject];

    /// The word of forms and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Create => "create",
            Self::Reject => "reject",
        }
    }

    /// Reads [`Self::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// What becomes of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes to this person.
    Linked(PersonId),
    /// Somebody is made of it.
    Created,
    /// It is nobody's.
    Rejected,
    /// It may be the reviewer's own.
    Own,
    /// It may be of several, of nobody, or of somebody to whom this reviewer gives nothing.
    NoOnlyPerson,
    /// It has no name.
    Nameless,
    /// Its unit is to be decided first.
    UnitFirst,
}

impl Outcome {
    /// Whether anything is done.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Linked(_) | Self::Created | Self::Rejected => true,
            Self::Own | Self::NoOnlyPerson | Self::Nameless | Self::UnitFirst => false,
        }
    }
}

/// An account of a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLine {
    /// What it is called in addresses.
    pub name: String,
    /// The source, and its key there.
    pub account: String,
    /// Its user name.
    pub username: String,
    /// Whose it is said to be.
    pub full_name: String,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What a decision about many would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What is done with each.
    pub act: BatchAct,
    /// The accounts.
    pub lines: Vec<BatchLine>,
    /// How many it is done to.
    pub count: usize,
    /// More accounts match: these are the first.
    pub more: bool,
    /// Stands for exactly this: the decision carries it.
    pub digest: String,
}

/// A decision about many.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a> {
    /// What is done with each.
    pub act: BatchAct,
    /// What was shown.
    pub digest: &'a str,
    /// Why, as typed.
    pub reason: &'a str,
}

/// What is to be done, as it was read.
struct Drawn {
    rows: Vec<(ReviewRow, Outcome)>,
    more: bool,
}

/// What a decision would do to the accounts of a filter that wait. That they were looked at is on record.
pub async fn preview(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    filter: &Filter,
    act: BatchAct,
) -> Result<Preview, Failure> {
    let mut eyes = Eyes::open(services, proof).await?;
    let mut conn = services.store.read().await?;
    let drawn = draw(&mut conn, &mut eyes, filter, act).await?;
    drop(conn);
    let detail = json!({ "source": filter.source, "act": act.word(), "accounts": drawn.rows.len() });
    audit::looked(services, Event::by(&proof.by, "legacy.accounts_looked", None, None, detail)).await?;
    Ok(Preview {
        act,
        count: drawn.rows.iter().filter(|(_, outcome)| outcome.is_done()).count(),
        more: drawn.more,
        digest: digest(proof, act, &drawn.rows),
        lines: drawn.rows.into_iter().map(line).collect(),
    })
}

fn line((row, outcome): (ReviewRow, Outcome)) -> BatchLine {
    BatchLine {
        name: name_of(&row.key()),
        account: row.key().to_string(),
        username: row.username,
        full_name: row.full_name,
        outcome,
    }
}

/// The accounts of a filter that ask, and what becomes of each.
async fn draw(conn: &mut Conn, eyes: &mut Eyes<'_>, filter: &Filter, act: BatchAct) -> Result<Drawn, Failure> {
    // Only what waits: whatever was decided is decided anew one by one.
    let filter = Filter { decision: "review".to_owned(), ..filter.clone() };
    let (rows, next) = some(conn, eyes, &filter, (None, MOST)).await?;
    let mut drawn = Vec::with_capacity(rows.len());
    for row in rows {
        let outcome = match check(eyes, conn, &row).await {
            Ok(()) => outcome(conn, eyes, &row, act).await?,
            Err(ReviewError::Failure(failure)) => return Err(failure),
            Err(ReviewError::Own) => Outcome::Own,
            Err(
                ReviewError::NotThere
                | ReviewError::Reason
                | ReviewError::Changed
                | ReviewError::Unit
                | ReviewError::UnitFirst
                | ReviewError::Nameless
                | ReviewError::Nothing
                | ReviewError::Person,
            ) => Outcome::NoOnlyPerson,
        };
        drawn.push((row, outcome));
    }
    Ok(Drawn { rows: drawn, more: next.is_some() })
}

async fn outcome(conn: &mut Conn, eyes: &Eyes<'_>, row: &ReviewRow, act: BatchAct) -> Result<Outcome, Failure> {
    match act {
        BatchAct::Reject => Ok(Outcome::Rejected),
        BatchAct::Create if by_hand::facts(&row.account())?.name.is_empty() => Ok(Outcome::Nameless),
        BatchAct::Create if !may_create(eyes, std::slice::from_ref(row)) => Ok(Outcome::UnitFirst),
        BatchAct::Create => Ok(Outcome::Created),
        BatchAct::Link => {
            let seen = Seen::read(&row.evidence);
            let only = match seen.candidates.as_slice() {
                [only] if !seen.more => only.person.as_ref(),
                _ => None,
            };
            let Some(person) = only else { return Ok(Outcome::NoOnlyPerson) };
            match target(eyes, conn, person).await {
                Ok(person) => Ok(Outcome::Linked(person)),
                Err(ReviewError::Failure(failure)) => Err(failure),
                Err(
                    ReviewError::NotThere
                    | ReviewError::Reason
                    | ReviewError::Changed
                    | ReviewError::Unit
                    | ReviewError::UnitFirst
                    | ReviewError::Nameless
                    | ReviewError::Nothing
                    | ReviewError::Own
                    | ReviewError::Person,
                ) => Ok(Outcome::NoOnlyPerson),
            }
        }
    }
}

/// Stands for who does what to exactly these accounts, as they were read.
fn digest(proof: &Units<ReviewLegacy>, act: BatchAct, rows: &[(ReviewRow, Outcome)]) -> String {
    let mut columns = Columns::of("legacy batch 1").text(proof.by.person.as_str()).text(act.word());
    for (row, outcome) in rows {
        let person = match outcome {
            Outcome::Linked(person) => Some(person.as_str()),
            Outcome::Created
            | Outcome::Rejected
            | Outcome::Own
            | Outcome::NoOnlyPerson
            | Outcome::Nameless
            | Outcome::UnitFirst => None,
        };
        columns = columns.text(&super::mark_of(row)).number(i64::from(outcome.is_done())).perhaps(person);
    }
    base64url(&sha256(columns.as_bytes()))
}

/// Does what was shown; answers to how many.
pub async fn apply(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    filter: &Filter,
    asked: Apply<'_>,
) -> Result<usize, ReviewError> {
    let why = reason(asked.reason).ok_or(ReviewError::Reason)?;
    for _ in 0..TURNS {
        match turn(services, proof, filter, (asked, &why)).await {
            Err(ReviewError::Failure(Failure::Store(StoreError::Stale))) => {}
            other => return other,
        }
    }
    Err(StoreError::Stale.into())
}

async fn turn(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    filter: &Filter,
    (asked, why): (Apply<'_>, &str),
) -> Result<usize, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let mut conn = services.store.read().await?;
    let drawn = draw(&mut conn, &mut eyes, filter, asked.act).await?;
    drop(conn);
    if digest(proof, asked.act, &drawn.rows) != asked.digest {
        return Err(ReviewError::Changed);
    }
    let done: Vec<(ReviewRow, Outcome)> = drawn.rows.into_iter().filter(|(_, outcome)| outcome.is_done()).collect();
    if done.is_empty() {
        return Err(ReviewError::Nothing);
    }
    let drafts = drafts(services, &eyes, &done).await?;
    let hand = Hand { services, eyes: &eyes, posting: Posting::open(services).await?, why };
    let mut tx = services.store.write().await?;
    let had: Vec<PersonId> = done.iter().filter_map(|(row, _)| row.person_id.clone().map(PersonId)).collect();
    let owners = done.iter().zip(&drafts).filter_map(|((_, outcome), drafted)| owner(outcome, drafted));
    let people: Vec<&PersonId> = owners.chain(&had).collect();
    old_accounts::hold(&mut tx, &people).await?;
    let new: Vec<&Draft> = drafts.iter().filter_map(|drafted| drafted.draft.as_ref()).collect();
    let (set, people) = if new.is_empty() {
        (None, Vec::new())
    } else {
        let (set, people) = by_hand::make(&mut tx, services, &new, proof.by.person.as_str()).await?;
        (Some(set), people)
    };
    let mut people = people.into_iter();
    let mut written = Written::default();
    for ((row, outcome), drafted) in done.into_iter().zip(&drafts) {
        let is_chosen = matches!(outcome, Outcome::Linked(_));
        let (decision, person) = match outcome {
            Outcome::Linked(person) => ("linked", Some(person)),
            Outcome::Created => ("created", drafted.before.clone().or_else(|| people.next())),
            Outcome::Rejected | Outcome::Own | Outcome::NoOnlyPerson | Outcome::Nameless | Outcome::UnitFirst => {
                ("rejected", None)
            }
        };
        if let (Some(draft), Some(set), Some(person)) = (&drafted.draft, &set, &person) {
            written.record(made(services, &proof.by, (person, set), (&row.key(), draft), why));
        }
        write(&mut tx, &hand, &Move { row, decision, person, is_chosen }, &mut written).await?;
    }
    let count = written.count();
    let detail = json!({ "act": asked.act.word(), "accounts": count, "digest": asked.digest, "reason": why });
    written.record(audit::row(services, Event::by(&proof.by, "legacy.batch_decided", None, None, detail)));
    written.finish(&mut tx, services).await?;
    tx.commit().await?;
    written.tell(services);
    Ok(count)
}

/// Whose an account becomes who is there already.
fn owner<'a>(outcome: &'a Outcome, drafted: &'a Drafted) -> Option<&'a PersonId> {
    match outcome {
        Outcome::Linked(person) => Some(person),
        Outcome::Created => drafted.before.as_ref(),
        Outcome::Rejected | Outcome::Own | Outcome::NoOnlyPerson | Outcome::Nameless | Outcome::UnitFirst => None,
    }
}

/// Whom an account makes: the person whom it had made before, or somebody new.
#[derive(Default)]
struct Drafted {
    before: Option<PersonId>,
    draft: Option<Draft>,
}

async fn drafts(services: &Services, eyes: &Eyes<'_>, done: &[(ReviewRow, Outcome)]) -> Result<Vec<Drafted>, ReviewError> {
    let mut all: Vec<Drafted> = done.iter().map(|_| Drafted::default()).collect();
    let mut conn = services.store.read().await?;
    let (mut places, mut groups, mut used) = (Vec::new(), Vec::new(), Vec::new());
    for (place, (row, outcome)) in done.iter().enumerate() {
        if *outcome != Outcome::Created {
            continue;
        }
        let before = super::decide::made_before(eyes, &mut conn, row).await?.filter(|before| !used.contains(before));
        if let Some(before) = before {
            used.push(before.clone());
            all[place].before = Some(before);
        } else {
            places.push(place);
            groups.push(vec![row.account()]);
        }
    }
    drop(conn);
    if groups.is_empty() {
        return Ok(all);
    }
    let drafted = by_hand::draft(services, groups).await?;
    for (place, draft) in places.into_iter().zip(drafted) {
        all[place].draft = Some(draft.ok_or(ReviewError::Nameless)?);
    }
    Ok(all)
}
