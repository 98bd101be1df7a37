//! Merging two persons, in one transaction with its records.
//!
//! Both rows are held in the order of their ids, and the set of changes that tells of the kept person is begun before
//! anything is read: where people were changed in between it does not come to count, and all of it is done again.

use super::ground::Ground;
use super::plan::{self, Plan};
use super::side::{self, Side, Sides};
use super::{Counts, Done, Hand, MergeError, Pair, RoleFate};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, uuid_v7};
use crate::model::legacy_account::AccountKey;
use crate::model::person_merge::{
    Becomes, CarriedPosition, CarriedRole, FORM, Filled, Journal, KeptBefore, MovedAccount, MovedSubject, Refusal,
};
use crate::model::role::RoleGrant;
use crate::service::approvals::{self, disabling};
use crate::service::sign_on::ending::{By, Ended, Reach, end_all};
use crate::service::{Services, audit, forget, old_accounts};
use crate::store::changes::Kind;
use crate::store::person_merges::{self, Mark, StandingRow, StoredMerge, SubjectRow, ways};
use crate::store::role_grants::{self, Terms};
use crate::store::{StoreError, Tx, change_sets, persons, positions};
use serde_json::json;

/// What sets of changes say of their origin that merging makes.
pub(super) const ORIGIN: &str = "merge";

/// Holds both, in the order of their ids, and answers how kept and merged stand; nothing when one is not there.
pub(super) async fn hold(tx: &mut Tx, pair: &Pair) -> Result<Option<(StandingRow, StandingRow)>, StoreError> {
    let in_order = pair.kept < pair.merged;
    let (first, second) = if in_order { (&pair.kept, &pair.merged) } else { (&pair.merged, &pair.kept) };
    let first = person_merges::hold(tx, first).await?;
    let second = person_merges::hold(tx, second).await?;
    Ok(if in_order { first.zip(second) } else { second.zip(first) })
}

/// Merges; nothing when people were changed in the very moment.
pub(super) async fn try_merge(
    services: &Services,
    pair: &Pair,
    reason: &str,
    seen: Option<&str>,
) -> Result<Option<Done>, MergeError> {
    if pair.kept == pair.merged {
        return Err(Refusal::Oneself.into());
    }
    let decides_alone = match &pair.hand {
        Hand::Administrator { merged, .. } => approvals::decides_alone(services, &merged.person).await?,
        Hand::CommandLine { .. } => true,
    };
    let now = services.clock.now();
    let ground = Ground::read(services, pair).await?;
    let mut tx = services.store.write().await?;
    // Whoever merges people away who use their accounts ends their access, for all that the records can tell.
    let is_used = is_used(&mut tx, pair).await?;
    if let Hand::Administrator { merged, .. } = &pair.hand
        && is_used
        && !decides_alone
        && !disabling::fits_alone(&mut tx, services, merged, 1).await?
    {
        return Err(MergeError::NotAlone);
    }
    let Some((_, merged_standing)) = hold(&mut tx, pair).await? else { return Err(MergeError::NotThere) };
    let set = ChangeSetId::new(now, services.entropy.as_ref());
    change_sets::add(&mut tx, &set, ORIGIN, pair.actor(), now).await?;
    let sides = side::both(&mut tx, services, pair).await?;
    let plan = plan::draw(&mut tx, services, pair, &sides, &ground).await?.allowed()?;
    if seen.is_some_and(|seen| seen != plan.digest) {
        return Err(MergeError::Changed);
    }
    if merged_standing.disabled_at.is_some() && !may_give_back(&mut tx, services, pair).await? {
        return Err(Refusal::EndedAbove.into());
    }
    let mut merge = Merging { tx: &mut tx, services, pair, set: &set, now, reason };
    let journal = merge.write(&sides, &plan, merged_standing.disabled_at).await?;
    let retired = merge.end_retired(&journal).await?;
    let ended = merge.end_access(is_used).await?;
    let applied =
        change_sets::replace_people_version(&mut tx, &set, now).await? && change_sets::mark_applied(&mut tx, &set, now).await?;
    if !applied {
        return Ok(None);
    }
    let counts = Counts {
        accounts: journal.accounts.len(),
        positions: journal.positions.iter().filter(|position| position.copied).count(),
        roles: journal.roles.len(),
        subjects: journal.subjects.len(),
        facts: journal.filled.len(),
        sign_ons: ended.sign_ons.len(),
    };
    let id = uuid_v7(now, services.entropy.as_ref());
    note(&mut tx, services, pair, (&id, now, reason), (&journal, counts)).await?;
    tx.commit().await?;
    tell(services, pair, now, &ended);
    retired.tell(services);
    metrics::counter!("motlan_person_merges_total", "act" => "merged").increment(1);
    Ok(Some(Done { id, counts }))
}

