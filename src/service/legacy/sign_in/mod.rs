//! Signing in with the name and password of an old system.
//!
//! Here belongs whether a password is right: checked against an exported hash
//! (`hashes`) or asked of a directory (`directory`). Whose account it is,
//! and what it opens, is said in `service::old_accounts`. Whatever is wrong
//! reads the same and takes about as long: the name, the password, a hash that
//! nobody can check, an account that was retired.

mod directory;
mod hashes;

pub(super) use hashes::associated;

use super::home::local_name;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::base::text::{fold, nfc};
use crate::crypto::password::{HashError, HashPool, Line};
use crate::model::legacy_source::{LegacySource, Settings};
use crate::service::audit::network_of;
use crate::service::old_accounts::{CACHED, Leads, Said, lead};
use crate::service::throttle::{self, Guess, Limit, OldAccount, Reached, Reserved, Target};
use crate::service::{Failure, Origin, Services, devices};
use crate::store::StoreError;
use crate::store::legacy_accounts::credentials::{self, Credential};
use crate::transient::TransientError;
use secrecy::SecretString;

/// No record has this number.
const NOBODY: &str = "nobody";
/// Names of one source that fold alike; beyond these nobody can be told apart.
const MOST_ALIKE: i64 = 8;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password, or nothing can be opened by them: never said which.
    #[error("incorrect username or password")]
    Wrong,
    /// Too many failures, or the last one was a moment ago.
    #[error("locked")]
    Locked {
        /// What was counted.
        limit: Limit,
        /// When to try again.
        until: Millis,
        /// The same, in seconds from now.
        seconds: i64,
    },
    /// The password pool is full.
    #[error("busy")]
    Busy {
        /// When to try again.
        seconds: u32,
    },
    /// The old system does not answer, and nothing was learnt of this account before.
    #[error("the old system does not answer")]
    Down,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Reached> for SignInError {
    fn from(reached: Reached) -> Self {
        Self::Locked { limit: reached.limit, until: reached.until, seconds: reached.seconds }
    }
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { seconds } => Self::Busy { seconds },
            HashError::Unusable => Self::Failure(error.into()),
        }
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for SignInError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// A password that was typed for an account of a source.
struct Try<'a> {
    services: &'a Services,
    source: &'a LegacySource,
    /// The name, as the source knows it.
    name: String,
    /// The account of that name, when there is one.
    account: Option<Credential>,
    password: SecretString,
    /// The device, where its person has used it before.
    device: Option<&'a str>,
    hasher: HashPool,
}

/// What became of a password.
enum Verdict {
    /// It is right: the account, and what is to be kept of the password from now on.
    Right { legacy_id: String, offline: bool, replacing: Option<hashes::Replacing> },
    /// It is not.
    Wrong,
    /// Its directory is away, and it is not what was learnt of anybody of the name: told as an outage, and a failure.
    Unproven,
}

