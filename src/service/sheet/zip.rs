//! The parts of a ZIP archive (APPNOTE 4.3), each unpacked while it is read and up to a limit.
//!
//! Only what workbooks use: no encryption, no archive over 4 GiB, parts stored or
//! deflated. Sizes that an archive tells are not believed: what comes out is counted.

use flate2::read::DeflateDecoder;
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

/// More parts than any workbook has.
const MAX_PARTS: usize = 4_096;
/// The end record with the longest comment.
const END_MOST: usize = 22 + 65_535;

/// Why an archive, or a part of it, cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no archive, or a broken one.
    Broken,
    /// It is encrypted.
    Locked,
}

/// What a part that unpacks to too much ends with.
#[derive(Debug, thiserror::Error)]
#[error("a part unpacks to more than it may")]
pub(super) struct TooLarge;

#[derive(Debug, Clone, Copy)]
struct Entry {
    is_locked: bool,
    is_deflated: bool,
    packed: usize,
    header_at: usize,
}

/// An archive in memory.
pub(super) struct Archive {
    bytes: Arc<Vec<u8>>,
    entries: HashMap<String, Entry>,
}

/// One part, unpacked as it is read.
pub(super) struct Part {
    inner: Inner,
    left: u64,
}

enum Inner {
    Stored(Slice),
    Deflated(Box<DeflateDecoder<Slice>>),
}

/// Some bytes of the archive.
struct Slice {
    bytes: Arc<Vec<u8>>,
    at: usize,
    end: usize,
}

impl Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.bytes.get(self.at..self.end).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.inner {
            Inner::Stored(slice) => slice.read(buffer)?,
            Inner::Deflated(decoder) => decoder.read(buffer)?,
        };
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(read).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, TooLarge))?;
        Ok(count)
    }
}

impl Archive {
    /// Reads the list of parts.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, Fault> {
        let entries = entries(&bytes).ok_or(Fault::Broken)?;
        Ok(Self { bytes: Arc::new(bytes), entries })
    }

    /// A part, of at most so many bytes.
    pub(super) fn part(&self, name: &str, most: u64) -> Result<Option<Part>, Fault> {
        let Some(entry) = self.entries.get(&name.to_ascii_lowercase()) else { return Ok(None) };
        if entry.is_locked {
            return Err(Fault::Locked);
        }
        let slice = self.slice(entry).ok_or(Fault::Broken)?;
        let inner = if entry.is_deflated { Inner::Deflated(Box::new(DeflateDecoder::new(slice))) } else { Inner::Stored(slice) };
        Ok(Some(Part { inner, left: most }))
    }

    fn slice(&self, entry: &Entry) -> Option<Slice> {
        let bytes = &self.bytes;
        if bytes.get(entry.header_at..)?.get(..4)? != b"PK\x03\x04" {
            return None;
        }
        let (name, extra) = (two(bytes, entry.header_at.checked_add(26)?)?, two(bytes, entry.header_at.checked_add(28)?)?);
        let at = entry.header_at.checked_add(30 + name + extra)?;
        let end = at.checked_add(entry.packed)?;
        (end <= bytes.len()).then(|| Slice { bytes: Arc::clone(bytes), at, end })
    }
}

/// The central directory.
fn entries(bytes: &[u8]) -> Option<HashMap<String, Entry>> {
    let first = bytes.len().saturating_sub(END_MOST);
    let tail = bytes.get(first..)?;
    let end = first + tail.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    // Its last byte too: what is cut off is not read.
    bytes.get(end..end.checked_add(22)?)?;
    let count = two(bytes, end.checked_add(10)?)?;
    let mut at = four(bytes, end.checked_add(16)?)?;
    if count > MAX_PARTS {
        return None;
    }
    let mut entries = HashMap::with_capacity(count);
    for _ in 0..count {
        if bytes.get(at..)?.get(..4)? != b"PK\x01\x02" {
            return None;
        }
        let field = |place: usize| two(bytes, at.checked_add(place)?);
        let (flags, method) = (field(8)?, field(10)?);
        let (name, extra, comment) = (field(28)?, field(30)?, field(32)?);
        let packed = four(bytes, at.checked_add(20)?)?;
        let header_at = four(bytes, at.checked_add(42)?)?;
        let name_at = at.checked_add(46)?;
        let text = bytes.get(name_at..name_at.checked_add(name)?)?;
        if matches!(method, 0 | 8) {
            // Names of parts do not tell capitals apart (ECMA-376 Part 2 §6.2.2.3). The first of a name counts.
            let name = String::from_utf8_lossy(text).to_ascii_lowercase();
            let entry = Entry { is_locked: flags & 1 == 1, is_deflated: method == 8, packed, header_at };
            entries.entry(name).or_insert(entry);
        }
        at = name_at.checked_add(name + extra + comment)?;
    }
    Some(entries)
}

fn two(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(field.try_into().ok()?)))
}

fn four(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(field.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::xlsx;

    fn read(part: Option<Part>) -> io::Result<String> {
        let mut text = String::new();
        part.expect("a part").read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn parts_are_read_by_name_up_to_their_limit() {
        let book = xlsx::workbook(&[vec!["a".to_owned()]]);
        let archive = Archive::open(book).expect("an archive");
        assert!(read(archive.part("XL/workbook.xml", 10_000).expect("readable")).expect("text").contains("<sheet "));
        assert!(archive.part("xl/other.xml", 10).expect("readable").is_none());
        let error = read(archive.part("xl/workbook.xml", 10).expect("readable")).expect_err("too large");
        assert!(error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLarge>));
    }

    #[test]
    fn what_is_cut_off_or_points_elsewhere_is_no_archive() {
        let book = xlsx::workbook(&[vec!["a".to_owned()]]);
        assert!(Archive::open(Vec::new()).is_err());
        assert!(Archive::open(book[..book.len() - 23].to_vec()).is_err());
        let mut wrong = book.clone();
        let at = wrong.len() - 6;
        wrong[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Archive::open(wrong).err(), Some(Fault::Broken));
        let mut locked = book;
        let directory = locked.windows(4).position(|window| window == b"PK\x01\x02").expect("a directory");
        locked[directory + 8] |= 1;
        let archive = Archive::open(locked).expect("an archive");
        assert_eq!(archive.part("[Content_Types].xml", 10).err(), Some(Fault::Locked));
    }
}
