//! What is on record, entry by entry: the form that digests and MACs are over,
//! and how one entry hangs on the one before it.
//!
//! ```text
//! digest(n) = SHA-256(columns of entry n, its MAC among them)
//! link(n)   = SHA-256(link(n-1) || n as 8 bytes || digest(n)),  link(0) = 32 zero bytes
//! ```
//!
//! A link says everything that came before it, so a signature over one link
//! (a [`Seal`]) is a signature over all entries up to there.

use crate::base::digest::{base64url, from_base64url, sha256};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// What the first entry hangs on.
pub const BEGINNING: Digest = [0; 32];

/// The columns of a row as bytes, each told with whether it is there and how
/// long it is: no two rows read alike, and no text flows into the next column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<u8>);

impl Columns {
    /// Begins with the table and the version of this form.
    pub fn of(form: &str) -> Self {
        Self(Vec::with_capacity(768)).text(form)
    }

    /// Some bytes.
    #[must_use]
    pub fn bytes(mut self, value: &[u8]) -> Self {
        self.0.push(1);
        self.0.extend_from_slice(&(value.len() as u64).to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    /// A text.
    #[must_use]
    pub fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// A number.
    #[must_use]
    pub fn number(self, value: i64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    /// A text, or nothing.
    #[must_use]
    pub fn perhaps(mut self, value: Option<&str>) -> Self {
        if let Some(value) = value {
            return self.text(value);
        }
        self.0.push(0);
        self
    }

    /// All of it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Which record an entry is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An act.
    Audit,
    /// What one redeemed code gave: the record of a sign-on to a system.
    Grant,
}

impl Kind {
    /// The word as it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Grant => "grant",
        }
    }

    /// Reads [`Kind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Audit, Self::Grant].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry, of whichever kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of which record.
    pub kind: Kind,
    /// The row's id.
    pub id: String,
    /// When, in milliseconds UTC.
    pub at: i64,
    /// What, dotted.
    pub event: String,
    /// Who did it.
    pub actor: Option<String>,
    /// To whom.
    pub person: Option<String>,
    /// At which client.
    pub client: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The rest, as the JSON text that was written.
    pub detail: String,
    /// What shows that a node of this installation wrote it.
    pub mac: Vec<u8>,
}

impl Entry {
    /// The digest of the whole row.
    pub fn digest(&self) -> Digest {
        // Each member by its name: a new one does not compile until it is decided on.
        let Self { kind, id, at, event, actor, person, client, address, request_id, detail, mac } = self;
        let columns = Columns::of("entry 1")
            .text(kind.as_str())
            .text(id)
            .number(*at)
            .text(event)
            .perhaps(actor.as_deref())
            .perhaps(person.as_deref())
            .perhaps(client.as_deref())
            .perhaps(address.as_deref())
            .perhaps(request_id.as_deref())
            .text(detail)
            .bytes(mac);
        sha256(columns.as_bytes())
    }
}

/// The link of an entry: over the link before it, its number and its digest.
pub fn link(before: &Digest, seq: i64, digest: &Digest) -> Digest {
    let mut bytes = [0_u8; 72];
    bytes[..32].copy_from_slice(before);
    bytes[32..40].copy_from_slice(&seq.to_be_bytes());
    bytes[40..].copy_from_slice(digest);
    sha256(&bytes)
}

/// An entry's place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number: 1, 2, 3…
    pub seq: i64,
    /// Of which record it is.
    pub kind: Kind,
    /// The row's id.
    pub row_id: String,
    /// The row's moment.
    pub at: i64,
    /// The row's digest when it was chained.
    pub digest: Digest,
    /// The link.
    pub link: Digest,
    /// What shows that a node of this installation gave it this place.
    pub mac: Vec<u8>,
}

impl Place {
    /// What its MAC is over.
    pub fn columns(&self) -> Columns {
        let Self { seq, kind, row_id, at, digest, link, mac: _ } = self;
        Columns::of("chain 1").number(*seq).text(kind.as_str()).text(row_id).number(*at).bytes(digest).bytes(link)
    }
}

/// What is signed of the chain: that it is this far and reads like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The number of the last entry.
    pub seq: i64,
    /// Its link, in base64url.
    pub link: String,
    /// How many entries there are since the seal before this one.
    pub count: i64,
    /// When it was signed.
    pub at: i64,
    /// All entries of before this moment had been looked for by then.
    pub through: i64,
}

/// What is signed of an export: from where to where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Whose records.
    pub issuer: String,
    /// The number of the first entry.
    pub first: i64,
    /// The number of the last one.
    pub last: i64,
    /// The link of the last one, in base64url.
    pub link: String,
    /// When it was written.
    pub written_at: i64,
}

/// What is signed of a month that lies in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Which month, such as `2025-11`.
    pub month: String,
    /// The number of its first entry.
    pub first: i64,
    /// The number of its last one.
    pub last: i64,
    /// The link of the last one, in base64url.
    pub link: String,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// When the file was written.
    pub sealed_at: i64,
}

/// Reads a digest in base64url.
pub fn read_digest(text: &str) -> Option<Digest> {
    from_base64url(text)?.try_into().ok()
}

/// A digest in base64url.
pub fn write_digest(digest: &Digest) -> String {
    base64url(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            kind: Kind::Audit,
            id: "1".to_owned(),
            at: 2,
            event: "e".to_owned(),
            actor: Some("a".to_owned()),
            person: None,
            client: None,
            address: None,
            request_id: None,
            detail: "{}".to_owned(),
            mac: vec![1],
        }
    }

    #[test]
    fn no_two_rows_read_alike() {
        let rows = [
            Columns::of("a").text("bc").text(""),
            Columns::of("a").text("b").text("c"),
            Columns::of("a").text("bc").perhaps(None),
            Columns::of("ab").text("c").text(""),
            Columns::of("a").text("bc"),
        ];
        for (place, one) in rows.iter().enumerate() {
            assert!(rows.iter().skip(place + 1).all(|other| other != one), "{place}");
        }
    }

    #[test]
    fn every_member_of_an_entry_counts() {
        let one = entry();
        let others = [
            Entry { kind: Kind::Grant, ..entry() },
            Entry { id: "2".to_owned(), ..entry() },
            Entry { at: 3, ..entry() },
            Entry { event: "f".to_owned(), ..entry() },
            Entry { actor: None, ..entry() },
            Entry { actor: None, person: Some("a".to_owned()), ..entry() },
            Entry { client: Some(String::new()), ..entry() },
            Entry { address: Some(String::new()), ..entry() },
            Entry { request_id: Some(String::new()), ..entry() },
            Entry { detail: "{ }".to_owned(), ..entry() },
            Entry { mac: vec![2], ..entry() },
        ];
        let mut seen = vec![one.digest()];
        for other in others {
            assert!(!seen.contains(&other.digest()), "{other:?}");
            seen.push(other.digest());
        }
    }

    #[test]
    fn a_link_says_what_came_before_it_and_where_it_stands() {
        let digest = entry().digest();
        let first = link(&BEGINNING, 1, &digest);

        assert_ne!(first, link(&BEGINNING, 2, &digest));
        assert_ne!(first, link(&first, 1, &digest));
        assert_ne!(first, link(&BEGINNING, 1, &first));
        assert_eq!(read_digest(&write_digest(&first)), Some(first));
        assert_eq!(read_digest("AAAA"), None);
    }
}
