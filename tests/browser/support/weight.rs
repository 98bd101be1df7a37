//! How heavy a page is: all that a first visit brings over the line, whatever this browser has kept already.

use super::browser::Browser;
use std::cmp::Reverse;
use std::sync::Mutex;
use std::sync::PoisonError;
use tokio::time::Instant;

/// Nothing on a first visit may weigh more, everything counted.
pub(crate) const MOST_BYTES: u64 = 100_000;

/// The heaviest page so far, and what it weighs.
static HEAVIEST: Mutex<(String, u64)> = Mutex::new((String::new(), 0));

/// The parts of the page with their bytes as they travel; nothing until all are there. Pictures further down are fetched
/// as for somebody who reads to the end, those that are folded away are not. 300 bytes are what browsers count for the
/// head of an answer (Resource Timing, `transferSize`).
const PARTS: &str = r#"
const pictures = [...document.images].filter((e) => !e.closest("details:not([open])"));
for (const picture of pictures) picture.loading = "eager";
if (document.readyState !== "complete" || document.fonts.status !== "loaded" || !pictures.every((e) => e.complete)) return null;
const parts = new Map();
for (const kind of ["navigation", "resource"]) {
  for (const e of performance.getEntriesByType(kind)) parts.set(e.name, e.encodedBodySize + 300);
}
return [...parts].map(([address, bytes]) => [address.split("?")[0].split("/").pop(), bytes]);
"#;

impl Browser {
    /// Waits until the page is there with every picture that it shows; tells its parts, each with its bytes.
    pub(crate) async fn is_whole(&self) -> Vec<(String, u64)> {
        let end = Instant::now() + Self::PAGE_DEADLINE;
        loop {
            let parts = self.look_up(PARTS).await;
            if !parts.is_null() {
                return serde_json::from_value(parts).expect("names and bytes");
            }
            assert!(Instant::now() < end, "something of the page does not come; {}", self.what_is_shown().await);
            tokio::time::sleep(Self::LOOK_AGAIN).await;
        }
    }

    /// Notes a page that is too heavy.
    pub(crate) async fn weigh(&self, name: &str) {
        let mut parts = self.is_whole().await;
        let bytes: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
        let name = format!("{name} ({})", self.language());
        if bytes > MOST_BYTES {
            parts.sort_by_key(|(_, bytes)| Reverse(*bytes));
            self.found(format!("{name} weighs {bytes} bytes on a first visit: {parts:?}"));
        }
        let mut heaviest = HEAVIEST.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes > heaviest.1 {
            *heaviest = (name, bytes);
        }
    }
}

/// The heaviest page of all that were weighed.
pub(super) fn heaviest() -> String {
    let heaviest = HEAVIEST.lock().unwrap_or_else(PoisonError::into_inner);
    format!("{}: {} bytes on a first visit", heaviest.0, heaviest.1)
}
