//! What is pressed at the console: columns are said, a file is applied, taken back or given up. The work is done later,
//! in the background. Where many lose their last post by a file, a second person is asked before it is applied.

use super::mapping::{self, Mapping, Problem};
use super::{Import, UNDO_SECONDS, asked, leaving, state, visible};
use crate::model::authority::AddPeople;
use crate::model::import::ImportState;
use crate::service::approvals::{self, Dangerous, disabling};
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::{Failure, Services};
use crate::store::{StoreError, import_mappings, imports};
use serde_json::json;

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// There is no such file within the bounds of whoever asks.
    #[error("there is no such file")]
    NotThere,
    /// The columns are not said so that the file can be read.
    #[error("the columns are not complete")]
    Columns(Problem),
    /// It is not in a state in which this can be done: somebody else was first, its time is over, or it has mistakes
    /// that nobody has accepted.
    #[error("this cannot be done with the file now")]
    NotNow,
    /// Something does not work.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Says what the columns of a file are; its rows are checked next. The answer is remembered for files with this header.
pub async fn say_columns(services: &Services, proof: &Units<AddPeople>, id: &str, said: &Mapping) -> Result<(), ActError> {
    let import = visible(services, proof, id).await?.ok_or(ActError::NotThere)?;
    let header: Vec<String> = serde_json::from_str(&import.header).map_err(StoreError::from)?;
    let said = mapping::check(import.kind, &header, said).map_err(ActError::Columns)?;
    let (text, now) = (json!(said).to_string(), services.clock.now());
    let mut tx = services.store.write().await?;
    if !imports::mark_checking(&mut tx, id, &text, (&asked(&proof.by), now)).await? {
        return Err(ActError::NotNow);
    }
    let digest = mapping::digest(&header);
    import_mappings::replace(&mut tx, &proof.by.person, (import.kind, digest.as_slice()), &text, now).await?;
    Ok(tx.commit().await?)
}

/// Checks the rows again, as the columns were said before.
pub async fn check_again(services: &Services, proof: &Units<AddPeople>, id: &str) -> Result<(), ActError> {
    let import = visible(services, proof, id).await?.ok_or(ActError::NotThere)?;
    let mut tx = services.store.write().await?;
    if !imports::mark_checking(&mut tx, id, &import.mapping, (&asked(&proof.by), services.clock.now())).await? {
        return Err(ActError::NotNow);
    }
    Ok(tx.commit().await?)
}

/// What came of pressing the button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is applied next.
    Now,
    /// A second person was asked, by this request.
    Asked(String),
}

/// Applies a file that was looked at. With mistakes in it, only when the good rows alone are accepted. Where more people
/// lose their last post than one administrator lets go alone, a second person is asked; the work counts them once more.
pub async fn apply(services: &Services, proof: &Units<AddPeople>, id: &str, accept_good: bool) -> Result<Begun, ActError> {
    let import = visible(services, proof, id).await?.ok_or(ActError::NotThere)?;
    let leaving = leaving::counted(&import);
    let is_bounded = leaving > 0 && !approvals::decides_alone(services, &proof.by.person).await?;
    let mut tx = services.store.write().await?;
    if is_bounded && !disabling::fits_alone(&mut tx, services, &proof.by, leaving).await? {
        drop(tx);
        return ask(services, proof, &import, accept_good).await;
    }
    if !imports::mark_applying(&mut tx, id, accept_good, (&asked(&proof.by), services.clock.now())).await? {
        return Err(ActError::NotNow);
    }
    tx.commit().await?;
    Ok(Begun::Now)
}

/// Asks a second person to let a file be applied as it was checked; the file stays as it is until then.
async fn ask(services: &Services, proof: &Units<AddPeople>, import: &Import, accept_good: bool) -> Result<Begun, ActError> {
    if import.state != ImportState::Checked || (import.rows_bad > 0 && !accept_good) {
        return Err(ActError::NotNow);
    }
    let payload = leaving::payload(import, accept_good);
    let act = Dangerous::DisableMany;
    Ok(Begun::Asked(approvals::ask(services, act, &import.id, &payload, &import.file_name, &proof.by).await?))
}

/// Takes an applied file back, within its time.
pub async fn undo(services: &Services, proof: &Units<AddPeople>, id: &str) -> Result<(), ActError> {
    visible(services, proof, id).await?.ok_or(ActError::NotThere)?;
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if !imports::mark_undoing(&mut tx, id, now.plus_seconds(-UNDO_SECONDS), (&asked(&proof.by), now)).await? {
        return Err(ActError::NotNow);
    }
    Ok(tx.commit().await?)
}

/// Gives a file up that was not applied.
pub async fn discard(services: &Services, proof: &Units<AddPeople>, id: &str) -> Result<(), ActError> {
    let import = visible(services, proof, id).await?.ok_or(ActError::NotThere)?;
    let mut tx = services.store.write().await?;
    if !imports::mark_discarded(&mut tx, id, services.clock.now()).await? {
        return Err(ActError::NotNow);
    }
    let detail = json!({ "import": id, "kind": import.kind.word() });
    audit::record(&mut tx, services, Event::by(&proof.by, "import.discarded", None, None, detail)).await?;
    tx.commit().await?;
    state::remove_file(services, id).await?;
    Ok(state::remove_rows(services, id).await?)
}
