//! Searching the records. That somebody searched is on record before they see anything.
//!
//! A search has days, and never more than a bound of them; it goes back page by page from the newest entry. People are
//! asked for by id: who typed a user name has it looked up first, so that the record of a search holds no name.

use super::lines::start_of;
use super::rows::{GRANT_EVENT, of_audit, of_grant};
use super::told::{masked, masked_detail};
use crate::base::date::iso;
use crate::base::id::{PersonId, is_uuid};
use crate::base::text::fold;
use crate::model::audit_entry::{Entry, Kind};
use crate::model::authority::ReadAudit;
use crate::model::client::is_client_id;
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::audit_search::{self, Wanted};
use crate::store::{AsEx, StoreError, clients, persons};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::net::IpAddr;
use time::{Date, Duration};

/// Entries of one page.
pub const PAGE: usize = 50;
/// Days that are searched when nobody says which.
pub const USUAL_DAYS: i64 = 31;
/// Days of a search that an index narrows to few entries.
pub const MOST_DAYS: i64 = 400;
/// Days of any other search, and of a list that is taken away.
pub const MOST_DAYS_OF_ALL: i64 = 92;
/// Words of addresses that are none.
const PLACES: [&str; 2] = ["command-line", "unknown"];

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFilter {
    /// One.
    Word(String),
    /// All that begin with a word and a dot.
    Family(String),
}

impl EventFilter {
    /// Reads `sign_in.failed` or `sign_in.*`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_word = |word: &str| {
            (1..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.')
        };
        match text.strip_suffix(".*") {
            Some(family) => is_word(family).then(|| Self::Family(family.to_owned())),
            None => is_word(text).then(|| Self::Word(text.to_owned())),
        }
    }

    /// As it is read.
    pub fn written(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Family(family) => format!("{family}.*"),
        }
    }

    fn holds(&self, event: &str) -> bool {
        match self {
            Self::Word(word) => event == word,
            Self::Family(family) => event.strip_prefix(family.as_str()).is_some_and(|rest| rest.starts_with('.')),
        }
    }
}

/// A place in the list: what lies before it is older.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The moment of an entry.
    pub at: i64,
    /// Its id.
    pub id: String,
}

impl Mark {
    /// Reads [`Mark::written`] back.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let at = at.parse().ok()?;
        is_uuid(id).then(|| Self { at, id: id.to_owned() })
    }

    /// As an address carries it.
    pub fn written(&self) -> String {
        format!("{}.{}", self.at, self.id)
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Who did it: a person's id, a client, or `os:NAME`.
    pub actor: Option<String>,
    /// To whom.
    pub person: Option<PersonId>,
    /// At which client.
    pub client: Option<String>,
    /// Which events.
    pub event: Option<EventFilter>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request: Option<String>,
    /// The first day.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// Only what is older.
    pub before: Option<Mark>,
}

impl Query {
    /// Everything of some days.
    pub fn of_days(from: Date, to: Date) -> Self {
        Self { actor: None, person: None, client: None, event: None, address: None, request: None, from, to, before: None }
    }

    /// Whether its days come in their order, and are no more than a search may have.
    pub fn fits(&self) -> bool {
        let narrow = self.actor.is_some() || self.person.is_some() || self.client.is_some() || self.event.is_some();
        self.fits_in(if narrow { MOST_DAYS } else { MOST_DAYS_OF_ALL })
    }

    /// The same of a number of days.
    pub fn fits_in(&self, days: i64) -> bool {
        self.from <= self.to && (self.to - self.from).whole_days() < days
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            actor: self.actor.clone(),
            person: self.person.as_ref().map(|person| person.0.clone()),
            client: self.client.clone(),
            address: self.address.clone(),
            request: self.request.clone(),
            from: start_of(self.from).0,
            to: start_of(self.to.checked_add(Duration::DAY).unwrap_or(self.to)).0,
            before: self.before.as_ref().map(|mark| (mark.at, mark.id.clone())),
        }
    }

    /// What is kept of it: whom and what it is about stands in the columns of the record.
    pub(super) fn detail(&self) -> Value {
        let mut detail = Map::new();
        let texts = [
            ("actor", self.actor.clone()),
            ("event", self.event.as_ref().map(EventFilter::written)),
            ("address", self.address.clone()),
            ("request", self.request.clone()),
            ("from", Some(iso(self.from))),
            ("to", Some(iso(self.to))),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                detail.insert(name.to_owned(), Value::String(text));
            }
        }
        if let Some(mark) = &self.before {
            detail.insert("older_than".to_owned(), json!(mark.at));
        }
        Value::Object(detail)
    }
}

