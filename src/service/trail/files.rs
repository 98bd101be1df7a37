//! Going through an export, packed (gzip) or not.

use super::TrailError;
use super::lines::{self, EntryLine, Head, Line, VERSION};
use super::report::{Finding, Wrong};
use super::seal::{self, PublicKey};
use super::walk::Walk;
use crate::base::digest::Sha256;
use crate::model::audit_entry::{Range, Seal, read_digest};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

/// No entry is longer.
const LONGEST: u64 = 16 * 1024 * 1024;
const PACKED: [u8; 2] = [0x1f, 0x8b];
const DATABASE: &[u8] = b"SQLite format 3\0";

/// True for a SQLite database.
pub fn is_database(path: &Path) -> Result<bool, TrailError> {
    let mut start = Vec::with_capacity(DATABASE.len());
    let file = File::open(path).map_err(|error| TrailError::file(path, error))?;
    file.take(DATABASE.len() as u64).read_to_end(&mut start).map_err(|error| TrailError::file(path, error))?;
    Ok(start == DATABASE)
}

/// SHA-256 of a file.
pub fn digest_of(path: &Path) -> Result<[u8; 32], TrailError> {
    let mut file = BufReader::new(File::open(path).map_err(|error| TrailError::file(path, error))?);
    let mut digest = Sha256::new();
    loop {
        let some = file.fill_buf().map_err(|error| TrailError::file(path, error))?;
        if some.is_empty() {
            return Ok(digest.finish());
        }
        digest.add(some);
        let count = some.len();
        file.consume(count);
    }
}

/// The lines of a file.
struct Lines {
    reader: Box<dyn BufRead>,
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, TrailError> {
        let trouble = |error| TrailError::file(path, error);
        let mut plain = BufReader::new(File::open(path).map_err(trouble)?);
        let packed = plain.fill_buf().map_err(trouble)?.starts_with(&PACKED);
        let reader: Box<dyn BufRead> =
            if packed { Box::new(BufReader::new(MultiGzDecoder::new(plain))) } else { Box::new(plain) };
        Ok(Self { reader, number: 0 })
    }

    /// The next line without its end; `None` after the last. An error says that nothing can be read on from here.
    fn next_line(&mut self) -> Result<Option<String>, &'static str> {
        let mut bytes = Vec::new();
        self.number += 1;
        let read = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        match read {
            Err(_) => Err("the file cannot be read on from here"),
            Ok(0) => Ok(None),
            Ok(_) if bytes.pop() != Some(b'\n') => Err("the line is cut off"),
            Ok(_) => String::from_utf8(bytes).map(Some).map_err(|_| "the line is not UTF-8"),
        }
    }

    fn place(&self) -> String {
        format!("line {}", self.number)
    }
}

const UNREADABLE: &str = "the line is not in the form in which it was written";

/// Goes through a file. Alone it begins where the file begins; otherwise it goes on where the walk is.
pub fn walk_file(path: &Path, walk: &mut Walk<'_>, alone: bool) -> Result<Result<Range, Finding>, TrailError> {
    let mut lines = Lines::open(path)?;
    let outcome = walk_lines(&mut lines, walk, alone);
    Ok(outcome.map_err(|finding| finding.found_in(&lines.place())))
}

fn walk_lines(lines: &mut Lines, walk: &mut Walk<'_>, alone: bool) -> Result<Range, Finding> {
    let range = begin(lines, walk, alone)?;
    loop {
        let text = match lines.next_line() {
            Ok(Some(text)) => text,
            Ok(None) => break,
            Err(what) => return Err(Finding::at(Wrong::Altered, walk.next, what)),
        };
        match lines::read(&text) {
            Some(Line::Entry(line)) => entry(lines, walk, &line)?,
            Some(Line::Seal(line)) => {
                let ahead = seal::open::<Seal>(walk.trust().keys, &line.seal).filter(|seal| seal.seq >= walk.next);
                if let Some(seal) = ahead {
                    let instead = format!("the seal over seq {} comes in its place", seal.seq);
                    return Err(gap(lines, walk.next, seal.seq, &instead));
                }
                walk.seal(&line.seal)?;
            }
            Some(Line::Head(_)) | None => return Err(Finding::at(Wrong::Altered, walk.next, UNREADABLE)),
        }
    }
    walk.ends_as(&range)?;
    Ok(range)
}

