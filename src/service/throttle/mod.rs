//! Throttling of proofs of who somebody is. Successes never count.
//!
//! On a device that a person has used before their failures are counted there
//! and nowhere else: no stranger, and no colleague behind the same address,
//! keeps them out. For everybody else failures count under the name, the
//! address and its network. Each failure under a name lengthens the wait for
//! the next try, and with the last one the name is locked. A name that nobody
//! has is treated as any other.

mod buckets;
mod settings;
mod target;

pub use buckets::{Guess, Limit};
pub use settings::Throttle;
pub use target::{OldAccount, Target, old_name};

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services};
use crate::store::legacy_accounts::passwords;
use crate::store::{StoreError, Tx, devices};
use crate::transient::attempts;
use buckets::Bucket;
use serde_json::json;

/// A shorter wait is told in seconds, and is no limit worth a record.
pub const LONGEST_PAUSE_SECONDS: i64 = 60;

/// A limit that was reached: whoever comes now has to wait.
#[derive(Debug)]
pub struct Reached {
    /// Which limit.
    pub limit: Limit,
    /// What was counted.
    name: String,
    /// When the next try is looked at.
    pub until: Millis,
    /// The same, in seconds from now.
    pub seconds: i64,
}

impl Reached {
    fn new(bucket: &Bucket, until: Millis, now: Millis) -> Self {
        let seconds = (until.since(now) + 999).div_euclid(1_000).max(1);
        Self { limit: bucket.limit, name: bucket.name.clone(), until, seconds }
    }
}

/// What a failure counts in.
pub struct Room(Vec<Bucket>);

/// Whether a password or code may be looked at.
pub enum Reserved {
    /// It may.
    Room(Room),
    /// It may not.
    Full(Reached),
}

/// Reserves one failure in every bucket before the password is looked at, so
/// that a burst counts as one by one would, and a caller who hangs up too.
/// Refuses when a bucket is full or its next try must wait; fails closed when
/// it cannot be read. What is refused counts nowhere: failures under a name
/// that is locked already fill no address.
pub async fn reserve<'a>(services: &Services, guess: impl Into<Guess<'a>>, origin: &Origin) -> Result<Reserved, Failure> {
    let now = services.clock.now();
    let buckets = buckets::of(services.settings.throttle, guess.into(), &origin.address);
    // A full bucket is only read: waiting must not be made longer by trying.
    for bucket in &buckets {
        if let Some(until) = closed_until(services, bucket, now).await? {
            return Ok(Reserved::Full(Reached::new(bucket, until, now)));
        }
    }
    let mut full = None;
    for bucket in &buckets {
        let (count, until) = attempts::add(&services.transient, bucket.limit.word(), &bucket.name, bucket.window_ms, now).await?;
        if count > bucket.most {
            full = Some(Reached::new(bucket, until, now));
        }
    }
    match full {
        None => Ok(Reserved::Room(Room(buckets))),
        Some(reached) => {
            put_back(services, &buckets).await?;
            Ok(Reserved::Full(reached))
        }
    }
}

/// Until when nothing is looked at: the bucket is full, or its last failure is too recent.
async fn closed_until(services: &Services, bucket: &Bucket, now: Millis) -> Result<Option<Millis>, Failure> {
    let word = bucket.limit.word();
    let counted = attempts::so_far(&services.transient, word, &bucket.name, now).await?;
    let full = counted.filter(|(failures, _)| *failures >= bucket.most).map(|(_, until)| until);
    if !bucket.limit.is_of_a_person() {
        return Ok(full);
    }
    Ok(full.max(attempts::held_until(&services.transient, word, &bucket.name, now).await?))
}

async fn put_back(services: &Services, buckets: &[Bucket]) -> Result<(), Failure> {
    let now = services.clock.now();
    for bucket in buckets {
        attempts::take_back(&services.transient, bucket.limit.word(), &bucket.name, now).await?;
    }
    Ok(())
}

/// Gives back what is reserved under the name: the failure counts on the device, or where it came from, and there alone.
pub async fn spare_name(services: &Services, room: Room) -> Result<Room, Failure> {
    let (names, others): (Vec<Bucket>, Vec<Bucket>) = room.0.into_iter().partition(|bucket| bucket.limit == Limit::Name);
    put_back(services, &names).await?;
    Ok(Room(others))
}

/// Gives the reservation back: the password was not looked at.
pub async fn give_back<'a>(services: &Services, guess: impl Into<Guess<'a>>, origin: &Origin) -> Result<(), Failure> {
    put_back(services, &buckets::of(services.settings.throttle, guess.into(), &origin.address)).await
}

/// A success: never counted, and the failures of this name, or on this device, are forgotten.
pub async fn succeed<'a>(services: &Services, guess: impl Into<Guess<'a>>, origin: &Origin) -> Result<(), Failure> {
    let buckets = buckets::of(services.settings.throttle, guess.into(), &origin.address);
    put_back(services, &buckets).await?;
    for bucket in buckets.iter().filter(|bucket| bucket.limit.is_of_a_person()) {
        open(services, bucket.limit, &bucket.name).await?;
    }
    Ok(())
}

/// Forgets the failures of a bucket, and what they led to.
async fn open(services: &Services, limit: Limit, name: &str) -> Result<(), Failure> {
    attempts::clear(&services.transient, limit.word(), name).await?;
    attempts::release(&services.transient, limit.word(), name).await?;
    Ok(attempts::clear(&services.transient, TOLD, &told_name(limit, name)).await?)
}

