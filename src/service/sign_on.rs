//! Sign-ons: begun by a proof, found by a cookie, ended once ([`ending`]).
//!
//! A sign-on that came through an old system says so, and counts no longer than
//! that system is open. What it may enter is said in [`super::old_accounts`].

pub mod ending;

use super::audit::{self, Event};
use super::policies::{self, Asked};
use super::{Failure, Origin, Services, forget};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::{base64url, sha256};
use crate::base::id::{PersonId, SignOnId};
use crate::model::legacy_account::AccountKey;
use crate::model::legacy_source::{LegacySource, Settings};
use crate::model::methods::{BY_MAIL, OTP, PASSKEY};
use crate::model::sign_on::{Manner, SignOn};
use crate::store::changes::Kind;
use crate::store::legacy_accounts::credentials;
use crate::store::{StoreError, Tx, lifecycles, passwords, persons, sign_ons};
use serde_json::json;
use std::sync::Arc;

/// A use is noted at most this often.
const NOTED_EVERY_MS: i64 = 60_000;

/// How a person proved who they are.
pub struct Proof {
    /// Who.
    pub person: PersonId,
    /// Level of assurance (1-4).
    pub level: i64,
    /// How (RFC 8176), space-separated.
    pub methods: String,
    /// Since when the person had the password that they have, when the proof was looked at.
    pub password_since: Option<Millis>,
    /// When they proved it, where that was elsewhere; nothing for what was proven here, just now.
    pub proved_at: Option<Millis>,
    /// Where it was given, as far as that matters to the sign-on.
    pub manner: Manner,
    /// The account of an old system that says who it is; nothing for a way to sign in of the person's own.
    pub legacy: Option<AccountKey>,
}

/// The sign-on that the browser had, and the cookie that found it.
pub struct Before<'a> {
    /// The sign-on.
    pub sign_on: &'a SignOn,
    /// Its cookie.
    pub cookie: &'a str,
}

/// A sign-on and the cookie that finds it; the cookie is kept nowhere else.
pub struct Started {
    /// The sign-on.
    pub sign_on: SignOn,
    /// 256 random bits for the browser.
    pub cookie: String,
}

/// The open sign-on of a cookie. Notes its use now and then, without waiting.
pub async fn find(services: &Services, cookie: &str) -> Result<Option<Arc<SignOn>>, Failure> {
    let now = services.clock.now();
    let idle = services.settings.lifetimes.idle_seconds;
    let digest = sha256(cookie.as_bytes());
    let generation = services.known.generation();
    let Some(sign_on) = services.known.sign_on(&services.store, digest, now).await? else { return Ok(None) };
    if !sign_on.is_open(idle, now) || !is_vouched_for(services, &sign_on).await? {
        return Ok(None);
    }
    if now.since(sign_on.last_seen_at) >= NOTED_EVERY_MS {
        services.writer.seen(sign_on.id.clone(), now);
        services.known.remember_sign_on(digest, SignOn { last_seen_at: now, ..(*sign_on).clone() }, generation, now);
    }
    Ok(Some(sign_on))
}

/// The old system that a sign-on came through, while it is open; nothing for a sign-on of one's own, nor once the system
/// was closed after it, though it is open again.
pub async fn source_of(services: &Services, sign_on: &SignOn) -> Result<Option<LegacySource>, StoreError> {
    let Some(id) = &sign_on.legacy else { return Ok(None) };
    Ok(open_source(services, id).await?.filter(|source| !source.has_outlived(sign_on.started_at)))
}

/// A source through which people sign in today.
pub async fn open_source(services: &Services, id: &str) -> Result<Option<LegacySource>, StoreError> {
    let now = services.clock.now();
    let sources = services.known.legacy_sources(&services.store, now).await?;
    let today = vietnam_date(now);
    Ok(sources.iter().find(|source| source.id == id && source.is_open_on(today)).cloned())
}

/// True for a way to sign in that stays, such as the national identity account: it is as good as one of our own.
pub fn is_lasting(source: &LegacySource) -> bool {
    match &source.settings {
        Settings::Oidc(settings) => settings.lasting,
        Settings::Ldap(_) | Settings::Hashes(_) => false,
    }
}

