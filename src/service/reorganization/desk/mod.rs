//! The worklist and the rules of a plan as administrators have them: what lies within their bounds, and decisions about
//! that alone.
//!
//! Before a plan is applied, a post is for whoever looks after its unit. Once that unit ended it is also for whoever looks
//! after one of the units that the post may go on in, and they may choose those of them alone. Where nothing comes after its
//! unit it is for whoever looks after that one, then and later, and they may choose the units that they look after. Nobody
//! decides about a post of their own, and about whoever administers anything only those decide who look after the whole city.

mod decided;
mod list;
mod rules;
mod sheet;

pub use decided::{DecidedPage, Told, decisions, take_back};
pub use list::{Candidate, Filter, PAGE, PAPER, Page, Post, Taking, export, list};
pub use rules::{Divided, Rule, Rules, Seated, add_rule, read_seats, remove_rule, rules};
pub use sheet::{MOST_BYTES, read_file};

use super::By;
use super::choices::{decision_of, keep};
use super::errors::ReorganizationError;
use super::onward::Onward;
use super::placing::Chosen;
use super::scene::{Scene, Target};
use crate::base::id::{PersonId, PositionId, UnitId, is_uuid};
use crate::model::authority::{Extent, PlacePeople, ReadPlans};
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::authority::{City, Doer, Units};
use crate::store::{StoreError, admin_roles};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Who looks at a worklist, and how far they see.
#[derive(Debug, Clone)]
pub struct Reader {
    by: Doer,
    extent: Extent,
    decides: bool,
}

impl Reader {
    /// Whoever says where people go on.
    pub fn placing(proof: &Units<PlacePeople>) -> Self {
        Self { by: proof.by.clone(), extent: proof.extent().clone(), decides: true }
    }

    /// Whoever only looks.
    pub fn looking(proof: &City<ReadPlans>) -> Self {
        Self { by: proof.by.clone(), extent: Extent::City, decides: false }
    }
}

/// What a reader sees of posts, and of which they may decide.
struct Eyes {
    reader: Reader,
    /// Whoever administers anything: not for readers who look after some units alone.
    above: HashSet<PersonId>,
}

impl Eyes {
    async fn open(services: &Services, reader: &Reader) -> Result<Self, StoreError> {
        let mut above = HashSet::new();
        if reader.extent != Extent::City {
            let granted = admin_roles::list_all(&mut services.store.read().await?).await?;
            above.extend(granted.into_iter().map(|granted| granted.person));
        }
        Ok(Self { reader: reader.clone(), above })
    }

    /// The units among which the reader may choose for a post, once its unit ended or before; none when they do not see it.
    fn choices(&self, from: &UnitId, onward: &Onward, has_ended: bool) -> Option<Onward> {
        let extent = &self.reader.extent;
        match onward {
            Onward::Anywhere(units) => extent.holds(from).then(|| Onward::Anywhere(self.within(units))),
            Onward::Among(units) if extent.holds(from) => Some(Onward::Among(units.clone())),
            Onward::Among(units) => {
                let theirs: Vec<UnitId> = units.iter().filter(|unit| has_ended && extent.holds(unit)).cloned().collect();
                (!theirs.is_empty()).then_some(Onward::Among(theirs))
            }
        }
    }

    /// Of some units those that the reader looks after.
    fn within(&self, units: &Arc<[UnitId]>) -> Arc<[UnitId]> {
        match &self.reader.extent {
            Extent::City => Arc::clone(units),
            extent @ Extent::Units(_) => units.iter().filter(|unit| extent.holds(unit)).cloned().collect(),
        }
    }

    fn may_decide(&self, person: &PersonId) -> bool {
        self.reader.decides && *person != self.reader.by.person && !self.above.contains(person)
    }

    /// A post with the units that the reader may choose for it; none when it is not theirs to decide about.
    fn narrowed(&self, target: Target) -> Option<Target> {
        let onward = self.choices(&target.from, &target.onward, target.run.is_some())?;
        (self.may_decide(&target.person) && !onward.units().is_empty()).then_some(Target { onward, ..target })
    }
}

fn by(doer: &Doer) -> By<'_> {
    By { actor: doer.person.as_str(), origin: &doer.origin, typed_by: None }
}

/// Lets posts go on in one unit, which is its id, its code or a part of its name, before the plan is applied or after it;
/// answers how many. When one of them is not on the reader's list, or may not go on there, nothing is decided of any.
pub async fn decide(
    services: &Services,
    proof: &Units<PlacePeople>,
    name: &str,
    ticked: &[(PersonId, PositionId)],
    (unit, decision_no): (&str, &str),
) -> Result<usize, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    let eyes = Eyes::open(services, &Reader::placing(proof)).await?;
    let people: BTreeSet<PersonId> =
        ticked.iter().map(|(person, _)| person).filter(|person| is_uuid(person.as_str())).cloned().collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let targets = scene.targets_of(services, &people).await?.into_iter().filter_map(|target| eyes.narrowed(target));
    let mut targets: HashMap<PositionId, Target> = targets.map(|target| (target.position.clone(), target)).collect();
    let (mut theirs, mut wrong) = (Vec::new(), Vec::new());
    for (person, position) in ticked {
        match targets.remove(position).filter(|target| target.person == *person) {
            None => wrong.push(not_listed()),
            Some(target) => match scene.typed(unit, target.onward.units()).cloned() {
                Some(unit) => theirs.push((target, unit)),
                None => wrong.push(leads_not(&scene, &target, unit)),
            },
        }
    }
    wrong.dedup();
    if !wrong.is_empty() {
        return Err(ReorganizationError::BadChoice(wrong));
    }
    let decision_no = decision_of(decision_no)?;
    let chosen: Vec<Chosen> =
        theirs.into_iter().map(|(target, unit)| Chosen { line: 0, target, unit, decision_no: decision_no.clone() }).collect();
    keep(services, &scene, &chosen, (&by(&proof.by), "console")).await?;
    Ok(chosen.len())
}

