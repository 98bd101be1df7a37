//! The account for the worst day is heard: everybody who runs the service is told of each of its sign-ins and acts.
//!
//! What it did is read off the records, so that nothing that leaves a record there goes unheard, whichever door it came
//! by. Each thing is told once, also when two nodes look at the same moment, and after a node was away. It decides alone,
//! so it could dismiss whoever is to hear, or be dismissed itself, before anybody is told: whoever ran the service when it
//! began hears nevertheless, and what it did before its role was taken back is told after that.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::admin_scope::AdminRole;
use crate::model::device::Device;
use crate::outbound::letters::Letter;
use crate::service::audit::{self, Event};
use crate::service::authority::Authority;
use crate::service::mails::{self, Addressee};
use crate::service::{Failure, Origin, Services};
use crate::store::admin_roles::BreakGlass;
use crate::store::alarms::{self, Heard};
use crate::store::{Tx, admin_roles, persons};
use serde_json::json;

/// What happened longer ago is told no more: it was, or nobody was there to tell.
const LOOK_BACK_SECONDS: i64 = 3 * 86_400;
/// A record may be written so long after the moment that its act names: whoever was dismissed by the first thing that is told
/// hears of it, and what was under way when the account's role was taken back is told.
const SLACK_SECONDS: i64 = 60;
/// Things of one letter.
const AT_ONCE: i64 = 200;
/// The console says so for so long.
const SHOWN_SECONDS: i64 = 86_400;
/// What was told is forgotten after a while; the records keep it.
const KEPT_SECONDS: i64 = 90 * 86_400;

/// What the console says above every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Banner {
    /// The reader is that account.
    Own,
    /// It was used of late.
    Used {
        /// Its user name.
        username: String,
        /// When last.
        at: Millis,
        /// For how many things.
        count: i64,
    },
}

/// Tells of what was not told yet; answers how many things those were.
pub async fn run(services: &Services) -> Result<usize, Failure> {
    let now = services.clock.now();
    let looked_back = now.plus_seconds(-LOOK_BACK_SECONDS);
    let accounts = admin_roles::list_break_glass(&mut services.store.read().await?, looked_back).await?;
    let mut told = 0;
    for BreakGlass { person, since, until } in &accounts {
        let since = looked_back.max(*since);
        let mut heard = alarms::list_untold(&mut services.store.read().await?, person, since, AT_ONCE).await?;
        // What it did later, it did as an account like others.
        heard.retain(|one| until.is_none_or(|until| one.at <= until.plus_seconds(SLACK_SECONDS).0));
        if !heard.is_empty() {
            told += tell(services, person, &heard, now).await?;
        }
    }
    if told > 0 {
        let mut tx = services.store.write().await?;
        alarms::remove_before(&mut tx, now.plus_seconds(-KEPT_SECONDS), AT_ONCE).await?;
        tx.commit().await?;
    }
    Ok(told)
}

async fn tell(services: &Services, account: &PersonId, heard: &[Heard], now: Millis) -> Result<usize, Failure> {
    let mut tx = services.store.write().await?;
    let mut new = Vec::new();
    for one in heard {
        // Another node may be telling of it in this very moment: whoever keeps it first tells.
        if alarms::add(&mut tx, account, one, now).await? {
            new.push(one);
        }
    }
    let Some(first) = new.first() else { return Ok(0) };
    let to = write_to_all(&mut tx, services, account, (Millis(first.at), new.len())).await?;
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let events: Vec<&str> = new.iter().map(|one| one.event.as_str()).collect();
    let event = Event {
        event: "break_glass.alarm",
        actor: "job:alarm".to_owned(),
        person: Some(account),
        client: None,
        origin: &origin,
        detail: json!({ "events": events, "letters": to }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    let count = new.len();
    metrics::counter!("motlan_break_glass_total").increment(u64::try_from(count).unwrap_or(u64::MAX));
    tracing::warn!(person.id = %account, count, "the account for the worst day is in use");
    Ok(count)
}

/// A letter to everybody who runs the service, or did so when it began; answers how many there are.
async fn write_to_all(
    tx: &mut Tx,
    services: &Services,
    account: &PersonId,
    (when, acts): (Millis, usize),
) -> Result<usize, Failure> {
    if !mails::are_on(services) {
        return Ok(0);
    }
    let Some(known) = persons::find(tx, account).await? else { return Ok(0) };
    let today = vietnam_date(services.clock.now());
    let link = format!("{}/admin/administrators", services.settings.issuer.trim_end_matches('/'));
    let mut letters = 0;
    let began = when.plus_seconds(-SLACK_SECONDS);
    for id in admin_roles::list_system(tx, today, began).await?.into_iter().filter(|id| id != account) {
        let Some(person) = persons::find(tx, &id).await? else { continue };
        let Some(to) = Addressee::of(&person) else { continue };
        let letter = Letter::Alarm { full_name: &person.full_name, account: &known.username, when, acts, link: &link };
        mails::enqueue(tx, services, &to, &letter).await?;
        letters += 1;
    }
    Ok(letters)
}

/// What the console says to an administrator: to the account itself that everybody hears of it, to whoever runs the
/// service that it was used.
pub async fn banner(services: &Services, authority: &Authority) -> Result<Option<Banner>, Failure> {
    if !authority.scopes().iter().any(|scope| scope.role == AdminRole::System) {
        return Ok(None);
    }
    let mut conn = services.store.read().await?;
    if admin_roles::is_break_glass(&mut conn, authority.person(), authority.today()).await? {
        return Ok(Some(Banner::Own));
    }
    let since = services.clock.now().plus_seconds(-SHOWN_SECONDS);
    let newest = alarms::newest(&mut conn, since).await?;
    Ok(newest.map(|(username, at, count)| Banner::Used { username, at, count }))
}
