//! The end of every way back: a new password, and all that was there before is out.

use super::code::theirs;
use super::ticket::{Proven, Ticket};
use super::{needs_proof, takes_factors, unlocks_changes};
use crate::base::id::{PersonId, is_uuid};
use crate::base::text::fold;
use crate::crypto::password::HashError;
use crate::model::notice::NoticeKind;
use crate::model::password_policy::{Complaint, words_of};
use crate::model::sign_on::Manner;
use crate::service::audit::{self, Event};
use crate::service::devices::{self, Place};
use crate::service::known::KnownPerson;
use crate::service::policies::{self, Asked};
use crate::service::sign_on::Proof;
use crate::service::sign_on::ending::{By, Ended, Reach, end_all};
use crate::service::{Failure, Origin, Services, forget, notices, old_accounts, throttle};
use crate::store::changes::Kind as Changed;
use crate::store::passwords::StoredPassword;
use crate::store::recoveries::{self, Kind, Recovery, Removed};
use crate::store::{StoreError, Tx, change_locks, passkeys, password_history, passwords};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use std::sync::Arc;

/// What the person chose.
pub struct New {
    /// The password.
    pub password: SecretString,
    /// Others use this computer too.
    pub shared: bool,
}

/// Who is back.
pub struct Done {
    /// What they have proven.
    pub proof: Proof,
    /// They have lost their second factors, or are here for the first time: they are led on to new ones.
    pub begins_anew: bool,
}

/// Why there is no new password.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// The ticket or the way back counts no more.
    #[error("the way back is over")]
    Over,
    /// What was typed has to be mended; nothing was used up.
    #[error("what was typed cannot be taken")]
    Unfit {
        /// What the rules say.
        complaints: Vec<Complaint>,
        /// It is the present one or one of the last; absent when that was not looked at.
        used_before: Option<bool>,
    },
    /// The password pool is full.
    #[error("busy")]
    Busy {
        /// When to try again.
        seconds: u32,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for FinishError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<HashError> for FinishError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { seconds } => Self::Busy { seconds },
            HashError::Unusable => Self::Failure(error.into()),
        }
    }
}

/// The user name behind a ticket that still counts: for password managers.
pub async fn who(services: &Services, ticket: &Ticket) -> Result<Option<String>, Failure> {
    Ok(find(services, ticket).await?.map(|(_, known)| known.person.username.clone()))
}

/// The way back of a ticket and its person, if both count, and all that has to be proven was.
async fn find(services: &Services, ticket: &Ticket) -> Result<Option<(Recovery, Arc<KnownPerson>)>, Failure> {
    let found = recoveries::find(&mut services.store.read().await?, &ticket.id, services.clock.now()).await?;
    let Some(recovery) = found else { return Ok(None) };
    let Some(known) = services.person(&recovery.person).await? else { return Ok(None) };
    // A second factor may have been added since the ticket was given.
    if ticket.proven == Proven::Nothing && needs_proof(services, recovery.kind, &known) {
        return Ok(None);
    }
    Ok(Some((recovery, known)))
}

/// Sets a new password and uses the way back up, or does neither.
pub async fn finish(services: &Services, ticket: &Ticket, new: New, origin: &Origin) -> Result<Done, FinishError> {
    let (recovery, known) = find(services, ticket).await?.ok_or(FinishError::Over)?;
    judge(services, &known, &new.password).await?;
    // No hashing inside the transaction.
    let hash = services.hasher.hash(new.password).await?;
    let now = services.clock.now();
    let person = &known.person.id;
    let mut tx = services.store.write().await?;
    // Whoever locks the person, or their changes, does so before or after: this is asked once they are held.
    if !passkeys::hold_person(&mut tx, person).await? || !recoveries::mark_used(&mut tx, &recovery.id, now).await? {
        return Err(FinishError::Over);
    }
    if !is_still_theirs(&mut tx, services, &recovery).await? {
        return Err(FinishError::Over);
    }
    recoveries::revoke_all(&mut tx, person, now).await?;
    if let Some(before) = passwords::hold(&mut tx, person).await? {
        password_history::add(&mut tx, person, &before.hash, now).await?;
        password_history::keep_newest(&mut tx, person, services.settings.password_policy.history).await?;
    }
    passwords::set(&mut tx, person, &StoredPassword { hash, changed_at: now, must_change: false }).await?;
    let removed =
        if takes_factors(recovery.kind) { recoveries::remove_factors(&mut tx, person).await? } else { Removed::default() };
    if unlocks_changes(recovery.kind) {
        change_locks::unlock_changes(&mut tx, person).await?;
        // Where somebody else may have been in, what they signed in on is new again.
        devices::remove_all(&mut tx, person).await?;
    } else {
        devices::forget_all(&mut tx, person).await?;
    }
    let by = By { actor: person.as_str(), origin };
    let ended = end_all(&mut tx, services, person, Reach::Everything, by).await?;
    let retired = old_accounts::retire(&mut tx, services, person, None, by).await?;
    record(&mut tx, services, &recovery, (&ended, removed), origin).await?;
    notices::tell(&mut tx, services, person, NoticeKind::RecoveryUsed, origin).await?;
    forget(&mut tx, services, Changed::Person, person.as_str()).await?;
    tx.commit().await?;
    services.known.forget(Changed::Person, person.as_str(), now);
    ended.tell(services);
    retired.tell(services);
    services.letters.notify_one();
    open_the_door(services, &known).await;
    let (level, methods) = ticket.proven.reaches();
    let begins_anew = takes_factors(recovery.kind) || is_first(recovery.kind);
    let manner = manner(services, &recovery, new.shared, origin).await?;
    let (person, methods) = (recovery.person, methods.to_owned());
    let proof = Proof { person, level, methods, password_since: Some(now), proved_at: None, manner, legacy: None };
    Ok(Done { proof, begins_anew })
}

