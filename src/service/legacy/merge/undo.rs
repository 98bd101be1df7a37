//! Undoing a merge: both are as they were, but for what somebody changed since.
//!
//! What the merge told of the kept person counts no more, by the same means as a file that is taken back; accounts,
//! subjects and the personal number go back by statements that move them only where they still are as the merge left
//! them. What was taken from the kept person since is not given back to the merged one by the way: a role that was taken
//! back is taken back from both. The kept person signs in anew, since what they signed on by may be the other one's, and
//! does not keep what came to them by an account that goes back: see `taken`.

use super::apply::{ORIGIN, hold, tell};
use super::list::is_of;
use super::side::{self, Shown, Sides};
use super::since::{accounts_since, facts_left, positions_since, roles_since};
use super::taken::{self, Seen, Taken};
use super::{Hand, MergeError, Merged, Pair, UndoError};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::person_merge::{Filled, Journal, Later, UndoRefusal};
use crate::model::position::Position;
use crate::service::approvals::disabling;
use crate::service::sign_on::ending::{By, Ended, Reach, end_all};
use crate::service::{Services, audit, forget};
use crate::store::changes::Kind;
use crate::store::person_merges::{self, Mark, StoredMerge};
use crate::store::persons::{self, Facts};
use crate::store::{AsEx, StoreError, Tx, change_sets, legacy_matching, positions, role_grants};
use serde_json::json;

/// What undoing a merge would do.
#[derive(Debug, Clone)]
pub struct UndoPlan {
    /// The merge.
    pub merge: Merged,
    /// Who is kept.
    pub kept: Shown,
    /// Who was merged into them.
    pub merged: Shown,
    /// Why it cannot be.
    pub refusal: Option<UndoRefusal>,
    /// What would come of it; nothing where what was known of one of them was removed.
    pub back: Option<Back>,
}

/// What would be as it was before, and what not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// How many accounts go back.
    pub accounts: usize,
    /// How many positions the kept person has no more.
    pub positions: usize,
    /// How many roles they have no more.
    pub roles: usize,
    /// How many sectors know the merged person again.
    pub subjects: usize,
    /// An account that goes back was used since: what was added since to sign in with goes.
    pub is_used: bool,
    /// What was changed since: what stays, and what the kept person does not keep.
    pub later: Vec<Later>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// What was changed since: what stays, and what the kept person did not keep.
    pub stayed: Vec<Later>,
    /// Sign-ons that ended.
    pub sign_ons: usize,
}

/// A merge that stands, with the two of it.
struct Found {
    merge: StoredMerge,
    sides: Sides,
    /// Why it cannot be undone, as far as the two of them say.
    refusal: Option<UndoRefusal>,
}

/// How things stand, and what is different.
struct Survey {
    merge: StoredMerge,
    journal: Journal,
    sides: Sides,
    refusal: Option<UndoRefusal>,
    later: Vec<Later>,
    taken: Taken,
    /// What stays known of the kept person where a later set told what the merge had filled in.
    rest: Option<Facts>,
    /// What is told of positions that a re-organization made of those which the merge made.
    positions: Vec<Position>,
    /// The keyed hash of the number that goes back.
    number: Option<[u8; 32]>,
}

/// What undoing would do.
pub(super) async fn look(services: &Services, pair: &Pair, id: &str) -> Result<UndoPlan, UndoError> {
    let mut conn = services.store.read().await?;
    let found = find(&mut conn, services, pair, id).await?;
    if found.refusal == Some(UndoRefusal::Erased) {
        return Ok(found.plan());
    }
    let survey = survey(&mut conn, services, pair, found).await?;
    let Survey { merge, journal, sides, refusal, later, taken, .. } = survey;
    let back = Back {
        accounts: journal.accounts.len(),
        positions: journal.positions.iter().filter(|carried| carried.copied).count(),
        roles: journal.roles.len(),
        subjects: journal.subjects.len(),
        is_used: taken.is_used,
        later,
    };
    Ok(UndoPlan { back: Some(back), ..Found { merge, sides, refusal }.plan() })
}

impl Found {
    /// All that can be said without what was written down of the merge.
    fn plan(self) -> UndoPlan {
        let Self { merge, sides, refusal } = self;
        let (kept, merged) = (sides.kept.shown(), sides.merged.shown());
        UndoPlan { merge: Merged::read(merge), kept, merged, refusal, back: None }
    }
}

