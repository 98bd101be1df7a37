//! The registry as it was believed before corrections of the past.

use super::{Change, Correction, of_past, pair_of_past};
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::plan::edit::{Edit, Fact, Pair, PairEdit};
use crate::model::registry::Registry;
use crate::model::succession::Succession;
use crate::model::unit::{DatedCode, DatedName, DatedParent, Span, Unit};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

type Units = BTreeMap<UnitId, Unit>;
type Pairs = BTreeMap<(UnitId, UnitId), Succession>;

impl Registry {
    /// This registry without these corrections: the newest is first. What changed since and is no correction stays, since it
    /// says nothing of the days that were over then.
    #[must_use]
    pub fn believed(&self, later: &[Correction]) -> Self {
        let mut units: Units = self.units().map(|unit| (unit.id.clone(), unit.clone())).collect();
        let known = self.successions().iter();
        let mut pairs: Pairs = known.map(|pair| ((pair.from.clone(), pair.to.clone()), pair.clone())).collect();
        for correction in later {
            let day = vietnam_date(correction.made.at);
            match &correction.change {
                Change::Fact(edit) => turn_back(&mut units, edit, day),
                Change::Pair(edit) => turn_pair_back(&mut pairs, edit, day),
            }
        }
        // Nothing is said of units that nobody knew.
        let known: BTreeSet<UnitId> = units.keys().cloned().collect();
        for unit in units.values_mut() {
            unit.parents.retain(|above| known.contains(&above.parent));
        }
        pairs.retain(|(from, to), _| known.contains(from) && known.contains(to));
        Self::new(self.version(), units.into_values().collect(), pairs.into_values().collect())
    }
}

fn turn_back(units: &mut Units, edit: &Edit, day: Date) {
    match &edit.fact {
        Fact::Unit { id, kind } => match (edit.was, edit.now) {
            (None, _) => {
                units.remove(id);
            }
            (Some(was), None) => {
                let bare = Unit { id: id.clone(), kind: *kind, span: was, codes: vec![], names: vec![], parents: vec![] };
                units.entry(id.clone()).or_insert(bare);
            }
            (Some(was), Some(now)) => {
                if let Some(unit) = units.get_mut(id) {
                    unit.span = before(unit.span, was, now);
                }
            }
        },
        Fact::Code { unit, scheme, code } => {
            let Some(unit) = units.get_mut(unit) else { return };
            let dated = |span| DatedCode { scheme: scheme.clone(), code: code.clone(), span };
            turn_one_back(&mut unit.codes, dated, |held| held.span, (edit, day));
        }
        Fact::Name { unit, name, usage } => {
            let Some(unit) = units.get_mut(unit) else { return };
            let dated = |span| DatedName { name: name.clone(), usage: *usage, span };
            turn_one_back(&mut unit.names, dated, |held| held.span, (edit, day));
        }
        Fact::Parent { unit, parent } => {
            let Some(unit) = units.get_mut(unit) else { return };
            let dated = |span| DatedParent { parent: parent.clone(), span };
            turn_one_back(&mut unit.parents, dated, |held| held.span, (edit, day));
        }
    }
}

/// Puts what was said before in the place of what was said from then on. What is held may have been changed since by
/// something that was no correction: then it is known by what it says of the days before that one.
fn turn_one_back<T: PartialEq>(
    held: &mut Vec<T>,
    dated: impl Fn(Span) -> T,
    span_of: impl Fn(&T) -> Span,
    (edit, day): (&Edit, Date),
) {
    let Some(now) = edit.now else {
        let new = edit.was.map(dated).filter(|was| !held.contains(was));
        held.extend(new);
        return;
    };
    let exactly = held.iter().position(|known| *known == dated(now));
    let alike = |known: &T| {
        let span = span_of(known);
        *known == dated(span) && of_past(Some(span), day) == of_past(Some(now), day)
    };
    let Some(place) = exactly.or_else(|| held.iter().position(alike)) else { return };
    match edit.was {
        Some(was) => held[place] = dated(before(span_of(&held[place]), was, now)),
        None => drop(held.remove(place)),
    }
}

/// A time as it is, but for what was corrected of it.
fn before(present: Span, was: Span, now: Span) -> Span {
    let one = |present: Option<Date>, was: Option<Date>, now: Option<Date>| if was == now { present } else { was };
    Span {
        from: one(present.from, was.from, now.from),
        to: one(present.to, was.to, now.to),
        ended_by: one(present.ended_by, was.ended_by, now.ended_by),
    }
}

