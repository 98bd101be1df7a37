//! Helping somebody who stands before an administrator: who they are, and opening a door that strangers locked.
//!
//! A person outside an administrator's scope is answered like one who is not
//! there: the page is no list of the city's names.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::text::fold;
use crate::model::admin_scope::CODE_TRIES;
use crate::model::authority::{HelpPeople, allowing};
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, One};
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services, throttle};
use crate::store::{change_locks, persons, recoveries};
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

/// The right to help the person of a user name; nothing for whom this administrator may not help, who may not sign in, and
/// who is not there.
pub async fn who(services: &Services, authority: &Authority, username: &str) -> Result<Option<One<HelpPeople>>, Failure> {
    let id = persons::find_id_by_username(&mut services.store.read().await?, &fold(username)).await?;
    let Some(id) = id else { return Ok(None) };
    if services.person(&id).await?.is_none() {
        return Ok(None);
    }
    authority.one::<HelpPeople>(services, &id).await
}

/// Who the person of a proof is. Whoever looks is on record.
pub async fn find(services: &Services, proof: &One<HelpPeople>) -> Result<Option<Helped>, Failure> {
    let id = &proof.person().id;
    let Some(known) = services.person(id).await? else { return Ok(None) };
    let mut conn = services.store.read().await?;
    let changes_locked = change_locks::changes_locked(&mut conn, id).await?.is_some();
    let code = recoveries::find_code(&mut conn, id, CODE_TRIES, services.clock.now()).await?;
    drop(conn);
    let detail = json!({ "part": "recovery" });
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(id), None, detail)).await?;
    Ok(Some(Helped { known, changes_locked, code_until: code.map(|code| code.expires_at) }))
}

/// Forgets what strangers failed at under a person's name. That it was done is on record before it is.
pub async fn unlock(services: &Services, proof: &One<HelpPeople>) -> Result<(), Failure> {
    let (person, helper) = (proof.person(), &proof.by.person);
    let mut tx = services.store.write().await?;
    for (about, other) in [(&person.id, helper), (helper, &person.id)] {
        let detail = json!({ "with": other });
        audit::record(&mut tx, services, Event::by(&proof.by, "sign_in.unlocked", Some(about), None, detail)).await?;
    }
    tx.commit().await?;
    throttle::unlock(services, &fold(&person.username)).await
}