/// Opens a name at once, everywhere, and the names of its owner in old systems: an administrator, or a way back, says that
/// it is them. The caller records it. What a directory itself counts is not ours to forget.
pub async fn unlock(services: &Services, folded: &str) -> Result<(), Failure> {
    let own = devices::list_ids_by_username(&mut services.store.read().await?, folded).await?;
    open(services, Limit::Name, folded).await?;
    for name in old_names(services, folded).await? {
        open(services, Limit::Name, &name).await?;
    }
    for device in own {
        open(services, Limit::Device, &device).await?;
    }
    Ok(())
}

/// Under which names a person is guessed at in old systems, by their folded user name here.
async fn old_names(services: &Services, folded: &str) -> Result<Vec<String>, Failure> {
    if services.known.legacy_sources(&services.store, services.clock.now()).await?.is_empty() {
        return Ok(Vec::new());
    }
    let held = passwords::list_names_of(&mut services.store.read().await?, folded).await?;
    Ok(held.iter().map(|(source, name)| old_name(source, name)).collect())
}

/// Until when a name, or one of its person in an old system, is locked for whoever comes on a device that its person never
/// used; none when all are open.
pub async fn locked_until(services: &Services, folded: &str) -> Result<Option<Millis>, Failure> {
    let now = services.clock.now();
    let mut until = None;
    for name in [folded.to_owned()].into_iter().chain(old_names(services, folded).await?) {
        let bucket = Bucket::of_name(services.settings.throttle, &name);
        until = until.max(closed_until(services, &bucket, now).await?);
    }
    Ok(until.filter(|until| until.since(now) > LONGEST_PAUSE_SECONDS * 1_000))
}

const TOLD: &str = "told";

fn told_name(limit: Limit, name: &str) -> String {
    format!("{}\n{name}", limit.word())
}

/// True for the first who asks about a limit, until it is over: one record for each.
async fn is_first(services: &Services, reached: &Reached) -> Result<bool, Failure> {
    let now = services.clock.now();
    let name = told_name(reached.limit, &reached.name);
    let (asked, _) = attempts::add(&services.transient, TOLD, &name, reached.until.since(now).max(1), now).await?;
    Ok(asked == 1)
}

/// Lets the next try wait: a little longer after each failure, and for long after the last. Answers until when.
async fn hold(services: &Services, bucket: &Bucket, failures: i64, now: Millis) -> Result<Millis, Failure> {
    let wait_ms =
        if failures >= bucket.most { bucket.window_ms } else { services.settings.throttle.delay_seconds_after(failures) * 1_000 };
    if wait_ms <= 0 {
        return Ok(now);
    }
    Ok(attempts::hold(&services.transient, bucket.limit.word(), &bucket.name, wait_ms, now).await?)
}

/// Records a failure of whoever was guessed at, and with it the limits that it reached.
pub async fn fail<'a>(
    services: &Services,
    target: impl Into<Target<'a>>,
    origin: &Origin,
    room: &Room,
    event: &'static str,
) -> Result<(), Failure> {
    let (now, target) = (services.clock.now(), target.into());
    let mut first = Vec::new();
    for bucket in &room.0 {
        let counted = attempts::so_far(&services.transient, bucket.limit.word(), &bucket.name, now).await?;
        let (failures, over) = counted.unwrap_or((1, Millis(now.0 + bucket.window_ms)));
        let until = if bucket.limit.is_of_a_person() { hold(services, bucket, failures, now).await? } else { over };
        let reached = Reached::new(bucket, until, now);
        if failures >= bucket.most && is_first(services, &reached).await? {
            first.push(reached);
        }
    }
    let person = target.person(&mut services.store.read().await?).await?;
    let event = Event { event, actor: String::new(), person: person.as_ref(), client: None, origin, detail: target.detail() };
    // Many fail at once in a flood: they share a commit, so that others need not wait behind them.
    services.writer.record(audit::row(services, event)).await?;
    if first.is_empty() {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    for reached in &first {
        record_reached(&mut tx, services, (&target, person.as_ref()), origin, reached).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Records a limit whose failures were never told: their callers hung up.
pub async fn tell_reached<'a>(
    services: &Services,
    target: impl Into<Target<'a>>,
    origin: &Origin,
    reached: &Reached,
) -> Result<(), Failure> {
    let target = target.into();
    if reached.seconds <= LONGEST_PAUSE_SECONDS || !is_first(services, reached).await? {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    let person = target.person(&mut tx).await?;
    record_reached(&mut tx, services, (&target, person.as_ref()), origin, reached).await?;
    tx.commit().await?;
    Ok(())
}

async fn record_reached(
    tx: &mut Tx,
    services: &Services,
    (target, person): (&Target<'_>, Option<&PersonId>),
    origin: &Origin,
    reached: &Reached,
) -> Result<(), StoreError> {
    let of_a_person = reached.limit.is_of_a_person();
    let mut detail = if of_a_person { target.detail() } else { json!({}) };
    detail["limit"] = json!(reached.limit.word());
    detail["until"] = json!(reached.until);
    let (event, person) = ("sign_in.throttled", person.filter(|_| of_a_person));
    audit::record(tx, services, Event { event, actor: String::new(), person, client: None, origin, detail }).await
}
