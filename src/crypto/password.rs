//! Password hashes: Argon2id (RFC 9106), computed by a few threads of their
//! own, behind a bounded and fair line.
//!
//! Each hash takes its memory for tens of milliseconds. As many run as memory
//! and cores allow, some more may wait in two lines (people who are known, and
//! anyone), and the rest are told at once when to come back: a flood of
//! sign-ins starves neither other requests nor the people whom we know.
//!
//! A password is hashed in its one form (NFKC), so that it opens the account
//! on every keyboard. Hashes of before were made of the text as it was typed;
//! that is tried too.

mod hands;
pub mod legacy;
mod queue;

pub use queue::Line;

use crate::model::password_policy::normalised;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::try_generate_salt;
use argon2::{Algorithm, Argon2, Params, Version};
use hands::{Errand, Hands, Memory};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::{Arc, OnceLock};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Why a password was not checked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many passwords are being checked; try again in {seconds} s")]
    Busy {
        /// When those who wait now will have been served.
        seconds: u32,
    },
    /// The parameters or the stored hash cannot be used.
    #[error("a password hash cannot be used")]
    Unusable,
}

/// What a hash costs, and how many may be computed side by side.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Hashes at a time.
    pub at_once: usize,
    /// How many more may wait, in each line.
    pub waiting: usize,
}

/// The pool, and the place in its line that a caller comes to.
#[derive(Clone)]
pub struct HashPool {
    cost: Cost,
    hands: Arc<Hands>,
    dummy: Arc<OnceLock<String>>,
    line: Line,
    party: Arc<str>,
}

/// Work, and who waits for what comes of it.
struct Job<T, F> {
    work: F,
    answer: oneshot::Sender<Result<T, HashError>>,
}

impl<T: Send, F: FnOnce(&mut Memory) -> T + Send> Errand for Job<T, F> {
    fn is_wanted(&self) -> bool {
        !self.answer.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory, done: &mut dyn FnMut()) {
        let Self { work, answer } = *self;
        let what = work(memory);
        done();
        // Whoever waited has gone away when this cannot be sent.
        let _ = answer.send(Ok(what));
    }

    fn refuse(self: Box<Self>, seconds: u32) {
        let _ = self.answer.send(Err(HashError::Busy { seconds }));
    }
}

impl HashPool {
    /// A pool of this cost; whoever uses it as it is stands in the line of known people.
    pub fn new(cost: Cost) -> Result<Self, HashError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|_| HashError::Unusable)?;
        Ok(Self {
            cost,
            hands: Arc::new(Hands::new(cost.at_once, cost.waiting, params.block_count())),
            dummy: Arc::default(),
            line: Line::Known,
            party: Arc::from(""),
        })
    }

    /// The same pool for somebody who stands in this line, as one of this party
    /// (such as the network that they come from): parties take turns.
    #[must_use]
    pub fn standing(&self, line: Line, party: &str) -> Self {
        Self { line, party: Arc::from(party), ..self.clone() }
    }

    /// Refuses whom the pool would refuse now: asked before anything is read for
    /// somebody, so that a flood costs little.
    pub fn check_room(&self) -> Result<(), HashError> {
        self.hands.refuses(self.line, &self.party).map_or(Ok(()), |seconds| Err(HashError::Busy { seconds }))
    }

    /// Computes the hash that unknown names are verified against, beside the
    /// start: the first unknown name must not take longer than the next.
    pub fn warm_up(&self) {
        let (pool, dummy, cost) = (self.clone(), self.dummy.clone(), self.cost);
        tokio::spawn(async move { pool.wait(move |memory| dummy_hash(&dummy, cost, memory).is_ok()).await });
    }

    /// Waits for its turn, and for what comes of the work.
    async fn wait<T: Send + 'static>(&self, work: impl FnOnce(&mut Memory) -> T + Send + 'static) -> Result<T, HashError> {
        let (answer, answered) = oneshot::channel();
        self.hands.send(self.line, &self.party, Box::new(Job { work, answer }));
        answered.await.map_err(|_| HashError::Unusable)?
    }

    /// Does other work on passwords in a place of the pool: judging one may take longer than hashing it.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        self.wait(move |_| work()).await
    }

    /// Hashes a new password with this pool's cost.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        let cost = self.cost;
        self.wait(move |memory| {
            let password = Zeroizing::new(normalised(password.expose_secret()));
            hash_now(cost, password.as_bytes(), memory)
        })
        .await?
    }

    /// True when the password is the one that was hashed. `None`, for a name
    /// that nobody has, takes the same time and is never true.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, HashError> {
        let known = stored.is_some();
        let (dummy, cost) = (self.dummy.clone(), self.cost);
        self.wait(move |memory| {
            let hash = stored.map_or_else(|| dummy_hash(&dummy, cost, memory), Ok)?;
            let right = verify_forms(&hash, password.expose_secret(), memory);
            right.map(|right| right && known)
        })
        .await?
    }

    /// True when a stored hash is weaker than what this pool makes.
    pub fn is_weak(&self, stored: &str) -> bool {
        PasswordHash::new(stored)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok())
            .is_none_or(|params| params.m_cost() < self.cost.memory_kib || params.t_cost() < self.cost.passes)
    }
}

