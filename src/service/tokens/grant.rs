//! The grant that tokens rest on, and the row that records it.

use crate::base::clock::Millis;
use crate::base::id::GrantId;
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::service::{Failure, Origin, Services, audit, old_subjects};
use crate::store::StoreError;
use crate::store::grants::GrantRow;
use crate::transient::authorization_codes::CodeData;

/// What an authorization gave to a client.
pub async fn of(services: &Services, client: &Client, data: &CodeData, now: Millis) -> Result<Grant, Failure> {
    let called = old_subjects::of(services, client, &data.person).await?;
    old_subjects::note(services, client, &data.person, &called);
    Ok(Grant {
        id: GrantId::new(now, services.entropy.as_ref()),
        client_id: client.id.clone(),
        person: data.person.clone(),
        sign_on: data.sign_on.clone(),
        position: data.position.clone(),
        sub: called.sub.clone(),
        scopes: data.scopes.clone(),
        claims: data.claims.clone(),
        extent: data.extent.clone(),
        authenticated_at: data.authenticated_at,
        acr: data.acr.clone(),
        methods: data.methods.clone(),
        issued_at: now,
        // What came through an old system ends with the sign-on, and the sign-on with that system.
        offline: !data.limited && data.scopes.contains("offline_access"),
        revoked_at: None,
    })
}

/// The row that records it, with its MAC.
pub fn row_of(services: &Services, grant: &Grant, code_digest: &[u8], origin: &Origin) -> Result<GrantRow, StoreError> {
    let mut row = GrantRow::new(grant, code_digest, &origin.address, &origin.request_id)?;
    row.mac = audit::grant_mac(services, &row);
    Ok(row)
}
