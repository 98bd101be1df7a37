//! What becomes of the roles of administrators that are bound to a unit which ends.
//!
//! Nobody comes to administer more than before. A role goes on where its unit goes whole into one that begins with the plan
//! and is made of nothing else, or of units over all of which the same person has the same role. Where more comes together,
//! where a unit is divided, or nothing comes after it, the role ends with its unit, and somebody appoints anew.

use super::{Fact, Fate, PairEdit, Plan, UnitEffect};
use crate::base::date::{iso, parse};
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::position::named_uuid;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// What becomes of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "MoveText", try_from = "MoveText")]
pub struct ScopeMove {
    /// The role that ends.
    pub id: String,
    /// Its last day before.
    pub was: Option<Date>,
    /// Its new last day.
    pub ended: Option<Date>,
    /// The role that goes on from it, in the unit after.
    pub begun: Option<AdminScope>,
    /// It goes on nowhere, and its person does not have it there already: somebody appoints anew.
    pub anew: bool,
}

/// What becomes of the roles of people, in the order of people and roles. What is over stays as it is.
pub fn of_scopes(plan: &Plan, effect: &UnitEffect, scopes: &[(PersonId, AdminScope)]) -> Vec<(PersonId, ScopeMove)> {
    let mut ordered: Vec<&(PersonId, AdminScope)> = scopes.iter().collect();
    ordered.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    let made = Made::by(plan, effect);
    let mut moved: Vec<(PersonId, ScopeMove)> = Vec::new();
    for (person, scope) in ordered {
        let Some(mut one) = of_scope(plan, effect, scope) else { continue };
        if let Some(next) = one.begun.take() {
            let theirs: Vec<&AdminScope> = scopes.iter().filter(|(other, _)| other == person).map(|(_, scope)| scope).collect();
            let mut begun = moved.iter().filter(|(other, _)| other == person).filter_map(|(_, before)| before.begun.as_ref());
            // Of two units that become one, nobody administers the one twice.
            let is_held = theirs.iter().any(|held| covers(held, &next)) || begun.any(|held| covers(held, &next));
            one.anew = !is_held && !made.of_theirs(&next, &theirs);
            one.begun = (!is_held && !one.anew).then_some(next);
        }
        moved.push((person.clone(), one));
    }
    moved
}

/// What the units that begin with a plan are made of: units that go into them, whole or in part. A district in which one only
/// lay is none of these.
struct Made<'e> {
    plan: &'e Plan,
    effect: &'e UnitEffect,
    sources: BTreeMap<&'e UnitId, BTreeSet<&'e UnitId>>,
}

impl<'e> Made<'e> {
    fn by(plan: &'e Plan, effect: &'e UnitEffect) -> Self {
        let begun = effect.begun.iter().map(|unit| (unit, BTreeSet::new()));
        let mut sources: BTreeMap<&UnitId, BTreeSet<&UnitId>> = begun.collect();
        let whole = effect.ended.iter().filter_map(|(from, fate)| match fate {
            Fate::Whole(to) => Some((from, to)),
            Fate::Choice(_) | Fate::Gone => None,
        });
        let is_of_territory = |pair: &&PairEdit| pair.now.as_ref().is_some_and(|now| now.relation.is_of_territory());
        let told = effect.edits.pairs.iter().filter(is_of_territory).map(|pair| (&pair.from, &pair.to));
        for (from, to) in whole.chain(told) {
            if let Some(made) = sources.get_mut(to) {
                made.insert(from);
            }
        }
        Self { plan, effect, sources }
    }

    /// True when somebody who is to have a role in a unit that begins has it over all of which that unit is made.
    fn of_theirs(&self, next: &AdminScope, theirs: &[&AdminScope]) -> bool {
        let Some((into, sources)) = next.unit.as_ref().and_then(|into| self.sources.get_key_value(into)) else { return false };
        let is_theirs = |from: &&UnitId| theirs.iter().any(|held| held.unit.as_ref() == Some(*from) && lasts_as(held, next));
        sources.iter().all(is_theirs) && self.holds_no_other(into, sources)
    }

