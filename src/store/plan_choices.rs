//! Where posts go on whose unit is divided or dissolved: what humans decided of single posts, and their rules for many.

use super::plan_seats::{self, SeatRow};
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::plan::people::Decision;
use crate::model::plan::rules::Rule;
use crate::model::plan::seats::{Place, Seat};

/// Rows in one statement; engines limit the bound values.
const CHUNK: usize = 500;

/// What somebody decided of one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Whose post.
    pub person: PersonId,
    /// Which.
    pub position: PositionId,
    /// Where it goes on.
    pub unit: UnitId,
    /// The number of the decision.
    pub decision_no: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Millis,
    /// How it came: `sheet`, `console` or `command`.
    pub source: String,
}

impl DecisionRow {
    /// As a plan asks for it.
    pub fn decision(&self) -> Decision {
        Decision { unit: self.unit.clone(), decision_no: self.decision_no.clone(), by: self.by.clone() }
    }
}

/// What somebody decided of many posts of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// Its identity.
    pub id: String,
    /// Its place among the rules of the plan.
    pub ordinal: i64,
    /// The unit that ends.
    pub from: UnitId,
    /// Only posts of this department.
    pub department: Option<String>,
    /// Only posts of this title.
    pub title: Option<String>,
    /// Only posts whose department sits at an address with these words.
    pub seat: Option<String>,
    /// The seats of the unit that ends, where the rule goes by them.
    pub seats: Vec<Seat>,
    /// Where they go on.
    pub to: UnitId,
    /// The number of the decision.
    pub decision_no: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Millis,
}

impl RuleRow {
    /// As a plan asks for it.
    pub fn rule(&self) -> Rule {
        Rule {
            from: self.from.clone(),
            department: self.department.clone(),
            title: self.title.clone(),
            seat: self.seat.as_deref().map(|words| Place::of(words, &self.seats)),
            to: self.to.clone(),
            decision_no: self.decision_no.clone(),
            by: self.by.clone(),
        }
    }
}

/// A word that does not count any more, because somebody else undid it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaid {
    /// The id of the rule, or of the post that was decided about.
    pub word: String,
    /// The unit into which it led.
    pub unit: UnitId,
    /// Who undid it.
    pub by: String,
}

#[derive(sqlx::FromRow)]
struct DecidedRow {
    person_id: String,
    position_id: String,
    unit_id: String,
    decision_no: String,
    decided_by: String,
    decided_at: i64,
    source: String,
}

impl DecidedRow {
    fn read(self) -> DecisionRow {
        DecisionRow {
            person: PersonId(self.person_id),
            position: PositionId(self.position_id),
            unit: UnitId(self.unit_id),
            decision_no: self.decision_no,
            by: self.decided_by,
            at: Millis(self.decided_at),
            source: self.source,
        }
    }
}

#[derive(sqlx::FromRow)]
struct MadeRow {
    id: String,
    ordinal: i64,
    from_unit: String,
    department: Option<String>,
    title: Option<String>,
    seat: Option<String>,
    to_unit: String,
    decision_no: String,
    made_by: String,
    made_at: i64,
}

impl MadeRow {
    fn read(self) -> RuleRow {
        RuleRow {
            id: self.id,
            ordinal: self.ordinal,
            from: UnitId(self.from_unit),
            department: self.department,
            title: self.title,
            seat: self.seat,
            seats: Vec::new(),
            to: UnitId(self.to_unit),
            decision_no: self.decision_no,
            by: self.made_by,
            at: Millis(self.made_at),
        }
    }
}

/// Notes decisions; of a post that was decided before, the new one counts. No post may be among them twice.
pub async fn replace_decisions(conn: &mut impl AsEx, plan: &str, rows: &[DecisionRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "INSERT INTO plan_decisions (plan, person_id, position_id, unit_id, decision_no, decided_by, decided_at,
                                             source) ",
            );
            query.push_values(chunk, |mut row, said| {
                row.push_bind(plan).push_bind(said.person.as_str()).push_bind(said.position.as_str());
                row.push_bind(said.unit.as_str()).push_bind(said.decision_no.as_str()).push_bind(said.by.as_str());
                row.push_bind(said.at.0).push_bind(said.source.as_str());
            });
            query.push(
                " ON CONFLICT (plan, position_id) DO UPDATE
                  SET person_id = excluded.person_id, unit_id = excluded.unit_id, decision_no = excluded.decision_no,
                      decided_by = excluded.decided_by, decided_at = excluded.decided_at, source = excluded.source",
            );
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// All that was decided of single posts for a plan, by post.
pub async fn list_decisions(conn: &mut impl AsEx, plan: &str) -> Result<Vec<DecisionRow>, StoreError> {
    let rows: Vec<DecidedRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, position_id, unit_id, decision_no, decided_by, decided_at, source
           FROM plan_decisions WHERE plan = $1 ORDER BY position_id",
    )
    .bind(plan)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(DecidedRow::read).collect())
}

/// Some of it after a post.
pub async fn list_decisions_after(
    conn: &mut impl AsEx,
    plan: &str,
    after: &str,
    most: i64,
) -> Result<Vec<DecisionRow>, StoreError> {
    let rows: Vec<DecidedRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT person_id, position_id, unit_id, decision_no, decided_by, decided_at, source
           FROM plan_decisions WHERE plan = $1 AND position_id > $2 ORDER BY position_id LIMIT $3",
    )
    .bind(plan)
    .bind(after)
    .bind(most)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(DecidedRow::read).collect())
}

