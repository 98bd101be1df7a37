//! Reading a plan: a head in TOML, a line `+++`, and a table of steps.
//!
//! All mistakes are told at once, each with its line.

use super::check::check;
use super::wrong::{What, Wrong};
use super::{Instrument, Plan, Ref, Row, StageHead, Step};
use crate::base::date::parse;
use crate::base::text::{has_control, nfc};
use crate::model::unit::UnitKind;
use crate::model::unit_code::{self, AGENCY, GSO};
use serde::Deserialize;
use time::Date;

/// The table's columns.
const COLUMNS: [&str; 8] = ["step", "unit", "kind", "name", "code", "parent", "into", "relation"];
/// What stands between the head and the table.
const FENCE: &str = "+++";
/// The longest title, name and number, in characters.
const LONGEST_TITLE: usize = 300;
const LONGEST_NAME: usize = 200;
const LONGEST_NUMBER: usize = 100;
/// The longest key.
const LONGEST_KEY: usize = 32;

/// The head as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    name: Option<String>,
    title: Option<String>,
    effective: Option<toml::Value>,
    #[serde(default)]
    instrument: InstrumentText,
    #[serde(default)]
    stage: Vec<StageText>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstrumentText {
    number: Option<String>,
    date: Option<toml::Value>,
    issuer: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageText {
    name: String,
    units: Vec<String>,
}

/// Reads a plan.
///
/// # Errors
///
/// All mistakes that the file has by itself; whether it fits the registry is told by [`super::effect()`].
pub fn read(text: &str) -> Result<Plan, Vec<Wrong>> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.lines().any(is_fence) {
        return Err(vec![Wrong::head("", What::NoTable)]);
    }
    let mut wrong = Vec::new();
    let mut lines = (1_u64..).zip(text.lines());
    let head: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| !is_fence(line)).collect();
    let head = read_head(&head.join("\n"), &mut wrong);
    let of_head = wrong.len();
    let says_something = |line: &str| line.chars().any(|letter| letter != ',' && !letter.is_whitespace());
    let steps = read_table(lines.filter(|(_, line)| says_something(line)), &mut wrong);
    let plan = Plan { steps, ..head };
    if wrong.len() == of_head {
        wrong.extend(check(&plan));
    }
    if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
}

fn is_fence(line: &str) -> bool {
    line.trim() == FENCE
}

/// The plan without its steps; where the head has mistakes, something stands in.
fn read_head(text: &str, wrong: &mut Vec<Wrong>) -> Plan {
    let read: Result<Head, toml::de::Error> = toml::from_str(text);
    let whole = read.is_ok();
    let head = read.unwrap_or_else(|error| {
        wrong.push(Wrong::head("", What::Head(error.message().to_owned())));
        Head::default()
    });
    let mut told = Vec::new();
    let mut complain = |column: &'static str, what: What| told.push(Wrong::head(column, what));

    let name = head.name.unwrap_or_default();
    if !is_plan_name(&name) {
        complain("name", What::PlanName);
    }
    let title = nfc(&head.title.unwrap_or_default());
    let number = nfc(&head.instrument.number.unwrap_or_default());
    let issuer = nfc(&head.instrument.issuer.unwrap_or_default());
    if title.is_empty() {
        complain("title", What::Missing);
    }
    if number.is_empty() {
        complain("instrument.number", What::NoNumber);
    }
    let limits = [
        ("title", &title, LONGEST_TITLE),
        ("instrument.number", &number, LONGEST_NUMBER),
        ("instrument.issuer", &issuer, LONGEST_TITLE),
    ];
    for (column, text, most) in limits {
        if !fits(text, most) {
            complain(column, What::Text);
        }
    }
    let mut dated = |column: &'static str, value: Option<toml::Value>| {
        day(value).unwrap_or_else(|what| {
            complain(column, what);
            Date::MIN
        })
    };
    let effective = dated("effective", head.effective);
    let date = dated("instrument.date", head.instrument.date);
    if whole {
        wrong.append(&mut told);
    }
    let stages = head.stage.into_iter().map(|stage| StageHead { name: stage.name, units: stage.units }).collect();
    Plan { name, title, effective, instrument: Instrument { number, date, issuer }, stages, steps: Vec::new() }
}

