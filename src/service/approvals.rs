//! Dangerous acts, which one person asks for and another one lets happen.
//!
//! A request says which act, on what, and why. It waits for a week. Whoever lets it happen does the act itself, with a
//! proof of their own: the act takes the request inside its own transaction ([`take`]), so that it happens once or not at
//! all, also when two people press at once or something changed since. Nobody decides on a request of their own, but for
//! the account for the worst day, of which everybody hears. A request counts only while whoever asked is still what
//! they asked as. Nobody has more than [`MOST_OPEN`] requests waiting. How many one administrator disables with nobody
//! beside them, and who gives access back, is for [`disabling`].

pub mod disabling;

use super::audit::{self, Event};
use super::authority::Doer;
use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::sha256;
use crate::base::id::{PersonId, uuid_v7};
use crate::store::approvals::{self, Decider, StoredApproval};
use crate::store::{AsEx, StoreError, Tx, admin_roles, leavings};
use serde_json::{Value, json};

/// A request that nobody decided on ends after so long.
pub const OPEN_SECONDS: i64 = 7 * 86_400;
/// More are not shown at a time.
pub const MOST_SHOWN: usize = 200;
/// So many requests of one administrator wait at a time.
pub const MOST_OPEN: i64 = 20;
/// Requests of one look.
const AT_ONCE: i64 = 200;
/// More that were decided are not looked through.
const MOST_LOOKED_THROUGH: usize = 2_000;

/// An act that takes two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dangerous {
    /// Ending the access of many at once.
    DisableMany,
    /// Other signing keys.
    RotateKeys,
    /// A signing key that counts no more at once.
    RevokeKey,
    /// A source of people that is trusted no more.
    RemoveSource,
    /// Somebody else who administers.
    GrantAdministrator,
    /// Removing what is known of somebody, for good.
    Erase,
}

impl Dangerous {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::DisableMany, Self::RotateKeys, Self::RevokeKey, Self::RemoveSource, Self::GrantAdministrator, Self::Erase];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::DisableMany => "disable-many",
            Self::RotateKeys => "rotate-keys",
            Self::RevokeKey => "revoke-key",
            Self::RemoveSource => "remove-source",
            Self::GrantAdministrator => "grant-administrator",
            Self::Erase => "erase",
        }
    }

    /// Reads [`Dangerous::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It happened.
    Taken,
    /// Somebody said no.
    Refused,
    /// Whoever asked thought better of it.
    Withdrawn,
    /// Its time was over, or whoever asked was no longer what they asked as.
    Over,
}

impl Decision {
    const ALL: [Self; 4] = [Self::Taken, Self::Refused, Self::Withdrawn, Self::Over];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Over => "over",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its identity.
    pub id: String,
    /// Which act.
    pub act: Dangerous,
    /// On what: a key, a client, a person.
    pub subject: String,
    /// The rest that the act needs.
    pub payload: Value,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub requested_by: PersonId,
    /// As what, by the word of the role.
    pub requested_role: String,
    /// The unit or client that this role is bound to.
    pub requested_bound: Option<String>,
    /// When.
    pub requested_at: Millis,
    /// Until when it may be decided.
    pub expires_at: Millis,
    /// What became of it, and when.
    pub decision: Option<(Decision, Millis)>,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// Why it was refused.
    pub decided_reason: String,
}

impl Approval {
    /// Whether it may still be decided at a moment, as far as time goes.
    pub fn is_open(&self, now: Millis) -> bool {
        self.decision.is_none() && now < self.expires_at
    }

    fn read(stored: StoredApproval) -> Result<Self, StoreError> {
        let unreadable = |column: &str| StoreError::Corrupt(format!("approvals.{column}"));
        let word = stored.decision.as_deref().map(|word| Decision::from_word(word).ok_or_else(|| unreadable("decision")));
        Ok(Self {
            id: stored.id,
            act: Dangerous::from_word(&stored.act).ok_or_else(|| unreadable("act"))?,
            subject: stored.subject,
            payload: serde_json::from_str(&stored.payload).map_err(|_| unreadable("payload"))?,
            reason: stored.reason,
            requested_by: PersonId(stored.requested_by),
            requested_role: stored.requested_role,
            requested_bound: Some(stored.requested_bound).filter(|bound| !bound.is_empty()),
            requested_at: Millis(stored.requested_at),
            expires_at: Millis(stored.expires_at),
            decision: word.transpose()?.zip(stored.decided_at.map(Millis)),
            decided_by: stored.decided_by.map(PersonId),
            decided_reason: stored.decided_reason,
        })
    }
}

