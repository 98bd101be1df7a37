//! Legacy accounts as matching reads and decides them: by pages of names, with everybody who shares a number, and the
//! persons among them. A decision is written only over the row that was read: an import or a human may be first.

mod held;
mod names;

pub use held::{HeldRow, list_held, list_held_by, list_units_of};
pub use names::{UnreadName, list_newest_undecided, list_people_named, list_shared_emails, list_unread_names, mark_names_read};

use super::audit::{self, AuditRow};
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use std::collections::HashSet;

/// What the sets of changes say of their origin that matching makes.
pub const ORIGIN: &str = "legacy";

/// One account, as far as matching asks.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccountRow {
    /// The source.
    pub source: String,
    /// Its key within the source.
    pub legacy_id: String,
    /// The user name as given.
    pub username: String,
    /// The full name as given.
    pub full_name: String,
    /// The date of birth, where it is one.
    pub date_of_birth: Option<String>,
    /// What kind of personal number it has.
    pub number_kind: String,
    /// The year of birth that the number tells.
    pub number_born: Option<i64>,
    /// The keyed hash of the number.
    pub number_digest: Option<Vec<u8>>,
    /// The number, sealed for this row.
    pub number_sealed: Option<Vec<u8>>,
    /// E-mail address as given.
    pub email: String,
    /// Telephone number as given.
    pub phone: String,
    /// The title as given.
    pub title: String,
    /// The state as given.
    pub status: String,
    /// What the whole row is, to find out whether it changed.
    pub row_digest: Vec<u8>,
    /// Since when the source does not have it any more.
    pub gone_at: Option<i64>,
    /// What was decided; empty when nothing was.
    pub decision: String,
    /// By which rule.
    pub rule: String,
    /// What the rule saw, as JSON.
    pub evidence: String,
    /// Whose it is.
    pub person_id: Option<String>,
    /// The human who decided.
    pub decided_by: Option<String>,
    /// What was decided of its unit.
    pub unit_decision: String,
    /// Its unit of today.
    pub unit_id: Option<String>,
    /// Not 0 when its owner has come with it, or said that it is theirs.
    pub is_used: i64,
}

impl AccountRow {
    /// Which account it is.
    pub fn key(&self) -> AccountKey {
        AccountKey { source: self.source.clone(), legacy_id: self.legacy_id.clone() }
    }
}

/// The columns of [`AccountRow`], of a table or list called `a`.
const COLUMNS: &str = "a.source, a.legacy_id, a.username, a.full_name, a.date_of_birth, a.number_kind, a.number_born,
       a.number_digest, a.number_sealed, a.email, a.phone, a.title, a.status, a.row_digest, a.gone_at, a.decision, a.rule,
       a.evidence, a.person_id, a.decided_by, a.unit_decision, a.unit_id,
       CAST(CASE WHEN a.first_used_at IS NOT NULL OR a.confirmed_at IS NOT NULL THEN 1 ELSE 0 END AS BIGINT) AS is_used";

/// A person, as far as matching asks. The number is sealed for them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PersonRow {
    /// Who.
    pub id: String,
    /// Who they are since two were found to be one; the same where that did not happen.
    pub stands_for: String,
    /// Not 0 for whoever matching made.
    pub made: i64,
    /// Not 0 when anything else vouches for them by now: other facts, a way to sign in, a human's word.
    pub adopted: i64,
    /// Full name.
    pub full_name: String,
    /// Date of birth.
    pub date_of_birth: Option<String>,
    /// The personal number, sealed.
    pub personal_number: Option<Vec<u8>>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// What becomes of one account.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Which one.
    pub key: AccountKey,
    /// The row that was read.
    pub row_digest: Vec<u8>,
    /// What was decided when it was read.
    pub before: String,
    /// Whose it was then, as it was written, whatever was decided.
    pub was: Option<String>,
    /// What is decided now.
    pub decision: &'static str,
    /// By which rule.
    pub rule: &'static str,
    /// What the rule saw.
    pub evidence: String,
    /// Whose it is.
    pub person: Option<PersonId>,
}

/// One line of the report.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ReportRow {
    /// The source.
    pub source: String,
    /// Its key within the source.
    pub legacy_id: String,
    /// What was decided.
    pub decision: String,
    /// Whose it is.
    pub person_id: Option<String>,
    /// By which rule.
    pub rule: String,
    /// What the rule saw.
    pub evidence: String,
    /// What was decided of its unit.
    pub unit_decision: String,
    /// Its unit of today.
    pub unit_id: Option<String>,
    /// Why its unit was decided so.
    pub unit_reason: String,
}

