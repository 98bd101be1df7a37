//! People, their positions and roles: every door that changes them comes here.
//!
//! Changes arrive in sets: staged in small batches beside running sign-ins,
//! invisible until one short write applies them. Here belong what a set is made
//! of and how it is applied; what a person may do is decided elsewhere.

pub mod bounds;
pub mod change_set;
pub mod find;
pub mod grant_stage;
pub mod group_roles;
pub mod imports;
pub mod known_row;
pub mod known_stage;
pub mod many;
pub mod password;
mod person_facts;
pub mod person_import;
mod person_row;
mod person_settle;
mod person_stage;
pub mod roles;
pub mod row_told;
pub mod row_wrong;
pub mod status;
pub mod undo;
