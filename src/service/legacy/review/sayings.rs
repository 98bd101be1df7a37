//! What accounts say of their units, where that is in question or unknown: one line for all that say the same, decided at
//! once for exactly those that were shown.

use super::bounds::Eyes;
use super::decide::check_place;
use super::unit::{unit_of, write};
use super::write::{Hand, Written};
use super::{ReviewError, TURNS, reason};
use crate::base::digest::{base64url, from_base64url, sha256};
use crate::base::id::UnitId;
use crate::model::audit_entry::Columns;
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_unit::{Reason, Resolution};
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::legacy::matching::by_hand::Posting;
use crate::service::{Failure, Services};
use crate::store::legacy_reviews::{self, ReviewRow, SayingRow};
use crate::store::legacy_units::ToldUnit;
use crate::store::{AsEx, Conn, StoreError};
use serde_json::json;

/// Accounts of one saying that are decided at once.
pub const MOST_OF_SAYING: usize = 500;
/// Sayings of one page.
const PAGE: usize = 50;
/// Sayings that are read together, and looked through for one page.
const READ: i64 = 200;
const MOST_LOOKED_THROUGH: usize = 2_000;

/// What accounts of a source say of their unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// What it is called in addresses.
    pub name: String,
    /// The source.
    pub source: String,
    /// What is said.
    pub told: ToldUnit,
    /// Why it is in question.
    pub reason: Option<Reason>,
    /// Units that it may be.
    pub candidates: Vec<UnitId>,
    /// Accounts that say so and of which nobody decided.
    pub accounts: i64,
}

/// Some sayings, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SayingsPage {
    /// The sayings.
    pub sayings: Vec<Saying>,
    /// What to ask for the next ones with.
    pub next: Option<String>,
}

/// One saying, for whoever decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SayingSheet {
    /// The saying; its accounts are counted up to one more than are decided at once.
    pub saying: Saying,
    /// Who they are: user name, full name, what the account is called in addresses.
    pub accounts: Vec<(String, String, String)>,
    /// There are more than are decided at once.
    pub more: bool,
    /// Stands for exactly these accounts: the decision carries it.
    pub digest: String,
}

/// What a saying is called in an address.
fn name_of(source: &str, told: &ToldUnit) -> String {
    base64url(json!([source, told.code, told.name, told.district]).to_string().as_bytes())
}

fn read(name: &str) -> Option<(String, ToldUnit)> {
    let bytes = from_base64url(name)?;
    let [source, code, name, district]: [String; 4] = serde_json::from_slice(&bytes).ok()?;
    Some((source, ToldUnit { code, name, district }))
}

/// What is said of units and nobody decided: in question, or (only for whoever looks after the city) unknown.
pub async fn sayings(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    (unknown, source): (bool, &str),
    after: Option<&str>,
) -> Result<SayingsPage, Failure> {
    let mut eyes = Eyes::open(services, proof).await?;
    let decision = if unknown { "unknown" } else { "review" };
    let mut from = after.and_then(read);
    let (mut page, mut looked_through) = (SayingsPage::default(), 0);
    let mut conn = services.store.read().await?;
    loop {
        let place = from.as_ref().map(|(source, told)| (source.as_str(), told));
        let rows = legacy_reviews::list_sayings(&mut conn, (decision, source), place, READ).await?;
        let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < READ;
        eyes.hear(rows.iter().map(|row| (row.source.clone(), row.told())).collect());
        for row in rows {
            if page.sayings.len() == PAGE || looked_through >= MOST_LOOKED_THROUGH {
                page.next = from.map(|(source, told)| name_of(&source, &told));
                return Ok(page);
            }
            looked_through += 1;
            let told = row.told();
            if eyes.sees_saying(&row.source, &told) {
                let resolution = eyes.resolution(&row.source, &told);
                page.sayings.push(of(&row, resolution));
            }
            from = Some((row.source, told));
        }
        if is_last {
            return Ok(page);
        }
    }
}

fn of(row: &SayingRow, resolution: Option<Resolution>) -> Saying {
    let told = row.told();
    Saying {
        name: name_of(&row.source, &told),
        source: row.source.clone(),
        told,
        reason: Reason::from_word(&row.unit_reason),
        candidates: resolution.map(|resolution| resolution.candidates).unwrap_or_default(),
        accounts: row.accounts,
    }
}