/// A code counts while whoever told it may help the person: one or the other may be somebody else by now.
async fn is_still_theirs(tx: &mut Tx, services: &Services, recovery: &Recovery) -> Result<bool, StoreError> {
    match recovery.kind {
        Kind::Code | Kind::CodeAnew => {
            let issuer = PersonId(recovery.issued_by.clone());
            Ok(theirs(tx, services, &issuer, &recovery.person).await?.is_some())
        }
        Kind::Link | Kind::Invitation | Kind::InvitationAnew => Ok(true),
    }
}

/// In which manner the person is signed on now: no device stands for anything any more.
async fn manner(services: &Services, recovery: &Recovery, shared: bool, origin: &Origin) -> Result<Manner, FinishError> {
    let known = services.person(&recovery.person).await?.ok_or(FinishError::Over)?;
    let asked = Asked { person: Some(&known), client: None, address: &origin.address };
    let demands = policies::demands(services, &asked).await?;
    Ok(devices::manner(services, &known, Place { known_by: None, shared }, &demands).await?)
}

fn is_first(kind: Kind) -> bool {
    match kind {
        Kind::Invitation | Kind::InvitationAnew => true,
        Kind::Link | Kind::Code | Kind::CodeAnew => false,
    }
}

/// Judges a new password by the rules and by those of before, in places of the password pool.
async fn judge(services: &Services, known: &KnownPerson, new: &SecretString) -> Result<(), FinishError> {
    let complaints = complaints(services, known, new).await?;
    if !complaints.is_empty() {
        return Err(FinishError::Unfit { complaints, used_before: None });
    }
    let person = &known.person.id;
    let most = services.settings.password_policy.history;
    let hashes = {
        let mut conn = services.store.read().await?;
        let present = passwords::find(&mut conn, person).await?.map(|stored| stored.hash);
        let before = password_history::list(&mut conn, person, most).await?;
        present.into_iter().chain(before).collect::<Vec<String>>()
    };
    for hash in hashes {
        match services.hasher.verify(new.clone(), Some(hash)).await {
            Ok(true) => return Err(FinishError::Unfit { complaints: Vec::new(), used_before: Some(true) }),
            // A hash that no one can read any more is nobody's password.
            Ok(false) | Err(HashError::Unusable) => {}
            Err(error @ HashError::Busy { .. }) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn complaints(services: &Services, known: &KnownPerson, new: &SecretString) -> Result<Vec<Complaint>, HashError> {
    let policy = services.settings.password_policy;
    let around = words_of(&known.person, &known.units);
    let new = new.clone();
    let work = move || {
        let around: Vec<&str> = around.iter().map(String::as_str).collect();
        policy.judge(new.expose_secret(), &around).err().unwrap_or_default()
    };
    services.hasher.run(work).await
}

/// On both sides: the person is back, and the administrator's code was used.
async fn record(
    tx: &mut Tx,
    services: &Services,
    recovery: &Recovery,
    (ended, removed): (&Ended, Removed),
    origin: &Origin,
) -> Result<(), StoreError> {
    let person = &recovery.person;
    let detail = json!({
        "way": recovery.id,
        "kind": recovery.kind.word(),
        "issued_by": recovery.issued_by,
        "sign_ons_ended": ended.sign_ons.len(),
        "apps_removed": removed.apps,
        "passkeys_removed": removed.passkeys,
        "codes_removed": removed.codes,
    });
    let of_person = Event { event: "recovery.used", actor: person.0.clone(), person: Some(person), client: None, origin, detail };
    audit::record(tx, services, of_person).await?;
    let issuer = PersonId(recovery.issued_by.clone());
    if !is_uuid(issuer.as_str()) {
        return Ok(());
    }
    let detail = json!({ "way": recovery.id, "kind": recovery.kind.word(), "with": person });
    let of_issuer =
        Event { event: "recovery.used", actor: person.0.clone(), person: Some(&issuer), client: None, origin, detail };
    audit::record(tx, services, of_issuer).await
}

/// What strangers failed at counts against the person no longer. The password is set already: a failure here costs
/// a wait, and nothing else.
async fn open_the_door(services: &Services, known: &KnownPerson) {
    if let Err(error) = throttle::unlock(services, &fold(&known.person.username)).await {
        tracing::warn!(%error, "the failures before a recovery still count");
    }
}
