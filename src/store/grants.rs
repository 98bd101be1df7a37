//! Grants: what one redeemed code gave. Inserted in groups by [`super::group`].

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{GrantId, PersonId, PositionId, SignOnId};
use crate::model::grant::Grant;

const COLUMNS: &str = "id, client_id, person_id, sign_on_id, position_id, sub, scope, claims, authenticated_at, acr, methods, issued_at, offline, revoked_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    client_id: String,
    person_id: String,
    sign_on_id: String,
    position_id: Option<String>,
    sub: String,
    scope: String,
    claims: Option<String>,
    authenticated_at: i64,
    acr: String,
    methods: String,
    issued_at: i64,
    offline: i64,
    revoked_at: Option<i64>,
}

impl TryFrom<Row> for Grant {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: GrantId(row.id),
            client_id: row.client_id,
            person: PersonId(row.person_id),
            sign_on: SignOnId(row.sign_on_id),
            position: row.position_id.map(PositionId),
            sub: row.sub,
            scopes: row.scope.into(),
            claims: row.claims.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default(),
            authenticated_at: Millis(row.authenticated_at),
            acr: row.acr,
            methods: row.methods,
            issued_at: Millis(row.issued_at),
            offline: row.offline != 0,
            revoked_at: row.revoked_at.map(Millis),
        })
    }
}

/// A grant about to be recorded: with the digest of its code, and where it was asked.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The grant.
    pub grant: Grant,
    /// Of the code; UNIQUE.
    pub code_digest: Vec<u8>,
    /// The client's address.
    pub address: String,
    /// The request's number.
    pub request_id: String,
    /// Shows that a node of this install wrote the row.
    pub mac: Vec<u8>,
}

/// Records grants; answers the ids of those whose code nobody had redeemed before.
pub(super) async fn add_all(conn: &mut impl AsEx, grants: &[&NewGrant]) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO grants (id, code_digest, client_id, person_id, sign_on_id, position_id, sub, scope, claims,
                                 authenticated_at, acr, methods, issued_at, address, request_id, offline, mac) ",
        );
        query.push_values(grants, |mut row, new| {
            let grant = &new.grant;
            let claims = (!grant.claims.is_empty()).then(|| serde_json::to_string(&grant.claims).unwrap_or_default());
            row.push_bind(grant.id.0.clone())
                .push_bind(new.code_digest.clone())
                .push_bind(grant.client_id.clone())
                .push_bind(grant.person.0.clone())
                .push_bind(grant.sign_on.0.clone())
                .push_bind(grant.position.as_ref().map(|position| position.0.clone()))
                .push_bind(grant.sub.clone())
                .push_bind(grant.scopes.to_string())
                .push_bind(claims)
                .push_bind(grant.authenticated_at.0)
                .push_bind(grant.acr.clone())
                .push_bind(grant.methods.clone())
                .push_bind(grant.issued_at.0)
                .push_bind(new.address.clone())
                .push_bind(new.request_id.clone())
                .push_bind(i64::from(grant.offline))
                .push_bind(new.mac.clone());
        });
        query.push(" ON CONFLICT (code_digest) DO NOTHING RETURNING id");
        query.build_query_scalar::<String>().fetch_all(c).await
    })?)
}

/// One grant, revoked or not.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Grant>, StoreError> {
    let row: Option<Row> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM grants WHERE id = $1")))
            .bind(id)
            .fetch_optional(c)
            .await)?;
    row.map(Grant::try_from).transpose()
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

/// Revokes what a person's refresh tokens live on; answers which.
pub async fn revoke_of_person(conn: &mut impl AsEx, person: &PersonId, now: Millis) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "UPDATE grants SET revoked_at = $2
          WHERE revoked_at IS NULL
            AND sign_on_id IN (SELECT id FROM sign_ons WHERE person_id = $1)
            AND id IN (SELECT grant_id FROM refresh_tokens)
      RETURNING id",
    )
    .bind(&person.0)
    .bind(now.0)
    .fetch_all(c)
    .await)?)
}

/// The clients that a sign-on entered, with the subject that each knows.
pub async fn clients_of_sign_on(conn: &mut impl AsEx, sign_on: &SignOnId) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT DISTINCT client_id, sub FROM grants WHERE sign_on_id = $1 ORDER BY client_id")
        .bind(&sign_on.0)
        .fetch_all(c)
        .await)?)
}