/// A request that its act may do now.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    /// On what.
    pub subject: String,
    /// The rest that the act needs.
    pub payload: Value,
    /// Who asked.
    pub requested_by: PersonId,
    /// Why.
    pub reason: String,
}

/// Asks for an act; answers the request's id. The same act on the same thing is asked for once at a time: whoever asks
/// again gets the request that is there. Whoever has too many waiting asks for no more until some are decided.
pub async fn ask(
    services: &Services,
    act: Dangerous,
    subject: &str,
    payload: &Value,
    reason: &str,
    by: &Doer,
) -> Result<String, Failure> {
    let now = services.clock.now();
    let (role, bound) = by.acting_as.split_once(' ').unwrap_or((by.acting_as.as_str(), ""));
    let request = StoredApproval {
        id: uuid_v7(now, services.entropy.as_ref()),
        act: act.word().to_owned(),
        subject: subject.to_owned(),
        payload: payload.to_string(),
        reason: reason.to_owned(),
        requested_by: by.person.0.clone(),
        requested_role: role.to_owned(),
        requested_bound: bound.to_owned(),
        requested_at: now.0,
        expires_at: now.plus_seconds(OPEN_SECONDS).0,
        decision: None,
        decided_by: None,
        decided_at: None,
        decided_reason: String::new(),
    };
    let digest = digest(act, subject, &request.payload);
    let mut tx = services.store.write().await?;
    // One after another, so that two at once are not both the last that fits.
    approvals::hold_asker(&mut tx, &by.person).await?;
    approvals::close_over(&mut tx, &digest, now, vietnam_date(now)).await?;
    if let Some(there) = approvals::find_open_id(&mut tx, &digest).await? {
        return Ok(there);
    }
    if approvals::count_open(&mut tx, &by.person, now).await? >= MOST_OPEN {
        return Err(Failure::TooMany);
    }
    if !approvals::add(&mut tx, &request, &digest).await? {
        // Somebody else asked in this very moment; where it was decided since, whoever asks again is heard.
        return Ok(approvals::find_open_id(&mut tx, &digest).await?.ok_or(StoreError::Stale)?);
    }
    let detail = json!({ "request": request.id, "act": act.word(), "subject": subject, "reason": reason });
    audit::record(&mut tx, services, Event::by(by, "approval.requested", None, None, detail)).await?;
    tx.commit().await?;
    Ok(request.id)
}

/// What a request is told apart by: no two of them read alike.
fn digest(act: Dangerous, subject: &str, payload: &str) -> [u8; 32] {
    sha256(json!([act.word(), subject, payload]).to_string().as_bytes())
}

/// Takes a request inside the act's own transaction: `None` when there is none of this act and id, when it was decided
/// or is over, and when it is one's own. What is not committed was not taken.
pub async fn take(tx: &mut Tx, services: &Services, id: &str, act: Dangerous, by: &Doer) -> Result<Option<Approved>, Failure> {
    let Some(taken) = approvals::take(tx, id, act.word(), decider(services, by)).await? else { return Ok(None) };
    let approved = Approved {
        subject: taken.subject,
        payload: serde_json::from_str(&taken.payload).map_err(StoreError::from)?,
        requested_by: PersonId(taken.requested_by),
        reason: taken.reason,
    };
    let detail = json!({
        "request": id,
        "act": act.word(),
        "subject": approved.subject,
        "requested_by": approved.requested_by,
        "alone": approved.requested_by == by.person,
    });
    audit::record(tx, services, Event::by(by, "approval.taken", None, None, detail)).await?;
    Ok(Some(approved))
}

/// Refuses somebody else's request; false when it was decided already, is over, or is one's own.
pub async fn refuse(services: &Services, id: &str, reason: &str, by: &Doer) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    if !approvals::mark_refused(&mut tx, id, reason, decider(services, by)).await? {
        return Ok(false);
    }
    let detail = json!({ "request": id, "reason": reason });
    audit::record(&mut tx, services, Event::by(by, "approval.refused", None, None, detail)).await?;
    tx.commit().await?;
    Ok(true)
}

/// Takes back what one asked for; false when it was decided already, or somebody else asked.
pub async fn withdraw(services: &Services, id: &str, by: &Doer) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    if !approvals::mark_withdrawn(&mut tx, id, decider(services, by)).await? {
        return Ok(false);
    }
    audit::record(&mut tx, services, Event::by(by, "approval.withdrawn", None, None, json!({ "request": id }))).await?;
    tx.commit().await?;
    Ok(true)
}

/// One request, decided or not. Who may see it is for its act to say.
pub async fn find(services: &Services, id: &str) -> Result<Option<Approval>, Failure> {
    let stored = approvals::find(&mut services.store.read().await?, id).await?;
    Ok(stored.map(Approval::read).transpose()?)
}

