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

use super::{Failure, Origin, Services};
use crate::base::clock::Millis;
use crate::model::device::Device;
use crate::store::job_leases;

const LEASE: &str = "lifecycle";
const LEASE_SECONDS: i64 = 60;
/// Whoever does not hold the lease asks for it again after so long.
const ASK_SECONDS: i64 = 20;
/// Accounts that nobody signs in to, rounds to begin and letters to write are looked for this often.
const SLOW_SECONDS: i64 = 900;
/// What the records say of who did it.
const ACTOR: &str = "job:lifecycle";

/// What the job keeps in mind between its steps.
#[derive(Debug, Default)]
pub struct Memory {
    held_until: Option<Millis>,
    ask_again_at: Option<Millis>,
    slow_at: Option<Millis>,
}

/// One step of the job, on the node that holds its lease; true when there is more to do at once.
pub async fn run(services: &Services, memory: &mut Memory, holder: &str) -> Result<bool, Failure> {
    if !is_mine(services, memory, holder).await? {
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

async fn is_mine(services: &Services, memory: &mut Memory, holder: &str) -> Result<bool, Failure> {
    let now = services.clock.now();
    // Renewed when half of it is over, so that idle beats write nothing.
    if memory.held_until.is_some_and(|until| until.since(now) > LEASE_SECONDS * 500) {
        return Ok(true);
    }
    if memory.ask_again_at.is_some_and(|at| now < at) {
        return Ok(false);
    }
    let until = now.plus_seconds(LEASE_SECONDS);
    let mut tx = services.store.write().await?;
    let mine = job_leases::take(&mut tx, LEASE, holder, until, now).await?;
    tx.commit().await?;
    memory.held_until = mine.then_some(until);
    memory.ask_again_at = (!mine).then(|| now.plus_seconds(ASK_SECONDS));
    Ok(mine)
}

/// From where a job does things.
fn origin() -> Origin {
    Origin { address: "job".to_owned(), request_id: String::new(), device: Device::default() }
}
