//! Rows of the database as entries, and back: a MAC is over the row, a digest over the entry.

use crate::base::digest::{base64url, from_base64url, same};
use crate::model::audit_entry::{Entry, Kind, Place};
use crate::service::Secrets;
use crate::service::audit::{audit_columns, grant_columns};
use crate::store::audit::AuditRow;
use crate::store::grants::GrantRow;
use serde::{Deserialize, Serialize};

/// What a sign-on to a system is called among the events.
pub const GRANT_EVENT: &str = "grant.given";

/// What a grant says beside what every entry says. In alphabetical order, so
/// that the text stays the same when it was read as any JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantDetail {
    acr: String,
    authenticated_at: i64,
    claims: Option<String>,
    code_digest: String,
    extent: Option<String>,
    methods: String,
    offline: i64,
    position: Option<String>,
    scope: String,
    sign_on: String,
    sub: String,
}

/// The entry of an audit row.
pub fn of_audit(row: &AuditRow) -> Entry {
    Entry {
        kind: Kind::Audit,
        id: row.id.clone(),
        at: row.at,
        event: row.event.clone(),
        actor: row.actor.clone(),
        person: row.person_id.clone(),
        client: row.client_id.clone(),
        address: row.address.clone(),
        request_id: row.request_id.clone(),
        detail: row.detail.clone(),
        mac: row.mac.clone(),
    }
}

/// The entry of a grant. Its revocation came later and is on record as an act.
pub fn of_grant(row: &GrantRow) -> Entry {
    let detail = GrantDetail {
        acr: row.acr.clone(),
        authenticated_at: row.authenticated_at,
        claims: row.claims.clone(),
        code_digest: base64url(&row.code_digest),
        extent: row.extent.clone(),
        methods: row.methods.clone(),
        offline: row.offline,
        position: row.position_id.clone(),
        scope: row.scope.clone(),
        sign_on: row.sign_on_id.clone(),
        sub: row.sub.clone(),
    };
    Entry {
        kind: Kind::Grant,
        id: row.id.clone(),
        at: row.issued_at,
        event: GRANT_EVENT.to_owned(),
        actor: Some(row.person_id.clone()),
        person: Some(row.person_id.clone()),
        client: Some(row.client_id.clone()),
        address: Some(row.address.clone()),
        request_id: Some(row.request_id.clone()),
        // Texts and numbers always make JSON.
        detail: serde_json::to_string(&detail).unwrap_or_default(),
        mac: row.mac.clone(),
    }
}

fn audit_row(entry: &Entry) -> AuditRow {
    AuditRow {
        id: entry.id.clone(),
        at: entry.at,
        event: entry.event.clone(),
        actor: entry.actor.clone(),
        person_id: entry.person.clone(),
        client_id: entry.client.clone(),
        address: entry.address.clone(),
        request_id: entry.request_id.clone(),
        detail: entry.detail.clone(),
        mac: entry.mac.clone(),
    }
}

fn grant_row(entry: &Entry) -> Option<GrantRow> {
    let detail: GrantDetail = serde_json::from_str(&entry.detail).ok()?;
    Some(GrantRow {
        id: entry.id.clone(),
        code_digest: from_base64url(&detail.code_digest)?,
        client_id: entry.client.clone()?,
        person_id: entry.person.clone()?,
        sign_on_id: detail.sign_on,
        position_id: detail.position,
        sub: detail.sub,
        scope: detail.scope,
        claims: detail.claims,
        extent: detail.extent,
        authenticated_at: detail.authenticated_at,
        acr: detail.acr,
        methods: detail.methods,
        issued_at: entry.at,
        address: entry.address.clone()?,
        request_id: entry.request_id.clone()?,
        offline: detail.offline,
        mac: entry.mac.clone(),
        revoked_at: None,
    })
}

/// True when a node of this installation wrote the entry, and nobody changed it since.
pub fn is_ours(secrets: &Secrets, entry: &Entry) -> bool {
    let columns = match entry.kind {
        Kind::Audit => Some(audit_columns(&audit_row(entry))),
        Kind::Grant => grant_row(entry).filter(|row| of_grant(row) == *entry).map(|row| grant_columns(&row)),
    };
    columns.is_some_and(|columns| same(&entry.mac, &secrets.record_mac(columns.as_bytes())))
}

/// The MAC of a place in the chain.
pub fn place_mac(secrets: &Secrets, place: &Place) -> Vec<u8> {
    secrets.record_mac(place.columns().as_bytes()).to_vec()
}

/// True when a node of this installation gave an entry its place.
pub fn is_in_place(secrets: &Secrets, place: &Place) -> bool {
    same(&place.mac, &place_mac(secrets, place))
}
