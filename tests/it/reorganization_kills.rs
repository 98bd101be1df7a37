//! A plan that is killed (`kill -9`) at any moment is applied or not, and never half; and nobody is kept from signing in for
//! longer than two seconds: `tests/long merger-kills` does it 200 times.
//!
//! The commands and the server are the real program on the stage's database. One server stands all the time, and officials
//! sign on to it silently; where it is the one that is killed, it is started again at once. Whatever was killed, units and
//! people come to what they came to before the plan or to what they come to after it; whoever goes on, a command or the
//! server, comes to the end; and what each token tells is of one of the two states.

mod commands;
mod sign_ons;

use crate::kills::{Server, start_at};
use crate::support::people::{HEADER, How, bring_as};
use crate::support::plans::{Digests, by, registry};
use crate::support::ports::free_port;
use crate::support::registry::{FIRST_DAY, LAST_DAY, all_files, bring as bring_units, file, gso};
use crate::support::trail::Hand;
use crate::support::{TestApp, stage};
use commands::{APPLY, APPROVE, ROLLBACK, begin, do_it, has_begun, kill_after, run, set_password, unfinished};
use motlan::app::cli::bench::matching::population::Draw;
use motlan::app::config::Config;
use motlan::base::clock::{Clock as _, SystemClock};
use motlan::service::registry::people_digest;
use motlan::service::reorganization::{self, SHIPPED};
use motlan::store::plan_runs::{self, Run, RunState};
use sign_ons::{Door, Kills, Outage, Seen, SignOns, system};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const PLAN: &str = "merger-2025";
/// So many officials that a plan has several short writes.
const PEOPLE: usize = 900;
/// Of the units that do not go whole into another one, each of so many has people: what such a plan leaves open is written
/// person by person, and here it comes every few seconds and not once in a lifetime.
const FEW: usize = 8;
/// What somebody should do by themselves is waited for so long.
const PATIENCE: Duration = Duration::from_mins(1);
/// Another node has the turn for so many seconds: longer than a command is at work, and not so long that nobody believes it.
const TURN_SECONDS: i64 = 900;
/// Nobody is kept from signing in for longer. It holds in every form while no server is killed.
const PROMISE: Duration = Duration::from_secs(2);
/// The same after a kill in the short form. That runs beside all other tests, on as few as two cores and built for
/// development: to start a server takes most of a second of a core there, and the others leave it a part of one. The long
/// form runs alone and has to keep [`PROMISE`] after each kill.
const AMONG_OTHERS: Duration = Duration::from_secs(10);
/// What is asked for in a post and answered after a rollback tells no unit: of each official one sign-on may be under way,
/// of which the ID token tells and userinfo.
const UNDER_WAY: usize = 2;

/// Many rounds when the test command asks for the long proof.
fn is_long() -> bool {
    std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1")
}

fn rounds() -> usize {
    if is_long() { 200 } else { 6 }
}

/// Lets a while pass.
async fn rest(pause: Duration) {
    let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
}

/// An official whose unit goes whole into another, with the codes of both.
struct Home {
    username: String,
    codes: [String; 2],
}

/// The first column of a file of the data folder, and two more beside it.
fn columns(name: &str, more: [usize; 2]) -> Vec<[String; 3]> {
    let source = file(name);
    let rows = csv::Reader::from_reader(source.bytes.as_slice()).into_records().map(|row| row.expect("a row"));
    rows.map(|row| [0, more[0], more[1]].map(|place| row.get(place).expect("a cell").to_owned())).collect()
}

