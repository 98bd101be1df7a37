//! Receipts of sign-outs.

use super::Console;
use super::parts::{Crumb, Pages, SelectOption, address, number};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::service::logout::receipts::Outcome;
use askama::Template;

/// One receipt.
#[derive(Debug, Clone)]
pub struct ReceiptRow {
    /// Its id.
    pub id: String,
    /// The system's name.
    pub client_name: String,
    /// Where it was told.
    pub uri: String,
    /// Which sign-on ended.
    pub sign_on: String,
    /// Enqueued, as shown.
    pub created: String,
    /// Where it got to.
    pub outcome: Outcome,
    /// When, as shown.
    pub at: String,
    /// Tries so far.
    pub attempts: i64,
    /// What came back last.
    pub last_answer: String,
    /// It was given up, and the reader may try again.
    pub may_retry: bool,
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptsDone {
    /// So many are tried again.
    Again(i64),
    /// None was there to try again.
    Nothing,
}

/// `GET /admin/receipts`
#[derive(Debug, Template)]
#[template(path = "pages/console_receipts.html")]
pub struct ReceiptsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Newest first.
    pub rows: Vec<ReceiptRow>,
    /// Where the list goes on.
    pub pages: Pages,
    /// How many wait.
    pub waiting: i64,
    /// How many were given up.
    pub dead: i64,
    /// Only those that got there.
    pub outcome: Option<Outcome>,
    /// Only those of this client.
    pub client: String,
    /// The clients, by name.
    pub clients: Vec<SelectOption>,
    /// The reader may try again what was given up of the client that is chosen.
    pub may_retry: bool,
    /// What was just done.
    pub done: Option<ReceiptsDone>,
}

impl ReceiptsPage {
    /// The same list as a file.
    fn export(&self) -> String {
        let outcome = match self.outcome {
            None => "",
            Some(Outcome::Delivered) => "delivered",
            Some(Outcome::Waiting) => "waiting",
            Some(Outcome::Dead) => "dead",
        };
        address("/admin/receipts/export", &[("outcome", outcome), ("client", &self.client)])
    }

    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_title.clone(), address: "/admin".to_owned() },
            Crumb { name: t.console_receipts.clone(), address: String::new() },
        ]
    }

    fn counts(&self) -> String {
        let (waiting, dead) = (number(&self.chrome, self.waiting), number(&self.chrome, self.dead));
        fill(&self.chrome.t().console_receipts_counts, &[("waiting", &waiting), ("dead", &dead)])
    }

    /// Class, symbol and word of where a receipt got to.
    fn outcome(&self, row: &ReceiptRow) -> (&'static str, &'static str, &'static str) {
        let t = self.chrome.t();
        match row.outcome {
            Outcome::Delivered => ("ok", "check", &t.console_receipts_delivered),
            Outcome::Waiting => ("info", "clock", &t.console_receipts_waiting),
            Outcome::Dead => ("bad", "alert-circle", &t.console_receipts_dead),
        }
    }

    fn outcomes(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let all = [
            ("", &t.console_receipts_any, None),
            ("dead", &t.console_receipts_dead, Some(Outcome::Dead)),
            ("waiting", &t.console_receipts_waiting, Some(Outcome::Waiting)),
            ("delivered", &t.console_receipts_delivered, Some(Outcome::Delivered)),
        ];
        let option = |(value, label, outcome): (&str, &String, Option<Outcome>)| SelectOption {
            value: value.to_owned(),
            label: label.clone(),
            chosen: self.outcome == outcome,
        };
        all.into_iter().map(option).collect()
    }

    fn attempts(&self, row: &ReceiptRow) -> String {
        fill(&self.chrome.t().console_receipts_attempts, &[("count", &row.attempts.to_string())])
    }

    fn done_said(&self) -> Option<String> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            ReceiptsDone::Again(count) => fill(&t.console_receipts_again_done, &[("count", &count.to_string())]),
            ReceiptsDone::Nothing => t.console_receipts_again_none.clone(),
        })
    }
}
