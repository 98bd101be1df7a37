//! The registry while files are brought in: what is known, and what is new.
//!
//! A unit of a file is found again by its statistics-office code and the bound
//! of its life that the file states, so that importing a file twice, or after
//! a plan has gone on from it, adds nothing.

use crate::base::clock::Millis;
use crate::base::entropy::Entropy;
use crate::base::id::UnitId;
use crate::model::plan::edit::{Edit, Edits, Fact, Pair, PairEdit};
use crate::model::registry::Registry;
use crate::model::succession::Succession;
use crate::model::unit::{Certainty, DatedCode, DatedName, DatedParent, NameUsage, Span, Unit, UnitKind};
use crate::model::unit_code::GSO;
use std::collections::HashMap;
use time::Date;

/// What files add to the registry.
#[derive(Debug, Default)]
pub struct Additions {
    /// New units; their codes, names and parents are listed apart.
    pub units: Vec<Unit>,
    /// New codes.
    pub codes: Vec<(UnitId, DatedCode)>,
    /// Open codes that end.
    pub ended_codes: Vec<(UnitId, DatedCode)>,
    /// New names.
    pub names: Vec<(UnitId, DatedName)>,
    /// New parents.
    pub parents: Vec<(UnitId, DatedParent)>,
    /// New pairs, and pairs of which more is known now.
    pub successions: Vec<Succession>,
}

impl Additions {
    /// How many facts there are.
    pub fn count(&self) -> usize {
        self.units.len()
            + self.codes.len()
            + self.ended_codes.len()
            + self.names.len()
            + self.parents.len()
            + self.successions.len()
    }

    /// What they say of units that were known before: what is first said of a unit corrects nothing.
    pub(super) fn edits(&self, before: &Registry) -> Edits {
        let of_known = |edit: &Edit| before.unit(edit.fact.unit()).is_some();
        let new = |fact: Fact, span: Span| Edit { fact, was: None, now: Some(span) };
        let code = |unit: &UnitId, told: &DatedCode| {
            let (scheme, code) = (told.scheme.clone(), told.code.clone());
            Fact::Code { unit: unit.clone(), scheme, code }
        };
        let codes = self.codes.iter().map(|(unit, told)| new(code(unit, told), told.span));
        let ended = self.ended_codes.iter().map(|(unit, told)| {
            let open = Span { to: None, ..told.span };
            Edit { was: Some(open), ..new(code(unit, told), told.span) }
        });
        let name = |unit: &UnitId, told: &DatedName| {
            let name = told.name.clone();
            Fact::Name { unit: unit.clone(), name, usage: told.usage }
        };
        let names = self.names.iter().map(|(unit, told)| new(name(unit, told), told.span));
        let above = |unit: &UnitId, told: &DatedParent| Fact::Parent { unit: unit.clone(), parent: told.parent.clone() };
        let parents = self.parents.iter().map(|(unit, told)| new(above(unit, told), told.span));
        let facts = codes.chain(ended).chain(names).chain(parents).filter(of_known).collect();
        Edits { facts, pairs: self.pair_edits(before) }
    }

    fn pair_edits(&self, before: &Registry) -> Vec<PairEdit> {
        let said = |pair: &Succession| Pair { relation: pair.relation, effective: pair.effective, source: pair.source.clone() };
        let known: HashMap<(&UnitId, &UnitId), &Succession> =
            before.successions().iter().map(|pair| ((&pair.from, &pair.to), pair)).collect();
        let is_known = |unit: &UnitId| before.unit(unit).is_some();
        let of_known = self.successions.iter().filter(|pair| is_known(&pair.from) && is_known(&pair.to));
        let edit = |pair: &Succession| PairEdit {
            from: pair.from.clone(),
            to: pair.to.clone(),
            was: known.get(&(&pair.from, &pair.to)).map(|told| said(told)),
            now: Some(said(pair)),
        };
        of_known.map(edit).collect()
    }
}

/// Why a unit of a file is not taken.
pub(super) enum Refusal {
    /// A unit with this code and time is there under this other name or kind.
    Contradicts(String),
}

/// A unit as a file tells it.
pub(super) struct Told<'a> {
    pub(super) code: &'a str,
    pub(super) kind: UnitKind,
    pub(super) name: &'a str,
    pub(super) span: Span,
}

/// What is known and what is new, together.
pub(super) struct Draft {
    pub(super) units: Vec<Unit>,
    by_gso: HashMap<String, Vec<usize>>,
    successions: HashMap<(UnitId, UnitId), Succession>,
    pub(super) additions: Additions,
}

impl Draft {
    pub(super) fn of(registry: &Registry) -> Self {
        let mut draft = Self {
            units: registry.units().cloned().collect(),
            by_gso: HashMap::new(),
            successions: HashMap::new(),
            additions: Additions::default(),
        };
        for (place, unit) in draft.units.iter().enumerate() {
            for code in unit.codes.iter().filter(|code| code.scheme == GSO) {
                draft.by_gso.entry(code.code.clone()).or_default().push(place);
            }
        }
        for pair in registry.successions() {
            draft.successions.insert((pair.from.clone(), pair.to.clone()), pair.clone());
        }
        draft
    }

