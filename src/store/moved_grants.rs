//! Grants that were given in a post, for whoever holds it no more, and how far the job that tells of it has looked.
//!
//! Which posts are held is decided elsewhere. Here a grant is revoked once: whoever revokes it tells its client.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId, SignOnId};
use std::collections::{BTreeMap, BTreeSet};

/// Values of one statement; engines limit them.
const CHUNK: usize = 500;

/// How far a look has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// All sets before this version were looked at.
    pub version: i64,
    /// The last set of it that was looked at; `None` when all of them were.
    pub set_id: Option<String>,
    /// The last person of the set after it.
    pub within: String,
    /// The beginnings of all days up to this one were looked at (ISO 8601); empty before the first time.
    pub day: String,
    /// The last person of the day after it.
    pub day_within: String,
}

/// Grants of one client, in one sign-on, that were given in one post.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    /// Whose.
    pub person: PersonId,
    /// In which sign-on.
    pub sign_on: SignOnId,
    /// To whom.
    pub client_id: String,
    /// In which post.
    pub position: PositionId,
}

/// What was revoked just now.
#[derive(Debug, Default)]
pub struct Revoked {
    /// How many grants.
    pub count: usize,
    /// As what the client knows the person.
    pub subs: BTreeSet<String>,
    /// Those of the grants that could still be used.
    pub usable: Vec<String>,
}

/// Where a look is.
pub async fn cursor(conn: &mut impl AsEx, look: &str) -> Result<Cursor, StoreError> {
    let row: Option<(i64, Option<String>, String, String, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT version, set_id, within, day, day_within FROM moves_cursor WHERE look = $1")
            .bind(look)
            .fetch_optional(c)
            .await)?;
    let (version, set_id, within, day, day_within) =
        row.ok_or_else(|| StoreError::Corrupt("moves_cursor is empty".to_owned()))?;
    Ok(Cursor { version, set_id, within, day, day_within })
}

/// Moves it on; false when somebody else did since it was read.
pub async fn move_cursor(conn: &mut impl AsEx, look: &str, read: &Cursor, next: &Cursor) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE moves_cursor SET version = $1, set_id = $2, within = $3, day = $4, day_within = $5
          WHERE look = $6 AND version = $7 AND set_id IS NOT DISTINCT FROM $8 AND within = $9 AND day = $10 AND day_within = $11",
    )
    .bind(next.version)
    .bind(next.set_id.as_deref())
    .bind(&next.within)
    .bind(&next.day)
    .bind(&next.day_within)
    .bind(look)
    .bind(read.version)
    .bind(read.set_id.as_deref())
    .bind(&read.within)
    .bind(&read.day)
    .bind(&read.day_within)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Everybody who acts, or acted, for some of these people.
pub async fn list_delegates(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<PersonId>, StoreError> {
    let mut all = Vec::new();
    for chunk in people.chunks(CHUNK) {
        let ids: Vec<String> = sql!(conn, |c| {
            let mut query =
                sqlx::QueryBuilder::<Engine>::new("SELECT DISTINCT d.to_person FROM delegations d WHERE d.of_person IN (");
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(")");
            query.build_query_scalar().fetch_all(c).await
        })?;
        all.extend(ids.into_iter().map(PersonId));
    }
    Ok(all)
}

/// Everybody who acted for somebody until that was ended, or until that one was shut out, at or after a moment.
pub async fn list_delegates_since(conn: &mut impl AsEx, since: Millis) -> Result<Vec<PersonId>, StoreError> {
    // From the people to what they handed over, in this order: few are shut out at a time.
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT d.to_person FROM delegations d WHERE d.ended_at >= $1
          UNION
         SELECT d.to_person FROM persons o CROSS JOIN delegations d WHERE o.disabled_at >= $1 AND d.of_person = o.id",
    )
    .bind(since.0)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// What these people gave to these clients in a post, and nobody revoked, in sign-ons that nobody ended: in those that go on
/// after a moment, and where a refresh token that counts now renews it, in any of them. In one order.
pub async fn list_open(
    conn: &mut impl AsEx,
    people: &[PersonId],
    clients: &[&str],
    since: Millis,
    now: Millis,
) -> Result<Vec<Open>, StoreError> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = BTreeSet::new();
    for chunk in people.chunks(CHUNK) {
        all.extend(list_entered(conn, chunk, clients, since).await?);
        all.extend(list_offline(conn, chunk, clients, now).await?);
    }
    Ok(all.into_iter().collect())
}

