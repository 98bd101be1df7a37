//! A file that comes in pieces: each is sealed and stored as it comes, and any node can read it later.

use super::{associated, pressed, remove};
use crate::base::encoding::Encoding;
use crate::base::id::uuid_v7;
use crate::model::authority::EditSources;
use crate::service::audit::{self, Event};
use crate::service::authority::{City, Doer};
use crate::service::legacy::sources;
use crate::service::{Failure, Services};
use crate::store::{StoreError, legacy_files};
use serde_json::json;
use zeroize::Zeroize as _;

/// The largest file that comes this way; larger ones are brought at the command line.
pub const MOST_BYTES: u64 = 128 * 1_024 * 1_024;
/// Files that may wait for something.
const MOST_OPEN: i64 = 5;
/// A file that takes longer to come broke off.
const COMING_SECONDS: i64 = 600;
/// Bytes of one piece.
const PIECE: usize = 256 * 1_024;
/// Letters of a file's name that are kept.
const NAME: usize = 120;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// There is no such source, or it is stopped.
    #[error("nothing is read for this source")]
    NoSource,
    /// It is over [`MOST_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// Too many files wait already.
    #[error("too many files wait already")]
    TooMany,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for UploadError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// A file that is coming.
pub struct Upload {
    services: Services,
    doer: Doer,
    id: String,
    source: String,
    piece: Vec<u8>,
    place: i64,
    bytes: u64,
}

/// Begins to take a file of a source, in an encoding that is named or (none) found out.
pub async fn begin(
    services: &Services,
    proof: &City<EditSources>,
    (source, encoding): (&str, Option<Encoding>),
    file_name: &str,
) -> Result<Upload, UploadError> {
    let found = sources::find(services, source).await?;
    if found.is_none_or(|source| source.stopped_at.is_some()) {
        return Err(UploadError::NoSource);
    }
    let now = services.clock.now();
    let id = uuid_v7(now, services.entropy.as_ref());
    // The last part of a path, as some browsers send one.
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME).collect();
    let mut tx = services.store.write().await?;
    if legacy_files::count_open(&mut tx, now.plus_seconds(-COMING_SECONDS)).await? >= MOST_OPEN {
        return Err(UploadError::TooMany);
    }
    let word = encoding.map_or("", Encoding::word);
    legacy_files::add(&mut tx, (&id, source, &name), word, &pressed(&proof.by, now)).await?;
    tx.commit().await?;
    let (services, doer, source) = (services.clone(), proof.by.clone(), source.to_owned());
    Ok(Upload { services, doer, id, source, piece: Vec::with_capacity(PIECE), place: 0, bytes: 0 })
}

impl Upload {
    /// Takes some more of the file.
    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<(), UploadError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.bytes > MOST_BYTES {
            return Err(UploadError::TooLarge);
        }
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.store().await?;
            }
        }
        Ok(())
    }

    async fn store(&mut self) -> Result<(), StoreError> {
        let sealed = self.services.envelope.seal(&self.piece, &associated(&self.id, self.place));
        self.piece.zeroize();
        let mut tx = self.services.store.write().await?;
        if !legacy_files::add_chunk(&mut tx, &self.id, self.place, &sealed).await? {
            return Err(StoreError::Stale);
        }
        tx.commit().await?;
        self.place += 1;
        Ok(())
    }

    /// All of it has come, and it is checked next. Answers the file's identity.
    pub async fn finish(mut self) -> Result<String, UploadError> {
        if !self.piece.is_empty() {
            self.store().await?;
        }
        let bytes = i64::try_from(self.bytes).unwrap_or(i64::MAX);
        let mut tx = self.services.store.write().await?;
        if !legacy_files::mark_uploaded(&mut tx, &self.id, bytes, self.services.clock.now()).await? {
            return Err(StoreError::Stale.into());
        }
        let detail = json!({ "file": self.id, "source": self.source, "bytes": bytes });
        let event = Event::by(&self.doer, "legacy_file.uploaded", None, None, detail);
        audit::record(&mut tx, &self.services, event).await?;
        tx.commit().await?;
        Ok(self.id)
    }

    /// It did not come to its end.
    pub async fn give_up(mut self) -> Result<(), Failure> {
        self.piece.zeroize();
        let mut tx = self.services.store.write().await?;
        legacy_files::mark_discarded(&mut tx, &self.id, self.services.clock.now()).await?;
        tx.commit().await?;
        Ok(remove(&self.services, &self.id).await?)
    }
}
