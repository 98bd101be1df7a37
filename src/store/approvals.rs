//! Requests for dangerous acts, which wait for a second person. Each is decided once, by one conditional statement.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::id::PersonId;
use time::Date;

/// A request as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredApproval {
    /// Its identity.
    pub id: String,
    /// The word of the act.
    pub act: String,
    /// What it is about: a key, a client, a person.
    pub subject: String,
    /// The rest that the act needs, as JSON.
    pub payload: String,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub requested_by: String,
    /// As what they ask.
    pub requested_role: String,
    /// What that role is bound to; may be empty.
    pub requested_bound: String,
    /// When.
    pub requested_at: i64,
    /// Until when it may be decided.
    pub expires_at: i64,
    /// What became of it.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<i64>,
    /// Why it was refused.
    pub decided_reason: String,
}

/// Who decides, and when.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// When.
    pub now: Millis,
    /// On which day.
    pub today: Date,
}

/// What an approved request holds.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Taken {
    /// What it is about.
    pub subject: String,
    /// The rest, as JSON.
    pub payload: String,
    /// Who asked.
    pub requested_by: String,
    /// Why.
    pub reason: String,
}

const COLUMNS: &str = "id, act, subject, payload, reason, requested_by, requested_role, requested_bound, requested_at, \
                       expires_at, decision, decided_by, decided_at, decided_reason";

/// Whoever asked is still what they asked as. `{day}` stands for the number of the parameter that holds the day.
const STANDS: &str = "EXISTS (SELECT 1 FROM admin_roles a JOIN persons p ON p.id = a.person_id
                               WHERE a.person_id = approvals.requested_by AND a.role = approvals.requested_role
                                 AND COALESCE(a.unit_id, a.client_id, '') = approvals.requested_bound
                                 AND a.revoked_at IS NULL AND a.valid_from <= {day}
                                 AND (a.valid_to IS NULL OR a.valid_to >= {day}) AND p.disabled_at IS NULL)";

fn stands(day: &str) -> String {
    STANDS.replace("{day}", day)
}

/// Takes a request in; false when the same is asked for already and still open.
pub async fn add(conn: &mut impl AsEx, request: &StoredApproval, digest: &[u8]) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO approvals (id, act, subject, payload, digest, reason, requested_by, requested_role, requested_bound,
                                requested_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT DO NOTHING",
    )
    .bind(&request.id)
    .bind(&request.act)
    .bind(&request.subject)
    .bind(&request.payload)
    .bind(digest)
    .bind(&request.reason)
    .bind(&request.requested_by)
    .bind(&request.requested_role)
    .bind(&request.requested_bound)
    .bind(request.requested_at)
    .bind(request.expires_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Closes a request of this digest that nobody can decide any more, so that it may be asked again.
pub async fn close_over(conn: &mut impl AsEx, digest: &[u8], now: Millis, today: Date) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE approvals SET decision = 'over', decided_at = $2
          WHERE digest = $1 AND decided_at IS NULL AND (expires_at <= $2 OR NOT {})",
        stands("$3")
    )))
    .bind(digest)
    .bind(now.0)
    .bind(iso(today))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The open request of this digest.
pub async fn find_open_id(conn: &mut impl AsEx, digest: &[u8]) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT id FROM approvals WHERE digest = $1 AND decided_at IS NULL")
        .bind(digest)
        .fetch_optional(c)
        .await)?)
}

/// Whoever let somebody back into their account could be in it themselves: for so long the one is no second person for
/// the other.
pub const RECOVERED_SECONDS: i64 = 30 * 86_400;

/// Lets a request happen, once: it is open, its days are not over, whoever asked is still what they asked as, and
/// somebody else decides, whom they did not let back in of late. The account for the worst day decides alone. `None` when any of that is not so.
pub async fn take(conn: &mut impl AsEx, id: &str, act: &str, by: Decider<'_>) -> Result<Option<Taken>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "UPDATE approvals SET decision = 'taken', decided_by = $3, decided_at = $4
          WHERE id = $1 AND act = $2 AND decided_at IS NULL AND expires_at > $4 AND {}
            AND NOT EXISTS (SELECT 1 FROM recoveries v
                             WHERE v.person_id = $3 AND v.issued_by = approvals.requested_by AND v.person_id <> v.issued_by
                               AND v.used_at > $6)
            AND (requested_by <> $3
                 OR EXISTS (SELECT 1 FROM admin_roles b
                             WHERE b.person_id = $3 AND b.break_glass = 1 AND b.revoked_at IS NULL
                               AND b.valid_from <= $5 AND (b.valid_to IS NULL OR b.valid_to >= $5)))
      RETURNING subject, payload, requested_by, reason",
        stands("$5")
    )))
    .bind(id)
    .bind(act)
    .bind(by.person.as_str())
    .bind(by.now.0)
    .bind(iso(by.today))
    .bind(by.now.plus_seconds(-RECOVERED_SECONDS).0)
    .fetch_optional(c)
    .await)?)
}

/// Refuses a request of somebody else; false when it is decided already, or one's own.
pub async fn mark_refused(conn: &mut impl AsEx, id: &str, reason: &str, by: Decider<'_>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE approvals SET decision = 'refused', decided_by = $2, decided_at = $3, decided_reason = $4
          WHERE id = $1 AND decided_at IS NULL AND expires_at > $3 AND requested_by <> $2",
    )
    .bind(id)
    .bind(by.person.as_str())
    .bind(by.now.0)
    .bind(reason)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes one's own request back; false when it is decided already, or somebody else's.
pub async fn mark_withdrawn(conn: &mut impl AsEx, id: &str, by: Decider<'_>) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE approvals SET decision = 'withdrawn', decided_by = $2, decided_at = $3
          WHERE id = $1 AND decided_at IS NULL AND requested_by = $2",
    )
    .bind(id)
    .bind(by.person.as_str())
    .bind(by.now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// One request, decided or not.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredApproval>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM approvals WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// The requests that may be decided now, oldest first, at most so many.
pub async fn list_open(conn: &mut impl AsEx, (now, today): (Millis, Date), most: i64) -> Result<Vec<StoredApproval>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM approvals WHERE decided_at IS NULL AND expires_at > $1 AND {}
          ORDER BY requested_at, id LIMIT $3",
        stands("$2")
    )))
    .bind(now.0)
    .bind(iso(today))
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The requests that were decided, the last one first, at most so many.
pub async fn list_decided(conn: &mut impl AsEx, most: i64) -> Result<Vec<StoredApproval>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM approvals WHERE decided_at IS NOT NULL ORDER BY decided_at DESC, id DESC LIMIT $1"
    )))
    .bind(most)
    .fetch_all(c)
    .await)?)
}
