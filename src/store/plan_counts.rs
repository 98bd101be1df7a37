//! What was counted of how far plans are prepared: kept for whoever asks again, since everybody is gone through for it.

use super::plan_readiness::{Accounts, People};
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// What was counted of a plan, or of a stage of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The first part of the plan's digest then.
    pub basis: String,
    /// The version of the people.
    pub people_version: i64,
    /// People who may sign in and have a post that ends or goes on elsewhere.
    pub people: People,
    /// Accounts of old systems in the units that end.
    pub accounts: Accounts,
    /// Posts of which nobody had said where they go.
    pub undecided: i64,
    /// When.
    pub at: Millis,
}

#[derive(sqlx::FromRow)]
struct Row {
    basis: String,
    people_version: i64,
    people: i64,
    owners: i64,
    arrived: i64,
    recent: i64,
    accounts: i64,
    linked: i64,
    waiting: i64,
    undecided: i64,
    counted_at: i64,
}

impl Row {
    fn read(self) -> Counted {
        Counted {
            basis: self.basis,
            people_version: self.people_version,
            people: People { all: self.people, owners: self.owners, arrived: self.arrived, recent: self.recent },
            accounts: Accounts { all: self.accounts, linked: self.linked, waiting: self.waiting },
            undecided: self.undecided,
            at: Millis(self.counted_at),
        }
    }
}

/// What was last counted of a plan, or of a stage of it; empty for the whole plan.
pub async fn find(conn: &mut impl AsEx, plan: &str, stage: &str) -> Result<Option<Counted>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT basis, people_version, people, owners, arrived, recent, accounts, linked, waiting, undecided, counted_at
           FROM plan_counts WHERE plan = $1 AND stage = $2",
    )
    .bind(plan)
    .bind(stage)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(Row::read))
}

/// Keeps what was counted, in the place of what was before.
pub async fn replace(conn: &mut impl AsEx, (plan, stage): (&str, &str), counted: &Counted) -> Result<(), StoreError> {
    let (people, accounts) = (counted.people, counted.accounts);
    sql!(conn, |c| sqlx::query(
        "INSERT INTO plan_counts (plan, stage, basis, people_version, people, owners, arrived, recent, accounts, linked,
                                  waiting, undecided, counted_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (plan, stage) DO UPDATE
         SET basis = excluded.basis, people_version = excluded.people_version, people = excluded.people,
             owners = excluded.owners, arrived = excluded.arrived, recent = excluded.recent, accounts = excluded.accounts,
             linked = excluded.linked, waiting = excluded.waiting, undecided = excluded.undecided,
             counted_at = excluded.counted_at",
    )
    .bind(plan)
    .bind(stage)
    .bind(&counted.basis)
    .bind(counted.people_version)
    .bind(people.all)
    .bind(people.owners)
    .bind(people.arrived)
    .bind(people.recent)
    .bind(accounts.all)
    .bind(accounts.linked)
    .bind(accounts.waiting)
    .bind(counted.undecided)
    .bind(counted.at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}
