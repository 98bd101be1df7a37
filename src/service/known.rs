//! What a node remembers of the store, and how it forgets.
//!
//! The silent sign-on path reads clients, people, sign-ons and grants from
//! here. Every act that ends or changes one of them adds a row to `changes`;
//! each node reads those rows twice a second. A node that could not read them
//! for a second stops trusting its memory and asks the store each time: so a
//! revocation is refused everywhere one second after it was answered.

mod borrowed;
mod called;
mod memory;
mod person;
mod reading;

pub use person::KnownPerson;

use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::digest::from_base64url;
use crate::base::id::{PersonId, SignOnId};
use crate::model::client::{Client, is_client_id};
use crate::model::entitlement::GroupGrant;
use crate::model::grant::Grant;
use crate::model::legacy_source::LegacySource;
use crate::model::registry::Registry;
use crate::model::resource::Resource;
use crate::model::sign_in_policy::SignInPolicy;
use crate::model::sign_on::SignOn;
use crate::store::changes::{self, Change, Kind};
use crate::store::{Store, StoreError, clients, grants, legacy_sources, policies, resources, sign_ons};
use memory::{Called, Dead, Listed};
use moka::sync::Cache;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Changes are read again for this long: transactions may commit late.
const LOOK_BACK_SECONDS: i64 = 60;
/// Changes are kept for an hour; a node that was away for half of it starts anew.
const FORGET_ALL_SECONDS: i64 = 1_800;
/// Memory that was not brought up to date for this long is not trusted.
const TRUSTED_MS: i64 = 1_000;

/// The memory of a node.
pub struct Known {
    /// An administrator's password ends after so many days.
    password_days: Option<i64>,
    /// Whoever has posts on days to come only may not sign in before the first of them.
    joiners_wait: bool,
    clients: Cache<String, Arc<Client>>,
    persons: Cache<PersonId, Arc<KnownPerson>>,
    sign_ons: Cache<[u8; 32], Arc<SignOn>>,
    grants: Cache<String, Arc<Grant>>,
    /// What people are called, by sector, and where they came from: whoever is forgotten is forgotten in all of them.
    subjects: Cache<PersonId, Arc<Mutex<Called>>>,
    registry: RwLock<Arc<Registry>>,
    /// Held by whoever reads the registry: the others wait for what is read, and do not read it too.
    registry_turn: tokio::sync::Mutex<()>,
    resources: Listed<Resource>,
    policies: Listed<SignInPolicy>,
    legacy_sources: Listed<LegacySource>,
    /// Roles of groups; each person is remembered with those that were there when they were read.
    groups: Listed<GroupGrant>,
    /// Sign-ons and grants that ended lately.
    dead: RwLock<Dead>,
    /// Changes that were applied, and when, by this node's own clock.
    applied: Mutex<HashMap<String, Millis>>,
    /// The highest number of a change at each look, by this node's own clock.
    looks: Mutex<VecDeque<(Millis, i64)>>,
    /// Raised by every forgetting: what was read before is not kept after.
    generation: AtomicU64,
    up_to_date_at: AtomicI64,
    /// Set when keys changed, until they were read anew.
    keys_stale: AtomicBool,
    /// Set when the registry changed, until it was read anew.
    registry_stale: AtomicBool,
}

fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(most: u64) -> Cache<K, V> {
    Cache::builder().max_capacity(most).time_to_live(Duration::from_mins(5)).build()
}

impl Known {
    /// A memory that holds the registry and nothing else; an administrator's password ends after `password_days`.
    pub fn new(registry: Registry, password_days: Option<i64>, joiners_wait: bool) -> Self {
        Self {
            password_days,
            joiners_wait,
            clients: cache(2_000),
            persons: cache(20_000),
            sign_ons: cache(50_000),
            grants: cache(10_000),
            subjects: cache(50_000),
            registry: RwLock::new(Arc::new(registry)),
            registry_turn: tokio::sync::Mutex::default(),
            resources: Listed::default(),
            policies: Listed::default(),
            legacy_sources: Listed::default(),
            groups: Listed::default(),
            dead: RwLock::default(),
            applied: Mutex::default(),
            looks: Mutex::default(),
            generation: AtomicU64::new(0),
            up_to_date_at: AtomicI64::new(i64::MIN),
            keys_stale: AtomicBool::new(false),
            registry_stale: AtomicBool::new(false),
        }
    }

    /// The protected resources as of the last change.
    pub async fn resources(&self, store: &Store, now: Millis) -> Result<Arc<Vec<Resource>>, StoreError> {
        self.listed(&self.resources, now, || async move { resources::list(&mut store.read().await?).await }).await
    }

    /// The rules about sign-ins as of the last change.
    pub async fn policies(&self, store: &Store, now: Millis) -> Result<Arc<Vec<SignInPolicy>>, StoreError> {
        self.listed(&self.policies, now, || async move { policies::list(&mut store.read().await?).await }).await
    }

    /// The legacy sources as of the last change, by id.
    pub async fn legacy_sources(&self, store: &Store, now: Millis) -> Result<Arc<Vec<LegacySource>>, StoreError> {
        self.listed(&self.legacy_sources, now, || async move { legacy_sources::list(&mut store.read().await?).await }).await
    }

