//! What a reviewer sees, and to whom they may give an account.
//!
//! Accounts are seen by their unit. About people a reviewer decides by the same rule as everywhere: a post that somebody
//! holds beside in a unit does not hand their whole account to that unit.

use super::ReviewError;
use crate::base::date::vietnam_date;
use crate::base::digest::{base64url, sha256};
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminScope, Helper};
use crate::model::audit_entry::Columns;
use crate::model::authority::{Act as _, Extent, ReviewLegacy, sees};
use crate::model::legacy_account::AccountKey;
use crate::model::legacy_unit::{Resolution, UnitDecision};
use crate::model::person::Person;
use crate::service::authority::Units;
use crate::service::legacy::matching::Seen;
use crate::service::legacy::{sources, units};
use crate::service::{Failure, Services};
use crate::store::legacy_reviews::{self, ReviewRow};
use crate::store::legacy_units::ToldUnit;
use crate::store::{AsEx, StoreError, admin_roles, legacy_matching, persons};
use std::collections::{BTreeSet, HashMap, HashSet};
use time::Date;

/// What a reviewer sees of accounts.
pub(super) struct Eyes<'a> {
    services: &'a Services,
    pub(super) proof: &'a Units<ReviewLegacy>,
    /// What the reviewer administers: by it they look after people.
    scopes: Vec<AdminScope>,
    as_of: HashMap<String, Date>,
    heard: HashMap<(String, ToldUnit), Resolution>,
}

impl<'a> Eyes<'a> {
    pub(super) async fn open(services: &'a Services, proof: &'a Units<ReviewLegacy>) -> Result<Self, Failure> {
        let all = sources::list(services).await?;
        let as_of = all.into_iter().map(|source| (source.id, source.as_of)).collect();
        let scopes = admin_roles::list(&mut services.store.read().await?, &proof.by.person).await?;
        Ok(Self { services, proof, scopes, as_of, heard: HashMap::new() })
    }

    /// Whether the reviewer looks after the whole city.
    pub(super) fn is_city(&self) -> bool {
        *self.proof.extent() == Extent::City
    }

