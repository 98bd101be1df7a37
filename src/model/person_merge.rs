//! Two persons who are one: what of the merged one comes to the kept one, when that may be, and what an undo needs to know.
//!
//! Nothing that opens an account moves: passwords, passkeys and addresses stay with the merged person and open nothing
//! until the merge is undone. Nobody comes to hold more than the two held, and no role of an administrator is carried
//! over: whoever shall keep one is appointed as everybody is.
//!
//! Here belong the rules of the merge; what is written down of one, what was changed since, and the ways to sign in have
//! files of their own.

mod journal;
mod later;
mod ways;

pub use journal::{CarriedPosition, CarriedRole, FORM, Journal, KeptBefore, MovedAccount, MovedSubject};
pub use later::Later;
pub use ways::{Method, Way, Ways};

use super::position::Position;
use crate::base::id::{PersonId, PositionId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Date;

/// A fact that the kept person did not have and has by the merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filled {
    /// The personal number.
    Number,
    /// The date of birth.
    BirthDate,
    /// The number in the staff list.
    EmployeeCode,
}

/// How one of the two stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// They may not sign in.
    pub disabled: bool,
    /// What was known of them was removed.
    pub erased: bool,
    /// They were merged already.
    pub merged: bool,
    /// They hold a role of an administrator, or will.
    pub administers: bool,
    /// They run the service, or hold the account for the worst day.
    pub runs_service: bool,
}

/// Why two persons cannot be made one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// They are the same person.
    #[error("somebody cannot be merged with themselves")]
    Oneself,
    /// What was known of one of them was removed.
    #[error("what was known of one of them has been removed for good")]
    Erased,
    /// The merged one was merged before.
    #[error("this person was merged into another one already")]
    MergedAlready,
    /// The kept one was merged before.
    #[error("the person to keep was merged into another one: merge into that one, or undo that merge first")]
    KeptWasMerged,
    /// The kept one may not sign in.
    #[error("the person to keep may not sign in: keep the other one, or let this one in again first")]
    KeptDisabled,
    /// Both have a personal number, and not the same.
    #[error("their personal numbers differ, so they are two people; correct the wrong number first")]
    NumbersDiffer,
    /// One of them administers something.
    #[error("one of them is an administrator: only a system administrator merges them")]
    Administrators,
    /// The merged one runs the service.
    #[error("whoever runs the service, or holds the account for the worst day, is dismissed before they are merged away")]
    RunsService,
    /// Somebody above ended the merged one's access.
    #[error("the access of one of them was ended by an administrator who stands above")]
    EndedAbove,
    /// A post of the merged one would bring the kept one a role that is not for whoever merges to give.
    #[error("a post of the merged person brings a role that is not theirs to give: whoever keeps the directory merges them")]
    Brings,
}

/// Whether two persons may be made one, as far as they stand; `by_system` is whether a system administrator does it.
pub fn refuse(kept: Standing<'_>, merged: Standing<'_>, numbers_differ: bool, by_system: bool) -> Option<Refusal> {
    let rules = [
        (kept.person == merged.person, Refusal::Oneself),
        (kept.erased || merged.erased, Refusal::Erased),
        (merged.merged, Refusal::MergedAlready),
        (kept.merged, Refusal::KeptWasMerged),
        (kept.disabled, Refusal::KeptDisabled),
        (numbers_differ, Refusal::NumbersDiffer),
        (!by_system && (kept.administers || merged.administers), Refusal::Administrators),
        (merged.runs_service, Refusal::RunsService),
    ];
    rules.into_iter().find(|(applies, _)| *applies).map(|(_, why)| why)
}

/// Why a merge cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefusal {
    /// There is none, or it was undone before.
    #[error("there is no such merge, or it was undone already")]
    NotThere,
    /// What was known of one of them was removed.
    #[error("what was known of one of them has been removed for good since")]
    Erased,
    /// The kept one was merged into somebody since.
    #[error("the kept person was merged into another one since: undo that merge first")]
    KeptWasMerged,
    /// Somebody else was merged into the kept one since.
    #[error("somebody else was merged into the kept person since: undo that merge first")]
    Later,
    /// The personal number is somebody else's by now.
    #[error("the personal number of the merged person is another person's by now: correct that first")]
    NumberTaken,
    /// What a system knows the person as cannot be given back.
    #[error("a system knows the merged person by another name by now")]
    SubjectTaken,
    /// One of them administers something.
    #[error("one of them is an administrator: only a system administrator undoes it")]
    Administrators,
    /// Somebody above did it, or ended the kept one's access.
    #[error("this was done by an administrator who stands above, and is for them to undo")]
    EndedAbove,
}

