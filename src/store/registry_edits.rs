//! Edits of the registry: facts that are added, changed or removed, each only as it was found.
//!
//! What a plan of re-organization does is thousands of facts in one short write. Each kind of edit of each table is
//! therefore one statement for many rows; how many rows it found says whether all were as the edits say.

use super::{AsEx, StoreError, sql};
use crate::base::date::iso;
use crate::model::plan::edit::{Edit, Edits, Fact, Pair, PairEdit};
use crate::model::unit::Span;

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// What is edited of a row: when a fact held, or what is said of a succession.
type Values = [Option<String>; 3];

/// Where facts of one kind are kept.
struct Table {
    name: &'static str,
    /// What a fact is.
    keys: &'static [&'static str],
    /// What is edited of it.
    values: [&'static str; 3],
}

const SPAN: [&str; 3] = ["valid_from", "valid_to", "ended_by"];

const UNITS: Table = Table { name: "units", keys: &["id", "kind"], values: SPAN };
const CODES: Table = Table { name: "unit_codes", keys: &["unit_id", "scheme", "code"], values: SPAN };
const NAMES: Table = Table { name: "unit_names", keys: &["unit_id", "name", "usage"], values: SPAN };
const PARENTS: Table = Table { name: "unit_parents", keys: &["unit_id", "parent_id"], values: SPAN };
const SUCCESSIONS: Table =
    Table { name: "successions", keys: &["from_unit", "to_unit"], values: ["relation", "effective", "source"] };

/// One row of a table, as it was and as it becomes.
struct Line {
    keys: Vec<String>,
    was: Option<Values>,
    now: Option<Values>,
}

/// What happens to the rows of one table.
#[derive(Default)]
struct Work {
    added: Vec<Line>,
    changed: Vec<Line>,
    removed: Vec<Line>,
}

impl Work {
    fn push(&mut self, line: Line) {
        match (line.was.is_some(), line.now.is_some()) {
            (false, true) => self.added.push(line),
            (true, true) => self.changed.push(line),
            (true, false) => self.removed.push(line),
            (false, false) => {}
        }
    }
}

/// All edits, by table.
#[derive(Default)]
struct Sorted {
    units: Work,
    codes: Work,
    names: Work,
    parents: Work,
    successions: Work,
}

impl Sorted {
    fn of(edits: &Edits) -> Self {
        let mut sorted = Self::default();
        for edit in &edits.facts {
            sorted.push_fact(edit);
        }
        for edit in &edits.pairs {
            sorted.push_pair(edit);
        }
        sorted
    }

    fn push_fact(&mut self, edit: &Edit) {
        let (work, keys) = match &edit.fact {
            Fact::Unit { id, kind } => (&mut self.units, vec![id.0.clone(), kind.as_str().to_owned()]),
            Fact::Code { unit, scheme, code } => (&mut self.codes, vec![unit.0.clone(), scheme.clone(), code.clone()]),
            Fact::Name { unit, name, usage } => (&mut self.names, vec![unit.0.clone(), name.clone(), usage.as_str().to_owned()]),
            Fact::Parent { unit, parent } => (&mut self.parents, vec![unit.0.clone(), parent.0.clone()]),
        };
        work.push(Line { keys, was: edit.was.as_ref().map(days), now: edit.now.as_ref().map(days) });
    }

    fn push_pair(&mut self, edit: &PairEdit) {
        let keys = vec![edit.from.0.clone(), edit.to.0.clone()];
        self.successions.push(Line { keys, was: edit.was.as_ref().map(said), now: edit.now.as_ref().map(said) });
    }

