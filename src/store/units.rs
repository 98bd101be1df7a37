//! Units with their dated codes, names and parents, and successions.

use super::{AsEx, StoreError, registry_corrections, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::UnitId;
use crate::model::registry::Registry;
use crate::model::succession::{Relation, Succession};
use crate::model::unit::{DatedCode, DatedName, DatedParent, NameUsage, Span, Unit, UnitKind};
use std::collections::HashMap;
use time::Date;

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

#[derive(sqlx::FromRow)]
struct UnitRow {
    id: String,
    kind: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    ended_by: Option<String>,
}

/// A code, name or parent: `a` and `b` are what the table calls them.
#[derive(sqlx::FromRow)]
struct DatedRow {
    unit_id: String,
    a: String,
    b: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    ended_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SuccessionRow {
    from_unit: String,
    to_unit: String,
    relation: String,
    effective: Option<String>,
    source: String,
}

/// The whole registry, with what plans said late of it.
pub async fn load(conn: &mut impl AsEx) -> Result<Registry, StoreError> {
    // The version is read first: what is read after it is at least as new, and
    // a change in between is caught by whoever compares the version.
    let version = version(conn).await?;
    let rows: Vec<UnitRow> =
        sql!(conn, |c| sqlx::query_as("SELECT id, kind, valid_from, valid_to, ended_by FROM units ORDER BY id")
            .fetch_all(c)
            .await)?;
    let mut units = Vec::with_capacity(rows.len());
    let mut places = HashMap::with_capacity(rows.len());
    for row in rows {
        let kind = UnitKind::parse(&row.kind).ok_or_else(|| corrupt("units.kind"))?;
        let span = span(row.valid_from, row.valid_to, row.ended_by)?;
        places.insert(row.id.clone(), units.len());
        units.push(Unit { id: UnitId(row.id), kind, span, codes: vec![], names: vec![], parents: vec![] });
    }
    for (unit, row) in
        dated(conn, "SELECT unit_id, scheme AS a, code AS b, valid_from, valid_to, ended_by FROM unit_codes").await?
    {
        with(&mut units, &places, &unit)?.codes.push(DatedCode { scheme: row.0, code: row.1, span: row.2 });
    }
    for (unit, row) in
        dated(conn, "SELECT unit_id, name AS a, usage AS b, valid_from, valid_to, ended_by FROM unit_names").await?
    {
        let usage = NameUsage::parse(&row.1).ok_or_else(|| corrupt("unit_names.usage"))?;
        with(&mut units, &places, &unit)?.names.push(DatedName { name: row.0, usage, span: row.2 });
    }
    for (unit, row) in
        dated(conn, "SELECT unit_id, parent_id AS a, unit_id AS b, valid_from, valid_to, ended_by FROM unit_parents").await?
    {
        with(&mut units, &places, &unit)?.parents.push(DatedParent { parent: UnitId(row.0), span: row.2 });
    }
    let late = registry_corrections::list_of_parents(conn).await?;
    Ok(Registry::new(version, units, successions(conn).await?).knowing(late))
}

/// Which version the registry is at.
pub async fn version(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT version FROM registry_version ORDER BY version DESC LIMIT 1")
        .fetch_one(c)
        .await)?)
}

async fn dated(conn: &mut impl AsEx, query: &'static str) -> Result<Vec<(String, (String, String, Span))>, StoreError> {
    let rows: Vec<DatedRow> = sql!(conn, |c| sqlx::query_as(query).fetch_all(c).await)?;
    rows.into_iter().map(|row| Ok((row.unit_id, (row.a, row.b, span(row.valid_from, row.valid_to, row.ended_by)?)))).collect()
}

async fn successions(conn: &mut impl AsEx) -> Result<Vec<Succession>, StoreError> {
    let rows: Vec<SuccessionRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT from_unit, to_unit, relation, effective, source FROM successions ORDER BY from_unit, to_unit",
    )
    .fetch_all(c)
    .await)?;
    rows.into_iter()
        .map(|row| {
            Ok(Succession {
                from: UnitId(row.from_unit),
                to: UnitId(row.to_unit),
                relation: Relation::parse(&row.relation).ok_or_else(|| corrupt("successions.relation"))?,
                effective: day(row.effective)?,
                source: row.source,
            })
        })
        .collect()
}

fn with<'a>(units: &'a mut [Unit], places: &HashMap<String, usize>, id: &str) -> Result<&'a mut Unit, StoreError> {
    places.get(id).and_then(|place| units.get_mut(*place)).ok_or_else(|| corrupt("unit_id of a code, name or parent"))
}

