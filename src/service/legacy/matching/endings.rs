//! Positions that accounts gave and give no more: an account says another unit by now, is gone or closed, or is
//! somebody else's.
//!
//! Only whoever stands on their accounts alone loses a position so. Of everybody else others know better. A run ends
//! them all when it is over; whoever stands at the door does not wait for one, so theirs end with what is decided of them.

use super::Request;
use super::scene::is_owned_word;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::legacy_account::AccountStatus;
use crate::model::position::Position;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::By;
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::legacy_matching::{self, HeldRow, ORIGIN};
use crate::store::{AsEx, StoreError, Tx, change_sets, positions};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use time::Date;

/// Positions that are looked at together.
const PAGE: i64 = 5_000;
/// People of one short write.
const BATCH: usize = 100;
/// Times that others may be first.
const TURNS: usize = 8;

/// Who lost positions in a unit of work. It counts once that is committed; [`Lost::tell`] follows.
#[derive(Debug, Default)]
#[must_use = "after the commit this node still has to forget what people held"]
pub(in crate::service::legacy) struct Lost {
    people: Vec<PersonId>,
    count: u64,
}

impl Lost {
    /// After the commit: this node forgets what they held.
    pub(in crate::service::legacy) fn tell(&self, services: &Services) {
        let now = services.clock.now();
        for person in &self.people {
            services.known.forget(Kind::Person, person.as_str(), now);
        }
    }
}

/// Ends what no account gives any more; answers how many positions ended.
pub(super) async fn end_all(services: &Services, request: &Request<'_>) -> Result<u64, Failure> {
    let by = By { actor: request.actor, origin: request.origin };
    let mut after = (String::new(), String::new());
    let mut ended = 0;
    loop {
        let mut conn = services.store.read().await?;
        let rows = legacy_matching::list_held(&mut conn, (after.0.as_str(), after.1.as_str()), PAGE).await?;
        drop(conn);
        let Some(last) = rows.last() else { return Ok(ended) };
        after = (last.person_id.clone(), last.position_id.clone());
        let people: BTreeSet<PersonId> = loose(&rows).into_values().collect();
        let people: Vec<PersonId> = people.into_iter().collect();
        for chunk in people.chunks(BATCH) {
            ended += end_of(services, by, chunk).await?;
        }
    }
}

/// Ends what no account of a few people gives any more, at once.
pub(in crate::service::legacy) async fn end_now(services: &Services, people: &[PersonId], by: By<'_>) -> Result<(), Failure> {
    let has_loose = has_loose(&mut services.store.read().await?, people).await?;
    if has_loose {
        end_of(services, by, people).await?;
    }
    Ok(())
}

async fn has_loose(conn: &mut impl AsEx, people: &[PersonId]) -> Result<bool, StoreError> {
    Ok(!loose(&legacy_matching::list_held_by(conn, people).await?).is_empty())
}

/// The positions that no account of their holders gives.
fn loose(rows: &[HeldRow]) -> BTreeMap<PositionId, PersonId> {
    let given: HashSet<&str> = rows.iter().filter(|row| gives(row)).map(|row| row.position_id.as_str()).collect();
    let loose = rows.iter().filter(|row| !given.contains(row.position_id.as_str()));
    loose.map(|row| (PositionId(row.position_id.clone()), PersonId(row.person_id.clone()))).collect()
}

/// Whether the account beside a position gives it. Accounts say their units of long ago: one of a unit from which the position
/// came here by a re-organization gives it too, also while it is in question where that unit went.
fn gives(row: &HeldRow) -> bool {
    let is_of_unit = row.unit_decision.as_deref() == Some("mapped") && row.account_unit.as_deref() == Some(row.unit_id.as_str());
    row.decision.as_deref().is_some_and(is_owned_word)
        && (is_of_unit || row.of_former != 0)
        && row.gone_at.is_none()
        && AccountStatus::read(row.status.as_deref().unwrap_or_default()) != AccountStatus::Disabled
}

async fn end_of(services: &Services, by: By<'_>, people: &[PersonId]) -> Result<u64, Failure> {
    for _ in 0..TURNS {
        match try_to_end(services, by, people).await {
            Err(Failure::Store(StoreError::Stale)) => {}
            other => return other,
        }
    }
    tracing::warn!(turns = TURNS, "others were always first to some people; match again");
    Ok(0)
}

async fn try_to_end(services: &Services, by: By<'_>, people: &[PersonId]) -> Result<u64, Failure> {
    let mut tx = services.store.write().await?;
    let lost = end_in(&mut tx, services, people, by).await?;
    if lost.count > 0 {
        tx.commit().await?;
        lost.tell(services);
    }
    Ok(lost.count)
}

