//! From the words of one row to one unit of today, to candidates, or to nothing.

use super::codes::{self, AgencyCode, Code, Scheme};
use super::fate::{self, Fate};
use super::names::{District, Heard, Names, Spelling, WrittenName};
use super::{Reason, Resolution, Told, near};
use crate::base::id::UnitId;
use crate::model::registry::{LookUp, Registry};
use crate::model::succession::Relation;
use crate::model::unit::{Certainty, NameUsage, Unit};
use crate::model::unit_code::GSO;
use time::Date;

/// Resolves rows against one snapshot of the registry.
pub struct Resolver<'a> {
    registry: &'a Registry,
    names: Names<'a>,
    today: Date,
}

/// By what a unit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Code,
    Agency(Reason),
    Name,
}

/// What a name says.
enum Named<'a> {
    /// Nothing was written.
    Nothing,
    /// Nobody is called so.
    Unknown,
    One(&'a Unit),
    Several(Vec<&'a Unit>),
}

/// What a row's name and district say of the unit that its code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Agree,
    Silent,
    Contradict,
}

impl Verdict {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Contradict, _) | (_, Self::Contradict) => Self::Contradict,
            (Self::Agree, _) | (_, Self::Agree) => Self::Agree,
            (Self::Silent, Self::Silent) => Self::Silent,
        }
    }
}

/// What was found under some names, and whether the registry was sure each time.
struct Hits<'a> {
    units: Vec<&'a Unit>,
    is_sure: bool,
}

impl<'a> Hits<'a> {
    fn none() -> Self {
        Self { units: Vec::new(), is_sure: true }
    }

    fn take(&mut self, found: LookUp<'a>) {
        match found {
            LookUp::One(unit) => self.add(unit),
            LookUp::Candidates(units) => {
                self.is_sure = false;
                for unit in units {
                    self.add(unit);
                }
            }
            LookUp::None => {}
        }
    }

    fn add(&mut self, unit: &'a Unit) {
        if !self.units.iter().any(|known| known.id == unit.id) {
            self.units.push(unit);
        }
    }