/// Whether the one to be merged can sign in, and ever did.
async fn is_used(tx: &mut Tx, pair: &Pair) -> Result<bool, StoreError> {
    let standing = person_merges::standing(tx, &pair.merged).await?;
    Ok(standing.is_some_and(|standing| standing.disabled_at.is_none() && standing.last_signed_in_at.is_some()))
}

/// Whether access that was ended is theirs to give back: what leads to a disabled person leads to one who is not.
async fn may_give_back(tx: &mut Tx, services: &Services, pair: &Pair) -> Result<bool, StoreError> {
    match &pair.hand {
        Hand::Administrator { merged, .. } => disabling::may_give_back(tx, services, merged, &pair.merged).await,
        Hand::CommandLine { .. } => Ok(true),
    }
}

/// Writes the merge down, with a record for each of the two.
async fn note(
    tx: &mut Tx,
    services: &Services,
    pair: &Pair,
    (id, now, reason): (&str, Millis, &str),
    (journal, counts): (&Journal, Counts),
) -> Result<(), MergeError> {
    let stored = StoredMerge {
        id: id.to_owned(),
        kept_id: pair.kept.0.clone(),
        merged_id: pair.merged.0.clone(),
        journal: journal.write().map_err(StoreError::from)?,
        reason: reason.to_owned(),
        merged_by: pair.actor().to_owned(),
        merged_at: now.0,
        version: change_sets::people_version(tx).await?,
        undone_by: None,
        undone_at: None,
        undone_why: String::new(),
        stayed: String::new(),
    };
    if !person_merges::add(tx, &stored).await? {
        return Err(Refusal::MergedAlready.into());
    }
    for about in [&pair.kept, &pair.merged] {
        let detail = json!({
            "merge": id,
            "kept": pair.kept,
            "merged": pair.merged,
            "reason": reason,
            "moved": counts,
        });
        audit::record(tx, services, pair.event("person.merged", about, detail)).await?;
        forget(tx, services, Kind::Person, about.as_str()).await?;
    }
    Ok(())
}

/// After the commit this node forgets both, and what they are known as.
pub(super) fn tell(services: &Services, pair: &Pair, now: Millis, ended: &Ended) {
    services.known.forget(Kind::Person, pair.kept.as_str(), now);
    services.known.forget(Kind::Person, pair.merged.as_str(), now);
    ended.tell(services);
}

/// A merge while it is written.
struct Merging<'a> {
    tx: &'a mut Tx,
    services: &'a Services,
    pair: &'a Pair,
    set: &'a ChangeSetId,
    now: Millis,
    reason: &'a str,
}

