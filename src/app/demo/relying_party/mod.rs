//! Sample relying parties: three city systems as real OpenID Connect clients.
//!
//! They speak to the provider over HTTP only, through the `openidconnect`
//! crate, and share no state with it: what works here works for a system
//! written elsewhere. Here belong their sign-in, their own sessions, their
//! pages and their end of sign-out. Registering them at the provider and
//! choosing their ports does not: that is the demo's.

mod backchannel;
mod claims;
mod dossier;
mod enter;
mod home;
mod leave;
mod pages;
mod party;
mod provider;
mod session;

use party::Party;
use secrecy::SecretString;
use std::future::Future;
use std::sync::Arc;
use tokio::net::TcpListener;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response_with_state;
use axum::routing::get;
use axum::routing::post;

/// The largest body that a relying party reads; its forms are tiny.
const BODY_LIMIT: usize = 64 * 1024;

/// Which city system a relying party plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Administrative procedures: the acting unit and its codes, dossiers.
    Tthc,
    /// Documents: the old and the new unit side by side.
    VanBan,
    /// Paperless meetings: a public client.
    HopKhongGiay,
}

impl Kind {
    /// All three, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Tthc, Self::VanBan, Self::HopKhongGiay];

    /// The name that officials know the system by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tthc => "Giải quyết thủ tục hành chính",
            Self::VanBan => "Quản lý văn bản",
            Self::HopKhongGiay => "Họp không giấy",
        }
    }

    /// The short name, used in marks.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Tthc => "TTHC",
            Self::VanBan => "Văn bản",
            Self::HopKhongGiay => "Họp",
        }
    }

    /// Cookies are shared by all ports of a host, so every system has a name of its own.
    fn session_cookie(self) -> &'static str {
        match self {
            Self::Tthc => "tthc_session",
            Self::VanBan => "vanban_session",
            Self::HopKhongGiay => "hop_session",
        }
    }

    /// The cookie that ties an unfinished sign-in to the browser that began it.
    fn entering_cookie(self) -> &'static str {
        match self {
            Self::Tthc => "tthc_entering",
            Self::VanBan => "vanban_entering",
            Self::HopKhongGiay => "hop_entering",
        }
    }
}

/// Another system of the demo, to link to.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub url: String,
}

/// What one relying party needs to know.
#[derive(Debug)]
pub struct RelyingParty {
    /// The system that it plays.
    pub kind: Kind,
    /// The provider, exactly as its discovery document names itself.
    pub issuer: String,
    /// Where browsers and the provider reach this relying party, without a slash at the end.
    pub base_url: String,
    /// The registered client.
    pub client_id: String,
    /// Its secret (`client_secret_basic`); absent for a public client.
    pub client_secret: Option<SecretString>,
    /// The other systems.
    pub neighbours: Vec<Neighbour>,
}

impl RelyingParty {
    /// The redirect URI to register.
    pub fn redirect_uri(&self) -> String {
        format!("{}/callback", self.base_url)
    }

    /// The post-logout redirect URI to register.
    pub fn post_logout_redirect_uri(&self) -> String {
        format!("{}/", self.base_url)
    }

    /// The back-channel logout URI to register.
    pub fn backchannel_logout_uri(&self) -> String {
        format!("{}/backchannel-logout", self.base_url)
    }
}

/// Answers on `listener` until `stop` resolves, then lets open requests finish.
///
/// The provider is discovered at the first sign-in, so it need not run yet.
pub async fn serve(
    party: RelyingParty,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let party = Arc::new(Party::new(party).map_err(std::io::Error::other)?);
    axum::serve(listener, router(party)).with_graceful_shutdown(stop).await
}

fn router(party: Arc<Party>) -> Router {
    Router::new()
        .route("/", get(home::get))
        .route("/demo.css", get(pages::stylesheet))
        .route("/login", get(enter::begin))
        .route("/callback", get(enter::finish))
        .route("/logout", post(leave::post))
        .route("/dossier", post(dossier::post))
        .route("/backchannel-logout", post(backchannel::post))
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response_with_state(Arc::clone(&party), pages::with_headers))
        .with_state(party)
}
