//! Mail: enqueued in the transaction of the act that it tells of, sent by a job,
//! at least once, until the mail server takes it or three days are over.
//!
//! What a mail says is sealed while it waits, since it may open something, and
//! wiped as soon as it is sent or given up. Without a way out nothing waits.

use super::audit::{self, Event};
use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, uuid_v7};
use crate::base::locale::Locale;
use crate::base::words::words;
use crate::model::device::Device;
use crate::model::person::Person;
use crate::outbound::letters::{self, Letter};
use crate::outbound::mail::Mail;
use crate::store::mails::{self, StoredMail};
use crate::store::{StoreError, Tx};
use serde_json::json;

/// Seconds until the next try, by tries so far; then always the last of them.
const WAITS: [i64; 8] = [60, 120, 300, 900, 1_800, 3_600, 10_800, 21_600];
/// After so long a mail is given up.
const GIVEN_UP_SECONDS: i64 = 3 * 86_400;
/// A claimed mail of which nothing was heard is due again; longer than any try takes.
const CLAIMED_SECONDS: i64 = 180;
/// Mails that are claimed at a time.
const AT_ONCE: i64 = 20;

/// To whom a letter goes.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// The person, where it is one of ours.
    pub person: Option<&'a PersonId>,
    /// Their address.
    pub email: &'a str,
    /// Their language.
    pub locale: Locale,
}

impl<'a> Addressee<'a> {
    /// A person, at the address that the directory knows; `None` when it knows none.
    pub fn of(person: &'a Person) -> Option<Self> {
        let email = person.email.as_deref().filter(|email| !email.is_empty())?;
        let locale = person.claims.get("locale").and_then(|tag| Locale::from_tag(tag)).unwrap_or_default();
        Some(Self { person: Some(&person.id), email, locale })
    }
}

/// What is sealed.
#[derive(serde::Serialize, serde::Deserialize)]
struct Content {
    to: String,
    sender: String,
    subject: String,
    text: String,
    html: String,
    /// After this moment the mail is of no use.
    until: Option<i64>,
}

/// Why a try failed.
struct Refusal {
    reason: String,
    is_final: bool,
}

/// Whether mail goes anywhere.
pub fn are_on(services: &Services) -> bool {
    services.mail.is_on()
}

/// A sealed mail opens in its own row only.
fn associated(id: &str) -> Vec<u8> {
    format!("mails {id}").into_bytes()
}

/// Enqueues a letter, in the transaction of the act; nothing happens when mail is off.
pub async fn enqueue(tx: &mut Tx, services: &Services, to: &Addressee<'_>, letter: &Letter<'_>) -> Result<(), Failure> {
    if !are_on(services) {
        return Ok(());
    }
    let now = services.clock.now();
    let written = letters::render(to.locale, letter, services.mail.head());
    let content = Content {
        to: to.email.to_owned(),
        sender: words(to.locale).product.clone(),
        subject: written.subject,
        text: written.text,
        html: written.html,
        until: letter.useful_seconds().map(|seconds| now.plus_seconds(seconds).0),
    };
    let id = uuid_v7(now, services.entropy.as_ref());
    let sealed = services.envelope.seal(&serde_json::to_vec(&content).map_err(StoreError::from)?, &associated(&id));
    mails::add(tx, &id, to.person, letter.kind(), &sealed, now).await?;
    // Whoever wakes before the commit finds nothing, and looks again soon.
    services.letters.notify_one();
    Ok(())
}

