//! The list of people as it is searched: rows, postings and counts, and how far the job that makes them has read.
//!
//! One node at a time writes here: [`hold_cursor`] is the first thing of every write.

mod write;

pub use write::apply;

use super::{AsEx, StoreError, sql};
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What begins the subject of a count of a unit: of people who hold a post there today and may sign in, of those of them
/// with a password of their own or a passkey, and of those with a second factor.
pub const READY: &str = "r:";
/// See [`READY`].
pub const READY_ENROLLED: &str = "re:";
/// See [`READY`].
pub const READY_STRONG: &str = "rs:";

/// How far the job has read.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Cursor {
    /// The version of the people before which all sets were read.
    pub version: i64,
    /// The last set of that version that was read; `None` when all of them were.
    pub set_id: Option<String>,
    /// The last person of the set after it; empty at its beginning.
    pub within: String,
    /// The highest number of a change of one person below which nothing is missing.
    pub seq: i64,
    /// The last person of a sweep over all; `None` when none is going on.
    pub swept: Option<String>,
    /// When the job last had read everything; 0 before the first sweep.
    pub looked_at: i64,
}

/// What a person can sign in with, and whether they may.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Ways {
    /// The person.
    pub id: String,
    /// The user name as given.
    pub username: String,
    /// The user name folded.
    pub username_folded: String,
    /// Since when the person may not sign in.
    pub disabled_at: Option<i64>,
    /// Since when nothing of the account may be changed.
    pub changes_locked_at: Option<i64>,
    /// Passwords: 0 or 1.
    pub passwords: i64,
    /// Of those, passwords that the person chose.
    pub own_passwords: i64,
    /// Authenticator apps that proved themselves.
    pub apps: i64,
    /// Passkeys.
    pub passkeys: i64,
}

/// The row of a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct IndexRow {
    /// The number that postings hold.
    pub number: i64,
    /// The person.
    pub person_id: String,
    /// The first half of the key that sorts names.
    pub key_one: i64,
    /// The second half.
    pub key_two: i64,
    /// Full name.
    pub full_name: String,
    /// The user name as given.
    pub username: String,
    /// The user name folded.
    pub username_folded: String,
    /// The number in the staff list, folded; may be empty.
    pub employee_code: String,
    /// The words of the postings, each with a space before and after; marks too.
    pub words: String,
    /// The title of the main post; may be empty.
    pub title: String,
    /// The kind of employment there; may be empty.
    pub kind: String,
    /// The unit of the main post.
    pub unit_id: Option<String>,
    /// The unit of the post before.
    pub former_unit_id: Option<String>,
    /// How many posts are held.
    pub posts: i64,
    /// A word for whether the account can be used.
    pub state: String,
    /// A word for what the person signs in with.
    pub factor: String,
    /// The day on which the row has to be made again.
    pub due_on: Option<String>,
}

impl IndexRow {
    /// The words of its postings.
    fn posted(&self) -> BTreeSet<&str> {
        self.words.split_whitespace().collect()
    }
}

/// A row, and what its person is to units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The row.
    pub row: IndexRow,
    /// The units that the person belongs to, or once did.
    pub units: BTreeMap<UnitId, InUnit>,
}

/// What somebody is to a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InUnit {
    /// They belong to it; else they once did.
    pub belongs: bool,
    /// How far they have come, where they hold a post there today and may sign in.
    pub ready: Option<Ready>,
}

/// What somebody has to sign in with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ready {
    /// A password of their own, or a passkey.
    pub enrolled: bool,
    /// A second factor.
    pub strong: bool,
}

impl Ready {
    fn word(ready: Option<Self>) -> &'static str {
        match ready {
            None => "",
            Some(Self { enrolled: false, strong: false }) => "n",
            Some(Self { enrolled: true, strong: false }) => "e",
            Some(Self { enrolled: false, strong: true }) => "s",
            Some(Self { enrolled: true, strong: true }) => "b",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Some(Self { enrolled: matches!(word, "e" | "b"), strong: matches!(word, "s" | "b") }).filter(|_| !word.is_empty())
    }
}

/// How far the job has read.
pub async fn cursor(conn: &mut impl AsEx) -> Result<Cursor, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as("SELECT version, set_id, within, seq, swept, looked_at FROM people_index_cursor")
        .fetch_one(c)
        .await)?)
}

/// Moves the cursor on; false when another node did so since it was read. Until this transaction ends nobody else
/// writes here.
pub async fn hold_cursor(conn: &mut impl AsEx, read: &Cursor, next: &Cursor) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE people_index_cursor SET version = $1, set_id = $2, within = $3, seq = $4, swept = $5, looked_at = $6
          WHERE version = $7 AND set_id IS NOT DISTINCT FROM $8 AND within = $9 AND seq = $10
            AND swept IS NOT DISTINCT FROM $11 AND looked_at = $12",
    )
    .bind(next.version)
    .bind(next.set_id.as_deref())
    .bind(&next.within)
    .bind(next.seq)
    .bind(next.swept.as_deref())
    .bind(next.looked_at)
    .bind(read.version)
    .bind(read.set_id.as_deref())
    .bind(&read.within)
    .bind(read.seq)
    .bind(read.swept.as_deref())
    .bind(read.looked_at)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// People of whom a set tells, in the order of ids after one, some at a time.
