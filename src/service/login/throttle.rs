//! Throttling: per name and address, per name, per address. Successes never count.
//!
//! The narrow bucket comes first, so that a stranger's failures elsewhere do
//! not keep a person out for long, and colleagues behind one address are not
//! locked out by one of them.

use super::LoginError;
use crate::service::{Failure, Origin, Services};
use crate::transient::attempts;

fn buckets(services: &Services, folded: &str, origin: &Origin) -> [(&'static str, String, i64); 3] {
    let limits = services.settings.throttle;
    [
        ("name-address", format!("{folded}\n{}", origin.address), limits.failures_per_name_and_address),
        ("name", folded.to_owned(), limits.failures_per_name),
        ("address", origin.address.clone(), limits.failures_per_address),
    ]
}

/// Refuses while a bucket is full. Fails closed when the counts cannot be read.
pub(super) async fn check(services: &Services, folded: &str, origin: &Origin) -> Result<(), LoginError> {
    let now = services.clock.now();
    for (bucket, name, limit) in buckets(services, folded, origin) {
        let counted = attempts::so_far(&services.transient, bucket, &name, now).await.map_err(Failure::from)?;
        if let Some((_, until)) = counted.filter(|(failures, _)| *failures >= limit) {
            return Err(LoginError::Locked { until });
        }
    }
    Ok(())
}

/// Counts a failure in every bucket.
pub(super) async fn add(services: &Services, folded: &str, origin: &Origin) -> Result<(), LoginError> {
    let now = services.clock.now();
    let window = services.settings.throttle.window_seconds * 1_000;
    for (bucket, name, _) in buckets(services, folded, origin) {
        attempts::add(&services.transient, bucket, &name, window, now).await.map_err(Failure::from)?;
    }
    Ok(())
}

/// Forgets the failures of this name at this address.
pub(super) async fn clear(services: &Services, folded: &str, origin: &Origin) -> Result<(), LoginError> {
    let [(bucket, name, _), ..] = buckets(services, folded, origin);
    Ok(attempts::clear(&services.transient, bucket, &name).await.map_err(Failure::from)?)
}
