//! `motlan report`: what people say is wrong about themselves, and an answer for each.

use super::{CliError, Output, actor};
use crate::base::date::shown_moment;
use crate::service::account::reports::{self, AnswerError, Answering, LONGEST, MOST_OPEN, OpenReport};
use crate::service::{Origin, Services};
use clap::Subcommand;
use serde_json::{Value, json};
use std::io::Read as _;

/// A character has four bytes at most; with the end of the last line.
const MOST_BYTES: usize = 4 * LONGEST + 2;

/// What to do with reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// The reports that wait for an answer, oldest first.
    #[command(after_help = "Example: motlan report list --json")]
    List,
    /// Answer a report; the answer is read from standard input, and its author finds it beside the report.
    #[command(after_help = "Example: motlan report answer 0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b < answer.txt")]
    Answer {
        /// The report's id, as `report list` tells it.
        id: String,
    },
}

impl From<AnswerError> for CliError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Failure(failure) => failure.into(),
            AnswerError::Unknown
            | AnswerError::Answered
            | AnswerError::Empty
            | AnswerError::TooLong
            | AnswerError::Unreadable => Self::Refused(error.to_string()),
        }
    }
}

/// Runs the command.
pub async fn run(command: ReportCommand, services: &Services, output: &mut Output) -> Result<(), CliError> {
    match command {
        ReportCommand::List => list(services, output).await,
        ReportCommand::Answer { id } => answer(&id, services, output).await,
    }
}

async fn list(services: &Services, output: &mut Output) -> Result<(), CliError> {
    let open = reports::list_open(services).await?;
    if open.len() == MOST_OPEN {
        output.note(&format!("motlan: these are the {MOST_OPEN} oldest; others may wait behind them"));
    }
    if output.json {
        output.document(&open.iter().map(document).collect());
        return Ok(());
    }
    if open.is_empty() {
        output.line("No report waits for an answer.");
    }
    for waiting in &open {
        let report = &waiting.report;
        output.line(&format!("{}  {}, {}, about: {}", report.id, waiting.username, shown_moment(report.at), report.about.word()));
        for line in report.words.lines() {
            output.line(&format!("  | {}", harmless(line)));
        }
    }
    Ok(())
}

fn document(waiting: &OpenReport) -> Value {
    let report = &waiting.report;
    json!({
        "id": report.id,
        "username": waiting.username,
        "person": report.person,
        "at": report.at,
        "about": report.about.word(),
        "words": report.words,
    })
}

/// The words as typed, without what steers a terminal or the order of its letters: anybody may have typed them.
fn harmless(line: &str) -> String {
    let steers = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    line.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

async fn answer(id: &str, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let words = from_stdin()?;
    let (actor, origin) = (actor(), Origin::command_line());
    let person = reports::answer(services, &Answering { id, answer: &words, actor: &actor, origin: &origin }).await?;
    if output.json {
        output.document(&json!({ "id": id, "person": person }));
    } else {
        output.line("The report is answered; its author finds the answer beside it.");
    }
    Ok(())
}

fn unread(error: impl std::fmt::Display) -> CliError {
    CliError::Refused(format!("standard input: {error}"))
}

fn from_stdin() -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES + 1).unwrap_or(u64::MAX);
    std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() > MOST_BYTES {
        return Err(AnswerError::TooLong.into());
    }
    String::from_utf8(bytes).map_err(unread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: ReportCommand,
    }

    #[test]
    fn an_answer_names_its_report_and_is_never_an_argument() {
        let table: [(&[&str], bool); 4] = [
            (&["report", "list"], true),
            (&["report", "answer", "019"], true),
            (&["report", "answer"], false),
            (&["report", "answer", "019", "Đã sửa."], false),
        ];
        for (words, fine) in table {
            assert_eq!(Line::try_parse_from(words).is_ok(), fine, "{words:?}");
        }
    }

    #[test]
    fn what_people_typed_does_not_steer_the_terminal_that_shows_it() {
        assert_eq!(harmless("Ngày sinh sai 🙂"), "Ngày sinh sai 🙂");
        assert_eq!(harmless("\u{1b}[2Jxong\u{202e}\u{7}\u{9b}"), "\u{fffd}[2Jxong\u{fffd}\u{fffd}\u{fffd}");
    }
}
