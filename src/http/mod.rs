//! Front doors: reads a request, calls one capability, writes its answer.
//!
//! Nothing here names SQL, Redis or keys, and nothing here decides what the
//! protocol decides. One file an endpoint or page; the whole table is [`routes`].

pub mod admin;
pub mod assets;
pub mod extract;
mod headers;
mod oidc;
pub mod ops;
mod packed;
mod portal;
mod reject;
pub mod routes;
pub mod seal;
pub mod server;
mod signin;
pub mod view;

use crate::base::locale::GivenName;
use crate::base::network::Network;
use crate::service::Services;
use crate::service::reorganization::looks::Looks;
use std::sync::Arc;
use view::chrome::Help;

/// What the front doors know beside the services.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Cookies are `Secure` and have the `__Host-` prefix: the issuer is https.
    pub secure: bool,
    /// Whose service it is.
    pub owner: GivenName,
    /// Where people find help.
    pub help: Help,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The city's (or province's) name.
    pub city: GivenName,
    /// The owner's seal, where the owner has set one.
    pub seal: Option<seal::Seal>,
    /// The header in which a trusted proxy hands on the client's certificate.
    pub client_certificate_header: Option<http::HeaderName>,
    /// That proxy lets through only certificates that authorities of its own vouch for.
    pub client_certificate_verified: bool,
}

/// The state of every handler.
#[derive(Clone)]
pub struct App {
    /// Capabilities.
    pub services: Services,
    /// The site.
    pub site: Arc<Site>,
    /// What this node has looked at of plans, and does with them.
    pub looks: Arc<Looks>,
}
