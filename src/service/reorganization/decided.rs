//! What was decided of single posts, and taking it back: as long as the post has not gone on by it.
//!
//! What was decided before a plan is applied is kept beside the plan, and counts whenever it is applied. What is decided
//! after that belongs to the run which left the post open, and goes with it when that is taken back.

use super::By;
use super::errors::ReorganizationError;
use super::lines::count;
use super::outlook::BATCH;
use super::records::{self, Act};
use super::register::note;
use super::scene::{Scene, hold};
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::position::Position;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::store::plan_choices::{self, DecisionRow};
use crate::store::plan_late::{self, LateRow};
use crate::store::{StoreError, persons};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// How a decision came that was made after the plan was applied.
const LATE: &str = "late";

/// A decision with whose post it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub row: DecisionRow,
    /// The user name of whose post it is; may be empty.
    pub username: String,
    /// Their full name; may be empty.
    pub full_name: String,
    /// The post, as it is known now; none when there is no such post any more.
    pub post: Option<Position>,
    /// True once the post has gone on: that is not taken back one by one.
    pub counts: bool,
}

impl Decided {
    /// The unit in which the post is, or was.
    pub fn from(&self) -> Option<&UnitId> {
        self.post.as_ref().map(|post| &post.unit)
    }
}

/// A decision with the words that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The decision.
    pub decided: Decided,
    /// Code and name of the unit that ends; empty when nobody knows it.
    pub from_unit: String,
    /// Code and name of the unit in which the post goes on.
    pub to_unit: String,
}

impl Line {
    pub(super) fn of(scene: &Scene, decided: Decided) -> Self {
        let from_unit = decided.from().map(|unit| scene.label_before(unit)).unwrap_or_default();
        Self { from_unit, to_unit: scene.label_after(&decided.row.unit), decided }
    }
}

/// All that was decided of single posts of a plan, in the order of those who hold them.
pub async fn list(services: &Services, name: &str) -> Result<Vec<Line>, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let rows = decisions_of(services, &scene).await?;
    let decided = known(services, &scene, rows).await?;
    let mut lines: Vec<Line> = decided.into_iter().map(|decided| Line::of(&scene, decided)).collect();
    let key = |line: &Line| (line.from_unit.clone(), line.decided.username.clone(), line.decided.row.position.clone());
    lines.sort_by_cached_key(key);
    Ok(lines)
}

/// Takes decisions about some posts back; with one among them that is not there, or that counts already, none of them.
pub async fn remove(
    services: &Services,
    name: &str,
    positions: &[PositionId],
    by: &By<'_>,
) -> Result<usize, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let rows = about(services, &scene, positions).await?;
    if rows.len() < positions.iter().collect::<HashSet<_>>().len() {
        return Err(ReorganizationError::BadChoice(vec![not_there()]));
    }
    let decided = known(services, &scene, rows).await?;
    if decided.iter().any(|one| one.counts) {
        return Err(ReorganizationError::BadChoice(vec![counts_already()]));
    }
    take_back(services, &scene, &decided, by).await
}

/// What was decided of posts of a plan, each once: what counts of a post comes first.
pub(super) async fn decisions_of(services: &Services, scene: &Scene) -> Result<Vec<DecisionRow>, StoreError> {
    let mut conn = services.store.read().await?;
    let mut all: Vec<DecisionRow> = Vec::new();
    for run in &scene.applied {
        all.extend(plan_late::list(&mut conn, &run.id).await?.into_iter().map(of_late));
    }
    let before = plan_choices::list_decisions(&mut conn, &scene.plan.name).await?;
    let late: HashSet<PositionId> = all.iter().map(|row| row.position.clone()).collect();
    all.extend(before.into_iter().filter(|row| !late.contains(&row.position)));
    Ok(all)
}

/// Some of it after a post: of the first part what was decided before, of each further one what was decided after one of the
/// runs that count. Nothing behind the last part.
pub(super) async fn some(
    services: &Services,
    scene: &Scene,
    (part, after): (usize, &str),
    most: i64,
) -> Result<Option<Vec<Decided>>, StoreError> {
    let mut conn = services.store.read().await?;
    let rows = match part.checked_sub(1).map(|part| scene.applied.get(part)) {
        None => plan_choices::list_decisions_after(&mut conn, &scene.plan.name, after, most).await?,
        Some(Some(run)) => {
            let late = plan_late::list_after(&mut conn, &run.id, after, most).await?;
            late.into_iter().map(of_late).collect()
        }
        Some(None) => return Ok(None),
    };
    drop(conn);
    known(services, scene, rows).await.map(Some)
}

