//! What a random plan does: wards that are merged into new ones or into others that stay, divided, dissolved with nothing
//! after them, renamed, numbered anew, moved; a district that goes; and a first stage that can be applied alone.

use motlan::app::cli::bench::matching::population::Draw;
use motlan::model::registry::Registry;
use motlan::model::unit::{Certainty, Unit};
use motlan::model::unit_code::GSO;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// The rows of a plan, and what may be said of its people.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) rows: Vec<String>,
    /// Units of whose people somebody says where they go, each with codes of units that they may go to.
    pub(super) open: Vec<(String, Vec<String>)>,
    /// What a first stage may consist of; nothing where the plan goes as one.
    pub(super) stage: Vec<String>,
}

pub(super) fn exists(unit: &Unit, on: Date) -> bool {
    unit.span.holds_on(on) == Certainty::Yes
}

/// What becomes of a ward.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Merge,
    Join,
    Divide,
    Dissolve,
    Rename,
    Recode,
    Attach,
    Move,
    Stay,
}

impl Turn {
    fn drawn(draw: &mut Draw) -> Self {
        match draw.below(14) {
            0..=3 => Self::Merge,
            4 => Self::Join,
            5 => Self::Divide,
            6 => Self::Dissolve,
            7 | 8 => Self::Rename,
            9 => Self::Recode,
            10 => Self::Attach,
            11 => Self::Move,
            _ => Self::Stay,
        }
    }

    fn goes_on(self) -> bool {
        matches!(self, Self::Rename | Self::Recode | Self::Attach | Self::Move | Self::Stay)
    }
}

/// What makes a plan.
pub(super) struct Maker<'m> {
    draw: &'m mut Draw,
    /// Of plans and of codes.
    number: &'m mut usize,
    registry: &'m Registry,
    /// The day before the plan's.
    last: Date,
    /// The only district that it touches, where it is to leave the others alone.
    within: Option<&'m str>,
    /// Districts that stay.
    districts: Vec<String>,
    /// Wards that stay.
    stays: Vec<String>,
    /// The keys of new units, with their codes.
    keys: Vec<(String, String)>,
    /// Units that are of one stage: what leads to one of them is not parted from what leads to the other.
    tied: Vec<(String, String)>,
    steps: Steps,
}

impl<'m> Maker<'m> {
    pub(super) fn new(draw: &'m mut Draw, number: &'m mut usize, registry: &'m Registry, last: Date) -> Self {
        let (districts, stays, keys, tied) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { draw, number, registry, last, within: None, districts, stays, keys, tied, steps: Steps::default() }
    }

    /// The same where a district is named: nothing outside of it is touched, and the plan goes as one.
    pub(super) fn within(self, district: Option<&'m str>) -> Self {
        Self { within: district, ..self }
    }

    /// What a plan does to the units that are there on the day before it.
    pub(super) fn make(mut self) -> Steps {
        let mut wards = self.codes_of(3);
        self.districts = self.codes_of(2);
        if let Some(within) = self.within {
            self.districts.retain(|district| district == within);
            wards.retain(|ward| self.district_of(ward) == within);
        }
        self.draw.shuffle(&mut wards);
        let one_goes = self.districts.len() > 1 && self.draw.in_thousand(300);
        let gone = one_goes.then(|| self.districts.remove(self.draw.below(self.districts.len())));
        let mut turns: Vec<Turn> = wards.iter().map(|_| Turn::drawn(self.draw)).collect();
        // The first of a plan is always merged, so that somebody moves.
        if let Some(first) = turns.first_mut() {
            *first = Turn::Merge;
        }
        let pairs: Vec<(String, Turn)> = wards.into_iter().zip(turns).collect();
        self.stays = pairs.iter().filter(|(_, turn)| turn.goes_on()).map(|(ward, _)| ward.clone()).collect();
        for (ward, turn) in &pairs {
            self.turn(ward, *turn, gone.as_deref());
        }
        if let Some(gone) = &gone {
            let rows = self.keys.iter().map(|(key, _)| format!("dissolve,{gone},,,,,{key},cross"));
            self.steps.rows.extend(rows);
            let codes: Vec<String> = self.keys.iter().map(|(_, code)| code.clone()).collect();
            self.steps.open.extend((codes.len() > 1).then(|| (gone.clone(), codes)));
        } else if self.within.is_none() && self.draw.in_thousand(450) {
            self.steps.stage = self.first_stage();
        }
        self.draw.shuffle(&mut self.steps.rows);
        self.steps
    }

    fn codes_of(&self, level: u8) -> Vec<String> {
        let there = self.registry.units().filter(|unit| unit.kind.level() == level && exists(unit, self.last));
        let codes = there.filter_map(|unit| self.registry.code_on(unit, GSO, self.last));
        let mut codes: Vec<String> = codes.map(str::to_owned).collect();
        codes.sort();
        codes
    }

    fn next_number(&mut self) -> usize {
        *self.number += 1;
        *self.number
    }

    /// A code that nothing has had.
    fn fresh_code(&mut self) -> String {
        format!("{}", 30_000 + self.next_number())
    }

