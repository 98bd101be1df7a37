//! Ending somebody's access: by whom, as what, how many one administrator ends alone, and who gives it back.
//!
//! Whoever ends the access of more than [`ALONE`] people within a day takes a second person, in slices or not: that is
//! decided while the administrator's roles are held, so that two requests at once are counted one after the other. What
//! was ended is given back by whoever stands where it was done, or above, and by nobody below; that is decided while the
//! person's row is held.
//!
//! Nobody at the console ends the access of the last one who runs the service, or of the account for the worst day: its
//! envelope would be worth nothing on that day.
//!
//! Whoever loses their last post loses their access with it, by a job and on that day. So whoever takes the last post away
//! is counted at once, as if they ended the access ([`let_go_alone`]); what the job does later is no hand of its own.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, lies_in};
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::service::authority::Doer;
use crate::store::persons::{self, Disabling};
use crate::store::{AsEx, StoreError, Tx, admin_roles, approvals, leavings, lifecycles};
use time::Date;

/// So many one administrator disables within [`WITHIN_SECONDS`] without a second person.
pub const ALONE: usize = 20;
/// Disabled people are counted for so long.
pub const WITHIN_SECONDS: i64 = 86_400;

/// By whose hand access ends.
#[derive(Clone, Copy)]
pub enum Hand<'a> {
    /// An administrator, with nobody beside them.
    Alone(&'a Doer),
    /// An administrator who lets happen what somebody else asked for.
    Second(&'a Doer),
    /// Somebody at the command line, who stands above all.
    CommandLine(&'a str),
}

impl Hand<'_> {
    fn disabling(self, now: Millis) -> Disabling {
        let (by, role, bound, alone) = match self {
            Self::Alone(doer) | Self::Second(doer) => {
                let (role, bound) = split(&doer.acting_as);
                (doer.person.as_str(), role, bound, i64::from(matches!(self, Self::Alone(_))))
            }
            Self::CommandLine(name) => (name, AdminRole::System.word(), "", 0),
        };
        Disabling { disabled_at: now.0, disabled_by: by.to_owned(), role: role.to_owned(), bound: bound.to_owned(), alone }
    }
}

/// What came of ending somebody's access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is ended.
    Done,
    /// It was so before.
    Already,
    /// It is the account for the worst day.
    BreakGlass,
    /// They are the last one who runs the service.
    LastOfSystem,
}

/// Stops a person from signing in, and notes who did; false when that is so already, or nobody at the console may do it.
pub async fn disable(tx: &mut Tx, person: &PersonId, now: Millis, hand: Hand<'_>) -> Result<bool, StoreError> {
    Ok(end(tx, person, now, hand).await? == Ending::Done)
}

/// The same, and why not.
pub async fn end(tx: &mut Tx, person: &PersonId, now: Millis, hand: Hand<'_>) -> Result<Ending, StoreError> {
    let done = match hand {
        Hand::CommandLine(_) => persons::disable(tx, person, now).await?,
        Hand::Alone(_) | Hand::Second(_) => {
            if admin_roles::is_break_glass(tx, person, vietnam_date(now)).await? {
                return Ok(Ending::BreakGlass);
            }
            persons::disable_but_last(tx, person, now).await?
        }
    };
    if done {
        note(tx, person, now, hand).await?;
        return Ok(Ending::Done);
    }
    Ok(if persons::hold_enabled(tx, person).await? { Ending::LastOfSystem } else { Ending::Already })
}

/// Notes whose hand ended somebody's access at a moment.
async fn note(tx: &mut Tx, person: &PersonId, now: Millis, hand: Hand<'_>) -> Result<(), StoreError> {
    persons::mark_disabled_by(tx, person, &hand.disabling(now)).await
}

/// Whether an administrator may disable so many more with nobody beside them. Until the transaction ends, nobody else is
/// told so in their name.
pub async fn fits_alone(tx: &mut Tx, services: &Services, by: &Doer, more: usize) -> Result<bool, StoreError> {
    approvals::hold_asker(tx, &by.person).await?;
    would_fit_alone(tx, services, &by.person, more).await
}

