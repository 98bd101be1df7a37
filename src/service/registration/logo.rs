//! The picture of a client, as it is shown on pages.

use crate::model::client::is_client_id;
use crate::service::{Failure, Services};
use crate::store::client_logos;

/// Where the picture of a client is served from, when it has one.
pub fn path(client_id: &str) -> String {
    format!("/clients/{client_id}/logo")
}

/// The media type and the bytes of a client's picture.
pub async fn find(services: &Services, client_id: &str) -> Result<Option<(String, Vec<u8>)>, Failure> {
    if !is_client_id(client_id) || services.client(client_id).await?.is_none() {
        return Ok(None);
    }
    Ok(client_logos::find(&mut services.store.read().await?, client_id).await?)
}