/// Checks a name and a password of an old system, on a device that the browser says it is.
///
/// # Errors
///
/// [`SignInError::Wrong`] also for an account that leads to nobody.
pub async fn password(
    services: &Services,
    source: &LegacySource,
    username: &str,
    password: SecretString,
    known_by: Option<&str>,
    origin: &Origin,
) -> Result<Leads, SignInError> {
    if !source.is_open_on(vietnam_date(services.clock.now())) {
        return Err(SignInError::Wrong);
    }
    let name = local_name(source, username);
    let folded = fold(&name);
    let account = find(services, source, &name, &folded).await?;
    let owner = account.as_ref().and_then(owner_of);
    // The same is asked of the records for whoever is nobody.
    let asked = owner.clone().unwrap_or_else(|| PersonId(NOBODY.to_owned()));
    let device = devices::known_at(services, known_by, &asked, &source.id).await?;
    // A name counts within its source: what strangers do to it there keeps nobody of the same name out elsewhere.
    let counted = throttle::old_name(&source.id, &folded);
    let guess = Guess { name: &counted, device: device.as_deref() };
    let legacy_id = account.as_ref().map(|account| account.legacy_id.clone());
    let meant = OldAccount { source: &source.id, legacy_id: legacy_id.as_deref(), person: owner.as_ref() };
    let target = Target::old(guess, meant);
    let line = if device.is_some() { Line::Known } else { Line::Anyone };
    let hasher = services.hasher.standing(line, &network_of(&origin.address));
    hasher.check_room()?;
    let room = match throttle::reserve(services, guess, origin).await? {
        Reserved::Room(room) => room,
        Reserved::Full(reached) => {
            throttle::tell_reached(services, target, origin, &reached).await?;
            return Err(reached.into());
        }
    };
    let tried = Try { services, source, name, account, password, device: device.as_deref(), hasher };
    let verdict = match tried.check().await {
        Ok(verdict) => verdict,
        Err(error) => {
            // It was not looked at.
            throttle::give_back(services, guess, origin).await?;
            return Err(error);
        }
    };
    let leads = match &verdict {
        Verdict::Right { legacy_id, offline, .. } => {
            let methods = if *offline { format!("pwd {CACHED}") } else { "pwd".to_owned() };
            let said = Said { level: 1, methods, lasting: false, proved_at: None };
            lead(services, source, legacy_id, said, origin).await?
        }
        Verdict::Unproven => {
            // Nothing was learnt of most people: what they type while their directory is away does not lock their names.
            let room = throttle::spare_name(services, room).await?;
            throttle::fail(services, target, origin, &room, "sign_in.failed").await?;
            return Err(SignInError::Down);
        }
        Verdict::Wrong => Leads::Nobody,
    };
    match &leads {
        Leads::Nobody => {
            throttle::fail(services, target, origin, &room, "sign_in.failed").await?;
            return Err(SignInError::Wrong);
        }
        // Whoever still has to give a second factor is not in yet: their wrong codes go on counting.
        Leads::Person(proof) => match services.person(&proof.person).await? {
            Some(known) if known.methods.second_factor() => throttle::give_back(services, guess, origin).await?,
            Some(_) | None => throttle::succeed(services, guess, origin).await?,
        },
        Leads::Undecided => throttle::give_back(services, guess, origin).await?,
    }
    if let Verdict::Right { legacy_id, replacing: Some(replacing), .. } = verdict {
        tried.rewrite(&legacy_id, &replacing).await;
    }
    Ok(leads)
}

/// Whose an account is: only a decision counts, since one that waits to be decided anew names the person before.
fn owner_of(account: &Credential) -> Option<PersonId> {
    let is_decided = matches!(account.decision.as_str(), "linked" | "created");
    account.person_id.clone().filter(|_| is_decided).map(PersonId)
}

/// The account of a source that a name means: spelled as it is, or the only one that folds alike.
async fn find(services: &Services, source: &LegacySource, name: &str, folded: &str) -> Result<Option<Credential>, StoreError> {
    let mut conn = services.store.read().await?;
    let mut alike = credentials::list_by_username(&mut conn, &source.id, folded, MOST_ALIKE).await?;
    let spelled = |text: &str| nfc(text).to_lowercase();
    let exact = alike.iter().position(|account| spelled(&account.username) == spelled(name));
    Ok(match (exact, alike.len()) {
        (Some(place), _) => Some(alike.swap_remove(place)),
        (None, 1) => alike.pop(),
        (None, _) => None,
    })
}

impl Try<'_> {
    async fn check(&self) -> Result<Verdict, SignInError> {
        match &self.source.settings {
            Settings::Hashes(_) => self.check_hash().await,
            Settings::Ldap(settings) => self.ask_directory(settings).await,
            // There people type their passwords at the provider.
            Settings::Oidc(_) => Ok(Verdict::Wrong),
        }
    }
}
