//! `motlan source`: the old systems whose accounts are joined into the directory.

use super::client::lay;
use super::{CliError, Output, actor};
use crate::base::date::{iso, parse};
use crate::model::legacy_source::{LegacySource, Settings, SourceKind};
use crate::service::Services;
use crate::service::legacy::sources::{self, NewSource, SourceError, Tested};
use clap::{Args, Subcommand};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use time::Date;

/// What to do with sources.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Register an old system.
    #[command(
        after_help = "Examples:\n  motlan source add vt --kind hashes --name 'Bà Rịa - Vũng Tàu' --province 77\n  motlan source add bd --kind oidc --province 74 --sunset 2026-12-31 --config bd.toml --secret-file bd.secret"
    )]
    Add(AddArgs),
    /// All sources.
    #[command(after_help = "Example: motlan source list --json")]
    List,
    /// Change a source; only what is named changes, and an empty value takes away what may be absent.
    #[command(after_help = "Example: motlan source set bd --sunset 2027-06-30")]
    Set(SetArgs),
    /// Read a directory now. Whoever is not in it any more goes; when they are many, somebody has to say so.
    #[command(after_help = "Example: motlan source sync sg --accept")]
    Sync(super::source_ldap::SyncArgs),
    /// Try a source out: what its provider or its directory answers, or what is stored of it.
    #[command(after_help = "Example: motlan source test bd")]
    Test {
        /// Its id.
        id: String,
    },
    /// Remove a source of which no account belongs to anybody.
    #[command(after_help = "Example: motlan source remove vt")]
    Remove {
        /// Its id.
        id: String,
    },
}

/// A new source.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What it is called by: small letters, digits and hyphens.
    id: String,
    /// oidc, ldap or hashes.
    #[arg(long, value_parser = kind)]
    kind: SourceKind,
    #[command(flatten)]
    laid: LaidArgs,
}

/// A source that is there.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Its id.
    id: String,
    /// From now on nobody signs in through it, and nothing is read from it.
    #[arg(long, conflicts_with = "resume")]
    stop: bool,
    /// It is used again.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    laid: LaidArgs,
}

/// What is set for a source.
#[derive(Debug, Args)]
struct LaidArgs {
    /// The name that people see.
    #[arg(long)]
    name: Option<String>,
    /// The former province whose system it is, by its code: 74, 77 or 79.
    #[arg(long, value_name = "CODE")]
    province: Option<String>,
    /// The day as of which its unit codes and names are read; the last day of its province when none is given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// The last day on which its accounts open anything.
    #[arg(long, value_name = "DATE")]
    sunset: Option<String>,
    /// What its kind needs (TOML); --config means the same here.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The file that holds its secret: the client's secret or private key there, or the password of the entry that reads.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Refused(reason) => Self::Refused(reason),
            SourceError::Taken | SourceError::Unknown => Self::Refused(error.to_string()),
            SourceError::Failure(failure) => failure.into(),
        }
    }
}

fn kind(text: &str) -> Result<SourceKind, String> {
    SourceKind::from_word(text).ok_or_else(|| format!("one of {}", SourceKind::ALL.map(SourceKind::word).join(", ")))
}

/// After `source add` and `source set`, `--config` is the source's own file, and no longer that of motlan: one word for two
/// things, which only their place tells apart.
pub fn told_apart(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let command = behind_options(&args, 1);
    let verb = behind_options(&args, command + 1);
    let is_source = args.get(command).is_some_and(|word| word == "source");
    let has_file = args.get(verb).is_some_and(|word| word == "add" || word == "set");
    if !(is_source && has_file) {
        return args;
    }
    for arg in args.iter_mut().skip(verb + 1) {
        if arg == "--config" {
            *arg = "--settings".into();
        } else if let Some(file) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            *arg = format!("--settings={file}").into();
        }
    }
    args
}

/// Where the next word stands that is no option of motlan's own, nor the value of one.
fn behind_options(args: &[OsString], from: usize) -> usize {
    let mut at = from;
    while let Some(option) = args.get(at).and_then(|arg| arg.to_str()).filter(|arg| arg.starts_with('-')) {
        at += if option == "--config" { 2 } else { 1 };
    }
    at
}

/// Runs the command.
pub async fn run(command: SourceCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        SourceCommand::Add(args) => add(args, services, output).await,
        SourceCommand::List => list(services, output).await,
        SourceCommand::Set(args) => set(&args, services, output).await,
        SourceCommand::Sync(args) => super::source_ldap::sync(&args, services, output).await,
        SourceCommand::Test { id } => test(&id, services, output).await,
        SourceCommand::Remove { id } => {
            let accounts = sources::remove(services, &id, &actor()).await?;
            if output.json {
                output.document(&json!({ "id": id, "removed": true, "accounts": accounts }));
            } else {
                output.line(&format!("{id} was removed, with {accounts} accounts that were nobody's"));
            }
            Ok(())
        }
    }
}