/// A merge that stands, and whether its two may be made two again. What was written down of it is not read here: with what
/// was known of somebody that went too.
async fn find(conn: &mut impl AsEx, services: &Services, pair: &Pair, id: &str) -> Result<Found, UndoError> {
    let found = person_merges::find(conn, id).await?.filter(|merge| merge.undone_at.is_none() && is_of(merge, pair));
    let merge = found.ok_or(UndoRefusal::NotThere)?;
    let sides = side::both(conn, services, pair).await.map_err(|error| match error {
        MergeError::Failure(failure) => UndoError::Failure(failure),
        MergeError::Refused(_) | MergeError::NotThere | MergeError::Reason | MergeError::Changed | MergeError::NotAlone => {
            UndoError::Refused(UndoRefusal::NotThere)
        }
    })?;
    let (kept, merged) = (sides.kept.standing(), sides.merged.standing());
    let rules = [
        (kept.erased || merged.erased, UndoRefusal::Erased),
        (sides.merged.standing.merged_into.as_deref() != Some(pair.kept.as_str()), UndoRefusal::NotThere),
        (kept.merged, UndoRefusal::KeptWasMerged),
        (person_merges::has_later(conn, &merge).await?, UndoRefusal::Later),
        (!pair.is_by_system() && (kept.administers || merged.administers), UndoRefusal::Administrators),
    ];
    let refusal = rules.into_iter().find(|(applies, _)| *applies).map(|(_, why)| why);
    Ok(Found { merge, sides, refusal })
}

async fn survey(conn: &mut impl AsEx, services: &Services, pair: &Pair, found: Found) -> Result<Survey, UndoError> {
    let Found { merge, sides, refusal } = found;
    let unreadable = || StoreError::Corrupt("person_merges.journal".to_owned());
    let journal = Journal::read(&merge.journal).ok_or_else(unreadable)?;
    let number = match &sides.merged.number {
        Some(number) if journal.filled.contains(&Filled::Number) => {
            Some(services.secrets.personal_number_digest(number.expose()))
        }
        Some(_) | None => None,
    };
    let is_number_taken = is_number_taken(conn, pair, number.as_ref()).await?;
    let refusal = refusal.or(is_number_taken.then_some(UndoRefusal::NumberTaken));
    let (rest, mut later) = facts_left(conn, services, pair, &journal).await?;
    let (positions, told) = positions_since(conn, pair, &journal).await?;
    later.extend(told);
    later.extend(roles_since(&sides, &journal, &merge));
    later.extend(accounts_since(&sides.kept.accounts, &journal, &merge));
    let (taken, told) = taken::look(conn, pair, Seen { merge: &merge, journal: &journal, sides: &sides }).await?;
    later.extend(told);
    Ok(Survey { merge, journal, sides, refusal, later, taken, rest, positions, number })
}

/// Whether the number that would go back is somebody else's by now.
async fn is_number_taken(conn: &mut impl AsEx, pair: &Pair, number: Option<&[u8; 32]>) -> Result<bool, StoreError> {
    let Some(digest) = number else { return Ok(false) };
    let holders = legacy_matching::list_number_holders(conn, &[digest.to_vec()]).await?;
    Ok(holders.iter().any(|(_, holder)| *holder != pair.kept && *holder != pair.merged))
}

/// Undoes a merge; nothing when people were changed in the very moment.
pub(super) async fn try_undo(services: &Services, pair: &Pair, id: &str, reason: &str) -> Result<Option<Undone>, UndoError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if hold(&mut tx, pair).await?.is_none() {
        return Err(UndoRefusal::NotThere.into());
    }
    let set = ChangeSetId::new(now, services.entropy.as_ref());
    change_sets::add(&mut tx, &set, ORIGIN, pair.actor(), now).await?;
    let found = find(&mut tx, services, pair, id).await?;
    if let Some(refusal) = found.refusal {
        return Err(refusal.into());
    }
    let survey = survey(&mut tx, services, pair, found).await?;
    if let Some(refusal) = survey.refusal {
        return Err(refusal.into());
    }
    if !may_undo(&mut tx, services, pair, &survey).await? {
        return Err(UndoRefusal::EndedAbove.into());
    }
    let mut undoing = Undoing { tx: &mut tx, services, pair, survey: &survey, set: &set, now };
    undoing.give_back(reason).await?;
    let applied =
        change_sets::replace_people_version(&mut tx, &set, now).await? && change_sets::mark_applied(&mut tx, &set, now).await?;
    if !applied {
        return Ok(None);
    }
    if !change_sets::mark_undone(&mut tx, &survey.journal.set, now).await? {
        return Err(UndoRefusal::NotThere.into());
    }
    let ended = end_kept(&mut tx, services, pair).await?;
    note(&mut tx, services, pair, &survey, (reason, now)).await?;
    tx.commit().await?;
    tell(services, pair, now, &ended);
    metrics::counter!("motlan_person_merges_total", "act" => "undone").increment(1);
    Ok(Some(Undone { stayed: survey.later, sign_ons: ended.sign_ons.len() }))
}

