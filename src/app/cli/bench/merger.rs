//! Silent sign-ons at a fixed rate while a plan is applied or rolled back, and beside them one of the officials who signs in
//! with the password. Each is looked at: the unit, the post and the roles that a token tells and the version of the registry
//! that stands beside them are of one state, never of two. Of those whose unit went and of whom nobody has said where they
//! work now, that unit is told as one that ended; and a system that asked for it is told of them in time.

mod look;
mod officials;
mod told;

use super::flood::{FloodArgs, Stage};
use super::measure::percentile_ms;
use super::silent::Until;
use crate::app::cli::{CliError, Output};
use clap::Args;
use look::{Place, Told, look};
use officials::{Official, enter, officials};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use told::Ear;

/// Between two sign-ins with the password.
const TYPING: Duration = Duration::from_secs(1);

/// What must be seen.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Merger")]
pub(super) struct MergerArgs {
    /// So many states of the registry must be told: two where a plan is applied meanwhile.
    #[arg(long, default_value_t = 2)]
    states: usize,
    /// So many tokens may tell no unit: what was asked for in a post that a rollback takes back is answered without one.
    #[arg(long, default_value_t = 0)]
    without_unit: usize,
    /// Nobody who signs on has a role; else somebody must be told of with one.
    #[arg(long)]
    without_roles: bool,
    /// Others who sign on beside, one a line; `open` after a name where nobody has said in which unit they are after the plan,
    /// and where no role is theirs outside their post.
    #[arg(long, value_name = "FILE")]
    people_file: Option<PathBuf>,
    /// A client that asked to be told of movers: those of whom nobody has said that enter it first.
    #[arg(long, requires = "told_secret_file", requires = "told_listen")]
    told_client: Option<String>,
    /// Its secret.
    #[arg(long, value_name = "FILE")]
    told_secret_file: Option<PathBuf>,
    /// Where it is told.
    #[arg(long, value_name = "ADDRESS")]
    told_listen: Option<SocketAddr>,
    /// It must be told of all of them; else of nobody.
    #[arg(long)]
    told: bool,
    /// The most that may pass until it is told.
    #[arg(long, default_value_t = 5_000.0)]
    max_told_ms: f64,
}

/// The places that were told of one person with each version of the registry.
type Versions = BTreeMap<i64, BTreeSet<Place>>;

/// What became of the sign-ons, and what they told.
#[derive(Debug, Default, serde::Serialize)]
struct Seen {
    done: usize,
    /// Sign-ins with the password.
    typed: usize,
    /// Of both kinds.
    failed: usize,
    first_failure: Option<String>,
    /// Tokens that told no unit.
    without_unit: usize,
    people: BTreeMap<String, Versions>,
    /// The last moment at which a sign-on began that told of a version.
    #[serde(skip)]
    began: BTreeMap<i64, Instant>,
    p50_ms: f64,
    p99_ms: f64,
    slowest_ms: f64,
    /// Those who entered the system that is told of movers, and those of whom it was.
    entered: usize,
    told: usize,
    /// How long that took at most, from the last moment at which the old state was told.
    told_ms: f64,
}

/// Signs on as long as a process runs, or for some seconds; fails when a token tells of two states.
pub(super) async fn run(
    stage: &Stage,
    (flood, args): (&FloodArgs, &MergerArgs),
    beside: Option<u32>,
    output: &mut Output,
) -> Result<(), CliError> {
    let until = beside.map_or(Until::Seconds(stage.seconds), Until::Ended);
    let officials = officials(stage, args).await.map_err(CliError::Other)?;
    let ear = match args.told_listen {
        Some(address) => Some(Ear::open(address).await.map_err(CliError::Other)?),
        None => None,
    };
    let entered = enter(stage, args, &officials).await.map_err(CliError::Other)?;
    // Whoever starts what they are to be beside waits for this line.
    output.note("signed on");
    let mut seen = watch(&officials, flood.silent_rate, until).await;
    seen.entered = entered;
    if let Some(ear) = ear {
        seen.hear(ear.close(if args.told { entered } else { 0 }).await.into_values());
    }
    let missed = missed(&seen, args, flood.max_p99_ms);
    tell(&seen, output);
    let document = json!({ "rate": flood.silent_rate, "silent": seen, "missed": missed });
    if missed.is_empty() {
        if output.json {
            output.document(&document);
        }
        return Ok(());
    }
    Err(CliError::Document(document, format!("missed: {}", missed.join("; "))))
}

