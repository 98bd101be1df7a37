//! Whose an account is: given to somebody who is there, to somebody who is made of it, or to nobody.
//!
//! A decision is one unit of work: the account as it was read, what stood there before, and the records. What it names
//! is what the reviewer had before them: the account, and whoever was laid beside it. What is another by then is refused.

use super::bounds::Eyes;
use super::write::{Hand, Move, Written, concerned, made, write};
use super::{ReviewError, TURNS, mark_of, reason};
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_account::AccountKey;
use crate::service::authority::Units;
use crate::service::legacy::matching::Seen;
use crate::service::legacy::matching::by_hand::{self, Draft, Posting};
use crate::service::{Failure, Services, old_accounts};
use crate::store::legacy_reviews::ReviewRow;
use crate::store::{AsEx, StoreError, legacy_matching};

/// What becomes of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// It is an account of this person, as a reviewer named them.
    Link(PersonId),
    /// It is an account of this person, who was laid beside it.
    Candidate {
        /// Who.
        person: PersonId,
        /// The mark of what the reviewer had before them.
        mark: String,
    },
    /// It is of whoever that account is of; of one that is a question itself, somebody is made of both.
    Join {
        /// Which account was laid beside it.
        account: AccountKey,
        /// The mark of what the reviewer had before them.
        mark: String,
    },
    /// Somebody is made of it.
    Create,
    /// It is nobody's.
    Reject,
}

/// A decision that is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// About which account.
    pub key: &'a AccountKey,
    /// The mark of what the reviewer looked at.
    pub mark: &'a str,
    /// What becomes of it.
    pub choice: Choice,
    /// Why, as typed.
    pub reason: &'a str,
}

/// Decides about one account; answers whose it is now.
pub async fn decide(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    asked: &Asked<'_>,
) -> Result<Option<PersonId>, ReviewError> {
    let why = reason(asked.reason).ok_or(ReviewError::Reason)?;
    for _ in 0..TURNS {
        match turn(services, proof, asked, &why).await {
            // Somebody was first to a user name or to the people: all of it is looked at anew.
            Err(ReviewError::Failure(Failure::Store(StoreError::Stale))) => {}
            other => return other,
        }
    }
    Err(StoreError::Stale.into())
}

async fn turn(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    asked: &Asked<'_>,
    why: &str,
) -> Result<Option<PersonId>, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let mut conn = services.store.read().await?;
    let row = eyes.account(&mut conn, asked.key).await?;
    check(&eyes, &mut conn, &row).await?;
    if mark_of(&row) != asked.mark {
        return Err(ReviewError::Changed);
    }
    let plan = plan(services, &mut eyes, &mut conn, row, &asked.choice).await?;
    drop(conn);
    let hand = Hand { services, eyes: &eyes, posting: Posting::open(services).await?, why };
    let mut tx = services.store.write().await?;
    let (mut moves, mut set) = (plan.moves, None);
    let people = concerned(&moves);
    old_accounts::hold(&mut tx, &people.iter().collect::<Vec<_>>()).await?;
    if let Some(draft) = &plan.draft {
        let (made_in, made) = by_hand::make(&mut tx, services, &[draft], proof.by.person.as_str()).await?;
        for one in &mut moves {
            one.person = made.first().cloned();
        }
        set = Some(made_in);
    }
    let mut written = Written::default();
    for one in &moves {
        write(&mut tx, &hand, one, &mut written).await?;
    }
    let owner = moves.first().and_then(|one| one.person.clone());
    if let (Some(draft), Some(set), Some(person)) = (&plan.draft, &set, &owner) {
        written.record(made(services, &proof.by, (person, set), (asked.key, draft), why));
    }
    written.finish(&mut tx, services).await?;
    tx.commit().await?;
    written.tell(services);
    Ok(owner)
}

/// The account may be decided about by this reviewer: it is not their own, and not an administrator's unless they look
/// after the city.
pub(super) async fn check(eyes: &Eyes<'_>, conn: &mut impl AsEx, row: &ReviewRow) -> Result<(), ReviewError> {
    if eyes.is_own(conn, row).await? {
        return Err(ReviewError::Own);
    }
    let Some(owner) = row.person_id.clone().map(PersonId) else { return Ok(()) };
    if eyes.is_city() || eyes.person(conn, &owner).await?.is_some() { Ok(()) } else { Err(ReviewError::Person) }
}

/// The unit of the account may be decided by this reviewer: as [`check`] has it. Of somebody who belongs nowhere yet, since
/// it is not known where their account does, that is just what is asked.
pub(super) async fn check_place(eyes: &Eyes<'_>, conn: &mut impl AsEx, row: &ReviewRow) -> Result<(), ReviewError> {
    let checked = check(eyes, conn, row).await;
    let Some(owner) = row.person_id.clone().map(PersonId).filter(|_| matches!(checked, Err(ReviewError::Person))) else {
        return checked;
    };
    if eyes.is_unplaced(conn, &owner).await? { Ok(()) } else { checked }
}

