//! `motlan audit`: goes through the records and says whether they are as they
//! were, and writes them out.

use super::{CliError, Output, actor};
use crate::app::build;
use crate::app::config::Config;
use crate::base::clock::Millis;
use crate::base::date;
use crate::crypto::envelope::Envelope;
use crate::service::audit::{Event, looked};
use crate::service::trail::export::{self, Format, Wanted, Written};
use crate::service::trail::lines::start_of;
use crate::service::trail::report::Report;
use crate::service::trail::seal::{self, PublicKey};
use crate::service::trail::verify::{self, Means};
use crate::service::trail::{TrailError, chain};
use crate::service::{Origin, Services};
use clap::Subcommand;
use flate2::Compression;
use flate2::write::GzEncoder;
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use time::Date;

/// What to do with the records.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Go through the records and name the first entry that is broken, missing, added or moved.
    #[command(after_help = "Example: motlan audit verify audit.jsonl.gz --key audit-key.json")]
    Verify(VerifyArgs),
    /// Write the records out: as JSON lines, which can be verified, or as CSV or CEF.
    #[command(after_help = "Example: motlan audit export --from 2026-11-01 --to 2026-11-30 --out audit.jsonl.gz")]
    Export(ExportArgs),
}

/// What is gone through, and with what.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// An export (JSON lines, packed or not) or a copy of a SQLite database; absent: the database of this installation.
    pub file: Option<PathBuf>,
    /// The public key that was kept (`--print-key`); absent: the key of this installation.
    #[arg(long, value_name = "FILE", requires = "file")]
    key: Option<PathBuf>,
    /// A seal that was kept, or the file that it is in: what it covers must still be there.
    #[arg(long, value_name = "FILE|JSON")]
    since_seal: Option<String>,
    /// Where the months of a copied database lie; absent: in `audit` beside it.
    #[arg(long, value_name = "DIR", requires = "file")]
    segments: Option<PathBuf>,
    /// Print the public key of the seals, or the set of them once there was more than one, to be kept apart from the
    /// records, and do nothing else.
    #[arg(long, conflicts_with = "file")]
    print_key: bool,
}

/// What is written, and where.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// jsonl, csv or cef.
    #[arg(long, default_value = "jsonl")]
    format: String,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// The last day.
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// A file, packed when its name ends with `.gz`; absent: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl From<TrailError> for CliError {
    fn from(error: TrailError) -> Self {
        match error {
            TrailError::Failure(failure) => failure.into(),
            TrailError::File(..) => Self::Other(error.to_string()),
            TrailError::Refused(reason) => Self::Refused(reason),
        }
    }
}

/// Runs the command on the database of this installation.
pub async fn run(command: AuditCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        AuditCommand::Verify(args) if args.print_key => print_key(services, output).await,
        AuditCommand::Verify(args) => {
            let since = args.since_seal.as_deref().map(seal_text).transpose()?;
            tell(&verify::own(services, since.as_deref()).await?, output)
        }
        AuditCommand::Export(args) => write(&args, services, output).await,
    }
}

/// Goes through a file, without a database.
pub async fn verify_file(args: &VerifyArgs, path: &Path, config: &Config, output: &mut Output) -> Result<(), CliError> {
    let envelope = build::present_envelope(config).map_err(CliError::Refused)?;
    let keys = match (&args.key, &envelope) {
        (Some(file), _) => read_keys(file)?,
        (None, Some(envelope)) => installed_keys(path, config, envelope).await?,
        (None, None) => Vec::new(),
    };
    let beside = || path.parent().map(|dir| dir.join("audit"));
    let means = Means {
        keys,
        envelope,
        segments: args.segments.clone().or_else(beside),
        since: args.since_seal.as_deref().map(seal_text).transpose()?,
    };
    tell(&verify::file(path, &means).await?, output)
}

fn read_keys(file: &Path) -> Result<Vec<PublicKey>, CliError> {
    let unread = |why: &str| CliError::Refused(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unread(&error.to_string()))?;
    PublicKey::read_all(&text).ok_or_else(|| unread("no public key (JWK) as --print-key prints it"))
}