    fn named(self, may_be_one: impl Fn(&'a Unit) -> bool) -> Named<'a> {
        let one = match self.units.as_slice() {
            [] => return Named::Unknown,
            [only] if self.is_sure && may_be_one(only) => Some(*only),
            [_, ..] => None,
        };
        match one {
            Some(unit) => Named::One(unit),
            None => Named::Several(self.units),
        }
    }
}

impl<'a> Resolver<'a> {
    /// A resolver whose answers are units that are there today.
    pub fn new(registry: &'a Registry, today: Date) -> Self {
        Self { registry, names: Names::of(registry), today }
    }

    /// Resolves a row whose source is read as of a day.
    pub fn resolve(&self, told: &Told<'_>, as_of: Date) -> Resolution {
        let heard = self.names.hear(told);
        match codes::read(told.code) {
            Code::Nothing => self.by_name(&heard, as_of, (Reason::Missing, Reason::UnknownName)),
            Code::Foreign => self.by_name(&heard, as_of, (Reason::UnknownCode, Reason::UnknownCode)),
            Code::Territory { scheme, code } => self.by_code((scheme.as_str(), code.as_str()), &heard, as_of),
            Code::Agency(code) => self.by_agency(&code, &heard, as_of),
        }
    }

    /// The same; what is unknown comes with units of today that it may have been meant to be, the likeliest first.
    pub fn resolve_near(&self, told: &Told<'_>, as_of: Date) -> Resolution {
        let mut resolution = self.resolve(told, as_of);
        if resolution.unit.is_none() && resolution.candidates.is_empty() {
            for unit in near::units(self.registry, &self.names, told, as_of) {
                for later in fate::of(self.registry, unit, self.today).units() {
                    if !resolution.candidates.contains(&later.id) {
                        resolution.candidates.push(later.id.clone());
                    }
                }
            }
            resolution.candidates.truncate(near::MOST);
        }
        resolution
    }

    fn by_code(&self, code: (&str, &str), heard: &Heard<'a>, as_of: Date) -> Resolution {
        match self.registry.look_up(code.0, code.1, as_of) {
            LookUp::One(unit) => self.by_unit_of_code(unit, code, heard, as_of),
            LookUp::Candidates(units) => match self.agreeing(&units, heard, as_of).as_slice() {
                [only] => self.by_unit_of_code(only, code, heard, as_of),
                [] if self.verdict_of_all(&units, heard, as_of) == Verdict::Contradict => {
                    self.disagree(&units, code, heard, as_of)
                }
                [] => self.open(Reason::AmbiguousCode, &self.later(&units)),
                some @ [_, ..] => self.open(Reason::AmbiguousCode, &self.later(some)),
            },
            LookUp::None => self.by_code_of_another_day(code, heard, as_of),
        }
    }

    fn by_unit_of_code(&self, unit: &'a Unit, code: (&str, &str), heard: &Heard<'a>, as_of: Date) -> Resolution {
        match self.verdict(unit, heard, as_of) {
            Verdict::Contradict => self.disagree(&[unit], code, heard, as_of),
            Verdict::Agree | Verdict::Silent => self.follow(unit, By::Code, there_on(unit, as_of)),
        }
    }

    /// Nobody had the code on the day. It is clear all the same when one unit alone ever had it, and has it today.
    fn by_code_of_another_day(&self, code: (&str, &str), heard: &Heard<'a>, as_of: Date) -> Resolution {
        let holders = self.holders(code);
        if holders.is_empty() {
            return self.by_name(heard, as_of, (Reason::UnknownCode, Reason::UnknownCode));
        }
        if self.verdict_of_all(&holders, heard, as_of) == Verdict::Contradict {
            return self.disagree(&holders, code, heard, as_of);
        }
        let current = self.registry.look_up(code.0, code.1, self.today).one();
        if let ([only], Some(current)) = (holders.as_slice(), current)
            && only.id == current.id
        {
            return self.follow(only, By::Code, there_on(only, as_of));
        }
        self.open(Reason::AmbiguousCode, &self.later(&holders))
    }

    /// Everybody who ever had a code.
    fn holders(&self, (scheme, code): (&str, &str)) -> Vec<&'a Unit> {
        let has = |unit: &&'a Unit| unit.codes.iter().any(|known| known.scheme == scheme && known.code == code);
        self.registry.units().filter(has).collect()
    }

    /// Where the agency is today, or else what became of the unit whose agency it was.
    fn by_agency(&self, code: &AgencyCode, heard: &Heard<'a>, as_of: Date) -> Resolution {
        let reason = if code.is_old_form { Reason::AgencyOldForm } else { Reason::AgencyCode };
        let mut found = self.agency_units(&code.written, as_of);
        let is_turned = found.units.is_empty();
        if is_turned {
            found = self.agency_units(&code.turned, as_of);
        }
        match found.units.as_slice() {
            [] => self.by_name(heard, as_of, (Reason::UnknownCode, Reason::UnknownCode)),
            [only] if found.is_sure && !(is_turned && has_other_code(only, code)) => {
                let (written, turned) = (self.agency_then(&code.written, as_of), self.agency_then(&code.turned, as_of));
                let units: Vec<&'a Unit> = written.or(turned).into_iter().chain([*only]).collect();
                if self.verdict_of_all(&units, heard, as_of) == Verdict::Contradict {
                    return self.open(Reason::CodeAndNameDisagree, &self.with_named(self.later(&units), heard, as_of));
                }
                let then = if is_turned { turned } else { written };
                self.follow(only, By::Agency(reason), then.or_else(|| there_on(only, as_of)))
            }
            some @ [_, ..] => self.open(Reason::AmbiguousCode, &self.later(some)),
        }
    }

    fn agency_units(&self, codes: &[Scheme], as_of: Date) -> Hits<'a> {
        let mut hits = Hits::none();
        for (scheme, code) in codes {
            let today = self.registry.look_up(scheme, code, self.today);
            let found = if today == LookUp::None { self.registry.look_up(scheme, code, as_of) } else { today };
            if found == LookUp::None {
                // Such codes are never given out again.
                for unit in self.holders((*scheme, code.as_str())) {
                    hits.add(unit);
                }
            } else {
                hits.take(found);
            }
        }
        hits
    }