/// How many accounts there are, of one source or (with an empty one) of all.
pub async fn count(conn: &mut impl AsEx, source: &str) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM legacy_accounts WHERE $1 = '' OR source = $1")
        .bind(source)
        .fetch_one(c)
        .await)?)
}

/// How many accounts there are by what was decided of them.
pub async fn count_decided(conn: &mut impl AsEx, source: &str) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT decision, COUNT(*) FROM legacy_accounts WHERE $1 = '' OR source = $1 GROUP BY decision ORDER BY decision",
    )
    .bind(source)
    .fetch_all(c)
    .await)?)
}

/// The name that ends the page of so many accounts after a name; `None` when no name comes after it.
pub async fn last_name(conn: &mut impl AsEx, source: &str, after: &str, most: i64) -> Result<Option<String>, StoreError> {
    let row: (Option<String>,) = sql!(conn, |c| sqlx::query_as(
        "SELECT MAX(n.name_sorted)
           FROM (SELECT a.name_sorted FROM legacy_accounts a
                  WHERE a.name_sorted > $2 AND ($1 = '' OR a.source = $1)
                  ORDER BY a.name_sorted LIMIT $3) AS n",
    )
    .bind(source)
    .bind(after)
    .bind(most)
    .fetch_one(c)
    .await)?;
    Ok(row.0)
}

/// Everybody of the names after one and up to another, but for some names; with a source, of the names only that occur in it.
pub async fn list_named(
    conn: &mut impl AsEx,
    source: &str,
    (after, until): (&str, &str),
    but: &[String],
) -> Result<Vec<AccountRow>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT ");
        query.push(COLUMNS).push(" FROM legacy_accounts a WHERE a.name_sorted > ").push_bind(after);
        query.push(" AND a.name_sorted <= ").push_bind(until);
        if !source.is_empty() {
            query.push(" AND EXISTS (SELECT 1 FROM legacy_accounts b WHERE b.name_sorted = a.name_sorted AND b.source = ");
            query.push_bind(source).push(")");
        }
        if !but.is_empty() {
            query.push(" AND a.name_sorted NOT IN (");
            let mut list = query.separated(", ");
            for name in but {
                list.push_bind(name.as_str());
            }
            query.push(")");
        }
        query.build_query_as().fetch_all(c).await
    })?)
}

/// The names after one and up to another that more accounts have than so many; with a source, of those that occur in it.
pub async fn list_common_names(
    conn: &mut impl AsEx,
    source: &str,
    (after, until): (&str, &str),
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT a.name_sorted FROM legacy_accounts a
          WHERE a.name_sorted > $2 AND a.name_sorted <= $3
            AND ($1 = '' OR EXISTS (SELECT 1 FROM legacy_accounts b
                                     WHERE b.name_sorted = a.name_sorted AND b.source = $1))
          GROUP BY a.name_sorted HAVING COUNT(*) > $4
          ORDER BY a.name_sorted",
    )
    .bind(source)
    .bind(after)
    .bind(until)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Accounts of one name, by their keys after one.
pub async fn list_of_name(
    conn: &mut impl AsEx,
    name: &str,
    after: &AccountKey,
    most: i64,
) -> Result<Vec<AccountRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM legacy_accounts a
          WHERE a.name_sorted = $1 AND (a.source, a.legacy_id) > ($2, $3)
          ORDER BY a.source, a.legacy_id LIMIT $4"
    )))
    .bind(name)
    .bind(&after.source)
    .bind(&after.legacy_id)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Accounts without a name, by their keys after one.
pub async fn list_nameless(
    conn: &mut impl AsEx,
    source: &str,
    after: &AccountKey,
    most: i64,
) -> Result<Vec<AccountRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM legacy_accounts a
          WHERE a.name_sorted = '' AND ($1 = '' OR a.source = $1)
            AND (a.source, a.legacy_id) > ($2, $3)
          ORDER BY a.source, a.legacy_id LIMIT $4"
    )))
    .bind(source)
    .bind(&after.source)
    .bind(&after.legacy_id)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// Who has these numbers (their keyed hashes), at most so many for each, the first by their keys. Whoever says nothing of
