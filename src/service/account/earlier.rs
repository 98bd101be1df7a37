//! The sign-in before the present one.

use crate::model::sign_on::SignOn;
use crate::service::{Failure, Services};
use crate::store::earlier_sign_ons;

pub use crate::store::earlier_sign_ons::Earlier;

/// When, where and with what the person of a sign-on signed in before it, if that is still known.
pub async fn find(services: &Services, sign_on: &SignOn) -> Result<Option<Earlier>, Failure> {
    let mut conn = services.store.read().await?;
    Ok(earlier_sign_ons::find(&mut conn, &sign_on.person, sign_on.started_at).await?)
}
