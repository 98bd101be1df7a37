//! What is answered: kept, or taken back. Whoever answers looks after the unit, and never answers for themselves.

use super::groups;
use crate::base::id::UnitId;
use crate::model::access_review::Answer;
use crate::model::authority::ReviewAccess;
use crate::service::audit::{self, Event};
use crate::service::authority::{Doer, Units};
use crate::service::{Failure, Services};
use crate::store::access_reviews::{self, Answered, Item};
use crate::store::{StoreError, Tx};
use serde_json::json;

/// The most rights that are answered for at a time.
pub const MOST: usize = 100;

/// A unit in a round.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The round.
    pub review: &'a str,
    /// The unit.
    pub unit: &'a UnitId,
}

impl<'a> Place<'a> {
    fn parts(self) -> (&'a str, &'a UnitId) {
        (self.review, self.unit)
    }
}

/// Keeps rights; answers how many. What was answered before, or is one's own, is left as it is.
pub async fn keep(
    services: &Services,
    proof: &Units<ReviewAccess>,
    place: Place<'_>,
    items: &[String],
) -> Result<usize, Failure> {
    if !proof.holds(place.unit) {
        return Ok(0);
    }
    let own = own(services, &proof.by, place, &items[..items.len().min(MOST)]).await?;
    let now = services.clock.now();
    let answered = Answered { answer: Answer::Keep, by: &proof.by.person, now, reason: "" };
    let mut kept = 0;
    let mut tx = services.store.write().await?;
    for id in items.iter().take(MOST).filter(|id| !own.contains(id)) {
        if access_reviews::mark_answered(&mut tx, place.parts(), id, answered).await?
            && let Some(item) = access_reviews::find_item(&mut tx, place.parts(), id).await?
        {
            tell(&mut tx, services, &proof.by, ("access_review.kept", place), &item).await?;
            kept += 1;
        }
    }
    tx.commit().await?;
    Ok(kept)
}

/// Says that a right is not needed any more: from here on nobody keeps it, and it is to be taken back. Nothing when it
/// was answered before, or is one's own.
pub async fn begin_removal(
    services: &Services,
    proof: &Units<ReviewAccess>,
    place: Place<'_>,
    id: &str,
    reason: &str,
) -> Result<Option<Item>, Failure> {
    if !proof.holds(place.unit) {
        return Ok(None);
    }
    if !own(services, &proof.by, place, &[id.to_owned()]).await?.is_empty() {
        return Ok(None);
    }
    let now = services.clock.now();
    let answered = Answered { answer: Answer::Removing, by: &proof.by.person, now, reason };
    let mut tx = services.store.write().await?;
    if !access_reviews::mark_answered(&mut tx, place.parts(), id, answered).await? {
        return Ok(None);
    }
    let item = access_reviews::find_item(&mut tx, place.parts(), id).await?;
    tx.commit().await?;
    Ok(item)
}

/// Says what came of it: the right is gone, or it is for somebody above to take back.
pub async fn end_removal(
    services: &Services,
    proof: &Units<ReviewAccess>,
    place: Place<'_>,
    item: &Item,
    is_gone: bool,
) -> Result<(), Failure> {
    let (answer, event) =
        if is_gone { (Answer::Removed, "access_review.removed") } else { (Answer::Objected, "access_review.objected") };
    let answered = Answered { answer, by: &proof.by.person, now: services.clock.now(), reason: &item.reason };
    let mut tx = services.store.write().await?;
    if !access_reviews::mark_answered(&mut tx, place.parts(), &item.id, answered).await? {
        // Somebody else went on with it.
        return Ok(());
    }
    tell(&mut tx, services, &proof.by, (event, place), item).await?;
    tx.commit().await?;
    Ok(())
}

/// Which of these rights are of groups that whoever answers is of themselves.
async fn own(services: &Services, by: &Doer, place: Place<'_>, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let mut conn = services.store.read().await?;
    let mut items = Vec::new();
    for id in ids {
        items.extend(access_reviews::find_item(&mut conn, place.parts(), id).await?);
    }
    drop(conn);
    groups::own(services, &by.person, &items).await
}

async fn tell(
    tx: &mut Tx,
    services: &Services,
    by: &Doer,
    (event, place): (&'static str, Place<'_>),
    item: &Item,
) -> Result<(), StoreError> {
    let detail = json!({
        "review": place.review,
        "unit": place.unit,
        "kind": item.kind.word(),
        "grant": item.grant,
        "role": item.role,
        "reason": item.reason,
    });
    audit::record(tx, services, Event::by(by, event, item.person.as_ref(), item.client.as_deref(), detail)).await
}
