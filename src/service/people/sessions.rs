//! Where somebody is signed on, for whoever helps them; and the end of one sign-on or of all.

use crate::base::id::SignOnId;
use crate::model::authority::HelpPeople;
use crate::model::sign_on::SignOn;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::sign_on::ending::{By, Reach, end, end_all};
use crate::service::{Failure, Services};
use crate::store::{clients, grants, sign_on_places, sign_ons};
use serde_json::json;

/// An open sign-on.
#[derive(Debug, Clone)]
pub struct Open {
    /// The sign-on.
    pub sign_on: SignOn,
    /// From where it was begun; empty when that is not known.
    pub address: String,
    /// The systems that were entered, by name.
    pub systems: Vec<String>,
}

/// The open sign-ons of a person, newest first. That somebody looked is recorded first.
pub async fn list(services: &Services, proof: &One<HelpPeople>) -> Result<Vec<Open>, Failure> {
    let person = &proof.person().id;
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(person), None, json!({ "part": "sessions" }))).await?;
    let now = services.clock.now();
    let idle = services.settings.lifetimes.idle_seconds;
    let mut conn = services.store.read().await?;
    let mut addresses = sign_on_places::list_open(&mut conn, person).await?;
    let mut open = Vec::new();
    for sign_on in sign_ons::list_open(&mut conn, person, now).await? {
        if !sign_on.is_open(idle, now) {
            continue;
        }
        let mut systems = Vec::new();
        for (client, _) in grants::clients_of_sign_on(&mut conn, &sign_on.id).await? {
            systems.extend(clients::find(&mut conn, &client).await?.map(|client| client.name));
        }
        let address = addresses.remove(&sign_on.id).unwrap_or_default();
        open.push(Open { sign_on, address, systems });
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
