//! What a client calls people by, and which units it is told about.

use crate::model::legacy_source::is_source_id;
use std::fmt;
use std::str::FromStr;

/// Which units a client is told about beside the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitIdentifier {
    /// The present unit.
    #[default]
    New,
    /// The unit that the person came from.
    Legacy,
    /// The present one and those it succeeds.
    Both,
}

/// More old systems than any client keeps the subjects of.
const MOST_SOURCES: usize = 8;

/// What people are called by.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SubjectType {
    /// The same everywhere.
    #[default]
    Public,
    /// Another in every sector (OpenID Connect Core §8.1).
    Pairwise,
    /// What these old systems called them, the first one that knows the person; a sector of this client's own.
    Legacy(Vec<String>),
}

impl SubjectType {
    /// The old systems whose subjects are kept.
    pub fn sources(&self) -> &[String] {
        match self {
            Self::Public | Self::Pairwise => &[],
            Self::Legacy(sources) => sources,
        }
    }
}

impl fmt::Display for SubjectType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => out.write_str("public"),
            Self::Pairwise => out.write_str("pairwise"),
            Self::Legacy(sources) => write!(out, "legacy:{}", sources.join(",")),
        }
    }
}

impl FromStr for SubjectType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "public" => return Ok(Self::Public),
            "pairwise" => return Ok(Self::Pairwise),
            _ => {}
        }
        let unread = || format!("{text:?} is neither public, nor pairwise, nor legacy: with old systems, such as legacy:bd,vt");
        let listed = text.strip_prefix("legacy:").ok_or_else(unread)?;
        let sources: Vec<String> = listed.split(',').map(|source| source.trim().to_owned()).collect();
        let twice = sources.iter().enumerate().any(|(place, source)| sources[..place].contains(source));
        let fine = sources.len() <= MOST_SOURCES && sources.iter().all(|source| is_source_id(source)) && !twice;
        if fine { Ok(Self::Legacy(sources)) } else { Err(unread()) }
    }
}

impl From<SubjectType> for String {
    fn from(subject: SubjectType) -> Self {
        subject.to_string()
    }
}

impl TryFrom<String> for SubjectType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn legacy(sources: &[&str]) -> SubjectType {
        SubjectType::Legacy(sources.iter().map(|&source| source.to_owned()).collect())
    }

    #[test]
    fn what_people_are_called_by_is_read_as_it_is_written() {
        let table = [
            ("public", Some(SubjectType::Public)),
            ("pairwise", Some(SubjectType::Pairwise)),
            ("legacy:bd", Some(legacy(&["bd"]))),
            ("legacy:bd,ba-ria", Some(legacy(&["bd", "ba-ria"]))),
            ("legacy", None),
            ("legacy:", None),
            ("legacy:bd,", None),
            ("legacy:bd,bd", None),
            ("legacy:Bd", None),
            ("Public", None),
            ("", None),
        ];
        for (text, expected) in table {
            let read: Option<SubjectType> = serde_json::from_value(Value::String(text.to_owned())).ok();
            assert_eq!(read, expected, "{text}");
            if let Some(read) = read {
                assert_eq!(serde_json::to_value(&read).ok(), Some(Value::String(text.to_owned())), "{text}");
            }
        }
    }
}