/// others is left out, so that they hide nobody: accounts without a name, those that a human rejected, and those that
/// one is looking at.
pub async fn list_numbered(conn: &mut impl AsEx, digests: &[Vec<u8>], most_each: i64) -> Result<Vec<AccountRow>, StoreError> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT ");
        query.push(COLUMNS);
        query.push(
            " FROM (SELECT n.*, ROW_NUMBER() OVER (PARTITION BY n.number_digest ORDER BY n.source, n.legacy_id) AS place
                      FROM legacy_accounts n WHERE n.number_digest IN (",
        );
        let mut list = query.separated(", ");
        for digest in digests {
            list.push_bind(digest.as_slice());
        }
        query.push(
            ") AND n.name_sorted <> '' AND (n.decided_by IS NULL OR n.decision IN ('linked', 'created'))) AS a
              WHERE a.place <= ",
        );
        query.push_bind(most_each);
        query.build_query_as().fetch_all(c).await
    })?)
}

/// The accounts that are these people's.
pub async fn list_of_persons(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<AccountRow>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<AccountRow> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT ");
        query.push(COLUMNS).push(" FROM legacy_accounts a WHERE a.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    // Here and not in the statement, which SQLite would then answer by the index of decisions.
    rows.retain(|row| matches!(row.decision.as_str(), "linked" | "created"));
    Ok(rows)
}

/// Ids of people after one, whether or not anything counts of them.
pub async fn list_person_ids(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar("SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after)
        .bind(most)
        .fetch_all(c)
        .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// What is known of people, all that counts, the newest of each last. Whoever is not in the answer is nobody (any more).
pub async fn list_persons(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<PersonRow>, StoreError> {
    const TOLD: &str = "SELECT p.id,
       COALESCE((SELECT MIN(m.kept_id) FROM person_merges m WHERE m.merged_id = p.id AND m.undone_at IS NULL), p.id) AS stands_for,
       CAST(CASE WHEN b.origin = 'legacy' THEN 1 ELSE 0 END AS BIGINT) AS made,
       CAST(CASE WHEN EXISTS (SELECT 1 FROM person_facts g JOIN change_sets t ON t.id = g.change_set
                               WHERE g.person_id = p.id AND t.origin <> 'legacy'
                                 AND t.applied_at IS NOT NULL AND t.undone_at IS NULL)
                   OR EXISTS (SELECT 1 FROM passwords w WHERE w.person_id = p.id)
                   OR EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = p.id)
                   OR EXISTS (SELECT 1 FROM person_merges m WHERE m.kept_id = p.id AND m.undone_at IS NULL)
                   OR EXISTS (SELECT 1 FROM person_merges m WHERE m.merged_id = p.id AND m.undone_at IS NULL)
                   OR EXISTS (SELECT 1 FROM legacy_accounts a
                               WHERE a.person_id = p.id AND a.decision IN ('linked', 'created')
                                 AND (a.decided_by IS NOT NULL OR a.first_used_at IS NOT NULL OR a.confirmed_at IS NOT NULL))
                 THEN 1 ELSE 0 END AS BIGINT) AS adopted,
       f.full_name, f.date_of_birth, f.personal_number, f.email, f.phone
  FROM persons p
  JOIN change_sets b ON b.id = p.change_set
  JOIN person_facts f ON f.person_id = p.id
  JOIN change_sets s ON s.id = f.change_set
 WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM lifecycles l WHERE l.person_id = p.id AND l.erased_at IS NOT NULL)
   AND p.id IN (";
    if people.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(TOLD);
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") ORDER BY s.applied_at, s.id");
        query.build_query_as().fetch_all(c).await
    })?)
}

/// Whose personal numbers (their keyed hashes) are, also of people of whom nothing counts yet.
pub async fn list_number_holders(conn: &mut impl AsEx, digests: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, PersonId)>, StoreError> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Vec<u8>, String)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT digest, person_id FROM personal_numbers WHERE digest IN (");
        let mut list = query.separated(", ");
        for digest in digests {
            list.push_bind(digest.as_slice());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(digest, person)| (digest, PersonId(person))).collect())
}

/// E-mail addresses of accounts with the names that have them, by the keys of the accounts after one.
pub async fn list_emails(
    conn: &mut impl AsEx,
    after: &AccountKey,
    most: i64,
) -> Result<Vec<(AccountKey, String, String)>, StoreError> {
    let rows: Vec<(String, String, String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, name_sorted, email FROM legacy_accounts
          WHERE (source, legacy_id) > ($1, $2)
          ORDER BY source, legacy_id LIMIT $3",
    )
    .bind(&after.source)
    .bind(&after.legacy_id)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(source, legacy_id, name, email)| (AccountKey { source, legacy_id }, name, email)).collect())
}