/// Reads the head, and brings the walk to where the file begins.
fn begin(lines: &mut Lines, walk: &mut Walk<'_>, alone: bool) -> Result<Range, Finding> {
    let unsigned = |what: &str| Finding { seq: None, ..Finding::at(Wrong::Seal, 0, what) };
    let head = match lines.next_line() {
        Ok(Some(text)) => match lines::read(&text) {
            Some(Line::Head(head)) if head.motlan_audit == VERSION => head,
            Some(Line::Head(_) | Line::Entry(_) | Line::Seal(_)) | None => {
                return Err(Finding { seq: None, ..Finding::at(Wrong::Altered, 0, UNREADABLE) });
            }
        },
        Ok(None) => return Err(unsigned("the file is empty")),
        Err(what) => return Err(Finding { seq: None, ..Finding::at(Wrong::Altered, 0, what) }),
    };
    let trust = walk.trust();
    check_key(&head, trust.keys)?;
    let Some(range) = seal::open::<Range>(trust.keys, &head.range) else {
        return Err(unsigned("what the file says of its beginning and end is not signed"));
    };
    let after = match &head.after {
        None => None,
        Some(signed) => match seal::open::<Seal>(trust.keys, signed) {
            Some(seal) => read_digest(&seal.link).map(|link| (seal, link)),
            None => return Err(unsigned("the seal before the first entry does not hold")),
        },
    };
    let begins = after.as_ref().map_or(1, |(seal, _)| seal.seq.saturating_add(1));
    if begins != range.first {
        return Err(unsigned("the seal before the first entry is not the one that the file was written with"));
    }
    match after {
        Some((seal, link)) if alone => walk.begin_after(&seal, link),
        Some((_, link)) if walk.next == range.first && walk.link == link => {}
        None if walk.next == 1 => {}
        Some(_) | None => {
            return Err(Finding::at(Wrong::Missing, walk.next, "the file does not go on where the one before it ends"));
        }
    }
    Ok(range)
}

fn check_key(head: &Head, keys: &[PublicKey]) -> Result<(), Finding> {
    let named = PublicKey::of(&head.key);
    if named.as_ref().is_some_and(|named| keys.contains(named)) {
        return Ok(());
    }
    let what = match named {
        Some(named) => format!("the file is sealed with the key {}, which is none of those that are trusted", named.kid),
        None => "the key that the file names cannot be read".to_owned(),
    };
    Err(Finding { seq: None, ..Finding::at(Wrong::Seal, 0, what) })
}

fn entry(lines: &mut Lines, walk: &mut Walk<'_>, line: &EntryLine) -> Result<(), Finding> {
    let named = |finding: Finding| finding.of(line.kind, &line.id, line.at);
    if line.seq > walk.next {
        return Err(gap(lines, walk.next, line.seq - 1, &format!("seq {} comes in its place", line.seq)));
    }
    if line.seq < walk.next {
        return Err(named(Finding::at(Wrong::Added, line.seq, "its number was there before")));
    }
    let Some((entry, place)) = line.read() else {
        return Err(named(Finding::at(Wrong::Altered, line.seq, UNREADABLE)));
    };
    walk.entry(&entry, &place)
}

/// Why an entry is not where it should be: it comes later, or not at all.
fn gap(lines: &mut Lines, wanted: i64, until: i64, instead: &str) -> Finding {
    let number = lines.number;
    while let Ok(Some(text)) = lines.next_line() {
        if let Some(Line::Entry(line)) = lines::read(&text)
            && line.seq == wanted
        {
            let what = format!("it is not where it was: in line {number}, {instead}");
            return Finding::at(Wrong::Reordered, wanted, what).of(line.kind, &line.id, line.at);
        }
    }
    lines.number = number;
    Finding::at(Wrong::Missing, wanted, instead).until(until)
}
