//! Rounds of access reviews: what there is to answer in each unit, what was answered, and who was written to.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::{PersonId, UnitId};
use crate::model::access_review::{Answer, RightKind};
use std::collections::HashMap;
use time::Date;

/// Rows of one statement.
const AT_ONCE: usize = 500;

/// A round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its identity.
    pub id: String,
    /// Its quarter, such as `2026-Q4`.
    pub quarter: String,
    /// When it began.
    pub begun_at: Millis,
    /// Who began it: a person's id, or a job.
    pub begun_by: String,
    /// The day on which the rights are looked at.
    pub begun_on: Date,
    /// The last day on which answers are awaited.
    pub due_on: Date,
    /// Which kind of rights is being written down.
    pub step: String,
    /// The last of them that was.
    pub after: String,
    /// When all of them were written down.
    pub listed_at: Option<Millis>,
    /// When the next round began.
    pub closed_at: Option<Millis>,
}

/// A right to answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its identity.
    pub id: String,
    /// The unit that answers.
    pub unit: UnitId,
    /// Which kind of right it is.
    pub kind: RightKind,
    /// The right itself.
    pub grant: String,
    /// Whose it is; nobody's in particular when it is of a group.
    pub person: Option<PersonId>,
    /// In which client.
    pub client: Option<String>,
    /// The role.
    pub role: String,
    /// The unit that an administrator's role is bound to, or a group is of.
    pub bound_unit: Option<UnitId>,
    /// When it was given.
    pub granted_at: Millis,
    /// When it last let its owner in.
    pub used_at: Option<Millis>,
    /// What was answered.
    pub answer: Option<Answer>,
    /// By whom.
    pub answered_by: Option<String>,
    /// When.
    pub answered_at: Option<Millis>,
    /// Why it was taken back.
    pub reason: String,
}

/// How far one unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Which.
    pub unit: UnitId,
    /// Rights to answer for.
    pub all: i64,
    /// Those that are kept.
    pub kept: i64,
    /// Those that were taken back.
    pub removed: i64,
    /// Those that somebody above is asked to take back.
    pub objected: i64,
}

/// A right as it is found when a round begins.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Found {
    /// The right.
    pub id: String,
    /// Whose it is; nothing for a role of a group.
    pub person_id: Option<String>,
    /// In which client.
    pub client_id: Option<String>,
    /// The role.
    pub role: String,
    /// The unit that it is bound to, or that the group is of.
    pub unit_id: Option<String>,
    /// When it was given.
    pub granted_at: i64,
    /// When it was last used.
    pub used_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ReviewRow {
    id: String,
    quarter: String,
    begun_at: i64,
    begun_by: String,
    begun_on: String,
    due_on: String,
    step: String,
    after: String,
    listed_at: Option<i64>,
    closed_at: Option<i64>,
}

impl ReviewRow {
    fn review(self) -> Result<Review, StoreError> {
        let day = |column: &str, text: &str| parse(text).ok_or_else(|| StoreError::Corrupt(format!("access_reviews.{column}")));
        Ok(Review {
            begun_on: day("begun_on", &self.begun_on)?,
            due_on: day("due_on", &self.due_on)?,
            id: self.id,
            quarter: self.quarter,
            begun_at: Millis(self.begun_at),
            begun_by: self.begun_by,
            step: self.step,
            after: self.after,
            listed_at: self.listed_at.map(Millis),
            closed_at: self.closed_at.map(Millis),
        })
    }
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    id: String,
    unit_id: String,
    kind: String,
    grant_id: String,
    person_id: String,
    client_id: Option<String>,
    role: String,
    bound_unit: Option<String>,
    granted_at: i64,
    used_at: Option<i64>,
    answer: Option<String>,
    answered_by: Option<String>,
    answered_at: Option<i64>,
    reason: String,
}

