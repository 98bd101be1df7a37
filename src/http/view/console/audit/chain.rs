//! How the chain of the records stands.

use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::number;
use crate::service::trail::report::Wrong;

/// How the newest end of the chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is sealed yet.
    Nothing,
    /// So many entries are whole; with none, the newest seal is.
    Whole(i64),
    /// Something is not as it was.
    Broken {
        /// What is wrong.
        wrong: Wrong,
        /// With which entry.
        seq: Option<i64>,
        /// Its id, when its row is known.
        id: Option<String>,
    },
}

/// The state of the chain.
#[derive(Debug, Clone)]
pub struct ChainCard {
    /// The newest seal: up to which number, and when.
    pub seal: Option<(i64, String)>,
    /// What was found.
    pub standing: Standing,
    /// When the job ran last.
    pub ran: Option<String>,
    /// The stream to a collector: up to which number, and how many wait.
    pub stream: Option<(i64, i64)>,
}

impl ChainCard {
    /// Class, symbol and words of how it stands.
    pub(super) fn tag(&self, chrome: &Chrome) -> (&'static str, &'static str, String) {
        let t = chrome.t();
        match &self.standing {
            Standing::Nothing => ("info", "clock", t.console_audit_nothing_sealed.clone()),
            Standing::Whole(0) => ("ok", "check", t.console_audit_seal_holds.clone()),
            Standing::Whole(count) => ("ok", "check", fill(&t.console_audit_whole, &[("count", &number(chrome, *count))])),
            Standing::Broken { wrong, seq, .. } => {
                let wrong: &str = match wrong {
                    Wrong::Altered => &t.console_audit_altered,
                    Wrong::Missing => &t.console_audit_missing,
                    Wrong::Added => &t.console_audit_added,
                    Wrong::Reordered => &t.console_audit_reordered,
                    Wrong::Seal => &t.console_audit_seal_broken,
                };
                let seq = seq.map(|seq| number(chrome, seq)).unwrap_or_default();
                ("bad", "alert-circle", fill(&t.console_audit_broken, &[("number", &seq), ("wrong", wrong)]))
            }
        }
    }

    /// The page of the entry that is not as it was.
    pub(super) fn broken_entry(&self) -> Option<&str> {
        match &self.standing {
            Standing::Broken { id, .. } => id.as_deref(),
            Standing::Nothing | Standing::Whole(_) => None,
        }
    }

    pub(super) fn seal_line(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        self.seal.as_ref().map_or_else(
            || t.console_audit_none_yet.clone(),
            |(seq, at)| fill(&t.console_audit_sealed_to, &[("number", &number(chrome, *seq)), ("at", at)]),
        )
    }

    pub(super) fn stream_line(&self, chrome: &Chrome) -> Option<String> {
        let (sent, lag) = self.stream?;
        let (sent, lag) = (number(chrome, sent), number(chrome, lag));
        Some(fill(&chrome.t().console_audit_streamed, &[("number", &sent), ("lag", &lag)]))
    }
}
