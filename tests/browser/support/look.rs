//! A close look at a page: its weight, axe-core, sideways scrolling, and pictures of it.

use super::browser::Browser;
use super::hands::Way;
use super::picture;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The pages that were looked at, by their `data-page`, and the languages in which.
static SEEN: Mutex<BTreeSet<(String, &'static str)>> = Mutex::new(BTreeSet::new());

/// A desk, and a phone of the smallest sort, which is also a desk at 400 % (1280 by 1024).
const SIZES: [(u32, u32); 2] = [(1280, 900), (320, 256)];
const THEMES: [&str; 3] = ["light", "dark", "contrast"];
/// Text of twice the size is for wide windows; on a phone it must still not be cut off.
const TEXT_SIZES: [(u32, u32); 2] = [(1280, 900), (390, 844)];
const TALLEST: u32 = 4_000;

/// How much wider the page is than the window, and what makes it so.
const WIDTH: &str = r#"
const scrolls = (e) => { for (; e && e !== document.body; e = e.parentElement) if (getComputedStyle(e).overflowX !== "visible") return true; return false; };
const wide = [...document.querySelectorAll("body *")].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 1 && !scrolls(e);
});
return {
  over: document.documentElement.scrollWidth - innerWidth,
  by: wide.slice(-2).map((e) => e.outerHTML.replace(/\s+/g, " ").slice(0, 140)),
};
"#;

impl Browser {
    /// Waits for a page and looks at it closely; `state` tells its states apart, and may be empty.
    pub(crate) async fn look_at(&self, page: &str, state: &str) {
        self.arrives_at(page).await;
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert((page.to_owned(), self.language()));
        let name = if state.is_empty() { page.to_owned() } else { format!("{page}-{state}") };
        self.weigh(&name).await;
        let before = self.look_up("return { ...document.documentElement.dataset }").await;
        self.look_for_barriers(&name).await;
        self.look_at_the_width(&name).await;
        self.dressed(&before).await;
        self.keep_pictures(&name).await;
        self.sized(self.way().width, 900).await;
    }

    /// At a desk all looks are gone through; on the second way only what another language may change.
    async fn look_for_barriers(&self, name: &str) {
        let themes = if self.is_thorough() { &THEMES[..] } else { &THEMES[..1] };
        for (width, height) in SIZES {
            self.sized(width, height).await;
            for theme in themes {
                self.dressed(&json!({ "theme": theme })).await;
                for violation in self.violations().await {
                    self.found(format!("{name} ({}, {width} px, {theme}): {violation}", self.language()));
                }
            }
        }
    }

    /// No page scrolls sideways: not at 320 px, and not with the largest text.
    async fn look_at_the_width(&self, name: &str) {
        self.expect_no_sideways_scrolling(name, "the chosen text").await;
        let largest =
            self.look_up("return [...document.querySelectorAll('button[name=text]')].map((e) => e.value).sort().pop()").await;
        if largest.is_null() {
            return;
        }
        self.dressed(&json!({ "theme": "light", "text": largest })).await;
        for (width, height) in TEXT_SIZES {
            self.sized(width, height).await;
            self.expect_no_sideways_scrolling(name, "the largest text").await;
        }
    }

    async fn expect_no_sideways_scrolling(&self, name: &str, text: &str) {
        let width = self.look_up(WIDTH).await;
        if width["over"].as_i64().is_none_or(|over| over > 0) {
            let window = self.look_up("return innerWidth").await;
            let (over, by) = (&width["over"], &width["by"]);
            self.found(format!("{name} ({}): {over} px wider than a window of {window} px with {text}: {by}", self.language()));
        }
    }

    /// What the server would have written for these preferences.
    async fn dressed(&self, preferences: &Value) {
        self.look_up_with("Object.assign(document.documentElement.dataset, arguments[0])", vec![preferences.clone()]).await;
    }

    fn is_thorough(&self) -> bool {
        self.language() == Way::AT_A_DESK.language
    }

    async fn keep_pictures(&self, name: &str) {
        for width in [390, 1280] {
            self.sized(width, 900).await;
            let height = self.look_up("return document.documentElement.scrollHeight").await;
            let height = height.as_u64().and_then(|height| u32::try_from(height).ok()).unwrap_or(900);
            self.sized(width, height.clamp(900, TALLEST)).await;
            let schemes = if self.is_thorough() { &["light", "dark"][..] } else { &["light"][..] };
            for scheme in schemes {
                self.prefers("prefers-color-scheme", scheme).await;
                picture::keep(self, &format!("{name}-{}-{width}-{scheme}.png", self.language())).await;
            }
            self.prefers("prefers-color-scheme", "light").await;
        }
        if self.is_thorough() {
            self.prefers("prefers-contrast", "more").await;
            picture::keep(self, &format!("{name}-{}-1280-contrast.png", self.language())).await;
        }
        self.prefers("prefers-color-scheme", "light").await;
    }

    /// What the device tells pages that its owner prefers.
    async fn prefers(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }
}

/// The pages of `templates/pages` at which no story stopped in one of the languages.
pub(crate) fn templates_without_a_look() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/pages");
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut missed = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the templates") {
        let path = entry.expect("a template").path();
        let template = std::fs::read_to_string(&path).expect("a template in UTF-8");
        let page = template.split_once("{% block page %}").and_then(|(_, rest)| rest.split_once("{% endblock %}"));
        let Some((page, _)) = page else { continue };
        // A page that chooses its own name is known under that only when it runs.
        if page.contains("{{") {
            continue;
        }
        for Way { language, .. } in Way::BOTH {
            if !seen.contains(&(page.to_owned(), language)) {
                missed.push(format!("{page} ({language})"));
            }
        }
    }
    missed
}
