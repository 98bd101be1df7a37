//! Audit: an act and its row are one transaction. People appear by id only.

use super::{Origin, Services};
use crate::base::id::{PersonId, uuid_v7};
use crate::store::audit::{self, AuditRow};
use crate::store::{AsEx, StoreError};
use serde_json::Value;

/// What happened.
pub struct Event<'a> {
    /// Dotted name, such as `sign_in.succeeded`.
    pub event: &'static str,
    /// Who did it: a person's id, a client, or `os:NAME` at the command line.
    pub actor: String,
    /// To whom.
    pub person: Option<&'a PersonId>,
    /// At which client.
    pub client: Option<&'a str>,
    /// From where.
    pub origin: &'a Origin,
    /// The rest. Never a password, token, code, cookie or whole personal number.
    pub detail: Value,
}

/// Appends the row of an act to the act's own transaction.
pub async fn record(tx: &mut impl AsEx, services: &Services, event: Event<'_>) -> Result<(), StoreError> {
    let now = services.clock.now();
    let mut row = AuditRow {
        id: uuid_v7(now, services.entropy.as_ref()),
        at: now.0,
        event: event.event.to_owned(),
        actor: Some(event.actor),
        person_id: event.person.map(|person| person.0.clone()),
        client_id: event.client.map(str::to_owned),
        address: Some(event.origin.address.clone()),
        request_id: Some(event.origin.request_id.clone()),
        detail: event.detail.to_string(),
        mac: Vec::new(),
    };
    row.mac = mac(services, &row);
    audit::add(tx, &row).await
}

/// The keyed hash over every field of a row, lengths included so that fields cannot flow into each other.
pub fn mac(services: &Services, row: &AuditRow) -> Vec<u8> {
    let at = row.at.to_string();
    let fields = [
        Some(row.id.as_str()),
        Some(at.as_str()),
        Some(row.event.as_str()),
        row.actor.as_deref(),
        row.person_id.as_deref(),
        row.client_id.as_deref(),
        row.address.as_deref(),
        row.request_id.as_deref(),
        Some(row.detail.as_str()),
    ];
    mac_of(services, &fields)
}

/// The keyed hash over some fields.
pub fn mac_of(services: &Services, fields: &[Option<&str>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    for field in fields {
        let text = field.unwrap_or_default();
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    services.secrets.record_mac(&bytes).to_vec()
}
