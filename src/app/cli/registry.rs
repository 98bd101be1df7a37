//! `motlan registry`: what the whole registry comes to.

use super::{CliError, Output};
use crate::service::Services;
use crate::service::registry::{document, people_digest};
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
    #[command(after_help = "Examples:\n  motlan registry digest\n  motlan registry digest --people")]
    Digest(DigestArgs),
}

/// Of what.
#[derive(Debug, clap::Args)]
pub struct DigestArgs {
    /// Also one hash over what people hold: posts, roles, administrators, and what systems know them as.
    #[arg(long)]
    pub people: bool,
}

/// Runs the command.
pub async fn run(args: RegistryArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let RegistryCommand::Digest(args) = args.command;
    if !args.people {
        let registry = document::load(services).await?;
        let digest = registry.digest();
        if out.json {
            out.json(&json!({ "digest": digest, "version": registry.version() }));
        } else {
            out.line(&digest);
        }
        return Ok(());
    }
    let (registry, people) = people_digest::of(services).await?;
    if out.json {
        out.json(&json!({ "digest": registry.digest(), "version": registry.version(), "people_digest": people }));
    } else {
        out.line(&format!("units   {}", registry.digest()));
        out.line(&format!("people  {people}"));
    }
    Ok(())
}
