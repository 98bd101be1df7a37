//! Accounts follow posts: whoever begins later waits, whoever left is out, whoever does not come is told and then out.
//!
//! Here belongs what happens to accounts by itself, day by day; the way back from it ([`restore`]); what is removed of
//! people for good ([`erase`]); and the rounds in which units say who keeps what they may enter ([`reviews`]). What an
//! administrator does to one account or to many belongs elsewhere.
//!
//! The job runs on one node, in short writes, and goes on where it was stopped. That whoever begins later cannot sign in
//! is no act of it: it is asked wherever a person is asked for.

pub mod erase;
mod idle;
mod leavers;
mod letters;
pub mod restore;
pub mod reviews;

pub use erase::erase_approved;

use super::leases::Turn;
use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::model::device::Device;

const LEASE: &str = "lifecycle";
/// Accounts that nobody signs in to, rounds to begin and letters to write are looked for this often.
const SLOW_SECONDS: i64 = 900;
/// What the records say of who did it.
const ACTOR: &str = "job:lifecycle";

/// What the job keeps in mind between its steps.
#[derive(Debug, Default)]
pub struct Memory {
    turn: Turn,
    slow_at: Option<Millis>,
}

/// One step of the job, on the node that holds its lease; true when there is more to do at once.
pub async fn run(services: &Services, memory: &mut Memory, holder: &str) -> Result<bool, Failure> {
    if !memory.turn.is_mine(services, LEASE, holder).await? {
        return Ok(false);
    }
    let mut more = leavers::step(services).await?;
    let now = services.clock.now();
    if memory.slow_at.is_none_or(|at| now >= at) {
        idle::run(services).await?;
        reviews::begin_due(services).await?;
        memory.slow_at = Some(now.plus_seconds(SLOW_SECONDS));
    }
    more |= reviews::step(services).await?;
    Ok(more)
}

/// From where a job does things.
fn origin() -> Origin {
    Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() }
}