fn is_plan_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=64).contains(&name.len()) && name.bytes().all(plain)
}

fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !has_control(text)
}

/// A date, written as TOML writes dates or as text. Something ends on the day before, so there must be one.
fn day(value: Option<toml::Value>) -> Result<Date, What> {
    let text = match value {
        None => return Err(What::NoDate),
        Some(toml::Value::Datetime(written)) => written.to_string(),
        Some(toml::Value::String(text)) => text,
        Some(_) => return Err(What::BadDate),
    };
    parse(&text).filter(|day| day.previous_day().is_some()).ok_or(What::BadDate)
}

fn read_table<'t>(mut lines: impl Iterator<Item = (u64, &'t str)>, wrong: &mut Vec<Wrong>) -> Vec<Row> {
    let Some((line, header)) = lines.next() else {
        wrong.push(Wrong::head("", What::NoTable));
        return Vec::new();
    };
    let names = cells(header);
    let columns: Vec<&'static str> = names.iter().filter_map(|name| COLUMNS.into_iter().find(|column| column == name)).collect();
    let complete = COLUMNS.iter().all(|column| columns.contains(column));
    if !complete || names.len() != COLUMNS.len() {
        wrong.push(Wrong::new(line, "", What::Header));
        return Vec::new();
    }
    lines.filter_map(|(line, text)| read_row((line, text), &columns, wrong)).collect()
}

fn read_row((line, text): (u64, &str), columns: &[&'static str], wrong: &mut Vec<Wrong>) -> Option<Row> {
    let mut reading = Reading { line, columns, cells: cells(text), wrong };
    let step = reading.step()?;
    Some(Row { line, step })
}

/// The trimmed cells of a line. No cell has a line break: where a line ends, the row does.
fn cells(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let first = reader.records().next();
    let record = first.and_then(Result::ok).unwrap_or_default();
    record.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// A row while it is being read.
struct Reading<'r> {
    line: u64,
    columns: &'r [&'static str],
    cells: Vec<String>,
    wrong: &'r mut Vec<Wrong>,
}