/// Takes what is due, some at a time; each is given to one caller.
pub async fn claim(services: &Services) -> Result<Vec<StoredMail>, Failure> {
    if !are_on(services) {
        return Ok(Vec::new());
    }
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let claimed = mails::claim(&mut tx, AT_ONCE, now, now.plus_seconds(CLAIMED_SECONDS)).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Sends one and keeps what came of it.
pub async fn deliver(services: &Services, mail: &StoredMail) -> Result<(), Failure> {
    let answer = send(services, mail).await;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let outcome = match answer {
        Ok(()) => {
            mails::mark_sent(&mut tx, &mail.id, now).await?;
            "sent"
        }
        Err(refusal) => {
            let next = next_try(mail, now).filter(|_| !refusal.is_final);
            tracing::warn!(mail.id = %mail.id, mail.kind = %mail.kind, attempts = mail.attempts, reason = %refusal.reason, dead = next.is_none(), "a mail did not go");
            if let Some(next) = next {
                mails::mark_failed(&mut tx, mail, &refusal.reason, next).await?;
                "retried"
            } else {
                if mails::mark_dead(&mut tx, mail, &refusal.reason, now).await? {
                    record_dead(&mut tx, services, mail, &refusal.reason).await?;
                }
                "dead"
            }
        }
    };
    tx.commit().await?;
    metrics::counter!("motlan_mails_total", "outcome" => outcome).increment(1);
    Ok(())
}

/// When to try again; never when the mail has waited for too long.
fn next_try(mail: &StoredMail, now: Millis) -> Option<Millis> {
    let tries = usize::try_from(mail.attempts - 1).unwrap_or_default();
    let next = now.plus_seconds(WAITS.get(tries).copied().unwrap_or(21_600));
    (next < Millis(mail.created_at).plus_seconds(GIVEN_UP_SECONDS)).then_some(next)
}

async fn send(services: &Services, mail: &StoredMail) -> Result<(), Refusal> {
    let content = opened(services, mail).ok_or_else(|| Refusal { reason: "it cannot be opened".to_owned(), is_final: true })?;
    if content.until.is_some_and(|until| services.clock.now() >= Millis(until)) {
        return Err(Refusal { reason: "it came too late to be of use".to_owned(), is_final: true });
    }
    let letter = Mail {
        id: &mail.id,
        at: Millis(mail.created_at),
        to: &content.to,
        sender: &content.sender,
        subject: &content.subject,
        text: &content.text,
        html: &content.html,
    };
    services.mail.send(&letter).await.map_err(|error| Refusal { reason: error.to_string(), is_final: error.is_final() })
}

/// What a mail says; nothing when the key-encryption key was changed since.
fn opened(services: &Services, mail: &StoredMail) -> Option<Content> {
    let bytes = services.envelope.open(mail.sealed.as_deref()?, &associated(&mail.id)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Somebody who could not be told is on record.
async fn record_dead(tx: &mut Tx, services: &Services, mail: &StoredMail, reason: &str) -> Result<(), StoreError> {
    let person = mail.person();
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let event = Event {
        event: "mail.undelivered",
        actor: "job:mail".to_owned(),
        person: person.as_ref(),
        client: None,
        origin: &origin,
        detail: json!({ "mail": mail.id, "kind": mail.kind, "attempts": mail.attempts, "reason": reason }),
    };
    audit::record(tx, services, event).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(attempts: i64) -> StoredMail {
        StoredMail {
            id: "m".to_owned(),
            person_id: None,
            kind: "code".to_owned(),
            sealed: None,
            created_at: 0,
            attempts,
            sent_at: None,
            dead_at: None,
            last_answer: None,
        }
    }

    #[test]
    fn tries_come_ever_more_seldom_and_end_after_three_days() {
        let table = [
            (1, 0, Some(60)),
            (2, 60, Some(180)),
            (7, 10_000, Some(20_800)),
            (8, 30_000, Some(51_600)),
            (9, 60_000, Some(81_600)),
            (15, 230_000, Some(251_600)),
            (16, 251_600, None),
            (1, 300_000, None),
        ];
        for (attempts, seconds, next) in table {
            let now = Millis(seconds * 1_000);
            assert_eq!(next_try(&mail(attempts), now), next.map(|next| Millis(next * 1_000)), "{attempts} at {seconds}");
        }
    }
}
