//! What happened to a person's account, from the records: sign-ins and failed
//! ones, changes of methods, ways back, agreements.
//!
//! The records hold no device: an entry tells when, what, how and from which
//! address. What is not about signing in stays out.

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::service::{Failure, Services};
use crate::store::audit::{self, AuditRow, Place};
use crate::store::{Conn, StoreError, clients};
use serde_json::Value;
use std::collections::HashMap;

/// Entries of one page.
const PAGE: i64 = 20;
/// Rows of one look when all are read.
const AT_ONCE: i64 = 500;
/// The most that an export holds: many years of sign-ins.
pub const MOST: usize = 10_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Signed in.
    SignedIn,
    /// Proved again who they are, in a browser that was signed on.
    SignedInAgain,
    /// Gave a further factor.
    Raised,
    /// A sign-on ended by hand.
    SignedOut,
    /// A wrong password, or a passkey that does not count.
    Failed,
    /// A wrong code.
    CodeFailed,
    /// The present password was asked for and a wrong one came.
    PasswordRefused,
    /// So many failures that nobody was let in for a while.
    Throttled,
    /// Another password, by the person.
    PasswordChanged,
    /// Another password, by somebody else.
    PasswordSet,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An authenticator app was added.
    AppAdded,
    /// An authenticator app was removed.
    AppRemoved,
    /// A new sheet of recovery codes.
    CodesMade,
    /// One of its codes was used.
    CodeUsed,
    /// A link to come back by was asked for and sent.
    LinkSent,
    /// An administrator made a link to come in by.
    Invited,
    /// A code beside such a link, or an administrator's code, was wrong.
    RecoveryFailed,
    /// An administrator made a one-time code for the person.
    RecoveryIssued,
    /// The person made a one-time code for somebody else.
    HelpGiven,
    /// That code was used.
    HelpUsed,
    /// The person came back by a link or a one-time code.
    Recovered,
    /// The person said that something was not them.
    Disowned,
    /// A device was remembered.
    DeviceRemembered,
    /// A device was forgotten.
    DeviceForgotten,
    /// Agreed to share with a system.
    ConsentGiven,
    /// Took that back.
    ConsentWithdrawn,
    /// The account was locked.
    Disabled,
    /// The account was opened again.
    Enabled,
}

/// What an event is called, by its detail and by who did it.
type Reading = fn(&Value, By) -> Option<Act>;

/// Each event that is shown, and what it is called here; the detail parts some in two.
const EVENTS: [(&str, Reading); 25] = [
    ("sign_in.succeeded", |detail, _| Some(if detail["again"] == true { Act::SignedInAgain } else { Act::SignedIn })),
    ("sign_in.raised", |_, _| Some(Act::Raised)),
    ("sign_out", |_, _| Some(Act::SignedOut)),
    ("sign_in.failed", |_, _| Some(Act::Failed)),
    ("second_factor.failed", |_, _| Some(Act::CodeFailed)),
    ("password.refused", |_, _| Some(Act::PasswordRefused)),
    ("sign_in.throttled", |_, _| Some(Act::Throttled)),
    ("password.changed", |_, _| Some(Act::PasswordChanged)),
    ("password.set", |_, _| Some(Act::PasswordSet)),
    ("method.added", |detail, _| method(detail, Act::PasskeyAdded, Act::AppAdded)),
    ("method.removed", |detail, _| method(detail, Act::PasskeyRemoved, Act::AppRemoved)),
    ("recovery_codes.made", |_, _| Some(Act::CodesMade)),
    ("recovery_code.used", |_, _| Some(Act::CodeUsed)),
    ("recovery.link_sent", |_, _| Some(Act::LinkSent)),
    ("recovery.invited", |_, _| Some(Act::Invited)),
    ("recovery.failed", |_, _| Some(Act::RecoveryFailed)),
    // Whoever helped has a record of it too.
    ("recovery.code_issued", |_, by| Some(if by == By::Oneself { Act::HelpGiven } else { Act::RecoveryIssued })),
    ("recovery.used", |detail, _| Some(if detail["with"].is_string() { Act::HelpUsed } else { Act::Recovered })),
    ("account.disowned", |_, _| Some(Act::Disowned)),
    ("device.remembered", |_, _| Some(Act::DeviceRemembered)),
    ("device.forgotten", |_, _| Some(Act::DeviceForgotten)),
    ("consent.given", |_, _| Some(Act::ConsentGiven)),
    ("consent.withdrawn", |_, _| Some(Act::ConsentWithdrawn)),
    ("person.disabled", |_, _| Some(Act::Disabled)),
    ("person.enabled", |_, _| Some(Act::Enabled)),
];

fn method(detail: &Value, passkey: Act, app: Act) -> Option<Act> {
    match detail["kind"].as_str() {
        Some("passkey") => Some(passkey),
        Some("totp") => Some(app),
        _ => None,
    }
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The person.
    Oneself,
    /// Somebody who looks after accounts.
    Administrator,
    /// Whoever typed the name.
    Unknown,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Millis,
    /// What.
    pub act: Act,
    /// By whom.
    pub by: By,
    /// How they proved who they are (RFC 8176), space-separated; empty where that says nothing.
    pub methods: String,
    /// The system that it is about, by name.
    pub system: Option<String>,
    /// From where; empty for what others did, whose whereabouts are their own.
    pub address: String,
}

/// Some entries, newest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where to go on, when there is more.
    pub older: Option<String>,
}