impl ItemRow {
    fn item(self) -> Result<Item, StoreError> {
        let unreadable = |column: &str| StoreError::Corrupt(format!("access_review_items.{column}"));
        let answer = self.answer.map(|word| Answer::from_word(&word).ok_or_else(|| unreadable("answer"))).transpose()?;
        Ok(Item {
            id: self.id,
            unit: UnitId(self.unit_id),
            kind: RightKind::from_word(&self.kind).ok_or_else(|| unreadable("kind"))?,
            grant: self.grant_id,
            person: Some(self.person_id).filter(|person| !person.is_empty()).map(PersonId),
            client: self.client_id,
            role: self.role,
            bound_unit: self.bound_unit.map(UnitId),
            granted_at: Millis(self.granted_at),
            used_at: self.used_at.map(Millis),
            answer,
            answered_by: self.answered_by,
            answered_at: self.answered_at.map(Millis),
            reason: self.reason,
        })
    }
}

const REVIEW: &str = "SELECT id, quarter, begun_at, begun_by, begun_on, due_on, step, after, listed_at, closed_at
  FROM access_reviews";
const ITEM: &str = "SELECT id, unit_id, kind, grant_id, person_id, client_id, role, bound_unit, granted_at, used_at,
       answer, answered_by, answered_at, reason
  FROM access_review_items";

/// Begins a round; false when there is one of this quarter.
pub async fn add(conn: &mut impl AsEx, review: &Review) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO access_reviews (id, quarter, begun_at, begun_by, begun_on, due_on, step, after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (quarter) DO NOTHING",
    )
    .bind(&review.id)
    .bind(&review.quarter)
    .bind(review.begun_at.0)
    .bind(&review.begun_by)
    .bind(iso(review.begun_on))
    .bind(iso(review.due_on))
    .bind(&review.step)
    .bind(&review.after)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Ends every round but one: nothing of them is answered any more.
pub async fn close_others(conn: &mut impl AsEx, but: &str, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query("UPDATE access_reviews SET closed_at = $2 WHERE id <> $1 AND closed_at IS NULL")
        .bind(but)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// One round.
pub async fn find(conn: &mut impl AsEx, id: &str) -> Result<Option<Review>, StoreError> {
    let row: Option<ReviewRow> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{REVIEW} WHERE id = $1"))).bind(id).fetch_optional(c).await)?;
    row.map(ReviewRow::review).transpose()
}

/// The round of a quarter.
pub async fn find_by_quarter(conn: &mut impl AsEx, quarter: &str) -> Result<Option<Review>, StoreError> {
    let row: Option<ReviewRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{REVIEW} WHERE quarter = $1")))
        .bind(quarter)
        .fetch_optional(c)
        .await)?;
    row.map(ReviewRow::review).transpose()
}

/// The round that is going on.
pub async fn find_open(conn: &mut impl AsEx) -> Result<Option<Review>, StoreError> {
    let row: Option<ReviewRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{REVIEW} WHERE closed_at IS NULL ORDER BY begun_at DESC LIMIT 1"
    )))
    .fetch_optional(c)
    .await)?;
    row.map(ReviewRow::review).transpose()
}

/// The rounds, newest first, at most so many.
pub async fn list(conn: &mut impl AsEx, most: i64) -> Result<Vec<Review>, StoreError> {
    let rows: Vec<ReviewRow> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{REVIEW} ORDER BY begun_at DESC, id DESC LIMIT $1")))
            .bind(most)
            .fetch_all(c)
            .await)?;
    rows.into_iter().map(ReviewRow::review).collect()
}

/// Rights of a kind, of people who may sign in or of groups, to be narrowed down.
fn rights_of(kind: RightKind) -> &'static str {
    match kind {
        RightKind::Role => {
            "SELECT g.id, g.person_id, g.client_id, g.role, NULL AS unit_id, g.granted_at, g.used_at
               FROM role_grants g JOIN persons p ON p.id = g.person_id AND p.disabled_at IS NULL"
        }
        RightKind::Administrator => {
            "SELECT g.id, g.person_id, g.client_id, g.role, g.unit_id, g.granted_at, CAST(NULL AS BIGINT) AS used_at
               FROM admin_roles g JOIN persons p ON p.id = g.person_id AND p.disabled_at IS NULL"
        }
        RightKind::Group => {
            "SELECT g.id, NULL AS person_id, g.client_id, g.role, g.unit_id, g.granted_at, CAST(NULL AS BIGINT) AS used_at
               FROM group_grants g"
        }
    }
}

