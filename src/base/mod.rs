//! The ground: time, randomness, identifiers, secrets, digests and text.
//!
//! Nothing here knows a protocol, a city or a database. What is decided on the
//! floors above is decided with values that come from here.

pub mod clock;
pub mod csv;
pub mod date;
pub mod digest;
pub mod encoding;
pub mod entropy;
pub mod id;
pub mod locale;
pub mod network;
pub mod text;
pub mod words;
pub mod xlsx;
