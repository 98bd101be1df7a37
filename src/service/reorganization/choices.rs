//! What somebody says of posts in units that are divided, or after which nothing comes: of single posts, by a sheet or one by
//! one, and by rules.
//!
//! Nobody is placed silently: every decision and every rule carries who said it, and the decision that it rests on. Before a
//! plan is applied they are a part of what is approved; after it a decision places the person at once.

use super::By;
use super::decided::{Decided, decisions_of, known};
use super::errors::ReorganizationError;
use super::lines::count;
use super::onward::Onward;
use super::outlook::Outlook;
use super::placing::{AT_ONCE, Chosen, Late};
use super::records::{self, Act};
use super::register::{note, registered};
use super::scene::{Scene, Target, hold};
use crate::base::id::{PersonId, PositionId, UnitId, is_uuid, uuid_v7};
use crate::base::text::has_control;
use crate::model::plan::seats::has_a_word;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::sheet::Row;
use crate::store::StoreError;
use crate::store::plan_choices::{self, DecisionRow, RuleRow};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The longest number of a decision, department or title, in characters.
const LONGEST: usize = 200;
/// Decisions of one short write.
const WRITTEN: usize = 200;

/// A rule as it is told: units by their codes or ids.
#[derive(Debug, Clone, Copy)]
pub struct NewRule<'a> {
    /// The unit that ends.
    pub from: &'a str,
    /// Only of this department.
    pub department: Option<&'a str>,
    /// Only of this title.
    pub title: Option<&'a str>,
    /// Only of departments that sit at an address with these words.
    pub seat: Option<&'a str>,
    /// The unit in which they go on.
    pub to: &'a str,
    /// Number of the decision behind it, or a reason.
    pub decision_no: &'a str,
}

/// Reads a worklist that was filled in; answers how many posts were decided. Rows in which nothing is chosen are passed over,
/// and after the plan is applied those that say what was decided already: a list may be read again. With a mistake in any row
/// nothing is written.
pub async fn read_sheet(services: &Services, name: &str, rows: &[Row], by: &By<'_>) -> Result<usize, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let chosen = read_rows(services, &scene, rows, (Some, |_| true)).await?;
    keep(services, &scene, &chosen, (by, "sheet")).await?;
    Ok(chosen.len())
}

/// What the rows of a worklist decide of posts, as far as these count for whoever decides; or all their mistakes. What was
/// decided already is known to whoever sees it.
pub(super) async fn read_rows(
    services: &Services,
    scene: &Scene,
    rows: &[Row],
    (counts, sees): (impl Fn(Target) -> Option<Target>, impl Fn(&Decided) -> bool),
) -> Result<Vec<Chosen>, ReorganizationError> {
    let (rows, people) = filled(rows);
    let mut said = said_of(services, scene, &people).await?;
    for theirs in said.values_mut() {
        theirs.retain(&sees);
    }
    let mut targets: BTreeMap<PersonId, Vec<Target>> = BTreeMap::new();
    for target in scene.targets_of(services, &people).await?.into_iter().filter_map(counts) {
        targets.entry(target.person.clone()).or_default().push(target);
    }
    let (mut choices, mut wrong) = (Choices::default(), Vec::new());
    for row in rows {
        match read_row(scene, row, &targets) {
            Ok(some) if some.is_empty() && is_said(scene, row, &said) => {}
            Ok(some) if some.is_empty() => wrong.push(waits_not(row)),
            Ok(some) => wrong.extend((!choices.take(some)).then(|| said_otherwise(row))),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(choices.chosen) } else { Err(ReorganizationError::BadChoice(wrong)) }
}

/// The line of the first row in which somebody chose what is not decided so: nobody has read it yet.
pub async fn first_unread(services: &Services, name: &str, rows: &[Row]) -> Result<Option<u64>, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let (rows, people) = filled(rows);
    let said = said_of(services, &scene, &people).await?;
    Ok(rows.into_iter().find(|row| !is_said(&scene, row, &said)).map(|row| row.line))
}

/// The rows in which something is chosen, and whose posts they are about.
fn filled(rows: &[Row]) -> (Vec<&Row>, Vec<PersonId>) {
    let rows: Vec<&Row> = rows.iter().filter(|row| !row.get("chosen_unit").is_empty()).collect();
    let people: BTreeSet<PersonId> = rows.iter().map(|row| PersonId(row.get("person_id").to_owned())).collect();
    let people = people.into_iter().filter(|person| is_uuid(person.as_str())).collect();
    (rows, people)
}

