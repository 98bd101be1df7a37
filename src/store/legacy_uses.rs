//! Who still leans on a legacy identifier: by client, kind, source and person, the last day on which it was told.

use super::{AsEx, StoreError, sql};
use crate::base::date::{iso, parse};
use crate::base::id::PersonId;
use time::Date;

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The person was called as an old system called them.
    Subject,
    /// A unit that is no more. Units are not of a source: its place holds the code of their former province.
    Unit,
    /// The accounts behind the scope `legacy`.
    Scope,
}

impl Kind {
    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Unit => "unit",
            Self::Scope => "scope",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Subject, Self::Unit, Self::Scope].into_iter().find(|kind| kind.word() == word)
    }
}

/// A use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Use {
    /// Who was told.
    pub client: String,
    /// What.
    pub kind: Kind,
    /// Of which source; the code of a former province for a unit.
    pub source: String,
    /// About whom.
    pub person: PersonId,
    /// When.
    pub on: Date,
}

impl Use {
    /// A use of a day.
    pub fn new(client: &str, kind: Kind, source: &str, person: &PersonId, on: Date) -> Self {
        Self { client: client.to_owned(), kind, source: source.to_owned(), person: person.clone(), on }
    }
}

/// Notes a use, unless one of that day or later is noted.
pub async fn mark(conn: &mut impl AsEx, used: &Use) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO legacy_uses (client_id, kind, source, person_id, used_on) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (client_id, kind, source, person_id)
             DO UPDATE SET used_on = excluded.used_on WHERE legacy_uses.used_on < excluded.used_on",
    )
    .bind(&used.client)
    .bind(used.kind.word())
    .bind(&used.source)
    .bind(&used.person.0)
    .bind(iso(used.on))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// How a client leans on a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaning {
    /// The client.
    pub client: String,
    /// What it is told.
    pub kind: Kind,
    /// About how many people, since a day.
    pub people: i64,
    /// The last day on which it was told.
    pub last_on: Date,
}

/// Which clients lean on a source, or on units of its former province, since a day.
pub async fn list_leaning(
    conn: &mut impl AsEx,
    source: &str,
    province: Option<&str>,
    since: Date,
) -> Result<Vec<Leaning>, StoreError> {
    let rows: Vec<(String, String, i64, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT client_id, kind, COUNT(*), MAX(used_on)
           FROM legacy_uses
          WHERE used_on >= $3 AND ((kind <> 'unit' AND source = $1) OR (kind = 'unit' AND source = $2))
          GROUP BY client_id, kind
          ORDER BY client_id, kind",
    )
    .bind(source)
    .bind(province.unwrap_or_default())
    .bind(iso(since))
    .fetch_all(c)
    .await)?;
    let read = |(client, kind, people, last): (String, String, i64, String)| {
        let kind = Kind::from_word(&kind).ok_or_else(|| corrupt("kind"))?;
        Ok(Leaning { client, kind, people, last_on: parse(&last).ok_or_else(|| corrupt("used_on"))? })
    };
    rows.into_iter().map(read).collect()
}

/// Whom a client was told about so since a day, who was told of last before the others, at most so many.
pub async fn list_people(
    conn: &mut impl AsEx,
    (client, kind): (&str, Kind),
    source: &str,
    since: Date,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let rows: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT person_id FROM legacy_uses
          WHERE client_id = $1 AND kind = $2 AND source = $3 AND used_on >= $4
          ORDER BY used_on DESC, person_id LIMIT $5",
    )
    .bind(client)
    .bind(kind.word())
    .bind(source)
    .bind(iso(since))
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(PersonId).collect())
}

fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(format!("legacy_uses.{column}"))
}
