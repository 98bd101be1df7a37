//! Grants that were given in a post, for whoever holds it no more, and how far the job that tells of it has looked.
//!
//! Which posts are held is decided elsewhere. Here a grant is revoked once: whoever revokes it tells its client.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId, PositionId, SignOnId};
use std::collections::{BTreeMap, BTreeSet};

/// Values of one statement; engines limit them.
const CHUNK: usize = 500;

/// How far a look has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// All sets up to this version were looked at.
    pub version: i64,
    /// The last person of the set after it.
    pub within: String,
    /// The beginnings of all days up to this one were looked at (ISO 8601); empty before the first time.
    pub day: String,
    /// The last person of the day after it.
    pub day_within: String,
}

/// A set of changes that began to count, or ceased to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The set.
    pub id: ChangeSetId,
    /// The version of the people that this made.
    pub version: i64,
    /// When.
    pub at: Millis,
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
    let row: Option<(i64, String, String, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT version, within, day, day_within FROM moves_cursor WHERE look = $1")
            .bind(look)
            .fetch_optional(c)
            .await)?;
    let (version, within, day, day_within) = row.ok_or_else(|| StoreError::Corrupt("moves_cursor is empty".to_owned()))?;
    Ok(Cursor { version, within, day, day_within })
}

/// Moves it on; false when somebody else did since it was read.
pub async fn move_cursor(conn: &mut impl AsEx, look: &str, read: &Cursor, next: &Cursor) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE moves_cursor SET version = $1, within = $2, day = $3, day_within = $4
          WHERE look = $5 AND version = $6 AND within = $7 AND day = $8 AND day_within = $9",
    )
    .bind(next.version)
    .bind(&next.within)
    .bind(&next.day)
    .bind(&next.day_within)
    .bind(look)
    .bind(read.version)
    .bind(&read.within)
    .bind(&read.day)
    .bind(&read.day_within)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// The first set that began to count, or ceased to, after a version of the people. Versions come into sight in their
/// order: whoever makes one holds the row that the next one is made from.
pub async fn find_set_after(conn: &mut impl AsEx, version: i64) -> Result<Option<Told>, StoreError> {
    let row: Option<(String, i64, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT t.id, t.made, t.made_at
           FROM (SELECT id, version AS made, applied_at AS made_at FROM change_sets WHERE version > $1
                  UNION ALL
                 SELECT id, undone_version AS made, undone_at AS made_at FROM change_sets WHERE undone_version > $1) AS t
          ORDER BY t.made, t.id LIMIT 1",
    )
    .bind(version)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(id, version, at)| Told { id: ChangeSetId(id), version, at: Millis(at) }))
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

/// What these people gave to these clients in a post, and nobody revoked, in sign-ons that have not ended by a moment; in
/// one order.
pub async fn list_open(
    conn: &mut impl AsEx,
    people: &[PersonId],
    clients: &[&str],
    since: Millis,
) -> Result<Vec<Open>, StoreError> {
    if people.is_empty() || clients.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for chunk in people.chunks(CHUNK) {
        let rows: Vec<(String, String, String, String)> = sql!(conn, |c| {
            // From sign-ons to their grants, in this order; and clients by an expression: each has grants by the million.
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT DISTINCT s.person_id, g.sign_on_id, g.client_id, g.position_id
                   FROM sign_ons s CROSS JOIN grants g
                  WHERE g.sign_on_id = s.id AND g.position_id IS NOT NULL AND g.revoked_at IS NULL
                    AND s.ended_at IS NULL AND s.ends_at > ",
            );
            query.push_bind(since.0).push(" AND s.person_id IN (");
            let mut list = query.separated(", ");
            for id in chunk {
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
        let open = |(person, sign_on, client_id, position)| Open {
            person: PersonId(person),
            sign_on: SignOnId(sign_on),
            client_id,
            position: PositionId(position),
        };
        all.extend(rows.into_iter().map(open));
    }
    all.sort();
    Ok(all)
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