/// What was decided of the posts of some people.
async fn said_of(services: &Services, scene: &Scene, people: &[PersonId]) -> Result<HashMap<PersonId, Vec<Decided>>, StoreError> {
    let of: HashSet<&PersonId> = people.iter().collect();
    let rows = decisions_of(services, scene).await?.into_iter().filter(|row| of.contains(&row.person)).collect();
    let mut said: HashMap<PersonId, Vec<Decided>> = HashMap::new();
    for one in known(services, scene, rows).await? {
        said.entry(one.row.person.clone()).or_default().push(one);
    }
    Ok(said)
}

/// True when all that a row chooses is decided so already.
fn is_said(scene: &Scene, row: &Row, said: &HashMap<PersonId, Vec<Decided>>) -> bool {
    let theirs = said.get(&PersonId(row.get("person_id").to_owned())).into_iter().flatten();
    let is_of_unit = |one: &Decided| one.from().is_some_and(|from| scene.means_before(row.get("from_unit"), from));
    let mut meant = theirs
        .filter(|one| is_of_unit(one) && names(row, &one.row.position))
        .map(|one| {
            let unit = std::slice::from_ref(&one.row.unit);
            scene.chosen(row.get("chosen_unit"), unit).is_some() && one.row.decision_no == row.get("decision_no")
        })
        .peekable();
    meant.peek().is_some() && meant.all(|same| same)
}

/// True when a row is about a post: all posts of its person in a unit, unless it names one in a column of its own.
fn names(row: &Row, position: &PositionId) -> bool {
    let named = row.get("position_id");
    named.is_empty() || named == position.as_str()
}

/// What the rows of a sheet choose: once of each post.
#[derive(Default)]
struct Choices {
    chosen: Vec<Chosen>,
    seen: HashMap<PositionId, (UnitId, String)>,
}

impl Choices {
    /// Takes what one more row chooses; false when an earlier one says otherwise of a post.
    fn take(&mut self, some: Vec<Chosen>) -> bool {
        for one in some {
            let said = (one.unit.clone(), one.decision_no.clone());
            match self.seen.get(&one.target.position) {
                Some(before) if *before != said => return false,
                Some(_) => {}
                None => {
                    self.seen.insert(one.target.position.clone(), said);
                    self.chosen.push(one);
                }
            }
        }
        true
    }
}

fn waits_not(row: &Row) -> RowError {
    row.wrong(
        "person_id",
        "người này không có vị trí chờ quyết định ở đơn vị này",
        "this person has no post in this unit that waits for a decision",
    )
}

fn said_otherwise(row: &Row) -> RowError {
    let vi = "một dòng khác quyết định khác về vị trí này";
    row.wrong("person_id", vi, "another row decides otherwise of this post")
}

/// What one row decides; nothing when none of its posts waits.
fn read_row(scene: &Scene, row: &Row, targets: &BTreeMap<PersonId, Vec<Target>>) -> Result<Vec<Chosen>, RowError> {
    let person = PersonId(row.needed("person_id")?.to_owned());
    let (from, cell) = (row.needed("from_unit")?, row.needed("chosen_unit")?);
    let decision_no = row.needed("decision_no")?;
    if !is_short(decision_no) {
        return Err(row.wrong("decision_no", "tối đa 200 ký tự, trên một dòng", "one line of at most 200 characters"));
    }
    let theirs = targets.get(&person).into_iter().flatten();
    let theirs = theirs.filter(|target| scene.means_before(from, &target.from) && names(row, &target.position));
    let mut chosen = Vec::new();
    for target in theirs {
        let Some(unit) = scene.chosen(cell, target.onward.units()) else {
            return Err(not_a_candidate(row.line, "chosen_unit", cell));
        };
        chosen.push(Chosen { line: row.line, target: target.clone(), unit: unit.clone(), decision_no: decision_no.to_owned() });
    }
    Ok(chosen)
}

