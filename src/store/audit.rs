//! Audit rows: append-only, written in the transaction of the act.

use super::{AsEx, StoreError, sql};
use crate::base::id::PersonId;

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AuditRow {
    /// Identifier in time order.
    pub id: String,
    /// When.
    pub at: i64,
    /// What, dotted.
    pub event: String,
    /// Who did it.
    pub actor: Option<String>,
    /// To whom.
    pub person_id: Option<String>,
    /// At which client.
    pub client_id: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The rest, as JSON.
    pub detail: String,
    /// Keyed hash over all of it.
    pub mac: Vec<u8>,
}

/// Appends a row.
pub async fn add(conn: &mut impl AsEx, row: &AuditRow) -> Result<(), StoreError> {
    add_all(conn, &[row]).await
}

/// Appends rows in one statement.
pub(super) async fn add_all(conn: &mut impl AsEx, rows: &[&AuditRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO audit (id, at, event, actor, person_id, client_id, address, request_id, detail, mac) ",
        );
        query.push_values(rows, |mut values, row| {
            values.push_bind(row.id.as_str()).push_bind(row.at).push_bind(row.event.as_str());
            values.push_bind(row.actor.as_deref()).push_bind(row.person_id.as_deref()).push_bind(row.client_id.as_deref());
            values.push_bind(row.address.as_deref()).push_bind(row.request_id.as_deref());
            values.push_bind(row.detail.as_str()).push_bind(row.mac.as_slice());
        });
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// Rows in time order from an id on, some at a time.
pub async fn list_after(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<AuditRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, at, event, actor, person_id, client_id, address, request_id, detail, mac
           FROM audit WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// A place in a person's records: what lies before it is older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When the row was written.
    pub at: i64,
    /// Its id.
    pub id: String,
}

/// A person's rows of some events, newest first, from a place on, some at a time.
pub async fn list_of_person(
    conn: &mut impl AsEx,
    person: &PersonId,
    events: &[&str],
    before: Option<&Place>,
    most: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT id, at, event, actor, person_id, client_id, address, request_id, detail, mac FROM audit WHERE person_id = ",
        );
        query.push_bind(person.0.clone());
        if let Some(place) = before {
            query.push(" AND (at, id) < (").push_bind(place.at).push(", ").push_bind(place.id.clone()).push(")");
        }
        query.push(" AND event IN (");
        let mut list = query.separated(", ");
        for event in events {
            list.push_bind((*event).to_owned());
        }
        query.push(") ORDER BY at DESC, id DESC LIMIT ").push_bind(most);
        query.build_query_as::<AuditRow>().fetch_all(c).await
    })?)
}

/// When the newest row was written.
pub async fn newest(conn: &mut impl AsEx) -> Result<Option<i64>, StoreError> {
    let row: (Option<i64>,) = sql!(conn, |c| sqlx::query_as("SELECT MAX(at) FROM audit").fetch_one(c).await)?;
    Ok(row.0)
}
