//! The outbox of mail: written with the act that it tells of, sent by a job. What
//! a mail says is sealed, and gone once the mail is sent or given up.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// One mail.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredMail {
    /// Identifier; also what two nodes claim by.
    pub id: String,
    /// To whom, where that is a person of ours.
    pub person_id: Option<String>,
    /// What kind of letter it is.
    pub kind: String,
    /// What it says and to which address, sealed; absent once it is sent or given up.
    pub sealed: Option<Vec<u8>>,
    /// Enqueued.
    pub created_at: i64,
    /// Tries so far.
    pub attempts: i64,
    /// Taken by the mail server.
    pub sent_at: Option<i64>,
    /// Given up.
    pub dead_at: Option<i64>,
    /// What came of the last try.
    pub last_answer: Option<String>,
}

impl StoredMail {
    /// Whose mail it is.
    pub fn person(&self) -> Option<PersonId> {
        self.person_id.clone().map(PersonId)
    }
}

const COLUMNS: &str = "id, person_id, kind, sealed, created_at, attempts, sent_at, dead_at, last_answer";

/// Enqueues a mail that is due at once.
pub async fn add(
    conn: &mut impl AsEx,
    id: &str,
    person: Option<&PersonId>,
    kind: &str,
    sealed: &[u8],
    now: Millis,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO mails (id, person_id, kind, sealed, created_at, next_at, attempts) VALUES ($1, $2, $3, $4, $5, $5, 0)",
    )
    .bind(id)
    .bind(person.map(PersonId::as_str))
    .bind(kind)
    .bind(sealed)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// A mail, sent or not.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<StoredMail>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM mails WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// Takes what is due: each row is given to one caller, who has until `next_at` to send it.
pub async fn claim(conn: &mut impl AsEx, most: i64, now: Millis, next_at: Millis) -> Result<Vec<StoredMail>, StoreError> {
    let due: Vec<String> = sql!(conn, |c| {
        sqlx::query_scalar(
            "SELECT id FROM mails WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= $1 ORDER BY next_at, id LIMIT $2",
        )
        .bind(now.0)
        .bind(most)
        .fetch_all(c)
        .await
    })?;
    let mut claimed = Vec::new();
    for id in due {
        let row: Option<StoredMail> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "UPDATE mails SET attempts = attempts + 1, next_at = $2
              WHERE id = $1 AND next_at <= $3 AND sent_at IS NULL AND dead_at IS NULL RETURNING {COLUMNS}"
        )))
        .bind(&id)
        .bind(next_at.0)
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
        claimed.extend(row);
    }
    Ok(claimed)
}

/// The mail server took it, also when that was thought lost: what it said is wiped.
pub async fn mark_sent(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE mails SET sent_at = $2, sealed = NULL, last_answer = NULL WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// A try that failed, and when to try again. False when the mail was claimed
/// again meanwhile, or is decided: then this try says nothing any more.
pub async fn mark_failed(conn: &mut impl AsEx, claimed: &StoredMail, answer: &str, next_at: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE mails SET last_answer = $2, next_at = $3
          WHERE id = $1 AND attempts = $4 AND sent_at IS NULL AND dead_at IS NULL",
    )
    .bind(&claimed.id)
    .bind(answer)
    .bind(next_at.0)
    .bind(claimed.attempts)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Gives a mail up: what it said is wiped. False as [`mark_failed`] says it.
pub async fn mark_dead(conn: &mut impl AsEx, claimed: &StoredMail, answer: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE mails SET last_answer = $2, dead_at = $3, sealed = NULL
          WHERE id = $1 AND attempts = $4 AND sent_at IS NULL AND dead_at IS NULL",
    )
    .bind(&claimed.id)
    .bind(answer)
    .bind(now.0)
    .bind(claimed.attempts)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes mails of long ago, whatever came of them, some at a time; answers how many.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