    fn places(&self, gso: &str) -> impl Iterator<Item = usize> {
        self.by_gso.get(gso).into_iter().flatten().copied()
    }

    /// The unit that surely had a statistics-office code on a day.
    pub(super) fn on(&self, gso: &str, day: Date) -> Option<usize> {
        self.places(gso).find(|place| {
            let unit = &self.units[*place];
            let held =
                unit.codes.iter().any(|code| code.scheme == GSO && code.code == gso && code.span.holds_on(day) == Certainty::Yes);
            held && unit.span.holds_on(day) == Certainty::Yes
        })
    }

    /// The unit that is meant by a code on a day: the one that surely had it, or
    /// the only one that may have had it and whose end is known.
    pub(super) fn meant(&self, gso: &str, day: Date) -> Option<usize> {
        self.on(gso, day).or_else(|| {
            let mut possible = self.places(gso).filter(|place| self.units[*place].span.holds_on(day) != Certainty::No);
            let first = possible.next().filter(|place| !self.units[*place].span.end_is_unknown());
            first.filter(|_| possible.next().is_none())
        })
    }

    /// The unit that a file tells of, when it is known already.
    fn known(&self, gso: &str, span: &Span) -> Option<usize> {
        self.places(gso).find(|place| {
            let known = &self.units[*place].span;
            match span.from {
                // Its end may have become known since.
                Some(_) => known.from == span.from,
                None => known.from.is_none() && known.to == span.to && known.ended_by == span.ended_by,
            }
        })
    }

    /// The place of the unit that a file tells of; new when it is not known.
    pub(super) fn unit(&mut self, told: &Told<'_>, new_id: (Millis, &dyn Entropy)) -> Result<usize, Refusal> {
        if let Some(place) = self.known(told.code, &told.span) {
            let unit = &self.units[place];
            if unit.kind == told.kind && unit.was_called(told.name) {
                return Ok(place);
            }
            let name = unit.names.first().map_or("", |name| name.name.as_str());
            return Err(Refusal::Contradicts(format!("{name} ({})", unit.kind.as_str())));
        }
        let unit = Unit {
            id: UnitId::new(new_id.0, new_id.1),
            kind: told.kind,
            span: told.span,
            codes: vec![],
            names: vec![],
            parents: vec![],
        };
        let place = self.units.len();
        self.additions.units.push(unit.clone());
        self.units.push(unit);
        self.by_gso.entry(told.code.to_owned()).or_default().push(place);
        self.add_code(place, DatedCode { scheme: GSO.to_owned(), code: told.code.to_owned(), span: told.span });
        self.add_name(place, DatedName { name: told.name.to_owned(), usage: NameUsage::Official, span: told.span });
        Ok(place)
    }

    /// Adds a code; the caller has looked for contradictions.
    pub(super) fn add_code(&mut self, place: usize, code: DatedCode) {
        let unit = &mut self.units[place];
        self.additions.codes.push((unit.id.clone(), code.clone()));
        unit.codes.push(code);
    }

    /// Says the last day of a code that was open.
    pub(super) fn end_code(&mut self, place: usize, ended: &DatedCode) {
        let unit = &mut self.units[place];
        let open =
            |code: &&mut DatedCode| code.scheme == ended.scheme && code.code == ended.code && code.span.from == ended.span.from;
        if let Some(code) = unit.codes.iter_mut().find(open) {
            code.span = ended.span;
            self.additions.ended_codes.push((unit.id.clone(), ended.clone()));
        }
    }

    /// Adds a name unless it is known.
    pub(super) fn add_name(&mut self, place: usize, name: DatedName) {
        let unit = &mut self.units[place];
        if !unit.names.iter().any(|known| known.name == name.name && known.usage == name.usage) {
            self.additions.names.push((unit.id.clone(), name.clone()));
            unit.names.push(name);
        }
    }

    /// Puts a unit under another unless it is there.
    pub(super) fn add_parent(&mut self, place: usize, parent: usize) {
        let parent = self.units[parent].id.clone();
        let unit = &mut self.units[place];
        if !unit.parents.iter().any(|known| known.parent == parent) {
            let above = DatedParent { parent, span: unit.span };
            self.additions.parents.push((unit.id.clone(), above.clone()));
            unit.parents.push(above);
        }
    }

    /// Adds a pair unless as much is known of it; false when what is known contradicts it.
    pub(super) fn add_succession(&mut self, pair: Succession) -> bool {
        let key = (pair.from.clone(), pair.to.clone());
        if let Some(known) = self.successions.get(&key) {
            let same = known.relation == pair.relation && known.effective == pair.effective;
            if same || known.relation.outranks(pair.relation) {
                return true;
            }
            if !pair.relation.outranks(known.relation) {
                return false;
            }
        }
        self.additions.successions.retain(|new| (&new.from, &new.to) != (&key.0, &key.1));
        self.additions.successions.push(pair.clone());
        self.successions.insert(key, pair);
        true
    }

    /// The highest unit above a unit, by its last-known parents.
    pub(super) fn top(&self, place: usize) -> usize {
        let mut top = place;
        for _ in 0..8 {
            let above = self.units[top].parents.last();
            let Some(next) = above.and_then(|above| self.units.iter().position(|unit| unit.id == above.parent)) else {
                break;
            };
            top = next;
        }
        top
    }
}
