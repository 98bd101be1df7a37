//! Files that administrators bring at the console: sent, read as their columns say, looked at row by row, applied, and
//! taken back.
//!
//! What is pressed at the console changes the state of a file and nothing else; [`run::run`] does the work, in the
//! background of whichever node takes it, and begins anew where a process was killed. Nothing of a file counts before
//! one short write makes all of it count, but for grants, each of which counts by itself. The rows are staged by the
//! same core as those of the command line. A file by which many lose their last post, and with it their access, takes a
//! second person ([`leaving`]).

pub mod act;
pub mod leaving;
pub mod look;
pub mod mapping;
mod read;
pub mod run;
mod state;
pub mod templates;
pub mod tidy;
pub mod upload;

pub use super::row_told::{Change, Detail, Post};
pub use crate::store::import_rows::{ImportRow, KeptRow};
pub use crate::store::imports::Import;

use crate::model::authority::{Extent, ReadImports, Sees};
use crate::service::authority::{Doer, Units};
use crate::service::{Failure, Origin, Services};
use crate::store::imports::{self, Asked};

/// An applied file can be taken back for so long.
pub const UNDO_SECONDS: i64 = 30 * 86_400;

/// A file that is within somebody's bounds: their own, or any for whoever looks after the whole city.
async fn visible(services: &Services, proof: &Units<impl Sees<ReadImports>>, id: &str) -> Result<Option<Import>, Failure> {
    let found = imports::find(&mut services.store.read().await?, id).await?;
    Ok(found.filter(|import| is_theirs(proof, import)))
}

fn is_theirs<A>(proof: &Units<A>, import: &Import) -> bool {
    *proof.extent() == Extent::City || import.created_by == proof.by.person
}

/// Who presses, for the record of whoever does the work.
fn asked(doer: &Doer) -> Asked {
    Asked {
        by: doer.person.clone(),
        acting_as: doer.acting_as.clone(),
        address: doer.origin.address.clone(),
        request_id: doer.origin.request_id.clone(),
    }
}

/// The same, read back.
fn doer_of(asked: &Asked) -> Doer {
    let origin = Origin { address: asked.address.clone(), request_id: asked.request_id.clone(), ..Origin::command_line() };
    Doer { person: asked.by.clone(), acting_as: asked.acting_as.clone(), origin }
}
