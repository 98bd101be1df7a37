//! What happened to a person's account and what was done to it, from the records, for whoever may read them.

use super::who::{Known, Names, Who};
use crate::base::clock::Millis;
use crate::base::id::is_uuid;
use crate::model::authority::{ReadHistory, ReadPeople};
use crate::service::audit::{self, Event};
use crate::service::authority::{One, People};
use crate::service::{Failure, Services};
use crate::store::audit::{AuditRow, Place};
use crate::store::{audit as records, clients};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Entries of one page.
const PAGE: i64 = 25;

/// The events that are shown.
pub const EVENTS: [&str; 47] = [
    "sign_in.succeeded",
    "sign_in.raised",
    "sign_out",
    "client.told_of_move",
    "sign_in.failed",
    "second_factor.failed",
    "password.refused",
    "sign_in.throttled",
    "sign_in.unlocked",
    "password.changed",
    "password.set",
    "method.added",
    "method.removed",
    "recovery_codes.made",
    "recovery_code.used",
    "recovery.link_sent",
    "recovery.invited",
    "recovery.failed",
    "recovery.code_issued",
    "recovery.used",
    "account.disowned",
    "device.remembered",
    "device.forgotten",
    "entry.refused",
    "consent.given",
    "consent.withdrawn",
    "sessions.ended",
    "person.added",
    "person.edited",
    "person.edit_overtaken",
    "person.disabled",
    "person.enabled",
    "person.number_shown",
    "person.viewed",
    "position.added",
    "position.changed",
    "position.ended",
    "position.decided",
    "position.decision_removed",
    "delegation.given",
    "delegation.ended",
    "role.granted",
    "role.revoked",
    "admin_role.granted",
    "admin_role.revoked",
    "report.made",
    "report.answered",
];

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// What, as recorded.
    pub event: String,
    /// Who.
    pub by: Who,
    /// As what; empty for what people do for themselves.
    pub acting_as: String,
    /// The system that it is about, by name.
    pub system: Option<String>,
    /// From where.
    pub address: String,
    /// Which fields it changed.
    pub changed: Vec<String>,
    /// Why; may be empty.
    pub reason: String,
    /// The title of the position that it is about; may be empty.
    pub title: String,
    /// The role that it is about; may be empty.
    pub role: String,
    /// The method that it is about: `passkey`, `totp`; may be empty.
    pub method: String,
}

/// Some entries, newest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where to go on, when there is more.
    pub older: Option<String>,
}

/// One page. That somebody looked is recorded first; `readers` bounds the names that are told. A place that nobody ever
/// handed out leads to the newest entries.
pub async fn page(
    services: &Services,
    proof: &One<ReadHistory>,
    readers: Option<&People<ReadPeople>>,
    before: Option<&str>,
) -> Result<Page, Failure> {
    let person = &proof.person().id;
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(person), None, json!({ "part": "history" }))).await?;
    let place = before.and_then(read_place);
    let mut rows = {
        let mut conn = services.store.read().await?;
        records::list_of_person(&mut conn, person, &EVENTS, place.as_ref(), PAGE + 1).await?
    };
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > PAGE);
    if more {
        rows.pop();
    }
    let older = rows.last().filter(|_| more).map(|row| format!("{}.{}", row.at, row.id));
    let nobody = crate::model::authority::Extent::Units(std::collections::BTreeSet::new());
    let mut names = Names::new(services, Known::Within(readers.map_or(&nobody, People::extent)));
    let mut systems = HashMap::new();
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let by = names.of(row.actor.as_deref(), person).await?;
        let system = match row.client_id.as_deref() {
            Some(id) => Some(system(services, &mut systems, id).await?),
            None => None,
        };
        entries.push(entry(row, by, system));
    }
    Ok(Page { entries, older })
}

fn read_place(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('.')?;
    Some(Place { at: at.parse().ok()?, id: id.to_owned() }).filter(|place| is_uuid(&place.id))
}

async fn system(services: &Services, names: &mut HashMap<String, String>, id: &str) -> Result<String, Failure> {
    if let Some(name) = names.get(id) {
        return Ok(name.clone());
    }
    let found = clients::find(&mut services.store.read().await?, id).await?;
    let name = found.map_or_else(|| id.to_owned(), |client| client.name);
    names.insert(id.to_owned(), name.clone());
    Ok(name)
}

fn entry(row: AuditRow, by: Who, system: Option<String>) -> Entry {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let changed = detail["changed"].as_object().map(|changed| changed.keys().cloned().collect());
    let position = if detail["after"]["title"].is_string() { &detail["after"] } else { &detail["before"] };
    Entry {
        at: Millis(row.at),
        by,
        acting_as: text(&detail["acting_as"]),
        system,
        address: row.address.unwrap_or_default(),
        changed: changed.unwrap_or_default(),
        reason: text(&detail["reason"]),
        title: text(&position["title"]),
        role: text(&detail["role"]),
        method: text(&detail["kind"]),
        event: row.event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(event: &str, detail: &Value) -> AuditRow {
        AuditRow {
            id: "01939c2e-7c00-7000-8000-000000000000".to_owned(),
            at: 5,
            event: event.to_owned(),
            actor: Some("lan".to_owned()),
            person_id: Some("kim".to_owned()),
            client_id: None,
            address: None,
            request_id: None,
            detail: detail.to_string(),
            mac: Vec::new(),
        }
    }

    #[test]
    fn a_record_tells_what_changed_and_why() {
        let edited = json!({ "acting_as": "directory", "reason": "QĐ 5", "changed": { "email": {}, "phone": {} } });
        let edited = entry(row("person.edited", &edited), Who::Unknown, None);
        assert_eq!((edited.acting_as.as_str(), edited.reason.as_str()), ("directory", "QĐ 5"));
        assert_eq!(edited.changed, ["email", "phone"]);

        let ended = json!({ "before": { "title": "Chuyên viên" }, "after": { "title": "Chuyên viên" } });
        assert_eq!(entry(row("position.ended", &ended), Who::Unknown, None).title, "Chuyên viên");
        assert_eq!(entry(row("sign_in.failed", &json!({})), Who::Unknown, None).title, "");
    }

    #[test]
    fn only_a_place_that_a_page_hands_out_is_read() {
        let id = "01939c2e-7c00-7000-8000-000000000000";
        assert_eq!(read_place(&format!("5.{id}")), Some(Place { at: 5, id: id.to_owned() }));
        for other in ["", "5", "5.", "x.y", &format!("x.{id}"), "5.' OR 1=1"] {
            assert_eq!(read_place(other), None, "{other}");
        }
    }
}
