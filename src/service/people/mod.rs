//! One person at the console: who they are, what is changed of them, and what is shown of them to whom.
//!
//! Every function takes the proof that fits it and works on the person that the proof names. Facts and positions change
//! through a set of changes of one person, staged and applied in one short write, and only on top of the version that
//! its author had seen. Lists of people, files and roles belong elsewhere.

pub mod add;
mod apply;
pub mod edit;
pub mod field;
pub mod history;
pub mod number;
pub mod page;
pub mod positions;
pub mod post_roles;
pub mod roles;
pub mod sessions;
pub mod status;
pub mod timeline;
pub mod told;
pub mod who;

pub use apply::{ChangeError, Difference, Meanwhile, Overtaken};

/// A reason has at most so many characters.
pub const LONGEST_REASON: usize = 500;
