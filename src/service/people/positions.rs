//! Positions of a person: a new one by a decision, another ending, another kind.
//!
//! A post is known by its unit, department, title and first day: to change one of those is to end it and to add
//! another. Whoever looks after some units adds, ends and changes positions in those units only, and only of people
//! whom they may edit. What they type brings nobody a role of a group that is not theirs to give.

use super::apply::{self, ChangeError, Draft, Ground, Present};
use super::told::{Check, Checked, Field, PositionTold, Problem, Why, position};
use crate::base::date::iso;
use crate::base::id::{PersonId, PositionId};
use crate::model::authority::EditPeople;
use crate::model::brought::Typed;
use crate::model::position::{Position, PositionKind};
use crate::service::Services;
use crate::service::authority::{One, People};
use crate::service::withheld::Withheld;
use serde_json::{Value, json};
use time::Date;

/// What may be said anew of a position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PositionEdit {
    /// The kind of employment.
    pub kind: String,
    /// The main post.
    pub primary: bool,
    /// The decision that gave it.
    pub decision_no: String,
    /// Last day; empty: open.
    pub valid_to: String,
    /// Why.
    pub reason: String,
}

/// Whether a position lies within the units in which an administrator edits.
pub fn is_within(within: &People<EditPeople>, position: &Position) -> bool {
    within.extent().holds(&position.unit)
}

/// Adds a position. The unit lies within the administrator's own.
pub async fn add(
    services: &Services,
    (proof, within): (&One<EditPeople>, &People<EditPeople>),
    seen: i64,
    told: &PositionTold,
    reason: &str,
) -> Result<bool, ChangeError> {
    let registry = services.known.registry();
    let mut check = Check::default();
    let reason = check.reason(reason);
    let (reason, checked) = match position(told, &registry, within.extent()) {
        Ok(checked) => (check.done(reason)?, checked),
        Err(problems) => {
            check.problems.extend(problems);
            return Err(ChangeError::Wrong(check.problems));
        }
    };
    let person = &proof.person().id;
    let new = held(person, checked);
    let withheld = Withheld::of(services, &within.by, within.extent()).await?;
    let ground = Ground { by: &proof.by, person, seen };
    apply::change(services, &ground, |present| {
        if Position::told_before(&new, present.positions.iter()).is_some() {
            return Err(wrong(Field::Title, Why::Held));
        }
        only_main(present, &new)?;
        brings_nothing(withheld.as_ref(), &Typed::of(&new, None, present.positions.iter()))?;
        let detail = json!({ "position": new.id, "before": null, "after": shown(&new), "reason": reason });
        Ok(Draft { facts: None, positions: vec![new.clone()], event: "position.added", detail })
    })
    .await
}

/// Says anew what may be said anew of a position.
pub async fn change(
    services: &Services,
    (proof, within): (&One<EditPeople>, &People<EditPeople>),
    seen: i64,
    id: &PositionId,
    told: &PositionEdit,
) -> Result<bool, ChangeError> {
    let mut check = Check::default();
    let decision_no = check.text(&told.decision_no, Field::DecisionNo, 100);
    let valid_to = check.day(&told.valid_to, Field::ValidTo);
    let reason = check.reason(&told.reason);
    let kind = PositionKind::parse(&told.kind);
    if kind.is_none() {
        check.wrong(Field::Kind, Why::UnknownKind);
    }
    let Some(kind) = kind else { return Err(ChangeError::Wrong(check.problems)) };
    let decision_no = check.done(decision_no)?;
    let withheld = Withheld::of(services, &within.by, within.extent()).await?;
    let ground = Ground { by: &proof.by, person: &proof.person().id, seen };
    apply::change(services, &ground, |present| {
        let before = within_reach(present, within, id)?;
        let after = Position { kind, primary: told.primary, decision_no: decision_no.clone(), valid_to, ..before.clone() };
        brings_nothing(withheld.as_ref(), &Typed::of(&after, Some(before), present.positions.iter()))?;
        redraw(present, before, after, "position.changed", json!({ "reason": reason }))
    })
    .await
}

