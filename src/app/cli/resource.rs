//! `motlan resource`: APIs that tokens are for.

use super::client::lay;
use super::{CliError, Output, actor};
use crate::model::resource::Resource;
use crate::protocol::authorization_details::DetailsType;
use crate::service::Services;
use crate::service::clients::resources::{self, ResourceError};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What to do with resources.
#[derive(Debug, Subcommand)]
pub enum ResourceCommand {
    /// Register an API that tokens are for.
    #[command(
        after_help = "Example: motlan resource add --id https://ho-so.example.vn/api --name 'Hồ sơ' --scope ho_so.doc --server kho-ho-so"
    )]
    Add(ResourceArgs),
    /// All resources.
    #[command(after_help = "Example: motlan resource list --json")]
    List,
    /// One resource.
    #[command(after_help = "Example: motlan resource show https://ho-so.example.vn/api")]
    Show {
        /// Its identifier.
        id: String,
    },
    /// Change a resource; only what is named changes, and an empty value takes away what may be absent.
    #[command(
        after_help = "Example: motlan resource set --id https://ho-so.example.vn/api --details-type 'ho_so:actions,identifier;note'"
    )]
    Set(ResourceArgs),
    /// Remove a resource that no client reaches any more.
    #[command(after_help = "Example: motlan resource remove https://ho-so.example.vn/api")]
    Remove {
        /// Its identifier.
        id: String,
    },
}

/// A resource.
#[derive(Debug, Args)]
pub struct ResourceArgs {
    /// The absolute URI that clients ask for, and the audience of its tokens.
    #[arg(long, value_name = "URI")]
    id: String,
    /// The name that people see; the identifier when none is given.
    #[arg(long)]
    name: Option<String>,
    /// A scope that means something there; repeatable.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A client that speaks for it: it may introspect its tokens; repeatable.
    #[arg(long = "server", value_name = "CLIENT")]
    servers: Vec<String>,
    /// The client whose roles its tokens tell.
    #[arg(long, value_name = "CLIENT")]
    roles_of: Option<String>,
    /// Authorization details that it understands, TYPE:REQUIRED,…;OPTIONAL,…; repeatable.
    #[arg(long = "details-type", value_name = "TYPE:FIELDS")]
    details: Vec<String>,
    /// jwt or opaque, whatever the client's setting; as the client is set when none is given.
    #[arg(long, value_name = "FORM")]
    access_token: Option<String>,
}

impl From<ResourceError> for CliError {
    fn from(error: ResourceError) -> Self {
        match error {
            ResourceError::Refused(reason) => Self::Refused(reason),
            ResourceError::Taken | ResourceError::Unknown => Self::Refused(error.to_string()),
            ResourceError::Failure(failure) => failure.into(),
        }
    }
}

/// Runs the command.
pub async fn run(command: ResourceCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        ResourceCommand::Add(args) => add(&args, services, output).await,
        ResourceCommand::List => list(services, output).await,
        ResourceCommand::Show { id } => show(&id, services, output).await,
        ResourceCommand::Set(args) => set(&args, services, output).await,
        ResourceCommand::Remove { id } => {
            resources::remove(services, &id, &actor()).await?;
            if output.json {
                output.document(&json!({ "identifier": id, "removed": true }));
            } else {
                output.line(&format!("{id} was removed"));
            }
            Ok(())
        }
    }
}

async fn add(args: &ResourceArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let mut resource = Resource {
        identifier: args.id.clone(),
        name: args.id.clone(),
        scopes: Vec::new(),
        roles_of: None,
        servers: Vec::new(),
        details: BTreeMap::new(),
        token_format: None,
    };
    apply(args, &mut resource).map_err(CliError::Refused)?;
    resources::add(services, &resource, &actor()).await?;
    told(&resource, "was added", output)
}

/// Changes what is named and nothing else.
async fn set(args: &ResourceArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let resource = resources::change(services, &args.id, &actor(), |resource| apply(args, resource)).await?;
    told(&resource, "was changed", output)
}

fn told(resource: &Resource, what: &str, output: &mut Output) -> Result<(), CliError> {
    if output.json {
        output.document(&document(resource)?);
    } else {
        output.line(&format!("{} {what}", resource.identifier));
    }
    Ok(())
}

/// Lays what is named over a resource.
fn apply(args: &ResourceArgs, resource: &mut Resource) -> Result<(), String> {
    lay::text(args.name.as_deref(), &mut resource.name);
    lay::list(&args.scopes, &mut resource.scopes);
    lay::list(&args.servers, &mut resource.servers);
    lay::optional(args.roles_of.as_deref(), &mut resource.roles_of);
    lay::optional_word("--access-token", args.access_token.as_deref(), &mut resource.token_format)?;
    if !args.details.is_empty() {
        let named = args.details.iter().filter(|text| !text.is_empty());
        let mut details = BTreeMap::new();
        for (kind, definition) in named.map(|text| details_type(text)) {
            if details.insert(kind.to_owned(), definition).is_some() {
                return Err(format!("--details-type: {kind} is named twice"));
            }
        }
        resource.details = details;
    }
    Ok(())
}

