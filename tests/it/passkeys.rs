//! Passkeys: made by somebody who has just signed in, good for the second level, and refused in the same words
//! whatever is wrong with them.

pub mod authenticator;
mod enrol;
mod makers;
pub mod scene;
mod second_factor;
mod sign_in;
