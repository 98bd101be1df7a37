//! How long things live. Each is a setting; the defaults are safe.

const DAY_SECONDS: i64 = 86_400;
/// An ended refresh token is kept this long, to tell a replay from a guess.
const REFRESH_TOKENS_KEPT_SECONDS: i64 = 30 * DAY_SECONDS;
/// The receipt of a delivered logout token is kept this long.
pub const RECEIPTS_KEPT_SECONDS: i64 = 30 * DAY_SECONDS;
/// A sign-on that is over is kept this long.
pub const SIGN_ONS_KEPT_SECONDS: i64 = 90 * DAY_SECONDS;
/// A mail is kept this long, whatever came of it; what it said is gone long before.
pub const MAILS_KEPT_SECONDS: i64 = 30 * DAY_SECONDS;
/// A link or code by which people come back is kept this long after its end.
pub const RECOVERIES_KEPT_SECONDS: i64 = 90 * DAY_SECONDS;
/// What a person was told is kept this long.
pub const NOTICES_KEPT_SECONDS: i64 = 400 * DAY_SECONDS;

/// Lifetimes in seconds.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    /// An access token. Never above five minutes: an API that must know sooner introspects.
    pub access_token_seconds: i64,
    /// An ID token.
    pub id_token_seconds: i64,
    /// A refresh token that is not used.
    pub refresh_token_seconds: i64,
    /// A sign-on at most.
    pub sign_on_seconds: i64,
    /// A sign-on that is not used.
    pub idle_seconds: i64,
    /// A sign-on on a shared computer that is not used.
    pub shared_idle_seconds: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access_token_seconds: 300,
            id_token_seconds: 300,
            refresh_token_seconds: 30 * 86_400,
            sign_on_seconds: 8 * 3_600,
            idle_seconds: 4 * 3_600,
            shared_idle_seconds: 900,
        }
    }
}

impl Lifetimes {
    /// How long an ended refresh token is kept. Never shorter than a token
    /// lives: its successor asks for it when it is used for the first time.
    pub fn refresh_tokens_kept_seconds(&self) -> i64 {
        self.refresh_token_seconds.max(REFRESH_TOKENS_KEPT_SECONDS)
    }

    /// Says in one sentence why these cannot be, or nothing.
    pub fn refuse(&self) -> Option<&'static str> {
        if !(30..=300).contains(&self.access_token_seconds) {
            return Some("lifetimes.access_token_seconds is 30 to 300");
        }
        if !(30..=3_600).contains(&self.id_token_seconds) {
            return Some("lifetimes.id_token_seconds is 30 to 3600");
        }
        if self.refresh_token_seconds < 60 || self.sign_on_seconds < 60 || self.idle_seconds < 60 || self.shared_idle_seconds < 60
        {
            return Some("lifetimes below a minute lock everyone out");
        }
        None
    }
}