/// The city of before the merger, and its officials; two of them whose communes go whole into others.
async fn city(app: &TestApp) -> [Home; 2] {
    bring_units(app.services(), &all_files(), true).await.expect("the units of before");
    // The code, the code of the unit that it goes into, and how.
    let pairs = columns("mapping_2025.csv", [2, 4]);
    let next: BTreeMap<&str, &str> =
        pairs.iter().filter(|pair| pair[2] == "whole").map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    let legacy = columns("units_legacy.csv", [1, 2]);
    let (whole, others): (Vec<&str>, Vec<&str>) =
        legacy.iter().map(|unit| unit[0].as_str()).partition(|code| next.contains_key(code));
    let codes: Vec<&str> = whole.iter().chain(others.iter().step_by(FEW)).copied().collect();
    let mut people = HEADER.to_owned();
    for number in 0..PEOPLE {
        let code = codes[number % codes.len()];
        writeln!(people, "cb{number},Lê Thị Số {number},,,,,,{code},Văn phòng,Kế toán,cong_chuc,true,1/QĐ,2025-06-30,")
            .expect("text");
    }
    let report = bring_as(app.services(), people.as_bytes(), How::default()).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    // A commune's code has five digits.
    let communes: Vec<usize> = (0..whole.len()).filter(|number| whole[*number].len() == 5).collect();
    let (first, last) = (communes[0], communes[communes.len() - 1]);
    [first, last]
        .map(|number| Home { username: format!("cb{number}"), codes: [whole[number], next[whole[number]]].map(str::to_owned) })
}

/// The server takes up nothing by itself: another node has the turn.
async fn the_turn_is_taken(app: &TestApp) {
    // The program goes by the clock of the machine.
    let until = SystemClock.now().plus_seconds(TURN_SECONDS).0;
    let taken = format!(
        "INSERT INTO job_leases (name, holder, held_until) VALUES ('reorganization', 'another', {until})
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until"
    );
    Hand::of(app).execute(&taken).await;
}

/// The server takes up what is due.
async fn the_turn_is_free(app: &TestApp) {
    Hand::of(app).execute("DELETE FROM job_leases WHERE name = 'reorganization'").await;
}

/// Whoever was killed is not waited for: their hour is over.
async fn an_hour_goes_by(app: &TestApp) {
    let hand = Hand::of(app);
    hand.execute("UPDATE plan_runs SET touched_at = touched_at - 3600000 WHERE state IN ('staging', 'undoing')").await;
    hand.execute("DELETE FROM job_leases").await;
}

/// The run of the plan that is staged or counts.
async fn live(app: &TestApp) -> Option<Run> {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_runs::find_live(&mut conn, PLAN, "").await.expect("an answer")
}

/// Waits until somebody has begun to apply the plan.
async fn is_begun(app: &TestApp, what: &str) {
    let asked = Instant::now();
    while live(app).await.is_none() {
        assert!(asked.elapsed() < PATIENCE, "{what}: the server takes up nothing");
        rest(Duration::from_millis(10)).await;
    }
}

/// What units and people come to at one moment: others may be at work.
async fn digests(app: &TestApp) -> Digests {
    let (units, people) = people_digest::of(app.services()).await.expect("a digest");
    Digests { units: units.digest(), people }
}

/// How it is now: one of two states, and no other.
async fn whole(app: &TestApp, states: (&Digests, &Digests), what: &str) -> bool {
    let now = digests(app).await;
    assert!(now == *states.0 || now == *states.1, "{what}: neither the state of before nor that of after: {now:?}");
    now == *states.1
}

/// Goes on with what was killed until it is done. The server may be first; then the command is told so.
async fn finish(app: &TestApp, config: &Config, words: &[&str], (wanted, what): (&Digests, &str)) {
    an_hour_goes_by(app).await;
    let (begun, mut told) = (Instant::now(), String::new());
    while begun.elapsed() < PATIENCE {
        let (_, said) = run(config, words);
        told += &said;
        if digests(app).await == *wanted {
            return;
        }
        rest(Duration::from_millis(500)).await;
    }
    panic!("{what}: it does not come to the end: {told}");
}

/// The server that stands all the time.
struct Standing<'a> {
    config: &'a Config,
    http: reqwest::Client,
    ports: (u16, u16),
    server: Server,
    kills: Kills,
}

impl<'a> Standing<'a> {
    async fn start(config: &'a Config) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a caller");
        let ports = (free_port(), free_port());
        let server = start_at(config, &http, ports).await;
        Self { config, http, ports, server, kills: Kills::default() }
    }

    /// Kills it, and starts it again at once where it stood, as a service manager does.
    async fn is_killed(&mut self) {
        self.kills.note();
        self.server.end();
        self.server = start_at(self.config, &self.http, self.ports).await;
    }
}

