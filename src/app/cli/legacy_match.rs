//! `motlan legacy match`: whose each account of the old systems is, and a report of it.

use super::{CliError, Output, actor};
use crate::base::csv;
use crate::service::legacy::matching::report::{COLUMNS, Report};
use crate::service::legacy::matching::{self, MatchError, Progress, Request, Summary};
use crate::service::{Origin, Services};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Which accounts, and where to write what becomes of them.
#[derive(Debug, clap::Args)]
pub struct Match {
    /// Only accounts of this source, and whoever has one of their names.
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Write what became of each account to this file.
    #[arg(long, value_name = "FILE.csv")]
    pub report: Option<PathBuf>,
}

/// A file that is being written.
struct Sheet<'a> {
    path: &'a Path,
    file: BufWriter<File>,
}

impl<'a> Sheet<'a> {
    /// Begins a file before anything else is done: a folder that is not there is found out at once.
    fn create(path: &'a Path) -> Result<Self, CliError> {
        let file = File::create(path).map_err(|error| trouble(path, &error))?;
        let mut sheet = Self { path, file: BufWriter::new(file) };
        sheet.line(&COLUMNS)?;
        Ok(sheet)
    }

    fn line(&mut self, cells: &[&str]) -> Result<(), CliError> {
        self.file.write_all(csv::line(cells).as_bytes()).map_err(|error| trouble(self.path, &error))
    }

    fn end(mut self) -> Result<(), CliError> {
        self.file.flush().map_err(|error| trouble(self.path, &error))
    }
}

fn trouble(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Refused(format!("{}: {error}", path.display()))
}

impl From<MatchError> for CliError {
    fn from(error: MatchError) -> Self {
        match error {
            MatchError::Failure(failure) => failure.into(),
            MatchError::UnknownSource(_) => Self::Refused(error.to_string()),
        }
    }
}

/// Runs the command.
pub async fn run(services: &Services, args: Match, out: &mut Output) -> Result<(), CliError> {
    let Match { source, report } = args;
    let sheet = report.as_deref().map(Sheet::create).transpose()?;
    let (actor, origin) = (actor(), Origin::command_line());
    let request = Request { source: source.as_deref(), actor: &actor, origin: &origin };
    // It draws on standard error, and nothing when that is not a terminal.
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {pos} of {len} accounts") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let progress = move |at: Progress| {
        shown.set_length(at.of);
        shown.set_position(at.done);
    };
    let summary = matching::run(services, &request, progress).await;
    bar.finish_and_clear();
    let summary = summary?;
    if let Some(sheet) = sheet {
        write_report(services, source.as_deref(), sheet).await?;
    }
    tell(&summary, out);
    Ok(())
}

async fn write_report(services: &Services, source: Option<&str>, mut sheet: Sheet<'_>) -> Result<(), CliError> {
    let mut report = Report::begin(services, source);
    loop {
        let lines = report.next_lines().await?;
        if lines.is_empty() {
            return sheet.end();
        }
        for line in &lines {
            sheet.line(&line.each_ref().map(String::as_str))?;
        }
    }
}

fn tell(summary: &Summary, out: &mut Output) {
    if out.json {
        out.json(&json!(summary));
        return;
    }
    let word = if summary.changed == 0 { "Nothing new" } else { "Matched" };
    out.line(&format!(
        "{word}: {} linked, {} created, {} for review, {} rejected; {} decided otherwise than before.",
        summary.linked, summary.created, summary.review, summary.rejected, summary.changed
    ));
    out.line(&format!(
        "{} new people, {} positions, {} positions ended; units: {} mapped, {} for review, {} unknown.",
        summary.persons_new,
        summary.positions_new,
        summary.positions_ended,
        summary.units_mapped,
        summary.units_review,
        summary.units_unknown
    ));
    if summary.undecided > 0 {
        out.note(&format!("motlan: {} accounts changed while they were looked at; match again", summary.undecided));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Match,
    }

    #[test]
    fn everything_is_matched_unless_a_source_is_named() {
        let all = Line::try_parse_from(["match"]).expect("a command");
        assert_eq!((all.args.source, all.args.report), (None, None));

        let one = Line::try_parse_from(["match", "--source", "bd", "--report", "report.csv"]).expect("a command");
        assert_eq!(one.args.source.as_deref(), Some("bd"));
        assert_eq!(one.args.report, Some(PathBuf::from("report.csv")));
    }
}