fn turn_pair_back(pairs: &mut Pairs, edit: &PairEdit, day: Date) {
    let key = (edit.from.clone(), edit.to.clone());
    let said = |pair: &Succession| Pair { relation: pair.relation, effective: pair.effective, source: pair.source.clone() };
    let present = pairs.get(&key).map(said);
    // Something else was said since, of a later day.
    if pair_of_past(present.as_ref(), day) != pair_of_past(edit.now.as_ref(), day) {
        return;
    }
    match &edit.was {
        Some(was) => {
            let pair = Succession {
                from: edit.from.clone(),
                to: edit.to.clone(),
                relation: was.relation,
                effective: was.effective,
                source: was.source.clone(),
            };
            pairs.insert(key, pair);
        }
        None => {
            pairs.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::model::correction::{Made, Way, among};
    use crate::model::plan::edit::Edits;
    use crate::model::succession::Relation;
    use crate::model::unit::{NameUsage, UnitKind};
    use time::macros::date;

    const FIRST: Date = date!(2020 - 01 - 01);
    const MERGED: Date = date!(2025 - 07 - 01);
    const LAST: Date = date!(2025 - 06 - 30);

    fn id(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    fn unit(name: &str, span: Span) -> Unit {
        Unit {
            id: id(name),
            kind: UnitKind::Phuong,
            span,
            codes: vec![DatedCode { scheme: "gso".into(), code: name.into(), span }],
            names: vec![DatedName { name: format!("Phường {name}"), usage: NameUsage::Official, span }],
            parents: vec![],
        }
    }

    /// Noon of a day of December 2025 in Vietnam.
    fn noon(day: i64) -> Millis {
        Millis(1_764_565_200_000 + (day - 1) * 86_400_000)
    }

    /// The registry after edits of that day, and what of them corrects the past, the newest first.
    fn edited(registry: &Registry, edits: &Edits, at: Millis) -> (Registry, Vec<Correction>) {
        let made = Made {
            at,
            by: "os:test".into(),
            way: Way::Plan,
            reason: String::new(),
            version_before: registry.version(),
            version_after: registry.version() + 1,
        };
        let changes = among(edits, vietnam_date(at)).into_iter().rev();
        let corrections = changes.map(|said| Correction { made: made.clone(), change: said.change }).collect();
        (registry.with(edits).expect("edits that fit"), corrections)
    }

    fn ends(name: &str, was: Span, now: Span) -> Vec<Edit> {
        let code = Fact::Code { unit: id(name), scheme: "gso".into(), code: name.into() };
        let official = Fact::Name { unit: id(name), name: format!("Phường {name}"), usage: NameUsage::Official };
        let facts = [Fact::Unit { id: id(name), kind: UnitKind::Phuong }, code, official];
        facts.map(|fact| Edit { fact, was: Some(was), now: Some(now) }).to_vec()
    }

    fn begins(name: &str, span: Span) -> Vec<Edit> {
        ends(name, span, span).into_iter().map(|edit| Edit { was: None, ..edit }).collect()
    }

    fn goes_into(from: &str, to: &str, effective: Date) -> PairEdit {
        let now = Pair { relation: Relation::Whole, effective: Some(effective), source: "plan".into() };
        PairEdit { from: id(from), to: id(to), was: None, now: Some(now) }
    }

    #[test]
    fn a_merger_that_was_told_late_was_not_believed_before_and_is_again_what_was_believed_between() {
        let start = Registry::new(1, vec![unit("a", Span::since(FIRST))], vec![]);
        let gone = Span { from: Some(FIRST), to: Some(LAST), ended_by: None };
        let facts = [begins("b", Span::since(MERGED)), ends("a", Span::since(FIRST), gone)].concat();
        let edits = Edits { facts, pairs: vec![goes_into("a", "b", MERGED)] };

        let (merged, told) = edited(&start, &edits, noon(1));
        let (back, taken_back) = edited(&merged, &edits.inverse(), noon(5));

        assert_eq!((told.len(), taken_back.len()), (7, 7));
        assert_eq!(merged.believed(&told).digest(), start.digest());
        assert_eq!(back.believed(&taken_back).digest(), merged.digest());
        assert_eq!(back.believed(&[taken_back, told].concat()).digest(), start.digest());
        assert_eq!(back.believed(&[]).digest(), back.digest());
    }

    #[test]
    fn what_changed_later_as_of_its_own_day_stays_while_an_earlier_correction_is_left_out() {
        let start = Registry::new(1, vec![unit("a", Span::since(FIRST))], vec![]);
        let moved = Span::since(date!(2021 - 01 - 01));
        let (corrected, told) = edited(&start, &Edits { facts: ends("a", Span::since(FIRST), moved), pairs: vec![] }, noon(1));
        let last = Span { to: Some(date!(2025 - 12 - 09)), ..moved };
        let (ended, nothing) = edited(&corrected, &Edits { facts: ends("a", moved, last), pairs: vec![] }, noon(10));

        assert_eq!((told.len(), nothing.len()), (3, 0));
        let believed = ended.believed(&told);
        let unit = believed.unit(&id("a")).expect("the unit");
        let expected = Span { from: Some(FIRST), ..last };
        assert_eq!((unit.span, unit.codes[0].span, unit.names[0].span), (expected, expected, expected));
    }

    #[test]
    fn a_unit_that_nobody_knew_is_named_by_nothing() {
        let units = vec![unit("a", Span::since(FIRST))];
        let start = Registry::new(1, units, vec![]);
        let under = Edit {
            fact: Fact::Parent { unit: id("a"), parent: id("b") },
            was: None,
            // From a day to come: no correction.
            now: Some(Span::since(date!(2026 - 06 - 01))),
        };
        let facts = [begins("b", Span::since(MERGED)), vec![under]].concat();
        let (present, told) = edited(&start, &Edits { facts, pairs: vec![] }, noon(1));

        assert_eq!(told.len(), 3);
        assert!(present.unit(&id("b")).is_some());
        let believed = present.believed(&told);
        assert_eq!((believed.units().count(), believed.digest()), (1, start.digest()));
    }
}
