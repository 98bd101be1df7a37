//! `motlan person grant` and `revoke`: a role of one person, given and taken back.

use super::grant::day;
use super::{CliError, Output, actor};
use crate::base::id::PositionId;
use crate::model::entitlement::Condition;
use crate::service::provisioning::roles::{self, Given, Request, RoleError, Terms};
use crate::service::{Origin, Services};
use serde_json::json;
use time::Date;

/// Which role of whom.
#[derive(Debug, clap::Args)]
pub struct RoleArgs {
    /// The user name.
    pub username: String,
    /// The client that declares the role.
    #[arg(long)]
    pub client: String,
    /// The role.
    #[arg(long)]
    pub role: String,
    /// Only while the person acts in this position (its id, as `person show` tells it).
    #[arg(long)]
    pub position: Option<String>,
}

/// Which role for whom, on which days, and what it asks.
#[derive(Debug, clap::Args)]
pub struct GrantArgs {
    /// Which role of whom.
    #[command(flatten)]
    pub of: RoleArgs,
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
    #[arg(long, default_value = "")]
    pub reason: String,
}

/// Gives a role to one person.
pub async fn grant(args: &GrantArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let given = Given {
        condition: Condition { least_level: args.level, office_only: args.office_only },
        terms: Terms { valid_from: args.from, valid_to: args.to, reason: args.reason.clone() },
    };
    let changed = roles::grant_as(services, &request(&args.of, &actor, &origin), &given).await.map_err(refused)?;
    tell(&args.of, changed, ["The role is granted.", "The person has this role already."], out);
    Ok(())
}

/// Takes a role of one person back.
pub async fn revoke(args: &RoleArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let changed = roles::revoke(services, &request(args, &actor, &origin)).await.map_err(refused)?;
    tell(args, changed, ["The role is taken back.", "The person does not have this role."], out);
    Ok(())
}

fn request<'a>(args: &'a RoleArgs, actor: &'a str, origin: &'a Origin) -> Request<'a> {
    let position = args.position.clone().map(PositionId);
    Request { username: &args.username, client_id: &args.client, role: &args.role, position, actor, origin }
}

fn refused(error: RoleError) -> CliError {
    match error {
        RoleError::Store(error) => CliError::Other(error.to_string()),
        refused => CliError::Refused(refused.to_string()),
    }
}

fn tell(args: &RoleArgs, changed: bool, [done, nothing]: [&str; 2], out: &mut Output) {
    if out.json {
        out.json(&json!({ "username": args.username, "client_id": args.client, "role": args.role, "changed": changed }));
        return;
    }
    out.line(if changed { done } else { nothing });
}