/// What becomes of one position of the merged person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    /// The kept person gets it.
    Copied(Position),
    /// The kept person holds the same one already.
    Same(PositionId),
}

impl Becomes {
    /// The position of the kept person.
    pub fn id(&self) -> &PositionId {
        match self {
            Self::Copied(position) => &position.id,
            Self::Same(id) => id,
        }
    }
}

/// What becomes of each position of the merged person, in the order given. A position in the same unit and department,
/// with the same title, for days that meet, is the same one; a main one becomes one beside where the kept person has a
/// main one on the same days.
pub fn carry(kept: &PersonId, held: &[Position], theirs: &[Position]) -> Vec<Becomes> {
    let mut all: Vec<Position> = held.to_vec();
    let mut carried = Vec::with_capacity(theirs.len());
    for position in theirs {
        let id = Position::id_of(kept, &position.unit, &position.department, &position.title, position.valid_from);
        let same = all.iter().find(|other| other.id == id || (is_alike(other, position) && meet(other, position)));
        if let Some(same) = same {
            carried.push(Becomes::Same(same.id.clone()));
            continue;
        }
        let has_main = all.iter().any(|other| other.primary && meet(other, position));
        // Nobody hands their own powers over to themselves.
        let delegated_by = position.delegated_by.clone().filter(|by| by != kept);
        let copy = Position { id, primary: position.primary && !has_main, delegated_by, ..position.clone() };
        all.push(copy.clone());
        carried.push(Becomes::Copied(copy));
    }
    go_on(held, theirs, carried)
}

/// What goes on from a post of the merged person goes on from what that became; but from no post that the kept person had:
/// what is bound to theirs would count where it never did.
fn go_on(held: &[Position], theirs: &[Position], mut carried: Vec<Becomes>) -> Vec<Becomes> {
    let is_own = |id: &PositionId| held.iter().any(|own| own.id == *id);
    let came = theirs.iter().zip(&carried).filter(|(_, becomes)| !is_own(becomes.id()));
    let became: BTreeMap<&PositionId, PositionId> =
        came.map(|(position, becomes)| (&position.id, becomes.id().clone())).collect();
    for becomes in &mut carried {
        if let Becomes::Copied(copy) = becomes {
            let becomes = copy.follows.take().and_then(|old| became.get(&old).cloned());
            // Two posts that became one do not go on from each other.
            copy.follows = becomes.filter(|id| *id != copy.id);
        }
    }
    carried
}

fn is_alike(one: &Position, other: &Position) -> bool {
    one.unit == other.unit && one.department == other.department && one.title == other.title
}