/// One page. A place that nobody ever handed out leads to the newest entries.
pub async fn page(services: &Services, person: &PersonId, before: Option<&str>) -> Result<Page, Failure> {
    let mut conn = services.store.read().await?;
    let place = before.and_then(read_place);
    let mut rows = audit::list_of_person(&mut conn, person, &events(), place.as_ref(), PAGE + 1).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count > PAGE);
    if more {
        rows.pop();
    }
    let older = rows.last().filter(|_| more).map(|row| format!("{}.{}", row.at, row.id));
    let entries = entries(&mut conn, &mut HashMap::new(), rows).await?;
    Ok(Page { entries, older })
}

/// All of them, newest first, up to [`MOST`].
pub async fn all(services: &Services, person: &PersonId) -> Result<Vec<Entry>, Failure> {
    let mut conn = services.store.read().await?;
    let (mut all, mut names, mut place) = (Vec::new(), HashMap::new(), None);
    while all.len() < MOST {
        let rows = audit::list_of_person(&mut conn, person, &events(), place.as_ref(), AT_ONCE).await?;
        let Some(last) = rows.last() else { break };
        place = Some(Place { at: last.at, id: last.id.clone() });
        all.extend(entries(&mut conn, &mut names, rows).await?);
    }
    all.truncate(MOST);
    Ok(all)
}

fn events() -> Vec<&'static str> {
    EVENTS.iter().map(|(event, _)| *event).collect()
}

fn read_place(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('.')?;
    Some(Place { at: at.parse().ok()?, id: id.to_owned() }).filter(|place| crate::base::id::is_uuid(&place.id))
}

async fn entries(conn: &mut Conn, names: &mut HashMap<String, String>, rows: Vec<AuditRow>) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        let system = match row.client_id.as_deref() {
            Some(id) => Some(name_of(conn, names, id).await?),
            None => None,
        };
        entries.extend(entry(row, system));
    }
    Ok(entries)
}

async fn name_of(conn: &mut Conn, names: &mut HashMap<String, String>, id: &str) -> Result<String, StoreError> {
    if let Some(name) = names.get(id) {
        return Ok(name.clone());
    }
    let name = clients::find(conn, id).await?.map_or_else(|| id.to_owned(), |client| client.name);
    names.insert(id.to_owned(), name.clone());
    Ok(name)
}

fn entry(row: AuditRow, system: Option<String>) -> Option<Entry> {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let (_, act_of) = EVENTS.iter().find(|(event, _)| *event == row.event)?;
    let by = match row.actor.as_deref() {
        None | Some("") => By::Unknown,
        actor if actor == row.person_id.as_deref() => By::Oneself,
        Some(_) => By::Administrator,
    };
    Some(Entry {
        at: Millis(row.at),
        act: act_of(&detail, by)?,
        by,
        methods: detail["methods"].as_str().unwrap_or_default().to_owned(),
        system,
        address: row.address.filter(|_| by != By::Administrator).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(event: &str, actor: &str, detail: &Value) -> AuditRow {
        AuditRow {
            id: "a".to_owned(),
            at: 1,
            event: event.to_owned(),
            actor: Some(actor.to_owned()),
            person_id: Some("kim".to_owned()),
            client_id: None,
            address: Some("203.0.113.7".to_owned()),
            request_id: None,
            detail: detail.to_string(),
            mac: Vec::new(),
        }
    }

    #[test]
    fn a_record_becomes_a_line_that_its_person_understands() {
        let table = [
            ("sign_in.succeeded", "kim", json!({ "methods": "pwd", "again": false }), Some((Act::SignedIn, By::Oneself))),
            ("sign_in.succeeded", "kim", json!({ "methods": "pwd", "again": true }), Some((Act::SignedInAgain, By::Oneself))),
            ("sign_in.failed", "", json!({}), Some((Act::Failed, By::Unknown))),
            ("password.set", "os:root", json!({}), Some((Act::PasswordSet, By::Administrator))),
            ("method.added", "kim", json!({ "kind": "totp" }), Some((Act::AppAdded, By::Oneself))),
            ("method.removed", "kim", json!({ "kind": "passkey" }), Some((Act::PasskeyRemoved, By::Oneself))),
            ("method.removed", "kim", json!({ "kind": "something new" }), None),
            ("recovery.code_issued", "admin", json!({ "with": "admin" }), Some((Act::RecoveryIssued, By::Administrator))),
            ("recovery.code_issued", "kim", json!({ "with": "minh" }), Some((Act::HelpGiven, By::Oneself))),
            ("recovery.used", "kim", json!({ "kind": "code" }), Some((Act::Recovered, By::Oneself))),
            ("recovery.used", "minh", json!({ "with": "minh" }), Some((Act::HelpUsed, By::Administrator))),
            ("token.refreshed", "kim", json!({}), None),
        ];
        for (event, actor, detail, expected) in table {
            let found = entry(row(event, actor, &detail), None).map(|entry| (entry.act, entry.by));
            assert_eq!(found, expected, "{event} {detail}");
        }
    }

    #[test]
    fn only_a_place_that_a_page_hands_out_is_read() {
        let id = "01939c2e-7c00-7000-8000-000000000000";
        assert_eq!(read_place(&format!("5.{id}")), Some(Place { at: 5, id: id.to_owned() }));
        for other in ["", "5", "5.", "x.y", &format!("x.{id}"), &format!("{id}.5"), "5.' OR 1=1"] {
            assert_eq!(read_place(other), None, "{other}");
        }
    }
}
