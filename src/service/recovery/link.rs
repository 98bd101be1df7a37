//! Links: asked for by the person and sent to their own address, or made by an operator.

use super::needs_proof;
use super::secret::{INVITATION_HOURS, is_token, token_digest};
use super::ticket::{Proven, Ticket};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, uuid_v7};
use crate::base::text::fold;
use crate::model::person::Username;
use crate::outbound::letters::Letter;
use crate::service::audit::{self, Event, network_of};
use crate::service::known::KnownPerson;
use crate::service::mails::{self, Addressee};
use crate::service::{Failure, Origin, Services, notices};
use crate::store::recoveries::{self, Kind, Recovery};
use crate::store::{StoreError, persons};
use crate::transient::attempts;
use serde_json::json;
use std::sync::Arc;

/// How long a link counts that a person asked for.
pub const LINK_MINUTES: i64 = 30;
/// Wrong codes beside a link before it is dead.
const MOST_PROOFS: i64 = 5;
/// Wrong codes beside any links of one person in a day.
const MOST_PROOFS_OF_ONE: i64 = 10;
/// Links sent to one person while one counts: nobody fills somebody else's mailbox, and the owner's turn comes again.
const MOST_LINKS_OF_ONE: i64 = 3;
/// Links that one network may ask for in an hour: an office behind one address is many people.
const MOST_OF_ONE_NETWORK: i64 = 100;
const LINK_MS: i64 = LINK_MINUTES * 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Whether one more link may be asked for from there. It says nothing about names.
pub async fn admit(services: &Services, origin: &Origin) -> Result<bool, Failure> {
    let network = network_of(&origin.address);
    let (asked, _) = attempts::add(&services.transient, "recovery-network", &network, HOUR_MS, services.clock.now()).await?;
    Ok(asked <= MOST_OF_ONE_NETWORK)
}

/// Sends a link to whoever has this name, if that can be done.
///
/// Nothing is answered: whether anybody has the name, an address, too many
/// links already or a locked account is for the owner of the mailbox to find
/// out. The caller does not wait for it, since how long it takes would tell.
pub async fn send(services: &Services, username: &str, origin: &Origin) -> Result<(), Failure> {
    let now = services.clock.now();
    let Some(known) = by_name(services, username).await? else { return Ok(()) };
    let person = &known.person;
    let Some(to) = Addressee::of(person).filter(|_| mails::are_on(services)) else { return Ok(()) };
    // Somebody who must have a second factor and has none yet could prove nothing beside the link.
    if needs_proof(services, Kind::Link, &known) && !known.methods.second_factor() {
        return Ok(());
    }
    let (sent, _) = attempts::add(&services.transient, "recovery-name", person.id.as_str(), LINK_MS, now).await?;
    if sent > MOST_LINKS_OF_ONE {
        return Ok(());
    }
    let made = Made::new(services, &person.id, Kind::Link, "", LINK_MINUTES * 60)?;
    let mut tx = services.store.write().await?;
    match notices::hold_changeable(&mut tx, &person.id).await {
        Ok(()) => {}
        // Where changes are locked, a mailbox is no way back: it may be somebody else's by now.
        Err(StoreError::Stale) => return Ok(()),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Corrupt(_))) => return Err(error.into()),
    }
    recoveries::add(&mut tx, &made.recovery).await?;
    let letter = Letter::RecoveryLink { full_name: &person.full_name, link: &made.link, minutes: LINK_MINUTES };
    mails::enqueue(&mut tx, services, &to, &letter).await?;
    let event = Event {
        event: "recovery.link_sent",
        actor: String::new(),
        person: Some(&person.id),
        client: None,
        origin,
        detail: json!({ "way": made.recovery.id }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    services.letters.notify_one();
    Ok(())
}

/// Whoever has a name, if they may sign in.
async fn by_name(services: &Services, username: &str) -> Result<Option<Arc<KnownPerson>>, Failure> {
    let id = persons::find_id_by_username(&mut services.store.read().await?, &fold(username)).await?;
    Ok(match id {
        Some(id) => services.person(&id).await?,
        None => None,
    })
}

/// A link that was just made. It is shown or sent once, and printed nowhere else.
struct Made {
    recovery: Recovery,
    link: String,
}

impl Made {
    fn new(services: &Services, person: &PersonId, kind: Kind, issued_by: &str, seconds: i64) -> Result<Self, Failure> {
        let now = services.clock.now();
        let token = services.entropy.token();
        let recovery = Recovery {
            id: uuid_v7(now, services.entropy.as_ref()),
            person: person.clone(),
            kind,
            digest: token_digest(services, &token)?.to_vec(),
            issued_by: issued_by.to_owned(),
            issued_at: now,
            expires_at: now.plus_seconds(seconds),
        };
        let issuer = services.settings.issuer.trim_end_matches('/');
        Ok(Self { recovery, link: format!("{issuer}/signin/recover/link?token={token}") })
    }
}

/// Whom an operator invites.
pub struct Invite<'a> {
    /// The user name.
    pub username: &'a str,
    /// Where the link is sent; otherwise to the person's own address.
    pub email: Option<&'a str>,
    /// The second factors go too: they were lost.
    pub anew: bool,
    /// Who invites.
    pub actor: &'a str,
    /// From where.
    pub origin: &'a Origin,
}