impl Reading<'_> {
    fn complain(&mut self, column: &'static str, what: What) {
        self.wrong.push(Wrong::new(self.line, column, what));
    }

    /// The step of the row. All its cells are looked at, also when one is wrong.
    fn step(&mut self) -> Option<Step> {
        if self.cells.len() > self.columns.len() {
            let count = self.cells.len();
            self.complain("", What::Cells(count));
            return None;
        }
        let word = self.needed("step")?;
        match word.as_str() {
            "create" => self.create(),
            "rename" => {
                self.only(&["unit", "name"]);
                let (unit, name) = (self.unit("unit"), self.name());
                Some(Step::Rename { unit: unit?, name: name? })
            }
            "recode" => {
                self.only(&["unit", "code"]);
                let (unit, code) = (self.unit("unit"), self.code());
                let (scheme, code) = code?;
                Some(Step::Recode { unit: unit?, scheme, code })
            }
            "attach" => {
                self.only(&["unit", "code"]);
                let (unit, code) = (self.unit("unit"), self.agency_code());
                Some(Step::Attach { unit: unit?, code: code? })
            }
            "move" => {
                self.only(&["unit", "parent"]);
                let (unit, parent) = (self.unit("unit"), self.unit("parent"));
                Some(Step::Move { unit: unit?, parent: parent? })
            }
            "merge" => {
                let (unit, into) = self.ending("whole");
                Some(Step::Merge { unit: unit?, into: into? })
            }
            "divide" => {
                let (unit, into) = self.ending("part");
                Some(Step::Divide { unit: unit?, into: into? })
            }
            "dissolve" => self.dissolve(),
            _ => {
                self.complain("step", What::Step);
                None
            }
        }
    }

    fn create(&mut self) -> Option<Step> {
        self.only(&["unit", "kind", "name", "code", "parent"]);
        let (key, kind, name) = (self.key(), self.kind(), self.name());
        let parent = if self.get("parent").is_empty() { Some(None) } else { self.unit("parent").map(Some) };
        let key = key?;
        let code = if self.get("code").is_empty() { key.clone() } else { self.get("code").to_owned() };
        self.checked(GSO, &code)?;
        Some(Step::Create { key, kind: kind?, name: name?, code, parent: parent? })
    }

    fn dissolve(&mut self) -> Option<Step> {
        self.only(&["unit", "into", "relation"]);
        let unit = self.unit("unit");
        let relation = self.get("relation").to_owned();
        if self.get("into").is_empty() {
            if !relation.is_empty() {
                self.complain("relation", What::Unused);
            }
            return Some(Step::Dissolve { unit: unit?, into: None, cross: false });
        }
        if !["within", "cross"].contains(&relation.as_str()) {
            self.complain("relation", What::Relation("within, cross"));
        }
        let into = self.unit("into");
        Some(Step::Dissolve { unit: unit?, into: Some(into?), cross: relation == "cross" })
    }

    /// What ends and what it goes into. The relation follows from the step, and may be written as well.
    fn ending(&mut self, relation: &'static str) -> (Option<Ref>, Option<Ref>) {
        self.only(&["unit", "into", "relation"]);
        if !["", relation].contains(&self.get("relation")) {
            self.complain("relation", What::Relation(relation));
        }
        (self.unit("unit"), self.unit("into"))
    }

    fn get(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|known| *known == column);
        place.and_then(|place| self.cells.get(place)).map_or("", String::as_str)
    }

    fn needed(&mut self, column: &'static str) -> Option<String> {
        let text = self.get(column).to_owned();
        if text.is_empty() {
            self.complain(column, What::Missing);
            return None;
        }
        Some(text)
    }

    /// Complains of cells that a step does not use.
    fn only(&mut self, used: &[&str]) {
        for column in COLUMNS {
            if column != "step" && !used.contains(&column) && !self.get(column).is_empty() {
                self.complain(column, What::Unused);
            }
        }
    }

    fn unit(&mut self, column: &'static str) -> Option<Ref> {
        let text = self.needed(column)?;
        if let Some(key) = text.strip_prefix('+') {
            return self.checked_key(column, key).map(Ref::New);
        }
        if let Err(error) = unit_code::check(GSO, &text) {
            self.complain(column, What::Code(error));
            return None;
        }
        Some(Ref::Known(text))
    }

    fn key(&mut self) -> Option<String> {
        let text = self.needed("unit")?;
        self.checked_key("unit", text.strip_prefix('+').unwrap_or_default())
    }

    fn checked_key(&mut self, column: &'static str, key: &str) -> Option<String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(plain) {
            return Some(key.to_owned());
        }
        self.complain(column, What::Key);
        None
    }

    fn kind(&mut self) -> Option<UnitKind> {
        let kind = UnitKind::parse(&self.needed("kind")?);
        if kind.is_none() {
            self.complain("kind", What::Kind(UnitKind::ALL.map(UnitKind::as_str).join(", ")));
        }
        kind
    }

    fn name(&mut self) -> Option<String> {
        let name = nfc(&self.needed("name")?);
        if fits(&name, LONGEST_NAME) {
            return Some(name);
        }
        self.complain("name", What::Text);
        None
    }

    /// A code with its scheme before it; without one it is the statistics office's.
    fn code(&mut self) -> Option<(String, String)> {
        let text = self.needed("code")?;
        let (scheme, code) = unit_code::reference(&text);
        self.checked(scheme, code)?;
        Some((scheme.to_owned(), code.to_owned()))
    }

    fn agency_code(&mut self) -> Option<String> {
        let text = self.needed("code")?;
        let code = text.strip_prefix(AGENCY).and_then(|rest| rest.strip_prefix(':')).unwrap_or(&text).trim();
        self.checked(AGENCY, code)?;
        Some(code.to_owned())
    }

    fn checked(&mut self, scheme: &str, code: &str) -> Option<()> {
        if let Err(error) = unit_code::check(scheme, code) {
            self.complain("code", What::Code(error));
            return None;
        }
        Some(())
    }
}
