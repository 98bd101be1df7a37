//! `motlan policy`: rules about sign-ins, laid down a whole file at a time.

use super::{CliError, Output, actor};
use crate::model::sign_in_policy::SignInPolicy;
use crate::service::Services;
use crate::service::policies::{self, Effect, PolicyError};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to do with the rules.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Lay a file of rules over those that are there: what it does not name goes.
    #[command(after_help = "Example: motlan policy apply policies.toml --dry-run")]
    Apply {
        /// The rules (TOML), each a `[[policy]]`.
        file: PathBuf,
        /// Only tell what would become of each rule.
        #[arg(long)]
        dry_run: bool,
    },
    /// All rules, in the form that `apply` reads.
    #[command(after_help = "Example: motlan policy list > policies.toml")]
    List,
}

/// A file of rules.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    policy: Vec<SignInPolicy>,
}

impl From<PolicyError> for CliError {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Refused(reason) => Self::Refused(reason),
            PolicyError::Failure(failure) => failure.into(),
        }
    }
}

/// Runs the command.
pub async fn run(command: PolicyCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        PolicyCommand::Apply { file, dry_run } => {
            let text =
                std::fs::read_to_string(&file).map_err(|error| CliError::Refused(format!("{}: {error}", file.display())))?;
            let wanted: File =
                toml::from_str(&text).map_err(|error| CliError::Refused(format!("{}: {error}", file.display())))?;
            let effects = policies::apply(services, &wanted.policy, dry_run, &actor()).await?;
            tell(&effects, dry_run, output);
        }
        PolicyCommand::List => {
            let policy = policies::list(services).await?;
            if output.json {
                output.document(&serde_json::to_value(&policy).map_err(|error| CliError::Other(error.to_string()))?);
            } else {
                let text = toml::to_string_pretty(&File { policy }).map_err(|error| CliError::Other(error.to_string()))?;
                output.line(text.trim_end());
            }
        }
    }
    Ok(())
}

fn tell(effects: &[(String, Effect)], dry_run: bool, output: &mut Output) {
    if output.json {
        let all: Vec<Value> = effects.iter().map(|(name, effect)| json!({ "name": name, "effect": effect })).collect();
        output.document(&Value::Array(all));
        return;
    }
    let word = |effect: Effect| match effect {
        Effect::Added => "added",
        Effect::Changed => "changed",
        Effect::Unchanged => "unchanged",
        Effect::Removed => "removed",
    };
    for (name, effect) in effects {
        output.line(&format!("{name:<40} {}", word(*effect)));
    }
    output.line(if dry_run { "nothing was changed: this was a dry run" } else { "the rules are in force" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_rules_reads_back_and_unknown_words_are_refused() {
        let text = "[[policy]]\nname = \"cap-do-3\"\ncitation = \"NĐ 85/2016\"\nclients = [\"tthc\"]\nlevel = 2\n";
        let file: File = toml::from_str(text).expect("rules");
        let again: File = toml::from_str(&toml::to_string_pretty(&file).expect("a text")).expect("rules");

        assert_eq!(file.policy, again.policy);
        assert_eq!(file.policy[0].level, Some(2));
        assert!(toml::from_str::<File>("[[policy]]\nname = \"a\"\nlevle = 2\n").is_err());
    }
}
