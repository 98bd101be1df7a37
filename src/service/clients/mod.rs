//! Clients: registered, changed, and proven at the token endpoint.

pub mod authenticate;
pub mod origins;
pub mod register;
pub mod resources;
