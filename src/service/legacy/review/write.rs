//! How decisions are written, each with what stood there before and its records, and what is told once all of it counts.
//!
//! A decision about an owner gives them the position that matching would give them by the account, and the account opens
//! nothing to them where they can come in by a way of their own. Who is named is looked at once more where it is written.

use super::bounds::Eyes;
use super::released::taken_from;
use super::undo::Beside;
use super::{BY_HAND, ReviewError};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId, uuid_v7};
use crate::model::legacy_account::AccountKey;
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::legacy::matching::by_hand::{Draft, Lost, Posting};
use crate::service::old_accounts::{self, Retired};
use crate::service::sign_on::ending::{By, Ended};
use crate::service::{Services, forget};
use crate::store::audit::AuditRow;
use crate::store::changes::Kind;
use crate::store::legacy_reviews::{self, DecisionRow, OwnerSet, OwnersRow, ReviewRow};
use crate::store::{StoreError, Tx, legacy_matching};
use serde_json::json;
use std::collections::BTreeSet;

/// One account, and what it comes to.
pub(super) struct Move {
    pub(super) row: ReviewRow,
    pub(super) decision: &'static str,
    /// Nobody for what is rejected; and whom a draft makes is filled in later.
    pub(super) person: Option<PersonId>,
    /// They were there before, and the reviewer has to look after them.
    pub(super) is_chosen: bool,
}

/// Those to whom accounts go, and those who have them: to be held before anything is written.
pub(super) fn concerned(moves: &[Move]) -> Vec<PersonId> {
    let had = moves.iter().filter_map(|one| one.row.person_id.clone().map(PersonId));
    let all: BTreeSet<PersonId> = moves.iter().filter_map(|one| one.person.clone()).chain(had).collect();
    all.into_iter().collect()
}

/// By whose hand decisions are written, why, and by what accounts give positions.
pub(super) struct Hand<'a> {
    pub(super) services: &'a Services,
    pub(super) eyes: &'a Eyes<'a>,
    pub(super) posting: Posting,
    pub(super) why: &'a str,
}

/// What was written, to be told after the commit.
#[derive(Default)]
pub(super) struct Written {
    people: BTreeSet<PersonId>,
    ended: Vec<Ended>,
    retired: Vec<Retired>,
    lost: Vec<Lost>,
    /// Somebody is told something by mail.
    has_letters: bool,
    records: Vec<AuditRow>,
    decisions: Vec<DecisionRow>,
}

impl Written {
    /// Writes what was collected: after all else, in the same unit of work.
    pub(super) async fn finish(&mut self, tx: &mut Tx, services: &Services) -> Result<(), StoreError> {
        legacy_reviews::add_decisions(tx, &self.decisions).await?;
        legacy_matching::add_records(tx, &self.records).await?;
        for person in &self.people {
            forget(tx, services, Kind::Person, person.as_str()).await?;
        }
        Ok(())
    }

    /// After the commit: this node forgets what is another by now.
    pub(super) fn tell(&self, services: &Services) {
        let now = services.clock.now();
        for person in &self.people {
            services.known.forget(Kind::Person, person.as_str(), now);
        }
        for ended in &self.ended {
            ended.tell(services);
        }
        for retired in &self.retired {
            retired.tell(services);
        }
        for lost in &self.lost {
            lost.tell(services);
        }
        if self.has_letters {
            services.letters.notify_one();
        }
    }

    /// Adds what ended.
    pub(super) fn end(&mut self, ended: Ended) {
        self.ended.push(ended);
    }

    /// Adds positions that ended.
    pub(super) fn lose(&mut self, lost: Lost) {
        self.lost.push(lost);
    }

    /// A letter waits.
    pub(super) fn write_to(&mut self) {
        self.has_letters = true;
    }

    /// Adds a decision, to be kept.
    pub(super) fn keep(&mut self, decision: DecisionRow) {
        self.decisions.push(decision);
    }

    /// Adds accounts that were retired.
    pub(super) fn retire(&mut self, retired: Retired) {
        self.retired.push(retired);
    }

    /// Adds a record.
    pub(super) fn record(&mut self, row: AuditRow) {
        self.records.push(row);
    }

    /// Somebody of whom something is another by now.
    pub(super) fn touch(&mut self, person: &PersonId) {
        self.people.insert(person.clone());
    }

    /// How many accounts were decided about.
    pub(super) fn count(&self) -> usize {
        self.decisions.len()
    }
}