fn not_listed() -> RowError {
    RowError::new(
        0,
        "person_id",
        "một vị trí đã chọn không còn trong danh sách, có thể người khác vừa quyết định; hãy xem lại danh sách",
        "a post that was chosen is no longer on the list, perhaps somebody else decided just now; look at the list again",
    )
}

fn leads_not(scene: &Scene, target: &Target, unit: &str) -> RowError {
    let (from, to) = (scene.label_before(&target.from), scene.label_after(&UnitId(unit.to_owned())));
    RowError::new(
        0,
        "chosen_unit",
        format!("người của \u{201c}{from}\u{201d} không thể chuyển sang \u{201c}{to}\u{201d}"),
        format!("people of \u{201c}{from}\u{201d} cannot go on in \u{201c}{to}\u{201d}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Origin;

    fn id(text: &str) -> UnitId {
        UnitId(text.to_owned())
    }

    fn eyes(extent: Extent, decides: bool) -> Eyes {
        let by = Doer { person: PersonId("me".to_owned()), acting_as: "unit".to_owned(), origin: Origin::command_line() };
        Eyes { reader: Reader { by, extent, decides }, above: HashSet::from([PersonId("boss".to_owned())]) }
    }

    fn of_units(units: &[&str]) -> Extent {
        Extent::Units(units.iter().map(|unit| id(unit)).collect())
    }

    #[test]
    fn a_post_is_for_its_own_unit_and_once_that_ended_for_those_that_it_may_go_on_in() {
        let onward = Onward::Among(vec![id("a"), id("b")]);
        let both: Option<&[&str]> = Some(&["a", "b"]);
        let table = [
            ("the whole city", Extent::City, false, both),
            ("its unit, before", of_units(&["old"]), false, both),
            ("its unit, after", of_units(&["old"]), true, both),
            ("its unit and a new one, after", of_units(&["old", "a"]), true, both),
            ("a new unit, before", of_units(&["a"]), false, None),
            ("a new unit, after", of_units(&["a"]), true, Some(&["a"][..])),
            ("another unit, after", of_units(&["c"]), true, None),
            ("no unit", of_units(&[]), true, None),
        ];
        for (case, extent, has_ended, expected) in table {
            let expected = expected.map(|units| Onward::Among(units.iter().map(|unit| id(unit)).collect()));
            assert_eq!(eyes(extent, true).choices(&id("old"), &onward, has_ended), expected, "{case}");
        }
    }

    #[test]
    fn a_post_after_whose_unit_nothing_comes_is_for_those_of_that_unit_and_goes_where_they_look_after() {
        let anywhere: Arc<[UnitId]> = Arc::from([id("a"), id("b")]);
        let table: [(&str, Extent, Option<&[&str]>); 5] = [
            ("the whole city", Extent::City, Some(&["a", "b"])),
            ("its unit alone", of_units(&["old"]), Some(&[])),
            ("its unit and another one", of_units(&["old", "b"]), Some(&["b"])),
            ("another unit", of_units(&["a"]), None),
            ("no unit", of_units(&[]), None),
        ];
        for (case, extent, expected) in table {
            let expected = expected.map(|units| units.iter().map(|unit| id(unit)).collect::<Vec<_>>());
            for has_ended in [false, true] {
                let eyes = eyes(extent.clone(), true);
                let found = eyes.choices(&id("old"), &Onward::Anywhere(Arc::clone(&anywhere)), has_ended);
                assert_eq!(found.as_ref().map(|onward| onward.units().to_vec()), expected, "{case} {has_ended}");
                assert!(found.is_none_or(|onward| onward.is_anywhere()), "{case} {has_ended}");
            }
        }
    }

    #[test]
    fn nobody_decides_about_themselves_or_somebody_above_and_who_only_looks_about_nobody() {
        let table = [("an", true, true), ("me", true, false), ("boss", true, false), ("an", false, false)];
        for (person, decides, expected) in table {
            let eyes = eyes(of_units(&["old"]), decides);
            assert_eq!(eyes.may_decide(&PersonId(person.to_owned())), expected, "{person} {decides}");
            let target = Target {
                person: PersonId(person.to_owned()),
                position: PositionId("p".to_owned()),
                from: id("old"),
                onward: Onward::Among(vec![id("a")]),
                run: None,
            };
            assert_eq!(eyes.narrowed(target).is_some(), expected, "{person} {decides}");
        }
    }
}
