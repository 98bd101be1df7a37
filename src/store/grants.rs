//! Grants: what one redeemed code gave. Inserted in groups by [`super::group`].

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{GrantId, PersonId, PositionId, SignOnId};
use crate::model::grant::Grant;
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::scope::Scopes;

const COLUMNS: &str = "id, code_digest, client_id, person_id, sign_on_id, position_id, sub, scope, claims, extent, authenticated_at, acr, methods, issued_at, address, request_id, offline, mac, revoked_at";

/// A grant as stored, column by column: what its MAC is over.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct GrantRow {
    /// Identifier.
    pub id: String,
    /// Of the code; UNIQUE.
    pub code_digest: Vec<u8>,
    /// To whom.
    pub client_id: String,
    /// By whom.
    pub person_id: String,
    /// Under which sign-on.
    pub sign_on_id: String,
    /// Acting in which position.
    pub position_id: Option<String>,
    /// As the client knows the person.
    pub sub: String,
    /// What, space-separated.
    pub scope: String,
    /// Claims asked one by one, as JSON.
    pub claims: Option<String>,
    /// Resources, details and what it is bound to, as JSON.
    pub extent: Option<String>,
    /// When the person signed in.
    pub authenticated_at: i64,
    /// The level, as answered.
    pub acr: String,
    /// How they signed in, space-separated.
    pub methods: String,
    /// Redeemed.
    pub issued_at: i64,
    /// The client's address.
    pub address: String,
    /// The request's number.
    pub request_id: String,
    /// 1 when it survives the sign-on.
    pub offline: i64,
    /// Shows that a node of this install wrote the row: over every column before this one.
    pub mac: Vec<u8>,
    /// Counts for nothing from here on: the one column that changes.
    pub revoked_at: Option<i64>,
}

impl GrantRow {
    /// The row of a new grant, still without its MAC.
    pub fn new(grant: &Grant, code_digest: &[u8], address: &str, request_id: &str) -> Result<Self, StoreError> {
        let extent = (!grant.extent.is_empty()).then(|| serde_json::to_string(&grant.extent)).transpose();
        let claims = (!grant.claims.is_empty()).then(|| serde_json::to_string(&grant.claims)).transpose();
        Ok(Self {
            id: grant.id.0.clone(),
            code_digest: code_digest.to_vec(),
            client_id: grant.client_id.clone(),
            person_id: grant.person.0.clone(),
            sign_on_id: grant.sign_on.0.clone(),
            position_id: grant.position.as_ref().map(|position| position.0.clone()),
            sub: grant.sub.clone(),
            scope: grant.scopes.to_string(),
            claims: claims.map_err(|_| unreadable("grants.claims"))?,
            extent: extent.map_err(|_| unreadable("grants.extent"))?,
            authenticated_at: grant.authenticated_at.0,
            acr: grant.acr.clone(),
            methods: grant.methods.clone(),
            issued_at: grant.issued_at.0,
            address: address.to_owned(),
            request_id: request_id.to_owned(),
            offline: i64::from(grant.offline),
            mac: Vec::new(),
            revoked_at: grant.revoked_at.map(|moment| moment.0),
        })
    }
}

fn unreadable(column: &str) -> StoreError {
    StoreError::Corrupt(column.to_owned())
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        let claims = row.claims.as_deref().map(serde_json::from_str).transpose().map_err(|_| unreadable("grants.claims"))?;
        let extent = row.extent.as_deref().map(serde_json::from_str).transpose().map_err(|_| unreadable("grants.extent"))?;
        Ok(Self {
            id: GrantId(row.id),
            client_id: row.client_id,
            person: PersonId(row.person_id),
            sign_on: SignOnId(row.sign_on_id),
            position: row.position_id.map(PositionId),
            sub: row.sub,
            scopes: row.scope.into(),
            claims: claims.unwrap_or_default(),
            extent: extent.unwrap_or_default(),
            authenticated_at: Millis(row.authenticated_at),
            acr: row.acr,
            methods: row.methods,
            issued_at: Millis(row.issued_at),
            offline: row.offline != 0,
            revoked_at: row.revoked_at.map(Millis),
        })
    }
}

/// Records grants; answers the ids of those whose code nobody had redeemed before.
pub(super) async fn add_all(conn: &mut impl AsEx, grants: &[&GrantRow]) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO grants (id, code_digest, client_id, person_id, sign_on_id, position_id, sub, scope, claims,
                                 extent, authenticated_at, acr, methods, issued_at, address, request_id, offline, mac) ",
        );
        query.push_values(grants, |mut values, row| {
            values.push_bind(row.id.as_str()).push_bind(row.code_digest.as_slice()).push_bind(row.client_id.as_str());
            values.push_bind(row.person_id.as_str()).push_bind(row.sign_on_id.as_str()).push_bind(row.position_id.as_deref());
            values.push_bind(row.sub.as_str()).push_bind(row.scope.as_str()).push_bind(row.claims.as_deref());
            values.push_bind(row.extent.as_deref());
            values.push_bind(row.authenticated_at).push_bind(row.acr.as_str()).push_bind(row.methods.as_str());
            values.push_bind(row.issued_at).push_bind(row.address.as_str()).push_bind(row.request_id.as_str());
            values.push_bind(row.offline).push_bind(row.mac.as_slice());
        });
        query.push(" ON CONFLICT (code_digest) DO NOTHING RETURNING id");
        query.build_query_scalar::<String>().fetch_all(c).await
    })?)
}

