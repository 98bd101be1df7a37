//! Silent sign-ons at a fixed rate while a plan is applied or rolled back, each of them looked at: the unit that a token
//! tells and the version of the registry that stands beside it are of one state, never of two.

use super::drive::{Caller, Target};
use super::flood::{FloodArgs, Stage};
use super::measure::percentile_ms;
use super::silent::Until;
use crate::app::cli::{CliError, Output};
use crate::base::digest::from_base64url;
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::interval;

/// What must be seen.
#[derive(Debug, Args)]
#[command(next_help_heading = "Merger")]
pub(super) struct MergerArgs {
    /// So many states of the registry must be told: two where a plan is applied meanwhile.
    #[arg(long, default_value_t = 2)]
    states: usize,
    /// So many tokens may tell no unit: what was asked for in a post that a rollback takes back is answered without one.
    #[arg(long, default_value_t = 0)]
    without_unit: usize,
}

/// A unit as a token tells it: the version of the registry, and the unit's identity.
type Told = Option<(i64, String)>;

/// What became of the sign-ons, and what they told.
#[derive(Debug, Default, serde::Serialize)]
struct Seen {
    done: usize,
    failed: usize,
    first_failure: Option<String>,
    /// Tokens that told no unit.
    without_unit: usize,
    /// The units that were told with each version of the registry.
    versions: BTreeMap<i64, BTreeSet<String>>,
    p50_ms: f64,
    p99_ms: f64,
    slowest_ms: f64,
}

