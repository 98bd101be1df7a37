//! `motlan keys`: signing keys and their states, and the key that the audit is sealed with.

use super::{CliError, Output, actor};
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::model::signing_key::Algorithm;
use crate::service::trail::seal;
use crate::service::{Services, keys};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Tokens, and what else is signed for systems.
    Tokens,
    /// The seals over the audit.
    Audit,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// All keys, with the time of each state.
    #[command(after_help = "Example: motlan keys list --json")]
    List,
    /// Announce successors; the keys of today retire when these begin to sign.
    #[command(after_help = "Example: motlan keys rotate --algorithm ES256")]
    Rotate {
        /// The keys of tokens, or the key that the audit is sealed with.
        #[arg(long = "use", value_enum, default_value_t = Purpose::Tokens)]
        purpose: Purpose,
        /// ES256, RS256 or `EdDSA`; absent: all.
        #[arg(long)]
        algorithm: Option<String>,
        /// Sign with the new key at once, without announcing it first.
        #[arg(long)]
        at_once: bool,
    },
    /// Drop a key at once: what it signed verifies nowhere any more.
    #[command(after_help = "Example: motlan keys revoke KID")]
    Revoke {
        /// Key identifier.
        kid: String,
    },
}

/// Runs the command.
pub async fn run(command: KeysCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        KeysCommand::List => {}
        KeysCommand::Rotate { purpose: Purpose::Audit, algorithm, at_once } => {
            if algorithm.is_some() || at_once {
                let what = "--use audit takes no other option: its new key signs from the next seal on";
                return Err(CliError::Refused(what.to_owned()));
            }
            return rotate_audit(services, output).await;
        }
        KeysCommand::Rotate { purpose: Purpose::Tokens, algorithm, at_once } => {
            let algorithms = match algorithm {
                None => Algorithm::ALL.to_vec(),
                Some(name) => vec![
                    Algorithm::parse(&name)
                        .ok_or_else(|| CliError::Refused(format!("--algorithm: {name:?} is not ES256, RS256 or EdDSA")))?,
                ],
            };
            keys::rotate(services, &algorithms, at_once, &actor()).await?;
        }
        KeysCommand::Revoke { kid } => {
            if !keys::revoke(services, &kid, &actor()).await? {
                return Err(CliError::Refused(format!("there is no key {kid:?} that could be dropped")));
            }
        }
    }
    list(services, output).await
}

/// The next seal is by another key. Whoever kept the old public key alone cannot check what is sealed from then on.
async fn rotate_audit(services: &Services, output: &mut Output) -> Result<(), CliError> {
    let kid = seal::rotate(services, &actor()).await?;
    if output.json {
        output.document(&json!({ "kid": kid }));
        return Ok(());
    }
    output.line(&format!("The audit is sealed with the key {kid} from the next seal on."));
    output.line("Keep the public keys anew, apart from the records: motlan audit verify --print-key");
    Ok(())
}

async fn list(services: &Services, output: &mut Output) -> Result<(), CliError> {
    let all = keys::list(services).await?;
    if output.json {
        output.document(&json!(all));
        return Ok(());
    }
    let moment = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), |at| shown_moment(Millis(at)));
    output.line(&format!("{:<44} {:<6} {:<10} {:<19} {:<19} gone", "kid", "alg", "state", "signs from", "retires"));
    for key in all {
        let state = format!("{:?}", key.state).to_lowercase();
        output.line(&format!(
            "{:<44} {:<6} {:<10} {:<19} {:<19} {}",
            key.kid,
            key.algorithm,
            state,
            moment(Some(key.active_at)),
            moment(key.retiring_at),
            moment(key.revoked_at.or(key.gone_at))
        ));
    }
    Ok(())
}
