//! The short-term memory of a single process: bounded, swept as it is used.

use super::Space;
use crate::base::clock::Millis;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Room of one space in bytes; what ends first goes first when it is full.
const ROOM: usize = 32 * 1024 * 1024;
/// What an entry costs beside its key and value.
const OVERHEAD: usize = 128;

#[derive(Default)]
struct Shelf {
    entries: HashMap<String, (Vec<u8>, Millis)>,
    ends: BTreeSet<(Millis, String)>,
    used: usize,
}

impl Shelf {
    fn remove(&mut self, key: &str) {
        if let Some((value, until)) = self.entries.remove(key) {
            self.used -= key.len() + value.len() + OVERHEAD;
            self.ends.remove(&(until, key.to_owned()));
        }
    }

    fn sweep(&mut self, now: Millis) {
        while let Some((until, key)) = self.ends.first().cloned() {
            if until > now {
                break;
            }
            self.remove(&key);
        }
    }

    fn put(&mut self, key: &str, value: Vec<u8>, until: Millis) {
        self.remove(key);
        self.used += key.len() + value.len() + OVERHEAD;
        self.ends.insert((until, key.to_owned()));
        self.entries.insert(key.to_owned(), (value, until));
        while self.used > ROOM {
            let Some((_, first)) = self.ends.first().cloned() else { break };
            self.remove(&first);
        }
    }

    fn get(&self, key: &str, now: Millis) -> Option<&(Vec<u8>, Millis)> {
        self.entries.get(key).filter(|(_, until)| *until > now)
    }
}

#[derive(Default)]
pub(super) struct Memory {
    pending: Mutex<Shelf>,
    pushed: Mutex<Shelf>,
    codes: Mutex<Shelf>,
    counts: Mutex<Shelf>,
    once: Mutex<Shelf>,
    proofs: Mutex<Shelf>,
    answered: Mutex<Shelf>,
    challenges: Mutex<Shelf>,
    email_codes: Mutex<Shelf>,
    consoles: Mutex<Shelf>,
    checks: Mutex<Shelf>,
    federations: Mutex<Shelf>,
}

impl Memory {
    fn shelf(&self, space: Space) -> MutexGuard<'_, Shelf> {
        let shelf = match space {
            Space::Pending => &self.pending,
            Space::Pushed => &self.pushed,
            Space::Code => &self.codes,
            Space::Count => &self.counts,
            Space::Once => &self.once,
            Space::Proof => &self.proofs,
            Space::Answered => &self.answered,
            Space::Challenge => &self.challenges,
            Space::EmailCode => &self.email_codes,
            Space::Console => &self.consoles,
            Space::Check => &self.checks,
            Space::Federation => &self.federations,
        };
        shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, space: Space, key: &str, value: Vec<u8>, until: Millis, now: Millis) {
        let mut shelf = self.shelf(space);
        shelf.sweep(now);
        shelf.put(key, value, until);
    }

    pub(super) fn get(&self, space: Space, key: &str, now: Millis) -> Option<Vec<u8>> {
        self.shelf(space).get(key, now).map(|(value, _)| value.clone())
    }

    pub(super) fn remove(&self, space: Space, key: &str) {
        self.shelf(space).remove(key);
    }

    pub(super) fn take(&self, space: Space, key: &str, now: Millis) -> Option<Vec<u8>> {
        let mut shelf = self.shelf(space);
        let value = shelf.get(key, now).map(|(value, _)| value.clone());
        shelf.remove(key);
        value
    }

    /// `None` when full: a replay mark that is pushed out would let a replay through.
    pub(super) fn put_once(&self, space: Space, key: &str, until: Millis, now: Millis) -> Option<bool> {
        let mut shelf = self.shelf(space);
        shelf.sweep(now);
        if shelf.get(key, now).is_some() {
            return Some(false);
        }
        if shelf.used + key.len() + OVERHEAD > ROOM {
            return None;
        }
        shelf.put(key, Vec::new(), until);
        Some(true)
    }

    pub(super) fn count(&self, key: &str, window_ms: i64, now: Millis) -> (i64, Millis) {
        let mut shelf = self.shelf(Space::Count);
        shelf.sweep(now);
        let (before, until) = read_count(&shelf, key, now).unwrap_or((0, Millis(now.0 + window_ms)));
        shelf.put(key, (before + 1).to_be_bytes().to_vec(), until);
        (before + 1, until)
    }

    pub(super) fn uncount(&self, key: &str, now: Millis) {
        let mut shelf = self.shelf(Space::Count);
        if let Some((before, until)) = read_count(&shelf, key, now) {
            // What was given back whole takes no room until its window ends.
            if before <= 1 {
                shelf.remove(key);
            } else {
                shelf.put(key, (before - 1).to_be_bytes().to_vec(), until);
            }
        }
    }

    pub(super) fn prolong(&self, key: &str, until: Millis, now: Millis) {
        let mut shelf = self.shelf(Space::Count);
        if let Some((count, _)) = read_count(&shelf, key, now) {
            shelf.put(key, count.to_be_bytes().to_vec(), until);
        }
    }

    pub(super) fn counted(&self, key: &str, now: Millis) -> Option<(i64, Millis)> {
        read_count(&self.shelf(Space::Count), key, now)
    }
}

fn read_count(shelf: &Shelf, key: &str, now: Millis) -> Option<(i64, Millis)> {
    let (value, until) = shelf.get(key, now)?;
    Some((i64::from_be_bytes(value.as_slice().try_into().ok()?), *until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_end_at_their_moment_and_leave_no_room_taken() {
        let memory = Memory::default();
        memory.put(Space::Code, "a", b"1".to_vec(), Millis(10), Millis(0));

        assert_eq!(memory.get(Space::Code, "a", Millis(9)), Some(b"1".to_vec()));
        assert_eq!(memory.get(Space::Code, "a", Millis(10)), None);

        memory.put(Space::Code, "b", b"2".to_vec(), Millis(20), Millis(11));
        assert_eq!(memory.shelf(Space::Code).entries.len(), 1);
    }

    #[test]
    fn a_count_that_is_given_back_leaves_no_room_taken() {
        let memory = Memory::default();
        memory.count("a", 10, Millis(0));
        memory.count("a", 10, Millis(1));

        memory.uncount("a", Millis(2));
        assert_eq!(memory.counted("a", Millis(2)), Some((1, Millis(10))));
        memory.uncount("a", Millis(2));
        assert_eq!(memory.counted("a", Millis(2)), None);
        assert_eq!(memory.shelf(Space::Count).used, 0);
        memory.uncount("a", Millis(2));
        assert_eq!(memory.count("a", 10, Millis(3)), (1, Millis(13)), "and the next one begins a window of its own");
    }

    #[test]
    fn a_flood_of_pending_requests_takes_no_room_from_codes_and_stays_bounded() {
        let memory = Memory::default();
        memory.put(Space::Code, "code", b"1".to_vec(), Millis(100), Millis(0));
        for n in 0..40 {
            memory.put(Space::Pending, &format!("p{n}"), vec![0; 1024 * 1024], Millis(50 + n), Millis(0));
        }
        assert!(memory.shelf(Space::Pending).used <= ROOM);
        assert!(memory.get(Space::Pending, "p39", Millis(1)).is_some());
        assert!(memory.get(Space::Pending, "p0", Millis(1)).is_none());
        assert!(memory.get(Space::Code, "code", Millis(1)).is_some());
    }
}
