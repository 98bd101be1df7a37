//! What an account of an old system opens, for whom, and since when it opens nothing more.
//!
//! Whoever signs in through an old system is let in by one conditional
//! statement over its account; a retirement is one too. Whichever comes second
//! finds what the other left.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use crate::store::{AsEx, Ex, StoreError, sql};

/// An account, as far as signing in asks.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Credential {
    /// The source.
    pub source: String,
    /// What the source calls the account.
    pub legacy_id: String,
    /// Its user name there.
    pub username: String,
    /// The name that was given with it.
    pub full_name: String,
    /// The name of its unit, as it was given.
    pub unit_name: String,
    /// The name of that unit's district.
    pub district_name: String,
    /// Whether it could be used, in the source's words.
    pub status: String,
    /// What was decided about it; empty while nothing is.
    pub decision: String,
    /// Whose account it is.
    pub person_id: Option<String>,
    /// Its unit of today, as it was decided.
    pub unit_id: Option<String>,
    /// Since when the source has it no more.
    pub gone_at: Option<i64>,
    /// Since when it opens nothing more.
    pub retired_at: Option<i64>,
    /// When it was first used here.
    pub first_used_at: Option<i64>,
    /// When its person said that it is theirs.
    pub confirmed_at: Option<i64>,
}

/// One account.
pub async fn find(conn: &mut impl AsEx, source: &str, legacy_id: &str) -> Result<Option<Credential>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, username, full_name, unit_name, district_name, status, decision, person_id, unit_id,
                gone_at, retired_at, first_used_at, confirmed_at
           FROM legacy_accounts
          WHERE source = $1 AND legacy_id = $2",
    )
    .bind(source)
    .bind(legacy_id)
    .fetch_optional(c)
    .await)?)
}

/// The accounts of a source whose user names fold to one text, some of them: names that fold alike are few.
pub async fn list_by_username(
    conn: &mut impl AsEx,
    source: &str,
    folded: &str,
    most: i64,
) -> Result<Vec<Credential>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, username, full_name, unit_name, district_name, status, decision, person_id, unit_id,
                gone_at, retired_at, first_used_at, confirmed_at
           FROM legacy_accounts
          WHERE username_folded = $2 AND source = $1 AND gone_at IS NULL
          ORDER BY legacy_id
          LIMIT $3",
    )
    .bind(source)
    .bind(folded)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// That a source has an account of a user name, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    /// The source.
    pub source: String,
    /// Whose account it is, where that is decided.
    pub person_id: Option<String>,
}

/// So many accounts of one user name are looked at: there are not so many sources.
const MOST_HELD: i64 = 50;

/// Where a user name (folded) opens something, or may do so when it is decided whose it is.
pub async fn list_held(conn: &mut impl AsEx, folded: &str) -> Result<Vec<Held>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT DISTINCT source, CASE WHEN decision IN ('linked', 'created') THEN person_id END AS person_id
           FROM legacy_accounts
          WHERE username_folded = $1 AND gone_at IS NULL AND retired_at IS NULL AND decision <> 'rejected'
          ORDER BY 1, 2 LIMIT $2",
    )
    .bind(folded)
    .bind(MOST_HELD)
    .fetch_all(c)
    .await)?)
}

/// The accounts that are a person's, by source.
pub async fn list_of_person(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Credential>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT source, legacy_id, username, full_name, unit_name, district_name, status, decision, person_id, unit_id,
                gone_at, retired_at, first_used_at, confirmed_at
           FROM legacy_accounts
          WHERE person_id = $1 AND decision IN ('linked', 'created') AND gone_at IS NULL
          ORDER BY source, legacy_id",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?)
}

/// Notes that a person used an account of theirs; false when it is not theirs any more, is gone, or was retired. Where
/// the source stays, a retirement does not count.
pub async fn mark_used(
    conn: &mut impl AsEx,
    credential: &Credential,
    person: &PersonId,
    lasting: bool,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET first_used_at = COALESCE(first_used_at, $5), last_used_at = $5
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision IN ('linked', 'created') AND gone_at IS NULL
            AND (retired_at IS NULL OR $4 = 1) AND COALESCE(status_read, '') <> 'disabled'",
    )
    .bind(&credential.source)
    .bind(&credential.legacy_id)
    .bind(person.as_str())
    .bind(i64::from(lasting))
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// True for an account that is a person's and opens something; it stays so until the transaction ends.
pub async fn hold_usable(conn: &mut impl AsEx, key: &AccountKey, person: &PersonId, lasting: bool) -> Result<bool, StoreError> {
    let held = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET person_id = person_id
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision IN ('linked', 'created') AND gone_at IS NULL
            AND (retired_at IS NULL OR $4 = 1) AND COALESCE(status_read, '') <> 'disabled'",
    )
    .bind(&key.source)
    .bind(&key.legacy_id)
    .bind(person.as_str())
    .bind(i64::from(lasting))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(held == 1)
}

/// True for an account that is a person's and of which they said so; it stays so until the transaction ends.
pub async fn hold_confirmed(conn: &mut impl AsEx, key: &AccountKey, person: &PersonId) -> Result<bool, StoreError> {
    let held = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET person_id = person_id
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision IN ('linked', 'created') AND gone_at IS NULL
            AND confirmed_at IS NOT NULL",
    )
    .bind(&key.source)
    .bind(&key.legacy_id)
    .bind(person.as_str())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(held == 1)
}

