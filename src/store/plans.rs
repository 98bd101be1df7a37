//! Plans of re-organization as they were registered, and who approved them.
//!
//! Whatever an approval rests on, the text of its plan, cannot change under it: each statement here that changes the one or
//! the other holds the plan first.

use super::{AsEx, Ex, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use time::Date;

/// A plan, as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlan {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The day from which it counts.
    pub effective: Date,
    /// Its text, as it came.
    pub text: String,
    /// The digest of what the text says.
    pub text_digest: String,
    /// Who registered it: a person's id, or somebody at the command line.
    pub author: String,
    /// When.
    pub registered_at: Millis,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Millis>,
    /// By whom.
    pub withdrawn_by: Option<String>,
}

/// That somebody else than the author let a plan, or a stage of it, happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its identity.
    pub id: String,
    /// The plan.
    pub plan: String,
    /// The stage; empty for the whole plan.
    pub stage: String,
    /// The digest of the effect that was looked at.
    pub digest: String,
    /// The version of the registry at which it was.
    pub registry_version: i64,
    /// The version of the people.
    pub people_version: i64,
    /// Posts may end without going on anywhere.
    pub accept_open: bool,
    /// Who approved.
    pub approved_by: String,
    /// When.
    pub approved_at: Millis,
    /// When the plan was applied by it.
    pub used_at: Option<Millis>,
    /// A word for why it could not be applied by itself; none where that was not tried in vain.
    pub waits_why: Option<String>,
}

#[derive(sqlx::FromRow)]
struct PlanRow {
    name: String,
    title: String,
    effective: String,
    text: String,
    text_digest: String,
    author: String,
    registered_at: i64,
    withdrawn_at: Option<i64>,
    withdrawn_by: Option<String>,
}

impl PlanRow {
    fn plan(self) -> Result<StoredPlan, StoreError> {
        Ok(StoredPlan {
            effective: parse(&self.effective).ok_or_else(|| StoreError::Corrupt("plans.effective".to_owned()))?,
            name: self.name,
            title: self.title,
            text: self.text,
            text_digest: self.text_digest,
            author: self.author,
            registered_at: Millis(self.registered_at),
            withdrawn_at: self.withdrawn_at.map(Millis),
            withdrawn_by: self.withdrawn_by,
        })
    }
}

#[derive(sqlx::FromRow)]
struct ApprovalRow {
    id: String,
    plan: String,
    stage: String,
    digest: String,
    registry_version: i64,
    people_version: i64,
    accept_open: i64,
    approved_by: String,
    approved_at: i64,
    used_at: Option<i64>,
    waits_why: Option<String>,
}

impl ApprovalRow {
    fn approval(self) -> Approval {
        Approval {
            id: self.id,
            plan: self.plan,
            stage: self.stage,
            digest: self.digest,
            registry_version: self.registry_version,
            people_version: self.people_version,
            accept_open: self.accept_open != 0,
            approved_by: self.approved_by,
            approved_at: Millis(self.approved_at),
            used_at: self.used_at.map(Millis),
            waits_why: self.waits_why,
        }
    }
}

const PLAN: &str = "name, title, effective, text, text_digest, author, registered_at, withdrawn_at, withdrawn_by";

const APPROVAL: &str = "a.id, a.plan, a.stage, a.digest, a.registry_version, a.people_version, a.accept_open, a.approved_by,
       a.approved_at, a.used_at, a.waits_why";

