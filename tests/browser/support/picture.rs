//! Pictures of pages: all of them to look at, and a few for the guides.
//!
//! A guide's picture is kept in `templates/assets/help` beside the words that
//! were on the page. `MOTLAN_PICTURES=write` takes the pictures anew; without
//! it a page that says something else than its picture is a finding, so that
//! guides do not age unseen.

use super::browser::Browser;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// How wide the window is in a guide's picture.
const WIDTH: u32 = 480;
/// What is further down is not in the picture.
const TALLEST: u32 = 800;
/// Enough for words to be read, and small enough for a page of guides.
const QUALITY: u32 = 40;
const SCALE: f64 = 0.75;

/// How tall the picture of a page may be and how large: less where the page itself is full.
fn frame(name: &str) -> (u32, f64) {
    match name {
        "position" => (520, SCALE),
        "welcome-who" => (640, SCALE),
        // A QR code is nothing but edges, which weigh.
        "totp" => (520, 0.65),
        _ => (TALLEST, SCALE),
    }
}

/// Where the main part of the page is, and its words: figures, and what varies, are left out of these.
const SUBJECT: &str = r#"
const subject = document.querySelector("main");
if (document.activeElement) document.activeElement.blur();
scrollTo(0, 0);
let words = subject.innerText;
for (const css of arguments[0]) {
  for (const e of subject.querySelectorAll(css)) words = words.replace(e.innerText, "…");
}
const box = subject.getBoundingClientRect();
return {
  words: words.replace(/[0-9]+/g, "0").replace(/\s+/g, " ").trim(),
  clip: { x: Math.floor(box.x), y: Math.floor(box.y), width: Math.ceil(box.width), height: Math.min(Math.ceil(box.height), arguments[1]), scale: arguments[2] },
};
"#;

/// Where the pictures of all pages go.
fn gallery() -> PathBuf {
    std::env::var_os("MOTLAN_SCREENSHOTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots"), PathBuf::from)
}

/// Where the pictures of the guides are kept.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/assets/help")
}

/// Keeps a picture of the window.
pub(super) async fn keep(browser: &Browser, file: &str) {
    let folder = gallery();
    std::fs::create_dir_all(&folder).expect("a folder for the pictures");
    let taken = browser.devtools("Page.captureScreenshot", json!({ "format": "png", "optimizeForSpeed": true })).await;
    std::fs::write(folder.join(file), bytes(&taken)).expect("the picture is written");
}

fn bytes(taken: &Value) -> Vec<u8> {
    STANDARD.decode(taken["data"].as_str().expect("a picture")).expect("base64")
}

fn is_to_be_written() -> bool {
    std::env::var("MOTLAN_PICTURES").is_ok_and(|value| value == "write")
}

impl Browser {
    /// Takes a picture of the page for the guides, or compares the page with it. `varies` tells what is never the same.
    pub(crate) async fn photograph(&self, name: &str, varies: &[&str]) {
        self.arrives_at(name).await;
        self.sized(WIDTH, 900).await;
        let (tallest, scale) = frame(name);
        let subject = self.look_up_with(SUBJECT, vec![json!(varies), json!(tallest), json!(scale)]).await;
        let words = subject["words"].as_str().expect("words").to_owned() + "\n";
        let file = |ending: &str| folder().join(format!("{name}.{}.{ending}", self.language()));
        if is_to_be_written() {
            std::fs::create_dir_all(folder()).expect("a folder for the guides' pictures");
            let wish = json!({
                "format": "webp",
                "quality": QUALITY,
                "captureBeyondViewport": true,
                "clip": subject["clip"],
            });
            let taken = self.devtools("Page.captureScreenshot", wish).await;
            std::fs::write(file("webp"), bytes(&taken)).expect("the picture is written");
            std::fs::write(file("txt"), words).expect("its words are written");
        } else {
            self.compare(name, &words, &file("webp"), &file("txt"));
        }
        self.sized(self.way().width, 900).await;
    }

    fn compare(&self, name: &str, words: &str, picture: &Path, kept: &Path) {
        let anew = "MOTLAN_PICTURES=write cargo test --test browser takes the pictures anew";
        if !picture.exists() {
            self.found(format!("{name} has no picture in {}; {anew}", self.language()));
        } else if let Ok(kept) = std::fs::read_to_string(kept)
            && kept != words
        {
            self.found(format!("{name}: the page says «{}», its picture says «{}»; {anew}", words.trim(), kept.trim()));
        } else if !kept.exists() {
            self.found(format!("{name} has no words beside its picture; {anew}"));
        }
    }

    /// For those who look why a story failed.
    pub(super) async fn keep_last_sight(&self, story: &str) {
        keep(self, &format!("failed-{story}.png")).await;
    }
}
