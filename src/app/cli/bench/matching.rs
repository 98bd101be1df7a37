//! `motlan bench-matching`: messy accounts of known truth are brought in and matched as they are in earnest, and every
//! decision is looked at.
//!
//! Three old systems write down who works where, with everything that goes wrong in such files. What has to be answered is
//! told from what is written, and from the truth; then files, database, resolving of units and matching do what they do for
//! everybody. It belongs on a database of its own. Brought in in another order, on another database, the same accounts have
//! to be decided alike: `--decisions` writes all decisions down, to be compared.

pub mod class;
mod judge;
mod places;
pub mod population;

use crate::app::cli::{CliError, Output, actor};
use crate::base::csv;
use crate::model::legacy_source::{HashSettings, Settings};
use crate::service::legacy::import::{self, ImportError};
use crate::service::legacy::matching::report::Report;
use crate::service::legacy::matching::{self, Progress, Summary};
use crate::service::legacy::sources::{self, NewSource};
use crate::service::registry::files::Source;
use crate::service::registry::import as registry_import;
use crate::service::{Origin, Services, known};
use clap::Args;
use class::Namesakes;
use indicatif::{ProgressBar, ProgressStyle};
use judge::{Judge, Known};
use places::{Places, Saying};
use population::{Draw, Population, Row, SOURCES};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Cursor};
use std::path::PathBuf;
use std::time::Instant;
use time::macros::date;

/// The header of the files.
const COLUMNS: [&str; 12] = [
    "legacy_id",
    "username",
    "full_name",
    "date_of_birth",
    "personal_number",
    "email",
    "phone",
    "unit_code",
    "unit_name",
    "district_name",
    "title",
    "status",
];
/// The former provinces of the sources, in their order.
const PROVINCES: [&str; 3] = ["74", "77", "79"];

/// How many accounts, and in which order.
#[derive(Debug, Args)]
pub struct MatchingArgs {
    /// Accounts in all: those of the last household are brought in too.
    #[arg(long, default_value_t = 1_000_000)]
    accounts: u64,
    /// Another seed, another population.
    #[arg(long, default_value_t = 2_025)]
    seed: u64,
    /// 0: as they are made; anything else: sources and rows in another order.
    #[arg(long, default_value_t = 0)]
    order: u64,
    /// Match after each source, and not only once all are there.
    #[arg(long)]
    match_each: bool,
    /// The folder with the registry's files, which tell where accounts belong.
    #[arg(long, value_name = "FOLDER", default_value = "data/units")]
    units: PathBuf,
    /// Write every decision to this file, sorted by account.
    #[arg(long, value_name = "FILE.csv")]
    decisions: Option<PathBuf>,
}

/// The accounts of a source, as they are written.
struct Sheet {
    source: &'static str,
    province: &'static str,
    rows: Vec<String>,
}

/// How long something took.
struct Step {
    what: String,
    accounts: usize,
    seconds: f64,
}

/// Makes the accounts, brings them in, matches, looks.
pub async fn run(args: &MatchingArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    if !sources::list(services).await?.is_empty() {
        return Err(CliError::Refused("there are sources already: use a database of its own".to_owned()));
    }
    if services.known.registry().units().next().is_none() {
        return Err(CliError::Refused("there are no units: motlan unit import data/units first".to_owned()));
    }
    let places = Places::read(&args.units)?;
    bring_codes(services, &places).await?;
    let mut judge = Judge::new(args.decisions.is_some());
    let mut sheets = write_down(args, &places, &mut judge);
    if args.order > 0 {
        let mut draw = Draw(args.order);
        draw.shuffle(&mut sheets);
        for sheet in &mut sheets {
            draw.shuffle(&mut sheet.rows);
        }
    }
    output.note(&format!("{} accounts of {} sources", judge.accounts(), sheets.len()));
    let mut steps = Vec::new();
    let mut brought = 0;
    for sheet in sheets {
        brought += sheet.rows.len();
        steps.push(bring(services, sheet).await?);
        if args.match_each {
            steps.push(decide(services, brought, output).await?);
        }
    }
    if !args.match_each {
        steps.push(decide(services, brought, output).await?);
    }
    let mut report = Report::begin(services, None);
    loop {
        let lines = report.next_lines().await?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            judge.look(line);
        }
    }
    if let Some(path) = &args.decisions {
        let trouble = |error: std::io::Error| CliError::Refused(format!("{}: {error}", path.display()));
        judge.write_decisions(&mut BufWriter::new(File::create(path).map_err(trouble)?)).map_err(trouble)?;
    }
    tell(&judge, &steps, output)
}

fn tell(judge: &Judge, steps: &[Step], output: &mut Output) -> Result<(), CliError> {
    for Step { what, accounts, seconds } in steps {
        output.line(&format!("{accounts:>9} accounts  {what:<24} {seconds:>8.1} s"));
    }
    output.line("");
    for line in judge.lines() {
        output.line(&line);
    }
    let missed = judge.missed();
    let told: Vec<Value> = steps
        .iter()
        .map(|Step { what, accounts, seconds }| json!({ "step": what, "accounts": accounts, "seconds": seconds }))
        .collect();
    let document = json!({ "steps": told, "found": judge.document(), "missed": missed });
    if missed.is_empty() {
        if output.json {
            output.document(&document);
        }
        return Ok(());
    }
    Err(CliError::Document(document, format!("missed: {}", missed.join("; "))))
}

