//! `motlan unit`: bringing registry files in, and looking units and their people up as of a date.

use super::{CliError, Output, actor};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, shown, shown_moment, vietnam_date};
use crate::model::lifecycle::midnight;
use crate::model::position::Position;
use crate::model::registry::{LookUp, Registry};
use crate::model::unit::Unit;
use crate::service::directory::{self, UnitDay, Worked};
use crate::service::registry::files::Source;
use crate::service::registry::import::{self, ImportError, Request};
use crate::service::registry::{believed, document};
use crate::service::{Origin, Services};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

/// The unit registry: units, their codes and names over time, what became of them.
#[derive(Debug, clap::Args)]
pub struct UnitArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: UnitCommand,
}

/// What to do with the registry.
#[derive(Debug, clap::Subcommand)]
pub enum UnitCommand {
    /// Bring registry files in; doing it again changes nothing.
    #[command(after_help = "Examples:\n  motlan unit import data/units\n  motlan unit import agency_codes.csv")]
    Import(ImportArgs),
    /// Show the unit that a code means on a date.
    #[command(after_help = "Examples:\n  motlan unit show 26740 --on 2025-06-30\n  motlan unit show agency:H29.38 --json\n  \
                            motlan unit show 26740 --on 2025-12-31 --believed-at 2026-01-15")]
    Show(ShowArgs),
    /// Who had a post in a unit on a date: in itself, not in those under it, as far as is known today.
    #[command(after_help = "Examples:\n  motlan unit people 26740\n  motlan unit people 26740 --on 2025-06-30 --json")]
    People(PeopleArgs),
}

/// Which files.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A folder with CSV files of the registry, or one such file; each is known by its header.
    pub path: PathBuf,
    /// Leave out what came on 2025-07-01, so that a plan can bring it.
    #[arg(long, value_enum)]
    pub only: Option<Only>,
}

/// A part of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// What there was up to 2025-06-30.
    Legacy,
}

/// Which unit.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// A statistics-office code, or SCHEME:CODE.
    pub code: String,
    /// The date, 2025-06-30 or 30/06/2025; today in Vietnam by default, or the day of `--believed-at`.
    #[arg(long, value_parser = date)]
    pub on: Option<Date>,
    /// As it was believed at a moment, without later corrections of the past: a day (its end in Vietnam), or
    /// 2026-01-15T09:30:00+07:00.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub believed_at: Option<Millis>,
}

/// Whose people.
#[derive(Debug, clap::Args)]
pub struct PeopleArgs {
    /// A statistics-office code, or SCHEME:CODE, as of the date.
    pub code: String,
    /// The date, 2025-06-30 or 30/06/2025; today in Vietnam by default.
    #[arg(long, value_parser = date)]
    pub on: Option<Date>,
}

/// Nobody is told what is believed on a day that has not come.
pub(super) fn refuse_ahead(moment: Millis, now: Millis) -> Result<(), CliError> {
    if vietnam_date(moment) > vietnam_date(now) {
        return Err(CliError::Refused("--believed-at is a day that has not come yet".to_owned()));
    }
    Ok(())
}

/// A day means its last moment.
pub(super) fn moment(text: &str) -> Result<Millis, String> {
    if let Some(next) = parse(text).and_then(Date::next_day) {
        return Ok(Millis(midnight(next).0 - 1));
    }
    let read = OffsetDateTime::parse(text.trim(), &Rfc3339);
    let read = read.map_err(|_| "write a moment as 2026-01-15 or 2026-01-15T09:30:00+07:00".to_owned())?;
    i64::try_from(read.unix_timestamp_nanos().div_euclid(1_000_000)).map(Millis).map_err(|error| error.to_string())
}

fn date(text: &str) -> Result<Date, String> {
    parse(text).ok_or_else(|| "write a date as 2025-06-30 or 30/06/2025".to_owned())
}