fn dummy_hash(dummy: &OnceLock<String>, cost: Cost, memory: &mut Memory) -> Result<String, HashError> {
    if let Some(hash) = dummy.get() {
        return Ok(hash.clone());
    }
    let made = hash_now(cost, b"nobody has this password", memory)?;
    Ok(dummy.get_or_init(|| made).clone())
}

fn hash_now(cost: Cost, password: &[u8], memory: &mut Memory) -> Result<String, HashError> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|_| HashError::Unusable)?;
    let written = ParamsString::try_from(&params).map_err(|_| HashError::Unusable)?;
    let salt = try_generate_salt().map_err(|_| HashError::Unusable)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = compute(&hasher, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    let made = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: written,
        salt: Some(Salt::new(&salt).map_err(|_| HashError::Unusable)?),
        hash: Some(hash),
    };
    Ok(made.to_string())
}

/// The hash itself, in memory that is there already.
fn compute(hasher: &Argon2<'_>, password: &[u8], salt: &[u8], length: usize, memory: &mut Memory) -> Result<Output, HashError> {
    let mut room = Zeroizing::new([0_u8; Output::MAX_LENGTH]);
    let out = room.get_mut(..length).ok_or(HashError::Unusable)?;
    let blocks = memory.blocks(hasher.params().block_count());
    hasher.hash_password_into_with_memory(password, salt, out, blocks).map_err(|_| HashError::Unusable)?;
    Output::new(out).map_err(|_| HashError::Unusable)
}

/// Verifies the one form and, when that is another, the text as typed.
fn verify_forms(stored: &str, typed: &str, memory: &mut Memory) -> Result<bool, HashError> {
    let password = Zeroizing::new(normalised(typed));
    if verify_now(stored, password.as_bytes(), memory)? {
        return Ok(true);
    }
    if *password == typed { Ok(false) } else { verify_now(stored, typed.as_bytes(), memory) }
}

