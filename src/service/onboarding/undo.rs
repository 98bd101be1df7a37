//! Taking a run back: exactly what it gave, and nothing that somebody changed since, nor roles of people whom whoever takes
//! it back does not reach by now.

use super::apply::{ROLE, tell_nodes};
use super::runs::{self, Run, RunUnit};
use super::{GIFTS_AT_ONCE, UNDO_SECONDS, administrator_of};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::{GrantRoles, OnboardUnits};
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, Units};
use crate::service::{Failure, Services};
use crate::store::onboarding_gifts::{self, StoredGift};
use crate::store::onboardings::{self, Hand};
use crate::store::{StoreError, Tx};
use serde_json::json;
use std::collections::BTreeSet;

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Units of which everything that was unchanged was taken back.
    pub units: usize,
    /// Gifts that were taken back.
    pub taken: usize,
    /// Gifts that somebody changed since, that stand above whoever takes back, or are of people out of their reach: they stay.
    pub kept: usize,
    /// Units that still wait: one request does not do more.
    pub waiting: usize,
}

/// Takes back what a run gave, in the units within these bounds; nothing when there is none of this id there, or none
/// of its units can be taken back any more.
pub async fn undo(
    services: &Services,
    authority: &Authority,
    proof: &Units<OnboardUnits>,
    id: &str,
) -> Result<Option<Undone>, Failure> {
    let now = services.clock.now();
    let Some(run) = runs::find(services, proof, id).await? else { return Ok(None) };
    let units: Vec<&RunUnit> = run.units.iter().filter(|unit| unit.may_be_undone(now)).collect();
    if units.is_empty() {
        return Ok(None);
    }
    let work = Work { services, authority, proof, run: &run, now };
    let mut undone = Undone::default();
    for unit in units {
        if undone.taken >= GIFTS_AT_ONCE {
            undone.waiting += 1;
            continue;
        }
        if let Some((taken, kept)) = work.undo_unit(unit).await? {
            undone.units += 1;
            undone.taken += taken;
            undone.kept += kept;
        }
    }
    Ok(Some(undone))
}

/// Nobody may apply a run any more; false when there is none of this id within these bounds, or nothing of it waits.
/// Whoever sees only a part of its units discards nothing of the others'.
pub async fn discard(services: &Services, proof: &Units<OnboardUnits>, id: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    let whole = onboardings::list_units(&mut services.store.read().await?, id).await?.len();
    let Some(run) = runs::find(services, proof, id).await? else { return Ok(false) };
    if !run.waits() || run.units.len() != whole {
        return Ok(false);
    }
    let mut tx = services.store.write().await?;
    if !onboardings::mark_discarded(&mut tx, id, now).await? {
        return Ok(false);
    }
    audit::record(&mut tx, services, Event::by(&proof.by, "onboarding.discarded", None, None, json!({ "run": id }))).await?;
    tx.commit().await?;
    Ok(true)
}

struct Work<'a> {
    services: &'a Services,
    authority: &'a Authority,
    proof: &'a Units<OnboardUnits>,
    run: &'a Run,
    now: Millis,
}

impl Work<'_> {
    /// Takes back what one unit was given; nothing when somebody else was first.
    async fn undo_unit(&self, unit: &RunUnit) -> Result<Option<(usize, usize)>, Failure> {
        let services = self.services;
        let place = (self.run.id.as_str(), &unit.unit);
        let hand = Hand { person: &self.proof.by.person, now: self.now };
        let reached = self.reached(place).await?;
        let mut tx = services.store.write().await?;
        if !onboardings::mark_undone(&mut tx, place, self.now.plus_seconds(-UNDO_SECONDS), hand).await? {
            return Ok(None);
        }
        let gifts = onboarding_gifts::list(&mut tx, place).await?;
        let (mut taken, mut kept) = (BTreeSet::new(), 0);
        let mut count = 0;
        for gift in &gifts {
            let within = gift.kind != ROLE || reached.contains(&gift.person_id);
            if within && self.take(&mut tx, unit, gift).await? {
                count += 1;
                taken.insert(PersonId(gift.person_id.clone()));
            } else {
                kept += 1;
                onboarding_gifts::mark_kept(&mut tx, &gift.kind, &gift.grant_id, self.now).await?;
            }
        }
        let detail = json!({ "run": self.run.id, "unit": unit.unit, "taken": count, "kept": kept });
        audit::record(&mut tx, services, Event::by(&self.proof.by, "onboarding.undone", None, None, detail)).await?;
        let told = tell_nodes(&mut tx, services, &taken.iter().collect()).await?;
        tx.commit().await?;
        for (kind, subject) in told {
            services.known.forget(kind, &subject, services.clock.now());
        }
        Ok(Some((count, kept)))
    }

    /// The people of a unit's gifts whose roles in clients are for whoever takes them back to take.
    async fn reached(&self, place: (&str, &UnitId)) -> Result<BTreeSet<String>, Failure> {
        let gifts = onboarding_gifts::list(&mut self.services.store.read().await?, place).await?;
        let people: BTreeSet<String> = gifts.into_iter().filter(|gift| gift.kind == ROLE).map(|gift| gift.person_id).collect();
        let mut reached = BTreeSet::new();
        for person in people {
            let person = PersonId(person);
            if self.authority.one::<GrantRoles>(self.services, &person).await?.is_some() {
                reached.insert(person.0);
            }
        }
        Ok(reached)
    }

    /// Takes one gift back; false when it is not as it was given, or stands above whoever takes it.
    async fn take(&self, tx: &mut Tx, unit: &RunUnit, gift: &StoredGift) -> Result<bool, StoreError> {
        let person = PersonId(gift.person_id.clone());
        let detail = json!({ "role": gift.role, "unit": unit.unit, "run": self.run.id, "undo": true });
        let (event, client) = if gift.kind == ROLE {
            if !onboarding_gifts::mark_grant_revoked(tx, &gift.grant_id, self.now).await? {
                return Ok(false);
            }
            ("role.revoked", gift.client_id.as_deref())
        } else {
            let scope = administrator_of(&unit.unit, gift.grant_id.clone(), self.authority.today());
            let above = self.authority.stands_above(&scope);
            if !above || !onboarding_gifts::mark_administrator_revoked(tx, &gift.grant_id, self.now).await? {
                return Ok(false);
            }
            ("admin_role.revoked", None)
        };
        audit::record(tx, self.services, Event::by(&self.proof.by, event, Some(&person), client, detail)).await?;
        Ok(true)
    }
}
