//! How a client enters: its form, its proof of itself, and what binds its tokens to it.
//!
//! The same for every endpoint that clients call directly: token, pushed
//! requests, introspection, revocation.

use super::certificate::PeerCertificate;
use super::{body, certificate, client_auth, dpop, origin};
use crate::http::App;
use crate::http::reject::oauth::OAuthRejection;
use crate::model::client::Client;
use crate::protocol::error::OAuthError;
use crate::protocol::parameters::Parameters;
use crate::service::Origin;
use crate::service::clients::authenticate::authenticate;
use crate::service::sender::{self, Presented, Sender};
use axum::extract::Request;
use axum::http::HeaderMap;
use std::sync::Arc;

/// A client that has entered.
pub struct Entered {
    /// What it sent.
    pub parameters: Parameters,
    /// Who it is, proven.
    pub client: Arc<Client>,
    /// What it showed beside that.
    pub sender: Sender,
    /// From where.
    pub origin: Origin,
    /// The request's headers.
    pub headers: HeaderMap,
}

/// Lets a client in, at an endpoint of this path.
pub async fn enter(app: &App, request: Request, path: &str) -> Result<Entered, OAuthRejection> {
    let (parts, body) = request.into_parts();
    let origin = origin::of(&app.site, &parts);
    let parameters = body::form(&parts.headers, body).await?;
    let parameters = parameters.checked().map_err(|fault| OAuthError::invalid_request(fault.to_string()))?;
    let presented = client_auth::read(&parts.headers, &parameters)?;
    let certificate = certificate::read(&app.site, &parts)?;
    let proof = dpop::read(&parts.headers)?;
    let shown =
        Presented { proof, method: parts.method.as_str(), path, certificate: certificate.as_ref().map(PeerCertificate::shown) };
    let sender = sender::prove(&app.services, &shown, None)?;
    let client = authenticate(&app.services, presented, sender.certificate.as_ref(), &origin).await?;
    sender::settle(&app.services, &sender).await?;
    Ok(Entered { parameters, client, sender, origin, headers: parts.headers })
}