/// Rights of a kind that count on a day, in the order of ids after one, some at a time.
pub async fn list_found(
    conn: &mut impl AsEx,
    kind: RightKind,
    on: Date,
    (after, most): (&str, i64),
) -> Result<Vec<Found>, StoreError> {
    let rights = rights_of(kind);
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{rights}
          WHERE g.id > $1 AND g.revoked_at IS NULL
            AND (g.valid_from IS NULL OR g.valid_from <= $2) AND (g.valid_to IS NULL OR g.valid_to >= $2)
          ORDER BY g.id LIMIT $3"
    )))
    .bind(after)
    .bind(iso(on))
    .bind(most)
    .fetch_all(c)
    .await)?)
}

/// The unit of each person's main post on a day; whoever holds none is left out.
pub async fn list_main_units(
    conn: &mut impl AsEx,
    people: &[PersonId],
    on: Date,
) -> Result<HashMap<PersonId, UnitId>, StoreError> {
    let day = iso(on);
    let mut units = HashMap::new();
    for chunk in people.chunks(AT_ONCE) {
        let rows: Vec<(String, String)> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT p.person_id, p.unit_id FROM positions p JOIN change_sets s ON s.id = p.change_set
                  WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM positions q JOIN change_sets t ON t.id = q.change_set
                                     WHERE q.id = p.id AND t.applied_at IS NOT NULL AND t.undone_at IS NULL
                                       AND (t.applied_at > s.applied_at OR (t.applied_at = s.applied_at AND t.id > s.id)))
                    AND p.valid_from <= ",
            );
            query.push_bind(day.clone()).push(" AND (p.valid_to IS NULL OR p.valid_to >= ").push_bind(day.clone());
            query.push(") AND p.person_id IN (");
            let mut list = query.separated(", ");
            for person in chunk {
                list.push_bind(person.as_str());
            }
            query.push(") ORDER BY p.person_id, p.is_primary DESC, p.valid_from, p.id");
            query.build_query_as().fetch_all(c).await
        })?;
        for (person, unit) in rows {
            // The first one is the main one.
            units.entry(PersonId(person)).or_insert(UnitId(unit));
        }
    }
    Ok(units)
}

/// Writes rights down; what is there already stays.
pub async fn add_items(conn: &mut impl AsEx, review: &str, items: &[Item]) -> Result<(), StoreError> {
    for chunk in items.chunks(AT_ONCE) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO access_review_items (id, review_id, unit_id, kind, grant_id, person_id, client_id, role,
                                                  bound_unit, granted_at, used_at) ",
            );
            query.push_values(chunk, |mut values, item| {
                values.push_bind(item.id.as_str()).push_bind(review).push_bind(item.unit.as_str());
                // What is of a group is nobody's in particular.
                let person = item.person.as_ref().map(PersonId::as_str).unwrap_or_default();
                values.push_bind(item.kind.word()).push_bind(item.grant.as_str()).push_bind(person);
                values.push_bind(item.client.as_deref()).push_bind(item.role.as_str());
                values.push_bind(item.bound_unit.as_ref().map(UnitId::as_str));
                values.push_bind(item.granted_at.0).push_bind(item.used_at.map(|at| at.0));
            });
            query.push(" ON CONFLICT (review_id, kind, grant_id) DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// Notes how far the rights of a round were written down; false when somebody else did since.
pub async fn mark_step(
    conn: &mut impl AsEx,
    read: &Review,
    (step, after): (&str, &str),
    listed_at: Option<Millis>,
) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE access_reviews SET step = $2, after = $3, listed_at = $4
          WHERE id = $1 AND step = $5 AND after = $6 AND listed_at IS NULL",
    )
    .bind(&read.id)
    .bind(step)
    .bind(after)
    .bind(listed_at.map(|at| at.0))
    .bind(&read.step)
    .bind(&read.after)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// How far each unit is.