    /// Whose agency it was on the day.
    fn agency_then(&self, codes: &[Scheme], as_of: Date) -> Option<&'a Unit> {
        codes.iter().find_map(|(scheme, code)| self.registry.look_up(scheme, code, as_of).one())
    }

    /// By name alone. The reasons are those for no name, and for one that nobody has.
    fn by_name(&self, heard: &Heard<'a>, as_of: Date, (nothing, unknown): (Reason, Reason)) -> Resolution {
        match self.named(heard, as_of) {
            Named::Nothing => self.open(nothing, &[]),
            Named::Unknown => self.open(unknown, &[]),
            Named::One(unit) => self.follow(unit, By::Name, there_on(unit, as_of)),
            Named::Several(units) => self.open(Reason::AmbiguousName, &self.later(&units)),
        }
    }

    fn named(&self, heard: &Heard<'a>, as_of: Date) -> Named<'a> {
        let Some(name) = &heard.name else {
            return match &heard.district {
                Some(district) => {
                    let mut hits = Hits::none();
                    for unit in district.units.iter().filter(|unit| unit.span.holds_on(as_of) != Certainty::No) {
                        hits.add(unit);
                    }
                    if hits.units.is_empty() { Named::Several(district.units.clone()) } else { hits.named(|_| true) }
                }
                None if heard.has_district_text => Named::Unknown,
                None => Named::Nothing,
            };
        };
        let spellings = if name.is_bare_number() { Vec::new() } else { self.names.spellings(name, heard.is_strict) };
        let found = match &heard.district {
            Some(district) => self.within(&spellings, district, as_of),
            None => self.anywhere(&spellings, name, as_of),
        };
        match found {
            Named::Unknown | Named::Nothing => self.alike(name, heard, as_of),
            Named::One(_) | Named::Several(_) => found,
        }
    }

    /// In a district: one of its communes, itself, or a commune of today that came out of it.
    fn within(&self, spellings: &[&Spelling<'a>], district: &District<'a>, as_of: Date) -> Named<'a> {
        let mut hits = Hits::none();
        for spelling in spellings {
            for above in district.names.iter().copied() {
                hits.take(self.registry.find_by_name(spelling.name, Some(above), as_of));
            }
            let itself = |unit: &&&'a Unit| district.is(unit) && unit.span.holds_on(as_of) != Certainty::No;
            for unit in spelling.units.iter().filter(itself) {
                hits.add(unit);
            }
        }
        if hits.units.is_empty() {
            let came_out = |unit: &&&'a Unit| unit.span.holds_on(as_of) == Certainty::Yes && self.came_out_of(unit, district);
            for unit in spellings.iter().flat_map(|spelling| &spelling.units).filter(came_out) {
                hits.add(unit);
            }
        }
        hits.named(|_| true)
    }

    /// Without a district: only what lies in none, and only by a name that says what it names.
    fn anywhere(&self, spellings: &[&Spelling<'a>], name: &WrittenName, as_of: Date) -> Named<'a> {
        let mut hits = Hits::none();
        for spelling in spellings {
            hits.take(self.registry.find_by_name(spelling.name, None, as_of));
        }
        hits.named(|unit| name.has_kind() && !self.registry.path_on(unit, as_of).iter().any(|above| above.kind.level() == 2))
    }

    /// What bears the name on other days, in other districts, or with other accents: candidates at most.
    fn alike(&self, name: &WrittenName, heard: &Heard<'a>, as_of: Date) -> Named<'a> {
        let mut hits = Hits::none();
        let loose = self.names.loose_spellings(name);
        for unit in loose.iter().flat_map(|spelling| &spelling.units) {
            if heard.district.as_ref().is_some_and(|district| self.lies_in(unit, district, as_of)) {
                hits.add(unit);
            }
        }
        for unit in self.names.spellings(name, heard.is_strict).iter().flat_map(|spelling| &spelling.units) {
            hits.add(unit);
        }
        if hits.units.is_empty() {
            for unit in loose.iter().flat_map(|spelling| &spelling.units) {
                hits.add(unit);
            }
        }
        hits.named(|_| false)
    }

    /// A unit is contradicted by the name of another one, and by a district in which it does not lie.
    fn verdict(&self, unit: &Unit, heard: &Heard<'a>, as_of: Date) -> Verdict {
        let name = match &heard.name {
            Some(name) if self.names.is_of(unit, name, heard.is_strict) => Verdict::Agree,
            Some(name) if name.has_territory() || self.names.knows(name) => Verdict::Contradict,
            // The name of an office says nothing of the territory.
            Some(_) | None => Verdict::Silent,
        };
        let district = match &heard.district {
            None => Verdict::Silent,
            Some(district) if self.lies_in(unit, district, as_of) => Verdict::Agree,
            Some(_) => Verdict::Contradict,
        };
        name.and(district)
    }

    /// Contradict: all of them are contradicted.
    fn verdict_of_all(&self, units: &[&'a Unit], heard: &Heard<'a>, as_of: Date) -> Verdict {
        let verdicts = units.iter().map(|unit| self.verdict(unit, heard, as_of));
        verdicts.filter(|verdict| *verdict != Verdict::Contradict).reduce(Verdict::and).unwrap_or(Verdict::Contradict)
    }

    fn agreeing(&self, units: &[&'a Unit], heard: &Heard<'a>, as_of: Date) -> Vec<&'a Unit> {
        units.iter().copied().filter(|unit| self.verdict(unit, heard, as_of) == Verdict::Agree).collect()
    }

    fn lies_in(&self, unit: &Unit, district: &District<'a>, as_of: Date) -> bool {
        district.is(unit)
            || self.registry.path_on(unit, as_of).into_iter().any(|above| district.is(above))
            || self.came_out_of(unit, district)
    }

    fn came_out_of(&self, unit: &Unit, district: &District<'a>) -> bool {
        self.registry.predecessors(&unit.id).into_iter().any(|(before, pair)| match pair.relation {
            Relation::Within | Relation::Cross | Relation::Whole => district.is(before),
            Relation::Part | Relation::Earlier => false,
        })
    }

    /// What became of a unit that was found; `meant` is the one that was meant on the day of the source.
    fn follow(&self, unit: &'a Unit, by: By, meant: Option<&'a Unit>) -> Resolution {
        let (unsure, unknown) = match by {
            By::Code | By::Agency(_) => (Reason::AmbiguousCode, Reason::UnknownCode),
            By::Name => (Reason::AmbiguousName, Reason::UnknownName),
        };
        let found = match fate::of(self.registry, unit, self.today) {
            Fate::Stays(there) => mapped(there, by, Reason::CurrentCode),
            Fate::Whole(later) if self.is_unchanged(unit, later) => mapped(later, by, Reason::Unchanged),
            Fate::Whole(later) => mapped(later, by, Reason::WholeSuccession),
            Fate::Divided(units) => self.open(Reason::Divided, &units),
            Fate::Dissolved(units) => self.open(Reason::DistrictOffice, &units),
            // Whoever is not sure what came after it is not sure of the unit either.
            Fate::Weak(units) => return self.open(unsure, &units),
            Fate::Gone => return self.open(unknown, &[]),
        };
        Resolution { from: meant.map(|unit| unit.id.clone()), ..found }
    }

    /// The later unit has the code, the name and the bounds of the earlier one.
    fn is_unchanged(&self, before: &Unit, later: &Unit) -> bool {
        let before_it = self.registry.predecessors(&later.id);
        let mut official = later.names.iter().filter(|name| name.usage == NameUsage::Official);
        self.registry.last_code(before, GSO) == self.registry.last_code(later, GSO)
            && official.any(|name| before.was_called(&name.name))
            && before_it.iter().filter(|(_, pair)| pair.relation.is_of_territory()).count() == 1
    }

    /// What the code may mean, what the name may mean, and who has the code today.
    fn disagree(&self, units: &[&'a Unit], code: (&str, &str), heard: &Heard<'a>, as_of: Date) -> Resolution {
        let mut all = self.with_named(self.later(units), heard, as_of);
        all.extend(self.registry.look_up(code.0, code.1, self.today).one());
        self.open(Reason::CodeAndNameDisagree, &all)
    }

    fn with_named(&self, mut units: Vec<&'a Unit>, heard: &Heard<'a>, as_of: Date) -> Vec<&'a Unit> {
        match self.named(heard, as_of) {
            Named::One(unit) => units.extend(self.later(&[unit])),
            Named::Several(named) => units.extend(self.later(&named)),
            Named::Nothing | Named::Unknown => {}
        }
        units
    }

    /// The units of today in which units may lie.
    fn later(&self, units: &[&'a Unit]) -> Vec<&'a Unit> {
        units.iter().flat_map(|unit| fate::of(self.registry, unit, self.today).units()).collect()
    }

    fn open(&self, reason: Reason, candidates: &[&'a Unit]) -> Resolution {
        let mut sorted: Vec<(Option<&str>, &UnitId)> =
            candidates.iter().map(|unit| (self.registry.last_code(unit, GSO), &unit.id)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        Resolution { reason, unit: None, candidates: sorted.into_iter().map(|(_, id)| id.clone()).collect(), from: None }
    }
}

fn mapped(unit: &Unit, by: By, of_code: Reason) -> Resolution {
    let reason = match by {
        By::Code => of_code,
        By::Agency(reason) => reason,
        By::Name => Reason::NameAndDistrict,
    };
    Resolution { reason, unit: Some(unit.id.clone()), candidates: Vec::new(), from: None }
}

/// The unit, unless it was certainly not there on a day.
fn there_on(unit: &Unit, on: Date) -> Option<&Unit> {
    (unit.span.holds_on(on) != Certainty::No).then_some(unit)
}

/// True when a unit has another code in the form that was written, so that turning the code round was misleading.
fn has_other_code(unit: &Unit, code: &AgencyCode) -> bool {
    unit.codes.iter().any(|known| code.written.iter().any(|(scheme, code)| known.scheme == *scheme && known.code != *code))
}
