//! `motlan session`: who is signed on, and ending it everywhere.

use super::{CliError, Output, actor};
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::base::id::SignOnId;
use crate::service::logout::sessions::{self, SessionError};
use crate::service::sign_on::ending::By;
use crate::service::{Origin, Services};
use clap::{Args, Subcommand};
use serde_json::json;

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// The open sessions of a person, newest first.
    #[command(after_help = "Example: motlan session list minh.lq --json")]
    List {
        /// The user name.
        username: String,
    },
    /// End one session, or all of a person: every system that was entered is told.
    #[command(after_help = "Example: motlan session end --person minh.lq")]
    End(EndArgs),
}

/// Which sessions.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct EndArgs {
    /// The session's id, as `session list` tells it; relying parties know it as `sid`.
    id: Option<String>,
    /// All sessions of this person. Offline access stays; locking the person ends that too.
    #[arg(long, value_name = "USERNAME")]
    person: Option<String>,
}

impl From<SessionError> for CliError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::UnknownPerson | SessionError::UnknownSession => Self::Refused(error.to_string()),
            SessionError::Failure(failure) => failure.into(),
        }
    }
}

/// Runs the command.
pub async fn run(command: SessionCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        SessionCommand::List { username } => list(&username, services, output).await,
        SessionCommand::End(args) => end(&args, services, output).await,
    }
}

async fn list(username: &str, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let open = sessions::list(services, username).await?;
    if output.json {
        output.document(&json!(open));
        return Ok(());
    }
    if open.is_empty() {
        output.line(&format!("{username} has no open session."));
    }
    let moment = |at: i64| shown_moment(Millis(at));
    for session in open {
        output.line(&format!(
            "{}  since {}, last used {}, level {} ({})",
            session.id,
            moment(session.started_at),
            moment(session.last_seen_at),
            session.level,
            session.methods
        ));
        if !session.systems.is_empty() {
            output.line(&format!("  {}", session.systems.join(", ")));
        }
    }
    Ok(())
}

async fn end(args: &EndArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let (actor, origin) = (actor(), Origin::command_line());
    let by = By { actor: &actor, origin: &origin };
    let mut ended = 0;
    if let Some(id) = &args.id {
        ended += usize::from(sessions::end_by_id(services, &SignOnId(id.clone()), by).await?);
    }
    if let Some(username) = &args.person {
        ended += sessions::end_of_person(services, username, by).await?;
    }
    if output.json {
        output.document(&json!({ "ended": ended }));
    } else {
        output.line(&match ended {
            0 => "No session was open.".to_owned(),
            1 => "1 session ended; the systems that it entered are being told.".to_owned(),
            more => format!("{more} sessions ended; the systems that they entered are being told."),
        });
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
        command: SessionCommand,
    }

    #[test]
    fn one_session_or_one_person_is_named_and_not_both() {
        let table: [(&[&str], bool); 5] = [
            (&["session", "end", "019"], true),
            (&["session", "end", "--person", "kim"], true),
            (&["session", "end"], false),
            (&["session", "end", "019", "--person", "kim"], false),
            (&["session", "list"], false),
        ];
        for (words, fine) in table {
            assert_eq!(Line::try_parse_from(words).is_ok(), fine, "{words:?}");
        }
    }
}
