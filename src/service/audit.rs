//! Audit: an act and its row are one transaction. People appear by id only.
//!
//! Each row carries a MAC over every column that never changes, so that a row
//! which another hand wrote or altered is found.

use super::authority::Doer;
use super::{Failure, Origin, Services};
use crate::base::digest::same;
use crate::base::id::{PersonId, uuid_v7};
use crate::model::audit_entry::Columns;
use crate::store::audit::{self, AuditRow};
use crate::store::grants::GrantRow;
use crate::store::{AsEx, StoreError};
use crate::transient::attempts;
use serde_json::Value;

const MINUTE_MS: i64 = 60_000;

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

impl<'a> Event<'a> {
    /// What an administrator did, and as what.
    pub fn by(doer: &'a Doer, event: &'static str, person: Option<&'a PersonId>, client: Option<&'a str>, detail: Value) -> Self {
        let mut detail = detail;
        if let Some(members) = detail.as_object_mut() {
            members.insert("acting_as".to_owned(), Value::String(doer.acting_as.clone()));
        }
        Self { event, actor: doer.person.0.clone(), person, client, origin: &doer.origin, detail }
    }
}

/// Records that somebody looked at something sensitive, before it is shown. Many who look at once share a commit.
pub async fn looked(services: &Services, event: Event<'_>) -> Result<(), Failure> {
    Ok(services.writer.record(row(services, event)).await?)
}

/// The row of an act, with its MAC.
pub fn row(services: &Services, event: Event<'_>) -> AuditRow {
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
    row
}

/// Appends the row of an act to the act's own transaction.
pub async fn record(tx: &mut impl AsEx, services: &Services, event: Event<'_>) -> Result<(), StoreError> {
    audit::add(tx, &row(services, event)).await
}

/// Records what anybody can cause as often as they like: one row a minute for
/// each event and name, so that nobody floods the records.
pub async fn record_once_a_minute(services: &Services, name: &str, event: Event<'_>) -> Result<(), Failure> {
    let (count, _) = attempts::add(&services.transient, event.event, name, MINUTE_MS, services.clock.now()).await?;
    if count > 1 {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    record(&mut tx, services, event).await?;
    Ok(tx.commit().await?)
}

/// Whom an address stands for when callers are counted: an IPv6 caller owns a
/// whole /64, an IPv4 address stands for itself.
pub fn network_of(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

/// True when a node of this installation wrote the row, and nobody changed it since.
pub fn verify(services: &Services, row: &AuditRow) -> bool {
    same(&row.mac, &mac(services, row))
}

/// The same of a grant, which is the record of the sign-on that it came from.
/// Its revocation comes later and is not part of it.
pub fn verify_grant(services: &Services, row: &GrantRow) -> bool {
    same(&row.mac, &grant_mac(services, row))
}

fn mac(services: &Services, row: &AuditRow) -> Vec<u8> {
    services.secrets.record_mac(audit_columns(row).as_bytes()).to_vec()
}

/// What the MAC of an audit row is over.
pub fn audit_columns(row: &AuditRow) -> Columns {
    // Each column by its name: a new one does not compile until it is decided on.
    let AuditRow { id, at, event, actor, person_id, client_id, address, request_id, detail, mac: _ } = row;
    Columns::of("audit 1")
        .text(id)
        .number(*at)
        .text(event)
        .perhaps(actor.as_deref())
        .perhaps(person_id.as_deref())
        .perhaps(client_id.as_deref())
        .perhaps(address.as_deref())
        .perhaps(request_id.as_deref())
        .text(detail)
}

/// The MAC of a grant.
pub fn grant_mac(services: &Services, row: &GrantRow) -> Vec<u8> {
    services.secrets.record_mac(grant_columns(row).as_bytes()).to_vec()
}

/// What it is over: every column that never changes.
pub fn grant_columns(row: &GrantRow) -> Columns {
    let GrantRow {
        id,
        code_digest,
        client_id,
        person_id,
        sign_on_id,
        position_id,
        sub,
        scope,
        claims,
        extent,
        authenticated_at,
        acr,
        methods,
        issued_at,
        address,
        request_id,
        offline,
        mac: _,
        revoked_at: _,
    } = row;
    Columns::of("grant 1")
        .text(id)
        .bytes(code_digest)
        .text(client_id)
        .text(person_id)
        .text(sign_on_id)
        .perhaps(position_id.as_deref())
        .text(sub)
        .text(scope)
        .perhaps(claims.as_deref())
        .perhaps(extent.as_deref())
        .number(*authenticated_at)
        .text(acr)
        .text(methods)
        .number(*issued_at)
        .text(address)
        .text(request_id)
        .number(*offline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_caller_is_its_whole_network() {
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
        assert_ne!(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
        assert_eq!(network_of("203.0.113.7"), "203.0.113.7");
    }
}
