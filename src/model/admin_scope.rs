//! Who administers what: a role, by date, and the unit or the client that it is bound to.
//!
//! Here is decided who reaches into whose account. Whoever hands out a way back
//! could use it themselves, so nobody helps themselves, and nobody helps a
//! person who may do more than they may. Which role holds which act is the
//! table of [`super::authority`].

use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use super::unit::Certainty;
use crate::base::id::{PersonId, UnitId};
use time::Date;

/// Wrong tries before the code that an administrator told somebody counts no more: few beside its 49 bits, and too many
/// for a stranger to use up by the way.
pub const CODE_TRIES: i64 = 100;

/// What an administrator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AdminRole {
    /// Runs the service: everything and everybody.
    System,
    /// Keeps the directory of people.
    Directory,
    /// Looks after the people of one unit, and of all units under it.
    Unit,
    /// Answers calls.
    HelpDesk,
    /// Looks after one client.
    Application,
    /// Reads the records, and changes nothing.
    Auditor,
}

impl AdminRole {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::System, Self::Directory, Self::Unit, Self::HelpDesk, Self::Application, Self::Auditor];

    /// The word by which it is stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Directory => "directory",
            Self::Unit => "unit",
            Self::HelpDesk => "help-desk",
            Self::Application => "application",
            Self::Auditor => "auditor",
        }
    }

    /// Reads [`AdminRole::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What must be named beside it, and what may be.
    pub fn bound_to(self) -> Bound {
        match self {
            Self::System | Self::Auditor => Bound::Nothing,
            Self::Directory | Self::HelpDesk => Bound::PerhapsUnit,
            Self::Unit => Bound::Unit,
            Self::Application => Bound::Client,
        }
    }
}

/// What a role is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The whole city.
    Nothing,
    /// The whole city, or one unit with all under it.
    PerhapsUnit,
    /// One unit with all under it.
    Unit,
    /// One client.
    Client,
}

/// A role that somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminScope {
    /// Its identity.
    pub id: String,
    /// The role.
    pub role: AdminRole,
    /// Only in this unit and under it.
    pub unit: Option<UnitId>,
    /// Only for this client.
    pub client: Option<String>,
    /// First day.
    pub valid_from: Date,
    /// Last day, inclusive; open when `None`.
    pub valid_to: Option<Date>,
}

impl AdminScope {
    /// True while the role counts.
    pub fn in_force_on(&self, on: Date) -> bool {
        self.valid_from <= on && !self.is_over_on(on)
    }

    /// True when the role never counts again.
    pub fn is_over_on(&self, on: Date) -> bool {
        self.valid_to.is_some_and(|last| last < on)
    }
}

/// Who wants to do something, as they stand now.
#[derive(Debug, Clone, Copy)]
pub struct Helper<'a> {
    /// Their identity.
    pub id: &'a PersonId,
    /// What they administer.
    pub scopes: &'a [AdminScope],
}

impl Helper<'_> {
    /// The scope by which an act that these roles hold reaches into a person's account: the person belongs to what it
    /// looks after today, and is no administrator whom it does not stand above.
    pub fn reaches(
        &self,
        roles: &[AdminRole],
        (person, theirs): (&Person, &[AdminScope]),
        registry: &Registry,
        today: Date,
    ) -> Option<&AdminScope> {
        if *self.id == person.id {
            return None;
        }
        // What begins tomorrow is guarded today: whoever gets in now is still in then.
        let theirs: Vec<&AdminScope> = theirs.iter().filter(|scope| !scope.is_over_on(today)).collect();
        self.scopes.iter().filter(|scope| scope.in_force_on(today) && roles.contains(&scope.role)).find(|scope| {
            holds(scope, person, registry, today) && theirs.iter().all(|other| stands_above(scope, other, registry, today))
        })
    }
}

/// Whether a person belongs to what a scope looks after: by their main posts, or by every post when none is a main one.
/// A post held beside in somebody's unit does not hand the whole account to that unit, nor while the main one waits for a
/// decision. Nor does what another one handed to them: they belong where they were before.
fn holds(scope: &AdminScope, person: &Person, registry: &Registry, today: Date) -> bool {
    let Some(unit) = &scope.unit else { return scope.client.is_none() && scope.role != AdminRole::Unit };
    let mut held = person.positions_on(today);
    held.retain(|position| position.delegated_by.is_none());
    let main = held.iter().any(|position| position.primary);
    if !main && waits_for_main_post(person.positions.iter(), registry, today) {
        return false;
    }
    let mut counting = held.into_iter().filter(|position| position.primary || !main).peekable();
    counting.peek().is_some() && counting.all(|position| lies_in(&position.unit, unit, registry, today))
}