/// Household after household, until there are accounts enough.
fn households(args: &MatchingArgs) -> impl Iterator<Item = Vec<Row>> {
    let mut left = args.accounts;
    Population::new(args.seed, args.accounts).map_while(move |household| {
        if left == 0 {
            return None;
        }
        left = left.saturating_sub(u64::try_from(household.len()).unwrap_or(u64::MAX));
        Some(household)
    })
}

/// The rows of each source, and what has to become of them. The population is made twice: who else is written alike is known
/// only when everybody was seen, and the same seed makes the same rows.
fn write_down(args: &MatchingArgs, places: &Places, judge: &mut Judge) -> Vec<Sheet> {
    let mut namesakes = Namesakes::default();
    for row in households(args).flatten() {
        namesakes.add(&row);
    }
    let sheet = |(source, province): (&'static str, &'static str)| Sheet { source, province, rows: Vec::new() };
    let mut sheets: Vec<Sheet> = SOURCES.into_iter().zip(PROVINCES).map(sheet).collect();
    for row in households(args).flatten() {
        let saying = places.say(&row);
        if let Some(sheet) = sheets.iter_mut().find(|sheet| sheet.source == row.source) {
            sheet.rows.push(written(&row, &saying));
        }
        let known = Known { truth: row.truth, class: namesakes.class(&row), kind: saying.kind, answer: saying.answer };
        judge.know(row.source, &row.legacy_id, known);
    }
    sheets
}

/// User names are those of offices: whoever is called alike has the same in another system.
fn written(row: &Row, saying: &Saying) -> String {
    let username = class::plain(&row.full_name).replace(' ', ".");
    csv::line(&[
        &row.legacy_id,
        &username,
        &row.full_name,
        &row.date_of_birth,
        &row.personal_number,
        &row.email,
        &row.phone,
        &saying.code,
        &saying.name,
        &saying.district,
        "Chuyên viên",
        "active",
    ])
}

/// The codes of the agencies, as an administrator brings them.
async fn bring_codes(services: &Services, places: &Places) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let files = [Source { name: "agencies.csv".to_owned(), bytes: places.agency_codes.clone().into_bytes() }];
    let request = registry_import::Request { sources: &files, only_legacy: false, actor: &actor, origin: &origin };
    match registry_import::import(services, &request).await {
        Ok(_) => {
            known::reload_registry(services).await?;
            Ok(())
        }
        Err(registry_import::ImportError::Refused(errors)) => {
            let first = errors.first().map(|wrong| wrong.error.message_en.clone()).unwrap_or_default();
            Err(CliError::Other(format!("agencies.csv: {} mistakes: {first}", errors.len())))
        }
        Err(error @ (registry_import::ImportError::Stale | registry_import::ImportError::Store(_))) => {
            Err(CliError::Other(error.to_string()))
        }
    }
}

/// Registers a source, and imports its file.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
async fn bring(services: &Services, sheet: Sheet) -> Result<Step, CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let Sheet { source, province, rows } = sheet;
    let new = NewSource {
        id: source.to_owned(),
        name: None,
        province: Some(province.to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(services, new, &actor).await?;
    let accounts = rows.len();
    let mut text = csv::line(&COLUMNS);
    for row in rows {
        text.push_str(&row);
    }
    let request = import::Request { source, encoding: None, accept_good: false, dry_run: false, actor: &actor, origin: &origin };
    let begun = Instant::now();
    let report = import::import(services, Cursor::new(text), &request, |_| {}).await.map_err(|error| trouble(&error))?;
    let seconds = begun.elapsed().as_secs_f64();
    if report.rows_bad > 0 || usize::try_from(report.added).ok() != Some(accounts) {
        let first = report.errors.first().map(|error| error.message_en.clone()).unwrap_or_default();
        return Err(CliError::Other(format!("{source}: {} of {accounts} accounts were added: {first}", report.added)));
    }
    Ok(Step { what: format!("imported: {source}"), accounts, seconds })
}

fn trouble(error: &ImportError) -> CliError {
    CliError::Other(error.to_string())
}

/// Resolves units and matches, all sources at once.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
async fn decide(services: &Services, accounts: usize, output: &mut Output) -> Result<Step, CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let request = matching::Request { source: None, actor: &actor, origin: &origin };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {pos} of {len} accounts") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let progress = move |at: Progress| {
        shown.set_length(at.of);
        shown.set_position(at.done);
    };
    let begun = Instant::now();
    let summary: Summary = matching::run(services, &request, progress).await?;
    let seconds = begun.elapsed().as_secs_f64();
    bar.finish_and_clear();
    output.note(&format!("{} linked, {} created, {} for review", summary.linked, summary.created, summary.review));
    Ok(Step { what: "matched".to_owned(), accounts, seconds })
}
