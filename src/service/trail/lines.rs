//! The lines of an export: a head, entries in their order, and the seals over them.
//!
//! ```text
//! {"motlan_audit":1,"key":{…},"after":SEAL or null,"range":RANGE}
//! {"seq":1,"time":"2026-11-22T01:00:00.000Z","event":"sign_in.succeeded",…,"digest":"…","link":"…"}
//! {"seal":SEAL}
//! ```
//!
//! SEAL and RANGE are compact JWS (RFC 7515). A line has exactly one form: one
//! that would be written otherwise was not written by us.

use crate::base::clock::Millis;
use crate::base::digest::{base64url, from_base64url};
use crate::model::audit_entry::{Entry, Kind, Place, read_digest, write_digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// The version of this form.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the form.
    pub motlan_audit: u32,
    /// The public key of the seals: what it is worth shows beside a copy that was kept.
    pub key: Value,
    /// The seal right before the first entry; none when that is the first of all.
    pub after: Option<String>,
    /// From where to where, signed.
    pub range: String,
}

/// A seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealLine {
    /// The signed seal.
    pub seal: String,
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryLine {
    /// Its number.
    pub seq: i64,
    /// When, for people and other programs.
    pub time: String,
    /// What.
    pub event: String,
    /// Who.
    pub actor: Option<String>,
    /// To whom.
    pub person: Option<String>,
    /// At which client.
    pub client: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The rest.
    pub detail: Value,
    /// Of which record.
    pub kind: Kind,
    /// The row's id.
    pub id: String,
    /// When, in milliseconds UTC: what the digest is over.
    pub at: i64,
    /// The row's MAC.
    pub mac: String,
    /// The row's digest.
    pub digest: String,
    /// The link.
    pub link: String,
}

impl EntryLine {
    /// The line of an entry in its place.
    pub fn of(entry: &Entry, place: &Place) -> Self {
        Self {
            seq: place.seq,
            time: time_of(entry.at),
            event: entry.event.clone(),
            actor: entry.actor.clone(),
            person: entry.person.clone(),
            client: entry.client.clone(),
            address: entry.address.clone(),
            request_id: entry.request_id.clone(),
            detail: written_detail(&entry.detail),
            kind: entry.kind,
            id: entry.id.clone(),
            at: entry.at,
            mac: base64url(&entry.mac),
            digest: write_digest(&place.digest),
            link: write_digest(&place.link),
        }
    }

    /// The entry and its place, whose MAC stays in the database; `None` when a member cannot be read.
    pub fn read(&self) -> Option<(Entry, Place)> {
        let entry = Entry {
            kind: self.kind,
            id: self.id.clone(),
            at: self.at,
            event: self.event.clone(),
            actor: self.actor.clone(),
            person: self.person.clone(),
            client: self.client.clone(),
            address: self.address.clone(),
            request_id: self.request_id.clone(),
            detail: read_detail(&self.detail),
            mac: from_base64url(&self.mac)?,
        };
        let place = Place {
            seq: self.seq,
            kind: self.kind,
            row_id: self.id.clone(),
            at: self.at,
            digest: read_digest(&self.digest)?,
            link: read_digest(&self.link)?,
            mac: Vec::new(),
        };
        // What is told twice is told alike.
        (Self::of(&entry, &place) == *self).then_some((entry, place))
    }
}

/// One line, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// The first.
    Head(Box<Head>),
    /// An entry.
    Entry(Box<EntryLine>),
    /// A seal.
    Seal(SealLine),
}

/// Reads a line that has the one form in which we write it.
pub fn read(text: &str) -> Option<Line> {
    if text.starts_with("{\"seq\":") {
        exactly(text).map(|line| Line::Entry(Box::new(line)))
    } else if text.starts_with("{\"seal\":") {
        exactly(text).map(Line::Seal)
    } else {
        exactly(text).map(|line| Line::Head(Box::new(line)))
    }
}

