//! Where what is known of a person came from: the sets of changes that told it.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::parse;
use crate::base::id::{PersonId, PositionId};
use std::collections::BTreeMap;
use time::Date;

/// A set of changes, as far as the person whom it is about may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its kind, such as `file`.
    pub origin: String,
    /// When it began to count.
    pub applied_at: Millis,
}

/// What one set of changes told of a person.
#[derive(Debug, Clone)]
pub struct Told {
    /// The set.
    pub source: Source,
    /// Full name.
    pub full_name: String,
    /// Date of birth.
    pub date_of_birth: Option<Date>,
    /// The personal number, sealed for this person.
    pub personal_number: Option<Vec<u8>>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Number in the staff list.
    pub employee_code: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ToldRow {
    origin: String,
    applied_at: i64,
    full_name: String,
    date_of_birth: Option<String>,
    personal_number: Option<Vec<u8>>,
    email: Option<String>,
    phone: Option<String>,
    employee_code: Option<String>,
}

/// What was told of a person, oldest first; the last counts.
pub async fn list_told(conn: &mut impl AsEx, person: &PersonId) -> Result<Vec<Told>, StoreError> {
    let rows: Vec<ToldRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT s.origin, s.applied_at, f.full_name, f.date_of_birth, f.personal_number, f.email, f.phone, f.employee_code
           FROM person_facts f JOIN change_sets s ON s.id = f.change_set
          WHERE f.person_id = $1 AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
          ORDER BY s.applied_at, s.id",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    let unreadable = || StoreError::Corrupt("person_facts.date_of_birth".to_owned());
    rows.into_iter()
        .map(|row| {
            Ok(Told {
                source: Source { origin: row.origin, applied_at: Millis(row.applied_at) },
                full_name: row.full_name,
                date_of_birth: row.date_of_birth.map(|text| parse(&text).ok_or_else(unreadable)).transpose()?,
                personal_number: row.personal_number,
                email: row.email,
                phone: row.phone,
                employee_code: row.employee_code,
            })
        })
        .collect()
}

/// The sets that count and tell of a person, each with who made it (a person's id, or `os:NAME` at the command line),
/// newest first, at most so many. For administrators: the person may not ask who it was.
pub async fn list_sets(conn: &mut impl AsEx, person: &PersonId, most: i64) -> Result<Vec<(Source, String)>, StoreError> {
    let rows: Vec<(String, i64, String)> = sql!(conn, |c| sqlx::query_as(
        "SELECT s.origin, s.applied_at, s.actor
           FROM change_sets s
          WHERE s.id IN (SELECT f.change_set FROM person_facts f WHERE f.person_id = $1
                         UNION SELECT p.change_set FROM positions p WHERE p.person_id = $1)
            AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
          ORDER BY s.applied_at DESC, s.id DESC LIMIT $2",
    )
    .bind(person.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(origin, at, actor)| (Source { origin, applied_at: Millis(at) }, actor)).collect())
}

/// The set behind each position of a person as it is now.
pub async fn list_positions(conn: &mut impl AsEx, person: &PersonId) -> Result<BTreeMap<PositionId, Source>, StoreError> {
    let rows: Vec<(String, String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT p.id, s.origin, s.applied_at
           FROM positions p JOIN change_sets s ON s.id = p.change_set
          WHERE p.person_id = $1 AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
          ORDER BY s.applied_at, s.id",
    )
    .bind(person.as_str())
    .fetch_all(c)
    .await)?;
    // The newest row of a position counts: later ones replace earlier ones.
    Ok(rows
        .into_iter()
        .map(|(id, origin, applied_at)| (PositionId(id), Source { origin, applied_at: Millis(applied_at) }))
        .collect())
}
