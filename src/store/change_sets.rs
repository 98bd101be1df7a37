//! Sets of changes to people: staged in small batches, visible at once when applied.
//!
//! Until `applied_at` is set, nothing of a set counts. A name that an unapplied
//! set brought may be taken over by another set; removing a set therefore
//! leaves what others have built on.
//!
//! Every applied set raises the people's version by one. A set is applied only
//! if nothing was since the version that its rows were compared with: whoever
//! comes second compares with the first before it counts.
//!
//! An applied set may be taken back: from `undone_at` on its rows count no more,
//! and what was told before it counts again. That raises the version too. Several
//! sets that are taken back at once share the version that this makes, and so does
//! one that is applied beside it: whoever goes through sets goes by version and id.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};

/// How many rows one short write removes where everybody waits for the one writer.
const REMOVED_AT_ONCE: i64 = 500;
/// And where nobody does: what was removed before is read over again by each of them.
const REMOVED_BESIDE: i64 = 10_000;

/// A set that began to count, or ceased to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The set.
    pub id: ChangeSetId,
    /// The version of the people that it made, by itself or with others.
    pub version: i64,
    /// When.
    pub at: Millis,
}

/// Begins a set.
pub async fn add(conn: &mut impl AsEx, id: &ChangeSetId, origin: &str, actor: &str, now: Millis) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO change_sets (id, origin, actor, started_at, touched_at, based_on)
         VALUES ($1, $2, $3, $4, $4, (SELECT version FROM people_version))"
    )
    .bind(id.as_str())
    .bind(origin)
    .bind(actor)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Sends a statement about the set `$1` with a moment or a version `$2`; false when it found nothing to change.
async fn change(conn: &mut impl AsEx, statement: &'static str, id: &ChangeSetId, value: i64) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query(statement).bind(id.as_str()).bind(value).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says that the set is being worked on; false when it is applied or abandoned.
pub async fn mark_touched(conn: &mut impl AsEx, id: &ChangeSetId, now: Millis) -> Result<bool, StoreError> {
    let statement = "UPDATE change_sets SET touched_at = $2 WHERE id = $1 AND applied_at IS NULL AND abandoned_at IS NULL";
    change(conn, statement, id, now.0).await
}

/// Which version the people are at.
pub async fn people_version(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT version FROM people_version").fetch_one(c).await)?)
}

/// Raises the people's version for a set; false when another set was applied
/// since this one was compared, or this one is open no more. Two sets at once
/// wait for each other here, and the second is told false.
pub async fn replace_people_version(conn: &mut impl AsEx, id: &ChangeSetId, now: Millis) -> Result<bool, StoreError> {
    let statement = "UPDATE people_version SET version = version + 1, changed_at = $2
          WHERE version = (SELECT s.based_on FROM change_sets s
                            WHERE s.id = $1 AND s.applied_at IS NULL AND s.abandoned_at IS NULL)";
    change(conn, statement, id, now.0).await
}

/// Says which version the set's rows were compared with; false when it is applied or abandoned.
pub async fn mark_compared(conn: &mut impl AsEx, id: &ChangeSetId, version: i64) -> Result<bool, StoreError> {
    let statement = "UPDATE change_sets SET based_on = $2 WHERE id = $1 AND applied_at IS NULL AND abandoned_at IS NULL";
    change(conn, statement, id, version).await
}

/// People of whom this set has staged something and another set was applied, or
/// taken back, since they were compared; in the order of ids after one, some at a time.
pub async fn list_overtaken(
    conn: &mut impl AsEx,
    id: &ChangeSetId,
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    list_touched_since(conn, (id, id), after, most).await
}

/// What a set has staged: people who are new, people who were known, positions.
pub async fn count_rows(conn: &mut impl AsEx, id: &ChangeSetId) -> Result<(i64, i64, i64), StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT COALESCE(CAST(SUM(CASE WHEN known.applied IS NULL THEN 1 ELSE 0 END) AS BIGINT), 0),
                COALESCE(CAST(SUM(CASE WHEN known.applied IS NULL THEN 0 ELSE 1 END) AS BIGINT), 0),
                (SELECT COUNT(*) FROM positions p WHERE p.change_set = $1)
           FROM (SELECT (SELECT MAX(s.applied_at) FROM person_facts g JOIN change_sets s ON s.id = g.change_set
                          WHERE g.person_id = f.person_id AND s.undone_at IS NULL) AS applied
                   FROM person_facts f WHERE f.change_set = $1) AS known",
    )
    .bind(id.as_str())
    .fetch_one(c)
    .await)?)
}

