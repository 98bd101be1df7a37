//! The stage of the browser tests: the demo, a driver, a browser, and what a person does with them.
//!
//! Nothing here decides whether a test passes. Waiting is always for a
//! condition and has a deadline; what was seen instead is told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::sync::Mutex;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

/// How long a page may take to come.
const PAGE_DEADLINE: Duration = Duration::from_secs(30);
/// How long the demo may take to prepare itself: a debug build on a busy machine.
const DEMO_DEADLINE: Duration = Duration::from_mins(3);
/// How long a driver may take to start.
const DRIVER_DEADLINE: Duration = Duration::from_mins(1);
/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(40);
/// Flags that a browser needs in a container, and that keep it from calling home.
const CHROMIUM_FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
];

/// One browser at a time: several starve each other on two cores.
static TURN: Mutex<()> = Mutex::const_new(());

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everything that a story needs, in the order in which it must end.
pub(crate) struct Stage {
    pub(crate) demo: Demo,
    driver_url: String,
    _driver: Running,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// Starts the demo and a driver; `None` when browser tests are switched off.
    pub(crate) async fn set() -> Option<Self> {
        if std::env::var("MOTLAN_SKIP_BROWSER").is_ok_and(|value| value == "1") {
            println!("skipped: MOTLAN_SKIP_BROWSER=1 switches the browser tests off");
            return None;
        }
        let turn = TURN.lock().await;
        let (driver, driver_url) = start_driver();
        Some(Self { demo: Demo::start(), driver_url, _driver: driver, _turn: turn })
    }

    /// A fresh browser, without cookies.
    pub(crate) async fn browser(&self) -> Browser {
        Browser::open(&self.driver_url, true).await
    }

    /// A fresh browser in which no page may run a script.
    pub(crate) async fn browser_without_scripts(&self) -> Browser {
        Browser::open(&self.driver_url, false).await
    }
}

