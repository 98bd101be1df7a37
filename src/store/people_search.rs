//! Searching the list of people: postings that lie in the order of names are merged, what a search further asks for is
//! probed posting by posting, and the rows of the few that are left are read.
//!
//! A [`Scan`] reads no further than its `depth`: whoever searches says how much one look may cost. The probes are scalar
//! subqueries, so that no engine turns them into something that reads a whole common word first.

use super::people_index::IndexRow;
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use std::collections::HashMap;
use std::fmt::Write as _;

/// What lies after every word that begins alike.
pub(super) const LAST: char = '\u{10ffff}';

/// A place in the order of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Key {
    /// The first half of the key of the name.
    #[sqlx(rename = "key_one")]
    pub one: i64,
    /// The second half.
    #[sqlx(rename = "key_two")]
    pub two: i64,
    /// The person's number among those whose names sort alike.
    pub number: i64,
}

/// Where people are taken from, in the order of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Everybody.
    Everyone,
    /// Those who have a word.
    Word(String),
    /// Those who have any word that begins so; for few only, since these have to be sorted.
    WordsFrom(String),
    /// Those whose user name begins so; for few only.
    Usernames(String),
    /// Those whose number in the staff list begins so; for few only.
    Codes(String),
    /// Those who belong to a unit (true), or once did (false).
    Unit(UnitId, bool),
}

/// What is asked of each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// They have one of these words.
    Words(Vec<String>),
    /// They have none of these words.
    NotWords(Vec<String>),
    /// One of their words begins so.
    WordFrom(String),
    /// Their user name, or their number in the staff list, begins so.
    NamedFrom(String),
    /// They belong to one of these units; or once did, where that is asked for.
    Units {
        /// The units.
        units: Vec<UnitId>,
        /// Whoever once belonged counts too.
        once: bool,
    },
    /// One of these holds.
    Any(Vec<Test>),
}

/// One look.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Where people are taken from: all of these together.
    pub sources: Vec<Source>,
    /// What is asked of each.
    pub tests: Vec<Test>,
    /// Only beyond this place.
    pub beyond: Option<Key>,
    /// From the end backwards.
    pub backwards: bool,
    /// How many are looked at.
    pub depth: i64,
}

enum Value {
    Int(i64),
    Text(String),
}