    /// True when whatever the plan lays into a unit that begins lay in the units that this one is made of, or is made of what
    /// lay there: one that came from elsewhere would be looked after by whoever never did.
    fn holds_no_other(&self, into: &UnitId, sources: &BTreeSet<&UnitId>) -> bool {
        let after = &self.effect.after;
        let lies_in = |id: &UnitId, on: Date, among: &dyn Fn(&UnitId) -> bool| {
            after.unit(id).is_some_and(|unit| after.path_on(unit, on).into_iter().any(|above| among(&above.id)))
        };
        let of_sources = |id: &UnitId| sources.contains(id);
        let lay = |id: &UnitId| of_sources(id) || lies_in(id, self.plan.day_before(), &of_sources);
        let laid = self.effect.edits.facts.iter().filter(|edit| edit.now.is_some()).filter_map(|edit| match &edit.fact {
            Fact::Parent { unit, .. } => Some(unit),
            Fact::Unit { .. } | Fact::Code { .. } | Fact::Name { .. } => None,
        });
        laid.filter(|id| lies_in(id, self.plan.effective, &|above: &UnitId| above == into)).all(|id| {
            let made = self.sources.get(id);
            made.map_or_else(|| lay(id), |made| made.iter().all(|from| lay(from)))
        })
    }
}

fn of_scope(plan: &Plan, effect: &UnitEffect, scope: &AdminScope) -> Option<ScopeMove> {
    let fate = effect.ended.get(scope.unit.as_ref()?)?;
    let is_empty = scope.valid_to.is_some_and(|last| last < scope.valid_from);
    if scope.is_over_on(plan.effective) || is_empty {
        return None;
    }
    let from = scope.valid_from.max(plan.effective);
    let begun = match fate {
        Fate::Whole(unit) => Some(AdminScope {
            id: named_uuid(&format!("scope:{}:{}", scope.id, plan.name)),
            unit: Some(unit.clone()),
            valid_from: from,
            ..scope.clone()
        }),
        Fate::Choice(_) | Fate::Gone => None,
    };
    let anew = matches!(fate, Fate::Choice(_));
    // What had not begun never counts where it was to begin.
    Some(ScopeMove { id: scope.id.clone(), was: scope.valid_to, ended: from.previous_day(), begun, anew })
}

/// Whether a role is all that another one would be.
fn covers(held: &AdminScope, next: &AdminScope) -> bool {
    held.unit == next.unit && lasts_as(held, next)
}

/// Whether it is the same role, and counts on all days of the other one, wherever.
fn lasts_as(held: &AdminScope, next: &AdminScope) -> bool {
    let alike = held.role == next.role && held.client == next.client;
    let lasts = held.valid_to.is_none_or(|last| next.valid_to.is_some_and(|next| next <= last));
    alike && held.valid_from <= next.valid_from && lasts
}

/// A move as it is kept.
#[derive(Serialize, Deserialize)]
struct MoveText {
    id: String,
    was: Option<String>,
    ended: Option<String>,
    begun: Option<ScopeText>,
    #[serde(default)]
    anew: bool,
}

/// A role as it is kept.
#[derive(Serialize, Deserialize)]
struct ScopeText {
    id: String,
    role: String,
    unit: Option<UnitId>,
    client: Option<String>,
    valid_from: String,
    valid_to: Option<String>,
}

/// A word or a day that cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("a role of an administrator cannot be read back")]
struct Unreadable;

impl From<ScopeMove> for MoveText {
    fn from(one: ScopeMove) -> Self {
        let begun = one.begun.map(ScopeText::from);
        Self { id: one.id, was: one.was.map(iso), ended: one.ended.map(iso), begun, anew: one.anew }
    }
}

impl From<AdminScope> for ScopeText {
    fn from(scope: AdminScope) -> Self {
        Self {
            id: scope.id,
            role: scope.role.word().to_owned(),
            unit: scope.unit,
            client: scope.client,
            valid_from: iso(scope.valid_from),
            valid_to: scope.valid_to.map(iso),
        }
    }
}

impl TryFrom<MoveText> for ScopeMove {
    type Error = Unreadable;

