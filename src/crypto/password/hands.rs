//! The threads that hash: few, of their own, and behind everything else.
//!
//! A hash keeps a core busy and writes through tens of megabytes. So that the
//! threads that answer requests never wait for one, these ask the system for
//! less than their share: they get what the others leave. Each keeps its
//! memory from hash to hash (to get it anew costs a tenth of the hash, and the
//! other threads a wait) and wipes it when there was nothing to do for a moment.

use super::queue::{Line, Pushed, Queue};
use argon2::Block;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// How far behind the other threads: a tenth of their share when there is not enough for all.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;
/// How long a thread with nothing to do keeps its memory.
const KEEP: Duration = Duration::from_secs(1);
/// What a hash is taken to last before the first was measured.
const FIRST_GUESS: Duration = Duration::from_millis(40);
/// Nobody is told to stay away for longer.
const MOST_SECONDS: u64 = 30;
/// Those who are refused together are told to come back over so many seconds.
const SPREAD_SECONDS: u64 = 4;

/// The memory of one hash.
#[derive(Default)]
pub(super) struct Memory(Zeroizing<Vec<Block>>);

impl Memory {
    /// So many blocks of 1 KiB, with whatever the last hash left in them.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0 = Zeroizing::new(vec![Block::new(); count]);
        }
        &mut self.0[..count]
    }
}

/// What somebody waits for.
pub(super) trait Errand: Send {
    /// False when nobody waits for it any more.
    fn is_wanted(&self) -> bool;
    /// Does it, says that it is done, and only then hands over what came of it:
    /// whoever gets that finds the thread free.
    fn run(self: Box<Self>, memory: &mut Memory, done: &mut dyn FnMut());
    /// Tells whoever waits to come back.
    fn refuse(self: Box<Self>, seconds: u32);
}

struct State {
    queue: Queue<Box<dyn Errand>>,
    /// Threads that were started.
    hands: usize,
    /// Threads that wait for work.
    idle: usize,
    /// Threads at work.
    busy: usize,
    /// What an errand takes, over the last ones.
    usual: Duration,
    refused: u64,
    closed: bool,
}

struct Shared {
    at_once: usize,
    /// Blocks of a usual hash.
    blocks: usize,
    state: Mutex<State>,
    bell: Condvar,
}

/// The threads and the line in front of them. The threads start with the first errands and end with this.
pub(super) struct Hands(Arc<Shared>);

impl Drop for Hands {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.bell.notify_all();
    }
}

impl Hands {
    /// At most so many threads, with so many places in each line, for hashes of so many blocks.
    pub(super) fn new(at_once: usize, waiting: usize, blocks: usize) -> Self {
        let state =
            State { queue: Queue::new(waiting), hands: 0, idle: 0, busy: 0, usual: FIRST_GUESS, refused: 0, closed: false };
        Self(Arc::new(Shared { at_once: at_once.max(1), blocks, state: Mutex::new(state), bell: Condvar::new() }))
    }

    /// When to come back, where a newcomer would be refused.
    pub(super) fn refuses(&self, line: Line, party: &str) -> Option<u32> {
        let mut state = self.0.lock();
        let free = self.0.free(&state);
        // Most who gave up are found by those who come after; the last look is here.
        if state.queue.is_full(line, free) {
            state.queue.keep(line, |errand| errand.is_wanted());
        }
        let refused = state.queue.refuses(line, party, free);
        refused.then(|| self.0.seconds(&mut state))
    }

    /// Lets an errand wait for its turn, or refuses it, or another that it is sooner than.
    pub(super) fn send(&self, line: Line, party: &str, errand: Box<dyn Errand>) {
        let mut state = self.0.lock();
        let free = self.0.free(&state);
        if state.queue.is_full(line, free) {
            state.queue.keep(line, |errand| errand.is_wanted());
        }
        let refused = match state.queue.push(line, party, free, errand) {
            Pushed::In => None,
            Pushed::InsteadOf(other) | Pushed::Refused(other) => Some((other, self.0.seconds(&mut state))),
        };
        if state.queue.len() > state.idle && state.hands < self.0.at_once {
            self.hire(&mut state);
        }
        drop(state);
        self.0.bell.notify_one();
        if let Some((other, seconds)) = refused {
            other.refuse(seconds);
        }
    }

    fn hire(&self, state: &mut State) {
        let shared = Arc::clone(&self.0);
        let hired = std::thread::Builder::new().name("password".to_owned()).spawn(move || shared.work());
        match hired {
            Ok(_) => state.hands += 1,
            Err(error) => {
                tracing::error!(%error, "a thread for passwords could not be started");
                if state.hands == 0 {
                    // Nobody would ever come for them: they learn it now.
                    state.queue.clear();
                }
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn free(&self, state: &State) -> usize {
        self.at_once.saturating_sub(state.busy)
    }

    /// When to come back: the line of now has been served, and not all come at once.
    fn seconds(&self, state: &mut State) -> u32 {
        state.refused += 1;
        let hands = u32::try_from(self.at_once).unwrap_or(u32::MAX);
        let waiting = u32::try_from(state.queue.len() + state.busy).unwrap_or(u32::MAX);
        let served = state.usual.saturating_mul(waiting) / hands;
        let seconds = served.as_secs() + 1 + state.refused % SPREAD_SECONDS;
        u32::try_from(seconds.min(MOST_SECONDS)).unwrap_or(1)
    }

    /// The life of a thread.
    #[expect(clippy::disallowed_methods, reason = "whoever is refused is told how long the others take, so it is measured")]
    fn work(&self) {
        step_back();
        let mut memory = Memory::default();
        while let Some(errand) = self.next(&mut memory) {
            let begun = Instant::now();
            let mut done = || self.done(begun.elapsed());
            // A panic is a defect of that errand: who waits for it learns that it failed, the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| errand.run(&mut memory, &mut done))).is_err() {
                tracing::error!("work on a password panicked");
                done();
            }
            if memory.0.len() > self.blocks {
                // A stored hash asked for more than ours do.
                memory = Memory::default();
            }
        }
    }

    /// The next errand that somebody still waits for; nothing at the end.
    fn next(&self, memory: &mut Memory) -> Option<Box<dyn Errand>> {
        let mut state = self.lock();
        loop {
            while let Some(errand) = state.queue.take() {
                if errand.is_wanted() {
                    state.busy += 1;
                    return Some(errand);
                }
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            if memory.0.is_empty() {
                state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                continue;
            }
            let (guard, waited) = self.bell.wait_timeout(state, KEEP).unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.idle -= 1;
            if waited.timed_out() && state.queue.len() == 0 {
                // Wiping takes a moment: not while others wait for the line.
                drop(state);
                *memory = Memory::default();
                state = self.lock();
            }
        }
    }

    fn done(&self, took: Duration) {
        let mut state = self.lock();
        state.busy -= 1;
        state.usual = (state.usual * 7 + took) / 8;
    }
}

/// Steps behind the other threads. On Linux a priority is a thread's own; elsewhere it would be the whole process's.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "hashes run at the priority of everything else");
    }
}