fn corrupt(place: &str) -> StoreError {
    StoreError::Corrupt(place.to_owned())
}

fn day(text: Option<String>) -> Result<Option<Date>, StoreError> {
    text.map(|text| parse(&text).ok_or_else(|| corrupt("a date of the registry"))).transpose()
}

fn span(from: Option<String>, to: Option<String>, ended_by: Option<String>) -> Result<Span, StoreError> {
    Ok(Span { from: day(from)?, to: day(to)?, ended_by: day(ended_by)? })
}

/// Raises the version from the one that was read; false when someone else was first.
pub async fn replace_version(conn: &mut impl AsEx, read: i64, now: Millis) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE registry_version SET version = version + 1, changed_at = $2 WHERE version = $1")
            .bind(read)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Adds units without their codes, names and parents.
pub async fn add(conn: &mut impl AsEx, units: &[Unit]) -> Result<(), StoreError> {
    for chunk in units.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO units (id, kind, valid_from, valid_to, ended_by) ");
            query.push_values(chunk, |mut row, unit| {
                row.push_bind(unit.id.as_str()).push_bind(unit.kind.as_str());
                row.push_bind(unit.span.from.map(iso)).push_bind(unit.span.to.map(iso)).push_bind(unit.span.ended_by.map(iso));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Adds codes.
pub async fn add_codes(conn: &mut impl AsEx, codes: &[(UnitId, DatedCode)]) -> Result<(), StoreError> {
    for chunk in codes.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO unit_codes (unit_id, scheme, code, valid_from, valid_to, ended_by) ",
            );
            query.push_values(chunk, |mut row, (unit, code)| {
                row.push_bind(unit.as_str()).push_bind(code.scheme.as_str()).push_bind(code.code.as_str());
                row.push_bind(code.span.from.map(iso)).push_bind(code.span.to.map(iso)).push_bind(code.span.ended_by.map(iso));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Ends an open code on its last day.
pub async fn mark_code_ended(conn: &mut impl AsEx, unit: &UnitId, code: &DatedCode) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE unit_codes SET valid_to = $5
          WHERE unit_id = $1 AND scheme = $2 AND code = $3 AND valid_from = $4 AND valid_to IS NULL",
    )
    .bind(unit.as_str())
    .bind(&code.scheme)
    .bind(&code.code)
    .bind(code.span.from.map(iso))
    .bind(code.span.to.map(iso))
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Adds names.
pub async fn add_names(conn: &mut impl AsEx, names: &[(UnitId, DatedName)]) -> Result<(), StoreError> {
    for chunk in names.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO unit_names (unit_id, name, usage, valid_from, valid_to, ended_by) ",
            );
            query.push_values(chunk, |mut row, (unit, name)| {
                row.push_bind(unit.as_str()).push_bind(name.name.as_str()).push_bind(name.usage.as_str());
                row.push_bind(name.span.from.map(iso)).push_bind(name.span.to.map(iso)).push_bind(name.span.ended_by.map(iso));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Adds parents.
pub async fn add_parents(conn: &mut impl AsEx, parents: &[(UnitId, DatedParent)]) -> Result<(), StoreError> {
    for chunk in parents.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO unit_parents (unit_id, parent_id, valid_from, valid_to, ended_by) ",
            );
            query.push_values(chunk, |mut row, (unit, above)| {
                row.push_bind(unit.as_str()).push_bind(above.parent.as_str());
                row.push_bind(above.span.from.map(iso)).push_bind(above.span.to.map(iso)).push_bind(above.span.ended_by.map(iso));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Adds successions; of a pair that is known already, replaces what is said of it.
pub async fn replace_successions(conn: &mut impl AsEx, successions: &[Succession]) -> Result<(), StoreError> {
    for chunk in successions.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query =
                sqlx::QueryBuilder::<Engine>::new("INSERT INTO successions (from_unit, to_unit, relation, effective, source) ");
            query.push_values(chunk, |mut row, pair| {
                row.push_bind(pair.from.as_str()).push_bind(pair.to.as_str()).push_bind(pair.relation.as_str());
                row.push_bind(pair.effective.map(iso)).push_bind(pair.source.as_str());
            });
            query.push(
                " ON CONFLICT (from_unit, to_unit) DO UPDATE
                  SET relation = excluded.relation, effective = excluded.effective, source = excluded.source",
            );
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}
