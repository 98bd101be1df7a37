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
    /// Many people at once: forget all of them.
    People,
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
            Self::People => "people",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Client, Self::Person, Self::SignOn, Self::Cookie, Self::Grant, Self::Keys, Self::Registry, Self::People]
            .into_iter()
            .find(|kind| kind.as_str() == text)
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

/// Tells every node to forget something.
pub async fn add(conn: &mut impl AsEx, change: &Change) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("INSERT INTO changes (id, at, kind, subject) VALUES ($1, $2, $3, $4)")
        .bind(&change.id)
        .bind(change.at.0)
        .bind(change.kind.as_str())
        .bind(&change.subject)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// All changes after a moment. Nodes look back further than the last one they
/// saw, since transactions may commit in another order than their times.
pub async fn list_since(conn: &mut impl AsEx, since: Millis) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<(String, i64, String, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT id, at, kind, subject FROM changes WHERE at > $1 ORDER BY at, id")
            .bind(since.0)
            .fetch_all(c)
            .await)?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, at, kind, subject)| Kind::parse(&kind).map(|kind| Change { id, kind, subject, at: Millis(at) }))
        .collect())
}

/// Forgets changes that every node has seen long ago.
pub async fn remove_before(conn: &mut impl AsEx, before: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("DELETE FROM changes WHERE at < $1")
        .bind(before.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
