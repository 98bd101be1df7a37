//! Proofs that an administrator may do something, and over whom.
//!
//! An [`Authority`] is read from the records at each request, so that a role
//! that was taken back counts no more from that moment on. It hands out
//! proofs, and nothing else makes one: what is done for administrators takes a
//! proof as a parameter, and works on what the proof names, not on an id that
//! came beside it. What lies outside an administrator's bounds is answered as
//! if it were not there.

use super::{Failure, Origin, Services};
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope, Helper, stands_above};
use crate::model::authority::{Extent, OverCity, OverClients, OverPeople, OverUnits, allowing, extent, sees};
use crate::model::methods::TWO_FACTORS;
use crate::model::person::Person;
use crate::model::registry::Registry;
use crate::model::sign_on::SignOn;
use crate::store::{admin_roles, persons};
use crate::transient::console_visits;
use std::marker::PhantomData;
use std::sync::Arc;
use time::Date;

/// Who does something, as what, and from where: what a record says of it.
#[derive(Debug, Clone)]
pub struct Doer {
    /// The administrator.
    pub person: PersonId,
    /// The role that allows it, with what it is bound to.
    pub acting_as: String,
    /// From where.
    pub origin: Origin,
}

impl Doer {
    fn new(authority: &Authority, scope: &AdminScope) -> Self {
        let bound = scope.unit.as_ref().map(UnitId::as_str).or(scope.client.as_deref());
        let acting_as = bound.map_or_else(|| scope.role.word().to_owned(), |bound| format!("{} {bound}", scope.role.word()));
        Self { person: authority.person.clone(), acting_as, origin: authority.origin.clone() }
    }

    /// Whether the role as which they act holds another act too.
    pub fn holds<A: crate::model::authority::Act>(&self) -> bool {
        let role = self.acting_as.split(' ').next().and_then(AdminRole::from_word);
        role.is_some_and(|role| A::ROLES.contains(&role))
    }
}

/// Whoever did nothing at the console for so long signs in again.
pub const AWAY_SECONDS: i64 = 900;

/// What became of somebody at the door of the console.
pub enum Entered {
    /// They are in.
    In(Authority),
    /// They were away from it for [`AWAY_SECONDS`], or never there, and their sign-in is older than that.
    Away,
    /// They gave one factor, or a code by e-mail for the second; or an old system said who they are.
    OneFactor,
    /// They administer nothing today.
    Nobody,
}

/// An administrator, with the roles that are theirs today.
pub struct Authority {
    person: PersonId,
    scopes: Vec<AdminScope>,
    registry: Arc<Registry>,
    today: Date,
    origin: Origin,
}

/// May do this over the service as a whole.
pub struct City<A> {
    /// Who.
    pub by: Doer,
    act: PhantomData<A>,
}

/// May do this to whoever lies in an extent: for lists.
pub struct People<A> {
    /// Who.
    pub by: Doer,
    extent: Extent,
    act: PhantomData<A>,
}

impl<A> People<A> {
    /// How far it reaches.
    pub fn extent(&self) -> &Extent {
        &self.extent
    }
}

/// May do this to one person.
pub struct One<A> {
    /// Who.
    pub by: Doer,
    person: Person,
    act: PhantomData<A>,
}

impl<A> One<A> {
    /// To whom: as the records had them when the proof was made, disabled or not.
    pub fn person(&self) -> &Person {
        &self.person
    }
}

/// May do this in some units: one that was asked for, or all of them.
pub struct Units<A> {
    /// Who.
    pub by: Doer,
    extent: Extent,
    act: PhantomData<A>,
}

impl<A> Units<A> {
    /// The units.
    pub fn extent(&self) -> &Extent {
        &self.extent
    }

    /// Whether a unit is one of them.
    pub fn holds(&self, unit: &UnitId) -> bool {
        self.extent.holds(unit)
    }
}

/// May do this with one client.
pub struct OneClient<A> {
    /// Who.
    pub by: Doer,
    client: String,
    act: PhantomData<A>,
}

impl<A> OneClient<A> {
    /// Which.
    pub fn client(&self) -> &str {
        &self.client
    }
}

impl Authority {
    /// The administrator of a sign-on, with their roles read from the records.
    pub async fn enter(services: &Services, sign_on: &SignOn, origin: &Origin) -> Result<Entered, Failure> {
        let now = services.clock.now();
        let today = vietnam_date(now);
        let mut scopes = admin_roles::list(&mut services.store.read().await?, &sign_on.person).await?;
        scopes.retain(|scope| scope.in_force_on(today));
        // Whoever holds several roles acts as the one that reaches furthest.
        scopes.sort_by_key(|scope| (scope.role, scope.unit.is_some()));
        if scopes.is_empty() {
            return Ok(Entered::Nobody);
        }
        // What an old system says makes nobody an administrator, however much it says.
        if sign_on.level < TWO_FACTORS || sign_on.is_by_mail() || sign_on.legacy.is_some() {
            return Ok(Entered::OneFactor);
        }
        let fresh = sign_on.authenticated_within(AWAY_SECONDS, now);
        if !fresh && !console_visits::is_there(&services.transient, &sign_on.id, now).await? {
            return Ok(Entered::Away);
        }
        console_visits::mark(&services.transient, &sign_on.id, AWAY_SECONDS, now).await?;
        let registry = services.known.registry();
        let person = sign_on.person.clone();
        Ok(Entered::In(Self { person, scopes, registry, today, origin: origin.clone() }))
    }

