//! What administrators may do: one table of acts, each with the roles that hold it.
//!
//! An act is a type. Whoever does something for an administrator asks for a
//! proof that names the act and whom it is over (`service::authority`), and a
//! proof comes from nowhere but this table: so a check that was forgotten does
//! not compile, and a right is changed in one place.

use super::admin_scope::{AdminRole, AdminScope, lies_in};
use super::person::Person;
use super::position::Position;
use super::registry::Registry;
use crate::base::id::UnitId;
use std::collections::BTreeSet;
use time::Date;

/// Something that administrators do.
pub trait Act: Send + Sync + 'static {
    /// Its word, for records.
    const WORD: &'static str;
    /// The roles that hold it.
    const ROLES: &'static [AdminRole];
}

/// An act on people.
pub trait OverPeople: Act {
    /// True when the act reaches into an account: only whoever looks after the person's main posts may do it, to nobody
    /// above themselves, and never to themselves. False when it only looks.
    const REACHES_IN: bool;
}

/// An act on a unit.
pub trait OverUnits: Act {}

/// An act of whoever may do another too, which only looks: who changes something sees it.
pub trait Sees<Looking: Act>: Act {}

impl<A: Act> Sees<A> for A {}

macro_rules! sees {
    ($($doing:ident sees $looking:ident;)+) => {
        $(impl Sees<$looking> for $doing {})+

        /// Acts that see what another lets somebody look at: the roles of the one hold the other.
        #[cfg(test)]
        const SEEING: &[(&[AdminRole], &[AdminRole])] = &[$((<$doing as Act>::ROLES, <$looking as Act>::ROLES)),+];
    };
}

sees! {
    AddPeople sees ReadImports;
    OnboardUnits sees ReadOnboarding;
    EditCodes sees ReadCodes;
    EditTemplate sees ReadTemplate;
    WritePlans sees ReadPlans;
}

/// An act on a client.
pub trait OverClients: Act {}

/// An act on the service as a whole.
pub trait OverCity: Act {}

macro_rules! act {
    ($(#[$doc:meta])* $name:ident, $word:literal, $($role:ident)+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl Act for $name {
            const WORD: &'static str = $word;
            const ROLES: &'static [AdminRole] = &[$(AdminRole::$role),+];
        }
    };
}

