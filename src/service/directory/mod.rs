//! The directory of people as administrators search it: by words without accents, by unit, kind, state and factor.
//!
//! What is searched is a list that a job derives ([`reindex`]); what anybody finds in it is bounded by their proof. A
//! list may be a second behind the records: whoever reaches into an account asks the records again.

mod bounds;
mod entry;
mod export;
mod find;
mod index;
mod of_unit;
mod plan;
pub mod views;
mod words;

pub use entry::{Factor, State};
pub use export::{Taking, export};
pub use find::{Count, Found, Listed, Named, all_ids, find, resolve};
pub use index::{Memory, catch_up, reindex};
pub use of_unit::{OfUnit, UnitDay, Worked, all_of_unit, of_unit};
pub use plan::{FactorFilter, Place, Query, StateFilter};
pub use words::typed;
