//! Settings of an export of accounts with their password hashes.

use crate::base::encoding::Encoding;
use serde::{Deserialize, Serialize};

/// What an export does not say by itself. What can be declared is known where hashes are computed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashSettings {
    /// What its bare hexadecimal hashes are, such as `md5(salt+password)`: the digits alone do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// The encoding of its files, where they do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

impl HashSettings {
    pub(super) fn refuse(&self) -> Option<String> {
        let encoding = self.encoding.as_deref()?;
        let words = Encoding::ALL.map(Encoding::word).join(", ");
        Encoding::from_word(encoding).is_none().then(|| format!("encoding is one of {words}"))
    }
}
