//! For whom somebody acts, and who acts for them: as a page shows it.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, PositionId};
use crate::model::authority::{Extent, ReadPeople, sees};
use crate::model::position::Position;
use crate::service::authority::{One, People};
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services};
use crate::store::delegations::{self, Delegation};
use crate::store::persons;
use time::Date;

/// So many are listed: those that are not over, then the last ones.
const MOST_LISTED: i64 = 50;

/// How a delegation stands today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Now,
    /// It begins later.
    Later,
    /// It is in its days and does not count: whoever gave it may not sign in, or holds the post no more.
    Idle,
    /// It is over.
    Over,
}

/// One delegation of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The post of whoever acts for somebody.
    pub id: PositionId,
    /// They gave it; else they were given it.
    pub is_given: bool,
    /// Full name of the other one; none where nothing is known of them any more, or the reader may not know it.
    pub other: Option<String>,
    /// The post, as it was handed over.
    pub post: Option<Position>,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
    /// Number of the decision.
    pub decision_no: String,
    /// How it stands.
    pub standing: Standing,
}

impl Line {
    /// True for one that can be ended.
    pub fn is_open(&self) -> bool {
        self.standing != Standing::Over
    }
}

/// The posts that somebody may hand over: those that they hold themselves today.
pub fn own_posts(known: &KnownPerson, today: Date) -> Vec<&Position> {
    known.person.positions_on(today).into_iter().filter(|post| post.delegated_by.is_none()).collect()
}

/// All that a person gave and was given: what counts first, and what is over last.
pub async fn list(services: &Services, person: &PersonId) -> Result<Vec<Line>, Failure> {
    let today = vietnam_date(services.clock.now());
    let all = delegations::list_about(&mut services.store.read().await?, person, today, MOST_LISTED).await?;
    let mut lines = lines(services, person, all, &Extent::City).await?;
    lines.sort_by_key(|line| line.standing == Standing::Over);
    Ok(lines)
}

/// All that a person gave and is not over, for whoever looks at them; `readers` bounds the names that are told.
pub async fn list_given(
    services: &Services,
    proof: &One<ReadPeople>,
    readers: &People<ReadPeople>,
) -> Result<Vec<Line>, Failure> {
    let (person, today) = (&proof.person().id, vietnam_date(services.clock.now()));
    let mut given = delegations::list_of(&mut services.store.read().await?, person).await?;
    given.retain(|one| one.valid_to >= today);
    lines(services, person, given, readers.extent()).await
}

/// Delegations of a person as they are shown to whoever may know the names of these people; the person knows them all.
async fn lines(services: &Services, person: &PersonId, all: Vec<Delegation>, readers: &Extent) -> Result<Vec<Line>, Failure> {
    let today = vietnam_date(services.clock.now());
    let mut ids: Vec<PersonId> = all.iter().flat_map(|one| [one.of_person.clone(), one.to_person.clone()]).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = persons::list_with_positions(&mut services.store.read().await?, &ids).await?;
    let mut lines = Vec::with_capacity(all.len());
    for one in all {
        let standing = standing(services, &one, today).await?;
        let is_given = one.of_person == *person;
        let other = people.get(if is_given { &one.to_person } else { &one.of_person });
        let other = other.filter(|other| sees(readers, other, today)).map(|other| other.full_name.clone());
        let post = people.get(&one.to_person).and_then(|taker| taker.positions.iter().find(|post| post.id == one.position));
        lines.push(Line {
            id: one.position,
            is_given,
            other,
            post: post.cloned(),
            valid_from: one.valid_from,
            valid_to: one.valid_to,
            decision_no: one.decision_no,
            standing,
        });
    }
    Ok(lines)
}

async fn standing(services: &Services, one: &Delegation, today: Date) -> Result<Standing, Failure> {
    if one.ended_at.is_some() || one.valid_to < today {
        return Ok(Standing::Over);
    }
    if one.valid_from > today {
        return Ok(Standing::Later);
    }
    let taker = services.person(&one.to_person).await?;
    let counts = taker.is_some_and(|taker| {
        taker.person.positions_on(today).iter().any(|post| taker.person.lineage(&post.id).contains(&&one.position))
    });
    Ok(if counts { Standing::Now } else { Standing::Idle })
}