pub async fn list_of_set(conn: &mut impl AsEx, set: &ChangeSetId, after: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT t.person_id
           FROM (SELECT f.person_id FROM (SELECT person_id FROM person_facts WHERE change_set = $1 AND person_id > $2
                                           ORDER BY person_id LIMIT $3) AS f
                  UNION
                 SELECT q.person_id FROM (SELECT DISTINCT person_id FROM positions WHERE change_set = $1 AND person_id > $2
                                           ORDER BY person_id LIMIT $3) AS q) AS t
          ORDER BY t.person_id LIMIT $3",
    )
    .bind(set.as_str())
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// All people in the order of ids after one, some at a time.
pub async fn list_all(conn: &mut impl AsEx, after: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar("SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT $2")
        .bind(after)
        .bind(most)
        .fetch_all(c)
        .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// People whose rows have to be made again by a day.
pub async fn list_due(conn: &mut impl AsEx, today: &str, most: i64) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT person_id FROM people_index WHERE due_on IS NOT NULL AND due_on <= $1 ORDER BY due_on LIMIT $2"
    )
    .bind(today)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// What people can sign in with. Whoever was merged into somebody else is not there.
pub async fn list_ways(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<Ways>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT o.id, o.username, o.username_folded, o.disabled_at, o.changes_locked_at,
                    (SELECT COUNT(*) FROM passwords w WHERE w.person_id = o.id) AS passwords,
                    (SELECT COUNT(*) FROM passwords w WHERE w.person_id = o.id AND w.must_change = 0) AS own_passwords,
                    (SELECT COUNT(*) FROM totp_secrets t WHERE t.person_id = o.id AND t.confirmed_at IS NOT NULL) AS apps,
                    (SELECT COUNT(*) FROM passkeys k WHERE k.person_id = o.id) AS passkeys
               FROM persons o WHERE o.merged_into IS NULL AND o.id IN (",
        );
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.0.clone());
        }
        query.push(")");
        query.build_query_as::<Ways>().fetch_all(c).await
    })?)
}

const ROWS: &str =
    "SELECT number, person_id, key_one, key_two, full_name, username, username_folded, employee_code, words, title,
       kind, unit_id, former_unit_id, posts, state, factor, due_on
  FROM people_index WHERE person_id IN (";

/// What is there of people.
pub async fn list_entries(conn: &mut impl AsEx, people: &[PersonId]) -> Result<BTreeMap<String, Entry>, StoreError> {
    if people.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<IndexRow> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(ROWS);
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(person.0.clone());
        }
        query.push(")");
        query.build_query_as::<IndexRow>().fetch_all(c).await
    })?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let mut units = units_of(conn, &numbers).await?;
    let entry = |row: IndexRow| {
        let units = units.remove(&row.number).unwrap_or_default();
        (row.person_id.clone(), Entry { row, units })
    };
    Ok(rows.into_iter().map(entry).collect())
}

async fn units_of(conn: &mut impl AsEx, numbers: &[i64]) -> Result<HashMap<i64, BTreeMap<UnitId, InUnit>>, StoreError> {
    let mut all: HashMap<i64, BTreeMap<UnitId, InUnit>> = HashMap::new();
    if numbers.is_empty() {
        return Ok(all);
    }
    let rows: Vec<(i64, String, i64, String)> = sql!(conn, |c| {
        let mut query =
            sqlx::QueryBuilder::<Engine>::new("SELECT number, unit_id, belongs, ready FROM people_units WHERE number IN (");
        let mut list = query.separated(", ");
        for number in numbers {
            list.push_bind(*number);
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    for (number, unit, belongs, ready) in rows {
        let known = InUnit { belongs: belongs != 0, ready: Ready::from_word(&ready) };
        all.entry(number).or_default().insert(UnitId(unit), known);
    }
    Ok(all)
}

/// The highest number that was given out.
pub async fn highest_number(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM people_index").fetch_one(c).await)?)
}

/// A change of one person that some node announced.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Announced {
    /// The identity of the change.
    pub id: String,
    /// Its number; several may share one.
    pub seq: i64,
    /// The person.
    pub subject: String,
}

/// Changes of single people after a number, some at a time.
pub async fn list_announced(conn: &mut impl AsEx, seq: i64, most: i64) -> Result<Vec<Announced>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT id, seq, subject FROM changes WHERE seq > $1 AND kind = 'person' ORDER BY seq, id LIMIT $2"
    )
    .bind(seq)
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The highest number of any change; 0 of none.
pub async fn highest_change(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM changes").fetch_one(c).await)?)
}