    /// Reads a whole list through what is remembered of it.
    async fn listed<V, L, F>(&self, list: &Listed<V>, now: Millis, load: L) -> Result<Arc<Vec<V>>, StoreError>
    where
        L: FnOnce() -> F,
        F: Future<Output = Result<Vec<V>, StoreError>>,
    {
        if self.is_trusted(now) && list.fresh.load(Ordering::Acquire) {
            return Ok(list.values.read().unwrap_or_else(PoisonError::into_inner).clone());
        }
        let generation = self.generation();
        let all = Arc::new(Box::pin(load()).await?);
        if generation == self.generation() {
            *list.values.write().unwrap_or_else(PoisonError::into_inner) = all.clone();
            list.fresh.store(true, Ordering::SeqCst);
            // Forgotten between the look and the note: what was noted may be older than that.
            if generation != self.generation() {
                list.forget();
            }
        }
        Ok(all)
    }

    fn is_trusted(&self, now: Millis) -> bool {
        now.0.saturating_sub(self.up_to_date_at.load(Ordering::Acquire)) <= TRUSTED_MS
    }

    /// True for a sign-on, a grant or a token that ended lately by hand.
    pub fn is_dead(&self, id: &str) -> bool {
        self.dead.read().unwrap_or_else(PoisonError::into_inner).since.contains_key(id)
    }

    /// Forgets one thing on this node.
    pub fn forget(&self, kind: Kind, subject: &str, now: Millis) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        match kind {
            Kind::Client => self.clients.invalidate(subject),
            Kind::Person => {
                let person = PersonId(subject.to_owned());
                self.persons.invalidate(&person);
                // Two persons who were one, or are one now, are called otherwise.
                self.subjects.invalidate(&person);
            }
            Kind::People => {
                self.persons.invalidate_all();
                self.subjects.invalidate_all();
            }
            Kind::Cookie => {
                if let Some(digest) = from_base64url(subject).and_then(|bytes| bytes.try_into().ok()) {
                    self.sign_ons.invalidate::<[u8; 32]>(&digest);
                }
            }
            Kind::SignOn | Kind::Grant => {
                let mut dead = self.dead.write().unwrap_or_else(PoisonError::into_inner);
                dead.add(subject, now);
                self.grants.invalidate(subject);
            }
            Kind::Keys => self.keys_stale.store(true, Ordering::Release),
            Kind::Registry => self.registry_stale.store(true, Ordering::Release),
            Kind::Resources => self.resources.forget(),
            Kind::Policies => self.policies.forget(),
            Kind::LegacySources => self.legacy_sources.forget(),
            Kind::GroupGrants => {
                self.groups.forget();
                self.persons.invalidate_all();
            }
        }
    }

    /// Forgets everything: this node was away for longer than changes are kept.
    fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.clients.invalidate_all();
        self.persons.invalidate_all();
        self.subjects.invalidate_all();
        self.sign_ons.invalidate_all();
        self.grants.invalidate_all();
        self.keys_stale.store(true, Ordering::Release);
        self.registry_stale.store(true, Ordering::Release);
        self.resources.forget();
        self.policies.forget();
        self.legacy_sources.forget();
        self.groups.forget();
    }

    /// Raised by every forgetting; what was read under another generation is not kept.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Reads a value through a cache: trusted memory first, then the store. What reads it is made when it is needed, and
    /// boxed: it is large, and would be moved about at every asking.
    async fn through<K, V, L, F>(
        &self,
        cache: &Cache<K, Arc<V>>,
        key: K,
        now: Millis,
        load: L,
    ) -> Result<Option<Arc<V>>, StoreError>
    where
        K: std::hash::Hash + Eq + Send + Sync + Clone + 'static,
        V: Send + Sync + 'static,
        L: FnOnce() -> F,
        F: Future<Output = Result<Option<V>, StoreError>>,
    {
        let trusted = self.is_trusted(now);
        if trusted && let Some(found) = cache.get(&key) {
            return Ok(Some(found));
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let Some(value) = Box::pin(load()).await?.map(Arc::new) else { return Ok(None) };
        // Something was forgotten while we read: what we read may be older than that.
        if trusted && generation == self.generation.load(Ordering::SeqCst) {
            cache.insert(key.clone(), value.clone());
            if generation != self.generation.load(Ordering::SeqCst) {
                cache.invalidate(&key);
            }
        }
        Ok(Some(value))
    }

    /// A client that may be used.
    pub async fn client(&self, store: &Store, id: &str, now: Millis) -> Result<Option<Arc<Client>>, StoreError> {
        if !is_client_id(id) {
            return Ok(None);
        }
        let load = || async move { clients::find(&mut store.read().await?, id).await };
        let found = self.through(&self.clients, id.to_owned(), now, load).await?;
        Ok(found.filter(|client| client.disabled_at.is_none()))
    }

    /// The sign-on of a cookie, if it has not ended by hand.
    pub async fn sign_on(&self, store: &Store, digest: [u8; 32], now: Millis) -> Result<Option<Arc<SignOn>>, StoreError> {
        let load = || async move { sign_ons::find_by_cookie(&mut store.read().await?, &digest).await };
        let found = self.through(&self.sign_ons, digest, now, load).await?;
        Ok(found.filter(|sign_on| sign_on.ended_at.is_none() && !self.is_dead(&sign_on.id.0)))
    }

    /// Replaces what is remembered of a cookie's sign-on, if nothing was forgotten since `generation`.
    pub fn remember_sign_on(&self, digest: [u8; 32], sign_on: SignOn, generation: u64, now: Millis) {
        if self.is_trusted(now) && self.generation() == generation {
            self.sign_ons.insert(digest, Arc::new(sign_on));
            if self.generation() != generation {
                self.sign_ons.invalidate(&digest);
            }
        }
    }

    /// True when a sign-on has not ended: asked again when a code is redeemed.
    pub async fn is_sign_on_open(
        &self,
        store: &Store,
        id: &SignOnId,
        idle_seconds: i64,
        now: Millis,
    ) -> Result<bool, StoreError> {
        if self.is_dead(&id.0) {
            return Ok(false);
        }
        // The code is at most a minute old, and was given to an open sign-on: if
        // the memory is trusted, an end since then would be among the dead.
        if self.is_trusted(now) {
            return Ok(true);
        }
        Ok(sign_ons::find(&mut store.read().await?, id).await?.is_some_and(|sign_on| sign_on.is_open(idle_seconds, now)))
    }

    /// A grant that counts.
    pub async fn grant(&self, store: &Store, id: &str, now: Millis) -> Result<Option<Arc<Grant>>, StoreError> {
        if self.is_dead(id) {
            return Ok(None);
        }
        let load = || async move { grants::find(&mut store.read().await?, id).await };
        let found = self.through(&self.grants, id.to_owned(), now, load).await?;
        Ok(found.filter(|grant| grant.revoked_at.is_none() && (grant.offline || !self.is_dead(&grant.sign_on.0))))
    }

    /// Keeps a grant that was just recorded: userinfo usually follows.
    pub fn remember_grant(&self, grant: Grant) {
        if !self.is_dead(&grant.id.0) {
            self.grants.insert(grant.id.0.clone(), Arc::new(grant));
        }
    }

    /// Where to read on: after what was the highest number a while ago. A
    /// transaction that took its number since then may come into sight late.
    /// A node that starts reads all that is kept.
    fn read_on_after(&self, now: Millis) -> i64 {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |look: Option<&(Millis, i64)>| look.is_some_and(|(at, _)| now.since(*at) > LOOK_BACK_SECONDS * 1_000);
        while is_old(looks.get(1)) {
            looks.pop_front();
        }
        looks.front().filter(|look| is_old(Some(*look))).map_or(0, |(_, seq)| *seq)
    }

    /// Notes how far a look saw.
    fn looked(&self, now: Millis, seq: i64) {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).push_back((now, seq));
    }

    /// Takes what is new.
    fn apply(&self, changes: &[Change], now: Millis) {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        applied.retain(|_, at| now.since(*at) < 2 * FORGET_ALL_SECONDS * 1_000);
        for change in changes {
            if applied.insert(change.id.clone(), now).is_none() {
                self.forget(change.kind, &change.subject, now);
            }
        }
    }
}