/// Parameters come from the stored hash and are capped, so that a planted hash cannot eat the machine.
fn verify_now(stored: &str, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
    let hash = PasswordHash::new(stored).map_err(|_| HashError::Unusable)?;
    let params = Params::try_from(&hash).map_err(|_| HashError::Unusable)?;
    if params.m_cost() > 1_048_576 || params.t_cost() > 16 || params.p_cost() > 16 {
        return Err(HashError::Unusable);
    }
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| HashError::Unusable)?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).map_err(|_| HashError::Unusable)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return Err(HashError::Unusable) };
    let computed = compute(&Argon2::new(algorithm, version, params), password, salt, expected.len(), memory)?;
    // Outputs compare in a time that does not depend on where they differ.
    Ok(computed == *expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::PasswordHasher as _;
    use argon2::PasswordVerifier as _;
    use tokio::task::JoinHandle;

    fn pool(at_once: usize, waiting: usize) -> HashPool {
        HashPool::new(Cost { memory_kib: 64, passes: 1, at_once, waiting }).expect("a pool")
    }

    /// Keeps one thread of the pool at work until it is told to end.
    async fn occupied(pool: &HashPool) -> (std::sync::mpsc::Sender<()>, JoinHandle<Result<(), HashError>>) {
        let (begun, has_begun) = oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel();
        let pool = pool.clone();
        let work = move || {
            let _ = begun.send(());
            let _ = ended.recv();
        };
        let running = tokio::spawn(async move { pool.run(work).await });
        has_begun.await.expect("begun");
        (end, running)
    }

    #[tokio::test]
    async fn only_the_right_password_verifies_and_an_unknown_name_never_does() {
        let pool = pool(1, 8);
        let hash = pool.hash("đúng mật khẩu".into()).await.expect("a hash");

        assert_eq!(pool.verify("đúng mật khẩu".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(pool.verify("sai mật khẩu".into(), Some(hash)).await, Ok(false));
        assert_eq!(pool.verify("nobody has this password".into(), None).await, Ok(false));
    }

    #[test]
    fn hashes_are_those_of_the_library_whatever_the_memory_held_before() {
        let cost = Cost { memory_kib: 64, passes: 2, at_once: 1, waiting: 0 };
        let mut memory = Memory::default();
        for password in ["một", "hai", "ba"] {
            let ours = hash_now(cost, password.as_bytes(), &mut memory).expect("a hash");
            assert!(ours.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{ours}");
            assert!(Argon2::default().verify_password(password.as_bytes(), ours.as_str()).is_ok());

            let params = Params::new(128, 1, 2, Some(24)).expect("parameters");
            let theirs = Argon2::new(Algorithm::Argon2i, Version::V0x10, params).hash_password(password.as_bytes());
            let theirs = theirs.expect("a hash").to_string();
            assert_eq!(verify_now(&theirs, password.as_bytes(), &mut memory), Ok(true));
            assert_eq!(verify_now(&theirs, b"another", &mut memory), Ok(false));
        }
    }

    #[tokio::test]
    async fn a_password_opens_however_it_was_typed_and_a_hash_of_before_as_it_was_typed_then() {
        let pool = pool(1, 8);
        let (composed, apart) = ("M\u{1ead}t kh\u{1ea9}u", "Ma\u{323}\u{302}t kha\u{302}\u{309}u");
        for (set, typed) in [(composed, apart), (apart, composed), ("１２３", "123"), (apart, apart)] {
            let hash = pool.hash(set.into()).await.expect("a hash");
            assert_eq!(pool.verify(typed.into(), Some(hash)).await, Ok(true), "{set:?} {typed:?}");
        }

        let of_before = hash_now(pool.cost, apart.as_bytes(), &mut Memory::default()).expect("a hash");
        assert_eq!(pool.verify(apart.into(), Some(of_before.clone())).await, Ok(true));
        assert_eq!(pool.verify("Mat khau".into(), Some(of_before)).await, Ok(false), "accents count");
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back_and_the_pool_recovers() {
        let pool = pool(1, 0);
        let (end, running) = occupied(&pool).await;

        assert!(matches!(pool.run(|| 1).await, Err(HashError::Busy { .. })));
        assert!(matches!(pool.verify("x".into(), None).await, Err(HashError::Busy { seconds: 1..=30 })));
        assert!(matches!(pool.check_room(), Err(HashError::Busy { .. })));

        end.send(()).expect("at work");
        assert_eq!(running.await.expect("no panic"), Ok(()));
        assert_eq!(pool.verify("x".into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_flood_of_strangers_leaves_room_for_known_people() {
        let pool = pool(1, 2);
        let (end, running) = occupied(&pool).await;
        let strangers = pool.standing(Line::Anyone, "203.0.113.7");
        let (first, second) = (strangers.clone(), strangers.clone());
        let waiting = [tokio::spawn(async move { first.run(|| 1).await }), tokio::spawn(async move { second.run(|| 2).await })];
        tokio::task::yield_now().await;

        assert!(matches!(strangers.run(|| 3).await, Err(HashError::Busy { .. })));
        assert_eq!(pool.standing(Line::Known, "198.51.100.9").check_room(), Ok(()));
        // Another network's turn is sooner than the second of this one.
        assert_eq!(pool.standing(Line::Anyone, "198.51.100.9").check_room(), Ok(()));

        end.send(()).expect("at work");
        assert_eq!(running.await.expect("no panic"), Ok(()));
        for (place, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(waiting.await.expect("no panic"), Ok(place + 1));
        }
    }

    #[tokio::test]
    async fn whoever_went_away_takes_no_place() {
        let pool = pool(1, 1);
        let (end, running) = occupied(&pool).await;
        let gone = tokio::spawn({
            let pool = pool.clone();
            async move { pool.run(|| 1).await }
        });
        tokio::task::yield_now().await;
        assert!(matches!(pool.check_room(), Err(HashError::Busy { .. })));

        gone.abort();
        assert!(gone.await.expect_err("aborted").is_cancelled());

        assert_eq!(pool.check_room(), Ok(()));
        end.send(()).expect("at work");
        assert_eq!(running.await.expect("no panic"), Ok(()));
    }

    #[tokio::test]
    async fn work_that_panics_fails_alone() {
        let pool = pool(1, 4);

        assert_eq!(pool.run(|| panic!("a defect")).await, Err::<(), _>(HashError::Unusable));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[test]
    fn a_planted_hash_that_asks_for_the_whole_machine_is_refused() {
        let planted = "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhc2g";
        assert_eq!(verify_now(planted, b"x", &mut Memory::default()), Err(HashError::Unusable));
    }
}
