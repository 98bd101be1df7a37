//! `motlan person merge` and `unmerge`: two persons who are one, and two again.

use super::{CliError, Output, actor};
use crate::base::id::PersonId;
use crate::service::legacy::merge::{self, MergeError, Pair, UndoError, UndoRefusal};
use crate::service::provisioning::find;
use crate::service::{Origin, Services};
use serde_json::json;

/// Which two, and why.
#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// The user name of the person who is kept.
    pub kept: String,
    /// The user name of the person who is merged into them, and signs in no more.
    pub merged: String,
    /// Why the two are one, for the records.
    #[arg(long)]
    pub reason: String,
}

/// Which merge.
#[derive(Debug, clap::Args)]
pub struct UnmergeArgs {
    /// The id of the merge, as `person merge` told it.
    pub id: String,
    /// Why, for the records.
    #[arg(long, default_value = "undone at the command line")]
    pub reason: String,
}

async fn id_of(services: &Services, username: &str) -> Result<PersonId, CliError> {
    let found = find::by_username(services, username).await.map_err(|error| CliError::Other(error.to_string()))?;
    let found = found.ok_or_else(|| CliError::Refused(format!("nobody has the user name {username}")))?;
    Ok(found.person.id)
}

/// Makes two persons one.
pub async fn merge(args: &MergeArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let (kept, merged) = (id_of(services, &args.kept).await?, id_of(services, &args.merged).await?);
    let pair = Pair::at_command_line(kept, merged, &actor, &origin);
    let done = merge::merge(services, &pair, &args.reason, None).await.map_err(|error| match error {
        MergeError::Failure(failure) => CliError::Other(failure.to_string()),
        refused => CliError::Refused(refused.to_string()),
    })?;
    if out.json {
        out.json(&json!({ "id": done.id, "kept": pair.kept(), "merged": pair.merged(), "moved": done.counts }));
        return Ok(());
    }
    let counts = done.counts;
    out.line(&format!(
        "{} is merged into {}: {} accounts, {} positions, {} roles, {} subjects moved; {} sessions ended.",
        args.merged, args.kept, counts.accounts, counts.positions, counts.roles, counts.subjects, counts.sign_ons
    ));
    out.line(&format!("Undo it with: motlan person unmerge {}", done.id));
    Ok(())
}

/// Makes them two again.
pub async fn unmerge(args: &UnmergeArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let pair = merge::pair_at_command_line(services, &args.id, &actor, &origin).await;
    let pair = pair.map_err(|failure| CliError::Other(failure.to_string()))?;
    let pair = pair.ok_or_else(|| CliError::Refused(UndoRefusal::NotThere.to_string()))?;
    let undone = merge::undo(services, &pair, &args.id, &args.reason).await.map_err(|error| match error {
        UndoError::Failure(failure) => CliError::Other(failure.to_string()),
        refused => CliError::Refused(refused.to_string()),
    })?;
    if out.json {
        out.json(&json!({
            "id": args.id,
            "kept": pair.kept(),
            "merged": pair.merged(),
            "stayed": undone.stayed,
            "sessions_ended": undone.sign_ons,
        }));
        return Ok(());
    }
    out.line(&format!("The merge is undone; {} sessions ended.", undone.sign_ons));
    for later in &undone.stayed {
        let what = if later.is_taken() { "came since, and does not stay" } else { "changed since, and left as it is" };
        out.line(&format!("  {what}: {}", json!(later)));
    }
    Ok(())
}
