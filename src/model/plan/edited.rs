//! The registry after changes.

use super::edit::{Edit, Edits, Fact, PairEdit};
use crate::base::id::UnitId;
use crate::model::registry::Registry;
use crate::model::succession::Succession;
use crate::model::unit::{DatedCode, DatedName, DatedParent, Span, Unit, UnitKind};
use std::collections::BTreeMap;

type Units = BTreeMap<UnitId, Unit>;
type Pairs = BTreeMap<(UnitId, UnitId), Succession>;

impl Registry {
    /// This registry after changes, at the next version; `None` when one of them does not fit what is known.
    pub fn with(&self, edits: &Edits) -> Option<Self> {
        let mut units: Units = self.units().map(|unit| (unit.id.clone(), unit.clone())).collect();
        let known = self.successions().iter();
        let mut pairs: Pairs = known.map(|pair| ((pair.from.clone(), pair.to.clone()), pair.clone())).collect();
        for edit in &edits.facts {
            change(&mut units, edit)?;
        }
        for edit in &edits.pairs {
            change_pair(&mut pairs, &units, edit)?;
        }
        let left_over = edits.facts.iter().any(|edit| {
            let gone = edit.fact.unit();
            let goes = matches!(edit.fact, Fact::Unit { .. }) && edit.now.is_none();
            goes && is_named(&units, &pairs, gone)
        });
        let registry = || Self::new(self.version() + 1, units.into_values().collect(), pairs.into_values().collect());
        (!left_over).then(registry)
    }
}

/// True when something is still said of a unit.
fn is_named(units: &Units, pairs: &Pairs, id: &UnitId) -> bool {
    pairs.keys().any(|(from, to)| from == id || to == id)
        || units.values().any(|unit| unit.parents.iter().any(|above| above.parent == *id))
}

fn change(units: &mut Units, edit: &Edit) -> Option<()> {
    match &edit.fact {
        Fact::Unit { id, kind } => change_unit(units, id, *kind, edit),
        Fact::Code { unit, scheme, code } => {
            let dated = |span: Span| DatedCode { scheme: scheme.clone(), code: code.clone(), span };
            turn(&mut units.get_mut(unit)?.codes, edit.was.map(dated), edit.now.map(dated))
        }
        Fact::Name { unit, name, usage } => {
            let dated = |span: Span| DatedName { name: name.clone(), usage: *usage, span };
            turn(&mut units.get_mut(unit)?.names, edit.was.map(dated), edit.now.map(dated))
        }
        Fact::Parent { unit, parent } => {
            let dated = |span: Span| DatedParent { parent: parent.clone(), span };
            if edit.was.is_none() && !units.contains_key(parent) {
                return None;
            }
            turn(&mut units.get_mut(unit)?.parents, edit.was.map(dated), edit.now.map(dated))
        }
    }
}

fn change_unit(units: &mut Units, id: &UnitId, kind: UnitKind, edit: &Edit) -> Option<()> {
    match (edit.was, edit.now) {
        (None, Some(span)) if !units.contains_key(id) => {
            let unit = Unit { id: id.clone(), kind, span, codes: vec![], names: vec![], parents: vec![] };
            units.insert(id.clone(), unit);
            Some(())
        }
        (Some(was), Some(now)) => {
            let unit = units.get_mut(id).filter(|unit| unit.kind == kind && unit.span == was)?;
            unit.span = now;
            Some(())
        }
        (Some(was), None) => {
            let unit = units.get(id).filter(|unit| unit.kind == kind && unit.span == was)?;
            let bare = unit.codes.is_empty() && unit.names.is_empty() && unit.parents.is_empty();
            bare.then(|| units.remove(id)).map(|_| ())
        }
        (None, _) => None,
    }
}

/// Puts one in the place of another among what is known.
fn turn<T: PartialEq>(held: &mut Vec<T>, was: Option<T>, now: Option<T>) -> Option<()> {
    let Some(was) = was else {
        let new = now.filter(|new| !held.contains(new))?;
        held.push(new);
        return Some(());
    };
    let place = held.iter().position(|known| *known == was)?;
    match now {
        Some(now) => held[place] = now,
        None => drop(held.remove(place)),
    }
    Some(())
}

fn change_pair(pairs: &mut Pairs, units: &Units, edit: &PairEdit) -> Option<()> {
    let key = (edit.from.clone(), edit.to.clone());
    let fits = match (pairs.get(&key), &edit.was) {
        (Some(known), Some(was)) => {
            known.relation == was.relation && known.effective == was.effective && known.source == was.source
        }
        (None, None) => edit.now.is_some(),
        (Some(_), None) | (None, Some(_)) => false,
    };
    let both_there = units.contains_key(&edit.from) && units.contains_key(&edit.to);
    match &edit.now {
        _ if !fits => return None,
        Some(_) if !both_there => return None,
        Some(now) => {
            let pair = Succession {
                from: edit.from.clone(),
                to: edit.to.clone(),
                relation: now.relation,
                effective: now.effective,
                source: now.source.clone(),
            };
            pairs.insert(key, pair);
        }
        None => {
            pairs.remove(&key);
        }
    }
    Some(())
}
