//! Legacy accounts as humans look at them and decide: the worklist by its filters, one account with all that was given,
//! and decisions that are written only over what was read. What stood there before is kept beside each decision.

mod decisions;
mod sayings;

pub use decisions::{
    DecisionRow, OwnerSet, OwnersRow, UnitSet, add_decisions, find_owners, list_decisions, mark_undone, set_owner, set_unit,
};
pub use sayings::{SayingRow, list_saying, list_sayings};

use super::legacy_matching::AccountRow;
use super::legacy_units::ToldUnit;
use super::{AsEx, StoreError, sql};
use crate::base::id::UnitId;
use crate::model::legacy_account::AccountKey;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One account, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReviewRow {
    /// The source.
    pub source: String,
    /// Its key within the source.
    pub legacy_id: String,
    /// The user name as given.
    pub username: String,
    /// The full name as given.
    pub full_name: String,
    /// The date of birth, where it is one.
    pub date_of_birth: Option<String>,
    /// What was written for it.
    pub born_text: String,
    /// What kind of personal number it has.
    pub number_kind: String,
    /// The year of birth that the number tells.
    pub number_born: Option<i64>,
    /// The keyed hash of the number.
    pub number_digest: Option<Vec<u8>>,
    /// The number, sealed for this row.
    pub number_sealed: Option<Vec<u8>>,
    /// E-mail address as given.
    pub email: String,
    /// Telephone number as given.
    pub phone: String,
    /// The unit's code as given.
    pub unit_code: String,
    /// The unit's name as given.
    pub unit_name: String,
    /// Its district as given.
    pub district_name: String,
    /// The title as given.
    pub title: String,
    /// The state as given.
    pub status: String,
    /// When it was last used, in the source's words.
    pub last_login_at: String,
    /// What the whole row is, to find out whether it changed.
    pub row_digest: Vec<u8>,
    /// Since when the source does not have it any more.
    pub gone_at: Option<i64>,
    /// What was decided; empty when nothing was.
    pub decision: String,
    /// By which rule.
    pub rule: String,
    /// What the rule saw, as JSON.
    pub evidence: String,
    /// Whose it is.
    pub person_id: Option<String>,
    /// When that was decided.
    pub decided_at: Option<i64>,
    /// The human who decided.
    pub decided_by: Option<String>,
    /// Why.
    pub decided_why: String,
    /// What was decided of its unit.
    pub unit_decision: String,
    /// Its unit of today.
    pub unit_id: Option<String>,
    /// Why.
    pub unit_reason: String,
    /// The human who decided that.
    pub unit_decided_by: Option<String>,
    /// When its owner first came with it.
    pub first_used_at: Option<i64>,
    /// When they last did.
    pub last_used_at: Option<i64>,
    /// When they said that it is theirs.
    pub confirmed_at: Option<i64>,
}

impl ReviewRow {
    /// Which account it is.
    pub fn key(&self) -> AccountKey {
        AccountKey { source: self.source.clone(), legacy_id: self.legacy_id.clone() }
    }

    /// What it says of its unit.
    pub fn told(&self) -> ToldUnit {
        ToldUnit { code: self.unit_code.clone(), name: self.unit_name.clone(), district: self.district_name.clone() }
    }

    /// The same as matching reads it.
    pub fn account(&self) -> AccountRow {
        AccountRow {
            source: self.source.clone(),
            legacy_id: self.legacy_id.clone(),
            username: self.username.clone(),
            full_name: self.full_name.clone(),
            date_of_birth: self.date_of_birth.clone(),
            number_kind: self.number_kind.clone(),
            number_born: self.number_born,
            number_digest: self.number_digest.clone(),
            number_sealed: self.number_sealed.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            title: self.title.clone(),
            status: self.status.clone(),
            row_digest: self.row_digest.clone(),
            gone_at: self.gone_at,
            decision: self.decision.clone(),
            rule: self.rule.clone(),
            evidence: self.evidence.clone(),
            person_id: self.person_id.clone(),
            decided_by: self.decided_by.clone(),
            unit_decision: self.unit_decision.clone(),
            unit_id: self.unit_id.clone(),
            is_used: i64::from(self.first_used_at.is_some() || self.confirmed_at.is_some()),
        }
    }
}

const COLUMNS: &str =
    "a.source, a.legacy_id, a.username, a.full_name, a.date_of_birth, a.born_text, a.number_kind, a.number_born,
       a.number_digest, a.number_sealed, a.email, a.phone, a.unit_code, a.unit_name, a.district_name, a.title, a.status,
       a.last_login_at, a.row_digest, a.gone_at, a.decision, a.rule, a.evidence, a.person_id, a.decided_at, a.decided_by,
       a.decided_why, a.unit_decision, a.unit_id, a.unit_reason, a.unit_decided_by, a.first_used_at, a.last_used_at,
       a.confirmed_at";