    /// The tables that name units.
    fn of_units(&self) -> [(&'static Table, &Work); 4] {
        [(&CODES, &self.codes), (&NAMES, &self.names), (&PARENTS, &self.parents), (&SUCCESSIONS, &self.successions)]
    }
}

fn days(span: &Span) -> Values {
    [span.from.map(iso), span.to.map(iso), span.ended_by.map(iso)]
}

fn said(pair: &Pair) -> Values {
    [Some(pair.relation.as_str().to_owned()), pair.effective.map(iso), Some(pair.source.clone())]
}

/// Writes edits, in whatever order they stand; each fact may be among them once. [`StoreError::Stale`] when a fact is not
/// as an edit says that it was, and then nothing of this transaction may count. Whoever writes has raised the registry's
/// version before: that nobody adds the same meanwhile rests on it.
pub async fn write(conn: &mut impl AsEx, edits: &Edits) -> Result<(), StoreError> {
    let sorted = Sorted::of(edits);
    // Units come first and go last: the rest names them.
    add(conn, &UNITS, &sorted.units.added).await?;
    change(conn, &UNITS, &sorted.units.changed).await?;
    for (table, work) in sorted.of_units() {
        remove(conn, table, &work.removed).await?;
        change(conn, table, &work.changed).await?;
        add(conn, table, &work.added).await?;
    }
    remove(conn, &UNITS, &sorted.units.removed).await
}

async fn add(conn: &mut impl AsEx, table: &Table, lines: &[Line]) -> Result<(), StoreError> {
    let columns = [table.keys, &table.values].concat().join(", ");
    for chunk in lines.chunks(CHUNK) {
        let added = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(format!("INSERT INTO {} ({columns}) ", table.name));
            query.push_values(chunk, |mut row, line| {
                for key in &line.keys {
                    row.push_bind(key.as_str());
                }
                for value in line.now.iter().flatten() {
                    row.push_bind(value.as_deref());
                }
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
        found_all(added, chunk)?;
    }
    Ok(())
}

async fn change(conn: &mut impl AsEx, table: &Table, lines: &[Line]) -> Result<(), StoreError> {
    let statement = change_statement(table);
    for chunk in lines.chunks(CHUNK) {
        let changed = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(statement.0.as_str());
            query.push_values(chunk, |mut row, line| {
                for key in &line.keys {
                    row.push_bind(key.as_str());
                }
                for value in line.was.iter().chain(&line.now).flatten() {
                    row.push_bind(value.as_deref());
                }
            });
            query.push(statement.1.as_str());
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
        found_all(changed, chunk)?;
    }
    Ok(())
}

/// The statement by which rows change, before and after its values: the keys, what was, and what is to be.
fn change_statement(table: &Table) -> (String, String) {
    let Table { name, keys, values } = table;
    let numbered = |letter: char, count: usize| (0..count).map(move |place| format!("{letter}{place}"));
    let columns: Vec<String> =
        numbered('k', keys.len()).chain(numbered('w', values.len())).chain(numbered('n', values.len())).collect();
    let becomes: Vec<String> = values.iter().enumerate().map(|(place, value)| format!("{value} = e.n{place}")).collect();
    let same_keys = keys.iter().enumerate().map(|(place, column)| format!("{name}.{column} = e.k{place}"));
    let same_values = values.iter().enumerate().map(|(place, value)| format!("{name}.{value} IS NOT DISTINCT FROM e.w{place}"));
    let conditions: Vec<String> = same_keys.chain(same_values).collect();
    (
        format!("WITH e ({}) AS (", columns.join(", ")),
        format!(") UPDATE {name} SET {} FROM e WHERE {}", becomes.join(", "), conditions.join(" AND ")),
    )
}

async fn remove(conn: &mut impl AsEx, table: &Table, lines: &[Line]) -> Result<(), StoreError> {
    // No day and no word is empty, so that an empty one can stand for none: then rows are compared as wholes.
    let values = table.values.map(|value| format!("COALESCE({value}, '')")).join(", ");
    let start = format!("DELETE FROM {} WHERE ({}, {values}) IN (", table.name, table.keys.join(", "));
    for chunk in lines.chunks(CHUNK) {
        let removed = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(start.as_str());
            query.push_values(chunk, |mut row, line| {
                for key in &line.keys {
                    row.push_bind(key.as_str());
                }
                for value in line.was.iter().flatten() {
                    row.push_bind(value.as_deref().unwrap_or_default());
                }
            });
            query.push(")");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
        found_all(removed, chunk)?;
    }
    Ok(())
}

/// A statement found as many rows as there were edits.
fn found_all(found: u64, chunk: &[Line]) -> Result<(), StoreError> {
    if usize::try_from(found).is_ok_and(|found| found == chunk.len()) { Ok(()) } else { Err(StoreError::Stale) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_changes_only_as_it_was() {
        let (before, after) = change_statement(&PARENTS);

        assert_eq!(before, "WITH e (k0, k1, w0, w1, w2, n0, n1, n2) AS (");
        assert_eq!(
            after,
            ") UPDATE unit_parents SET valid_from = e.n0, valid_to = e.n1, ended_by = e.n2 FROM e \
             WHERE unit_parents.unit_id = e.k0 AND unit_parents.parent_id = e.k1 \
             AND unit_parents.valid_from IS NOT DISTINCT FROM e.w0 AND unit_parents.valid_to IS NOT DISTINCT FROM e.w1 \
             AND unit_parents.ended_by IS NOT DISTINCT FROM e.w2"
        );
    }
}