/// An entry, for people who read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The entry, with masked details.
    pub entry: Entry,
    /// Its number in the chain, once it has one.
    pub seq: Option<i64>,
}

/// Some entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// Newest first.
    pub lines: Vec<Line>,
    /// Where older ones begin.
    pub older: Option<Mark>,
}

/// The words of events that a query asks for, and whether grants are among them.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// None: all of them.
    audit: Option<Vec<String>>,
    grants: bool,
}

impl Words {
    pub(super) async fn of(conn: &mut impl AsEx, filter: Option<&EventFilter>) -> Result<Self, StoreError> {
        let grants = filter.is_none_or(|filter| filter.holds(GRANT_EVENT));
        let audit = match filter {
            None => None,
            Some(EventFilter::Word(word)) => Some(vec![word.clone()]),
            Some(family @ EventFilter::Family(_)) => {
                let all = audit_search::events(conn).await?;
                Some(all.into_iter().filter(|event| family.holds(event)).collect())
            }
        };
        Ok(Self { audit, grants })
    }
}

/// The newest entries that a query asks for: each event is read from its own end of the index.
pub(super) async fn newest(conn: &mut impl AsEx, wanted: &Wanted, words: &Words, most: usize) -> Result<Vec<Entry>, StoreError> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found: Vec<Entry> = Vec::new();
    match &words.audit {
        None => found.extend(audit_search::audit_rows(conn, wanted, None, limit).await?.iter().map(of_audit)),
        Some(events) => {
            for event in events {
                found.extend(audit_search::audit_rows(conn, wanted, Some(event), limit).await?.iter().map(of_audit));
            }
        }
    }
    if words.grants {
        found.extend(audit_search::grant_rows(conn, wanted, limit).await?.iter().map(of_grant));
    }
    found.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    found.truncate(most);
    Ok(found)
}

/// Entries with their numbers, as they leave the house.
pub(super) async fn numbered(conn: &mut impl AsEx, entries: Vec<Entry>) -> Result<Vec<Line>, StoreError> {
    let mut numbers: HashMap<(Kind, String), i64> = HashMap::with_capacity(entries.len());
    for kind in [Kind::Audit, Kind::Grant] {
        let ids: Vec<String> = entries.iter().filter(|entry| entry.kind == kind).map(|entry| entry.id.clone()).collect();
        let places = audit_search::places_of(conn, kind.as_str(), &ids).await?;
        numbers.extend(places.into_iter().map(|place| ((kind, place.row_id), place.seq)));
    }
    let line = |entry: Entry| Line { seq: numbers.get(&(entry.kind, entry.id.clone())).copied(), entry: shown(entry) };
    Ok(entries.into_iter().map(line).collect())
}

/// An entry as people see it.
pub(super) fn shown(entry: Entry) -> Entry {
    Entry { detail: masked_detail(&entry.detail), actor: entry.actor.as_deref().map(masked), ..entry }
}

/// Searches, once that is on record.
pub async fn search(services: &Services, proof: &City<ReadAudit>, query: &Query) -> Result<Lines, Failure> {
    let searched = Event::by(&proof.by, "audit.searched", query.person.as_ref(), query.client.as_deref(), query.detail());
    audit::looked(services, searched).await?;
    let mut conn = services.store.read().await?;
    let words = Words::of(&mut conn, query.event.as_ref()).await?;
    let mut found = newest(&mut conn, &query.wanted(), &words, PAGE + 1).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().map(|entry| Mark { at: entry.at, id: entry.id.clone() });
    let lines = numbered(&mut conn, found).await?;
    Ok(Lines { lines, older: last.filter(|_| more) })
}

