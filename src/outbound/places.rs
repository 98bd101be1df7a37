//! Addresses that are looked at by one caller at a time.
//!
//! Strangers can make us call what a client registered: with a forged token,
//! or with a link. Whoever asks while somebody looks there waits for that look
//! instead of calling as well. Whether what it brought is good enough is for
//! the asker to say; [`When`] tells how the look and the asking overlap.

use moka::sync::Cache;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// What lies behind addresses, as far as this node has looked.
pub struct Places<T> {
    by_address: Cache<String, Arc<Place<T>>>,
}

impl<T: Send + Sync + 'static> Places<T> {
    /// Room for so many addresses. One that was pushed out is looked at anew.
    pub fn with_room_for(most: u64) -> Self {
        Self { by_address: Cache::new(most) }
    }

    /// The place behind an address.
    pub fn at(&self, address: &str) -> Arc<Place<T>> {
        self.by_address.get_with_by_ref(address, Arc::default)
    }
}

/// When a look was made, for somebody who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It was over before they asked.
    Before,
    /// It was under way when they asked: what it brought may have changed since it left the other side.
    Meanwhile,
    /// It began after they asked: a look of their own would not be newer by anything that they know of.
    After,
}

/// One address: what the last look there brought, and who looks.
pub struct Place<T> {
    seen: RwLock<Seen<T>>,
    /// One look at a time; what is kept can be read meanwhile.
    looking: Arc<Mutex<()>>,
}

struct Seen<T> {
    /// Looks that were begun.
    begun: u64,
    /// The number of the last look that came to an end, and what it brought.
    kept: Option<(u64, T)>,
}

/// How far looks had come when somebody asked.
#[derive(Clone, Copy)]
struct Asked {
    begun: u64,
    ended: u64,
}

impl Asked {
    fn when(self, number: u64) -> When {
        if number > self.begun {
            When::After
        } else if number > self.ended {
            When::Meanwhile
        } else {
            When::Before
        }
    }
}

impl<T> Default for Place<T> {
    fn default() -> Self {
        Self { seen: RwLock::new(Seen { begun: 0, kept: None }), looking: Arc::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> Place<T> {
    /// What the last look brought. Nobody is waited for.
    pub fn kept(&self) -> Option<T> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.kept.as_ref().map(|(_, kept)| kept.clone())
    }

    /// What a look brings: the last one, when `serves` finds it good enough, else a new one.
    ///
    /// It is asked once nobody looks any more, so one look can serve all who
    /// waited for it. `look` is handed what was kept before. A look is a task of
    /// its own: it outlives a caller who hangs up, so that who asks again and
    /// again without waiting causes no more looks than others. `None` when it panicked.
    pub async fn look<F>(self: &Arc<Self>, serves: impl Fn(&T, When) -> bool, look: impl FnOnce(Option<T>) -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let asked = self.asked();
        let turn = self.looking.clone().lock_owned().await;
        if let Some(good) = self.good(asked, serves) {
            return Some(good);
        }
        let number = self.begin();
        let looked = look(self.kept());
        let place = self.clone();
        let looking = tokio::spawn(async move {
            let found = looked.await;
            place.keep(number, found.clone());
            drop(turn);
            found
        });
        looking.await.ok()
    }

    fn asked(&self) -> Asked {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        Asked { begun: seen.begun, ended: seen.kept.as_ref().map_or(0, |(number, _)| *number) }
    }

    fn good(&self, asked: Asked, serves: impl Fn(&T, When) -> bool) -> Option<T> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let (number, kept) = seen.kept.as_ref()?;
        serves(kept, asked.when(*number)).then(|| kept.clone())
    }

    fn begin(&self) -> u64 {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        seen.begun += 1;
        seen.begun
    }

    fn keep(&self, number: u64, found: T) {
        self.seen.write().unwrap_or_else(PoisonError::into_inner).kept = Some((number, found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;
    use tokio::task::{JoinHandle, yield_now};

    /// A place where a look brings its number, once the gate lets it through.
    #[derive(Clone)]
    struct Stage {
        place: Arc<Place<usize>>,
        looks: Arc<AtomicUsize>,
        gate: Arc<Semaphore>,
    }

    impl Stage {
        fn new() -> Self {
            Self { place: Arc::default(), looks: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
        }

        async fn ask(&self, serves: fn(When) -> bool) -> Option<usize> {
            let (looks, gate) = (self.looks.clone(), self.gate.clone());
            let look = move |_: Option<usize>| async move {
                let number = looks.fetch_add(1, Ordering::SeqCst) + 1;
                gate.acquire().await.expect("an open gate").forget();
                number
            };
            self.place.look(move |_, when| serves(when), look).await
        }

        /// Some ask; all of them stand in line before this goes on.
        async fn arrive(&self, many: usize, serves: fn(When) -> bool) -> Vec<JoinHandle<Option<usize>>> {
            let arrived = Arc::new(AtomicUsize::new(0));
            let task = |_| {
                let (stage, arrived) = (self.clone(), arrived.clone());
                tokio::spawn(async move {
                    arrived.fetch_add(1, Ordering::SeqCst);
                    stage.ask(serves).await
                })
            };
            let tasks = (0..many).map(task).collect();
            while arrived.load(Ordering::SeqCst) < many {
                yield_now().await;
            }
            tasks
        }

        fn open(&self) {
            self.gate.add_permits(100);
        }
    }

    async fn all_got(tasks: Vec<JoinHandle<Option<usize>>>, number: usize) {
        for task in tasks {
            assert_eq!(task.await.expect("an answer"), Some(number));
        }
    }

    #[tokio::test]
    async fn who_asks_while_somebody_looks_shares_what_it_brings() {
        let stage = Stage::new();
        let tasks = stage.arrive(16, |when| when != When::Before).await;

        stage.open();

        all_got(tasks, 1).await;
        assert_eq!(stage.ask(|when| when != When::Before).await, Some(2), "who comes later finds it over");
        assert_eq!(stage.looks.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_wants_nothing_that_was_under_way_shares_the_next_look() {
        let stage = Stage::new();
        let first = stage.arrive(1, |_| false).await;
        let others = stage.arrive(15, |when| when == When::After).await;

        stage.open();

        all_got(first, 1).await;
        all_got(others, 2).await;
        assert_eq!(stage.looks.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_look_outlives_who_asked_for_it() {
        let stage = Stage::new();
        for task in stage.arrive(1, |_| false).await {
            task.abort();
        }

        stage.open();

        while stage.place.kept().is_none() {
            yield_now().await;
        }
        assert_eq!(stage.ask(|_| true).await, Some(1));
        assert_eq!(stage.looks.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_look_that_panics_keeps_nothing_and_nobody() {
        let place: Arc<Place<usize>> = Arc::default();

        let broken = place.look(|_, _| true, |_| async { "no number".parse::<usize>().expect("a number") }).await;
        let whole = place.look(|_, _| true, |before| async move { before.map_or(7, |_| 0) }).await;

        assert_eq!((broken, whole), (None, Some(7)));
    }
}
