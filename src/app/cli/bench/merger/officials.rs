//! Who signs on while units merge: one official several times over, and others from a file, each in a browser of their own.

use super::MergerArgs;
use crate::app::cli::bench::drive::{self, Caller, Settings, Target};
use crate::app::cli::bench::flood::Stage;
use std::path::Path;
use std::sync::Arc;

/// One browser that is signed on.
#[derive(Clone)]
pub(super) struct Official {
    pub(super) name: String,
    pub(super) target: Arc<Target>,
    pub(super) caller: Caller,
    /// After the plan nobody has said where they work: their unit is told as one that ended.
    pub(super) open: bool,
}

/// Another browser's target: of somebody else, or in another client.
fn target(stage: &Stage, username: &str, client: Option<(&str, &str)>) -> Result<Arc<Target>, String> {
    let known = &stage.target.settings;
    let (client, secret) = client.unwrap_or((known.client.as_str(), known.secret.as_str()));
    Target::new(Settings {
        issuer: known.issuer.clone(),
        client: client.to_owned(),
        secret: secret.to_owned(),
        redirect_uri: known.redirect_uri.clone(),
        username: username.to_owned(),
        password: known.password.clone(),
    })
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Everybody who signs on.
pub(super) async fn officials(stage: &Stage, args: &MergerArgs) -> Result<Vec<Official>, String> {
    let first = stage.target.settings.username.clone();
    let of_one = stage.callers.iter().map(|caller| Official {
        name: first.clone(),
        target: stage.target.clone(),
        caller: caller.clone(),
        open: false,
    });
    let mut all: Vec<Official> = of_one.collect();
    let others = args.people_file.as_deref().map(read).transpose()?.unwrap_or_default();
    for line in others.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let (name, open) = (words.next().unwrap_or_default().to_owned(), words.next() == Some("open"));
        let target = target(stage, &name, None)?;
        for caller in drive::callers(&target, 1).await.map_err(|error| format!("{name}: {error}"))? {
            all.push(Official { name: name.clone(), target: target.clone(), caller, open });
        }
    }
    Ok(all)
}

/// Lets those whose post is left open enter the system that asked to be told of movers; how many they are.
pub(super) async fn enter(stage: &Stage, args: &MergerArgs, officials: &[Official]) -> Result<usize, String> {
    let (Some(client), Some(file)) = (&args.told_client, &args.told_secret_file) else { return Ok(0) };
    let secret = read(file)?;
    let mut entered = 0;
    for official in officials.iter().filter(|official| official.open) {
        let there = target(stage, &official.name, Some((client.as_str(), secret.trim_end())))?;
        entered += drive::callers(&there, 1).await.map_err(|error| format!("{}: {error}", official.name))?.len();
    }
    Ok(entered)
}
