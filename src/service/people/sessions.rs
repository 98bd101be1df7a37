//! Where somebody is signed on, for whoever helps them; and the end of one sign-on or of all. When and from where they
//! signed in is told to whoever may read their history, and to nobody else.

use crate::base::clock::Millis;
use crate::base::id::SignOnId;
use crate::model::authority::{HelpPeople, ReadHistory};
use crate::model::device::Device;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::sign_on::ending::{By, Reach, end, end_all};
use crate::service::{Failure, Services};
use crate::store::{clients, grants, sign_on_places, sign_ons};
use serde_json::json;

/// An open sign-on.
#[derive(Debug, Clone)]
pub struct Open {
    /// Its id.
    pub id: SignOnId,
    /// What it was made with.
    pub device: Device,
    /// When and from where, for whoever may know.
    pub seen: Option<Seen>,
}

/// When and from where a sign-on was used.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When it began.
    pub since: Millis,
    /// When it was used last.
    pub used: Millis,
    /// From where it was begun; empty when that is not known.
    pub address: String,
    /// The systems that were entered, by name.
    pub systems: Vec<String>,
}

/// Whoever looks: at when and where somebody signed in, or only to help them.
pub enum Reader<'a> {
    /// May read their history.
    History(&'a One<ReadHistory>),
    /// Helps them.
    Helper(&'a One<HelpPeople>),
}

/// The open sign-ons of a person, newest first. That somebody looked is recorded first.
pub async fn list(services: &Services, reader: Reader<'_>) -> Result<Vec<Open>, Failure> {
    let (by, person) = match reader {
        Reader::History(proof) => (&proof.by, &proof.person().id),
        Reader::Helper(proof) => (&proof.by, &proof.person().id),
    };
    audit::looked(services, Event::by(by, "person.viewed", Some(person), None, json!({ "part": "sessions" }))).await?;
    let now = services.clock.now();
    let idle = services.settings.lifetimes.idle_seconds;
    let tells = by.holds::<ReadHistory>();
    let mut conn = services.store.read().await?;
    let mut addresses = sign_on_places::list_open(&mut conn, person).await?;
    let mut open = Vec::new();
    for sign_on in sign_ons::list_open(&mut conn, person, now).await? {
        if !sign_on.is_open(idle, now) {
            continue;
        }
        if !tells {
            open.push(Open { id: sign_on.id, device: sign_on.device, seen: None });
            continue;
        }
        let mut systems = Vec::new();
        for (client, _) in grants::clients_of_sign_on(&mut conn, &sign_on.id).await? {
            systems.extend(clients::find(&mut conn, &client).await?.map(|client| client.name));
        }
        let address = addresses.remove(&sign_on.id).unwrap_or_default();
        let seen = Seen { since: sign_on.started_at, used: sign_on.last_seen_at, address, systems };
        open.push(Open { id: sign_on.id, device: sign_on.device, seen: Some(seen) });
    }
    Ok(open)
}

/// Ends one sign-on of the person; false when it is over, or not theirs.
pub async fn end_one(services: &Services, proof: &One<HelpPeople>, id: &SignOnId) -> Result<bool, Failure> {
    let found = sign_ons::find(&mut services.store.read().await?, id).await?;
    let Some(sign_on) = found.filter(|sign_on| sign_on.person == proof.person().id) else { return Ok(false) };
    end(services, &sign_on, proof.by.person.as_str(), &proof.by.origin).await
}

/// Ends all sign-ons of the person; answers how many. Offline access stays, as after any sign-out.
pub async fn end_every(services: &Services, proof: &One<HelpPeople>) -> Result<usize, Failure> {
    let person = &proof.person().id;
    let by = By { actor: proof.by.person.as_str(), origin: &proof.by.origin };
    let mut tx = services.store.write().await?;
    let ended = end_all(&mut tx, services, person, Reach::SignOns, by).await?;
    let detail = json!({ "sign_ons_ended": ended.sign_ons.len() });
    audit::record(&mut tx, services, Event::by(&proof.by, "sessions.ended", Some(person), None, detail)).await?;
    tx.commit().await?;
    ended.tell(services);
    Ok(ended.sign_ons.len())
}
