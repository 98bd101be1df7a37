//! What was decided of single posts, as administrators see it, and taking it back within their bounds.
//!
//! A decision is seen by whoever sees the post: before the plan is applied whoever looks after its unit, after it also whoever
//! looks after the unit in which it goes on. It is taken back by whoever looks after the unit of the post, while nothing of it
//! counts; nobody takes one back that is about a post of their own.

use super::list::{Filter, PAGE};
use super::{Eyes, Reader, by};
use crate::base::id::{PersonId, PositionId};
use crate::model::authority::{Extent, PlacePeople};
use crate::service::Services;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::reorganization::decided::{self, Decided, Line, counts_already, not_there};
use crate::service::reorganization::errors::ReorganizationError;
use crate::service::reorganization::lines::count;
use crate::service::reorganization::outlook::BATCH;
use crate::service::reorganization::scene::Scene;
use crate::service::reorganization::worklist::{mark, place};
use crate::store::StoreError;
use serde_json::json;
use std::collections::HashSet;

/// Looks of one request, each at so many decisions as [`BATCH`] says.
const LOOKS: usize = 20;

/// A decision as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The decision, and what its units are called.
    pub line: Line,
    /// Whether the reader may take it back.
    pub may_take_back: bool,
}

/// A page of decisions.
#[derive(Debug, Clone)]
pub struct DecidedPage {
    /// What the plan is called.
    pub title: String,
    /// The decisions.
    pub told: Vec<Told>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A page of what was decided of posts that a reader sees, after a place. That somebody was on it is on record.
pub async fn decisions(
    services: &Services,
    reader: &Reader,
    name: &str,
    filter: &Filter,
    after: Option<&str>,
) -> Result<DecidedPage, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let eyes = Eyes::open(services, reader).await?;
    let (told, next) = some(services, (&scene, &eyes, filter), after).await?;
    if !told.is_empty() {
        let detail = json!({ "plan": name, "filters": filter.parts(), "people": told.len() });
        audit::looked(services, Event::by(&reader.by, "people.listed", None, None, detail)).await?;
    }
    Ok(DecidedPage { title: scene.plan.title, told, next })
}

/// Looks through so many decisions and no more, so that nobody waits long for few of many.
async fn some(
    services: &Services,
    (scene, eyes, filter): (&Scene, &Eyes, &Filter),
    after: Option<&str>,
) -> Result<(Vec<Told>, Option<String>), StoreError> {
    let (mut part, mut after) = place(after);
    let mut told: Vec<Told> = Vec::new();
    for _ in 0..LOOKS {
        let Some(found) = decided::some(services, scene, (part, &after), count(BATCH)).await? else {
            return Ok((told, None));
        };
        if found.is_empty() {
            (part, after) = (part + 1, String::new());
            continue;
        }
        for one in found {
            if told.len() == PAGE {
                return Ok((told, Some(mark(part, &after))));
            }
            after.clone_from(&one.row.position.0);
            told.extend(seen(scene, eyes, filter, one));
        }
    }
    Ok((told, Some(mark(part, &after))))
}

/// A decision as the reader sees it; none when they do not, or did not ask for it.
fn seen(scene: &Scene, eyes: &Eyes, filter: &Filter, one: Decided) -> Option<Told> {
    if !sees(&eyes.reader.extent, &one) {
        return None;
    }
    let of_unit = |cell: &str| one.from().is_some_and(|unit| scene.means_before(cell, unit));
    let (department, title) = one.post.as_ref().map_or(("", ""), |post| (post.department.as_str(), post.title.as_str()));
    if !(filter.unit.is_empty() || of_unit(&filter.unit)) || !filter.fits(department, title) {
        return None;
    }
    Some(Told { may_take_back: !one.counts && may_take_back(eyes, &one), line: Line::of(scene, one) })
}

pub(super) fn sees(extent: &Extent, one: &Decided) -> bool {
    holds_post(extent, one) || (one.counts && extent.holds(&one.row.unit))
}

/// True for whoever looks after the unit of the post; of a post that nobody knows any more, for whoever looks after the city.
fn holds_post(extent: &Extent, one: &Decided) -> bool {
    one.from().map_or(*extent == Extent::City, |unit| extent.holds(unit))
}

fn may_take_back(eyes: &Eyes, one: &Decided) -> bool {
    eyes.may_decide(&one.row.person) && holds_post(&eyes.reader.extent, one)
}

/// Takes decisions about posts back; answers how many. When one of them is not on the reader's list, or counts already, none
/// is taken back.
pub async fn take_back(
    services: &Services,
    proof: &Units<PlacePeople>,
    name: &str,
    ticked: &[(PersonId, PositionId)],
) -> Result<usize, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let eyes = Eyes::open(services, &Reader::placing(proof)).await?;
    let wanted: HashSet<&(PersonId, PositionId)> = ticked.iter().collect();
    let positions: Vec<PositionId> = wanted.iter().map(|(_, position)| position.clone()).collect();
    let rows = decided::about(services, &scene, &positions).await?;
    let found = decided::known(services, &scene, rows).await?;
    let is_theirs =
        |one: &Decided| wanted.contains(&(one.row.person.clone(), one.row.position.clone())) && may_take_back(&eyes, one);
    let theirs: Vec<Decided> = found.into_iter().filter(is_theirs).collect();
    if theirs.len() < wanted.len() {
        return Err(ReorganizationError::BadChoice(vec![not_there()]));
    }
    if theirs.iter().any(|one| one.counts) {
        return Err(ReorganizationError::BadChoice(vec![counts_already()]));
    }
    decided::take_back(services, &scene, &theirs, &by(&proof.by)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::UnitId;
    use crate::model::position::{Position, PositionKind};
    use crate::store::plan_choices::DecisionRow;
    use time::macros::date;

    fn decision(from: Option<&str>, to: &str, counts: bool) -> Decided {
        let post = |unit: &str| Position {
            id: PositionId("p".to_owned()),
            unit: UnitId(unit.to_owned()),
            department: String::new(),
            title: "Kế toán".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2025 - 07 - 01),
            valid_to: None,
        };
        let row = DecisionRow {
            person: PersonId("an".to_owned()),
            position: PositionId("p".to_owned()),
            unit: UnitId(to.to_owned()),
            decision_no: "7/QĐ".to_owned(),
            by: "binh".to_owned(),
            at: Millis(0),
            source: "console".to_owned(),
        };
        Decided { row, username: "an".to_owned(), full_name: "An".to_owned(), post: from.map(post), counts }
    }

    #[test]
    fn a_decision_is_seen_by_whoever_sees_the_post() {
        let of_units = |units: &[&str]| Extent::Units(units.iter().map(|unit| UnitId((*unit).to_owned())).collect());
        let table = [
            ("the whole city", Extent::City, Some("old"), false, true),
            ("the whole city, of no post", Extent::City, None, false, true),
            ("its unit", of_units(&["old"]), Some("old"), false, true),
            ("its unit, of no post", of_units(&["old"]), None, false, false),
            ("the new unit, before", of_units(&["new"]), Some("old"), false, false),
            ("the new unit, after", of_units(&["new"]), Some("old"), true, true),
            ("another unit", of_units(&["other"]), Some("old"), true, false),
        ];
        for (case, extent, from, counts, expected) in table {
            assert_eq!(sees(&extent, &decision(from, "new", counts)), expected, "{case}");
        }
    }
}
