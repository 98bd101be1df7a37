//! `motlan demo`: see the crate's README for what it shows.

use super::{CliError, Output};
use crate::app::demo;
use clap::Args;
use std::path::PathBuf;

/// Where the demo runs.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// A loopback address and port; the sample systems and an old provider take the four ports after it.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// Keep the database here; absent: a temporary directory.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Runs until it is asked to end.
pub async fn run(args: DemoArgs, output: &mut Output) -> Result<(), CliError> {
    let listen =
        args.listen.parse().map_err(|_| CliError::Refused(format!("--listen: {:?} is not ADDRESS:PORT", args.listen)))?;
    demo::run(listen, args.data, output).await
}
