//! What the memory of a node is made of.

use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::store::subjects;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

/// Ended sign-ons and revoked grants are kept in mind longer than anything cached.
const DEAD_SECONDS: i64 = 900;
/// What ended longer ago is taken out this often.
const CLEANED_EVERY_MS: i64 = 10_000;

/// A list that is read as a whole.
pub(super) struct Listed<V> {
    pub(super) values: RwLock<Arc<Vec<V>>>,
    /// It was read, and nothing of it changed since.
    pub(super) fresh: AtomicBool,
}

impl<V> Default for Listed<V> {
    fn default() -> Self {
        Self { values: RwLock::default(), fresh: AtomicBool::new(false) }
    }
}

impl<V> Listed<V> {
    pub(super) fn forget(&self) {
        self.fresh.store(false, Ordering::SeqCst);
    }
}

/// What is remembered of a person for their tokens.
#[derive(Default)]
pub(super) struct Called {
    /// What they are called, by sector.
    pub(super) sectors: HashMap<String, Arc<subjects::Stored>>,
    /// The units that their accounts of old systems were in, and when that was read.
    pub(super) units_from: Option<(Millis, Vec<UnitId>)>,
}

/// Sign-ons and grants that ended, since when.
pub(super) struct Dead {
    pub(super) since: HashMap<String, Millis>,
    cleaned_at: Millis,
}

impl Default for Dead {
    fn default() -> Self {
        Self { since: HashMap::new(), cleaned_at: Millis(0) }
    }
}

impl Dead {
    /// What is too old goes now and then, not at every end: whoever asks waits meanwhile.
    pub(super) fn add(&mut self, id: &str, now: Millis) {
        if now.since(self.cleaned_at) >= CLEANED_EVERY_MS {
            self.since.retain(|_, since| now.since(*since) < DEAD_SECONDS * 1_000);
            self.cleaned_at = now;
        }
        self.since.insert(id.to_owned(), now);
    }
}
