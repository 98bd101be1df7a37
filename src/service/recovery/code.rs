//! Codes: told by an administrator to somebody who stands before them, typed by the person.

use super::secret::{CODE_HOURS, code_digest, new_code, read, shown};
use super::takes_factors;
use super::ticket::{Proven, Ticket};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::same;
use crate::base::id::{PersonId, uuid_v7};
use crate::base::text::fold;
use crate::model::admin_scope::{CODE_TRIES, Helper};
use crate::model::authority::{Act as _, HelpPeople};
use crate::model::notice::NoticeKind;
use crate::model::person::Person;
use crate::service::audit::{self, Event, network_of};
use crate::service::authority::{Doer, One};
use crate::service::{Failure, Origin, Services, notices};
use crate::store::recoveries::{self, Kind, Recovery};
use crate::store::{StoreError, Tx, admin_roles, change_locks, passkeys, persons};
use crate::transient::{TransientError, attempts};
use serde_json::json;

/// Codes that one network may try in a quarter of an hour, for whomever.
const MOST_OF_ONE_NETWORK: i64 = 1_000;
const QUARTER_MS: i64 = 900_000;
/// Codes that one administrator may hand out in an hour: whoever sits in their place does not take over a whole unit.
const MOST_OF_ONE_ISSUER: i64 = 30;
const HOUR_MS: i64 = 3_600_000;

/// Whom an administrator helps.
pub struct Issue<'a> {
    /// The right to help somebody.
    pub proof: &'a One<HelpPeople>,
    /// Their second factors go too: they were lost.
    pub anew: bool,
}

/// A code that was just made: told once, and printed nowhere else.
pub struct Issued {
    /// Whose it is.
    pub person: Person,
    /// As people read it.
    pub code: String,
    /// Not usable from here on.
    pub expires_at: Millis,
    /// The second factors go with it: they were lost, or may be somebody else's.
    pub anew: bool,
}

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Nobody has the name, or it is nobody whom this administrator may help: never said which.
    #[error("there is nobody of this name whom this administrator may help")]
    NotTheirs,
    /// Too many codes in an hour.
    #[error("this administrator has made too many codes")]
    TooMany,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for IssueError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for IssueError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// Makes a code in place of the one before. Whether the administrator may is asked of the records once more, in the same
/// transaction: a role that was taken back a moment ago opens nothing.
pub async fn issue(services: &Services, issue: &Issue<'_>) -> Result<Issued, IssueError> {
    let now = services.clock.now();
    let by = &issue.proof.by;
    let id = &issue.proof.person().id;
    if services.person(id).await?.is_none() {
        return Err(IssueError::NotTheirs);
    }
    let mut tx = services.store.write().await?;
    // Two codes for one person are made one after the other.
    if !passkeys::hold_person(&mut tx, id).await? {
        return Err(IssueError::NotTheirs);
    }
    let person = theirs(&mut tx, services, &by.person, id).await?.ok_or(IssueError::NotTheirs)?;
    let (made, _) = attempts::add(&services.transient, "recovery-issuer", by.person.as_str(), HOUR_MS, now).await?;
    if made > MOST_OF_ONE_ISSUER {
        return Err(IssueError::TooMany);
    }
    // Whoever says that it was not them had somebody in their account: what is in there now may be that one's.
    let anew = issue.anew || change_locks::changes_locked(&mut tx, id).await?.is_some();
    let code = new_code(services.entropy.as_ref());
    let recovery = Recovery {
        id: uuid_v7(now, services.entropy.as_ref()),
        person: id.clone(),
        kind: if anew { Kind::CodeAnew } else { Kind::Code },
        digest: code_digest(services, id, &code)?.to_vec(),
        issued_by: by.person.0.clone(),
        issued_at: now,
        expires_at: now.plus_seconds(CODE_HOURS * 3_600),
    };
    recoveries::revoke_codes(&mut tx, id, now).await?;
    recoveries::add(&mut tx, &recovery).await?;
    record_issue(&mut tx, services, by, &recovery).await?;
    notices::tell(&mut tx, services, id, NoticeKind::RecoveryCodeIssued, &by.origin).await?;
    tx.commit().await?;
    services.letters.notify_one();
    Ok(Issued { person, code: shown(&code), expires_at: recovery.expires_at, anew })
}

