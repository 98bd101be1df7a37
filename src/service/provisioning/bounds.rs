//! Whose file it is: the units and the people that its rows may touch.
//!
//! The work on a file goes on after its request, and on other nodes. So it does
//! not carry a proof along: it reads the rights of whoever pressed from the
//! records when it begins, and once more in each write that makes something of
//! the file count: a role that was taken back meanwhile counts no more. Nobody's
//! file changes the account for the worst day. A row outside the bounds is told in one sentence, whether there is such
//! a person, unit or number or not.

use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope, stands_above, waits_for_main_post};
use crate::model::authority::{AddPeople, Extent, extent};
use crate::model::brought::Typed;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::service::withheld::{Brought, Given, Reach, Withheld};
use crate::store::{AsEx, StoreError, Tx, admin_roles, approvals, persons, positions};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use time::Date;

/// What an administrator's file may touch.
pub(super) struct Bounds {
    own: PersonId,
    scopes: Vec<(AdminScope, Extent)>,
    /// Roles of administrators, since nobody changes whoever does not stand below.
    theirs: HashMap<PersonId, Vec<AdminScope>>,
    /// The accounts for the worst day.
    glass: HashSet<PersonId>,
    /// Roles of groups that no row brings to anybody; none for whoever looks after the whole city.
    withheld: Option<Withheld>,
    registry: Arc<Registry>,
    today: Date,
}

impl Bounds {
    /// The bounds of an administrator as they are now; none when they may bring no files any more.
    pub(super) async fn of(services: &Services, person: &PersonId, registry: Registry) -> Result<Option<Self>, StoreError> {
        if services.person(person).await?.is_none() {
            return Ok(None);
        }
        let today = vietnam_date(services.clock.now());
        let mut theirs: HashMap<PersonId, Vec<AdminScope>> = HashMap::new();
        let mut glass = HashSet::new();
        for granted in admin_roles::list_all(&mut services.store.read().await?).await? {
            if granted.break_glass && granted.scope.in_force_on(today) {
                glass.insert(granted.person.clone());
            }
            if !granted.scope.is_over_on(today) {
                theirs.entry(granted.person).or_default().push(granted.scope);
            }
        }
        let own = theirs.get(person).cloned().unwrap_or_default();
        let reaching = |scope: AdminScope| {
            let reach = extent::<AddPeople>(std::slice::from_ref(&scope), &registry, today)?;
            Some((scope, reach))
        };
        let only_left = own.iter().any(|scope| scope.role == AdminRole::Unit && scope.in_force_on(today));
        let scopes: Vec<(AdminScope, Extent)> = own.into_iter().filter_map(reaching).collect();
        if scopes.is_empty() {
            return Ok(None);
        }
        let mut bounds = Self { own: person.clone(), scopes, theirs, glass, withheld: None, registry: Arc::new(registry), today };
        if !bounds.is_everywhere() {
            let given = Given::read(&mut services.store.read().await?).await?;
            let reach = Reach { holds: &|unit| bounds.holds(unit), only_left };
            let withheld = Withheld::among(given, &reach, Arc::clone(&bounds.registry), today);
            bounds.withheld = Some(withheld);
        }
        Ok(Some(bounds))
    }

    /// What a post would bring that is not for them to give; the first of it.
    pub(super) fn brought(&self, typed: &Typed<'_>) -> Option<Brought> {
        self.withheld.as_ref()?.brought(typed).into_iter().next()
    }

    /// Whether whoever pressed still is all that they were when the bounds were read, and may sign in. Until the transaction
    /// ends, none of that is taken from them.
    pub(super) async fn still_stand(&self, tx: &mut Tx, services: &Services) -> Result<bool, StoreError> {
        approvals::hold_asker(tx, &self.own).await?;
        let today = vietnam_date(services.clock.now());
        let roles = admin_roles::list(tx, &self.own).await?;
        if !self.scopes.iter().all(|(scope, _)| scope.in_force_on(today) && roles.contains(scope)) {
            return Ok(false);
        }
        Ok(persons::find(tx, &self.own).await?.is_some_and(|own| own.disabled_at.is_none()))
    }

    /// The registry that the bounds were read in.
    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The day that they were read on.
    pub(super) fn today(&self) -> Date {
        self.today
    }

    /// True for whoever looks after the whole city.
    pub(super) fn is_everywhere(&self) -> bool {
        self.scopes.iter().any(|(_, reach)| *reach == Extent::City)
    }

