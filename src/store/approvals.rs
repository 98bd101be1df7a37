//! Requests for dangerous acts, which wait for a second person. Each is decided once, by one conditional statement.

use super::{AsEx, Ex, StoreError, sql};
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
    /// As what they decide.
    pub role: &'a str,
    /// What that role is bound to; may be empty.
    pub bound: &'a str,
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

/// Somebody is still what they act as, and may sign in. `{day}` stands for the number of the parameter that holds the day.
const STANDS: &str = "EXISTS (SELECT 1 FROM admin_roles a JOIN persons p ON p.id = a.person_id
                               WHERE a.person_id = {person} AND a.role = {role}
                                 AND COALESCE(a.unit_id, a.client_id, '') = {bound}
                                 AND a.revoked_at IS NULL AND a.valid_from <= {day}
                                 AND (a.valid_to IS NULL OR a.valid_to >= {day}) AND p.disabled_at IS NULL)";

/// Whoever asked is still what they asked as.
fn stands(day: &str) -> String {
    stands_as(("approvals.requested_by", "approvals.requested_role", "approvals.requested_bound"), day)
}

fn stands_as((person, role, bound): (&str, &str, &str), day: &str) -> String {
    STANDS.replace("{person}", person).replace("{role}", role).replace("{bound}", bound).replace("{day}", day)
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

/// Holds the roles of an administrator until this transaction ends: whatever is counted of them is counted by one at a
/// time (on SQLite the one writer sees to it).
pub async fn hold_asker(conn: &mut impl AsEx, asker: &PersonId) -> Result<(), StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let _: Vec<String> = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT id FROM admin_roles WHERE person_id = $1 ORDER BY id{lock}"
    )))
    .bind(asker.as_str())
    .fetch_all(c)
    .await)?;
    Ok(())
}

/// How many requests of somebody wait.
pub async fn count_open(conn: &mut impl AsEx, asker: &PersonId, now: Millis) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM approvals WHERE requested_by = $1 AND decided_at IS NULL AND expires_at > $2"
    )
    .bind(asker.as_str())
    .bind(now.0)
    .fetch_one(c)
    .await)?)
}

/// The open request of this digest.
pub async fn find_open_id(conn: &mut impl AsEx, digest: &[u8]) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT id FROM approvals WHERE digest = $1 AND decided_at IS NULL")
        .bind(digest)
        .fetch_optional(c)
        .await)?)
}

/// Whoever let somebody back into their account could be in it themselves: for so long neither is a second person for
/// the other, nor is anybody who is joined to them by such steps.
pub const RECOVERED_SECONDS: i64 = 30 * 86_400;

/// Two are two people: no chain of codes that were told and used of late joins them, whichever way each of them went. The
/// account that decides alone is not two to begin with. `{asker}` and `{decider}` stand for the two, `{after}` for the
/// number of the parameter that holds the moment of [`RECOVERED_SECONDS`] ago. Only the decider is named inside, so that
/// it is found once and not for each row.
const TWO_PEOPLE: &str = "({asker} = {decider} OR {asker} NOT IN (
      WITH RECURSIVE opened (one, other) AS (
             SELECT v.person_id, v.issued_by FROM recoveries v WHERE v.used_at > {after} AND v.kind IN ('code', 'code-anew')
              UNION ALL
             SELECT w.issued_by, w.person_id FROM recoveries w WHERE w.used_at > {after} AND w.kind IN ('code', 'code-anew')
           ), joined (id) AS (
             SELECT CAST({decider} AS TEXT)
              UNION
             SELECT o.other FROM joined j JOIN opened o ON o.one = j.id
           )
      SELECT id FROM joined))";

/// The condition that two are two people, for a statement that decides something.
pub(super) fn two_people(asker: &str, decider: &str, after: &str) -> String {
    TWO_PEOPLE.replace("{asker}", asker).replace("{decider}", decider).replace("{after}", after)
}

/// Whether two are two people now: to say so before anything is decided.
pub async fn are_two(conn: &mut impl AsEx, asker: &PersonId, decider: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let two: i64 = sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT CASE WHEN {} THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END",
        two_people("$1", "$2", "$3")
    )))
    .bind(asker.as_str())
    .bind(decider.as_str())
    .bind(now.plus_seconds(-RECOVERED_SECONDS).0)
    .fetch_one(c)
    .await)?;
    Ok(two == 1)
}

/// Lets a request happen, once: it is open, its days are not over, whoever asked is still what they asked as, and
/// somebody else decides, who is a second person, may sign in, and is today what they decide as. The account for the
/// worst day decides alone. `None` when any of that is not so.
pub async fn take(conn: &mut impl AsEx, id: &str, act: &str, by: Decider<'_>) -> Result<Option<Taken>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "UPDATE approvals SET decision = 'taken', decided_by = $3, decided_at = $4
          WHERE id = $1 AND act = $2 AND decided_at IS NULL AND expires_at > $4 AND {} AND {} AND {}
            AND (requested_by <> $3
                 OR EXISTS (SELECT 1 FROM admin_roles b
                             WHERE b.person_id = $3 AND b.break_glass = 1 AND b.revoked_at IS NULL
                               AND b.valid_from <= $5 AND (b.valid_to IS NULL OR b.valid_to >= $5)))
      RETURNING subject, payload, requested_by, reason",
        stands("$5"),
        stands_as(("$3", "$7", "$8"), "$5"),
        two_people("approvals.requested_by", "$3", "$6")
    )))
    .bind(id)
    .bind(act)
    .bind(by.person.as_str())
    .bind(by.now.0)
    .bind(iso(by.today))
    .bind(by.now.plus_seconds(-RECOVERED_SECONDS).0)
    .bind(by.role)
    .bind(by.bound)
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

/// The requests that may be decided now, oldest first, after one of them, at most so many.
pub async fn list_open(
    conn: &mut impl AsEx,
    (now, today): (Millis, Date),
    after: (i64, &str),
    most: i64,
) -> Result<Vec<StoredApproval>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM approvals
          WHERE decided_at IS NULL AND expires_at > $1 AND {} AND (requested_at, id) > ($3, $4)
          ORDER BY requested_at, id LIMIT $5",
        stands("$2")
    )))
    .bind(now.0)
    .bind(iso(today))
    .bind(after.0)
    .bind(after.1)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The requests that were decided, the last one first, before one of them, at most so many.
pub async fn list_decided(conn: &mut impl AsEx, before: (i64, &str), most: i64) -> Result<Vec<StoredApproval>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM approvals
          WHERE decided_at IS NOT NULL AND (decided_at, id) < ($1, $2)
          ORDER BY decided_at DESC, id DESC LIMIT $3"
    )))
    .bind(before.0)
    .bind(before.1)
    .bind(most)
    .fetch_all(c)
    .await)?)
}
