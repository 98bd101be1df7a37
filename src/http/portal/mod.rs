//! The portal: who am I here, which systems are there, and how pages look to me.

pub mod delegations;
pub mod disclosures;
pub mod help;
pub mod history;
pub mod home;
pub mod methods;
pub mod missing;
pub mod not_me;
pub mod notices;
pub mod offline;
pub mod passkeys;
pub mod password;
pub mod position;
pub mod preferences;
pub mod privacy;
pub mod profile;
pub mod recovery_codes;
pub mod report;
pub mod sessions;
pub mod totp;
pub mod welcome;
