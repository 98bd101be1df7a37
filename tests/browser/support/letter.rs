//! Letters as the demo puts them down: one file each, its text part first and written as it is read.

use std::path::Path;

/// A letter.
#[derive(Debug)]
pub(crate) struct Letter {
    /// Whom it is to.
    pub(crate) to: String,
    /// What it says.
    pub(crate) text: String,
}

impl Letter {
    /// All letters in a folder, the newest first: their names tell the time.
    pub(super) fn all_in(folder: &Path) -> Vec<Self> {
        // There is no folder before the first letter.
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut files: Vec<_> = entries.map_while(Result::ok).map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "eml"));
        files.sort();
        files.iter().rev().map(|path| Self::read(&std::fs::read_to_string(path).expect("a letter in UTF-8"))).collect()
    }

    fn read(file: &str) -> Self {
        let head = file.split("\r\n\r\n").next().unwrap_or_default();
        let to = head.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_default();
        let text = file.split("text/plain").nth(1).and_then(|rest| rest.split("text/html").next()).unwrap_or_default();
        Self { to: to.to_owned(), text: text.replace("\r\n", "\n") }
    }

    /// The address that it gives, if it is one of a page.
    pub(crate) fn link_to(&self, page: &str) -> Option<String> {
        let is_it = |line: &&str| line.starts_with("http") && line.contains(page);
        self.text.lines().map(str::trim).find(is_it).map(str::to_owned)
    }

    /// The code of six digits that it gives.
    pub(crate) fn code(&self) -> Option<String> {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        self.text.lines().map(str::trim).find(is_code).map(str::to_owned)
    }
}
