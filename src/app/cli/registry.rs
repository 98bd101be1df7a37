//! `motlan registry`: what the whole registry comes to.

use super::{CliError, Output};
use crate::service::Services;
use crate::service::registry::document;
use serde_json::json;

/// The registry as a whole.
#[derive(Debug, clap::Args)]
pub struct RegistryArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RegistryCommand,
}

/// What to do with the registry as a whole.
#[derive(Debug, clap::Subcommand)]
pub enum RegistryCommand {
    /// One hash over all registry facts, independent of internal ids.
    #[command(after_help = "Example:\n  motlan registry digest")]
    Digest,
}

/// Runs the command.
pub async fn run(args: RegistryArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let RegistryCommand::Digest = args.command;
    let registry = document::load(services).await.map_err(|error| CliError::Other(error.to_string()))?;
    let digest = registry.digest();
    if out.json {
        out.json(&json!({ "digest": digest, "version": registry.version() }));
    } else {
        out.line(&digest);
    }
    Ok(())
}
