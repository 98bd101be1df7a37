//! The pages of recovery codes: what is left of a sheet, and a new one, to be printed.

use super::chrome::Chrome;
use crate::base::words::fill;
use askama::Template;

/// The sheet that there is.
#[derive(Debug, Clone)]
pub struct PresentSheet {
    /// When it was made, as shown.
    pub made_at: String,
    /// How many codes were not used.
    pub left: i64,
}

/// `GET /account/methods/recovery-codes`
#[derive(Debug, Template)]
#[template(path = "pages/recovery_codes.html")]
pub struct RecoveryCodes {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The sheet that there is.
    pub present: Option<PresentSheet>,
    /// Codes of a whole sheet.
    pub all: usize,
    /// Whether there is something that codes can stand in for.
    pub possible: bool,
}

impl RecoveryCodes {
    fn left_line(&self, sheet: &PresentSheet) -> String {
        let (left, all) = (sheet.left.to_string(), self.all.to_string());
        fill(&self.chrome.t().recovery_left, &[("left", &left), ("all", &all)])
    }

    fn made_line(&self, sheet: &PresentSheet) -> String {
        fill(&self.chrome.t().recovery_made, &[("at", &sheet.made_at)])
    }
}

/// The answer that shows a new sheet. It holds the codes, and is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/recovery_sheet.html")]
pub struct RecoverySheet {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Whose codes they are.
    pub username: String,
    /// The address at which they count.
    pub issuer: String,
    /// When they were made, as shown.
    pub made_at: String,
    /// The codes.
    pub codes: Vec<String>,
}

impl RecoverySheet {
    /// The codes to be copied, one a line.
    fn text(&self) -> String {
        self.codes.join("\n")
    }
}