/// The same as things stand, for a page that says so beforehand.
pub async fn would_fit_alone(conn: &mut impl AsEx, services: &Services, by: &PersonId, more: usize) -> Result<bool, StoreError> {
    let since = services.clock.now().plus_seconds(-WITHIN_SECONDS);
    let before = persons::count_disabled_alone(conn, by, since).await?;
    Ok(usize::try_from(before).unwrap_or(usize::MAX).saturating_add(more) <= ALONE)
}

/// Whether what becomes of somebody's posts ends their access, then or later: their last day comes nearer.
pub fn ends_access<'p>(before: impl Iterator<Item = &'p Position>, after: impl Iterator<Item = &'p Position>) -> bool {
    // Whoever never had a post has not left; they do when a post that they are given is over.
    last_day(after).is_some_and(|after| after < last_day(before).unwrap_or(Date::MAX))
}

/// The last day of all posts of one's own: the end of the calendar where one is open, and nothing where there is none.
fn last_day<'p>(held: impl Iterator<Item = &'p Position>) -> Option<Date> {
    held.filter(|held| held.delegated_by.is_none()).map(|held| held.valid_to.unwrap_or(Date::MAX)).max()
}

/// Lets an administrator take their last post from people who may sign in with nobody beside them, and counts it as ending
/// their access; false, and nothing is noted, when that takes a second person.
pub async fn let_go_alone(tx: &mut Tx, services: &Services, by: &Doer, people: &[PersonId]) -> Result<bool, StoreError> {
    if !services.settings.lifecycle.leavers {
        return Ok(true);
    }
    let now = services.clock.now();
    if people.is_empty() || admin_roles::is_break_glass(tx, &by.person, vietnam_date(now)).await? {
        return Ok(true);
    }
    if people.len() > ALONE {
        return Ok(false);
    }
    let enabled = leavings::list_enabled(tx, people).await?;
    if enabled.is_empty() {
        return Ok(true);
    }
    if !fits_alone(tx, services, by, enabled.len()).await? {
        return Ok(false);
    }
    // The job that ends the access comes after this moment, so it is never told as done by this hand.
    let before = Millis(now.0 - 1);
    for person in &enabled {
        note(tx, person, before, Hand::Alone(by)).await?;
    }
    Ok(true)
}

/// Whether an administrator may give somebody's access back: who ended it does not stand above them. Until the
/// transaction ends, nobody ends it anew. Where they may, the moment is noted with what gives it back, so that no job ends
/// it again for what was before; a transaction that gives nothing back is given up.
pub async fn may_give_back(tx: &mut Tx, services: &Services, by: &Doer, person: &PersonId) -> Result<bool, StoreError> {
    lifecycles::hold(tx, person).await?;
    let may = stands_high_enough(tx, services, by, person).await?;
    if may {
        lifecycles::mark_let_in(tx, person, services.clock.now()).await?;
    }
    Ok(may)
}

async fn stands_high_enough(tx: &mut Tx, services: &Services, by: &Doer, person: &PersonId) -> Result<bool, StoreError> {
    // What a job did, or nobody remembers, is for whoever reaches the person.
    let Some(ended) = persons::find_disabling(tx, person).await? else { return Ok(true) };
    let Some(theirs) = Standing::read(&ended.role, &ended.bound) else { return Ok(true) };
    let (role, bound) = split(&by.acting_as);
    let Some(own) = Standing::read(role, bound) else { return Ok(false) };
    Ok(own.covers(&theirs, &services.known.registry(), vietnam_date(services.clock.now())))
}

/// A role and what it is bound to, as records say it.
fn split(acting_as: &str) -> (&str, &str) {
    acting_as.split_once(' ').unwrap_or((acting_as, ""))
}

/// As what somebody does something.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    role: AdminRole,
    unit: Option<UnitId>,
}

impl Standing {
    fn read(role: &str, bound: &str) -> Option<Self> {
        let unit = Some(bound).filter(|bound| !bound.is_empty()).map(|bound| UnitId(bound.to_owned()));
        Some(Self { role: AdminRole::from_word(role)?, unit })
    }

