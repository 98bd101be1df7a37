//! A file that comes in pieces. Each piece is sealed and stored as it comes, so that no node holds a file in memory
//! while somebody sends it slowly, and any node can read it later.

use super::asked;
use super::mapping;
use super::state::{self, load};
use crate::base::id::uuid_v7;
use crate::model::authority::AddPeople;
use crate::model::import::{ImportKind, ImportState};
use crate::service::audit::{self, Event};
use crate::service::authority::{Doer, Units};
use crate::service::{Failure, Services};
use crate::store::imports::{self, New, Uploaded};
use crate::store::{StoreError, import_mappings};
use serde_json::json;

/// The largest file.
pub const MOST_BYTES: u64 = 32 * 1_024 * 1_024;
/// Files of one administrator that may wait for something.
const MOST_OPEN: i64 = 10;
/// A file that takes longer to come broke off.
const COMING_SECONDS: i64 = 120;
/// Bytes of one piece.
const PIECE: usize = 256 * 1_024;
/// Letters of a file's name that are kept.
const NAME: usize = 120;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It is over [`MOST_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// Too many files of this administrator wait already.
    #[error("too many files wait already")]
    TooMany,
    /// Something does not work.
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
    kind: ImportKind,
    piece: Vec<u8>,
    place: i64,
    bytes: u64,
}

/// Begins to take a file.
pub async fn begin(
    services: &Services,
    proof: &Units<AddPeople>,
    kind: ImportKind,
    file_name: &str,
) -> Result<Upload, UploadError> {
    let now = services.clock.now();
    let id = uuid_v7(now, services.entropy.as_ref());
    // The last part of a path, as some browsers send one.
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME).collect();
    let mut tx = services.store.write().await?;
    // What broke off a while ago takes no place.
    if imports::count_open(&mut tx, &proof.by.person, now.plus_seconds(-COMING_SECONDS)).await? >= MOST_OPEN {
        return Err(UploadError::TooMany);
    }
    imports::add(&mut tx, &New { id: &id, kind, file_name: &name, asked: &asked(&proof.by) }, now).await?;
    tx.commit().await?;
    Ok(Upload { services: services.clone(), doer: proof.by.clone(), id, kind, piece: Vec::new(), place: 0, bytes: 0 })
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
        let sealed = self.services.envelope.seal(&self.piece, &state::associated(&self.id, self.place));
        let mut tx = self.services.store.write().await?;
        imports::add_chunk(&mut tx, &self.id, self.place, &sealed).await?;
        tx.commit().await?;
        self.place += 1;
        self.piece.clear();
        Ok(())
    }

    /// All of it has come: its header is read, and its columns are known or asked for. Answers the file's identity.
    pub async fn finish(mut self) -> Result<String, UploadError> {
        if !self.piece.is_empty() {
            self.store().await?;
        }
        let (services, now) = (&self.services, self.services.clock.now());
        let bytes = load(services, &self.id).await?;
        let (mut header, mut told, mut problem) = (Vec::new(), mapping::Mapping::new(), None);
        let state = match state::open(bytes).await {
            Err(error) => {
                problem = Some(error);
                ImportState::Failed
            }
            Ok(sheet) => {
                header = sheet.columns().to_vec();
                let digest = mapping::digest(&header);
                let mut conn = services.store.read().await?;
                let remembered = import_mappings::find(&mut conn, &self.doer.person, self.kind, &digest).await?;
                let remembered = remembered.and_then(|text| serde_json::from_str(&text).ok());
                let is_known = remembered.is_some();
                told = remembered.unwrap_or_else(|| mapping::guess(self.kind, &header));
                let goes_on = mapping::check(self.kind, &header, &told).is_ok() && (is_known || told.len() == header.len());
                if goes_on { ImportState::Checking } else { ImportState::Mapping }
            }
        };
        let (header, told) = (json!(header).to_string(), json!(told).to_string());
        let (vi, en) = problem.map(|error| (error.message_vi, error.message_en)).unwrap_or_default();
        let uploaded = Uploaded {
            bytes: i64::try_from(self.bytes).unwrap_or(i64::MAX),
            header: &header,
            mapping: &told,
            state,
            problem: (&vi, &en),
        };
        let mut tx = services.store.write().await?;
        if !imports::mark_uploaded(&mut tx, &self.id, &uploaded, now).await? {
            return Err(StoreError::Stale.into());
        }
        let detail = json!({ "import": self.id, "kind": self.kind.word(), "bytes": self.bytes });
        audit::record(&mut tx, services, Event::by(&self.doer, "import.uploaded", None, None, detail)).await?;
        tx.commit().await?;
        Ok(self.id)
    }

    /// It did not come to its end.
    pub async fn give_up(self) -> Result<(), Failure> {
        let mut tx = self.services.store.write().await?;
        imports::mark_discarded(&mut tx, &self.id, self.services.clock.now()).await?;
        tx.commit().await?;
        Ok(state::remove_file(&self.services, &self.id).await?)
    }
}
