//! Sources at the console: seen, set up, stopped, and removed by two people. Each act takes a proof.
//!
//! What is secret of a source goes in here and never comes out.

use super::{NewSource, Rows, SourceError, Who, add_as, change_as, finish, held, refuse_named, stop, take_away};
use crate::base::date::vietnam_date;
use crate::model::authority::{EditSources, ReadSources, RemoveSource};
use crate::model::legacy_source::LegacySource;
use crate::service::approvals::{self, Dangerous};
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::{StoreError, legacy_sources};
use secrecy::SecretString;
use serde_json::{Value, json};

/// What the console itself answers at.
const RESERVED: &str = "new";

/// Why a source was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Somebody else changed it since it was read.
    #[error("somebody else changed it meanwhile")]
    Stale,
    /// Anything else.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// A source as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The source, as it is stored.
    pub source: LegacySource,
    /// It has a secret.
    pub has_secret: bool,
    /// How many accounts there are, by what was decided of them (empty: nothing yet).
    pub accounts: Vec<(String, i64)>,
    /// The request for its removal that waits for a second person.
    pub asked: Option<String>,
}

/// All sources, by id, as this node knows them.
pub async fn list(services: &Services, _proof: &City<ReadSources>) -> Result<Vec<LegacySource>, Failure> {
    super::list(services).await
}

/// One source.
pub async fn find(services: &Services, _proof: &City<ReadSources>, id: &str) -> Result<Option<Seen>, Failure> {
    let mut conn = services.store.read().await?;
    let Some(source) = legacy_sources::find(&mut conn, id).await? else { return Ok(None) };
    let has_secret = legacy_sources::secret(&mut conn, id).await?.is_some();
    let accounts = legacy_sources::count_accounts(&mut conn, id).await?;
    let owned = legacy_sources::count_owned(&mut conn, id).await?;
    drop(conn);
    let asked = approvals::find_waiting(services, Dangerous::RemoveSource, id, &payload(owned)).await?;
    Ok(Some(Seen { source, has_secret, accounts, asked }))
}

/// Sets a source up.
pub async fn add(services: &Services, proof: &City<EditSources>, new: NewSource) -> Result<LegacySource, SourceError> {
    if new.id == RESERVED {
        return Err(SourceError::Taken);
    }
    add_as(services, new, Who::Administrator(&proof.by)).await
}

/// Changes the version of a source that was seen. Its secret stays unless another is given.
pub async fn edit(
    services: &Services,
    proof: &City<EditSources>,
    (id, seen): (&str, i64),
    secret: Option<&SecretString>,
    change: impl FnOnce(&mut LegacySource) -> Result<(), String>,
) -> Result<LegacySource, EditError> {
    let mut stale = false;
    let of_seen = |source: &mut LegacySource| {
        if source.version == seen {
            return change(source);
        }
        stale = true;
        Err(String::new())
    };
    let changed = change_as(services, id, Who::Administrator(&proof.by), secret, of_seen).await;
    if stale { Err(EditError::Stale) } else { Ok(changed?) }
}

/// Stops a source, or lets it be used again; false when it was so already.
pub async fn switch(
    services: &Services,
    proof: &City<EditSources>,
    id: &str,
    on: bool,
    reason: &str,
) -> Result<bool, SourceError> {
    let mut tx = services.store.write().await?;
    let before = held(&mut tx, id).await?;
    let now = services.clock.now();
    if before.stopped_at.is_none() == on {
        return Ok(false);
    }
    let stopped_at = (!on).then_some(now);
    let after = LegacySource { stopped_at, version: before.version + 1, ..before.clone() };
    let after = after.noting_closure(&before, now, vietnam_date(now));
    legacy_sources::set(&mut tx, &after, None, now).await?;
    let event = if on { "legacy_source.resumed" } else { "legacy_source.stopped" };
    let detail = json!({ "source": id, "reason": reason });
    finish(services, tx, id, Who::Administrator(&proof.by), (event, detail)).await?;
    Ok(true)
}

/// Asks for a source to go with all its accounts, also those that are somebody's; answers the request that another
/// administrator decides on.
pub async fn ask_removal(services: &Services, proof: &City<RemoveSource>, id: &str, reason: &str) -> Result<String, SourceError> {
    let mut tx = services.store.write().await?;
    held(&mut tx, id).await?;
    refuse_named(&mut tx, id).await?;
    let owned = legacy_sources::count_owned(&mut tx, id).await?;
    // Nothing was changed: what holds for the removal is asked again when it is let happen.
    drop(tx);
    Ok(approvals::ask(services, Dangerous::RemoveSource, id, &payload(owned), reason, &proof.by).await?)
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// The source is gone.
    Done,
    /// The request is none, was decided, is over, or is one's own.
    TooLate,
    /// What was asked for cannot be any more: it is gone, a client names it, or it is more people's than was said.
    Changed,
}

/// Removes the source that a request names, with all its accounts. What people are called by stays.
///
/// The request is taken in the unit of work that stops the source. What comes after goes on to its end also when nobody
/// waits for it; were the process to end meanwhile, a stopped source is left, whose removal can be asked for again.
pub async fn remove_approved(services: &Services, proof: &City<RemoveSource>, request: &str) -> Result<Removed, Failure> {
    let asked = approvals::find(services, request).await?.filter(|asked| asked.act == Dangerous::RemoveSource);
    let Some(asked) = asked else { return Ok(Removed::TooLate) };
    let told = asked.payload.get("people").and_then(Value::as_i64).unwrap_or_default();
    let mut tx = services.store.write().await?;
    let source = match held(&mut tx, &asked.subject).await {
        Ok(source) => source,
        Err(error) => return cannot(error),
    };
    if let Err(error) = refuse_named(&mut tx, &source.id).await {
        return cannot(error);
    }
    if legacy_sources::count_owned(&mut tx, &source.id).await? > told {
        return Ok(Removed::Changed);
    }
    if approvals::take(&mut tx, services, request, Dangerous::RemoveSource, &proof.by).await?.is_none() {
        return Ok(Removed::TooLate);
    }
    let (services, by) = (services.clone(), proof.by.clone());
    let work = tokio::spawn(async move {
        let who = Who::Administrator(&by);
        let accounts = stop(&services, tx, &source, who).await?;
        take_away(&services, &source, who, Rows::All, accounts).await
    });
    match work.await {
        Ok(Ok(_)) => Ok(Removed::Done),
        Ok(Err(error)) => cannot(error),
        Err(_) => Err(StoreError::Unavailable("the removal of a source broke off".to_owned()).into()),
    }
}

fn cannot(error: SourceError) -> Result<Removed, Failure> {
    match error {
        SourceError::Refused(reason) => {
            tracing::warn!(%reason, "a legacy source was not removed");
            Ok(Removed::Changed)
        }
        SourceError::Taken | SourceError::Unknown => Ok(Removed::Changed),
        SourceError::Failure(failure) => Err(failure),
    }
}

/// What the second person is told, and what the request is told apart by.
fn payload(people: i64) -> Value {
    json!({ "people": people })
}
