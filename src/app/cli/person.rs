//! `motlan person`: people from a file, their passwords and their roles.

use super::grant::day;
use super::person_merge::{self, MergeArgs, UnmergeArgs};
use super::person_role::{self, GrantArgs, RoleArgs};
pub use super::person_then::{described_believed, described_on};
use super::unit::moment;
use super::{CliError, Output, actor, person_then};
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, shown_moment, vietnam_date};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::account::methods::{self, Overview};
use crate::service::provisioning::person_import::{self, ImportError, Outcome, Report};
use crate::service::provisioning::{find, password, status};
use crate::service::registry::document;
use crate::service::{Origin, Services};
use crate::store::legacy_accounts::credentials::{self, Credential};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::PathBuf;
use time::Date;

/// People, their positions, passwords and roles.
#[derive(Debug, clap::Args)]
pub struct PersonArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PersonCommand,
}

/// What to do with people.
#[derive(Debug, clap::Subcommand)]
pub enum PersonCommand {
    /// Bring people and positions in from a CSV file: all of it or, with any mistake, nothing.
    #[command(after_help = "Example:\n  motlan person import people.csv --dry-run")]
    Import(ImportArgs),
    /// Set a person's password, read from standard input.
    #[command(after_help = "Example:\n  motlan person set-password minh.lq --temporary < password.txt")]
    SetPassword(SetPasswordArgs),
    /// Show a person, as they are or as they were on a day.
    #[command(after_help = "Examples:\n  motlan person show minh.lq --json\n  motlan person show minh.lq --on 2025-06-30\n  \
                            motlan person show minh.lq --on 2025-06-30 --believed-at 2025-07-15")]
    Show(ShowArgs),
    /// Lock a person: no more sign-ins, and every session and token ends at once.
    #[command(after_help = "Example:\n  motlan person disable minh.lq")]
    Disable(StatusArgs),
    /// Let a locked person sign in again; what ended stays ended.
    #[command(after_help = "Example:\n  motlan person enable minh.lq")]
    Enable(StatusArgs),
    /// Grant a role that a client declares.
    #[command(
        after_help = "Example:\n  motlan person grant minh.lq --client tthc --role tiep_nhan --level 2 --to 31/12/2026 --reason 'QĐ 12/QĐ-UBND'"
    )]
    Grant(GrantArgs),
    /// Take a role back.
    #[command(after_help = "Example:\n  motlan person revoke minh.lq --client tthc --role tiep_nhan")]
    Revoke(RoleArgs),
    /// Make two persons one: the second is merged into the first and signs in no more, until it is undone.
    #[command(after_help = "Example:\n  motlan person merge minh.lq minh.le --reason \"one person, QĐ 12/QĐ-UBND\"")]
    Merge(MergeArgs),
    /// Undo a merge: both are as they were; what was changed since stays, and is told.
    #[command(after_help = "Example:\n  motlan person unmerge 0199c0de-0000-7000-8000-000000000001")]
    Unmerge(UnmergeArgs),
}

/// Which file, and how.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A CSV file in UTF-8 with the header of the people file.
    pub file: PathBuf,
    /// Check everything and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Apply the good rows although others are bad.
    #[arg(long)]
    pub accept_good: bool,
}

/// Whose password.
#[derive(Debug, clap::Args)]
pub struct SetPasswordArgs {
    /// The user name.
    pub username: String,
    /// The person chooses another one at the next sign-in.
    #[arg(long)]
    pub temporary: bool,
}

/// Which person.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The user name.
    pub username: String,
    /// The posts and roles of this day; without it, all of them, or today's with `--believed-at`.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub on: Option<Date>,
    /// As it was believed at a moment, without what was told later: a day (its end in Vietnam), or 2026-01-15T09:30:00+07:00.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub believed_at: Option<Millis>,
}

/// Whose status.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// The user name.
    pub username: String,
}

/// Runs the command.
pub async fn run(args: PersonArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    match args.command {
        PersonCommand::Import(args) => import(&args, services, out).await,
        PersonCommand::SetPassword(args) => set_password(&args, services, out).await,
        PersonCommand::Show(args) => show(&args, services, out).await,
        PersonCommand::Disable(args) => disable(&args, services, out).await,
        PersonCommand::Enable(args) => enable(&args, services, out).await,
        PersonCommand::Grant(args) => person_role::grant(&args, services, out).await,
        PersonCommand::Revoke(args) => person_role::revoke(&args, services, out).await,
        PersonCommand::Merge(args) => person_merge::merge(&args, services, out).await,
        PersonCommand::Unmerge(args) => person_merge::unmerge(&args, services, out).await,
    }
}

fn other(error: impl std::fmt::Display) -> CliError {
    CliError::Other(error.to_string())
}

