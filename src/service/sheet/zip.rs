//! The parts of a ZIP archive (APPNOTE 4.3), each unpacked while it is read and up to a limit.
//!
//! Only what workbooks use: no encryption, parts stored or deflated. Sizes that an
//! archive tells are not believed: what comes out is counted.

use flate2::read::DeflateDecoder;
use std::collections::HashMap;
use std::io::{self, Cursor, Read, Take};
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// More parts than any workbook has.
const MAX_PARTS: usize = 4_096;

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

/// Where a part lies in the archive.
#[derive(Debug, Clone, Copy)]
struct Entry {
    is_locked: bool,
    is_deflated: bool,
    begins: u64,
    packed: u64,
}

/// An archive in memory.
pub(super) struct Archive {
    bytes: Arc<[u8]>,
    entries: HashMap<String, Entry>,
}

/// Some bytes of the archive.
type Slice = Take<Cursor<Arc<[u8]>>>;

/// One part, unpacked as it is read.
pub(super) struct Part {
    inner: Inner,
    left: u64,
}

enum Inner {
    Stored(Slice),
    Deflated(Box<DeflateDecoder<Slice>>),
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
        let bytes: Arc<[u8]> = bytes.into();
        let entries = entries(&bytes).ok_or(Fault::Broken)?;
        Ok(Self { bytes, entries })
    }

    /// A part, of at most so many bytes.
    pub(super) fn part(&self, name: &str, most: u64) -> Result<Option<Part>, Fault> {
        let Some(entry) = self.entries.get(&name.to_ascii_lowercase()) else { return Ok(None) };
        if entry.is_locked {
            return Err(Fault::Locked);
        }
        let mut slice = Cursor::new(Arc::clone(&self.bytes));
        slice.set_position(entry.begins);
        let slice = slice.take(entry.packed);
        let inner = if entry.is_deflated { Inner::Deflated(Box::new(DeflateDecoder::new(slice))) } else { Inner::Stored(slice) };
        Ok(Some(Part { inner, left: most }))
    }
}

/// The central directory, and where each part's bytes begin; nothing when it is broken.
fn entries(bytes: &Arc<[u8]>) -> Option<HashMap<String, Entry>> {
    let mut archive = ZipArchive::new(Cursor::new(Arc::clone(bytes))).ok()?;
    let length = u64::try_from(bytes.len()).ok()?;
    if archive.len() > MAX_PARTS {
        return None;
    }
    let mut entries = HashMap::with_capacity(archive.len());
    for place in 0..archive.len() {
        let part = archive.by_index_raw(place).ok()?;
        let is_deflated = match part.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            // A part that nobody asks for may be packed in any way.
            _ => continue,
        };
        let (begins, packed) = (part.data_start()?, part.compressed_size());
        if begins.checked_add(packed)? > length {
            return None;
        }
        // Names of parts do not tell capitals apart (ECMA-376 Part 2 §6.2.2.3). The first of a name counts.
        let name = part.name().ok()?.to_ascii_lowercase();
        entries.entry(name).or_insert(Entry { is_locked: part.encrypted(), is_deflated, begins, packed });
    }
    Some(entries)
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
        let book = xlsx::workbook(&[vec!["a".to_owned()]]).expect("a workbook");
        let archive = Archive::open(book).expect("an archive");
        assert!(read(archive.part("XL/workbook.xml", 10_000).expect("readable")).expect("text").contains("<sheet "));
        assert!(archive.part("xl/other.xml", 10).expect("readable").is_none());
        let error = read(archive.part("xl/workbook.xml", 10).expect("readable")).expect_err("too large");
        assert!(error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLarge>));
    }

    #[test]
    fn what_is_cut_off_or_points_elsewhere_is_no_archive() {
        let book = xlsx::workbook(&[vec!["a".to_owned()]]).expect("a workbook");
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