    /// Whether a row may tell of a unit.
    pub(super) fn holds(&self, unit: &UnitId) -> bool {
        self.scopes.iter().any(|(_, reach)| reach.holds(unit))
    }

    /// Whether somebody is the administrator themselves.
    pub(super) fn is_own(&self, person: &PersonId) -> bool {
        self.own == *person
    }

    /// Whether a row may change somebody.
    pub(super) fn reaches<'p>(&self, person: &PersonId, held: impl Iterator<Item = &'p Position>) -> bool {
        self.reached_as(person, held).is_some()
    }

    /// The highest role by which a row may change somebody: all that they belong to by their main posts lies within, and
    /// they are no administrator whom the same role does not stand above. Nobody changes themselves by a file.
    pub(super) fn reached_as<'p>(&self, person: &PersonId, held: impl Iterator<Item = &'p Position>) -> Option<AdminRole> {
        if self.is_own(person) || self.glass.contains(person) {
            return None;
        }
        // What another one handed to somebody is no post by which they belong anywhere.
        let held: Vec<&Position> = held.filter(|post| post.delegated_by.is_none()).collect();
        let waits = waits_for_main_post(held.iter().copied(), &self.registry, self.today);
        let mut belonging = main_posts(held, self.today);
        if waits && belonging.iter().all(|post| !post.primary) {
            // A post held beside hands nobody over whose main one waits for a decision.
            belonging.clear();
        }
        let theirs = self.theirs.get(person).map_or(&[][..], Vec::as_slice);
        let reaching = self.scopes.iter().filter(|(scope, reach)| {
            let within = match reach {
                Extent::City => true,
                Extent::Units(units) => !belonging.is_empty() && belonging.iter().all(|post| units.contains(&post.unit)),
            };
            within && theirs.iter().all(|other| stands_above(scope, other, &self.registry, self.today))
        });
        reaching.map(|(scope, _)| scope.role).min()
    }
}

/// The posts by which somebody belongs somewhere: of those of today and of days to come, or the last that ended, the
/// main ones; all of them where none is a main one.
fn main_posts(held: Vec<&Position>, today: Date) -> Vec<&Position> {
    let open: Vec<&Position> = held.iter().copied().filter(|post| post.valid_to.is_none_or(|last| last >= today)).collect();
    let counting = if open.is_empty() {
        let last = held.iter().filter_map(|post| post.valid_to).max();
        held.into_iter().filter(|post| post.valid_to == last).collect()
    } else {
        open
    };
    if counting.iter().any(|post| post.primary) { counting.into_iter().filter(|post| post.primary).collect() } else { counting }
}

/// All positions of some people as of now.
pub(super) async fn held(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashMap<PersonId, Vec<Position>>, StoreError> {
    // No set has this name, so only what is applied is found, oldest first.
    let nothing = ChangeSetId(String::new());
    let mut newest: HashMap<PersonId, HashMap<_, Position>> = HashMap::new();
    for version in positions::list_versions(conn, &nothing, people).await? {
        newest.entry(version.person).or_default().insert(version.position.id.clone(), version.position);
    }
    Ok(newest.into_iter().map(|(person, held)| (person, held.into_values().collect())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::PositionId;
    use crate::model::position::PositionKind;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn post(unit: &str, primary: bool, from: Date, to: Option<Date>) -> Position {
        Position {
            id: PositionId(format!("{unit}{from}")),
            unit: UnitId(unit.to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    fn units(held: &[Position]) -> Vec<&str> {
        main_posts(held.iter().collect(), TODAY).into_iter().map(|post| post.unit.as_str()).collect()
    }

    #[test]
    fn people_belong_by_their_main_posts_of_today_and_of_days_to_come() {
        let (past, future) = (date!(2020 - 01 - 01), date!(2027 - 01 - 01));
        let ended = Some(date!(2026 - 01 - 31));
        assert_eq!(units(&[post("a", true, past, None), post("b", false, past, None)]), ["a"]);
        assert_eq!(units(&[post("a", false, past, None), post("b", false, past, None)]), ["a", "b"]);
        assert_eq!(units(&[post("a", true, past, ended), post("b", true, past, None)]), ["b"]);
        assert_eq!(units(&[post("a", true, past, None), post("b", true, future, None)]), ["a", "b"]);
        assert_eq!(units(&[post("a", true, past, ended), post("b", false, past, Some(past))]), ["a"]);
        assert!(units(&[]).is_empty());
    }
}
