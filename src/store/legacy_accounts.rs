//! Accounts of old systems as they were given, and what was decided about each.
//!
//! Here is what bringing files in needs. What matching, units and reviews read
//! and write of the same rows has modules of its own.

pub mod credentials;
pub mod passwords;

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::model::legacy_account::{AccountStatus, last_use};
use time::Date;

/// What a file says of an account: as it was given, and in the form in which it is compared. What its state and its last use
/// mean is written beside their words by whatever writes these: see [`add`] and [`replace`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What the source calls the account.
    pub legacy_id: String,
    /// Its user name there.
    pub username: String,
    /// The same, folded.
    pub username_folded: String,
    /// Whose it is.
    pub full_name: String,
    /// The folded words of the name, sorted.
    pub name_sorted: String,
    /// The date of birth, where one can be read.
    pub date_of_birth: Option<Date>,
    /// What was written for it.
    pub born_text: String,
    /// `missing`, `malformed`, `nine` or `twelve`.
    pub number_kind: String,
    /// The year of birth that the number tells.
    pub number_born: Option<i64>,
    /// The keyed digest of a number of nine or twelve digits.
    pub number_digest: Option<Vec<u8>>,
    /// The number, sealed for this account.
    pub number_sealed: Option<Vec<u8>>,
    /// E-mail address.
    pub email: String,
    /// Telephone number.
    pub phone: String,
    /// The code of the unit.
    pub unit_code: String,
    /// The name of the unit.
    pub unit_name: String,
    /// The name of its district.
    pub district_name: String,
    /// The title.
    pub title: String,
    /// Whether it could be used, in the source's words.
    pub status: String,
    /// When it was last used, in the source's words.
    pub last_login_at: String,
    /// A keyed digest of all that was given, by which the same row is known again.
    pub row_digest: Vec<u8>,
}

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What was given.
    pub given: Given,
    /// Since when the source has it no more.
    pub gone_at: Option<Millis>,
    /// What was decided about it; empty while nothing is.
    pub decision: String,
    /// Which human decided; nobody when matching did.
    pub decided_by: Option<String>,
    /// Whose account it is.
    pub person_id: Option<String>,
    /// What was decided about its unit.
    pub unit_decision: String,
    /// Which human decided that.
    pub unit_decided_by: Option<String>,
}

/// By what a row is known again.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Mark {
    /// What the source calls the account.
    pub legacy_id: String,
    /// The digest of what was given.
    pub row_digest: Vec<u8>,
    /// Since when the source has it no more.
    pub gone_at: Option<i64>,
    /// Not 0 when all that was known of its person was removed: nothing of the account is written any more.
    pub erased: i64,
}

/// What is undone where other facts are given. What a human decided of an owner stays while the account can still be
/// the same person's; what they decided of a unit stays while the same is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reset {
    /// Facts by which people are matched changed. The person stays written, so that a new matching leads to the same one.
    pub decision: bool,
    /// What the unit is known by changed.
    pub unit: bool,
    /// It is another person's by now: the source gave its key out again. Nothing that was decided, learnt or used counts.
    pub another: bool,
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "columns have the names that they have")]
struct Row {
    legacy_id: String,
    username: String,
    username_folded: String,
    full_name: String,
    name_sorted: String,
    date_of_birth: Option<String>,
    born_text: String,
    number_kind: String,
    number_born: Option<i64>,
    number_digest: Option<Vec<u8>>,
    number_sealed: Option<Vec<u8>>,
    email: String,
    phone: String,
    unit_code: String,
    unit_name: String,
    district_name: String,
    title: String,
    status: String,
    last_login_at: String,
    row_digest: Vec<u8>,
    gone_at: Option<i64>,
    decision: String,
    decided_by: Option<String>,
    person_id: Option<String>,
    unit_decision: String,
    unit_decided_by: Option<String>,
}

impl Row {
    fn stored(self) -> Result<Stored, StoreError> {
        let unreadable = || StoreError::Corrupt("legacy_accounts.date_of_birth".to_owned());
        Ok(Stored {
            given: Given {
                date_of_birth: self.date_of_birth.map(|text| parse(&text).ok_or_else(unreadable)).transpose()?,
                legacy_id: self.legacy_id,
                username: self.username,
                username_folded: self.username_folded,
                full_name: self.full_name,
                name_sorted: self.name_sorted,
                born_text: self.born_text,
                number_kind: self.number_kind,
                number_born: self.number_born,
                number_digest: self.number_digest,
                number_sealed: self.number_sealed,
                email: self.email,
                phone: self.phone,
                unit_code: self.unit_code,
                unit_name: self.unit_name,
                district_name: self.district_name,
                title: self.title,
                status: self.status,
                last_login_at: self.last_login_at,
                row_digest: self.row_digest,
            },
            gone_at: self.gone_at.map(Millis),
            decision: self.decision,
            decided_by: self.decided_by,
            person_id: self.person_id,
            unit_decision: self.unit_decision,
            unit_decided_by: self.unit_decided_by,
        })
    }
}

