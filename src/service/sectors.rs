//! Who may join a sector (OpenID Connect Core §8.1, OpenID Connect Dynamic
//! Client Registration 1.0 §5), asked wherever clients are registered.

use super::Services;
use crate::outbound::fetch::{FetchError, Wanted};

/// Why a client does not join a sector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SectorError {
    /// There is no document.
    #[error(transparent)]
    NotFetched(#[from] FetchError),
    /// It is something else than addresses.
    #[error("the document of a sector is a JSON array of addresses")]
    NotAList,
    /// An address of the client's is missing in it.
    #[error("the document does not list {0}")]
    NotListed(String),
}

/// Fetches the document of a sector and holds it against the redirect URIs of a
/// client that wants to call people as others there do: it lists every one of
/// them, or the client could learn what others call people.
///
/// Never called while a unit of work is open: the other side takes its time.
pub async fn prove(services: &Services, document: &str, redirect_uris: &[String]) -> Result<(), SectorError> {
    let fetched = services.outbound.fetch(document, Wanted::SECTOR).await?;
    let listed: Vec<String> = serde_json::from_slice(&fetched.bytes).map_err(|_| SectorError::NotAList)?;
    match redirect_uris.iter().find(|address| !listed.contains(address)) {
        Some(missing) => Err(SectorError::NotListed(missing.clone())),
        None => Ok(()),
    }
}