    /// Makes a ward, and answers its key.
    fn create(&mut self, code: Option<&str>) -> String {
        let key = format!("+K{}", self.next_number());
        let code = code.map_or_else(|| self.fresh_code(), str::to_owned);
        let above = &self.districts[self.draw.below(self.districts.len())];
        self.steps.rows.push(format!("create,{key},phuong,Phường Mới {key},{code},{above},,"));
        self.keys.push((key.clone(), code));
        key
    }

    fn turn(&mut self, ward: &str, turn: Turn, gone: Option<&str>) {
        match turn {
            Turn::Merge => self.merge(ward),
            Turn::Join if self.stays.is_empty() => self.merge(ward),
            Turn::Join => {
                let into = &self.stays[self.draw.below(self.stays.len())];
                self.steps.rows.push(format!("merge,{ward},,,,,{into},"));
            }
            Turn::Divide => self.divide(ward),
            // Its people may be sent anywhere, and that would be touched too.
            Turn::Dissolve if self.within.is_some() => {}
            Turn::Dissolve => {
                self.steps.rows.push(format!("dissolve,{ward},,,,,,"));
                self.steps.open.push((ward.to_owned(), vec!["79".to_owned()]));
            }
            Turn::Rename => {
                let row = format!("rename,{ward},,Phường Tên {},,,,", self.next_number());
                self.steps.rows.push(row);
            }
            Turn::Recode => {
                let row = format!("recode,{ward},,,{},,,", self.fresh_code());
                self.steps.rows.push(row);
            }
            // Whoever has a code of the scheme already is given no second one.
            Turn::Attach if self.code_of_agency(ward).is_none() => {
                let row = format!("attach,{ward},,,H29.{},,,", self.next_number());
                self.steps.rows.push(row);
            }
            Turn::Attach | Turn::Move | Turn::Stay => {}
        }
        if turn.goes_on() {
            self.lie_elsewhere(ward, turn == Turn::Move, gone);
        }
    }

    /// The code of the district in which a ward lies; an empty one where it lies in none.
    fn district_of(&self, ward: &str) -> &'m str {
        let registry = self.registry;
        let unit = registry.look_up(GSO, ward, self.last).one().expect("a ward");
        let above = registry.parent_on(unit, self.last).and_then(|above| registry.code_on(above, GSO, self.last));
        above.unwrap_or_default()
    }

    fn code_of_agency(&self, ward: &str) -> Option<&str> {
        let unit = self.registry.look_up(GSO, ward, self.last).one()?;
        self.registry.code_on(unit, "agency", self.last)
    }

    /// Lays a ward that goes on under another district, where that is wanted or its own one goes.
    fn lie_elsewhere(&mut self, ward: &str, wanted: bool, gone: Option<&str>) {
        let above = self.district_of(ward);
        let others: Vec<&String> = self.districts.iter().filter(|other| *other != above).collect();
        if (wanted || gone == Some(above)) && !others.is_empty() {
            self.steps.rows.push(format!("move,{ward},,,,{},,", others[self.draw.below(others.len())]));
        }
    }

    /// Into a new ward, perhaps with its own code, or into one into which another one goes.
    fn merge(&mut self, ward: &str) {
        let mut own = None;
        if self.keys.is_empty() || self.draw.in_thousand(400) {
            let code = self.draw.in_thousand(500).then_some(ward);
            let key = self.create(code);
            own = code.map(|_| key);
        }
        let into = self.keys[self.draw.below(self.keys.len())].0.clone();
        // The code is free when the ward ends, and not before.
        self.tied.extend(own.map(|key| (key, into.clone())));
        self.steps.rows.push(format!("merge,{ward},,,,,{into},"));
    }

    /// Between two new wards.
    fn divide(&mut self, ward: &str) {
        let parts = [self.create(None), self.create(None)];
        for key in &parts {
            self.steps.rows.push(format!("divide,{ward},,,,,{key},"));
        }
        let codes = self.keys.iter().filter(|(key, _)| parts.contains(key)).map(|(_, code)| code.clone()).collect();
        self.steps.open.push((ward.to_owned(), codes));
        let [one, other] = parts;
        self.tied.push((one, other));
    }

    /// The first of the new units, and all that cannot be parted from it.
    fn first_stage(&self) -> Vec<String> {
        let mut stage: BTreeSet<&String> = self.keys.iter().take(1).map(|(key, _)| key).collect();
        loop {
            let before = stage.len();
            for (one, other) in &self.tied {
                if stage.contains(one) || stage.contains(other) {
                    stage.extend([one, other]);
                }
            }
            if stage.len() == before {
                return stage.into_iter().cloned().collect();
            }
        }
    }
}

/// What some units mean to whoever reads a registry: a code of two units is a mistake.
pub(super) fn check_units(registry: &Registry, days: impl Iterator<Item = Date>) {
    for on in days {
        let mut holders = BTreeMap::new();
        for unit in registry.units().filter(|unit| exists(unit, on)) {
            for code in registry.codes_on(unit, on) {
                let other = holders.insert(code, &unit.id);
                assert!(other.is_none(), "{code:?} means two units on {on}");
            }
            let above = registry.parent_on(unit, on);
            assert!(above.is_none_or(|above| exists(above, on)), "{} is under one that is gone on {on}", unit.id);
            assert_eq!(unit.kind.level() == 1, above.is_none(), "{} on {on}", unit.id);
        }
    }
}