/// Whether there is a day on which both are held.
fn meet(one: &Position, other: &Position) -> bool {
    let last = |position: &Position| position.valid_to.unwrap_or(Date::MAX);
    one.valid_from <= last(other) && other.valid_from <= last(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::UnitId;
    use crate::model::position::PositionKind;
    use time::macros::date;

    fn id(text: &str) -> PersonId {
        PersonId(text.to_owned())
    }

    fn standing(person: &PersonId) -> Standing<'_> {
        Standing { person, disabled: false, erased: false, merged: false, administers: false, runs_service: false }
    }

    fn post(person: &str, unit: &str, from: Date, to: Option<Date>, primary: bool) -> Position {
        let unit = UnitId(unit.to_owned());
        Position {
            id: Position::id_of(&id(person), &unit, "", "Chuyên viên", from),
            unit,
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: "1/QĐ".to_owned(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    #[test]
    fn whoever_cannot_be_merged_is_told_why() {
        let (a, b) = (id("a"), id("b"));
        let (kept, merged) = (standing(&a), standing(&b));
        let table = [
            ("two people", kept, merged, false, false, None),
            ("oneself", kept, kept, false, true, Some(Refusal::Oneself)),
            ("the kept one is gone", Standing { erased: true, ..kept }, merged, false, true, Some(Refusal::Erased)),
            ("the merged one is gone", kept, Standing { erased: true, ..merged }, false, true, Some(Refusal::Erased)),
            ("merged twice", kept, Standing { merged: true, ..merged }, false, true, Some(Refusal::MergedAlready)),
            ("into a merged one", Standing { merged: true, ..kept }, merged, false, true, Some(Refusal::KeptWasMerged)),
            ("into a disabled one", Standing { disabled: true, ..kept }, merged, false, true, Some(Refusal::KeptDisabled)),
            ("a disabled one", kept, Standing { disabled: true, ..merged }, false, false, None),
            ("two numbers", kept, merged, true, true, Some(Refusal::NumbersDiffer)),
            ("an administrator", kept, Standing { administers: true, ..merged }, false, false, Some(Refusal::Administrators)),
            ("into one", Standing { administers: true, ..kept }, merged, false, false, Some(Refusal::Administrators)),
            ("by a system administrator", kept, Standing { administers: true, ..merged }, false, true, None),
            ("one of those", kept, Standing { runs_service: true, ..merged }, false, true, Some(Refusal::RunsService)),
            ("into one of those", Standing { runs_service: true, ..kept }, merged, false, true, None),
        ];
        for (case, kept, merged, numbers_differ, by_system, expected) in table {
            assert_eq!(refuse(kept, merged, numbers_differ, by_system), expected, "{case}");
        }
    }

    #[test]
    fn positions_come_once_and_with_one_main_one_at_a_time() {
        let (early, day, late) = (date!(2020 - 01 - 01), date!(2025 - 07 - 01), date!(2026 - 01 - 01));
        let kept = id("kept");
        let held = [post("kept", "a", day, None, true)];
        let theirs = [
            post("merged", "a", late, None, true),
            post("merged", "b", day, None, true),
            post("merged", "c", early, Some(date!(2025 - 06 - 30)), true),
            post("merged", "c", early, Some(date!(2024 - 06 - 30)), false),
        ];

        let carried = carry(&kept, &held, &theirs);

        assert_eq!(carried[0], Becomes::Same(held[0].id.clone()), "the same post, told with another first day");
        let copies: Vec<(&str, bool)> = carried
            .iter()
            .filter_map(|becomes| match becomes {
                Becomes::Copied(position) => Some((position.unit.as_str(), position.primary)),
                Becomes::Same(_) => None,
            })
            .collect();
        assert_eq!(copies, [("b", false), ("c", true)], "beside the main one of today, and the main one before it");
        assert_eq!(carried[3].id(), carried[2].id(), "nobody holds one post twice");
        assert!(carried.iter().all(|becomes| theirs.iter().all(|position| position.id != *becomes.id())));
    }

    #[test]
    fn a_post_that_goes_on_from_another_goes_on_from_what_that_becomes() {
        let (last, first) = (date!(2025 - 06 - 30), date!(2025 - 07 - 01));
        let old = post("merged", "a", date!(2020 - 01 - 01), Some(last), false);
        let new = Position { follows: Some(old.id.clone()), ..post("merged", "b", first, None, true) };
        let of_nothing = Position { follows: Some(PositionId("gone".to_owned())), ..post("merged", "c", first, None, false) };

        let carried = carry(&id("kept"), &[], &[new, old, of_nothing]);

        let follows: Vec<Option<&PositionId>> = carried
            .iter()
            .map(|becomes| match becomes {
                Becomes::Copied(copy) => copy.follows.as_ref(),
                Becomes::Same(_) => None,
            })
            .collect();
        assert_eq!(follows, [Some(carried[1].id()), None, None]);
    }

    #[test]
    fn nothing_of_the_merged_one_goes_on_from_a_post_that_the_kept_one_had() {
        let (last, first) = (date!(2025 - 06 - 30), date!(2025 - 07 - 01));
        let old = |who: &str| post(who, "a", date!(2020 - 01 - 01), Some(last), true);
        let new = Position { follows: Some(old("merged").id), ..post("merged", "b", first, None, true) };
        let own = old("kept");

        let carried = carry(&id("kept"), std::slice::from_ref(&own), &[old("merged"), new]);

        assert_eq!(carried[0], Becomes::Same(own.id));
        assert!(matches!(&carried[1], Becomes::Copied(copy) if copy.follows.is_none()), "{carried:?}");
    }
}
