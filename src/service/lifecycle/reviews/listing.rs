//! A round begins: by itself on its day, or when somebody says so; then what there is to answer is written down, some
//! rights at a time, so that it goes on where it was stopped.

use super::remind;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId, uuid_v7};
use crate::model::access_review::{NO_UNIT, RightKind, begins_on, quarter_of};
use crate::model::authority::RunReviews;
use crate::model::group_reach::answering;
use crate::model::lifecycle::plus_days;
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::lifecycle::{ACTOR, origin};
use crate::service::{Failure, Services};
use crate::store::access_reviews::{self, Found, Item, Review};
use crate::store::{StoreError, Tx};
use serde_json::json;

/// Rights of one short write.
const BATCH: i64 = 200;

/// Begins the round of this quarter; the one that is there already, if there is.
pub async fn begin(services: &Services, proof: &City<RunReviews>) -> Result<String, Failure> {
    let review = draft(services, proof.by.person.as_str());
    let mut tx = services.store.write().await?;
    if !add(&mut tx, &review).await? {
        drop(tx);
        let there = access_reviews::find_by_quarter(&mut services.store.read().await?, &review.quarter).await?;
        return Ok(there.ok_or(StoreError::Stale)?.id);
    }
    let detail = json!({ "review": review.id, "quarter": review.quarter });
    audit::record(&mut tx, services, Event::by(&proof.by, "access_review.begun", None, None, detail)).await?;
    tx.commit().await?;
    Ok(review.id)
}

/// Begins the round of this quarter when it is time, and writes to those who have something to answer.
pub async fn begin_due(services: &Services) -> Result<(), Failure> {
    let today = vietnam_date(services.clock.now());
    if services.settings.lifecycle.reviews && begins_on(today) {
        let there = access_reviews::find_by_quarter(&mut services.store.read().await?, &quarter_of(today)).await?;
        if there.is_none() {
            begin_by_itself(services).await?;
        }
    }
    remind::run(services).await
}

async fn begin_by_itself(services: &Services) -> Result<(), Failure> {
    let review = draft(services, ACTOR);
    let mut tx = services.store.write().await?;
    if !add(&mut tx, &review).await? {
        return Ok(());
    }
    let origin = origin();
    let event = Event {
        event: "access_review.begun",
        actor: ACTOR.to_owned(),
        person: None,
        client: None,
        origin: &origin,
        detail: json!({ "review": review.id, "quarter": review.quarter }),
    };
    audit::record(&mut tx, services, event).await?;
    tx.commit().await?;
    Ok(())
}

async fn add(tx: &mut Tx, review: &Review) -> Result<bool, StoreError> {
    if !access_reviews::add(tx, review).await? {
        return Ok(false);
    }
    access_reviews::close_others(tx, &review.id, review.begun_at).await?;
    Ok(true)
}

fn draft(services: &Services, by: &str) -> Review {
    let now = services.clock.now();
    let today = vietnam_date(now);
    Review {
        id: uuid_v7(now, services.entropy.as_ref()),
        quarter: quarter_of(today),
        begun_at: now,
        begun_by: by.to_owned(),
        begun_on: today,
        due_on: plus_days(today, services.settings.lifecycle.review_days),
        step: RightKind::Role.word().to_owned(),
        after: String::new(),
        listed_at: None,
        closed_at: None,
    }
}

/// Writes some rights of the round that is going on down; true when there are more.
pub async fn step(services: &Services) -> Result<bool, Failure> {
    let open = access_reviews::find_open(&mut services.store.read().await?).await?;
    let Some(review) = open.filter(|review| review.listed_at.is_none()) else { return Ok(false) };
    let unreadable = || StoreError::Corrupt("access_reviews.step".to_owned());
    let kind = RightKind::from_word(&review.step).ok_or_else(unreadable)?;
    let mut conn = services.store.read().await?;
    let found = access_reviews::list_found(&mut conn, kind, review.begun_on, (&review.after, BATCH)).await?;
    let mut people: Vec<PersonId> = found.iter().filter_map(|right| right.person_id.clone().map(PersonId)).collect();
    people.sort();
    people.dedup();
    let units = access_reviews::list_main_units(&mut conn, &people, review.begun_on).await?;
    drop(conn);
    let registry = services.known.registry();
    let now = services.clock.now();
    let last = found.last().map(|right| right.id.clone());
    let items: Vec<Item> = found
        .into_iter()
        .map(|right| {
            let unit = match &right.person_id {
                Some(person) => units.get(&PersonId(person.clone())).cloned(),
                None => right.unit_id.clone().map(|unit| answering(UnitId(unit), &registry, review.begun_on)),
            };
            item(uuid_v7(now, services.entropy.as_ref()), kind, unit, right)
        })
        .collect();
    let mut tx = services.store.write().await?;
    access_reviews::add_items(&mut tx, &review.id, &items).await?;
    let moved = match (last, kind.next()) {
        (Some(last), _) => access_reviews::mark_step(&mut tx, &review, (kind.word(), &last), None).await?,
        (None, Some(next)) => access_reviews::mark_step(&mut tx, &review, (next.word(), ""), None).await?,
        (None, None) => access_reviews::mark_step(&mut tx, &review, (kind.word(), &review.after), Some(now)).await?,
    };
    if !moved {
        // Another node wrote these down.
        return Ok(false);
    }
    tx.commit().await?;
    let more = !(items.is_empty() && kind.next().is_none());
    if !more {
        remind::run(services).await?;
    }
    Ok(more)
}

fn item(id: String, kind: RightKind, unit: Option<UnitId>, right: Found) -> Item {
    Item {
        id,
        unit: unit.unwrap_or_else(|| UnitId(NO_UNIT.to_owned())),
        kind,
        grant: right.id,
        person: right.person_id.map(PersonId),
        client: right.client_id,
        role: right.role,
        bound_unit: right.unit_id.map(UnitId),
        granted_at: Millis(right.granted_at),
        used_at: right.used_at.map(Millis),
        answer: None,
        answered_by: None,
        answered_at: None,
        reason: String::new(),
    }
}
