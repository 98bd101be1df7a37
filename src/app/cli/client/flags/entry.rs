//! Who may enter a client, and whether it is told when somebody may no more.

use crate::app::cli::client::lay;
use crate::model::client::ClientSettings;
use clap::Args;

/// Who may enter the client.
#[derive(Debug, Args)]
pub struct Entering {
    /// anyone (as it is by default), or with_role: only whoever has one of its roles in the position in which they enter.
    #[arg(long, value_name = "WHO")]
    entry: Option<String>,
    /// Whom somebody asks who may not enter, in a line that they read.
    #[arg(long, value_name = "TEXT")]
    entry_contact: Option<String>,
    /// Tell it, at its back-channel logout address, when somebody no longer holds the position in which they entered.
    #[arg(long, conflicts_with = "no_told_of_moves")]
    told_of_moves: bool,
    /// Do not tell it (as it is by default).
    #[arg(long)]
    no_told_of_moves: bool,
}

impl Entering {
    /// Lays it over settings.
    pub fn apply(&self, settings: &mut ClientSettings) -> Result<(), String> {
        lay::choice("--entry", self.entry.as_deref(), &mut settings.entry)?;
        lay::optional(self.entry_contact.as_deref(), &mut settings.entry_contact);
        lay::switch(self.told_of_moves, self.no_told_of_moves, &mut settings.told_of_moves);
        Ok(())
    }
}