/// Ends, in a unit of work, what no account of some people gives any more, as it stands there; `Stale` when people were
/// changed meanwhile: nothing of the unit of work may count then. All that is decided by is read behind the version of
/// the people that it is compared with.
pub(in crate::service::legacy) async fn end_in(
    tx: &mut Tx,
    services: &Services,
    people: &[PersonId],
    by: By<'_>,
) -> Result<Lost, StoreError> {
    let people = only_made(tx, people).await?;
    if !has_loose(tx, &people).await? {
        return Ok(Lost::default());
    }
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    change_sets::add(tx, &set, ORIGIN, by.actor, now).await?;
    let people = only_made(tx, &people).await?;
    let loose = loose(&legacy_matching::list_held_by(tx, &people).await?);
    let mut held: BTreeMap<PersonId, BTreeMap<PositionId, Position>> = BTreeMap::new();
    for version in positions::list_versions(tx, &set, &people).await? {
        // The newest comes last.
        held.entry(version.person).or_default().insert(version.position.id.clone(), version.position);
    }
    let today = vietnam_date(now);
    let (mut staged, mut records, mut lost) = (Vec::new(), Vec::new(), Lost::default());
    for (person, all) in held {
        let (ended, kept) = split(all.into_values().filter(|one| one.valid_to.is_none()).collect(), &loose, today);
        if ended.is_empty() {
            continue;
        }
        let units: Vec<&str> = ended.iter().map(|one| one.unit.as_str()).collect();
        let detail = json!({ "units": units, "change_set": set });
        let (event, actor) = ("legacy.positions_ended", by.actor.to_owned());
        let event = Event { event, actor, person: Some(&person), client: None, origin: by.origin, detail };
        records.push(audit::row(services, event));
        lost.count += u64::try_from(ended.len()).unwrap_or_default();
        staged.extend(ended.into_iter().chain(kept).map(|one| (person.clone(), one)));
        lost.people.push(person);
    }
    positions::add(tx, &set, &staged).await?;
    legacy_matching::add_records(tx, &records).await?;
    let applies = change_sets::replace_people_version(tx, &set, now).await? && change_sets::mark_applied(tx, &set, now).await?;
    if !applies {
        return Err(StoreError::Stale);
    }
    for person in &lost.people {
        forget(tx, services, Kind::Person, person.as_str()).await?;
    }
    Ok(lost)
}

/// Those who stand on their accounts alone.
async fn only_made(tx: &mut Tx, people: &[PersonId]) -> Result<Vec<PersonId>, StoreError> {
    let told = legacy_matching::list_persons(tx, people).await?;
    let is_only_made = |row: &legacy_matching::PersonRow| row.made != 0 && row.adopted == 0 && row.stands_for == row.id;
    let found: BTreeSet<String> = told.iter().filter(|row| is_only_made(row)).map(|row| row.id.clone()).collect();
    Ok(found.into_iter().map(PersonId).collect())
}

/// The open positions that end, with their last day, and the one that becomes the primary one when that ended.
fn split(open: Vec<Position>, loose: &BTreeMap<PositionId, PersonId>, today: Date) -> (Vec<Position>, Option<Position>) {
    let (mut ended, kept): (Vec<Position>, Vec<Position>) = open.into_iter().partition(|one| loose.contains_key(&one.id));
    let yesterday = today.previous_day().unwrap_or(today);
    for one in &mut ended {
        one.valid_to = Some(yesterday.max(one.valid_from));
    }
    let is_headless = ended.iter().any(|one| one.primary) && kept.iter().all(|one| !one.primary);
    let next = kept.into_iter().next().filter(|_| is_headless).map(|one| Position { primary: true, ..one });
    (ended, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decision: &str, unit: &str, status: &str, gone_at: Option<i64>) -> HeldRow {
        HeldRow {
            person_id: "p".to_owned(),
            position_id: "post".to_owned(),
            unit_id: "u".to_owned(),
            decision: Some(decision.to_owned()),
            unit_decision: Some("mapped".to_owned()),
            account_unit: Some(unit.to_owned()),
            status: Some(status.to_owned()),
            gone_at,
            of_former: 0,
        }
    }

    #[test]
    fn an_open_account_of_the_unit_gives_the_position_and_nothing_else_does() {
        let table = [
            (row("created", "u", "", None), true),
            (row("linked", "u", "active", None), true),
            (row("review", "u", "", None), false),
            (row("created", "other", "", None), false),
            (row("created", "u", "khóa", None), false),
            (row("created", "u", "", Some(1)), false),
            (HeldRow { unit_decision: Some("review".to_owned()), ..row("created", "u", "", None) }, false),
            (HeldRow { decision: None, ..row("", "u", "", None) }, false),
            (HeldRow { of_former: 1, ..row("created", "before", "", None) }, true),
            (HeldRow { of_former: 1, unit_decision: Some("review".to_owned()), ..row("created", "", "", None) }, true),
            (HeldRow { of_former: 1, ..row("created", "before", "", Some(1)) }, false),
            (HeldRow { of_former: 1, ..row("created", "before", "khóa", None) }, false),
            (HeldRow { of_former: 1, ..row("review", "before", "", None) }, false),
        ];
        for (held, expected) in table {
            assert_eq!(gives(&held), expected, "{held:?}");
        }
        let beside = [row("review", "u", "", None), row("linked", "u", "", None)];
        assert!(loose(&beside).is_empty(), "one account is enough");
        assert_eq!(loose(&beside[..1]).len(), 1);
    }
}
