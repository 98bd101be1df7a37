//! A plan that is killed (`kill -9`) at any moment is applied or not, and never half: `tests/long merger-kills` does it
//! 200 times.
//!
//! The commands and the server are the real program on the stage's database. Whatever was killed, units and people come to
//! what they came to before the plan or to what they come to after it; and whoever goes on comes to the end.

use crate::kills::{motlan, start};
use crate::support::people::{HEADER, How, bring_as};
use crate::support::plans::{Digests, by, digests};
use crate::support::registry::{all_files, bring as bring_units, file};
use crate::support::trail::Hand;
use crate::support::{TestApp, stage};
use motlan::app::cli::bench::matching::population::Draw;
use motlan::app::config::Config;
use motlan::service::reorganization::{self, SHIPPED};
use std::fmt::Write as _;
use std::process::{Child, Stdio};
use std::time::Duration;

const PLAN: &str = "merger-2025";
const ISSUER: &str = "http://localhost:1";
/// So many officials that a plan has several short writes.
const PEOPLE: usize = 900;

/// Kills: many when the test command asks for the long proof.
fn kills() -> usize {
    if std::env::var("MOTLAN_LONG").is_ok_and(|value| value == "1") { 200 } else { 6 }
}

/// The city of before the merger, and its officials.
async fn city(app: &TestApp) {
    bring_units(app.services(), &all_files(), true).await.expect("the units of before");
    let legacy = file("units_legacy.csv");
    let codes: Vec<String> = csv::Reader::from_reader(legacy.bytes.as_slice())
        .records()
        .map(|row| row.expect("a row").get(0).expect("a code").to_owned())
        .collect();
    let mut people = HEADER.to_owned();
    for number in 0..PEOPLE {
        let code = &codes[number % codes.len()];
        writeln!(people, "cb{number},Lê Thị Số {number},,,,,,{code},Văn phòng,Kế toán,cong_chuc,true,1/QĐ,2025-06-30,")
            .expect("text");
    }
    let report = bring_as(app.services(), people.as_bytes(), How::default()).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
}

/// A command on the plan, begun.
fn begin(config: &Config, words: &[&str]) -> Child {
    let mut command = motlan(config, ISSUER);
    command.arg("reorg").args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

/// A command on the plan, to its end; whether it was done, and what it said.
fn run(config: &Config, words: &[&str]) -> (bool, String) {
    let done = motlan(config, ISSUER).arg("reorg").args(words).stdin(Stdio::null()).output().expect("it runs");
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

const APPROVE: [&str; 5] = ["approve", PLAN, "--accept-open", "--by", "duyet"];
const APPLY: [&str; 5] = ["apply", PLAN, "--accept-open", "--by", "duyet"];
const ROLLBACK: [&str; 6] = ["rollback", PLAN, "--reason", "thử", "--by", "duyet"];

/// Whoever was killed is not waited for: their hour is over.
async fn an_hour_goes_by(app: &TestApp) {
    let hand = Hand::of(app);
    hand.execute("UPDATE plan_runs SET touched_at = touched_at - 3600000 WHERE state IN ('staging', 'undoing')").await;
    hand.execute("DELETE FROM job_leases").await;
}

/// Kills after a while, and waits until it is gone.
async fn kill_after(mut child: Child, pause: Duration) {
    let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
    let _ = child.kill();
    child.wait().expect("gone");
}

/// How it is now: one of two states, and no other.
async fn whole(app: &TestApp, states: (&Digests, &Digests), what: &str) -> bool {
    let now = digests(app).await;
    assert!(now == *states.0 || now == *states.1, "{what}: neither the state of before nor that of after: {now:?}");
    now == *states.1
}

/// Tells what is applied already, or applies it.
async fn finish(app: &TestApp, config: &Config, words: &[&str], (wanted, what): (&Digests, &str)) {
    let mut told = String::new();
    for _ in 0..3 {
        if digests(app).await == *wanted {
            return;
        }
        an_hour_goes_by(app).await;
        let (_, said) = run(config, words);
        told += &said;
    }
    assert_eq!(digests(app).await, *wanted, "{what}: it does not come to the end: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_killed_at_any_moment_is_applied_or_not_and_never_half() {
    let mut settings = None;
    let app = stage(|config| settings = Some(config.clone())).await;
    let config = settings.expect("settings");
    city(&app).await;
    reorganization::register(app.services(), SHIPPED[0].1, &by("os:soan")).await.expect("the plan");
    // The program goes by the clock of the machine: keys and leases of the stage's clock are not for it.
    for table in ["signing_keys", "job_leases"] {
        Hand::of(&app).execute(&format!("DELETE FROM {table}")).await;
    }
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a caller");
    let before = digests(&app).await;
    assert!(run(&config, &APPROVE).0, "approved");
    let begun = std::time::Instant::now();
    let (done, said) = run(&config, &APPLY);
    let took = begun.elapsed();
    assert!(done, "{said}");
    let after = digests(&app).await;
    assert_ne!(before, after);
    assert!(run(&config, &ROLLBACK).0, "taken back");
    assert_eq!(digests(&app).await, before);

    let (mut draw, mut in_the_middle) = (Draw(2025), 0);
    for round in 0..kills() {
        let what = format!("round {round}");
        assert!(run(&config, &APPROVE).0, "{what}: approved");
        let pause = took.mul_f64(f64::from(u32::try_from(draw.below(1_100)).expect("small")) / 1_000.0);
        if round % 3 == 2 {
            // A server takes up what is due by itself, and is killed doing so.
            let mut server = start(&config, &http).await;
            let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
            server.end();
        } else {
            kill_after(begin(&config, &APPLY), pause).await;
        }
        in_the_middle += usize::from(!whole(&app, (&before, &after), &what).await);
        finish(&app, &config, &APPLY, (&after, what.as_str())).await;

        let pause = took.mul_f64(f64::from(u32::try_from(draw.below(600)).expect("small")) / 1_000.0);
        kill_after(begin(&config, &ROLLBACK), pause).await;
        whole(&app, (&after, &before), &what).await;
        finish(&app, &config, &ROLLBACK, (&before, what.as_str())).await;
    }
    assert!(in_the_middle > 0, "no round was killed before the end");
    println!("{} kills, {in_the_middle} of them before it was applied: never half", 2 * kills());
}