async fn import(args: &ImportArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let trouble = |error: std::io::Error| CliError::Refused(format!("{}: {error}", args.file.display()));
    let file = std::fs::File::open(&args.file).map_err(trouble)?;
    // It draws on standard error, and nothing when that is not a terminal.
    let bar = ProgressBar::new(file.metadata().map_err(trouble)?.len());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}") {
        bar.set_style(style);
    }
    let actor = actor();
    let origin = Origin::command_line();
    let request = person_import::Request { accept_good: args.accept_good, dry_run: args.dry_run, actor: &actor, origin: &origin };
    let shown_bar = bar.clone();
    let progress = move |at: person_import::Progress| {
        shown_bar.set_message(format!("{} rows, {} bad", at.rows_read, at.rows_bad));
    };
    let report = person_import::import(services, bar.wrap_read(file), &request, progress).await;
    bar.finish_and_clear();
    match report {
        Ok(report) => tell_import(&report, out),
        Err(ImportError::File(error)) => {
            Err(CliError::Refusals(vec![row_error(&error)], "nothing was imported; mend the file and import again".to_owned()))
        }
        Err(error @ (ImportError::GivenUp | ImportError::Contradicted(_))) => Err(CliError::Refused(error.to_string())),
        Err(ImportError::Store(error)) => Err(other(error)),
    }
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

