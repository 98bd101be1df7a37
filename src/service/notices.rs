//! Telling people what was done to their account, by mail and on the portal, and
//! believing them when they say "this was not me".
//!
//! A link in a mail shows a page and changes nothing: mail scanners open links.
//! What the page's form then does ends everything that is open and locks the
//! person's methods, until an administrator has seen them. That needs no sign-in:
//! whoever reads the mail may stop things, and nothing more.

pub mod addresses;

use super::audit::{self, Event};
use super::mails::{self, Addressee};
use super::sign_on::ending::{By, Reach, end_all};
use super::{Failure, Origin, Services, devices, forget};
use crate::base::clock::Millis;
use crate::base::digest::sha256;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::device::Device;
use crate::model::notice::{LINK_DAYS, NoticeKind};
use crate::outbound::letters::Letter;
use crate::store::changes::Kind;
use crate::store::notices::{self, StoredNotice};
use crate::store::{StoreError, Tx, change_locks, delegations, persons, recoveries};
use serde_json::json;

/// More than this are not shown at a time.
const MOST_SHOWN: i64 = 10;
const DAY_SECONDS: i64 = 86_400;

/// A notice as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What forms call it.
    pub id: String,
    /// When it happened.
    pub at: Millis,
    /// What happened.
    pub kind: NoticeKind,
    /// From where.
    pub address: String,
    /// With what.
    pub device: Device,
}

impl From<StoredNotice> for Notice {
    fn from(stored: StoredNotice) -> Self {
        Self { id: stored.id, at: stored.at, kind: stored.kind, address: stored.address, device: stored.device }
    }
}

/// How a notice is named by whoever doubts it.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// By the token of the mail's link.
    Link(&'a str),
    /// By its id, from its own person.
    Own {
        /// Who is signed on.
        person: &'a PersonId,
        /// Which notice.
        id: &'a str,
    },
}

/// Something that a person is told of.
struct News<'a> {
    person: &'a PersonId,
    kind: NoticeKind,
    /// When it happened.
    at: Millis,
    origin: &'a Origin,
}

/// Tells a person of something, in the transaction of the act.
pub async fn tell(tx: &mut Tx, services: &Services, person: &PersonId, kind: NoticeKind, origin: &Origin) -> Result<(), Failure> {
    let news = News { person, kind, at: services.clock.now(), origin };
    let token = add(tx, services, &news).await?;
    if !mails::are_on(services) {
        return Ok(());
    }
    let known = persons::find(tx, person).await?;
    let Some((to, known)) = known.as_ref().and_then(|known| Some((Addressee::of(known)?, known))) else { return Ok(()) };
    write(tx, services, &news, &token, (&to, &known.full_name)).await
}

/// Adds a notice; answers the token of the link in its letters.
async fn add(tx: &mut Tx, services: &Services, news: &News<'_>) -> Result<String, StoreError> {
    let token = services.entropy.token();
    let notice = StoredNotice {
        id: uuid_v7(services.clock.now(), services.entropy.as_ref()),
        person: news.person.clone(),
        at: news.at,
        kind: news.kind,
        address: news.origin.address.clone(),
        device: news.origin.device,
        seen_at: None,
        disowned_at: None,
    };
    notices::add(tx, &notice, &sha256(token.as_bytes())).await?;
    Ok(token)
}

