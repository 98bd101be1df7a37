//! Exported hashes in the line of all other hashes.

use super::{LegacyHash, Wrapped};
use crate::crypto::password::{HashError, HashPool};
use secrecy::{ExposeSecret as _, SecretString};

impl HashPool {
    /// True when the password is the one that another system hashed.
    pub async fn verify_legacy(&self, password: SecretString, stored: LegacyHash) -> Result<bool, HashError> {
        self.wait(move |_| stored.verify(password.expose_secret())).await?
    }

    /// True when the password is the one whose old hash was wrapped.
    pub async fn verify_wrapped(&self, password: SecretString, stored: Wrapped) -> Result<bool, HashError> {
        self.wait(move |memory| stored.verify(password.expose_secret(), memory)).await?
    }

    /// Hashes an old digest with this pool's cost, so that it need not be kept.
    pub async fn wrap(&self, hash: LegacyHash) -> Result<Wrapped, HashError> {
        let cost = self.cost;
        self.wait(move |memory| Wrapped::make(&hash, cost, memory)).await?
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::PASSWORD;
    use super::*;
    use crate::crypto::password::Cost;

    #[tokio::test]
    async fn an_exported_hash_opens_as_it_came_and_wrapped() {
        let pool = HashPool::new(Cost { memory_kib: 64, passes: 1, at_once: 1, waiting: 8 }).expect("a pool");
        let hash = LegacyHash::parse("{SSHA}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw", None).expect("a hash");
        assert_eq!(pool.verify_legacy(PASSWORD.into(), hash.clone()).await, Ok(true));
        assert_eq!(pool.verify_legacy("sai".into(), hash.clone()).await, Ok(false));

        let wrapped = pool.wrap(hash).await.expect("wrapped");
        assert_eq!(pool.verify_wrapped(PASSWORD.into(), wrapped.clone()).await, Ok(true));
        assert_eq!(pool.verify_wrapped("sai".into(), wrapped).await, Ok(false));
    }
}
