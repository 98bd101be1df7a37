//! For whom somebody acts, and who acts for them: as a page shows it.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, PositionId};
use crate::model::authority::ReadPeople;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::authority::One;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services};
use crate::store::delegations::{self, Delegation};
use crate::store::persons;
use std::collections::HashMap;
use time::Date;

/// So many are listed, the last ones first.
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
    /// Full name of the other one; empty where nothing is known of them any more.
    pub other: String,
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
    let mut conn = services.store.read().await?;
    let all = delegations::list_about(&mut conn, person, MOST_LISTED).await?;
    let mut ids: Vec<PersonId> = all.iter().flat_map(|one| [one.of_person.clone(), one.to_person.clone()]).collect();
    ids.sort_unstable();
    ids.dedup();
    let people = persons::list_with_positions(&mut conn, &ids).await?;
    drop(conn);
    let mut lines = Vec::with_capacity(all.len());
    for one in all {
        let standing = standing(services, &one, today).await?;
        lines.push(line(one, person, &people, standing));
    }
    lines.sort_by_key(|line| line.standing == Standing::Over);
    Ok(lines)
}

/// What a person gave and is not over, for whoever looks at them.
pub async fn list_given(services: &Services, proof: &One<ReadPeople>) -> Result<Vec<Line>, Failure> {
    let mut lines = list(services, &proof.person().id).await?;
    lines.retain(|line| line.is_given && line.is_open());
    Ok(lines)
}

fn line(one: Delegation, person: &PersonId, people: &HashMap<PersonId, Person>, standing: Standing) -> Line {
    let is_given = one.of_person == *person;
    let other = if is_given { &one.to_person } else { &one.of_person };
    let held = people.get(&one.to_person).and_then(|taker| taker.positions.iter().find(|post| post.id == one.position));
    Line {
        is_given,
        other: people.get(other).map(|other| other.full_name.clone()).unwrap_or_default(),
        post: held.cloned(),
        id: one.position,
        valid_from: one.valid_from,
        valid_to: one.valid_to,
        decision_no: one.decision_no,
        standing,
    }
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
