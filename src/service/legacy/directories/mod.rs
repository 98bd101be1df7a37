//! Directories (LDAP, Active Directory) as sources: asked whether a password is
//! right, and read now and then. They are never written to.
//!
//! Here belongs what is decided by a directory's answers, and by its silence. How
//! it is spoken with is `outbound::ldap`'s; to whom an account leads is said
//! by `service::old_accounts`.

pub mod bind;
mod entry;
mod limits;
pub mod offline;
mod servers;
pub mod sync;
pub mod trial;
mod valve;
