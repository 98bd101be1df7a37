//! What somebody changed of the kept person after a merge, and what stays as it is when the merge is undone.

use super::side::{Side, Sides, number_in};
use super::{Pair, UndoError};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PositionId};
use crate::model::person_merge::{Filled, Journal, Later, MovedAccount};
use crate::model::position::Position;
use crate::service::Services;
use crate::service::gone_on::{self, Versions};
use crate::store::person_merges::{self, AccountRow, StoredMerge};
use crate::store::persons::{self, Facts};
use crate::store::{AsEx, StoreError, positions};
use std::collections::{BTreeMap, BTreeSet};

/// What stays known of the kept person where somebody told more of them since: all of it but what the merge had filled in
/// and nobody has changed.
pub(super) async fn facts_left(
    conn: &mut impl AsEx,
    services: &Services,
    pair: &Pair,
    journal: &Journal,
) -> Result<(Option<Facts>, Vec<Later>), UndoError> {
    let nothing = ChangeSetId(String::new());
    let versions = persons::list_facts(conn, &nothing, std::slice::from_ref(&pair.kept)).await?;
    let own = versions.iter().find(|version| version.change_set == journal.set);
    let newest = versions.last().filter(|newest| newest.change_set != journal.set);
    let Some((own, newest)) = own.zip(newest) else { return Ok((None, Vec::new())) };
    let (own, mut left, mut later) = (&own.facts, newest.facts.clone(), Vec::new());
    let mut is_other = false;
    for fact in &journal.filled {
        let stands = match fact {
            Filled::Number => {
                let number = |facts: &Facts| number_in(services, &pair.kept, facts.personal_number.as_deref());
                number(own)? == number(&left)?
            }
            Filled::BirthDate => own.date_of_birth == left.date_of_birth,
            Filled::EmployeeCode => own.employee_code == left.employee_code,
        };
        if !stands {
            later.push(Later::Fact { fact: *fact });
            continue;
        }
        is_other = true;
        match fact {
            Filled::Number => left.personal_number = None,
            Filled::BirthDate => left.date_of_birth = None,
            Filled::EmployeeCode => left.employee_code = None,
        }
    }
    Ok((is_other.then_some(left), later))
}

/// What is to be told of positions that a re-organization made of those that the merge made, and the positions of the kept
/// person that somebody changed or gave since.
pub(super) async fn positions_since(
    conn: &mut impl AsEx,
    pair: &Pair,
    journal: &Journal,
) -> Result<(Vec<Position>, Vec<Later>), StoreError> {
    let nothing = ChangeSetId(String::new());
    let merged_at = person_merges::applied_at(conn, &journal.set).await?;
    let mut histories = Versions::new();
    for version in positions::list_versions(conn, &nothing, std::slice::from_ref(&pair.kept)).await? {
        histories.entry(version.position.id.clone()).or_default().push(version);
    }
    let copied: BTreeSet<_> = journal.positions.iter().filter(|carried| carried.copied).map(|carried| &carried.to).collect();
    let left = copied.iter().filter_map(|id| gone_on::without(&histories, id, &journal.set)).flatten();
    let left: BTreeMap<PositionId, Position> = left.map(|position| (position.id.clone(), position)).collect();
    let mut later = Vec::new();
    for (id, versions) in histories.iter().filter(|(id, _)| !left.contains_key(*id)) {
        let Some((first, newest)) = versions.first().zip(versions.last()) else { continue };
        let title = newest.position.title.clone();
        if copied.contains(id) {
            if newest.change_set != journal.set {
                later.push(Later::Position { title });
            }
        } else if first.applied_at > merged_at {
            later.push(Later::NewPosition { title });
        }
    }
    Ok((left.into_values().collect(), later))
}

/// Roles of the kept person that somebody took back or gave since.
pub(super) fn roles_since(sides: &Sides, journal: &Journal, merge: &StoredMerge) -> Vec<Later> {
    let has = |side: &Side, id: &str| side.roles.iter().any(|role| role.id == id);
    let mut later = Vec::new();
    for carried in journal.roles.iter().filter(|carried| !has(&sides.kept, &carried.to)) {
        if let Some(role) = sides.merged.roles.iter().find(|role| role.id == carried.from) {
            let (client, role) = (role.grant.client_id.clone(), role.grant.role.clone());
            later.push(Later::RoleTakenBack { client, role });
        }
    }
    let is_new = |id: &str, at: Millis| at.0 > merge.merged_at && journal.roles.iter().all(|carried| carried.to != id);
    for role in sides.kept.roles.iter().filter(|role| is_new(&role.id, role.granted_at)) {
        later.push(Later::NewRole { client: role.grant.client_id.clone(), role: role.grant.role.clone() });
    }
    later
}

/// An account that moved, while it is as the merge left it: it goes back.
pub(super) fn as_left<'a>(rows: &'a [AccountRow], account: &MovedAccount, merge: &StoredMerge) -> Option<&'a AccountRow> {
    rows.iter().find(|row| {
        is_row(account, row)
            && row.decision == "linked"
            && row.decided_at == Some(merge.merged_at)
            && row.decided_by.as_deref() == Some(merge.merged_by.as_str())
    })
}

fn is_row(account: &MovedAccount, row: &AccountRow) -> bool {
    row.source == account.source && row.legacy_id == account.legacy_id
}

/// Accounts about which somebody decided since, or that came since.
pub(super) fn accounts_since(rows: &[AccountRow], journal: &Journal, merge: &StoredMerge) -> Vec<Later> {
    let decided = journal.accounts.iter().filter(|account| as_left(rows, account, merge).is_none());
    let decided = decided.map(|account| Later::Account { source: account.source.clone(), legacy_id: account.legacy_id.clone() });
    let is_new = |row: &&AccountRow| {
        row.decided_at > Some(merge.merged_at) && !journal.accounts.iter().any(|account| is_row(account, row))
    };
    let new = rows.iter().filter(is_new);
    let new = new.map(|row| Later::NewAccount { source: row.source.clone(), legacy_id: row.legacy_id.clone() });
    decided.chain(new).collect()
}
