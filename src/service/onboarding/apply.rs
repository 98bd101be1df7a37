//! Applying a run: exactly what the preview says, unit by unit, each in one transaction.

use super::plan::{UnitPlan, What};
use super::preview::Planner;
use super::runs::{self, Run, RunUnit, State};
use super::{FEW, GIFTS_AT_ONCE, OPEN_SECONDS, administrator_of, template};
use crate::base::clock::Millis;
use crate::base::date::iso;
use crate::base::digest::same;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::admin_scope::AdminScope;
use crate::model::appointing::may_appoint;
use crate::model::authority::OnboardUnits;
use crate::service::approvals;
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, Units};
use crate::service::{Failure, Services, forget};
use crate::store::admin_roles::Manner;
use crate::store::changes::Kind;
use crate::store::onboarding_gifts::{self, NewGrant, StoredGift};
use crate::store::onboardings::{self, Hand};
use crate::store::{StoreError, Tx, admin_roles, recoveries};
use serde_json::json;
use std::collections::BTreeSet;

/// The words of gifts as they are noted.
pub(super) const ROLE: &str = "role";
/// An administrator.
pub(super) const ADMINISTRATOR: &str = "administrator";

/// What came of applying a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Units that were given everything now.
    pub units: usize,
    /// Units that are another than the preview says, and were given nothing.
    pub changed: usize,
    /// Units that still wait: one request does not do more, or somebody else was first.
    pub waiting: usize,
}

/// Why a run was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// There is none of this id within these bounds.
    #[error("there is no such run")]
    Absent,
    /// Another preview was seen than the one that is there.
    #[error("this is not the preview that was seen")]
    OtherPreview,
    /// It makes administrators: somebody else than who made it applies it.
    #[error("a run that makes administrators is applied by somebody else than who made it")]
    NeedsAnother,
    /// It makes administrators, and who made it and who would apply it are no two people, as far as their accounts can tell.
    #[error("whoever made this run and whoever would apply it are no two people")]
    NoSecondPerson,
    /// It was discarded, its time is over, or nothing waits in it.
    #[error("nothing in this run waits any more")]
    Decided,
    /// A part that it leans on.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// What became of one unit.
enum Became {
    Given(usize),
    Changed,
    NotNow,
}

struct Work<'a> {
    services: &'a Services,
    planner: Planner<'a>,
    proof: &'a Units<OnboardUnits>,
    run: &'a Run,
    now: Millis,
}

/// Gives the units of a run what its preview says; `digest` is the one that was seen with it. May be called again for
/// what one call left waiting.
pub async fn apply(
    services: &Services,
    authority: &Authority,
    proof: &Units<OnboardUnits>,
    id: &str,
    digest: &str,
) -> Result<Applied, ApplyError> {
    let now = services.clock.now();
    let run = runs::find(services, proof, id).await?.ok_or(ApplyError::Absent)?;
    if !same(run.digest.as_bytes(), digest.as_bytes()) {
        return Err(ApplyError::OtherPreview);
    }
    if !run.is_open(now) {
        return Err(ApplyError::Decided);
    }
    let own = run.made_by == proof.by.person;
    if own && run.appoints() && !approvals::decides_alone(services, &proof.by.person).await? {
        return Err(ApplyError::NeedsAnother);
    }
    // The statement that marks a unit as given asks once more.
    if run.appoints() && !approvals::is_second(services, &run.made_by, &proof.by.person).await? {
        return Err(ApplyError::NoSecondPerson);
    }
    let declared = template::declared(&mut services.store.read().await?).await?;
    let planner = Planner { authority, maker: &run.made_by, posts: &run.posts, declared: &declared };
    let work = Work { services, planner, proof, run: &run, now };
    let mut applied = Applied::default();
    let mut given = 0;
    for unit in run.units.iter().filter(|unit| unit.state == State::Waiting) {
        if given >= GIFTS_AT_ONCE {
            applied.waiting += 1;
            continue;
        }
        match work.apply_unit(unit).await? {
            Became::Given(gifts) => {
                applied.units += 1;
                given += gifts;
            }
            Became::Changed => applied.changed += 1,
            Became::NotNow => applied.waiting += 1,
        }
    }
    Ok(applied)
}

