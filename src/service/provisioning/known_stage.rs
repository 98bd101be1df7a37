//! Staging rows about people who are there: their positions, and decisions about them.
//!
//! Nobody comes into being here. Whoever is not there, and whoever is outside the
//! bounds of the file, are told in the same words.

use super::change_set::ChangeSetError;
use super::known_row::{Act, Decision, KnownRow, Said};
use super::person_stage::{Known, Stage, Staged, position_of};
use super::row_told::{Detail, Post, RowTold, position_effect};
use super::row_wrong::{Wrong, disabled, fail, oneself, outside, told_differently};
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::base::text::fold;
use crate::model::import::RowEffect;
use crate::model::position::{Position, PositionKind};
use crate::store::{change_sets, person_names, persons, positions};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// The positions of one person while the rows about them are read, one after the other.
struct Career<'a> {
    person: &'a PersonId,
    known: &'a Known,
    held: BTreeMap<PositionId, Position>,
    /// Those of which a row of this batch said something.
    touched: BTreeSet<PositionId>,
    today: Date,
}

/// What one row changes.
#[derive(Default)]
struct Step {
    told: Option<Position>,
    ended: Vec<Position>,
}

impl Stage<'_> {
    /// Stages a batch of rows about people who are there.
    pub(super) async fn stage_known(&self, rows: Vec<KnownRow>) -> Result<Staged, ChangeSetError> {
        let mut staged = Staged::default();
        if rows.is_empty() {
            return Ok(staged);
        }
        let mut groups: BTreeMap<String, Vec<KnownRow>> = BTreeMap::new();
        for row in rows {
            groups.entry(row.username.folded().to_owned()).or_default().push(row);
        }
        let mut tx = self.services.store.write().await?;
        if !change_sets::mark_touched(&mut tx, self.change_set, self.services.clock.now()).await? {
            return Err(ChangeSetError::GivenUp);
        }
        let names: Vec<String> = groups.keys().cloned().collect();
        let owners = person_names::list_owners(&mut tx, &names).await?;
        let ids: Vec<PersonId> = owners.values().map(|owner| PersonId(owner.id.clone())).collect();
        let told: Vec<UnitId> = groups.values().flatten().filter_map(KnownRow::decided_unit).cloned().collect();
        let known = self.known(&mut tx, &ids, &told).await?;
        let (mut renewed, mut held) = (Vec::new(), Vec::new());
        for (folded, rows) in groups {
            let owner = owners.get(&folded);
            let found = owner.and_then(|owner| known.get(&PersonId(owner.id.clone())).map(|of_person| (owner, of_person)));
            let Some((owner, of_person)) = found else {
                let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
                fail(&lines, &nobody(), &mut staged.errors);
                continue;
            };
            let person = PersonId(owner.id.clone());
            for position in self.career(&person, owner, of_person, rows, &mut staged) {
                if of_person.staged_positions.contains_key(&position.id) {
                    renewed.push(position.id.clone());
                } else {
                    staged.positions += 1;
                }
                held.push((person.clone(), position));
            }
        }
        positions::remove(&mut tx, self.change_set, &renewed).await?;
        positions::add(&mut tx, self.change_set, &held).await?;
        tx.commit().await?;
        Ok(staged)
    }

    /// Reads the rows about one person; answers the positions that are to be staged.
    fn career(
        &self,
        person: &PersonId,
        owner: &persons::Owner,
        known: &Known,
        rows: Vec<KnownRow>,
        staged: &mut Staged,
    ) -> Vec<Position> {
        let within = self.bounds.is_none_or(|bounds| bounds.reaches(person, known.positions.values()));
        let mut held: BTreeMap<PositionId, Position> = known.positions.clone().into_iter().collect();
        held.extend(known.staged_positions.clone());
        let today = vietnam_date(self.services.clock.now());
        let mut career = Career { person, known, held, touched: BTreeSet::new(), today };
        for row in rows {
            let line = row.line;
            let outcome = if within {
                self.step(&mut career, owner, row)
            } else if self.bounds.is_some_and(|bounds| bounds.is_own(person)) {
                Err(oneself())
            } else {
                Err(nobody())
            };
            match outcome {
                Ok(told) => staged.told.push(told),
                Err(wrong) => fail(&[line], &wrong, &mut staged.errors),
            }
        }
        let Career { held, touched, .. } = career;
        held.into_iter().filter(|(id, _)| touched.contains(id)).map(|(_, position)| position).collect()
    }

    /// What one row does; nothing of it counts when it has a mistake.
    fn step(&self, career: &mut Career<'_>, owner: &persons::Owner, row: KnownRow) -> Result<RowTold, Wrong> {
        let full_name = career.known.applied.as_ref().map(|facts| facts.full_name.clone()).unwrap_or_default();
        if !row.full_name.is_empty() && fold(&row.full_name) != fold(&full_name) {
            return Err(misnamed());
        }
        let step = match row.said {
            Said::Position(told) => {
                let told = position_of(career.person, told);
                career.position(told)?
            }
            Said::Decision(decision) => career.decision(decision)?,
        };
        let all = || step.told.iter().chain(&step.ended);
        if all().any(|position| self.bounds.is_some_and(|bounds| !bounds.holds(&position.unit))) {
            return Err(outside());
        }
        let brings = |told: &Position| self.beyond(told, career.held.get(&told.id), career.known);
        if let Some(wrong) = step.told.as_ref().and_then(brings) {
            return Err(wrong);
        }
        if owner.disabled_at.is_some() && step.told.as_ref().is_some_and(|told| !career.held.contains_key(&told.id)) {
            return Err(disabled());
        }
        let effect = career.effect(&step);
        let detail = Detail {
            position: step.told.as_ref().map(Post::of),
            ended: step.ended.iter().map(Post::of).collect(),
            ..Detail::default()
        };
        for position in step.told.into_iter().chain(step.ended) {
            career.touched.insert(position.id.clone());
            career.held.insert(position.id.clone(), position);
        }
        Ok(RowTold { line: row.line, username: owner.username.clone(), full_name, effect, detail })
    }
}

