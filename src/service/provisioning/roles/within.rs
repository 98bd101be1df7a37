//! Where an administrator gives roles to people: for the posts that lie within their bounds, or for every post.
//!
//! Whoever looks after a person looks after the whole account, also where that person has a post elsewhere beside the main
//! one. A role counts in posts, and a post elsewhere is not theirs: what they give names a post that lies within their
//! bounds. Only whoever reaches the whole city gives a role for every post that somebody has, or comes to have.

use crate::base::id::PositionId;
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::authority::{Extent, GrantRoles, extent};
use crate::model::person::Person;
use crate::service::authority::Authority;
use time::Date;

/// For which posts an administrator gives roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// What a client leaves to units.
    left: Extent,
    /// Whatever else a client declares; none where they give nothing of that.
    others: Option<Extent>,
}

impl Within {
    /// As far as the roles of an administrator reach; none where they give nothing to anybody.
    pub fn of(authority: &Authority) -> Option<Self> {
        let reach = |scopes: &[AdminScope]| extent::<GrantRoles>(scopes, authority.registry(), authority.today());
        let above: Vec<AdminScope> = authority.scopes().iter().filter(|scope| scope.role != AdminRole::Unit).cloned().collect();
        Some(Self { left: reach(authority.scopes())?, others: reach(&above) })
    }

    /// Whether a role may be given to somebody for a post, or for every post when none is named. What is given for a post
    /// counts in those that go on from it, so that all of them have to lie within the bounds.
    pub fn allows(&self, person: &Person, post: Option<&PositionId>, left_to_units: bool) -> bool {
        let extent = if left_to_units { Some(&self.left) } else { self.others.as_ref() };
        let (Some(extent), Some(post)) = (extent, post) else { return extent == Some(&Extent::City) };
        let counts_in = |id: &PositionId| person.lineage(id).contains(&post);
        let mut counting = person.positions.iter().filter(|held| held.was_ever_held() && counts_in(&held.id)).peekable();
        counting.peek().is_some() && counting.all(|held| extent.holds(&held.unit))
    }

    /// The post for which one of many is given a role, where each is to name one: the main one of those within the bounds.
    /// None for whoever gives roles for every post.
    pub fn usual_post(&self, person: &Person, today: Date) -> Option<PositionId> {
        if self.allows(person, None, true) {
            return None;
        }
        let held = person.positions_on(today).into_iter().filter(|held| held.delegated_by.is_none());
        held.map(|held| held.id.clone()).find(|id| self.allows(person, Some(id), true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{PersonId, UnitId};
    use crate::model::made::person;
    use crate::model::position::{Position, PositionKind};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn id(id: &str) -> PositionId {
        PositionId(id.to_owned())
    }

    fn post(name: &str, unit: &str, primary: bool, follows: Option<&str>) -> Position {
        Position {
            id: id(name),
            unit: UnitId(unit.to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: follows.map(id),
            valid_from: date!(2025 - 07 - 01),
            valid_to: None,
        }
    }

    fn units(names: &[&str]) -> Extent {
        Extent::Units(names.iter().map(|name| UnitId((*name).to_owned())).collect())
    }

    #[test]
    fn a_role_is_given_for_a_post_within_the_bounds_and_for_every_post_only_by_whoever_reaches_all() {
        let over = Position { valid_to: Some(date!(2026 - 01 - 31)), ..post("over", "x", false, None) };
        let kim = person(vec![
            post("main", "x", true, None),
            post("beside", "y", false, None),
            over,
            post("next", "y", false, Some("over")),
        ]);
        let (bound, free) =
            (Within { left: units(&["x"]), others: None }, Within { left: Extent::City, others: Some(Extent::City) });
        let mixed = Within { left: units(&["x", "y"]), others: Some(units(&["y"])) };
        let table = [
            (&bound, Some("main"), true, true, "a post of theirs"),
            (&bound, Some("beside"), true, false, "a post elsewhere"),
            (&bound, Some("over"), true, false, "it would count in the post elsewhere that goes on from it"),
            (&bound, Some("nothing"), true, false, "no post at all"),
            (&bound, None, true, false, "every post"),
            (&bound, Some("main"), false, false, "what the client does not leave to units"),
            (&mixed, Some("beside"), false, true, "what they give there as more than a unit's administrator"),
            (&mixed, Some("main"), false, false, "and nowhere else"),
            (&mixed, Some("main"), true, true, "what is left to units"),
            (&mixed, None, true, false, "every post"),
            (&free, Some("beside"), false, true, "anywhere"),
            (&free, None, false, true, "everywhere"),
        ];
        for (within, post, left, expected, case) in table {
            assert_eq!(within.allows(&kim, post.map(id).as_ref(), left), expected, "{case}");
        }
    }

    #[test]
    fn one_of_many_is_given_a_role_for_the_main_post_within_the_bounds() {
        let bound = Within { left: units(&["x"]), others: None };
        let free = Within { left: Extent::City, others: None };
        let lent = Position { delegated_by: Some(PersonId("giver".to_owned())), ..post("lent", "x", true, None) };
        let kim = person(vec![post("away", "y", true, None), lent, post("beside", "x", false, None)]);

        assert_eq!(bound.usual_post(&kim, TODAY), Some(id("beside")), "nobody is given a role for what was lent to them");
        assert_eq!(bound.usual_post(&person(vec![post("away", "y", true, None)]), TODAY), None);
        assert_eq!(free.usual_post(&kim, TODAY), None, "every post is meant");
    }
}
