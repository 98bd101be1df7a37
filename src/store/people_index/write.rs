//! Writing the list of people: rows that are new or say something else, the words and units by which they are found, and the
//! counts that go with them.

use super::{Entry, InUnit, IndexRow, READY, READY_ENROLLED, READY_STRONG, Ready};
use crate::base::id::UnitId;
use crate::store::{AsEx, StoreError, sql};
use std::collections::BTreeMap;

/// Rows of one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// What a write changes of postings, gathered over many people.
#[derive(Default)]
struct Postings<'a> {
    words_gone: Vec<(&'a str, &'a IndexRow)>,
    words_new: Vec<(&'a str, &'a IndexRow)>,
    units_new: Vec<(&'a UnitId, InUnit, &'a IndexRow)>,
    numbers_stale: Vec<i64>,
    counts: BTreeMap<String, i64>,
}

impl<'a> Postings<'a> {
    fn count(&mut self, kind: &str, subject: &str, step: i64) {
        *self.counts.entry(format!("{kind}{subject}")).or_default() += step;
    }

    fn count_units(&mut self, entry: &Entry, step: i64) {
        for (unit, known) in &entry.units {
            self.count(if known.belongs { "u:" } else { "p:" }, unit.as_str(), step);
            let Some(Ready { enrolled, strong }) = known.ready else { continue };
            self.count(READY, unit.as_str(), step);
            for (kind, holds) in [(READY_ENROLLED, enrolled), (READY_STRONG, strong)] {
                if holds {
                    self.count(kind, unit.as_str(), step);
                }
            }
        }
    }

    fn forget(&mut self, before: &'a Entry) {
        for word in before.row.posted() {
            self.words_gone.push((word, &before.row));
            self.count("w:", word, -1);
        }
        self.numbers_stale.push(before.row.number);
        self.count_units(before, -1);
        self.count("all", "", -1);
    }

    fn add(&mut self, now: &'a Entry) {
        for word in now.row.posted() {
            self.words_new.push((word, &now.row));
            self.count("w:", word, 1);
        }
        self.units_new.extend(now.units.iter().map(|(unit, known)| (unit, *known, &now.row)));
        self.count_units(now, 1);
        self.count("all", "", 1);
    }

    /// Where the name stayed, only words and units that differ are written.
    fn change(&mut self, before: &'a Entry, now: &'a Entry) {
        if (before.row.key_one, before.row.key_two) != (now.row.key_one, now.row.key_two) {
            self.forget(before);
            self.add(now);
            return;
        }
        let (was, is) = (before.row.posted(), now.row.posted());
        for word in was.difference(&is).copied() {
            self.words_gone.push((word, &before.row));
            self.count("w:", word, -1);
        }
        for word in is.difference(&was).copied() {
            self.words_new.push((word, &now.row));
            self.count("w:", word, 1);
        }
        if before.units != now.units {
            self.numbers_stale.push(before.row.number);
            self.count_units(before, -1);
            self.units_new.extend(now.units.iter().map(|(unit, known)| (unit, *known, &now.row)));
            self.count_units(now, 1);
        }
    }
}

/// Writes what became of people: new rows, rows that say something else, and rows that go. What is there (`before`) was
/// read in this transaction, after [`super::hold_cursor`].
pub async fn apply(
    conn: &mut impl AsEx,
    before: &BTreeMap<String, Entry>,
    now: &[Entry],
    gone: &[&Entry],
) -> Result<(), StoreError> {
    let mut postings = Postings::default();
    let mut rows = Vec::new();
    for entry in now {
        match before.get(&entry.row.person_id) {
            None => postings.add(entry),
            Some(same) if same == entry => continue,
            Some(other) => postings.change(other, entry),
        }
        rows.push(&entry.row);
    }
    for entry in gone {
        postings.forget(entry);
    }
    let numbers: Vec<i64> = gone.iter().map(|entry| entry.row.number).collect();
    remove_by_number(conn, "DELETE FROM people_index WHERE number IN (", &numbers).await?;
    put_rows(conn, &rows).await?;
    for (word, row) in &postings.words_gone {
        remove_posting(conn, word, row).await?;
    }
    put_words(conn, &postings.words_new).await?;
    remove_by_number(conn, "DELETE FROM people_units WHERE number IN (", &postings.numbers_stale).await?;
    put_units(conn, &postings.units_new).await?;
    put_counts(conn, &postings.counts).await
}