/// Which accounts are asked for; what is empty lets everything through.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Of this source.
    pub source: &'a str,
    /// With this decision.
    pub decision: &'a str,
    /// By this rule.
    pub rule: &'a str,
    /// With this decision about their unit.
    pub unit_decision: &'a str,
    /// Of this unit of today.
    pub unit: Option<&'a UnitId>,
    /// What was typed, in words: each of them in the name, or at the beginning of the user name.
    pub words: &'a [Sought],
    /// The same as it was typed: it may be the key within the source.
    pub typed: &'a str,
    /// Only those whose unit of today is one of these, or is in question.
    pub within: Option<&'a BTreeSet<UnitId>>,
}

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The same as names are compared by; of one with a hyphen several words.
    pub of_name: Vec<String>,
    /// The same as user names are compared by.
    pub folded: String,
}

/// A statement that grows, with what is bound to it.
struct Statement {
    sql: String,
    values: Vec<String>,
}

impl Statement {
    fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push_str(text);
        self
    }

    fn text(&mut self, value: &str) -> &mut Self {
        self.values.push(value.to_owned());
        // Writing into a string never fails.
        let _ = write!(self.sql, "${}", self.values.len());
        self
    }

    /// A word stands in the name, or begins one of its words.
    fn in_name(&mut self, word: &str) {
        self.push("(' ' || a.name_sorted) LIKE ").text(&format!("% {}%", escaped(word))).push(" ESCAPE '!'");
    }

    /// A word is looked for, in the name or in the user name.
    fn sought(&mut self, word: &Sought) {
        self.push("(a.username_folded LIKE ").text(&format!("{}%", escaped(&word.folded))).push(" ESCAPE '!' OR ");
        // As it was typed too: of a name that is not written to its end it is not known how that goes on.
        self.in_name(&word.folded);
        for (place, part) in word.of_name.iter().enumerate() {
            self.push(if place == 0 { " OR (" } else { " AND " }).in_name(part);
        }
        self.push(if word.of_name.is_empty() { ")" } else { "))" });
    }

    fn same(&mut self, column: &str, value: &str) {
        if !value.is_empty() {
            self.push(" AND ").push(column).push(" = ").text(value);
        }
    }
}

/// A text in which no sign stands for others.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|sign| matches!(sign, '%' | '_' | '!').then_some('!').into_iter().chain([sign])).collect()
}

/// Accounts by their keys after one, at most so many.
pub async fn list(
    conn: &mut impl AsEx,
    wanted: &Wanted<'_>,
    after: Option<&AccountKey>,
    most: i64,
) -> Result<Vec<ReviewRow>, StoreError> {
    let mut asked = Statement { sql: format!("SELECT {COLUMNS} FROM legacy_accounts a WHERE 1 = 1"), values: Vec::new() };
    for (column, value) in [
        ("a.source", wanted.source),
        ("a.decision", wanted.decision),
        ("a.rule", wanted.rule),
        ("a.unit_decision", wanted.unit_decision),
        ("a.unit_id", wanted.unit.map_or("", UnitId::as_str)),
    ] {
        asked.same(column, value);
    }
    if !wanted.typed.is_empty() {
        asked.push(" AND (a.legacy_id = ").text(wanted.typed);
        for (place, word) in wanted.words.iter().enumerate() {
            asked.push(if place == 0 { " OR (" } else { " AND " }).sought(word);
        }
        asked.push(if wanted.words.is_empty() { ")" } else { "))" });
    }
    if let Some(units) = wanted.within {
        asked.push(" AND (a.unit_decision = 'review'");
        for (place, unit) in units.iter().enumerate() {
            asked.push(if place == 0 { " OR a.unit_id IN (" } else { ", " }).text(unit.as_str());
        }
        asked.push(if units.is_empty() { ")" } else { "))" });
    }
    if let Some(after) = after {
        asked.push(" AND (a.source, a.legacy_id) > (").text(&after.source).push(", ").text(&after.legacy_id).push(")");
    }
    asked.push(&format!(" ORDER BY a.source, a.legacy_id LIMIT {most}"));
    let Statement { sql, values } = asked;
    Ok(sql!(conn, |c| {
        let mut query = sqlx::query_as::<Engine, ReviewRow>(sqlx::AssertSqlSafe(sql));
        for value in values {
            query = query.bind(value);
        }
        query.fetch_all(c).await
    })?)
}

/// One account.
pub async fn find(conn: &mut impl AsEx, key: &AccountKey) -> Result<Option<ReviewRow>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM legacy_accounts a WHERE a.source = $1 AND a.legacy_id = $2"
    )))
    .bind(&key.source)
    .bind(&key.legacy_id)
    .fetch_optional(c)
    .await)?)
}

/// Beside which full names some e-mail addresses stand, in small letters: of accounts, and of people.
pub async fn list_email_names(conn: &mut impl AsEx, emails: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    const OF_PEOPLE: &str = " UNION SELECT f.full_name, f.email FROM person_facts f JOIN change_sets s ON s.id = f.change_set
          WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL AND LOWER(f.email) IN (";
    if emails.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT full_name, email FROM legacy_accounts WHERE LOWER(email) IN (");
        let mut list = query.separated(", ");
        for email in emails {
            list.push_bind(email.as_str());
        }
        query.push(")").push(OF_PEOPLE);
        let mut list = query.separated(", ");
        for email in emails {
            list.push_bind(email.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?)
}
