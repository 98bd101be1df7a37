//! Passkeys: made by somebody who has just signed in, good for the second level, and refused in the same words
//! whatever is wrong with them.

mod authenticator;
mod enrol;
mod scene;
mod second_factor;
mod sign_in;