/// A statement that grows, with what is bound to it.
#[derive(Default)]
struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push_str(text);
        self
    }

    fn bind(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        // Writing into a string never fails.
        let _ = write!(self.sql, "${}", self.values.len());
        self
    }

    fn int(&mut self, value: i64) -> &mut Self {
        self.bind(Value::Int(value))
    }

    fn text(&mut self, value: impl Into<String>) -> &mut Self {
        self.bind(Value::Text(value.into()))
    }

    fn list<'a>(&mut self, values: impl Iterator<Item = &'a str>) -> &mut Self {
        self.push("(");
        for (place, value) in values.enumerate() {
            if place > 0 {
                self.push(", ");
            }
            self.text(value);
        }
        self.push(")")
    }

    fn order(&mut self, of: &str, backwards: bool) -> &mut Self {
        let down = if backwards { " DESC" } else { "" };
        self.push(&format!(" ORDER BY {of}key_one{down}, {of}key_two{down}, {of}number{down}"))
    }

    fn range(&mut self, column: &str, from: &str) -> &mut Self {
        self.push(column).push(" >= ").text(from).push(" AND ").push(column).push(" < ").text(format!("{from}{LAST}"))
    }

    fn source(&mut self, source: &Source, scan: &Scan) {
        let distinct = if matches!(source, Source::WordsFrom(_)) { "DISTINCT " } else { "" };
        self.push(&format!("SELECT {distinct}key_one, key_two, number FROM "));
        match source {
            Source::Everyone => self.push("people_index WHERE 1 = 1"),
            Source::Word(word) => self.push("people_words WHERE word = ").text(word.as_str()),
            Source::WordsFrom(word) => self.push("people_words WHERE ").range("word", word),
            Source::Usernames(name) => self.push("people_index WHERE ").range("username_folded", name),
            Source::Codes(code) => self.push("people_index WHERE ").range("employee_code", code),
            Source::Unit(unit, belongs) => {
                self.push("people_units WHERE unit_id = ").text(unit.as_str());
                self.push(" AND belongs = ").int(i64::from(*belongs))
            }
        };
        if let Some(key) = scan.beyond {
            self.push(if scan.backwards { " AND (key_one, key_two, number) < (" } else { " AND (key_one, key_two, number) > (" });
            self.int(key.one).push(", ").int(key.two).push(", ").int(key.number).push(")");
        }
        self.order("", scan.backwards).push(" LIMIT ").int(scan.depth);
    }

    /// All sources of a scan in one order, as far as its depth.
    fn merged(&mut self, scan: &Scan) {
        self.push("(SELECT u.key_one, u.key_two, u.number FROM (");
        for (place, source) in scan.sources.iter().enumerate() {
            self.push(if place > 0 { " UNION " } else { "" });
            self.push(&format!("SELECT b{place}.key_one, b{place}.key_two, b{place}.number FROM ("));
            self.source(source, scan);
            self.push(&format!(") AS b{place}"));
        }
        self.push(") AS u").order("u.", scan.backwards).push(" LIMIT ").int(scan.depth).push(") AS d");
    }

    fn tests(&mut self, tests: &[Test]) {
        self.push("1 = 1");
        for test in tests {
            self.push(" AND ");
            self.test(test);
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Words(words) => self.words(words).push(" IS NOT NULL"),
            Test::NotWords(words) => self.words(words).push(" IS NULL"),
            Test::WordFrom(word) => {
                self.push("(SELECT 1 FROM people_index q WHERE q.number = d.number AND q.words LIKE ");
                self.text(format!("% {}%", escaped(word))).push(" ESCAPE '!') IS NOT NULL")
            }
            Test::NamedFrom(name) => {
                self.push("(SELECT 1 FROM people_index q WHERE q.number = d.number AND (q.username_folded LIKE ");
                self.text(format!("{}%", escaped(name))).push(" ESCAPE '!' OR q.employee_code LIKE ");
                self.text(format!("{}%", escaped(name))).push(" ESCAPE '!')) IS NOT NULL")
            }
            Test::Units { units, once } => {
                // An expression, not the column: the few units of a person are compared with the list, not the other way round.
                self.push("(SELECT 1 FROM people_units x WHERE x.number = d.number");
                self.push(if *once { "" } else { " AND x.belongs = 1" });
                self.push(" AND x.unit_id || '' IN ").list(units.iter().map(UnitId::as_str)).push(" LIMIT 1) IS NOT NULL")
            }
            Test::Any(tests) => {
                self.push("(");
                for (place, test) in tests.iter().enumerate() {
                    self.push(if place > 0 { " OR " } else { "" });
                    self.test(test);
                }
                self.push(")")
            }
        };
    }

    fn words(&mut self, words: &[String]) -> &mut Self {
        self.push("(SELECT 1 FROM people_words b WHERE b.word IN ").list(words.iter().map(String::as_str));
        self.push(" AND b.key_one = d.key_one AND b.key_two = d.key_two AND b.number = d.number LIMIT 1)")
    }
}

/// A text in which no sign stands for others.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|sign| matches!(sign, '%' | '_' | '!').then_some('!').into_iter().chain([sign])).collect()
}

/// Runs a statement and reads its rows.
macro_rules! rows {
    ($conn:expr, $statement:expr) => {{
        let Statement { sql, values } = $statement;
        sql!($conn, |c| {
            let mut query = sqlx::query_as::<Engine, _>(sqlx::AssertSqlSafe(sql));
            for value in values {
                query = match value {
                    Value::Int(number) => query.bind(number),
                    Value::Text(text) => query.bind(text),
                };
            }
            query.fetch_all(c).await
        })?
    }};
}

/// The people of a scan who pass its tests, at most so many, in its order.
pub async fn find(conn: &mut impl AsEx, scan: &Scan, most: i64) -> Result<Vec<IndexRow>, StoreError> {
    let mut statement = Statement::default();
    statement.push("WITH scan AS MATERIALIZED (SELECT d.key_one, d.key_two, d.number FROM ");
    statement.merged(scan);
    statement.push(" WHERE ");
    statement.tests(&scan.tests);
    statement.order("d.", scan.backwards).push(" LIMIT ").int(most);
    statement.push(
        ") SELECT p.number, p.person_id, p.key_one, p.key_two, p.full_name, p.username, p.username_folded, p.employee_code,
                  p.words, p.title, p.kind, p.unit_id, p.former_unit_id, p.posts, p.state, p.factor, p.due_on
             FROM scan CROSS JOIN people_index p WHERE p.number = scan.number",
    );
    statement.order("scan.", scan.backwards);
    let rows: Vec<IndexRow> = rows!(conn, statement);
    Ok(rows)
}

/// The last place that a scan looks at; nothing when it comes to its end before its depth.
pub async fn edge(conn: &mut impl AsEx, scan: &Scan) -> Result<Option<Key>, StoreError> {
    let mut statement = Statement::default();
    statement.push("SELECT d.key_one, d.key_two, d.number FROM ");
    statement.merged(scan);
    statement.order("d.", scan.backwards).push(" LIMIT 1 OFFSET ").int(scan.depth - 1);
    let rows: Vec<Key> = rows!(conn, statement);
    Ok(rows.into_iter().next())
}

