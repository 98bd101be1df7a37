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

/// The columns of the sheet.
pub const COLUMNS: [&str; 6] = ["person_id", "full_name", "from_unit", "candidate_units", "chosen_unit", "decision_no"];

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
    /// The unit that ends.
    pub from: UnitId,
    /// Its code and name.
    pub from_unit: String,
    /// Codes and names of the units that it may go to.
    pub candidate_units: String,
    /// Those units.
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
    pub fn cells(&self) -> [String; 6] {
        [
            self.person.0.clone(),
            self.full_name.clone(),
            self.from_unit.clone(),
            self.candidate_units.clone(),
            String::new(),
            String::new(),
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
    if !runs.is_empty() {
        let mut items = Vec::new();
        for run in runs {
            items.extend(left(services, &scene, &run.id, (after, most)).await?);
        }
        items.sort_by(|a, b| a.key.cmp(&b.key));
        items.truncate(usize::try_from(most).unwrap_or_default());
        return Ok(items);
    }
    let mut items = Vec::new();
    if stage.is_some() {
        let of_stage = Outlook::open(services, registered(services, name).await?, stage).await?;
        items = open(services, &scene, &of_stage, (after, most)).await?;
    } else {
        for outlook in &scene.pending {
            items.extend(open(services, &scene, outlook, (after, most)).await?);
        }
    }
    items.sort_by(|a, b| (&a.person, &a.position).cmp(&(&b.person, &b.position)));
    cut(&mut items, most);
    Ok(items)
}

/// What is open of a plan that is not applied: at least so many, unless there are fewer.
async fn open(
    services: &Services,
    scene: &Scene,
    outlook: &Outlook,
    (after, most): (&str, i64),
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
        items.extend(open.into_iter().map(|post| item(scene, post)));
    }
    Ok(items)
}

/// Cuts a list so that all posts of one person stay together.
fn cut(items: &mut Vec<Item>, most: i64) {
    let most = usize::try_from(most).unwrap_or_default();
    let Some(person) = most.checked_sub(1).and_then(|last| items.get(last)).map(|item| item.person.clone()) else { return };
    let more = items.iter().skip(most).take_while(|item| item.person == person).count();
    items.truncate(most + more);
}

fn item(scene: &Scene, post: OpenPost) -> Item {
    let candidates: Vec<String> = post.candidates.iter().map(|unit| scene.label_after(unit)).collect();
    Item {
        key: post.person.0.clone(),
        person: post.person,
        username: post.username,
        full_name: post.full_name,
        from_unit: scene.label_before(&post.position.unit),
        position: post.position.id,
        from: post.position.unit,
        candidate_units: candidates.join("; "),
        candidates: post.candidates,
    }
}

async fn left(services: &Services, scene: &Scene, run: &str, (after, most): (&str, i64)) -> Result<Vec<Item>, StoreError> {
    let mut conn = services.store.read().await?;
    let rows = plan_open::list(&mut conn, run, None, after, most).await?;
    let people: Vec<PersonId> = rows.iter().map(|row| row.person.clone()).collect();
    let known = persons::list_with_positions(&mut conn, &people).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let person = known.get(&row.person);
        let candidates: Vec<String> = row.candidates.iter().map(|unit| scene.label_after(unit)).collect();
        items.push(Item {
            key: row.position.0.clone(),
            username: person.map(|person| person.username.clone()).unwrap_or_default(),
            full_name: person.map(|person| person.full_name.clone()).unwrap_or_default(),
            person: row.person,
            position: row.position,
            from_unit: scene.label_before(&row.from),
            from: row.from,
            candidate_units: candidates.join("; "),
            candidates: row.candidates,
        });
    }
    Ok(items)
}
