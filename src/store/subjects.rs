//! Subjects: what a sector knows a person as, fixed when first issued.

use super::{AsEx, StoreError, sql};
use crate::base::id::{PersonId, UnitId};
use std::collections::BTreeSet;

/// What a person is called in a sector.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Stored {
    /// The subject.
    pub sub: String,
    /// The old system that called the person so; nothing for a subject of our own.
    pub source: Option<String>,
}

/// An account of an old system that is a person's.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Account {
    /// The old system.
    pub source: String,
    /// What it calls the account.
    pub legacy_id: String,
    /// Its user name there.
    pub username: String,
    /// The code of the unit, as it was given.
    pub unit_code: String,
    /// The name of the unit, as it was given.
    pub unit_name: String,
}

/// The subject of a person in a sector.
pub async fn find(conn: &mut impl AsEx, sector: &str, person: &PersonId) -> Result<Option<Stored>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT sub, source FROM subjects WHERE sector = $1 AND person_id = $2")
        .bind(sector)
        .bind(&person.0)
        .fetch_optional(c)
        .await)?)
}

/// Offers a new subject of our own; whoever came first stays.
pub async fn add(conn: &mut impl AsEx, sector: &str, person: &PersonId, sub: &str) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO subjects (sector, person_id, sub) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(sector)
        .bind(&person.0)
        .bind(sub)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Offers what an old system calls a person, while that account is theirs and in use. Nothing happens when the person is
/// called something already, when somebody else is called so, and when the account was given to somebody else, locked or gone
/// meanwhile: of two at once the constraints let the first one in, and the other waits here until that is decided.
pub async fn add_legacy(
    conn: &mut impl AsEx,
    sector: &str,
    person: &PersonId,
    sub: &str,
    account: &Account,
) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO subjects (sector, person_id, sub, source)
         SELECT $1, a.person_id, $3, a.source
           FROM legacy_accounts a
          WHERE a.source = $4 AND a.legacy_id = $5 AND a.person_id = $2 AND a.decision IN ('linked', 'created')
            AND a.gone_at IS NULL AND COALESCE(a.status_read, '') <> 'disabled'
         ON CONFLICT DO NOTHING",
    )
    .bind(sector)
    .bind(&person.0)
    .bind(sub)
    .bind(&account.source)
    .bind(&account.legacy_id)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Who is called so in a sector.
pub async fn find_holder(conn: &mut impl AsEx, sector: &str, sub: &str) -> Result<Option<PersonId>, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT person_id FROM subjects WHERE sector = $1 AND sub = $2")
            .bind(sector)
            .bind(sub)
            .fetch_optional(c)
            .await)?;
    Ok(found.map(PersonId))
}

/// The accounts of old systems that are a person's. Of several of one system the likeliest comes first: those that are still
/// there before those that are gone, the one with which they came here last, those that were not locked, and of these the
/// one that was used last there.
pub async fn list_accounts(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Account>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, username, unit_code, unit_name
           FROM legacy_accounts
          WHERE person_id = $1 AND decision IN ('linked', 'created')
          ORDER BY source, CASE WHEN gone_at IS NULL THEN 0 ELSE 1 END, COALESCE(last_used_at, 0) DESC,
                   CASE WHEN status_read = 'disabled' THEN 1 ELSE 0 END, COALESCE(last_login_ms, 0) DESC, legacy_id",
    )
    .bind(&person.0)
    .fetch_all(c)
    .await)?)
}

/// The accounts of old systems that are a person's and were neither gone nor locked there. Of several of one system the one
/// with which they came here last comes first, and of these the one that was used last there.
pub async fn list_accounts_in_use(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Account>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, username, unit_code, unit_name
           FROM legacy_accounts
          WHERE person_id = $1 AND decision IN ('linked', 'created')
            AND gone_at IS NULL AND COALESCE(status_read, '') <> 'disabled'
          ORDER BY source, COALESCE(last_used_at, 0) DESC, COALESCE(last_login_ms, 0) DESC, legacy_id",
    )
    .bind(&person.0)
    .fetch_all(c)
    .await)?)
}

/// The units that the accounts of a person were meant to be in on the days of their sources, each once.
pub async fn list_units_from(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<UnitId>, StoreError> {
    let rows: Vec<(String, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT decision, unit_from FROM legacy_accounts WHERE person_id = $1 AND unit_from IS NOT NULL",
    )
    .bind(&person.0)
    .fetch_all(c)
    .await)?;
    // Here and not in the statement, which SQLite would then answer by the index of decisions.
    let own = rows.into_iter().filter(|(decision, _)| matches!(decision.as_str(), "linked" | "created"));
    let units: BTreeSet<String> = own.map(|(_, unit)| unit).collect();
    Ok(units.into_iter().map(UnitId).collect())
}

/// Whether anybody is called in a sector by something that begins so.
pub async fn any_begins_with(conn: &mut impl AsEx, sector: &str, begins: &str) -> Result<bool, StoreError> {
    let found: i64 = sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*) FROM subjects WHERE sector = $1 AND SUBSTR(sub, 1, LENGTH($2)) = $2",
    )
    .bind(sector)
    .bind(begins)
    .fetch_one(c)
    .await)?;
    Ok(found > 0)
}