/// Signs on as long as a process runs, or for some seconds; fails when a token tells of two states.
pub(super) async fn run(
    stage: &Stage,
    (flood, args): (&FloodArgs, &MergerArgs),
    beside: Option<u32>,
    output: &mut Output,
) -> Result<(), CliError> {
    let until = beside.map_or(Until::Seconds(stage.seconds), Until::Ended);
    // Whoever starts what they are to be beside waits for this line.
    output.note("signed on");
    let seen = watch(&stage.target, &stage.callers, flood.silent_rate, until).await;
    let missed = missed(&seen, args, flood.max_p99_ms);
    let Seen { done, failed, without_unit, versions, p50_ms, p99_ms, slowest_ms, .. } = &seen;
    output.line("| silent sign-ons | failed | without a unit | states | p50 ms | p99 ms | slowest ms |");
    output.line("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let states = versions.len();
    output.line(&format!("| {done} | {failed} | {without_unit} | {states} | {p50_ms:.1} | {p99_ms:.1} | {slowest_ms:.1} |"));
    let document = json!({ "rate": flood.silent_rate, "silent": seen, "missed": missed });
    if missed.is_empty() {
        if output.json {
            output.document(&document);
        }
        return Ok(());
    }
    Err(CliError::Document(document, format!("missed: {}", missed.join("; "))))
}

/// Signs on silently so many times a second, and keeps what the tokens tell.
async fn watch(target: &Arc<Target>, callers: &[Caller], rate: u32, until: Until) -> Seen {
    let (mut seen, mut times, mut tasks) = (Seen::default(), Vec::new(), JoinSet::new());
    let mut beat = interval(Duration::from_secs(1) / rate.max(1));
    for (offered, caller) in (0..).zip(callers.iter().cycle()) {
        if until.is_over(offered, rate) {
            break;
        }
        let due = beat.tick().await;
        let (target, caller) = (target.clone(), caller.clone());
        tasks.spawn(async move {
            let tokens = target.sign_on_silently(&caller).await?;
            let took = due.elapsed();
            let told = look(&target, &tokens).await?;
            Ok::<_, String>((took, told))
        });
    }
    while let Some(done) = tasks.join_next().await {
        match done.unwrap_or_else(|error| Err(error.to_string())) {
            Ok((took, told)) => {
                times.push(took);
                for one in told {
                    seen.keep(one);
                }
            }
            Err(error) => {
                seen.failed += 1;
                seen.first_failure.get_or_insert(error);
            }
        }
    }
    times.sort_unstable();
    seen.done = times.len();
    seen.p50_ms = percentile_ms(&times, 0.50);
    seen.p99_ms = percentile_ms(&times, 0.99);
    seen.slowest_ms = percentile_ms(&times, 1.0);
    seen
}

impl Seen {
    fn keep(&mut self, told: Told) {
        match told {
            Some((version, unit)) => {
                self.versions.entry(version).or_default().insert(unit);
            }
            None => self.without_unit += 1,
        }
    }
}

/// The units of an ID token and of userinfo.
async fn look(target: &Target, tokens: &Value) -> Result<[Told; 2], String> {
    let field = |name: &str| tokens.get(name).and_then(Value::as_str).ok_or_else(|| format!("no {name} came"));
    let payload = field("id_token")?.split('.').nth(1).and_then(from_base64url).ok_or("the ID token is no JWT")?;
    let claims: Value = serde_json::from_slice(&payload).map_err(|error| error.to_string())?;
    let userinfo = target.userinfo(field("access_token")?).await?;
    Ok([told(&claims), told(&userinfo)])
}

fn told(claims: &Value) -> Told {
    let unit = claims.get("unit")?;
    Some((unit.get("registry_version")?.as_i64()?, unit.get("id")?.as_str()?.to_owned()))
}

/// The promises that were not kept, each in a sentence.
fn missed(seen: &Seen, args: &MergerArgs, max_p99_ms: f64) -> Vec<String> {
    let mut missed = Vec::new();
    if seen.done == 0 {
        missed.push("not one silent sign-on was done".to_owned());
    }
    if seen.failed > 0 {
        let first = seen.first_failure.as_deref().unwrap_or_default();
        missed.push(format!("{} silent sign-ons failed ({first})", seen.failed));
    }
    if seen.without_unit > args.without_unit {
        missed.push(format!("{} tokens told no unit", seen.without_unit));
    }
    for (version, units) in seen.versions.iter().filter(|(_, units)| units.len() > 1) {
        missed.push(format!("version {version} of the registry was told with {} units of one person", units.len()));
    }
    if seen.done > 0 && seen.versions.len() != args.states {
        missed.push(format!("{} states of the registry were told, not {}", seen.versions.len(), args.states));
    }
    let after = seen.versions.iter().skip(1);
    for ((_, before), (version, units)) in seen.versions.iter().zip(after).filter(|(before, after)| before.1 == after.1) {
        let same = before.intersection(units).cloned().collect::<Vec<_>>().join(", ");
        missed.push(format!("version {version} of the registry was told with the unit of before ({same})"));
    }
    if seen.p99_ms > max_p99_ms {
        missed.push(format!("the silent sign-ons' p99 was {:.1} ms, above {max_p99_ms:.0}", seen.p99_ms));
    }
    missed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(told: &[(i64, &str)]) -> Seen {
        let mut seen = Seen { done: 100, p99_ms: 20.0, ..Seen::default() };
        for (version, unit) in told {
            seen.keep(Some((*version, (*unit).to_owned())));
        }
        seen
    }

    #[test]
    fn every_promise_is_missed_alone() {
        let kept = || seen(&[(1, "a"), (1, "a"), (2, "b")]);
        let args = |states, without_unit| MergerArgs { states, without_unit };
        assert_eq!(missed(&kept(), &args(2, 0), 50.0), Vec::<String>::new());
        assert_eq!(missed(&seen(&[(3, "a")]), &args(1, 0), 50.0), Vec::<String>::new());
        assert_eq!(missed(&Seen { without_unit: 1, ..kept() }, &args(2, 1), 50.0), Vec::<String>::new());
        let table = [
            ("not one", Seen { done: 0, ..kept() }),
            ("failed (refused)", Seen { failed: 1, first_failure: Some("refused".to_owned()), ..kept() }),
            ("told no unit", Seen { without_unit: 1, ..kept() }),
            ("with 2 units", seen(&[(1, "a"), (2, "a"), (2, "b")])),
            ("the unit of before (a)", seen(&[(1, "a"), (2, "a")])),
            ("1 states", seen(&[(1, "a")])),
            ("p99", Seen { p99_ms: 50.1, ..kept() }),
        ];
        for (words, seen) in table {
            let missed = missed(&seen, &args(2, 0), 50.0);
            assert_eq!(missed.len(), 1, "{missed:?}");
            assert!(missed[0].contains(words), "{missed:?}");
        }
    }

    #[test]
    fn a_unit_is_told_with_the_version_beside_it() {
        let claims = json!({ "unit": { "id": "u", "registry_version": 7, "name": "Phường A" } });
        assert_eq!(told(&claims), Some((7, "u".to_owned())));
        assert_eq!(told(&json!({ "sub": "s" })), None);
    }
}
