//! What becomes of the roles of administrators that are bound to a unit which ends.
//!
//! Where the unit goes whole into another one, the role goes on there. Where it is divided, or nothing comes after it, the
//! role ends with it: a part of a unit may be more than the person who made the administrator had in mind, so somebody
//! appoints anew.

use super::{Fate, Plan, UnitEffect};
use crate::base::date::{iso, parse};
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::position::named_uuid;
use serde::{Deserialize, Serialize};
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
}

/// What becomes of the roles of people, in the order of people and roles. What is over stays as it is.
pub fn of_scopes(plan: &Plan, effect: &UnitEffect, scopes: &[(PersonId, AdminScope)]) -> Vec<(PersonId, ScopeMove)> {
    let mut ordered: Vec<&(PersonId, AdminScope)> = scopes.iter().collect();
    ordered.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    let mut moved: Vec<(PersonId, ScopeMove)> = Vec::new();
    for (person, scope) in ordered {
        let Some(mut one) = of_scope(plan, effect, scope) else { continue };
        let theirs = scopes.iter().filter(|(other, _)| other == person).map(|(_, scope)| scope);
        let begun = moved.iter().filter(|(other, _)| other == person).filter_map(|(_, before)| before.begun.as_ref());
        // Of two units that become one, nobody administers the one twice.
        one.begun = one.begun.filter(|next| !theirs.chain(begun).any(|held| covers(held, next)));
        moved.push((person.clone(), one));
    }
    moved
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
    // What had not begun never counts where it was to begin.
    Some(ScopeMove { id: scope.id.clone(), was: scope.valid_to, ended: from.previous_day(), begun })
}

/// Whether a role is all that another one would be.
fn covers(held: &AdminScope, next: &AdminScope) -> bool {
    let alike = held.role == next.role && held.unit == next.unit && held.client == next.client;
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
        Self { id: one.id, was: one.was.map(iso), ended: one.ended.map(iso), begun: one.begun.map(ScopeText::from) }
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
        Ok(Self { id: text.id, was: day(text.was.as_deref())?, ended: day(text.ended.as_deref())?, begun })
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
    use crate::model::plan::people::stage::{DAY, EVE, effect, plan, unit};
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
