//! What the kept person does not keep when a merge is undone, since it came to them by an account that goes back.
//!
//! Whoever used such an account since the merge signed in as the kept person, and may have added ways to sign in of their
//! own. Which of those that came since are whose cannot be told: all of them go, with the devices that came since, and the
//! links and codes that were given out; and what was retired for their sake counts again. Where no such account was used
//! they stay, and a human is told of each.
//!
//! What a system came to call the kept person since by such an account goes with the account. The kept person is called
//! anew when they next enter that system.

use super::side::Sides;
use super::since::as_left;
use super::{Pair, UndoError};
use crate::base::clock::Millis;
use crate::model::legacy_account::AccountKey;
use crate::model::person_merge::{Journal, Later, MovedAccount, UndoRefusal, Way};
use crate::service::old_subjects::written;
use crate::service::{Services, audit};
use crate::store::legacy_accounts::passwords;
use crate::store::person_merges::{self, AccountRow, StoredMerge, SubjectRow, ways};
use crate::store::{AsEx, StoreError, Tx, devices, passkeys, recovery_codes, totp_secrets};
use serde_json::json;

/// A merge as an undo finds it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) merge: &'a StoredMerge,
    pub(super) journal: &'a Journal,
    pub(super) sides: &'a Sides,
}

/// What goes.
pub(super) struct Taken {
    /// An account that goes back was used since.
    pub(super) is_used: bool,
    /// Ways to sign in, with since when.
    ways: Vec<(Way, i64)>,
    /// The kept person's own accounts that were retired for the sake of these, with when.
    accounts: Vec<(AccountKey, i64)>,
    /// What systems call the kept person since.
    subjects: Vec<Called>,
}

/// What a system calls the kept person since, by an account that goes back.
struct Called {
    sector: String,
    sub: String,
    account: AccountKey,
}

/// Looks what goes; answers it with all that whoever undoes is told of it.
pub(super) async fn look(conn: &mut impl AsEx, pair: &Pair, seen: Seen<'_>) -> Result<(Taken, Vec<Later>), StoreError> {
    let Seen { merge, journal, .. } = seen;
    let before = journal.before.as_ref();
    let now = ways::find(conn, &pair.kept).await?;
    let added = now.added(before.map(|before| &before.ways), merge.merged_at);
    // Where it is not known what was there before, nothing is taken.
    let is_used = before.is_some() && was_used(conn, journal, merge).await?;
    let mut later: Vec<Later> = added.iter().map(|(way, at)| told(way, *at, is_used)).collect();
    let ways = if is_used { added } else { Vec::new() };
    if let Some(before) = before {
        let left: Vec<Way> = now.list().into_iter().filter(|had| !ways.contains(had)).map(|(way, _)| way).collect();
        later.extend(before.ways.lost(&left).into_iter().map(|method| Later::MethodGone { method }));
    }
    let accounts = if is_used { retired_of_kept(seen) } else { Vec::new() };
    let opened = returned(seen).filter(|(_, row)| row.retired_at >= Some(merge.merged_at)).map(|(account, _)| key(account));
    let opened: Vec<AccountKey> = opened.chain(accounts.iter().map(|(key, _)| key.clone())).collect();
    for AccountKey { source, legacy_id } in opened {
        let kept = passwords::find(conn, &source, &legacy_id).await?;
        if kept.is_some_and(|kept| kept.retired_at >= Some(merge.merged_at)) {
            later.push(Later::PasswordGone { source, legacy_id });
        }
    }
    let subjects = called_since(seen);
    for Called { sector, account, .. } in &subjects {
        let (sector, AccountKey { source, legacy_id }) = (sector.clone(), account.clone());
        later.push(Later::SubjectReturned { sector, source, legacy_id });
    }
    Ok((Taken { is_used, ways, accounts, subjects }, later))
}

fn told(way: &Way, at: i64, is_taken: bool) -> Later {
    let method = way.method();
    if is_taken { Later::MethodRemoved { method, at } } else { Later::Method { method, at } }
}