/// Registers a plan; false when its name is taken.
pub async fn add(conn: &mut impl AsEx, plan: &StoredPlan) -> Result<bool, StoreError> {
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO plans (name, title, effective, text, text_digest, author, registered_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(&plan.name)
    .bind(&plan.title)
    .bind(iso(plan.effective))
    .bind(&plan.text)
    .bind(&plan.text_digest)
    .bind(&plan.author)
    .bind(plan.registered_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// Replaces the text of a plan whose text has the old digest, and takes its withdrawal back; false when somebody else
/// registered it, or it has another text by now, or an approval waits, or it is being carried out or was.
pub async fn replace_text(conn: &mut impl AsEx, plan: &StoredPlan, old_digest: &str) -> Result<bool, StoreError> {
    hold(conn, &plan.name).await?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plans
            SET title = $2, effective = $3, text = $4, text_digest = $5, registered_at = $7, withdrawn_at = NULL,
                withdrawn_by = NULL
          WHERE name = $1 AND author = $6 AND text_digest = $8
            AND NOT EXISTS (SELECT 1 FROM plan_approvals a
                             WHERE a.plan = $1 AND a.used_at IS NULL AND a.revoked_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM plan_runs r
                             WHERE r.plan = $1 AND r.state IN ('staging', 'applied', 'undoing'))",
    )
    .bind(&plan.name)
    .bind(&plan.title)
    .bind(iso(plan.effective))
    .bind(&plan.text)
    .bind(&plan.text_digest)
    .bind(&plan.author)
    .bind(plan.registered_at.0)
    .bind(old_digest)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// One plan, withdrawn or not.
pub async fn find(conn: &mut impl AsEx, name: &str) -> Result<Option<StoredPlan>, StoreError> {
    let row: Option<PlanRow> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {PLAN} FROM plans WHERE name = $1")))
            .bind(name)
            .fetch_optional(c)
            .await)?;
    row.map(PlanRow::plan).transpose()
}

/// All plans, withdrawn or not, by their days and names.
pub async fn list(conn: &mut impl AsEx) -> Result<Vec<StoredPlan>, StoreError> {
    let rows: Vec<PlanRow> =
        sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!("SELECT {PLAN} FROM plans ORDER BY effective, name")))
            .fetch_all(c)
            .await)?;
    rows.into_iter().map(PlanRow::plan).collect()
}

/// Withdraws a plan with the approvals that wait; false when that was done before, or it is being carried out just now.
pub async fn mark_withdrawn(conn: &mut impl AsEx, name: &str, by: &str, now: Millis) -> Result<bool, StoreError> {
    hold(conn, name).await?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plans SET withdrawn_at = $2, withdrawn_by = $3
          WHERE name = $1 AND withdrawn_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM plan_runs r WHERE r.plan = $1 AND r.state IN ('staging', 'undoing'))",
    )
    .bind(name)
    .bind(now.0)
    .bind(by)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    if changed == 1 {
        revoke_approvals(conn, name, now).await?;
    }
    Ok(changed == 1)
}

/// Holds a plan until this transaction ends (on SQLite the one writer sees to it): its text, its approvals and its runs
/// change one after another.
pub async fn hold(conn: &mut impl AsEx, name: &str) -> Result<(), StoreError> {
    let lock = match conn.ex() {
        Ex::Sqlite(_) => "",
        Ex::Pg(_) => " FOR UPDATE",
    };
    let _: Option<String> =
        sql!(conn, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT name FROM plans WHERE name = $1{lock}")))
            .bind(name)
            .fetch_optional(c)
            .await)?;
    Ok(())
}

/// Approves the text of a digest; false when the plan is withdrawn, has another text by now, is the approver's own, or when
/// the same is being carried out or was. An earlier approval of the same that waits counts no more.
pub async fn add_approval(conn: &mut impl AsEx, approval: &Approval, text_digest: &str) -> Result<bool, StoreError> {
    hold(conn, &approval.plan).await?;
    if !may_be_approved(conn, approval, text_digest).await? {
        return Ok(false);
    }
    sql!(conn, |c| sqlx::query(
        "UPDATE plan_approvals SET revoked_at = $3
          WHERE plan = $1 AND stage = $2 AND used_at IS NULL AND revoked_at IS NULL",
    )
    .bind(&approval.plan)
    .bind(&approval.stage)
    .bind(approval.approved_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    let added = sql!(conn, |c| sqlx::query(
        "INSERT INTO plan_approvals (id, plan, stage, digest, registry_version, people_version, accept_open, approved_by,
                                     approved_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&approval.id)
    .bind(&approval.plan)
    .bind(&approval.stage)
    .bind(&approval.digest)
    .bind(approval.registry_version)
    .bind(approval.people_version)
    .bind(i64::from(approval.accept_open))
    .bind(&approval.approved_by)
    .bind(approval.approved_at.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// The plan that is held is there, with this text, somebody else's, and nothing of the approved is carried out or counts.
async fn may_be_approved(conn: &mut impl AsEx, approval: &Approval, text_digest: &str) -> Result<bool, StoreError> {
    let found: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT name FROM plans
          WHERE name = $1 AND text_digest = $2 AND author <> $3 AND withdrawn_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM plan_runs r
                             WHERE r.plan = $1 AND (r.stage = $4 OR r.stage = '' OR $4 = '')
                               AND r.state IN ('staging', 'applied', 'undoing'))"
    )
    .bind(&approval.plan)
    .bind(text_digest)
    .bind(&approval.approved_by)
    .bind(&approval.stage)
    .fetch_optional(c)
    .await)?;
    Ok(found.is_some())
}

/// The approval of a plan or stage that waits.
pub async fn find_approval(conn: &mut impl AsEx, plan: &str, stage: &str) -> Result<Option<Approval>, StoreError> {
    let row: Option<ApprovalRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {APPROVAL} FROM plan_approvals a
          WHERE a.plan = $1 AND a.stage = $2 AND a.used_at IS NULL AND a.revoked_at IS NULL"
    )))
    .bind(plan)
    .bind(stage)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(ApprovalRow::approval))
}