async fn add(args: AddArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let laid = args.laid;
    let text = laid.settings.as_deref().map(read).transpose()?.unwrap_or_default();
    let new = NewSource {
        settings: settings(args.kind, laid.settings.as_deref(), &text)?,
        secret: laid.secret_file.as_deref().map(read_secret).transpose()?,
        as_of: laid.as_of.as_deref().map(|text| day("--as-of", text)).transpose()?,
        sunset_on: laid.sunset.as_deref().map(|text| day("--sunset", text)).transpose()?,
        id: args.id,
        name: laid.name,
        province: laid.province,
    };
    let source = sources::add(services, new, &actor()).await?;
    told(&source, "was added", output)
}

/// Changes what is named and nothing else.
async fn set(args: &SetArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let laid = &args.laid;
    let text = laid.settings.as_deref().map(read).transpose()?;
    let secret = laid.secret_file.as_deref().map(read_secret).transpose()?;
    let now = services.clock.now();
    let apply = |source: &mut LegacySource| -> Result<(), String> {
        if let Some(text) = &text {
            source.settings = settings(source.kind, laid.settings.as_deref(), text).map_err(|error| error.to_string())?;
        }
        lay_over(laid, source).map_err(|error| error.to_string())?;
        if args.stop && source.stopped_at.is_none() {
            source.stopped_at = Some(now);
        }
        if args.resume {
            source.stopped_at = None;
        }
        Ok(())
    };
    let source = sources::change(services, &args.id, &actor(), secret.as_ref(), apply).await?;
    told(&source, "was set", output)
}

/// Lays what is named over what is set. The day as of which units are read cannot be absent.
fn lay_over(laid: &LaidArgs, source: &mut LegacySource) -> Result<(), CliError> {
    lay::text(laid.name.as_deref(), &mut source.name);
    lay::optional(laid.province.as_deref(), &mut source.province);
    if let Some(text) = &laid.as_of {
        source.as_of = day("--as-of", text)?;
    }
    match laid.sunset.as_deref() {
        None => {}
        Some("") => source.sunset_on = None,
        Some(text) => source.sunset_on = Some(day("--sunset", text)?),
    }
    Ok(())
}

fn day(flag: &str, text: &str) -> Result<Date, CliError> {
    parse(text).ok_or_else(|| CliError::Refused(format!("{flag}: write a date as 2025-06-30 or 30/06/2025")))
}

fn read(file: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(file).map_err(|error| CliError::Refused(format!("{}: {error}", file.display())))
}