/// The person as they are now, if this administrator may help them.
pub(super) async fn theirs(
    tx: &mut Tx,
    services: &Services,
    helper: &PersonId,
    person: &PersonId,
) -> Result<Option<Person>, StoreError> {
    if persons::find(tx, helper).await?.is_none_or(|helper| helper.disabled_at.is_some()) {
        return Ok(None);
    }
    let scopes = admin_roles::list(tx, helper).await?;
    let of_person = admin_roles::list(tx, person).await?;
    let Some(found) = persons::find(tx, person).await? else { return Ok(None) };
    let today = vietnam_date(services.clock.now());
    // It decides alone: nobody at the console may come into it. The way back is the command line.
    if admin_roles::is_break_glass(tx, person, today).await? {
        return Ok(None);
    }
    let helper = Helper { id: helper, scopes: &scopes };
    let may = helper.reaches(HelpPeople::ROLES, (&found, &of_person), &services.known.registry(), today).is_some();
    Ok(may.then_some(found))
}

/// On both sides: what was done to the person, and what the administrator did.
async fn record_issue(tx: &mut Tx, services: &Services, by: &Doer, recovery: &Recovery) -> Result<(), StoreError> {
    for (person, other) in [(&recovery.person, &by.person), (&by.person, &recovery.person)] {
        let detail = json!({ "way": recovery.id, "takes_factors": takes_factors(recovery.kind), "with": other });
        audit::record(tx, services, Event::by(by, "recovery.code_issued", Some(person), None, detail)).await?;
    }
    Ok(())
}

/// Why a code does not count.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The name or the code: never said which, nor whether it is over.
    #[error("the name or the code is wrong")]
    Wrong,
    /// Too many tries from there.
    #[error("too many codes were tried from this network")]
    TooMany {
        /// When to try again.
        until: Millis,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for CodeError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for CodeError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

/// Checks a code, and lets this browser go on to a new password. The code itself is used up there.
///
/// Failures at the name's front door are not looked at: they may be why the
/// person needs a code. A try is counted before the code is compared, and the
/// same is asked and written for names that nobody has.
pub async fn redeem(
    services: &Services,
    username: &str,
    code: &str,
    browser: &str,
    origin: &Origin,
) -> Result<String, CodeError> {
    let now = services.clock.now();
    let network = network_of(&origin.address);
    let (tried, until) = attempts::add(&services.transient, "recovery-code", &network, QUARTER_MS, now).await?;
    if tried > MOST_OF_ONE_NETWORK {
        return Err(CodeError::TooMany { until });
    }
    // Only the name is looked up: more would take longer for names that somebody has.
    let person = persons::find_id_by_username(&mut services.store.read().await?, &fold(username)).await?;
    let nobody = PersonId(String::new());
    let whose = person.as_ref().unwrap_or(&nobody);
    let digest = code_digest(services, whose, &read(code))?;
    let mut tx = services.store.write().await?;
    let found = recoveries::find_code(&mut tx, whose, CODE_TRIES, now).await?;
    let id = found.as_ref().map_or("", |found| found.id.as_str());
    let reserved = recoveries::reserve_try(&mut tx, id, CODE_TRIES, now).await?;
    let right = found.filter(|found| reserved && same(&found.digest, &digest));
    let event = if right.is_some() { "recovery.code_accepted" } else { "recovery.failed" };
    let detail = json!({ "method": "code" });
    let event = Event { event, actor: String::new(), person: person.as_ref(), client: None, origin, detail };
    audit::record(&mut tx, services, event).await?;
    if let Some(found) = &right {
        recoveries::give_try_back(&mut tx, &found.id).await?;
    }
    tx.commit().await?;
    let Some(found) = right else { return Err(CodeError::Wrong) };
    attempts::take_back(&services.transient, "recovery-code", &network, now).await?;
    Ok(Ticket { id: found.id, proven: Proven::Nothing }.seal(services, browser)?)
}