/// False once the old system that a sign-on came through is closed.
async fn is_vouched_for(services: &Services, sign_on: &SignOn) -> Result<bool, StoreError> {
    Ok(sign_on.legacy.is_none() || source_of(services, sign_on).await?.is_some())
}

/// Whether a proof goes on with the sign-on that the browser had. One through an old system goes on with one through
/// the same and with no other: what was entered by better proof is not left to it.
pub fn continues(before: &SignOn, proof: &Proof) -> bool {
    let through = proof.legacy.as_ref().map(|account| &account.source);
    before.person == proof.person && (through.is_none() || through == before.legacy.as_ref())
}

/// Begins a sign-on. A browser that was signed on as the same person keeps its
/// sign-on under a new cookie, so that the systems it entered stay entered.
pub async fn start(services: &Services, proof: Proof, before: Option<&Before<'_>>, origin: &Origin) -> Result<Started, Failure> {
    let now = services.clock.now();
    let cookie = services.entropy.token();
    let digest = sha256(cookie.as_bytes());
    let kept = before.map(|before| before.sign_on).filter(|before| continues(before, &proof));
    let person = services.person(&proof.person).await?;
    let asked = Asked { person: person.as_deref(), client: None, address: &origin.address };
    let bounds = policies::demands(services, &asked).await?;
    let lifetimes = &services.settings.lifetimes;
    let manner = manner(&proof, kept, bounds.idle_seconds);
    let sign_on = SignOn {
        id: kept.map_or_else(|| SignOnId::new(now, services.entropy.as_ref()), |kept| kept.id.clone()),
        person: proof.person,
        started_at: kept.map_or(now, |kept| kept.started_at),
        // A session that was open elsewhere proves no more than it did when it was begun.
        authenticated_at: proof.proved_at.map_or(now, |at| at.min(now)),
        last_seen_at: now,
        ends_at: now.plus_seconds(bounds.sign_on_seconds.unwrap_or(lifetimes.sign_on_seconds).min(lifetimes.sign_on_seconds)),
        level: proof.level,
        methods: proof.methods.clone(),
        device: origin.device,
        manner,
        legacy: proof.legacy.as_ref().map(|account| account.source.clone()),
        legacy_id: proof.legacy.as_ref().map(|account| account.legacy_id.clone()),
        ended_at: None,
    };
    // Asked before the transaction: nothing is read beside it.
    let lasting = source_of(services, &sign_on).await?.is_some_and(|source| is_lasting(&source));
    let mut tx = services.store.write().await?;
    // Whoever locks a person ends the sign-ons that are there: none may follow.
    if !persons::hold_enabled(&mut tx, &sign_on.person).await? {
        return Err(StoreError::Stale.into());
    }
    // Nor what was proven before the password changed: that act ends the sign-ons that are there.
    if passwords::hold_since(&mut tx, &sign_on.person).await? != proof.password_since {
        return Err(StoreError::Stale.into());
    }
    // Nor what an account of an old system opened that was retired, or taken from the person, since.
    if !is_usable(&mut tx, proof.legacy.as_ref(), &sign_on.person, lasting).await? {
        return Err(StoreError::Stale.into());
    }
    let renewed = kept.is_some() && sign_ons::renew(&mut tx, &sign_on, &digest).await?;
    if kept.is_some() && !renewed {
        // It ended while the person typed: the old cookie must stay dead.
        drop(tx);
        return Box::pin(start(
            services,
            Proof {
                person: sign_on.person,
                level: proof.level,
                methods: proof.methods,
                password_since: proof.password_since,
                proved_at: proof.proved_at,
                manner: proof.manner,
                legacy: proof.legacy,
            },
            None,
            origin,
        ))
        .await;
    }
    if !renewed {
        sign_ons::add(&mut tx, &sign_on, &digest, &origin.address).await?;
    }
    let event = Event {
        event: "sign_in.succeeded",
        actor: sign_on.person.0.clone(),
        person: Some(&sign_on.person),
        client: None,
        origin,
        detail: json!({
            "sign_on": sign_on.id,
            "methods": sign_on.methods,
            "level": sign_on.level,
            "again": renewed,
            "source": sign_on.legacy,
        }),
    };
    audit::record(&mut tx, services, event).await?;
    lifecycles::mark_signed_in(&mut tx, &sign_on.person, now).await?;
    let old_cookie = before.filter(|_| renewed).map(|before| base64url(&sha256(before.cookie.as_bytes())));
    if let Some(old) = &old_cookie {
        forget(&mut tx, services, Kind::Cookie, old).await?;
    }
    tx.commit().await?;
    if let Some(old) = &old_cookie {
        services.known.forget(Kind::Cookie, old, now);
    }
    Ok(Started { sign_on, cookie })
}