/// The keys of this installation, for an export; a copied database brings its own.
async fn installed_keys(path: &Path, config: &Config, envelope: &Envelope) -> Result<Vec<PublicKey>, CliError> {
    let url = config.database_url();
    let here = url.expose_secret().strip_prefix("sqlite://").is_none_or(|path| Path::new(path).is_file());
    if !here || verify::is_database(path)? {
        return Ok(Vec::new());
    }
    let store = build::open_store(config, false).await.map_err(CliError::Other)?;
    let keys = seal::trusted(&mut store.read().await?, envelope).await;
    store.close().await;
    Ok(keys?)
}

/// A seal, or what is in the file of that name.
fn seal_text(given: &str) -> Result<String, CliError> {
    if !Path::new(given).is_file() {
        return Ok(given.to_owned());
    }
    std::fs::read_to_string(given).map_err(|error| CliError::Refused(format!("{given}: {error}")))
}

async fn print_key(services: &Services, output: &mut Output) -> Result<(), CliError> {
    if seal::public_keys(services).await?.is_none() {
        chain::run(services, &services.entropy.token()).await?;
    }
    match seal::public_keys(services).await? {
        Some(keys) => output.document(&keys),
        None => {
            return Err(CliError::Refused(
                "there is no key yet: it is made with the first seal, some seconds after the first record".to_owned(),
            ));
        }
    }
    Ok(())
}

fn tell(report: &Report, output: &mut Output) -> Result<(), CliError> {
    let document = serde_json::to_value(report).map_err(|error| CliError::Other(error.to_string()))?;
    if !report.whole {
        return Err(CliError::Document(document, format!("motlan: {}", report.sentence())));
    }
    if output.json {
        output.document(&document);
        return Ok(());
    }
    output.line(&report.sentence());
    if let Some(newest) = &report.newest_seal {
        output.line("Keep this seal elsewhere: with --since-seal it shows later that nothing was cut off.");
        output.line(&newest.seal);
    }
    Ok(())
}

async fn write(args: &ExportArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let wanted = wanted(args)?;
    let detail = json!({ "format": wanted.format.as_str(), "from": args.from, "to": args.to });
    let origin = Origin::command_line();
    let event = Event { event: "audit.exported", actor: actor(), person: None, client: None, origin: &origin, detail };
    looked(services, event).await?;
    // What has settled since the job last ran is in it too. A chain that is broken is written out as it is.
    if let Err(error) = chain::run(services, &services.entropy.token()).await {
        output.note(&format!("motlan: {error}"));
    }
    let Some(path) = &args.out else {
        let written = export::write(services, &wanted, &mut BufWriter::new(std::io::stdout())).await?;
        output.note(&sentence(&written));
        return Ok(());
    };
    let written = to_file(services, &wanted, path).await?;
    if output.json {
        output.document(&json!({ "file": path.display().to_string(), "written": written }));
    }
    output.line(&format!("{}: {}", path.display(), sentence(&written)));
    Ok(())
}

fn sentence(written: &Written) -> String {
    format!("{} entries, seq {} to {}", written.entries, written.first, written.last)
}

fn wanted(args: &ExportArgs) -> Result<Wanted, CliError> {
    let format = Format::parse(&args.format)
        .ok_or_else(|| CliError::Refused(format!("--format: {:?} is not jsonl, csv or cef", args.format)))?;
    let from = args.from.as_deref().map(|text| day("--from", text)).transpose()?.map(start_of);
    let to = args.to.as_deref().map(|text| day("--to", text)).transpose()?;
    let to: Option<Millis> = to.and_then(Date::next_day).map(start_of);
    Ok(Wanted { format, from, to })
}

fn day(name: &str, text: &str) -> Result<Date, CliError> {
    date::parse(text).ok_or_else(|| CliError::Refused(format!("{name}: {text:?} is not a date such as 2026-11-01")))
}

/// Readable by its owner only: who did what is not for everybody.
async fn to_file(services: &Services, wanted: &Wanted, path: &Path) -> Result<Written, CliError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let trouble = |error: std::io::Error| CliError::Refused(format!("{}: {error}", path.display()));
    let mut options = File::options();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(trouble)?;
    let mut plain = BufWriter::new(file);
    let packed = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    let written = if packed {
        let mut packed = GzEncoder::new(&mut plain, Compression::default());
        let written = export::write(services, wanted, &mut packed).await?;
        packed.finish().map_err(trouble)?;
        written
    } else {
        export::write(services, wanted, &mut plain).await?
    };
    plain.flush().map_err(trouble)?;
    plain.get_ref().sync_all().map_err(trouble)?;
    Ok(written)
}
