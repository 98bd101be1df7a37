//! The trail: records in one order that nobody can change unseen.
//!
//! Every record carries a MAC from its first moment ([`super::audit`]). A job
//! lines records up ([`chain`]), signs the line as it stands ([`seal`]) and
//! moves old months into files ([`segments`]). What was exported ([`export`]),
//! backed up or is still in the database is gone through by [`verify`], which
//! names the first entry that is not as it was.
//!
//! Whoever can write to the database and has no key-encryption key can forge
//! neither a MAC nor a seal; whoever edits an export can do the sums again,
//! but cannot sign the result. What only a memory outside can show, a line cut
//! back to how it stood before, is shown by the newest seal that somebody
//! kept: each node keeps one in a file of its own ([`kept`]).

#![expect(clippy::result_large_err, reason = "what is wrong with the records is found once, at the end of a walk")]

pub mod chain;
pub mod export;
mod files;
mod formats;
pub mod kept;
pub mod lines;
mod pages;
pub mod report;
pub mod rows;
pub mod seal;
pub mod search;
pub mod segments;
pub mod state;
pub mod stream;
pub mod take;
pub mod told;
pub mod verify;
mod walk;

use super::Failure;
use crate::store::StoreError;
use std::path::Path;

/// Why the trail could not be lengthened, written out or gone through.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// A part that everything leans on.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// A file.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// What was asked makes no sense, or must not be done; a sentence says why.
    #[error("{0}")]
    Refused(String),
}

impl From<StoreError> for TrailError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl TrailError {
    /// A file that could not be read or written.
    pub fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File(path.display().to_string(), error)
    }
}