/// What the kills hit.
#[derive(Default)]
struct Hit {
    /// Before the plan counted.
    before: usize,
    /// People were staged, and somebody had to go on.
    staged: usize,
    /// A rollback had begun its work, and did not count yet.
    rollbacks: usize,
}

/// One round after another, in each of which the plan is applied and taken back.
struct Rounds<'a> {
    app: &'a TestApp,
    config: &'a Config,
    standing: Standing<'a>,
    before: Digests,
    after: Digests,
    /// How long a command takes to apply the plan.
    took: Duration,
    /// How long one takes to take it back.
    back: Duration,
    draw: Draw,
    hit: Hit,
}

impl Rounds<'_> {
    /// A while of so many thousandths at most of how long something takes.
    fn pause(&mut self, of: Duration, most: usize) -> Duration {
        of.mul_f64(f64::from(u32::try_from(self.draw.below(most)).expect("small")) / 1_000.0)
    }

    async fn round(&mut self, round: usize) {
        let what = format!("round {round}");
        if round % 3 == 2 {
            self.kill_the_server(&what).await;
        } else {
            self.kill_a_command(&what).await;
        }
        let (app, config) = (self.app, self.config);
        let is_staged = live(app).await.is_some_and(|run| run.state == RunState::Staging);
        self.hit.staged += usize::from(is_staged);
        if !whole(app, (&self.before, &self.after), &what).await {
            self.hit.before += 1;
            finish(app, config, &APPLY, (&self.after, what.as_str())).await;
        }

        self.kill_a_rollback(round, &what).await;
        if !whole(app, (&self.after, &self.before), &what).await {
            finish(app, config, &ROLLBACK, (&self.before, what.as_str())).await;
        }
    }

    /// The server takes up what is due by itself, and is killed doing so.
    async fn kill_the_server(&mut self, what: &str) {
        the_turn_is_free(self.app).await;
        do_it(self.config, &APPROVE, what);
        is_begun(self.app, what).await;
        // It has no start before it, as a command has.
        rest(self.pause(self.took, 700)).await;
        self.standing.is_killed().await;
    }

    async fn kill_a_command(&mut self, what: &str) {
        the_turn_is_taken(self.app).await;
        do_it(self.config, &APPROVE, what);
        let pause = self.pause(self.took, 1_100);
        kill_after(begin(self.config, &APPLY), pause).await;
    }

    /// At any moment of the command; or, in every other round, once it has begun its work: at once, or a moment later.
    async fn kill_a_rollback(&mut self, round: usize, what: &str) {
        let known = unfinished(self.app).await;
        let mut child = begin(self.config, &ROLLBACK);
        // What is drawn below one is no pause at all.
        let most = [1, 1_100, 300, 1_100][round % 4];
        if most < 1_000 {
            has_begun(self.app, &mut child, (&known, what)).await;
        }
        let pause = self.pause(self.back, most);
        let was_at_work = kill_after(child, pause).await;
        let is_amid = was_at_work && !unfinished(self.app).await.is_subset(&known);
        self.hit.rollbacks += usize::from(is_amid);
    }
}

/// The longest time at which somebody could not sign on.
fn longest<'s>(outages: impl Iterator<Item = &'s Outage>) -> Duration {
    outages.map(|outage| outage.lasted).max().unwrap_or_default()
}

/// What each official's tokens told is of one state each: every application and every rollback raises the registry's version
/// by one, so that those of before and of after take turns.
fn of_one_state(seen: &Seen, first: i64, units: &[String; 2]) {
    let mut told = BTreeSet::new();
    for (version, ids) in &seen.versions {
        let state = usize::from((version - first).rem_euclid(2) == 1);
        assert!(*version >= first, "a version of before it all: {version}");
        assert_eq!(ids, &BTreeSet::from([units[state].clone()]), "version {version} of the registry, which began at {first}");
        told.insert(state);
    }
    assert_eq!(told, BTreeSet::from([0, 1]), "somebody signed on in both states");
    assert!(seen.without_unit <= UNDER_WAY * (rounds() + 1), "{} tokens told no unit", seen.without_unit);
}