/// Makes all of the set count; false when it is applied or abandoned already.
/// Whoever applies it has raised the people's version before.
pub async fn mark_applied(conn: &mut impl AsEx, id: &ChangeSetId, now: Millis) -> Result<bool, StoreError> {
    // Later than every set before it, so that two within one millisecond keep their order.
    let statement = "UPDATE change_sets
            SET applied_at = CASE WHEN $2 > (SELECT COALESCE(MAX(a.applied_at), 0) FROM change_sets a)
                                  THEN $2 ELSE (SELECT MAX(a.applied_at) + 1 FROM change_sets a) END,
                version = (SELECT v.version FROM people_version v),
                touched_at = $2
          WHERE id = $1 AND applied_at IS NULL AND abandoned_at IS NULL";
    change(conn, statement, id, now.0).await
}

/// Gives the set up; false when it is applied or abandoned already.
pub async fn mark_abandoned(conn: &mut impl AsEx, id: &ChangeSetId, now: Millis) -> Result<bool, StoreError> {
    let statement = "UPDATE change_sets SET abandoned_at = $2 WHERE id = $1 AND applied_at IS NULL AND abandoned_at IS NULL";
    change(conn, statement, id, now.0).await
}

/// Gives up every set that nobody has worked on since a moment.
pub async fn mark_stale_abandoned(conn: &mut impl AsEx, untouched_since: Millis, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE change_sets SET abandoned_at = $2 WHERE touched_at < $1 AND applied_at IS NULL AND abandoned_at IS NULL",
    )
    .bind(untouched_since.0)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Sets that were given up and still have rows.
pub async fn list_abandoned(conn: &mut impl AsEx) -> Result<Vec<ChangeSetId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT id FROM change_sets WHERE abandoned_at IS NOT NULL AND applied_at IS NULL ORDER BY id"
    )
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(ChangeSetId).collect())
}

/// Removes some rows of an abandoned set; 0 when only the set itself is left.
///
/// Facts go first, since names and personal numbers stay while another set has
/// facts about their person: those are handed over to that set.
pub async fn remove_some_rows(conn: &mut impl AsEx, id: &ChangeSetId) -> Result<u64, StoreError> {
    const STATEMENTS: [&str; 6] = [
        "DELETE FROM positions WHERE change_set = $1 AND id IN (SELECT id FROM positions WHERE change_set = $1 LIMIT $2)",
        "DELETE FROM person_facts
          WHERE change_set = $1 AND person_id IN (SELECT person_id FROM person_facts WHERE change_set = $1 LIMIT $2)",
        "DELETE FROM personal_numbers
          WHERE change_set = $1
            AND digest IN (SELECT n.digest FROM personal_numbers n
                            WHERE n.change_set = $1
                              AND NOT EXISTS (SELECT 1 FROM person_facts f
                                               WHERE f.person_id = n.person_id AND f.personal_number IS NOT NULL)
                            LIMIT $2)",
        "DELETE FROM persons
          WHERE change_set = $1
            AND id IN (SELECT p.id FROM persons p
                        WHERE p.change_set = $1
                          AND NOT EXISTS (SELECT 1 FROM person_facts f WHERE f.person_id = p.id)
                        LIMIT $2)",
        "UPDATE personal_numbers
            SET change_set = (SELECT MIN(f.change_set) FROM person_facts f
                               WHERE f.person_id = personal_numbers.person_id AND f.personal_number IS NOT NULL)
          WHERE change_set = $1
            AND digest IN (SELECT n.digest FROM personal_numbers n
                            WHERE n.change_set = $1
                              AND EXISTS (SELECT 1 FROM person_facts f
                                           WHERE f.person_id = n.person_id AND f.personal_number IS NOT NULL)
                            LIMIT $2)",
        "UPDATE persons
            SET change_set = (SELECT MIN(f.change_set) FROM person_facts f WHERE f.person_id = persons.id)
          WHERE change_set = $1
            AND id IN (SELECT p.id FROM persons p
                        WHERE p.change_set = $1
                          AND EXISTS (SELECT 1 FROM person_facts f WHERE f.person_id = p.id)
                        LIMIT $2)",
    ];
    remove_first(conn, STATEMENTS, id).await
}