/// Retires what a person has of a source: its accounts open nothing from now on, and what passwords were checked
/// against is gone. Answers the accounts.
pub async fn retire(conn: &mut impl AsEx, source: &str, person: &PersonId, now: Millis) -> Result<Vec<String>, StoreError> {
    let retired: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "UPDATE legacy_accounts
            SET retired_at = $3
          WHERE person_id = $2 AND source = $1 AND decision IN ('linked', 'created') AND retired_at IS NULL
        RETURNING legacy_id",
    )
    .bind(source)
    .bind(person.as_str())
    .bind(now.0)
    .fetch_all(c)
    .await)?;
    for legacy_id in &retired {
        sql!(conn, |c| sqlx::query(
            "UPDATE legacy_passwords
                SET retired_at = $3, sealed = NULL, wrapped = NULL, changed_at = $3
              WHERE source = $1 AND legacy_id = $2 AND retired_at IS NULL",
        )
        .bind(source)
        .bind(legacy_id)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
        sql!(conn, |c| sqlx::query("DELETE FROM legacy_verifiers WHERE source = $1 AND legacy_id = $2")
            .bind(source)
            .bind(legacy_id)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    }
    Ok(retired)
}

/// Retires, of accounts that are these people's, those that opened something before; answers which. What their passwords
/// are checked against stays, and opens nothing: the decision by which they came to them may be taken back.
pub async fn retire_some(
    conn: &mut impl AsEx,
    linked: &[(&AccountKey, &PersonId)],
    now: Millis,
) -> Result<Vec<AccountKey>, StoreError> {
    if linked.is_empty() {
        return Ok(Vec::new());
    }
    let retired: Vec<(String, String)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("WITH told (of_source, of_id, owner) AS (");
        query.push_values(linked, |mut row, (key, owner)| {
            row.push_bind(key.source.as_str()).push_bind(key.legacy_id.as_str()).push_bind(owner.as_str());
        });
        query.push(") UPDATE legacy_accounts SET retired_at = ").push_bind(now.0);
        query.push(
            " FROM told
              WHERE source = of_source AND legacy_id = of_id AND person_id = owner
                AND decision IN ('linked', 'created') AND retired_at IS NULL
          RETURNING source, legacy_id",
        );
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(retired.into_iter().map(|(source, legacy_id)| AccountKey { source, legacy_id }).collect())
}

/// Who of some people has come in through an old system, by a sign-on that did not end before a moment.
pub async fn list_signed_on(conn: &mut impl AsEx, people: &[PersonId], since: Millis) -> Result<Vec<PersonId>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT DISTINCT person_id FROM sign_ons WHERE legacy_source IS NOT NULL AND ended_at IS NULL AND ends_at > ",
        );
        query.push_bind(since.0).push(" AND person_id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(")");
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(found.into_iter().map(PersonId).collect())
}

/// Holds people until the transaction ends: whoever is given a way to sign in of their own meanwhile waits, or has it
/// already when this is over (on SQLite the one writer sees to it). They are held in the order of their ids.
pub async fn hold_people(conn: &mut impl AsEx, people: &[&PersonId]) -> Result<(), StoreError> {
    let is_alone = match conn.ex() {
        Ex::Sqlite(_) => true,
        Ex::Pg(_) => false,
    };
    if is_alone || people.is_empty() {
        return Ok(());
    }
    let _: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT id FROM persons WHERE id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(") ORDER BY id FOR UPDATE");
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(())
}

/// Who of some people can come in by a way of their own: by a passkey, or by a password that nobody else set for a
/// while. An app is nothing without a password.
pub async fn list_enrolled(conn: &mut impl AsEx, people: &[&PersonId]) -> Result<Vec<PersonId>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<String> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT p.id FROM persons p WHERE p.id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.as_str());
        }
        query.push(
            ") AND (EXISTS (SELECT 1 FROM passkeys k WHERE k.person_id = p.id)
                    OR EXISTS (SELECT 1 FROM passwords w WHERE w.person_id = p.id AND w.must_change = 0))
               ORDER BY p.id",
        );
        query.build_query_scalar().fetch_all(c).await
    })?;
    Ok(found.into_iter().map(PersonId).collect())
}

/// Notes that a person said that an account is theirs; false when nobody has to ask any more.
pub async fn mark_confirmed(
    conn: &mut impl AsEx,
    credential: &Credential,
    person: &PersonId,
    now: Millis,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET confirmed_at = $4
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision IN ('linked', 'created')
            AND confirmed_at IS NULL",
    )
    .bind(&credential.source)
    .bind(&credential.legacy_id)
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Takes an account from a person who said that it is not them: a human decides now, and matching lets it be. False when
/// it was confirmed, or taken from them, before.
pub async fn dispute(conn: &mut impl AsEx, credential: &Credential, person: &PersonId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET decision = 'review', rule = 'not_me', person_id = NULL, offline_since = NULL, decided_at = $4, decided_by = $3
          WHERE source = $1 AND legacy_id = $2 AND person_id = $3 AND decision IN ('linked', 'created')
            AND confirmed_at IS NULL",
    )
    .bind(&credential.source)
    .bind(&credential.legacy_id)
    .bind(person.as_str())
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
