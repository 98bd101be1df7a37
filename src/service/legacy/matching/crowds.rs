//! Names that more accounts have than can be looked at together: a filler in the column of names, or a defect of the
//! file. Each of these accounts asks a human, some at a time, and nobody of them is compared with anybody. While somebody
//! waits fewer are too many, and only the newest ask.

use super::evidence::Seen;
use super::families::{Change, Family, Owner};
use super::scene::is_owned;
use super::write::Written;
use super::{Page, Request, Run, TURNS, write_all};
use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use crate::model::matching::Rule;
use crate::service::{Failure, Services};
use crate::store::legacy_matching::{self, AccountRow, PersonRow};
use crate::store::{Conn, StoreError};
use std::collections::HashMap;

/// More accounts of one name are not looked at together.
const MOST: i64 = 20_000;
/// Accounts of such a name that are read together.
const SOME: i64 = 2_000;
/// Accounts of such a name that are asked about when somebody came with one of them.
const NEWEST: i64 = 20;
/// Persons of one statement.
const CHUNK: usize = 500;

impl Run<'_> {
    /// The names of a page that are too common.
    pub(super) async fn crowds(&self, page: &Page) -> Result<Vec<String>, Failure> {
        match page {
            Page::Named { after, until } => {
                let mut conn = self.services.store.read().await?;
                let range = (after.as_str(), until.as_str());
                Ok(legacy_matching::list_common_names(&mut conn, self.source, range, MOST).await?)
            }
            Page::Nameless { .. } => Ok(Vec::new()),
        }
    }

    /// Asks about everybody of such a name; answers how many accounts count for the progress.
    pub(super) async fn ask_crowd(&self, name: &str, written: &mut Written) -> Result<u64, Failure> {
        tracing::warn!(most = MOST, "more legacy accounts have one name than can be looked at together: all of them ask");
        let mut after = AccountKey { source: String::new(), legacy_id: String::new() };
        let mut done = 0;
        while let Some((last, own)) = self.ask_some(name, &after, written).await? {
            after = last;
            done += own;
        }
        Ok(done)
    }

    /// Asks about some of them; the last of these, and how many count. Nothing when there are no more.
    async fn ask_some(
        &self,
        name: &str,
        after: &AccountKey,
        written: &mut Written,
    ) -> Result<Option<(AccountKey, u64)>, Failure> {
        let mut looked_at = None;
        for _ in 0..TURNS {
            let mut conn = self.services.store.read().await?;
            let rows = legacy_matching::list_of_name(&mut conn, name, after, SOME).await?;
            let persons = persons_of(&mut conn, &rows).await?;
            drop(conn);
            let Some(last) = rows.last() else { return Ok(None) };
            let own = rows.iter().filter(|row| self.source.is_empty() || row.source == self.source);
            looked_at = Some((last.key(), u64::try_from(own.count()).unwrap_or_default()));
            if write_all(self.services, self.request, &questions(&rows, &persons)?, written).await? {
                return Ok(looked_at);
            }
        }
        tracing::warn!(turns = TURNS, "others were always first to some legacy accounts; match again");
        Ok(looked_at)
    }
}

/// Asks about the newest accounts of such a name of which nothing is decided: somebody waits who came with one of them.
/// Whatever is decided of others stays until all are looked at.
pub(super) async fn ask_newest(services: &Services, request: &Request<'_>, name: &str) -> Result<(), Failure> {
    tracing::warn!("more has to be looked at for the name of a legacy account than while its owner waits: it asks");
    for _ in 0..TURNS {
        let mut conn = services.store.read().await?;
        let rows = legacy_matching::list_newest_undecided(&mut conn, name, NEWEST).await?;
        let persons = persons_of(&mut conn, &rows).await?;
        drop(conn);
        if write_all(services, request, &questions(&rows, &persons)?, &mut Written::default()).await? {
            return Ok(());
        }
    }
    tracing::warn!(turns = TURNS, "others were always first to some legacy accounts; match again");
    Ok(())
}

/// What has to be written of accounts so that each asks.
fn questions(rows: &[AccountRow], persons: &HashMap<String, PersonRow>) -> Result<Vec<Family>, StoreError> {
    let mut families = Vec::new();
    for row in rows.iter().filter(|row| may_be_asked(row, persons)) {
        families.extend(question(row, persons)?);
    }
    Ok(families)
}

/// The persons whom accounts have to do with, by id.
async fn persons_of(conn: &mut Conn, rows: &[AccountRow]) -> Result<HashMap<String, PersonRow>, StoreError> {
    let before = |row: &AccountRow| Seen::read(&row.evidence).before;
    let ids: Vec<PersonId> = rows.iter().filter_map(|row| row.person_id.clone().map(PersonId).or_else(|| before(row))).collect();
    let mut persons = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        // The newest comes last.
        let told = legacy_matching::list_persons(conn, chunk).await?;
        persons.extend(told.into_iter().map(|row| (row.id.clone(), row)));
    }
    Ok(persons)
}

/// Nothing of what a human decided, and of what its owner uses.
fn may_be_asked(row: &AccountRow, persons: &HashMap<String, PersonRow>) -> bool {
    if row.decided_by.is_some() {
        return false;
    }
    if !is_owned(row) {
        return true;
    }
    match row.person_id.as_ref().map(|id| persons.get(id)) {
        Some(Some(person)) => row.is_used == 0 && (person.made == 0 || person.adopted == 0),
        // Its owner is no more.
        Some(None) => false,
        None => true,
    }
}

/// What is to be written of an account; nothing when it asks already.
fn question(row: &AccountRow, persons: &HashMap<String, PersonRow>) -> Result<Option<Family>, StoreError> {
    let before = row.person_id.clone().map(PersonId).or_else(|| Seen::read(&row.evidence).before);
    let is_only_made = |id: &PersonId| persons.get(id.as_str()).is_some_and(|row| row.made != 0 && row.adopted == 0);
    let evidence = Seen { before: before.filter(is_only_made), ..Seen::default() }.text()?;
    let rule = Rule::NameTooCommon.word();
    if row.decision == "review" && row.rule == rule && row.person_id.is_none() && row.evidence == evidence {
        return Ok(None);
    }
    let change = Change {
        key: row.key(),
        row_digest: row.row_digest.clone(),
        before: row.decision.clone(),
        was: row.person_id.clone().map(PersonId),
        decision: "review",
        rule,
        evidence,
        owner: Owner::Nobody,
    };
    Ok(Some(Family { changes: vec![change], ..Family::default() }))
}