impl Career<'_> {
    /// A position that a row tells.
    fn position(&self, mut told: Position) -> Result<Step, Wrong> {
        let held = Position::told_before(&told, self.held.values());
        let Some(held) = held else { return Ok(Step { told: Some(told), ended: Vec::new() }) };
        told = self.known.told_again(told, held);
        if *held == told {
            return Ok(Step::default());
        }
        if self.touched.contains(&told.id) || self.known.staged_positions.contains_key(&told.id) {
            return Err(told_differently());
        }
        Ok(Step { told: Some(told), ended: Vec::new() })
    }

    /// What a decision does to the positions that are held on its day.
    fn decision(&self, decision: Decision) -> Result<Step, Wrong> {
        let from = decision.from;
        if decision.act.is_leaving() {
            return self.leaving(from);
        }
        let base = self.base(from);
        let unit = decision.unit.or_else(|| base.map(|base| base.unit.clone())).ok_or_else(|| missing("unit_code"))?;
        let title = decision.title.or_else(|| base.map(|base| base.title.clone())).ok_or_else(|| missing("title"))?;
        let kind: PositionKind = decision.kind.or_else(|| base.map(|base| base.kind)).ok_or_else(|| missing("kind"))?;
        let primary = decision.primary.unwrap_or(decision.act != Act::Second);
        let department = decision.department.unwrap_or_default();
        let mut told = Position {
            id: Position::id_of(self.person, &unit, &department, &title, from),
            unit,
            department,
            title,
            kind,
            primary,
            decision_no: decision.decision_no,
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: None,
        };
        let held = Position::told_before(&told, self.held.values());
        if let Some(held) = held {
            // A decision does not tell of delegations, of an end, or of what a post goes on from: it takes none of it away.
            told = Position { valid_to: held.valid_to, ..told.told_again(held) };
        } else if self.known.last_days.get(&told.unit).is_some_and(|last| *last < self.today) {
            return Err(unit_ended());
        }
        let main = |held: &&Position| held.primary && held.id != told.id && held.in_force_on(from);
        let ended: Vec<Position> = if primary { self.held.values().filter(main).cloned().collect() } else { Vec::new() };
        if ended.iter().any(|held| held.valid_from == from) {
            return Err(two_at_once());
        }
        let is_known = held == Some(&told);
        Ok(Step { told: (!is_known).then_some(told), ended: ended_before(ended, from) })
    }

    /// Every post ends the day before.
    fn leaving(&self, from: Date) -> Result<Step, Wrong> {
        if self.held.is_empty() {
            return Err(nothing_held());
        }
        if self.held.values().any(|held| held.valid_from >= from) {
            return Err(begins_later());
        }
        let ended = self.held.values().filter(|held| held.in_force_on(from)).cloned().collect();
        Ok(Step { told: None, ended: ended_before(ended, from) })
    }

    /// The main post on the day of a decision, or on the day before.
    fn base(&self, from: Date) -> Option<&Position> {
        let before = from.previous_day().unwrap_or(from);
        let main = || self.held.values().filter(|held| held.primary && held.valid_from < from);
        main().find(|held| held.in_force_on(from)).or_else(|| main().find(|held| held.in_force_on(before)))
    }

    fn effect(&self, step: &Step) -> RowEffect {
        match &step.told {
            Some(told) => position_effect(self.held.get(&told.id), told),
            None if step.ended.is_empty() => RowEffect::Unchanged,
            None => RowEffect::EndedPosition,
        }
    }
}