/// What some people gave in sign-ons that go on after a moment.
async fn list_entered(
    conn: &mut impl AsEx,
    people: &[PersonId],
    clients: &[&str],
    since: Millis,
) -> Result<Vec<Open>, StoreError> {
    let rows: Vec<OpenRow> = sql!(conn, |c| {
        // From sign-ons to their grants, in this order; and clients by an expression: each has grants by the million.
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT DISTINCT s.person_id, g.sign_on_id, g.client_id, g.position_id
               FROM sign_ons s CROSS JOIN grants g
              WHERE g.sign_on_id = s.id AND g.position_id IS NOT NULL AND g.revoked_at IS NULL
                AND s.ended_at IS NULL AND s.ends_at > ",
        );
        query.push_bind(since.0).push(" AND s.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") AND g.client_id || '' IN (");
        let mut list = query.separated(", ");
        for client in clients {
            list.push_bind((*client).to_owned());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(open).collect())
}

/// What some people gave for longer than the sign-on, where a refresh token renews it now.
async fn list_offline(conn: &mut impl AsEx, people: &[PersonId], clients: &[&str], now: Millis) -> Result<Vec<Open>, StoreError> {
    let rows: Vec<OpenRow> = sql!(conn, |c| {
        // From the few grants of this kind to their sign-ons, in this order.
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT DISTINCT g.person_id, g.sign_on_id, g.client_id, g.position_id
               FROM grants g CROSS JOIN sign_ons s
              WHERE s.id = g.sign_on_id AND s.ended_at IS NULL
                AND g.offline = 1 AND g.revoked_at IS NULL AND g.position_id IS NOT NULL
                AND EXISTS (SELECT 1 FROM refresh_tokens r
                             WHERE r.grant_id = g.id AND r.replaced_at IS NULL AND r.expires_at > ",
        );
        query.push_bind(now.0).push(") AND g.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") AND g.client_id || '' IN (");
        let mut list = query.separated(", ");
        for client in clients {
            list.push_bind((*client).to_owned());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(open).collect())
}

/// Person, sign-on, client and post.
type OpenRow = (String, String, String, String);

fn open((person, sign_on, client_id, position): OpenRow) -> Open {
    Open { person: PersonId(person), sign_on: SignOnId(sign_on), client_id, position: PositionId(position) }
}

/// What each of these posts went on from, and that one in turn, at most 32 times; also where that was taken back since.
pub async fn list_followed(
    conn: &mut impl AsEx,
    posts: &[PositionId],
) -> Result<BTreeMap<PositionId, Vec<PositionId>>, StoreError> {
    let mut all: BTreeMap<PositionId, Vec<PositionId>> = BTreeMap::new();
    for chunk in posts.chunks(CHUNK) {
        let rows: Vec<(String, String)> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "WITH RECURSIVE back (post, earlier, depth) AS (
                   SELECT q.id, q.follows, 1
                     FROM positions q JOIN change_sets s ON s.id = q.change_set || ''
                    WHERE q.follows IS NOT NULL AND s.applied_at IS NOT NULL AND q.id IN (",
            );
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(
                ") UNION
                   SELECT b.post, q.follows, b.depth + 1
                     FROM back b JOIN positions q ON q.id = b.earlier JOIN change_sets s ON s.id = q.change_set || ''
                    WHERE q.follows IS NOT NULL AND s.applied_at IS NOT NULL AND b.depth < 32)
                 SELECT DISTINCT post, earlier FROM back ORDER BY post, earlier",
            );
            query.build_query_as().fetch_all(c).await
        })?;
        for (post, earlier) in rows {
            all.entry(PositionId(post)).or_default().push(PositionId(earlier));
        }
    }
    Ok(all)
}

/// Revokes grants, as far as nobody did before. Those that were given at or after a moment may still be used, and those
/// that a refresh token renews.
pub async fn mark_revoked(conn: &mut impl AsEx, open: &Open, usable_since: Millis, now: Millis) -> Result<Revoked, StoreError> {
    let rows: Vec<(String, String, i64)> = sql!(conn, |c| sqlx::query_as(
        "UPDATE grants SET revoked_at = $4
          WHERE sign_on_id = $1 AND client_id || '' = $2 AND position_id = $3 AND revoked_at IS NULL
      RETURNING id, sub, issued_at",
    )
    .bind(open.sign_on.as_str())
    .bind(&open.client_id)
    .bind(open.position.as_str())
    .bind(now.0)
    .fetch_all(c)
    .await)?;
    let mut revoked = Revoked { count: rows.len(), ..Revoked::default() };
    let mut older = Vec::new();
    for (id, sub, issued_at) in rows {
        revoked.subs.insert(sub);
        if issued_at >= usable_since.0 { revoked.usable.push(id) } else { older.push(id) }
    }
    revoked.usable.extend(list_renewed(conn, &older).await?);
    Ok(revoked)
}

/// Those of some grants that a refresh token renews.
async fn list_renewed(conn: &mut impl AsEx, grants: &[String]) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for chunk in grants.chunks(CHUNK) {
        let ids: Vec<String> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT DISTINCT grant_id FROM refresh_tokens WHERE grant_id IN (");
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(") ORDER BY grant_id");
            query.build_query_scalar().fetch_all(c).await
        })?;
        all.extend(ids);
    }
    Ok(all)
}
