//! What is approved and could not be applied by itself.

use super::{AsEx, StoreError, sql};
use crate::base::date::parse;
use time::Date;

/// Something approved that was due and could not be applied by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The plan.
    pub plan: String,
    /// What people call it.
    pub title: String,
    /// Its day.
    pub effective: Date,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// A word for why.
    pub why: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    title: String,
    effective: String,
    stage: String,
    waits_why: String,
}

impl Row {
    fn waiting(self) -> Result<Waiting, StoreError> {
        Ok(Waiting {
            effective: parse(&self.effective).ok_or_else(|| StoreError::Corrupt("plans.effective".to_owned()))?,
            plan: self.name,
            title: self.title,
            stage: Some(self.stage).filter(|stage| !stage.is_empty()),
            why: self.waits_why,
        })
    }
}

/// What was due and waits for another approval, by days, plans and stages: at most so many.
pub async fn list(conn: &mut impl AsEx, most: i64) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<Row> = sql!(conn, |c| sqlx::query_as(
        "SELECT p.name, p.title, p.effective, a.stage, a.waits_why
           FROM plan_approvals a JOIN plans p ON p.name = a.plan
          WHERE a.used_at IS NULL AND a.revoked_at IS NULL AND a.waits_why IS NOT NULL AND p.withdrawn_at IS NULL
          ORDER BY p.effective, p.name, a.stage LIMIT $1",
    )
    .bind(most)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Row::waiting).collect()
}

/// How many there are of it.
pub async fn count(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(*)
           FROM plan_approvals a JOIN plans p ON p.name = a.plan
          WHERE a.used_at IS NULL AND a.revoked_at IS NULL AND a.waits_why IS NOT NULL AND p.withdrawn_at IS NULL",
    )
    .fetch_one(c)
    .await)?)
}