/// One grant as stored, revoked or not.
pub async fn find_row(conn: &mut impl AsEx, id: &str) -> Result<Option<GrantRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM grants WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await)?)
}

/// One grant, revoked or not.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Grant>, StoreError> {
    find_row(conn, id).await?.map(Grant::try_from).transpose()
}

/// Revokes the grant of a code that came a second time; answers its id.
pub async fn revoke_by_code(conn: &mut impl AsEx, code_digest: &[u8], now: Millis) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $2 WHERE code_digest = $1 AND revoked_at IS NULL RETURNING id"
    )
    .bind(code_digest)
    .bind(now.0)
    .fetch_optional(c)
    .await)?)
}

/// True when a code was redeemed by this client before.
pub async fn was_redeemed(conn: &mut impl AsEx, code_digest: &[u8], client_id: &str) -> Result<bool, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT id FROM grants WHERE code_digest = $1 AND client_id = $2")
            .bind(code_digest)
            .bind(client_id)
            .fetch_optional(c)
            .await)?;
    Ok(found.is_some())
}

/// Revokes one grant; false when it was revoked before.
pub async fn mark_revoked(conn: &mut impl AsEx, id: &GrantId, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query("UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(&id.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Revokes what a sign-on gave, but for offline access; answers how many.
pub async fn revoke_of_sign_on(conn: &mut impl AsEx, sign_on: &SignOnId, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE grants SET revoked_at = $2 WHERE sign_on_id = $1 AND offline = 0 AND revoked_at IS NULL"
    )
    .bind(&sign_on.0)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Revokes what a person's refresh tokens live on, but for what `kept` gave; answers which.
pub async fn revoke_of_person(
    conn: &mut impl AsEx,
    person: &PersonId,
    kept: Option<&SignOnId>,
    now: Millis,
) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $2
          WHERE revoked_at IS NULL
            AND sign_on_id IN (SELECT id FROM sign_ons WHERE person_id = $1)
            AND sign_on_id <> $3
            AND id IN (SELECT grant_id FROM refresh_tokens)
      RETURNING id",
    )
    .bind(&person.0)
    .bind(now.0)
    .bind(kept.map_or("", SignOnId::as_str))
    .fetch_all(c)
    .await)?)
}

/// Revokes what a person gave to one client and what may still be used: grants
/// of since a moment, and those that a refresh token renews; answers which.
pub async fn revoke_of_client(
    conn: &mut impl AsEx,
    person: &PersonId,
    client_id: &str,
    since: Millis,
    now: Millis,
) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $4
          WHERE person_id = $1 AND client_id = $2 AND revoked_at IS NULL
            AND (issued_at >= $3 OR EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.grant_id = grants.id))
      RETURNING id",
    )
    .bind(&person.0)
    .bind(client_id)
    .bind(since.0)
    .bind(now.0)
    .fetch_all(c)
    .await)?)
}

/// Some offline access that had been given by a moment, in sign-ons through an old system, and was revoked by nobody.
pub async fn list_offline_of_source(
    conn: &mut impl AsEx,
    source: &str,
    until: Millis,
    most: i64,
) -> Result<Vec<GrantId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT g.id
           FROM sign_ons s JOIN grants g ON g.sign_on_id = s.id
          WHERE s.legacy_source = $1 AND g.offline = 1 AND g.revoked_at IS NULL AND g.issued_at <= $2
          LIMIT $3",
    )
    .bind(source)
    .bind(until.0)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(GrantId).collect())
}

/// What a client was given in the same words, revoked since or not.
#[derive(Debug, Clone)]
pub struct Given {
    /// To whom.
    pub client_id: String,
    /// The scopes.
    pub scopes: Scopes,
    /// Claims asked one by one.
    pub claims: ClaimsRequest,
    /// The first time.
    pub first_at: Millis,
    /// The last time.
    pub last_at: Millis,
}

/// All that was ever given about a person, each way of asking once.
pub async fn list_given(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Given>, StoreError> {
    type Row = (String, String, Option<String>, i64, i64);
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT client_id, scope, claims, MIN(issued_at), MAX(issued_at)
           FROM grants WHERE person_id = $1 GROUP BY client_id, scope, claims",
    )
    .bind(&person.0)
    .fetch_all(c)
    .await)?;
    let read = |(client_id, scope, claims, first, last): Row| -> Result<Given, StoreError> {
        let claims = claims.as_deref().map(serde_json::from_str).transpose().map_err(|_| unreadable("grants.claims"))?;
        Ok(Given {
            client_id,
            scopes: scope.into(),
            claims: claims.unwrap_or_default(),
            first_at: Millis(first),
            last_at: Millis(last),
        })
    };
    rows.into_iter().map(read).collect()
}

/// The clients that a sign-on entered, with the subject that each knows.
pub async fn clients_of_sign_on(conn: &mut impl AsEx, sign_on: &SignOnId) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT DISTINCT client_id, sub FROM grants WHERE sign_on_id = $1 ORDER BY client_id")
        .bind(&sign_on.0)
        .fetch_all(c)
        .await)?)
}
