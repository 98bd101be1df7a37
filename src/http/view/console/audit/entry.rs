//! One entry of the records, with what holds of it.

use super::{EntryLine, HERE};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Console;
use crate::http::view::console::parts::{Crumb, number};
use askama::Template;

/// Where an entry stands in the chain.
#[derive(Debug, Clone)]
pub struct PlaceView {
    /// Its number.
    pub seq: i64,
    /// It says what it said when it got its place.
    pub holds: bool,
    /// It follows the one before it; unknown where that one lies in a file.
    pub follows: Option<bool>,
    /// The seal over it: its number, when, and whether it holds.
    pub sealed: Option<(i64, String, bool)>,
}

/// `GET /admin/audit/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_audit_entry.html")]
pub struct EntryPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The entry.
    pub line: EntryLine,
    /// When, to the millisecond in UTC.
    pub time: String,
    /// Of which record.
    pub kind: &'static str,
    /// The details as they were written.
    pub detail: String,
    /// Its MAC holds.
    pub is_ours: bool,
    /// Its place, once it has one.
    pub place: Option<PlaceView>,
}

/// Something that holds or does not: class, symbol and words.
type Held = (&'static str, &'static str, String);

impl EntryPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_audit, HERE), Crumb::here(&self.title())]
    }

    fn title(&self) -> String {
        self.line.name(&self.chrome).map_or_else(|| self.line.event.clone(), ToOwned::to_owned)
    }

    /// What holds of the entry, point by point.
    fn held(&self) -> Vec<Held> {
        let t = self.chrome.t();
        let said = |holds: bool, fine: &str, broken: &str| -> Held {
            if holds { ("ok", "check", fine.to_owned()) } else { ("bad", "alert-circle", broken.to_owned()) }
        };
        let mut held = vec![said(self.is_ours, &t.console_audit_mac_ok, &t.console_audit_mac_bad)];
        let Some(place) = &self.place else {
            held.push(("info", "clock", t.console_audit_place_none.clone()));
            return held;
        };
        held.push(said(place.holds, &t.console_audit_place_ok, &t.console_audit_place_bad));
        held.push(match place.follows {
            Some(follows) => said(follows, &t.console_audit_follows_ok, &t.console_audit_follows_bad),
            None => ("info", "file-text", t.console_audit_follows_file.clone()),
        });
        held.push(match &place.sealed {
            None => ("info", "clock", t.console_audit_place_unsealed.clone()),
            Some((seq, at, holds)) => {
                let seq = number(&self.chrome, *seq);
                let values = [("number", seq.as_str()), ("at", at.as_str())];
                said(*holds, &fill(&t.console_audit_over_ok, &values), &fill(&t.console_audit_over_bad, &values))
            }
        });
        held
    }
}
