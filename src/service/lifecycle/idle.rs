//! Accounts that nobody signs in to: their owners are told once, and later they are disabled.
//!
//! Nobody is disabled who was not told in time before it, also when mail goes nowhere: the notice waits for them. Days
//! are counted from the last sign-in; whoever never signed in is not counted, and whoever was let in again is counted
//! from then on.

use super::letters::of_idle;
use super::{ACTOR, origin};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::sha256;
use crate::base::id::uuid_v7;
use crate::model::lifecycle::DAY_SECONDS;
use crate::model::notice::NoticeKind;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Reach, end_all};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::lifecycles::{self, Idle, Shut};
use crate::store::notices::{self, StoredNotice};
use crate::store::{Tx, admin_roles, persons};
use serde_json::json;

/// Why, as it is kept.
const IDLE: &str = "idle";
/// Accounts that are read at a time.
const BATCH: i64 = 200;

/// Looks at everybody who has not signed in for long: tells some, disables others.
pub(super) async fn run(services: &Services) -> Result<(), Failure> {
    let settings = &services.settings.lifecycle;
    if settings.idle_days == 0 {
        return Ok(());
    }
    let now = services.clock.now();
    let told_since = now.plus_seconds(-settings.warn_days * DAY_SECONDS);
    let idle_since = now.plus_seconds(-settings.idle_days * DAY_SECONDS);
    let warned_before = now.plus_seconds(-(settings.idle_days - settings.warn_days) * DAY_SECONDS);
    let mut after = (Millis(i64::MIN), String::new());
    loop {
        let mut conn = services.store.read().await?;
        let some = lifecycles::list_idle(&mut conn, told_since, (after.0, &after.1), BATCH).await?;
        drop(conn);
        let Some(last) = some.last() else { return Ok(()) };
        after = (last.last_signed_in_at, last.person.0.clone());
        for idle in &some {
            match idle.warned_at {
                None => warn(services, idle, told_since).await?,
                Some(at) if at <= warned_before && idle.last_signed_in_at <= idle_since => {
                    disable(services, idle, (idle_since, warned_before)).await?;
                }
                Some(_) => {}
            }
        }
    }
}

/// Tells somebody, once, by mail and on their pages.
async fn warn(services: &Services, idle: &Idle, told_since: Millis) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let warned = Shut { person: &idle.person, now, spared_since: told_since };
    if !lifecycles::mark_warned(&mut tx, warned).await? {
        return Ok(());
    }
    let Some(person) = persons::find(&mut tx, &idle.person).await? else { return Ok(()) };
    let settings = &services.settings.lifecycle;
    let day = vietnam_date(now.plus_seconds((settings.idle_days - settings.warn_days) * DAY_SECONDS));
    add_notice(&mut tx, services, idle).await?;
    let written = of_idle(&mut tx, services, &person, day).await?;
    let origin = origin();
    let event = Event {
        event: "person.idle_warned",
        actor: ACTOR.to_owned(),
        person: Some(&idle.person),
        client: None,
        origin: &origin,
        detail: json!({ "last_signed_in_at": idle.last_signed_in_at.0, "by_mail": written }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(())
}

/// The letter has no "this was not me": nothing happened, so no link leads to this notice.
async fn add_notice(tx: &mut Tx, services: &Services, idle: &Idle) -> Result<(), Failure> {
    let (now, origin) = (services.clock.now(), origin());
    let notice = StoredNotice {
        id: uuid_v7(now, services.entropy.as_ref()),
        person: idle.person.clone(),
        at: now,
        kind: NoticeKind::AccountIdle,
        address: origin.address,
        device: origin.device,
        seen_at: None,
        disowned_at: None,
    };
    Ok(notices::add(tx, &notice, &sha256(services.entropy.token().as_bytes())).await?)
}

async fn disable(services: &Services, idle: &Idle, (idle_since, warned_before): (Millis, Millis)) -> Result<(), Failure> {
    let now = services.clock.now();
    let id = &idle.person;
    let mut tx = services.store.write().await?;
    // In the order in which everybody holds them who ends the access of whoever runs the service.
    admin_roles::hold_system_of(&mut tx, id).await?;
    lifecycles::hold(&mut tx, id).await?;
    let shut = Shut { person: id, now, spared_since: idle_since };
    if !lifecycles::disable_idle(&mut tx, shut, warned_before).await? {
        return Ok(());
    }
    lifecycles::mark_disabled(&mut tx, id, now, IDLE).await?;
    let origin = origin();
    let ended = end_all(&mut tx, services, id, Reach::Everything, By { actor: ACTOR, origin: &origin }).await?;
    let event = Event {
        event: "person.disabled",
        actor: ACTOR.to_owned(),
        person: Some(id),
        client: None,
        origin: &origin,
        detail: json!({
            "reason": IDLE,
            "last_signed_in_at": idle.last_signed_in_at.0,
            "sign_ons_ended": ended.sign_ons.len(),
            "offline_grants_revoked": ended.grants.len(),
        }),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Kind::Person, id.as_str(), now);
    ended.tell(services);
    metrics::counter!("motlan_accounts_disabled_total", "why" => IDLE).increment(1);
    Ok(())
}
