//! motlan ("một lần": once): the single sign-on of a city.
//!
//! An OpenID Connect provider that knows people, their positions, and units
//! that change over time. Requests come in at the top, climb down one
//! staircase and come back the same way; nothing climbs up.
//!
//! ```text
//! app         configuration, command line, demo: builds Services, starts http and jobs
//! http  jobs  front doors (pages, protocol endpoints) and back doors (loops)
//! service     capabilities; below them the corridor they share: audit, known, sign_on, tokens
//! store  transient  crypto  outbound
//! model       the city's own rules   (pure)
//! protocol    the world's rules      (pure)
//! base        time, randomness, ids, digests, text
//! ```
//!
//! `tests/it/floors.rs` reads this tree and fails on every import that climbs.

pub mod app;
pub mod base;
pub mod crypto;
pub mod http;
pub mod jobs;
pub mod model;
pub mod outbound;
pub mod protocol;
pub mod service;
pub mod store;
pub mod transient;
