//! What is fetched while a client registers: never for a stranger, never within a transaction.

use super::RegistrationError;
use super::raster::{self, MAX_BYTES, Raster};
use crate::outbound::fetch::Wanted;
use crate::protocol::client_metadata::{ClientMetadata, wrong};
use crate::service::Services;
use crate::service::sectors::{self, SectorError};

/// What the other side calls the picture only saves us from reading a page; its first bytes decide.
const PICTURE: Wanted = Wanted { most_bytes: MAX_BYTES, types: &["image/png", "image/jpeg", "image/webp", "image/gif"] };

/// A picture that was fetched and looked at.
pub(super) struct FetchedLogo {
    /// What it is.
    pub raster: Raster,
    /// Its bytes.
    pub image: Vec<u8>,
}

/// The document of a sector names every address of answers, if the client wants to join one.
pub(super) async fn check_sector(services: &Services, metadata: &ClientMetadata) -> Result<(), RegistrationError> {
    const MEMBER: &str = "sector_identifier_uri";
    let Some(address) = &metadata.messages.sector_identifier_uri else { return Ok(()) };
    let reason = match sectors::prove(services, address, &metadata.flow.redirect_uris).await {
        Ok(()) => return Ok(()),
        // Not why: the reasons would tell which inner addresses exist.
        Err(SectorError::NotFetched(_)) => "the document could not be fetched as application/json",
        Err(SectorError::NotAList) => "the document is not a JSON array of strings",
        Err(SectorError::NotListed(_)) => "the document does not list every redirect URI",
    };
    Err(wrong(MEMBER, reason).into())
}

/// The picture that the metadata name. Pages show our own copy: a person's
/// browser never calls the client before the person has agreed to anything.
pub(super) async fn logo(services: &Services, metadata: &ClientMetadata) -> Result<Option<FetchedLogo>, RegistrationError> {
    const MEMBER: &str = "logo_uri";
    let Some(address) = &metadata.about.logo_uri else { return Ok(None) };
    let fetched = services.outbound.fetch(address, PICTURE).await;
    let fetched = fetched.map_err(|_| wrong(MEMBER, "a PNG, JPEG, WebP or GIF of at most 256 KiB could not be fetched there"))?;
    let raster = raster::inspect(&fetched.bytes).map_err(|reason| wrong(MEMBER, reason))?;
    Ok(Some(FetchedLogo { raster, image: fetched.bytes }))
}
