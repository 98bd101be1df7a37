//! What people are called in their tokens, and where they came from, as a node remembers it.

use super::Known;
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use crate::store::subjects;
use std::sync::{Arc, PoisonError};

/// Which units somebody came from is asked again after this long: accounts of old systems come and go without their person
/// being forgotten.
const UNITS_FROM_MS: i64 = 60_000;

impl Known {
    /// What a person is called in a sector, if that is remembered. It changes only where two persons become one or are
    /// parted again, which forgets them.
    pub fn subject(&self, sector: &str, person: &PersonId, now: Millis) -> Option<Arc<subjects::Stored>> {
        let called = self.subjects.get(person).filter(|_| self.is_trusted(now))?;
        let called = called.lock().unwrap_or_else(PoisonError::into_inner);
        called.sectors.get(sector).cloned()
    }

    /// Keeps what a person is called in a sector, if nothing was forgotten since `generation`.
    pub fn remember_subject(
        &self,
        sector: &str,
        person: &PersonId,
        stored: &Arc<subjects::Stored>,
        generation: u64,
        now: Millis,
    ) {
        if !self.is_trusted(now) || self.generation() != generation {
            return;
        }
        let called = self.subjects.get_with(person.clone(), Arc::default);
        called.lock().unwrap_or_else(PoisonError::into_inner).sectors.insert(sector.to_owned(), stored.clone());
        if self.generation() != generation {
            self.subjects.invalidate(person);
        }
    }

    /// The units that a person's accounts of old systems were in, if that was read lately.
    pub fn units_from(&self, person: &PersonId, now: Millis) -> Option<Vec<UnitId>> {
        let called = self.subjects.get(person).filter(|_| self.is_trusted(now))?;
        let called = called.lock().unwrap_or_else(PoisonError::into_inner);
        called.units_from.as_ref().filter(|(read_at, _)| now.since(*read_at) < UNITS_FROM_MS).map(|(_, units)| units.clone())
    }

    /// Keeps them for a while, if nothing was forgotten since `generation`.
    pub fn remember_units_from(&self, person: &PersonId, units: &[UnitId], generation: u64, now: Millis) {
        if !self.is_trusted(now) || self.generation() != generation {
            return;
        }
        let called = self.subjects.get_with(person.clone(), Arc::default);
        called.lock().unwrap_or_else(PoisonError::into_inner).units_from = Some((now, units.to_vec()));
        if self.generation() != generation {
            self.subjects.invalidate(person);
        }
    }
}
