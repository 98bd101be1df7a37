//! How far people and old accounts of units that end have come: counts, beside which no list is kept.
//!
//! The newest applied version of a position that was not taken back counts, as it does for a person.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::id::UnitId;
use time::Date;

/// So many people are counted by one statement.
const WINDOW: i64 = 4_000;
/// Units of one statement that counts accounts.
const CHUNK: usize = 100;

/// A post of somebody who may sign in, in its newest version; the sets are joined by an expression, not by the column: else
/// all that a large set tells is read.
const HELD: &str = "SELECT DISTINCT p.person_id
  FROM positions p
  JOIN change_sets s ON s.id = p.change_set || ''
  JOIN persons o ON o.id = p.person_id
 WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL AND o.disabled_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM positions q JOIN change_sets t ON t.id = q.change_set || ''
                    WHERE q.id = p.id AND t.applied_at IS NOT NULL AND t.undone_at IS NULL
                      AND (t.applied_at > s.applied_at OR (t.applied_at = s.applied_at AND t.id > s.id)))
   AND (p.valid_to IS NULL OR p.valid_to >= p.valid_from)
   AND p.person_id > ";

/// An account of an old system that leads to the person `m`.
const OWNED: &str = "SELECT 1 FROM legacy_accounts a
  WHERE a.person_id = m.person_id AND a.decision IN ('linked', 'created') AND a.gone_at IS NULL
    AND COALESCE(a.status_read, '') <> 'disabled'";

/// People with a post in some units who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct People {
    /// How many.
    pub all: i64,
    /// Of those, people with an account of an old system.
    pub owners: i64,
    /// Of those with one, people who have signed in since it is theirs.
    pub arrived: i64,
    /// People who signed in lately.
    pub recent: i64,
}

/// Accounts of old systems in some units; those that are shut, or nobody's, are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accounts {
    /// How many.
    pub all: i64,
    /// Of those, accounts of which it is known whose they are.
    pub linked: i64,
    /// Of those, accounts that wait to be decided.
    pub waiting: i64,
}

impl People {
    /// Counts others too.
    pub fn add(&mut self, others: Self) {
        self.all += others.all;
        self.owners += others.owners;
        self.arrived += others.arrived;
        self.recent += others.recent;
    }
}

/// Counts people with a post in one of these units that ends on a day or later or not at all, of one window of people; lately
/// is since a moment. The next window begins after whom is answered; nobody after the last one.
pub async fn count_people(
    conn: &mut impl AsEx,
    (units, on_or_after): (&[UnitId], Date),
    after: &str,
    since: Millis,
) -> Result<(People, Option<String>), StoreError> {
    if units.is_empty() {
        return Ok((People::default(), None));
    }
    let until = end_of_window(conn, after).await?;
    let day = iso(on_or_after);
    let (all, owners, arrived, recent) = count_between(conn, (units, &day), (after, until.as_deref()), since).await?;
    Ok((People { all, owners, arrived, recent }, until))
}

/// The last person of the window that begins after one; nothing when all that are left lie in it.
async fn end_of_window(conn: &mut impl AsEx, after: &str) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2")
        .bind(after)
        .bind(WINDOW)
        .fetch_optional(c)
        .await)?)
}

async fn count_between(
    conn: &mut impl AsEx,
    (units, day): (&[UnitId], &str),
    (after, until): (&str, Option<&str>),
    since: Millis,
) -> Result<(i64, i64, i64, i64), StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT COUNT(*), COUNT(CASE WHEN EXISTS (");
        query.push(OWNED).push(") THEN 1 END), COUNT(CASE WHEN EXISTS (").push(OWNED);
        query.push(
            " AND (a.first_used_at IS NOT NULL
                   OR EXISTS (SELECT 1 FROM lifecycles l
                               WHERE l.person_id = a.person_id AND l.last_signed_in_at >= a.decided_at))) THEN 1 END),
              COUNT(CASE WHEN EXISTS (SELECT 1 FROM lifecycles l
                                       WHERE l.person_id = m.person_id AND l.last_signed_in_at >= ",
        );
        query.push_bind(since.0).push(") THEN 1 END) FROM (").push(HELD).push_bind(after);
        if let Some(until) = until {
            query.push(" AND p.person_id <= ").push_bind(until);
        }
        query.push(" AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day).push(") AND p.unit_id IN (");
        let mut list = query.separated(", ");
        for unit in units {
            list.push_bind(unit.as_str());
        }
        query.push(")) AS m");
        query.build_query_as().fetch_one(c).await
    })?)
}

/// Counts accounts of old systems that belong to these units.
pub async fn count_accounts(conn: &mut impl AsEx, units: &[UnitId]) -> Result<Accounts, StoreError> {
    let mut counted = Accounts::default();
    for chunk in units.chunks(CHUNK) {
        let (all, linked, waiting): (i64, i64, i64) = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT COUNT(*), COUNT(CASE WHEN decision IN ('linked', 'created') THEN 1 END),
                        COUNT(CASE WHEN decision IN ('', 'review') THEN 1 END)
                   FROM legacy_accounts
                  WHERE gone_at IS NULL AND decision <> 'rejected' AND COALESCE(status_read, '') <> 'disabled'
                    AND unit_id IN (",
            );
            let mut list = query.separated(", ");
            for unit in chunk {
                list.push_bind(unit.as_str());
            }
            query.push(")");
            query.build_query_as().fetch_one(c).await
        })?;
        counted.all += all;
        counted.linked += linked;
        counted.waiting += waiting;
    }
    Ok(counted)
}