async fn remove_by_number(conn: &mut impl AsEx, statement: &'static str, numbers: &[i64]) -> Result<(), StoreError> {
    for chunk in numbers.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(statement);
            let mut list = query.separated(", ");
            for number in chunk {
                list.push_bind(*number);
            }
            query.push(")");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

async fn remove_posting(conn: &mut impl AsEx, word: &str, row: &IndexRow) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("DELETE FROM people_words WHERE word = $1 AND key_one = $2 AND key_two = $3 AND number = $4")
        .bind(word)
        .bind(row.key_one)
        .bind(row.key_two)
        .bind(row.number)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

async fn put_rows(conn: &mut impl AsEx, rows: &[&IndexRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO people_index (number, person_id, key_one, key_two, full_name, username, username_folded,
                        employee_code, words, title, kind, unit_id, former_unit_id, posts, state, factor, due_on) ",
            );
            query.push_values(chunk, |mut values, row| {
                values.push_bind(row.number).push_bind(row.person_id.clone()).push_bind(row.key_one).push_bind(row.key_two);
                values.push_bind(row.full_name.clone()).push_bind(row.username.clone());
                values.push_bind(row.username_folded.clone()).push_bind(row.employee_code.clone());
                values.push_bind(row.words.clone()).push_bind(row.title.clone()).push_bind(row.kind.clone());
                values.push_bind(row.unit_id.clone()).push_bind(row.former_unit_id.clone()).push_bind(row.posts);
                values.push_bind(row.state.clone()).push_bind(row.factor.clone()).push_bind(row.due_on.clone());
            });
            query.push(
                " ON CONFLICT (number) DO UPDATE
                  SET key_one = excluded.key_one, key_two = excluded.key_two, full_name = excluded.full_name,
                      username = excluded.username, username_folded = excluded.username_folded,
                      employee_code = excluded.employee_code, words = excluded.words, title = excluded.title,
                      kind = excluded.kind, unit_id = excluded.unit_id, former_unit_id = excluded.former_unit_id,
                      posts = excluded.posts, state = excluded.state, factor = excluded.factor, due_on = excluded.due_on",
            );
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

async fn put_words(conn: &mut impl AsEx, words: &[(&str, &IndexRow)]) -> Result<(), StoreError> {
    for chunk in words.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO people_words (word, key_one, key_two, number) ");
            query.push_values(chunk, |mut values, (word, row)| {
                values.push_bind((*word).to_owned()).push_bind(row.key_one).push_bind(row.key_two).push_bind(row.number);
            });
            query.push(" ON CONFLICT (word, key_one, key_two, number) DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

async fn put_units(conn: &mut impl AsEx, units: &[(&UnitId, InUnit, &IndexRow)]) -> Result<(), StoreError> {
    for chunk in units.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO people_units (number, unit_id, belongs, ready, key_one, key_two) ",
            );
            query.push_values(chunk, |mut values, (unit, known, row)| {
                values.push_bind(row.number).push_bind(unit.0.clone()).push_bind(i64::from(known.belongs));
                values.push_bind(Ready::word(known.ready)).push_bind(row.key_one).push_bind(row.key_two);
            });
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

async fn put_counts(conn: &mut impl AsEx, counts: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    let steps: Vec<(&String, &i64)> = counts.iter().filter(|(_, step)| **step != 0).collect();
    for chunk in steps.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO people_counts (subject, people) ");
            query.push_values(chunk, |mut values, (subject, step)| {
                values.push_bind((*subject).clone()).push_bind(**step);
            });
            query.push(" ON CONFLICT (subject) DO UPDATE SET people = people_counts.people + excluded.people");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}
