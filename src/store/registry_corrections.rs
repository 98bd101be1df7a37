//! Corrections of the past of the registry, beside the facts as they are believed now.
//!
//! Rows are only ever added. A plan that is applied late corrects thousands of facts in one short write, so that they come
//! in as few statements as engines allow. What it says first of a unit is among them, and told apart by `is_first`.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::model::correction::{Change, Correction, Made, Said, Way};
use serde_json::{Value, json};

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

const COLUMNS: &str = "made_at, made_by, way, reason, version_before, version_after, about, keys, said_before, said_after";

#[derive(sqlx::FromRow)]
struct Row {
    made_at: i64,
    made_by: String,
    way: String,
    reason: String,
    version_before: i64,
    version_after: i64,
    about: String,
    keys: String,
    said_before: Option<String>,
    said_after: Option<String>,
}

/// What is added, as it is kept.
struct Line {
    id: String,
    about: &'static str,
    unit: String,
    other: Option<String>,
    keys: String,
    before: Option<String>,
    after: Option<String>,
    is_first: bool,
}

impl Line {
    fn of(made: &Made, place: usize, Said { change, is_first }: &Said) -> Result<Self, StoreError> {
        let (keys, value) = match change {
            Change::Fact(edit) => {
                let value = serde_json::to_value(edit)?;
                (value["fact"].clone(), value)
            }
            Change::Pair(edit) => (json!({ "from": edit.from, "to": edit.to }), serde_json::to_value(edit)?),
        };
        let said = |name: &str| Some(&value[name]).filter(|said| !said.is_null()).map(Value::to_string);
        let (unit, other) = change.units();
        Ok(Self {
            id: format!("{:012}-{place:06}", made.version_after),
            about: change.about(),
            unit: unit.0.clone(),
            other: other.map(|other| other.0.clone()),
            keys: keys.to_string(),
            before: said("was"),
            after: said("now"),
            is_first: *is_first,
        })
    }
}

/// Adds what one change of the registry corrects, in its own transaction.
pub async fn add(conn: &mut impl AsEx, made: &Made, changes: &[Said]) -> Result<(), StoreError> {
    let lines = changes.iter().enumerate().map(|(place, said)| Line::of(made, place, said));
    let lines = lines.collect::<Result<Vec<Line>, StoreError>>()?;
    for chunk in lines.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO registry_corrections (id, made_at, made_by, way, reason, version_before, version_after, about,
                    unit_id, other_id, keys, said_before, said_after, is_first) ",
            );
            query.push_values(chunk, |mut row, line| {
                row.push_bind(line.id.as_str()).push_bind(made.at.0).push_bind(made.by.as_str());
                row.push_bind(made.way.as_str()).push_bind(made.reason.as_str());
                row.push_bind(made.version_before).push_bind(made.version_after);
                row.push_bind(line.about).push_bind(line.unit.as_str()).push_bind(line.other.as_deref());
                row.push_bind(line.keys.as_str()).push_bind(line.before.as_deref()).push_bind(line.after.as_deref());
                row.push_bind(i64::from(line.is_first));
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// What was said otherwise of days that were over after a moment, the newest first; what was first said of units too.
pub async fn list_after(conn: &mut impl AsEx, moment: Millis) -> Result<Vec<Correction>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM registry_corrections WHERE made_at > $1 ORDER BY id DESC"
    )))
    .bind(moment.0)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read).collect()
}

/// What plans said late of units above others, and what of that was taken back, the oldest first; without what was first
/// said of a unit.
pub async fn list_of_parents(conn: &mut impl AsEx) -> Result<Vec<Correction>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM registry_corrections
          WHERE about = 'parent' AND way IN ('plan', 'plan_undone') AND is_first = 0
          ORDER BY id"
    )))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read).collect()
}

/// The newest corrections of what is said of a unit, also as the unit above another, or as one of two that follow each other;
/// without what was first said of a unit.
pub async fn list_of_unit(conn: &mut impl AsEx, unit: &UnitId, most: i64) -> Result<Vec<Correction>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM registry_corrections WHERE (unit_id = $1 OR other_id = $1) AND is_first = 0
          ORDER BY id DESC LIMIT $2"
    )))
    .bind(unit.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<Correction, StoreError> {
    let value = |text: Option<String>| text.map_or(Ok(Value::Null), |text| serde_json::from_str::<Value>(&text));
    let keys: Value = serde_json::from_str(&row.keys)?;
    let (was, now) = (value(row.said_before)?, value(row.said_after)?);
    let change = if row.about == "succession" {
        Change::Pair(serde_json::from_value(json!({ "from": keys["from"], "to": keys["to"], "was": was, "now": now }))?)
    } else {
        Change::Fact(serde_json::from_value(json!({ "fact": keys, "was": was, "now": now }))?)
    };
    let made = Made {
        at: Millis(row.made_at),
        by: row.made_by,
        way: Way::parse(&row.way).ok_or_else(|| StoreError::Corrupt("registry_corrections.way".to_owned()))?,
        reason: row.reason,
        version_before: row.version_before,
        version_after: row.version_after,
    };
    Ok(Correction { made, change })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::edit::{Edit, Fact, Pair, PairEdit};
    use crate::model::succession::Relation;
    use crate::model::unit::{NameUsage, Span, UnitKind};
    use time::macros::date;

    #[test]
    fn a_correction_is_read_as_it_was_written() {
        let unit = || UnitId("a".to_owned());
        let facts = [
            Fact::Unit { id: unit(), kind: UnitKind::Phuong },
            Fact::Code { unit: unit(), scheme: "agency".to_owned(), code: "H29.1".to_owned() },
            Fact::Name { unit: unit(), name: "Phường Một".to_owned(), usage: NameUsage::Variant },
            Fact::Parent { unit: unit(), parent: UnitId("b".to_owned()) },
        ];
        let day = date!(2025 - 07 - 01);
        let (was, now) = (Some(Span::until(day)), Some(Span::gone_by(day)));
        let pair = |relation| Pair { relation, effective: Some(day), source: "paper".to_owned() };
        let pairs = [(None, Some(pair(Relation::Whole))), (Some(pair(Relation::Part)), None)];
        let of_pairs = pairs.map(|(was, now)| Change::Pair(PairEdit { from: unit(), to: UnitId("c".to_owned()), was, now }));
        let of_facts = facts.into_iter().zip([(was, now), (None, now), (was, None), (was, now)]);
        let changes = of_facts.map(|(fact, (was, now))| Change::Fact(Edit { fact, was, now })).chain(of_pairs);
        let made = Made {
            at: Millis(7),
            by: "os:test".to_owned(),
            way: Way::CodesUndone,
            reason: "tep.csv".to_owned(),
            version_before: 1,
            version_after: 2,
        };
        for (place, change) in changes.enumerate() {
            let said = Said { change: change.clone(), is_first: place == 0 };
            let line = Line::of(&made, place, &said).expect("a line");
            assert_eq!((line.id, line.is_first), (format!("000000000002-{place:06}"), place == 0));
            let row = Row {
                made_at: made.at.0,
                made_by: made.by.clone(),
                way: made.way.as_str().to_owned(),
                reason: made.reason.clone(),
                version_before: made.version_before,
                version_after: made.version_after,
                about: line.about.to_owned(),
                keys: line.keys,
                said_before: line.before,
                said_after: line.after,
            };
            assert_eq!(read(row).expect("a correction"), Correction { made: made.clone(), change });
        }
    }
}
