//! Figures of how far a plan is prepared for which everybody is gone through: counted once, and kept for whoever asks again.
//!
//! They count while the people, the units and what was said of the plan are the same, but no longer than a look: accounts,
//! and who signed in, are no part of any version. Whose posts are undecided follows from those versions alone, whatever the
//! time.

use super::lines::count;
use super::looks::OLD_MS;
use super::outlook::{BATCH, Outlook, nothing, people_version};
use crate::base::id::PersonId;
use crate::model::plan::people::By;
use crate::service::Services;
use crate::store::StoreError;
use crate::store::plan_counts::{self, Counted};
use crate::store::plan_readiness::{self, People};
use crate::store::positions_in_units::list_people;

/// Whoever signed in within so many seconds did so lately.
const LATELY_SECONDS: i64 = 30 * 86_400;

/// The figures of a plan, or of a stage of it, as they are kept, or counted and kept.
pub(super) async fn known(services: &Services, outlook: &Outlook, stage: Option<&str>) -> Result<Counted, StoreError> {
    let place = (outlook.plan.name.as_str(), stage.unwrap_or_default());
    // Read first: of whoever is changed after it nobody says that they were counted.
    let version = people_version(services).await?;
    let kept = plan_counts::find(&mut services.store.read().await?, place.0, place.1).await?;
    let kept = kept.filter(|kept| kept.basis == outlook.fixed[0] && kept.people_version == version);
    let undecided = match kept {
        Some(kept) if (0..OLD_MS).contains(&services.clock.now().since(kept.at)) => return Ok(kept),
        Some(kept) => kept.undecided,
        None => undecided(services, outlook).await?,
    };
    let counted = counted(services, outlook, (version, undecided)).await?;
    // It was counted all the same.
    if let Err(error) = keep(services, place, &counted).await {
        tracing::debug!(%error, "what was counted of a plan could not be kept");
    }
    Ok(counted)
}

/// The same as of now, kept by nobody.
pub(super) async fn fresh(services: &Services, outlook: &Outlook) -> Result<Counted, StoreError> {
    let version = people_version(services).await?;
    let undecided = undecided(services, outlook).await?;
    counted(services, outlook, (version, undecided)).await
}

/// The same for whoever knows what is undecided, at a version of the people.
pub(super) async fn counted(
    services: &Services,
    outlook: &Outlook,
    (people_version, undecided): (i64, i64),
) -> Result<Counted, StoreError> {
    let at = services.clock.now();
    let people = people(services, outlook).await?;
    let accounts = plan_readiness::count_accounts(&mut services.store.read().await?, &outlook.ended).await?;
    Ok(Counted { basis: outlook.fixed[0].clone(), people_version, people, accounts, undecided, at })
}

async fn keep(services: &Services, place: (&str, &str), counted: &Counted) -> Result<(), StoreError> {
    let mut tx = services.store.write().await?;
    plan_counts::replace(&mut tx, place, counted).await?;
    tx.commit().await
}

/// People with posts in units that end, some at a time.
async fn people(services: &Services, outlook: &Outlook) -> Result<People, StoreError> {
    let since = services.clock.now().plus_seconds(-LATELY_SECONDS);
    let (mut after, mut all) = (String::new(), People::default());
    loop {
        let mut conn = services.store.read().await?;
        let of = (outlook.ended.as_slice(), outlook.plan.effective);
        let (some, until) = plan_readiness::count_people(&mut conn, of, &after, since).await?;
        drop(conn);
        all.add(some);
        let Some(until) = until else { return Ok(all) };
        after = until;
    }
}

/// Posts of divided units of which nobody has said where they go.
async fn undecided(services: &Services, outlook: &Outlook) -> Result<i64, StoreError> {
    let divided = outlook.divided();
    let (mut after, mut undecided) = (PersonId(String::new()), 0);
    loop {
        let mut conn = services.store.read().await?;
        let people = list_people(&mut conn, &divided, outlook.plan.effective, &after, count(BATCH)).await?;
        drop(conn);
        let Some(last) = people.last() else { return Ok(undecided) };
        after = last.clone();
        let looks = outlook.look(services, &nothing(), &people).await?;
        let open = looks.iter().flat_map(|look| &look.moved).filter(|moved| matches!(moved.by, By::Open(_)));
        undecided += count(open.count());
    }
}
