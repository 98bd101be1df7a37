//! Another OpenID provider, to which we are a client (OpenID Connect Core §3.1, Discovery §4).
//!
//! Everything goes through our own [`HttpClient`](super::http::HttpClient): no
//! private address that no setting names, no redirect, caps and time-outs. What
//! the provider says of itself and its keys are kept for a while; a token that no
//! known key verifies has them fetched once more, but not more often than every
//! ten seconds.
//!
//! The issuer is always the one that is set. A provider that says another one of
//! itself, in its discovery, its answers or its tokens, is another provider
//! (RFC 9207 §2.4).
//!
//! `provider` knows the endpoints and leads people there, `kept` remembers what
//! providers say of themselves, `exchange` redeems codes and asks for claims, and
//! `id_token` believes no token before all of it is verified.

mod exchange;
mod id_token;
mod kept;
mod provider;

pub use exchange::{Redeemed, Redeeming, UserInfo};
pub(super) use kept::Upstreams;
pub use provider::{Asking, Provider, discovery_address};

use super::fetch::FetchError;
use crate::model::legacy_source::OidcSettings;
use openidconnect::{IssuerUrl, RedirectUrl};

/// Why nobody comes from a provider. Never what it said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// What is set of it cannot be used.
    #[error("the settings cannot be used: {0}")]
    Settings(&'static str),
    /// It does not answer as it should.
    #[error("{what}: {reason}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Why there is no answer.
        reason: FetchError,
    },
    /// An answer that cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
    /// Somebody else says that they are this provider.
    #[error("{0} names another issuer than the one that is set")]
    Issuer(&'static str),
    /// It refuses the code, or us.
    #[error("the token endpoint refuses: {0}")]
    Refused(String),
    /// A token that is not what it should be.
    #[error("the token is not acceptable: {0}")]
    Token(&'static str),
    /// No known key verifies the token.
    #[error("no key of the provider verifies the token")]
    Key,
    /// Its clock, or ours, is wrong.
    #[error("the provider's clock is {seconds} seconds away from ours, or its tokens are too old")]
    Clock {
        /// By how much its tokens are ahead of our clock; negative when they are behind.
        seconds: i64,
    },
}

fn issuer(settings: &OidcSettings) -> Result<IssuerUrl, UpstreamError> {
    IssuerUrl::new(settings.issuer.clone()).map_err(|_| UpstreamError::Settings("issuer is no address"))
}

fn redirect(address: &str) -> Result<RedirectUrl, UpstreamError> {
    RedirectUrl::new(address.to_owned()).map_err(|_| UpstreamError::Settings("our own address cannot be read"))
}
