//! The list of people of whom somebody has to say where they go: to be filled in and read back by [`super::choices`].

use super::errors::ReorganizationError;
use super::lines::count;
use super::outlook::{BATCH, Outlook};
use super::preview::{OpenPost, open_posts_of};
use super::register::registered;
use super::scene::Scene;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::service::Services;
use crate::store::plan_runs::Run;
use crate::store::positions_in_units::list_people;
use crate::store::{StoreError, persons, plan_open};

/// The columns of the sheet: a row is about one post, which the last three tell apart from others of the same person. Lists
/// without those are read too; a row of such a list is about all posts of its person in the unit.
pub const COLUMNS: [&str; 9] = [
    "person_id",
    "full_name",
    "from_unit",
    "candidate_units",
    "chosen_unit",
    "decision_no",
    "position_id",
    "department",
    "title",
];
/// What stands for the candidates where nothing comes after a unit: its people may go to any unit that is in force.
const ANYWHERE: &str = "mọi đơn vị đang hoạt động (any unit in force)";

/// One post that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whose it is.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// The post.
    pub position: PositionId,
    /// Its department; may be empty.
    pub department: String,
    /// Its title.
    pub title: String,
    /// The unit that ends.
    pub from: UnitId,
    /// Its code and name.
    pub from_unit: String,
    /// Codes and names of the units that it may go to.
    pub candidate_units: String,
    /// Those units; of none, it may be any unit that is in force on the plan's day.
    pub candidates: Vec<UnitId>,
    /// Where to read on after it.
    key: String,
}

impl Item {
    /// What to give to [`worklist`] for what comes after this one.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The cells of its row, in the order of [`COLUMNS`]; where it goes is empty.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        [
            self.person.0.clone(),
            self.full_name.clone(),
            self.from_unit.clone(),
            self.candidate_units.clone(),
            String::new(),
            String::new(),
            self.position.0.clone(),
            self.department.clone(),
            self.title.clone(),
        ]
    }
}

/// Posts of a plan, or of a stage of it, of which nobody has said where they go, after one: about so many, and all of one
/// person at once. Once it is applied, those that are left.
pub async fn worklist(
    services: &Services,
    name: &str,
    stage: Option<&str>,
    after: &str,
    most: i64,
) -> Result<Vec<Item>, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let of_stage = |run: &&Run| stage.is_none_or(|stage| run.stage.is_empty() || run.stage == stage);
    let runs: Vec<&Run> = scene.applied.iter().filter(of_stage).collect();
    let alone = match stage {
        Some(_) if runs.is_empty() => Some(Outlook::open(services, registered(services, name).await?, stage).await?),
        _ => None,
    };
    let pending: Vec<&Outlook> = if stage.is_some() { alone.iter().collect() } else { scene.pending.iter().collect() };
    // First what is left of the runs that count, then what is not applied yet: one after another.
    let (first, mut after) = place(Some(after));
    let mut items = Vec::new();
    for part in first..runs.len() + pending.len() {
        let missing = most - count(items.len());
        if missing <= 0 {
            break;
        }
        let of_part = (part, after.as_str(), missing);
        match (runs.get(part), part.checked_sub(runs.len()).and_then(|place| pending.get(place))) {
            (Some(run), _) => items.extend(left(services, &scene, &run.id, of_part).await?),
            (None, Some(outlook)) => items.extend(open(services, &scene, outlook, of_part).await?),
            (None, None) => break,
        }
        after.clear();
    }
    Ok(items)
}

/// Where a list goes on: in which part, and after which id of it.
pub(super) fn mark(part: usize, after: &str) -> String {
    format!("{part}.{after}")
}

/// The place that a mark means: the beginning when it is none.
pub(super) fn place(mark: Option<&str>) -> (usize, String) {
    let told = mark.and_then(|mark| mark.split_once('.'));
    let told = told.and_then(|(part, after)| Some((part.parse().ok()?, after.to_owned())));
    told.unwrap_or_default()
}

/// The names of the units that a post may go to, as a cell of the sheet.
pub(super) fn candidates_cell(names: &[&str], is_anywhere: bool) -> String {
    if is_anywhere { ANYWHERE.to_owned() } else { names.join("; ") }
}

/// What is open of a plan that is not applied: so many, unless there are fewer, and all of one person at once.
async fn open(
    services: &Services,
    scene: &Scene,
    outlook: &Outlook,
    (part, after, most): (usize, &str, i64),
) -> Result<Vec<Item>, StoreError> {
    let divided = outlook.divided();
    let mut after = PersonId(after.to_owned());
    let mut items = Vec::new();
    while count(items.len()) < most {
        let mut conn = services.store.read().await?;
        let people = list_people(&mut conn, &divided, scene.plan.effective, &after, count(BATCH)).await?;
        drop(conn);
        let Some(last) = people.last() else { break };
        after = last.clone();
        let open = open_posts_of(services, outlook, &people).await?;
        items.extend(open.into_iter().map(|post| item(scene, part, post)));
    }
    cut(&mut items, most);
    Ok(items)
}

/// Cuts a list so that all posts of one person stay together.
fn cut(items: &mut Vec<Item>, most: i64) {
    let most = usize::try_from(most).unwrap_or_default();
    let Some(person) = most.checked_sub(1).and_then(|last| items.get(last)).map(|item| item.person.clone()) else { return };
    let more = items.iter().skip(most).take_while(|item| item.person == person).count();
    items.truncate(most + more);
}

/// Codes and names of the units that a post may go to.
fn names(scene: &Scene, candidates: &[UnitId]) -> String {
    let names: Vec<String> = candidates.iter().map(|unit| scene.label_after(unit)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    candidates_cell(&names, candidates.is_empty())
}

fn item(scene: &Scene, part: usize, post: OpenPost) -> Item {
    Item {
        key: mark(part, post.person.as_str()),
        person: post.person,
        username: post.username,
        full_name: post.full_name,
        from_unit: scene.label_before(&post.position.unit),
        position: post.position.id,
        department: post.position.department,
        title: post.position.title,
        from: post.position.unit,
        candidate_units: names(scene, &post.candidates),
        candidates: post.candidates,
    }
}

async fn left(
    services: &Services,
    scene: &Scene,
    run: &str,
    (part, after, most): (usize, &str, i64),
) -> Result<Vec<Item>, StoreError> {
    let mut conn = services.store.read().await?;
    let rows = plan_open::list(&mut conn, run, None, after, most).await?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.person.clone()).collect();
    let known = persons::list_with_positions(&mut conn, &people).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let person = known.get(&row.person);
        let post = person.and_then(|person| person.positions.iter().find(|post| post.id == row.position));
        items.push(Item {
            key: mark(part, row.position.as_str()),
            department: post.map(|post| post.department.clone()).unwrap_or_default(),
            title: post.map(|post| post.title.clone()).unwrap_or_default(),
            username: person.map(|person| person.username.clone()).unwrap_or_default(),
            full_name: person.map(|person| person.full_name.clone()).unwrap_or_default(),
            person: row.person,
            position: row.position,
            from_unit: scene.label_before(&row.from),
            from: row.from,
            candidate_units: names(scene, &row.candidates),
            candidates: row.candidates,
        });
    }
    Ok(items)
}