    fn try_from(text: MoveText) -> Result<Self, Unreadable> {
        let begun = text.begun.map(AdminScope::try_from).transpose()?;
        Ok(Self { id: text.id, was: day(text.was.as_deref())?, ended: day(text.ended.as_deref())?, begun, anew: text.anew })
    }
}

impl TryFrom<ScopeText> for AdminScope {
    type Error = Unreadable;

    fn try_from(text: ScopeText) -> Result<Self, Unreadable> {
        Ok(Self {
            id: text.id,
            role: AdminRole::from_word(&text.role).ok_or(Unreadable)?,
            unit: text.unit,
            client: text.client,
            valid_from: parse(&text.valid_from).ok_or(Unreadable)?,
            valid_to: day(text.valid_to.as_deref())?,
        })
    }
}

fn day(text: Option<&str>) -> Result<Option<Date>, Unreadable> {
    text.map(|text| parse(text).ok_or(Unreadable)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::Pair;
    use crate::model::plan::people::stage::{DAY, EVE, effect, plan, unit};
    use crate::model::succession::Relation;
    use time::macros::date;

    fn scope(id: &str, place: &str, last: Option<Date>) -> AdminScope {
        AdminScope {
            id: id.to_owned(),
            role: AdminRole::Unit,
            unit: Some(unit(place)),
            client: None,
            valid_from: date!(2024 - 01 - 01),
            valid_to: last,
        }
    }

    fn of(person: &str, scope: AdminScope) -> (PersonId, AdminScope) {
        (PersonId(person.to_owned()), scope)
    }

    fn moved(scopes: &[(PersonId, AdminScope)]) -> Vec<(PersonId, ScopeMove)> {
        of_scopes(&plan("p"), &effect(), scopes)
    }

    #[test]
    fn a_role_goes_on_where_its_unit_goes_whole_and_ends_everywhere_else() {
        let last = Some(date!(2026 - 12 - 31));
        let everywhere = AdminScope { unit: None, role: AdminRole::Directory, ..scope("e", "kept", None) };
        let table = [
            ("whole", scope("s", "whole", last), Some((last, Some(unit("new"))))),
            ("divided", scope("s", "divided", last), Some((last, None))),
            ("gone", scope("s", "gone", None), Some((None, None))),
            ("another unit", scope("s", "kept", None), None),
            ("the whole city", everywhere, None),
            ("over", scope("s", "whole", Some(EVE)), None),
        ];
        for (case, scope, expected) in table {
            let moved = moved(&[of("kim", scope.clone())]);
            let told = moved.first().map(|(_, one)| (one.was, one.begun.as_ref().and_then(|next| next.unit.clone())));
            assert_eq!(told, expected, "{case}");
            for (person, one) in moved {
                assert_eq!((person.as_str(), one.id.as_str(), one.ended), ("kim", "s", Some(EVE)), "{case}");
                let Some(next) = one.begun else { continue };
                assert_eq!((next.valid_from, next.valid_to, next.role), (DAY, scope.valid_to, scope.role), "{case}");
            }
        }
    }

    #[test]
    fn a_role_goes_on_only_over_what_it_was_over() {
        let pair = |from: &str, relation: Relation| PairEdit {
            from: unit(from),
            to: unit("new"),
            was: None,
            now: Some(Pair { relation, effective: Some(DAY), source: "p".to_owned() }),
        };
        let known = |effect: UnitEffect| UnitEffect { begun: Vec::new(), ..effect };
        let alone = || {
            let mut alone = effect();
            alone.edits.pairs = vec![pair("whole", Relation::Whole), pair("gone", Relation::Within)];
            alone
        };
        let both = || {
            let mut both = effect();
            both.ended.insert(unit("other"), Fate::Whole(unit("new")));
            both.edits.pairs = vec![pair("whole", Relation::Whole), pair("other", Relation::Whole)];
            both
        };
        let with_part = || {
            let mut both = both();
            both.edits.pairs.push(pair("divided", Relation::Part));
            both
        };
        let (one, other) = (of("kim", scope("a", "whole", None)), of("kim", scope("b", "other", None)));
        let help = of("kim", AdminScope { role: AdminRole::HelpDesk, ..scope("b", "other", None) });
        let short = of("kim", scope("b", "other", Some(date!(2026 - 12 - 31))));
        let lans = of("lan", scope("b", "other", None));
        let table = [
            // Of each role: whether it goes on, whether somebody appoints anew.
            ("made of nothing else, wherever it lay", alone(), vec![one.clone()], vec![(true, false)]),
            ("a unit that was there before", known(alone()), vec![one.clone()], vec![(false, true)]),
            ("of two units one", both(), vec![one.clone()], vec![(false, true)]),
            ("of two units both", both(), vec![one.clone(), other.clone()], vec![(true, false), (false, false)]),
            ("the other by another role", both(), vec![one.clone(), help], vec![(false, true), (false, true)]),
            ("the other by somebody else", both(), vec![one.clone(), lans], vec![(false, true), (false, true)]),
            ("the other for less long", both(), vec![one.clone(), short], vec![(false, true), (true, false)]),
            ("with a part of a third", with_part(), vec![one, other], vec![(false, true), (false, true)]),
        ];
        for (case, effect, scopes, expected) in table {
            let moved = of_scopes(&plan("p"), &effect, &scopes);
            let told: Vec<(bool, bool)> = moved.iter().map(|(_, one)| (one.begun.is_some(), one.anew)).collect();
            assert_eq!(told, expected, "{case}");
            assert!(moved.iter().all(|(_, one)| one.ended == Some(EVE)), "{case}");
        }
        let anew = |place: &str| moved(&[of("kim", scope("s", place, None))]).remove(0).1.anew;
        assert_eq!((anew("divided"), anew("gone")), (true, false), "nothing comes after what is gone");
    }

    #[test]
    fn a_role_that_goes_on_is_the_same_one_each_time_and_another_one_by_another_plan() {
        let scopes = [of("kim", scope("s", "whole", None))];
        let id = |name: &str| of_scopes(&plan(name), &effect(), &scopes)[0].1.begun.as_ref().map(|next| next.id.clone());
        assert_eq!(id("p"), id("p"));
        assert_ne!(id("p"), id("q"));
    }

    #[test]
    fn a_role_that_had_not_begun_never_counts_in_the_old_unit() {
        let later = AdminScope { valid_from: date!(2025 - 09 - 01), ..scope("s", "whole", None) };
        let (_, one) = moved(&[of("kim", later)]).remove(0);
        assert_eq!(one.ended, Some(date!(2025 - 08 - 31)));
        assert_eq!(one.begun.map(|next| next.valid_from), Some(date!(2025 - 09 - 01)));
        // Once that is written down it is not moved again.
        let never = AdminScope { valid_to: Some(date!(2025 - 08 - 31)), ..scope("s", "whole", None) };
        let never = AdminScope { valid_from: date!(2025 - 09 - 01), ..never };
        assert!(moved(&[of("kim", never)]).is_empty());
    }

    #[test]
    fn nobody_administers_one_unit_twice() {
        let other = AdminScope { role: AdminRole::HelpDesk, ..scope("b", "whole", None) };
        let scopes = [
            of("kim", scope("a", "whole", None)),
            of("kim", other),
            of("kim", scope("c", "whole", Some(date!(2026 - 12 - 31)))),
            of("lan", scope("d", "whole", None)),
            of("lan", scope("e", "new", None)),
        ];
        let begun: Vec<(String, bool)> = moved(&scopes).into_iter().map(|(_, one)| (one.id, one.begun.is_some())).collect();
        let expected = [("a", true), ("b", true), ("c", false), ("d", false)].map(|(id, begins)| (id.to_owned(), begins));
        assert_eq!(begun, expected);
    }

    #[test]
    fn a_move_reads_back_from_what_is_kept() {
        let scopes = [of("kim", scope("a", "whole", Some(date!(2026 - 12 - 31)))), of("lan", scope("b", "gone", None))];
        for (_, one) in moved(&scopes) {
            let text = serde_json::to_string(&one).expect("text");
            assert_eq!(serde_json::from_str::<ScopeMove>(&text).expect("a move"), one, "{text}");
        }
        let text = r#"{"id":"a","was":null,"ended":"yesterday","begun":null}"#;
        assert!(serde_json::from_str::<ScopeMove>(text).is_err());
    }
}