    /// Whether what was done as another one may be taken back as this one.
    fn covers(&self, theirs: &Self, registry: &Registry, today: Date) -> bool {
        let units = self.unit.as_ref().zip(theirs.unit.as_ref());
        let is_under = units.is_some_and(|(own, theirs)| lies_in(theirs, own, registry, today));
        match self.role {
            AdminRole::System => true,
            AdminRole::Directory => {
                let stands_below = theirs.role != AdminRole::System;
                (self.unit.is_none() && stands_below)
                    || (is_under && matches!(theirs.role, AdminRole::Directory | AdminRole::Unit))
            }
            AdminRole::Unit => is_under && theirs.role == AdminRole::Unit,
            AdminRole::HelpDesk | AdminRole::Application | AdminRole::Auditor => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::PositionId;
    use crate::model::position::PositionKind;
    use crate::model::unit::{DatedParent, Span, Unit, UnitKind};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn unit(id: &str, kind: UnitKind, above: &[&str]) -> Unit {
        let span = Span::since(date!(2025 - 07 - 01));
        let parents = above.iter().map(|parent| DatedParent { parent: UnitId((*parent).to_owned()), span }).collect();
        Unit { id: UnitId(id.to_owned()), kind, span, codes: Vec::new(), names: Vec::new(), parents }
    }

    fn standing(role: AdminRole, bound: &str) -> Standing {
        Standing::read(role.word(), bound).expect("a role")
    }

    fn post(last: Option<Date>) -> Position {
        Position {
            id: PositionId("p".to_owned()),
            unit: UnitId("a".to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2025 - 07 - 01),
            valid_to: last,
        }
    }

    #[test]
    fn whoever_loses_their_last_post_sooner_loses_their_access() {
        let (open, near, far) = (post(None), post(Some(TODAY)), post(Some(date!(2027 - 01 - 31))));
        let table: [(&str, &[&Position], &[&Position], bool); 8] = [
            ("the only one ends", &[&open], &[&near], true),
            ("it ends later", &[&open], &[&far], true),
            ("another one is open", &[&open, &open], &[&near, &open], false),
            ("all of them end", &[&open, &far], &[&near, &far], true),
            ("an end comes nearer", &[&far], &[&near], true),
            ("an end moves away", &[&near], &[&far], false),
            ("nothing changes", &[&near], &[&near], false),
            ("the first post, which ends", &[], &[&far], true),
        ];
        for (case, before, after, expected) in table {
            assert_eq!(ends_access(before.iter().copied(), after.iter().copied()), expected, "{case}");
        }
        assert!(!ends_access([&near].into_iter(), std::iter::empty()) && !ends_access(std::iter::empty(), [&open].into_iter()));
    }

    #[test]
    fn what_was_done_above_is_not_taken_back_below() {
        use AdminRole::{Auditor, Directory, HelpDesk, System, Unit as OfUnit};
        let units = vec![
            unit("city", UnitKind::ThanhPhoTw, &[]),
            unit("a", UnitKind::Phuong, &["city"]),
            unit("b", UnitKind::Phuong, &["city"]),
        ];
        let registry = Registry::new(1, units, Vec::new());
        let table = [
            ((OfUnit, "a"), (OfUnit, "a"), true),
            ((OfUnit, "city"), (OfUnit, "a"), true),
            ((OfUnit, "a"), (OfUnit, "city"), false),
            ((OfUnit, "a"), (OfUnit, "b"), false),
            ((OfUnit, "city"), (Directory, "a"), false),
            ((OfUnit, "city"), (Directory, ""), false),
            ((OfUnit, "city"), (System, ""), false),
            ((Directory, "a"), (OfUnit, "a"), true),
            ((Directory, "a"), (Directory, "a"), true),
            ((Directory, "a"), (OfUnit, "city"), false),
            ((Directory, "a"), (Directory, ""), false),
            ((Directory, "a"), (System, ""), false),
            ((Directory, ""), (OfUnit, "city"), true),
            ((Directory, ""), (System, ""), false),
            ((System, ""), (System, ""), true),
            ((HelpDesk, ""), (OfUnit, "a"), false),
            ((Auditor, ""), (OfUnit, "a"), false),
        ];
        for ((own, bound), (theirs, of), expected) in table {
            let covers = standing(own, bound).covers(&standing(theirs, of), &registry, TODAY);
            assert_eq!(covers, expected, "{own:?} {bound} over {theirs:?} {of}");
        }
        assert_eq!(Standing::read("", ""), None, "a job stands nowhere");
    }
}
