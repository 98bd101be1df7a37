//! `motlan client`: relying parties.

use super::{CliError, Output, actor};
use crate::model::client::{AuthMethod, Client, ClientSettings, ClientType, UnitIdentifier};
use crate::model::signing_key::Algorithm;
use crate::service::Services;
use crate::service::clients::register::{self, RegisterError};
use crate::store::clients;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to do with clients.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Register a relying party; a generated secret is printed once.
    #[command(
        after_help = "Example: motlan client add --id tthc --name 'Giải quyết TTHC' --redirect-uri https://tthc.example.vn/callback"
    )]
    Add(Box<AddArgs>),
    /// Change a registration; only what is named changes.
    #[command(after_help = "Example: motlan client set --id tthc --unit-identifier both")]
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
    /// Refuse a client from now on.
    #[command(after_help = "Example: motlan client remove tthc")]
    Remove {
        /// Client id.
        id: String,
    },
}

/// A registration.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Client id.
    #[arg(long)]
    id: String,
    /// The name that people see.
    #[arg(long)]
    name: Option<String>,
    /// web, native or spa.
    #[arg(long = "type", value_name = "TYPE")]
    application_type: Option<String>,
    /// `client_secret_basic`, `client_secret_post`, `private_key_jwt` or none.
    #[arg(long = "auth", value_name = "METHOD")]
    auth_method: Option<String>,
    /// Where answers may go, exactly.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where a signed-out browser may go, exactly.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are delivered.
    #[arg(long, value_name = "URI")]
    backchannel_logout_uri: Option<String>,
    /// An origin that may call from a browser.
    #[arg(long = "allowed-origin", value_name = "ORIGIN")]
    allowed_origins: Vec<String>,
    /// A grant type.
    #[arg(long = "grant-type", value_name = "GRANT")]
    grant_types: Vec<String>,
    /// A scope that it may be granted.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A role that it declares.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Its public keys (JWKS).
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// ES256, RS256 or `EdDSA`.
    #[arg(long)]
    id_token_alg: Option<String>,
    /// A claim of a granted scope that also goes into the ID token.
    #[arg(long = "id-token-claim", value_name = "CLAIM")]
    id_token_claims: Vec<String>,
    /// Not the city's own: people are asked for consent.
    #[arg(long)]
    third_party: bool,
    /// Do not demand PKCE of this confidential client.
    #[arg(long)]
    no_pkce: bool,
    /// Refresh tokens without `offline_access`; they die with the sign-on.
    #[arg(long)]
    refresh_with_sign_on: bool,
    /// The code scheme of the flat `unit_code`.
    #[arg(long, value_name = "SCHEME")]
    unit_code_scheme: Option<String>,
    /// new, legacy or both.
    #[arg(long, value_name = "WHICH")]
    unit_identifier: Option<String>,
    /// Its start page, for the portal.
    #[arg(long, value_name = "URI")]
    home_uri: Option<String>,
    /// One line for the portal.
    #[arg(long)]
    description: Option<String>,
}

impl From<RegisterError> for CliError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Refused(reason) => Self::Refused(reason),
            RegisterError::Taken | RegisterError::Unknown => Self::Refused(error.to_string()),
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
        ClientCommand::Remove { id } => {
            register::disable(services, &id, &actor()).await?;
            output.line(&format!("{id} is refused from now on"));
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

/// Reads a word of a closed list, as configuration spells it.
fn word<T: DeserializeOwned>(flag: &str, text: &str) -> Result<T, CliError> {
    serde_json::from_value(Value::String(text.to_owned()))
        .map_err(|_| CliError::Refused(format!("{flag}: {text:?} is not one of the values that --help names")))
}

fn apply(args: AddArgs, settings: &mut ClientSettings) -> Result<(), CliError> {
    if let Some(kind) = &args.application_type {
        settings.application_type = word::<ClientType>("--type", kind)?;
    }
    if let Some(method) = &args.auth_method {
        settings.auth_method = word::<AuthMethod>("--auth", method)?;
    } else if matches!(settings.application_type, ClientType::Native | ClientType::Spa) {
        settings.auth_method = AuthMethod::None;
    }
    if let Some(algorithm) = &args.id_token_alg {
        settings.id_token_alg = word::<Algorithm>("--id-token-alg", algorithm)?;
    }
    if let Some(which) = &args.unit_identifier {
        settings.unit_identifier = word::<UnitIdentifier>("--unit-identifier", which)?;
    }
    if let Some(file) = &args.jwks {
        let text =
            std::fs::read_to_string(file).map_err(|error| CliError::Refused(format!("--jwks {}: {error}", file.display())))?;
        settings.jwks =
            Some(serde_json::from_str(&text).map_err(|error| CliError::Refused(format!("--jwks {}: {error}", file.display())))?);
    }
    let lists = [
        (args.redirect_uris, &mut settings.redirect_uris),
        (args.post_logout_redirect_uris, &mut settings.post_logout_redirect_uris),
        (args.allowed_origins, &mut settings.allowed_origins),
        (args.grant_types, &mut settings.grant_types),
        (args.scopes, &mut settings.scopes),
        (args.roles, &mut settings.roles),
        (args.id_token_claims, &mut settings.id_token_claims),
    ];
    for (named, place) in lists {
        if !named.is_empty() {
            *place = named;
        }
    }
    settings.third_party |= args.third_party;
    settings.refresh_with_sign_on |= args.refresh_with_sign_on;
    settings.require_pkce &= !args.no_pkce;
    settings.backchannel_logout_uri = args.backchannel_logout_uri.or(settings.backchannel_logout_uri.take());
    settings.home_uri = args.home_uri.or(settings.home_uri.take());
    settings.unit_code_scheme = args.unit_code_scheme.unwrap_or_else(|| std::mem::take(&mut settings.unit_code_scheme));
    settings.description = args.description.unwrap_or_else(|| std::mem::take(&mut settings.description));
    Ok(())
}

async fn add(args: AddArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let mut settings = ClientSettings::default();
    let (id, name) = (args.id.clone(), args.name.clone().unwrap_or_else(|| args.id.clone()));
    apply(args, &mut settings)?;
    let client = Client { id, name, settings, secrets: Vec::new(), disabled_at: None };
    let secret = register::add(services, &client, &actor()).await?;
    told(output, &client.id, secret.as_ref().map(secrecy::ExposeSecret::expose_secret));
    Ok(())
}

async fn set(args: AddArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let found = clients::find(&mut services.store.read().await?, &args.id).await?;
    let mut client = found.ok_or_else(|| CliError::Refused(format!("there is no client {:?}", args.id)))?;
    client.name = args.name.clone().unwrap_or_else(|| client.name.clone());
    apply(args, &mut client.settings)?;
    register::replace(services, &client, &actor()).await?;
    output.line(&format!("{} was changed", client.id));
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
    let all = clients::list(&mut services.store.read().await?).await?;
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
    let found = clients::find(&mut services.store.read().await?, id).await?;
    let client = found.ok_or_else(|| CliError::Refused(format!("there is no client {id:?}")))?;
    let document = document(&client)?;
    if output.json {
        output.document(&document);
    } else {
        output.line(&toml::to_string_pretty(&without_nulls(document)).map_err(|error| CliError::Other(error.to_string()))?);
    }
    Ok(())
}