/// All that was known of the person of an account `a` was removed.
const ERASED: &str = "EXISTS (SELECT 1 FROM lifecycles l WHERE l.person_id = a.person_id AND l.erased_at IS NOT NULL)";

/// By what some accounts of a source are known again; those that are not there are left out.
pub async fn list_marks(conn: &mut impl AsEx, source: &str, ids: &[&str]) -> Result<Vec<Mark>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT a.legacy_id, a.row_digest, a.gone_at, CAST(CASE WHEN ");
        query.push(ERASED).push(" THEN 1 ELSE 0 END AS BIGINT) AS erased FROM legacy_accounts a WHERE a.source = ");
        query.push_bind(source).push(" AND a.legacy_id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
        query.build_query_as::<Mark>().fetch_all(c).await
    })?)
}

/// Some accounts of a source; those that are not there are left out.
pub async fn list(conn: &mut impl AsEx, source: &str, ids: &[&str]) -> Result<Vec<Stored>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT legacy_id, username, username_folded, full_name, name_sorted, date_of_birth, born_text, number_kind,
                    number_born, number_digest, number_sealed, email, phone, unit_code, unit_name, district_name, title, status,
                    last_login_at, row_digest, gone_at, decision, decided_by, person_id, unit_decision, unit_decided_by
               FROM legacy_accounts
              WHERE source = ",
        );
        query.push_bind(source).push(" AND legacy_id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(")");
        query.build_query_as::<Row>().fetch_all(c).await
    })?;
    rows.into_iter().map(Row::stored).collect()
}

/// How many accounts of a source there are.
pub async fn count(conn: &mut impl AsEx, source: &str) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COUNT(*) FROM legacy_accounts WHERE source = $1")
        .bind(source)
        .fetch_one(c)
        .await)?)
}

/// Adds accounts that are new, of which nothing is decided yet; `Stale` when somebody else added one of them first.
///
/// They must be sorted by their ids: two imports at once then wait for each other and do not deadlock.
pub async fn add(conn: &mut impl AsEx, source: &str, import: &str, now: Millis, accounts: &[Given]) -> Result<(), StoreError> {
    if accounts.is_empty() {
        return Ok(());
    }
    let added = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO legacy_accounts
                 (source, legacy_id, username, username_folded, full_name, name_sorted, date_of_birth, born_text, number_kind,
                  number_born, number_digest, number_sealed, email, phone, unit_code, unit_name, district_name, title, status,
                  last_login_at, row_digest, import_id, added_at, changed_at, status_read, last_login_ms) ",
        );
        query.push_values(accounts, |mut values, account| {
            values.push_bind(source).push_bind(account.legacy_id.as_str()).push_bind(account.username.as_str());
            values.push_bind(account.username_folded.as_str()).push_bind(account.full_name.as_str());
            values.push_bind(account.name_sorted.as_str()).push_bind(account.date_of_birth.map(iso));
            values.push_bind(account.born_text.as_str()).push_bind(account.number_kind.as_str());
            values.push_bind(account.number_born).push_bind(account.number_digest.as_deref());
            values.push_bind(account.number_sealed.as_deref());
            values.push_bind(account.email.as_str()).push_bind(account.phone.as_str());
            values.push_bind(account.unit_code.as_str()).push_bind(account.unit_name.as_str());
            values.push_bind(account.district_name.as_str()).push_bind(account.title.as_str());
            values.push_bind(account.status.as_str()).push_bind(account.last_login_at.as_str());
            values.push_bind(account.row_digest.as_slice()).push_bind(import).push_bind(now.0).push_bind(now.0);
            values.push_bind(AccountStatus::read(&account.status).word());
            values.push_bind(last_use(&account.last_login_at, now).map(|at| at.0));
        });
        query.push(" ON CONFLICT (source, legacy_id) DO NOTHING");
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    if usize::try_from(added).is_ok_and(|added| added == accounts.len()) { Ok(()) } else { Err(StoreError::Stale) }
}

/// Other facts about an account that is there.
#[derive(Debug, Clone, Copy)]
pub struct Replacing<'a> {
    /// The source.
    pub source: &'a str,
    /// What is given now.
    pub given: &'a Given,
    /// The digest of what was given before.
    pub before: &'a [u8],
    /// By which import.
    pub import: &'a str,
    /// What is undone with it.
    pub reset: Reset,
}