/// Whoever undoes gives access back to the merged one, and perhaps to somebody whose access was ended as the kept one.
async fn may_undo(tx: &mut Tx, services: &Services, pair: &Pair, survey: &Survey) -> Result<bool, StoreError> {
    let Hand::Administrator { kept, merged } = &pair.hand else { return Ok(true) };
    if survey.journal.disabled_before.is_some() {
        return Ok(true);
    }
    let of_merged = disabling::may_give_back(tx, services, merged, &pair.merged).await?;
    Ok(of_merged && disabling::may_give_back(tx, services, kept, &pair.kept).await?)
}

/// What the kept one signed on by may be the merged one's, and what systems were told of them is.
async fn end_kept(tx: &mut Tx, services: &Services, pair: &Pair) -> Result<Ended, StoreError> {
    let by = By { actor: pair.actor(), origin: pair.origin() };
    end_all(tx, services, &pair.kept, Reach::Everything, by).await
}

async fn note(
    tx: &mut Tx,
    services: &Services,
    pair: &Pair,
    survey: &Survey,
    (reason, now): (&str, Millis),
) -> Result<(), UndoError> {
    let stayed = serde_json::to_string(&survey.later).map_err(StoreError::from)?;
    let id = &survey.merge.id;
    if !person_merges::mark_undone(tx, id, (pair.actor(), now), (reason, &stayed)).await? {
        return Err(UndoRefusal::NotThere.into());
    }
    for about in [&pair.kept, &pair.merged] {
        let detail = json!({
            "merge": id,
            "kept": pair.kept,
            "merged": pair.merged,
            "reason": reason,
            "stayed": survey.later,
        });
        audit::record(tx, services, pair.event("person.merge_undone", about, detail)).await?;
        forget(tx, services, Kind::Person, about.as_str()).await?;
    }
    Ok(())
}

/// An undo while it is written.
struct Undoing<'a> {
    tx: &'a mut Tx,
    services: &'a Services,
    pair: &'a Pair,
    survey: &'a Survey,
    set: &'a ChangeSetId,
    now: Millis,
}

impl Undoing<'_> {
    /// Gives everything back that is still as the merge left it.
    async fn give_back(&mut self, reason: &str) -> Result<(), UndoError> {
        let (survey, pair) = (self.survey, self.pair);
        if let Some(rest) = &survey.rest {
            persons::add_facts(self.tx, self.set, &[(pair.kept.clone(), rest.clone())]).await?;
        }
        let left: Vec<(PersonId, Position)> =
            survey.positions.iter().map(|position| (pair.kept.clone(), position.clone())).collect();
        positions::add(self.tx, self.set, &left).await?;
        self.number().await?;
        self.roles(reason).await?;
        for subject in &survey.journal.subjects {
            let moved = person_merges::move_subject(self.tx, (&subject.sector, &subject.sub), (&pair.kept, &pair.merged)).await?;
            if !moved {
                return Err(UndoRefusal::SubjectTaken.into());
            }
        }
        taken::take(self.tx, self.services, pair, &survey.merge, &survey.taken).await?;
        let mark = Mark { by: &survey.merge.merged_by, at: Millis(survey.merge.merged_at) };
        for account in &survey.journal.accounts {
            // What somebody decided otherwise since is among what stays.
            person_merges::return_account(self.tx, account, (&pair.kept, &pair.merged), mark).await?;
        }
        if person_merges::mark_apart(self.tx, &pair.merged, &pair.kept, survey.journal.disabled_before).await? {
            return Ok(());
        }
        Err(UndoRefusal::NotThere.into())
    }

    async fn number(&mut self) -> Result<(), UndoError> {
        let (Some(digest), pair) = (&self.survey.number, self.pair) else { return Ok(()) };
        if person_merges::move_number(self.tx, digest, (&pair.kept, &pair.merged)).await?
            || person_merges::take_number(self.tx, digest, &pair.merged, self.set).await?
        {
            return Ok(());
        }
        Err(UndoRefusal::NumberTaken.into())
    }

    /// The kept person has the roles of the merged one no more. One that was taken back from them since is not the
    /// merged one's either.
    async fn roles(&mut self, reason: &str) -> Result<(), UndoError> {
        for carried in &self.survey.journal.roles {
            let pair = self.pair;
            let (id, person) = if role_grants::mark_one_revoked(self.tx, &carried.to, &pair.kept, self.now).await? {
                (&carried.to, &pair.kept)
            } else if role_grants::mark_one_revoked(self.tx, &carried.from, &pair.merged, self.now).await? {
                (&carried.from, &pair.merged)
            } else {
                continue;
            };
            let detail = json!({ "grant": id, "reason": reason, "merge": self.survey.merge.id });
            audit::record(self.tx, self.services, pair.event("role.revoked", person, detail)).await?;
        }
        Ok(())
    }
}
