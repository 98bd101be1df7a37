//! The post on a stage: mail goes into a folder, and is read there.

use super::{TestApp, stage};
use motlan::app::config::Config;
use motlan::service::mails;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder that takes mail.
pub struct Post(TempDir);

impl Post {
    /// An empty one.
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("mails")
    }

    /// Lets a provider send its mail here.
    pub fn set(&self, config: &mut Config) {
        config.mail.folder = Some(self.folder());
        config.mail.from = "motlan@vi-du.vn".to_owned();
    }

    /// Everything that came so far, after what is due was sent. What was written at the same moment comes in any order.
    pub async fn letters(&self, app: &TestApp) -> Vec<Letter> {
        deliver(app).await;
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.folder())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        files.sort();
        files.into_iter().map(|path| Letter(std::fs::read_to_string(path).expect("a mail"))).collect()
    }

    /// The newest letter that says something.
    pub async fn letter(&self, app: &TestApp, says: &str) -> Letter {
        let letters = self.letters(app).await;
        let found = letters.iter().rev().find(|letter| letter.text().contains(says)).cloned();
        found.unwrap_or_else(|| panic!("no letter says {says}: {letters:?}"))
    }
}

/// A provider, and the folder that takes its mail.
pub async fn stage_with_post() -> (TestApp, Post) {
    let post = Post::empty();
    let app = stage(|config| post.set(config)).await;
    (app, post)
}

/// Sends what is due, once.
pub async fn deliver(app: &TestApp) {
    loop {
        let claimed = mails::claim(app.services()).await.expect("mails are claimed");
        if claimed.is_empty() {
            return;
        }
        for mail in claimed {
            mails::deliver(app.services(), &mail).await.expect("a mail is recorded");
        }
    }
}

/// A mail as it came.
#[derive(Debug, Clone)]
pub struct Letter(pub String);

impl Letter {
    /// The address that it is for.
    pub fn to(&self) -> &str {
        let line = self.0.lines().find_map(|line| line.strip_prefix("To: "));
        line.expect("an address")
    }

    fn part(&self, kind: &str) -> String {
        let boundary = self.0.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
        let part = self.0.split(&format!("--{boundary}")).find(|part| part.contains(&format!("Content-Type: {kind}")));
        let (_, body) = part.expect("a part").split_once("\r\n\r\n").expect("a body");
        body.replace("\r\n", "\n")
    }

    /// What it says, as text.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The same as HTML.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// Where its link leads, below our own address.
    pub fn link(&self, app: &TestApp) -> String {
        let text = self.text();
        let line = text.lines().find_map(|line| line.strip_prefix(app.issuer()).filter(|path| path.starts_with('/')));
        line.unwrap_or_else(|| panic!("no link: {text}")).to_owned()
    }
}
