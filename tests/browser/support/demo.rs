//! The built binary, running `demo`, and the commands that set a scene in it.

use super::letter::Letter;
use super::ports::free_port;
use super::process::Kept;
use serde_json::Value;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use tokio::time::Instant;

/// How long the demo may take to prepare itself: a debug build on a busy machine.
const READY_DEADLINE: Duration = Duration::from_mins(3);
/// How long a letter may take: it is sent behind the scenes.
const LETTER_DEADLINE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The binary that is tried: the one built with the tests, or another that `MOTLAN_BIN` names.
fn binary() -> String {
    std::env::var("MOTLAN_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_motlan").to_owned())
}

/// A running demo.
pub(crate) struct Demo {
    pub(crate) issuer: String,
    pub(crate) tthc: String,
    pub(crate) van_ban: String,
    pub(crate) hop: String,
    pub(crate) password: String,
    pub(crate) people: Vec<String>,
    /// Bình Dương's old provider.
    pub(crate) binh_duong: String,
    /// The password of all old accounts.
    pub(crate) old_password: String,
    data: PathBuf,
    mails: PathBuf,
    _process: Kept,
}

impl Demo {
    pub(super) fn start() -> Self {
        let mut process = Kept::start(&binary(), |folder| {
            let listen = format!("127.0.0.1:{}", free_port());
            let data = folder.join("data").display().to_string();
            ["demo", "--json", "--listen", &listen, "--data", &data].map(str::to_owned).to_vec()
        });
        let ready = process.first_line(READY_DEADLINE, |line| {
            serde_json::from_str::<Value>(line).ok().filter(|told| told["issuer"].is_string())
        });
        let told = ready.unwrap_or_else(|| panic!("the demo did not get ready; it said:\n{}", process.complaints()));
        let url = |value: &Value| value.as_str().expect("an address").trim_end_matches('/').to_owned();
        Self {
            issuer: url(&told["issuer"]),
            tthc: url(&told["relying_parties"]["tthc"]),
            van_ban: url(&told["relying_parties"]["van_ban"]),
            hop: url(&told["relying_parties"]["hop"]),
            password: told["password"].as_str().expect("a password").to_owned(),
            binh_duong: url(&told["old_systems"]["binh_duong"]),
            old_password: told["old_systems"]["password"].as_str().expect("a password").to_owned(),
            people: serde_json::from_value(told["people"].clone()).expect("user names"),
            data: process.folder().join("data"),
            mails: process.folder().join("data/mails"),
            _process: process,
        }
    }

    /// Runs a command beside the demo, on the same data; gives back what it printed.
    pub(crate) fn motlan(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new(binary())
            .args(arguments)
            .env("MOTLAN_DATA_DIR", &self.data)
            .env("MOTLAN_SERVER__ISSUER", &self.issuer)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut pipe = command.stdin.take().expect("a piped input");
        // A command that reads nothing may have ended already.
        let _ = pipe.write_all(input.as_bytes());
        drop(pipe);
        let output = command.wait_with_output().expect("the command ends");
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "motlan {}: {complaints}", arguments.join(" "));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Gives somebody a password that they must change at once.
    pub(crate) fn set_temporary_password(&self, username: &str, password: &str) {
        self.motlan(&["person", "set-password", username, "--temporary"], password);
    }

    /// Lays down rules about sign-ins (TOML) in place of those before.
    pub(crate) fn lay_down_rules(&self, rules: &str) {
        let file = self.data.join("rules.toml");
        std::fs::write(&file, rules).expect("the rules are written");
        self.motlan(&["policy", "apply", &file.display().to_string()], "");
    }

    /// Waits for a letter to somebody of which `fits` makes something; older letters count too.
    pub(crate) async fn letter<T>(&self, to: &str, fits: impl Fn(&Letter) -> Option<T>) -> T {
        let end = Instant::now() + LETTER_DEADLINE;
        loop {
            let letters = Letter::all_in(&self.mails);
            if let Some(found) = letters.iter().filter(|letter| letter.to.contains(to)).find_map(&fits) {
                return found;
            }
            assert!(Instant::now() < end, "no such letter to {to} among {letters:#?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