/// What was decided of some posts.
pub async fn list_decisions_of(
    conn: &mut impl AsEx,
    plan: &str,
    positions: &[&PositionId],
) -> Result<Vec<DecisionRow>, StoreError> {
    let mut all = Vec::new();
    for chunk in positions.chunks(CHUNK) {
        let rows: Vec<DecidedRow> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT person_id, position_id, unit_id, decision_no, decided_by, decided_at, source
                   FROM plan_decisions WHERE plan = ",
            );
            query.push_bind(plan).push(" AND position_id IN (");
            let mut list = query.separated(", ");
            for position in chunk {
                list.push_bind(position.as_str());
            }
            query.push(")");
            query.build_query_as::<DecidedRow>().fetch_all(c).await
        })?;
        all.extend(rows.into_iter().map(DecidedRow::read));
    }
    Ok(all)
}

/// Takes the decision of a post back; false when there is none, or another one by now.
pub async fn remove_decision(conn: &mut impl AsEx, plan: &str, row: &DecisionRow) -> Result<bool, StoreError> {
    let removed = sql!(conn, |c| sqlx::query(
        "DELETE FROM plan_decisions
          WHERE plan = $1 AND position_id = $2 AND unit_id = $3 AND decided_by = $4 AND decided_at = $5",
    )
    .bind(plan)
    .bind(row.position.as_str())
    .bind(row.unit.as_str())
    .bind(&row.by)
    .bind(row.at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(removed == 1)
}

/// Adds a rule after those that are there.
pub async fn add_rule(conn: &mut impl AsEx, plan: &str, rule: &RuleRow) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "INSERT INTO plan_rules (id, plan, ordinal, from_unit, department, title, to_unit, decision_no, made_by, made_at, seat)
         VALUES ($1, $2, (SELECT COALESCE(MAX(r.ordinal), 0) + 1 FROM plan_rules r WHERE r.plan = $2),
                 $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&rule.id)
    .bind(plan)
    .bind(rule.from.as_str())
    .bind(rule.department.as_deref())
    .bind(rule.title.as_deref())
    .bind(rule.to.as_str())
    .bind(&rule.decision_no)
    .bind(&rule.by)
    .bind(rule.at.0)
    .bind(rule.seat.as_deref())
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// The rules of a plan that were not taken back, in their order, each with the seats that it goes by.
pub async fn list_rules(conn: &mut impl AsEx, plan: &str) -> Result<Vec<RuleRow>, StoreError> {
    let rows: Vec<MadeRow> = sql!(conn, |c| sqlx::query_as(
        "SELECT id, ordinal, from_unit, department, title, seat, to_unit, decision_no, made_by, made_at
           FROM plan_rules WHERE plan = $1 AND removed_at IS NULL ORDER BY ordinal, id",
    )
    .bind(plan)
    .fetch_all(c)
    .await)?;
    let mut rules: Vec<RuleRow> = rows.into_iter().map(MadeRow::read).collect();
    if rules.iter().any(|rule| rule.seat.is_some()) {
        let seats = plan_seats::list(conn, plan).await?;
        for rule in rules.iter_mut().filter(|rule| rule.seat.is_some()) {
            let of_unit = seats.iter().filter(|seat| seat.unit == rule.from);
            rule.seats = of_unit.map(SeatRow::seat).collect();
        }
    }
    Ok(rules)
}

/// Notes that words of others do not count any more, and who undid them; what is noted already stays as it is.
pub async fn note_unsaid(conn: &mut impl AsEx, plan: &str, words: &[Unsaid], now: Millis) -> Result<(), StoreError> {
    for chunk in words.chunks(CHUNK) {
        sql!(conn, |c| {
            let mut query =
                sqlx::QueryBuilder::<Engine>::new("INSERT INTO plan_unsaid (plan, word, unit, undone_by, undone_at) ");
            query.push_values(chunk, |mut row, unsaid| {
                row.push_bind(plan).push_bind(unsaid.word.as_str()).push_bind(unsaid.unit.as_str());
                row.push_bind(unsaid.by.as_str()).push_bind(now.0);
            });
            query.push(" ON CONFLICT (plan, word, unit, undone_by) DO NOTHING");
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// The words of a plan that somebody else undid.
pub async fn list_unsaid(conn: &mut impl AsEx, plan: &str) -> Result<Vec<Unsaid>, StoreError> {
    let rows: Vec<(String, String, String)> =
        sql!(conn, |c| sqlx::query_as("SELECT word, unit, undone_by FROM plan_unsaid WHERE plan = $1")
            .bind(plan)
            .fetch_all(c)
            .await)?;
    Ok(rows.into_iter().map(|(word, unit, by)| Unsaid { word, unit: UnitId(unit), by }).collect())
}

/// Takes a rule of a plan back; false when that was done before, or there is none.
pub async fn remove_rule(conn: &mut impl AsEx, plan: &str, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed =
        sql!(conn, |c| sqlx::query("UPDATE plan_rules SET removed_at = $3 WHERE plan = $1 AND id = $2 AND removed_at IS NULL")
            .bind(plan)
            .bind(id)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
