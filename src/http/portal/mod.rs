//! The portal: who am I here, which systems are there, and how pages look to me.

pub mod account;
pub mod home;
pub mod missing;
pub mod passkeys;
pub mod password;
pub mod preferences;
pub mod recovery_codes;
pub mod totp;