/// Reads `TYPE:REQUIRED,…;OPTIONAL,…`. A type may be a URI: what stands after
/// its scheme belongs to it, so a URN without fields needs a colon at its end.
fn details_type(text: &str) -> (&str, DetailsType) {
    let parted = text.rsplit_once(':').filter(|(_, fields)| !fields.starts_with("//"));
    let (kind, fields) = parted.unwrap_or((text, ""));
    let (required, optional) = fields.split_once(';').unwrap_or((fields, ""));
    let words = |list: &str| -> Vec<String> {
        list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    (kind, DetailsType { required: words(required), optional: words(optional) })
}

fn document(resource: &Resource) -> Result<Value, CliError> {
    serde_json::to_value(resource).map_err(|error| CliError::Other(error.to_string()))
}

async fn list(services: &Services, output: &mut Output) -> Result<(), CliError> {
    let all = resources::list(services).await?;
    if output.json {
        let documents: Result<Vec<Value>, CliError> = all.iter().map(document).collect();
        output.document(&Value::Array(documents?));
        return Ok(());
    }
    for resource in all {
        output.line(&format!("{:<48} {}", resource.identifier, resource.name));
    }
    Ok(())
}

async fn show(id: &str, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let found = resources::find(services, id).await?;
    let resource = found.ok_or_else(|| CliError::Refused(format!("there is no resource {id:?}")))?;
    if output.json {
        output.document(&document(&resource)?);
    } else {
        output.line(&toml::to_string_pretty(&resource).map_err(|error| CliError::Other(error.to_string()))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::AccessTokenFormat;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ResourceArgs,
    }

    fn with(flags: &[&str], resource: &mut Resource) -> Result<(), String> {
        let line = Line::try_parse_from(["set", "--id", "https://a.example"].iter().chain(flags)).expect("arguments");
        apply(&line.args, resource)
    }

    fn resource() -> Resource {
        serde_json::from_value(json!({ "identifier": "https://a.example", "name": "API" })).expect("a resource")
    }

    #[test]
    fn a_type_of_details_is_read_with_its_fields() {
        let table: [(&str, &str, &[&str], &[&str]); 8] = [
            ("ho_so", "ho_so", &[], &[]),
            ("ho_so:", "ho_so", &[], &[]),
            ("ho_so:actions", "ho_so", &["actions"], &[]),
            ("ho_so:actions, identifier;note", "ho_so", &["actions", "identifier"], &["note"]),
            ("ho_so:;note", "ho_so", &[], &["note"]),
            ("https://a.example/ho-so", "https://a.example/ho-so", &[], &[]),
            ("https://a.example/ho-so:actions", "https://a.example/ho-so", &["actions"], &[]),
            ("urn:vn:ho-so:", "urn:vn:ho-so", &[], &[]),
        ];
        for (text, kind, required, optional) in table {
            let (found, definition) = details_type(text);
            assert_eq!(found, kind, "{text}");
            assert_eq!(definition.required, required, "{text}");
            assert_eq!(definition.optional, optional, "{text}");
        }
    }

    #[test]
    fn what_is_not_named_stays_and_an_empty_value_takes_away() {
        let mut changed = resource();
        let flags = [
            "--scope",
            "ho_so.doc",
            "--server",
            "kho",
            "--roles-of",
            "tthc",
            "--details-type",
            "ho_so:so",
            "--access-token",
            "opaque",
        ];
        with(&flags, &mut changed).expect("applied");
        assert_eq!(changed.scopes, ["ho_so.doc"]);
        assert_eq!(changed.servers, ["kho"]);
        assert_eq!(changed.roles_of.as_deref(), Some("tthc"));
        assert_eq!(changed.details["ho_so"].required, ["so"]);
        assert_eq!(changed.token_format, Some(AccessTokenFormat::Opaque));

        let before = changed.clone();
        with(&["--name", "Hồ sơ"], &mut changed).expect("applied");
        assert_eq!(changed, Resource { name: "Hồ sơ".to_owned(), ..before });

        let nothing =
            ["--name", "API", "--scope", "", "--server", "", "--roles-of", "", "--details-type", "", "--access-token", ""];
        with(&nothing, &mut changed).expect("applied");
        assert_eq!(changed, resource());
    }

    #[test]
    fn a_type_is_named_once() {
        let mut changed = resource();
        assert!(with(&["--details-type", "a:x", "--details-type", "a:y"], &mut changed).is_err());
        assert_eq!(changed, resource());
    }
}
