//! What every node must forget. A capability that ends or changes something
//! that nodes keep in memory adds a row in the same transaction.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A client's registration.
    Client,
    /// A person, their positions or roles.
    Person,
    /// A sign-on ended.
    SignOn,
    /// A sign-on got another cookie; the subject is the digest of the one before.
    Cookie,
    /// A grant was revoked.
    Grant,
    /// Signing keys.
    Keys,
    /// The unit registry.
    Registry,
    /// Protected resources.
    Resources,
    /// Rules about sign-ins.
    Policies,
    /// Many people at once: forget all of them.
    People,
    /// Where legacy accounts come from.
    LegacySources,
    /// Roles of groups.
    GroupGrants,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Person => "person",
            Self::SignOn => "sign_on",
            Self::Cookie => "cookie",
            Self::Grant => "grant",
            Self::Keys => "keys",
            Self::Registry => "registry",
            Self::Resources => "resources",
            Self::Policies => "policies",
            Self::People => "people",
            Self::LegacySources => "legacy_sources",
            Self::GroupGrants => "group_grants",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Client,
            Self::Person,
            Self::SignOn,
            Self::Cookie,
            Self::Grant,
            Self::Keys,
            Self::Registry,
            Self::Resources,
            Self::Policies,
            Self::People,
            Self::LegacySources,
            Self::GroupGrants,
        ];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its identifier, so that a node applies it once.
    pub id: String,
    /// What changed.
    pub kind: Kind,
    /// Which one (an id), or empty.
    pub subject: String,
    /// When.
    pub at: Millis,
}

/// Tells every node to forget something. What changes of a person changes whoever acts for them too.
pub async fn add(conn: &mut impl AsEx, change: &Change) -> Result<(), StoreError> {
    add_one(conn, change).await?;
    if change.kind == Kind::Person { add_delegates(conn, change).await } else { Ok(()) }
}

/// Tells of everybody to whom a person handed a post. What is over already changes nothing of theirs.
async fn add_delegates(conn: &mut impl AsEx, change: &Change) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO changes (id, seq, at, kind, subject)
         SELECT $1 || ':' || d.to_person, (SELECT COALESCE(MAX(c.seq), 0) + 1 FROM changes c), $2, $3, d.to_person
           FROM (SELECT DISTINCT to_person FROM delegations WHERE of_person = $4 AND ended_at IS NULL) AS d",
    )
    .bind(&change.id)
    .bind(change.at.0)
    .bind(change.kind.as_str())
    .bind(&change.subject)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

async fn add_one(conn: &mut impl AsEx, change: &Change) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO changes (id, seq, at, kind, subject)
         VALUES ($1, (SELECT COALESCE(MAX(c.seq), 0) + 1 FROM changes c), $2, $3, $4)",
    )
    .bind(&change.id)
    .bind(change.at.0)
    .bind(change.kind.as_str())
    .bind(&change.subject)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// All changes after a number, and the highest number there is.
///
/// A change takes the number after the highest that its writer sees. A number
/// may be shared, and may come into sight after higher ones, as long as its
/// transaction takes: readers look back that far.
pub async fn list_after(conn: &mut impl AsEx, seq: i64) -> Result<(Vec<Change>, i64), StoreError> {
    let rows: Vec<(String, i64, i64, String, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT id, seq, at, kind, subject FROM changes WHERE seq > $1 ORDER BY seq, id")
            .bind(seq)
            .fetch_all(c)
            .await)?;
    let highest = rows.last().map_or(seq, |(_, seq, ..)| *seq);
    let changes = rows
        .into_iter()
        .filter_map(|(id, _, at, kind, subject)| Kind::parse(&kind).map(|kind| Change { id, kind, subject, at: Millis(at) }))
        .collect();
    Ok((changes, highest))
}

/// Forgets changes that every node has seen long ago; the newest stays, so that numbers only rise.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM changes WHERE at < $1 AND seq < (SELECT MAX(c.seq) FROM changes c)")
        .bind(before.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