/// What was decided before the plan is applied of some posts.
pub(super) async fn about(services: &Services, scene: &Scene, positions: &[PositionId]) -> Result<Vec<DecisionRow>, StoreError> {
    let wanted: HashSet<&PositionId> = positions.iter().collect();
    let all = plan_choices::list_decisions(&mut services.store.read().await?, &scene.plan.name).await?;
    Ok(all.into_iter().filter(|row| wanted.contains(&row.position)).collect())
}

/// The same with whose posts they are.
pub(super) async fn known(services: &Services, scene: &Scene, rows: Vec<DecisionRow>) -> Result<Vec<Decided>, StoreError> {
    let mut people: Vec<PersonId> = rows.iter().map(|row| row.person.clone()).collect();
    people.sort_unstable();
    people.dedup();
    let mut persons = HashMap::new();
    for some in people.chunks(BATCH) {
        persons.extend(persons::list_with_positions(&mut services.store.read().await?, some).await?);
    }
    let mut decided = Vec::with_capacity(rows.len());
    for row in rows {
        let person = persons.get(&row.person);
        let held = person.map(|person| person.positions.as_slice()).unwrap_or_default();
        let next = Position::following_id(&row.position, scene.plan.effective);
        decided.push(Decided {
            username: person.map(|person| person.username.clone()).unwrap_or_default(),
            full_name: person.map(|person| person.full_name.clone()).unwrap_or_default(),
            post: held.iter().find(|post| post.id == row.position).cloned(),
            counts: row.source == LATE || held.iter().any(|post| post.id == next && post.was_ever_held()),
            row,
        });
    }
    Ok(decided)
}

/// Takes decisions back that count for nobody yet, as many as somebody ticks or types; answers how many there still were.
pub(super) async fn take_back(
    services: &Services,
    scene: &Scene,
    decided: &[Decided],
    by: &By<'_>,
) -> Result<usize, ReorganizationError> {
    let name = &scene.plan.name;
    let mut tx = services.store.write().await?;
    hold(&mut tx, name, &scene.applied).await?;
    let act = Act { services, plan: name, run: None, by, source: "" };
    let mut undone = Vec::new();
    for one in decided {
        // Where somebody decided otherwise meanwhile, that stays.
        if plan_choices::remove_decision(&mut tx, name, &one.row).await? {
            act.removed(&mut tx, one).await?;
            undone.push(&one.row);
        }
    }
    let removed = undone.len();
    if removed == 0 {
        return Ok(0);
    }
    records::unsaid(&mut tx, services, (name, by), undone.into_iter().map(records::word_of)).await?;
    let detail = json!({ "plan": name, "stage": null, "posts": count(removed) });
    note(&mut tx, services, "plan.decision_removed", by, detail).await?;
    tx.commit().await?;
    Ok(removed)
}

fn of_late(late: LateRow) -> DecisionRow {
    DecisionRow {
        person: late.person,
        position: late.position,
        unit: late.unit,
        decision_no: late.decision_no,
        by: late.by,
        at: late.at,
        source: LATE.to_owned(),
    }
}

/// What to say of a decision that nobody made, or that is not the reader's.
pub(super) fn not_there() -> RowError {
    RowError::new(
        0,
        "position_id",
        "một quyết định đã chọn không còn trong danh sách, có thể người khác vừa bỏ; hãy xem lại danh sách",
        "a decision that was chosen is no longer on the list, perhaps somebody took it back just now; look at the list again",
    )
}

/// What to say of one by which the post has gone on.
pub(super) fn counts_already() -> RowError {
    RowError::new(
        0,
        "position_id",
        "một quyết định đã chọn đã có hiệu lực; hãy sửa vị trí của người đó hoặc hoàn tác phương án",
        "a decision that was chosen counts already; change that person's post, or take the plan back",
    )
}