    /// Who it is.
    pub fn person(&self) -> &PersonId {
        &self.person
    }

    /// The roles of today.
    pub fn scopes(&self) -> &[AdminScope] {
        &self.scopes
    }

    /// The registry that bounds are read in.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The day that bounds are read on.
    pub fn today(&self) -> Date {
        self.today
    }

    /// From where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Over the service as a whole.
    pub fn city<A: OverCity>(&self) -> Option<City<A>> {
        // A role that is bound to a unit is none over the city.
        let scope = allowing::<A>(&self.scopes, self.today).find(|scope| scope.unit.is_none() && scope.client.is_none())?;
        Some(City { by: Doer::new(self, scope), act: PhantomData })
    }

    /// Over whoever lies within its bounds, for lists. Who is on a list is seen; reaching in needs [`Authority::one`].
    pub fn people<A: OverPeople>(&self) -> Option<People<A>> {
        let extent = extent::<A>(&self.scopes, &self.registry, self.today)?;
        let scope = self.widest::<A>()?;
        Some(People { by: Doer::new(self, scope), extent, act: PhantomData })
    }

    /// Over one person. Nothing for whom this administrator may not do it to, and for whom there is not.
    pub async fn one<A: OverPeople>(&self, services: &Services, id: &PersonId) -> Result<Option<One<A>>, Failure> {
        let mut conn = services.store.read().await?;
        let Some(person) = persons::find(&mut conn, id).await? else { return Ok(None) };
        let theirs = admin_roles::list(&mut conn, id).await?;
        drop(conn);
        Ok(self.over::<A>(&person, &theirs).map(|by| One { by, person, act: PhantomData }))
    }

    fn over<A: OverPeople>(&self, person: &Person, theirs: &[AdminScope]) -> Option<Doer> {
        if A::REACHES_IN {
            let helper = Helper { id: &self.person, scopes: &self.scopes };
            let scope = helper.reaches(A::ROLES, (person, theirs), &self.registry, self.today)?;
            return Some(Doer::new(self, scope));
        }
        let seen = |scope: &&AdminScope| {
            let extent = extent::<A>(std::slice::from_ref(*scope), &self.registry, self.today);
            extent.is_some_and(|extent| sees(&extent, person, self.today))
        };
        let scope = self.scopes.iter().find(seen)?;
        Some(Doer::new(self, scope))
    }

    /// In all units within its bounds.
    pub fn units<A: OverUnits>(&self) -> Option<Units<A>> {
        let extent = extent::<A>(&self.scopes, &self.registry, self.today)?;
        let scope = self.widest::<A>()?;
        Some(Units { by: Doer::new(self, scope), extent, act: PhantomData })
    }

    /// In one unit. Nothing where that lies outside its bounds.
    pub fn unit<A: OverUnits>(&self, unit: &UnitId) -> Option<Units<A>> {
        let proof = self.units::<A>()?;
        proof.holds(unit).then(|| Units {
            by: proof.by,
            extent: Extent::Units(std::iter::once(unit.clone()).collect()),
            act: PhantomData,
        })
    }

    /// With one client. Whether there is such a client is for the reader to say.
    pub fn client<A: OverClients>(&self, client: &str) -> Option<OneClient<A>> {
        let scope = allowing::<A>(&self.scopes, self.today).find(|scope| match scope.role {
            AdminRole::Application => scope.client.as_deref() == Some(client),
            AdminRole::System | AdminRole::Directory | AdminRole::Auditor => scope.unit.is_none(),
            AdminRole::Unit | AdminRole::HelpDesk => false,
        })?;
        Some(OneClient { by: Doer::new(self, scope), client: client.to_owned(), act: PhantomData })
    }

    /// Whether there is any client at all that an act is allowed with.
    pub fn reads_clients<A: OverClients>(&self) -> bool {
        allowing::<A>(&self.scopes, self.today).next().is_some()
    }

    /// Whether this administrator stands above a role that somebody would be given, or has: nobody gives more than they hold.
    pub fn stands_above(&self, role: &AdminScope) -> bool {
        self.scopes.iter().any(|scope| stands_above(scope, role, &self.registry, self.today))
    }

    /// The scope that names the doer of an act on many: one over the city where there is one.
    fn widest<A: crate::model::authority::Act>(&self) -> Option<&AdminScope> {
        let mut allowing: Vec<&AdminScope> = allowing::<A>(&self.scopes, self.today).collect();
        allowing.sort_by_key(|scope| scope.unit.is_some() || scope.client.is_some());
        allowing.first().copied()
    }
}
