//! Seals that are kept outside the database: by an operator, and by each node
//! in a file of its own.
//!
//! A database that was set back to an earlier moment fits together. Only who
//! remembers a later one can tell.

use super::TrailError;
use super::lines::time_of;
use super::seal::{self, PublicKey};
use crate::model::audit_entry::{Digest, Seal, read_digest};
use crate::service::Services;
use serde_json::Value;
use std::path::{Path, PathBuf};

const FILE: &str = "newest-seal";

/// A seal that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it says.
    pub seal: Seal,
    /// Its link.
    pub link: Digest,
    /// Where it was kept.
    pub source: String,
}

impl Kept {
    /// Reads a seal, which one of the keys signed: the seal itself, a document with a member `seal`, or what
    /// `motlan audit verify --json` printed.
    pub fn read(keys: &[PublicKey], text: &str, source: &str) -> Result<Self, TrailError> {
        let signed = signed_of(text);
        let read = seal::open::<Seal>(keys, &signed).and_then(|seal| Some((read_digest(&seal.link)?, seal)));
        match read {
            Some((link, seal)) => Ok(Self { seal, link, source: source.to_owned() }),
            None => Err(TrailError::Refused(format!("{source} is no seal of this installation's key"))),
        }
    }

    /// Which one it is, in a sentence.
    pub fn name(&self) -> String {
        format!("the seal of {} ({})", time_of(self.seal.at), self.source)
    }
}

fn signed_of(text: &str) -> String {
    let text = text.trim();
    let Ok(document) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let inside = document.get("newest_seal").unwrap_or(&document);
    inside.get("seal").and_then(Value::as_str).or(document.as_str()).unwrap_or(text).to_owned()
}

/// Where this node keeps the newest seal that it saw.
pub fn place(services: &Services) -> Option<PathBuf> {
    services.settings.audit_dir.as_deref().map(|dir| dir.join(FILE))
}

/// What is kept there.
pub async fn remembered(path: &Path) -> Result<Option<String>, TrailError> {
    match tokio::fs::read_to_string(path).await {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TrailError::file(path, error)),
    }
}

/// Keeps a seal. A node that cannot, goes on: the seal is in the database too.
pub async fn remember(services: &Services, signed: &str) {
    let Some(path) = place(services) else { return };
    if let Err(error) = write(&path, signed).await {
        tracing::warn!(path = %path.display(), %error, "the newest seal over the audit could not be kept");
    }
}

async fn write(path: &Path, signed: &str) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        tokio::fs::create_dir_all(dir).await?;
    }
    let draft = path.with_extension("new");
    tokio::fs::write(&draft, format!("{signed}\n")).await?;
    tokio::fs::rename(&draft, path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_found_in_whatever_it_was_kept_in() {
        for text in ["a.b.c", " a.b.c\n", "\"a.b.c\"", "{\"seal\":\"a.b.c\"}", "{\"newest_seal\":{\"seq\":1,\"seal\":\"a.b.c\"}}"]
        {
            assert_eq!(signed_of(text), "a.b.c", "{text}");
        }
    }
}