impl Merging<'_> {
    /// Moves everything; answers what moved. What is not as it was read any more stops it.
    async fn write(&mut self, sides: &Sides, plan: &Plan, disabled_before: Option<i64>) -> Result<Journal, MergeError> {
        self.fill(sides, plan).await?;
        let before = self.before(&sides.kept).await?;
        Ok(Journal {
            form: FORM,
            set: self.set.clone(),
            disabled_before,
            filled: plan.filled.clone(),
            accounts: self.accounts(sides, plan).await?,
            subjects: self.subjects(sides, plan).await?,
            positions: self.positions(plan).await?,
            roles: self.roles(plan).await?,
            before: Some(before),
        })
    }

    /// How the kept one stands, who is held: by this an undo tells what came to them since.
    async fn before(&mut self, kept: &Side) -> Result<KeptBefore, MergeError> {
        let open = kept.accounts.iter().filter(|row| row.retired_at.is_none());
        Ok(KeptBefore {
            ways: ways::find(self.tx, &self.pair.kept).await?,
            sectors: kept.subjects.iter().map(|row| row.sector.clone()).collect(),
            open: open.map(|row| (row.source.clone(), row.legacy_id.clone())).collect(),
        })
    }

    async fn fill(&mut self, sides: &Sides, plan: &Plan) -> Result<(), MergeError> {
        if plan.filled.is_empty() {
            return Ok(());
        }
        let theirs = &sides.merged.facts.facts;
        let mut facts = sides.kept.facts.facts.clone();
        for fact in &plan.filled {
            match fact {
                Filled::Number => {
                    let Some(number) = &sides.merged.number else { continue };
                    facts.personal_number = Some(side::sealed_for(self.services, &self.pair.kept, number));
                    let digest = self.services.secrets.personal_number_digest(number.expose());
                    let people = (&self.pair.merged, &self.pair.kept);
                    if !person_merges::move_number(self.tx, &digest, people).await? {
                        return Err(StoreError::Stale.into());
                    }
                }
                Filled::BirthDate => facts.date_of_birth = theirs.date_of_birth,
                Filled::EmployeeCode => facts.employee_code.clone_from(&theirs.employee_code),
            }
        }
        Ok(persons::add_facts(self.tx, self.set, &[(self.pair.kept.clone(), facts)]).await?)
    }

    async fn accounts(&mut self, sides: &Sides, plan: &Plan) -> Result<Vec<MovedAccount>, MergeError> {
        let mut moved = Vec::with_capacity(plan.accounts.len());
        for (row, planned) in sides.merged.accounts.iter().zip(&plan.accounts) {
            let account = MovedAccount {
                source: row.source.clone(),
                legacy_id: row.legacy_id.clone(),
                decision: row.decision.clone(),
                rule: row.rule.clone(),
                decided_at: row.decided_at,
                decided_by: row.decided_by.clone(),
                decided_why: row.decided_why.clone(),
                retired: planned.retires,
                retired_before: row.retired_at,
            };
            let mark = Mark { by: self.pair.actor(), at: self.now };
            let people = (&self.pair.merged, &self.pair.kept);
            if !person_merges::move_account(self.tx, &account, people, mark, self.reason).await? {
                return Err(MergeError::Changed);
            }
            moved.push(account);
        }
        Ok(moved)
    }

    async fn subjects(&mut self, sides: &Sides, plan: &Plan) -> Result<Vec<MovedSubject>, MergeError> {
        let mut moved = Vec::new();
        for SubjectRow { sector, sub, .. } in plan::moving(plan, &sides.merged) {
            if !person_merges::move_subject(self.tx, (sector, sub), (&self.pair.merged, &self.pair.kept)).await? {
                return Err(MergeError::Changed);
            }
            moved.push(MovedSubject { sector: sector.clone(), sub: sub.clone() });
        }
        Ok(moved)
    }

    async fn positions(&mut self, plan: &Plan) -> Result<Vec<CarriedPosition>, MergeError> {
        let mut carried = Vec::with_capacity(plan.positions.len());
        let mut copies = Vec::new();
        for planned in &plan.positions {
            let copied = match &planned.becomes {
                Becomes::Copied(position) => {
                    copies.push((self.pair.kept.clone(), position.clone()));
                    true
                }
                Becomes::Same(_) => false,
            };
            carried.push(CarriedPosition { from: planned.position.id.clone(), to: planned.becomes.id().clone(), copied });
        }
        positions::add(self.tx, self.set, &copies).await?;
        Ok(carried)
    }

    async fn roles(&mut self, plan: &Plan) -> Result<Vec<CarriedRole>, MergeError> {
        let mut carried = Vec::new();
        for planned in plan.roles.iter().filter(|planned| planned.fate == RoleFate::Given) {
            let grant = RoleGrant {
                client_id: planned.client_id.clone(),
                role: planned.role.clone(),
                position: planned.position.clone(),
                condition: planned.condition,
            };
            let terms = Terms { reason: self.reason.to_owned(), ..planned.terms.clone() };
            let id = uuid_v7(self.now, self.services.entropy.as_ref());
            let by = (self.pair.actor(), self.now);
            // Two roles of the merged one may have become the same.
            if !role_grants::add_with(self.tx, &id, (&self.pair.kept, &grant), &terms, by).await? {
                continue;
            }
            let detail = json!({ "grant": id, "role": grant.role, "position": grant.position, "merged": self.pair.merged });
            let event = self.pair.event("role.granted", &self.pair.kept, detail);
            let event = audit::Event { client: Some(planned.client_id.as_str()), ..event };
            audit::record(self.tx, self.services, event).await?;
            carried.push(CarriedRole { from: planned.grant.clone(), to: id });
        }
        Ok(carried)
    }

    /// Accounts that open nothing to the kept one, who can come in by a way of their own, are on record as retired.
    async fn end_retired(&mut self, journal: &Journal) -> Result<Ended, StoreError> {
        let retired = journal.accounts.iter().filter(|account| account.retired);
        let key = |account: &MovedAccount| AccountKey { source: account.source.clone(), legacy_id: account.legacy_id.clone() };
        let accounts: Vec<AccountKey> = retired.map(key).collect();
        let by = By { actor: self.pair.actor(), origin: self.pair.origin() };
        old_accounts::end_linked(self.tx, self.services, (&self.pair.kept, accounts.as_slice()), by).await
    }

    /// The merged one signs in no more, and everything that they hold ends.
    async fn end_access(&mut self, is_used: bool) -> Result<Ended, MergeError> {
        let hand = match &self.pair.hand {
            Hand::Administrator { merged, .. } if is_used => disabling::Hand::Alone(merged),
            // Nobody loses anything by it: it is not counted as ended by one person alone.
            Hand::Administrator { merged, .. } => disabling::Hand::Second(merged),
            Hand::CommandLine { actor, .. } => disabling::Hand::CommandLine(actor),
        };
        // Whoever could not sign in before has the same moment and the same hand still.
        disabling::disable(self.tx, &self.pair.merged, self.now, hand).await?;
        if !person_merges::mark_merged(self.tx, &self.pair.merged, &self.pair.kept).await? {
            return Err(MergeError::Changed);
        }
        let by = By { actor: self.pair.actor(), origin: self.pair.origin() };
        Ok(end_all(self.tx, self.services, &self.pair.merged, Reach::Everything, by).await?)
    }
}
