//! Records looked for by what they say, newest first, some at a time.
//!
//! Each look has an end: days, and a number of rows.

use super::audit::AuditRow;
use super::audit_chain::StoredPlace;
use super::grants::GrantRow;
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// More different events than there will ever be.
const MOST_EVENTS: i64 = 1_000;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Who did it.
    pub actor: Option<String>,
    /// To whom.
    pub person: Option<String>,
    /// At which client.
    pub client: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request: Option<String>,
    /// From this moment on.
    pub from: i64,
    /// Before this one.
    pub to: i64,
    /// Only what is older than a row of this moment and id.
    pub before: Option<(i64, String)>,
}

impl Wanted {
    /// The columns of audit rows that are asked for, with what they must be.
    fn of_audit(&self) -> Vec<(&'static str, String)> {
        let asked = [
            ("actor", &self.actor),
            ("person_id", &self.person),
            ("client_id", &self.client),
            ("address", &self.address),
            ("request_id", &self.request),
        ];
        asked.into_iter().filter_map(|(column, value)| value.clone().map(|value| (column, value))).collect()
    }

    /// The same of grants, which are people's own acts.
    fn of_grants(&self) -> Vec<(&'static str, String)> {
        let mut asked = self.of_audit();
        for (column, _) in &mut asked {
            if *column == "actor" {
                *column = "person_id";
            }
        }
        asked
    }
}

/// Audit rows, newest first; of one event where that is asked.
pub async fn audit_rows(
    conn: &mut impl AsEx,
    wanted: &Wanted,
    event: Option<&str>,
    most: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let asked = wanted.of_audit();
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT id, at, event, actor, person_id, client_id, address, request_id, detail, mac FROM audit WHERE at >= ",
        );
        query.push_bind(wanted.from);
        query.push(" AND at < ").push_bind(wanted.to);
        if let Some(event) = event {
            query.push(" AND event = ").push_bind(event.to_owned());
        }
        for (column, value) in &asked {
            query.push(" AND ").push(column).push(" = ").push_bind(value.clone());
        }
        if let Some((at, id)) = &wanted.before {
            query.push(" AND (at, id) < (").push_bind(*at).push(", ").push_bind(id.clone()).push(")");
        }
        query.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(most);
        query.build_query_as::<AuditRow>().fetch_all(c).await
    })?)
}

/// Grants, newest first.
pub async fn grant_rows(conn: &mut impl AsEx, wanted: &Wanted, most: i64) -> Result<Vec<GrantRow>, StoreError> {
    let asked = wanted.of_grants();
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT id, code_digest, client_id, person_id, sign_on_id, position_id, sub, scope, claims, extent,
                    authenticated_at, acr, methods, issued_at, address, request_id, offline, mac, revoked_at
               FROM grants WHERE issued_at >= ",
        );
        query.push_bind(wanted.from);
        query.push(" AND issued_at < ").push_bind(wanted.to);
        for (column, value) in &asked {
            query.push(" AND ").push(column).push(" = ").push_bind(value.clone());
        }
        if let Some((at, id)) = &wanted.before {
            query.push(" AND (issued_at, id) < (").push_bind(*at).push(", ").push_bind(id.clone()).push(")");
        }
        query.push(" ORDER BY issued_at DESC, id DESC LIMIT ").push_bind(most);
        query.build_query_as::<GrantRow>().fetch_all(c).await
    })?)
}

/// Every event that is on record, in order: one step of the index each.
pub async fn events(conn: &mut impl AsEx) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "WITH RECURSIVE words (event) AS (
             SELECT MIN(event) FROM audit
             UNION ALL
             SELECT (SELECT MIN(a.event) FROM audit a WHERE a.event > words.event) FROM words WHERE words.event IS NOT NULL
         )
         SELECT event FROM words WHERE event IS NOT NULL LIMIT $1",
    )
    .bind(MOST_EVENTS)
    .fetch_all(c)
    .await)?)
}

/// One audit row.
pub async fn find_audit(conn: &mut impl AsEx, id: &str) -> Result<Option<AuditRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, at, event, actor, person_id, client_id, address, request_id, detail, mac FROM audit WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(c)
    .await)?)
}

/// One grant.
pub async fn find_grant(conn: &mut impl AsEx, id: &str) -> Result<Option<GrantRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, code_digest, client_id, person_id, sign_on_id, position_id, sub, scope, claims, extent,
                authenticated_at, acr, methods, issued_at, address, request_id, offline, mac, revoked_at
           FROM grants WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(c)
    .await)?)
}

/// The places in the chain of some rows of one kind; rows without one are left out.
pub async fn places_of(conn: &mut impl AsEx, kind: &str, rows: &[String]) -> Result<Vec<StoredPlace>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query =
            sqlx::QueryBuilder::<Engine>::new("SELECT seq, kind, row_id, at, digest, link, mac FROM audit_chain WHERE kind = ");
        query.push_bind(kind.to_owned());
        query.push(" AND row_id IN (");
        let mut list = query.separated(", ");
        for row in rows {
            list.push_bind(row.clone());
        }
        query.push(")");
        query.build_query_as::<StoredPlace>().fetch_all(c).await
    })?)
}

/// Until when a job's lease is, or was, held; none when it never ran.
pub async fn lease_end(conn: &mut impl AsEx, name: &str) -> Result<Option<Millis>, StoreError> {
    let until: Option<i64> = sql!(conn, |c| sqlx::query_scalar("SELECT held_until FROM job_leases WHERE name = $1")
        .bind(name)
        .fetch_optional(c)
        .await)?;
    Ok(until.map(Millis))
}
