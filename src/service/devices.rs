//! Devices that people have signed in on before.
//!
//! A browser holds 256 random bits for a year, and the records hold their
//! digest, with a row for each person who has signed in there. Such a device
//! lets its person pass what strangers did to their name. Where the person
//! wished it, it also stands for the second factor until a day. The day is in
//! the row and not in a signed cookie: so it can be taken back.
//!
//! Whoever came in there through an old system proved little: such a device is
//! theirs at the sign-in of that system and nowhere else, until they come in
//! there by a way of their own. It goes with their account of the system.
//!
//! Nothing is noted of a computer that others use too.

use super::audit::{self, Event};
use super::known::KnownPerson;
use super::notices;
use super::{Failure, Origin, Services, old_accounts};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::sha256;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::device::Device;
use crate::model::methods::Missing;
use crate::model::notice::NoticeKind;
use crate::model::sign_in_policy::Demands;
use crate::model::sign_on::{Manner, SignOn};
use crate::store::devices::{self, StoredDevice};
use crate::store::{StoreError, Tx};
use serde_json::json;

/// How long a browser keeps what it is known by, and we what we know of it: from its last use.
pub const KEPT_SECONDS: i64 = 365 * DAY_SECONDS;
const DAY_SECONDS: i64 = 86_400;
/// A use is noted at most this often.
const NOTED_EVERY_MS: i64 = 3_600_000;
/// Devices of one person that are kept, the last used ones, and as many through each old system. On each of them so many
/// passwords may be guessed at.
const MOST_KEPT: i64 = 20;
/// Devices that are listed.
const MOST_LISTED: i64 = 100;

/// A device that a person has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// What pages and forms call it.
    pub id: String,
    /// What it says it is.
    pub device: Device,
    /// When its person first signed in on it.
    pub first_at: Millis,
    /// When they last did.
    pub last_at: Millis,
    /// It stands for the second factor until then.
    pub remembered_until: Option<Millis>,
    /// The old system through which it is known; nothing for one on which its person came in by a way of their own.
    pub through: Option<String>,
}

impl KnownDevice {
    /// True while the device stands for the second factor.
    pub fn is_remembered(&self, now: Millis) -> bool {
        self.remembered_until.is_some_and(|until| until > now)
    }
}

impl From<StoredDevice> for KnownDevice {
    fn from(stored: StoredDevice) -> Self {
        let StoredDevice { id, device, first_at, last_at, remembered_until, through } = stored;
        Self { id, device, first_at, last_at, remembered_until, through }
    }
}

/// Where somebody signs in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// What the browser says it is known by.
    pub known_by: Option<&'a str>,
    /// Others use this computer too.
    pub shared: bool,
}

/// A sign-on whose device is to be noted.
#[derive(Clone, Copy)]
pub struct Noting<'a> {
    /// The sign-on.
    pub sign_on: &'a SignOn,
    /// What the browser says it is known by.
    pub known_by: Option<&'a str>,
    /// For so many days the device is to stand for the second factor; 0: as it was.
    pub remember_days: i64,
    /// From where.
    pub origin: &'a Origin,
}

/// The device, if this person has used it.
pub async fn look(services: &Services, known_by: Option<&str>, person: &PersonId) -> Result<Option<KnownDevice>, Failure> {
    let Some(known_by) = known_by else { return Ok(None) };
    let stored = devices::find(&mut services.store.read().await?, &sha256(known_by.as_bytes()), person).await?;
    Ok(stored.map(Into::into))
}

/// The number of the device, if this person has used it at the sign-in of an old system, or by a way of their own.
pub async fn known_at(
    services: &Services,
    known_by: Option<&str>,
    person: &PersonId,
    source: &str,
) -> Result<Option<String>, Failure> {
    let device = look(services, known_by, person).await?;
    let counts = |device: &KnownDevice| device.through.as_ref().is_none_or(|through| through == source);
    Ok(device.filter(counts).map(|device| device.id))
}

