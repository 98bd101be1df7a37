//! What this installation offers, for its metadata.

use crate::model::methods::TWO_FACTORS;
use crate::protocol::discovery::{Offered, document};
use crate::service::{Failure, Services};
use serde_json::Value;

/// Provider metadata (OpenID Connect Discovery §3).
pub async fn metadata(services: &Services) -> Result<Value, Failure> {
    let resources = services.known.resources(&services.store, services.clock.now()).await?;
    let mut details_types: Vec<String> = resources.iter().flat_map(|resource| resource.details.keys().cloned()).collect();
    details_types.sort_unstable();
    details_types.dedup();
    let offered = Offered {
        implicit: services.settings.implicit_flow,
        require_pushed: services.settings.require_pushed_requests,
        registration: services.settings.registration.enabled,
        details_types,
        highest_level: TWO_FACTORS,
        certificate_origin: services.settings.certificate_origin(),
    };
    Ok(document(&services.settings.issuer, &offered))
}
