//! Reading people and the registry: each person beside the units that were there with them.

use super::{Known, KnownPerson, borrowed};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::as_of::AsOf;
use crate::model::entitlement::GroupGrant;
use crate::model::lifecycle::waits;
use crate::model::person::Person;
use crate::model::registry::Registry;
use crate::model::role::RoleGrant;
use crate::store::{
    Conn, Store, StoreError, admin_roles, group_grants, methods, persons, position_choices, positions, role_grants, units,
};
use std::sync::{Arc, PoisonError};
use time::Date;

/// So often the registry may change while something is read beside it.
const TURNS: usize = 10;

async fn all_groups(store: &Store) -> Result<Vec<GroupGrant>, StoreError> {
    let stored = group_grants::list(&mut store.read().await?).await?;
    Ok(stored.into_iter().map(|stored| stored.grant).collect())
}

impl Known {
    /// The unit registry as of the last change.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Which version of the registry is remembered.
    fn registry_version(&self) -> i64 {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).version()
    }

    /// The registry as it is in the store: what is remembered, if that is it.
    async fn present_registry(&self, conn: &mut Conn) -> Result<Arc<Registry>, StoreError> {
        let version = units::version(conn).await?;
        let known = self.registry();
        if known.version() == version {
            return Ok(known);
        }
        let _turn = self.registry_turn.lock().await;
        let known = self.registry();
        if known.version() == version { Ok(known) } else { self.read_registry(conn).await }
    }

    /// Reads the registry anew, and remembers it; also when its version is a lower one, as after a backup was restored.
    pub(super) async fn read_registry(&self, conn: &mut Conn) -> Result<Arc<Registry>, StoreError> {
        for _ in 0..TURNS {
            let before = units::version(conn).await?;
            let read = units::load(conn).await;
            // Changed while it was read: some of it is older than the rest, or cannot be read beside it.
            if units::version(conn).await? != before {
                continue;
            }
            let read = Arc::new(read?);
            self.remember_registry(&read);
            return Ok(read);
        }
        Err(StoreError::Stale)
    }

    fn remember_registry(&self, read: &Arc<Registry>) {
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = read.clone();
    }

    /// The roles of groups as of the last change.
    pub async fn groups(&self, store: &Store, now: Millis) -> Result<Arc<Vec<GroupGrant>>, StoreError> {
        self.listed(&self.groups, now, || all_groups(store)).await
    }

    /// A person who may sign in.
    pub async fn person(&self, store: &Store, id: &PersonId, now: Millis) -> Result<Option<Arc<KnownPerson>>, StoreError> {
        let read_on = vietnam_date(now);
        // What was read yesterday may hold a role that ended at midnight; what was read beside an older registry, a post in
        // a unit that is no more.
        let registry = self.registry_version();
        if self.persons.get(id).is_some_and(|known| known.read_on != read_on || known.registry != registry) {
            self.persons.invalidate(id);
        }
        let load = || async move {
            // Before a connection is taken: whoever holds one does not wait for another.
            let groups = self.groups(store, now).await?;
            self.read_person(&mut store.read().await?, id, read_on, &groups).await
        };
        let found = self.through(&self.persons, id.clone(), now, load).await?;
        // Asked each time: nothing is written at midnight, and from then on they may.
        let waits = |known: &Arc<KnownPerson>| self.joiners_wait && waits(&known.person, vietnam_date(now));
        Ok(found.filter(|known| known.person.disabled_at.is_none() && !waits(known)))
    }

    /// A person as the records have them now, past what is remembered: posts that were handed to them only as far as they
    /// count on a day.
    pub async fn present(conn: &mut Conn, id: &PersonId, on: Date) -> Result<Option<Person>, StoreError> {
        let Some(mut person) = persons::find(conn, id).await? else { return Ok(None) };
        borrowed::borrow(conn, &mut person, AsOf::present(on)).await?;
        Ok(Some(person))
    }

    /// A person as of a day: posts that were handed to them as far as they counted on it, and these roles of their own.
    pub async fn as_of(conn: &mut Conn, id: &PersonId, roles: Vec<RoleGrant>, day: AsOf) -> Result<Option<Person>, StoreError> {
        let Some(mut person) = borrowed::find(conn, id, day).await? else { return Ok(None) };
        person.roles = roles;
        borrowed::borrow(conn, &mut person, day).await?;
        let taken_back = positions::list_taken_back(conn, id).await?;
        person.know_taken_back(&taken_back);
        Ok(Some(person))
    }

    /// Reads a person beside the registry; both again, when that was changed meanwhile.
    async fn read_person(
        &self,
        conn: &mut Conn,
        id: &PersonId,
        read_on: Date,
        groups: &Arc<Vec<GroupGrant>>,
    ) -> Result<Option<KnownPerson>, StoreError> {
        for _ in 0..TURNS {
            let units = self.present_registry(conn).await?;
            let read = self.read_beside(conn, id, read_on, (&units, groups)).await?;
            if units::version(conn).await? == units.version() {
                return Ok(read);
            }
        }
        Err(StoreError::Stale)
    }

    async fn read_beside(
        &self,
        conn: &mut Conn,
        id: &PersonId,
        read_on: Date,
        (units, groups): (&Arc<Registry>, &Arc<Vec<GroupGrant>>),
    ) -> Result<Option<KnownPerson>, StoreError> {
        let Some(mut person) = persons::find(conn, id).await? else { return Ok(None) };
        person.roles = role_grants::list_on(conn, id, read_on).await?;
        borrowed::borrow(conn, &mut person, AsOf::present(read_on)).await?;
        let taken_back = positions::list_taken_back(conn, id).await?;
        person.know_taken_back(&taken_back);
        let choices = position_choices::list(conn, id).await?;
        let methods = methods::find(conn, id).await?;
        let admin = admin_roles::list(conn, id).await?;
        let days = self.password_days.filter(|days| *days > 0);
        let password_ends =
            methods.password_set_at.zip(days).map(|(set_at, days)| vietnam_date(set_at.plus_seconds(days * 86_400)));
        let (registry, units, groups) = (units.version(), units.clone(), groups.clone());
        Ok(Some(KnownPerson { person, choices, methods, admin, password_ends, read_on, registry, units, groups }))
    }
}