/// The id of the request for exactly this that waits.
pub async fn find_waiting(
    services: &Services,
    act: Dangerous,
    subject: &str,
    payload: &Value,
) -> Result<Option<String>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(id) = approvals::find_open_id(&mut conn, &digest(act, subject, &payload.to_string())).await? else {
        return Ok(None);
    };
    let stored = approvals::find(&mut conn, &id).await?.map(Approval::read).transpose()?;
    Ok(stored.filter(|approval| approval.is_open(services.clock.now())).map(|approval| approval.id))
}

/// Whether somebody let exactly this happen.
pub async fn was_taken(conn: &mut impl AsEx, act: Dangerous, subject: &str, payload: &Value) -> Result<bool, StoreError> {
    leavings::is_taken(conn, &digest(act, subject, &payload.to_string())).await
}

/// The requests that wait, oldest first, at most [`MOST_SHOWN`].
pub async fn list_open(services: &Services) -> Result<Vec<Approval>, Failure> {
    list_open_for(services, |_| true).await
}

/// Those of them that a reader sees: what others asked for does not crowd them out.
pub async fn list_open_for(services: &Services, sees: impl Fn(&Approval) -> bool + Send) -> Result<Vec<Approval>, Failure> {
    let now = services.clock.now();
    let moment = (now, vietnam_date(now));
    let mut conn = services.store.read().await?;
    let (mut seen, mut after) = (Vec::new(), (i64::MIN, String::new()));
    loop {
        let some = approvals::list_open(&mut conn, moment, (after.0, &after.1), AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(seen) };
        after = (last.requested_at, last.id.clone());
        seen.extend(read_all(some)?.into_iter().filter(&sees));
        if seen.len() >= MOST_SHOWN {
            seen.truncate(MOST_SHOWN);
            return Ok(seen);
        }
    }
}

/// The requests that were decided and that a reader sees, the last one first, at most so many.
pub async fn list_decided_for(
    services: &Services,
    sees: impl Fn(&Approval) -> bool + Send,
    most: usize,
) -> Result<Vec<Approval>, Failure> {
    let mut conn = services.store.read().await?;
    let (mut seen, mut before, mut looked_through) = (Vec::new(), (i64::MAX, String::new()), 0);
    while seen.len() < most && looked_through < MOST_LOOKED_THROUGH {
        let some = approvals::list_decided(&mut conn, (before.0, &before.1), AT_ONCE).await?;
        let Some(last) = some.last() else { break };
        before = (last.decided_at.unwrap_or_default(), last.id.clone());
        looked_through += some.len();
        seen.extend(read_all(some)?.into_iter().filter(&sees));
    }
    seen.truncate(most);
    Ok(seen)
}

/// Whether two are two people now, as far as their accounts can tell: to say so before anything is decided. What decides
/// asks once more.
pub async fn is_second(services: &Services, asker: &PersonId, decider: &PersonId) -> Result<bool, Failure> {
    let now = services.clock.now();
    Ok(approvals::are_two(&mut services.store.read().await?, asker, decider, now).await?)
}

/// True for the account for the worst day: it decides alone.
pub async fn decides_alone(services: &Services, by: &PersonId) -> Result<bool, Failure> {
    let today = vietnam_date(services.clock.now());
    Ok(admin_roles::is_break_glass(&mut services.store.read().await?, by, today).await?)
}

fn read_all(stored: Vec<StoredApproval>) -> Result<Vec<Approval>, Failure> {
    Ok(stored.into_iter().map(Approval::read).collect::<Result<Vec<_>, StoreError>>()?)
}

fn decider<'a>(services: &Services, by: &'a Doer) -> Decider<'a> {
    let now = services.clock.now();
    let (role, bound) = by.acting_as.split_once(' ').unwrap_or((by.acting_as.as_str(), ""));
    Decider { person: &by.person, role, bound, now, today: vietnam_date(now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for act in Dangerous::ALL {
            assert_eq!(Dangerous::from_word(act.word()), Some(act));
        }
        for decision in Decision::ALL {
            assert_eq!(Decision::from_word(decision.word()), Some(decision));
        }
        assert_eq!(Dangerous::from_word("dance"), None);
    }

    #[test]
    fn no_two_requests_read_alike() {
        let one = digest(Dangerous::RotateKeys, "RS256", "{}");
        assert_ne!(one, digest(Dangerous::RevokeKey, "RS256", "{}"));
        assert_ne!(one, digest(Dangerous::RotateKeys, "RS256{", "}"));
        assert_eq!(one, digest(Dangerous::RotateKeys, "RS256", "{}"));
    }
}
