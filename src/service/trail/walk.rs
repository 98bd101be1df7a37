//! Going along the chain, entry by entry, until something is not as it was.
//!
//! It does not matter where entries come from: what is checked of a database
//! is checked of an export.

use super::kept::Kept;
use super::report::{Finding, Newest, Report, Wrong};
use super::rows::is_ours;
use super::seal::{self, PublicKey};
use crate::model::audit_entry::{BEGINNING, Digest, Entry, Place, Range, Seal, link, read_digest};
use crate::service::Secrets;
use std::collections::HashMap;

/// What is checked with.
#[derive(Clone, Copy)]
pub struct Trust<'a> {
    /// The keys that seals are believed by.
    pub keys: &'a [PublicKey],
    /// What MACs are checked with; absent where the key-encryption key is not at hand.
    pub secrets: Option<&'a Secrets>,
    /// Seals that somebody kept elsewhere.
    pub kept: &'a [Kept],
}

/// Where a walk is.
pub struct Walk<'a> {
    trust: Trust<'a>,
    /// The number of the entry that comes next.
    pub next: i64,
    /// The link of the last one.
    pub link: Digest,
    /// The link before the last one, and the last one.
    last: Option<(Digest, Place)>,
    /// The number of the last seal.
    pub sealed: i64,
    /// What the newest seal had looked for.
    pub through: Option<i64>,
    /// Entries that the database still holds of what lies in files.
    pub leftovers: HashMap<i64, (Place, Entry)>,
    report: Report,
}

impl<'a> Walk<'a> {
    /// From the beginning.
    pub fn new(trust: Trust<'a>) -> Self {
        let report = Report { macs_checked: trust.secrets.is_some(), ..Report::default() };
        Self { trust, next: 1, link: BEGINNING, last: None, sealed: 0, through: None, leftovers: HashMap::new(), report }
    }