/// An approval that was not revoked, used or not.
pub async fn find_approval_by_id(conn: &mut impl AsEx, id: &str) -> Result<Option<Approval>, StoreError> {
    let row: Option<ApprovalRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {APPROVAL} FROM plan_approvals a WHERE a.id = $1 AND a.revoked_at IS NULL"
    )))
    .bind(id)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(ApprovalRow::approval))
}

/// The approvals of a plan that were not revoked, used or not, newest first.
pub async fn list_approvals(conn: &mut impl AsEx, plan: &str) -> Result<Vec<Approval>, StoreError> {
    let rows: Vec<ApprovalRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {APPROVAL} FROM plan_approvals a
          WHERE a.plan = $1 AND a.revoked_at IS NULL ORDER BY a.approved_at DESC, a.id DESC"
    )))
    .bind(plan)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(ApprovalRow::approval).collect())
}

/// Revokes the approvals of a plan that wait; answers how many.
pub async fn revoke_approvals(conn: &mut impl AsEx, plan: &str, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE plan_approvals SET revoked_at = $2 WHERE plan = $1 AND used_at IS NULL AND revoked_at IS NULL"
    )
    .bind(plan)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Revokes the approvals that wait and can never be used once a stage, or the whole plan where it is empty, is applied.
pub async fn revoke_excluded(conn: &mut impl AsEx, plan: &str, stage: &str, now: Millis) -> Result<u64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query(
        "UPDATE plan_approvals SET revoked_at = $3
          WHERE plan = $1 AND (stage = $2 OR stage = '' OR $2 = '') AND used_at IS NULL AND revoked_at IS NULL"
    )
    .bind(plan)
    .bind(stage)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?)
}

/// Says why what is approved could not be applied by itself; false when that was said before, or it was used or revoked.
pub async fn mark_approval_waits(conn: &mut impl AsEx, id: &str, why: &str) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_approvals SET waits_why = $2
          WHERE id = $1 AND waits_why IS NULL AND used_at IS NULL AND revoked_at IS NULL"
    )
    .bind(id)
    .bind(why)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Says that the plan was applied by an approval; false when it was before, or the approval was revoked.
pub async fn mark_approval_used(conn: &mut impl AsEx, id: &str, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_approvals SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL"
    )
    .bind(id)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// What is approved, was not begun nor tried in vain, and whose day has come, in the order of days, names and approvals.
pub async fn list_due(conn: &mut impl AsEx, on: Date) -> Result<Vec<(StoredPlan, Approval)>, StoreError> {
    let rows: Vec<ApprovalRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {APPROVAL} FROM plan_approvals a JOIN plans p ON p.name = a.plan
          WHERE a.used_at IS NULL AND a.revoked_at IS NULL AND a.waits_why IS NULL
            AND p.withdrawn_at IS NULL AND p.effective <= $1
            AND NOT EXISTS (SELECT 1 FROM plan_runs r
                             WHERE r.plan = a.plan AND (r.stage = a.stage OR r.stage = '' OR a.stage = '')
                               AND r.state IN ('staging', 'applied', 'undoing'))
          ORDER BY p.effective, p.name, a.approved_at, a.id"
    )))
    .bind(iso(on))
    .fetch_all(c)
    .await)?;
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        let approval = row.approval();
        if let Some(plan) = find(conn, &approval.plan).await? {
            due.push((plan, approval));
        }
    }
    Ok(due)
}
