//! A legacy source: an old system whose accounts are joined into this directory.
//!
//! Three kinds, each with settings of its own: an upstream OpenID provider, a
//! directory, and an export of accounts with their password hashes. A source
//! has a date as of which its unit codes and names are read: codes were given
//! anew since, so a code without a date says nothing.

mod hashes;
mod ldap;
mod oidc;

pub use hashes::HashSettings;
pub use ldap::{AttributeMap, BindBy, LdapSettings, OfflineFor, SyncSettings};
pub use oidc::{ClaimMap, OidcSettings, Preset, UpstreamAuth};

use super::registry::Registry;
use super::unit::Unit;
use super::unit_code::GSO;
use crate::base::clock::Millis;
use crate::base::date::{iso, vietnam_date};
use crate::base::text::has_control;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::Date;

/// The longest id and the longest name, in bytes.
const LONGEST_ID: usize = 32;
const LONGEST_NAME: usize = 200;
/// More domains than any office has.
const MOST_DOMAINS: usize = 50;
/// Whoever has not heard yet that a source was closed gives out something for so long after it.
const UNHEARD_SECONDS: i64 = 60;

/// What kind of system it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// An upstream OpenID provider.
    Oidc,
    /// An LDAP or Active Directory server.
    Ldap,
    /// Exported accounts with their password hashes.
    Hashes,
}

impl SourceKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Oidc, Self::Ldap, Self::Hashes];

    /// Its word, as it is stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Ldap => "ldap",
            Self::Hashes => "hashes",
        }
    }

    /// Reads [`SourceKind::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What a source of each kind needs to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settings {
    /// Of an upstream OpenID provider.
    Oidc(Box<OidcSettings>),
    /// Of a directory.
    Ldap(Box<LdapSettings>),
    /// Of an export.
    Hashes(HashSettings),
}

/// An old system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacySource {
    /// What it is called by, in addresses and in names such as `bd\ten`.
    pub id: String,
    /// What kind of system it is; always that of its settings.
    pub kind: SourceKind,
    /// The name that people see.
    pub name: String,
    /// The former province whose system it is, by its statistics-office code.
    pub province: Option<String>,
    /// The day as of which its unit codes and names are read.
    pub as_of: Date,
    /// The last day on which its accounts open anything.
    pub sunset_on: Option<Date>,
    /// What its kind needs.
    pub settings: Settings,
    /// Since when nobody signs in through it, and nothing is read from it.
    pub stopped_at: Option<Millis>,
    /// When it was closed, or opened again, last: no sign-on that had begun through it by then counts any more.
    pub closed_at: Option<Millis>,
    /// Raised by every change.
    pub version: i64,
}

impl Settings {
    /// Whose kind they are.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Oidc(_) => SourceKind::Oidc,
            Self::Ldap(_) => SourceKind::Ldap,
            Self::Hashes(_) => SourceKind::Hashes,
        }
    }

    /// Reads a file of settings (TOML). What a preset says stays where the file says nothing.
    ///
    /// # Errors
    ///
    /// The line and what is wrong with it.
    pub fn from_toml(kind: SourceKind, text: &str) -> Result<Self, String> {
        let read = match kind {
            SourceKind::Oidc => oidc_from_toml(text),
            SourceKind::Ldap => toml::from_str(text).map(Self::Ldap).map_err(|error| error.to_string()),
            SourceKind::Hashes => toml::from_str(text).map(Self::Hashes).map_err(|error| error.to_string()),
        };
        read.map_err(|reason| {
            let is_secret = reason.contains("unknown field `client_secret`") || reason.contains("password`");
            let hint = if is_secret { "\na secret is given by --secret-file" } else { "" };
            format!("{}{hint}", reason.trim_end())
        })
    }

    /// Reads what [`Settings::to_json`] wrote.
    pub fn from_json(kind: SourceKind, text: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            SourceKind::Oidc => Self::Oidc(serde_json::from_str(text)?),
            SourceKind::Ldap => Self::Ldap(serde_json::from_str(text)?),
            SourceKind::Hashes => Self::Hashes(serde_json::from_str(text)?),
        })
    }

    /// As they are stored and shown; nothing secret is among them.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::Oidc(settings) => serde_json::to_value(settings),
            Self::Ldap(settings) => serde_json::to_value(settings),
            Self::Hashes(settings) => serde_json::to_value(settings),
        }
    }

    /// As a file that [`Settings::from_toml`] reads back; nothing secret is among them.
    pub fn to_toml(&self) -> Result<String, serde_json::Error> {
        // What is not set is left out: TOML has no null.
        let written = toml::to_string_pretty(&without_nulls(self.to_json()?));
        written.map_err(|error| serde::ser::Error::custom(error.to_string()))
    }

    /// True when the source does not work without something secret.
    pub fn needs_secret(&self) -> bool {
        match self {
            Self::Oidc(settings) => settings.needs_secret(),
            Self::Ldap(settings) => settings.needs_secret(),
            Self::Hashes(_) => false,
        }
    }

    /// What stands before `\` or after `@` in the names of its people, beside the source's id.
    pub fn domains(&self) -> &[String] {
        match self {
            Self::Oidc(settings) => &settings.domains,
            Self::Ldap(settings) => &settings.domains,
            Self::Hashes(_) => &[],
        }
    }

    fn refuse(&self) -> Option<String> {
        let bad = |domain: &&String| {
            domain.is_empty() || domain.len() > LONGEST_NAME || has_control(domain) || domain.contains(['@', '\\', ' '])
        };
        if self.domains().len() > MOST_DOMAINS {
            return Some(format!("domains has at most {MOST_DOMAINS} names"));
        }
        if let Some(domain) = self.domains().iter().find(bad) {
            return Some(format!("domains: {domain:?} is no name such as sotttt.example.vn"));
        }
        match self {
            Self::Oidc(settings) => settings.refuse(),
            Self::Ldap(settings) => settings.refuse(),
            Self::Hashes(settings) => settings.refuse(),
        }
    }
}