/// Removes an abandoned set whose rows are gone.
pub async fn remove(conn: &mut impl AsEx, id: &ChangeSetId) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("DELETE FROM change_sets WHERE id = $1 AND abandoned_at IS NOT NULL AND applied_at IS NULL")
        .bind(id.as_str())
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Takes an applied set back; false when that was done before, or it was never
/// applied. Whoever takes it back has raised the people's version before.
pub async fn mark_undone(conn: &mut impl AsEx, id: &ChangeSetId, now: Millis) -> Result<bool, StoreError> {
    // Not before any set that counts, although clocks differ: it is the newest change of its people.
    let statement = "UPDATE change_sets
            SET undone_at = CASE WHEN $2 > (SELECT COALESCE(MAX(a.applied_at), 0) FROM change_sets a)
                                 THEN $2 ELSE (SELECT MAX(a.applied_at) FROM change_sets a) END,
                undone_version = (SELECT v.version FROM people_version v)
          WHERE id = $1 AND applied_at IS NOT NULL AND undone_at IS NULL";
    change(conn, statement, id, now.0).await
}

/// The next set that began to count, or ceased to: after all sets of a version of the people, or after one set of it. Versions
/// come into sight in their order, each with all of its sets: whoever makes one holds the row that the next one is made from.
pub async fn find_told_after(conn: &mut impl AsEx, version: i64, set: Option<&str>) -> Result<Option<Told>, StoreError> {
    let row: Option<(String, i64, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT t.id, t.made, t.made_at
           FROM (SELECT a.id, a.made, a.made_at
                   FROM (SELECT id, version AS made, applied_at AS made_at FROM change_sets
                          WHERE version >= $1 AND (version > $1 OR id > $2) ORDER BY version, id LIMIT 1) AS a
                  UNION ALL
                 SELECT b.id, b.made, b.made_at
                   FROM (SELECT id, undone_version AS made, undone_at AS made_at FROM change_sets
                          WHERE undone_version >= $1 AND (undone_version > $1 OR id > $2)
                          ORDER BY undone_version, id LIMIT 1) AS b) AS t
          ORDER BY t.made, t.id LIMIT 1",
    )
    .bind(version)
    .bind(set)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|(id, version, at)| Told { id: ChangeSetId(id), version, at: Millis(at) }))
}