/// Brings this node's memory up to date with what other nodes and the command line did.
///
/// Reads on from the last time that it could look, so that nothing is missed
/// while the database was away; after a longer absence it forgets everything.
/// What to read is a matter of numbers: the clocks of the writers may differ.
pub async fn refresh(services: &Services) -> Result<(), Failure> {
    let known = &services.known;
    let now = services.clock.now();
    let last = known.up_to_date_at.load(Ordering::Acquire);
    if last != i64::MIN && now.since(Millis(last)) > FORGET_ALL_SECONDS * 1_000 {
        known.forget_all();
    }
    let (changes, seq) = changes::list_after(&mut services.store.read().await?, known.read_on_after(now)).await?;
    known.apply(&changes, now);
    known.looked(now, seq);
    // What could not be read anew stays stale and is tried at the next look.
    if known.keys_stale.load(Ordering::Acquire) {
        super::tokens::load_keys(services).await?;
        known.keys_stale.store(false, Ordering::Release);
    }
    if known.registry_stale.load(Ordering::Acquire) {
        reload_registry(services).await?;
        known.registry_stale.store(false, Ordering::Release);
    }
    known.up_to_date_at.store(now.0, Ordering::Release);
    Ok(())
}

/// Reads the registry anew.
pub async fn reload_registry(services: &Services) -> Result<(), Failure> {
    // One reader after another, so that a slow one does not leave an older registry behind.
    let _turn = services.known.registry_turn.lock().await;
    services.known.read_registry(&mut services.store.read().await?).await?;
    Ok(())
}

/// Removes changes that every node has seen long ago.
pub async fn remove_old(services: &Services) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    changes::remove_before(&mut tx, now.plus_seconds(-3_600)).await?;
    tx.commit().await?;
    Ok(())
}