macro_rules! acts {
    (
        looking { $($(#[$l_doc:meta])* $l:ident = $l_word:literal: $($l_role:ident)+;)* }
        reaching_in { $($(#[$r_doc:meta])* $r:ident = $r_word:literal: $($r_role:ident)+;)* }
        units { $($(#[$u_doc:meta])* $u:ident = $u_word:literal: $($u_role:ident)+;)* }
        clients { $($(#[$c_doc:meta])* $c:ident = $c_word:literal: $($c_role:ident)+;)* }
        city { $($(#[$s_doc:meta])* $s:ident = $s_word:literal: $($s_role:ident)+;)* }
    ) => {
        $(act!($(#[$l_doc])* $l, $l_word, $($l_role)+); impl OverPeople for $l { const REACHES_IN: bool = false; })*
        $(act!($(#[$r_doc])* $r, $r_word, $($r_role)+); impl OverPeople for $r { const REACHES_IN: bool = true; })*
        $(act!($(#[$u_doc])* $u, $u_word, $($u_role)+); impl OverUnits for $u {})*
        $(act!($(#[$c_doc])* $c, $c_word, $($c_role)+); impl OverClients for $c {})*
        $(act!($(#[$s_doc])* $s, $s_word, $($s_role)+); impl OverCity for $s {})*

        /// Every act by its word, with the roles that hold it.
        pub const TABLE: &[(&str, &[AdminRole])] = &[
            $((<$l as Act>::WORD, <$l as Act>::ROLES),)*
            $((<$r as Act>::WORD, <$r as Act>::ROLES),)*
            $((<$u as Act>::WORD, <$u as Act>::ROLES),)*
            $((<$c as Act>::WORD, <$c as Act>::ROLES),)*
            $((<$s as Act>::WORD, <$s as Act>::ROLES),)*
        ];
    };
}

acts! {
    looking {
        /// Finding people, and seeing who they are.
        ReadPeople = "people.read": System Directory Unit HelpDesk Auditor;
        /// When and where somebody signed in and is signed on, and what was done to their account.
        ReadHistory = "people.history": System Directory Unit Auditor;
        /// Taking a list of people away.
        ExportPeople = "people.export": System Directory Unit Auditor;
        /// What people say is wrong about themselves.
        ReadReports = "people.reports": System Directory Unit Auditor;
    }
    reaching_in {
        /// Names, addresses, positions.
        EditPeople = "people.edit": System Directory Unit;
        /// Ending somebody's access, and giving it back.
        DisablePeople = "people.disable": System Directory Unit;
        /// A way back in, an end to a lock, an end to sessions.
        HelpPeople = "people.help": System Directory Unit HelpDesk;
        /// Roles in clients.
        GrantRoles = "people.roles": System Directory Unit;
        /// Answering what somebody says is wrong about themselves.
        AnswerReports = "people.answer": System Directory Unit;
        /// The whole personal number, with a reason.
        ReadPersonalNumber = "people.number": System Directory;
        /// Making somebody an administrator, or no longer one.
        Appoint = "people.appoint": System Directory Unit;
        /// Removing what is known of somebody, for good.
        ErasePeople = "people.erase": System;
    }
    units {
        /// People that are new to the directory, and files of them.
        AddPeople = "units.people": System Directory Unit;
        /// Files of people that were sent, and what each row would do.
        ReadImports = "units.imports": System Directory Unit Auditor;
        /// How far a unit has come.
        ReadReadiness = "units.readiness": System Directory Unit Auditor;
        /// Giving a unit its administrator, posts and rights by the template.
        OnboardUnits = "units.onboard": System Directory;
        /// What the template gives to units, run by run.
        ReadOnboarding = "units.onboarding": System Directory Auditor;
        /// Files of units' codes, and what they changed.
        ReadCodes = "units.codes.read": System Directory Auditor;
        /// Codes of units, and the file of agency codes.
        EditCodes = "units.codes": System Directory;
        /// Saying who keeps their access.
        ReviewAccess = "units.review": System Directory Unit;
        /// What came of those reviews.
        ReadReviews = "units.reviews": System Directory Unit Auditor;
        /// How many sign in: of the whole city, or of some units.
        ReadFigures = "units.figures": System Directory Unit Auditor;
        /// Saying whose an account of an old system is, and to which unit it belongs.
        ReviewLegacy = "units.legacy": System Directory Unit;
        /// Saying where posts of a unit that is divided go on.
        PlacePeople = "plans.place": System Directory Unit;
    }
    clients {
        /// How a client is set up, and who can enter it.
        ReadClients = "clients.read": System Directory Auditor Application;
        /// Its addresses, secrets and keys.
        EditClients = "clients.edit": System Application;
        /// Its roles, for whomever its owner names.
        GrantInClient = "clients.grant": System Directory Application;
        /// Another try for what it was to be told, and was not.
        RetryDeliveries = "clients.retry": System Application;
    }
    city {
        /// Connecting another client.
        AddClients = "city.clients": System;
        /// Signing keys, nodes, logout receipts, rules, jobs.
        ReadRuntime = "city.runtime": System Auditor;
        /// Making and withdrawing signing keys.
        RotateKeys = "city.keys": System;
        /// The records.
        ReadAudit = "city.audit": System Auditor;
        /// Taking the records away.
        ExportAudit = "city.audit.export": System Auditor;
        /// Acts on many people, whoever chose them.
        ReadBulks = "city.bulks": System Auditor;
        /// What the template by which units begin is.
        ReadTemplate = "city.template.read": System Directory Auditor;
        /// The template by which units begin.
        EditTemplate = "city.template": System Directory;
        /// Reviews of access: when they begin, what came of all of them.
        RunReviews = "city.reviews": System Directory;
        /// Where accounts of old systems come from, and who still needs them.
        ReadSources = "city.sources.read": System Directory Auditor;
        /// Setting such a source up, and stopping it.
        EditSources = "city.sources.edit": System;
        /// Trusting a source of people no more. It takes a second person.
        RemoveSource = "city.sources": System;
        /// What plans of re-organization do, and how they stand.
        ReadPlans = "plans.read": System Directory Auditor;
        /// Registering such plans, approving them, carrying them out and taking them back.
        WritePlans = "plans.write": System Directory;
    }
}

/// Over one person it reaches in: whose somebody's accounts are is said by whoever looks after that person.
impl OverPeople for ReviewLegacy {
    const REACHES_IN: bool = true;
}

/// In a unit: to whoever has a post there, not one by one.
impl OverUnits for GrantRoles {}

/// How far a right reaches over people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// Everybody, also those without a position.
    City,
    /// Whoever belongs to one of these units.
    Units(BTreeSet<UnitId>),
}

impl Extent {
    /// Whether a unit lies in it.
    pub fn holds(&self, unit: &UnitId) -> bool {
        match self {
            Self::City => true,
            Self::Units(units) => units.contains(unit),
        }
    }
}

/// The scopes that allow an act on a day.
pub fn allowing<A: Act>(scopes: &[AdminScope], today: Date) -> impl Iterator<Item = &AdminScope> {
    scopes.iter().filter(move |scope| scope.in_force_on(today) && A::ROLES.contains(&scope.role))
}

/// How far an act reaches by these scopes; none when they do not allow it at all.
pub fn extent<A: Act>(scopes: &[AdminScope], registry: &Registry, today: Date) -> Option<Extent> {
    let mut units = BTreeSet::new();
    let mut any = false;
    for scope in allowing::<A>(scopes, today) {
        match (&scope.unit, scope.role) {
            (Some(unit), _) => {
                any = true;
                units.extend(under(unit, registry, today));
            }
            // Whose role is bound to a unit or a client, and names none, holds nothing.
            (None, AdminRole::Unit | AdminRole::Application) => {}
            (None, AdminRole::System | AdminRole::Directory | AdminRole::HelpDesk | AdminRole::Auditor) => {
                return Some(Extent::City);
            }
        }
    }
    any.then_some(Extent::Units(units))
}

/// A unit and all that lie under it today, also those that are gone and were never moved elsewhere.
fn under(unit: &UnitId, registry: &Registry, today: Date) -> Vec<UnitId> {
    let within = registry.units().filter(|other| lies_in(&other.id, unit, registry, today));
    within.map(|other| other.id.clone()).collect()
}

/// The positions by which a person belongs somewhere: those of today and of days to come, or the last that ended. What
/// another one handed to them is none: nobody gives the sight of somebody's account away by that.
pub fn belonging(person: &Person, today: Date) -> Vec<&Position> {
    let own = || person.positions.iter().filter(|held| held.delegated_by.is_none());
    let open: Vec<&Position> = own().filter(|held| held.valid_to.is_none_or(|last| last >= today)).collect();
    if !open.is_empty() {
        return open;
    }
    let last = own().filter_map(|held| held.valid_to).max();
    own().filter(|held| held.valid_to == last).collect()
}

/// Whether an act that only looks reaches a person.
pub fn sees(extent: &Extent, person: &Person, today: Date) -> bool {
    match extent {
        Extent::City => true,
        Extent::Units(units) => belonging(person, today).into_iter().any(|held| units.contains(&held.unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_do_something_may_look_at_it() {
        for (doing, looking) in SEEING {
            assert!(doing.iter().all(|role| looking.contains(role)), "{doing:?} {looking:?}");
            assert!(looking.contains(&AdminRole::Auditor) && !doing.contains(&AdminRole::Auditor), "{doing:?} {looking:?}");
        }
    }
}