/// What is to be written.
struct Plan {
    moves: Vec<Move>,
    draft: Option<Draft>,
}

async fn plan(
    services: &Services,
    eyes: &mut Eyes<'_>,
    conn: &mut impl AsEx,
    row: ReviewRow,
    choice: &Choice,
) -> Result<Plan, ReviewError> {
    match choice {
        Choice::Reject if row.decision == "rejected" => Err(ReviewError::Nothing),
        Choice::Reject => {
            Ok(Plan { moves: vec![Move { row, decision: "rejected", person: None, is_chosen: false }], draft: None })
        }
        Choice::Link(person) => {
            let person = target(eyes, conn, person).await?;
            link(row, person)
        }
        Choice::Candidate { person, mark } => {
            let person = target(eyes, conn, person).await?;
            let known = eyes.person(conn, &person).await?.ok_or(ReviewError::Person)?;
            if eyes.person_mark(conn, &known).await? != *mark {
                return Err(ReviewError::Changed);
            }
            link(row, person)
        }
        Choice::Join { account, mark } => {
            let other = eyes.account(conn, account).await?;
            if other.key() == row.key() {
                return Err(ReviewError::NotThere);
            }
            if mark_of(&other) != *mark {
                return Err(ReviewError::Changed);
            }
            check(eyes, conn, &other).await?;
            let is_owned = matches!(other.decision.as_str(), "linked" | "created");
            match other.person_id.clone().filter(|_| is_owned).map(PersonId) {
                Some(owner) => {
                    let person = target(eyes, conn, &owner).await?;
                    link(row, person)
                }
                None if other.decision == "rejected" => Err(ReviewError::NotThere),
                None => create(services, eyes, conn, vec![row, other]).await,
            }
        }
        Choice::Create => create(services, eyes, conn, vec![row]).await,
    }
}

/// Somebody to whom this reviewer may give an account.
pub(super) async fn target(eyes: &Eyes<'_>, conn: &mut impl AsEx, person: &PersonId) -> Result<PersonId, ReviewError> {
    if person == eyes.doer() {
        return Err(ReviewError::Own);
    }
    eyes.person(conn, person).await?.map(|person| person.id).ok_or(ReviewError::Person)
}

fn link(row: ReviewRow, person: PersonId) -> Result<Plan, ReviewError> {
    let is_theirs = row.person_id.as_deref() == Some(person.as_str()) && row.decided_by.is_some();
    if is_theirs {
        return Err(ReviewError::Nothing);
    }
    Ok(Plan { moves: vec![Move { row, decision: "linked", person: Some(person), is_chosen: true }], draft: None })
}

/// Somebody of these accounts: the person whom matching had made of the first one, or somebody new.
async fn create(services: &Services, eyes: &Eyes<'_>, conn: &mut impl AsEx, rows: Vec<ReviewRow>) -> Result<Plan, ReviewError> {
    if !may_create(eyes, &rows) {
        return Err(ReviewError::UnitFirst);
    }
    let before = match rows.first() {
        Some(first) => made_before(eyes, conn, first).await?,
        None => return Err(ReviewError::NotThere),
    };
    let mut draft = None;
    if before.is_none() {
        let accounts = rows.iter().map(ReviewRow::account).collect();
        let drafted = by_hand::draft(services, vec![accounts]).await?.into_iter().next().flatten();
        draft = Some(drafted.ok_or(ReviewError::Nameless)?);
    }
    let decision = |place: usize| if place == 0 { "created" } else { "linked" };
    let of = |(place, row): (usize, ReviewRow)| {
        let person = before.clone();
        Move { row, decision: decision(place), person, is_chosen: false }
    };
    Ok(Plan { moves: rows.into_iter().enumerate().map(of).collect(), draft })
}

/// Whoever is bound to units makes nobody who would belong to none of them.
pub(super) fn may_create(eyes: &Eyes<'_>, rows: &[ReviewRow]) -> bool {
    let is_placed = |row: &ReviewRow| {
        let unit = row.unit_id.clone().filter(|_| row.unit_decision == "mapped").map(UnitId);
        unit.is_some_and(|unit| eyes.proof.holds(&unit))
    };
    eyes.is_city() || rows.iter().any(is_placed)
}

/// The person whom matching had made of an account before it became a question, if they are nobody else's by now.
pub(super) async fn made_before(eyes: &Eyes<'_>, conn: &mut impl AsEx, row: &ReviewRow) -> Result<Option<PersonId>, StoreError> {
    let Some(before) = Seen::read(&row.evidence).before else { return Ok(None) };
    let one = std::slice::from_ref(&before);
    let told = legacy_matching::list_persons(conn, one).await?;
    let is_free = told.last().is_some_and(|told| told.made != 0 && told.adopted == 0 && told.stands_for == before.0);
    let is_alone = is_free && legacy_matching::list_of_persons(conn, one).await?.is_empty();
    Ok((is_alone && before != *eyes.doer()).then_some(before))
}