/// The positions with the day before as their last one.
fn ended_before(held: Vec<Position>, from: Date) -> Vec<Position> {
    held.into_iter().map(|held| Position { valid_to: from.previous_day(), ..held }).collect()
}

/// The same for whoever is not there and whoever is outside the bounds.
pub(super) fn nobody() -> Wrong {
    Wrong::new(
        "username".to_owned(),
        "không có người này trong phạm vi quản trị của Ông/Bà",
        "there is no such person among those whom you administer",
    )
}

pub(super) fn misnamed() -> Wrong {
    Wrong::new(
        "full_name".to_owned(),
        "họ và tên không khớp với tên đăng nhập; kiểm tra lại dòng này",
        "the name is not the one of this user name; check the row",
    )
}

fn missing(column: &str) -> Wrong {
    Wrong::new(
        column.to_owned(),
        "người này chưa có vị trí chính để lấy làm mặc định, nên không được để trống ô này",
        "this person has no main post to take it from, so this cell must not be empty",
    )
}

fn two_at_once() -> Wrong {
    Wrong::new("valid_from".to_owned(), "đã có vị trí chính khác bắt đầu cùng ngày", "another main post begins on the same day")
}

fn unit_ended() -> Wrong {
    Wrong::new(
        "unit_code".to_owned(),
        "đơn vị này đã kết thúc hoạt động; hãy ghi đơn vị hiện nay, hoặc nhập vị trí kèm ngày kết thúc",
        "this unit has ended; name the unit of today, or bring the post in with its last day",
    )
}

fn nothing_held() -> Wrong {
    Wrong::new("action".to_owned(), "người này không có vị trí nào để kết thúc", "this person has no post that could end")
}