    /// The units to which the reviewer is bound.
    pub(super) fn units(&self) -> Option<&'a BTreeSet<UnitId>> {
        match self.proof.extent() {
            Extent::City => None,
            Extent::Units(units) => Some(units),
        }
    }

    /// Which of these accounts the reviewer sees: of whom the unit of today lies within their bounds, or a unit that it
    /// may be. Units that are only spelled alike do not count: they may be anybody's.
    pub(super) fn seen<'r>(&mut self, rows: impl IntoIterator<Item = &'r ReviewRow>) -> Vec<bool> {
        let rows: Vec<&ReviewRow> = rows.into_iter().collect();
        if self.is_city() {
            return vec![true; rows.len()];
        }
        let asked: Vec<(String, ToldUnit)> =
            rows.iter().filter(|row| row.unit_decision == "review").map(|row| (row.source.clone(), row.told())).collect();
        self.hear(asked);
        rows.into_iter().map(|row| self.sees_heard(row)).collect()
    }

    /// Whether the reviewer sees an account.
    pub(super) fn sees(&mut self, row: &ReviewRow) -> bool {
        self.seen([row]).into_iter().all(|seen| seen)
    }

    fn sees_heard(&self, row: &ReviewRow) -> bool {
        match UnitDecision::from_word(&row.unit_decision) {
            Some(UnitDecision::Mapped) => row.unit_id.clone().is_some_and(|unit| self.proof.holds(&UnitId(unit))),
            Some(UnitDecision::Review) => self.may_be_within(&row.source, row.told()),
            Some(UnitDecision::Unknown) | None => false,
        }
    }

    fn may_be_within(&self, source: &str, told: ToldUnit) -> bool {
        let heard = self.heard.get(&(source.to_owned(), told));
        heard.is_some_and(|heard| {
            heard.decision() == UnitDecision::Review && heard.candidates.iter().any(|unit| self.proof.holds(unit))
        })
    }

    /// Whether the reviewer sees what accounts say of their unit, when it is in question.
    pub(super) fn sees_saying(&mut self, source: &str, told: &ToldUnit) -> bool {
        self.hear(vec![(source.to_owned(), told.clone())]);
        self.is_city() || self.may_be_within(source, told.clone())
    }

    /// What the rules say of a saying, with the units that it may be.
    pub(super) fn resolution(&mut self, source: &str, told: &ToldUnit) -> Option<Resolution> {
        let asked = (source.to_owned(), told.clone());
        self.hear(vec![asked.clone()]);
        self.heard.get(&asked).cloned()
    }

    /// Asks the rules once for each saying, all that are new together.
    pub(super) fn hear(&mut self, mut asked: Vec<(String, ToldUnit)>) {
        let mut once = HashSet::new();
        asked.retain(|saying| !self.heard.contains_key(saying) && once.insert(saying.clone()));
        let dated: Vec<((String, ToldUnit), Date)> =
            asked.into_iter().filter_map(|saying| self.as_of.get(&saying.0).copied().map(|day| (saying, day))).collect();
        if dated.is_empty() {
            return;
        }
        let rows: Vec<(ToldUnit, Date)> = dated.iter().map(|((_, told), day)| (told.clone(), *day)).collect();
        let answers = units::explain(self.services, &rows);
        self.heard.extend(dated.into_iter().map(|(saying, _)| saying).zip(answers));
    }

    /// An account that the reviewer sees.
    pub(super) async fn account(&mut self, conn: &mut impl AsEx, key: &AccountKey) -> Result<ReviewRow, ReviewError> {
        let row = legacy_reviews::find(conn, key).await?.ok_or(ReviewError::NotThere)?;
        if self.sees(&row) { Ok(row) } else { Err(ReviewError::NotThere) }
    }

    /// Somebody whom the reviewer looks after, and about whose accounts they may decide: they are there, and are nobody
    /// else since a merge. Whoever administers anything is the city's to decide about.
    pub(super) async fn person(&self, conn: &mut impl AsEx, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let Some(person) = persons::find(conn, id).await? else { return Ok(None) };
        let told = legacy_matching::list_persons(conn, std::slice::from_ref(id)).await?;
        if told.last().is_none_or(|told| told.stands_for != id.0) {
            return Ok(None);
        }
        if self.is_city() {
            return Ok(Some(person));
        }
        let theirs = admin_roles::list(conn, id).await?;
        let (registry, today) = (self.services.known.registry(), vietnam_date(self.services.clock.now()));
        let reviewer = Helper { id: self.doer(), scopes: &self.scopes };
        let is_reached = reviewer.reaches(ReviewLegacy::ROLES, (&person, theirs.as_slice()), &registry, today).is_some();
        Ok((theirs.is_empty() && is_reached).then_some(person))
    }

    /// Whether somebody was made of accounts that nobody used, administers nothing and holds no position: none yet, or the
    /// last ones lay within the reviewer's bounds. Nobody but the city looks after them until it is known to which unit
    /// such an account belongs, which is what a unit says.
    pub(super) async fn is_unplaced(&self, conn: &mut impl AsEx, id: &PersonId) -> Result<bool, StoreError> {
        let told = legacy_matching::list_persons(conn, std::slice::from_ref(id)).await?;
        let is_only_made = told.last().is_some_and(|told| told.made != 0 && told.adopted == 0 && told.stands_for == id.0);
        if !is_only_made || !admin_roles::list(conn, id).await?.is_empty() {
            return Ok(false);
        }
        let Some(person) = persons::find(conn, id).await? else { return Ok(false) };
        let today = vietnam_date(self.services.clock.now());
        let is_over = person.positions.iter().all(|held| held.valid_to.is_some_and(|last| last < today));
        Ok(person.positions.is_empty() || (is_over && sees(self.proof.extent(), &person, today)))
    }

    /// Stands for what is known of a person, as a reviewer has it before them.
    pub(super) async fn person_mark(&self, conn: &mut impl AsEx, person: &Person) -> Result<String, StoreError> {
        let told = legacy_matching::list_persons(conn, std::slice::from_ref(&person.id)).await?;
        let sealed = told.last().and_then(|told| told.personal_number.as_deref());
        let born = person.date_of_birth.map(|born| born.to_string());
        let columns = Columns::of("legacy candidate 1")
            .text(person.id.as_str())
            .text(&person.username)
            .text(&person.full_name)
            .perhaps(born.as_deref())
            .perhaps(person.email.as_deref())
            .perhaps(person.phone.as_deref())
            .bytes(sealed.unwrap_or_default());
        Ok(base64url(&sha256(columns.as_bytes())[..16]))
    }

    /// Whether somebody administers anything that only the city decides about.
    pub(super) async fn is_above(&self, conn: &mut impl AsEx, id: &PersonId) -> Result<bool, StoreError> {
        Ok(!self.is_city() && !admin_roles::list(conn, id).await?.is_empty())
    }

    /// Who decides.
    pub(super) fn doer(&self) -> &PersonId {
        &self.proof.by.person
    }

    /// Whether an account may be the reviewer's own: it is given to them, they are among those who may have it, it made
    /// them once, or it has their number.
    pub(super) async fn is_own(&self, conn: &mut impl AsEx, row: &ReviewRow) -> Result<bool, StoreError> {
        let me = self.doer();
        let seen = Seen::read(&row.evidence);
        let is_me = |id: Option<&str>| id == Some(me.as_str());
        let named = seen.candidates.iter().any(|candidate| candidate.person.as_ref() == Some(me));
        if named || is_me(row.person_id.as_deref()) || seen.before.as_ref() == Some(me) {
            return Ok(true);
        }
        let Some(digest) = &row.number_digest else { return Ok(false) };
        let holders = legacy_matching::list_number_holders(conn, std::slice::from_ref(digest)).await?;
        Ok(holders.iter().any(|(_, holder)| holder == me))
    }
}
