//! `motlan bench`: drives a running server over HTTP like browsers and systems
//! do, and prints operations per second, latencies, and what the server's
//! process spent (read from /proc, so for a server on this machine). `flood`
//! says instead whether the server keeps its promises under a flood of sign-ins.

mod drive;
mod flood;
pub mod matching;
mod measure;
mod merged;
mod merger;
mod people;
mod sheets;
mod silent;
mod steady;

pub use matching::{MatchingArgs, run as run_matching};
pub use merged::{MergedArgs, run as run_merged};
pub use people::{PeopleArgs, run as run_people};
pub use sheets::{SheetsArgs, run as run_sheets};

use super::{CliError, Output};
use clap::Args;
use measure::{Length, Line};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// What can be driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Silent sign-ons: authorize with the cookie, then redeem.
    Silent,
    /// Refreshing.
    Refresh,
    /// Userinfo.
    Userinfo,
    /// The public keys.
    Jwks,
    /// Silent sign-ons at a fixed rate (--silent-rate) beside something else (--beside); only when named.
    Steady,
    /// The same while units merge, and what each token tells of its unit; only when named.
    Merger,
    /// Password sign-ins by strangers, and how everybody else fares meanwhile; only when named.
    Flood,
}

impl What {
    /// The single operations that it consists of; none for the flood and for what has a fixed rate.
    fn operations(self) -> &'static [drive::Operation] {
        match self {
            Self::Silent => &[drive::Operation::SilentSignOn],
            Self::Refresh => &[drive::Operation::Refresh],
            Self::Userinfo => &[drive::Operation::Userinfo],
            Self::Jwks => &[drive::Operation::Jwks],
            Self::Steady | Self::Merger | Self::Flood => &[],
        }
    }
}

/// What to drive, and how hard.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// One of them instead of the four operations in turn.
    #[arg(value_enum)]
    what: Option<What>,
    /// The server.
    #[arg(long)]
    issuer: String,
    /// A confidential client (`client_secret_basic`); with refresh tokens, refreshing is measured too.
    #[arg(long)]
    client: String,
    /// Its secret.
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// Its registered redirect URI.
    #[arg(long, default_value = "http://127.0.0.1:9999/callback")]
    redirect_uri: String,
    /// A person with at most one position.
    #[arg(long)]
    username: String,
    /// Their password.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// The server's process, for its CPU and memory.
    #[arg(long)]
    pid: Option<u32>,
    /// Callers at a time, each with a sign-on of its own.
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
    /// Seconds for each operation.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// So often from each caller instead of for some seconds, without a warm-up; one failure is the end.
    #[arg(long, conflicts_with = "seconds")]
    count: Option<usize>,
    /// What has a fixed rate goes on as long as this process does, instead of for some seconds.
    #[arg(long, value_name = "PID", conflicts_with = "seconds")]
    beside: Option<u32>,
    #[command(flatten)]
    flood: flood::FloodArgs,
    #[command(flatten)]
    merger: merger::MergerArgs,
}

/// Runs every operation in turn.
pub async fn run(args: BenchArgs, output: &mut Output) -> Result<(), CliError> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| CliError::Refused(format!("{}: {error}", path.display())))?;
        Ok::<String, CliError>(text.trim_end().to_owned())
    };
    let target = drive::Target::new(drive::Settings {
        issuer: args.issuer.clone(),
        client: args.client.clone(),
        secret: read(&args.secret_file)?,
        redirect_uri: args.redirect_uri.clone(),
        username: args.username.clone(),
        password: read(&args.password_file)?,
    })
    .map_err(CliError::Other)?;
    let callers = drive::callers(&target, args.concurrency.max(1)).await.map_err(CliError::Other)?;
    if let Some(what @ (What::Steady | What::Merger | What::Flood)) = args.what {
        let seconds = u32::try_from(args.seconds.max(1)).unwrap_or(u32::MAX);
        let stage = flood::Stage { target, callers, seconds, pid: args.pid };
        return if what == What::Steady {
            steady::run(&stage, &args.flood, args.beside, output).await
        } else if what == What::Merger {
            merger::run(&stage, (&args.flood, &args.merger), args.beside, output).await
        } else {
            flood::run(&stage, &args.flood, output).await
        };
    }
    let mut lines: Vec<Line> = Vec::new();
    let length = args.count.map_or_else(|| Length::For(Duration::from_secs(args.seconds.max(1))), Length::Times);
    let operations = args.what.map_or(&drive::Operation::ALL[..], What::operations);
    for operation in operations.iter().copied() {
        if operation == drive::Operation::Refresh && callers.iter().any(|caller| caller.refresh_token.is_none()) {
            output.note("refresh: left out, the client gets no refresh tokens");
            continue;
        }
        let line = measure::run(&target, &callers, operation, length, args.pid).await.map_err(CliError::Other)?;
        lines.push(line);
    }
    if output.json {
        output.document(&json!(lines));
        return Ok(());
    }
    output.line("| operation | per second | p50 ms | p95 ms | p99 ms | server CPU µs | failed | resident MB |");
    output.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for line in lines {
        output.line(&line.row());
    }
    Ok(())
}
