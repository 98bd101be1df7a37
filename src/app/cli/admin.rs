//! `motlan admin`: who administers what, and a first way in for them.

use super::{CliError, Output, actor};
use crate::base::date::{iso, parse, shown, shown_moment, vietnam_date};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::service::administrators::{self, AdminError, Grant, Granted};
use crate::service::recovery::{self, Invite, InviteError};
use crate::service::{Origin, Services};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use time::Date;

/// What to do with administrators.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Give somebody a role.
    #[command(after_help = "Example: motlan admin grant --username minh.lq --role unit --unit 26740")]
    Grant(GrantArgs),
    /// Take a role back; it counts no more at once.
    #[command(after_help = "Example: motlan admin revoke 0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b")]
    Revoke {
        /// The role's id, as `admin list` tells it.
        id: String,
    },
    /// All roles that were not taken back; or those that counted on a day, also what was taken back since.
    #[command(after_help = "Examples:\n  motlan admin list --username minh.lq --json\n  motlan admin list --on 2025-06-30")]
    List {
        /// Only those of this person.
        #[arg(long)]
        username: Option<String>,
        /// The roles of this day.
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: Option<Date>,
    },
    /// A link that works once, within 72 hours, for a first or lost administrator.
    #[command(after_help = "Example: motlan admin invite --username minh.lq --email minh.lq@vi-du.vn")]
    Invite(InviteArgs),
    /// Make somebody the account for the day on which nobody else can come in: it runs the service without a second
    /// person, and everybody who runs the service is told of each of its sign-ins and acts.
    #[command(
        after_help = "Example: motlan admin break-glass --username khan-cap --reason \"sealed envelope 1, safe of the data centre\""
    )]
    BreakGlass(BreakGlassArgs),
}

/// Which account is kept for the worst day.
#[derive(Debug, Args)]
pub struct BreakGlassArgs {
    /// The user name.
    #[arg(long)]
    pub username: String,
    /// Why, and where its key is kept.
    #[arg(long)]
    pub reason: String,
}

/// Which role of whom.
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// The user name.
    #[arg(long)]
    pub username: String,
    /// `system`, `directory`, `unit`, `help-desk`, `application` or `auditor`.
    #[arg(long, value_parser = role)]
    pub role: AdminRole,
    /// The unit that it is bound to, with all under it: a GSO code, or `scheme:code`, as of today.
    #[arg(long, value_name = "CODE")]
    pub unit: Option<String>,
    /// The client that it is bound to.
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
    /// First day; today by default.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub from: Option<Date>,
    /// Last day; without one, until it is taken back.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub to: Option<Date>,
}

/// Whom to invite.
#[derive(Debug, Args)]
pub struct InviteArgs {
    /// The user name.
    #[arg(long)]
    pub username: String,
    /// Where the link is sent; by default to the person's own address, when mail is set up.
    #[arg(long)]
    pub email: Option<String>,
    /// The phone or key is lost: second factors are removed when the link is used.
    #[arg(long)]
    pub lost_factors: bool,
}

fn role(word: &str) -> Result<AdminRole, String> {
    let known = || AdminRole::ALL.map(AdminRole::word).join(", ");
    AdminRole::from_word(word).ok_or_else(|| format!("a role is one of {}", known()))
}

fn day(text: &str) -> Result<Date, String> {
    parse(text).ok_or_else(|| "a day is written 2026-11-22 or 22/11/2026".to_owned())
}

impl From<AdminError> for CliError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(error) => error.into(),
            AdminError::UnknownPerson
            | AdminError::NeedsUnit
            | AdminError::NeedsClient
            | AdminError::NotBound
            | AdminError::UnknownUnit
            | AdminError::UnknownClient
            | AdminError::Days
            | AdminError::UnknownRole => Self::Refused(error.to_string()),
        }
    }
}

impl From<InviteError> for CliError {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Failure(failure) => failure.into(),
            InviteError::UnknownPerson | InviteError::NoMail | InviteError::NoAddress => Self::Refused(error.to_string()),
        }
    }
}

/// Runs the command.
pub async fn run(command: AdminCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        AdminCommand::Grant(args) => grant(&args, services, output).await,
        AdminCommand::Revoke { id } => revoke(&id, services, output).await,
        AdminCommand::List { username, on } => list(username.as_deref(), on, services, output).await,
        AdminCommand::Invite(args) => invite(&args, services, output).await,
        AdminCommand::BreakGlass(args) => break_glass(&args, services, output).await,
    }
}

async fn grant(args: &GrantArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let grant = Grant {
        username: &args.username,
        role: args.role,
        unit: args.unit.as_deref(),
        client: args.client.as_deref(),
        valid_from: args.from,
        valid_to: args.to,
        actor: &actor,
        origin: &origin,
    };
    let granted = administrators::grant(services, &grant).await?;
    if output.json {
        let scope = granted.as_ref().map(|scope| document(services, scope));
        output.document(&json!({ "username": args.username, "changed": granted.is_some(), "role": scope }));
        return Ok(());
    }
    match granted {
        Some(scope) => {
            output.line(&format!("{} is now {}. Id: {}", args.username, told(services, &scope), scope.id));
            output.line("Whoever administers anything needs a second factor: it is asked for at the next sign-in.");
        }
        None => output.line("The person has this role already."),
    }
    Ok(())
}