pub async fn count(conn: &mut impl AsEx, review: &str) -> Result<Vec<Count>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, i64)> = sql!(conn, |c| sqlx::query_as(
        "SELECT unit_id, COUNT(*),
                CAST(SUM(CASE WHEN answer = 'keep' THEN 1 ELSE 0 END) AS BIGINT),
                CAST(SUM(CASE WHEN answer = 'removed' THEN 1 ELSE 0 END) AS BIGINT),
                CAST(SUM(CASE WHEN answer = 'objected' THEN 1 ELSE 0 END) AS BIGINT)
           FROM access_review_items WHERE review_id = $1 GROUP BY unit_id ORDER BY unit_id",
    )
    .bind(review)
    .fetch_all(c)
    .await)?;
    let read = |(unit, all, kept, removed, objected)| Count { unit: UnitId(unit), all, kept, removed, objected };
    Ok(rows.into_iter().map(read).collect())
}

/// The rights of one unit, person by person, after one of them, some at a time; only those without a last word if asked.
pub async fn list_items(
    conn: &mut impl AsEx,
    (review, unit): (&str, &UnitId),
    open_only: bool,
    after: (&str, &str),
    most: i64,
) -> Result<Vec<Item>, StoreError> {
    let open = if open_only { " AND (answer IS NULL OR answer IN ('removing', 'objected'))" } else { "" };
    let rows: Vec<ItemRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{ITEM} WHERE review_id = $1 AND unit_id = $2 AND (person_id, id) > ($3, $4){open}
          ORDER BY person_id, id LIMIT $5"
    )))
    .bind(review)
    .bind(unit.as_str())
    .bind(after.0)
    .bind(after.1)
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(ItemRow::item).collect()
}

/// One right of one unit.
pub async fn find_item(conn: &mut impl AsEx, (review, unit): (&str, &UnitId), id: &str) -> Result<Option<Item>, StoreError> {
    let row: Option<ItemRow> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("{ITEM} WHERE id = $1 AND review_id = $2 AND unit_id = $3")))
            .bind(id)
            .bind(review)
            .bind(unit.as_str())
            .fetch_optional(c)
            .await)?;
    row.map(ItemRow::item).transpose()
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// What.
    pub answer: Answer,
    /// Who says so.
    pub by: &'a PersonId,
    /// When.
    pub now: Millis,
    /// Why.
    pub reason: &'a str,
}

/// Answers for a right while its round is open; false when it was answered before, is one's own, or is not there.
/// What is being taken back is gone on with; what a unit asked somebody above to take back, that one answers.
pub async fn mark_answered(
    conn: &mut impl AsEx,
    (review, unit): (&str, &UnitId),
    id: &str,
    answered: Answered<'_>,
) -> Result<bool, StoreError> {
    let from = match answered.answer {
        Answer::Keep => "(answer IS NULL OR answer = 'objected')",
        Answer::Removing => "(answer IS NULL OR answer IN ('objected', 'removing'))",
        Answer::Removed | Answer::Objected => "answer = 'removing'",
    };
    let changed = sql!(conn, |c| sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE access_review_items SET answer = $4, answered_by = $5, answered_at = $6, reason = $7
          WHERE id = $1 AND review_id = $2 AND unit_id = $3 AND person_id <> $5 AND {from}
            AND EXISTS (SELECT 1 FROM access_reviews r
                         WHERE r.id = $2 AND r.closed_at IS NULL AND r.listed_at IS NOT NULL)"
    )))
    .bind(id)
    .bind(review)
    .bind(unit.as_str())
    .bind(answered.answer.word())
    .bind(answered.by.as_str())
    .bind(answered.now.0)
    .bind(answered.reason)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Notes that somebody is written to; false when they were, at this step or a later one.
pub async fn mark_written(
    conn: &mut impl AsEx,
    review: &str,
    person: &PersonId,
    step: i64,
    now: Millis,
) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO access_review_letters (review_id, person_id, step, sent_at)
         SELECT $1, $2, $3, $4
          WHERE NOT EXISTS (SELECT 1 FROM access_review_letters l
                             WHERE l.review_id = $1 AND l.person_id = $2 AND l.step >= $3)
         ON CONFLICT (review_id, person_id, step) DO NOTHING",
    )
    .bind(review)
    .bind(person.as_str())
    .bind(step)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}