/// Whether somebody's main post ended with its unit, and none began since: a decision says where it goes on.
pub fn waits_for_main_post<'p>(posts: impl Iterator<Item = &'p Position> + Clone, registry: &Registry, today: Date) -> bool {
    let main = posts.filter(move |post| post.primary && post.valid_from <= today);
    let ended_with_unit = |post: &Position| {
        let end = registry.unit(&post.unit)?.span.to.filter(|end| *end < today)?;
        // One that had not begun then was never held there.
        let is_so = post.valid_to.is_some_and(|last| last == end || (last > end && !post.was_ever_held()));
        is_so.then_some(end)
    };
    let begun_after = |end: Date| main.clone().any(|next| next.valid_from > end && next.was_ever_held());
    main.clone().filter_map(ended_with_unit).any(|end| !begun_after(end))
}

/// Whether a scope stands above one that the other person has, or would be given.
pub fn stands_above(scope: &AdminScope, other: &AdminScope, registry: &Registry, today: Date) -> bool {
    match scope.role {
        AdminRole::System => true,
        AdminRole::Directory => match other.role {
            AdminRole::Unit | AdminRole::HelpDesk => match (&scope.unit, &other.unit) {
                (None, _) => true,
                (Some(own), Some(theirs)) => lies_in(theirs, own, registry, today),
                (Some(_), None) => false,
            },
            AdminRole::System | AdminRole::Directory | AdminRole::Application | AdminRole::Auditor => false,
        },
        AdminRole::Unit => {
            let strictly_under = |own: &UnitId, theirs: &UnitId| own != theirs && lies_in(theirs, own, registry, today);
            let units = scope.unit.as_ref().zip(other.unit.as_ref());
            other.role == AdminRole::Unit && units.is_some_and(|(own, theirs)| strictly_under(own, theirs))
        }
        AdminRole::HelpDesk | AdminRole::Application | AdminRole::Auditor => false,
    }
}

