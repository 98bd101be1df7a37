//! `motlan source test` and `motlan source sync` of directories.

use super::{CliError, Output, actor};
use crate::service::legacy::directories::sync::{self, Held, Outcome, Report, Request, SyncError, Tally};
use crate::service::legacy::directories::trial::{self, Seen, Tried};
use crate::service::{Origin, Services};
use clap::Args;
use serde_json::{Value, json};

/// A directory that is to be read now.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Its id.
    id: String,
    /// Those who were held back may go, when they are no more by now.
    #[arg(long)]
    accept: bool,
}

impl From<SyncError> for CliError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Failure(failure) => failure.into(),
            SyncError::Unknown(_)
            | SyncError::NoDirectory(_)
            | SyncError::Stopped(_)
            | SyncError::Busy
            | SyncError::Overtaken => Self::Refused(error.to_string()),
        }
    }
}

/// Tries a directory out; false for a source of another kind. Refused when no server serves us.
pub async fn test(id: &str, services: &Services, output: &mut Output) -> Result<bool, CliError> {
    let Some(tried) = trial::try_out(services, id).await? else { return Ok(false) };
    let document = json!({ "id": id, "outcome": "asked", "servers": tried.iter().map(of_server).collect::<Vec<_>>() });
    if tried.iter().all(|tried| tried.outcome.is_err()) {
        let lines: Vec<String> = tried.iter().map(told).collect();
        return Err(CliError::Document(document, format!("{id}: no server of the directory serves us\n{}", lines.join("\n"))));
    }
    if output.json {
        output.document(&document);
        return Ok(true);
    }
    output.line(&format!("{id}: the directory was asked; nothing was kept"));
    for server in &tried {
        output.line(&told(server));
    }
    Ok(true)
}

fn of_server(tried: &Tried) -> Value {
    match &tried.outcome {
        Ok(Seen { entries, more, usable, disabled, only_connected }) => json!({
            "server": tried.server,
            "serves": true,
            "entries": entries,
            "more": more,
            "usable": usable,
            "disabled": disabled,
            "only_connected": only_connected,
        }),
        Err(fault) => json!({ "server": tried.server, "serves": false, "why": fault.to_string() }),
    }
}

fn told(tried: &Tried) -> String {
    let server = &tried.server;
    match &tried.outcome {
        Ok(Seen { only_connected: true, .. }) => {
            format!("  {server}: TLS is as it should be; without reader_dn nothing was read")
        }
        Ok(Seen { entries, more, usable, disabled, .. }) => {
            let on = if *more { ", and goes on behind it" } else { "" };
            format!(
                "  {server}: TLS, the entry that reads, and one page are as they should be. It shows {entries} entries{on}; \
                 {usable} say whose account they are, {disabled} are disabled"
            )
        }
        Err(fault) => format!("  {server}: {fault}"),
    }
}

/// Reads a directory now. What it holds back, or cannot read, is refused.
pub async fn sync(args: &SyncArgs, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let origin = Origin::command_line();
    let by = actor();
    let request = Request { accept: args.accept, actor: &by, origin: &origin };
    let report = sync::run(services, &args.id, &request, &services.entropy.token()).await?;
    let document = serde_json::to_value(&report).map_err(|error| CliError::Other(error.to_string()))?;
    let sentence = sentence(&report);
    match report.told.outcome {
        Outcome::Done if output.json => output.document(&document),
        Outcome::Done => output.line(&sentence),
        Outcome::Held | Outcome::Empty | Outcome::Failed => return Err(CliError::Document(document, sentence)),
    }
    Ok(())
}

fn sentence(report: &Report) -> String {
    let Tally { added, changed, same, disabled, nameless, twice, gone, entries } = report.told.tally;
    let id = &report.source;
    let read = format!("{entries} entries: {added} accounts new, {changed} changed, {same} as they were");
    let odd = [(disabled, "disabled there"), (nameless, "without a name that can be kept"), (twice, "told twice")];
    let odd: Vec<String> = odd.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect();
    let odd = odd.concat();
    match (report.told.outcome, report.held) {
        (Outcome::Done, _) => format!("{id}: {read}{odd}; {gone} are gone"),
        (Outcome::Held, Some(Held { known, gone, .. })) => format!(
            "{id}: {read}{odd}. {gone} of {known} known accounts are not in it any more, which is more than may go without a \
             word: nobody was marked as gone. When it is right, motlan source sync {id} --accept lets them go"
        ),
        (Outcome::Held, None) => format!("{id}: {read}{odd}. Nobody was marked as gone"),
        (Outcome::Empty, _) => {
            format!("{id}: the directory shows nobody who can be used{odd}. Nobody was marked as gone, and nobody will be")
        }
        (Outcome::Failed, _) => format!("{id}: {}, after {read}. The next reading goes on there where it can", report.told.why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::service::legacy::directories::sync::Told;

    fn report(outcome: Outcome, held: Option<Held>) -> Report {
        let tally = Tally { entries: 95, same: 94, changed: 1, disabled: 2, ..Tally::default() };
        let why = if outcome == Outcome::Failed { "no answer in time".to_owned() } else { String::new() };
        Report { source: "sg".to_owned(), told: Told { outcome, why, tally }, seen: 95, held, went_on: false }
    }

    #[test]
    fn what_is_held_back_is_told_with_what_to_do() {
        let held = Held { known: 100, gone: 6, since: Millis(1) };
        for (outcome, held, expected) in [
            (Outcome::Done, None, "sg: 95 entries: 0 accounts new, 1 changed, 94 as they were, 2 disabled there; 0 are gone"),
            (Outcome::Held, Some(held), "6 of 100 known accounts are not in it any more"),
            (Outcome::Held, Some(held), "motlan source sync sg --accept"),
            (Outcome::Empty, None, "nobody will be"),
            (Outcome::Failed, None, "no answer in time"),
        ] {
            let sentence = sentence(&report(outcome, held));
            assert!(sentence.contains(expected), "{sentence}");
        }
    }
}
