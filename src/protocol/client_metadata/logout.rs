//! How a client learns of a sign-out (OpenID Connect Front-Channel Logout 1.0 §2, Back-Channel Logout 1.0 §2.2).

use super::addresses;
use super::flow::Flow;
use super::members::{Members, wrong};
use crate::protocol::error::OAuthError;

/// How it learns of a sign-out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Logout {
    /// Loaded in a frame.
    pub frontchannel_logout_uri: Option<String>,
    /// The frame is told issuer and session.
    pub frontchannel_logout_session_required: bool,
    /// Where logout tokens are delivered.
    pub backchannel_logout_uri: Option<String>,
    /// The logout token names the session.
    pub backchannel_logout_session_required: bool,
}

impl Logout {
    pub(super) fn read(members: &Members<'_>, flow: &Flow) -> Result<Self, OAuthError> {
        const FRAME: &str = "frontchannel_logout_uri";
        let frontchannel_logout_uri = members.text(FRAME)?;
        if let Some(address) = &frontchannel_logout_uri {
            addresses::visited(FRAME, address)?;
            let own = addresses::origin(address);
            if !flow.redirect_uris.iter().any(|answered| addresses::origin(answered) == own) {
                return Err(wrong(FRAME, "scheme, host and port are those of a redirect URI"));
            }
        }
        let backchannel_logout_uri = members.text("backchannel_logout_uri")?;
        if let Some(address) = &backchannel_logout_uri {
            addresses::called("backchannel_logout_uri", address)?;
        }
        Ok(Self {
            frontchannel_logout_uri,
            frontchannel_logout_session_required: members.flag("frontchannel_logout_session_required")?,
            backchannel_logout_uri,
            backchannel_logout_session_required: members.flag("backchannel_logout_session_required")?,
        })
    }
}
