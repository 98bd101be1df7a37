//! Who has posts in units: for whoever goes through all people of many units, some at a time.

use super::{AsEx, StoreError, sql};
use crate::base::date::iso;
use crate::base::id::{PersonId, UnitId};
use time::Date;

/// So many people are looked through by one statement: a page costs the same however many people there are, and wherever
/// it begins.
const WINDOW: i64 = 4_000;
/// Units of one statement.
const UNITS: usize = 500;

/// People with a post in one of these units that is applied, was not taken back, and ends on a day or later or not at all;
/// in the order of ids after one, some at a time: fewer than `most` when there are no more. Older versions of a post count
/// too, so that somebody may be among them whose posts have changed since: the caller reads them.
pub async fn list_people(
    conn: &mut impl AsEx,
    units: &[UnitId],
    on_or_after: Date,
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let day = iso(on_or_after);
    let mut found = Vec::new();
    let mut after = after.0.clone();
    loop {
        let until = end_of_window(conn, &after).await?;
        let missing = most - i64::try_from(found.len()).unwrap_or(most);
        let ids = list_between(conn, (units, day.as_str()), (after.as_str(), until.as_deref()), missing).await?;
        found.extend(ids.into_iter().map(PersonId));
        match until {
            Some(until) if i64::try_from(found.len()).is_ok_and(|found| found < most) => after = until,
            _ => return Ok(found),
        }
    }
}

/// The last person of the window that begins after one; nothing when all that are left lie in it.
async fn end_of_window(conn: &mut impl AsEx, after: &str) -> Result<Option<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT 1 OFFSET $2")
        .bind(after)
        .bind(WINDOW)
        .fetch_optional(c)
        .await)?)
}

async fn list_between(
    conn: &mut impl AsEx,
    (units, day): (&[UnitId], &str),
    (after, until): (&str, Option<&str>),
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| {
        // The sets are joined by an expression, not by the column: else all that a large set tells is read.
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT DISTINCT p.person_id FROM positions p JOIN change_sets s ON s.id = p.change_set || ''
              WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL AND p.person_id > ",
        );
        query.push_bind(after);
        if let Some(until) = until {
            query.push(" AND p.person_id <= ").push_bind(until);
        }
        query.push(" AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day).push(") AND p.unit_id IN (");
        let mut list = query.separated(", ");
        for unit in units {
            list.push_bind(unit.as_str());
        }
        query.push(") ORDER BY p.person_id LIMIT ").push_bind(most);
        query.build_query_scalar().fetch_all(c).await
    })?)
}

/// Whoever has, or had, a post in one of these units, with one of these titles as they are written, or with any; in whatever
/// version, also one that does not count: the caller reads them. Somebody may be there twice.
pub async fn list_holders(
    conn: &mut impl AsEx,
    units: &[UnitId],
    titles: Option<&[String]>,
) -> Result<Vec<PersonId>, StoreError> {
    let mut all = Vec::new();
    if titles.is_some_and(<[String]>::is_empty) {
        return Ok(all);
    }
    for chunk in units.chunks(UNITS) {
        all.extend(list_some_holders(conn, chunk, titles).await?.into_iter().map(PersonId));
    }
    Ok(all)
}

async fn list_some_holders(conn: &mut impl AsEx, units: &[UnitId], titles: Option<&[String]>) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT DISTINCT person_id FROM positions WHERE unit_id IN (");
        let mut list = query.separated(", ");
        for unit in units {
            list.push_bind(unit.as_str());
        }
        query.push(")");
        if let Some(titles) = titles {
            query.push(" AND title IN (");
            let mut list = query.separated(", ");
            for title in titles {
                list.push_bind(title.as_str());
            }
            query.push(")");
        }
        query.build_query_scalar().fetch_all(c).await
    })?)
}