fn tell_import(report: &Report, out: &mut Output) -> Result<(), CliError> {
    if report.outcome == Outcome::Refused {
        let more = match report.errors_left_out {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        let message = format!(
            "{} of {} rows are bad{more}; nothing was imported: mend them, or import the good ones with --accept-good",
            report.rows_bad, report.rows_read
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
    let word = match report.outcome {
        Outcome::Applied => "Imported",
        Outcome::Unchanged => "Nothing new",
        Outcome::Checked => "Checked, nothing changed",
        Outcome::Refused => "Refused",
    };
    out.line(&format!(
        "{word}: {} rows, {} bad; {} new people, {} changed, {} positions new or changed.",
        report.rows_read, report.rows_bad, report.persons_new, report.persons_changed, report.positions
    ));
    Ok(())
}

/// The end of the line belongs to the terminal or the file, not to the password.
fn password_from_stdin() -> Result<SecretString, CliError> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(4_096).read_to_string(&mut text);
    read.map_err(|error| CliError::Refused(format!("standard input: {error}")))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(SecretString::from(text))
}

async fn set_password(args: &SetPasswordArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let new_password = password_from_stdin()?;
    let actor = actor();
    let origin = Origin::command_line();
    let request = password::Request {
        username: &args.username,
        password: new_password,
        temporary: args.temporary,
        actor: &actor,
        origin: &origin,
    };
    match password::set(services, request).await {
        Ok(person) if out.json => out.json(&json!({ "id": person, "temporary": args.temporary })),
        Ok(_) if args.temporary => {
            out.line(&format!("The password of {} is set; another has to be chosen at the next sign-in.", args.username));
        }
        Ok(_) => out.line(&format!("The password of {} is set.", args.username)),
        Err(password::PasswordError::Failure(failure)) => return Err(other(failure)),
        Err(error) => return Err(CliError::Refused(error.to_string())),
    }
    Ok(())
}

/// What there is to show of a person.
async fn look(services: &Services, username: &str) -> Result<(Person, Registry, Overview), CliError> {
    let unknown = || CliError::Refused(format!("nobody has the user name {username}"));
    let registry = document::load(services).await.map_err(other)?;
    let person = find::by_username(services, username).await.map_err(other)?.ok_or_else(unknown)?.person;
    let ways = methods::overview(services, &person.id).await?;
    Ok((person, registry, ways))
}

/// A person as scripts read them, by user name; refused when nobody has it.
pub async fn described(services: &Services, username: &str) -> Result<Value, CliError> {
    let (person, registry, ways) = look(services, username).await?;
    let accounts = accounts_of(services, &person).await?;
    Ok(document_of(&person, &registry, &ways, &accounts))
}

/// The accounts of old systems that are a person's.
async fn accounts_of(services: &Services, person: &Person) -> Result<Vec<Credential>, CliError> {
    Ok(credentials::list_of_person(&mut services.store.read().await?, &person.id).await?)
}

async fn show(args: &ShowArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    if let Some(day) = person_then::day_of(args, services)? {
        return person_then::show(&args.username, services, day, out).await;
    }
    if out.json {
        out.json(&described(services, &args.username).await?);
        return Ok(());
    }
    let (person, registry, ways) = look(services, &args.username).await?;
    let status = if person.disabled_at.is_some() { "disabled" } else { "active" };
    out.line(&format!("{} ({}), {status}", person.full_name, person.username));
    out.line(&format!("  id        {}", person.id));
    for account in accounts_of(services, &person).await? {
        out.line(&format!("  account   {} in {} ({})", account.username, account.source, account.legacy_id));
    }
    let today = vietnam_date(services.clock.now());
    for held in shown_posts(&person) {
        let unit = registry.unit(&held.unit).map_or("", |unit| registry.name_on(unit, held.valid_from));
        let mark = if held.in_force_on(today) { "now " } else { "" };
        let until = held.valid_to.map_or_else(|| "…".to_owned(), shown);
        out.line(&format!("  position  {mark}{}, {unit}, {} - {until} ({})", held.title, shown(held.valid_from), held.id));
    }
    for role in &person.roles {
        let place = role.position.as_ref().map_or_else(String::new, |position| format!(" in position {position}"));
        out.line(&format!("  role      {}: {}{place}", role.client_id, role.role));
    }
    tell_methods(&ways, out);
    Ok(())
}

fn tell_methods(ways: &Overview, out: &mut Output) {
    let used = |at: Option<Millis>| at.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", shown_moment(at)));
    if let Some(at) = ways.password_set_at {
        out.line(&format!("  method    password, set {}", shown_moment(at)));
    }
    for passkey in &ways.passkeys {
        let added = shown_moment(passkey.added_at);
        out.line(&format!("  method    passkey {:?}, added {added}, {}", passkey.name, used(passkey.used_at)));
    }
    if let Some((added, used_at)) = ways.app {
        out.line(&format!("  method    authenticator app, added {}, {}", shown_moment(added), used(used_at)));
    }
    if let Some((made, left)) = ways.recovery_codes {
        out.line(&format!("  method    recovery codes, made {}, {left} left", shown_moment(made)));
    }
    if ways.locked {
        out.line("  methods are locked until an administrator has seen the person");
    }
}

/// A word for each kind; a sheet whose codes are used up opens nothing.
fn words_of(ways: &Overview) -> Vec<&'static str> {
    let kinds = [
        (ways.password_set_at.is_some(), "password"),
        (!ways.passkeys.is_empty(), "passkey"),
        (ways.app.is_some(), "totp"),
        (ways.recovery_codes.is_some_and(|(_, left)| left > 0), "recovery_codes"),
    ];
    kinds.into_iter().filter(|(there, _)| *there).map(|(_, word)| word).collect()
}

fn document_of(person: &Person, registry: &Registry, ways: &Overview, accounts: &[Credential]) -> Value {
    let accounts: Vec<Value> = accounts
        .iter()
        .map(|account| json!({ "source": account.source, "legacy_id": account.legacy_id, "username": account.username }))
        .collect();
    let positions: Vec<Value> = shown_posts(person).map(|held| position(held, registry, held.valid_from)).collect();
    let roles: Vec<Value> = person
        .roles
        .iter()
        .map(|role| json!({ "client_id": role.client_id, "role": role.role, "position": role.position }))
        .collect();
    json!({
        "id": person.id,
        "username": person.username,
        "full_name": person.full_name,
        "status": if person.disabled_at.is_some() { "disabled" } else { "active" },
        "has_personal_number": person.has_personal_number,
        "positions": positions,
        "roles": roles,
        "legacy_accounts": accounts,
        "methods": words_of(ways),
        "methods_locked": ways.locked,
    })
}

/// Their posts, without those that were taken back: the unit of such a one may be gone.
fn shown_posts(person: &Person) -> impl Iterator<Item = &Position> {
    person.positions.iter().filter(|held| held.was_ever_held())
}

/// A post, with its unit as of a day.
pub(super) fn position(held: &Position, registry: &Registry, on: Date) -> Value {
    let unit = registry.unit(&held.unit).map(|unit| document::brief(registry, unit, on));
    json!({
        "id": held.id,
        "unit": unit,
        "department": held.department,
        "title": held.title,
        "kind": held.kind,
        "primary": held.primary,
        "decision_no": held.decision_no,
        "delegated_by": held.delegated_by,
        "valid_from": iso(held.valid_from),
        "valid_to": held.valid_to.map(iso),
    })
}

fn status_refused(error: status::StatusError) -> CliError {
    match error {
        status::StatusError::Store(error) => other(error),
        status::StatusError::UnknownPerson => CliError::Refused(error.to_string()),
    }
}

async fn disable(args: &StatusArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let request = status::Request { username: &args.username, actor: &actor, origin: &origin };
    let disabled = status::disable(services, &request).await.map_err(status_refused)?;
    if out.json {
        let (sign_ons, grants) = disabled.map(|ended| (ended.sign_ons, ended.offline_grants)).unwrap_or_default();
        let changed = disabled.is_some();
        out.json(&json!({
            "username": args.username,
            "changed": changed,
            "sessions_ended": sign_ons,
            "offline_grants_revoked": grants,
        }));
        return Ok(());
    }
    match disabled {
        Some(ended) => out.line(&format!(
            "{} is locked; {} sessions and {} offline grants ended.",
            args.username, ended.sign_ons, ended.offline_grants
        )),
        None => out.line("The person is locked already."),
    }
    Ok(())
}

async fn enable(args: &StatusArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let request = status::Request { username: &args.username, actor: &actor, origin: &origin };
    let changed = status::enable(services, &request).await.map_err(status_refused)?;
    if out.json {
        out.json(&json!({ "username": args.username, "changed": changed }));
        return Ok(());
    }
    out.line(if changed { "The person may sign in again." } else { "The person is not locked." });
    Ok(())
}
