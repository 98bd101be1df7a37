//! The roof: the only room that reads the environment. Builds everything and starts it.

pub mod build;
pub mod cli;
pub mod config;
pub mod demo;
pub mod node;
mod run;
pub mod telemetry;
pub mod tls;