/// Which of these folded user names are somebody's.
pub async fn list_taken(conn: &mut impl AsEx, names: &[String]) -> Result<HashSet<String>, StoreError> {
    if names.is_empty() {
        return Ok(HashSet::new());
    }
    let taken: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT username_folded FROM persons WHERE username_folded IN (");
        let mut list = query.separated(", ");
        for name in names {
            list.push_bind(name.as_str());
        }
        query.push(")");
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(taken.into_iter().collect())
}

/// Writes decisions over the rows that were read, and tells how many of these were still so: no human decided, the row
/// is the same, nobody else matched it, and nobody has come to use it whose it would not stay. Whoever hears of fewer
/// takes all of it back. When the account was used and confirmed, and since when it opens nothing, is of whoever had it:
/// the next owner begins anew.
pub async fn decide(conn: &mut impl AsEx, decided: &[Decided], now: Millis) -> Result<u64, StoreError> {
    if decided.is_empty() {
        return Ok(0);
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "WITH told (source, legacy_id, row_digest, before_it, was, decision, rule, evidence, person_id) AS (",
        );
        query.push_values(decided, |mut row, told| {
            row.push_bind(told.key.source.as_str()).push_bind(told.key.legacy_id.as_str());
            row.push_bind(told.row_digest.as_slice()).push_bind(told.before.as_str()).push_bind(told.was.as_deref());
            row.push_bind(told.decision).push_bind(told.rule).push_bind(told.evidence.as_str());
            row.push_bind(told.person.as_ref().map(|person| person.0.clone()));
        });
        query.push(
            ") UPDATE legacy_accounts
                  SET decision = told.decision, rule = told.rule, evidence = told.evidence, person_id = told.person_id,
                      first_used_at = CASE WHEN legacy_accounts.person_id IS NOT DISTINCT FROM told.person_id
                                           THEN legacy_accounts.first_used_at END,
                      last_used_at = CASE WHEN legacy_accounts.person_id IS NOT DISTINCT FROM told.person_id
                                          THEN legacy_accounts.last_used_at END,
                      confirmed_at = CASE WHEN legacy_accounts.person_id IS NOT DISTINCT FROM told.person_id
                                          THEN legacy_accounts.confirmed_at END,
                      retired_at = CASE WHEN legacy_accounts.person_id IS NOT DISTINCT FROM told.person_id
                                        THEN legacy_accounts.retired_at END,
                      offline_since = CASE WHEN legacy_accounts.person_id IS NOT DISTINCT FROM told.person_id
                                           THEN legacy_accounts.offline_since END,
                      decided_why = '', decided_at = ",
        );
        query.push_bind(now.0);
        query.push(
            " FROM told
              WHERE legacy_accounts.source = told.source AND legacy_accounts.legacy_id = told.legacy_id
                AND legacy_accounts.row_digest = told.row_digest AND legacy_accounts.decision = told.before_it
                AND legacy_accounts.person_id IS NOT DISTINCT FROM told.was
                AND legacy_accounts.decided_by IS NULL
                AND (legacy_accounts.decision = ''
                     OR (legacy_accounts.first_used_at IS NULL AND legacy_accounts.confirmed_at IS NULL)
                     OR legacy_accounts.person_id IS NOT DISTINCT FROM told.person_id)",
        );
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?)
}

/// Appends the records of an act to its transaction, all in one statement.
pub async fn add_records(conn: &mut impl AsEx, records: &[AuditRow]) -> Result<(), StoreError> {
    let rows: Vec<&AuditRow> = records.iter().collect();
    audit::add_all(conn, &rows).await
}

/// Lines of the report, by the keys of the accounts after one.
pub async fn list_report(
    conn: &mut impl AsEx,
    source: &str,
    after: &AccountKey,
    most: i64,
) -> Result<Vec<ReportRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, decision, person_id, rule, evidence, unit_decision, unit_id, unit_reason
           FROM legacy_accounts
          WHERE ($1 = '' OR source = $1) AND (source, legacy_id) > ($2, $3)
          ORDER BY source, legacy_id LIMIT $4",
    )
    .bind(source)
    .bind(&after.source)
    .bind(&after.legacy_id)
    .bind(most)
    .fetch_all(c)
    .await)?)
}
