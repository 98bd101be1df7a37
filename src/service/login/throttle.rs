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
    let network = network_of(&origin.address);
    [
        ("name-address", format!("{folded}\n{network}"), limits.failures_per_name_and_address),
        ("name", folded.to_owned(), limits.failures_per_name),
        ("address", network, limits.failures_per_address),
    ]
}

/// An IPv6 caller owns a whole /64; an IPv4 address stands for itself.
fn network_of(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

/// Reserves one failure in every bucket before the password is looked at, so
/// that a burst counts as one by one would, and a caller who hangs up too.
/// Refuses when a bucket is full; fails closed when it cannot be read.
pub(super) async fn reserve(services: &Services, folded: &str, origin: &Origin) -> Result<(), LoginError> {
    let now = services.clock.now();
    let buckets = buckets(services, folded, origin);
    // A full bucket is only read: waiting must not be made longer by trying.
    for (bucket, name, limit) in &buckets {
        let counted = attempts::so_far(&services.transient, bucket, name, now).await.map_err(Failure::from)?;
        if let Some((_, until)) = counted.filter(|(failures, _)| failures >= limit) {
            return Err(LoginError::Locked { until });
        }
    }
    let window = services.settings.throttle.window_seconds * 1_000;
    let mut full = None;
    for (bucket, name, limit) in &buckets {
        let (count, until) = attempts::add(&services.transient, bucket, name, window, now).await.map_err(Failure::from)?;
        if count > *limit {
            full = Some(until);
        }
    }
    match full {
        None => Ok(()),
        Some(until) => {
            give_back(services, folded, origin).await?;
            Err(LoginError::Locked { until })
        }
    }
}

/// Gives the reservation back: the password was not looked at.
pub(super) async fn give_back(services: &Services, folded: &str, origin: &Origin) -> Result<(), LoginError> {
    let now = services.clock.now();
    for (bucket, name, _) in buckets(services, folded, origin) {
        attempts::take_back(&services.transient, bucket, &name, now).await.map_err(Failure::from)?;
    }
    Ok(())
}

/// A success: never counted, and the failures of this name at this address are forgotten.
pub(super) async fn succeed(services: &Services, folded: &str, origin: &Origin) -> Result<(), LoginError> {
    give_back(services, folded, origin).await?;
    let [(bucket, name, _), ..] = buckets(services, folded, origin);
    Ok(attempts::clear(&services.transient, bucket, &name).await.map_err(Failure::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_caller_is_its_whole_network() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
        assert_ne!(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
        assert_eq!(network_of("203.0.113.7"), "203.0.113.7");
    }
}
