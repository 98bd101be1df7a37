//! The portal: who am I here, which systems are there, and how pages look to me.

pub mod home;
pub mod missing;
pub mod preferences;
