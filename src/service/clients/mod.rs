//! Clients: registered, changed, and proven at the token endpoint.

pub mod authenticate;
pub mod console;
pub mod draft;
pub mod fields;
pub mod findings;
pub mod origins;
pub mod register;
pub mod resources;
pub mod snippets;
mod texts;
