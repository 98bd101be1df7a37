//! Helping somebody who stands before an administrator: who they are, and opening a door that strangers locked.
//!
//! A person outside an administrator's scope is answered like one who is not
//! there: the page is no list of the city's names.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::model::admin_scope::{CODE_TRIES, Helper};
use crate::model::authority::{Act as _, HelpPeople, allowing};
use crate::service::audit::{self, Event};
use crate::service::known::KnownPerson;
use crate::service::{Failure, Origin, Services, throttle};
use crate::store::{admin_roles, change_locks, persons, recoveries};
use serde_json::json;
use std::sync::Arc;

/// Somebody whom an administrator may help.
pub struct Helped {
    /// Who they are, and what they can sign in with.
    pub known: Arc<KnownPerson>,
    /// They said that something was not them, and nobody has seen them since.
    pub changes_locked: bool,
    /// A code that they were told counts until then.
    pub code_until: Option<Millis>,
}

/// Whether a person may help anybody at all today.
pub fn helps_anybody(services: &Services, known: &KnownPerson) -> bool {
    allowing::<HelpPeople>(&known.admin, vietnam_date(services.clock.now())).next().is_some()
}

/// The person of a user name, if this administrator may help them. The roles of both are asked of the records.
pub async fn find(services: &Services, helper: &PersonId, username: &str) -> Result<Option<Helped>, Failure> {
    let now = services.clock.now();
    let id = persons::find_id_by_username(&mut services.store.read().await?, &fold(username)).await?;
    let Some(id) = id else { return Ok(None) };
    let Some(known) = services.person(&id).await? else { return Ok(None) };
    let mut conn = services.store.read().await?;
    let scopes = admin_roles::list(&mut conn, helper).await?;
    let theirs = admin_roles::list(&mut conn, &id).await?;
    let helper = Helper { id: helper, scopes: &scopes };
    let reaches = helper.reaches(HelpPeople::ROLES, (&known.person, &theirs), &services.known.registry(), vietnam_date(now));
    if reaches.is_none() {
        return Ok(None);
    }
    let changes_locked = change_locks::changes_locked(&mut conn, &id).await?.is_some();
    let code = recoveries::find_code(&mut conn, &id, CODE_TRIES, now).await?;
    Ok(Some(Helped { known, changes_locked, code_until: code.map(|code| code.expires_at) }))
}

/// Forgets what strangers failed at under a person's name; false for whom this administrator may not help.
pub async fn unlock(services: &Services, helper: &PersonId, username: &str, origin: &Origin) -> Result<bool, Failure> {
    let Some(helped) = find(services, helper, username).await? else { return Ok(false) };
    let person = &helped.known.person;
    throttle::unlock(services, &fold(&person.username)).await?;
    let mut tx = services.store.write().await?;
    for (about, other) in [(&person.id, helper), (helper, &person.id)] {
        let detail = json!({ "with": other });
        let event =
            Event { event: "sign_in.unlocked", actor: helper.0.clone(), person: Some(about), client: None, origin, detail };
        audit::record(&mut tx, services, event).await?;
    }
    tx.commit().await?;
    Ok(true)
}
