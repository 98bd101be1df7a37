//! What somebody loses with an account that is taken from them.
//!
//! Whoever came with it came in as them: it is not known which of their sign-ons came through it, nor which of the ways to
//! sign in that came since are whose. So their sign-ons end, and what was enrolled since the account was first used goes,
//! with the devices that came since and the ways back that were given out; what is older stays. They are told so. Of an
//! account that nobody used nothing goes but the position that it alone gave.

use super::ReviewError;
use super::write::Written;
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::notice::NoticeKind;
use crate::model::person_merge::Way;
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::legacy::matching::by_hand;
use crate::service::sign_on::ending::{self, By, Reach};
use crate::service::{Services, notices};
use crate::store::legacy_reviews::ReviewRow;
use crate::store::person_merges::ways;
use crate::store::{StoreError, Tx, devices, passkeys, recovery_codes, totp_secrets};
use serde_json::{Value, json};

/// An account is taken from somebody, who is held.
pub(super) async fn taken_from(
    tx: &mut Tx,
    services: &Services,
    by: &Doer,
    (was, row): (&PersonId, &ReviewRow),
    mut detail: Value,
    written: &mut Written,
) -> Result<(), ReviewError> {
    written.touch(was);
    let who = By { actor: by.person.as_str(), origin: &by.origin };
    if let Some(since) = row.first_used_at.map(Millis) {
        written.end(ending::end_all(tx, services, was, Reach::Everything, who).await?);
        let removed = remove_ways(tx, services, by, (was, since), written).await?;
        if !removed.is_empty() {
            notices::tell(tx, services, was, NoticeKind::MethodsRemoved, &by.origin).await?;
            written.write_to();
        }
        detail["methods_removed"] = json!(removed);
    }
    written.lose(by_hand::end_in(tx, services, std::slice::from_ref(was), who).await?);
    written.record(audit::row(services, Event::by(by, "legacy.account_released", Some(was), None, detail)));
    Ok(())
}

/// Removes the ways to sign in that somebody has since a moment, with all that stood for them; answers their kinds.
async fn remove_ways(
    tx: &mut Tx,
    services: &Services,
    by: &Doer,
    (was, since): (&PersonId, Millis),
    written: &mut Written,
) -> Result<Vec<Value>, StoreError> {
    let now = services.clock.now();
    let mut kinds = Vec::new();
    for (way, at) in ways::find(tx, was).await?.added(None, since.0) {
        let is_gone = match &way {
            Way::Password => ways::remove_password(tx, was, at).await?,
            Way::Passkey(id) => passkeys::remove(tx, was, id).await?,
            Way::App => totp_secrets::remove(tx, was).await?,
            Way::Codes => {
                recovery_codes::replace(tx, was, &[], now).await?;
                true
            }
        };
        if !is_gone {
            continue;
        }
        kinds.push(json!(way.method()));
        // Records know of passkeys and apps that come and go; all of it stands in the record of the account.
        if matches!(way, Way::Passkey(_) | Way::App) {
            let detail = json!({ "kind": way.method() });
            written.record(audit::row(services, Event::by(by, "method.removed", Some(was), None, detail)));
        }
    }
    ways::remove_devices(tx, was, since).await?;
    devices::forget_all(tx, was).await?;
    ways::revoke_recoveries(tx, was, since, now).await?;
    Ok(kinds)
}
