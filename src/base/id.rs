//! Identifiers of records: `UUIDv7`, one type a record, so that they cannot be mixed up.

use super::clock::Millis;
use super::entropy::Entropy;

/// A `UUIDv7` (RFC 9562 §5.7) whose time is `now`.
pub fn uuid_v7(now: Millis, entropy: &dyn Entropy) -> String {
    let bytes = entropy.bytes32();
    let mut random = [0_u8; 10];
    random.copy_from_slice(&bytes[..10]);
    let millis = u64::try_from(now.0).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

/// True for the textual form that [`uuid_v7`] makes.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// A new identifier.
            pub fn new(now: Millis, entropy: &dyn Entropy) -> Self {
                Self(uuid_v7(now, entropy))
            }

            /// The text, as stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// One official, for life.
    PersonId,
    /// One post of one official in one unit.
    PositionId,
    /// One administrative unit or organisation, whatever it is called.
    UnitId,
    /// One single sign-on session of one browser.
    SignOnId,
    /// What one authorization gave to one client.
    GrantId,
    /// One set of changes to people that becomes visible at once.
    ChangeSetId,
}