fn begins_later() -> Wrong {
    Wrong::new(
        "valid_from".to_owned(),
        "người này có vị trí bắt đầu từ ngày này trở đi; cần kết thúc vị trí đó trước",
        "this person has a post that begins on this day or later; end that one first",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::sync::Arc;
    use time::macros::date;

    const DAY: Date = date!(2026 - 12 - 01);
    const BEFORE: Date = date!(2026 - 11 - 30);

    fn post(unit: &str, title: &str, primary: bool) -> Position {
        let person = PersonId("kim".to_owned());
        let (unit, from) = (UnitId(unit.to_owned()), date!(2025 - 07 - 01));
        Position {
            id: Position::id_of(&person, &unit, "", title, from),
            unit,
            department: String::new(),
            title: title.to_owned(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: "1/QĐ".to_owned(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: None,
        }
    }

    fn decision(act: Act, unit: Option<&str>, title: Option<&str>) -> Decision {
        Decision {
            act,
            decision_no: "2/QĐ".to_owned(),
            from: DAY,
            unit: unit.map(|unit| UnitId(unit.to_owned())),
            department: None,
            title: title.map(str::to_owned),
            kind: None,
            primary: None,
        }
    }

    /// Title and unit of what begins, and titles of what ends.
    type Read = (Option<(String, String)>, Vec<String>);

    /// By somebody who does not know that the unit `gone` ended the day before.
    fn read(held: &[Position], decision: Decision) -> Option<Read> {
        let person = PersonId("kim".to_owned());
        let last_days = Arc::new(HashMap::from([(UnitId("gone".to_owned()), BEFORE)]));
        let known = Known { last_days, ..Known::default() };
        let held = held.iter().map(|position| (position.id.clone(), position.clone())).collect();
        let career = Career { person: &person, known: &known, held, touched: BTreeSet::new(), today: DAY };
        let step = career.decision(decision).ok()?;
        assert!(step.ended.iter().all(|ended| ended.valid_to == Some(BEFORE)));
        let told = step.told.map(|told| (told.title, told.unit.0));
        Some((told, step.ended.into_iter().map(|ended| ended.title).collect()))
    }

    #[test]
    fn a_decision_ends_what_it_replaces_on_the_day_before() {
        let (main, beside) = (post("a", "Chuyên viên", true), post("b", "Ủy viên", false));
        let held = [main.clone(), beside];
        let told = |title: &str, unit: &str| Some((title.to_owned(), unit.to_owned()));
        let table = [
            ("moved", decision(Act::Move, Some("c"), None), Some((told("Chuyên viên", "c"), vec!["Chuyên viên"]))),
            (
                "appointed here",
                decision(Act::Appoint, None, Some("Phó Chủ tịch")),
                Some((told("Phó Chủ tịch", "a"), vec!["Chuyên viên"])),
            ),
            ("seconded", decision(Act::Second, Some("c"), None), Some((told("Chuyên viên", "c"), vec![]))),
            (
                "appointed beside",
                Decision { primary: Some(false), ..decision(Act::Appoint, Some("c"), Some("Ủy viên")) },
                Some((told("Ủy viên", "c"), vec![])),
            ),
        ];
        for (case, decision, expected) in table {
            let expected = expected.map(|(told, ended)| (told, ended.into_iter().map(str::to_owned).collect::<Vec<_>>()));
            assert_eq!(read(&held, decision), expected, "{case}");
        }
        let (_, ended) = read(&held, decision(Act::Retire, None, None)).expect("a step");
        assert_eq!(ended.len(), 2, "whoever retires keeps no post");
        assert_eq!(read(&[], decision(Act::Retire, None, None)), None);
        assert_eq!(read(&[], decision(Act::Move, Some("c"), None)), None, "a title has to come from somewhere");
        assert_eq!(read(&held, decision(Act::Move, Some("gone"), None)), None, "nobody begins in a unit that has ended");
        let there = [post("gone", "Chuyên viên", true)];
        assert_eq!(read(&there, decision(Act::Appoint, None, Some("Phó Chủ tịch"))), None, "nor where they were");
    }

    #[test]
    fn a_decision_that_was_read_before_changes_nothing() {
        let old = Position { valid_to: Some(BEFORE), ..post("a", "Chuyên viên", true) };
        let person = PersonId("kim".to_owned());
        let unit = UnitId("c".to_owned());
        let new = Position {
            id: Position::id_of(&person, &unit, "", "Chuyên viên", DAY),
            unit,
            decision_no: "2/QĐ".to_owned(),
            valid_from: DAY,
            ..post("a", "Chuyên viên", true)
        };
        assert_eq!(read(&[old, new], decision(Act::Move, Some("c"), None)), Some((None, vec![])));
    }
}