/// Writes one decision about an owner, who is held; what else belongs to it is collected.
pub(super) async fn write(tx: &mut Tx, hand: &Hand<'_>, one: &Move, written: &mut Written) -> Result<(), ReviewError> {
    let Hand { services, eyes, why, .. } = *hand;
    let (row, by, now) = (&one.row, &eyes.proof.by, services.clock.now());
    let before = row.person_id.clone().map(PersonId);
    look_again(tx, eyes, one).await?;
    let stays = before.is_some() && before == one.person;
    // Since when it opens nothing, and who wants to come in while the directory is away, is of whoever had it: the next
    // owner begins anew.
    let was = owners(tx, row).await?;
    let set = OwnerSet {
        decision: one.decision,
        rule: BY_HAND,
        evidence: &row.evidence,
        person: one.person.as_ref().map(PersonId::as_str),
        at: Some(now.0),
        by: Some(by.person.as_str()),
        why,
        used: [None; 3],
        retired: [was.retired_at, was.retired_at.filter(|_| stays)],
        offline: None,
    };
    if !legacy_reviews::set_owner(tx, row, &set).await? {
        // Somebody decided or came with it since it was read: it is looked at anew.
        return Err(StoreError::Stale.into());
    }
    let beside = match &one.person {
        Some(person) => give(tx, hand, (row, person), &set, written).await?,
        None => Beside { retired: set.retired, ..Beside::default() },
    };
    let beside = Beside { offline: was.offline_since, ..beside };
    let id = uuid_v7(now, services.entropy.as_ref());
    let mut detail = json!({
        "source": row.source, "legacy_id": row.legacy_id, "decision": id, "was": row.decision, "was_by": row.rule, "reason": why,
    });
    if let Some(was) = before.as_ref().filter(|was| Some(*was) != one.person.as_ref()) {
        taken_from(tx, services, by, (was, row), detail.clone(), written).await?;
    }
    let event = match &one.person {
        Some(person) => {
            written.people.insert(person.clone());
            if let Some(posted) = &beside.posted {
                detail["unit"] = json!(posted.unit);
                detail["change_set"] = json!(posted.set);
            }
            Event::by(by, "legacy.account_linked", Some(person), None, detail)
        }
        None => Event::by(by, "legacy.account_rejected", None, None, detail),
    };
    written.records.push(audit::row(services, event));
    written.decisions.push(kept(hand, one, (id, now), beside));
    Ok(())
}

/// Who has the account, and who gets it, are looked at once more where it is written: they may have come to another unit
/// since, to an office, or be somebody else.
async fn look_again(tx: &mut Tx, eyes: &Eyes<'_>, one: &Move) -> Result<(), ReviewError> {
    let had = one.row.person_id.clone().map(PersonId);
    if let Some(had) = had.as_ref().filter(|_| !eyes.is_city())
        && eyes.person(tx, had).await?.is_none()
    {
        return Err(ReviewError::Person);
    }
    let Some(person) = one.person.as_ref().filter(|person| had.as_ref() != Some(*person)) else { return Ok(()) };
    let is_theirs = if one.is_chosen { eyes.person(tx, person).await?.is_some() } else { !eyes.is_above(tx, person).await? };
    if is_theirs { Ok(()) } else { Err(ReviewError::Person) }
}

/// A decision, as it is kept.
fn kept(hand: &Hand<'_>, one: &Move, (id, now): (String, Millis), beside: Beside) -> DecisionRow {
    DecisionRow {
        id,
        source: one.row.source.clone(),
        legacy_id: one.row.legacy_id.clone(),
        what: "owner".to_owned(),
        act: one.decision.to_owned(),
        before_it: super::undo::owner_before(&one.row, beside).to_string(),
        person_id: one.person.as_ref().map(|person| person.0.clone()),
        unit_id: None,
        reason: hand.why.to_owned(),
        decided_by: hand.eyes.proof.by.person.0.clone(),
        decided_at: now.0,
        undone_by: None,
        undone_at: None,
    }
}

/// What of an account goes with its owner, as it stands in the unit of work.
pub(super) async fn owners(tx: &mut Tx, row: &ReviewRow) -> Result<OwnersRow, StoreError> {
    Ok(legacy_reviews::find_owners(tx, &row.key()).await?.unwrap_or_default())
}

/// What else somebody to whom an account is given gets by it: the position that it gives, and nothing that it opens where
/// they can come in by a way of their own.
async fn give(
    tx: &mut Tx,
    hand: &Hand<'_>,
    (row, person): (&ReviewRow, &PersonId),
    set: &OwnerSet<'_>,
    written: &mut Written,
) -> Result<Beside, StoreError> {
    let (services, by, key) = (hand.services, &hand.eyes.proof.by, row.key());
    let by_hand = By { actor: by.person.as_str(), origin: &by.origin };
    let retired = old_accounts::retire_linked(tx, services, &[(&key, person)], by_hand).await?;
    let [was, now] = set.retired;
    let now = retired.at.map_or(now, |at| Some(at.0));
    written.retire(retired);
    let posted = hand.posting.give(tx, services, (row.account(), person), by.person.as_str()).await?;
    Ok(Beside { retired: [was, now], posted, offline: None })
}

/// That somebody was made.
pub(super) fn made(
    services: &Services,
    by: &Doer,
    (person, set): (&PersonId, &ChangeSetId),
    (key, draft): (&AccountKey, &Draft),
    why: &str,
) -> AuditRow {
    let detail = json!({
        "account": key.to_string(),
        "units": draft.units(),
        "change_set": set,
        "number_left_out": draft.number_left_out,
        "reason": why,
    });
    audit::row(services, Event::by(by, "legacy.person_created", Some(person), None, detail))
}