/// Writes the letter of a notice to one address.
async fn write(
    tx: &mut Tx,
    services: &Services,
    news: &News<'_>,
    token: &str,
    (to, full_name): (&Addressee<'_>, &str),
) -> Result<(), Failure> {
    let not_me = format!("{}/not-me?token={token}", services.settings.issuer);
    let letter = Letter::MethodChanged {
        full_name,
        what: news.kind,
        when: news.at,
        device: news.origin.device,
        address: &news.origin.address,
        not_me: &not_me,
    };
    mails::enqueue(tx, services, to, &letter).await
}

/// Every change of a method asks this in its transaction: `Stale` while the
/// person's changes are locked, and nobody locks them before it ends.
pub async fn hold_changeable(tx: &mut Tx, person: &PersonId) -> Result<(), StoreError> {
    if change_locks::hold_changeable(tx, person).await? { Ok(()) } else { Err(StoreError::Stale) }
}

/// Whether a person's changes are locked now, for pages that say so before anything is typed.
pub async fn are_locked(services: &Services, person: &PersonId) -> Result<bool, Failure> {
    let since = change_locks::changes_locked(&mut services.store.read().await?, person).await?;
    Ok(since.is_some())
}

/// What a person has said nothing to yet, newest first.
pub async fn list(services: &Services, person: &PersonId) -> Result<Vec<Notice>, Failure> {
    let open = notices::list_open(&mut services.store.read().await?, person, MOST_SHOWN).await?;
    Ok(open.into_iter().map(Notice::from).collect())
}

/// The person says that all up to this notice was them; answers how many that were.
pub async fn mark_seen(services: &Services, person: &PersonId, up_to: &str) -> Result<u64, Failure> {
    let mut tx = services.store.write().await?;
    let seen = notices::mark_seen(&mut tx, person, up_to, services.clock.now()).await?;
    tx.commit().await?;
    Ok(seen)
}

/// The notice that somebody doubts; `None` when there is none such, or it is too old. Looking changes nothing.
pub async fn look(services: &Services, which: Which<'_>) -> Result<Option<Notice>, Failure> {
    let stored = find(services, which).await?;
    Ok(stored.map(Notice::from))
}

async fn find(services: &Services, which: Which<'_>) -> Result<Option<StoredNotice>, Failure> {
    let mut conn = services.store.read().await?;
    let oldest = services.clock.now().plus_seconds(-LINK_DAYS * DAY_SECONDS);
    // Also what the person said "this was me" to: it may not have been them who said that.
    Ok(match which {
        Which::Link(token) => notices::find_by_token(&mut conn, &sha256(token.as_bytes())).await?.filter(|one| one.at > oldest),
        Which::Own { person, id } => notices::find_own(&mut conn, person, id).await?,
    })
}

/// This was not them: ends all that the person has open and locks their methods.
/// False when there is no such notice; saying it again changes nothing more.
pub async fn disown(services: &Services, which: Which<'_>, origin: &Origin) -> Result<bool, Failure> {
    let Some(notice) = find(services, which).await? else { return Ok(false) };
    let now = services.clock.now();
    let person = &notice.person;
    let mut tx = services.store.write().await?;
    // The person first, as everything does that begins or changes something of theirs.
    change_locks::lock_changes(&mut tx, person, now).await?;
    if !notices::mark_disowned(&mut tx, &notice.id, now).await? {
        return Ok(true);
    }
    let by = By { actor: person.as_str(), origin };
    let ended = end_all(&mut tx, services, person, Reach::Everything, by).await?;
    devices::remove_all(&mut tx, person).await?;
    // Whatever was made for them to come back with may be in somebody else's hands.
    recoveries::revoke_all(&mut tx, person, now).await?;
    // Nor does anybody go on acting for them by what may not have been given by them.
    let handed_over = delegations::list_of(&mut tx, person).await?;
    for one in &handed_over {
        delegations::mark_ended(&mut tx, &one.position, now).await?;
        forget(&mut tx, services, Kind::Person, one.to_person.as_str()).await?;
    }
    let event = Event {
        event: "account.disowned",
        actor: person.0.clone(),
        person: Some(person),
        client: None,
        origin,
        detail: json!({
            "notice": notice.id,
            "kind": notice.kind.word(),
            "by": match which {
                Which::Link(_) => "link",
                Which::Own { .. } => "portal",
            },
            "sign_ons_ended": ended.sign_ons.len(),
            "delegations_ended": handed_over.iter().map(|one| &one.position).collect::<Vec<_>>(),
        }),
    };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Person, person.as_str()).await?;
    tx.commit().await?;
    for forgotten in std::iter::once(person).chain(handed_over.iter().map(|one| &one.to_person)) {
        services.known.forget(Kind::Person, forgotten.as_str(), now);
    }
    ended.tell(services);
    Ok(true)
}
