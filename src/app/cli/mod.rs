//! The command line. Every command answers `--help` with an example, exits 0 on
//! success, 1 on a refused input, 2 on wrong usage; `--json` prints one document.

mod admin;
mod audit;
pub mod bench;
mod client;
mod demo;
mod doctor;
pub mod grant;
mod keys;
mod legacy;
mod legacy_match;
mod output;
pub mod person;
mod person_merge;
mod person_role;
mod person_then;
mod policy;
mod registry;
pub mod reorg;
mod report;
mod resource;
mod session;
mod source;
mod source_ldap;
pub mod unit;

pub use output::{CliError, Output};

use super::build::{self, Sources};
use super::config::Config;
use super::{run, telemetry};
use crate::service::{Services, known};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The single sign-on of a city.
#[derive(Debug, Parser)]
#[command(name = "motlan", version, about, after_help = "Example: motlan demo")]
struct Cli {
    /// Configuration file (TOML); MOTLAN_SECTION__KEY variables are laid over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything embedded on loopback: units, sample officials, three sample systems.
    #[command(after_help = "Example: motlan demo --listen 127.0.0.1:8080")]
    Demo(demo::DemoArgs),
    /// Run the server.
    #[command(after_help = "Example: MOTLAN_SERVER__ISSUER=https://id.example.vn motlan serve --config motlan.toml")]
    Serve {
        /// Leave the schema as it is.
        #[arg(long)]
        no_migrate: bool,
    },
    /// Bring the database's schema up to date; doing it again changes nothing.
    #[command(after_help = "Example: motlan migrate --config motlan.toml")]
    Migrate,
    /// Check configuration, database, Redis, keys and disk, and say how to mend what is wrong.
    #[command(after_help = "Example: motlan doctor --config motlan.toml")]
    Doctor,
    /// The configuration in force.
    #[command(subcommand, after_help = "Example: motlan config print")]
    Config(ConfigCommand),
    /// Relying parties.
    #[command(
        subcommand,
        after_help = "Example: motlan client add --id tthc --name TTHC --redirect-uri https://tthc.example.vn/callback"
    )]
    Client(client::ClientCommand),
    /// APIs that tokens are for.
    #[command(
        subcommand,
        after_help = "Example: motlan resource add --id https://ho-so.example.vn/api --name 'Hồ sơ' --scope ho_so.doc"
    )]
    Resource(resource::ResourceCommand),
    /// Units over time.
    #[command(after_help = "Example: motlan unit show 26740 --on 2025-06-30")]
    Unit(unit::UnitArgs),
    /// The registry as a whole.
    #[command(after_help = "Example: motlan registry digest")]
    Registry(registry::RegistryArgs),
    /// Old systems whose accounts are joined into the directory.
    #[command(subcommand, after_help = "Example: motlan source add vt --kind hashes --province 77")]
    Source(source::SourceCommand),
    /// Accounts of old systems: brought in, and matched.
    #[command(subcommand, after_help = "Example: motlan legacy import --source bd accounts.csv --dry-run")]
    Legacy(legacy::LegacyCommand),
    /// Units and people re-organized by a plan: looked at, approved by another person, applied and rolled back.
    #[command(subcommand, after_help = "Example: motlan reorg preview merger-2025 --worklist worklist.csv")]
    Reorg(reorg::ReorgCommand),
    /// Officials, their positions and roles.
    #[command(after_help = "Example: motlan person import people.csv --dry-run")]
    Person(person::PersonArgs),
    /// Roles for whoever has a post in a unit, or under it.
    #[command(
        subcommand,
        after_help = "Example: motlan grant add --client tthc --role tiep_nhan --unit 26740 --reason 'QĐ 12/QĐ-UBND'"
    )]
    Grant(grant::GrantCommand),
    /// What people say is wrong about themselves: read, and answered.
    #[command(subcommand, after_help = "Example: motlan report list --json")]
    Report(report::ReportCommand),
    /// Administrators: who administers what, and a first way in.
    #[command(subcommand, after_help = "Example: motlan admin invite --username minh.lq")]
    Admin(admin::AdminCommand),
    /// Rules about sign-ins: which factors, how long, where and of whom.
    #[command(subcommand, after_help = "Example: motlan policy apply policies.toml --dry-run")]
    Policy(policy::PolicyCommand),
    /// Who is signed on, and ending it.
    #[command(subcommand, after_help = "Example: motlan session end --person minh.lq")]
    Session(session::SessionCommand),
    /// Signing keys.
    #[command(subcommand, after_help = "Example: motlan keys rotate")]
    Keys(keys::KeysCommand),
    /// Records of what happened: whether they are as they were, and taking them out.
    #[command(subcommand, after_help = "Example: motlan audit verify audit.jsonl.gz --key audit-key.json")]
    Audit(audit::AuditCommand),
    /// Drive a running server over HTTP and print what it costs.
    #[command(
        after_help = "Example: motlan bench --issuer http://localhost:8080 --client bench --secret-file secret --username kim --password-file password"
    )]
    Bench(bench::BenchArgs),
    /// Fill the directory with a crowd, and measure the console's pages of people and units.
    #[command(after_help = "Example: motlan bench-people --people 1000000")]
    BenchPeople(bench::PeopleArgs),
    /// Measure a large file at the console, from its last byte to what each row would do.
    #[command(after_help = "Example: motlan bench-sheets --rows 100000")]
    BenchSheets(bench::SheetsArgs),
    /// Bring messy accounts of known truth in, match them, and look at every decision.
    #[command(after_help = "Example: motlan bench-matching --accounts 1000000")]
    BenchMatching(bench::MatchingArgs),
    /// Look whether units and people are as the merger of 2025 leaves them, or as they were before it.
    #[command(after_help = "Example: motlan bench-merged --units data/units --people 200000")]
    BenchMerged(bench::MergedArgs),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print the effective configuration, secrets hidden.
    #[command(after_help = "Example: motlan config print --config motlan.toml")]
    Print,
}

