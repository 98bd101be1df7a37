//! Ways back for people who cannot sign in: links, and codes that an administrator tells them. Each counts once.
//!
//! Whether one still counts is said in one place, and by the statement that
//! uses it: whoever comes second, or after a new password, or after the person
//! has said that something was not them, changes no row.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// What a way back is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A link that the person asked for, sent to their own address.
    Link,
    /// A link that an operator made.
    Invitation,
    /// The same for somebody who lost their second factor too.
    InvitationAnew,
    /// A code that an administrator told the person.
    Code,
    /// The same for somebody who lost their second factor too.
    CodeAnew,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Link, Self::Invitation, Self::InvitationAnew, Self::Code, Self::CodeAnew];

    /// The word by which it is stored and recorded.
    pub fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Invitation => "invitation",
            Self::InvitationAnew => "invitation-anew",
            Self::Code => "code",
            Self::CodeAnew => "code-anew",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == text)
    }
}

/// A way back as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Its identity.
    pub id: String,
    /// Who comes back by it.
    pub person: PersonId,
    /// What it is.
    pub kind: Kind,
    /// What is kept of the secret.
    pub digest: Vec<u8>,
    /// Who made it: a person's id, `os:NAME`, or nobody when the person asked for it.
    pub issued_by: String,
    /// When.
    pub issued_at: Millis,
    /// Not usable from here on.
    pub expires_at: Millis,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    person_id: String,
    kind: String,
    digest: Vec<u8>,
    issued_by: String,
    issued_at: i64,
    expires_at: i64,
}

impl Row {
    fn recovery(self) -> Result<Recovery, StoreError> {
        let kind = Kind::parse(&self.kind).ok_or_else(|| StoreError::Corrupt("recoveries.kind".to_owned()))?;
        Ok(Recovery {
            id: self.id,
            person: PersonId(self.person_id),
            kind,
            digest: self.digest,
            issued_by: self.issued_by,
            issued_at: Millis(self.issued_at),
            expires_at: Millis(self.expires_at),
        })
    }
}

/// What a way back must be, at `$2`, to count: not used, taken back or over; of somebody who may sign in and has not
/// said since that something was not them; and not older than the password, which it would replace. Where changes are
/// locked, a link to a mailbox is no way back: only what an administrator or an operator made after that.
const COUNTS: &str = "recoveries.used_at IS NULL AND recoveries.revoked_at IS NULL AND recoveries.expires_at > $2
   AND EXISTS (SELECT 1 FROM persons p
                WHERE p.id = recoveries.person_id AND p.disabled_at IS NULL
                  AND (p.changes_locked_at IS NULL
                       OR (recoveries.kind <> 'link' AND p.changes_locked_at <= recoveries.issued_at)))
   AND NOT EXISTS (SELECT 1 FROM passwords w
                    WHERE w.person_id = recoveries.person_id AND w.changed_at > recoveries.issued_at)";

const COLUMNS: &str = "id, person_id, kind, digest, issued_by, issued_at, expires_at";

/// Adds a way back.
pub async fn add(conn: &mut impl AsEx, recovery: &Recovery) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO recoveries (id, person_id, kind, digest, issued_by, issued_at, expires_at, tries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
    )
    .bind(&recovery.id)
    .bind(recovery.person.as_str())
    .bind(recovery.kind.word())
    .bind(recovery.digest.as_slice())
    .bind(&recovery.issued_by)
    .bind(recovery.issued_at.0)
    .bind(recovery.expires_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// A way back that counts.
pub async fn find(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<Option<Recovery>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM recoveries WHERE id = $1 AND {COUNTS}"
    )))
    .bind(id)
    .bind(now.0)
    .fetch_optional(c)
    .await)?;
    row.map(Row::recovery).transpose()
}

/// The way back of a secret, if it counts.
pub async fn find_by_digest(conn: &mut impl AsEx, digest: &[u8], now: Millis) -> Result<Option<Recovery>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM recoveries WHERE digest = $1 AND {COUNTS}"
    )))
    .bind(digest)
    .bind(now.0)
    .fetch_optional(c)
    .await)?;
    row.map(Row::recovery).transpose()
}

/// The code that a person was told, if it counts and was not guessed at `most` times.
pub async fn find_code(conn: &mut impl AsEx, person: &PersonId, most: i64, now: Millis) -> Result<Option<Recovery>, StoreError> {
    let row: Option<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM recoveries
          WHERE person_id = $1 AND kind IN ('code', 'code-anew') AND tries < $3 AND {COUNTS}
          ORDER BY issued_at DESC, id DESC LIMIT 1"
    )))
    .bind(person.as_str())
    .bind(now.0)
    .bind(most)
    .fetch_optional(c)
    .await)?;
    row.map(Row::recovery).transpose()
}

/// Counts one more try; false when there were `most` already, or it counts no more.
pub async fn reserve_try(conn: &mut impl AsEx, id: &str, most: i64, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE recoveries SET tries = tries + 1 WHERE id = $1 AND tries < $3 AND {COUNTS}"
    )))
    .bind(id)
    .bind(now.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes a try back: it was right.
pub async fn give_try_back(conn: &mut impl AsEx, id: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("UPDATE recoveries SET tries = tries - 1 WHERE id = $1 AND tries > 0")
        .bind(id)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Uses a way back; false when it counts no more.
pub async fn mark_used(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE recoveries SET used_at = $2 WHERE id = $1 AND {COUNTS}"
    )))
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes back every way back of a person that was not used.
pub async fn revoke_all(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE recoveries SET revoked_at = $2 WHERE person_id = $1 AND used_at IS NULL AND revoked_at IS NULL",
    )
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Takes back the codes that a person was told: there is one at a time.
pub async fn revoke_codes(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE recoveries SET revoked_at = $2
          WHERE person_id = $1 AND kind IN ('code', 'code-anew') AND used_at IS NULL AND revoked_at IS NULL",
    )
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// What was taken away of a person's second factors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Authenticator apps.
    pub apps: u64,
    /// Passkeys.
    pub passkeys: u64,
    /// Codes of the printed sheet.
    pub codes: u64,
}

/// Takes away everything but the password.
pub async fn remove_factors(conn: &mut impl AsEx, person: &PersonId) -> Result<Removed, StoreError> {
    let mut removed = [0; 3];
    let statements = [
        "DELETE FROM totp_secrets WHERE person_id = $1",
        "DELETE FROM passkeys WHERE person_id = $1",
        "DELETE FROM recovery_codes WHERE person_id = $1",
    ];
    for (count, statement) in removed.iter_mut().zip(statements) {
        *count = sql!(conn, |c| sqlx::query(statement).bind(person.as_str()).execute(c).await.map(|done| done.rows_affected()))?;
    }
    let [apps, passkeys, codes] = removed;
    Ok(Removed { apps, passkeys, codes })
}

/// Removes ways back that were over before a moment, some at a time. That they were made and used stays on record.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis, most: i64) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "DELETE FROM recoveries WHERE id IN (SELECT id FROM recoveries WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(before.0)
    .bind(most)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}