/// Whether anybody came by one of the accounts since, also by one that somebody decided otherwise about by now.
async fn was_used(conn: &mut impl AsEx, journal: &Journal, merge: &StoredMerge) -> Result<bool, StoreError> {
    for account in &journal.accounts {
        if person_merges::last_used_at(conn, &account.source, &account.legacy_id).await? >= Some(merge.merged_at) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The accounts that go back, as they are.
fn returned(seen: Seen<'_>) -> impl Iterator<Item = (&MovedAccount, &AccountRow)> {
    let Seen { merge, journal, sides } = seen;
    let rows = &sides.kept.accounts;
    journal.accounts.iter().filter_map(move |account| Some((account, as_left(rows, account, merge)?)))
}

fn key(account: &MovedAccount) -> AccountKey {
    AccountKey { source: account.source.clone(), legacy_id: account.legacy_id.clone() }
}

/// Accounts that were the kept person's own, and were retired since.
fn retired_of_kept(seen: Seen<'_>) -> Vec<(AccountKey, i64)> {
    let Some(before) = &seen.journal.before else { return Vec::new() };
    let was_open =
        |row: &&AccountRow| before.open.iter().any(|(source, legacy_id)| *source == row.source && *legacy_id == row.legacy_id);
    let retired = seen.sides.kept.accounts.iter().filter(was_open);
    let key = |row: &AccountRow| AccountKey { source: row.source.clone(), legacy_id: row.legacy_id.clone() };
    retired.filter_map(|row| Some((key(row), row.retired_at?))).collect()
}

/// Subjects of old systems that the kept person got since by accounts that go back.
fn called_since(seen: Seen<'_>) -> Vec<Called> {
    let Seen { journal, sides, .. } = seen;
    let is_known = |sector: &str| {
        let before = journal.before.as_ref().is_some_and(|before| before.sectors.iter().any(|known| known == sector));
        // What the merge moved goes back by itself; and nobody is called by two names in one sector.
        let moved = journal.subjects.iter().any(|moved| moved.sector == sector);
        before || moved || sides.merged.subjects.iter().any(|row| row.sector == sector)
    };
    let called = |row: &SubjectRow| {
        let source = row.source.as_deref()?;
        let is_of = |account: &MovedAccount| {
            let names = [None, Some(source)].map(|prefix| written(&account.legacy_id, prefix));
            account.source == source && names.contains(&row.sub)
        };
        let (account, _) = returned(seen).find(|(account, _)| is_of(account))?;
        Some(Called { sector: row.sector.clone(), sub: row.sub.clone(), account: key(account) })
    };
    sides.kept.subjects.iter().filter(|row| !is_known(&row.sector)).filter_map(called).collect()
}

/// Takes it from the kept person, who is held.
pub(super) async fn take(
    tx: &mut Tx,
    services: &Services,
    pair: &Pair,
    merge: &StoredMerge,
    taken: &Taken,
) -> Result<(), UndoError> {
    for Called { sector, sub, .. } in &taken.subjects {
        if !person_merges::move_subject(tx, (sector, sub), (&pair.kept, &pair.merged)).await? {
            return Err(UndoRefusal::SubjectTaken.into());
        }
    }
    if !taken.is_used {
        return Ok(());
    }
    let (kept, now, since) = (&pair.kept, services.clock.now(), Millis(merge.merged_at));
    for (way, at) in &taken.ways {
        let removed = match way {
            Way::Password => ways::remove_password(tx, kept, *at).await?,
            Way::Passkey(id) => passkeys::remove(tx, kept, id).await?,
            Way::App => totp_secrets::remove(tx, kept).await?,
            Way::Codes => {
                recovery_codes::replace(tx, kept, &[], now).await?;
                true
            }
        };
        // Records know of passkeys and apps that come and go; all of it stands in the record of the undo.
        if removed && matches!(way, Way::Passkey(_) | Way::App) {
            let detail = json!({ "kind": way.method(), "merge": merge.id });
            audit::record(tx, services, pair.event("method.removed", kept, detail)).await?;
        }
    }
    ways::remove_devices(tx, kept, since).await?;
    devices::forget_all(tx, kept).await?;
    ways::revoke_recoveries(tx, kept, since, now).await?;
    for (key, retired_at) in &taken.accounts {
        person_merges::mark_open(tx, key, kept, *retired_at).await?;
    }
    Ok(())
}
