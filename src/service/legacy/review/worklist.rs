//! The accounts that a reviewer may decide about, by source, decision, rule, unit and what somebody typed; page by page.

use super::bounds::Eyes;
use super::{key_of, name_of};
use crate::base::id::{PersonId, UnitId};
use crate::base::text::fold;
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_account::{AccountKey, FoldedName};
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::legacy::matching::Seen;
use crate::service::{Failure, Services};
use crate::store::Conn;
use crate::store::legacy_reviews::{self, ReviewRow, Sought, Wanted};
use serde_json::json;

/// Accounts of one page.
pub const PAGE: usize = 50;
/// More than this are not looked through for one page of somebody whose bounds are units.
const MOST_LOOKED_THROUGH: usize = 5_000;
/// Accounts that are read together.
const READ: i64 = 500;
/// Words of a search that count.
const MOST_WORDS: usize = 6;

/// Which accounts; what is empty lets everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The source.
    pub source: String,
    /// The decision: `review`, `linked`, `created`, `rejected`.
    pub decision: String,
    /// The rule.
    pub rule: String,
    /// The decision about the unit: `mapped`, `review`, `unknown`.
    pub unit_decision: String,
    /// The unit of today.
    pub unit: Option<UnitId>,
    /// What was typed: words of a name, the beginning of a user name, or a key.
    pub q: String,
}

impl Filter {
    /// What was typed in words, each as names and as user names are compared by.
    pub(super) fn words(&self) -> Vec<Sought> {
        let typed = self.q.split_whitespace().take(MOST_WORDS);
        let sought = typed.map(|word| {
            let name = FoldedName::read(word);
            let of_name = name.in_order().split(' ').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            Sought { of_name, folded: fold(word) }
        });
        // Of a word of nothing but accents nothing is left: it would stand in every name.
        sought.filter(|word| !word.folded.is_empty()).collect()
    }

    pub(super) fn wanted<'a>(&'a self, words: &'a [Sought], eyes: &Eyes<'a>) -> Wanted<'a> {
        Wanted {
            source: &self.source,
            decision: &self.decision,
            rule: &self.rule,
            unit_decision: &self.unit_decision,
            unit: self.unit.as_ref(),
            words,
            typed: self.q.trim(),
            within: eyes.units(),
        }
    }

    /// Which filters are in force, for records; never what was typed.
    fn named(&self) -> serde_json::Value {
        json!({
            "source": self.source,
            "decision": self.decision,
            "rule": self.rule,
            "unit_decision": self.unit_decision,
            "unit": self.unit,
            "typed": !self.q.is_empty(),
        })
    }
}

/// An account of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkLine {
    /// What it is called in addresses.
    pub name: String,
    /// The source.
    pub source: String,
    /// Its key there.
    pub legacy_id: String,
    /// Its user name there.
    pub username: String,
    /// Whose it is said to be.
    pub full_name: String,
    /// What was decided; empty for nothing.
    pub decision: String,
    /// By which rule.
    pub rule: String,
    /// How many it may be of.
    pub candidates: usize,
    /// Whose it is.
    pub person: Option<PersonId>,
    /// A human decided.
    pub by_hand: bool,
    /// What was decided of its unit.
    pub unit_decision: String,
    /// Its unit of today.
    pub unit: Option<UnitId>,
    /// What it says of its unit.
    pub unit_told: String,
}

/// Some accounts, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Worklist {
    /// The accounts.
    pub lines: Vec<WorkLine>,
    /// What to ask for the next ones with.
    pub next: Option<String>,
}

/// The accounts of a filter within the reviewer's bounds, by their keys after one. That they were looked at is on record.
pub async fn list(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    filter: &Filter,
    after: Option<&str>,
) -> Result<Worklist, Failure> {
    audit::looked(services, Event::by(&proof.by, "legacy.accounts_looked", None, None, filter.named())).await?;
    let mut eyes = Eyes::open(services, proof).await?;
    let mut conn = services.store.read().await?;
    let (rows, next) = some(&mut conn, &mut eyes, filter, (after.and_then(key_of), PAGE)).await?;
    Ok(Worklist { lines: rows.iter().map(line).collect(), next: next.map(|key| name_of(&key)) })
}

/// Accounts of a filter that the reviewer sees, after a key, at most so many; and the key after which there may be more.
pub(super) async fn some(
    conn: &mut Conn,
    eyes: &mut Eyes<'_>,
    filter: &Filter,
    (after, most): (Option<AccountKey>, usize),
) -> Result<(Vec<ReviewRow>, Option<AccountKey>), Failure> {
    let words = filter.words();
    let (mut found, mut from, mut looked_through) = (Vec::new(), after, 0);
    loop {
        let wanted = filter.wanted(&words, eyes);
        let rows = legacy_reviews::list(conn, &wanted, from.as_ref(), READ).await?;
        let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < READ;
        let seen = eyes.seen(&rows);
        for (row, seen) in rows.into_iter().zip(seen) {
            if found.len() == most || looked_through >= MOST_LOOKED_THROUGH {
                return Ok((found, from));
            }
            looked_through += 1;
            from = Some(row.key());
            if seen {
                found.push(row);
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
}

fn line(row: &ReviewRow) -> WorkLine {
    let told = [&row.unit_code, &row.unit_name, &row.district_name];
    let told: Vec<&str> = told.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    WorkLine {
        name: name_of(&row.key()),
        source: row.source.clone(),
        legacy_id: row.legacy_id.clone(),
        username: row.username.clone(),
        full_name: row.full_name.clone(),
        decision: row.decision.clone(),
        rule: row.rule.clone(),
        candidates: Seen::read(&row.evidence).candidates.len(),
        person: row.person_id.clone().map(PersonId),
        by_hand: row.decided_by.is_some(),
        unit_decision: row.unit_decision.clone(),
        unit: row.unit_id.clone().map(UnitId),
        unit_told: told.join(", "),
    }
}
