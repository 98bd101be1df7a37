//! Throttling of proofs of who somebody is: per name and address, per name, per address. Successes never count.
//!
//! The narrow bucket comes first, so that a stranger's failures elsewhere do
//! not keep a person out for long, and colleagues behind one address are not
//! locked out by one of them.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::service::audit::{self, Event, network_of};
use crate::service::{Failure, Origin, Services};
use crate::store::{StoreError, Tx, persons};
use crate::transient::attempts;
use serde_json::json;

/// A limit that was reached: whoever comes now has to wait.
pub struct Reached {
    /// Which limit, in a fixed word.
    limit: &'static str,
    /// What was counted.
    name: String,
    /// When the count starts anew.
    pub until: Millis,
}

impl Reached {
    /// True when the failures of one person are counted, not those of an address.
    fn is_of_a_name(&self) -> bool {
        self.limit != ADDRESS
    }
}

/// Whether a password or code may be looked at.
pub enum Reserved {
    /// It may; these limits are reached if it is wrong.
    Room(Vec<Reached>),
    /// It may not.
    Full(Reached),
}

const ADDRESS: &str = "address";

fn buckets(services: &Services, folded: &str, origin: &Origin) -> [(&'static str, String, i64); 3] {
    let limits = services.settings.throttle;
    let network = network_of(&origin.address);
    [
        ("name-address", format!("{folded}\n{network}"), limits.failures_per_name_and_address),
        ("name", folded.to_owned(), limits.failures_per_name),
        (ADDRESS, network, limits.failures_per_address),
    ]
}

/// Reserves one failure in every bucket before the password is looked at, so
/// that a burst counts as one by one would, and a caller who hangs up too.
/// Refuses when a bucket is full; fails closed when it cannot be read.
pub async fn reserve(services: &Services, folded: &str, origin: &Origin) -> Result<Reserved, Failure> {
    let now = services.clock.now();
    let buckets = buckets(services, folded, origin);
    // A full bucket is only read: waiting must not be made longer by trying.
    for (limit, name, most) in &buckets {
        let counted = attempts::so_far(&services.transient, limit, name, now).await?;
        if let Some((_, until)) = counted.filter(|(failures, _)| failures >= most) {
            return Ok(Reserved::Full(Reached { limit, name: name.clone(), until }));
        }
    }
    let window = services.settings.throttle.window_seconds * 1_000;
    let (mut last, mut full) = (Vec::new(), None);
    for (limit, name, most) in &buckets {
        let (count, until) = attempts::add(&services.transient, limit, name, window, now).await?;
        let reached = Reached { limit, name: name.clone(), until };
        match count.cmp(most) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => last.push(reached),
            std::cmp::Ordering::Greater => full = Some(reached),
        }
    }
    match full {
        None => Ok(Reserved::Room(last)),
        Some(reached) => {
            give_back(services, folded, origin).await?;
            Ok(Reserved::Full(reached))
        }
    }
}

/// True for the first who asks about a limit, until its count starts anew: one record for each.
async fn is_first(services: &Services, reached: &Reached) -> Result<bool, Failure> {
    let now = services.clock.now();
    let name = format!("{}\n{}\n{}", reached.limit, reached.name, reached.until.0);
    let (asked, _) = attempts::add(&services.transient, "told", &name, reached.until.since(now).max(1), now).await?;
    Ok(asked == 1)
}

/// Gives the reservation back: the password was not looked at.
pub async fn give_back(services: &Services, folded: &str, origin: &Origin) -> Result<(), Failure> {
    let now = services.clock.now();
    for (limit, name, _) in buckets(services, folded, origin) {
        attempts::take_back(&services.transient, limit, &name, now).await?;
    }
    Ok(())
}

/// A success: never counted, and the failures of this name at this address are forgotten.
pub async fn succeed(services: &Services, folded: &str, origin: &Origin) -> Result<(), Failure> {
    give_back(services, folded, origin).await?;
    let [(limit, name, _), ..] = buckets(services, folded, origin);
    Ok(attempts::clear(&services.transient, limit, &name).await?)
}

/// Records a failure under its name, and with it the limits that it reached.
pub async fn fail(
    services: &Services,
    folded: &str,
    origin: &Origin,
    reached: &[Reached],
    event: &'static str,
) -> Result<(), Failure> {
    let mut first = Vec::new();
    for limit in reached {
        if is_first(services, limit).await? {
            first.push(limit);
        }
    }
    let mut tx = services.store.write().await?;
    // The typed name is not recorded: people type passwords into the wrong field.
    let person = persons::find_id_by_username(&mut tx, folded).await?;
    let event = Event { event, actor: String::new(), person: person.as_ref(), client: None, origin, detail: json!({}) };
    audit::record(&mut tx, services, event).await?;
    for limit in first {
        record_reached(&mut tx, services, person.as_ref(), origin, limit).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Records a limit whose failures were never told: their callers hung up.
pub async fn tell_reached(services: &Services, folded: &str, origin: &Origin, reached: &Reached) -> Result<(), Failure> {
    if !is_first(services, reached).await? {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    let person = persons::find_id_by_username(&mut tx, folded).await?;
    record_reached(&mut tx, services, person.as_ref(), origin, reached).await?;
    tx.commit().await?;
    Ok(())
}

async fn record_reached(
    tx: &mut Tx,
    services: &Services,
    person: Option<&PersonId>,
    origin: &Origin,
    reached: &Reached,
) -> Result<(), StoreError> {
    let event = Event {
        event: "sign_in.throttled",
        actor: String::new(),
        person: person.filter(|_| reached.is_of_a_name()),
        client: None,
        origin,
        detail: json!({ "limit": reached.limit, "until": reached.until }),
    };
    audit::record(tx, services, event).await
}
