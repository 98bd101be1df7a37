//! One demo, one driver and one browser for all stories, one story at a time.

use super::browser::Browser;
use super::demo::Demo;
use super::hands::Way;
use super::look;
use super::process::Kept;
use super::weight;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long a driver may take to start.
const DRIVER_DEADLINE: Duration = Duration::from_mins(1);

/// Outlives every story: the browser's connections belong to it.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));
/// The stage between two stories. Several browsers at once starve each other on two cores.
static KEPT: Mutex<Option<Stage>> = Mutex::new(None);
/// The stories that were played to their end.
static PLAYED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything that a story needs, in the order in which it must end.
pub(crate) struct Stage {
    pub(crate) browser: Browser,
    pub(crate) demo: Demo,
    _driver: Kept,
}

/// Plays a story on the kept stage. A story that fails takes the stage down with it.
pub(crate) fn play(name: &'static str, all: &[&str], story: impl AsyncFnOnce(&Stage)) {
    if std::env::var("MOTLAN_SKIP_BROWSER").is_ok_and(|value| value == "1") {
        println!("skipped: MOTLAN_SKIP_BROWSER=1 switches the browser tests off");
        return;
    }
    let mut kept = locked(&KEPT);
    let stage = kept.take().unwrap_or_else(|| RUNTIME.block_on(Stage::set()));
    let told = std::panic::catch_unwind(AssertUnwindSafe(|| RUNTIME.block_on(story(&stage))));
    if let Err(panic) = told {
        RUNTIME.block_on(stage.browser.keep_last_sight(name));
        // Its driver is about to end, and the browser with it.
        let _ = stage.browser.driver.leak();
        std::panic::resume_unwind(panic);
    }
    let found = RUNTIME.block_on(stage.browser.take_findings());
    *kept = Some(stage);
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    let mut played = locked(&PLAYED);
    played.insert(name);
    if all.iter().all(|story| played.contains(story)) {
        println!("the heaviest page is {}", weight::heaviest());
        let missed = look::templates_without_a_look();
        assert!(missed.is_empty(), "all stories were played, and none stopped at these pages: {missed:?}");
    }
}

impl Stage {
    async fn set() -> Self {
        let (driver, driver_url) = start_driver();
        let demo = Demo::start();
        let browser = Browser::open(&driver_url, driver.folder()).await;
        Self { browser, demo, _driver: driver }
    }

    /// Somebody new comes to the browser: no cookies, no devices, and the language and the hands of `way`.
    pub(crate) async fn begin(&self, way: Way) -> &Browser {
        self.browser.forget_everybody(way).await;
        self.speak(way).await
    }

    async fn speak(&self, way: Way) -> &Browser {
        if way.language != "vi" {
            self.browser.visit(&format!("{}/", self.demo.issuer)).await;
            self.browser.speaks(way.language).await;
        }
        &self.browser
    }
}

/// chromedriver chooses a free port and tells it.
fn start_driver() -> (Kept, String) {
    let there = Command::new("chromedriver").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(
        there.is_ok_and(|status| status.success()),
        "chromedriver is not on PATH. Install it (Debian: apt-get install chromium chromium-driver), \
         or set MOTLAN_SKIP_BROWSER=1 to skip the browser tests."
    );
    let mut driver = Kept::start("chromedriver", |_| vec!["--port=0".to_owned()]);
    let port = driver.first_line(DRIVER_DEADLINE, |line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    let port = port.unwrap_or_else(|| panic!("chromedriver did not say on which port it listens: {}", driver.complaints()));
    (driver, format!("http://127.0.0.1:{port}"))
}