/// Runs the command.
pub async fn run(args: UnitArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    match args.command {
        UnitCommand::Import(args) => import_files(&args, services, out).await,
        UnitCommand::Show(args) => show(&args, services, out).await,
        UnitCommand::People(args) => people(&args, services, out).await,
    }
}

async fn import_files(args: &ImportArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let sources = sources(&args.path)?;
    let actor = actor();
    let origin = Origin::command_line();
    let request = Request { sources: &sources, only_legacy: args.only.is_some(), actor: &actor, origin: &origin };
    match import::import(services, &request).await {
        Ok(report) => {
            if out.json {
                out.json(&json!(report));
            } else if report.added == 0 {
                out.line(&format!("Nothing new: the registry is at version {}.", report.version));
            } else {
                out.line(&format!(
                    "{} new facts, {} new units; the registry is at version {}.",
                    report.added, report.units, report.version
                ));
            }
            Ok(())
        }
        Err(ImportError::Refused(errors)) => {
            let told = errors
                .iter()
                .map(|wrong| {
                    json!({
                        "error": "invalid_row",
                        "message": wrong.error.message_en,
                        "message_vi": wrong.error.message_vi,
                        "message_en": wrong.error.message_en,
                        "file": wrong.file,
                        "line": wrong.error.line,
                        "column": wrong.error.column,
                    })
                })
                .collect();
            Err(CliError::Refusals(told, "nothing was imported; mend these rows and import again".to_owned()))
        }
        Err(error @ ImportError::Stale) => Err(CliError::Refused(error.to_string())),
        Err(ImportError::Store(error)) => Err(CliError::Other(error.to_string())),
    }
}

/// The CSV files of a folder in the order of their names, or the one file.
fn sources(path: &Path) -> Result<Vec<Source>, CliError> {
    let trouble = |path: &Path, error: std::io::Error| CliError::Refused(format!("{}: {error}", path.display()));
    let mut paths = Vec::new();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(|error| trouble(path, error))? {
            let file = entry.map_err(|error| trouble(path, error))?.path();
            if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
                paths.push(file);
            }
        }
        if paths.is_empty() {
            return Err(CliError::Refused(format!("{}: there is no CSV file in this folder", path.display())));
        }
    } else {
        paths.push(path.to_path_buf());
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let bytes = std::fs::read(&path).map_err(|error| trouble(&path, error))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(Source { name, bytes })
        })
        .collect()
}

async fn show(args: &ShowArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let now = services.clock.now();
    if let Some(moment) = args.believed_at {
        refuse_ahead(moment, now)?;
    }
    let on = args.on.unwrap_or_else(|| vietnam_date(args.believed_at.unwrap_or(now)));
    let registry = match args.believed_at {
        Some(moment) => believed::at(services, moment).await,
        None => document::load(services).await,
    };
    let registry = registry.map_err(|error| CliError::Other(error.to_string()))?;
    if let (Some(moment), LookUp::None) = (args.believed_at, document::meant(&registry, &args.code, on)) {
        let (code, on, at) = (&args.code, shown(on), shown_moment(moment));
        let message = format!("at {at} no unit was known that has the code {code} on {on}; leave out --believed-at");
        return Err(CliError::Refused(message));
    }
    let unit = meant(&registry, &args.code, on)?;
    let mut document = document::of(&registry, unit, on);
    if let Some(moment) = args.believed_at {
        document["believed_at"] = Value::from(moment.0);
    }
    if out.json {
        out.json(&document);
        return Ok(());
    }
    tell(&registry, unit, &document, on, out);
    if let Some(moment) = args.believed_at {
        out.line(&format!("  as it was believed at {}", shown_moment(moment)));
    }
    Ok(())
}

