//! What is removed of a person, table by table. The records stay as they were written: they name people by id.
//!
//! The folded user name stays too, in the one column that decides who gets a name. A keyed hash beside it would need a
//! second check at every place that takes names, would be lost with its key, and hides little: whoever holds the key
//! can try every name that people have.
//!
//! Of an account of an old system the place stays, with whose it was: the next file of that system finds it there and
//! brings nothing of the person back. Of what humans decided about it stays who decided what and when, by ids: not why in
//! their words, and not what stood there before.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;

/// What stands where a name stood.
#[derive(Debug, Clone, Copy)]
pub struct Blank<'a> {
    /// As it is shown.
    pub name: &'a str,
    /// The key by which it is sorted.
    pub key: &'a str,
    /// As it is searched.
    pub folded: &'a str,
}

/// Rows of one person that go as a whole.
const REMOVED: [&str; 20] = [
    "DELETE FROM personal_numbers WHERE person_id = $1",
    "DELETE FROM passwords WHERE person_id = $1",
    "DELETE FROM password_history WHERE person_id = $1",
    "DELETE FROM totp_secrets WHERE person_id = $1",
    "DELETE FROM recovery_codes WHERE person_id = $1",
    "DELETE FROM recoveries WHERE person_id = $1",
    "DELETE FROM passkeys WHERE person_id = $1",
    "DELETE FROM devices WHERE person_id = $1",
    "DELETE FROM notices WHERE person_id = $1",
    "DELETE FROM mails WHERE person_id = $1",
    "DELETE FROM refresh_tokens WHERE grant_id IN (SELECT g.id FROM grants g WHERE g.person_id = $1)",
    "DELETE FROM upstream_sign_ons WHERE sign_on_id IN (SELECT s.id FROM sign_ons s WHERE s.person_id = $1)",
    "DELETE FROM sign_ons WHERE person_id = $1",
    "DELETE FROM consents WHERE person_id = $1",
    "DELETE FROM position_choices WHERE person_id = $1",
    "DELETE FROM welcomes WHERE person_id = $1",
    "DELETE FROM people_views WHERE person_id = $1",
    "DELETE FROM legacy_passwords
      WHERE EXISTS (SELECT 1 FROM legacy_accounts a
                     WHERE a.source = legacy_passwords.source AND a.legacy_id = legacy_passwords.legacy_id AND a.person_id = $1)",
    "DELETE FROM legacy_verifiers
      WHERE EXISTS (SELECT 1 FROM legacy_accounts a
                     WHERE a.source = legacy_verifiers.source AND a.legacy_id = legacy_verifiers.legacy_id AND a.person_id = $1)",
    "DELETE FROM legacy_uses WHERE person_id = $1",
];

/// Words about the person in rows that stay.
const EMPTIED: [&str; 5] = [
    "UPDATE reports SET words = '', answer = CASE WHEN answer IS NULL THEN NULL ELSE '' END WHERE person_id = $1",
    "UPDATE import_kept SET username = '', full_name = '' WHERE person_id = $1",
    "UPDATE persons SET username = username_folded WHERE id = $1",
    // What moved when two were found to be one: without it that cannot be undone any more, by nobody.
    "UPDATE person_merges SET journal = '', reason = '', undone_why = '', stayed = '[]' WHERE kept_id = $1 OR merged_id = $1",
    // By which an account came to them, was taken from them, or which were made about an account that is theirs. What stood
    // before is JSON: ids hold nothing that a pattern would read as something else.
    "UPDATE legacy_decisions SET before_it = '', reason = ''
      WHERE person_id = $1 OR before_it LIKE '%\"person\":\"' || $1 || '\"%'
         OR EXISTS (SELECT 1 FROM legacy_accounts a
                     WHERE a.source = legacy_decisions.source AND a.legacy_id = legacy_decisions.legacy_id AND a.person_id = $1)",
];

/// What an old system told of the person. An account of which nothing was decided stays theirs, so that it makes nobody new.
const TOLD_ELSEWHERE: &str = "UPDATE legacy_accounts
    SET username = '', username_folded = '', full_name = '', name_sorted = '', date_of_birth = NULL, born_text = '',
        number_kind = 'missing', number_born = NULL, number_digest = NULL, number_sealed = NULL, email = '', phone = '',
        title = '', last_login_at = '', last_login_ms = NULL, evidence = '', decided_why = '', row_digest = $2,
        decision = CASE WHEN decision = '' THEN 'linked' ELSE decision END
  WHERE person_id = $1";

/// Removes what is known of a person; answers how many rows that were.
pub async fn wipe(conn: &mut impl AsEx, person: &PersonId, blank: Blank<'_>, now: Millis) -> Result<u64, StoreError> {
    // By name, while the name as it was typed is still known.
    let mut wiped = sql!(conn, |c| sqlx::query(
        "DELETE FROM import_rows
          WHERE username IN (SELECT p.username FROM persons p WHERE p.id = $1)
             OR LOWER(username) IN (SELECT p.username_folded FROM persons p WHERE p.id = $1)",
    )
    .bind(person.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    wiped += sql!(conn, |c| sqlx::query(
        "UPDATE person_facts
            SET full_name = $2, name_key = $3, name_folded = $4, date_of_birth = NULL, personal_number = NULL,
                email = NULL, phone = NULL, employee_code = NULL, claims = NULL
          WHERE person_id = $1",
    )
    .bind(person.as_str())
    .bind(blank.name)
    .bind(blank.key)
    .bind(blank.folded)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    for statement in REMOVED.into_iter().chain(EMPTIED) {
        wiped += sql!(conn, |c| sqlx::query(statement).bind(person.as_str()).execute(c).await.map(|done| done.rows_affected()))?;
    }
    // No row of a file has an empty digest.
    wiped += sql!(conn, |c| sqlx::query(TOLD_ELSEWHERE)
        .bind(person.as_str())
        .bind(Vec::<u8>::new())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    for table in ["role_grants", "admin_roles"] {
        wiped += sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE {table} SET reason = '', revoked_at = COALESCE(revoked_at, $2) WHERE person_id = $1"
        )))
        .bind(person.as_str())
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    }
    Ok(wiped)
}