/// Whether a unit is another one, or lies under it today. A unit that is gone holds nothing any more.
pub fn lies_in(unit: &UnitId, above: &UnitId, registry: &Registry, today: Date) -> bool {
    let Some(above) = registry.unit(above).filter(|above| above.span.holds_on(today) != Certainty::No) else { return false };
    let Some(unit) = registry.unit(unit) else { return false };
    unit.id == above.id || registry.path_on(unit, today).into_iter().any(|higher| higher.id == above.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::PositionId;
    use crate::model::authority::{Act as _, HelpPeople};
    use crate::model::position::PositionKind;
    use crate::model::unit::{DatedParent, Span, Unit, UnitKind};
    use std::collections::BTreeMap;
    use time::macros::date;

    type Case<'a> = (&'a str, AdminScope, &'a [(&'a str, bool)], bool);

    const TODAY: Date = date!(2026 - 11 - 22);
    const LAST: Date = date!(2025 - 06 - 30);
    const FIRST: Date = date!(2025 - 07 - 01);

    fn id(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    fn unit(name: &str, kind: UnitKind, span: Span, parents: &[&str]) -> Unit {
        let parents = parents.iter().map(|parent| DatedParent { parent: id(parent), span }).collect();
        Unit { id: id(name), kind, span, codes: Vec::new(), names: Vec::new(), parents }
    }

    /// A city with two wards, and the district that one of them came from.
    fn registry() -> Registry {
        let units = vec![
            unit("city", UnitKind::ThanhPhoTw, Span::since(date!(1976 - 07 - 02)), &[]),
            unit("a", UnitKind::Phuong, Span::since(FIRST), &["city"]),
            unit("b", UnitKind::Phuong, Span::since(FIRST), &["city"]),
            unit("district", UnitKind::Quan, Span::until(LAST), &["city"]),
            unit("old", UnitKind::Phuong, Span::until(LAST), &["district"]),
        ];
        Registry::new(1, units, Vec::new())
    }

    fn position(place: &str, primary: bool) -> Position {
        Position {
            id: PositionId(format!("{place} {primary}")),
            unit: id(place),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2020 - 01 - 01),
            valid_to: None,
        }
    }

    fn person(name: &str, positions: &[(&str, bool)]) -> Person {
        Person {
            id: PersonId(name.to_owned()),
            username: name.to_owned(),
            full_name: name.to_owned(),
            date_of_birth: None,
            email: None,
            phone: None,
            employee_code: None,
            claims: BTreeMap::new(),
            disabled_at: None,
            updated_at: Millis(0),
            positions: positions.iter().map(|(place, primary)| position(place, *primary)).collect(),
            roles: Vec::new(),
            has_personal_number: false,
            beside: crate::model::behind::Beside::default(),
        }
    }

    fn scope(role: AdminRole, place: Option<&str>) -> AdminScope {
        AdminScope { id: String::new(), role, unit: place.map(id), client: None, valid_from: FIRST, valid_to: None }
    }

    fn may(helper: &AdminScope, person: &Person, theirs: &[AdminScope]) -> bool {
        let helper_id = PersonId("helper".to_owned());
        let scopes = [helper.clone()];
        let helper = Helper { id: &helper_id, scopes: &scopes };
        helper.reaches(HelpPeople::ROLES, (person, theirs), &registry(), TODAY).is_some()
    }

    #[test]
    fn words_of_roles_read_back() {
        for role in AdminRole::ALL {
            assert_eq!(AdminRole::from_word(role.word()), Some(role));
        }
        assert_eq!(AdminRole::from_word("System"), None);
    }

    #[test]
    fn a_person_is_helped_by_whoever_looks_after_their_main_post() {
        use AdminRole::{Application, Auditor, Directory, HelpDesk, System, Unit};
        let in_a: &[(&str, bool)] = &[("a", true)];
        let table: &[Case<'_>] = &[
            ("the same unit", scope(Unit, Some("a")), in_a, true),
            ("the unit above", scope(Unit, Some("city")), in_a, true),
            ("another unit", scope(Unit, Some("b")), in_a, false),
            ("a unit administrator of no unit", scope(Unit, None), in_a, false),
            ("a post beside does not count", scope(Unit, Some("a")), &[("b", true), ("a", false)], false),
            ("the main post does", scope(Unit, Some("a")), &[("a", true), ("b", false)], true),
            ("posts beside only: all of them", scope(Unit, Some("a")), &[("a", false), ("b", false)], false),
            ("two main posts: both of them", scope(Unit, Some("a")), &[("a", true), ("b", true)], false),
            ("a unit that is gone, for the unit above it", scope(Unit, Some("city")), &[("old", true)], true),
            ("a unit that is gone holds nothing", scope(Unit, Some("district")), &[("old", true)], false),
            ("nor itself", scope(Unit, Some("old")), &[("old", true)], false),
            ("nobody's", scope(Unit, Some("city")), &[], false),
            ("nobody's is the directory's", scope(Directory, None), &[], true),
            ("the help desk", scope(HelpDesk, None), in_a, true),
            ("a help desk of another unit", scope(HelpDesk, Some("b")), in_a, false),
            ("the system", scope(System, None), &[], true),
            ("an auditor", scope(Auditor, None), in_a, false),
            ("who looks after a client", scope(Application, None), in_a, false),
        ];
        for (case, helper, positions, expected) in table {
            assert_eq!(may(helper, &person("kim", positions), &[]), *expected, "{case}");
        }
    }

    #[test]
    fn what_another_one_handed_to_somebody_hands_them_to_nobody_and_takes_them_from_nobody() {
        let lent = |place: &str| Position { delegated_by: Some(PersonId("giver".to_owned())), ..position(place, false) };
        let table = [
            ("beside a main post", vec![position("a", true), lent("b")], (true, false)),
            ("where there is no main one", vec![position("a", false), lent("b")], (true, false)),
            ("and nothing else", vec![lent("b")], (false, false)),
        ];
        for (case, positions, (own, lenders)) in table {
            let kim = Person { positions, ..person("kim", &[]) };
            assert_eq!(may(&scope(AdminRole::Unit, Some("a")), &kim, &[]), own, "{case}: the administrator of their unit");
            assert_eq!(may(&scope(AdminRole::Unit, Some("b")), &kim, &[]), lenders, "{case}: the one of the post that was lent");
        }
    }

    #[test]
    fn a_post_beside_hands_nobody_over_whose_main_post_waits_for_a_decision() {
        let beside = position("a", false);
        let old = |first: Date, last: Date| Position { valid_from: first, valid_to: Some(last), ..position("old", true) };
        let waits = old(date!(2020 - 01 - 01), LAST);
        let not_begun = old(FIRST, LAST);
        let by_itself = old(date!(2020 - 01 - 01), date!(2024 - 12 - 31));
        let since = Position { valid_from: FIRST, valid_to: Some(date!(2026 - 01 - 31)), ..position("b", true) };
        let taken_back = since.clone().never_held();
        let table = [
            ("ended with its unit", vec![&waits], true),
            ("never begun there", vec![&not_begun], true),
            ("gone on, and taken back", vec![&waits, &taken_back], true),
            ("ended by itself", vec![&by_itself], false),
            ("gone on, and ended since", vec![&waits, &since], false),
        ];
        for (case, main, is_waiting) in table {
            let positions = main.into_iter().chain([&beside]).cloned().collect();
            let kim = Person { positions, ..person("kim", &[]) };
            assert_eq!(waits_for_main_post(kim.positions.iter(), &registry(), TODAY), is_waiting, "{case}");
            assert_eq!(may(&scope(AdminRole::Unit, Some("a")), &kim, &[]), !is_waiting, "{case}");
            assert!(may(&scope(AdminRole::Directory, None), &kim, &[]), "{case}: the directory");
        }
    }

    #[test]
    fn nobody_takes_over_whoever_does_not_stand_below() {
        use AdminRole::{Application, Auditor, Directory, HelpDesk, System, Unit};
        let city = || scope(Unit, Some("city"));
        let table = [
            (city(), scope(Unit, Some("a")), true),
            (scope(Unit, Some("a")), scope(Unit, Some("a")), false),
            (scope(Unit, Some("a")), city(), false),
            (city(), scope(HelpDesk, Some("a")), false),
            (city(), scope(Directory, None), false),
            (city(), scope(System, None), false),
            (city(), scope(Auditor, None), false),
            (city(), scope(Application, None), false),
            (scope(HelpDesk, None), scope(HelpDesk, None), false),
            (scope(HelpDesk, None), scope(Unit, Some("a")), false),
            (scope(Directory, None), scope(Unit, Some("a")), true),
            (scope(Directory, None), scope(HelpDesk, None), true),
            (scope(Directory, Some("a")), scope(HelpDesk, None), false),
            (scope(Directory, Some("a")), city(), false),
            (scope(Directory, Some("a")), scope(Unit, Some("a")), true),
            (scope(Directory, None), scope(Directory, None), false),
            (scope(Directory, None), scope(System, None), false),
            (scope(Directory, None), scope(Auditor, None), false),
            (scope(System, None), scope(System, None), true),
        ];
        for (helper, theirs, expected) in table {
            let kim = person("kim", &[("a", true)]);
            assert_eq!(may(&helper, &kim, std::slice::from_ref(&theirs)), expected, "{helper:?} {theirs:?}");
        }
    }

    #[test]
    fn nobody_helps_themselves_and_days_count() {
        let system = scope(AdminRole::System, None);
        assert!(!may(&system, &person("helper", &[]), &[]));

        let kim = person("kim", &[("a", true)]);
        let over = AdminScope { valid_to: Some(date!(2026 - 11 - 21)), ..system.clone() };
        let last_day = AdminScope { valid_to: Some(TODAY), ..system.clone() };
        let tomorrow = AdminScope { valid_from: date!(2026 - 11 - 23), ..system.clone() };
        assert_eq!([&over, &last_day, &tomorrow].map(|helper| may(helper, &kim, &[])), [false, true, false]);

        let unit = scope(AdminRole::Unit, Some("city"));
        assert!(may(&unit, &kim, std::slice::from_ref(&over)), "what is over guards nobody");
        assert!(!may(&unit, &kim, std::slice::from_ref(&tomorrow)), "what is to come does");
    }
}