fn exactly<T: Serialize + DeserializeOwned>(text: &str) -> Option<T> {
    let line: T = serde_json::from_str(text).ok()?;
    (serde_json::to_string(&line).ok()? == text).then_some(line)
}

/// The details as a document where that can be read back to the very text, and as the text where it cannot.
pub fn written_detail(text: &str) -> Value {
    let document = serde_json::from_str::<Value>(text).ok().filter(|document| !document.is_string());
    let read_back = document.as_ref().map(Value::to_string);
    let document = document.filter(|_| read_back.as_deref() == Some(text));
    document.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn read_detail(written: &Value) -> String {
    match written {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => written.to_string(),
    }
}

/// `2026-11-22T01:00:00.000Z` (RFC 3339).
pub fn time_of(at: i64) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .ok()
        .and_then(|moment| moment.format(form).ok())
        .unwrap_or_else(|| at.to_string())
}

/// When a day begins in Vietnam, which keeps UTC+7 all year.
pub fn start_of(day: Date) -> Millis {
    Millis((day.midnight().assume_utc().unix_timestamp() - 7 * 3_600) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::vietnam_date;
    use serde_json::json;
    use time::macros::date;

    fn line() -> EntryLine {
        let entry = Entry {
            kind: Kind::Audit,
            id: "1".to_owned(),
            at: 1_795_309_200_007,
            event: "sign_in.failed".to_owned(),
            actor: None,
            person: Some("p".to_owned()),
            client: None,
            address: Some("203.0.113.7".to_owned()),
            request_id: None,
            detail: json!({"reason": "mật khẩu"}).to_string(),
            mac: vec![7; 32],
        };
        let place = Place {
            seq: 5,
            kind: Kind::Audit,
            row_id: "1".to_owned(),
            at: entry.at,
            digest: entry.digest(),
            link: [1; 32],
            mac: vec![8; 32],
        };
        EntryLine::of(&entry, &place)
    }

    #[test]
    fn a_line_is_read_back_as_it_was_written_and_in_no_other_form() {
        let text = serde_json::to_string(&line()).expect("a line");
        let Some(Line::Entry(read_back)) = read(&text) else { panic!("{text}") };
        assert_eq!(*read_back, line());
        assert!(text.contains(r#""time":"2026-11-22T01:00:00.007Z""#) && text.contains(r#""reason":"mật khẩu""#));

        let (entry, place) = read_back.read().expect("an entry");
        assert_eq!((entry.digest(), place.seq), (place.digest, 5));
        for (from, to) in [
            ("\"seq\":5", "\"seq\": 5"),
            ("\"seq\":5", "\"seq\":5,\"seq\":5"),
            ("\"seq\":5", "\"seq\":5,\"more\":1"),
            ("mật", "m\\u1eadt"),
            ("{\"reason\":", "{\"reason\":1,\"reason\":"),
        ] {
            assert_eq!(read(&text.replacen(from, to, 1)), None, "{to}");
        }
        let Some(Line::Entry(other)) = read(&text.replacen(".007Z", ".008Z", 1)) else { panic!("a line") };
        assert!(other.read().is_none(), "a time that is not the moment");
    }

    #[test]
    fn details_that_are_no_document_of_ours_are_told_as_text() {
        for (text, is_text) in [
            ("{\"a\":1}", false),
            ("{ \"a\":1}", true),
            ("\"a\"", true),
            ("", true),
            ("1.0", false),
            ("1e2", true),
            ("[]", false),
        ] {
            let written = written_detail(text);
            assert_eq!(written.is_string(), is_text, "{text}");
            assert_eq!(read_detail(&written), text);
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_vietnam() {
        let start = start_of(date!(2026 - 11 - 01));
        assert_eq!(time_of(start.0), "2026-10-31T17:00:00.000Z");
        assert_eq!(vietnam_date(start), date!(2026 - 11 - 01));
        assert_eq!(vietnam_date(Millis(start.0 - 1)), date!(2026 - 10 - 31));
    }
}
