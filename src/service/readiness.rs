//! Whether this node can do its work.

use super::Services;
use crate::base::clock::Millis;
use crate::model::signing_key::Algorithm;
use crate::store::{StoreError, audit, job_leases};

/// Checks the parts that every sign-in needs; the reason names the part and nothing else.
pub async fn check(services: &Services) -> Result<(), &'static str> {
    let now = services.clock.now();
    let database = |_| "the database does not take writes";
    let mut tx = services.store.write().await.map_err(database)?;
    job_leases::take(&mut tx, "readiness", "any", now, now).await.map_err(database)?;
    // A full disk shows at the commit.
    tx.commit().await.map_err(database)?;
    if !services.transient.is_ready().await {
        return Err("the shared short-term memory does not answer");
    }
    services.keyring.signer(Algorithm::Es256, now).map(|_| ()).map_err(|_| "no signing key is active")
}

/// When the newest audit record was written, by the clock of the node that wrote it.
pub async fn newest_record(services: &Services) -> Result<Option<Millis>, StoreError> {
    Ok(audit::newest(&mut services.store.read().await?).await?.map(Millis))
}
