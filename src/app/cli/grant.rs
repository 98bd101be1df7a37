//! `motlan grant`: roles for whoever has a post in a unit.

use super::{CliError, Output, actor};
use crate::base::date::{iso, parse, shown, vietnam_date};
use crate::base::id::UnitId;
use crate::model::entitlement::Condition;
use crate::model::registry::LookUp;
use crate::service::provisioning::group_roles::{self, Giver, GroupRoleError, Line, Seeing, Wish};
use crate::service::registry::document;
use crate::service::then;
use crate::service::{Origin, Services};
use crate::store::group_grants::Stored;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use time::Date;

/// What to do with roles of groups.
#[derive(Debug, Subcommand)]
pub enum GrantCommand {
    /// Give a role to whoever has a post in a unit, or in any unit under it; perhaps with one title.
    #[command(
        after_help = "Example: motlan grant add --client tthc --role lanh_dao --unit 79 --below --title 'Chủ tịch' --reason 'QĐ 12/QĐ-UBND'"
    )]
    Add(AddArgs),
    /// Those that were not taken back, or those that counted on a day.
    #[command(after_help = "Examples:\n  motlan grant list --client tthc --json\n  motlan grant list --on 2025-06-30")]
    List {
        /// Only those of this client.
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        /// Those that counted on this day, also when they were taken back since.
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: Option<Date>,
    },
    /// Take one back; it counts no more at once.
    #[command(after_help = "Example: motlan grant revoke 0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b")]
    Revoke {
        /// Its id, as `grant list` tells it.
        id: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// Which role, for whom.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The client that declares the role.
    #[arg(long, value_name = "ID")]
    pub client: String,
    /// The role.
    #[arg(long)]
    pub role: String,
    /// The unit: a GSO code, or `scheme:code`, as of today.
    #[arg(long, value_name = "CODE")]
    pub unit: String,
    /// Also in every unit under it.
    #[arg(long)]
    pub below: bool,
    /// Only with this title.
    #[arg(long)]
    pub title: Option<String>,
    /// Counts only in a sign-on of this level: 2, two factors.
    #[arg(long)]
    pub level: Option<i64>,
    /// Counts only from the network of an office (`site.office_networks`).
    #[arg(long)]
    pub office_only: bool,
    /// First day; today by default.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Option<Date>,
    /// Last day; without one, until it is taken back.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub to: Option<Date>,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// Tell who would have it today, and give nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Reads a day as it is typed.
pub(super) fn day(text: &str) -> Result<Date, String> {
    parse(text).ok_or_else(|| "a day is written 2026-11-22 or 22/11/2026".to_owned())
}

impl From<GroupRoleError> for CliError {
    fn from(error: GroupRoleError) -> Self {
        match error {
            GroupRoleError::Failure(failure) => failure.into(),
            refused => Self::Refused(refused.to_string()),
        }
    }
}

/// Runs the command.
pub async fn run(command: GrantCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        GrantCommand::Add(args) => add(args, services, output).await,
        GrantCommand::List { client, on } => list(client.as_deref(), on, services, output).await,
        GrantCommand::Revoke { id, reason } => revoke(&id, reason.as_deref(), services, output).await,
    }
}

fn operator() -> Giver {
    Giver::Operator { actor: actor(), origin: Origin::command_line() }
}

async fn add(args: AddArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let dry_run = args.dry_run;
    let wish = Wish {
        unit: meant(services, &args.unit).await?,
        client_id: args.client,
        role: args.role,
        below: args.below,
        title: args.title,
        condition: Condition { least_level: args.level, office_only: args.office_only },
        valid_from: args.from,
        valid_to: args.to,
        reason: args.reason,
    };
    let giver = operator();
    let reach = group_roles::look(services, &giver, &wish).await?;
    let id = if dry_run { None } else { Some(group_roles::add(services, &giver, &wish).await?) };
    if output.json {
        let names: Vec<&str> = reach.names.iter().map(|(username, ..)| username.as_str()).collect();
        output.document(&json!({ "id": id, "people": reach.people, "at_most": reach.at_most, "first": names }));
        return Ok(());
    }
    if let Some(id) = id {
        output.line(&format!("The role is granted. Id: {id}"));
    }
    let most = if reach.at_most { "at most " } else { "" };
    output.line(&format!("People who have such a post today: {most}{}.", reach.people));
    let today = vietnam_date(services.clock.now());
    for (username, full_name, unit) in &reach.names {
        output.line(&format!("  {username}  {full_name}, {}", unit_name(services, unit, today)));
    }
    if dry_run {
        output.line("nothing was changed: this was a dry run");
    }
    Ok(())
}

/// The unit that a code means today.
async fn meant(services: &Services, code: &str) -> Result<UnitId, CliError> {
    let registry = document::load(services).await?;
    let today = vietnam_date(services.clock.now());
    match document::meant(&registry, code, today) {
        LookUp::One(unit) => Ok(unit.id.clone()),
        LookUp::Candidates(_) => {
            Err(CliError::Refused(format!("the code {code} may mean several units: motlan unit show {code}")))
        }
        LookUp::None => Err(CliError::Refused(format!("no unit has the code {code} today"))),
    }
}

