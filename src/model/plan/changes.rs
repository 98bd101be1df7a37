//! What the steps of a plan change in the registry, step by step.

use super::edit::{Edit, Edits, Fact, Pair, PairEdit};
use super::elsewhere::{Elsewhere, leaves};
use super::wrong::{What, Wrong};
use super::{Plan, Ref, Row, Step};
use crate::base::id::UnitId;
use crate::model::registry::Registry;
use crate::model::succession::{Relation, Succession};
use crate::model::unit::{Certainty, DatedCode, DatedParent, NameUsage, Span, Unit, UnitKind};
use crate::model::unit_code::{AGENCY, GSO};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What was gathered from the steps.
pub(super) struct Changes<'a> {
    plan: &'a Plan,
    registry: &'a Registry,
    by_gso: HashMap<&'a str, Vec<&'a Unit>>,
    /// Units that these steps create.
    created: HashMap<UnitId, UnitKind>,
    /// By which code each known unit was named.
    named: HashMap<UnitId, &'a str>,
    facts: Vec<Edit>,
    /// What each pair of units is, and the line that says so.
    pub(super) pairs: BTreeMap<(UnitId, UnitId), (Relation, u64)>,
    /// Units that end, and the first line that says so.
    pub(super) ended: BTreeMap<UnitId, u64>,
    /// Units that begin.
    pub(super) begun: Vec<UnitId>,
    /// Units that come to lie in others: line, unit, parent.
    pub(super) placed: Vec<(u64, UnitId, UnitId)>,
    /// Units that others go into.
    pub(super) targets: Vec<(u64, UnitId)>,
    /// Codes that are given: line, unit, scheme, code.
    pub(super) given: Vec<(u64, UnitId, &'a str, &'a str)>,
    /// Units that come to be called by a name, or to be so called in another place: line, column, unit.
    pub(super) called: Vec<(u64, &'static str, UnitId)>,
    /// What other stages do.
    pub(super) elsewhere: Elsewhere<'a>,
    /// Mistakes so far.
    pub(super) wrong: Vec<Wrong>,
}

