//! How a person handles a page: with the keyboard alone, or by pointing.
//!
//! A story is told once and walked both ways, so no step of it can be one that
//! only a mouse reaches.

use super::browser::Browser;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

/// More stops than any page has, twice over.
const MOST_STOPS: usize = 160;

/// Where the keyboard stands, and whether one can see it.
const WHERE: &str = r#"
const wanted = document.querySelector(arguments[0]);
const now = document.activeElement || document.body;
const group = (e) => (e && e.type === "radio" ? e.name : null);
const ringed = (e) => {
  if (!e) return false;
  const style = getComputedStyle(e);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
};
const box = now.getBoundingClientRect();
return {
  there: now === wanted,
  beside: group(now) !== null && group(now) === group(wanted),
  nowhere: now === document.body || now === document.documentElement,
  ringed: ringed(now) || ringed(now.nextElementSibling),
  inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  kind: now.tagName.toLowerCase() + (now.type ? ":" + now.type : ""),
  what: now.outerHTML.replace(/\s+/g, " ").slice(0, 140),
};
"#;

/// A key that is no letter.
#[derive(Debug, Clone, Copy)]
enum Key {
    Tab,
    Enter,
    Space,
    Down,
}

impl Key {
    /// Its names, its number, and what it types.
    fn parts(self) -> (&'static str, &'static str, u32, &'static str) {
        match self {
            Self::Tab => ("Tab", "Tab", 9, ""),
            Self::Enter => ("Enter", "Enter", 13, "\r"),
            Self::Space => (" ", "Space", 32, " "),
            Self::Down => ("ArrowDown", "ArrowDown", 40, ""),
        }
    }
}

/// What a person presses the keys or the button of a mouse with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hands {
    /// Tab, Enter and Space; the arrows inside a group of radio buttons.
    Keyboard,
    /// Pointing and typing.
    Mouse,
}

/// One way to walk a story.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// The language of the pages.
    pub(crate) language: &'static str,
    /// How they are handled.
    pub(crate) hands: Hands,
    /// How wide the window is.
    pub(crate) width: u32,
}

impl Way {
    /// At a desk, in Vietnamese, with the keyboard alone.
    pub(crate) const AT_A_DESK: Self = Self { language: "vi", hands: Hands::Keyboard, width: 1280 };
    /// On a phone, in English.
    pub(crate) const ON_A_PHONE: Self = Self { language: "en", hands: Hands::Mouse, width: 390 };
    /// Both.
    pub(crate) const BOTH: [Self; 2] = [Self::AT_A_DESK, Self::ON_A_PHONE];
}

impl Browser {
    /// WebDriver's own keys may be pressed again on the next page, when the first press has led to one.
    async fn key(&self, key: Key) {
        let (key, code, number, text) = key.parts();
        let stroke = |kind: &str| {
            let mut stroke = json!({ "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number });
            if kind == "keyDown" {
                stroke["text"] = json!(text);
            }
            stroke
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            self.devtools("Input.dispatchKeyEvent", stroke(kind)).await;
        }
    }

    /// Types where the keyboard stands.
    async fn types(&self, words: &str) {
        self.devtools("Input.insertText", json!({ "text": words })).await;
    }

    async fn where_is_the_keyboard(&self, css: &str) -> Value {
        self.look_up_with(WHERE, vec![json!(css)]).await
    }

    /// Goes from stop to stop until the keyboard stands on something; `afresh`: comes to it with a key, even from itself.
    pub(super) async fn reach(&self, css: &str, afresh: bool) -> Value {
        let mut stands = self.where_is_the_keyboard(css).await;
        let mut moved = !afresh;
        for _ in 0..MOST_STOPS {
            if moved && stands["there"] == true {
                return stands;
            }
            self.key(if stands["beside"] == true && stands["there"] == false { Key::Down } else { Key::Tab }).await;
            moved = true;
            stands = self.where_is_the_keyboard(css).await;
            if stands["nowhere"] == false {
                self.expect_visible_focus(&stands).await;
            }
        }
        panic!("the keyboard does not come to {css}; it stands on {stands}, {}", self.what_is_shown().await)
    }

    async fn expect_visible_focus(&self, stands: &Value) {
        if stands["ringed"] == false || stands["inside"] == false {
            let page = self.page().await.unwrap_or_default();
            let (ringed, inside, what) = (&stands["ringed"], &stands["inside"], &stands["what"]);
            self.found(format!("{page}: the keyboard's place cannot be seen (ringed {ringed}, inside {inside}) on {what}"));
        }
    }

    /// Presses a button or follows a link, and stays to see what happens.
    pub(crate) async fn press(&self, css: &str) {
        let element = self.sees(css).await;
        match self.hands() {
            Hands::Mouse => element.click().await.unwrap_or_else(|error| panic!("{css}: {error}")),
            Hands::Keyboard => {
                let stands = self.reach(css, false).await;
                let kind = stands["kind"].as_str().unwrap_or_default();
                let by_space = matches!(kind, "input:checkbox" | "input:radio" | "summary" | "button:button");
                self.key(if by_space { Key::Space } else { Key::Enter }).await;
            }
        }
    }

    /// Presses a button or follows a link that leads to a new page, and waits until that is there.
    pub(crate) async fn go(&self, css: &str) {
        self.sees(css).await;
        self.look_up("window.isLeft = true; return null").await;
        self.press(css).await;
        self.is_at_a_new_page(css).await;
    }

    /// Waits until the marked page is gone and another one is complete.
    async fn is_at_a_new_page(&self, css: &str) {
        let end = Instant::now() + Self::PAGE_DEADLINE;
        loop {
            let arrived = "return window.isLeft !== true && document.readyState === 'complete'";
            // While one page gives way to the next, a script may find neither.
            let there = self.driver.execute(arrived, Vec::<Value>::new()).await;
            if there.is_ok_and(|there| there.json() == true) {
                return;
            }
            assert!(Instant::now() < end, "{css} led nowhere; {}", self.what_is_shown().await);
            tokio::time::sleep(Self::LOOK_AGAIN).await;
        }
    }

    /// Ticks a box, or chooses one of several.
    pub(crate) async fn tick(&self, css: &str) {
        let element = self.sees(css).await;
        match self.hands() {
            Hands::Keyboard => {
                self.reach(css, false).await;
                if !element.is_selected().await.unwrap_or_else(|error| panic!("{css}: {error}")) {
                    self.key(Key::Space).await;
                }
            }
            Hands::Mouse => {
                let id = element.id().await.ok().flatten().unwrap_or_else(|| panic!("{css} has no id for a label"));
                let label = self.sees(&format!("label[for='{id}']")).await;
                label.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
            }
        }
        let ticked = element.is_selected().await.unwrap_or_else(|error| panic!("{css}: {error}"));
        assert!(ticked, "{css} is not ticked; {}", self.what_is_shown().await);
    }

    /// Fills in a field.
    pub(crate) async fn write(&self, css: &str, words: &str) {
        let field = self.sees(css).await;
        match self.hands() {
            Hands::Mouse => {
                field.clear().await.unwrap_or_else(|error| panic!("{css}: {error}"));
                field.send_keys(words).await.unwrap_or_else(|error| panic!("{css}: {error}"));
            }
            Hands::Keyboard => {
                // Coming to a field with a key selects what is in it.
                let filled = field.prop("value").await.ok().flatten().is_some_and(|value| !value.is_empty());
                self.reach(css, filled).await;
                self.types(words).await;
            }
        }
        let written = field.prop("value").await.ok().flatten().unwrap_or_default();
        assert_eq!(written, words, "{css} holds something else");
    }
}