/// Whether the account of an old system that says who somebody is still opens something for them. It stays so until the
/// transaction ends.
async fn is_usable(tx: &mut Tx, account: Option<&AccountKey>, person: &PersonId, lasting: bool) -> Result<bool, StoreError> {
    match account {
        Some(account) => credentials::hold_usable(tx, account, person, lasting).await,
        None => Ok(true),
    }
}

fn shorter(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

/// In which manner a sign-on goes on: a computer that others use too stays one until somebody signs out.
fn manner(proof: &Proof, kept: Option<&SignOn>, idle_seconds: Option<i64>) -> Manner {
    let sticky = kept.map(|kept| kept.manner).filter(|manner| manner.shared);
    Manner {
        idle_seconds: shorter(shorter(proof.manner.idle_seconds, idle_seconds), sticky.and_then(|manner| manner.idle_seconds)),
        shared: proof.manner.shared || sticky.is_some(),
        waived: proof.manner.waived && sticky.is_none(),
    }
}

/// Adds a factor to an open sign-on: the same sign-on under a new cookie, at the
/// level that it reaches now. `Stale` when it ended meanwhile.
pub async fn raise(
    services: &Services,
    before: &Before<'_>,
    method: &str,
    level: i64,
    origin: &Origin,
) -> Result<Started, Failure> {
    let now = services.clock.now();
    let cookie = services.entropy.token();
    // A code of an app is better than one that came by e-mail: that one counts no more.
    let better = |known: &str| known == method || (method == OTP && known == BY_MAIL);
    let mut methods: Vec<&str> = before.sign_on.methods.split(' ').filter(|known| !better(known)).collect();
    methods.push(method);
    // A passkey is both factors; a code alone does not make fresh what was proven hours ago.
    let authenticated_at = if method == PASSKEY { now } else { before.sign_on.authenticated_at };
    let sign_on = SignOn {
        authenticated_at,
        last_seen_at: now,
        level: level.max(before.sign_on.level),
        methods: methods.join(" "),
        // Whoever shows a passkey of theirs needs no old system to say who they are.
        legacy: before.sign_on.legacy.clone().filter(|_| method != PASSKEY),
        legacy_id: before.sign_on.legacy_id.clone().filter(|_| method != PASSKEY),
        ..before.sign_on.clone()
    };
    let mut tx = services.store.write().await?;
    let enabled = persons::hold_enabled(&mut tx, &sign_on.person).await?;
    if !enabled || !sign_ons::renew(&mut tx, &sign_on, &sha256(cookie.as_bytes())).await? {
        return Err(StoreError::Stale.into());
    }
    let event = Event {
        event: "sign_in.raised",
        actor: sign_on.person.0.clone(),
        person: Some(&sign_on.person),
        client: None,
        origin,
        detail: json!({ "sign_on": sign_on.id, "methods": sign_on.methods, "level": sign_on.level }),
    };
    audit::record(&mut tx, services, event).await?;
    let old = base64url(&sha256(before.cookie.as_bytes()));
    forget(&mut tx, services, Kind::Cookie, &old).await?;
    tx.commit().await?;
    services.known.forget(Kind::Cookie, &old, now);
    Ok(Started { sign_on, cookie })
}