/// The number of the device, if whoever has this folded user name has used it by a way of their own.
pub async fn known_as(services: &Services, known_by: Option<&str>, folded: &str) -> Result<Option<String>, Failure> {
    let Some(known_by) = known_by else { return Ok(None) };
    let digest = sha256(known_by.as_bytes());
    Ok(devices::find_id_by_username(&mut services.store.read().await?, &digest, folded).await?)
}

/// In which manner a sign-on begins here. Whoever administers anything gives both factors each time.
pub async fn manner(services: &Services, known: &KnownPerson, place: Place<'_>, demands: &Demands) -> Result<Manner, Failure> {
    let now = services.clock.now();
    if place.shared {
        let lifetimes = &services.settings.lifetimes;
        let usual = demands.idle_seconds.unwrap_or(lifetimes.idle_seconds);
        let idle_seconds = Some(lifetimes.shared_idle_seconds.min(usual));
        return Ok(Manner { idle_seconds, shared: true, waived: false });
    }
    let may = demands.remember_days > 0 && !known.is_administrator(vietnam_date(now));
    let waived = may && look(services, place.known_by, &known.person.id).await?.is_some_and(|device| device.is_remembered(now));
    Ok(Manner { idle_seconds: demands.idle_seconds, shared: false, waived })
}

/// True when a sign-on has what its person's account asks for, and its device may be known from then on.
fn is_full(known: &KnownPerson, sign_on: &SignOn, now: Millis) -> bool {
    let today = vietnam_date(now);
    match known.missing(sign_on.level, known.duty(sign_on, today), today) {
        Some(Missing::SecondFactor | Missing::Passkey) => false,
        Some(Missing::NewPassword | Missing::Enrolment) | None => true,
    }
}

/// Notes that a person has signed in on a device; answers what the browser is to keep. Nothing where others use it
/// too, or where a factor is still missing. A person who was here before is told of a device that is new.
pub async fn note(services: &Services, noting: Noting<'_>) -> Result<Option<String>, Failure> {
    let now = services.clock.now();
    let Noting { sign_on, known_by, remember_days, origin: _ } = noting;
    let person = &sign_on.person;
    let Some(known) = services.person(person).await? else { return Ok(None) };
    if sign_on.manner.shared || !is_full(&known, sign_on, now) {
        return Ok(None);
    }
    let through = through(services, sign_on).await?;
    let before = known_by.map(|known_by| sha256(known_by.as_bytes()));
    let present = match &before {
        Some(digest) => devices::find(&mut services.store.read().await?, digest, person).await?,
        None => None,
    };
    // Whoever put a value of theirs into somebody's browser does not know what it is known by from then on: only what
    // this person has had before is kept, by no less a proof, and nothing that is to stand for a factor.
    let had = present.filter(|device| device.through.is_none() || device.through == through);
    let kept = known_by.filter(|_| had.is_some() && remember_days == 0);
    if let Some(kept) = kept
        && had.is_some_and(|device| now.since(device.last_at) < NOTED_EVERY_MS)
    {
        return Ok(Some(kept.to_owned()));
    }
    let value = kept.map_or_else(|| services.entropy.token(), str::to_owned);
    let mut tx = services.store.write().await?;
    if let Some(before) = before.filter(|_| kept.is_none()) {
        // The others who use this browser stay known in it.
        devices::replace_cookie(&mut tx, &before, &sha256(value.as_bytes())).await?;
    }
    write(&mut tx, services, noting, (&value, through)).await?;
    tx.commit().await?;
    services.letters.notify_one();
    Ok(Some(value))
}

/// The old system through which a sign-on makes its device known; nothing where that is as good as a way of one's own.
async fn through(services: &Services, sign_on: &SignOn) -> Result<Option<String>, StoreError> {
    Ok(if old_accounts::is_limited(services, sign_on).await? { sign_on.legacy.clone() } else { None })
}

