//! Processes that end when this one ends, however it ends.
//!
//! The stage is kept for all stories, and nobody drops what is kept to the end.
//! So a small shell stands beside each process: it waits until our end of its
//! input is closed, which the system does for us even when we are killed, then
//! ends the whole group and takes its folder away.

use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

const KEEPER: &str = r#"
folder=$1
shift
"$@" </dev/null &
exec >/dev/null 2>&1
trap '' TERM
read -r _
kill -TERM 0
wait
rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }
"#;

/// A process, its children, and a folder of its own.
pub(super) struct Kept {
    keeper: Child,
    folder: PathBuf,
}

impl Kept {
    /// Starts a program; its output is read with [`Kept::first_line`], what it complains of goes to `log` in its folder.
    pub(super) fn start(program: &str, arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = TempDir::with_prefix("motlan-browser-").expect("a temporary directory").keep();
        let log = std::fs::File::create(folder.join("log")).expect("a log file");
        let keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg(program)
            .args(arguments(&folder))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("a shell starts");
        Self { keeper, folder }
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it complained of.
    pub(super) fn complaints(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Reads lines on a thread of its own until `wanted` makes something of one; the rest is drained.
    pub(super) fn first_line<T: Send + 'static>(
        &mut self,
        deadline: Duration,
        wanted: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let output = BufReader::new(self.keeper.stdout.take().expect("a piped output"));
        let (found, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(value) = wanted(&line) {
                    // Nobody listens any more after the first.
                    let _ = found.send(value);
                }
            }
        });
        receiver.recv_timeout(deadline).ok()
    }
}

impl Drop for Kept {
    /// Waiting closes its input first, which is what the keeper waits for.
    fn drop(&mut self) {
        let _ = self.keeper.wait();
    }
}
