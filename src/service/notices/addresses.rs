//! Telling people that their e-mail address became another one: at the new address, and at the one before. Whoever put
//! their own address there to take an account over does not read the other.
//!
//! Addresses change by sets of changes: an edit at the console, a file of a hundred thousand rows. A job goes through the
//! sets that count, in their order, a few people in each write; the notice itself says that somebody was told, so that
//! a node that is killed tells nobody twice and leaves nobody out.

use super::{News, add, write};
use crate::base::id::PersonId;
use crate::base::locale::Locale;
use crate::model::device::Device;
use crate::model::notice::NoticeKind;
use crate::service::mails::{self, Addressee};
use crate::service::{Failure, Origin, Services, leases};
use crate::store::address_changes::{self, AppliedSet, Moved};
use crate::store::{StoreError, Tx, persons};

const LEASE: &str = "address_changes";
/// Longer than a write of some people takes.
const LEASE_SECONDS: i64 = 60;
/// People of one short write.
const AT_ONCE: i64 = 50;
/// Sets of one run; what is left waits for the next one.
const SETS: usize = 200;

/// Tells whoever has another address since the last time; answers how many that were. Only the node that holds the lease
/// does so.
pub async fn run(services: &Services, holder: &str) -> Result<u64, Failure> {
    let mut told = 0;
    for _ in 0..SETS {
        let mut conn = services.store.read().await?;
        let version = address_changes::cursor(&mut conn).await?;
        let Some(set) = address_changes::next_set(&mut conn, version).await? else { break };
        drop(conn);
        if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
            break;
        }
        told += tell_of_set(services, holder, &set).await?;
        let mut tx = services.store.write().await?;
        address_changes::move_cursor(&mut tx, version, set.version).await?;
        tx.commit().await?;
    }
    Ok(told)
}

async fn tell_of_set(services: &Services, holder: &str, set: &AppliedSet) -> Result<u64, Failure> {
    let (mut told, mut after) = (0, PersonId(String::new()));
    loop {
        let mut conn = services.store.read().await?;
        let some = address_changes::list_untold(&mut conn, set, NoticeKind::EmailChanged.word(), &after, AT_ONCE).await?;
        drop(conn);
        let Some(last) = some.last() else { return Ok(told) };
        after = last.person.clone();
        let mut tx = services.store.write().await?;
        for moved in &some {
            tell(&mut tx, services, set, moved).await?;
        }
        tx.commit().await?;
        told += some.len() as u64;
        if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
            // Another node goes on with this set.
            return Err(StoreError::Stale.into());
        }
    }
}

async fn tell(tx: &mut Tx, services: &Services, set: &AppliedSet, moved: &Moved) -> Result<(), Failure> {
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let news = News { person: &moved.person, kind: NoticeKind::EmailChanged, at: set.applied_at, origin: &origin };
    let token = add(tx, services, &news).await?;
    if !mails::are_on(services) {
        return Ok(());
    }
    let Some(known) = persons::find(tx, &moved.person).await? else { return Ok(()) };
    let present = Addressee::of(&known);
    let locale = known.claims.get("locale").and_then(|tag| Locale::from_tag(tag)).unwrap_or_default();
    let before = Addressee { person: Some(&known.id), email: &moved.before, locale };
    for to in present.iter().chain(std::iter::once(&before)) {
        write(tx, services, &news, &token, (to, &known.full_name)).await?;
    }
    Ok(())
}