/// The one unit that a code means on a day.
fn meant<'a>(registry: &'a Registry, code: &str, on: Date) -> Result<&'a Unit, CliError> {
    match document::meant(registry, code, on) {
        LookUp::One(unit) => Ok(unit),
        LookUp::Candidates(units) => {
            let candidates = units
                .iter()
                .map(|unit| {
                    let mut told = document::brief(registry, unit, on);
                    let message = format!("{code} may be {}", registry.name_on(unit, on));
                    told["error"] = Value::from("ambiguous");
                    told["message"] = Value::from(message);
                    told
                })
                .collect();
            let message = format!("on {} the code {code} may be any of these units; what is known does not tell", shown(on));
            Err(CliError::Refusals(candidates, message))
        }
        LookUp::None => {
            Err(CliError::Refused(format!("no unit has the code {code} on {}; try another date with --on", shown(on))))
        }
    }
}

async fn people(args: &PeopleArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let told = people_described(services, args).await?;
    if out.json {
        out.json(&told);
        return Ok(());
    }
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let day = |value: &Value, name: &str| value[name].as_str().and_then(parse).map_or_else(|| "…".to_owned(), shown);
    out.line(&format!("{} on {}", text(&told["unit"], "name"), day(&told, "on")));
    for person in told["people"].as_array().into_iter().flatten() {
        out.line(&format!("  {} ({})", text(person, "full_name"), text(person, "username")));
        for post in person["positions"].as_array().into_iter().flatten() {
            let (from, to) = (day(post, "valid_from"), day(post, "valid_to"));
            out.line(&format!("    {}, {from} - {to}", text(post, "title")));
        }
    }
    Ok(())
}

/// Who had a post in a unit on a day, as scripts read it.
pub async fn people_described(services: &Services, args: &PeopleArgs) -> Result<Value, CliError> {
    let on = args.on.unwrap_or_else(|| vietnam_date(services.clock.now()));
    let registry = document::load(services).await.map_err(|error| CliError::Other(error.to_string()))?;
    let unit = meant(&registry, &args.code, on)?;
    let all = directory::all_of_unit(services, UnitDay { unit: &unit.id, on }).await?;
    let people: Vec<Value> = all.iter().map(worked).collect();
    Ok(json!({ "unit": document::brief(&registry, unit, on), "on": iso(on), "people": people }))
}

fn worked(one: &Worked) -> Value {
    let post = |held: &Position| {
        json!({
            "id": held.id,
            "title": held.title,
            "department": held.department,
            "primary": held.primary,
            "valid_from": iso(held.valid_from),
            "valid_to": held.valid_to.map(iso),
        })
    };
    let posts: Vec<Value> = one.posts.iter().map(post).collect();
    json!({ "id": one.person, "username": one.username, "full_name": one.full_name, "positions": posts })
}

/// The document for people.
fn tell(registry: &Registry, unit: &Unit, document: &Value, on: Date, out: &mut Output) {
    let path: Vec<&str> = registry.path_on(unit, on).into_iter().rev().map(|above| registry.name_on(above, on)).collect();
    out.line(&[vec![registry.name_on(unit, on)], path].concat().join(", "));
    out.line(&format!("  id     {}", unit.id));
    for (scheme, code) in registry.codes_on(unit, on) {
        out.line(&format!("  {scheme:<6} {code}"));
    }
    let day = |day: Option<Date>| day.map_or_else(|| "…".to_owned(), shown);
    out.line(&format!("  from   {}", day(unit.span.from)));
    out.line(&format!("  to     {}", day(unit.span.to)));
    for (field, word) in [("predecessors", "was"), ("successors", "became")] {
        for pair in document[field].as_array().into_iter().flatten() {
            let text = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
            out.line(&format!("  {word:<6} {} {} ({})", text("gso"), text("name"), text("relation")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_last_moment_in_vietnam_and_a_moment_itself() {
        let table = [
            ("2025-06-30", Some(1_751_302_799_999)),
            ("30/06/2025", Some(1_751_302_799_999)),
            ("2025-07-01T00:00:00+07:00", Some(1_751_302_800_000)),
            ("2025-06-30T17:00:00Z", Some(1_751_302_800_000)),
            ("2025-06-30 17:00", None),
            ("yesterday", None),
        ];
        for (text, expected) in table {
            assert_eq!(moment(text).ok(), expected.map(Millis), "{text}");
        }
    }
}