/// Every event that is on record, in order; sign-ons to systems are among them.
pub async fn events(services: &Services, _proof: &City<ReadAudit>) -> Result<Vec<String>, Failure> {
    let mut events = audit_search::events(&mut services.store.read().await?).await?;
    events.push(GRANT_EVENT.to_owned());
    events.sort_unstable();
    events.dedup();
    Ok(events)
}

/// The person of an id or a user name.
pub async fn person(services: &Services, _proof: &City<ReadAudit>, text: &str) -> Result<Option<PersonId>, Failure> {
    if is_uuid(text) {
        return Ok(Some(PersonId(text.to_ascii_lowercase())));
    }
    Ok(persons::find_id_by_username(&mut services.store.read().await?, &fold(text)).await?)
}

/// Who does things: a person by id or user name, a client, or somebody at the command line.
pub async fn actor(services: &Services, proof: &City<ReadAudit>, text: &str) -> Result<Option<String>, Failure> {
    if let Some(person) = person(services, proof, text).await? {
        return Ok(Some(person.0));
    }
    let is_machine_user = text.strip_prefix("os:").is_some_and(|name| {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    });
    if is_machine_user && masked(text) == text {
        return Ok(Some(text.to_owned()));
    }
    let known = is_client_id(text) && clients::find(&mut services.store.read().await?, text).await?.is_some();
    Ok(known.then(|| text.to_owned()))
}

/// A client's id, also of one that is gone.
pub fn client(text: &str) -> Option<String> {
    (is_client_id(text) && masked(text) == text).then(|| text.to_owned())
}

/// An address as it is recorded.
pub fn address(text: &str) -> Option<String> {
    if PLACES.contains(&text) {
        return Some(text.to_owned());
    }
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical().to_string())
}

/// A request's number as it is recorded, such as `4F7K-22QW-9A`; people read it out in any case.
pub fn request(text: &str) -> Option<String> {
    let text = text.to_ascii_uppercase();
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    (parts == [4, 4, 2] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn what_is_typed_is_read_as_it_is_recorded() {
        assert_eq!(EventFilter::parse("sign_in.*"), Some(EventFilter::Family("sign_in".to_owned())));
        assert_eq!(EventFilter::parse("sign_in.failed"), Some(EventFilter::Word("sign_in.failed".to_owned())));
        assert_eq!(EventFilter::parse("Sign in"), None);
        assert_eq!(EventFilter::parse(".*"), None);
        let family = EventFilter::Family("sign_in".to_owned());
        assert!(family.holds("sign_in.failed") && !family.holds("sign_in") && !family.holds("sign_inn.failed"));

        assert_eq!(request("4f7k-22qw-9a").as_deref(), Some("4F7K-22QW-9A"));
        assert_eq!(request("4F7K22QW9A"), None);
        assert_eq!(address("::ffff:203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(address("command-line").as_deref(), Some("command-line"));
        assert_eq!(address("203.0.113"), None);
        assert_eq!(client("tthc").as_deref(), Some("tthc"));
        assert_eq!(client("079186000007"), None, "that is no client");

        let mark = Mark { at: -5, id: "01939c2e-7c00-7000-8000-000000000000".to_owned() };
        assert_eq!(Mark::parse(&mark.written()), Some(mark));
        assert_eq!(Mark::parse("5"), None);
    }

    #[test]
    fn a_search_has_a_bound_of_days_by_what_narrows_it() {
        let all = Query::of_days(date!(2026 - 01 - 01), date!(2026 - 04 - 02));
        assert!(all.fits());
        let longer = Query { to: date!(2026 - 04 - 03), ..all.clone() };
        assert!(!longer.fits());
        assert!(Query { client: Some("tthc".to_owned()), ..longer.clone() }.fits());
        assert!(!Query { request: Some("4F7K-22QW-9A".to_owned()), ..longer }.fits());
        assert!(!Query { to: date!(2025 - 12 - 31), ..all.clone() }.fits());

        let wanted = all.wanted();
        assert_eq!((wanted.to - wanted.from) / 86_400_000, 92);
    }
}