impl LegacySource {
    /// True on a day on which its accounts open something.
    pub fn is_open_on(&self, today: Date) -> bool {
        self.stopped_at.is_none() && self.sunset_on.is_none_or(|last| last >= today)
    }

    /// True when it was closed after a sign-on through it had begun: that one counts no more, also once it is open again.
    pub fn has_outlived(&self, begun_at: Millis) -> bool {
        self.closed_at.is_some_and(|closed| closed >= begun_at)
    }

    /// True when it was closed since a moment, or may have been: what was given then, through whichever source, is looked at
    /// once more.
    pub fn was_closed_since(&self, moment: Millis, today: Date) -> bool {
        let ran_out = self.sunset_on.is_some_and(|last| last < today && last >= vietnam_date(moment));
        ran_out || self.closed_at.is_some_and(|closed| closed.plus_seconds(UNHEARD_SECONDS) >= moment)
    }

    /// Notes when a change closed or opened it, whatever was changed for that. Nothing else says it.
    #[must_use]
    pub fn noting_closure(self, before: &Self, now: Millis, today: Date) -> Self {
        let is_other = before.is_open_on(today) != self.is_open_on(today) || before.stopped_at != self.stopped_at;
        Self { closed_at: if is_other { before.closed_at.max(Some(now)) } else { before.closed_at }, ..self }
    }

    /// Says in one sentence why the source cannot be, or nothing.
    pub fn refuse(&self) -> Option<String> {
        if !is_source_id(&self.id) {
            return Some(format!(
                "the id {:?} is not 1 to {LONGEST_ID} small letters, digits and hyphens, the first a letter",
                self.id
            ));
        }
        let said = |what: String| Some(format!("{}: {what}", self.id));
        if self.kind != self.settings.kind() {
            return said(format!("these settings are of the kind {}, not {}", self.settings.kind().word(), self.kind.word()));
        }
        if self.name.trim().is_empty() || self.name.len() > LONGEST_NAME || has_control(&self.name) {
            return said(format!("the name is what people see, in 1 to {LONGEST_NAME} bytes"));
        }
        let is_code = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
        if self.province.as_ref().is_some_and(|code| !is_code(code)) {
            return said("the province is the code of a former province, such as 74".to_owned());
        }
        if self.sunset_on.is_some_and(|last| last < self.as_of) {
            return said("its last day is before the day as of which it is read".to_owned());
        }
        self.settings.refuse().and_then(said)
    }

    /// As scripts read it, and as it is put on record.
    pub fn document(&self) -> Result<Value, serde_json::Error> {
        Ok(json!({
            "id": self.id,
            "kind": self.kind.word(),
            "name": self.name,
            "province": self.province,
            "as_of": iso(self.as_of),
            "sunset_on": self.sunset_on.map(iso),
            "stopped": self.stopped_at.is_some(),
            "settings": self.settings.to_json()?,
        }))
    }
}

/// True for a text that can be a source's id. It stands in addresses, in names and in lists, so it is plain.
pub fn is_source_id(text: &str) -> bool {
    text.len() <= LONGEST_ID
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The last day of a former province, by its statistics-office code: what came after may bear the same code.
pub fn last_day_of(province: &str, registry: &Registry) -> Option<Date> {
    let is_meant =
        |unit: &&Unit| unit.kind.level() == 1 && unit.codes.iter().any(|known| known.scheme == GSO && known.code == province);
    registry.units().filter(is_meant).filter_map(|unit| unit.span.to).max()
}

/// Reads the file as it is first, since only then a complaint names the line; then over what its preset says.
fn oidc_from_toml(text: &str) -> Result<Settings, String> {
    let plain: OidcSettings = toml::from_str(text).map_err(|error| error.to_string())?;
    let Some(preset) = plain.preset else { return Ok(Settings::Oidc(Box::new(plain))) };
    let typed: Value = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut laid = serde_json::to_value(preset.settings()).map_err(|error| error.to_string())?;
    lay(&mut laid, typed);
    serde_json::from_value(laid).map(Settings::Oidc).map_err(|error| error.to_string())
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let set = members.into_iter().filter(|(_, value)| !value.is_null());
            set.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        other => other,
    }
}

/// Lays what was typed over what is there, member by member; a list replaces the whole list.
fn lay(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(members), Value::Object(typed)) => {
            for (name, value) in typed {
                lay(members.entry(name).or_insert(Value::Null), value);
            }
        }
        (place, value) => *place = value,
    }
}

#[cfg(test)]
mod tests;