/// One saying with the accounts that say so.
pub async fn saying(services: &Services, proof: &Units<ReviewLegacy>, name: &str) -> Result<SayingSheet, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let (source, told) = read(name).ok_or(ReviewError::NotThere)?;
    let mut conn = services.store.read().await?;
    let rows = accounts(&mut conn, &mut eyes, &source, &told).await?;
    drop(conn);
    let detail = json!({ "source": source, "accounts": rows.len() });
    audit::looked(services, Event::by(&proof.by, "legacy.accounts_looked", None, None, detail)).await?;
    let shown = rows.iter().take(MOST_OF_SAYING);
    let resolution = eyes.resolution(&source, &told);
    let reason = rows.first().and_then(|row| Reason::from_word(&row.unit_reason));
    Ok(SayingSheet {
        saying: Saying {
            name: name.to_owned(),
            accounts: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            candidates: resolution.map(|resolution| resolution.candidates).unwrap_or_default(),
            source,
            told,
            reason,
        },
        digest: digest(proof, &rows),
        more: rows.len() > MOST_OF_SAYING,
        accounts: shown.map(|row| (row.username.clone(), row.full_name.clone(), super::name_of(&row.key()))).collect(),
    })
}

/// The accounts of a saying that the reviewer may decide about, one more than are decided at once.
async fn accounts(conn: &mut Conn, eyes: &mut Eyes<'_>, source: &str, told: &ToldUnit) -> Result<Vec<ReviewRow>, ReviewError> {
    if !eyes.sees_saying(source, told) {
        return Err(ReviewError::NotThere);
    }
    let most = i64::try_from(MOST_OF_SAYING + 2).unwrap_or(i64::MAX);
    let mut rows = legacy_reviews::list_saying(conn, source, told, most).await?;
    let seen = eyes.seen(&rows);
    let mut seen = seen.into_iter();
    rows.retain(|_| seen.next().unwrap_or_default());
    let rows = decidable(conn, eyes, rows).await?;
    if rows.is_empty() { Err(ReviewError::NotThere) } else { Ok(rows) }
}

/// Nobody decides about their own account, nor about somebody's whom they do not look after, in a crowd neither.
async fn decidable(conn: &mut impl AsEx, eyes: &Eyes<'_>, rows: Vec<ReviewRow>) -> Result<Vec<ReviewRow>, ReviewError> {
    let mut others = Vec::with_capacity(rows.len());
    for row in rows {
        match check_place(eyes, conn, &row).await {
            Ok(()) => others.push(row),
            Err(ReviewError::Failure(failure)) => return Err(failure.into()),
            Err(
                ReviewError::NotThere
                | ReviewError::Reason
                | ReviewError::Own
                | ReviewError::Changed
                | ReviewError::Person
                | ReviewError::Unit
                | ReviewError::UnitFirst
                | ReviewError::Nameless
                | ReviewError::Nothing,
            ) => {}
        }
    }
    others.truncate(MOST_OF_SAYING + 1);
    Ok(others)
}

/// Stands for these accounts, what they say, and who looks at them.
fn digest(proof: &Units<ReviewLegacy>, rows: &[ReviewRow]) -> String {
    let mut columns = Columns::of("legacy saying 1").text(proof.by.person.as_str());
    for row in rows.iter().take(MOST_OF_SAYING) {
        columns = columns.text(&row.source).text(&row.legacy_id).text(&row.unit_decision).text(&row.unit_reason);
        columns = columns.text(&row.unit_code).text(&row.unit_name).text(&row.district_name);
    }
    base64url(&sha256(columns.as_bytes()))
}

/// Says to which unit all accounts of a saying belong that were shown; answers how many. Refused when these are others by
/// now.
pub async fn choose_for_all(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    (name, shown): (&str, &str),
    unit: &str,
    typed: &str,
) -> Result<usize, ReviewError> {
    let why = reason(typed).ok_or(ReviewError::Reason)?;
    for _ in 0..TURNS {
        match turn(services, proof, (name, shown), (unit, &why)).await {
            // Somebody was first to an account or to the people: all of it is looked at anew.
            Err(ReviewError::Failure(Failure::Store(StoreError::Stale))) => {}
            other => return other,
        }
    }
    Err(StoreError::Stale.into())
}

async fn turn(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    (name, shown): (&str, &str),
    (unit, why): (&str, &str),
) -> Result<usize, ReviewError> {
    let mut eyes = Eyes::open(services, proof).await?;
    let (source, told) = read(name).ok_or(ReviewError::NotThere)?;
    let mut conn = services.store.read().await?;
    let mut rows = accounts(&mut conn, &mut eyes, &source, &told).await?;
    drop(conn);
    if digest(proof, &rows) != shown {
        return Err(ReviewError::Changed);
    }
    let unit = unit_of(services, proof, unit).ok_or(ReviewError::Unit)?;
    rows.truncate(MOST_OF_SAYING);
    let hand = Hand { services, eyes: &eyes, posting: Posting::open(services).await?, why };
    let mut written = Written::default();
    let mut tx = services.store.write().await?;
    write(&mut tx, &hand, (rows.as_slice(), &unit), &mut written).await?;
    let detail = json!({ "source": source, "act": "unit", "unit": unit, "accounts": rows.len(), "digest": shown, "reason": why });
    written.record(audit::row(services, Event::by(&proof.by, "legacy.batch_decided", None, None, detail)));
    written.finish(&mut tx, services).await?;
    tx.commit().await?;
    written.tell(services);
    Ok(rows.len())
}
