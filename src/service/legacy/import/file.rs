//! The file itself: what it looks like, and its sheet from the beginning.

use super::ImportError;
use crate::base::digest::Sha256;
use crate::base::encoding::{Decoder, Encoding, Survey};
use crate::service::sheet::Sheet;
use std::io::{Read, Seek, SeekFrom};

/// Bytes that are looked at between two moments for others.
const PIECE: usize = 256 * 1_024;
/// What a workbook begins with.
const WORKBOOK: &[u8] = b"PK\x03\x04";

/// A file that was looked at.
pub(super) struct Opened {
    /// The digest of its bytes.
    pub(super) digest: [u8; 32],
    /// The encoding of its letters; of a workbook, the old font that they are in, or none.
    pub(super) encoding: Encoding,
    /// Nobody named the encoding.
    pub(super) is_detected: bool,
    /// It is a workbook, whose letters are Unicode unless they are those of an old font.
    pub(super) is_workbook: bool,
}

impl Opened {
    /// The word by which the encoding is told and kept.
    pub(super) fn word(&self) -> String {
        match (self.is_workbook, self.encoding.is_font()) {
            (false, _) => self.encoding.word().to_owned(),
            (true, false) => "xlsx".to_owned(),
            (true, true) => format!("xlsx+{}", self.encoding),
        }
    }

    /// Its sheet, from the beginning.
    pub(super) fn sheet<'a, R: Read + Seek>(&self, input: &'a mut R) -> Result<Sheet<Decoder<&'a mut R>>, ImportError> {
        input.seek(SeekFrom::Start(0))?;
        let encoding = if self.is_workbook { Encoding::Utf8 } else { self.encoding };
        Sheet::open(Decoder::new(input, encoding)).map_err(ImportError::File)
    }
}

/// Reads a file for its digest and its encoding. A name that the file contradicts is refused.
pub(super) async fn look<R: Read + Seek + Send>(input: &mut R, named: Option<Encoding>) -> Result<Opened, ImportError> {
    input.seek(SeekFrom::Start(0))?;
    let (mut digest, mut survey) = (Sha256::new(), Survey::default());
    let mut piece = vec![0_u8; PIECE];
    let mut head = Vec::with_capacity(WORKBOOK.len());
    loop {
        let count = input.read(&mut piece)?;
        if count == 0 {
            break;
        }
        let bytes = &piece[..count];
        let wanted = WORKBOOK.len().saturating_sub(head.len()).min(count);
        head.extend_from_slice(&bytes[..wanted]);
        digest.add(bytes);
        survey.add(bytes);
        tokio::task::yield_now().await;
    }
    let digest = digest.finish();
    if head == WORKBOOK {
        let encoding = named.filter(|named| named.is_font()).unwrap_or(Encoding::Utf8);
        return Ok(Opened { digest, encoding, is_detected: named.is_none(), is_workbook: true });
    }
    let found = survey.finish();
    match named {
        None => Ok(Opened { digest, encoding: found.likeliest(), is_detected: true, is_workbook: false }),
        Some(named) => match found.contradicts(named) {
            Some(likely) => Err(ImportError::WrongEncoding { named, likely }),
            None => Ok(Opened { digest, encoding: named, is_detected: false, is_workbook: false }),
        },
    }
}