impl Work<'_> {
    async fn apply_unit(&self, unit: &RunUnit) -> Result<Became, Failure> {
        let services = self.services;
        let appointable = self.planner.appointable(services, &unit.plan).await?;
        let place = (self.run.id.as_str(), &unit.unit);
        let hand = Hand { person: &self.proof.by.person, now: self.now };
        let today = self.planner.authority.today();
        let mut tx = services.store.write().await?;
        let made_after = self.now.plus_seconds(-OPEN_SECONDS);
        if !onboardings::mark_applied(&mut tx, place, made_after, today, hand).await? {
            return Ok(Became::NotNow);
        }
        onboardings::hold_people(&mut tx).await?;
        let plan = self.planner.plan(&mut tx, &unit.unit, &unit.named, Some(&appointable)).await?;
        let for_oneself = plan.gifts.iter().any(|gift| gift.person == self.proof.by.person);
        if for_oneself || !same(&plan.digest(&unit.unit), &unit.digest) || !self.give(&mut tx, unit, &plan).await? {
            drop(tx);
            return self.found_changed(unit).await;
        }
        let told = self.tell_nodes(&mut tx, &plan).await?;
        tx.commit().await?;
        for (kind, subject) in told {
            services.known.forget(kind, &subject, services.clock.now());
        }
        Ok(Became::Given(plan.gifts.len()))
    }

    async fn found_changed(&self, unit: &RunUnit) -> Result<Became, Failure> {
        let mut tx = self.services.store.write().await?;
        if !onboardings::mark_changed(&mut tx, (self.run.id.as_str(), &unit.unit), self.now).await? {
            return Ok(Became::NotNow);
        }
        let detail = json!({ "run": self.run.id, "unit": unit.unit });
        let event = Event::by(&self.proof.by, "onboarding.found_changed", None, None, detail);
        audit::record(&mut tx, self.services, event).await?;
        tx.commit().await?;
        Ok(Became::Changed)
    }

    /// Gives and notes it all; false when somebody was made an administrator in this very moment.
    async fn give(&self, tx: &mut Tx, unit: &RunUnit, plan: &UnitPlan) -> Result<bool, StoreError> {
        let services = self.services;
        let hand = Hand { person: &self.proof.by.person, now: self.now };
        let (mut grants, mut notes) = (Vec::new(), Vec::new());
        for gift in &plan.gifts {
            let id = uuid_v7(self.now, services.entropy.as_ref());
            match &gift.what {
                What::Role(right) => {
                    notes.push(note(unit, ROLE, &id, &gift.person, Some((&right.client, &right.role))));
                    let detail = json!({
                        "role": right.role,
                        "position": gift.position,
                        "run": self.run.id,
                        "reason": self.run.reason,
                    });
                    let (person, client) = (Some(&gift.person), Some(right.client.as_str()));
                    let event = Event::by(&self.proof.by, "role.granted", person, client, detail);
                    audit::record(tx, services, event).await?;
                    grants.push(NewGrant {
                        id,
                        person: gift.person.clone(),
                        position: gift.position.clone(),
                        client: right.client.clone(),
                        role: right.role.clone(),
                    });
                }
                What::Administrator => {
                    notes.push(note(unit, ADMINISTRATOR, &id, &gift.person, None));
                    if !self.appoint(tx, unit, &gift.person, id).await? {
                        return Ok(false);
                    }
                }
            }
        }
        onboarding_gifts::add_grants(tx, &grants, &self.run.reason, hand).await?;
        onboarding_gifts::add(tx, &self.run.id, &notes).await?;
        let detail = json!({
            "run": self.run.id,
            "unit": unit.unit,
            "rights": grants.len(),
            "administrators": plan.appointed().len(),
            "made_by": self.run.made_by,
            "reason": self.run.reason,
        });
        audit::record(tx, services, Event::by(&self.proof.by, "onboarding.applied", None, None, detail)).await?;
        Ok(true)
    }

    async fn appoint(&self, tx: &mut Tx, unit: &RunUnit, person: &PersonId, id: String) -> Result<bool, StoreError> {
        let scope = administrator_of(&unit.unit, id, self.planner.authority.today());
        // Both of them: whoever made the run, and whoever lets it happen.
        let maker = admin_roles::list(tx, &self.run.made_by).await?;
        let authority = self.planner.authority;
        let may = |scopes: &[AdminScope]| may_appoint(scopes, &scope, authority.registry(), authority.today());
        if !may(&maker) || !may(authority.scopes()) {
            return Ok(false);
        }
        let manner = Manner { reason: &self.run.reason, break_glass: false };
        let by = (self.proof.by.person.as_str(), self.now);
        if !admin_roles::add_as(tx, person, &scope, manner, by).await? {
            return Ok(false);
        }
        // Whoever told them a code may not stand above them any more.
        recoveries::revoke_all(tx, person, self.now).await?;
        let detail = json!({
            "role": scope.role.word(),
            "unit": scope.unit,
            "valid_from": iso(scope.valid_from),
            "run": self.run.id,
            "made_by": self.run.made_by,
            "reason": self.run.reason,
        });
        audit::record(tx, self.services, Event::by(&self.proof.by, "admin_role.granted", Some(person), None, detail)).await?;
        Ok(true)
    }

    /// Tells every node to forget the people; answers what this one forgets after the commit.
    async fn tell_nodes(&self, tx: &mut Tx, plan: &UnitPlan) -> Result<Vec<(Kind, String)>, StoreError> {
        tell_nodes(tx, self.services, &plan.people()).await
    }
}

/// Tells every node to forget people: one by one while they are few, else everybody.
pub(super) async fn tell_nodes(
    tx: &mut Tx,
    services: &Services,
    people: &BTreeSet<&PersonId>,
) -> Result<Vec<(Kind, String)>, StoreError> {
    let told: Vec<(Kind, String)> = if people.len() > FEW {
        vec![(Kind::People, String::new())]
    } else {
        people.iter().map(|person| (Kind::Person, person.0.clone())).collect()
    };
    for (kind, subject) in &told {
        forget(tx, services, *kind, subject).await?;
    }
    Ok(told)
}

fn note(unit: &RunUnit, kind: &str, id: &str, person: &PersonId, right: Option<(&String, &String)>) -> StoredGift {
    StoredGift {
        unit_id: unit.unit.0.clone(),
        kind: kind.to_owned(),
        grant_id: id.to_owned(),
        person_id: person.0.clone(),
        client_id: right.map(|(client, _)| client.clone()),
        role: right.map(|(_, role)| role.clone()),
        kept_at: None,
    }
}