/// The roles of groups as scripts read them: those that were not taken back, or those that counted on a day.
pub async fn listed(services: &Services, client: Option<&str>, on: Option<Date>) -> Result<Value, CliError> {
    let (all, day) = read(services, client, on).await?;
    Ok(Value::Array(all.iter().map(|stored| document_of(services, stored, day)).collect()))
}

/// Those, with the day whose names they are told by.
async fn read(services: &Services, client: Option<&str>, on: Option<Date>) -> Result<(Vec<Stored>, Date), CliError> {
    if let Some(on) = on {
        return Ok((then::groups(services, client, on).await?, on));
    }
    let all = group_roles::list(services, &Seeing::Operator, client).await?;
    Ok((all.into_iter().map(stored).collect(), vietnam_date(services.clock.now())))
}

fn stored(line: Line) -> Stored {
    Stored { grant: line.grant, reason: line.reason, granted_at: line.granted_at, granted_by: line.granted_by }
}

async fn list(client: Option<&str>, on: Option<Date>, services: &Services, output: &mut Output) -> Result<(), CliError> {
    if output.json {
        output.document(&listed(services, client, on).await?);
        return Ok(());
    }
    let (all, day) = read(services, client, on).await?;
    if all.is_empty() {
        output.line(if on.is_some() { "No role of a group counted on this day." } else { "No role is given to a group." });
    }
    for stored in &all {
        output.line(&told(services, stored, day));
    }
    Ok(())
}

async fn revoke(id: &str, reason: Option<&str>, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let revoked = group_roles::revoke(services, &operator(), id, reason).await?;
    if output.json {
        output.document(&json!({ "id": id, "changed": revoked }));
        return Ok(());
    }
    output.line(if revoked { "The role is taken back." } else { "There is no such role, or it was taken back before." });
    Ok(())
}

fn document_of(services: &Services, stored: &Stored, on: Date) -> Value {
    let grant = &stored.grant;
    json!({
        "id": grant.id,
        "client_id": grant.client_id,
        "role": grant.role,
        "unit": grant.unit,
        "unit_name": unit_name(services, &grant.unit, on),
        "below": grant.below,
        "title": grant.title,
        "least_level": grant.condition.least_level,
        "office_only": grant.condition.office_only,
        "valid_from": grant.valid_from.map(iso),
        "valid_to": grant.valid_to.map(iso),
        "in_force": grant.in_force_on(on),
        "reason": stored.reason,
        "granted_by": stored.granted_by,
        "granted_at": stored.granted_at.seconds(),
    })
}

/// `ID  tthc lanh_dao: Thành phố Hồ Chí Minh and under it, Chủ tịch, with two factors, to 31/12/2026 (by os:minh: QĐ 12)`
fn told(services: &Services, stored: &Stored, on: Date) -> String {
    let grant = &stored.grant;
    let below = if grant.below { " and under it" } else { "" };
    let mut told = format!("{}  {} {}: {}{below}", grant.id, grant.client_id, grant.role, unit_name(services, &grant.unit, on));
    let further = [
        grant.title.clone(),
        grant.condition.least_level.map(|level| format!("from level {level}")),
        grant.condition.office_only.then(|| "in offices only".to_owned()),
        grant.valid_from.map(|first| format!("from {}", shown(first))),
        grant.valid_to.map(|last| format!("to {}", shown(last))),
    ];
    for text in further.into_iter().flatten() {
        told.push_str(", ");
        told.push_str(&text);
    }
    format!("{told} (by {}: {})", stored.granted_by, stored.reason)
}

fn unit_name(services: &Services, id: &UnitId, on: Date) -> String {
    let registry = services.known.registry();
    let name = registry.unit(id).map(|unit| registry.name_on(unit, on).to_owned());
    name.unwrap_or_else(|| id.0.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Typed {
        #[command(subcommand)]
        command: GrantCommand,
    }

    #[test]
    fn roles_of_groups_are_read_and_slips_are_refused() {
        let whole = ["grant", "add", "--client", "tthc", "--role", "lanh_dao", "--unit", "79", "--reason", "QĐ 12"];
        let with = |more: &[&'static str]| [&whole[..], more].concat();
        let table: [(Vec<&str>, bool); 11] = [
            (with(&[]), true),
            (with(&["--below", "--title", "Chủ tịch", "--level", "2", "--office-only"]), true),
            (with(&["--from", "2026-12-01", "--to", "31/12/2026", "--dry-run"]), true),
            (with(&["--to", "never"]), false),
            (with(&["--level", "two"]), false),
            (vec!["grant", "add", "--client", "tthc", "--role", "lanh_dao", "--unit", "79"], false),
            (vec!["grant", "list", "--client", "tthc"], true),
            (vec!["grant", "list", "--on", "30/06/2025"], true),
            (vec!["grant", "list", "--on", "yesterday"], false),
            (vec!["grant", "revoke"], false),
            (vec!["grant", "revoke", "0199a1b2", "--reason", "QĐ 13"], true),
        ];
        for (words, fine) in table {
            assert_eq!(Typed::try_parse_from(&words).is_ok(), fine, "{words:?}");
        }
    }
}
