//! `motlan legacy`: accounts of old systems come in, and are matched with people and units.

use super::legacy_match;
use super::{CliError, Output, actor};
use crate::base::encoding::Encoding;
use crate::service::legacy::import::{self, ImportError, Outcome, Progress, Report, Request, Stage};
use crate::service::{Origin, Services};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to do with legacy accounts.
#[derive(Debug, clap::Subcommand)]
pub enum LegacyCommand {
    /// Bring exported accounts in from a CSV or XLSX file; the same file again changes nothing, and one that was stopped goes on.
    #[command(
        after_help = "Examples:\n  motlan legacy import --source bd accounts.csv --dry-run\n  motlan legacy import --source bd old.csv --encoding vni"
    )]
    Import(Import),
    /// Decide of each account whose it is.
    #[command(after_help = "Example:\n  motlan legacy match --source bd --report report.csv")]
    Match(legacy_match::Match),
}

/// Which file of which source, and how.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The source whose accounts they are, as `source list` names it.
    #[arg(long)]
    pub source: String,
    /// A CSV file, or a workbook (XLSX), with the header of the legacy accounts file.
    pub file: PathBuf,
    /// The encoding, where what the file looks like is wrong: utf-8, utf-16le, utf-16be, windows-1258, tcvn3 (abc), vni, utf-8+tcvn3 or utf-8+vni.
    #[arg(long, value_parser = known_encoding)]
    pub encoding: Option<Encoding>,
    /// Check everything, show the encoding and what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Bring the good rows in although others are bad.
    #[arg(long)]
    pub accept_good: bool,
}

fn known_encoding(word: &str) -> Result<Encoding, String> {
    Encoding::from_word(word).ok_or_else(|| format!("write one of {}", Encoding::ALL.map(Encoding::word).join(", ")))
}

/// Runs the command.
pub async fn run(command: LegacyCommand, services: &Services, out: &mut Output) -> Result<(), CliError> {
    match command {
        LegacyCommand::Import(args) => import(&args, services, out).await,
        LegacyCommand::Match(args) => legacy_match::run(services, args, out).await,
    }
}

async fn import(args: &Import, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let trouble = |error: std::io::Error| CliError::Refused(format!("{}: {error}", args.file.display()));
    let file = std::fs::File::open(&args.file).map_err(trouble)?;
    // It draws on standard error, and nothing when that is not a terminal. Each reading of the file begins it anew.
    let bar = ProgressBar::new(file.metadata().map_err(trouble)?.len());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}") {
        bar.set_style(style);
    }
    let actor = actor();
    let origin = Origin::command_line();
    let request = Request {
        source: &args.source,
        encoding: args.encoding,
        accept_good: args.accept_good,
        dry_run: args.dry_run,
        actor: &actor,
        origin: &origin,
    };
    let shown_bar = bar.clone();
    let progress = move |at: Progress| shown_bar.set_message(stage(at));
    let report = import::import(services, bar.wrap_read(file), &request, progress).await;
    bar.finish_and_clear();
    match report {
        Ok(report) => tell(&report, out),
        Err(ImportError::File(error)) => {
            Err(CliError::Refusals(vec![row_error(&error)], "nothing was imported; mend the file and import again".to_owned()))
        }
        Err(
            error @ (ImportError::UnknownSource(_)
            | ImportError::Stopped(_)
            | ImportError::Setting { .. }
            | ImportError::WrongEncoding { .. }
            | ImportError::Unreadable(_)
            | ImportError::Overtaken),
        ) => Err(CliError::Refused(error.to_string())),
        Err(ImportError::Failure(failure)) => Err(failure.into()),
    }
}

fn stage(at: Progress) -> String {
    let word = match at.stage {
        Stage::Looking => return "looking at the file".to_owned(),
        Stage::Checking => "checked",
        Stage::Writing => "imported",
    };
    format!("{} rows {word}, {} bad", at.rows, at.rows_bad)
}

fn row_error(error: &crate::model::row_error::RowError) -> Value {
    json!({
        "error": "invalid_row",
        "message": error.message_en,
        "message_vi": error.message_vi,
        "message_en": error.message_en,
        "line": error.line,
        "column": error.column,
    })
}

fn tell(report: &Report, out: &mut Output) -> Result<(), CliError> {
    if report.outcome == Outcome::Refused {
        let more = match report.errors_left_out {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        let message = format!(
            "{} of {} rows are bad{more}, read as {}; nothing was imported: mend them, name the encoding if it is another, or import the good ones with --accept-good",
            report.rows_bad, report.rows_read, report.encoding
        );
        return Err(CliError::Refusals(report.errors.iter().map(row_error).collect(), message));
    }
    if out.json {
        out.json(&json!(report));
        return Ok(());
    }
    for error in &report.errors {
        out.line(&format!("line {}, {}: {} / {}", error.line, error.column, error.message_vi, error.message_en));
    }
    let how = if report.encoding_detected { "found out" } else { "named" };
    out.line(&format!("Encoding: {} ({how}).", report.encoding));
    if let Some(line) = report.resumed_after_line {
        out.line(&format!("It was stopped after line {line} and went on there."));
    }
    let hashes: Vec<String> = report.passwords.iter().map(|(scheme, count)| format!("{scheme} {count}")).collect();
    if !hashes.is_empty() {
        out.line(&format!("Password hashes: {}.", hashes.join(", ")));
    }
    let word = match report.outcome {
        Outcome::Applied => "Imported",
        Outcome::Unchanged => "Nothing new",
        Outcome::Checked => "Checked, nothing changed",
        Outcome::Refused => "Refused",
    };
    out.line(&format!(
        "{word}: {} rows, {} bad; {} new accounts, {} changed, {} as they were.",
        report.rows_read, report.rows_bad, report.added, report.changed, report.same
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: LegacyCommand,
    }

    #[test]
    fn a_file_names_its_source_and_an_encoding_is_known() {
        let table: [(&[&str], bool); 5] = [
            (&["legacy", "import", "--source", "bd", "a.csv"], true),
            (&["legacy", "import", "--source", "bd", "a.csv", "--encoding", "ABC", "--dry-run", "--accept-good"], true),
            (&["legacy", "import", "a.csv"], false),
            (&["legacy", "import", "--source", "bd"], false),
            (&["legacy", "import", "--source", "bd", "a.csv", "--encoding", "klingon"], false),
        ];
        for (words, fine) in table {
            assert_eq!(Line::try_parse_from(words).is_ok(), fine, "{words:?}");
        }
    }
}
