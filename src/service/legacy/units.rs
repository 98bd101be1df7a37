//! The units of legacy accounts: resolved by rule, again and again, until a human decides.
//!
//! Whatever a human decided stays. A second run over the same accounts and the
//! same registry writes nothing; after a re-organization, or after a file of
//! codes, it writes what is known now.

use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::legacy_source::LegacySource;
use crate::model::legacy_unit::{Reason, Resolution, Resolver, Told, UnitDecision};
use crate::service::{Failure, Services};
use crate::store::legacy_units::{DecidedUnit, OpenUnit, ToldUnit};
use crate::store::{StoreError, legacy_sources, legacy_units};
use std::collections::HashMap;
use time::Date;

/// Accounts that are read, and at most written, at a time: whoever signs in meanwhile waits no longer than for these.
const BATCH: i64 = 500;
/// Times that others may be first to a batch.
const TURNS: usize = 4;
/// What accounts say of their units is remembered up to so many different sayings: sources have hundreds.
const MOST_REMEMBERED: usize = 50_000;

/// What was decided, in accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitCounts {
    /// Of which the unit of today is known.
    pub mapped: u64,
    /// Of which a human has to say.
    pub review: u64,
    /// Of which nothing is known.
    pub unknown: u64,
    /// Of which something else was written than before.
    pub changed: u64,
}

impl UnitCounts {
    fn count(&mut self, decision: UnitDecision) {
        match decision {
            UnitDecision::Mapped => self.mapped += 1,
            UnitDecision::Review => self.review += 1,
            UnitDecision::Unknown => self.unknown += 1,
        }
    }
}

/// What became of one saying.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    reason: Reason,
    unit: Option<UnitId>,
    from: Option<UnitId>,
}

impl Answer {
    fn is_written(&self, account: &OpenUnit) -> bool {
        account.decision == self.reason.decision().word()
            && account.reason == self.reason.word()
            && account.unit == self.unit
            && account.from == self.from
    }
}

/// Resolves the units of all accounts of a source, or of all sources, of which no human decided.
pub async fn resolve_all(services: &Services, source: Option<&str>) -> Result<UnitCounts, Failure> {
    let registry = services.known.registry();
    let resolver = Resolver::new(&registry, vietnam_date(services.clock.now()));
    let sources = legacy_sources::list(&mut services.store.read().await?).await?;
    let mut counts = UnitCounts::default();
    for known in sources.iter().filter(|known| source.is_none_or(|wanted| known.id == wanted)) {
        resolve_source(services, &resolver, known, &mut counts).await?;
    }
    Ok(counts)
}

async fn resolve_source(
    services: &Services,
    resolver: &Resolver<'_>,
    source: &LegacySource,
    counts: &mut UnitCounts,
) -> Result<(), Failure> {
    let mut remembered: HashMap<ToldUnit, Answer> = HashMap::new();
    let mut after: Option<String> = None;
    loop {
        let accounts = legacy_units::list_open(&mut services.store.read().await?, &source.id, after.as_deref(), BATCH).await?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after = Some(last.legacy_id.clone());
        if remembered.len() > MOST_REMEMBERED {
            remembered.clear();
        }
        for account in &accounts {
            if remembered.contains_key(&account.told) {
                continue;
            }
            let found = resolver.resolve(&told(&account.told), source.as_of);
            remembered.insert(account.told.clone(), Answer { reason: found.reason, unit: found.unit, from: found.from });
        }
        let mut decided = Vec::new();
        for account in &accounts {
            let Some(answer) = remembered.get(&account.told) else { continue };
            counts.count(answer.reason.decision());
            if !answer.is_written(account) {
                decided.push(DecidedUnit {
                    legacy_id: &account.legacy_id,
                    told: &account.told,
                    decision: answer.reason.decision().word(),
                    unit: answer.unit.as_ref(),
                    from: answer.from.as_ref(),
                    reason: answer.reason.word(),
                });
            }
        }
        counts.changed += write(services, &source.id, &decided).await?;
    }
}

/// Writes a batch. Each statement says what it was decided upon, so that whoever had to give way begins it anew.
async fn write(services: &Services, source: &str, decided: &[DecidedUnit<'_>]) -> Result<u64, Failure> {
    let mut turn = 1;
    loop {
        match try_to_write(services, source, decided).await {
            Err(StoreError::Stale) if turn < TURNS => turn += 1,
            written => return Ok(written?),
        }
    }
}

async fn try_to_write(services: &Services, source: &str, decided: &[DecidedUnit<'_>]) -> Result<u64, StoreError> {
    if decided.is_empty() {
        return Ok(0);
    }
    let mut tx = services.store.write().await?;
    let changed = legacy_units::mark_decided(&mut tx, source, decided).await?;
    tx.commit().await?;
    Ok(changed)
}

/// What the rules say of some rows, each as of the day of its source, with candidates also for what is unknown: for
/// whoever has to decide.
pub fn explain(services: &Services, rows: &[(ToldUnit, Date)]) -> Vec<Resolution> {
    let registry = services.known.registry();
    let resolver = Resolver::new(&registry, vietnam_date(services.clock.now()));
    rows.iter().map(|(row, as_of)| resolver.resolve_near(&told(row), *as_of)).collect()
}

fn told(unit: &ToldUnit) -> Told<'_> {
    Told { code: &unit.code, name: &unit.name, district: &unit.district }
}