/// People of whom a set tells something, in the order of ids after one, some at a time.
pub async fn list_touched(
    conn: &mut impl AsEx,
    id: &ChangeSetId,
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT t.person_id
           FROM (SELECT a.person_id FROM (SELECT f.person_id FROM person_facts f
                                           WHERE f.change_set = $1 AND f.person_id > $2
                                           ORDER BY f.person_id LIMIT $3) AS a
                  UNION
                 SELECT b.person_id FROM (SELECT DISTINCT p.person_id FROM positions p
                                           WHERE p.change_set = $1 AND p.person_id > $2
                                           ORDER BY p.person_id LIMIT $3) AS b) AS t
          ORDER BY t.person_id LIMIT $3",
    )
    .bind(id.as_str())
    .bind(after.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Of the people of whom one set tells something, those of whom another set was applied, or taken back, since a third
/// one was compared; in the order of ids after one, some at a time.
pub async fn list_touched_since(
    conn: &mut impl AsEx,
    (id, compared): (&ChangeSetId, &ChangeSetId),
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "WITH later AS (SELECT s.id FROM change_sets s
                         WHERE s.version > (SELECT own.based_on FROM change_sets own WHERE own.id = $2)
                        UNION
                        SELECT s.id FROM change_sets s
                         WHERE s.undone_version > (SELECT own.based_on FROM change_sets own WHERE own.id = $2))
         SELECT t.person_id
           FROM (SELECT g.person_id FROM person_facts g WHERE g.change_set IN (SELECT id FROM later)
                  UNION
                 SELECT q.person_id FROM positions q WHERE q.change_set IN (SELECT id FROM later)) AS t
          WHERE t.person_id > $3
            AND (EXISTS (SELECT 1 FROM person_facts f WHERE f.person_id = t.person_id AND f.change_set = $1)
                 OR EXISTS (SELECT 1 FROM positions p WHERE p.person_id = t.person_id AND p.change_set = $1))
          ORDER BY t.person_id LIMIT $4",
    )
    .bind(id.as_str())
    .bind(compared.as_str())
    .bind(after.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// People of whom a set was applied, or taken back, after a version of the people; in the order of ids after one, some
/// at a time: for whoever keeps something that is derived from what is known of people.
pub async fn list_changed_since(
    conn: &mut impl AsEx,
    version: i64,
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = sql!(conn, |c| sqlx::query_scalar(
        "WITH later AS (SELECT s.id FROM change_sets s WHERE s.version > $1
                        UNION
                        SELECT s.id FROM change_sets s WHERE s.undone_version > $1)
         SELECT t.person_id
           FROM (SELECT g.person_id FROM person_facts g WHERE g.change_set IN (SELECT id FROM later)
                  UNION
                 SELECT q.person_id FROM positions q WHERE q.change_set IN (SELECT id FROM later)) AS t
          WHERE t.person_id > $2
          ORDER BY t.person_id LIMIT $3",
    )
    .bind(version)
    .bind(after.as_str())
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// Lets some personal numbers go that only a set which was taken back brought; 0 when none is left.
///
/// A number stays with its person while what is known of them now, or what another set has staged, has one: it is
/// handed over to the set that says so. User names stay: each belongs to one person for ever.
pub async fn remove_some_numbers(conn: &mut impl AsEx, id: &ChangeSetId) -> Result<u64, StoreError> {
    // The newest applied facts, and whatever is staged.
    const SAID: &str = "FROM person_facts f JOIN change_sets s ON s.id = f.change_set
                       WHERE f.person_id = n.person_id AND f.personal_number IS NOT NULL
                         AND s.undone_at IS NULL AND s.abandoned_at IS NULL
                         AND NOT EXISTS (SELECT 1 FROM person_facts g JOIN change_sets t ON t.id = g.change_set
                                          WHERE g.person_id = f.person_id AND t.undone_at IS NULL
                                            AND t.applied_at > s.applied_at)";
    let statements = [
        format!(
            "DELETE FROM personal_numbers
              WHERE digest IN (SELECT n.digest FROM personal_numbers n
                                WHERE n.change_set = $1 AND NOT EXISTS (SELECT 1 {SAID}) LIMIT $2)"
        ),
        format!(
            "UPDATE personal_numbers
                SET change_set = (SELECT MIN(f.change_set) {})
              WHERE digest IN (SELECT n.digest FROM personal_numbers n
                                WHERE n.change_set = $1 AND EXISTS (SELECT 1 {SAID}) LIMIT $2)",
            SAID.replace("n.person_id", "personal_numbers.person_id")
        ),
    ];
    remove_first(conn, statements.map(sqlx::AssertSqlSafe), id).await
}

/// Sends statements about the set `$1`, each for at most `$2` rows, until one of them finds some; answers how many.
async fn remove_first<S: sqlx::SqlSafeStr, const N: usize>(
    conn: &mut impl AsEx,
    statements: [S; N],
    id: &ChangeSetId,
) -> Result<u64, StoreError> {
    let at_once = match conn.ex() {
        Ex::Sqlite(_) => REMOVED_AT_ONCE,
        Ex::Pg(_) => REMOVED_BESIDE,
    };
    for statement in statements {
        let removed = sql!(conn, |c| sqlx::query(statement)
            .bind(id.as_str())
            .bind(at_once)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if removed > 0 {
            return Ok(removed);
        }
    }
    Ok(0)
}

/// Whether a set was taken back.
pub async fn is_undone(conn: &mut impl AsEx, id: &ChangeSetId) -> Result<bool, StoreError> {
    let found: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT id FROM change_sets WHERE id = $1 AND undone_at IS NOT NULL")
            .bind(id.as_str())
            .fetch_optional(c)
            .await)?;
    Ok(found.is_some())
}