/// Reads lines on a thread of its own until `wanted` makes something of one; the rest is drained.
fn first_line<T: Send + 'static>(
    child: &mut Child,
    deadline: Duration,
    wanted: impl Fn(&str) -> Option<T> + Send + 'static,
) -> Option<T> {
    let output = BufReader::new(child.stdout.take().expect("a piped output"));
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

/// chromedriver chooses a free port and tells it.
fn start_driver() -> (Running, String) {
    let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut driver = match started {
        Ok(child) => Running(child),
        Err(error) if error.kind() == ErrorKind::NotFound => panic!(
            "chromedriver is not on PATH. Install it (Debian: apt-get install chromium chromium-driver), \
             or set MOTLAN_SKIP_BROWSER=1 to skip the browser tests."
        ),
        Err(error) => panic!("chromedriver cannot be started: {error}"),
    };
    let port = first_line(&mut driver.0, DRIVER_DEADLINE, |line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    let port = port.expect("chromedriver did not say on which port it listens");
    (driver, format!("http://127.0.0.1:{port}"))
}

/// The built binary, running `demo`.
pub(crate) struct Demo {
    pub(crate) issuer: String,
    pub(crate) tthc: String,
    pub(crate) van_ban: String,
    pub(crate) hop: String,
    pub(crate) password: String,
    pub(crate) people: Vec<String>,
    _process: Running,
    _data: TempDir,
}

impl Demo {
    fn start() -> Self {
        let data = TempDir::with_prefix("motlan-browser-").expect("a temporary directory");
        let log_path = data.path().join("demo.log");
        let log = File::create(&log_path).expect("a log file");
        let mut process = Running(
            Command::new(env!("CARGO_BIN_EXE_motlan"))
                .args(["demo", "--json", "--listen", &format!("127.0.0.1:{}", free_port()), "--data"])
                .arg(data.path().join("data"))
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(log)
                .spawn()
                .expect("the demo starts"),
        );
        let ready = first_line(&mut process.0, DEMO_DEADLINE, |line| {
            serde_json::from_str::<Value>(line).ok().filter(|told| told["issuer"].is_string())
        });
        let told = ready.unwrap_or_else(|| {
            panic!("the demo did not get ready; it said:\n{}", std::fs::read_to_string(&log_path).unwrap_or_default())
        });
        let url = |value: &Value| value.as_str().expect("an address").trim_end_matches('/').to_owned();
        Self {
            issuer: url(&told["issuer"]),
            tthc: url(&told["relying_parties"]["tthc"]),
            van_ban: url(&told["relying_parties"]["van_ban"]),
            hop: url(&told["relying_parties"]["hop"]),
            password: told["password"].as_str().expect("a password").to_owned(),
            people: serde_json::from_value(told["people"].clone()).expect("user names"),
            _process: process,
            _data: data,
        }
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A browser and the person before it.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    http: reqwest::Client,
    devtools: String,
    _profile: TempDir,
}

impl Browser {
    async fn open(driver_url: &str, scripts: bool) -> Self {
        let profile = TempDir::with_prefix("motlan-profile-").expect("a temporary directory");
        let mut wishes = DesiredCapabilities::chrome();
        for flag in CHROMIUM_FLAGS {
            wishes.add_arg(flag).expect("a flag");
        }
        wishes.add_arg(&format!("--user-data-dir={}", profile.path().display())).expect("a flag");
        if Path::new("/usr/bin/chromium").exists() {
            wishes.set_binary("/usr/bin/chromium").expect("a browser");
        }
        if !scripts {
            let never = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wishes.add_experimental_option("prefs", never).expect("preferences");
        }
        let driver = WebDriver::new(driver_url, wishes).await.expect("a browser starts");
        let devtools = format!("{driver_url}/session/{}/goog/cdp/execute", driver.session_id());
        let http = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        Self { driver, http, devtools, _profile: profile }
    }

    /// Closes the browser; a test that fails leaves that to the driver.
    pub(crate) async fn close(self) {
        self.driver.quit().await.expect("the browser closes");
    }

    /// Goes to an address.
    pub(crate) async fn visit(&self, url: &str) {
        self.driver.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Asks the browser itself for something that WebDriver has no word for.
    async fn devtools(&self, command: &str, params: Value) {
        let body = json!({ "cmd": command, "params": params });
        let answer = self.http.post(&self.devtools).json(&body).send().await.expect("the driver answers");
        assert!(answer.status().is_success(), "{command}: {}", answer.text().await.unwrap_or_default());
    }

    /// What a script returns, for looking only.
    pub(crate) async fn look_up(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::<Value>::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// The name of the page that is shown, if it has one.
    pub(crate) async fn page(&self) -> Option<String> {
        let main = self.driver.find(By::Css("main[data-page]")).await.ok()?;
        main.attr("data-page").await.ok().flatten()
    }

    /// Waits for a page.
    pub(crate) async fn arrives_at(&self, wanted: &str) {
        self.arrives_at_one_of(&[wanted]).await;
    }

    /// Waits for one of some pages and says which came.
    pub(crate) async fn arrives_at_one_of(&self, wanted: &[&str]) -> String {
        let end = Instant::now() + PAGE_DEADLINE;
        loop {
            if let Some(page) = self.page().await.filter(|page| wanted.contains(&page.as_str())) {
                return page;
            }
            if Instant::now() > end {
                panic!("none of {wanted:?} came; {}", self.what_is_shown().await);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until something that matches is on the page.
    pub(crate) async fn sees(&self, css: &str) -> WebElement {
        let end = Instant::now() + PAGE_DEADLINE;
        loop {
            if let Ok(element) = self.driver.find(By::Css(css.to_owned())).await {
                return element;
            }
            if Instant::now() > end {
                panic!("no {css}; {}", self.what_is_shown().await);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether something is on the page now.
    pub(crate) async fn has(&self, css: &str) -> bool {
        self.driver.find(By::Css(css.to_owned())).await.is_ok()
    }

    /// The words of an element.
    pub(crate) async fn text(&self, css: &str) -> String {
        self.sees(css).await.text().await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Presses a button or follows a link.
    pub(crate) async fn press(&self, css: &str) {
        self.sees(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Fills in a field.
    pub(crate) async fn write(&self, css: &str, words: &str) {
        let field = self.sees(css).await;
        field.clear().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        field.send_keys(words).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// For messages: where the person stands and what they read.
    async fn what_is_shown(&self) -> String {
        let address = self.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let text = match self.driver.find(By::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        format!("at {address} page {:?} says:\n{text}", self.page().await)
    }

    /// Chooses the language with the switch of the page.
    pub(crate) async fn speaks(&self, language: &str) {
        if !self.has(&format!("html[lang='{language}']")).await {
            self.press(&format!("form[action='/preferences'] button[name='locale'][value='{language}']")).await;
        }
        self.sees(&format!("html[lang='{language}']")).await;
    }

    /// Gives the window a size, whatever the least size of a real window is.
    pub(crate) async fn sized(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let end = Instant::now() + PAGE_DEADLINE;
        while self.look_up("return window.innerWidth").await != json!(width) {
            assert!(Instant::now() < end, "the window did not become {width} wide");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn colours(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Looks at a page closely: it fits 320 px, and pictures of it are kept in two sizes and two themes.
    pub(crate) async fn inspect(&self, name: &str, language: &str) {
        self.sized(320, 720).await;
        let width = self.look_up("return document.documentElement.scrollWidth").await;
        assert!(width.as_u64().is_some_and(|width| width <= 320), "{name} is {width} px wide on a phone of 320 px");
        for width in [390, 1280] {
            self.sized(width, 900).await;
            let height = self.look_up("return document.documentElement.scrollHeight").await;
            let height = height.as_u64().and_then(|height| u32::try_from(height).ok()).unwrap_or(900);
            self.sized(width, height.clamp(900, 4_000)).await;
            for scheme in ["light", "dark"] {
                self.colours(scheme).await;
                self.keep_picture(&format!("{name}-{language}-{width}-{scheme}.png")).await;
            }
        }
        self.colours("light").await;
    }

    async fn keep_picture(&self, file: &str) {
        let folder = picture_folder();
        std::fs::create_dir_all(&folder).expect("a folder for the pictures");
        let picture = self.driver.screenshot_as_png_base64().await.expect("a picture");
        let bytes = STANDARD.decode(picture).expect("base64");
        std::fs::write(folder.join(file), bytes).expect("the picture is written");
    }
}

fn picture_folder() -> PathBuf {
    std::env::var_os("MOTLAN_SCREENSHOTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots"), PathBuf::from)
}