    /// What is checked with.
    pub fn trust(&self) -> Trust<'a> {
        self.trust
    }

    /// Begins behind a seal that holds.
    pub fn begin_after(&mut self, seal: &Seal, link: Digest) {
        self.next = seal.seq.saturating_add(1);
        self.sealed = seal.seq;
        self.link = link;
    }

    /// The entry that comes next; whoever calls has seen to its number.
    pub fn entry(&mut self, entry: &Entry, place: &Place) -> Result<(), Finding> {
        let found = |wrong, what: &str| Err(Finding::at(wrong, place.seq, what).of(entry.kind, &entry.id, entry.at));
        if entry.digest() != place.digest || entry.at != place.at {
            return found(Wrong::Altered, "it does not say what it said when it got its place");
        }
        if self.trust.secrets.is_some_and(|secrets| !is_ours(secrets, entry)) {
            return found(Wrong::Altered, "its MAC does not hold: another hand wrote or altered it");
        }
        if link(&self.link, place.seq, &place.digest) != place.link {
            return Err(self.unlinked(place));
        }
        if let Some((left, row)) = self.leftovers.remove(&place.seq)
            && ((left.digest, left.link) != (place.digest, place.link) || row != *entry)
        {
            return found(Wrong::Altered, "the database says something else than the file that it lies in");
        }
        self.check_kept(place)?;
        self.last = Some((self.link, place.clone()));
        self.link = place.link;
        self.next = place.seq.saturating_add(1);
        self.report.entries += 1;
        self.report.first.get_or_insert(place.seq);
        self.report.last = Some(place.seq);
        Ok(())
    }

    /// An entry whose link is not over the one before it.
    fn unlinked(&self, place: &Place) -> Finding {
        // Numbered anew because one was pushed in before it: its link is still over the one before that.
        if let Some((before, last)) = &self.last
            && link(before, last.seq, &place.digest) == place.link
        {
            return Finding::at(Wrong::Added, last.seq, "it was pushed in: the next one follows the one before it")
                .of_place(last);
        }
        Finding::at(
            Wrong::Reordered,
            place.seq,
            "it does not follow the one before it: one was removed between them, or one was moved",
        )
        .of_place(place)
    }

    fn check_kept(&self, place: &Place) -> Result<(), Finding> {
        let Some(kept) = self.trust.kept.iter().find(|kept| kept.seal.seq == place.seq && kept.link != place.link) else {
            return Ok(());
        };
        let what = format!("the chain was cut back and lengthened anew: {} says otherwise", kept.name());
        Err(Finding::at(Wrong::Missing, self.report.first.unwrap_or(place.seq), what).until(place.seq))
    }

    /// A seal over everything so far.
    pub fn seal(&mut self, signed: &str) -> Result<Seal, Finding> {
        let at = self.next - 1;
        let Some(seal) = seal::open::<Seal>(self.trust.keys, signed) else {
            return Err(self.unbelieved(signed, at));
        };
        let first = self.sealed + 1;
        if seal.seq != at {
            let wrong = if seal.seq < at { Wrong::Added } else { Wrong::Missing };
            let what = format!("one of these; the seal over them is of seq {}", seal.seq);
            return Err(Finding::at(wrong, first.min(at), what).until(at));
        }
        if read_digest(&seal.link) != Some(self.link) {
            let what = "one of these, or their order, is not what was signed: the sums were done again";
            return Err(Finding::at(Wrong::Altered, first, what).until(at));
        }
        if seal.seq.saturating_sub(seal.count) != self.sealed {
            let missing = seal.seq.saturating_sub(seal.count);
            return Err(Finding::at(Wrong::Seal, missing, "the seal over it is missing"));
        }
        self.sealed = seal.seq;
        self.through = Some(seal.through);
        let kid = seal::signed_by(signed).unwrap_or_default();
        self.report.newest_seal = Some(Newest::of(&seal, &kid, signed));
        Ok(seal)
    }

    fn unbelieved(&self, signed: &str, at: i64) -> Finding {
        let keys = self.trust.keys;
        if let Some(key) = seal::signed_out_of_turn::<Seal>(keys, signed) {
            let what = format!("one of these: the seal over them is by the key {}, and it was another key's turn", key.kid);
            return Finding::at(Wrong::Seal, (self.sealed + 1).min(at), what).until(at);
        }
        let what = match seal::signed_by(signed) {
            Some(kid) if !keys.iter().any(|key| key.kid == kid) => {
                format!("the seal over it is signed with the key {kid}, which is none of ours")
            }
            Some(_) | None => "the signature of the seal over it does not hold".to_owned(),
        };
        Finding::at(Wrong::Seal, at, what)
    }

    /// What is signed about the end of a file.
    pub fn ends_as(&self, range: &Range) -> Result<(), Finding> {
        let last = self.next - 1;
        if last < range.last {
            let what = format!("it was written up to seq {}, and ends at seq {last}", range.last);
            return Err(Finding::at(Wrong::Missing, self.next, what).until(range.last));
        }
        if last > range.last {
            let what = format!("it was written up to seq {}, and goes on to seq {last}", range.last);
            return Err(Finding::at(Wrong::Added, range.last + 1, what).until(last));
        }
        if read_digest(&range.link) != Some(self.link) {
            return Err(Finding::at(Wrong::Altered, range.first, "it does not end as it was signed").until(last));
        }
        if self.sealed != last {
            return Err(Finding::at(Wrong::Seal, last, "the seal over it is missing"));
        }
        Ok(())
    }

    /// What was kept elsewhere, and the end of everything.
    pub fn reaches_kept(&self) -> Result<(), Finding> {
        let last = self.next - 1;
        let Some(kept) = self.trust.kept.iter().filter(|kept| kept.seal.seq > last).max_by_key(|kept| kept.seal.seq) else {
            return Ok(());
        };
        let what = format!("{} goes to seq {}, and there is nothing behind seq {last}", kept.name(), kept.seal.seq);
        Err(Finding::at(Wrong::Missing, self.next, what).until(kept.seal.seq))
    }

    /// What was found.
    pub fn finish(self, outcome: Result<(), Finding>) -> Report {
        let finding = outcome.err();
        Report { whole: finding.is_none(), finding, ..self.report }
    }

    /// Notes how many entries wait for their place.
    pub fn note_waiting(&mut self, count: i64) {
        self.report.waiting = count;
    }

    /// Notes a month that was gone through.
    pub fn note_segment(&mut self) {
        self.report.segments += 1;
    }

    /// Notes until when an export was written.
    pub fn note_written(&mut self, time: String) {
        self.report.written_at = Some(time);
    }
}
