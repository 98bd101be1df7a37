//! Re-organization by plan: what becomes of units on one day, and of everybody who works in them.
//!
//! A plan is registered, looked at, approved by somebody else than its author, applied on its day, and taken back when it was
//! wrong. What is approved is one digest of the whole effect; what is applied has that digest. People are staged in short
//! writes beside running sign-ins; one more short write makes everything count at once: units, posts, scopes of administrators
//! and the state of the plan. Until then nothing of it counts, and whoever is killed leaves nothing half done.

mod accounts;
mod ahead;
mod apply;
mod approve;
pub mod choices;
mod counts;
pub mod decided;
pub mod desk;
mod due;
mod errors;
mod fallen;
mod flip;
mod latecomers;
mod lines;
pub mod looks;
mod onward;
mod outlook;
mod placing;
mod preview;
mod readiness;
mod records;
mod register;
mod rest;
mod rollback;
mod scene;
pub mod seats;
mod stage;
mod status;
mod tallies;
mod waiting;
pub mod worklist;

pub use crate::store::plan_choices::{DecisionRow, RuleRow};
pub use crate::store::plan_figures::{PeopleBetween, PeopleOf, Tally};
pub use crate::store::plan_readiness::{Accounts, People};
pub use crate::store::plan_runs::{Run, RunState};
pub use crate::store::plan_seats::SeatRow;
pub use crate::store::plan_waits::Waiting;
pub use crate::store::plans::Approval;
pub use ahead::Ahead;
pub use apply::{Applied, apply};
pub use approve::approve;
pub use due::{due, due_with};
pub use errors::{Part, ReorganizationError};
pub use fallen::{Fell, PeopleSince, fell, people_since};
pub use preview::{OpenPost, Preview, UnitTally, preview};
pub use readiness::{Beside, Concern, Former, Leaning, Prepared, prepared, same_day};
pub use register::{SHIPPED, named, register, shipped, withdraw};
pub use rollback::{
    PersonSince, PostFact, PostSince, PostValue, Right, RightSince, RolledBack, SINCE_COLUMNS, Since, look_since, rollback, since,
};
pub use status::{Entry, Readiness, StageStatus, Status, list, status};
pub use tallies::{Kept, kept, scopes_kept};
pub use waiting::{tell_waiting, waiting};

use super::Origin;

/// Who does something, and where from.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// A person's id, somebody at the command line, or a job.
    pub actor: &'a str,
    /// From where.
    pub origin: &'a Origin,
    /// At the command line, where anybody may be named: the user of the operating system who typed it.
    pub typed_by: Option<&'a str>,
}
