//! Addresses in client metadata: who goes there decides what they may be.

use super::flow::ApplicationType;
use super::members::wrong;
use crate::protocol::error::OAuthError;
use crate::protocol::redirect_uri::{self, For};
use url::Url;

/// An address that a browser is led to: https.
pub(super) fn visited(member: &str, address: &str) -> Result<(), OAuthError> {
    let url = read(address).map_err(|reason| wrong(member, reason))?;
    if url.scheme() == "https" { Ok(()) } else { Err(wrong(member, "it uses https")) }
}

/// An address that we ourselves call: https, or http on loopback while
/// developing. Whether a loopback or private address is called at all is
/// decided by the way out, which refuses them unless a setting names their network.
pub(super) fn called(member: &str, address: &str) -> Result<(), OAuthError> {
    let url = read(address).map_err(|reason| wrong(member, reason))?;
    let fine = url.scheme() == "https" || (url.scheme() == "http" && redirect_uri::is_loopback(&url));
    if fine { Ok(()) } else { Err(wrong(member, "it uses https")) }
}

/// An address where answers go (OpenID Connect Dynamic Client Registration 1.0
/// §2, `application_type`): a web application is reached over https and never
/// on the caller's own machine, a native one nowhere else.
pub(super) fn answered(member: &str, address: &str, kind: ApplicationType) -> Result<(), OAuthError> {
    let rules = match kind {
        ApplicationType::Web => For::Web,
        ApplicationType::Native => For::Native,
    };
    if let Some(reason) = redirect_uri::refuse(address, rules) {
        return Err(wrong(member, reason));
    }
    if redirect_uri::holds_answer(address) {
        return Err(wrong(member, "its query holds a parameter of an answer"));
    }
    let Ok(url) = Url::parse(address) else { return Err(wrong(member, "it is a whole address")) };
    let own_machine = redirect_uri::is_loopback(&url);
    let https = url.scheme() == "https";
    match kind {
        ApplicationType::Web if !https || own_machine => Err(wrong(member, "a web application uses https, and not localhost")),
        ApplicationType::Native if https => {
            Err(wrong(member, "a native application uses a private scheme, or http on a loopback address"))
        }
        ApplicationType::Web | ApplicationType::Native => Ok(()),
    }
}

/// Scheme, host and port.
pub(super) fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    url.has_host().then(|| url.origin().ascii_serialization())
}

fn read(address: &str) -> Result<Url, &'static str> {
    if !address.is_ascii() || address.contains([' ', '\\', '"', '<', '>']) {
        return Err("it is ASCII without spaces: encode other letters by percent signs");
    }
    let url = Url::parse(address).map_err(|_| "it is a whole address, such as https://app.example/")?;
    if !url.has_host() {
        return Err("it is a whole address, such as https://app.example/");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds no user name or password");
    }
    if url.fragment().is_some() {
        return Err("it has no fragment");
    }
    Ok(url)
}
