//! Fields that are not written into: lists to choose from, boxes in a table, files.

use super::browser::Browser;
use super::hands::Hands;
use serde_json::json;
use std::path::Path;
use tokio::time::Instant;

/// How many options lie between the chosen one and the one of a value.
const AWAY: &str = r"
    const list = document.querySelector(arguments[0]);
    const place = [...list.options].findIndex((option) => option.value === arguments[1]);
    return place < 0 ? null : place - list.selectedIndex;";

/// What a link leads to, fetched as the browser would, and not shown.
const BEHIND: &str = "return fetch(document.querySelector(arguments[0]).href).then((answer) => answer.text())";

impl Browser {
    /// Chooses an option of a list by its value: with the arrows, or by pointing.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.sees(css).await;
        let away = self.look_up_with(AWAY, vec![json!(css), json!(value)]).await;
        let away = away.as_i64().unwrap_or_else(|| panic!("{css} has no {value}"));
        match self.hands() {
            Hands::Keyboard => {
                self.reach(css, false).await;
                for _ in 0..away.unsigned_abs() {
                    self.arrow(away > 0).await;
                }
            }
            Hands::Mouse => {
                let option = self.sees(&format!("{css} option[value='{value}']")).await;
                option.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
            }
        }
        assert_eq!(self.value(css).await, value, "{css} holds something else");
    }
    async fn arrow(&self, down: bool) {
        let (key, number) = if down { ("ArrowDown", 40) } else { ("ArrowUp", 38) };
        for kind in ["rawKeyDown", "keyUp"] {
            let stroke = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": number });
            self.devtools("Input.dispatchKeyEvent", stroke).await;
        }
    }

    /// Chooses a day (`2026-12-31`) in a field with the browser's own calendar, which writes days as the browser's owner does.
    pub(crate) async fn choose_day(&self, css: &str, day: &str) {
        self.sees(css).await;
        let put = "const field = document.querySelector(arguments[0]); field.value = arguments[1]; return field.value";
        let held = self.look_up_with(put, vec![json!(css), json!(day)]).await;
        assert_eq!(held, day, "{css} holds something else");
    }

    /// Ticks a box of a table, whose name is told but not written beside it.
    pub(crate) async fn mark(&self, css: &str) {
        match self.hands() {
            Hands::Keyboard => self.tick(css).await,
            Hands::Mouse => {
                let element = self.sees(css).await;
                element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
                let ticked = element.is_selected().await.unwrap_or_else(|error| panic!("{css}: {error}"));
                assert!(ticked, "{css} is not ticked");
            }
        }
    }

    /// Names a file, as the system's own dialogue does.
    pub(crate) async fn attach(&self, css: &str, file: &Path) {
        let path = file.to_str().expect("a path in UTF-8");
        self.sees(css).await.send_keys(path).await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// What a link gives that leads to a file.
    pub(crate) async fn file_behind(&self, css: &str) -> String {
        self.sees(css).await;
        let text = self.look_up_with(BEHIND, vec![json!(css)]).await;
        text.as_str().unwrap_or_else(|| panic!("{css} leads to no file")).to_owned()
    }

    /// Waits until words stand somewhere on the page, as for what a script brings.
    pub(crate) async fn comes_to_say(&self, css: &str, words: &str) {
        let end = Instant::now() + Self::PAGE_DEADLINE;
        let says = "const e = document.querySelector(arguments[0]); return e !== null && e.textContent.includes(arguments[1])";
        while self.look_up_with(says, vec![json!(css), json!(words)]).await != true {
            assert!(Instant::now() < end, "{css} never says {words}; {}", self.what_is_shown().await);
            tokio::time::sleep(Self::LOOK_AGAIN).await;
        }
    }

    /// Asks for the page again until something is on it, as for work that goes on behind the scenes.
    pub(crate) async fn asks_until(&self, css: &str) {
        let end = Instant::now() + Self::PAGE_DEADLINE;
        while !self.has(css).await {
            assert!(Instant::now() < end, "{css} never came; {}", self.what_is_shown().await);
            tokio::time::sleep(Self::LOOK_AGAIN).await;
            self.driver.refresh().await.unwrap_or_else(|error| panic!("once more: {error}"));
        }
    }
}