fn tell(seen: &Seen, output: &mut Output) {
    let Seen { done, typed, failed, without_unit, p50_ms, p99_ms, slowest_ms, told, told_ms, .. } = seen;
    let of_people = "people | with a role | states";
    let heads = format!("silent sign-ons | with the password | failed | without a unit | {of_people}");
    output.line(&format!("| {heads} | p50 ms | p99 ms | slowest ms | told | after ms |"));
    output.line("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let of_people = format!("{} | {} | {}", seen.people.len(), seen.with_a_role(), seen.states().len());
    let times = format!("{p50_ms:.1} | {p99_ms:.1} | {slowest_ms:.1}");
    output.line(&format!("| {done} | {typed} | {failed} | {without_unit} | {of_people} | {times} | {told} | {told_ms:.0} |"));
}

/// What one sign-on told, and when it began.
struct Look {
    name: String,
    began: Instant,
    took: Duration,
    told: Vec<Told>,
}

/// What came of one of them.
type Done = Result<Look, String>;

/// Signs on in both ways, and keeps what the tokens tell.
async fn watch(officials: &[Official], rate: u32, until: Until) -> Seen {
    let (silent, typed) = tokio::join!(silently(officials, rate, until), typing(officials, until));
    let mut times: Vec<Duration> = silent.iter().flatten().map(|look| look.took).collect();
    times.sort_unstable();
    let mut seen = Seen {
        done: times.len(),
        typed: typed.iter().flatten().count(),
        p50_ms: percentile_ms(&times, 0.50),
        p99_ms: percentile_ms(&times, 0.99),
        slowest_ms: percentile_ms(&times, 1.0),
        ..Seen::default()
    };
    for done in silent.into_iter().chain(typed) {
        match done {
            Ok(look) => seen.keep(look),
            Err(error) => {
                seen.failed += 1;
                seen.first_failure.get_or_insert(error);
            }
        }
    }
    seen
}

/// Signs on silently so many times a second.
async fn silently(officials: &[Official], rate: u32, until: Until) -> Vec<Done> {
    let mut tasks = JoinSet::new();
    let mut beat = interval(Duration::from_secs(1) / rate.max(1));
    for (offered, official) in (0..).zip(officials.iter().cycle()) {
        if until.is_over(offered, rate) {
            break;
        }
        let due = beat.tick().await;
        let official = official.clone();
        tasks.spawn(async move {
            let tokens = official.target.sign_on_silently(&official.caller).await?;
            let took = due.elapsed();
            let told = look(&official, &tokens).await.map_err(|error| format!("{}: {error}", official.name))?;
            Ok::<_, String>(Look { name: official.name, began: due, took, told })
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.push(done.unwrap_or_else(|error| Err(error.to_string())));
    }
    all
}

/// One whose post goes on signs in with the password, each time in a new browser; never twice at once.
async fn typing(officials: &[Official], until: Until) -> Vec<Done> {
    let mut all = Vec::new();
    let Some(official) = officials.iter().find(|official| !official.open) else { return all };
    let (mut beat, begun) = (interval(TYPING), Instant::now());
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !until.is_over(begun.elapsed().as_secs(), 1) {
        let began = beat.tick().await;
        all.push(typed(official, began).await.map_err(|error| format!("{}, with the password: {error}", official.name)));
    }
    all
}

async fn typed(official: &Official, began: Instant) -> Done {
    let tokens = official.target.sign_in_anew().await?;
    let took = began.elapsed();
    let told = look(official, &tokens).await?;
    Ok(Look { name: official.name.clone(), began, took, told })
}

impl Seen {
    fn keep(&mut self, look: Look) {
        for told in look.told {
            let Some((version, place)) = told else {
                self.without_unit += 1;
                continue;
            };
            self.people.entry(look.name.clone()).or_default().entry(version).or_default().insert(place);
            let began = self.began.entry(version).or_insert(look.began);
            *began = look.began.max(*began);
        }
    }

    /// The versions that were told of anybody.
    fn states(&self) -> BTreeSet<i64> {
        self.people.values().flat_map(BTreeMap::keys).copied().collect()
    }

    /// How many people were told of with a role.
    fn with_a_role(&self) -> usize {
        let has = |versions: &&Versions| versions.values().flatten().any(|place| !place.roles.is_empty());
        self.people.values().filter(has).count()
    }

    /// Keeps when the system was told of each of those of whom it was.
    fn hear(&mut self, told: impl Iterator<Item = Instant>) {
        let flip = self.began.values().next().copied();
        for at in told {
            self.told += 1;
            let after = flip.map_or(Duration::ZERO, |flip| at.saturating_duration_since(flip));
            self.told_ms = self.told_ms.max(after.as_secs_f64() * 1_000.0);
        }
    }
}

/// The promises that were not kept, each in a sentence.
fn missed(seen: &Seen, args: &MergerArgs, max_p99_ms: f64) -> Vec<String> {
    let mut missed = Vec::new();
    if seen.done == 0 {
        missed.push("not one silent sign-on was done".to_owned());
    }
    if seen.typed == 0 {
        missed.push("nobody signed in with the password".to_owned());
    }
    if seen.failed > 0 {
        let first = seen.first_failure.as_deref().unwrap_or_default();
        missed.push(format!("{} sign-ons failed ({first})", seen.failed));
    }
    if seen.without_unit > args.without_unit {
        missed.push(format!("{} tokens told no unit", seen.without_unit));
    }
    let states = seen.states().len();
    if seen.done > 0 && states != args.states {
        missed.push(format!("{states} states of the registry were told, not {}", args.states));
    }
    if !args.without_roles && seen.with_a_role() == 0 {
        missed.push("nobody was told of with a role, so nothing was seen of roles (--without-roles)".to_owned());
    }
    for (name, versions) in &seen.people {
        mixed(name, versions, &mut missed);
    }
    if args.told && seen.told < seen.entered {
        missed.push(format!("a system was told of {} of {} who moved", seen.told, seen.entered));
    }
    if !args.told && seen.told > 0 {
        missed.push(format!("a system was told of {} who did not move", seen.told));
    }
    if seen.told_ms > args.max_told_ms {
        missed.push(format!("a system was told after {:.0} ms, more than {:.0}", seen.told_ms, args.max_told_ms));
    }
    if seen.p99_ms > max_p99_ms {
        missed.push(format!("the silent sign-ons' p99 was {:.1} ms, above {max_p99_ms:.0}", seen.p99_ms));
    }
    missed
}

/// What was told of one person that is of two states.
fn mixed(name: &str, versions: &Versions, missed: &mut Vec<String>) {
    for (version, places) in versions.iter().filter(|(_, places)| places.len() > 1) {
        let all = places.iter().map(Place::words).collect::<Vec<_>>().join("; ");
        missed.push(format!("{name}: version {version} of the registry was told in {} ways ({all})", places.len()));
    }
    let units = |places: &BTreeSet<Place>| places.iter().map(|place| place.unit.clone()).collect::<BTreeSet<_>>();
    let told: Vec<(i64, BTreeSet<String>)> = versions.iter().map(|(version, places)| (*version, units(places))).collect();
    for two in told.windows(2).filter(|two| two[0].1 == two[1].1) {
        let (version, same) = (two[1].0, two[1].1.iter().cloned().collect::<Vec<_>>().join(", "));
        missed.push(format!("{name}: version {version} of the registry was told with the unit of before ({same})"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Told of with a version, in a unit, with a role.
    fn seen(told: &[(i64, &str, &str)]) -> Seen {
        let mut seen = Seen { done: 100, typed: 5, p99_ms: 20.0, ..Seen::default() };
        for (version, unit, role) in told {
            let roles = Some((*role).to_owned()).filter(|role| !role.is_empty()).into_iter().collect();
            let place = Place { unit: (*unit).to_owned(), post: Some(format!("post in {unit}")), roles };
            let told = vec![Some((*version, place))];
            seen.keep(Look { name: "kim".to_owned(), began: Instant::now(), took: Duration::ZERO, told });
        }
        seen
    }

    fn args(states: usize, without_unit: usize) -> MergerArgs {
        MergerArgs { states, without_unit, max_told_ms: 5_000.0, ..MergerArgs::default() }
    }

    #[test]
    fn every_promise_is_missed_alone() {
        let kept = || seen(&[(1, "a", "duyet"), (1, "a", "duyet"), (2, "b", "")]);
        assert_eq!(missed(&kept(), &args(2, 0), 50.0), Vec::<String>::new());
        assert_eq!(missed(&seen(&[(3, "a", "duyet")]), &args(1, 0), 50.0), Vec::<String>::new());
        assert_eq!(missed(&Seen { without_unit: 1, ..kept() }, &args(2, 1), 50.0), Vec::<String>::new());
        let table = [
            ("not one", Seen { done: 0, ..kept() }),
            ("with the password", Seen { typed: 0, ..kept() }),
            ("failed (refused)", Seen { failed: 1, first_failure: Some("refused".to_owned()), ..kept() }),
            ("told no unit", Seen { without_unit: 1, ..kept() }),
            ("in 2 ways", seen(&[(1, "a", "duyet"), (2, "a", "duyet"), (2, "b", "duyet")])),
            ("in 2 ways", seen(&[(1, "a", "duyet"), (2, "b", "duyet"), (2, "b", "")])),
            ("the unit of before (a)", seen(&[(1, "a", "duyet"), (2, "a", "duyet")])),
            ("1 states", seen(&[(1, "a", "duyet")])),
            ("with a role", seen(&[(1, "a", ""), (2, "b", "")])),
            ("did not move", Seen { told: 1, ..kept() }),
            ("p99", Seen { p99_ms: 50.1, ..kept() }),
        ];
        for (words, seen) in table {
            let missed = missed(&seen, &args(2, 0), 50.0);
            assert_eq!(missed.len(), 1, "{missed:?}");
            assert!(missed[0].contains(words), "{missed:?}");
        }
    }

    #[test]
    fn where_nobody_has_a_role_that_is_said() {
        let args = MergerArgs { without_roles: true, ..args(2, 0) };
        assert_eq!(missed(&seen(&[(1, "a", ""), (2, "b", "")]), &args, 50.0), Vec::<String>::new());
    }

    #[test]
    fn whoever_moved_is_told_of_and_in_time() {
        let args = MergerArgs { told: true, ..args(2, 0) };
        let both = || seen(&[(1, "a", "duyet"), (2, "a until 2025-06-30", "")]);
        let told = |entered, told, told_ms| Seen { entered, told, told_ms, ..both() };
        assert_eq!(missed(&told(2, 2, 4_999.0), &args, 50.0), Vec::<String>::new());
        assert!(missed(&told(2, 1, 10.0), &args, 50.0)[0].contains("told of 1 of 2"));
        assert!(missed(&told(2, 2, 5_001.0), &args, 50.0)[0].contains("after 5001 ms"));
    }
}
