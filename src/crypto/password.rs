//! Password hashes: Argon2id (RFC 9106), verified off the async threads by a
//! bounded pool.
//!
//! Each verification takes its memory for tens of milliseconds. As many run as
//! memory and cores allow, some more may wait, and the rest are told at once
//! that the service is busy: a flood of sign-ins cannot starve other requests.
//!
//! A password is hashed in its one form (NFKC), so that it opens the account
//! on every keyboard. Hashes of before were made of the text as it was typed;
//! that is tried too.

use crate::model::password_policy::normalised;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Why a password was not checked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many passwords are being checked; try again in {seconds} s")]
    Busy {
        /// A fair guess of when to come back.
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
    /// How many more may wait.
    pub waiting: usize,
}

/// The pool.
#[derive(Clone)]
pub struct HashPool {
    cost: Cost,
    permits: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    dummy: Arc<OnceLock<String>>,
}

/// One place in the pool, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl HashPool {
    /// A pool of this cost.
    pub fn new(cost: Cost) -> Result<Self, HashError> {
        Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|_| HashError::Unusable)?;
        Ok(Self { cost, permits: Arc::new(Semaphore::new(cost.at_once.max(1))), inside: Arc::default(), dummy: Arc::default() })
    }

    /// Computes the hash that unknown names are verified against, beside the
    /// start: the first unknown name must not take longer than the next.
    pub fn warm_up(&self) {
        let (dummy, cost) = (self.dummy.clone(), self.cost);
        tokio::task::spawn_blocking(move || dummy_hash(&dummy, cost).is_ok());
    }

    fn enter(&self) -> Result<Place, HashError> {
        let limit = self.cost.at_once.max(1) + self.cost.waiting;
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        let place = Place(self.inside.clone());
        if before >= limit {
            drop(place);
            // About 25 hashes a second on a slot is a modest machine.
            let seconds = u32::try_from(limit / (25 * self.cost.at_once.max(1))).unwrap_or(1).clamp(1, 30) + 1;
            return Err(HashError::Busy { seconds });
        }
        Ok(place)
    }

    /// Does other work on passwords in a place of the pool: judging one may take longer than hashing it.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashError> {
        let place = self.enter()?;
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| HashError::Unusable)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop((permit, place));
            done
        })
        .await
        .map_err(|_| HashError::Unusable)
    }

    /// Hashes a new password with this pool's cost.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        let cost = self.cost;
        self.run(move || {
            let password = Zeroizing::new(normalised(password.expose_secret()));
            hash_now(cost, password.as_bytes())
        })
        .await?
    }

    /// True when the password is the one that was hashed. `None`, for a name
    /// that nobody has, takes the same time and is never true.
    pub async fn verify(&self, password: SecretString, stored: Option<String>) -> Result<bool, HashError> {
        let known = stored.is_some();
        let (dummy, cost) = (self.dummy.clone(), self.cost);
        self.run(move || {
            let hash = stored.map_or_else(|| dummy_hash(&dummy, cost), Ok)?;
            let right = verify_forms(&hash, password.expose_secret());
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

fn dummy_hash(dummy: &OnceLock<String>, cost: Cost) -> Result<String, HashError> {
    if let Some(hash) = dummy.get() {
        return Ok(hash.clone());
    }
    let made = hash_now(cost, b"nobody has this password")?;
    Ok(dummy.get_or_init(|| made).clone())
}

fn hash_now(cost: Cost, password: &[u8]) -> Result<String, HashError> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|_| HashError::Unusable)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password)
        .map(|hash| hash.to_string())
        .map_err(|_| HashError::Unusable)
}

/// Verifies the one form and, when that is another, the text as typed.
fn verify_forms(stored: &str, typed: &str) -> Result<bool, HashError> {
    let password = Zeroizing::new(normalised(typed));
    if verify_now(stored, password.as_bytes())? {
        return Ok(true);
    }
    if *password == typed { Ok(false) } else { verify_now(stored, typed.as_bytes()) }
}

/// Parameters come from the stored hash and are capped, so that a planted hash cannot eat the machine.
fn verify_now(stored: &str, password: &[u8]) -> Result<bool, HashError> {
    let hash = PasswordHash::new(stored).map_err(|_| HashError::Unusable)?;
    let params = Params::try_from(&hash).map_err(|_| HashError::Unusable)?;
    if params.m_cost() > 1_048_576 || params.t_cost() > 16 || params.p_cost() > 16 {
        return Err(HashError::Unusable);
    }
    Ok(Argon2::default().verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(at_once: usize, waiting: usize) -> HashPool {
        HashPool::new(Cost { memory_kib: 64, passes: 1, at_once, waiting }).expect("a pool")
    }

    #[tokio::test]
    async fn only_the_right_password_verifies_and_an_unknown_name_never_does() {
        let pool = pool(1, 8);
        let hash = pool.hash("đúng mật khẩu".into()).await.expect("a hash");

        assert_eq!(pool.verify("đúng mật khẩu".into(), Some(hash.clone())).await, Ok(true));
        assert_eq!(pool.verify("sai mật khẩu".into(), Some(hash)).await, Ok(false));
        assert_eq!(pool.verify("nobody has this password".into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_password_opens_however_it_was_typed_and_a_hash_of_before_as_it_was_typed_then() {
        let pool = pool(1, 8);
        let (composed, apart) = ("M\u{1ead}t kh\u{1ea9}u", "Ma\u{323}\u{302}t kha\u{302}\u{309}u");
        for (set, typed) in [(composed, apart), (apart, composed), ("１２３", "123"), (apart, apart)] {
            let hash = pool.hash(set.into()).await.expect("a hash");
            assert_eq!(pool.verify(typed.into(), Some(hash)).await, Ok(true), "{set:?} {typed:?}");
        }

        let of_before = hash_now(pool.cost, apart.as_bytes()).expect("a hash");
        assert_eq!(pool.verify(apart.into(), Some(of_before.clone())).await, Ok(true));
        assert_eq!(pool.verify("Mat khau".into(), Some(of_before)).await, Ok(false), "accents count");
    }

    #[tokio::test]
    async fn other_work_has_its_place_in_the_pool() {
        let pool = pool(1, 0);
        let held = pool.enter().expect("a place");

        assert!(matches!(pool.run(|| 1).await, Err(HashError::Busy { .. })));

        drop(held);
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back_and_the_pool_recovers() {
        let pool = pool(1, 0);
        let held = pool.enter().expect("a place");

        assert!(matches!(pool.verify("x".into(), None).await, Err(HashError::Busy { .. })));

        drop(held);
        assert_eq!(pool.verify("x".into(), None).await, Ok(false));
    }

    #[test]
    fn a_planted_hash_that_asks_for_the_whole_machine_is_refused() {
        let planted = "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhc2g";
        assert_eq!(verify_now(planted, b"x"), Err(HashError::Unusable));
    }
}