/// How many a scan looks at, and how many of them pass its tests.
pub async fn count(conn: &mut impl AsEx, scan: &Scan) -> Result<(i64, i64), StoreError> {
    let mut statement = Statement::default();
    statement.push("SELECT COUNT(*), COALESCE(CAST(SUM(CASE WHEN ");
    // What is bound is numbered in the order of the text: the tests come first.
    statement.tests(&scan.tests);
    statement.push(" THEN 1 ELSE 0 END) AS BIGINT), 0) FROM ");
    statement.merged(scan);
    let rows: Vec<(i64, i64)> = rows!(conn, statement);
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Known words that begin so, with how many people have each; at most so many words.
pub async fn vocabulary(conn: &mut impl AsEx, begins: &str, most: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let from = format!("w:{begins}");
    let to = format!("{from}{LAST}");
    let rows: Vec<(String, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT subject, people FROM people_counts
          WHERE subject >= $1 AND subject < $2 AND people > 0 ORDER BY subject LIMIT $3",
    )
    .bind(from)
    .bind(to)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(subject, people)| (subject.trim_start_matches("w:").to_owned(), people)).collect())
}

/// How many people have something: `all`, `w:` a word, `u:` and `p:` a unit.
pub async fn counts(conn: &mut impl AsEx, subjects: &[String]) -> Result<HashMap<String, i64>, StoreError> {
    let mut all = HashMap::new();
    for chunk in subjects.chunks(500) {
        let rows: Vec<(String, i64)> = sql!(conn, |c| {
            let mut query =
                sqlx::QueryBuilder::<Engine>::new("SELECT subject, people FROM people_counts WHERE people > 0 AND subject IN (");
            let mut list = query.separated(", ");
            for subject in chunk {
                list.push_bind(subject.clone());
            }
            query.push(")");
            query.build_query_as().fetch_all(c).await
        })?;
        all.extend(rows);
    }
    Ok(all)
}

/// How many user names begin so, and how many numbers of the staff list; each counted up to a bound.
pub async fn count_named(conn: &mut impl AsEx, begins: &str, most: i64) -> Result<(i64, i64), StoreError> {
    let to = format!("{begins}{LAST}");
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 AS one FROM people_index
                                        WHERE username_folded >= $1 AND username_folded < $2 LIMIT $3) AS a),
                (SELECT COUNT(*) FROM (SELECT 1 AS one FROM people_index
                                        WHERE employee_code >= $1 AND employee_code < $2 LIMIT $3) AS b)",
    )
    .bind(begins)
    .bind(to)
    .bind(most)
    .fetch_one(c)
    .await)?)
}

/// When people last signed in, as far as that is kept.
pub async fn list_last_seen(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashMap<PersonId, Millis>, StoreError> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i64)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT t.person_id, MAX(t.at) FROM (");
        for (place, part) in [
            "SELECT person_id, authenticated_at AS at FROM sign_ons WHERE person_id IN (",
            "SELECT person_id, last_at AS at FROM devices WHERE person_id IN (",
        ]
        .into_iter()
        .enumerate()
        {
            query.push(if place > 0 { " UNION ALL " } else { "" }).push(part);
            let mut list = query.separated(", ");
            for person in people {
                list.push_bind(person.0.clone());
            }
            query.push(")");
        }
        query.push(") AS t GROUP BY t.person_id");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(person, at)| (PersonId(person), Millis(at))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_typed_stands_for_other_letters() {
        assert_eq!(escaped("can_bo%!"), "can!_bo!%!!");
        assert_eq!(escaped("minh"), "minh");
    }

    #[test]
    fn what_is_bound_is_numbered_in_the_order_of_the_text() {
        let scan = Scan {
            sources: vec![Source::Word("nguyen".to_owned()), Source::Unit(UnitId("u".to_owned()), true)],
            tests: vec![Test::Any(vec![Test::Words(vec!["a".to_owned(), "b".to_owned()]), Test::WordFrom("c".to_owned())])],
            beyond: Some(Key { one: 1, two: 2, number: 3 }),
            backwards: true,
            depth: 10,
        };
        let mut statement = Statement::default();
        statement.tests(&scan.tests);
        statement.merged(&scan);

        let mut last = 0;
        for part in statement.sql.split('$').skip(1) {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            let number: usize = digits.parse().expect("a number");
            assert_eq!(number, last + 1, "{}", statement.sql);
            last = number;
        }
        assert_eq!(last, statement.values.len());
    }
}