/// An invitation. The link is for its person's eyes.
pub struct Invitation {
    /// Who is invited.
    pub person: PersonId,
    /// The link.
    pub link: String,
    /// Not usable from here on.
    pub expires_at: Millis,
    /// Where it was sent.
    pub mailed_to: Option<String>,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// Nobody has this user name, or they are locked.
    #[error("nobody who may sign in has this user name")]
    UnknownPerson,
    /// There is no way to send mail, and it was asked for.
    #[error("no mail can be sent: set mail.url, or leave --email away and hand the link over")]
    NoMail,
    /// The address is none.
    #[error("this is no e-mail address")]
    NoAddress,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for InviteError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Makes a link for a first or lost administrator, and mails it where that can be done.
pub async fn invite(services: &Services, invite: &Invite<'_>) -> Result<Invitation, InviteError> {
    let name = Username::parse(invite.username).map_err(|_| InviteError::UnknownPerson)?;
    let known = by_name(services, name.folded()).await?.ok_or(InviteError::UnknownPerson)?;
    let person = &known.person;
    if invite.email.is_some() && !mails::are_on(services) {
        return Err(InviteError::NoMail);
    }
    if invite.email.is_some_and(|email| !is_address(email)) {
        return Err(InviteError::NoAddress);
    }
    let own = Addressee::of(person);
    let locale = own.as_ref().map(|own| own.locale).unwrap_or_default();
    let to = match invite.email {
        Some(email) => Some(Addressee { person: Some(&person.id), email, locale }),
        None => own.filter(|_| mails::are_on(services)),
    };
    let mailed_to = to.as_ref().map(|to| to.email.to_owned());
    let kind = if invite.anew { Kind::InvitationAnew } else { Kind::Invitation };
    let made = Made::new(services, &person.id, kind, invite.actor, INVITATION_HOURS * 3_600)?;
    let mut tx = services.store.write().await?;
    if !persons::hold_enabled(&mut tx, &person.id).await? {
        return Err(InviteError::UnknownPerson);
    }
    // The one that was made before, and lost, lies around no longer.
    recoveries::revoke_all(&mut tx, &person.id, services.clock.now()).await?;
    recoveries::add(&mut tx, &made.recovery).await?;
    if let Some(to) = &to {
        let letter = Letter::Invitation { full_name: &person.full_name, link: &made.link, hours: INVITATION_HOURS };
        mails::enqueue(&mut tx, services, to, &letter).await?;
    }
    let event = Event {
        event: "recovery.invited",
        actor: invite.actor.to_owned(),
        person: Some(&person.id),
        client: None,
        origin: invite.origin,
        detail: json!({ "way": made.recovery.id, "takes_factors": invite.anew, "mailed": mailed_to.is_some() }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    services.letters.notify_one();
    Ok(Invitation { person: person.id.clone(), link: made.link, expires_at: made.recovery.expires_at, mailed_to })
}

/// Enough to refuse a slip of the pen; whether anybody reads there is for the mail to find out.
fn is_address(text: &str) -> bool {
    let sides = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    sides && text.len() <= 254 && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

/// What a link leads to, for whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    id: String,
    /// Who comes back by it.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// A second proof is asked for.
    pub needs_proof: bool,
    /// They could type a code: of an app, or of the printed sheet.
    pub codes: bool,
    /// They could use a passkey.
    pub passkey: bool,
}

impl Landing {
    /// Lets this browser go on to a new password.
    pub fn ticket(&self, services: &Services, proven: Proven, browser: &str) -> Result<String, Failure> {
        Ticket { id: self.id.clone(), proven }.seal(services, browser)
    }
}

/// Looks at a link and leaves it as it is: programs that check mail open links too.
pub async fn look(services: &Services, token: &str) -> Result<Option<Landing>, Failure> {
    if !is_token(token) {
        return Ok(None);
    }
    let digest = token_digest(services, token)?;
    let found = recoveries::find_by_digest(&mut services.store.read().await?, &digest, services.clock.now()).await?;
    let Some(found) = found else { return Ok(None) };
    let Some(known) = services.person(&found.person).await? else { return Ok(None) };
    let methods = known.methods;
    Ok(Some(Landing {
        id: found.id,
        person: found.person,
        username: known.person.username.clone(),
        needs_proof: needs_proof(services, found.kind, &known),
        codes: methods.totp || methods.recovery_codes > 0,
        passkey: methods.passkeys > 0,
    }))
}

/// Counts one more code beside a link before it is looked at; false when there were too many. The link has a count of
/// its own, which a stranger who fails at the name's front door cannot fill.
pub async fn reserve_proof(services: &Services, landing: &Landing) -> Result<bool, Failure> {
    let now = services.clock.now();
    let name = landing.person.as_str();
    let (tried, _) = attempts::add(&services.transient, "recovery-proof", name, DAY_MS, now).await?;
    if tried > MOST_PROOFS_OF_ONE {
        return Ok(false);
    }
    let mut tx = services.store.write().await?;
    let reserved = recoveries::reserve_try(&mut tx, &landing.id, MOST_PROOFS, now).await?;
    tx.commit().await?;
    Ok(reserved)
}

/// Records a code beside a link that did not count.
pub async fn refused(services: &Services, landing: &Landing, origin: &Origin) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    let detail = json!({ "way": landing.id });
    let event =
        Event { event: "recovery.failed", actor: String::new(), person: Some(&landing.person), client: None, origin, detail };
    audit::record(&mut tx, services, event).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_no_address() {
        for (text, fine) in [
            ("kim@vi-du.vn", true),
            ("kim", false),
            ("@vi-du.vn", false),
            ("kim@vi", false),
            ("kim@vi-du.vn@vi-du.vn", false),
            ("kim @vi-du.vn", false),
            ("kim@vi-du.vn\r\nBcc: a@b.vn", false),
        ] {
            assert_eq!(is_address(text), fine, "{text}");
        }
    }
}
