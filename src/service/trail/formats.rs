//! Entries for other programs: spreadsheets (CSV) and collectors of security
//! events (CEF, ArcSight Common Event Format 0). Neither can be verified; JSON
//! lines can.

use super::lines::time_of;
use crate::base::csv;
use crate::model::audit_entry::Entry;
use std::fmt::Write as _;
use std::net::IpAddr;

const COLUMNS: [&str; 11] =
    ["seq", "time", "event", "actor", "person", "client", "address", "request_id", "detail", "kind", "id"];

/// What a CSV file begins with.
pub fn csv_head() -> String {
    format!("{}{}", csv::BOM, csv::line(&COLUMNS))
}

/// A line of CSV with its end.
pub fn csv_line(seq: i64, entry: &Entry) -> String {
    let cells = [
        seq.to_string(),
        time_of(entry.at),
        entry.event.clone(),
        entry.actor.clone().unwrap_or_default(),
        entry.person.clone().unwrap_or_default(),
        entry.client.clone().unwrap_or_default(),
        entry.address.clone().unwrap_or_default(),
        entry.request_id.clone().unwrap_or_default(),
        entry.detail.clone(),
        entry.kind.as_str().to_owned(),
        entry.id.clone(),
    ];
    csv::line(&cells.each_ref().map(String::as_str))
}

/// A line of CEF with its end.
pub fn cef_line(seq: i64, entry: &Entry) -> String {
    let mut line = format!(
        "CEF:0|motlan|motlan|{}|{}|{}|{}|",
        env!("CARGO_PKG_VERSION"),
        in_head(&entry.event),
        in_head(&entry.event),
        severity(&entry.event)
    );
    let _ = write!(line, "rt={} externalId={} cn1Label=seq cn1={seq}", entry.at, in_member(&entry.id));
    let mut member = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(line, " {name}={}", in_member(value));
        }
    };
    member("suid", entry.actor.as_deref());
    member("duid", entry.person.as_deref());
    member("destinationServiceName", entry.client.as_deref());
    // An address is one; a word for the place where somebody sat is a host.
    let address = entry.address.as_deref();
    let source = if address.is_some_and(|address| address.parse::<IpAddr>().is_ok()) { "src" } else { "shost" };
    member(source, address);
    if entry.request_id.as_deref().is_some_and(|id| !id.is_empty()) {
        member("cs1Label", Some("request_id"));
        member("cs1", entry.request_id.as_deref());
    }
    member("msg", Some(&entry.detail));
    line.push('\n');
    line
}

/// How much an event matters, from 0 to 10.
fn severity(event: &str) -> u8 {
    let last = event.rsplit('.').next().unwrap_or(event);
    match last {
        "alarm" | "reused" | "disowned" => 8,
        "throttled" | "revoked" | "disabled" | "undelivered" => 6,
        "failed" => 5,
        _ => 3,
    }
}

fn in_head(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\r', '\n'], " ")
}

fn in_member(text: &str) -> String {
    text.replace('\\', "\\\\").replace('=', "\\=").replace('\r', "\\r").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audit_entry::Kind;

    fn entry() -> Entry {
        Entry {
            kind: Kind::Audit,
            id: "1".to_owned(),
            at: 1_795_309_200_000,
            event: "sign_in.failed".to_owned(),
            actor: Some("=cmd".to_owned()),
            person: None,
            client: Some("a|b".to_owned()),
            address: Some("203.0.113.7".to_owned()),
            request_id: Some("r1".to_owned()),
            detail: "{\"a\":\"x=y\\\\\n\"}".to_owned(),
            mac: Vec::new(),
        }
    }

    #[test]
    fn what_an_entry_says_breaks_out_of_no_member() {
        let line = cef_line(7, &entry());

        let expected = format!(
            "CEF:0|motlan|motlan|{}|sign_in.failed|sign_in.failed|5|rt=1795309200000 externalId=1 cn1Label=seq cn1=7 \
             suid=\\=cmd destinationServiceName=a|b src=203.0.113.7 cs1Label=request_id cs1=r1 msg={}\n",
            env!("CARGO_PKG_VERSION"),
            "{\"a\":\"x\\=y\\\\\\\\\\n\"}"
        );
        assert_eq!(line, expected);
        let elsewhere = Entry { address: Some("command-line".to_owned()), ..entry() };
        assert!(cef_line(7, &elsewhere).contains(" shost=command-line "));
        assert_eq!(in_head("a|b\\c\nd"), "a\\|b\\\\c d");
    }

    #[test]
    fn a_cell_is_no_formula() {
        let line = csv_line(7, &entry());

        assert!(line.starts_with("\"7\",\"2026-11-22T01:00:00.000Z\",\"sign_in.failed\",\"'=cmd\","), "{line}");
        assert_eq!(csv_head().matches(',').count(), 10);
    }
}
