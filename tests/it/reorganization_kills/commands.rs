//! The commands that are killed, as the real program, and what they leave behind that tells how far one of them was.

use super::sign_ons::PASSWORD;
use super::{PATIENCE, PLAN, rest};
use crate::kills::motlan;
use crate::support::TestApp;
use motlan::app::config::Config;
use motlan::store::Conn;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const ISSUER: &str = "http://localhost:1";

/// Approves the plan, whatever stays open.
pub const APPROVE: [&str; 5] = ["approve", PLAN, "--accept-open", "--by", "duyet"];
/// Applies it.
pub const APPLY: [&str; 5] = ["apply", PLAN, "--accept-open", "--by", "duyet"];
/// Takes it back.
pub const ROLLBACK: [&str; 6] = ["rollback", PLAN, "--reason", "thử", "--by", "duyet"];

/// Sets a password by the command, whose clock is the server's.
pub fn set_password(config: &Config, username: &str) {
    let mut command = motlan(config, ISSUER);
    command.args(["person", "set-password", username]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    child.stdin.take().expect("its input").write_all(PASSWORD.as_bytes()).expect("written");
    assert!(child.wait().expect("it ends").success(), "{username} has a password");
}

/// A command on the plan, begun.
pub fn begin(config: &Config, words: &[&str]) -> Child {
    let mut command = motlan(config, ISSUER);
    command.arg("reorg").args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("it starts")
}

/// A command on the plan, to its end; whether it was done, and what it said.
pub fn run(config: &Config, words: &[&str]) -> (bool, String) {
    let done = motlan(config, ISSUER).arg("reorg").args(words).stdin(Stdio::null()).output().expect("it runs");
    (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
}

/// The same where nothing stands in the way.
#[track_caller]
pub fn do_it(config: &Config, words: &[&str], what: &str) {
    let (done, said) = run(config, words);
    assert!(done, "{what}: {words:?}: {said}");
}

/// Kills after a while, and waits until it is gone; false when it had come to its end before.
pub async fn kill_after(mut child: Child, pause: Duration) -> bool {
    rest(pause).await;
    let was_at_work = matches!(child.try_wait(), Ok(None));
    let _ = child.kill();
    child.wait().expect("gone");
    was_at_work
}

/// The sets of changes that plans have begun, and that neither count nor were given up. Whoever takes a plan back begins one
/// before anything else, and it counts when all of it does: where one was killed in between, its set is left.
pub async fn unfinished(app: &TestApp) -> BTreeSet<String> {
    let statement = "SELECT id FROM change_sets WHERE origin = 'plan' AND applied_at IS NULL AND abandoned_at IS NULL";
    let mut conn = app.services().store.read().await.expect("a connection");
    let ids: Result<Vec<String>, sqlx::Error> = match &mut conn {
        Conn::Sqlite(conn) => sqlx::query_scalar(statement).fetch_all(&mut **conn).await,
        Conn::Pg(conn) => sqlx::query_scalar(statement).fetch_all(&mut **conn).await,
    };
    ids.expect("sets").into_iter().collect()
}

/// Waits until a rollback has begun a set beside those that were known before it, or has come to its end.
pub async fn has_begun(app: &TestApp, rollback: &mut Child, (known, what): (&BTreeSet<String>, &str)) {
    let asked = Instant::now();
    while unfinished(app).await.is_subset(known) && matches!(rollback.try_wait(), Ok(None)) {
        assert!(asked.elapsed() < PATIENCE, "{what}: the rollback begins nothing");
        rest(Duration::from_millis(1)).await;
    }
}
