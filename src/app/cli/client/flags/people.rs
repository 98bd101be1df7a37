//! What a client is told about people and demands of their sign-in, and what
//! people are told about the client.

use crate::app::cli::client::lay;
use crate::model::client::{ClientSettings, SubjectType};
use clap::Args;

/// What the client is told about people, and how they must have signed in.
#[derive(Debug, Args)]
pub struct People {
    /// Not the city's own: people are asked for consent.
    #[arg(long, conflicts_with = "first_party")]
    third_party: bool,
    /// The city's own (as it is by default): people are not asked for consent.
    #[arg(long)]
    first_party: bool,
    /// What people are called by: public, pairwise (another sub in every sector), or legacy:S,… (what these old systems
    /// called them, the first one that knows the person; of several, each sub begins with its source).
    #[arg(long, alias = "subject", value_name = "TYPE")]
    subject_type: Option<String>,
    /// The last day on which newcomers are called as an old system called them; who was called so before stays so.
    #[arg(long, value_name = "DATE")]
    subject_until: Option<String>,
    /// A JSON document that lists every redirect URI of its sector.
    #[arg(long, value_name = "URI")]
    sector_identifier_uri: Option<String>,
    /// Seconds that may have passed since the sign-in when a request does not say.
    #[arg(long, value_name = "SECONDS")]
    default_max_age: Option<String>,
    /// A level that is wished for when a request does not say, such as LoA2; repeatable.
    #[arg(long = "default-acr", value_name = "ACR")]
    default_acr_values: Vec<String>,
    /// The level that every sign-in for it must reach, 1 to 4.
    #[arg(long, value_name = "LEVEL")]
    minimum_level: Option<String>,
    /// The code scheme of the flat unit_code.
    #[arg(long, value_name = "SCHEME")]
    unit_code_scheme: Option<String>,
    /// new, legacy or both: which units it is told about.
    #[arg(long, value_name = "WHICH")]
    unit_identifier: Option<String>,
    /// The last day of legacy or both: from the next one on it is told about the present unit alone.
    #[arg(long, value_name = "DATE")]
    unit_identifier_until: Option<String>,
    /// An old system that it belongs to: who signs in through it may enter, and the scope legacy tells its accounts;
    /// repeatable.
    #[arg(long = "legacy-source", value_name = "SOURCE")]
    legacy_sources: Vec<String>,
}

impl People {
    /// Lays it over settings.
    pub fn apply(&self, settings: &mut ClientSettings) -> Result<(), String> {
        lay::switch(self.third_party, self.first_party, &mut settings.third_party);
        if let Some(text) = &self.subject_type {
            settings.subject_type = text.parse::<SubjectType>().map_err(|reason| format!("--subject-type: {reason}"))?;
        }
        lay::optional_day("--subject-until", self.subject_until.as_deref(), &mut settings.subject_until)?;
        lay::optional(self.sector_identifier_uri.as_deref(), &mut settings.sector_identifier_uri);
        lay::optional_number("--default-max-age", self.default_max_age.as_deref(), &mut settings.default_max_age)?;
        lay::list(&self.default_acr_values, &mut settings.default_acr_values);
        lay::optional_number("--minimum-level", self.minimum_level.as_deref(), &mut settings.minimum_level)?;
        lay::text(self.unit_code_scheme.as_deref(), &mut settings.unit_code_scheme);
        lay::choice("--unit-identifier", self.unit_identifier.as_deref(), &mut settings.unit_identifier)?;
        let until = self.unit_identifier_until.as_deref();
        lay::optional_day("--unit-identifier-until", until, &mut settings.unit_identifier_until)?;
        lay::list(&self.legacy_sources, &mut settings.legacy_sources);
        Ok(())
    }
}

/// What people are told about the client.
#[derive(Debug, Args)]
pub struct Words {
    /// One line for the portal.
    #[arg(long)]
    description: Option<String>,
    /// A page about it.
    #[arg(long, value_name = "URI")]
    client_uri: Option<String>,
    /// What it does with personal data.
    #[arg(long, value_name = "URI")]
    policy_uri: Option<String>,
    /// Its terms.
    #[arg(long, value_name = "URI")]
    tos_uri: Option<String>,
    /// Who answers for it; repeatable.
    #[arg(long = "contact", value_name = "ADDRESS")]
    contacts: Vec<String>,
}

impl Words {
    /// Lays them over settings.
    pub fn apply(&self, settings: &mut ClientSettings) {
        lay::text(self.description.as_deref(), &mut settings.description);
        lay::optional(self.client_uri.as_deref(), &mut settings.client_uri);
        lay::optional(self.policy_uri.as_deref(), &mut settings.policy_uri);
        lay::optional(self.tos_uri.as_deref(), &mut settings.tos_uri);
        lay::list(&self.contacts, &mut settings.contacts);
    }
}