async fn write(
    tx: &mut Tx,
    services: &Services,
    noting: Noting<'_>,
    (known_by, through): (&str, Option<String>),
) -> Result<(), Failure> {
    let now = services.clock.now();
    let Noting { sign_on, known_by: _, remember_days, origin } = noting;
    let person = &sign_on.person;
    // To trust a device is a change of how one signs in.
    let remembers = remember_days > 0 && through.is_none() && is_changeable(tx, person).await?;
    let digest = sha256(known_by.as_bytes());
    let stored = StoredDevice {
        id: uuid_v7(now, services.entropy.as_ref()),
        device: sign_on.device,
        first_at: now,
        last_at: now,
        remembered_until: remembers.then(|| now.plus_seconds(remember_days.saturating_mul(DAY_SECONDS))),
        through,
    };
    let is_new = devices::add(tx, &digest, person, &stored).await?;
    if is_new {
        devices::keep_newest(tx, person, stored.through.as_deref(), MOST_KEPT).await?;
    } else {
        devices::mark_used(tx, &digest, person, &stored).await?;
    }
    if is_new && devices::has_signed_in_before(tx, person, &sign_on.id).await? {
        notices::tell(tx, services, person, NoticeKind::NewDevice, origin).await?;
    }
    if remembers {
        let detail = json!({ "days": remember_days });
        record(tx, services, person, ("device.remembered", detail), origin).await?;
        notices::tell(tx, services, person, NoticeKind::DeviceRemembered, origin).await?;
    }
    Ok(())
}

async fn is_changeable(tx: &mut Tx, person: &PersonId) -> Result<bool, StoreError> {
    match notices::hold_changeable(tx, person).await {
        Ok(()) => Ok(true),
        Err(StoreError::Stale) => Ok(false),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Corrupt(_))) => Err(error),
    }
}

async fn record(
    tx: &mut Tx,
    services: &Services,
    person: &PersonId,
    (event, detail): (&'static str, serde_json::Value),
    origin: &Origin,
) -> Result<(), StoreError> {
    let event = Event { event, actor: person.0.clone(), person: Some(person), client: None, origin, detail };
    audit::record(tx, services, event).await
}

/// The devices of a person, the last used first.
pub async fn list(services: &Services, person: &PersonId) -> Result<Vec<KnownDevice>, Failure> {
    let stored = devices::list(&mut services.store.read().await?, person, MOST_LISTED).await?;
    Ok(stored.into_iter().map(Into::into).collect())
}

/// Forgets one device: what is signed on there goes on, and the next sign-in is as on any device that is new. False
/// when the person has no such device (any more).
pub async fn forget(services: &Services, person: &PersonId, id: &str, origin: &Origin) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    if !devices::remove(&mut tx, person, id).await? {
        return Ok(false);
    }
    record(&mut tx, services, person, ("device.forgotten", json!({})), origin).await?;
    tx.commit().await?;
    Ok(true)
}

/// No device stands for a person's second factor any more, in the transaction of the act that wants it: a password or
/// a second factor was changed. Strangers still keep nobody out of the devices that they have used.
pub async fn forget_all(tx: &mut Tx, person: &PersonId) -> Result<(), StoreError> {
    devices::forget_all(tx, person).await.map(|_| ())
}

/// Every device of a person is new again, in the transaction of the act that wants it: somebody else was in the account.
pub async fn remove_all(tx: &mut Tx, person: &PersonId) -> Result<(), StoreError> {
    devices::remove_all(tx, person).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_remembered_until_its_moment() {
        let device = |remembered_until| KnownDevice {
            id: "d".to_owned(),
            device: Device::default(),
            first_at: Millis(0),
            last_at: Millis(0),
            remembered_until,
            through: None,
        };
        assert!(!device(None).is_remembered(Millis(0)));
        assert!(device(Some(Millis(10))).is_remembered(Millis(9)));
        assert!(!device(Some(Millis(10))).is_remembered(Millis(10)));
    }
}
