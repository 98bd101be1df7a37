//! `motlan client`: relying parties.

mod flags;
pub mod lay;

use super::{CliError, Output, actor};
use crate::base::date::shown_moment;
use crate::model::client::{Client, ClientSettings};
use crate::service::Services;
use crate::service::clients::register::{self, RegisterError};
use crate::service::registration::{MOST_HOURS, MOST_USES, invite};
use clap::{Subcommand, value_parser};
use flags::AddArgs;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// What to do with clients.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Register a relying party; a generated secret is printed once.
    #[command(
        after_help = "Example: motlan client add --id tthc --name 'Giải quyết TTHC' --redirect-uri https://tthc.example.vn/callback"
    )]
    Add(Box<AddArgs>),
    /// Change a registration; only what is named changes, and an empty value takes away what may be absent.
    #[command(
        after_help = "Examples:\n  motlan client set --id tthc --unit-identifier both\n  motlan client set --id tthc --resource ''"
    )]
    Set(Box<AddArgs>),
    /// All clients.
    #[command(after_help = "Example: motlan client list --json")]
    List,
    /// One client.
    #[command(after_help = "Example: motlan client show tthc")]
    Show {
        /// Client id.
        id: String,
    },
    /// A new secret, printed once; the one before stays valid for an overlap.
    #[command(after_help = "Example: motlan client rotate-secret tthc --overlap-hours 24")]
    RotateSecret {
        /// Client id.
        id: String,
        /// How long the secret before stays valid.
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
    },
    /// Let clients register themselves: an initial access token, printed once.
    #[command(after_help = "Example: motlan client invite --uses 1 --hours 24")]
    Invite {
        /// How many clients may register with it.
        #[arg(long, default_value_t = 1, value_parser = value_parser!(i64).range(1..=MOST_USES))]
        uses: i64,
        /// How long it can be used.
        #[arg(long, default_value_t = 24, value_parser = value_parser!(i64).range(1..=MOST_HOURS))]
        hours: i64,
    },
    /// Refuse a client from now on.
    #[command(after_help = "Example: motlan client remove tthc")]
    Remove {
        /// Client id.
        id: String,
    },
}

impl From<RegisterError> for CliError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Refused(reason) => Self::Refused(reason),
            RegisterError::Taken | RegisterError::Unknown | RegisterError::Stale => Self::Refused(error.to_string()),
            RegisterError::Failure(failure) => failure.into(),
        }
    }
}

/// Runs the command.
pub async fn run(command: ClientCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        ClientCommand::Add(args) => add(*args, services, output).await,
        ClientCommand::Set(args) => set(*args, services, output).await,
        ClientCommand::List => list(services, output).await,
        ClientCommand::Show { id } => show(&id, services, output).await,
        ClientCommand::RotateSecret { id, overlap_hours } => {
            let secret = register::rotate_secret(services, &id, i64::from(overlap_hours) * 3_600, &actor()).await?;
            told(output, &id, Some(secret.expose_secret()));
            Ok(())
        }
        ClientCommand::Invite { uses, hours } => give_invitation(uses, hours, services, output).await,
        ClientCommand::Remove { id } => {
            register::disable(services, &id, &actor()).await?;
            if output.json {
                output.document(&json!({ "client_id": id, "disabled": true }));
            } else {
                output.line(&format!("{id} is refused from now on"));
            }
            Ok(())
        }
    }
}

fn told(output: &mut Output, id: &str, secret: Option<&str>) {
    if output.json {
        let mut document = json!({ "client_id": id });
        if let Some(secret) = secret {
            document["client_secret"] = json!(secret);
        }
        output.document(&document);
    } else {
        output.line(&format!("client_id      {id}"));
        if let Some(secret) = secret {
            output.line(&format!("client_secret  {secret}"));
            output.line("The secret is shown this once and kept nowhere.");
        }
    }
}

async fn add(args: AddArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let keys = args.keys()?;
    let mut client = Client {
        id: args.id.clone(),
        name: args.id.clone(),
        settings: ClientSettings::default(),
        secrets: Vec::new(),
        disabled_at: None,
    };
    args.apply(keys.as_ref(), &mut client).map_err(CliError::Refused)?;
    let secret = register::add(services, &client, &actor()).await?;
    told(output, &client.id, secret.as_ref().map(secrecy::ExposeSecret::expose_secret));
    Ok(())
}

/// Changes what is named and nothing else, also when someone else changes the client at the same moment.
async fn set(args: AddArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let keys = args.keys()?;
    let change = |client: &mut Client| args.apply(keys.as_ref(), client);
    let client = register::change(services, &args.id, &actor(), change).await?;
    if output.json {
        output.document(&document(&client)?);
    } else {
        output.line(&format!("{} was changed", client.id));
    }
    Ok(())
}

/// Prints an initial access token (RFC 7591 §1.2).
async fn give_invitation(uses: i64, hours: i64, services: &Services, output: &mut Output) -> Result<(), CliError> {
    if !services.settings.registration.enabled {
        return Err(CliError::Refused("clients may not register themselves here: set registration.enabled".to_owned()));
    }
    // Read before the token is made, so that it lives no shorter than is said here.
    let expires_at = services.clock.now().plus_seconds(hours * 3_600);
    let token = invite(services, uses, hours, &actor()).await?;
    if output.json {
        let token = token.expose_secret();
        output.document(&json!({ "initial_access_token": token, "expires_at": expires_at.seconds(), "uses": uses }));
    } else {
        output.line(&format!("initial_access_token  {}", token.expose_secret()));
        output.line(&format!("clients               {uses}"));
        output.line(&format!("until                 {}", shown_moment(expires_at)));
        output.line("The token is shown this once and kept nowhere.");
    }
    Ok(())
}

fn document(client: &Client) -> Result<Value, CliError> {
    let settings = serde_json::to_value(&client.settings).map_err(|error| CliError::Other(error.to_string()))?;
    Ok(json!({ "client_id": client.id, "name": client.name, "disabled": client.disabled_at.is_some(), "settings": settings }))
}

/// TOML has no null: what is not set is left out.
fn without_nulls(document: Value) -> Value {
    match document {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, without_nulls(value))).collect()
        }
        other => other,
    }
}

async fn list(services: &Services, output: &mut Output) -> Result<(), CliError> {
    let all = register::list(services).await?;
    if output.json {
        let documents: Result<Vec<Value>, CliError> = all.iter().map(document).collect();
        output.document(&Value::Array(documents?));
        return Ok(());
    }
    for client in all {
        let state = if client.disabled_at.is_some() { "  (refused)" } else { "" };
        output.line(&format!("{:<24} {:<20} {}{state}", client.id, client.settings.auth_method.as_str(), client.name));
    }
    Ok(())
}

async fn show(id: &str, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let found = register::find(services, id).await?;
    let client = found.ok_or_else(|| CliError::Refused(format!("there is no client {id:?}")))?;
    let document = document(&client)?;
    if output.json {
        output.document(&document);
    } else {
        output.line(&toml::to_string_pretty(&without_nulls(document)).map_err(|error| CliError::Other(error.to_string()))?);
    }
    Ok(())
}
