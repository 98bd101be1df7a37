//! What going through the trail found.

use super::lines::time_of;
use crate::model::audit_entry::{Entry, Kind, Place, Seal};
use serde::Serialize;

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wrong {
    /// It does not say what it said.
    Altered,
    /// It is not there any more.
    Missing,
    /// It was not there, or not with our knowledge.
    Added,
    /// It stands where it did not stand.
    Reordered,
    /// A signature does not hold, or is not there.
    Seal,
}

impl Wrong {
    /// The word as it is told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Reordered => "reordered",
            Self::Seal => "seal broken",
        }
    }
}

/// The first thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub wrong: Wrong,
    /// The entry's number, where it has one.
    pub seq: Option<i64>,
    /// The last number, when what is wrong is one among several: `seq` is the first of them.
    pub until: Option<i64>,
    /// Of which record.
    pub kind: Option<Kind>,
    /// The row's id.
    pub id: Option<String>,
    /// When it was written.
    pub time: Option<String>,
    /// Where it was come upon: a line of a file, a month.
    pub place: Option<String>,
    /// One sentence.
    pub what: String,
}

impl Finding {
    /// Something wrong at a number.
    pub fn at(wrong: Wrong, seq: i64, what: impl Into<String>) -> Self {
        Self { wrong, seq: Some(seq), until: None, kind: None, id: None, time: None, place: None, what: what.into() }
    }

    /// Something wrong with an entry that has no number.
    pub fn without_number(wrong: Wrong, entry: &Entry, what: impl Into<String>) -> Self {
        Self { seq: None, ..Self::at(wrong, 0, what) }.of(entry.kind, &entry.id, entry.at)
    }

    /// Names the entry.
    #[must_use]
    pub fn of(mut self, kind: Kind, id: &str, at: i64) -> Self {
        self.kind = Some(kind);
        self.id = Some(id.to_owned());
        self.time = Some(time_of(at));
        self
    }

    /// Names the entry by its place in the chain.
    #[must_use]
    pub fn of_place(self, place: &Place) -> Self {
        self.of(place.kind, &place.row_id, place.at)
    }

    /// Says up to which number it may be.
    #[must_use]
    pub fn until(mut self, seq: i64) -> Self {
        self.until = self.seq.is_some_and(|first| first < seq).then_some(seq);
        self
    }

    /// Says where it was come upon, unless that is said already.
    #[must_use]
    pub fn found_in(mut self, place: &str) -> Self {
        if !place.is_empty() {
            let inner = self.place.take();
            self.place = Some(inner.map_or_else(|| place.to_owned(), |inner| format!("{place}, {inner}")));
        }
        self
    }

    /// One line for people.
    pub fn sentence(&self) -> String {
        let number = match (self.seq, self.until) {
            (Some(first), Some(last)) => format!("seq {first} to {last}: "),
            (Some(seq), None) => format!("seq {seq}: "),
            (None, _) => String::new(),
        };
        let entry = match (self.kind, &self.id, &self.time) {
            (Some(kind), Some(id), Some(time)) => format!("{kind} {id} of {time} "),
            _ => String::new(),
        };
        let place = self.place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("{number}{entry}{}: {}{place}", self.wrong.word(), self.what)
    }
}

/// The newest seal that was come upon, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Newest {
    /// The number of the last entry under it.
    pub seq: i64,
    /// When it was signed.
    pub time: String,
    /// The key that it is signed with.
    pub kid: String,
    /// The seal itself, to be kept elsewhere and handed in with `--since-seal`.
    pub seal: String,
}

impl Newest {
    /// Of a seal that holds.
    pub fn of(seal: &Seal, kid: &str, signed: &str) -> Self {
        Self { seq: seal.seq, time: time_of(seal.at), kid: kid.to_owned(), seal: signed.to_owned() }
    }
}

/// What going through found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// True when nothing was wrong.
    pub whole: bool,
    /// How many entries were gone through.
    pub entries: i64,
    /// The number of the first.
    pub first: Option<i64>,
    /// The number of the last.
    pub last: Option<i64>,
    /// Months that lie in files, gone through too.
    pub segments: usize,
    /// Entries that wait for their place; their MACs hold.
    pub waiting: i64,
    /// Whether MACs were checked too: it takes the key-encryption key.
    pub macs_checked: bool,
    /// Until when an export was written.
    pub written_at: Option<String>,
    /// The newest seal.
    pub newest_seal: Option<Newest>,
    /// The first thing that is not as it was.
    pub finding: Option<Finding>,
}

impl Report {
    /// One line for people.
    pub fn sentence(&self) -> String {
        if let Some(finding) = &self.finding {
            return finding.sentence();
        }
        let range = match (self.first, self.last) {
            (Some(first), Some(last)) => format!("{} entries, seq {first} to {last}, are whole", self.entries),
            _ => "there are no entries yet".to_owned(),
        };
        let seal = self.newest_seal.as_ref().map(|newest| format!("; the newest seal is of {}", newest.time)).unwrap_or_default();
        let waiting =
            if self.waiting > 0 { format!("; {} newer ones wait for their place", self.waiting) } else { String::new() };
        let macs = if self.macs_checked { "" } else { "; MACs were not checked, which takes the key-encryption key" };
        format!("{range}{seal}{waiting}{macs}")
    }
}