impl<'a> Changes<'a> {
    /// What these rows of a plan change: all of them, or those of a stage.
    pub(super) fn of(plan: &'a Plan, stage: Option<&str>, rows: &[&'a Row], registry: &'a Registry) -> Self {
        let created = |row: &&Row| match &row.step {
            Step::Create { key, kind, .. } => Some((plan.unit_id(key), *kind)),
            _ => None,
        };
        let mut changes = Self {
            plan,
            registry,
            by_gso: HashMap::new(),
            created: rows.iter().filter_map(created).collect(),
            named: HashMap::new(),
            facts: Vec::new(),
            pairs: BTreeMap::new(),
            ended: BTreeMap::new(),
            begun: Vec::new(),
            placed: Vec::new(),
            targets: Vec::new(),
            given: Vec::new(),
            called: Vec::new(),
            elsewhere: Elsewhere::default(),
            wrong: Vec::new(),
        };
        for unit in registry.units() {
            let of_gso = unit.codes.iter().filter(|code| code.scheme == GSO);
            for code in of_gso.map(|code| code.code.as_str()).collect::<HashSet<&str>>() {
                changes.by_gso.entry(code).or_default().push(unit);
            }
        }
        changes.elsewhere = Elsewhere::of(plan, stage, |unit| changes.id_of(unit));
        for row in rows {
            changes.take(row);
        }
        changes.carry();
        changes
    }

    /// The changes in their order, whatever the order of the rows; pairs that contradict the registry are mistakes.
    pub(super) fn edits(&mut self) -> Edits {
        let mut facts = std::mem::take(&mut self.facts);
        facts.sort_unstable();
        let known = self.registry.successions().iter();
        let known: HashMap<(&UnitId, &UnitId), &Succession> = known.map(|pair| ((&pair.from, &pair.to), pair)).collect();
        let mut pairs = Vec::with_capacity(self.pairs.len());
        for ((from, to), (relation, line)) in &self.pairs {
            let was = known.get(&(from, to)).copied();
            let same = was.is_some_and(|was| was.relation == *relation && was.effective == Some(self.plan.effective));
            if same || was.is_some_and(|was| was.relation.outranks(*relation)) {
                continue;
            }
            if was.is_some_and(|was| !relation.outranks(was.relation)) {
                self.wrong.push(Wrong::new(*line, "into", What::OtherPair));
                continue;
            }
            let source = self.plan.instrument.number.clone();
            let now = Pair { relation: *relation, effective: Some(self.plan.effective), source };
            let was = was.map(|was| Pair { relation: was.relation, effective: was.effective, source: was.source.clone() });
            pairs.push(PairEdit { from: from.clone(), to: to.clone(), was, now: Some(now) });
        }
        Edits { facts, pairs }
    }

    /// Follows one step; a step with a mistake changes nothing more.
    fn take(&mut self, row: &'a Row) -> Option<()> {
        let line = row.line;
        match &row.step {
            Step::Create { .. } => self.create(row),
            Step::Rename { unit, name } => self.rename(line, unit, name),
            Step::Recode { unit, scheme, code } => self.recode(line, unit, (scheme, code)),
            Step::Attach { unit, code } => self.attach(line, unit, code),
            Step::Move { unit, parent } => self.relocate(line, unit, parent),
            Step::Merge { unit, into } => self.follow(line, (unit, Some(into)), Relation::Whole),
            Step::Divide { unit, into } => self.follow(line, (unit, Some(into)), Relation::Part),
            Step::Dissolve { unit, into, cross } => {
                let relation = if *cross { Relation::Cross } else { Relation::Within };
                self.follow(line, (unit, into.as_ref()), relation)
            }
        }
    }

    fn create(&mut self, row: &'a Row) -> Option<()> {
        let Step::Create { key, kind, name, code, parent } = &row.step else { return None };
        let id = self.plan.unit_id(key);
        if self.registry.unit(&id).is_some() {
            return self.complain(row.line, "unit", What::Already);
        }
        let span = Span::since(self.plan.effective);
        self.add(Fact::Unit { id: id.clone(), kind: *kind }, span);
        self.add(Fact::Code { unit: id.clone(), scheme: GSO.to_owned(), code: code.clone() }, span);
        self.add(Fact::Name { unit: id.clone(), name: name.clone(), usage: NameUsage::Official }, span);
        self.given.push((row.line, id.clone(), GSO, code.as_str()));
        self.called.push((row.line, "name", id.clone()));
        self.begun.push(id.clone());
        if let Some(parent) = parent {
            let above = self.find(row.line, "parent", parent)?;
            self.add(parent_fact(&id, &above), span);
            self.placed.push((row.line, id, above));
        }
        Some(())
    }

    fn rename(&mut self, line: u64, unit: &'a Ref, name: &str) -> Option<()> {
        let held = self.going_on(line, unit)?;
        let official = || held.names.iter().filter(|known| known.usage == NameUsage::Official);
        if official().any(|known| known.name == name && is_open(&known.span)) {
            return self.complain(line, "name", What::Nothing);
        }
        let fact = |name: &str| Fact::Name { unit: held.id.clone(), name: name.to_owned(), usage: NameUsage::Official };
        self.end_all(line, official().map(|known| (fact(&known.name), known.span)).collect());
        self.add(fact(name), self.onward(&held.span));
        self.called.push((line, "name", held.id.clone()));
        Some(())
    }

    fn recode(&mut self, line: u64, unit: &'a Ref, (scheme, code): (&'a str, &'a str)) -> Option<()> {
        let id = self.find(line, "unit", unit)?;
        let mut span = Span::since(self.plan.effective);
        if self.registry.unit(&id).is_some() {
            let held = self.going_on(line, unit)?;
            let of_scheme: Vec<&DatedCode> = held.codes.iter().filter(|known| known.scheme == scheme).collect();
            if of_scheme.iter().any(|known| known.code == code && is_open(&known.span)) {
                return self.complain(line, "code", What::Nothing);
            }
            self.end_all(line, of_scheme.iter().map(|known| (code_fact(&id, scheme, &known.code), known.span)).collect());
            span = self.onward(&held.span);
        }
        self.add(code_fact(&id, scheme, code), span);
        self.given.push((line, id, scheme, code));
        Some(())
    }

    fn attach(&mut self, line: u64, unit: &'a Ref, code: &'a str) -> Option<()> {
        let id = self.find(line, "unit", unit)?;
        let since = Span::since(self.plan.effective);
        let codes = self.registry.unit(&id).into_iter().flat_map(|held| &held.codes);
        let held = codes.filter(|known| known.scheme == AGENCY).find(|known| known.span.overlaps(&since));
        match held {
            Some(known) if known.code == code => self.complain(line, "code", What::Nothing),
            Some(known) => self.complain(line, "code", What::HasCode(known.code.clone())),
            None => self.recode(line, unit, (AGENCY, code)),
        }
    }

    fn relocate(&mut self, line: u64, unit: &'a Ref, parent: &'a Ref) -> Option<()> {
        let held = self.going_on(line, unit)?;
        let above = self.find(line, "parent", parent)?;
        let carried = self.carried(held);
        // Where an earlier stage has carried it there, it stays.
        if carried.is_none_or(|laid| laid.parent != above) {
            if held.parents.iter().any(|known| known.parent == above && is_open(&known.span)) {
                return self.complain(line, "parent", What::Nothing);
            }
            self.set_down(held);
            let known = held.parents.iter().filter(|known| Some(*known) != carried);
            self.end_all(line, known.map(|known| (parent_fact(&held.id, &known.parent), known.span)).collect());
            self.add(parent_fact(&held.id, &above), self.onward(&held.span));
        }
        self.called.push((line, "parent", held.id.clone()));
        self.placed.push((line, held.id.clone(), above));
        Some(())
    }

    /// A unit ends, and another follows it or lies where it was.
    fn follow(&mut self, line: u64, (unit, into): (&'a Ref, Option<&'a Ref>), relation: Relation) -> Option<()> {
        let from = self.find(line, "unit", unit)?;
        if let Entry::Vacant(first) = self.ended.entry(from.clone()) {
            first.insert(line);
            self.end(line, &from);
        }
        let to = self.find(line, "into", into?)?;
        self.targets.push((line, to.clone()));
        let known = self.pairs.entry((from, to)).or_insert((relation, line));
        if relation.outranks(known.0) {
            *known = (relation, line);
        }
        Some(())
    }

    /// Ends a unit and what is open of it. Where its end is known already, nothing changes.
    fn end(&mut self, line: u64, id: &UnitId) -> Option<()> {
        let unit = self.registry.unit(id)?;
        let last = Some(self.plan.day_before());
        if unit.span.to == last {
            return Some(());
        }
        if !is_open(&unit.span) {
            return self.complain(line, "unit", What::OtherEnd);
        }
        let now = Span { to: last, ..unit.span };
        self.facts.push(Edit { fact: Fact::Unit { id: id.clone(), kind: unit.kind }, was: Some(unit.span), now: Some(now) });
        let codes = unit.codes.iter().map(|known| (code_fact(id, &known.scheme, &known.code), known.span));
        let names = unit
            .names
            .iter()
            .map(|known| (Fact::Name { unit: id.clone(), name: known.name.clone(), usage: known.usage }, known.span));
        let carried = self.set_down(unit);
        let parents = unit.parents.iter().filter(|known| Some(*known) != carried);
        let parents = parents.map(|known| (parent_fact(id, &known.parent), known.span));
        let open = codes.chain(names).chain(parents).filter(|(_, span)| is_open(span));
        self.end_all(line, open.collect());
        Some(())
    }

    /// Ends facts that would go on; what begins or ends later contradicts the plan.
    fn end_all(&mut self, line: u64, facts: Vec<(Fact, Span)>) {
        let since = Span::since(self.plan.effective);
        let to = Some(self.plan.day_before());
        for (fact, span) in facts.into_iter().filter(|(_, span)| span.overlaps(&since)) {
            let has_begun = span.from.is_none_or(|from| from < self.plan.effective);
            if is_open(&span) && has_begun {
                self.facts.push(Edit { fact, was: Some(span), now: Some(Span { to, ..span }) });
            } else {
                self.wrong.push(Wrong::new(line, "unit", What::Later));
            }
        }
    }

    /// Carries units along that lie in one which ends, and which themselves end or move only in another stage: into the one
    /// that it goes whole into, until that stage sets them down and leaves no trace of it.
    fn carry(&mut self) {
        let placed: HashSet<UnitId> = self.placed.iter().map(|(_, unit, _)| unit.clone()).collect();
        for unit in self.registry.units().filter(|unit| !placed.contains(&unit.id)) {
            let Some((line, above, into)) = self.left_in(unit) else { continue };
            let (fact, to) = (parent_fact(&unit.id, &above.parent), Some(self.plan.day_before()));
            self.facts.push(Edit { fact, was: Some(above.span), now: Some(Span { to, ..above.span }) });
            self.add(parent_fact(&unit.id, &into), self.onward(&unit.span));
            self.placed.push((line, unit.id.clone(), into));
        }
    }

    /// Where a unit is left whose own step is in another stage: the line that ends the one above it, what is known of that
    /// one, and the unit that it goes whole into.
    fn left_in(&self, unit: &'a Unit) -> Option<(u64, &'a DatedParent, UnitId)> {
        self.elsewhere.stage_where(&unit.id, leaves)?;
        let effective = self.plan.effective;
        let goes_on = !self.ended.contains_key(&unit.id) && unit.span.holds_on(effective) != Certainty::No;
        let is_held = |above: &&DatedParent| is_open(&above.span) && above.span.from.is_none_or(|from| from < effective);
        let mut held = unit.parents.iter().filter(is_held);
        let (above, line) = held.find_map(|above| self.ended.get(&above.parent).map(|line| (above, *line)))?;
        let is_whole = |from: &UnitId, relation: Relation| *from == above.parent && relation == Relation::Whole;
        let ((_, into), _) = self.pairs.iter().find(|((from, _), (relation, _))| is_whole(from, *relation))?;
        let known = || self.registry.unit(into).map(|unit| unit.kind);
        let kind = self.created.get(into).copied().or_else(known)?;
        (goes_on && kind.level() < unit.kind.level()).then(|| (line, above, into.clone()))
    }

    /// Where an earlier stage has carried a unit.
    fn carried(&self, unit: &'a Unit) -> Option<&'a DatedParent> {
        let (since, last) = (self.onward(&unit.span), Some(self.plan.day_before()));
        let left = |into: &UnitId| {
            let mut before = unit.parents.iter().filter(|before| before.span.to == last);
            before.any(|before| self.elsewhere.merges(&before.parent, into))
        };
        unit.parents.iter().find(|above| above.span == since && left(&above.parent))
    }

    /// Takes that back where the unit ends or moves itself: it never lay there.
    fn set_down(&mut self, unit: &'a Unit) -> Option<&'a DatedParent> {
        let laid = self.carried(unit)?;
        self.facts.push(Edit { fact: parent_fact(&unit.id, &laid.parent), was: Some(laid.span), now: None });
        Some(laid)
    }

    fn add(&mut self, fact: Fact, span: Span) {
        self.facts.push(Edit { fact, was: None, now: Some(span) });
    }

    /// From the plan's day as long as the unit itself.
    fn onward(&self, of: &Span) -> Span {
        Span { from: Some(self.plan.effective), ..*of }
    }

    /// A known unit that is there on the plan's day.
    fn going_on(&mut self, line: u64, unit: &'a Ref) -> Option<&'a Unit> {
        let id = self.find(line, "unit", unit)?;
        let held = self.registry.unit(&id)?;
        if held.span.holds_on(self.plan.effective) == Certainty::No {
            return self.complain(line, "unit", What::Over);
        }
        Some(held)
    }

    /// The unit that a row names.
    fn find(&mut self, line: u64, column: &'static str, unit: &'a Ref) -> Option<UnitId> {
        let found = match unit {
            Ref::Known(code) => self.known(code),
            Ref::New(key) => {
                let id = self.plan.unit_id(key);
                let is_there = self.created.contains_key(&id) || self.registry.unit(&id).is_some();
                let stage = self.elsewhere.stage_where(&id, |_| true).unwrap_or_default();
                if is_there { Ok(id) } else { Err(What::OtherStage(key.clone(), stage.to_owned())) }
            }
        };
        match found {
            Ok(id) => Some(id),
            Err(what) => {
                self.wrong.push(Wrong::new(line, column, what));
                None
            }
        }
    }

    /// The same of a unit of which nothing more is asked.
    fn id_of(&self, unit: &Ref) -> Option<UnitId> {
        match unit {
            Ref::Known(code) => self.holder(code).ok().map(|unit| unit.id.clone()),
            Ref::New(key) => Some(self.plan.unit_id(key)),
        }
    }

    /// The unit that a code names. Two codes do not name one unit, so that what is said of the one holds against the other.
    fn known(&mut self, code: &'a str) -> Result<UnitId, What> {
        let unit = self.holder(code)?;
        let name = *self.named.entry(unit.id.clone()).or_insert(code);
        if name == code { Ok(unit.id.clone()) } else { Err(What::Ambiguous(code.to_owned())) }
    }

    /// The unit that has a code on the day before: the one that surely has it, or the only one that may have it and
    /// whose end is known.
    fn holder(&self, code: &str) -> Result<&'a Unit, What> {
        let day = self.plan.day_before();
        let certainty = |unit: &Unit| {
            let codes = unit.codes.iter().filter(|known| known.scheme == GSO && known.code == code);
            codes.map(|known| known.span.holds_on(day).min(unit.span.holds_on(day))).max().unwrap_or(Certainty::No)
        };
        let of_code = self.by_gso.get(code).map(Vec::as_slice).unwrap_or_default();
        let holders =
            |wanted: Certainty| -> Vec<&'a Unit> { of_code.iter().copied().filter(|unit| certainty(unit) == wanted).collect() };
        match (holders(Certainty::Yes).as_slice(), holders(Certainty::Maybe).as_slice()) {
            ([one], _) => Ok(*one),
            ([], [one]) if !one.span.end_is_unknown() => Ok(*one),
            ([], []) => Err(What::Unknown(code.to_owned())),
            _ => Err(What::Ambiguous(code.to_owned())),
        }
    }

    /// Remembers a mistake; the step goes no further.
    fn complain<T>(&mut self, line: u64, column: &'static str, what: What) -> Option<T> {
        self.wrong.push(Wrong::new(line, column, what));
        None
    }
}

fn parent_fact(unit: &UnitId, parent: &UnitId) -> Fact {
    Fact::Parent { unit: unit.clone(), parent: parent.clone() }
}

fn code_fact(unit: &UnitId, scheme: &str, code: &str) -> Fact {
    Fact::Code { unit: unit.clone(), scheme: scheme.to_owned(), code: code.to_owned() }
}

/// True when no end is known, not even that there was one.
fn is_open(span: &Span) -> bool {
    span.to.is_none() && span.ended_by.is_none()
}
