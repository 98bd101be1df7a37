//! The one short write that makes a plan count: units, posts, scopes of administrators and the state of the plan at once.
//!
//! It compares before it writes: the people's version with the one that everything staged was compared with, the registry's
//! version with the one that was approved, the scopes with those that were looked at, and it uses the approval up. Whatever
//! does not fit any more, nothing of it counts.

use super::By;
use super::errors::{Part, ReorganizationError};
use super::lines::{Lines, count};
use super::outlook::{Outlook, scope_moves, scopes_part};
use super::register::note;
use super::stage::{Stop, Work};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::correction::{Made, Way, among};
use crate::service::{Failure, Services, forget, known};
use crate::store::changes::Kind;
use crate::store::plan_runs::{Applying, RunEffect};
use crate::store::plans::{self, Approval};
use crate::store::{StoreError, Tx, admin_roles, change_sets, plan_runs, registry_corrections, registry_edits, units};
use serde_json::json;

/// By whose leave a plan is applied, and who does it.
pub(super) struct Leave<'a> {
    pub(super) approval: &'a Approval,
    pub(super) by: &'a By<'a>,
    /// It comes by itself on its day: people who changed since the approval are taken along.
    pub(super) scheduled: bool,
    /// What is staged, as it was compared with the approval.
    pub(super) compared: Compared,
}

/// What is staged, in figures: found before the one write, which is to be short.
pub(super) struct Compared {
    /// The whole digest.
    pub(super) digest: String,
    /// Posts that end without going on.
    pub(super) open: i64,
    /// How many of those who are moved changed since the approval.
    pub(super) changed_since: i64,
}

/// Makes a run count; false when somebody was first to the people: what changed is looked at again then.
pub(super) async fn flip(work: &Work<'_>, lines: &Lines, leave: &Leave<'_>) -> Result<bool, Stop> {
    let services = work.services;
    let effect = RunEffect {
        edits: work.outlook.effect.edits.clone(),
        scopes: work.outlook.scopes.clone(),
        ended: work.outlook.effect.ended.clone(),
    };
    let mut tx = services.store.write().await?;
    match write(&mut tx, work, lines, (leave, &effect)).await {
        Ok(true) => tx.commit().await?,
        // Somebody was first; or two waited for each other: whoever begins anew comes through.
        Ok(false) | Err(Stop::Refused(ReorganizationError::Failure(Failure::Store(StoreError::Stale)))) => return Ok(false),
        Err(stop) => return Err(stop),
    }
    forget_all(services).await;
    Ok(true)
}

async fn write(tx: &mut Tx, work: &Work<'_>, lines: &Lines, (leave, effect): (&Leave<'_>, &RunEffect)) -> Result<bool, Stop> {
    let (services, outlook, now) = (work.services, work.outlook, work.services.clock.now());
    work.touch(tx, lines, &PersonId(String::new())).await?;
    // First the people, then the registry: everybody takes them in this order.
    if !change_sets::replace_people_version(tx, work.set, now).await? {
        return Ok(false);
    }
    if !change_sets::mark_applied(tx, work.set, now).await? {
        return Err(Stop::GivenUp);
    }
    if !units::replace_version(tx, outlook.registry.version(), now).await? {
        return Err(stale(Part::Registry));
    }
    is_as_approved(tx, outlook).await?;
    if !plans::mark_approval_used(tx, &leave.approval.id, now).await? {
        return Err(ReorganizationError::NotApproved.into());
    }
    plans::revoke_excluded(tx, &outlook.plan.name, &leave.approval.stage, now).await?;
    edit_units(tx, outlook, effect, (leave.by.actor, now)).await?;
    for (person, moved) in &effect.scopes {
        if !admin_roles::write_move(tx, person, moved, (leave.by.actor, now)).await? {
            return Err(stale(Part::Scopes));
        }
    }
    let (people, posts, open) = (lines.people(), lines.posts(), leave.compared.open);
    let registry_after = outlook.registry.version() + 1;
    let applying = Applying { people, posts, open, registry_after, effect };
    if !plan_runs::mark_applied(tx, work.held, &applying, now).await? {
        return Err(Stop::Lost);
    }
    let detail = json!({
        "plan": outlook.plan.name,
        "stage": Some(&leave.approval.stage).filter(|stage| !stage.is_empty()),
        "run": work.held.id,
        "approval": leave.approval.id,
        "digest": leave.compared.digest,
        "change_set": work.set,
        "people": people,
        "posts": posts,
        "open": open,
        "units": count(outlook.effect.ended.len() + outlook.effect.begun.len()),
        "scopes": count(effect.scopes.len()),
        "registry_version": registry_after,
        "scheduled": leave.scheduled,
        "changed_since": leave.compared.changed_since,
    });
    note(tx, services, "plan.applied", leave.by, detail).await?;
    forget(tx, services, Kind::Registry, "").await?;
    forget(tx, services, Kind::People, "").await?;
    Ok(true)
}

/// Writes what becomes of units, and what of it is said of days that are over.
async fn edit_units(tx: &mut Tx, outlook: &Outlook, effect: &RunEffect, (by, now): (&str, Millis)) -> Result<(), Stop> {
    match registry_edits::write(tx, &effect.edits).await {
        Ok(()) => {}
        Err(StoreError::Stale) => return Err(stale(Part::Registry)),
        Err(error) => return Err(error.into()),
    }
    let version = outlook.registry.version();
    let made = Made {
        at: now,
        by: by.to_owned(),
        way: Way::Plan,
        reason: outlook.plan.name.clone(),
        version_before: version,
        version_after: version + 1,
    };
    registry_corrections::add(tx, &made, &among(&effect.edits, vietnam_date(now))).await?;
    Ok(())
}

/// The plan was not withdrawn or replaced, and administrators are bound to what they were bound to.
async fn is_as_approved(tx: &mut Tx, outlook: &Outlook) -> Result<(), Stop> {
    let known = plans::find(tx, &outlook.plan.name).await?.ok_or(ReorganizationError::UnknownPlan)?;
    if known.withdrawn_at.is_some() {
        return Err(ReorganizationError::Withdrawn.into());
    }
    if known.text_digest != outlook.stored.text_digest {
        return Err(stale(Part::Plan));
    }
    let granted = admin_roles::list_bound_to(tx, &outlook.administered).await?;
    let scopes = scope_moves(&outlook.plan, &outlook.effect, &granted);
    if scopes_part(&scopes) == outlook.fixed[1] { Ok(()) } else { Err(stale(Part::Scopes)) }
}

fn stale(what: Part) -> Stop {
    Stop::Refused(ReorganizationError::Stale { what })
}

/// This node forgets at once what every other one forgets within a second.
pub(super) async fn forget_all(services: &Services) {
    let now = services.clock.now();
    services.known.forget(Kind::Registry, "", now);
    // It counts; if this node cannot read it now, it does so with the next changes.
    if let Err(error) = known::reload_registry(services).await {
        tracing::warn!(%error, "the registry was changed by a plan and could not be read again yet");
    }
    services.known.forget(Kind::People, "", now);
}
