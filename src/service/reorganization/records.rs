//! What is on record of single posts: who said where one goes on and what that replaced, and who took it back.
//!
//! An act on many posts has one record. Beside it each of their people has one of their own, in the same unit of work.

use super::By;
use super::decided::Decided;
use super::placing::Chosen;
use super::register::note_about;
use crate::base::id::{PositionId, UnitId};
use crate::service::Services;
use crate::store::plan_choices::{self, DecisionRow, Unsaid};
use crate::store::plan_runs::Run;
use crate::store::{StoreError, Tx};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What was decided of some posts until now, by post.
pub(super) async fn before(
    tx: &mut Tx,
    plan: &str,
    positions: &[&PositionId],
) -> Result<HashMap<PositionId, DecisionRow>, StoreError> {
    let rows = plan_choices::list_decisions_of(tx, plan, positions).await?;
    Ok(rows.into_iter().map(|row| (row.position.clone(), row)).collect())
}

/// Notes which words of others somebody undoes: the id of each rule or post, who said it, and the unit into which it led.
/// Nobody undoes words of others and approves what is left.
pub(super) async fn unsaid<'a>(
    tx: &mut Tx,
    services: &Services,
    (plan, by): (&str, &By<'_>),
    words: impl Iterator<Item = (&'a str, &'a str, &'a UnitId)>,
) -> Result<(), StoreError> {
    let of_others = words.filter(|(_, said_by, _)| *said_by != by.actor);
    let unsaid: Vec<Unsaid> =
        of_others.map(|(word, _, unit)| Unsaid { word: word.to_owned(), unit: unit.clone(), by: by.actor.to_owned() }).collect();
    plan_choices::note_unsaid(tx, plan, &unsaid, services.clock.now()).await
}

/// A decision as [`unsaid`] asks for it.
pub(super) fn word_of(row: &DecisionRow) -> (&str, &str, &UnitId) {
    (row.position.as_str(), &row.by, &row.unit)
}

/// An act on posts of a plan.
pub(super) struct Act<'a> {
    pub(super) services: &'a Services,
    pub(super) plan: &'a str,
    /// The run that left the posts open; none before the plan is applied.
    pub(super) run: Option<&'a Run>,
    pub(super) by: &'a By<'a>,
    /// How it came.
    pub(super) source: &'a str,
}

impl Act<'_> {
    /// Records where a post goes on, and what was decided of it before. Who is placed at once is told.
    pub(super) async fn decided(&self, tx: &mut Tx, one: &Chosen, replaced: Option<&DecisionRow>) -> Result<(), StoreError> {
        let detail = json!({
            "plan": self.plan,
            "stage": self.run.map(|run| run.stage.as_str()).filter(|stage| !stage.is_empty()),
            "run": self.run.map(|run| run.id.as_str()),
            "position": one.target.position,
            "from": one.target.from,
            "to": one.unit,
            "decision_no": one.decision_no,
            "source": self.source,
            "late": self.run.is_some(),
            "told": self.run.is_some(),
            "replaced": replaced.map(shown),
        });
        note_about(tx, self.services, "position.decided", (self.by, &one.target.person), detail).await
    }

    /// Records that a decision counts no more.
    pub(super) async fn removed(&self, tx: &mut Tx, one: &Decided) -> Result<(), StoreError> {
        let mut detail = shown(&one.row);
        detail["plan"] = json!(self.plan);
        detail["stage"] = Value::Null;
        detail["position"] = json!(one.row.position);
        detail["from"] = json!(one.from());
        note_about(tx, self.services, "position.decision_removed", (self.by, &one.row.person), detail).await
    }
}

/// A decision for the record.
fn shown(row: &DecisionRow) -> Value {
    json!({
        "to": row.unit,
        "decision_no": row.decision_no,
        "source": row.source,
        "decided_by": row.by,
        "decided_at": row.at.0,
    })
}
