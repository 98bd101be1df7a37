//! What was entered through a source ends with it.
//!
//! A sign-on counts for nothing from the moment on in which its source is
//! closed, stopped or past its last day, and a source that is opened again
//! brings none back: every node sees that by itself. What is done here, some at
//! a time and on the one node whose turn it is, is the rest of it: each sign-on
//! ends like any other, so that the systems which it entered are told, and what
//! rests on it for longer is revoked.

use super::list;
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::device::Device;
use crate::model::legacy_source::LegacySource;
use crate::service::audit::{self, Event};
use crate::service::leases::Turn;
use crate::service::sign_on::ending::{By, end_closed, revoke_offline};
use crate::service::{Failure, Origin, Services};
use crate::store::{grants, sign_ons};
use serde_json::json;
use std::collections::HashMap;
use time::Date;

const LEASE: &str = "legacy_closing";
const ACTOR: &str = "system:closing";
/// Sign-ons, or grants, that end in one unit of work.
const BATCH: i64 = 50;
/// After so long nobody begins anything by what they knew of a source before it was closed.
const LATE_MS: i64 = 60_000;
/// Whatever was entered through a source, whenever that was.
pub(super) const ALL: Millis = Millis(i64::MAX);

/// How far this node has come.
#[derive(Debug, Default)]
pub struct Memory {
    turn: Turn,
    /// Sources of which nothing was left, by id: since when.
    quiet: HashMap<String, (Closing, Millis)>,
}

/// How a source is closed, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Closing {
    is_open: bool,
    closed_at: Option<Millis>,
    sunset_on: Option<Date>,
}

impl Closing {
    /// Of a source that is closed today, or was before.
    fn of(source: &LegacySource, today: Date) -> Option<Self> {
        let is_open = source.is_open_on(today);
        let was_closed = !is_open || source.closed_at.is_some();
        was_closed.then_some(Self { is_open, closed_at: source.closed_at, sunset_on: source.sunset_on })
    }

    /// What had begun by then is over.
    fn until(&self, now: Millis) -> Millis {
        self.closed_at.filter(|_| self.is_open).unwrap_or(now)
    }
}

/// Ends some of what was entered through sources that were closed; false when nothing is left to do here.
pub async fn run(services: &Services, memory: &mut Memory, holder: &str) -> Result<bool, Failure> {
    if !memory.turn.is_mine(services, LEASE, holder).await? {
        return Ok(false);
    }
    let now = services.clock.now();
    let sources = list(services).await?;
    memory.quiet.retain(|id, _| sources.iter().any(|source| source.id == *id));
    for source in sources {
        let Some(closing) = Closing::of(&source, vietnam_date(now)) else { continue };
        let quiet_since = memory.quiet.get(&source.id).filter(|(known, _)| *known == closing).map(|(_, since)| *since);
        if quiet_since.is_some_and(|since| now.since(since) >= LATE_MS) {
            continue;
        }
        if end_some(services, &source.id, closing.until(now)).await? {
            return Ok(true);
        }
        memory.quiet.insert(source.id, (closing, quiet_since.unwrap_or(now)));
    }
    Ok(false)
}

/// Ends some of what had been entered through a source by a moment; false when nothing of it is left.
pub(super) async fn end_some(services: &Services, source: &str, until: Millis) -> Result<bool, Failure> {
    // One that has just ended by itself may have left access tokens that live.
    let since = services.clock.now().plus_seconds(-services.settings.lifetimes.access_token_seconds);
    // Looked for beside the writer.
    let mut conn = services.store.read().await?;
    let mut open = sign_ons::list_of_source(&mut conn, source, until, since, BATCH).await?;
    let mut offline = Vec::new();
    if open.is_empty() {
        offline = grants::list_offline_of_source(&mut conn, source, until, BATCH).await?;
    }
    drop(conn);
    if open.is_empty() && offline.is_empty() {
        return Ok(false);
    }
    // In the order in which redemptions hold them.
    open.sort_by(|one, other| one.id.cmp(&other.id));
    let origin = Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() };
    let mut tx = services.store.write().await?;
    let mut ended = end_closed(&mut tx, services, source, &open, By { actor: ACTOR, origin: &origin }).await?;
    ended.grants = revoke_offline(&mut tx, services, &offline).await?;
    let detail = json!({ "source": source, "sign_ons": ended.sign_ons.len(), "offline": ended.grants.len() });
    let (event, actor) = ("legacy_source.sign_ons_ended", ACTOR.to_owned());
    audit::record(&mut tx, services, Event { event, actor, person: None, client: None, origin: &origin, detail }).await?;
    tx.commit().await?;
    ended.tell(services);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::legacy_source::{HashSettings, Settings, SourceKind};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn source(stopped_at: Option<i64>, closed_at: Option<i64>, sunset_on: Option<Date>) -> LegacySource {
        LegacySource {
            id: "bd".to_owned(),
            kind: SourceKind::Hashes,
            name: "Bình Dương".to_owned(),
            province: None,
            as_of: date!(2025 - 06 - 30),
            sunset_on,
            settings: Settings::Hashes(HashSettings::default()),
            stopped_at: stopped_at.map(Millis),
            closed_at: closed_at.map(Millis),
            version: 1,
        }
    }

    #[test]
    fn what_is_over_is_told_by_how_a_source_is_closed_or_was() {
        let now = Millis(100);
        let table = [
            ("open all the time", source(None, None, None), None),
            ("open until a day to come", source(None, None, Some(TODAY)), None),
            ("stopped", source(Some(40), Some(40), None), Some(now)),
            ("past its last day", source(None, None, Some(date!(2026 - 11 - 21))), Some(now)),
            ("open again", source(None, Some(60), None), Some(Millis(60))),
            ("stopped once more", source(Some(80), Some(80), None), Some(now)),
        ];
        for (case, source, expected) in table {
            assert_eq!(Closing::of(&source, TODAY).map(|closing| closing.until(now)), expected, "{case}");
        }
    }
}