/// Nobody was kept from signing in for longer than was promised.
fn in_time(seen: &Seen) {
    let after_a_kill = if is_long() { PROMISE } else { AMONG_OTHERS };
    for outage in &seen.outages {
        let (most, when) = if outage.by_kill { (after_a_kill, "after a kill") } else { (PROMISE, "without a kill") };
        assert!(outage.lasted <= most, "{when} nobody could sign on for {:?}: {}", outage.lasted, outage.why);
    }
}

/// Says what was hit, and how the sign-ons beside it fared.
fn tell(all: &Rounds<'_>, seen: &[Seen]) {
    let (kills, servers, hit) = (2 * rounds(), all.standing.kills.count(), &all.hit);
    println!("{kills} kills, {servers} of them of the server, {} of them before it was applied: never half", hit.before);
    println!("in the middle: {} times people were staged, {} times a rollback was at work", hit.staged, hit.rollbacks);
    let sum = |of: fn(&Seen) -> usize| seen.iter().map(of).sum::<usize>();
    let (done, failed, without_unit) = (sum(|one| one.done), sum(|one| one.failed), sum(|one| one.without_unit));
    let slowest = seen.iter().map(|one| one.slowest).max().unwrap_or_default().as_millis();
    println!("{done} sign-ons beside it, {failed} failed, {without_unit} answers told no unit, the slowest took {slowest} ms");
    let outages = || seen.iter().flat_map(|one| &one.outages);
    let by_kill = longest(outages().filter(|outage| outage.by_kill)).as_millis();
    let others = longest(outages().filter(|outage| !outage.by_kill)).as_millis();
    println!("longest outage: {by_kill} ms after a kill of the server, {others} ms otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_killed_at_any_moment_is_applied_or_not_and_never_half() {
    let mut settings = None;
    let app = stage(|config| settings = Some(config.clone())).await;
    let config = settings.expect("settings");
    let homes = city(&app).await;
    reorganization::register(app.services(), SHIPPED[0].1, &by("os:soan")).await.expect("the plan");
    let tthc = system(&app, &homes.each_ref().map(|home| home.username.as_str())).await;
    // The program goes by the clock of the machine: keys and leases of the stage's clock are not for it.
    for table in ["signing_keys", "job_leases"] {
        Hand::of(&app).execute(&format!("DELETE FROM {table}")).await;
    }
    for home in &homes {
        set_password(&config, &home.username);
    }
    let standing = Standing::start(&config).await;
    let door = Door::new(&app, tthc, &standing.server.issuer);
    let sign_ons = SignOns::begin(door, &homes.each_ref().map(|home| home.username.as_str()), &standing.kills).await;

    let old = registry(&app).await;
    let before = digests(&app).await;
    the_turn_is_taken(&app).await;
    do_it(&config, &APPROVE, "once");
    let begun = Instant::now();
    do_it(&config, &APPLY, "once");
    let took = begun.elapsed();
    let (new, after) = (registry(&app).await, digests(&app).await);
    assert_ne!(before, after);
    let begun = Instant::now();
    do_it(&config, &ROLLBACK, "once");
    let back = begun.elapsed();
    assert_eq!(digests(&app).await, before);

    let (draw, hit) = (Draw(2025), Hit::default());
    let mut all = Rounds { app: &app, config: &config, standing, before, after, took, back, draw, hit };
    for round in 0..rounds() {
        all.round(round).await;
    }
    let seen = sign_ons.end().await;

    tell(&all, &seen);
    assert!(all.hit.before > 0, "no round was killed before the end");
    assert!(all.hit.staged >= rounds() / 10, "hardly a round was killed in the middle");
    // Of the short form's few rounds that asks for none.
    assert!(all.hit.rollbacks >= rounds() / 8, "hardly a rollback was killed in the middle: {}", all.hit.rollbacks);
    for (home, seen) in homes.iter().zip(&seen) {
        let units = [(&old, &home.codes[0], LAST_DAY), (&new, &home.codes[1], FIRST_DAY)];
        of_one_state(seen, old.version(), &units.map(|(units, code, on)| gso(units, code, on).id.0.clone()));
        in_time(seen);
    }
}