/// Reads the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(source::told_apart(std::env::args_os()));
    let mut output = Output { json: cli.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&CliError::Other(format!("the runtime cannot start: {error}"))),
    };
    match runtime.block_on(execute(cli, &mut output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(&error),
    }
}

async fn execute(cli: Cli, output: &mut Output) -> Result<(), CliError> {
    match cli.command {
        Command::Demo(args) => return demo::run(args, output).await,
        Command::Bench(args) => return bench::run(args, output).await,
        _ => {}
    }
    let config = Config::read(cli.config.as_deref()).map_err(CliError::Refused)?;
    if let Command::Audit(audit::AuditCommand::Verify(args)) = &cli.command
        && let Some(file) = &args.file
    {
        return audit::verify_file(args, file, &config, output).await;
    }
    match cli.command {
        Command::Serve { no_migrate } => return run::serve(&config, !no_migrate).await.map_err(CliError::Other),
        Command::Doctor => return doctor::run(&config, output).await,
        Command::Config(ConfigCommand::Print) => return print_config(&config, output),
        Command::Migrate => {
            let store = build::open_store(&config, true).await.map_err(CliError::Other)?;
            output.line(&format!("the schema is up to date ({})", store.engine_name()));
            store.close().await;
            return Ok(());
        }
        _ => {}
    }
    telemetry::start_logs(Some(config.log.as_deref().unwrap_or("warn")), false);
    let store = match &cli.command {
        // What it measures is what a server does.
        Command::BenchPeople(_) => build::open_store(&config, true).await,
        _ => build::open_store_for_command(&config).await,
    };
    let services =
        build::services(&config, store.map_err(CliError::Other)?, Sources::default()).await.map_err(CliError::Other)?;
    if let Command::BenchPeople(args) = &cli.command {
        let done = bench::run_people(args, &config, &services, output).await;
        services.store.close().await;
        return done;
    }
    let done = with_services(cli.command, &services, output).await;
    services.store.close().await;
    done
}

async fn with_services(command: Command, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        Command::Client(command) => client::run(command, services, output).await,
        Command::Resource(command) => resource::run(command, services, output).await,
        Command::Legacy(command) => legacy::run(command, services, output).await,
        Command::Source(command) => source::run(command, services, output).await,
        Command::Unit(command) => unit::run(command, services, output).await,
        Command::Registry(command) => registry::run(command, services, output).await,
        Command::Reorg(command) => reorg::run(command, services, output).await,
        Command::Person(command) => person::run(command, services, output).await,
        Command::Grant(command) => grant::run(command, services, output).await,
        Command::Report(command) => report::run(command, services, output).await,
        Command::Admin(command) => admin::run(command, services, output).await,
        Command::Policy(command) => policy::run(command, services, output).await,
        Command::Session(command) => session::run(command, services, output).await,
        Command::Keys(command) => keys::run(command, services, output).await,
        Command::Audit(command) => audit::run(command, services, output).await,
        Command::BenchSheets(args) => bench::run_sheets(&args, services, output).await,
        Command::BenchMatching(args) => bench::run_matching(&args, services, output).await,
        Command::BenchMerged(args) => bench::run_merged(&args, services, output).await,
        Command::Demo(_)
        | Command::Serve { .. }
        | Command::Migrate
        | Command::Doctor
        | Command::Config(_)
        | Command::Bench(_)
        | Command::BenchPeople(_) => known::refresh(services).await.map_err(CliError::from),
    }
}

fn print_config(config: &Config, output: &mut Output) -> Result<(), CliError> {
    let document = serde_json::to_value(config).map_err(|error| CliError::Other(error.to_string()))?;
    if output.json {
        output.document(&document);
    } else {
        output.line(&toml::to_string_pretty(config).map_err(|error| CliError::Other(error.to_string()))?);
    }
    Ok(())
}

/// Who acts at the command line, for audit.
#[expect(clippy::disallowed_methods, reason = "app is the room that reads the environment")]
pub fn actor() -> String {
    format!("os:{}", std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "unknown".to_owned()))
}