async fn break_glass(args: &BreakGlassArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let given = administrators::break_glass(services, &args.username, &args.reason, &actor, &origin).await?;
    if output.json {
        let scope = given.as_ref().map(|scope| document(services, scope));
        output.document(&json!({ "username": args.username, "changed": given.is_some(), "role": scope }));
        return Ok(());
    }
    match given {
        Some(scope) => {
            output.line(&format!("{} is the account for the worst day. Id: {}", args.username, scope.id));
            output.line("It needs two factors like every administrator: add a key, print the codes, and lock both away.");
            output.line("Everybody who runs the service is told of each of its sign-ins and acts.");
        }
        None => output.line("The account is that already."),
    }
    Ok(())
}

async fn revoke(id: &str, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let revoked = administrators::revoke(services, id, &actor(), &Origin::command_line()).await?;
    if output.json {
        output.document(&json!({ "username": revoked.username, "role": document(services, &revoked.scope) }));
    } else {
        output.line(&format!("{} is no longer {}.", revoked.username, told(services, &revoked.scope)));
    }
    Ok(())
}

async fn list(username: Option<&str>, on: Option<Date>, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let all = match on {
        Some(on) => administrators::list_on(services, username, on).await?,
        None => administrators::list(services, username).await?,
    };
    let on = on.unwrap_or_else(|| vietnam_date(services.clock.now()));
    if output.json {
        output.document(&Value::Array(all.iter().map(|granted| line_document(services, granted, on)).collect()));
        return Ok(());
    }
    if all.is_empty() {
        output.line("Nobody administers anything.");
    }
    for granted in all {
        let (scope, by) = (&granted.scope, &granted.granted_by);
        let kept = if granted.break_glass { ", for the worst day" } else { "" };
        output.line(&format!("{}  {}: {}{kept} (by {by})", scope.id, granted.username, told_on(services, scope, on)));
    }
    Ok(())
}

fn line_document(services: &Services, granted: &Granted, on: Date) -> Value {
    let mut document = document_on(services, &granted.scope, on);
    document["username"] = json!(granted.username);
    document["granted_by"] = json!(granted.granted_by);
    document["break_glass"] = json!(granted.break_glass);
    document["in_force"] = json!(granted.scope.in_force_on(on));
    document
}

fn document(services: &Services, scope: &AdminScope) -> Value {
    document_on(services, scope, vietnam_date(services.clock.now()))
}

fn document_on(services: &Services, scope: &AdminScope, on: Date) -> Value {
    json!({
        "id": scope.id,
        "role": scope.role.word(),
        "unit": scope.unit,
        "unit_name": unit_name(services, scope, on),
        "client": scope.client,
        "valid_from": iso(scope.valid_from),
        "valid_to": scope.valid_to.map(iso),
    })
}

fn unit_name(services: &Services, scope: &AdminScope, on: Date) -> Option<String> {
    let registry = services.known.registry();
    let unit = registry.unit(scope.unit.as_ref()?)?;
    Some(registry.name_on(unit, on).to_owned())
}

/// `unit, Phường Sài Gòn, from 22/11/2026`
fn told(services: &Services, scope: &AdminScope) -> String {
    told_on(services, scope, vietnam_date(services.clock.now()))
}

fn told_on(services: &Services, scope: &AdminScope, on: Date) -> String {
    let place = unit_name(services, scope, on).or_else(|| scope.client.clone()).map(|place| format!(", {place}"));
    let until = scope.valid_to.map(|last| format!(" to {}", shown(last)));
    let (place, until) = (place.unwrap_or_default(), until.unwrap_or_default());
    format!("{}{place}, from {}{until}", scope.role.word(), shown(scope.valid_from))
}

async fn invite(args: &InviteArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let invite = Invite {
        username: &args.username,
        email: args.email.as_deref(),
        anew: args.lost_factors,
        actor: &actor,
        origin: &origin,
    };
    let invited = recovery::invite(services, &invite).await?;
    if output.json {
        output.document(&json!({
            "id": invited.person,
            "username": args.username,
            "link": invited.link,
            "expires_at": invited.expires_at.seconds(),
            "mailed_to": invited.mailed_to,
        }));
        return Ok(());
    }
    output.line(&invited.link);
    output.line(&format!(
        "It works once, until {}. Hand it to {} and to nobody else.",
        shown_moment(invited.expires_at),
        args.username
    ));
    if let Some(address) = invited.mailed_to {
        output.line(&format!("It is also sent to {address}."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: AdminCommand,
    }

    #[test]
    fn roles_and_days_are_read_and_slips_are_refused() {
        let table: [(&[&str], bool); 11] = [
            (&["admin", "grant", "--username", "kim", "--role", "help-desk"], true),
            (&["admin", "grant", "--username", "kim", "--role", "unit", "--unit", "26740", "--to", "31/12/2026"], true),
            (&["admin", "grant", "--username", "kim", "--role", "boss"], false),
            (&["admin", "grant", "--username", "kim", "--role", "system", "--to", "never"], false),
            (&["admin", "invite", "--username", "kim"], true),
            (&["admin", "invite"], false),
            (&["admin", "revoke"], false),
            (&["admin", "list", "--username", "kim", "--on", "30/06/2025"], true),
            (&["admin", "list", "--on", "31/02/2025"], false),
            (&["admin", "break-glass", "--username", "kim", "--reason", "envelope 1"], true),
            (&["admin", "break-glass", "--username", "kim"], false),
        ];
        for (words, fine) in table {
            assert_eq!(Line::try_parse_from(words).is_ok(), fine, "{words:?}");
        }
    }
}