/// A secret ends where its line does.
fn read_secret(file: &Path) -> Result<SecretString, CliError> {
    let text = zeroize::Zeroizing::new(read(file)?);
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

fn settings(kind: SourceKind, file: Option<&Path>, text: &str) -> Result<Settings, CliError> {
    let place = file.map(|file| format!("{}: ", file.display())).unwrap_or_default();
    Settings::from_toml(kind, text).map_err(|reason| CliError::Refused(format!("{place}{reason}")))
}

fn document(source: &LegacySource) -> Result<Value, CliError> {
    source.document().map_err(|error| CliError::Other(error.to_string()))
}

fn told(source: &LegacySource, what: &str, output: &mut Output) -> Result<(), CliError> {
    if output.json {
        output.document(&document(source)?);
    } else {
        output.line(&format!("{} {what}; its units are read as of {}", source.id, iso(source.as_of)));
    }
    Ok(())
}

async fn list(services: &Services, output: &mut Output) -> Result<(), CliError> {
    let all = sources::list(services).await?;
    if output.json {
        let documents: Result<Vec<Value>, CliError> = all.iter().map(document).collect();
        output.document(&Value::Array(documents?));
        return Ok(());
    }
    for source in all {
        let LegacySource { id, kind, name, as_of, sunset_on, stopped_at, .. } = &source;
        let until = sunset_on.map(|last| format!(", until {}", iso(last))).unwrap_or_default();
        let stopped = if stopped_at.is_some() { ", stopped" } else { "" };
        output.line(&format!("{id:<20} {:<7} as of {}{until}{stopped}  {name}", kind.word(), iso(*as_of)));
    }
    Ok(())
}

async fn test(id: &str, services: &Services, output: &mut Output) -> Result<(), CliError> {
    if super::source_ldap::test(id, services, output).await? {
        return Ok(());
    }
    let tested = sources::try_out(services, id).await?;
    if output.json {
        output.document(&tested_document(id, &tested));
        return Ok(());
    }
    match tested {
        Tested::Answers { keys } => {
            output.line(&format!("{id}: the provider answers, is the one that is set, and has {keys} keys"));
        }
        Tested::SettingsOnly => {
            output.line(&format!("{id}: the settings can be. Only they were checked: the directory was not asked"));
        }
        Tested::Stored { accounts, passwords } => {
            let all: i64 = accounts.iter().map(|(_, count)| count).sum();
            output.line(&format!("{id}: {all} accounts are stored"));
            for (decision, count) in accounts {
                output.line(&format!("  {count:>10} {}", decided(&decision)));
            }
            for (scheme, state, count) in passwords {
                output.line(&format!("  {count:>10} passwords: {scheme}, {state}"));
            }
        }
    }
    Ok(())
}

fn tested_document(id: &str, tested: &Tested) -> Value {
    match tested {
        Tested::Answers { keys } => json!({ "id": id, "outcome": "answers", "keys": keys }),
        Tested::SettingsOnly => json!({ "id": id, "outcome": "settings_only" }),
        Tested::Stored { accounts, passwords } => {
            let accounts: Vec<Value> =
                accounts.iter().map(|(decision, count)| json!({ "decision": decided(decision), "count": count })).collect();
            let passwords: Vec<Value> = passwords
                .iter()
                .map(|(scheme, state, count)| json!({ "scheme": scheme, "state": state, "count": count }))
                .collect();
            json!({ "id": id, "outcome": "stored", "accounts": accounts, "passwords": passwords })
        }
    }
}

fn decided(decision: &str) -> &str {
    if decision.is_empty() { "undecided" } else { decision }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use time::macros::date;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SetArgs,
    }

    fn laid_by(flags: &[&str], source: &mut LegacySource) -> Result<(), CliError> {
        let line = Line::try_parse_from(["set", "bd"].iter().chain(flags)).expect("arguments");
        lay_over(&line.args.laid, source)
    }

    fn source() -> LegacySource {
        let settings = Settings::from_toml(SourceKind::Hashes, "").expect("settings");
        LegacySource {
            id: "bd".to_owned(),
            kind: SourceKind::Hashes,
            name: "Bình Dương".to_owned(),
            province: Some("74".to_owned()),
            as_of: date!(2025 - 06 - 30),
            sunset_on: None,
            settings,
            stopped_at: None,
            closed_at: None,
            version: 1,
        }
    }

    #[test]
    fn what_is_not_named_stays_and_an_empty_value_takes_away() {
        let mut changed = source();
        laid_by(&["--sunset", "31/12/2026", "--as-of", "2025-01-01"], &mut changed).expect("laid");
        let expected = LegacySource { as_of: date!(2025 - 01 - 01), sunset_on: Some(date!(2026 - 12 - 31)), ..source() };
        assert_eq!(changed, expected);

        laid_by(&["--sunset", "", "--province", "", "--as-of", "2025-06-30"], &mut changed).expect("laid");
        assert_eq!(changed, LegacySource { province: None, ..source() });
        assert!(laid_by(&["--as-of", ""], &mut changed).is_err(), "there is always such a day");
    }

    #[test]
    fn config_means_the_file_of_the_source_behind_its_commands_only() {
        let table: [(&[&str], &[&str]); 6] = [
            (
                &["motlan", "--config", "m.toml", "source", "add", "bd", "--config", "bd.toml"],
                &["motlan", "--config", "m.toml", "source", "add", "bd", "--settings", "bd.toml"],
            ),
            (&["motlan", "source", "set", "bd", "--config=bd.toml"], &["motlan", "source", "set", "bd", "--settings=bd.toml"]),
            (
                &["motlan", "source", "--json", "set", "bd", "--config", "bd.toml"],
                &["motlan", "source", "--json", "set", "bd", "--settings", "bd.toml"],
            ),
            (&["motlan", "source", "list", "--config", "m.toml"], &["motlan", "source", "list", "--config", "m.toml"]),
            (&["motlan", "client", "list", "--config", "m.toml"], &["motlan", "client", "list", "--config", "m.toml"]),
            (&["motlan"], &["motlan"]),
        ];
        for (typed, meant) in table {
            assert_eq!(told_apart(typed.iter().map(OsString::from)), meant.iter().map(OsString::from).collect::<Vec<_>>());
        }
    }
}