/// Says where one post goes: before the plan is applied, or after it.
pub async fn decide(
    services: &Services,
    name: &str,
    position: &PositionId,
    unit: &UnitId,
    decision_no: &str,
    by: &By<'_>,
) -> Result<(), ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let decision_no = decision_of(decision_no)?;
    let waits_not = || RowError::new(0, "person_id", "vị trí này không chờ quyết định", "this post waits for no decision");
    let target = scene.target(services, position).await?.ok_or_else(|| bad(waits_not()))?;
    if !target.onward.units().contains(unit) {
        return Err(bad(not_a_candidate(0, "chosen_unit", unit.as_str())));
    }
    let chosen = Chosen { line: 0, target, unit: unit.clone(), decision_no };
    let source = if by.actor.starts_with("os:") { "command" } else { "console" };
    keep(services, &scene, &[chosen], (by, source)).await
}

/// Keeps decisions, or places the people at once where the plan is applied. What stops it after some are written says so.
pub(super) async fn keep(
    services: &Services,
    scene: &Scene,
    chosen: &[Chosen],
    by: (&By<'_>, &str),
) -> Result<(), ReorganizationError> {
    let mut done = 0;
    match write(services, scene, chosen, by, &mut done).await {
        Err(ReorganizationError::Failure(failure)) => Err(failure.into()),
        Err(why) if done > 0 => Err(ReorganizationError::Partly { done, why: Box::new(why) }),
        answer => answer,
    }
}

/// Writes a few at a time, and counts them.
async fn write(
    services: &Services,
    scene: &Scene,
    chosen: &[Chosen],
    (by, source): (&By<'_>, &str),
    done: &mut i64,
) -> Result<(), ReorganizationError> {
    let pending: Vec<&Chosen> = chosen.iter().filter(|one| one.target.run.is_none()).collect();
    for some in pending.chunks(WRITTEN) {
        let now = services.clock.now();
        let rows: Vec<DecisionRow> = some.iter().map(|one| one.row(by, (now, source))).collect();
        let mut tx = services.store.write().await?;
        hold(&mut tx, &scene.plan.name, &scene.applied).await?;
        let positions: Vec<&PositionId> = some.iter().map(|one| &one.target.position).collect();
        let before = records::before(&mut tx, &scene.plan.name, &positions).await?;
        plan_choices::replace_decisions(&mut tx, &scene.plan.name, &rows).await?;
        records::unsaid(&mut tx, services, (&scene.plan.name, by), before.values().map(records::word_of)).await?;
        let detail = json!({ "plan": scene.plan.name, "stage": null, "posts": count(rows.len()), "late": false });
        note(&mut tx, services, "plan.decided", by, detail).await?;
        let act = Act { services, plan: &scene.plan.name, run: None, by, source };
        for one in some {
            act.decided(&mut tx, one, before.get(&one.target.position)).await?;
        }
        tx.commit().await?;
        *done += count(rows.len());
    }
    for run in &scene.applied {
        let of_run: Vec<Chosen> = chosen.iter().filter(|one| one.target.run.as_ref() == Some(&run.id)).cloned().collect();
        let late = Late { services, plan: &scene.plan, run, by, source };
        for some in of_run.chunks(AT_ONCE) {
            late.place(some).await?;
            *done += count(some.len());
        }
    }
    Ok(())
}

/// Makes a rule, after those that are there; answers its id. The first one that tells of a post counts.
pub async fn add_rule(services: &Services, name: &str, told: &NewRule<'_>, by: &By<'_>) -> Result<String, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    if scene.pending.is_empty() {
        return Err(ReorganizationError::Already);
    }
    let decision_no = decision_of(told.decision_no)?;
    let (department, title) = (words(told.department, "department")?, words(told.title, "title")?);
    let seat = place(told.seat)?;
    let found = scene.pending.iter().find_map(|outlook| divided(&scene, outlook, told.from));
    let (from, onward) = found.ok_or_else(|| bad(not_divided(0, "from", told.from)))?;
    let to = scene.chosen(told.to, onward.units()).ok_or_else(|| bad(not_a_candidate(0, "to", told.to)))?.clone();
    let now = services.clock.now();
    let id = uuid_v7(now, &*services.entropy);
    let rule = RuleRow {
        id: id.clone(),
        ordinal: 0,
        from,
        department,
        title,
        seat,
        seats: Vec::new(),
        to,
        decision_no,
        by: by.actor.to_owned(),
        at: now,
    };
    let mut tx = services.store.write().await?;
    hold(&mut tx, name, &scene.applied).await?;
    plan_choices::add_rule(&mut tx, name, &rule).await?;
    let detail = json!({
        "plan": name,
        "stage": null,
        "rule": id,
        "from": rule.from,
        "to": rule.to,
        "decision_no": rule.decision_no,
    });
    note(&mut tx, services, "plan.rule_added", by, detail).await?;
    tx.commit().await?;
    Ok(id)
}

/// Takes a rule back; false when that was done before, or there is none.
pub async fn remove_rule(services: &Services, name: &str, id: &str, by: &By<'_>) -> Result<bool, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let mut tx = services.store.write().await?;
    hold(&mut tx, name, &scene.applied).await?;
    let rules = plan_choices::list_rules(&mut tx, name).await?;
    if !plan_choices::remove_rule(&mut tx, name, id, services.clock.now()).await? {
        return Ok(false);
    }
    let removed = rules.iter().filter(|rule| rule.id == id).map(|rule| (id, rule.by.as_str(), &rule.to));
    records::unsaid(&mut tx, services, (name, by), removed).await?;
    note(&mut tx, services, "plan.rule_removed", by, json!({ "plan": name, "stage": null, "rule": id })).await?;
    tx.commit().await?;
    Ok(true)
}

/// The rules of a plan, in the order in which they count.
pub async fn rules(services: &Services, name: &str) -> Result<Vec<RuleRow>, ReorganizationError> {
    registered(services, name).await?;
    Ok(plan_choices::list_rules(&mut services.store.read().await?, name).await?)
}

/// What was decided of single posts: before the plan was applied, and after it.
pub async fn decisions(services: &Services, name: &str) -> Result<Vec<DecisionRow>, ReorganizationError> {
    Ok(decisions_of(services, &Scene::open(services, name).await?).await?)
}

/// The unit that somebody means whose people go where somebody says, with the units that they may go to.
fn divided(scene: &Scene, outlook: &Outlook, cell: &str) -> Option<(UnitId, Onward)> {
    let unit = outlook.divided().into_iter().find(|unit| scene.means_before(cell, unit))?;
    let onward = Onward::named(outlook.candidates(&unit)?, &outlook.anywhere());
    Some((unit, onward))
}

pub(super) fn is_short(text: &str) -> bool {
    text.chars().count() <= LONGEST && !has_control(text)
}

pub(super) fn decision_of(text: &str) -> Result<String, ReorganizationError> {
    let text = text.trim();
    if text.is_empty() || !is_short(text) {
        let vi = "cần số quyết định: một dòng, tối đa 200 ký tự";
        let en = "the number of a decision is asked for: one line of at most 200 characters";
        return Err(bad(RowError::new(0, "decision_no", vi, en)));
    }
    Ok(text.to_owned())
}

fn words(text: Option<&str>, column: &str) -> Result<Option<String>, ReorganizationError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| !is_short(text)) {
        return Err(bad(RowError::new(0, column, "tối đa 200 ký tự, trên một dòng", "one line of at most 200 characters")));
    }
    Ok(text.map(str::to_owned))
}

/// The words by which a place is looked for.
fn place(text: Option<&str>) -> Result<Option<String>, ReorganizationError> {
    let place = words(text, "seat")?;
    if place.as_deref().is_some_and(|place| !has_a_word(place)) {
        let vi = "cần ít nhất một từ của địa chỉ, ví dụ Khu phố 3";
        return Err(bad(RowError::new(0, "seat", vi, "at least one word of an address is asked for, such as Khu phố 3")));
    }
    Ok(place)
}

pub(super) fn not_divided(line: u64, column: &str, cell: &str) -> RowError {
    RowError::new(
        line,
        column,
        format!("\u{201c}{cell}\u{201d} không phải là đơn vị được chia tách hoặc giải thể trong phương án"),
        format!("\u{201c}{cell}\u{201d} is not a unit that the plan divides or dissolves"),
    )
}

fn not_a_candidate(line: u64, column: &str, cell: &str) -> RowError {
    RowError::new(
        line,
        column,
        format!("\u{201c}{cell}\u{201d} không nằm trong các đơn vị có thể chọn"),
        format!("\u{201c}{cell}\u{201d} is not one of the units to choose from"),
    )
}

fn bad(error: RowError) -> ReorganizationError {
    ReorganizationError::BadChoice(vec![error])
}