/// Lays what is given now over what was given before; `Stale` when that is there no more, or all that was known of its
/// person was removed.
///
/// A decision of a human stays: its condition is in the statement, so that one made a moment ago counts. Only where the
/// account is another person's by now nothing stays, and what its former owner signed in with is gone.
pub async fn replace(conn: &mut impl AsEx, replacing: &Replacing<'_>, now: Millis) -> Result<(), StoreError> {
    let Replacing { source, given, before, import, reset } = *replacing;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET username = $4, username_folded = $5, full_name = $6, name_sorted = $7, date_of_birth = $8, born_text = $9,
                number_kind = $10, number_born = $11, number_digest = $12, number_sealed = $13, email = $14, phone = $15,
                unit_code = $16, unit_name = $17, district_name = $18, title = $19, status = $20, last_login_at = $21,
                row_digest = $22, import_id = $23, changed_at = $24, gone_at = NULL, status_read = $28, last_login_ms = $29,
                decision = CASE WHEN ($25 = 1 AND decided_by IS NULL) OR $27 = 1 THEN '' ELSE decision END,
                rule = CASE WHEN ($25 = 1 AND decided_by IS NULL) OR $27 = 1 THEN '' ELSE rule END,
                evidence = CASE WHEN ($25 = 1 AND decided_by IS NULL) OR $27 = 1 THEN '' ELSE evidence END,
                decided_at = CASE WHEN ($25 = 1 AND decided_by IS NULL) OR $27 = 1 THEN NULL ELSE decided_at END,
                decided_by = CASE WHEN $27 = 1 THEN NULL ELSE decided_by END,
                decided_why = CASE WHEN $27 = 1 THEN '' ELSE decided_why END,
                person_id = CASE WHEN $27 = 1 THEN NULL ELSE person_id END,
                first_used_at = CASE WHEN $27 = 1 THEN NULL ELSE first_used_at END,
                last_used_at = CASE WHEN $27 = 1 THEN NULL ELSE last_used_at END,
                confirmed_at = CASE WHEN $27 = 1 THEN NULL ELSE confirmed_at END,
                retired_at = CASE WHEN $27 = 1 THEN NULL ELSE retired_at END,
                offline_since = CASE WHEN $27 = 1 THEN NULL ELSE offline_since END,
                unit_decision = CASE WHEN $26 = 1 OR $27 = 1 THEN '' ELSE unit_decision END,
                unit_id = CASE WHEN $26 = 1 OR $27 = 1 THEN NULL ELSE unit_id END,
                unit_from = CASE WHEN $26 = 1 OR $27 = 1 THEN NULL ELSE unit_from END,
                unit_reason = CASE WHEN $26 = 1 OR $27 = 1 THEN '' ELSE unit_reason END,
                unit_decided_by = CASE WHEN $26 = 1 OR $27 = 1 THEN NULL ELSE unit_decided_by END
          WHERE source = $1 AND legacy_id = $2 AND row_digest = $3
            AND NOT EXISTS (SELECT 1 FROM lifecycles l
                             WHERE l.person_id = legacy_accounts.person_id AND l.erased_at IS NOT NULL)",
    )
    .bind(source)
    .bind(given.legacy_id.as_str())
    .bind(before)
    .bind(given.username.as_str())
    .bind(given.username_folded.as_str())
    .bind(given.full_name.as_str())
    .bind(given.name_sorted.as_str())
    .bind(given.date_of_birth.map(iso))
    .bind(given.born_text.as_str())
    .bind(given.number_kind.as_str())
    .bind(given.number_born)
    .bind(given.number_digest.as_deref())
    .bind(given.number_sealed.as_deref())
    .bind(given.email.as_str())
    .bind(given.phone.as_str())
    .bind(given.unit_code.as_str())
    .bind(given.unit_name.as_str())
    .bind(given.district_name.as_str())
    .bind(given.title.as_str())
    .bind(given.status.as_str())
    .bind(given.last_login_at.as_str())
    .bind(given.row_digest.as_slice())
    .bind(import)
    .bind(now.0)
    .bind(i64::from(reset.decision))
    .bind(i64::from(reset.unit))
    .bind(i64::from(reset.another))
    .bind(AccountStatus::read(&given.status).word())
    .bind(last_use(&given.last_login_at, now).map(|at| at.0))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if changed != 1 {
        return Err(StoreError::Stale);
    }
    if reset.another { forget_proofs(conn, source, &given.legacy_id).await } else { Ok(()) }
}

/// Removes what the former owner of a key signed in with, also what was retired: it says nothing of the next one.
async fn forget_proofs(conn: &mut impl AsEx, source: &str, legacy_id: &str) -> Result<(), StoreError> {
    const STATEMENTS: [&str; 2] = [
        "DELETE FROM legacy_passwords WHERE source = $1 AND legacy_id = $2",
        "DELETE FROM legacy_verifiers WHERE source = $1 AND legacy_id = $2",
    ];
    for statement in STATEMENTS {
        sql!(conn, |c| sqlx::query(statement).bind(source).bind(legacy_id).execute(c).await.map(|done| done.rows_affected()))?;
    }
    Ok(())
}
