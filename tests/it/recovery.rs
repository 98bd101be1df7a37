//! The way back: whoever lost their password comes back by a link to their own mailbox or by a code that an administrator
//! told them, once; nobody else does, nobody learns who exists, and opening a link uses nothing up.

mod codes;
mod links;
mod proofs;
pub mod scene;