/// Ends a position by a decision; its last day may lie ahead.
pub async fn end(
    services: &Services,
    (proof, within): (&One<EditPeople>, &People<EditPeople>),
    seen: i64,
    id: &PositionId,
    (last_day, decision): (&str, &str),
) -> Result<bool, ChangeError> {
    let mut check = Check::default();
    let decision = check.text(decision, Field::DecisionNo, 100);
    if last_day.trim().is_empty() {
        check.wrong(Field::ValidTo, Why::Missing);
    }
    let last = check.day(last_day, Field::ValidTo);
    let decision = check.done(decision)?;
    let withheld = Withheld::of(services, &within.by, within.extent()).await?;
    let ground = Ground { by: &proof.by, person: &proof.person().id, seen };
    apply::change(services, &ground, |present| {
        let before = within_reach(present, within, id)?;
        let after = Position { valid_to: last, ..before.clone() };
        brings_nothing(withheld.as_ref(), &Typed::of(&after, Some(before), present.positions.iter()))?;
        redraw(present, before, after, "position.ended", json!({ "decision": decision }))
    })
    .await
}

fn wrong(field: Field, why: Why) -> ChangeError {
    ChangeError::Wrong(vec![Problem::new(field, why)])
}

pub(super) fn held(person: &PersonId, checked: Checked) -> Position {
    Position {
        id: Position::id_of(person, &checked.unit, &checked.department, &checked.title, checked.valid_from),
        unit: checked.unit,
        department: checked.department,
        title: checked.title,
        kind: checked.kind,
        primary: checked.primary,
        decision_no: checked.decision_no,
        delegated_by: None,
        follows: None,
        valid_from: checked.valid_from,
        valid_to: checked.valid_to,
    }
}

/// A position of the person in a unit that the administrator looks after; others are not there for them.
fn within_reach<'p>(present: &'p Present, within: &People<EditPeople>, id: &PositionId) -> Result<&'p Position, ChangeError> {
    present.position(id).filter(|held| is_within(within, held)).ok_or(ChangeError::Absent)
}

fn redraw(
    present: &Present,
    before: &Position,
    after: Position,
    event: &'static str,
    mut detail: Value,
) -> Result<Draft, ChangeError> {
    if after.valid_to.is_some_and(|last| last < after.valid_from) {
        return Err(wrong(Field::ValidTo, Why::Order));
    }
    // What overlaps already may become less, or end.
    if !before.primary || last_day(&after) > last_day(before) {
        only_main(present, &after)?;
    }
    detail["position"] = json!(after.id);
    detail["before"] = shown(before);
    detail["after"] = shown(&after);
    let positions = if after == *before { Vec::new() } else { vec![after] };
    Ok(Draft { facts: None, positions, event, detail })
}

fn last_day(position: &Position) -> Date {
    position.valid_to.unwrap_or(Date::MAX)
}

/// A post brings by what is typed of it no role of a group that is not theirs to give.
pub(super) fn brings_nothing(withheld: Option<&Withheld>, typed: &Typed<'_>) -> Result<(), ChangeError> {
    match withheld.map(|withheld| withheld.brought(typed)) {
        Some(brought) if !brought.is_empty() => Err(ChangeError::Brings(brought)),
        _ => Ok(()),
    }
}

/// Two main posts at once would leave the person to nobody: neither of two units looks after all of them.
fn only_main(present: &Present, position: &Position) -> Result<(), ChangeError> {
    let overlaps = |other: &Position| other.valid_from <= last_day(position) && position.valid_from <= last_day(other);
    let mut others = present.positions.iter().filter(|other| other.id != position.id && other.primary);
    if position.primary && others.any(overlaps) {
        return Err(wrong(Field::Primary, Why::SecondMain));
    }
    Ok(())
}

/// A position for the record: nothing in it is personal beyond whose it is.
pub(super) fn shown(position: &Position) -> Value {
    json!({
        "unit": position.unit,
        "department": position.department,
        "title": position.title,
        "kind": position.kind.as_str(),
        "primary": position.primary,
        "decision_no": position.decision_no,
        "valid_from": iso(position.valid_from),
        "valid_to": position.valid_to.map(iso),
    })
}
