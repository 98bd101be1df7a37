//! Whoever is refused is told what to do, in both languages, at the command line and on pages.

use super::*;
use crate::base::date::parse;
use crate::model::plan::wrong::What;
use crate::model::plan::wrong::asking::{asks_in_english, asks_in_vietnamese};
use crate::service::reorganization::looks::Told;

/// The error after another one: whatever is added to them has to take a place in this row.
fn next(error: &ReorganizationError) -> Option<ReorganizationError> {
    use ReorganizationError as E;
    Some(match error {
        E::UnknownPlan => E::Wrong(vec![Wrong::head("", What::Misfit)]),
        E::Wrong(_) => E::NameTaken,
        E::NameTaken => E::Author,
        E::Author => E::Said,
        E::Said => E::NotApproved,
        E::NotApproved => E::Stale { what: Part::Registry },
        E::Stale { what: Part::Registry } => E::Stale { what: Part::People },
        E::Stale { what: Part::People } => E::Stale { what: Part::Scopes },
        E::Stale { what: Part::Scopes } => E::Stale { what: Part::Plan },
        E::Stale { what: Part::Plan } => E::NotYet { effective: parse("2027-01-01").expect("a date") },
        E::NotYet { .. } => E::Open { people: 2 },
        E::Open { .. } => E::OpenOfOwn { people: 2 },
        E::OpenOfOwn { .. } => E::Coming,
        E::Coming => E::Busy,
        E::Busy => E::Already,
        E::Already => E::NotApplied,
        E::NotApplied => E::LaterPlan { name: "sau".to_owned() },
        E::LaterPlan { .. } => E::EditsSince { people: 2 },
        E::EditsSince { .. } => E::GroupRolesSince { roles: 3, people: 0 },
        E::GroupRolesSince { people: 0, .. } => E::GroupRolesSince { roles: 3, people: 2 },
        E::GroupRolesSince { .. } => E::RegistrySince,
        E::RegistrySince => E::UnknownStage,
        E::UnknownStage => E::BadChoice(vec![RowError::new(3, "chosen_unit", "sai", "wrong")]),
        E::BadChoice(_) => E::Partly { done: 2, why: Box::new(E::Overtaken) },
        E::Partly { .. } => E::Withdrawn,
        E::Withdrawn => E::Overtaken,
        E::Overtaken => E::Reason,
        E::Reason => E::Failure(Failure::TooMany),
        E::Failure(_) => return None,
    })
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages() {
    let mut asked = 0;
    let mut error = Some(ReorganizationError::UnknownPlan);
    while let Some(refused) = error {
        // What failed within is for the log; people are told a sentence of their own.
        let told = Told::of(&refused);
        assert!(asks_in_vietnamese(&told.vietnamese), "{refused:?}: {}", told.vietnamese);
        assert!(asks_in_english(&told.english), "{refused:?}: {}", told.english);
        asked += 1;
        error = next(&refused);
    }
    assert_eq!(asked, 29, "each of them once, some with several words");
}
