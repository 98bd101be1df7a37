//! Access tokens of an old system that was closed: they are worth nothing at once, also before their sign-ons have ended.
//!
//! Whose sign-on a token rests on is looked up only where a source was closed
//! since the token was given. Access tokens live for minutes: so it is seldom.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::grant::Grant;
use crate::service::Services;
use crate::service::sign_on::source_of;
use crate::store::{StoreError, sign_ons};

/// False when the sign-on behind a token that was given at a moment came through an old system that was closed since.
pub(super) async fn is_vouched_for(services: &Services, grant: &Grant, given_at: Millis) -> Result<bool, StoreError> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let sources = services.known.legacy_sources(&services.store, now).await?;
    if !sources.iter().any(|source| source.was_closed_since(given_at, today)) {
        return Ok(true);
    }
    let sign_on = sign_ons::find(&mut services.store.read().await?, &grant.sign_on).await?;
    match sign_on.filter(|sign_on| sign_on.legacy.is_some()) {
        Some(sign_on) => Ok(source_of(services, &sign_on).await?.is_some()),
        None => Ok(true),
    }
}
